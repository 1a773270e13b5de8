"""What enters the result of a filter over a pool, changes in it, and leaves it, live and to read.

An event names two versions of an entry, and each version keeps what filters look at: so what a
change was to a filter can be told at any later time. Who is told is judged when it is told. Nobody
is told what they do not see, but for this: that something has left what they saw.
"""

import asyncio
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypedDict

from app.db import entry_changes as entry_changes_db
from app.db import events as events_db
from app.db import within as within_db
from app.db.documents import Event, Space
from app.db.entry_changes import Seen, Version
from app.db.log import things_of
from app.db.watching import Batch
from app.pooling.filters import EntryFilter
from app.pooling.stored_filters import stored
from app.pooling.words import Change
from app.resolvers.context import Context, Services
from app.resolvers.live import (
    Discontinuity,
    DiscontinuityCause,
    Follower,
    Outlook,
    Placed,
    Told,
    encode,
    follow,
    patiently,
)
from app.resolvers.pool_filters import ASIDE, checked_pool
from app.resolvers.sight import reads_pool, sees_entry

BATCH = 200
# That somebody looked at a version makes no other one of it.
TYPES = [t for t in events_db.TYPES if t.startswith("entry.") and t != "entry.patrolled"]
FIRST = 1


class PoolChange(TypedDict):
    """How an entry came to stand to a filter; `entry` is None if it has left.

    `_id` differs from that of any other change: the same event is told otherwise by other filters.
    """

    _id: str
    seq: int
    space: str
    kind: Change
    entry_id: str
    entry: str | None
    at: datetime


class Around(NamedTuple):
    """What is needed to judge events: what filters saw, and what says who sees the entries."""

    seen: Mapping[Version, Seen]
    entries: Mapping[str, Any]


async def watch_pool(ctx: Context, filter: EntryFilter, after: str | None) -> "PoolFollower":
    """Return what changes in a filter's result: what came after the cursor, then as it comes.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the pool is not for them, or what they ask for.
        InvalidInput: the filter or the cursor is not valid.

    """
    await checked_pool(ctx, filter)
    feed = PoolFeed(ctx, filter)
    begun = await follow(ctx, after, feed)
    return PoolFollower(ctx, begun.position, feed)


class PoolFeed:
    """The changes of entries, as a filter sees them.

    Attributes:
        topics: what brings them.
        lost: from where on something was not told, since the viewer could not look; None if all
            was.

    """

    __slots__ = ("_ctx", "_filter", "_outlook", "lost", "topics")

    def __init__(self, ctx: Context, filter: EntryFilter) -> None:
        self._ctx = ctx
        self._filter = filter
        self._outlook = Outlook(ctx, (filter.space, repr(stored(filter))))
        self.topics = (things_of(filter.space, "entries"),)
        self.lost: int | None = None

    async def read(self, after: int, upto: int) -> Placed:
        """Return the changes between two positions."""
        found = await list_events(self._ctx, self._filter.space, after, upto, BATCH)
        around = await look_around(self._ctx.services, found)
        space = await self._ctx.services.spaces.find(self._filter.space)
        if found:
            self._note(after, space)
        return [(one["_id"], tell(self._ctx, self._filter, one, around, space)) for one in found]

    def look_up(self, batch: Batch) -> None:
        """Read what filters saw of the entries, and what says who sees them."""
        if PoolFeed not in batch:
            batch.begin(PoolFeed, lambda: look_around(self._ctx.services, batch.events))

    def alike(self, batch: Batch) -> Hashable:
        """Return what is wanted, and how the viewer stands to it.

        Raises:
            LookupError: a space is to be read first, or it is to be told what was lost.

        """
        viewer, space = self._ctx.viewer, self._filter.space
        self._note(batch.after, self._ctx.services.spaces.known(space))
        if self.lost is not None:
            raise LookupError(space)
        return self._outlook.on(batch), viewer.user is None, space in viewer.roles

    def pick(self, batch: Batch) -> Placed:
        """Return the changes of a batch.

        Raises:
            InvalidStateError: the space has changed: then the events are to be read.

        """
        around = batch.result(PoolFeed)
        ctx, filter = self._ctx, self._filter
        space = ctx.services.spaces.known(filter.space)
        if space is None:
            raise asyncio.InvalidStateError
        self._note(batch.after, space)
        return [(one["_id"], tell(ctx, filter, one, around, space)) for one in batch.events]

    def _note(self, after: int, space: Space | None) -> None:
        """Note that what comes after a position is lost to the viewer, if they may not look."""
        if (
            self.lost is None
            and space is not None
            and not _may_look(self._ctx, self._filter, space)
        ):
            self.lost = after

    async def still_tells(self) -> bool:
        """Say whether the viewer may look through the pool so at this moment."""
        if self._ctx.is_rechecked:
            await self._ctx.catch_up()
        space = await self._ctx.services.spaces.find(self._filter.space)
        return _may_look(self._ctx, self._filter, space)


