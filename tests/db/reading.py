"""The event log as a test reads and writes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from app.clock import now
from app.db.client import Database
from app.db.documents import Event
from app.db.events import Draft
from app.db.log import EVERYTHING, EventLog
from app.db.writing import Writing, write

NOW = datetime(2026, 3, 1, 12)
DEADLINE_SECONDS = 20


class Reading:
    """A log that is read, and what was heard of it."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.heard: list[Event] = []
        log.listen(self.heard.append)

    async def has(self, count: int) -> list[int]:
        """Wait until so many events were heard, and return their numbers."""
        watcher = self.log.watch([EVERYTHING])
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(self.heard) < count:
                await watcher.next()
        self.log.unwatch(watcher)
        return [event["_id"] for event in self.heard]


@asynccontextmanager
async def read(db: Database) -> AsyncIterator[Reading]:
    """Read the log as a server process does."""
    reading = Reading(EventLog(db, now))
    await reading.log.open()
    try:
        yield reading
    finally:
        await reading.log.close()


def draft(subject: str = "usr_a", space: str | None = None, to: list[str] | None = None) -> Draft:
    return Draft(
        type="user.signed_up", space=space, subject=subject, actor=None, at=NOW, to=to or []
    )


async def append(db: Database, *drafts: Draft, at: datetime = NOW) -> list[int]:
    async def work(writing: Writing) -> list[int]:
        return [event["_id"] for event in await writing.append(*drafts or (draft(),))]

    return await write(db, at, work)
