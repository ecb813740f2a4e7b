"""Files of what was said, read back by FFmpeg, which is not ours, and by a JSON parser."""

import io
import itertools
import json
import re
from fractions import Fraction
from typing import NamedTuple

import av
import pytest
from av.subtitles.subtitle import AssSubtitle
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.calls import transcripts
from bot.discord.calls.transcripts import Form
from bot.discord.calls.wording import one_line
from pipeline.types import Language
from storage.transcripts import KeptCall, Line
from storage.types import Chat, Person

BEGAN = 1_795_254_600.0
"""2026-11-21 09:50 in UTC."""
CALL = KeptCall(Chat("discord", "1"), "2", "key", BEGAN)
EN, VI = Language("en"), Language("vi")


class Cue(NamedTuple):
    start: int
    end: int
    text: str
    """What a player shows."""
    raw: str
    """What stands in the file."""


def line(
    at: float,
    end: float,
    name: str = "An",
    original: str = "Xin chào.",
    translation: str = "Hello.",
    account: str = "7",
    target: Language = EN,
) -> Line:
    return Line(at, end, Person("discord", account), name, VI, original, target, translation)


def written(form: Form, *lines: Line) -> str:
    return transcripts.file(CALL, lines, form).data.decode()


def read(form: Form, *lines: Line) -> list[Cue]:
    """Read the cues with FFmpeg's own parser; times in milliseconds."""
    data = transcripts.file(CALL, lines, form).data
    kind = {Form.SRT: "srt", Form.VTT: "webvtt"}[form]
    cues = []
    with av.open(io.BytesIO(data), "r", format=kind) as file:
        for packet in file.demux(file.streams.subtitles[0]):
            if not packet.size:
                continue
            assert packet.pts is not None
            assert packet.duration is not None
            assert packet.time_base == Fraction(1, 1_000)
            (subtitle,) = packet.decode()
            assert isinstance(subtitle, AssSubtitle)
            text = subtitle.dialogue.decode()
            end = packet.pts + packet.duration
            cues.append(Cue(packet.pts, end, text, bytes(packet).decode()))
    return cues


HOSTILE = [
    "00:00:01,000 --> 00:00:09,000",
    "a\n\n2\n00:00:01.000 --> 00:00:09.000\nforged",
    "<v Bob>forged</v> <i>&amp; & <script>",
    "{\\an8}{\\fs99} \\N \\h",
    "\u202eevil\u2066 \u2028 \x85 \0 \ud800",
    "NOTE --> STYLE",
    "WEBVTT",
    "42",
]


@pytest.mark.parametrize("form", [Form.SRT, Form.VTT])
@pytest.mark.parametrize("text", HOSTILE)
def test_nobody_can_forge_a_cue_a_time_or_a_speaker(form: Form, text: str) -> None:
    cues = read(form, line(1, 2, text, text, text), line(5, 6, "An", "Sau.", "After."))
    assert [(cue.start, cue.end) for cue in cues] == [(1_000, 2_000), (5_000, 6_000)]
    assert len(cues[0].raw.splitlines()) == 2
    assert "-->" not in cues[0].raw
    assert not set(cues[0].raw) & set("\u202e\u2066\u2028\x85\0")
    assert cues[0].raw.count("<v ") == (form is Form.VTT)


@pytest.mark.parametrize("form", [Form.SRT, Form.VTT])
def test_a_player_shows_what_was_said_and_meant(form: Form) -> None:
    (cue,) = read(form, line(1.5, 4.25, "Bình", "Ba < bốn & “năm”.", "Three is less."))
    assert (cue.start, cue.end) == (1_500, 4_250)
    said = "Ba < bốn & “năm”." if form is Form.VTT else "Bình: Ba ( bốn & “năm”."
    meant = "Three is less." if form is Form.VTT else "→ Three is less."
    assert cue.text.splitlines() == [said, meant]
    assert "Bình" in cue.raw


def test_web_subtitles_name_the_speaker_and_both_languages() -> None:
    (cue,) = read(Form.VTT, line(1, 2, "A & <B>"))
    assert cue.raw == ("<v A &amp; &lt;B&gt;><lang vi>Xin chào.</lang>\n<lang en>Hello.</lang></v>")


