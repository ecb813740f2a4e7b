"""A stand-in for Kokoro: the same inputs and output, a formant synthesizer inside.

The graph takes Kokoro's ``tokens`` [1, N], ``style`` [1, 256] and ``speed`` [1] and gives 24 kHz
audio. Nothing in it is learned: each phoneme has a length, two formants and some hiss, and the
style's first two numbers are the voice's pitch in Hz and the scale of its formants. It sounds like
a humming robot and proves that the real ``kokoro_onnx`` path works from text to sound.
"""

# ruff: noqa: RUF001  # phonetic letters are meant

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

RATE = 24_000
"""Kokoro's sample rate in Hz."""
FRAME = 240
"""Samples per control frame (10 ms)."""
HARMONICS = 24
STYLE = 256
ROWS = 510
"""Kokoro keeps one style row per phoneme count."""
VOICES = {"af_demo": (205.0, 1.1), "am_demo": (112.0, 0.95), "bf_demo": (180.0, 1.18)}
"""Pitch in Hz and formant scale of each voice."""

_VOWELS = {
    "a": (800, 1300), "ɑ": (750, 1150), "ɐ": (700, 1350), "æ": (750, 1750), "ʌ": (650, 1250),
    "ə": (500, 1500), "ɚ": (500, 1350), "ɜ": (550, 1400), "ᵊ": (500, 1500), "e": (450, 2100),
    "ɛ": (600, 1900), "i": (300, 2300), "ɪ": (400, 2000), "ᵻ": (400, 1900), "ɨ": (350, 1800),
    "o": (450, 850), "ɔ": (600, 950), "ɒ": (650, 1000), "u": (320, 800), "ʊ": (430, 1000),
    "ɯ": (330, 1300), "ɤ": (450, 1200), "y": (300, 1900), "ø": (400, 1600), "œ": (550, 1600),
    "A": (500, 2100), "I": (700, 1600), "O": (500, 900), "W": (650, 1100), "Y": (500, 1500),
    "Q": (500, 1100),
}  # fmt: skip
_HUMS = {
    "m": (280, 1000), "n": (280, 1500), "ŋ": (280, 1200), "ɲ": (280, 1900), "l": (350, 1200),
    "r": (400, 1300), "ɹ": (400, 1300), "ɾ": (400, 1500), "w": (320, 700), "j": (300, 2200),
    "ɥ": (300, 1900), "v": (300, 1100), "ð": (300, 1400), "z": (300, 1600), "ʒ": (300, 1700),
    "b": (250, 900), "d": (250, 1600), "ɡ": (250, 1800), "ʤ": (280, 1800),
}  # fmt: skip
_HISS = {
    "s": 1.0, "ʃ": 1.0, "ʧ": 0.9, "f": 0.5, "θ": 0.4, "h": 0.35, "x": 0.5, "z": 0.5, "ʒ": 0.5,
    "v": 0.2, "ð": 0.15, "ʤ": 0.5, "t": 0.5, "k": 0.4, "p": 0.3, "ç": 0.6, "ɕ": 0.8,
}  # fmt: skip
_MARKS = "ˈˌʰʲ↓→↗↘̃"
_PAUSES = {",": 16, ";": 16, ":": 16, ".": 22, "!": 22, "?": 22, "—": 16, "…": 22, " ": 3}


def vocabulary() -> dict[str, int]:
    """Kokoro's own phoneme numbers, as kokoro-onnx ships them."""
    text = (resources.files("kokoro_onnx") / "config.json").read_text("utf-8")
    return {str(symbol): int(number) for symbol, number in json.loads(text)["vocab"].items()}


