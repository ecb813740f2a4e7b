"""Every way the house can fail, as one tree.

DragomanError
├── AudioError                the sender can mend it
│   ├── MissingAudioError       no such file, or it may not be read
│   ├── EmptyAudioError         nothing in it
│   ├── UnreadableAudioError    no decoder makes sense of it
│   ├── NoSoundtrackError       pictures only
│   ├── AudioTooLongError       more seconds than allowed
│   ├── AudioTooLargeError      more bytes than allowed
│   └── NoSpeechError           sound, but nobody speaks
├── LanguageError
│   ├── UnknownLanguageError    no such code
│   └── UnsupportedLanguageError  a language the engine does not have
├── ModelError                the operator can mend it
│   ├── UnknownModelError       not in the catalogue
│   ├── ModelMissingError       not fetched
│   ├── ModelDamagedError       its files are not what was fetched
│   ├── ModelForbiddenError     its licence forbids commercial use
│   ├── ModelGatedError         its owner wants a token or an agreement
│   └── HubError                the model hub can't be reached or refuses
├── EngineError               an engine failed
│   ├── EngineUnavailableError  its library or its service is not there
│   ├── EngineTimeoutError      its service did not answer in time
│   └── TextTooLongError        more text than it takes at once
├── WorkerError               the process that computes failed; a retry may succeed
│   ├── WorkerLostError         it died
│   └── WorkerTimeoutError      it was stopped because it took too long
├── ConfigurationError        settings that can't be used
├── StorageError              what is remembered can't be read or kept; the operator can mend it
│   ├── DatabaseCorruptError    the file is damaged, or no database
│   ├── DatabaseForeignError    the database of another program
│   ├── DatabaseNewerError      a newer release has written it
│   ├── DatabaseMigrationError  it could not be brought up to date
│   ├── DatabaseCopyError       no copy could be kept before that
│   ├── DatabaseLockedError     another process keeps it
│   ├── DatabaseFullError       no room for more
│   ├── DatabaseUnavailableError  it can't be opened, read or written
│   └── SealError               a voice's seal does not open with this key
├── PlatformError             a chat platform failed
│   ├── PlatformRefusedError    it will not do that, now or ever
│   └── PlatformUnreachableError  it can't be reached, or asks for patience
├── CallError                 a live call
│   ├── CallRefusedError        it can't be joined: reason
│   └── CallLostError           it was joined, and is over or can't be heard: reason
├── SampleError               a recording that no voice can be made of; the person can mend it
│   ├── SampleTooShortError     too little speech in it
│   ├── SampleSilentError       too quiet, or nobody speaks
│   ├── SampleClippedError      too loud for the microphone
│   ├── SampleNoisyError        too much noise beside the speech
│   └── SampleVoicesError       more than one person speaks
├── ConsentError              consent to a voice was not given; the person can mend it
│   ├── ConsentWordsError       the sentence was not read as it was shown
│   └── ConsentVoiceError       it was read in another voice than the sample's
├── LatentsError              a kept voice can't be read; the person enrols again
├── ClipUnlikeError           a clip does not say its text, and is withheld
├── GlossaryError             a term that can't be kept; the person can mend it
│   ├── GlossaryTermError       empty, too long, or not text
│   └── GlossaryFullError       as many terms as are allowed
└── LinkError                 two accounts that can't be linked; the person can mend it
    ├── LinkCodeError           no such code, or no longer
    ├── LinkSameAccountError    the code was made by this very account
    └── LinkTriesError          too many wrong codes

Foreign exceptions become one of these once, at the stage that called the foreign code. What a
person reads is written in ``bot.messages``, by class and by language, from ``details``.
"""

from typing import ClassVar, TypeAlias

Detail: TypeAlias = str | int | float
"""A fact about a failure: plain data, never anything a person said."""


