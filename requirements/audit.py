"""Asks a public service whether a pinned release has known vulnerabilities: make audit.

Everything that ``requirements/*.txt`` and the extras of pyproject.toml pin is asked of the first
service that answers, whichever machine it is for. Ends with status 1 where there is a vulnerability
that ``accepted.toml`` does not name, and with 0, saying so, where no service can be asked.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
PROJECT: Final = HERE.parent / "pyproject.toml"
SERVICES: Final = ("pypi", "osv")
"""As pip-audit names them, in the order in which they are asked."""
CANARY: Final = ("requests", "2.19.0")
"""Has known vulnerabilities: a service that knows of none there knows nothing, and is not asked."""
_PIN: Final = re.compile(r"(?m)^([A-Za-z0-9][\w.-]*)(?:\[[^]]*])?==([\w.+!-]+)")
_TIMEOUT_S: Final = 10

Pin = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """One vulnerability of one release."""

    pin: Pin
    id: str
    aliases: tuple[str, ...]
    fixed: tuple[str, ...]
    text: str

    @property
    def names(self) -> frozenset[str]:
        """By which it is known."""
        return frozenset({self.id, *self.aliases})

    def __str__(self) -> str:
        """Say it in one line."""
        known = ", ".join((self.id, *self.aliases))
        mended = f"fixed in {', '.join(self.fixed)}" if self.fixed else "not fixed yet"
        return f"{self.pin[0]} {self.pin[1]}: {known}; {mended}. {self.text[:300]}"


class SilentServiceError(Exception):
    """The service can't be asked, or knows nothing."""


def pins(files: Iterable[Path]) -> set[Pin]:
    """Return every release that the files pin; hashes and conditions are left away."""
    return {
        (re.sub(r"[-_.]+", "-", name).lower(), version)
        for file in files
        for name, version in _PIN.findall(file.read_text("utf-8"))
    }


def extras(project: Path) -> set[Pin]:
    """Return what the extras pin by themselves: torch is installed by hand."""
    groups = tomllib.loads(project.read_text("utf-8"))["project"]["optional-dependencies"]
    return {pin for group in groups.values() for each in group for pin in _PIN.findall(each)}


def ask(service: str, asked: set[Pin]) -> tuple[list[Found], list[str]]:
    """Return the vulnerabilities of the releases, and the names that the service does not know.

    Raises SilentServiceError.
    """
    found: list[Found] = []
    unknown: list[str] = []
    for group in _groups(asked | {CANARY}):
        for each in _answers(service, group):
            pin = (str(each["name"]), str(each.get("version", "")))
            found += [
                Found(
                    pin,
                    told["id"],
                    tuple(told["aliases"]),
                    tuple(told["fix_versions"]),
                    told["description"],
                )
                for told in each.get("vulns", ())
            ]
            if "skip_reason" in each:
                unknown.append(pin[0])
    if CANARY not in {each.pin for each in found}:
        raise SilentServiceError("it knows of no vulnerability where there is one")
    return [each for each in found if each.pin in asked], unknown


def _groups(asked: set[Pin]) -> Iterator[list[Pin]]:
    """Yield the releases so that no name comes twice in a group."""
    versions: defaultdict[str, list[str]] = defaultdict(list)
    for name, version in sorted(asked):
        versions[name].append(version)
    for number in range(max(map(len, versions.values()))):
        yield [(name, each[number]) for name, each in versions.items() if number < len(each)]


def _answers(service: str, group: Sequence[Pin]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(f"{name}=={version}\n" for name, version in group), "utf-8")
        run = subprocess.run(  # noqa: S603 - of this environment, with pins of ours
            [
                *(sys.executable, "-m", "pip_audit", "--requirement", str(file), "--no-deps"),
                *("--disable-pip", "--vulnerability-service", service, "--format", "json"),
                *("--progress-spinner", "off", "--timeout", str(_TIMEOUT_S)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        told: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except (ValueError, LookupError):
        last = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SilentServiceError(last.split(": ")[0]) from None
    return told


def judge(found: Iterable[Found], accepted: Mapping[str, str]) -> bool:
    """Print what was found; return whether all of it is accepted."""
    left = set(accepted)
    well = True
    for each in found:
        if names := each.names & accepted.keys():
            left -= names
            print(f"accepted: {each}")
        else:
            well = False
            print(f"VULNERABLE: {each}")
    for name in sorted(left):
        print(f"not needed in accepted.toml any more: {name}")
    return well


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit; return the status to end with."""
    parser = argparse.ArgumentParser(description="Ask whether pinned releases are vulnerable.")
    parser.add_argument("files", nargs="*", type=Path, help="default: requirements/*.txt")
    parser.add_argument("--service", choices=SERVICES, help="default: the first that answers")
    parser.add_argument("--accepted", type=Path, default=HERE / "accepted.toml")
    options = parser.parse_args(arguments)
    asked = pins(options.files or sorted(HERE.glob("*.txt")))
    if not options.files:
        asked |= extras(PROJECT)
    for service in (options.service,) if options.service else SERVICES:
        try:
            found, unknown = ask(service, asked)
        except SilentServiceError as error:
            print(f"not audited by {service}: {error}")
            continue
        if unknown:
            print(f"unknown to {service}: {', '.join(sorted(unknown))}")
        well = judge(found, tomllib.loads(options.accepted.read_text("utf-8")))
        print(f"audited by {service}: {len(asked)} releases, {len(found)} known vulnerabilities")
        return 0 if well else 1
    print("not audited: no service that knows of vulnerabilities can be asked from here")
    return 0


if __name__ == "__main__":
    sys.exit(main())
