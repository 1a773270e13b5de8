"""Filters over the entries of a pool, as the client gives them and sees those that it keeps."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.pooling.areas import Polygon
from app.pooling.facet_tests import FacetTest, NeedTest
from app.pooling.filters import EntryFilter
from app.schema.enums import values_of
from app.schema.guard import DEARER, Dearer
from app.schema.pool_enums import State, Suitability
from app.schema.postings import BoxInput, NearInput
from app.schema.scalars import FacetScalar
from app.schema.series import Point, PointInput


@strawberry.input(
    description="What the value of a facet has to be; give one of `eq`, `in`, `least` and `most`."
)
class FacetTestInput:
    name: str = strawberry.field(description="A facet of the pool: `STEP_FREE`, say.")
    eq: FacetScalar | None = strawberry.field(default=None, description="This value.")
    among: list[FacetScalar] | None = strawberry.field(
        name="in", default=None, description="One of these, at most 50."
    )
    least: float | None = strawberry.field(default=None, description="At least this number.")
    most: float | None = strawberry.field(default=None, description="At most this number.")

    def test(self) -> FacetTest:
        """Return the test as the resolvers take it."""
        given: Any = vars(self)
        return FacetTest(**given)


@strawberry.input(description="How far something has to suit a need.")
class NeedTestInput:
    need: str = strawberry.field(description="A need that the pool knows: `WHEELCHAIR`, say.")
    among: list[Suitability] = strawberry.field(
        name="in",
        description="One of these. What nobody has said anything of is UNKNOWN, never UNSUITABLE.",
    )

    def test(self) -> NeedTest:
        """Return the test as the resolvers take it."""
        return NeedTest(self.need, [one.value for one in self.among])


@strawberry.input(
    description="Which entries; every part that is given must hold. Places are those that are "
    "blurred for everybody where a category is sensitive. A filter means the same in lists, on "
    "maps and in streams."
)
class EntryFilterInput:
    near: NearInput | None = strawberry.field(
        default=None, description="Those within a circle; lists then have the nearest first."
    )
    within_box: BoxInput | None = strawberry.field(
        default=None, description="Those within a box, and on its edge."
    )
    within_polygon: list[PointInput] | None = strawberry.field(
        default=None,
        description="Those within straight lines between 3 to 100 corners on a map of longitude "
        "and latitude; the first corner again at last. It does not cross the date line.",
    )
    categories: list[str] | None = strawberry.field(
        default=None, description="Those of one of these or below it, in any case; at most 20."
    )
    facets: list[FacetTestInput] = strawberry.field(
        default_factory=list, description="Those whose facets are all so; at most 20."
    )
    suitability: list[NeedTestInput] = strawberry.field(
        default_factory=list, description="Those that suit all these needs so; at most 20."
    )
    states: list[State] | None = strawberry.field(
        default=None,
        description="Those in one of these; left out, all but GONE, MERGED and HIDDEN. For MERGED "
        "and HIDDEN one has to be a moderator.",
    )
    fresh: bool | None = strawberry.field(
        default=None,
        description="True: those of which nothing asks to be checked; false: those of which "
        "something does.",
    )
    observed_since: datetime | None = strawberry.field(
        default=None, description="Those seen so at this instant or later."
    )
    observed_until: datetime | None = strawberry.field(
        default=None, description="Those seen so before this instant."
    )
    text: str | None = strawberry.field(
        default=None,
        description="Those in whose titles and texts words begin with all of these, whatever the "
        "case and the accents.",
    )

    def filter(self, space: str) -> EntryFilter:
        """Return the filter as the resolvers take it."""
        near, box, ring = self.near, self.within_box, self.within_polygon
        return EntryFilter(
            space=space,
            near=near.circle() if near else None,
            within=box.box() if box else None,
            inside=(
                None if ring is None else Polygon([(one.longitude, one.latitude) for one in ring])
            ),
            categories=self.categories,
            facets=[one.test() for one in self.facets],
            suitability=[one.test() for one in self.suitability],
            states=values_of(self.states),
            fresh=self.fresh,
            observed_since=self.observed_since,
            observed_until=self.observed_until,
            text=self.text,
        )


# Where an entry is, an index says. All else has to be looked for, in vain perhaps in all that the
# pool has there: so much can be read in the time that it takes.
SOUGHT = {
    DEARER: Dearer(
        500,
        (
            "filter.categories",
            "filter.facets",
            "filter.suitability",
            "filter.states",
            "filter.fresh",
            "filter.observedSince",
            "filter.observedUntil",
            "filter.text",
        ),
    )
}

Filter = Annotated[
    EntryFilterInput | None, strawberry.argument(description="Which entries are wanted.")
]


def filter_of(given: EntryFilterInput | None, space: str) -> EntryFilter:
    """Return a filter over the entries of a space as the resolvers take it."""
    return (given or EntryFilterInput()).filter(space)


@strawberry.type(
    name="Box",
    description="What lies between two meridians and two parallels, in degrees; where west is "
    "greater than east, it crosses the date line.",
)
class BoxType:
    west: float = strawberry.field(description="Degrees east.")
    south: float = strawberry.field(description="Degrees north.")
    east: float = strawberry.field(description="Degrees east.")
    north: float = strawberry.field(description="Degrees north.")


@strawberry.type(name="Circle", description="What lies within so many metres of a point.")
class CircleType:
    point: Point = strawberry.field(
        resolver=lambda self: self["middle"], graphql_type=Point, description="The middle."
    )
    radius_m: float = strawberry.field(description="So many metres from it.")


@strawberry.type(name="FacetTest", description="What the value of a facet has to be.")
class FacetTestType:
    name: str = strawberry.field(description="The facet.")
    eq: FacetScalar | None = strawberry.field(description="This value, if given.")
    among: list[FacetScalar] | None = strawberry.field(
        name="in", description="One of these, if given."
    )
    least: float | None = strawberry.field(description="At least this number, if given.")
    most: float | None = strawberry.field(description="At most this number, if given.")


@strawberry.type(name="NeedTest", description="How far something has to suit a need.")
class NeedTestType:
    need: str = strawberry.field(description="The need.")
    among: list[Suitability] = strawberry.field(name="in", description="One of these.")


def _corners(self: Any) -> Any:
    ring = self.get("inside")
    return None if ring is None else [{"type": "Point", "coordinates": [*one]} for one in ring]


@strawberry.type(description="A filter that is kept, as it was given; null is what was left out.")
class EntryFilterParts:
    near: CircleType | None = strawberry.field(description="Those within a circle.")
    within_box: BoxType | None = strawberry.field(
        resolver=lambda self: self.get("within"),
        graphql_type=BoxType | None,
        description="Those within a box.",
    )
    within_polygon: list[Point] | None = strawberry.field(
        resolver=_corners,
        graphql_type=list[Point] | None,
        description="Those within a polygon: its corners, the first again at last.",
    )
    categories: list[str] | None = strawberry.field(description="Those of one of these.")
    facets: list[FacetTestType] | None = strawberry.field(
        description="Those whose facets are all so."
    )
    suitability: list[NeedTestType] | None = strawberry.field(
        description="Those that suit all these needs so."
    )
    states: list[State] | None = strawberry.field(description="Those in one of these.")
    fresh: bool | None = strawberry.field(
        description="Those of which nothing, or something, asks to be checked."
    )
    observed_since: datetime | None = strawberry.field(description="Those seen so from then on.")
    observed_until: datetime | None = strawberry.field(description="Those seen so before.")
    text: str | None = strawberry.field(description="Those with words that begin so.")
