"""Where an utterance begins, pauses, ends, and is cut."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.segments import FRAME, RATE, Final, Provisional, Resumed, Segmenter, SegmentEvent
from pipeline.specs import SegmentSpec
from tests.pipeline.streams import MS, SMALL, Curve, Steady, chunks, finals, listen, places, ramp

SPEECH, SILENCE = [1.0] * 20, [0.1] * 30


def frame_by_frame(curve: Sequence[float], spec: SegmentSpec = SMALL) -> list[list[SegmentEvent]]:
    """Return what each frame gave."""
    segmenter = Segmenter(spec, Curve(curve))
    return [segmenter.push(chunk, at) for chunk, at in chunks(ramp(len(curve) * FRAME), [FRAME])]


def frames_of(event: SegmentEvent) -> tuple[int, int]:
    """Return the first frame, and the one after the last."""
    assert not isinstance(event, Resumed)
    heard = places(event.utterance.audio.samples)
    return int(heard[0]) // FRAME, (int(heard[-1]) + 1) // FRAME


def test_an_utterance_has_some_silence_on_both_sides() -> None:
    *_, final = listen([*SILENCE, *SPEECH, *SILENCE])[0]
    assert frames_of(final) == (30 - 3, 50 + 2)


def test_a_provisional_end_comes_after_a_pause_and_the_end_after_a_longer_one() -> None:
    told = frame_by_frame([*SPEECH, *SILENCE], SegmentSpec())
    (provisional,), (final,) = filter(None, told)
    assert isinstance(provisional, Provisional)
    assert isinstance(final, Final)
    assert final.same
    assert (told.index([provisional]) - 19) * MS == pytest.approx(250, abs=MS)
    assert (told.index([final]) - 19) * MS == pytest.approx(700, abs=MS)


def test_a_long_post_roll_ends_with_the_provisional_end() -> None:
    provisional, final = listen([*SPEECH, *SILENCE], SegmentSpec(post_roll_ms=600))[0]
    assert frames_of(provisional) == frames_of(final) == (0, 20 + 6)


def test_a_person_speaks_until_a_pause_may_be_the_end() -> None:
    segmenter = Segmenter(SMALL, Curve([*SPEECH, *SILENCE]))
    speaking = []
    for chunk, at in chunks(ramp(50 * FRAME), [FRAME]):
        segmenter.push(chunk, at)
        speaking.append(segmenter.speaking)
    assert speaking == [*[True] * 24, *[False] * 26]


def test_who_goes_on_before_the_end_takes_the_provisional_end_back() -> None:
    events = listen([*SPEECH, *[0.1] * 7, *SPEECH, *SILENCE])[0]
    assert [type(each) for each in events] == [Provisional, Resumed, Provisional, Final]
    assert [each.number for each in events] == [0] * 4
    assert frames_of(events[-1]) == (0, 47 + 2)


def test_speech_begins_above_one_threshold_and_ends_below_a_lower_one() -> None:
    assert listen([0.49] * 90)[0] == []
    (during,) = finals(listen([*SPEECH, *[0.36] * 20, *SILENCE])[0])
    assert during.audio.seconds == (40 + 2) * MS / 1000
    (after,) = finals(listen([*SPEECH, *[0.1] * 5, *[0.49] * 20])[0])
    assert after.audio.seconds == (20 + 2) * MS / 1000


def test_a_click_is_told_to_nobody() -> None:
    for frames, utterances in ((7, 0), (8, 1)):
        events = listen([*SILENCE, *[1.0] * frames, *SILENCE], SegmentSpec())[0]
        assert len(finals(events)) == utterances
        assert events == [] or utterances


def test_a_click_before_speech_belongs_to_it() -> None:
    (said,) = finals(listen([*SILENCE, 1.0, *[0.1] * 8, *SPEECH, *SILENCE], SMALL)[0])
    assert said.start == pytest.approx((30 - 3) * MS / 1000)


def test_the_end_of_the_stream_loses_no_part_of_a_frame() -> None:
    sound = ramp(20 * FRAME + 100)
    segmenter = Segmenter(SMALL, Steady(1.0))
    (said,) = finals(segmenter.push(sound, 0.0) + segmenter.flush())
    assert said.audio.samples[: len(sound)].tolist() == sound.tolist()
    assert len(said.audio.samples) == 21 * FRAME


def test_numbers_go_on_and_nothing_continues_after_an_end() -> None:
    events = listen([*SPEECH, *SILENCE, *SPEECH, *SILENCE, *SPEECH])[0]
    assert [each.number for each in events if isinstance(each, Final)] == [0, 1, 2]
    assert not any(said.continues for said in finals(events))


# --- the clock


def test_silence_that_is_not_sent_ends_an_utterance_as_well() -> None:
    segmenter = Segmenter(SMALL, Curve(SPEECH))
    said = segmenter.push(ramp(20 * FRAME + 100), 5.0)
    told = [(ms, event) for ms in range(640, 1200, 20) for event in segmenter.idle(5 + ms / 1000)]
    assert said == []
    (first, provisional), (second, final) = told
    assert isinstance(provisional, Provisional)
    assert isinstance(final, Final)
    assert final.same
    assert first - 640 == pytest.approx(5 * MS, abs=20)
    assert second - 640 == pytest.approx(10 * MS, abs=20)
    assert segmenter.idle(1e9) == []


def test_what_was_heard_before_the_silence_is_not_heard_again_after_it() -> None:
    segmenter = Segmenter(SMALL, Curve([1.0]))
    sound = ramp(40 * FRAME + 100)
    segmenter.push(sound[: 20 * FRAME + 100], 0.0)
    (first,) = finals(segmenter.idle(2.0))
    segmenter.push(sound[20 * FRAME + 100 :], 2.0)
    (second,) = finals(segmenter.flush())
    assert places(first.audio.samples).tolist() == list(range(20 * FRAME + 100))
    assert places(second.audio.samples).tolist() == list(range(20 * FRAME + 100, len(sound)))


def test_a_clock_that_was_set_back_goes_on_from_there() -> None:
    segmenter = Segmenter(SMALL, Steady(1.0))
    segmenter.push(ramp(20 * FRAME), 3_600.0)
    assert segmenter.push(ramp(20 * FRAME), 5.0) == []
    (said,) = finals(segmenter.idle(5 + 30 * MS / 1000 + 0.01))
    assert said.audio.seconds == (3 + 40 + 2) * MS / 1000


def test_a_gap_between_packets_is_as_long_as_it_was() -> None:
    segmenter = Segmenter(SMALL, Curve([1.0]))
    sound = ramp(40 * FRAME)
    segmenter.push(sound[: 20 * FRAME], 0.0)
    segmenter.push(sound[20 * FRAME :], 20 * MS / 1000 + 0.1)
    ((said,)) = finals(segmenter.flush())
    assert said.audio.seconds == pytest.approx(40 * MS / 1000 + 0.1, abs=MS / 1000)


def test_a_clock_that_trembles_makes_no_gaps() -> None:
    segmenter = Segmenter(SMALL, Curve([1.0]))
    for turn, (chunk, at) in enumerate(chunks(ramp(40 * FRAME), [320])):
        assert segmenter.push(chunk, at + 0.02 * (-1) ** turn) == []
    (said,) = finals(segmenter.flush())
    assert said.audio.samples.tolist() == ramp(40 * FRAME).tolist()


# --- speech that does not end


def test_the_longer_somebody_speaks_the_shorter_a_pause_is_enough() -> None:
    spec = SegmentSpec()
    for seconds, pause in ((13, 672), (15, 608), (17, 416), (19, 224)):
        speech = [1.0] * (seconds * 1000 // MS)
        shorter = listen([*speech, *[0.1] * (pause // MS - 2), *SPEECH], spec)[0]
        enough = listen([*speech, *[0.1] * (pause // MS + 1), *SPEECH], spec)[0]
        assert len(finals(shorter)[0].audio.samples) > len(speech) * FRAME + 5 * FRAME
        assert finals(enough)[0].audio.seconds < len(speech) * MS / 1000 + 0.25
        assert finals(enough)[1].continues == (pause < 670)


def test_a_cut_lies_in_a_pause_if_there_was_one_and_overlaps_with_nothing() -> None:
    first, second = finals(listen([*[1.0] * 58, *[0.1] * 4, *[1.0] * 60])[0])[:2]
    assert 58 <= first.audio.seconds * 1000 / MS <= 62
    assert (second.continues, second.overlap) == (True, 0.0)
    assert second.start == pytest.approx(first.end)


def test_a_gap_inside_a_word_is_no_pause() -> None:
    _, second = finals(listen([*[1.0] * 60, 0.8, 0.6, 0.1, 0.6, 0.8, *[1.0] * 60])[0])[:2]
    assert second.overlap


def test_silence_after_a_cut_is_no_utterance() -> None:
    spec = replace(SMALL, shortest_pause_ms=5 * MS)
    (said,) = finals(listen([*[1.0] * 76, *SILENCE], spec)[0])
    assert 76 <= said.audio.seconds * 1000 / MS <= 78


def test_the_last_word_after_a_cut_is_told_however_short() -> None:
    spec = replace(SMALL, min_speech_ms=8 * MS)
    said = finals(listen([*[1.0] * 70, *[0.1] * 4, *[1.0] * 6, *SILENCE], spec)[0])
    assert [each.overlap for each in said] == [0, 0]
    assert said[1].audio.seconds < 12 * MS / 1000


def test_a_cut_in_speech_lies_where_it_is_least_sure_and_lets_both_sides_hear_the_word() -> None:
    first, second = finals(listen([*[1.0] * 60, *[0.6] * 5, *[1.0] * 60])[0])[:2]
    assert first.audio.seconds == pytest.approx(62 * MS / 1000)
    assert (second.continues, second.overlap) == (True, 10 * MS / 1000)
    assert second.start == pytest.approx(first.end - second.overlap)


def test_a_cut_in_speech_lies_where_it_is_quietest() -> None:
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, 120 * FRAME).astype(np.float32)
    sound[66 * FRAME : 71 * FRAME] *= 0.1
    segmenter = Segmenter(SMALL, Steady(1.0))
    first, second = finals(segmenter.push(sound, 0.0) + segmenter.flush())
    assert first.audio.seconds == pytest.approx(68 * MS / 1000)
    assert second.overlap


# --- what is asked of the detector


def test_nobody_is_asked_about_digital_silence() -> None:
    vad = Curve([1.0])
    assert Segmenter(SMALL, vad).push(np.zeros(60 * RATE, np.float32), 0.0) == []
    assert vad.asked == 0


def test_the_detector_begins_afresh_in_long_silence_and_never_in_speech() -> None:
    assert listen([0.1] * 375)[1].resets == 3 + 1
    assert listen([1.0] * 375)[1].resets == 1
