"""Live: what came after a cursor, and then everything as it comes, without a gap.

A follower has a position in the event log. It reads from the database what lies between its
position and the log's. When there is nothing more, it takes the batches that the log hands to all
who watch the same topics: what each batch tells is then looked up once for all of them. A follower
that is too slow for the batches goes back to reading. So nobody is held up, and nothing is lost.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from app.db import events as events_db
from app.db.client import is_outage
from app.db.watching import Batch, Shortcut, Watcher
from app.failures import InvalidInput, Problem
from app.resolvers.context import Context

AWAY_SECONDS = 0.2
CURSOR = re.compile("ev[0-9a-f]{1,15}")


@dataclass(frozen=True, slots=True)
class Told:
    """An item of a stream, the cursor that resumes after it, and the batch that it came in."""

    item: Any
    cursor: str
    batch: Batch | None = None


class DiscontinuityCause(StrEnum):
    """Why a part of history is gone."""

    HISTORY_TRIMMED = "HISTORY_TRIMMED"


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


Items = AsyncGenerator[Told | Discontinuity, None]
# Items with their positions, in order; None is an item that was not for the viewer's eyes.
Placed = Sequence[tuple[int, Any]]


class Feed(Protocol):
    """What a follower is told: the same whether it is read back or just came."""

    @property
    def topics(self) -> Sequence[str]:
        """Which events may bring something."""
        ...

    async def read(self, after: int, upto: int) -> Placed:
        """Return items above `after` and up to `upto`, from the first on, some at a time."""
        ...

    def look_up(self, batch: Batch) -> None:
        """Begin to look up what `pick` needs, once for all who are handed the batch."""
        ...

    def pick(self, batch: Batch) -> Placed:
        """Return the items of a batch of events, all of them.

        Raises:
            Exception: what was to be looked up could not be, or is not there yet.

        """
        ...


def encode(position: int) -> str:
    """Return a place in the event log as opaque text."""
    return f"ev{position:x}"


def decode(cursor: str, path: str = "after") -> int:
    """Return the place in the event log that a cursor names.

    Raises:
        InvalidInput: it is no cursor of ours.

    """
    if CURSOR.fullmatch(cursor) is None:
        message = "This is no cursor of a stream; take `cursor` of the last item that you have."
        raise InvalidInput(Problem(path, message))
    return int(cursor.removeprefix("ev"), base=16)


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
    position = known if after is None else decode(after)
    # A number below this one may still be missing here; then the follower waits for it.
    if position > known and position > await events_db.find_taken(ctx.db):
        message = "This cursor lies ahead of the log: it is from another database."
        raise InvalidInput(Problem("after", message))
    return Follower(ctx, position, feed)


class Follower:
    """Somebody who follows the log.

    Attributes:
        position: up to where everything was told.
        shortcut: takes what comes without waking the follower; it moves `position`. It is to be
            set before the first item is asked for.

    """

    def __init__(self, ctx: Context, position: int, feed: Feed) -> None:
        self.ctx = ctx
        self.position = position
        self.feed = feed
        self.shortcut: Shortcut | None = None
        self._items = self._follow()

    def __aiter__(self) -> Items:
        return self._items

    async def aclose(self) -> None:
        """Follow no more."""
        await self._items.aclose()

    async def _follow(self) -> Items:
        log = self.ctx.services.log
        watcher = log.watch(self.feed.topics)
        watcher.look_up, watcher.shortcut = self.feed.look_up, self.shortcut
        try:
            while True:
                async for told in self._read_back(log.position):
                    yield told
                async for told in self._take_what_comes(watcher):
                    yield told
        finally:
            log.unwatch(watcher)

    async def _read_back(self, upto: int) -> Items:
        async for place, told in _until(self.ctx, self.position, upto, self.feed):
            self.position = place
            if told is not None:
                yield told

    async def _take_what_comes(self, watcher: Watcher) -> Items:
        """Yield what is told by batches, until there were too many or one cannot be picked from."""
        while (batch := await watcher.next()) is not None:
            picked = await self._pick(batch)
            if picked is None:
                return
            for place, item in picked:
                if place <= self.position:
                    continue
                self.position = place
                if item is not None:
                    yield Told(item, encode(place), batch)
            self.position = max(self.position, batch.upto)

    async def _pick(self, batch: Batch) -> Placed | None:
        """Return the items of a batch; None if they cannot be had: then they are to be read."""
        await self.ctx.catch_up()
        try:
            return self.feed.pick(batch)
        except Exception as error:
            if not (is_outage(error) or isinstance(error, asyncio.InvalidStateError)):
                raise
            return None


async def _until(
    ctx: Context, position: int, upto: int, feed: Feed
) -> AsyncIterator[tuple[int, Told | Discontinuity | None]]:
    """Yield each place up to `upto`, and what is told there, if anything is."""
    while position < upto:
        found, trimmed = await _part(ctx, position, upto, feed)
        if trimmed > position:
            cause = DiscontinuityCause.HISTORY_TRIMMED
            found = [(trimmed, None)]
            yield trimmed, Discontinuity(cause, encode(position), encode(trimmed))
        for place, item in found:
            yield place, None if item is None else Told(item, encode(place))
        position = found[-1][0] if found else upto
    yield position, None


async def _part(ctx: Context, position: int, upto: int, feed: Feed) -> tuple[Placed, int]:
    """Return what comes next, and how far history was trimmed; wait for a database that is away."""
    while True:
        try:
            await ctx.catch_up()
            found = await feed.read(position, upto)
            # Asked last: what was trimmed while we read is missing from what we found.
            old = upto - position >= events_db.KEPT_AT_LEAST
            return found, await events_db.find_trimmed(ctx.db) if old else 0
        except Exception as error:
            if not is_outage(error):
                raise
            await asyncio.sleep(AWAY_SECONDS)
