"""Filters over entries mean to the database what they mean to the matcher, and lead by indexes."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.client import Database
from app.db.driver import Document, aggregate
from app.db.pool_documents import Matched
from app.db.postings import STRETCHED
from app.pooling.areas import Polygon
from app.pooling.filters import EntryFilter
from app.pooling.words import Kind
from app.regions import Box, Circle
from tests.anywhere import place
from tests.pooling.filtering import ELSEWHERE, RULES, SPACE, entry_seen, filters, seen

# What a filter means is no matter of the driver.
pytestmark = pytest.mark.parametrize("settings", ["pymongo"], indirect=True, scope="session")

COUNT = 300
CELLS, SPOTS = "entries by cell", "space_1_matched.spot_2dsphere"
WORDS = "space_1_matched.words_1"


@st.composite
def stored(draw: st.DrawFn) -> list[Document]:
    """Draw entries, every few of them of another space."""
    spaces = st.sampled_from([SPACE, SPACE, SPACE, ELSEWHERE])
    drawn = draw(st.lists(st.tuples(spaces, seen()), min_size=6, max_size=14))
    return [
        {"_id": f"ent_{n}", "space": space, "matched": matched}
        for n, (space, matched) in enumerate(drawn)
    ]


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Document], list[EntryFilter]]:
    """Draw entries, and filters over them."""
    entries = draw(stored())
    spots = [entry["matched"]["spot"] for entry in entries]
    return entries, draw(st.lists(filters(spots), min_size=10, max_size=10))


def wanted(entries: Sequence[Document], filter: EntryFilter) -> set[str]:
    """Return what the matcher finds."""
    return {one["_id"] for one in entries if filter.matches(one["matched"], one["space"])}


async def around(db: Database, filter: EntryFilter, circle: Circle) -> list[Document]:
    """Return what the database finds if it goes by distance, and the filter says the rest."""
    near: Document = {
        "near": circle.middle,
        "key": "matched.spot",
        "distanceField": "metres",
        "maxDistance": circle.radius_metres * STRETCHED,
        "query": filter.rest(),
        "spherical": True,
    }
    return await aggregate(db["entries"], [{"$geoNear": near}])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenes())
async def test_a_filter_means_the_same_to_the_database_and_to_the_matcher(
    db: Database, scene: tuple[list[Document], list[EntryFilter]]
) -> None:
    """Whatever is stored and asked for; also by distance, around the poles, on edges of areas."""
    entries, asked = scene
    await db["entries"].delete_many({})
    await db["entries"].insert_many([dict(entry) for entry in entries])
    for filter in asked:
        filter.check()
        expected = wanted(entries, filter)
        assert {e["_id"] async for e in db["entries"].find(filter.query())} == expected, filter
        if filter.near is not None:
            found = await around(db, filter, filter.near)
            assert {one["_id"] for one in found} == expected, filter


def in_a_city(n: int) -> Matched:
    """Return an entry of a city, on a grid of some 400 m."""
    at = place(13.3 + n % 20 / 100, 52.45 + n // 20 / 100)
    return entry_seen(title=f"Stop {n}", at=at)


async def used(db: Database, query: Document) -> tuple[set[str], int, int]:
    """Return the indexes by which a query is answered, what it read, and what it found."""
    said = await db.command("explain", {"find": "entries", "filter": query})
    stats: Any = said["executionStats"]
    return set(_indexes(said["queryPlanner"])), stats["totalDocsExamined"], stats["nReturned"]


def _indexes(said: Any) -> list[str]:
    if isinstance(said, list):
        return [name for part in said for name in _indexes(part)]
    if not isinstance(said, dict):
        return []
    own = [said["indexName"]] if "indexName" in said else []
    below = [part for key, part in said.items() if key != "rejectedPlans"]
    return own + _indexes(below)


async def test_areas_and_words_lead_by_an_index(db: Database) -> None:
    """Boxes and polygons by cells, circles by distance, words by their beginnings."""
    await db["entries"].insert_many(
        [{"_id": f"ent_{n}", "space": SPACE, "matched": in_a_city(n)} for n in range(COUNT)]
    )
    ring = [(13.345, 52.475), (13.405, 52.475), (13.405, 52.525), (13.345, 52.475)]
    for filter, index, most in (
        (EntryFilter(SPACE, within=Box(13.345, 52.475, 13.405, 52.525)), CELLS, 60),
        (EntryFilter(SPACE, inside=Polygon(ring)), CELLS, 60),
        (EntryFilter(SPACE, near=Circle(place(13.4, 52.5), 1_000)), SPOTS, 60),
        (EntryFilter(SPACE, text="29"), WORDS, 20),
    ):
        names, read, found = await used(db, filter.query())
        assert names == {index}
        assert 0 < found <= read <= most


async def test_what_the_pool_knows_is_what_filters_find(db: Database) -> None:
    """Numbers, yes and no, choices and words of texts, as the database keeps them."""
    facets = {"WIDTH": 90, "STEP_FREE": True, "SURFACE": "gravel", "NOTES": "Ring the bell"}
    kinds = {kind["name"]: Kind(kind["kind"]) for kind in RULES["facets"]}
    assert kinds.keys() >= facets.keys()
    known = entry_seen(title="Café", at=place(0, 0), facets=facets)
    await db["entries"].insert_one({"_id": "ent_a", "space": SPACE, "matched": known})
    for text, count in (("cafe", 1), ("bell ring", 1), ("gravel", 0)):
        query = EntryFilter(SPACE, text=text).query()
        assert await db["entries"].count_documents(query) == count
