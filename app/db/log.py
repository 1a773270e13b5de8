"""The reader of the event log: one per process, in order, without a gap.

1. A change stream on the log wakes the reader; so does a write of this process, and a slow beat in
   case the stream is lost.
2. It reads on from its position as far as the numbers are dense. Where some are missing, it waits;
   those that stay missing are fenced, all at once (app.db.events).
3. It moves its position and wakes the watchers whose topics the events touch. Watchers then read
   for themselves, from the position that each has reached: nobody waits for a slow one, and
   nothing is kept for it in memory.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

import structlog

from app.clock import Clock
from app.db import driver, events
from app.db.client import Database
from app.db.documents import Event

BATCH = 500
RECENT = 10_000
BEAT_SECONDS = 1.0
FENCE_AFTER_SECONDS = 1.0
EVERYTHING = "*"

logger = structlog.get_logger()


class Gap(NamedTuple):
    """Numbers that are missing below one that is there, and when that was first seen."""

    first: int
    last: int
    since: float


class Watcher:
    """Somebody who waits for events on some topics."""

    __slots__ = ("_event", "topics")

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Tell that there may be something new."""
        self._event.set()

    async def wait(self) -> None:
        """Return when something came since the last time that this returned."""
        await self._event.wait()
        self._event.clear()


class EventLog:
    """What has been read of the log, and who waits for more."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._watchers: dict[str, set[Watcher]] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._nudge = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._gap: Gap | None = None
        self._read_at = 0.0
        self._closing = False
        self.position = 0

    async def open(self) -> None:
        """Find the position to begin at, and start reading."""
        # Further down, every gap was filled or fenced by the readers of that time.
        last = await events.find_last(self._db)
        start = max(await events.find_trimmed(self._db), last - RECENT)
        self.position = last if await events.is_dense(self._db, start, last) else start
        await self._read_on()
        self._tasks = [
            asyncio.create_task(self._follow(), name="event log: reader"),
            asyncio.create_task(self._listen(), name="event log: change stream"),
        ]

    async def close(self) -> None:
        """Stop reading."""
        # The driver can swallow a cancellation that comes while it connects; the flag cannot be.
        self._closing = True
        self.nudge()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def nudge(self) -> None:
        """Read on now: this process has written."""
        self._nudge.set()

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call the listener with every event from now on; it must neither fail nor wait."""
        self._listeners.append(listener)

    def watch(self, topics: Iterable[str]) -> Watcher:
        """Return a watcher that is woken by events on these topics; `unwatch` it in the end."""
        watcher = Watcher(frozenset(topics))
        for topic in watcher.topics:
            self._watchers.setdefault(topic, set()).add(watcher)
        return watcher

    def unwatch(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        for topic in watcher.topics:
            waiting = self._watchers.get(topic)
            if waiting is not None:
                waiting.discard(watcher)
                if not waiting:
                    del self._watchers[topic]

    def silent_seconds(self) -> float:
        """Return how long ago the log was read to its end."""
        return asyncio.get_running_loop().time() - self._read_at

    async def caught_up(self) -> int:
        """Read on as far as the log goes now, and return the position."""
        await self._read_on()
        return self.position

    async def _follow(self) -> None:
        while not self._closing:
            with suppress(TimeoutError):
                pause = FENCE_AFTER_SECONDS / 5 if self._gap else BEAT_SECONDS
                async with asyncio.timeout(pause):
                    await self._nudge.wait()
            self._nudge.clear()
            await _survive("event log: reading failed", self._read_on())

    async def _listen(self) -> None:
        while not self._closing:
            await _survive("event log: change stream lost", self._stream())
            self.nudge()
            await asyncio.sleep(0.2)

    async def _stream(self) -> None:
        pipeline = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}]
        async with driver.watch(self._db.streamed("events"), pipeline=pipeline) as stream:
            self.nudge()
            async for _ in stream:
                self.nudge()

    async def _read_on(self) -> None:
        while True:
            start = self.position
            found = await events.list_after(self._db, start, limit=BATCH)
            if self.position != start:
                continue  # another reading of this process got further in the meantime
            dense = _dense(found, self.position)
            self._take(dense)
            if len(dense) < len(found):
                if not await self._fence(found[len(dense)]["_id"] - 1):
                    return
            elif len(found) < BATCH:
                self._gap = None
                self._read_at = asyncio.get_running_loop().time()
                return

    def _take(self, dense: list[Event]) -> None:
        if not dense:
            return
        self.position = dense[-1]["_id"]
        woken: set[Watcher] = set()
        for event in dense:
            if event["type"] == events.VOID:
                continue
            for listener in self._listeners:
                listener(event)
            for topic in topics_of(event):
                woken |= self._watchers.get(topic, set())
        for watcher in woken:
            watcher.wake()

    async def _fence(self, last: int) -> bool:
        """Fence the numbers that are missing up to `last`, if they have been for long enough."""
        first, now = self.position + 1, asyncio.get_running_loop().time()
        if self._gap is None or self._gap.first != first:
            self._gap = Gap(first, last, now)
            return False
        if now - self._gap.since < FENCE_AFTER_SECONDS:
            return False
        missing = list(range(first, min(self._gap.last, self.position + RECENT) + 1))
        self._gap = None
        fenced = await events.void(self._db, missing, at=self._clock())
        if fenced:
            logger.info("event log: fenced numbers whose events never came", count=fenced)
        return True


def topics_of(event: Event) -> list[str]:
    """Return the topics that an event touches: everything, its space, its subject, who is told."""
    topics = [EVERYTHING, event["subject"], *event.get("to", ())]
    if event["space"]:
        topics.append(event["space"])
    return topics


def _dense(found: list[Event], position: int) -> list[Event]:
    """Return the events up to the first number that is missing."""
    for place, event in enumerate(found):
        if event["_id"] != position + 1 + place:
            return found[:place]
    return found


async def _survive(message: str, work: Awaitable[None]) -> None:
    """Do the work; whatever goes wrong is logged, and the caller goes on."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - a reader that stops would be silence
        logger.warning(message, error=type(error).__name__, detail=str(error)[:300])
        await asyncio.sleep(0.2)
