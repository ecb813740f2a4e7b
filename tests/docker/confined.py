"""Runs commands in the image under the rules of compose.yaml, without a Docker engine.

They are nobody's but 10001's, on a read-only root, without a capability and without a way to one,
with the service's temporary folders and volumes; the first is process 1. What takes a kernel's
cgroups, limits of memory and of cores, is left out, and so is a network of its own.
"""

import asyncio
import json
import os
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docker.composed import SERVICES

SERVICE = SERVICES["dragoman"]
_TMPFS = "rw,noexec,nosuid,nodev"
"""How Docker mounts a temporary folder where nothing else is said."""
_ENTER = """
set -eu
root=$1; shift
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc -o nosuid,noexec,nodev proc "$root/proc"
mount -t sysfs -o ro,nosuid,noexec,nodev sysfs "$root/sys"
mount -t tmpfs -o mode=0755,nosuid tmpfs "$root/dev"
for each in null zero random urandom; do
    : >"$root/dev/$each"
    mount --bind "/dev/$each" "$root/dev/$each"
done
mkdir "$root/dev/shm"
while [ "$1" != -- ]; do
    case $1 in
        tmpfs) mount -t tmpfs -o "$3" tmpfs "$root$2" ;;
        bind) mount --bind "$3" "$root$2" ;;
    esac
    shift 3
done
shift
exec chroot "$root" "$@"
"""


def buildah(*arguments: str) -> str:
    """Run buildah; return what it says."""
    command = ["buildah", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True, slots=True)
class Image:
    """An image that buildah has, mounted, and volumes of its own."""

    root: Path
    config: dict[str, Any]
    volumes: Path

    def command(self, *arguments: object, **environment: object) -> list[str]:
        """Return the command line that runs this in the image."""
        (user, group) = self.config["User"].split(":")
        said = dict(each.split("=", 1) for each in self.config["Env"])
        said |= SERVICE["environment"] | {name: str(each) for name, each in environment.items()}
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("sh", "-c", _ENTER, "sh", str(self.root), *self._mounts(), "--"),
            *("env", "-i", f"--chdir={self.config['WorkingDir']}"),
            *(f"{name}={each}" for name, each in said.items()),
            *("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"),
            *("--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--pdeathsig=KILL"),
            *("prlimit", f"--nproc={SERVICE['pids_limit']}"),
            *map(str, arguments),
        ]

    def run(self, *arguments: object, **environment: object) -> subprocess.CompletedProcess[str]:
        """Run this to its end."""
        return subprocess.run(
            self.command(*arguments, **environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=55,
            check=False,
        )

    def says(self, *arguments: object) -> str:
        """Return what this prints; it must succeed."""
        run = self.run(*arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    @asynccontextmanager
    async def started(self, **environment: object) -> AsyncIterator[Process]:
        """Run what the image runs by itself; kill it, should it be there at the end."""
        main = (*self.config["Entrypoint"], *self.config["Cmd"])
        process = await asyncio.create_subprocess_exec(
            *self.command(*main, **environment), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    def _mounts(self) -> Iterator[str]:
        yield from ("tmpfs", "/dev/shm", f"{_TMPFS},size=64m,mode=1777")  # noqa: S108 - Docker's
        for each in SERVICE["tmpfs"]:
            path, _, options = each.partition(":")
            yield from ("tmpfs", path, f"{_TMPFS},{options}")
        for volume, path in _volumes():
            yield from ("bind", path, str(self.volumes / volume))


@contextmanager
def mounted(image: str) -> Iterator[Path]:
    """Mount the files of an image, by its name."""
    container = buildah("from", "--pull-never", image)
    try:
        yield Path(buildah("mount", container))
    finally:
        buildah("rm", container)


@contextmanager
def opened(image: str, volumes: Path) -> Iterator[Image]:
    """Mount an image, and make the volumes that compose.yaml gives Dragoman in the folder."""
    config = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
    with mounted(image) as root:
        for volume, path in _volumes():
            # As Docker does with a new volume: whose it is comes from the image.
            there = (root / path.lstrip("/")).stat()
            (volumes / volume).mkdir(there.st_mode & 0o7777)
            os.chown(volumes / volume, there.st_uid, there.st_gid)
        yield Image(root, config, volumes)


def _volumes() -> Iterator[tuple[str, str]]:
    for each in SERVICE["volumes"]:
        volume, path = each.split(":")
        yield volume, path
