"""Live: what came after a cursor, and then everything as it comes, without a gap.

A follower has a position in the event log. It reads from the database what lies between its
position and the log's. When there is nothing more, it takes the batches that the log hands to all
who watch the same topics: what each batch tells is then looked up once for all of them. A follower
that is too slow for the batches goes back to reading. So nobody is held up, and nothing is lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakValueDictionary

from app.auth.viewer import Viewer
from app.db import events as events_db
from app.db.client import is_outage
from app.db.documents import Space
from app.db.watching import Batch, Shortcut, Watcher
from app.failures import InvalidInput, Problem
from app.resolvers.context import Context

T = TypeVar("T")
AWAY_SECONDS = 0.2
# For how long what was found for a viewer is told without looking again whether it is for them.
JUDGED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """An item of a stream, the cursor that resumes after it, and the batch that it came in."""

    item: Any
    cursor: str
    batch: Batch | None = None


class DiscontinuityCause(StrEnum):
    """Why a part of history is gone."""

    HISTORY_TRIMMED = "HISTORY_TRIMMED"
    RIGHTS_CHANGED = "RIGHTS_CHANGED"


@dataclass(frozen=True, slots=True)
class Discontinuity:
    """What lay between two cursors is gone: a stream says so instead of keeping silent."""

    cause: DiscontinuityCause
    from_cursor: str
    to_cursor: str

    @property
    def cursor(self) -> str:
        """Return the cursor to resume after."""
        return self.to_cursor


# Items with their positions, in order; None is an item that was not for the viewer's eyes.
Placed = Sequence[tuple[int, Any]]


class Feed(Protocol):
    """What a follower is told: the same whether it is read back or just came."""

    @property
    def topics(self) -> Sequence[str]:
        """Which events may bring something; these can change with the viewer's rights."""
        ...

    async def read(self, after: int, upto: int) -> Placed:
        """Return items above `after` and up to `upto`, from the first on, some at a time."""
        ...

    def look_up(self, batch: Batch) -> None:
        """Begin to look up what `pick` needs, once for all who are handed the batch."""
        ...

    def alike(self, batch: Batch) -> Hashable:
        """Return what decides what is picked: those who have the same are told the same.

        Raises:
            LookupError: a space is to be read first.

        """
        ...

    def pick(self, batch: Batch) -> Placed:
        """Return the items of a batch of events, all of them.

        Raises:
            Exception: what was to be looked up could not be, or is not there yet.

        """
        ...


def encode(ctx: Context, position: int) -> str:
    """Return a place in the event log as opaque text, the same for all who are told of it."""
    return ctx.db.seal.close(position)


def decode(ctx: Context, cursor: str, path: str = "after") -> int:
    """Return the place in the event log that a cursor names.

    Raises:
        InvalidInput: it is no cursor of ours, or of another database.

    """
    position = ctx.db.seal.open(cursor)
    if position is None:
        message = "This is no cursor of a stream; take `cursor` of the last item that you have."
        raise InvalidInput(Problem(path, message))
    return position


async def follow(ctx: Context, after: str | None, feed: Feed) -> "Follower":
    """Begin to follow the log now: what lies after the cursor, then what comes.

    Args:
        ctx: the context of the subscription.
        after: the cursor of the last item that the client has; None begins now.
        feed: what is told.

    Raises:
        InvalidInput: the cursor is none of ours.

    """
    log = ctx.services.log
    after = ctx.last_event_id or after
    known = await log.caught_up()
    position = known if after is None else decode(ctx, after)
    # A number below this one may still be missing here; then the follower waits for it.
    if position > known and position > await events_db.find_taken(ctx.db):
        message = "This cursor lies ahead of the log: it is from another database."
        raise InvalidInput(Problem("after", message))
    return Follower(ctx, position, feed)


class Same:
    """Stands for all who see the same: it is compared in no time, as it is nothing but itself."""

    __slots__ = ("__weakref__",)


_SAME: WeakValueDictionary[Hashable, Same] = WeakValueDictionary()


class Outlook:
    """How a viewer sees what a feed is about: the same object for all who see the same."""

    __slots__ = ("_about", "_ctx", "_same", "_space", "_viewer")

    def __init__(self, ctx: Context, about: Hashable) -> None:
        self._ctx = ctx
        self._about = about
        self._viewer: Viewer | None = None
        self._space: Space | None = None
        self._same: Hashable = None

    def on(self, batch: Batch) -> Hashable:
        """Return how the viewer sees a batch at this moment.

        Raises:
            LookupError: a space is to be read first.

        """
        ctx, spaces = self._ctx, batch.spaces
        if len(spaces) > 1 or spaces[0] is None:
            standings = [ctx.standings(None if id is None else _known(ctx, id)) for id in spaces]
            return self._about, tuple(standings), ctx.viewer.user
        viewer, space = ctx.viewer, _known(ctx, spaces[0])
        if viewer is not self._viewer or space is not self._space:
            self._viewer, self._space = viewer, space
            self._same = _SAME.setdefault((self._about, ctx.standings(space)), Same())
        return self._same


def _known(ctx: Context, id: str) -> Space:
    space = ctx.services.spaces.known(id)
    if space is None:
        raise LookupError(id)
    return space


