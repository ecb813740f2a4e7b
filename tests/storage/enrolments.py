"""People who consented to their voice, and what they ask for in it."""

import hashlib
import time

import numpy as np

from pipeline.types import Audio, Clip, Language, Speech
from storage.clips import Delivery, Job, Order
from storage.database import Database
from storage.jobs import Jobs
from storage.premium import spend
from storage.sealing import Seal
from storage.types import Chat, Clock, Person
from storage.voices import Consent, EnrolledVoice, Voices

SEAL = Seal(bytes(range(32)))
VI, EN = Language("vi"), Language("en")
MAI, JOHN = Person("telegram", "1"), Person("discord", "2")
GROUP = Chat("telegram", "-100", "7")
CANARY = "con chim hoàng yến trong hầm mỏ"
CONSENT = Consent(
    sentence=hashlib.sha256(b"a sentence").hexdigest(), language=VI, words=1.0, likeness=0.8
)
MODEL = "xtts-v2"
LATENTS = b"latents of the canary" * 100


def sample(seed: int = 1, seconds: float = 6.0) -> Audio:
    """Return noise in place of somebody's voice."""
    noise = np.random.default_rng(seed).uniform(-1, 1, round(24_000 * seconds))
    return Audio(noise.astype(np.float32), 24_000)


async def enrol(
    database: Database, person: Person = MAI, clock: Clock = time.time
) -> EnrolledVoice:
    """Keep a voice of the person."""
    voices = Voices(database, SEAL, clock=clock)
    return await voices.keep(person, CONSENT, sample(), {MODEL: LATENTS})


async def spent(
    database: Database, person: Person, seconds: float, clock: Clock = time.time
) -> None:
    """Have seconds of speech made for the person."""
    async with database.transaction() as transaction:
        await spend(transaction, person, seconds, clock())


def order(
    message: object = 1, person: Person = MAI, text: str = CANARY, priority: int = 0
) -> Order:
    """Return an order of the person."""
    return Order(
        person=person,
        chat=Chat(person.platform, "-100", "7"),
        message=str(message),
        text=text,
        language=EN,
        locale="vi",
        quota_s=600.0,
        priority=priority,
    )


SPEECH = Speech(Clip(CANARY.encode() * 50, 2.5, bytes(range(9))), EN, MODEL, "own")
LEASE = 60.0


async def claimed(jobs: Jobs) -> Job:
    job = await jobs.claim()
    assert job is not None
    return job


async def working(jobs: Jobs) -> Job:
    job = await claimed(jobs)
    assert await jobs.begin(job)
    return job


async def made(jobs: Jobs) -> Delivery:
    assert await jobs.done(await working(jobs), SPEECH, 12.5)
    delivery = await jobs.claim_delivery("telegram")
    assert delivery is not None
    return delivery


async def states(database: Database) -> list[str]:
    return [state for (state,) in await database.rows("SELECT state FROM jobs ORDER BY id")]
