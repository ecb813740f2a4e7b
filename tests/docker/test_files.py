"""What the image and its services are made of: sound, within the budget, and with no way out."""

import ipaddress
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Desk
from tests.docker.composed import FILE, SERVICES, size
from tests.integration.program import ROOT

DOCKERFILE = ROOT / "docker" / "Dockerfile"
BUDGET = 8_000_000_000
CORES = 2
"""Of the smallest machine that is promised to do."""


def tool(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment that runs the tests."""
    program = shutil.which(name, path=str(Path(sys.executable).parent))
    assert program, f"{name} is among the pinned requirements for development"
    command = [program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=55)


def test_the_dockerfile_has_no_findings() -> None:
    found = tool("hadolint", DOCKERFILE)
    assert (found.returncode, found.stdout) == (0, "")


def test_compose_would_read_the_file() -> None:
    checked = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", FILE)
    assert checked.returncode == 0, checked.stdout


def test_the_tools_find_faults(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text(DOCKERFILE.read_text("utf-8").replace("WORKDIR /src", "WORKDIR src"), "utf-8")
    assert "DL3000" in tool("hadolint", bad).stdout
    bad = tmp_path / "compose.yaml"
    bad.write_text(FILE.read_text("utf-8").replace("mem_limit", "memory_limit"), "utf-8")
    found = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", bad)
    assert found.returncode == 1
    assert "services.prometheus: 'memory_limit'" in found.stdout


def test_the_image_is_called_as_the_version_is() -> None:
    version = re.search(r'(?m)^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert version is not None
    assert SERVICES["dragoman"]["image"] == f"dragoman:{version[1]}"


def test_all_services_together_stay_within_the_budget() -> None:
    assert sum(size(each["mem_limit"]) for each in SERVICES.values()) <= BUDGET


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_on_the_smallest_machine(name: str) -> None:
    assert float(SERVICES[name]["cpus"]) <= CORES, "Docker refuses more cores than there are"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_gain_nothing_and_change_nothing_of_itself(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["pids_limit"] <= 256
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service)
    assert not [each for each in service["volumes"] if "docker.sock" in each]
    outside = [each for each in service["volumes"] if each.startswith(("/", "."))]
    assert all(each.endswith(":ro") for each in outside)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_open_to_this_machine_at_most(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        host, _ = port.split(":", 1)
        assert ipaddress.ip_address(host).is_loopback


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_asked_whether_it_is_well(name: str) -> None:
    built = "HEALTHCHECK" in DOCKERFILE.read_text("utf-8") and "build" in SERVICES[name]
    check: dict[str, Any] = SERVICES[name].get("healthcheck", {})
    assert built or check["test"][0] == "CMD"


def test_dragoman_has_longer_to_end_than_its_grace() -> None:
    written = SERVICES["dragoman"]["stop_grace_period"]
    assert int(written.removesuffix("s")) > 2 * Desk().grace_s
