import io
import struct

import av
import numpy as np

from pipeline.audio import decode, encode
from pipeline.marking import MARKS
from pipeline.specs import AudioLimits
from pipeline.types import Audio

SOUND = Audio(np.linspace(-0.5, 0.5, 48_000, dtype=np.float32), 24_000)


def comments(data: bytes) -> dict[str, str]:
    """Read the comment header from its bytes (RFC 7845, section 5.2)."""
    place = data.index(b"OpusTags") + 8
    (vendor,) = struct.unpack_from("<I", data, place)
    place += 4 + vendor
    (count,) = struct.unpack_from("<I", data, place)
    place += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<I", data, place)
        name, _, text = data[place + 4 : place + 4 + length].decode("utf-8").partition("=")
        found[name.upper()] = text
        place += 4 + length
    return found


def test_a_cloned_clip_says_that_it_is_synthetic() -> None:
    found = comments(encode(SOUND, MARKS).data)
    assert {name: found[name] for name in MARKS} == MARKS


def test_a_library_of_media_files_finds_the_marks_under_its_own_names() -> None:
    with av.open(io.BytesIO(encode(SOUND, MARKS).data)) as file:
        read = dict(file.streams.audio[0].metadata)
    assert set(MARKS.values()) <= set(read.values())


def test_the_marks_are_lost_when_the_sound_is_converted_as_the_documents_say() -> None:
    converted = encode(decode(encode(SOUND, MARKS).data, AudioLimits()))
    assert not MARKS.keys() & comments(converted.data).keys()


def test_the_marks_change_neither_the_sound_nor_other_clips() -> None:
    marked, plain = encode(SOUND, MARKS), encode(SOUND)
    one, other = (decode(each.data, AudioLimits()).samples for each in (marked, plain))
    assert np.array_equal(one, other)
    assert not MARKS.keys() & comments(plain.data).keys()
    assert encode(SOUND, MARKS).data == marked.data, "the same samples give the same bytes"
