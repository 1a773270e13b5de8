"""Live: what came after a cursor, and then everything as it comes, without a gap.

A follower has a position in the event log. It reads from the database what lies between its
position and the log's; only when there is nothing more does it wait for the log to wake it. Replay
and live are thus the same reading, and a follower that is slow holds up nobody and loses nothing.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.db import events as events_db
from app.db.client import is_outage
from app.db.log import Watcher
from app.failures import InvalidInput, Problem
from app.resolvers.context import Context

AWAY_SECONDS = 0.2
CURSOR = re.compile("ev[0-9a-f]{1,15}")


@dataclass(frozen=True, slots=True)
class Told:
    """An item of a stream, and the cursor that resumes after it."""

    item: Any
    cursor: str


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


Items = AsyncIterator[Told | Discontinuity]
Read = Callable[[int, int], Awaitable[Sequence[tuple[int, Any]]]]


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


async def follow(ctx: Context, after: str | None, *, topics: Sequence[str], read: Read) -> Items:
    """Begin to follow the log now; return items: those after the cursor, then as they come.

    Args:
        ctx: the context of the subscription.
        after: the cursor of the last item that the client has; None begins now.
        topics: which events wake the follower.
        read: given two positions, returns items above the first and up to the second with their
            positions, in order and from the first on, at most some at a time; an item of None was
            not for the viewer's eyes.

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
    return _items(ctx, position, topics, read)


async def _items(ctx: Context, position: int, topics: Sequence[str], read: Read) -> Items:
    watcher = ctx.services.log.watch(topics)
    try:
        async for told in _endless(ctx, position, watcher, read):
            yield told
    finally:
        ctx.services.log.unwatch(watcher)


async def _endless(ctx: Context, position: int, watcher: Watcher, read: Read) -> Items:
    while True:
        async for place, told in _until(ctx, position, ctx.services.log.position, read):
            position = place
            if told is not None:
                yield told
        await watcher.wait()


async def _until(
    ctx: Context, position: int, upto: int, read: Read
) -> AsyncIterator[tuple[int, Told | Discontinuity | None]]:
    """Yield each place up to `upto`, and what is told there, if anything is."""
    while position < upto:
        found, trimmed = await _part(ctx, position, upto, read)
        if trimmed > position:
            cause = DiscontinuityCause.HISTORY_TRIMMED
            found = [(trimmed, None)]
            yield trimmed, Discontinuity(cause, encode(position), encode(trimmed))
        for place, item in found:
            yield place, None if item is None else Told(item, encode(place))
        position = found[-1][0] if found else upto
    yield position, None


async def _part(
    ctx: Context, position: int, upto: int, read: Read
) -> tuple[Sequence[tuple[int, Any]], int]:
    """Return what comes next, and how far history was trimmed; wait for a database that is away."""
    while True:
        try:
            await ctx.catch_up()
            found = await read(position, upto)
            # Asked last: what was trimmed while we read is missing from what we found.
            old = upto - position >= events_db.KEPT_AT_LEAST
            return found, await events_db.find_trimmed(ctx.db) if old else 0
        except Exception as error:
            if not is_outage(error):
                raise
            await asyncio.sleep(AWAY_SECONDS)
