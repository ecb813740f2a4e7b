"""Clips that are to be made in people's own voices: each made once, and sent once.

A job goes from ``queued`` over ``claimed`` and ``working`` to ``done``, with its clip, and on over
``delivering`` to ``delivered``; or it ends as ``failed`` (a dead letter) or ``dropped`` (nobody
waits for it any more). What is claimed and not seen to in time is open again: a program may die at
any moment. Text and clip are sealed, and erased as soon as they are of no more use; what stays for
30 days are facts. Whoever has to be told of an end is told of it through ``endings``.
"""

import secrets
import time
from typing import Final

from pipeline.types import Language, Speech
from storage.clips import (
    DELIVERED,
    EXPIRED,
    LOST,
    UNCONSENTED,
    Delivery,
    Job,
    Order,
    packed,
    place,
    unpacked,
)
from storage.database import Database, Row, Transaction
from storage.premium import spend
from storage.sealing import Seal
from storage.types import Chat, Clock, Person

_DAYS: Final = 30
_LONGEST_PAUSE_S: Final = 3_600.0
_PER_PERSON: Final = 20
"""Jobs of one voice that may be open at the same time."""


class Jobs:
    """The queue. Every verb raises StorageError; those with a text or a clip, SealError.

    Verbs that are given a Job or a Delivery return False, and do nothing, when it is not its
    holder's any more: the lease ran out, or its voice was deleted.
    """

    def __init__(
        self,
        database: Database,
        seal: Seal,
        *,
        hours: float = 24.0,
        tries: int = 3,
        pause_s: float = 30.0,
        lease_s: float = 60.0,
        clock: Clock = time.time,
    ) -> None:
        """``hours`` is how long a clip is worth waiting for, ``tries`` how often one is tried.

        A try that a dying program left counts: what kills it must not be tried for ever. The
        pauses between tries begin at ``pause_s`` and double, up to an hour. What is claimed is
        its holder's for ``lease_s``, and again from each ``beat``.
        """
        self._database = database
        self._seal = seal
        self._pause_s = pause_s
        self.lease_s = lease_s
        self._clock = clock
        self.bound(hours=hours, tries=tries)

    def bound(self, *, hours: float, tries: int) -> None:
        """Wait so long for what is ordered from now on, and try everything so often."""
        self._seconds = 3_600.0 * hours
        self._tries = tries

    async def add(self, order: Order) -> bool:
        """Queue the order; return whether it is a new one that may be.

        It is refused when the same person has one for the same message already, or twenty open;
        and without the person's consent, which the schema looks after as well.
        """
        now = self._clock()
        person, chat = order.person, order.chat
        text = order.text.encode("utf-8", "surrogatepass")
        async with self._database.transaction() as transaction:
            added = await transaction.run(
                "INSERT INTO jobs (voice, platform, account, chat, topic, message, locale,"
                " language, characters, quota, priority, created, expires, due, text)"
                " SELECT voice, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
                " FROM consented JOIN voices ON voices.id = voice"
                " WHERE consented.platform = ? AND consented.account = ? AND voices.expires > ?"
                " AND (SELECT count(*) FROM jobs WHERE jobs.voice = voices.id"
                " AND finished IS NULL) < ? ORDER BY consented DESC LIMIT 1"
                " ON CONFLICT DO NOTHING",
                person.platform,
                person.id,
                chat.id,
                chat.topic,
                order.message,
                order.locale,
                order.language,
                len(order.text),
                order.quota_s,
                order.priority,
                now,
                now + self._seconds,
                now,
                self._seal.close(text, *place("text", person, chat, order.message)),
                person.platform,
                person.id,
                now,
                _PER_PERSON,
            )
        return bool(added)

    async def claim(self) -> Job | None:
        """Take the job whose turn it is.

        People take turns: next is who was served longest ago. Within a voice, first come is first
        served.
        """
        now = self._clock()
        row = await self._database.row(
            "UPDATE jobs SET state = 'claimed', claim = ?, lease = ?, served = ?,"  # noqa: S608 - columns of ours
            " tries = tries + 1 WHERE id = (SELECT id FROM jobs"
            f" WHERE state = 'queued' AND due <= ? AND expires > ? AND {_CONSENTED}"
            " ORDER BY priority DESC,"
            " (SELECT max(served) FROM jobs AS past WHERE past.voice = jobs.voice), id LIMIT 1)"
            f" RETURNING {_ORDER}",
            secrets.token_hex(8),
            now + self.lease_s,
            now,
            now,
            now,
            now,
        )
        return None if row is None else self._job(row)

    async def begin(self, job: Job) -> bool:
        """Note that it is worked on."""
        return await self._change("state = 'working' WHERE state = 'claimed'", job=job, values=())

    async def beat(self, held: Job | Delivery) -> bool:
        """Renew the lease."""
        return await self._change(
            "lease = ? WHERE claim IS NOT NULL", job=held, values=(self._clock() + self.lease_s,)
        )

    async def done(self, job: Job, speech: Speech, made_s: float) -> bool:
        """Keep the clip until it is delivered, count its seconds as used, and erase the text."""
        order, now = job.order, self._clock()
        where = place("clip", order.person, order.chat, order.message)
        clip = self._seal.close(packed(speech), *where)
        async with self._database.transaction() as transaction:
            kept = await transaction.run(
                "UPDATE jobs SET state = 'done', claim = NULL, lease = NULL, text = NULL,"
                " clip = ?, made = ?, due = ? WHERE claim = ? AND id = ?",
                clip,
                made_s,
                now,
                job.claim,
                job.number,
            )
            if kept:
                await spend(transaction, order.person, speech.clip.seconds, now)
        await self._database.scrub()
        return bool(kept)

    async def claim_delivery(self, platform: str) -> Delivery | None:
        """Take the platform's clip that waits longest to be sent, if its consent still holds."""
        now = self._clock()
        row = await self._database.row(
            "UPDATE jobs SET state = 'delivering', claim = ?, lease = ?, sends = sends + 1"  # noqa: S608 - columns of ours
            " WHERE id = (SELECT id FROM jobs WHERE state = 'done' AND platform = ?"
            f" AND due <= ? AND expires > ? AND {_CONSENTED} ORDER BY due, id LIMIT 1)"
            f" RETURNING {_DELIVERY}",
            secrets.token_hex(8),
            now + self.lease_s,
            platform,
            now,
            now,
            now,
        )
        return None if row is None else self._delivery(row)

    async def delivered(self, delivery: Delivery) -> bool:
        """Note that it was sent, and erase the clip."""
        return await self._finish(delivery, "delivered", DELIVERED)

    async def fail(self, held: Job | Delivery, code: str) -> bool:
        """Give it up for good; it is a dead letter, of which facts stay."""
        return await self._finish(held, "failed", code)

    async def drop(self, held: Job | Delivery, code: str) -> bool:
        """Let go of it: nobody waits for it, or may have it."""
        return await self._finish(held, "dropped", code)

    async def retry(self, held: Job | Delivery, code: str) -> bool:
        """Put it back for a later try; False where that was the last, and it has failed."""
        count = held.tries if isinstance(held, Job) else held.sends
        if count >= self._tries:
            await self.fail(held, code)
            return False
        pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2 ** (count - 1))
        state = "queued" if isinstance(held, Job) else "done"
        return await self._change(
            "state = ?, claim = NULL, lease = NULL, due = ? WHERE claim IS NOT NULL",
            job=held,
            values=(state, self._clock() + pause_s),
        )

    async def release(self, held: Job | Delivery) -> bool:
        """Put it back as if it had not been claimed."""
        if isinstance(held, Job):
            back = "state = 'queued', tries = tries - 1"
        else:
            back = "state = 'done', sends = sends - 1"
        return await self._change(
            f"{back}, claim = NULL, lease = NULL WHERE claim IS NOT NULL", job=held, values=()
        )

    async def recover(self) -> int:
        """Open again, at once, what an earlier program held: call once at the start."""
        return await self._reopen(float("inf"))

    async def expire(self) -> int:
        """Open again what nobody sees to, and drop what nobody waits for; return how many dropped.

        What its person may not have any more is dropped too. Call now and then.
        """
        now = self._clock()
        await self._reopen(now)
        async with self._database.transaction() as transaction:
            dropped = 0
            for code, where in _DROPPED:
                dropped += await transaction.run(
                    f"UPDATE jobs SET state = 'dropped', {_ENDED}"  # noqa: S608 - text of ours
                    f" WHERE state IN ('queued', 'done') AND {where}",
                    *self._ended(code),
                    now,
                )
        if dropped:
            await self._database.scrub()
        return dropped

    async def sweep(self) -> int:
        """Forget jobs that ended over 30 days ago; return how many. Call now and then."""
        rows = await self._database.rows(
            "DELETE FROM jobs WHERE finished < ? RETURNING 1", self._clock() - 86_400 * _DAYS
        )
        return len(rows)

    async def _reopen(self, until: float) -> int:
        """Put back what is leased until then at most; what was tried enough has failed."""
        async with self._database.transaction() as transaction:
            failed = await self._give_up(transaction, until)
            # One that was claimed and never begun has used up no try.
            reopened = await transaction.run(
                "UPDATE jobs SET claim = NULL, lease = NULL, tries = tries - (state = 'claimed'),"
                " state = CASE state WHEN 'delivering' THEN 'done' ELSE 'queued' END"
                " WHERE lease <= ?",
                until,
            )
        if failed:
            await self._database.scrub()
        return reopened

    async def _give_up(self, transaction: Transaction, until: float) -> int:
        return await transaction.run(
            f"UPDATE jobs SET state = 'failed', {_ENDED} WHERE lease <= ? AND expires > ?"  # noqa: S608 - text of ours
            " AND CASE state WHEN 'delivering' THEN sends WHEN 'claimed' THEN tries - 1"
            " ELSE tries END >= ?",
            *self._ended(LOST),
            until,
            self._clock(),
            self._tries,
        )

    async def _finish(self, held: Job | Delivery, state: str, code: str) -> bool:
        ended = await self._change(
            f"state = ?, {_ENDED} WHERE claim IS NOT NULL",
            job=held,
            values=(state, *self._ended(code)),
        )
        await self._database.scrub()
        return ended

    def _ended(self, code: str) -> tuple[str, float, float]:
        """Return the values of ``_ENDED``."""
        now = self._clock()
        return (code, now, now)

    async def _change(
        self, what: str, *, job: Job | Delivery, values: tuple[str | float, ...]
    ) -> bool:
        rows = await self._database.rows(
            f"UPDATE jobs SET {what} AND id = ? AND claim = ? RETURNING 1",  # noqa: S608 - text of ours
            *values,
            job.number,
            job.claim,
        )
        return bool(rows)

    def _job(self, row: Row) -> Job:
        number, claim, created, tries, platform, account, chat, topic, message, *rest = row
        locale, language, quota, priority, sealed = rest
        person, where = Person(platform, account), Chat(platform, chat, topic)
        text = self._seal.open(sealed, *place("text", person, where, message))
        order = Order(
            person=person,
            chat=where,
            message=message,
            text=text.decode("utf-8", "surrogatepass"),
            language=Language(language),
            locale=locale,
            quota_s=quota,
            priority=priority,
        )
        return Job(number, claim, order, tries, created)

    def _delivery(self, row: Row) -> Delivery:
        number, claim, created, sends, platform, account, chat, topic, message, *rest = row
        locale, quota, made, sealed = rest
        person, where = Person(platform, account), Chat(platform, chat, topic)
        speech = unpacked(self._seal.open(sealed, *place("clip", person, where, message)))
        return Delivery(
            number=number,
            claim=claim,
            person=person,
            chat=where,
            message=message,
            locale=locale,
            is_trial=not quota,
            speech=speech,
            made_s=made,
            created=created,
            sends=sends,
        )


_ENDED: Final = (
    "outcome = ?, finished = ?, due = ?, claim = NULL, lease = NULL, text = NULL, clip = NULL"
)
_ORDER: Final = (
    "id, claim, created, tries, platform, account, chat, topic, message, locale, language, quota,"
    " priority, text"
)
_DELIVERY: Final = (
    "id, claim, created, sends, platform, account, chat, topic, message, locale, quota, made, clip"
)
_CONSENTED: Final = (
    "EXISTS (SELECT 1 FROM consented WHERE consented.voice = jobs.voice"
    " AND consented.platform = jobs.platform AND consented.account = jobs.account"
    " AND consented.expires > ?)"
)
_DROPPED: Final = ((EXPIRED, "expires <= ?"), (UNCONSENTED, f"NOT {_CONSENTED}"))
"""Codes, and what they are of at that time."""