def table() -> NDArray[np.float32]:
    """One row per token: frames, first and second formant in Hz, voicing, hiss."""
    numbers = vocabulary()
    rows = np.zeros((max(numbers.values()) + 1, 5), np.float32)
    rows[:] = (6, 500, 1500, 0.5, 0.0)
    rows[0] = (4, 500, 1500, 0, 0)
    for symbol, number in numbers.items():
        hiss = _HISS.get(symbol, 0.0)
        if symbol in _VOWELS:
            rows[number] = (9, *_VOWELS[symbol], 1.0, hiss)
        elif symbol in _HUMS:
            rows[number] = (6, *_HUMS[symbol], 0.45, hiss)
        elif symbol in _HISS:
            rows[number] = (7, 500, 1500, 0.0, hiss)
        elif symbol in _PAUSES:
            rows[number] = (_PAUSES[symbol], 500, 1500, 0.0, 0.0)
        elif symbol in _MARKS:
            rows[number] = (0, 500, 1500, 0.0, 0.0)
        elif symbol == "ː":
            rows[number] = (5, 500, 1500, 0.8, 0.0)
    return rows


class Graph:
    """Collects nodes and constants; each call of an operator returns its output's name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def const(self, value: object, dtype: type[np.generic] = np.float32) -> str:
        """Add a constant."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: int | str) -> str:
        """Add an operator."""
        name = output or f"n{len(self.nodes)}"
        node = helper.make_node(kind, list(inputs), [name])
        node.attribute.extend(helper.make_attribute(key, attributes[key]) for key in attributes)
        self.nodes.append(node)
        return name

    def column(self, matrix: str, index: int) -> str:
        """Column ``index`` of a matrix, as a vector."""
        return self.op("Gather", matrix, self.const(index, np.int64), axis=1)


def _frames(graph: Graph) -> tuple[str, str, str]:
    """Token features and the time axis: the features [F, 5], frame numbers [F], their count."""
    rows = graph.const(table())
    ids = graph.op("Reshape", "tokens", graph.const([-1], np.int64))
    lengths = graph.op("Div", graph.column(graph.op("Gather", rows, ids, axis=0), 0), "speed")
    lengths = graph.op("Cast", graph.op("Ceil", lengths), to=TensorProto.INT64)
    ends = graph.op("CumSum", lengths, graph.const(0, np.int64))
    total = graph.op("ReduceSum", lengths, keepdims=0)
    numbers = graph.op("Range", graph.const(0, np.int64), total, graph.const(1, np.int64))
    after = graph.op(
        "GreaterOrEqual",
        graph.op("Unsqueeze", numbers, graph.const([1], np.int64)),
        graph.op("Unsqueeze", ends, graph.const([0], np.int64)),
    )
    passed = graph.op("Cast", after, to=TensorProto.INT64)
    index = graph.op("ReduceSum", passed, graph.const([1], np.int64), keepdims=0)
    tokens = graph.op("Gather", ids, index, axis=0)
    features = graph.op("Gather", rows, tokens, axis=0)
    return features, graph.op("Cast", numbers, to=TensorProto.FLOAT), total


def _pitch(graph: Graph, numbers: str, total: str) -> str:
    """Return the fundamental in Hz per frame: falling, with a slow sway."""
    base = graph.column("style", 0)
    share = graph.op("Div", numbers, graph.op("Cast", total, to=TensorProto.FLOAT))
    fall = graph.op("Sub", graph.const(1.1), graph.op("Mul", share, graph.const(0.25)))
    sway = graph.op("Sin", graph.op("Mul", numbers, graph.const(0.13)))
    sway = graph.op("Add", graph.const(1.0), graph.op("Mul", sway, graph.const(0.05)))
    return graph.op("Mul", base, graph.op("Mul", fall, sway))


