"""Series and observations, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.db.documents import Place as PlaceDocument
from app.resolvers import series
from app.schema.context import Info
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    mutation,
)
from app.schema.nodes import Node, SpaceId, below, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.scalars import Duration
from app.schema.spaces import Space


@strawberry.type(description="A point on Earth, WGS 84.")
class Point:
    longitude: float = strawberry.field(
        resolver=lambda self: self["coordinates"][0],
        graphql_type=float,
        description="Degrees east, −180 to 180.",
        metadata={"needs": ("coordinates",)},
    )
    latitude: float = strawberry.field(
        resolver=lambda self: self["coordinates"][1],
        graphql_type=float,
        description="Degrees north, −90 to 90.",
        metadata={"needs": ("coordinates",)},
    )


@strawberry.input(description="A point on Earth, WGS 84.")
class PointInput:
    longitude: float = strawberry.field(description="Degrees east, −180 to 180.")
    latitude: float = strawberry.field(description="Degrees north, −90 to 90.")

    def document(self) -> PlaceDocument:
        """Return the point as it is stored."""
        return {"type": "Point", "coordinates": [self.longitude, self.latitude]}


@strawberry.type(description="One measured value.")
class Observation(Node):
    kind = "observations"

    at: datetime = strawberry.field(description="When it was measured.")
    value: float = strawberry.field(description="In the unit of its series.")
    key: str = strawberry.field(description="What makes it the same when it is sent again.")
    place: Point | None = strawberry.field(description="Where it was measured.")
    recorded_at: datetime = strawberry.field(description="When it came in.")


@strawberry.type(description="What the observations in a span of time come to.")
class Aggregate:
    at: datetime = strawberry.field(description="When the span begins.")
    count: int = strawberry.field(description="How many observations there were.")
    min: float = strawberry.field(description="The least value.")
    max: float = strawberry.field(description="The greatest value.")
    avg: float = strawberry.field(description="The mean value.")
    sum: float = strawberry.field(description="All values together.")


async def _observations(
    parents: list[Any],
    info: Info,
    since: Annotated[
        datetime | None, strawberry.argument(description="Not older than this.")
    ] = None,
    until: Annotated[datetime | None, strawberry.argument(description="Older than this.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    ctx, asked = info.context.ctx, window(info, first, after, last, before)
    return await series.list_observations(ctx, parents, since, until, asked)


async def _aggregates(
    parents: list[Any],
    info: Info,
    since: Annotated[datetime, strawberry.argument(description="Where to begin.")],
    until: Annotated[datetime, strawberry.argument(description="Where to end.")],
    every: Annotated[
        Duration, strawberry.argument(description="The length of a span; at most 1,000.")
    ],
) -> Any:
    return await series.list_aggregates(info.context.ctx, parents, since, until, every)


@strawberry.type(description="A row of measurements of one thing, in one unit.")
class Series(Node):
    kind = "series"

    key: str = strawberry.field(description="Its name for machines, unique in its space.")
    name: str = strawberry.field(description="Its name for people.")
    unit: str = strawberry.field(description="The unit of its values.")
    subject: str | None = strawberry.field(description="What is measured.")
    place: Point | None = strawberry.field(description="Where it is measured.")
    tags: list[str] = strawberry.field(description="Words to find it by.")
    expected_every: Duration | None = strawberry.field(
        description="How often an observation is expected."
    )
    late_tolerance: Duration = strawberry.field(
        description="How much older than the latest one an observation may be."
    )
    count: int = strawberry.field(description="How many observations it has.")
    last_at: datetime | None = strawberry.field(description="When the latest was measured.")
    last_value: float | None = strawberry.field(description="The latest value.")
    created_at: datetime = strawberry.field(description="When it was begun.")
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space that it belongs to."
    )

    observations: Connection[Observation] = below(
        _observations,
        needs=("_id", "space"),
        type=Connection[Observation],
        description="Its observations, latest first.",
    )
    aggregates: list[Aggregate] = below(
        _aggregates,
        needs=("_id", "space"),
        type=list[Aggregate],
        description="Its values by spans of time, for charts; spans without values are left out.",
    )


@strawberry.input(description="A new series.")
class CreateSeriesInput:
    space: strawberry.ID = strawberry.field(description="The space that it belongs to.")
    key: str = strawberry.field(description="Its name for machines, unique in its space.")
    name: str = strawberry.field(description="Its name for people.")
    unit: str = strawberry.field(default="", description="The unit of its values.")
    subject: str | None = strawberry.field(default=None, description="What is measured.")
    place: PointInput | None = strawberry.field(default=None, description="Where.")
    tags: list[str] = strawberry.field(default_factory=list, description="Words to find it by.")
    expected_every: Duration | None = strawberry.field(
        default=None, description="How often an observation is expected."
    )
    late_tolerance: Duration = strawberry.field(
        default=Duration(86_400.0),
        description="How much older than the latest one an observation may be.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give the same series, however often."
    )


@strawberry.input(description="One measured value.")
class ObservationInput:
    series: strawberry.ID = strawberry.field(description="The series that it belongs to.")
    at: datetime = strawberry.field(description="When it was measured.")
    value: float = strawberry.field(description="In the unit of the series; a finite number.")
    key: str | None = strawberry.field(
        default=None,
        description="What makes it the same when it is sent again; its instant if left out.",
    )
    place: PointInput | None = strawberry.field(default=None, description="Where.")


@strawberry.input(description="A batch of observations, recorded as a whole or not at all.")
class RecordObservationsInput:
    observations: list[ObservationInput] = strawberry.field(description="1 to 1,000 of them.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input count once, however often."
    )


@strawberry.type(description="A batch was recorded and judged.")
class RecordedObservations:
    recorded: int = strawberry.field(description="How many were new.")
    duplicates: int = strawberry.field(description="How many were known already.")
    late: int = strawberry.field(
        description="How many were older than the latest of their series: kept, but not judged."
    )
    alerts_opened: int = strawberry.field(description="How many alerts they opened.")
    alerts_resolved: int = strawberry.field(description="How many alerts they resolved.")


CreateSeriesResult = Annotated[
    Series | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict,
    strawberry.union("CreateSeriesResult", description="The series, or why not."),
]
RecordObservationsResult = Annotated[
    RecordedObservations | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict,
    strawberry.union("RecordObservationsResult", description="What came of a batch."),
]


@strawberry.type
class SeriesQuery:
    """Reading series."""

    @strawberry.field(
        graphql_type=Series | None, description="A series by its space and key, if you may see it."
    )
    async def series(
        self,
        info: Info,
        space: SpaceId,
        key: Annotated[str, strawberry.argument(description="Its name for machines.")],
    ) -> Any:
        """Return one series."""
        return await series.find_series_by_key(info.context.ctx, space_id=space, key=key)

    @strawberry.field(
        graphql_type=Connection[Series], description="The series of a space, newest first."
    )
    async def series_in(
        self,
        info: Info,
        space: SpaceId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the series of a space."""
        found = await info.context.ctx.visible_space(space)
        return await series.list_series(
            info.context.ctx, found, window(info, first, after, last, before)
        )


