"""What is read of the event log: pages, timelines, and the live sequence."""

from typing import Any

from app.auth.permissions import allowed
from app.db import events as events_db
from app.db.documents import Event, Instance
from app.db.log import EVERYTHING
from app.db.paging import Order, Page, Window, find_page
from app.failures import InvalidInput, Problem
from app.resolvers.context import Context
from app.resolvers.live import Items, follow

BATCH = 200
ORDER = Order("_id", descending=False)


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
    query = filter.query() | {"_id": {"$lte": await ctx.services.log.caught_up()}}
    page = await find_page(ctx.db, "events", query, ORDER, window)
    seen = await visible(ctx, page.items)  # type: ignore[arg-type]
    page.items = [item for item in page.items if item["_id"] in seen]
    return page


def list_types() -> list[tuple[str, str]]:
    """Return every type of event, and what it says."""
    return list(events_db.TYPES.items())


async def list_timeline(ctx: Context, instance: Instance, window: Window) -> Page:
    """Return a page of the transitions of an instance, which nobody can change, oldest first."""
    upto = await ctx.services.log.caught_up()
    filter = {"instance": instance["_id"], "_id": {"$lte": upto}}
    return await find_page(ctx.db, "events", filter, ORDER, window)


async def watch_events(ctx: Context, filter: EventFilter, after: str | None) -> Items:
    """Return events that match and that the viewer may read: after the cursor, then as they come.

    Raises:
        InvalidInput: the filter or the cursor is not valid.

    """
    filter.check()

    async def read(position: int, upto: int) -> list[tuple[int, Any]]:
        found = await events_db.list_after(ctx.db, position, upto=upto, limit=BATCH)
        wanted = [event for event in found if filter.matches(event)]
        seen = await visible(ctx, wanted)
        kept = {event["_id"] for event in wanted} & seen
        return [(event["_id"], event if event["_id"] in kept else None) for event in found]

    topic = filter.subject or filter.space or EVERYTHING
    return await follow(ctx, after, topics=[topic], read=read)


async def visible(ctx: Context, events: list[Event]) -> set[int]:
    """Return the numbers of those events that the viewer may read at this moment."""
    spaces = await ctx.services.spaces.find_many({e["space"] for e in events if e["space"]})
    seen = set()
    for event in events:
        if event["type"] == events_db.VOID:
            continue
        if event["space"] is not None:
            if ctx.sees("event.read", spaces.get(event["space"])):
                seen.add(event["_id"])
        elif any(
            allowed("event.read_personal", ctx.own(person))
            for person in (event["actor"], *event.get("to", ()))
        ):
            seen.add(event["_id"])
    return seen