def _loudness(graph: Graph, features: str, pitch: str) -> str:
    """Return the strength of each harmonic per frame [F, K], from the two formants."""
    multiples = graph.const(np.arange(1, HARMONICS + 1)[None])
    axis = graph.const([1], np.int64)
    hertz = graph.op("Mul", graph.op("Unsqueeze", pitch, axis), multiples)
    scale = graph.column("style", 1)
    strengths = [graph.const(0.01)]
    for column, width, weight in ((1, 150.0, 1.0), (2, 220.0, 0.5)):
        formant = graph.op("Mul", graph.column(features, column), scale)
        distance = graph.op("Sub", hertz, graph.op("Unsqueeze", formant, axis))
        near = graph.op("Div", distance, graph.const(width))
        bell = graph.op("Exp", graph.op("Neg", graph.op("Mul", near, near)))
        strengths.append(graph.op("Mul", bell, graph.const(weight)))
    total = graph.op("Add", graph.op("Add", strengths[0], strengths[1]), strengths[2])
    voicing = graph.op("Unsqueeze", graph.column(features, 3), axis)
    return graph.op("Mul", total, voicing)


def _smooth(graph: Graph, matrix: str) -> str:
    """[F, C] controls as [C, F * 240] samples, interpolated."""
    curves = graph.op("Unsqueeze", graph.op("Transpose", matrix), graph.const([0], np.int64))
    scales = graph.const([1.0, 1.0, float(FRAME)])
    wide = graph.op("Resize", curves, "", scales, mode="linear")
    return graph.op("Squeeze", wide, graph.const([0], np.int64))


def model() -> onnx.ModelProto:
    """Return the whole graph."""
    graph = Graph()
    features, numbers, total = _frames(graph)
    pitch = _pitch(graph, numbers, total)
    axis = graph.const([1], np.int64)
    strengths = _smooth(graph, _loudness(graph, features, pitch))
    rest = graph.op("Concat", graph.op("Unsqueeze", pitch, axis),
                    graph.op("Unsqueeze", graph.column(features, 4), axis), axis=1)  # fmt: skip
    rest = _smooth(graph, rest)
    hertz = graph.op("Gather", rest, graph.const(0, np.int64), axis=0)
    hiss = graph.op("Gather", rest, graph.const(1, np.int64), axis=0)
    turns = graph.op("Mul", hertz, graph.const(2 * np.pi / RATE))
    phase = graph.op("CumSum", turns, graph.const(0, np.int64))
    multiples = graph.const(np.arange(1, HARMONICS + 1)[:, None])
    waves = graph.op("Sin", graph.op("Mul", phase, multiples))
    voiced = graph.op("ReduceSum", graph.op("Mul", waves, strengths),
                      graph.const([0], np.int64), keepdims=0)  # fmt: skip
    noise = graph.const(np.random.default_rng(5).uniform(-1, 1, 4801))
    count = graph.op("Mul", total, graph.const(FRAME, np.int64))
    places = graph.op("Range", graph.const(0, np.int64), count, graph.const(1, np.int64))
    places = graph.op("Mod", places, graph.const(4801, np.int64))
    breath = graph.op("Mul", graph.op("Gather", noise, places, axis=0), hiss)
    mixed = graph.op("Add", graph.op("Mul", voiced, graph.const(0.16)),
                     graph.op("Mul", breath, graph.const(0.12)))  # fmt: skip
    graph.op("Tanh", mixed, output="audio")
    return _packed(graph)


def _packed(graph: Graph) -> onnx.ModelProto:
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "tokens"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, STYLE]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    outputs = [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["samples"])]
    body = helper.make_graph(graph.nodes, "demo_voice", inputs, outputs, graph.constants)
    made = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 9
    onnx.checker.check_model(made)
    return made


def write(folder: Path) -> None:
    """Write ``model.onnx`` and ``voices.bin`` (a compressed npz of style rows)."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model(), str(folder / "model.onnx"))
    styles = {}
    for name, (hertz, scale) in VOICES.items():
        style = np.zeros((ROWS, 1, STYLE), np.float32)
        style[:, :, 0], style[:, :, 1] = hertz, scale
        styles[name] = style
    with (folder / "voices.bin").open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **styles)
