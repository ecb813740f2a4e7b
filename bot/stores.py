"""Everything that is remembered, opened on one database."""

import time
from dataclasses import dataclass
from typing import Self

from bot.settings import Settings
from storage.caches import SpeechCache, TranslationCache
from storage.calls import Calls
from storage.database import Database
from storage.endings import Endings
from storage.glossary import Glossary
from storage.job_queue import JobQueue
from storage.jobs import Jobs
from storage.links import Links
from storage.notes import Notes
from storage.people import People
from storage.preferences import Preferences
from storage.premium import Premium
from storage.sealing import Seal
from storage.transcripts import Transcripts
from storage.types import Clock
from storage.voices import Voices

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stores:
    """The verbs of every aggregate."""

    preferences: Preferences
    glossary: Glossary
    links: Links
    people: People
    notes: Notes
    calls: Calls
    transcripts: Transcripts
    translations: TranslationCache
    speeches: SpeechCache
    voices: Voices
    premium: Premium
    jobs: Jobs
    endings: Endings
    queue: JobQueue

    @classmethod
    def of(cls, database: Database, settings: Settings, clock: Clock = time.time) -> Self:
        """Return the aggregates of the database, bounded as the settings say."""
        own = settings.own_voice
        seal = Seal(own.secret)
        stores = cls(
            Preferences(database),
            Glossary(database),
            Links(database, clock),
            People(database),
            Notes(database, clock),
            Calls(database, clock),
            Transcripts(database, clock=clock),
            TranslationCache(database, clock=clock),
            SpeechCache(database, clock=clock),
            Voices(database, seal, days=own.sample_days, clock=clock),
            Premium(database, clock),
            Jobs(database, seal, clock=clock),
            Endings(database, clock=clock),
            JobQueue(database, clock),
        )
        stores.bound(settings)
        return stores

    def bound(self, settings: Settings) -> None:
        """Keep no more, and for no longer, than these settings say."""
        kept, own = settings.storage, settings.own_voice
        self.transcripts.bound(days=kept.transcript_days, bytes_=kept.transcripts_mb * _MB)
        self.translations.bound(
            hours=settings.translating.cache_hours, bytes_=kept.translations_mb * _MB
        )
        self.speeches.bound(hours=kept.speech_hours, bytes_=kept.speech_mb * _MB)
        self.jobs.bound(hours=own.expiry_h, tries=1 + own.retries)

    async def sweep(self) -> None:
        """Remove from the disk what has expired; raises StorageError."""
        await self.translations.sweep()
        await self.speeches.sweep()
        await self.links.sweep()
        await self.notes.sweep()
        await self.transcripts.sweep()
        await self.voices.sweep()
        await self.premium.sweep()
        await self.jobs.expire()
        await self.jobs.sweep()