class DragomanError(Exception):
    """Anything the house raises on purpose."""

    code: ClassVar[str] = "error"
    """Stable, for machines: ``kind.reason``."""

    def __init__(self, **details: Detail) -> None:
        """Keep the facts that a sentence for people needs; they never hold what was said."""
        super().__init__(self.code, details)
        self.details = details

    def __str__(self) -> str:
        """Code and facts, for logs."""
        facts = ", ".join(f"{name}={value}" for name, value in self.details.items())
        return f"{self.code} ({facts})" if facts else self.code

    def __reduce__(self) -> tuple[object, ...]:
        """Cross process borders by class and facts alone."""
        return (_rebuild, (type(self), self.details))


def _rebuild(kind: type[DragomanError], details: dict[str, Detail]) -> DragomanError:
    return kind(**details)


class AudioError(DragomanError):
    """The sender can mend it."""

    code = "audio"


class MissingAudioError(AudioError):
    """No such file, or it may not be read; a ``reason`` is "folder", which has no file in it."""

    code = "audio.missing"


class EmptyAudioError(AudioError):
    """Nothing in it."""

    code = "audio.empty"


class UnreadableAudioError(AudioError):
    """No decoder makes sense of it."""

    code = "audio.unreadable"


class NoSoundtrackError(AudioError):
    """Pictures only."""

    code = "audio.no_soundtrack"


class AudioTooLongError(AudioError):
    """More than ``limit`` seconds."""

    code = "audio.too_long"


class AudioTooLargeError(AudioError):
    """More than ``limit`` bytes."""

    code = "audio.too_large"


class NoSpeechError(AudioError):
    """Sound, but nobody speaks."""

    code = "audio.no_speech"


class LanguageError(DragomanError):
    """A language that can't be served."""

    code = "language"


class UnknownLanguageError(LanguageError):
    """No such code: ``language``."""

    code = "language.unknown"


class UnsupportedLanguageError(LanguageError):
    """``engine`` does not have ``language``."""

    code = "language.unsupported"


class ModelError(DragomanError):
    """The operator can mend it."""

    code = "model"


class UnknownModelError(ModelError):
    """``model`` is not in the catalogue."""

    code = "model.unknown"


class ModelMissingError(ModelError):
    """``model`` has not been fetched."""

    code = "model.missing"


class ModelDamagedError(ModelError):
    """``file`` of ``model`` is not what was fetched."""

    code = "model.damaged"


class ModelForbiddenError(ModelError):
    """The ``licence`` of ``model`` forbids commercial use; ``alternative`` allows it."""

    code = "model.forbidden"


class ModelGatedError(ModelError):
    """The owner of ``model`` wants a token or an agreement, at ``page``."""

    code = "model.gated"


class HubError(ModelError):
    """The hub did not give ``model``: ``reason``."""

    code = "model.hub"


class EngineError(DragomanError):
    """``engine`` failed."""

    code = "engine.failed"


class EngineUnavailableError(EngineError):
    """The library or service of ``engine`` is not there."""

    code = "engine.unavailable"


class EngineTimeoutError(EngineError):
    """``engine`` did not answer in time."""

    code = "engine.timeout"


class TextTooLongError(EngineError):
    """``engine`` takes at most ``limit`` characters at once."""

    code = "engine.too_long"


class WorkerError(DragomanError):
    """The process that computes failed; a retry may succeed."""

    code = "worker"


class WorkerLostError(WorkerError):
    """It died."""

    code = "worker.lost"


class WorkerTimeoutError(WorkerError):
    """It was stopped after ``seconds``."""

    code = "worker.timeout"


class ConfigurationError(DragomanError):
    """Settings that can't be used."""

    code = "configuration"


class StorageError(DragomanError):
    """What is remembered can't be read or kept: ``reason``."""

    code = "storage"


class DatabaseCorruptError(StorageError):
    """The file at ``path`` is damaged, or no database: ``reason``.

    ``step`` is "another" where it was to be restored.
    """

    code = "storage.corrupt"


class DatabaseForeignError(StorageError):
    """The database at ``path`` belongs to another program."""

    code = "storage.foreign"


