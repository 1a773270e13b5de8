"""What is read of the event log: pages, timelines, and the live sequence."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from app.auth.permissions import allowed
from app.db import events as events_db
from app.db.documents import Event, Instance, Space
from app.db.driver import Document
from app.db.log import EVERYTHING
from app.db.paging import MOST, Children, Order, Page, Window, find_page, find_pages
from app.db.watching import Batch
from app.failures import InvalidInput, Problem
from app.resolvers.context import Context
from app.resolvers.live import Follower, Outlook, Placed, follow, known_spaces
from app.resolvers.sight import find_within, sees_within

BATCH = 200
# How often a page is read on for what the viewer may read.
MOST_ROUNDS = 20
ORDER = Order("_id", descending=False, sealed=True)
# What of an event says who may read it.
READS = ("type", "space", "actor", "to", "within")
TIMELINE = Children("events", key="instance", owners="instances", order=ORDER)


class EventFilter:
    """Which events are wanted; every part that is given must hold."""

    def __init__(
        self,
        space: str | None = None,
        subject: str | None = None,
        types: list[str] | None = None,
    ) -> None:
        self.space = space
        self.subject = subject
        self.types = types

    def matches(self, event: Event) -> bool:
        """Say whether an event is wanted; means the same as `query`."""
        return (
            (self.space is None or event["space"] == self.space)
            and (self.subject is None or event["subject"] == self.subject)
            and (self.types is None or event["type"] in self.types)
        )

    def query(self) -> dict[str, Any]:
        """Return the filter as MongoDB takes it."""
        query: dict[str, Any] = {}
        if self.space is not None:
            query["space"] = self.space
        if self.subject is not None:
            query["subject"] = self.subject
        if self.types is not None:
            query["type"] = {"$in": self.types}
        return query

    def check(self) -> None:
        """Refuse what no event can match.

        Raises:
            InvalidInput: a type that does not exist.

        """
        unknown = [type for type in self.types or () if type not in events_db.TYPES]
        if unknown:
            known = ", ".join(sorted(events_db.TYPES))
            raise InvalidInput(
                Problem("filter.types", f"There is no type {', '.join(unknown)}; known: {known}.")
            )


async def list_events(ctx: Context, filter: EventFilter, window: Window) -> Page:
    """Return a page of the log of one space or subject, oldest first, as the viewer may read it.

    Raises:
        InvalidInput: the filter names neither, or a type that does not exist.

    """
    filter.check()
    if filter.space is None and filter.subject is None:
        message = "Name a space or a subject; the whole log is read by the subscription."
        raise InvalidInput(Problem("filter", message))
    window.check()
    query = filter.query() | {"_id": {"$lte": await ctx.services.log.caught_up()}}
    items, more = await _find_seen(ctx, query, window)
    place = ctx.db, "events", query
    if window.backwards:
        return SeenPage(items, ORDER, window.before is not None, more, *place, ctx)
    return SeenPage(items, ORDER, more, window.after is not None, *place, ctx)


@dataclass(slots=True)
class SeenPage(Page):
    """Some events that the viewer may read: what they may not read is not counted either."""

    ctx: Context | None = field(default=None, repr=False)

    async def count(self) -> int:
        """Return how many events of the whole list the viewer may read."""
        ctx = self.ctx
        assert ctx is not None  # noqa: S101 - a field after others must have a default
        tallies = await events_db.count_by_reader(ctx.db, self.filter, ctx.viewer.actor)
        kinds = [event for event, _ in tallies]
        spaces, things = await _around(ctx, kinds)
        return sum(
            count
            for event, count in tallies
            if _sees(ctx, event, spaces.get(event["space"] or ""), things)
        )


async def _find_seen(
    ctx: Context, query: dict[str, Any], window: Window
) -> tuple[list[Document], bool]:
    """Return the window's events that the viewer may read, and whether there are more.

    What is not for the viewer is passed over, so that the size of a page tells nothing of it.
    """
    backwards, wanted = window.backwards, window.size + 1
    found: list[Document] = []  # in the order of reading
    step, more = window, True
    for _ in range(MOST_ROUNDS):
        size = min(MOST, wanted - len(found))
        step = replace(step, last=size) if backwards else replace(step, first=size)
        page = await find_page(ctx.db, "events", query, ORDER, step, reads=READS)
        seen = await visible(ctx, page.items)  # type: ignore[arg-type]
        items = [item for item in page.items if item["_id"] in seen]
        found += reversed(items) if backwards else items
        more = page.has_previous if backwards else page.has_next
        if len(found) >= wanted or not more:
            break
        edge = page.cursor(page.items[0 if backwards else -1])
        step = replace(step, before=edge) if backwards else replace(step, after=edge)
    kept = found[: window.size]
    return (kept[::-1] if backwards else kept), more or len(found) > window.size


def list_types() -> list[tuple[str, str]]:
    """Return every type of event, and what it says."""
    return list(events_db.TYPES.items())


async def list_timeline(ctx: Context, instances: list[Instance], window: Window) -> list[Page]:
    """Return for each instance a page of its transitions, oldest first; nobody can change them."""
    window.check()
    upto = {"_id": {"$lte": await ctx.services.log.caught_up()}}
    ids = [instance["_id"] for instance in instances]
    found = await find_pages(ctx.db, TIMELINE, ids, window, upto)
    return [found[id] for id in ids]


async def watch_events(ctx: Context, filter: EventFilter, after: str | None) -> Follower:
    """Return events that match and that the viewer may read: after the cursor, then as they come.

    Raises:
        InvalidInput: the filter or the cursor is not valid.

    """
    filter.check()

    return await follow(ctx, after, EventFeed(ctx, filter))


class EventFeed:
    """The events that match a filter."""

    __slots__ = ("_ctx", "_filter", "_outlook", "topics")

    def __init__(self, ctx: Context, filter: EventFilter) -> None:
        self._ctx = ctx
        self._filter = filter
        types = None if filter.types is None else tuple(filter.types)
        self._outlook = Outlook(ctx, (filter.space, filter.subject, types))
        self.topics = (filter.subject or filter.space or EVERYTHING,)

    async def read(self, after: int, upto: int) -> Placed:
        """Return the events between two positions."""
        found = await events_db.list_after(self._ctx.db, after, upto=upto, limit=BATCH)
        seen = await visible(self._ctx, [e for e in found if self._filter.matches(e)])
        return [(event["_id"], event if event["_id"] in seen else None) for event in found]

    def look_up(self, batch: Batch) -> None:
        """Read the spaces that the events are in, and what they lie within."""
        if EventFeed not in batch:
            batch.begin(EventFeed, lambda: _around(self._ctx, batch.events))

    def alike(self, batch: Batch) -> Hashable:
        """Return what is wanted, and how the viewer stands to it."""
        stands = self._outlook.on(batch)
        return (stands, self._ctx.viewer.user) if batch.is_guarded else stands

    def pick(self, batch: Batch) -> Placed:
        """Return the events of a batch."""
        _, things = batch.result(EventFeed)
        ctx, spaces = self._ctx, known_spaces(self._ctx, batch)
        return [
            (event["_id"], event)
            for event in batch.events
            if self._filter.matches(event)
            and _sees(ctx, event, spaces.get(event["space"] or ""), things)
        ]


def _spaces_of(found: list[Event]) -> set[str]:
    return {event["space"] for event in found if event["space"]}


async def visible(ctx: Context, found: list[Event]) -> set[int]:
    """Return the numbers of those events that the viewer may read at this moment."""
    spaces, things = await _around(ctx, found)
    return {e["_id"] for e in found if _sees(ctx, e, spaces.get(e["space"] or ""), things)}


async def _around(ctx: Context, found: list[Event]) -> tuple[dict[str, Space], dict[str, Any]]:
    """Return the spaces that events are in, and the things that they lie within."""
    spaces = await ctx.services.spaces.find_many(_spaces_of(found))
    return spaces, await find_within(ctx, found)


def _sees(ctx: Context, event: Event, space: Space | None, things: dict[str, Any]) -> bool:
    if event["type"] == events_db.VOID:
        return False
    if "within" in event:
        return sees_within(ctx, things.get(event["within"]), space)
    if event["space"] is not None:
        return ctx.sees("event.read", space)
    return any(
        allowed("event.read_personal", ctx.own(person))
        for person in (event["actor"], *event.get("to", ()))
    )
