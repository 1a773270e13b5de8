"""Lists are read in the order of an index: hardly more than is shown, and nothing is sorted."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db.client import Database
from app.db.paging import Page, Window
from app.db.series import find_observations
from app.db.spaces import find_spaces
from tests.db.explaining import Explained

START = datetime(2026, 3, 1)
SERIES = [f"ser_{n}" for n in range(5)]
MINE = ["spc_3", "spc_4"]


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """A database with series and spaces of which no page shows all."""
    db = unfilled.db
    await db["series"].insert_many([{"_id": id, "key": id, "space": "spc_0"} for id in SERIES])
    await db["observations"].insert_many(
        [
            {"_id": f"obs_{id}_{n}", "series": id, "at": START + timedelta(minutes=n), "value": n}
            for id in SERIES
            for n in range(40)
        ]
    )
    await db["spaces"].insert_many(
        [
            {
                "_id": f"spc_{n}",
                "openness": ("OPEN", "MEMBERS", "HIDDEN")[n % 3],
                "created_at": START + timedelta(minutes=n),
            }
            for n in range(60)
        ]
    )
    return unfilled


async def observations(db: Database, **window: Any) -> dict[str, Page]:
    """Return a page for each of the series."""
    return await find_observations(db, SERIES, None, None, Window(**window))


async def test_pages_of_many_lists_read_what_they_show(explained: Explained) -> None:
    """From the beginning, from the end, and from the middle: one item more for each list."""
    pages = await observations(explained.db, first=20)
    page = pages[SERIES[0]]
    middle = page.cursor(page.items[-1])
    for window in ({"first": 3}, {"last": 3}, {"first": 3, "after": middle}):
        await observations(explained.db, **window)
        [joined] = [stage for stage in await explained.stages() if "indexesUsed" in stage]
        assert joined["indexesUsed"] == ["series_1_at_-1__id_-1"]
        assert joined["totalDocsExamined"] <= (3 + 1) * len(SERIES), window


async def test_the_spaces_that_a_member_finds_come_in_order(explained: Explained) -> None:
    """Those that all find and those of the member come by an index, and none is sorted."""
    page = await find_spaces(explained.db, everything=False, mine=MINE, window=Window(first=5))
    assert len(page.items) == 5
    stages = await explained.stages()
    assert "SORT" not in [stage.get("stage") for stage in stages]
    assert sum(stage.get("docsExamined", 0) for stage in stages) <= 2 * (5 + 1)


async def test_a_member_finds_hidden_spaces_of_theirs(explained: Explained) -> None:
    """All that are not hidden, and of the hidden ones only their own."""
    mine = ["spc_2", "spc_3"]
    page = await find_spaces(explained.db, everything=False, mine=mine, window=Window(first=100))
    assert {item["_id"] for item in page.items} == {
        f"spc_{n}" for n in range(60) if n % 3 != 2 or n == 2
    }
    assert await page.count() == 41