@strawberry.type
class SeriesMutation:
    """What is done with series."""

    @mutation(
        result=CreateSeriesResult,
        description="Begin a series; for moderators of the space and its API keys.",
    )
    async def create_series(self, info: Info, input: CreateSeriesInput) -> Any:
        """Create a series."""
        given = {
            "key": input.key,
            "name": input.name,
            "unit": input.unit,
            "subject": input.subject,
            "place": input.place.document() if input.place else None,
            "tags": input.tags,
            "expected_every_seconds": input.expected_every,
            "late_tolerance_seconds": input.late_tolerance,
        }
        return await series.create_series(
            info.context.ctx,
            space_id=input.space,
            idempotency_key=input.idempotency_key,
            **given,
        )

    @mutation(
        result=RecordObservationsResult,
        description="Record a batch of observations and judge the alerts that they touch, as one "
        "transaction. An observation that is sent twice counts once.",
    )
    async def record_observations(self, info: Info, input: RecordObservationsInput) -> Any:
        """Record observations."""
        given = [
            series.GivenObservation(
                series=sent.series,
                at=sent.at,
                value=sent.value,
                key=sent.key,
                place=sent.place.document() if sent.place else None,
            )
            for sent in input.observations
        ]
        done = await series.record_observations(
            info.context.ctx, observations=given, idempotency_key=input.idempotency_key
        )
        return RecordedObservations(**done)
