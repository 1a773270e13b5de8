"""What enters, changes and leaves a filter's result, as the client sees it live."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.failures import InvalidInput, Problem
from app.resolvers import pool_changes, watched_areas
from app.schema.context import Info
from app.schema.events import Discontinuity, Resume, cursor_by
from app.schema.nodes import reference
from app.schema.pool import PoolEntry
from app.schema.pool_enums import Change
from app.schema.pool_filters import Filter, filter_of

PoolId = Annotated[
    strawberry.ID | None, strawberry.argument(description="The space whose pool is meant.")
]
WatchId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="A watched area of yours: its space and its filter, in place of those."
    ),
]


@strawberry.type(
    description="How an entry came to stand to a filter. Who keeps what ENTERED and was UPDATED "
    "under its identifier, as `entry` is now, and drops what LEFT or has no `entry`, has what the "
    "query gives. Nothing is harmed if the same is told twice, or what LEFT was never there."
)
class PoolChange:
    cursor: str = strawberry.field(
        resolver=cursor_by("seq"),
        graphql_type=str,
        description="The stream resumes after it by `after`.",
        metadata={"needs": ("seq",), "shared": True},
    )
    kind: Change = strawberry.field(description="How it came to stand.")
    entry_id: strawberry.ID = strawberry.field(description="The identifier of the entry.")
    at: datetime = strawberry.field(description="When it happened.")
    entry: PoolEntry | None = reference(
        "entry",
        "entries",
        type=PoolEntry | None,
        description="The entry as it is now; null if it LEFT, or was taken from your sight at this "
        "moment.",
    )

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a source is a change."""
        return type(source) is dict and "entry_id" in source


PoolChangedItem = Annotated[
    PoolChange | Discontinuity,
    strawberry.union(
        "PoolChangedItem", description="A change in a pool, or that history is missing."
    ),
]


@strawberry.type
class PoolLive:
    """Pools as they change."""

    @strawberry.subscription(
        graphql_type=PoolChangedItem,
        description="What enters the result of a filter over a pool, changes in it or leaves it: "
        "everything after the cursor, and then as it happens, without a gap. Begin with the query "
        "`poolEntries` and the same filter, and give its `liveCursor` as `after`. Give `space`, or "
        "`watch` for an area that you watch.",
    )
    async def pool_changed(
        self,
        info: Info,
        space: PoolId = None,
        filter: Filter = None,
        watch: WatchId = None,
        after: Resume = None,
    ) -> AsyncIterator[Any]:
        """Return a stream of changes, which begins now."""
        ctx = info.context.ctx
        if watch is not None and space is None and filter is None:
            wanted = await watched_areas.filter_of(ctx, watch)
        elif space is not None and watch is None:
            wanted = filter_of(filter, space)
        else:
            message = "Give a space, with a filter or without, or a watched area alone."
            raise InvalidInput(Problem("space", message))
        return await pool_changes.watch_pool(ctx, wanted, after)
