"""Maps of a pool, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.db.paging import MOST
from app.pooling.cells import bounds
from app.pooling.clusters import MOST_CLUSTERS
from app.pooling.words import Suitability
from app.resolvers import clusters
from app.schema.context import Info
from app.schema.guard import TIMES
from app.schema.nodes import SpaceId, reference
from app.schema.paging import selected_fields
from app.schema.pool import PoolEntry
from app.schema.pool_filters import SOUGHT, BoxType, Filter, filter_of
from app.schema.postings import BoxInput
from app.schema.series import Point

# Signs are weighed as the largest page of a list is: four of them cost less than one entry.
MANY = {TIMES: MOST}
SHOWN = ("bounds", "cell", "centre", "count", "entry", "suitable")

Area = Annotated[BoxInput, strawberry.argument(description="What the map shows.")]
Zoom = Annotated[
    int,
    strawberry.argument(
        description="How near, as maps on the web count, 0 to 20: cells are a quarter as wide as a "
        f"tile, or wider if the box would hold more than {MOST_CLUSTERS} of them."
    ),
]


@strawberry.type(description="How many entries suit a need how far.")
class SuitabilityCounts:
    suitable: int = strawberry.field(description="How many do.")
    partly: int = strawberry.field(description="How many do in part, or with help.")
    unsuitable: int = strawberry.field(description="How many do not.")
    unknown: int = strawberry.field(description="Of how many nobody knows.")


def _suitable(self: Any) -> Any:
    return {word.value.lower(): self["suitable"][word] for word in Suitability}


@strawberry.type(description="The entries of a cell of the map, as one sign.")
class Cluster:
    cell: str = strawberry.field(
        description="Names the cell; names of the cells that it consists of begin so."
    )
    count: int = strawberry.field(description="How many entries there are in it.")
    point: Point = strawberry.field(
        resolver=lambda self: self["centre"],
        graphql_type=Point,
        description="The middle of them, to a sixteenth of the cell.",
    )
    box: BoxType = strawberry.field(
        resolver=lambda self: self["bounds"], graphql_type=BoxType, description="The cell."
    )
    suitability: SuitabilityCounts = strawberry.field(
        resolver=_suitable,
        graphql_type=SuitabilityCounts,
        description="How many suit the need that was asked for; all are unknown if none was.",
    )
    entry: PoolEntry | None = reference(
        "entry",
        "entries",
        type=PoolEntry | None,
        description="The entry, if it is the only one there.",
    )


@strawberry.type(description="Of how many entries it is not known whether they suit a need.")
class UnknownSuitability:
    need: str = strawberry.field(description="The need.")
    count: int = strawberry.field(description="Of how many.")


def _unknown(self: Any) -> Any:
    return [{"need": need, "count": count} for need, count in self.unknown.items()]


@strawberry.type(description="How well a piece of the map is covered.")
class Covered:
    count: int = strawberry.field(description="How many entries there are.")
    stale: int = strawberry.field(description="Of how many something asks to be checked.")
    fresh: float | None = strawberry.field(
        description="The share of the others, from 0 to 1; null where there is no entry."
    )
    unknown: list[UnknownSuitability] = strawberry.field(
        resolver=_unknown,
        graphql_type=list[UnknownSuitability],
        description="For each need that was asked for, of how many nobody knows.",
    )
    observed_at: datetime | None = strawberry.field(
        description="When one of them was seen last; null where there is none."
    )


@strawberry.type(description="How well a cell of the map is covered.")
class CoveredCell:
    cell: str = strawberry.field(description="Names the cell.")
    box: BoxType = strawberry.field(description="The cell.")
    covered: Covered = strawberry.field(description="How well it is covered.")


def _cells(self: Any) -> Any:
    return [
        {"cell": cell, "box": bounds(cell), "covered": covered}
        for cell, covered in self.cells.items()
    ]


@strawberry.type(
    description="What is known of an area: as a whole and by cell, those without an entry too."
)
class Coverage:
    whole: Covered = strawberry.field(description="All the cells together.")
    share: float = strawberry.field(description="The share of the cells that have an entry.")
    cells: list[CoveredCell] = strawberry.field(
        resolver=_cells,
        graphql_type=list[CoveredCell],
        description="The cells.",
        metadata={"needs": (), **MANY},
    )


@strawberry.type
class MapQuery:
    """Reading maps."""

    @strawberry.field(
        graphql_type=list[Cluster],
        description=f"The entries of a pool as signs on a map, at most {MOST_CLUSTERS}: those of "
        "each cell that the box touches, also beyond its edge, so that figures stay as they are "
        "while the map is moved. Those of more than 20,000 entries may be some minutes old.",
        metadata={**MANY, **SOUGHT},
    )
    async def clusters(
        self,
        info: Info,
        space: SpaceId,
        box: Area,
        zoom: Zoom,
        filter: Filter = None,
        need: Annotated[
            str | None,
            strawberry.argument(description="A need that the pool knows: `WHEELCHAIR`, say."),
        ] = None,
    ) -> Any:
        """Return clusters."""
        selected = selected_fields(info)
        found = await clusters.list_clusters(
            info.context.ctx,
            filter_of(filter, space),
            box.box(),
            zoom,
            need,
            named=selected is None or "entry" in selected,
        )
        return [{name: getattr(sign, name) for name in SHOWN} for sign in found]

    @strawberry.field(
        graphql_type=Coverage,
        description="How well a piece of the map is covered, by whole cells: where something is "
        "missing, asks to be checked, or is not known. Of more than 20,000 entries this may be "
        "some minutes old.",
        metadata=SOUGHT,
    )
    async def coverage(
        self,
        info: Info,
        space: SpaceId,
        box: Area,
        zoom: Zoom,
        needs: Annotated[
            list[str], strawberry.argument(description="Needs that the pool knows, at most 10.")
        ] = [],  # noqa: B006 - only read, and shown as the default
        filter: Filter = None,
    ) -> Any:
        """Return how well an area is covered."""
        wanted = filter_of(filter, space)
        return await clusters.survey(info.context.ctx, wanted, box.box(), zoom, needs)
