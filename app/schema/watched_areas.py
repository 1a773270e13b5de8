"""Watched areas, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import watched_areas
from app.schema.context import Info
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    mutation,
)
from app.schema.nodes import Node, ThingId, below, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.pool_changes import PoolChange
from app.schema.pool_filters import EntryFilterInput, EntryFilterParts, filter_of
from app.schema.spaces import Space


@strawberry.type(description="How much has changed that you have not seen.")
class UnseenChanges:
    count: int = strawberry.field(description="How many changes.")
    has_more: bool = strawberry.field(
        description="Whether there may be more: only so much is looked through."
    )


async def _unseen(parents: list[Any], info: Info) -> Any:
    return await watched_areas.count_unseen(info.context.ctx, parents)


@strawberry.type(description="A filter over a pool that you keep, to see what changes in it.")
class WatchedArea(Node):
    kind = "areas"

    name: str = strawberry.field(description="What you call it.")
    created_at: datetime = strawberry.field(description="Since when you watch it.")
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space; null if you see it no more."
    )
    filter: EntryFilterParts = strawberry.field(description="Which entries it is about.")
    unseen: UnseenChanges = below(
        _unseen,
        needs=("_id", "filter", "seen", "space"),
        type=UnseenChanges,
        description="What changed since you watch it, or since what you marked as seen.",
    )


@strawberry.type(description="Some of what changed in an area that you watch, in order.")
class AreaChanges:
    items: list[PoolChange] = strawberry.field(description="The changes.")
    cursor: str = strawberry.field(
        description="Goes on after them: here, in `poolChanged`, and in `markAreaSeen`."
    )
    has_more: bool = strawberry.field(
        description="Whether more may have changed since; a page can be empty all the same."
    )
    is_trimmed: bool = strawberry.field(
        description="Whether history is gone that lay before them: then ask `poolEntries` anew."
    )


@strawberry.type(description="You do not watch this area any more.")
class EndedWatch:
    area: WatchedArea = strawberry.field(description="What you watched.")


@strawberry.input(description="Which area of a pool to watch.")
class WatchAreaInput:
    space: strawberry.ID = strawberry.field(description="The space whose pool it is in.")
    name: str = strawberry.field(description="What you call it, 1 to 100 characters.")
    filter: EntryFilterInput = strawberry.field(description="Which entries it is about.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give the same area, however often."
    )


@strawberry.input(description="What you have seen of an area that you watch.")
class MarkAreaSeenInput:
    area: strawberry.ID = strawberry.field(description="The area.")
    cursor: str | None = strawberry.field(
        default=None,
        description="Up to where: the cursor of a change, or of `areaChanges`. Left out, all that "
        "has changed until now. It never goes back.",
    )


WatchAreaResult = Annotated[
    WatchedArea | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict,
    strawberry.union("WatchAreaResult", description="What you watch, or why not."),
]
UnwatchAreaResult = Annotated[
    EndedWatch | NotFound | NotSignedIn,
    strawberry.union("UnwatchAreaResult", description="What came of watching an area no more."),
]
MarkAreaSeenResult = Annotated[
    WatchedArea | NotFound | NotSignedIn | InvalidInput,
    strawberry.union("MarkAreaSeenResult", description="The area as it is now, or why not."),
]


@strawberry.type
class WatchedAreaQuery:
    """Reading watched areas."""

    @strawberry.field(
        graphql_type=Connection[WatchedArea],
        description="The areas that you watch, newest first; at most 50.",
    )
    async def watched_areas(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return watched areas."""
        asked = window(info, first, after, last, before)
        return await watched_areas.list_areas(info.context.ctx, asked)

    @strawberry.field(
        graphql_type=AreaChanges,
        description="What changed in an area that you watch, in order; `poolChanged(watch:)` tells "
        "the same live.",
    )
    async def area_changes(
        self,
        info: Info,
        watch: Annotated[strawberry.ID, strawberry.argument(description="The watched area.")],
        first: Annotated[
            int, strawberry.argument(description="At most so many changes, 1 to 100.")
        ] = 20,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="What came after this cursor; left out, what you have not seen."
            ),
        ] = None,
    ) -> Any:
        """Return changes."""
        return await watched_areas.list_changes(
            info.context.ctx, id=watch, after=after, first=first
        )


@strawberry.type
class WatchedAreaMutation:
    """Watching areas, and watching them no more."""

    @mutation(
        result=WatchAreaResult,
        description="Watch an area of a pool: keep a filter over its entries. `areaChanges` and "
        "`poolChanged(watch:)` tell what changes in it.",
    )
    async def watch_area(self, info: Info, input: WatchAreaInput) -> Any:
        """Watch an area."""
        return await watched_areas.watch_area(
            info.context.ctx,
            filter=filter_of(input.filter, input.space),
            name=input.name,
            idempotency_key=input.idempotency_key,
        )

    @mutation(result=UnwatchAreaResult, description="Watch an area no more.")
    async def unwatch_area(self, info: Info, id: ThingId) -> Any:
        """Watch an area no more."""
        return EndedWatch(area=await watched_areas.unwatch_area(info.context.ctx, id=id))  # type: ignore[arg-type]

    @mutation(
        result=MarkAreaSeenResult,
        description="Count what changed in an area that you watch as seen, on all your devices.",
    )
    async def mark_area_seen(self, info: Info, input: MarkAreaSeenInput) -> Any:
        """Mark changes as seen."""
        return await watched_areas.mark_seen(info.context.ctx, id=input.area, cursor=input.cursor)
