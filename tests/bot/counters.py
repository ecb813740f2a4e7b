"""Commands on a real memory, and a finger that taps."""

from dataclasses import replace

from bot.cards import LONGEST_DATA, Caller, Card
from bot.commands import Commands
from bot.overload import Step
from pipeline.types import Language
from storage.preferences import PersonPreferences
from storage.types import Person
from tests.bot.exchanges import chat, person
from tests.bot.studies import SETTINGS, Study

EN, VI, FR = Language("en"), Language("vi"), Language("fr")
ME = Caller(person(), chat("me"), "en", private=True)
GROUP = replace(ME, chat=chat("group"), private=False)
ADMIN = replace(GROUP, person=person("boss"), admin=True)
NAMES = (
    *("start", "help", "language", "voice", "settings", "glossary", "status", "privacy"),
    *("mydata", "premium", "link"),
)


class PaperQueue:
    def __init__(self) -> None:
        self.held: tuple[int, ...] = ()
        self.rung = Step.CALM

    def waiting(self) -> int:
        return 7

    def working(self) -> int:
        return 2

    def step(self) -> Step:
        return self.rung

    def places(self, person: Person) -> tuple[int, ...]:
        return self.held if person == ME.person else ()


class Counter:
    """Commands on a real memory, and a finger that taps."""

    def __init__(self, study: Study) -> None:
        self.study, self.stores, self.queue = study, study.stores, PaperQueue()
        self.commands = Commands(study.stores, SETTINGS, self.queue, study.pipeline.voices)

    async def run(self, name: str, words: str = "", caller: Caller = ME) -> Card:
        return sound(await self.commands.run(caller, name, words))

    async def tap(self, card: Card, label: str, caller: Caller = ME) -> Card:
        data = {button.label: button.data for row in card.rows for button in row}
        return sound(await self.commands.press(caller, data[label]))

    async def write(self, card: Card, line: str, caller: Caller = ME) -> Card:
        assert card.asks
        return sound(await self.commands.answer(caller, card.asks, line))

    async def mine(self, who: Person = ME.person) -> PersonPreferences:
        return await self.stores.preferences.of_person(who)


def sound(card: Card) -> Card:
    """Check what every platform must be able to show."""
    assert 0 < len(card.text) < 4096
    assert len(card.rows) <= 10
    for row in card.rows:
        assert 0 < len(row) <= 4
        for button in row:
            assert button.label.strip()
            assert 0 < len(button.data.encode()) <= LONGEST_DATA
            assert button.data.isascii()
    if card.alert:
        assert len(card.text) <= 200, "what Telegram shows"
    return card
