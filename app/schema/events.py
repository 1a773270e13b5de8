"""The event log, as the client sees it: pages and the live sequence."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.failures import InvalidInput, Problem
from app.resolvers import events, live
from app.schema.context import Info
from app.schema.enums import DiscontinuityCause
from app.schema.nodes import reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.spaces import Space

Resume = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last item that you have: everything later comes, then what "
        "happens. Left out, it begins now."
    ),
]


def cursor_by(field: str) -> Any:
    """Return a resolver for the cursor of what has a number of the log in this field."""

    def cursor(self: Any, info: Info) -> str:
        return live.encode(info.context.ctx, self[field])

    return cursor


@strawberry.type(description="One change of state. Events are in the order of their commits.")
class Event:
    cursor: str = strawberry.field(
        resolver=cursor_by("_id"),
        graphql_type=str,
        description="`events(after:)` resumes after it.",
        metadata={"needs": ("_id",), "shared": True},
    )
    type: str = strawberry.field(description="What happened: a word of docs/events.md.")
    subject: strawberry.ID = strawberry.field(description="To what; `node` may find it.")
    actor: strawberry.ID | None = strawberry.field(description="By whom, if by anybody.")
    at: datetime = strawberry.field(description="When it happened.")
    recorded_at: datetime = strawberry.field(description="When it was written down.")
    instance: strawberry.ID | None = strawberry.field(
        description="The alert instance that it is about, if any."
    )
    alert: strawberry.ID | None = strawberry.field(description="The alert, if any.")
    phase_before: str | None = strawberry.field(
        resolver=lambda self: (self.get("before") or {}).get("phase"),
        graphql_type=str | None,
        description="For a transition of an instance: where it stood.",
        metadata={"needs": ("before",)},
    )
    phase_after: str | None = strawberry.field(
        resolver=lambda self: (self.get("after") or {}).get("phase"),
        graphql_type=str | None,
        description="For a transition of an instance: where it stands since.",
        metadata={"needs": ("after",)},
    )
    value: float | None = strawberry.field(
        resolver=lambda self: (self.get("after") or {}).get("value"),
        graphql_type=float | None,
        description="For a transition of an instance: the value at that time.",
        metadata={"needs": ("after",)},
    )
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space in which it happened."
    )

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a document is an event: events are numbered."""
        return type(source) is dict and type(source["_id"]) is int


@strawberry.type(description="What lay between two cursors is gone; fetch the present state.")
class Discontinuity:
    cause: DiscontinuityCause = strawberry.field(description="Why it is gone.")
    from_cursor: str = strawberry.field(description="Nothing up to here is missing.")
    to_cursor: str = strawberry.field(description="From here on everything comes.")

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a source is a discontinuity."""
        return isinstance(source, live.Discontinuity)


@strawberry.input(description="Which events; every part that is given must hold.")
class EventFilterInput:
    space: strawberry.ID | None = strawberry.field(default=None, description="Those of this space.")
    subject: strawberry.ID | None = strawberry.field(
        default=None, description="Those of this thing."
    )
    types: list[str] | None = strawberry.field(
        default=None, description="Those of these types; see docs/events.md."
    )

    def filter(self) -> events.EventFilter:
        """Return the filter as the resolvers take it."""
        return events.EventFilter(self.space, self.subject, self.types)


EventsItem = Annotated[
    Event | Discontinuity,
    strawberry.union("EventsItem", description="An event, or that history is missing."),
]

Filter = Annotated[
    EventFilterInput | None, strawberry.argument(description="Which events are wanted.")
]


@strawberry.type(description="A type of event.")
class EventType:
    name: str = strawberry.field(description="The word by which filters name it.")
    description: str = strawberry.field(description="What happened.")


@strawberry.type
class EventQuery:
    """Reading the log."""

    @strawberry.field(
        graphql_type=Connection[Event],
        description="The events of a space or of a thing, oldest first, that you may read.",
    )
    async def events(
        self,
        info: Info,
        filter: Filter,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return events."""
        if filter is None:
            raise InvalidInput(Problem("filter", "Name a space or a subject."))
        return await events.list_events(
            info.context.ctx, filter.filter(), window(info, first, after, last, before)
        )

    @strawberry.field(graphql_type=list[EventType], description="Every type of event there is.")
    async def event_types(self) -> Any:
        """Return the types of events."""
        return [{"name": name, "description": text} for name, text in events.list_types()]


@strawberry.type
class EventLive:
    """Events as they happen."""

    @strawberry.subscription(
        graphql_type=EventsItem,
        description="Events that you may read: everything after the cursor, and then as it "
        "happens, without a gap.",
    )
    async def events(
        self, info: Info, filter: Filter = None, after: Resume = None
    ) -> AsyncIterator[Any]:
        """Return a stream of events, which begins now."""
        wanted = filter.filter() if filter else events.EventFilter()
        return await events.watch_events(info.context.ctx, wanted, after)
