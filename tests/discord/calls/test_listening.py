"""What people say in a call reaches the desk in their order, and only while they may be heard."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from bot.discord.calls.captions import Captions
from bot.discord.calls.listening import Listening, Scene, Trial
from bot.discord.calls.live import Apologies, LiveReply
from bot.discord.calls.mouth import Mouth
from bot.types import Live, Reply, VoiceNote
from pipeline.segments import Final, Provisional, Utterance
from pipeline.types import Audio, Transcript, Translation
from storage.types import Chat, Person
from tests.discord.calls import virtual_time
from tests.discord.calls.loudspeakers import Loudspeaker
from tests.discord.calls.surfaces import Channel, heard, meaning

AN, BINH = 1, 2
SCENE = Scene(Chat("discord", "10", "20"), "call", "vi")


def utterance(second: float, *, overlap: float = 0.0, continues: bool = False) -> Utterance:
    audio = Audio(np.zeros(16_000, np.float32), 16_000)
    return Utterance(audio, second, second + 1, continues=continues, overlap=overlap)


class PaperDesk:
    """Keeps what is brought; the test answers it."""

    def __init__(self) -> None:
        self.taken: list[tuple[VoiceNote, Reply]] = []

    async def take(self, note: VoiceNote, reply: Reply) -> None:
        self.taken.append((note, reply))

    async def answer(self, number: int, text: str) -> None:
        await self.taken[number][1].text(heard(text), meaning(f"{text} meant"))


class Call:
    def __init__(self) -> None:
        self.desk, self.channel = PaperDesk(), Channel()
        self.kept: list[tuple[int, str]] = []
        self.missed = 0
        self.captions = Captions(self.channel, "vi", lambda _: None)
        self.mouth = Mouth(Loudspeaker(), lambda: 0.0)
        apologies = Apologies(self.captions, "vi")

        def reply(account: int, said: Utterance) -> LiveReply:
            return LiveReply(
                str(account), f"P{account}", said.end, self.captions, self.mouth, apologies
            )

        async def choose(account: int, before: str) -> Live:
            return Live(spoken=account == AN, follows=before)

        async def keep(account: int, _: Utterance, words: Transcript, __: Translation) -> None:
            self.kept.append((account, words.text))

        self.listening = Listening(
            self.desk, SCENE, reply, choose, keep, self._overflow, settle_s=60
        )

    def _overflow(self) -> None:
        self.missed += 1

    def say(
        self, account: int, second: float, *, overlap: float = 0.0, continues: bool = False
    ) -> None:
        said = utterance(second, overlap=overlap, continues=continues)
        self.listening.event(account, Final(said, 1, same=False))


def run(talk: Callable[[Call], Awaitable[None]]) -> Call:
    calls = []

    async def whole() -> None:
        call = Call()
        calls.append(call)
        try:
            await talk(call)
        finally:
            await call.listening.close()
            await call.captions.close()
            await call.mouth.close()
        assert len(asyncio.all_tasks()) == 1

    virtual_time.run(whole())
    return calls[0]


def test_an_utterance_becomes_a_note_of_its_speaker_with_its_sound() -> None:
    async def talk(call: Call) -> None:
        call.say(AN, 5)
        await asyncio.sleep(0.1)
        [(note, _)] = call.desk.taken
        assert note.address.chat == SCENE.chat
        assert note.speaker == note.asker == Person("discord", "1")
        assert note.seconds == 1.0
        assert note.live == Live(spoken=True)
        assert isinstance(await note.fetch(), Audio)

    run(talk)


def test_one_person_is_answered_in_their_order_and_nobody_else_waits_for_that() -> None:
    async def talk(call: Call) -> None:
        for second in (1, 2):
            call.say(AN, second)
        call.say(BINH, 1)
        await asyncio.sleep(0.1)
        assert [note.speaker.id for note, _ in call.desk.taken] == ["1", "2"]
        await call.desk.answer(0, "một")
        await asyncio.sleep(0.1)
        assert [note.speaker.id for note, _ in call.desk.taken] == ["1", "2", "1"]
        assert len({note.key for note, _ in call.desk.taken}) == 3

    run(talk)


def test_what_was_said_before_is_told_only_where_the_sound_overlaps() -> None:
    async def talk(call: Call) -> None:
        call.say(AN, 1)
        call.say(AN, 2, continues=True, overlap=0.5)
        call.say(AN, 3, continues=True)
        for number in range(3):
            await asyncio.sleep(0.1)
            await call.desk.answer(number, f"câu {number}")
        lives = [note.live for note, _ in call.desk.taken]
        assert [live.follows for live in lives if live] == ["", "câu 0", ""]

    run(talk)


def test_an_utterance_that_is_never_answered_holds_up_the_next_only_for_a_while() -> None:
    async def talk(call: Call) -> None:
        call.say(AN, 1)
        call.say(AN, 2)
        await asyncio.sleep(59)
        assert len(call.desk.taken) == 1
        await asyncio.sleep(2)
        assert len(call.desk.taken) == 2

    run(talk)


def test_who_speaks_faster_than_the_machine_loses_the_oldest_and_it_is_told() -> None:
    async def talk(call: Call) -> None:
        call.say(AN, 0)
        await asyncio.sleep(0.1)
        for second in range(1, 10):
            call.say(AN, second)
        assert call.missed == 3

    run(talk)


def test_nothing_is_shown_kept_or_said_of_who_declines_while_it_is_worked_on() -> None:
    async def talk(call: Call) -> None:
        call.say(AN, 1)
        call.say(AN, 2)
        await asyncio.sleep(0.1)
        await call.listening.forget(AN)
        await call.desk.answer(0, "bí mật")
        await asyncio.sleep(5)
        assert len(call.desk.taken) == 1

    call = run(talk)
    assert not call.kept
    assert call.channel.shown == ""


def test_who_is_heard_again_is_answered_again() -> None:
    async def talk(call: Call) -> None:
        call.say(AN, 1)
        await asyncio.sleep(0.1)
        await call.listening.forget(AN)
        call.say(AN, 5)
        await asyncio.sleep(0.1)
        await call.desk.answer(1, "lại đây")

    call = run(talk)
    assert call.kept == [(AN, "lại đây")]


def test_a_pause_alone_is_no_utterance() -> None:
    async def talk(call: Call) -> None:
        call.listening.event(AN, Provisional(utterance(1), 1))
        await asyncio.sleep(0.1)
        assert not call.desk.taken

    run(talk)


def test_a_trial_is_answered_with_the_next_utterance_of_that_person_alone() -> None:
    async def talk(call: Call) -> None:
        trial = call.listening.try_out(AN)
        assert call.listening.is_tried_out(AN)
        call.say(BINH, 1)
        call.say(AN, 1)
        await asyncio.sleep(0.1)
        await call.desk.answer(0, "của Bình")
        assert not trial.answer.done()
        await call.desk.answer(1, "của An")
        answer = await trial.answer
        assert not isinstance(answer, str)
        assert answer[0].text == "của An"
        assert not call.listening.is_tried_out(AN)

    run(talk)


def test_a_trial_is_told_why_nothing_was_understood() -> None:
    async def talk(call: Call) -> None:
        trial = call.listening.try_out(AN)
        call.say(AN, 1)
        await asyncio.sleep(0.1)
        await call.desk.taken[0][1].apologize("nobody speaks", "audio.no_speech")
        assert await trial.answer == "nobody speaks"

    run(talk)


def test_a_call_that_ends_ends_its_trials() -> None:
    trials: list[Trial] = []

    async def talk(call: Call) -> None:
        trials.append(call.listening.try_out(AN))

    run(talk)
    assert trials[0].answer.cancelled()
