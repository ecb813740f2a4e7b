import io

import av
import numpy as np

from pipeline.audio import decode, encode
from pipeline.marking import MARKS
from pipeline.specs import AudioLimits
from pipeline.types import Audio

SOUND = Audio(np.linspace(-0.5, 0.5, 48_000, dtype=np.float32), 24_000)


def is_marked(data: bytes) -> bool:
    return all(f"{name}={text}".encode("ascii") in data for name, text in MARKS.items())


def forwarded(data: bytes) -> bytes:
    """Copy the packets into another Ogg file, as platforms do."""
    file = io.BytesIO()
    with av.open(io.BytesIO(data), "r") as source, av.open(file, "w", format="ogg") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        stream.metadata.update(source.streams.audio[0].metadata)
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return file.getvalue()


def test_a_cloned_clip_says_that_it_is_synthetic() -> None:
    assert is_marked(encode(SOUND, MARKS).data)


def test_the_marks_stay_when_the_file_is_remuxed() -> None:
    before = encode(SOUND, MARKS).data
    after = forwarded(before)
    assert after != before
    assert is_marked(after)


def test_the_marks_change_neither_the_sound_nor_other_clips() -> None:
    marked, plain = encode(SOUND, MARKS), encode(SOUND)
    one, other = (decode(each.data, AudioLimits()).samples for each in (marked, plain))
    assert np.array_equal(one, other)
    assert b"digitalsourcetype" not in plain.data.lower()
    assert encode(SOUND, MARKS).data == marked.data, "the same samples give the same bytes"
