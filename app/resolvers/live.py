"""Live: what came after a cursor, and then everything as it comes, without a gap.

A follower has a position in the event log. It reads from the database what lies between its
position and the log's; only when there is nothing more does it wait for the log to wake it. Replay
and live are thus the same reading, and a follower that is slow holds up nobody and loses nothing.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.db import events as events_db
from app.failures import InvalidInput, Problem
from app.resolvers.context import Context

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
    upto = await log.caught_up()
    position = upto if after is None else decode(after)
    if position > upto:
        message = "This cursor lies ahead of the log: it is from another database."
        raise InvalidInput(Problem("after", message))
    gone = await _trimmed(ctx, position) if after is not None else None
    return _items(ctx, position, gone, topics, read)


async def _items(
    ctx: Context, position: int, gone: int | None, topics: Sequence[str], read: Read
) -> Items:
    log = ctx.services.log
    watcher = log.watch(topics)
    try:
        if gone is not None:
            cause = DiscontinuityCause.HISTORY_TRIMMED
            yield Discontinuity(cause, encode(position), encode(gone))
            position = gone
        while True:
            upto = log.position
            while position < upto:
                await ctx.catch_up()
                found = await read(position, upto)
                for place, item in found:
                    position = place
                    if item is not None:
                        yield Told(item, encode(place))
                if not found:
                    position = upto
            await watcher.wait()
    finally:
        log.unwatch(watcher)


async def _trimmed(ctx: Context, position: int) -> int | None:
    """Return where history begins now, if it was trimmed beyond the position."""
    first = await events_db.find_first(ctx.db)
    return first - 1 if first is not None and first > position + 1 else None
