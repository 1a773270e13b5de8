"""Looking for entries of a pool, as the client sees it."""

from typing import Any

import strawberry

from app.resolvers import pool_entries
from app.resolvers.pool_entries import FoundPage
from app.schema.context import Info
from app.schema.nodes import SpaceId
from app.schema.paging import THROUGH, After, Connection, First, window
from app.schema.pool import PoolEntry
from app.schema.pool_filters import SOUGHT, Filter, filter_of


@strawberry.type(description="An entry that was found.")
class FoundEntryEdge:
    cursor: str = strawberry.field(
        description="Continue from here by `after`.", metadata={"needs": ()}
    )
    distance_m: float | None = strawberry.field(
        description="How far it is from the point of `near`, in metres, by the place that filters "
        "look at; null without `near`.",
        metadata={"needs": ()},
    )
    node: PoolEntry = strawberry.field(description="The entry.", metadata=THROUGH)


def _edges(self: FoundPage) -> Any:
    return [
        {"cursor": self.cursor(item), "distance_m": self.metres(item), "node": item}
        for item in self.items
    ]


@strawberry.type(description="A page of the entries of a pool that were found.")
class FoundEntryConnection(Connection[PoolEntry]):
    edges: list[FoundEntryEdge] = strawberry.field(  # type: ignore[assignment]
        resolver=_edges, description="The entries with their cursors.", metadata=THROUGH
    )
    live_cursor: str = strawberry.field(
        description="`poolChanged` with the same filter and `after` this cursor tells all that "
        "changes from this page on, without a gap. It may tell again what the page has already, "
        "which does no harm: what enters or is updated replaces what one has of it.",
        metadata={"needs": ()},
    )


@strawberry.type
class PoolEntriesQuery:
    """Looking for entries."""

    @strawberry.field(
        graphql_type=FoundEntryConnection,
        description="The entries of the pool of a space that a filter wants: with `near` the "
        "nearest first, else the newest first.",
        metadata=SOUGHT,
    )
    async def pool_entries(
        self,
        info: Info,
        space: SpaceId,
        filter: Filter = None,
        first: First = None,
        after: After = None,
    ) -> Any:
        """Return entries."""
        asked = window(info, first, after, None, None)
        return await pool_entries.list_pool_entries(
            info.context.ctx, filter_of(filter, space), asked
        )
