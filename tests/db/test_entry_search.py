"""The nearest entries, page by page: in order of distance, and of identifiers if equally far."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.client import Database
from app.db.driver import Document
from app.db.entry_search import Around, find_nearest
from app.db.paging import Window
from app.places import metres_between, point

# How MongoDB measures is no matter of the driver.
pytestmark = pytest.mark.parametrize("settings", ["pymongo"], indirect=True, scope="session")

MIDDLE = [13.4, 52.5]
# Few, so that many are equally far from the middle, and some from all sides.
EAST = st.sampled_from([13.4, 13.38, 13.42, 13.400001, -166.6])
NORTH = st.sampled_from([52.5, 52.48, 52.52, -52.5])


def stored(spots: Sequence[tuple[float, float]]) -> list[Document]:
    """Return entries at these spots, whose identifiers are in no order."""
    return [
        {
            "_id": f"ent_{n * 37 % 101:03}",
            "space": "spc_one",
            "matched": {"spot": {"type": "Point", "coordinates": [*spot]}, "words": []},
        }
        for n, spot in enumerate(spots)
    ]


async def pages(db: Database, around: Around, size: int) -> list[Document]:
    """Return all that is found, page by page."""
    found: list[Document] = []
    after = None
    while True:
        window = Window(first=size, after=after, fields=frozenset())
        page = await find_nearest(db, around, {}, window, ("matched.spot",))
        found += page.items
        if not page.has_next:
            return found
        after = page.cursor(page.items[-1])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    spots=st.lists(st.tuples(EAST, NORTH), min_size=1, max_size=60),
    size=st.sampled_from([1, 2, 5, 20]),
    metres=st.sampled_from([10.0, 3_000.0, 2e7]),
)
async def test_pages_have_no_gap_and_tell_nothing_twice(
    db: Database, spots: list[tuple[float, float]], size: int, metres: float
) -> None:
    """However many are equally far, and however small the pages are."""
    entries = stored(spots)
    await db["entries"].delete_many({})
    await db["entries"].insert_many([dict(entry) for entry in entries])
    listed = await pages(db, Around({"space": "spc_one"}, MIDDLE, metres), size)
    order = [(one["metres"], one["_id"]) for one in listed]
    assert order == sorted(order)
    middle = point({"type": "Point", "coordinates": MIDDLE})
    within = {
        one["_id"]
        for one in entries
        if metres_between(middle, point(one["matched"]["spot"])) <= metres
    }
    assert len(order) == len(within)
    assert {id for _, id in order} == within