class PoolFollower(Follower):
    """Follows a pool: what was read some time ago is told to nobody who may not look any more.

    Who could not look for a while, and can again, is told that something may be missing.
    """

    __slots__ = ("_held",)
    feed: PoolFeed

    def __init__(self, ctx: Context, position: int, feed: PoolFeed) -> None:
        super().__init__(ctx, position, feed)
        self._held: Told | None = None  # what comes after it was told what was lost

    async def __anext__(self) -> Told | Discontinuity:
        while True:
            held, self._held = self._held, None
            told = held or await super().__anext__()
            if isinstance(told, Discontinuity):
                return told
            before, feed = self.position - 1, self.feed
            if not await patiently(feed.still_tells):
                feed.lost = before if feed.lost is None else feed.lost
            elif feed.lost is None:
                return told
            else:
                lost, feed.lost, self._held = feed.lost, None, told
                cause = DiscontinuityCause.RIGHTS_CHANGED
                return Discontinuity(cause, encode(self.ctx, lost), encode(self.ctx, before))


async def list_events(ctx: Context, space: str, after: int, upto: int, limit: int) -> list[Event]:
    """Return the events that changed entries of a space between two positions, in order."""
    wanted = {"space": space, "type": {"$in": TYPES}, "_id": {"$gt": after, "$lte": upto}}
    return await events_db.list_page(ctx.db, wanted, descending=False, limit=limit)


async def look_around(services: Services, events: Iterable[Event]) -> Around:
    """Return what is needed to judge events."""
    versions: set[Version] = set()
    for event in events:
        was, is_now = _versions(event)
        versions |= {one for one in (was, is_now) if one is not None}
    if not versions:
        return Around({}, {})
    seen, entries = await asyncio.gather(
        entry_changes_db.list_seen(services.db, versions),
        within_db.find_things(services.db, {"entries": {entry for entry, _ in versions}}),
    )
    return Around(seen, entries)


def tell(
    ctx: Context, filter: EntryFilter, event: Event, around: Around, space: Space | None
) -> PoolChange | None:
    """Return what an event was to a filter, as the viewer may know it at this moment, if any."""
    was, is_now = _versions(event)
    if is_now is None or event["space"] != filter.space:
        return None
    before, after = around.seen.get(was) if was else None, around.seen.get(is_now)
    kind = filter.change(before and before.matched, after and after.matched)
    if kind is None and before is not None and before.amended:
        kind = Change.LEFT  # nobody can tell any more whether it was wanted at its time
    if kind is None or not _may_look(ctx, filter, space):
        return None
    entry, has_left = is_now[0], kind is Change.LEFT
    if not has_left:
        known = around.entries.get(entry)
        if known is None or not sees_entry(ctx, known, space):
            return None
    return PoolChange(
        _id=f"{event['_id']} {kind}",
        seq=event["_id"],
        space=filter.space,
        kind=kind,
        entry_id=entry,
        entry=None if has_left else entry,
        at=event["at"],
    )


def _versions(event: Event) -> tuple[Version | None, Version | None]:
    """Return the version that was before an event and the one since; none if it made none."""
    before, after = event.get("before") or {}, event.get("after") or {}
    was, is_now = before.get("version"), after.get("version")
    if event["type"] not in TYPES or is_now is None or (was is None and is_now != FIRST):
        return None, None
    entry = event["subject"]
    return (None if was is None else (entry, was)), (entry, is_now)


def _may_look(ctx: Context, filter: EntryFilter, space: Space | None) -> bool:
    if space is None or not ctx.sees("entry.read", space) or not reads_pool(ctx, space):
        return False
    asks_aside = bool(ASIDE.intersection(filter.states or ()))
    return not asks_aside or ctx.sees("entry.read_hidden", space)
