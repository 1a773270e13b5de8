"""What happens in threads, live: in one, in those of a space, and in those that somebody follows.

Who is told is judged when it is told, by the thread, the space and the viewer of that moment.
"""

import asyncio
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from app.auth.viewer import Viewer
from app.db import events as events_db
from app.db import follows as follows_db
from app.db import thread_events as thread_events_db
from app.db.documents import Event, Space
from app.db.thread_documents import Thread
from app.db.watching import Batch
from app.ids import kind_of
from app.resolvers.broking import visible_thread
from app.resolvers.context import Context, Services
from app.resolvers.live import (
    Discontinuity,
    Follower,
    Outlook,
    Placed,
    Told,
    follow,
    patiently,
)
from app.resolvers.sight import sees_thread
from app.resolvers.thread_filter import ThreadFilter
from app.resolvers.thread_interests import InFollowed, InSpace, Interest, InThread

BATCH = 200
# What changes the follows of those to whom it is told.
FOLLOWING = frozenset({"follow.started", "follow.ended"})


class Around(NamedTuple):
    """What says who is told of events: the threads that they lie within, and their spaces."""

    threads: Mapping[str, Thread]
    spaces: Mapping[str, Space]


class Outdated(Exception):
    """What somebody is interested in has changed, and is to be found again."""


async def watch_thread(ctx: Context, *, id: str, after: str | None) -> "ThreadFollower":
    """Return what happens in a thread: what lies after the cursor, then as it comes.

    Raises:
        NotFound: the viewer sees no such thread.
        InvalidInput: the cursor is none of ours.

    """
    await visible_thread(ctx, id)
    return await _follow(ctx, after, ThreadFeed(ctx, InThread(id)))


async def watch_threads(
    ctx: Context, *, space_id: str, filter: ThreadFilter, after: str | None
) -> "ThreadFollower":
    """Return what happens in the threads of a space that a filter names.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not read in it.
        InvalidInput: the filter or the cursor is not valid.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("thread.read", space)
    filter.check()
    return await _follow(ctx, after, ThreadFeed(ctx, InSpace(space_id, filter)))


async def watch_followed(ctx: Context, after: str | None) -> "ThreadFollower":
    """Return what happens in the threads that the viewer follows, by themselves or by name.

    Raises:
        NotSignedIn: nobody is signed in.
        InvalidInput: the cursor is none of ours.

    """
    return await _follow(ctx, after, ThreadFeed(ctx, await _followed(ctx)))


def reply_of(event: Event) -> str | None:
    """Return the reply that an event in a thread is about, if any."""
    if kind_of(event["subject"]) == "replies":
        return event["subject"]
    reply: str | None = (event.get("after") or {}).get("reply")
    return reply


async def _followed(ctx: Context) -> InFollowed:
    person = ctx.person()
    return InFollowed.of(person, await follows_db.list_followed(ctx.db, person))


async def _follow(ctx: Context, after: str | None, feed: "ThreadFeed") -> "ThreadFollower":
    begun = await follow(ctx, after, feed)
    return ThreadFollower(ctx, begun.position, feed)


class ThreadFeed:
    """The events in the threads that the viewer is interested in, and sees."""

    __slots__ = ("_by", "_ctx", "_handed", "_interest", "_on", "_outdated", "_outlook", "_spaces")

    def __init__(self, ctx: Context, interest: Interest) -> None:
        self._ctx = ctx
        self._interest = interest
        self._outlook = Outlook(ctx, None)
        self._outdated = False
        self._handed = 0  # the last number of the batch that was handed over last
        self._on = 0  # what that was when items were judged last
        self._by: Viewer | None = None  # whose rights they were judged by
        self._spaces: Mapping[str, Space] = {}  # the spaces as they were then

    @property
    def topics(self) -> Sequence[str]:
        """Return what may bring something."""
        return self._interest.topics

    async def read(self, after: int, upto: int) -> Placed:
        """Return the events between two positions."""
        self._judge_now()
        found = await events_db.list_page(
            self._ctx.db,
            {"$and": [self._interest.query(), {"_id": {"$gt": after, "$lte": upto}}]},
            descending=False,
            limit=BATCH,
        )
        around = await _around(self._ctx.services, found)
        self._spaces = around.spaces
        return [(one["_id"], one if self._tells(one, around) else None) for one in found]

    def look_up(self, batch: Batch) -> None:
        """Read the threads that the events lie within, and their spaces."""
        self._handed = batch.upto
        if FOLLOWING & {event["type"] for event in batch.events}:
            person = self._ctx.viewer.user
            self._outdated |= any(
                event["type"] in FOLLOWING and person in event.get("to", ())
                for event in batch.events
            )
        if ThreadFeed not in batch:
            batch.begin(ThreadFeed, lambda: _around(self._ctx.services, batch.events))

    def alike(self, batch: Batch) -> Hashable:
        """Return what is wanted, and who asks: no two people see threads alike for sure."""
        return self._interest, self._outlook.on(batch), self._ctx.viewer.user

    def pick(self, batch: Batch) -> Placed:
        """Return the events of a batch.

        Raises:
            InvalidStateError: more has happened since it was handed over.

        """
        around = batch.result(ThreadFeed)
        if batch.upto != self._handed or not self._are_known(around.spaces):
            raise asyncio.InvalidStateError
        self._judge_now()
        self._spaces = around.spaces
        return [(one["_id"], one) for one in batch.events if self._tells(one, around)]

    async def still_tells(self, event: Event) -> bool:
        """Say whether an event that was judged before is to be told at this moment."""
        ctx = self._ctx
        unchanged = self._on == self._handed and self._are_known(self._spaces)
        if unchanged and self._by is ctx.viewer and not ctx.is_rechecked:
            return True
        await ctx.catch_up()
        return self._tells(event, await _around(ctx.services, [event]))

    async def renew(self) -> None:
        """Find again what the viewer is interested in."""
        self._outdated = False
        self._interest = await _followed(self._ctx)

    def _judge_now(self) -> None:
        if self._outdated and isinstance(self._interest, InFollowed):
            raise Outdated
        self._on, self._by = self._handed, self._ctx.viewer

    def _are_known(self, spaces: Mapping[str, Space]) -> bool:
        """Say whether spaces are still as they were read."""
        known = self._ctx.services.spaces.known
        return all(known(id) is space for id, space in spaces.items())

    def _tells(self, event: Event, around: Around) -> bool:
        thread = around.threads.get(event.get("within", ""))
        if thread is None or not self._interest.wants(thread):
            return False
        return sees_thread(self._ctx, thread, around.spaces.get(thread["space"]))


class ThreadFollower(Follower):
    """Follows threads: what was read some time ago is judged again before it is told."""

    __slots__ = ()
    feed: ThreadFeed

    async def __anext__(self) -> Told | Discontinuity:
        while True:
            try:
                told = await super().__anext__()
            except Outdated:
                await self._begin_anew()
                continue
            if isinstance(told, Discontinuity) or await patiently(
                partial(self.feed.still_tells, told.item)
            ):
                return told

    async def _begin_anew(self) -> None:
        """Follow what the viewer is interested in now, from where it stands."""
        await patiently(self.feed.renew)
        self._unwatch()


async def _around(services: Services, events: Iterable[Event]) -> Around:
    """Return the threads that events lie within, and their spaces."""
    things = {event["within"] for event in events if "within" in event}
    ids = {thing for thing in things if kind_of(thing) == "threads"}
    threads = await thread_events_db.find_judged(services.db, ids) if ids else {}
    spaces = await services.spaces.find_many({thread["space"] for thread in threads.values()})
    return Around(threads, spaces)
