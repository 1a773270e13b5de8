"""What time causes: each function does what is due by now, in pieces that can be repeated.

A lease lets one process at a time look for due work; its fence is checked in the transaction of
each piece, so that a process that was stopped for too long cannot write after another took over.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from app.alerts import judge, telling
from app.clock import Clock
from app.db import alerts as alerts_db
from app.db import events as events_db
from app.db import leases
from app.db import notices as notices_db
from app.db import series as series_db
from app.db.client import Database
from app.db.documents import FanOut
from app.db.writing import Writing, write

logger = structlog.get_logger()

LEASE_SECONDS = 10.0
PIECES = 200
EVENTS_KEPT = timedelta(days=400)

Piece = Callable[[Writing], Awaitable[object]]


class Superseded(Exception):
    """Another process holds the lease by now; this one must not write."""


class Due:
    """The work that time causes, for one process."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        owner: str,
        resume: Callable[[Writing, str], Awaitable[None]],
        nudge: Callable[[], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._owner = owner
        self._resume = resume
        self._nudge = nudge

    async def judge_alerts(self) -> int:
        """Judge every series that time alone has moved. Return how many."""
        now = self._clock()
        silent = await series_db.list_silent(self._db, now, PIECES)
        waiting = await alerts_db.list_due_series(self._db, now, PIECES)

        def piece(id: str) -> Piece:
            return lambda writing: judge.judge_time(writing, id)

        return await self._each("alerts", {id: piece(id) for id in {*silent, *waiting}})

    async def end_pauses(self) -> int:
        """Resume or end the subscriptions whose time has come. Return how many."""
        due = await alerts_db.list_due_subscriptions(self._db, self._clock(), PIECES)

        def piece(id: str) -> Piece:
            return lambda writing: self._resume(writing, id)

        return await self._each("subscriptions", {id: piece(id) for id in due})

    async def fan_out(self) -> int:
        """Write notices that a transition left for later. Return how many pages."""
        pages = 0
        while fanouts := await notices_db.list_due_fanouts(self._db, self._clock(), PIECES):

            def piece(fanout: FanOut) -> Piece:
                return lambda writing: telling.fan_out(writing, fanout)

            done = await self._each("fan-outs", {f["_id"]: piece(f) for f in fanouts})
            if not done:
                break
            pages += done
        return pages

    async def trim_events(self) -> int:
        """Forget events that are older than they are kept. Return how many."""
        fence = await leases.claim(self._db, "trim", self._owner, LEASE_SECONDS)
        if fence is None:
            return 0
        return await events_db.delete_before(self._db, self._clock() - EVENTS_KEPT)

    async def _each(self, name: str, pieces: dict[str, Piece]) -> int:
        """Do each piece in a transaction of its own, under the lease of that name.

        A piece that fails is logged and left for the next time; the others are done.
        """
        if not pieces:
            return 0
        fence = await leases.claim(self._db, name, self._owner, LEASE_SECONDS)
        if fence is None:
            return 0
        done = 0
        for id, piece in pieces.items():
            try:
                await self._one(name, fence, piece)
                done += 1
            except Superseded:
                return done
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("due work failed; it is tried again", work=name, subject=id)
        return done

    async def _one(self, name: str, fence: int, piece: Piece) -> None:
        async def fenced(writing: Writing) -> None:
            if not await leases.holds(self._db, writing.session, name, fence):
                raise Superseded
            await piece(writing)

        await write(self._db, self._clock(), fenced)
        self._nudge()
