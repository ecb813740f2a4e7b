"""What the workers under test run: top-level functions, as only those can be sent to a child."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

from pipeline.errors import AudioTooLongError

T = TypeVar("T")

SECRET = "meet me at the old bridge"  # noqa: S105 - stands for something a person said

_kept: list[bytes] = []


class MisshapenError(AudioTooLongError):
    """Can leave its process, but not arrive in another."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(limit=len(first + second))


class Landmine:
    """Can be pickled, but not unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return (int, (SECRET,))


def echo(value: T) -> T:
    return value


def pair(first: int, *, second: int = 0) -> tuple[int, int]:
    return first, second


def pid() -> int:
    return os.getpid()


def thread() -> int:
    return threading.get_ident()


def nap(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def mark(file: Path, word: str, seconds: float = 0.0) -> None:
    """Leave a line in the file, first thing."""
    with file.open("a", encoding="utf-8") as out:
        out.write(f"{word} {os.getpid()}\n")
    time.sleep(seconds)


def wait_for(event: threading.Event) -> None:
    event.wait(20)


def refuse() -> NoReturn:
    raise AudioTooLongError(limit=60)


def refuse_because_of_another() -> NoReturn:
    try:
        fail()
    except LookupError as error:
        raise AudioTooLongError(limit=60) from error


def refuse_misshapen() -> NoReturn:
    raise MisshapenError("a", "b")


def fail() -> NoReturn:
    raise LookupError(SECRET)


def fail_over_another() -> NoReturn:
    try:
        fail()
    except LookupError as error:
        raise ArithmeticError(SECRET) from error


def leave_by_exception(kind: type[BaseException]) -> NoReturn:
    raise kind


def lock() -> object:
    return threading.Lock()


def landmine() -> object:
    return Landmine()


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def leave(status: int) -> None:
    os._exit(status)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def stop_soon() -> None:
    """Stop the process once this call has been answered."""
    threading.Timer(0.1, stop).start()


def fork_and_die(file: Path) -> None:
    """Die while a fork still holds every descriptor."""
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    file.write_text(str(child), encoding="utf-8")
    os._exit(1)


def start_another_and_hang(file: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    file.write_text(f"{os.getpid()} {other.pid}", encoding="utf-8")
    time.sleep(60)


def keep(mib: int, seconds: float = 0.0) -> int:
    """Take memory and never give it back."""
    _kept.append(b"\1" * (mib * 1024 * 1024))
    time.sleep(seconds)
    return os.getpid()


def niceness() -> int:
    return os.nice(0)


def oom_score() -> int:
    return int(Path("/proc/self/oom_score_adj").read_text(encoding="ascii"))


def tell(
    values: list[float], *, pause: float = 0.06, progress: Callable[[float], None] | None = None
) -> str:
    for value in values:
        if progress is not None:
            progress(value)
        if pause:
            time.sleep(pause)
    return "told" if progress is not None else "silent"


def tell_late(*, progress: Callable[[float], None] | None = None) -> None:
    """Go on telling when the call is over."""

    def later() -> None:
        for _ in range(20):
            time.sleep(0.02)
            if progress is not None:
                progress(1.0)

    threading.Thread(target=later).start()


def print_from_c() -> None:
    os.write(1, b"a library speaks\n")