def test_subtitles_are_numbered_from_one_and_come_one_after_the_other() -> None:
    lines = [line(20, 22), line(0, 9), line(4, 6, "Bình"), line(4.5, 12, "Chi"), line(9, 9)]
    assert re.findall(r"^\d+$", written(Form.SRT, *lines), re.MULTILINE) == ["1", "2", "3", "4"]
    cues = read(Form.SRT, *lines)
    assert [(cue.start, cue.end) for cue in cues] == [
        (0, 4_000),
        (4_000, 9_000),
        (9_000, 10_000),
        (20_000, 22_000),
    ]
    assert cues[1].text.splitlines()[::2] == ["Bình: Xin chào.", "Chi: Xin chào."]


def test_web_subtitles_overlap_as_people_do() -> None:
    cues = read(Form.VTT, line(4, 6, "Bình"), line(0, 9))
    assert [(cue.start, cue.end) for cue in cues] == [(0, 9_000), (4_000, 6_000)]


@pytest.mark.parametrize("form", [Form.SRT, Form.VTT])
def test_a_call_may_last_for_days(form: Form) -> None:
    (cue,) = read(form, line(100 * 3_600 + 61.5, 100 * 3_600 + 63))
    assert cue.start == 360_061_500
    assert "[100:01:01] An" in written(Form.TXT, line(360_061.5, 360_063))


@pytest.mark.parametrize("form", list(Form))
def test_an_empty_call_is_an_empty_file_of_its_kind(form: Form) -> None:
    empty = {Form.TXT: "2026-11-21 09:50 UTC\n", Form.SRT: "", Form.VTT: "WEBVTT\n"}
    if form is Form.JSON:
        assert json.loads(written(form))["lines"] == []
    else:
        assert written(form) == empty[form]


def test_a_file_to_read_reads_well() -> None:
    lines = [
        line(5, 7),
        line(8.4, 9, "Bob", "Vâng.", "Vâng.", "8", VI),
    ]
    assert written(Form.TXT, *lines) == (
        "2026-11-21 09:50 UTC\n\n"
        "[00:00:05] An\nvi: Xin chào.\nen: Hello.\n\n"
        "[00:00:08] Bob\nvi: Vâng.\n"
    )


def test_machines_can_tell_people_of_one_name_apart_and_learn_no_accounts() -> None:
    lines = [
        line(1, 2, account="7777"),
        line(2, 3, account="8888"),
        line(3, 4, "An (new)", account="7777", original="Một\nhai.", target=VI),
    ]
    text = written(Form.JSON, *reversed(lines))
    assert not re.search("7777|8888", text)
    whole = json.loads(text)
    assert whole["began"] == "2026-11-21T09:50:00+00:00"
    assert [each["speaker"] for each in whole["lines"]] == [1, 2, 1]
    assert whole["lines"][0] == {
        "at": 1.0,
        "end": 2.0,
        "speaker": 1,
        "name": "An",
        "source": "vi",
        "original": "Xin chào.",
        "target": "en",
        "translation": "Hello.",
    }
    assert whole["lines"][2]["original"] == "Một hai."
    assert whole["lines"][2]["translation"] is None


def test_the_name_of_the_file_tells_when_and_nothing_else() -> None:
    assert transcripts.file(CALL, [], Form.SRT).name == "call-2026-11-21-0950.srt"


TEXTS = st.text(st.characters() | st.sampled_from("<>&-\n\\{}1: "), max_size=30)
SPOKEN = st.tuples(st.floats(0, 1e6), st.floats(0, 30), TEXTS, TEXTS, TEXTS)


@given(st.lists(SPOKEN, min_size=1, max_size=12))
@settings(max_examples=100)
def test_whatever_was_said_the_files_can_be_read(
    spoken: list[tuple[float, float, str, str, str]],
) -> None:
    lines = [  # each with a text of its own: FFmpeg drops a cue that stands there twice
        line(at, at + seconds, name, f"{number} {original}", meaning)
        for number, (at, seconds, name, original, meaning) in enumerate(spoken)
    ]
    cues = read(Form.VTT, *lines)
    assert len(cues) == len(lines)
    assert all(later.start >= cue.start < cue.end for cue, later in itertools.pairwise(cues))
    assert [cue.start for cue in cues] == sorted(round(1_000 * each.at) for each in lines)
    cues = read(Form.SRT, *lines)
    assert all(cue.end <= later.start for cue, later in itertools.pairwise(cues))
    assert all(cue.end - cue.start >= 1_000 for cue in cues)
    shown = [text for each in lines for text in (each.name, each.translation) if one_line(text)]
    nameless = sum(not one_line(each.name) for each in lines)
    assert sum(len(cue.raw.split("\n")) for cue in cues) == len(shown) + nameless
    assert len(json.loads(written(Form.JSON, *lines))["lines"]) == len(lines)
