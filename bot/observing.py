"""What can be counted of a note: durations, outcomes and who worked; never what was said."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finished:
    """A note that has come to its end, one way or the other."""

    platform: str
    outcome: str
    """``done``, or the code of the error that ended it."""
    stages_ms: Mapping[str, float]
    """Milliseconds of decode, hear, translate and speak, as far as it came."""
    engines: Mapping[str, str]
    """Who heard, translated and spoke, as far as it came, by the same names of stages."""
    live: bool = False
    """An utterance of a call, and not a recording somebody has sent."""
    waited_ms: float | None = None
    """From its arrival until its turn; ``None`` if that never came."""
    text_ms: float | None = None
    """From its arrival until the text was out; ``None`` if it never was."""
    voice_ms: float | None = None
    """As above, until the spoken answer was out."""
    step: str = "calm"
    """The rung of the ladder on which it was worked on: a name of ``bot.overload.Step``."""


class Observer(Protocol):
    """Told of every note; counts or exports. Must not block and must not raise."""

    def finished(self, note: Finished) -> None:
        """Take the facts of one note."""
        ...


class LogObserver:
    """Writes one structured line a note."""

    def finished(self, note: Finished) -> None:
        """Log the facts."""
        engines = {f"{stage}_engine": engine for stage, engine in note.engines.items()}
        facts = {
            "platform": note.platform,
            "outcome": note.outcome,
            "live": note.live,
            "waited_ms": note.waited_ms,
            "text_ms": note.text_ms,
            "voice_ms": note.voice_ms,
            "step": note.step,
            **note.stages_ms,
            **engines,
        }
        _log.info("note finished", extra=facts)


class Observers:
    """Tells each of several."""

    def __init__(self, *each: Observer) -> None:
        self._each = each

    def finished(self, note: Finished) -> None:
        """Pass the facts on."""
        for observer in self._each:
            observer.finished(note)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A clip in a person's own voice that has come to an end: made, sent, or neither."""

    platform: str
    outcome: str
    """``made`` or ``delivered``, or the code of what ended it."""
    engine: str
    """Who spoke; empty where it did not come to that."""
    seconds: float
    """Of speech; 0 where there is none."""
    made_s: float
    """How long making took, in seconds; its ratio to ``seconds`` is the real-time factor."""
    waited_s: float
    """Since it was asked for, in seconds."""


class FollowUpObserver(Protocol):
    """Told of every clip. Must not block and must not raise."""

    def followed_up(self, clip: FollowUp) -> None:
        """Take the facts of one clip."""
        ...


class LogFollowUps:
    """Writes one structured line a clip."""

    def followed_up(self, clip: FollowUp) -> None:
        """Log the facts."""
        _log.info("own voice", extra=asdict(clip))


class FollowUpObservers:
    """Tells each of several."""

    def __init__(self, *each: FollowUpObserver) -> None:
        self._each = each

    def followed_up(self, clip: FollowUp) -> None:
        """Pass the facts on."""
        for observer in self._each:
            observer.followed_up(clip)
