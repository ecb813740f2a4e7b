"""Silero's voice activity detector on live streams, from the file that faster-whisper's wheel has.

Neither faster-whisper nor CTranslate2 is imported: this runs in the bot's own process.
"""

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipeline.errors import EngineError, EngineUnavailableError
from pipeline.segments import FRAME

_ENGINE = "silero"
_CONTEXT = 64
"""Samples of the frame before that the model hears again."""
_MEMORY = (1, 1, 128)
_INPUTS = {"input", "h", "c"}


class Silero:
    """The model, loaded once for any number of streams and threads."""

    def __init__(self) -> None:
        """Load the model; raises EngineUnavailableError when there is none, or another kind."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                _file(), options, providers=["CPUExecutionProvider"]
            )
        except EngineUnavailableError:
            raise
        except Exception as error:  # onnxruntime's classes have no other base
            raise EngineUnavailableError(engine=_ENGINE) from error
        if {each.name for each in self._session.get_inputs()} != _INPUTS:
            raise EngineUnavailableError(engine=_ENGINE, reason="another model")

    def stream(self) -> "Stream":
        """Return an ear for one more stream."""
        return Stream(self._session)


class Stream:
    """One stream: what the model remembers of it. Not for two threads at once."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._h = self._c = np.zeros(_MEMORY, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of speech in each frame: shape ``(n,)``, in [0, 1].

        ``samples`` are 16 kHz in [-1, 1], shape ``(n * 512,)``, and go on where the last call
        ended: the answers are the same, bit for bit, however the stream is parted.
        Raises ValueError for parts of a frame, and EngineError, after which nothing was heard.
        """
        if len(samples) % FRAME:
            raise ValueError(len(samples))
        if not len(samples):
            return np.zeros(0, np.float32)
        sound = np.concatenate((self._context, samples), dtype=np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(sound, _CONTEXT + FRAME)[::FRAME]
        given = {"input": np.ascontiguousarray(frames), "h": self._h, "c": self._c}
        try:
            found, self._h, self._c = self._session.run(None, given)
        except Exception as error:  # onnxruntime's classes have no other base
            raise EngineError(engine=_ENGINE) from error
        self._context = sound[-_CONTEXT:].copy()
        return np.asarray(found, np.float32)

    def reset(self) -> None:
        """Forget the stream, as if it began now."""
        self._h = self._c = np.zeros(_MEMORY, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)


def _file() -> Path:
    """Find the model without importing its package; raises EngineUnavailableError."""
    package = importlib.util.find_spec("faster_whisper")
    folders = (package and package.submodule_search_locations) or ()
    found = sorted(file for each in folders for file in Path(each).glob("assets/silero_vad*.onnx"))
    if not found:
        raise EngineUnavailableError(engine=_ENGINE)
    return found[-1]