def known_spaces(ctx: Context, batch: Batch) -> dict[str, Space]:
    """Return the spaces that the events of a batch are in, as they are now.

    Raises:
        InvalidStateError: one has changed since it was looked up: then the events are to be read.

    """
    known = {id: ctx.services.spaces.known(id) for id in batch.spaces if id is not None}
    if None in known.values():
        raise asyncio.InvalidStateError
    return cast("dict[str, Space]", known)


class Follower:
    """Somebody who follows the log: the items are iterated over, by one at a time.

    There are many of them, and most wait; so this is no nest of generators, each of which would
    keep a frame while it waits.

    Attributes:
        position: up to where everything was told.
        shortcut: takes what comes without waking the follower; it moves `position`. It is to be
            set before the first item is asked for.

    """

    __slots__ = (
        "_found", "_judged", "_over", "_until", "_upto", "_watcher", "ctx", "feed", "position",
        "shortcut",
    )  # fmt: skip

    def __init__(self, ctx: Context, position: int, feed: Feed) -> None:
        self.ctx = ctx
        self.position = position
        self.feed = feed
        self.shortcut: Shortcut | None = None
        self._watcher: Watcher | None = None
        self._found: Iterator[tuple[int, Told | Discontinuity | None]] = iter(())
        self._judged: tuple[Viewer, float] = (ctx.viewer, 0.0)
        self._until = 0  # the last place of what was found
        self._upto = 0
        self._over = False

    def __aiter__(self) -> "Follower":
        return self

    async def __anext__(self) -> Told | Discontinuity:
        watcher = self._watcher or self._watch()
        if self.position < self._until and self._is_outdated():
            self._found, self._upto = iter(()), max(self._upto, self._until)
        while not self._over:
            if (told := self._next_found()) is not None:
                return told
            if self.position < self._upto:
                viewer = self.ctx.viewer
                self._find(await _part(self.ctx, self.position, self._upto, self.feed), viewer)
            elif watcher.topics != self.feed.topics:
                watcher = self._watch()
            elif (batch := await watcher.next()) is None or not await self._take(batch):
                self._upto = self.ctx.services.log.position
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Follow no more."""
        self._over = True
        self._unwatch()

    def _find(
        self, found: Sequence[tuple[int, Told | Discontinuity | None]], viewer: Viewer
    ) -> None:
        """Keep what was found for the viewer just now."""
        self._found, self._until = iter(found), found[-1][0]
        self._judged = (viewer, asyncio.get_running_loop().time())

    def _is_outdated(self) -> bool:
        """Say whether what was found may not be for the viewer any more: it is to be read again."""
        viewer, at = self._judged
        if viewer is not self.ctx.viewer or self.ctx.is_rechecked:
            return True
        return asyncio.get_running_loop().time() - at > JUDGED_SECONDS

    def _next_found(self) -> Told | Discontinuity | None:
        for place, told in self._found:
            if place <= self.position:
                continue
            self.position = place
            if told is not None:
                return told
        return None

    def _watch(self) -> Watcher:
        """Watch the feed's topics from here on; what was missed until now is to be read."""
        log = self.ctx.services.log
        self._unwatch()
        watcher = self._watcher = log.watch(self.feed.topics)
        watcher.look_up, watcher.shortcut = self.feed.look_up, self.shortcut
        self._upto = log.position
        return watcher

    def _unwatch(self) -> None:
        if self._watcher is not None:
            self.ctx.services.log.unwatch(self._watcher)
            self._watcher = None

    async def _take(self, batch: Batch) -> bool:
        """Take the items of a batch; return False if they cannot be had: then they are read."""
        await self.ctx.catch_up()
        viewer = self.ctx.viewer
        try:
            picked = self.feed.pick(batch)
        except Exception as error:
            if not (is_outage(error) or isinstance(error, asyncio.InvalidStateError)):
                raise
            return False
        told: list[tuple[int, Told | None]] = [
            (place, None if item is None else Told(item, encode(self.ctx, place), batch))
            for place, item in picked
        ]
        self._find([*told, (batch.upto, None)], viewer)
        return True


async def _part(
    ctx: Context, position: int, upto: int, feed: Feed
) -> list[tuple[int, Told | Discontinuity | None]]:
    """Return each next place up to `upto`, some at a time, and what is told there, if anything."""
    found, trimmed = await _read(ctx, position, upto, feed)
    if trimmed > position:
        cause = DiscontinuityCause.HISTORY_TRIMMED
        told = Discontinuity(cause, encode(ctx, position), encode(ctx, trimmed))
        return [(trimmed, told)]
    if not found:
        return [(upto, None)]
    return [
        (place, None if item is None else Told(item, encode(ctx, place))) for place, item in found
    ]


async def _read(ctx: Context, position: int, upto: int, feed: Feed) -> tuple[Placed, int]:
    """Return what comes next, and how far history was trimmed; wait for a database that is away."""

    async def read() -> tuple[Placed, int]:
        await ctx.catch_up()
        found = await feed.read(position, upto)
        # Asked last: what was trimmed while we read is missing from what we found.
        old = upto - position >= events_db.KEPT_AT_LEAST
        return found, await events_db.find_trimmed(ctx.db) if old else 0

    return await patiently(read)


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do the work; as long as the database is away, do it again."""
    while True:
        try:
            return await work()
        except Exception as error:
            if not is_outage(error):
                raise
            await asyncio.sleep(AWAY_SECONDS)
