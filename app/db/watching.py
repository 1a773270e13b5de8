"""Watching the event log: what those who wait are handed when events on their topics come.

All who are touched by the same events are handed the same batch. What must be looked up or worked
out for them is begun once, kept in the batch, and goes with it when the last one is through.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Hashable, Iterable, Iterator
from typing import Any, Protocol

from app.db.documents import Event

MOST_WAITING = 16
MOST_TOLD = 2_000


class Batch:
    """Some events that were read together.

    Attributes:
        after: the number below its first one.
        upto: its last number; all numbers between are in it, or were fenced.
        events: the events, in order.
        spaces: which spaces they are in; None stands for events that are in none.
        is_guarded: whether one lies within a thing that not all see who stand alike to its space.
        touched: those of their topics that somebody watches.
        kept: whatever those who are handed the batch keep in it for each other.

    """

    __slots__ = ("_made", "after", "events", "is_guarded", "kept", "spaces", "touched", "upto")

    def __init__(self, after: int, events: list[Event]) -> None:
        self.after = after
        self.upto = events[-1]["_id"]
        self.events = events
        self.spaces = tuple({event["space"] for event in events})
        self.is_guarded = any("within" in event for event in events)
        self.touched: set[str] = set()
        self.kept: dict[Hashable, Any] = {}
        self._made: dict[Hashable, asyncio.Task[Any]] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._made

    def begin(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Begin to make something for all who are handed the batch, unless it was begun."""
        if key not in self._made:
            task = self._made[key] = asyncio.create_task(make())
            task.add_done_callback(_look_at)

    def result(self, key: Hashable) -> Any:
        """Return what was made under a key.

        Raises:
            Exception: whatever went wrong in making it.
            InvalidStateError: it is not made yet.

        """
        return self._made[key].result()

    def result_or_none(self, key: Hashable) -> Any:
        """Return what was made under a key; None if it is not there, or nothing came of it."""
        task = self._made.get(key)
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    async def made(self, key: Hashable) -> None:
        """Return when what was begun under a key is made, or nothing came of it."""
        task = self._made[key]
        if not task.done():
            await asyncio.wait([task])

    async def settled(self, seconds: float) -> None:
        """Return when all that was begun is made, or after so long."""
        unmade = [task for task in self._made.values() if not task.done()]
        if unmade:
            await asyncio.wait(unmade, timeout=seconds)


class Shortcut(Protocol):
    """Takes batches for a watcher that waits, without waking it."""

    def plan(self, batch: Batch) -> None:
        """Begin what the batch's items need."""
        ...

    def take(self, batch: Batch) -> bool:
        """Take the batch; False leaves what is not taken to the watcher."""
        ...


class Watcher:
    """Somebody who waits for events on some topics; there are many, so each is kept small."""

    __slots__ = ("_batches", "_missed", "_waits", "look_up", "shortcut", "topics")

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = tuple(topics)
        self.look_up: Callable[[Batch], None] | None = None
        self.shortcut: Shortcut | None = None
        self._batches: deque[Batch] | None = None
        self._missed = False
        self._waits: asyncio.Future[None] | None = None

    def find(self, batch: Batch) -> None:
        """Begin to look up what is needed of the batch, unless others have already."""
        if self.look_up is not None:
            self.look_up(batch)

    def plan(self, batch: Batch) -> None:
        """Let the shortcut begin what it needs to take the batch, if there is one."""
        shortcut, waits = self.shortcut, self._waits
        if shortcut is not None and waits is not None and not waits.done():
            shortcut.plan(batch)

    def hand(self, batch: Batch) -> None:
        """Hand over a batch that touches the topics; a slow watcher is not kept many."""
        shortcut, waits = self.shortcut, self._waits
        waits_idly = waits is not None and not waits.done()
        if shortcut is not None and waits_idly and shortcut.take(batch):
            return
        if self._batches is None:
            self._batches = deque()
        if len(self._batches) >= MOST_WAITING:
            self.miss()
        elif not self._missed:
            self._batches.append(batch)
            self._wake()

    def miss(self) -> None:
        """Keep nothing more: the watcher is to read the log from where it stands."""
        self._batches = None
        self._missed = True
        self._wake()

    async def next(self) -> Batch | None:
        """Return the next batch, or None if there were too many to keep: then read the log."""
        if not self._missed and not self._batches:
            self._waits = asyncio.get_running_loop().create_future()
            try:
                await self._waits
            finally:
                self._waits = None
        if self._missed or not self._batches:
            self._missed = False
            return None
        batch = self._batches.popleft()
        if not self._batches:
            self._batches = None
        return batch

    def _wake(self) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(None)


def batches(after: int, events: list[Event]) -> Iterator[Batch]:
    """Yield dense events in batches, none of which tells too many people for one reading."""
    part: list[Event] = []
    told = 0
    for event in events:
        part.append(event)
        told += len(event.get("to", ()))
        if told >= MOST_TOLD:
            yield Batch(after, part)
            after, part, told = event["_id"], [], 0
    if part:
        yield Batch(after, part)


def touch(batch: Batch, topics: Iterable[str], watchers: dict[str, set[Watcher]]) -> set[Watcher]:
    """Note which topics of a batch are watched, and return by whom."""
    found: set[Watcher] = set()
    for topic in topics:
        watching = watchers.get(topic)
        if watching:
            batch.touched.add(topic)
            found |= watching
    return found


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take note of an exception that nobody may be left to meet."""
    if not task.cancelled():
        task.exception()