class DatabaseNewerError(StorageError):
    """The database at ``path`` has version ``version``; this release knows up to ``known``."""

    code = "storage.newer"


class DatabaseMigrationError(StorageError):
    """The database at ``path`` could not be brought to ``version``, and is as it was before."""

    code = "storage.migration"


class DatabaseCopyError(StorageError):
    """No copy could be kept at ``path`` before an upgrade: ``reason``; nothing was changed."""

    code = "storage.copy"


class DatabaseLockedError(StorageError):
    """Another process keeps the database at ``path``."""

    code = "storage.locked"


class DatabaseFullError(StorageError):
    """There is no room left for the database at ``path``."""

    code = "storage.full"


class DatabaseUnavailableError(StorageError):
    """The database at ``path`` can't be opened, read or written: ``reason``."""

    code = "storage.unavailable"


class SealError(StorageError):
    """What is kept of voices can't be sealed or opened: ``reason`` is missing or wrong (key)."""

    code = "storage.seal"


class SampleError(DragomanError):
    """A recording that no voice can be made of; the person can mend it."""

    code = "sample"


class SampleTooShortError(SampleError):
    """``seconds`` of speech, and ``limit`` are needed."""

    code = "sample.too_short"


class SampleSilentError(SampleError):
    """Nobody speaks, or too quietly: ``level`` decibels below full scale."""

    code = "sample.silent"


class SampleClippedError(SampleError):
    """``percent`` of the samples are at the limit of what the microphone can take."""

    code = "sample.clipped"


class SampleNoisyError(SampleError):
    """Speech is only ``ratio`` decibels louder than the noise; ``limit`` are needed."""

    code = "sample.noisy"


class SampleVoicesError(SampleError):
    """More than one person speaks."""

    code = "sample.voices"


class ConsentError(DragomanError):
    """Consent to a voice was not given; the person can mend it."""

    code = "consent"


class ConsentWordsError(ConsentError):
    """The sentence was not read as it was shown."""

    code = "consent.words"


class ConsentVoiceError(ConsentError):
    """The sentence was read in another voice than the sample's."""

    code = "consent.voice"


class LatentsError(DragomanError):
    """What was kept of a voice can't be read, or belongs to another model."""

    code = "latents"


class ClipUnlikeError(DragomanError):
    """A clip in a person's own voice does not say its text: ``percent`` of it was heard."""

    code = "clip.unlike"


class GlossaryError(DragomanError):
    """A term that can't be kept; the person can mend it."""

    code = "glossary"


class GlossaryTermError(GlossaryError):
    """It is empty, longer than ``limit`` characters, or not text."""

    code = "glossary.term"


class GlossaryFullError(GlossaryError):
    """There are ``limit`` terms already."""

    code = "glossary.full"


class LinkError(DragomanError):
    """Two accounts that can't be linked; the person can mend it."""

    code = "link"


class LinkCodeError(LinkError):
    """There is no such code, or no longer; a code lives ``minutes``."""

    code = "link.code"


class LinkSameAccountError(LinkError):
    """The code was made by this very account; it is meant for the other one."""

    code = "link.same_account"


class LinkTriesError(LinkError):
    """Too many wrong codes; try again in ``minutes``."""

    code = "link.tries"


class PlatformError(DragomanError):
    """``platform`` failed."""

    code = "platform"


class PlatformRefusedError(PlatformError):
    """``platform`` will not do that, now or ever: ``reason``."""

    code = "platform.refused"


class PlatformUnreachableError(PlatformError):
    """``platform`` can't be reached, or asks for patience."""

    code = "platform.unreachable"


class CallError(DragomanError):
    """A live call can't be interpreted."""

    code = "call"


class CallRefusedError(CallError):
    """It can't be joined: ``reason`` is nowhere, permission, full, elsewhere, stopping or voice."""

    code = "call.refused"


class CallLostError(CallError):
    """It was joined and is over: ``reason`` is kicked, gone, deaf, restart or connection."""

    code = "call.lost"
