"""The reader of the event log: one per process, in order, without a gap.

1. What this process writes it knows already: that is taken as it is, where it follows on what was
   read. For the rest a change stream on the log wakes the reader, and a slow beat in case that is
   lost.
2. It reads on from its position as far as the numbers are dense, and notes which are missing below
   those that are there. What stays missing is fenced (app.db.events), all that is overdue at once,
   and beside the reading: a fence may have to wait for somebody else's transaction.
3. It moves its position and hands the events to the watchers whose topics they touch. A slow one
   is kept few, and then reads for itself from where it stands: nobody waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextvars import Context
from time import monotonic
from typing import Any

import structlog

from app.clock import Clock
from app.db import driver, events
from app.db.client import Database
from app.db.documents import Event
from app.db.handing import Handing
from app.db.watching import Watcher, batches, touch
from app.failures import Unavailable
from app.ids import kind_of
from app.patience import Patience

BATCH = 500
RECENT = 10_000
BEAT_SECONDS = 1.0
FENCE_AFTER_SECONDS = 1.0
LONGEST_GLANCE_SECONDS = 0.05
# Each reading and each word of the stream is a command, so while events come thick some gather.
REST_SECONDS = 0.01
STREAM_REST_SECONDS, SAME_ANSWER_SECONDS = 0.025, 0.0002
MOST_AHEAD = 1_000
EVERYTHING = "*"

logger = structlog.get_logger()


class EventLog:
    """What has been read of the log, and who waits for more."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._watchers: dict[str, set[Watcher]] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._handing = Handing()
        self._nudge = asyncio.Event()
        self._behind = False  # the stream may have missed something
        self._ahead: dict[int, Event] = {}  # written here, above a number that is not known yet
        self._nudged = False
        self._streamed = 0  # the greatest number that the change stream has told
        self._gap = asyncio.Event()
        self._missing: dict[int, float] = {}  # the numbers, and when each was first missed
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: asyncio.Task[None] | None = None
        self._looked_at = self._read_at = 0.0
        self._closing = False
        self.position = 0

    async def open(self) -> None:
        """Find the position to begin at, and start reading."""
        await self._db.find_seal()
        # Further down, every gap was filled or fenced by the readers of that time.
        last = await events.find_last(self._db)
        start = max(await events.find_trimmed(self._db), last - RECENT)
        self.position = last if await events.is_dense(self._db, start, last) else start
        await self._read_on()
        self._start(self._follow(), "reader")
        self._start(self._listen(), "change stream")
        self._start(self._mind_gaps(), "fences")
        self._start(self._handing.go_on(), "handing over")

    async def close(self) -> None:
        """Stop reading; when this returns, nothing of it runs any more."""
        self._closing = True
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            # Again and again: the driver can swallow a cancellation that comes while it connects.
            await asyncio.wait(tuple(self._tasks), timeout=0.1)

    def nudge(self) -> None:
        """Take what this process has written, soon and all at once."""
        if not self._nudged:
            self._nudged = True
            asyncio.get_running_loop().call_soon(self._take_written, context=Context())

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call the listener with every event from now on; it must neither fail nor wait."""
        self._listeners.append(listener)

    def watch(self, topics: Iterable[str]) -> Watcher:
        """Return a watcher that is woken by events on these topics; `unwatch` it in the end."""
        watcher = Watcher(dict.fromkeys(topics))
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
        return monotonic() - self._read_at

    async def caught_up(self) -> int:
        """Read on as far as the log goes now, and return the position.

        Those who ask at the same moment share one reading.
        """
        if self._closing:
            raise Unavailable("The server is about to stop. Send the same request again.")
        if self._asked is None:
            self._asked = self._start(self._answer(), "catching up")
        await asyncio.shield(self._asked)
        return self.position

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        self._asked = None  # who asks from here on may want what is written from here on
        await self._read_on()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        # What is read for all belongs to the context of nobody who asks.
        task = asyncio.create_task(work, name=f"event log: {name}", context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it has it; they may all have gone

    def _take_written(self) -> None:
        self._nudged = False
        if not self._tasks:  # not open yet, or closed
            return
        written = self._db.written
        while written:
            event = written.popleft()
            if event["_id"] > self.position:
                self._ahead[event["_id"]] = event
        dense: list[Event] = []
        while (number := self.position + 1 + len(dense)) in self._ahead:
            dense.append(self._ahead.pop(number))
        if dense:
            self._take(dense)
            self._missing = {n: at for n, at in self._missing.items() if n > self.position}
        if len(self._ahead) > MOST_AHEAD:  # a gap lasts: what lies above it will be read
            self._ahead.clear()
            self._behind = True
        if self._ahead or self._behind:
            self._nudge.set()

    async def _follow(self) -> None:
        while not self._closing:
            try:
                with Patience(max(self._looked_at + BEAT_SECONDS - monotonic(), 0)):
                    await self._nudge.wait()
            except TimeoutError:
                self._behind = True
            self._nudge.clear()
            if self._ahead:  # what lies between is mostly written here, too, and on its way
                await asyncio.sleep(REST_SECONDS)
            # What the stream tells is mostly known already, since it was written here.
            if not self._behind and not self._ahead and self._streamed <= self.position:
                continue
            self._behind = False
            await _survive("event log: reading failed", self._read_on())
            if self._nudge.is_set():  # they come thick: let some gather, and read them together
                await asyncio.sleep(REST_SECONDS)
            if self._missing:
                # The longer a gap lasts, the less often all that lies above it is read again.
                await asyncio.sleep(min(self._missed_for() / 4, LONGEST_GLANCE_SECONDS))

    async def _listen(self) -> None:
        while not self._closing:
            await _survive("event log: change stream lost", self._stream())
            self._read_soon()
            await asyncio.sleep(0.2)

    async def _stream(self) -> None:
        shown = {"_id": 1, "documentKey": 1}
        pipeline = [{"$match": {"operationType": "insert"}}, {"$project": shown}]
        async with driver.watch(self._db.streamed("events"), pipeline=pipeline) as stream:
            self._read_soon()
            last = 0.0
            async for change in stream:
                self._told(change["documentKey"]["_id"])
                # What came in one answer follows at once; more is asked for by another command.
                if monotonic() - last > SAME_ANSWER_SECONDS:
                    await asyncio.sleep(STREAM_REST_SECONDS)
                last = monotonic()

    def _read_soon(self) -> None:
        self._behind = True
        self._nudge.set()

    def _told(self, number: int) -> None:
        """Read on if the event of this number has not been read: below the position all are."""
        if number > self.position:
            self._streamed = max(self._streamed, number)
            self._nudge.set()

    async def _read_on(self) -> None:
        self._looked_at = monotonic()
        while True:
            found = await events.list_after(self._db, self.position, limit=BATCH)
            # Another reading, or what was written here, may have got further in the meantime.
            fresh = [event for event in found if event["_id"] > self.position]
            dense = _dense(fresh, self.position)
            self._take(dense)
            self._note_missing(fresh[len(dense) :])
            if len(dense) < len(fresh):
                break
            if len(found) < BATCH:
                self._read_at = monotonic()
                break
        self._ahead = {n: event for n, event in self._ahead.items() if n > self.position}

    def _take(self, dense: list[Event]) -> None:
        for batch in batches(self.position, dense):
            self.position = batch.upto
            woken: set[Watcher] = set()
            for event in batch.events:
                if event["type"] == events.VOID:
                    continue
                for listener in self._listeners:
                    listener(event)
                woken |= touch(batch, topics_of(event), self._watchers)
            self._handing.add(batch, woken)

    def _note_missing(self, beyond: list[Event]) -> None:
        """Note which numbers are missing, given the events that are there beyond the first gap."""
        if not beyond:
            self._missing.clear()
            return
        first, last = self.position + 1, beyond[-1]["_id"]
        there = {event["_id"] for event in beyond}
        now = monotonic()
        self._missing = {
            number: self._missing.get(number, now)
            for number in range(first, min(last, first + RECENT))
            if number not in there
        }
        self._gap.set()

    def _missed_for(self) -> float:
        """Return for how long the number has been missing that was missed first."""
        since = min(self._missing.values(), default=None)
        return 0.0 if since is None else monotonic() - since

    async def _mind_gaps(self) -> None:
        while not self._closing:
            await self._gap.wait()
            if not self._missing:
                self._gap.clear()
                continue
            await asyncio.sleep(max(FENCE_AFTER_SECONDS - self._missed_for(), 0.01))
            await _survive("event log: fencing failed", self._fence())

    async def _fence(self) -> None:
        """Fence the numbers that have been missing for long enough."""
        overdue_since = monotonic() - FENCE_AFTER_SECONDS
        overdue = [number for number, since in self._missing.items() if since <= overdue_since]
        if not overdue:
            return
        fenced = await events.void(self._db, overdue, at=self._clock())
        if fenced:
            logger.info("event log: fenced numbers whose events never came", count=fenced)
        await self._read_on()


def things_of(space: str, kind: str) -> str:
    """Return the topic of all that happens within things of a kind in a space."""
    return f"{space} {kind}"


def topics_of(event: Event) -> list[str]:
    """Return the topics that an event touches: everything, its space, its subject, who is told.

    If it lies within a thing, also the thing, and that of the things of this kind.
    """
    topics = [EVERYTHING, event["subject"], *event.get("to", ())]
    if event["space"]:
        topics.append(event["space"])
    if "within" in event:
        topics.append(event["within"])
        if event["space"]:
            topics.append(things_of(event["space"], kind_of(event["within"]) or ""))
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
