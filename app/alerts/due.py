"""What time causes: each function does what is due by now, in pieces that can be repeated.

A lease lets one process at a time do what is due; its fence is checked, and the lease prolonged, in
the transaction of each piece, so that a process that was stopped for too long cannot write after
another took over. Who has done what there was gives the lease back: the next tick of any process
may take it. A piece that fails is set aside for longer and longer, so that others come first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from app.alerts import judge, telling
from app.clock import Clock
from app.db import alerts as alerts_db
from app.db import events as events_db
from app.db import leases
from app.db import notices as notices_db
from app.db import series as series_db
from app.db.client import Database, is_outage
from app.db.documents import FanOut
from app.db.writing import Writing, write

logger = structlog.get_logger()

# How long others wait for what a killed process had taken on.
LEASE_SECONDS = 1.5
PIECES = 200
LONGEST_REST_SECONDS = 60.0
FORGOTTEN = 600.0
EVENTS_KEPT = timedelta(days=400)

Piece = Callable[[Writing], Awaitable[object]]
Find = Callable[[int], Awaitable[dict[str, Piece]]]


class Chore(NamedTuple):
    """Timed work on documents of one kind: how those that are due are found, and what is done.

    `find` takes the database, the instant and how many at most, and returns identifiers; `do` is
    called with each in a transaction of its own, and finds out for itself whether it is still due.
    """

    name: str
    find: Callable[[Database, datetime, int], Awaitable[list[str]]]
    do: Callable[[Writing, str], Awaitable[object]]


class Superseded(Exception):
    """Another process holds the lease by now; this one must not write."""


class Due:
    """The work that time causes, for one process."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        owner: str,
        chores: list[Chore],
        nudge: Callable[[], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._owner = owner
        self.chores = chores
        self._nudge = nudge
        self._failed: dict[str, tuple[int, float]] = {}

    async def judge_alerts(self) -> int:
        """Judge every series that time alone has moved. Return how many."""

        def piece(id: str) -> Piece:
            return lambda writing: judge.judge_time(writing, id)

        async def find(most: int) -> dict[str, Piece]:
            now = self._clock()
            silent = await series_db.list_silent(self._db, now, most)
            waiting = await alerts_db.list_due_series(self._db, now, most)
            return {id: piece(id) for id in {*silent, *waiting}}

        return await self._drain("alerts", find)

    async def do(self, chore: Chore) -> int:
        """Do a chore on every document that is due. Return how many."""

        def piece(id: str) -> Piece:
            return lambda writing: chore.do(writing, id)

        async def find(most: int) -> dict[str, Piece]:
            due = await chore.find(self._db, self._clock(), most)
            return {id: piece(id) for id in due}

        return await self._drain(chore.name, find)

    async def fan_out(self) -> int:
        """Write notices that a transition left for later. Return how many pages."""

        def piece(fanout: FanOut) -> Piece:
            return lambda writing: telling.fan_out(writing, fanout)

        async def find(most: int) -> dict[str, Piece]:
            due = await notices_db.list_due_fanouts(self._db, self._clock(), most)
            return {f"{fanout['_id']} {fanout['version']}": piece(fanout) for fanout in due}

        return await self._drain("fan-outs", find)

    async def end_abandoned(self) -> int:
        """End the transactions that killed processes have left open. Return how many."""
        return await self._db.end_abandoned()

    async def trim_events(self) -> int:
        """Forget events that are older than they are kept. Return how many."""
        fence = await leases.claim(self._db, "trim", self._owner, LEASE_SECONDS)
        if fence is None:
            return 0
        return await events_db.delete_before(self._db, self._clock() - EVENTS_KEPT)

    async def _drain(self, name: str, find: Find) -> int:
        """Do all that is due, each piece once, under the lease of that name. Return how much."""
        done, tried = 0, set[str]()
        while True:
            found = await find(PIECES + len(self._failed))
            pieces = {
                id: piece
                for id, piece in found.items()
                if id not in tried and not self._is_resting(id)
            }
            if not pieces:
                return done
            fence = await leases.claim(self._db, name, self._owner, LEASE_SECONDS)
            if fence is None:
                return done
            tried |= pieces.keys()
            try:
                done += await self._each(name, fence, pieces)
            except Superseded:
                return done
            finally:
                await leases.release(self._db, name, self._owner)

    async def _each(self, name: str, fence: int, pieces: dict[str, Piece]) -> int:
        """Do each piece in a transaction of its own; one that fails does not stop the others."""
        done = 0
        for id, piece in pieces.items():
            try:
                await self._one(name, fence, piece)
            except Superseded:
                raise
            except Exception as error:
                if is_outage(error):
                    raise
                logger.exception("due work failed; it is tried again", work=name, subject=id)
                self._rest(id)
            else:
                self._failed.pop(id, None)
                done += 1
        return done

    def _rest(self, id: str) -> None:
        now = asyncio.get_running_loop().time()
        times = self._failed.get(id, (0, 0.0))[0] + 1
        self._failed = {i: rest for i, rest in self._failed.items() if rest[1] > now - FORGOTTEN}
        self._failed[id] = (times, now + min(2.0**times, LONGEST_REST_SECONDS))

    def _is_resting(self, id: str) -> bool:
        return self._failed.get(id, (0, 0.0))[1] > asyncio.get_running_loop().time()

    async def _one(self, name: str, fence: int, piece: Piece) -> None:
        async def fenced(writing: Writing) -> None:
            if not await leases.holds(self._db, writing.session, name, fence, LEASE_SECONDS):
                raise Superseded
            await piece(writing)

        await write(self._db, self._clock(), fenced)
        self._nudge()
