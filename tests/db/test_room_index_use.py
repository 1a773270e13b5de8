"""Signatures, news, rooms, polls and expenses come in the order of an index: nothing is sorted."""

from datetime import timedelta
from typing import Any

import pytest

from app.campaigning.audience import readable
from app.campaigning.tiers import NONE, level_of
from app.db import comments, events, expenses, polls, signatures, updates
from app.db.paging import Window
from tests.campaigning.seeking import NOON
from tests.db.explaining import Explained

MANY = 1_200
CAMPAIGNS = [f"cmp_{n}" for n in range(3)]
TEN = Window(first=10)
LEVELS = (NONE, level_of(2, ["READ_UPDATES"]))


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """Three campaigns of which each has much of everything."""
    db = unfilled.db
    await db["campaigns"].insert_many([{"_id": id, "space": "spc_one"} for id in CAMPAIGNS])
    for kind in ("signatures", "updates", "comments", "polls", "expenses"):
        await db[kind].insert_many([_thing(n) for n in range(MANY)])
    await db["events"].insert_many([_event(n) for n in range(1, MANY)])
    return unfilled


def _thing(n: int) -> dict[str, Any]:
    return {
        "_id": f"thing_{n}",
        "campaign": CAMPAIGNS[n % 3],
        "signer": f"usr_{n}",
        "state": "PENDING" if n % 4 else "VALIDATED",
        "area": f"area {n % 7}",
        "audience": "SUPPORTERS" if n % 2 else "ALL",
        "rank": 0,
        "public_at": None,
        "update": f"upd_{n % 60}",
        "closes_at": NOON,
        "created_at": NOON + timedelta(minutes=n),
    }


def _event(n: int) -> dict[str, Any]:
    id = CAMPAIGNS[n % 3]
    lies = {"subject": id, "within": f"upd_{n}"} if n % 5 == 0 else {"subject": "x", "within": id}
    return {"_id": n, "type": "x", "space": "spc_one", "at": NOON, "recorded_at": NOON, **lies}


async def examined(explained: Explained) -> int:
    """Return how much the last command read; nothing may be sorted in memory."""
    stages = await explained.stages()
    assert "SORT" not in [stage.get("stage") for stage in stages], stages
    return sum(stage.get("docsExamined", stage.get("totalDocsExamined", 0)) for stage in stages)


async def test_signatures_come_in_order_and_are_counted_from_an_index(
    explained: Explained,
) -> None:
    """Of one state and of several; and none is fetched in order to count areas."""
    for states in (["VALIDATED"], ["VALIDATED", "PENDING"]):
        await signatures.find_signatures(explained.db, "cmp_1", TEN, states=states)
        assert await examined(explained) <= 11 + len(states)
    counts = await signatures.count_by_area(explained.db, CAMPAIGNS, "VALIDATED")
    assert sum(sum(areas.values()) for areas in counts.values()) == MANY / 4
    assert await examined(explained) == 0


async def test_news_and_rooms_come_in_order(explained: Explained) -> None:
    """For each level, of one campaign and of several at once, and under one update."""
    for ids in (CAMPAIGNS[:1], CAMPAIGNS):
        for level in LEVELS:
            wanted = readable(level, NOON)
            await updates.find_updates(explained.db, ids, TEN, wanted)
            assert await examined(explained) <= 26 * len(ids)
        pages = await comments.find_comments(explained.db, ids, TEN, {"update": "upd_3"})
        assert len(pages["cmp_0"].items) == 10
        assert await examined(explained) <= 12 * len(ids)
        await polls.find_polls(explained.db, ids, TEN, {"closes_at": {"$lte": NOON}})
        assert await examined(explained) <= 12 * len(ids)
        await expenses.find_expenses(explained.db, ids, TEN)
        assert await examined(explained) <= 12 * len(ids)


async def test_what_happened_in_a_campaign_is_merged_from_two_indexes(
    explained: Explained,
) -> None:
    """What lies within it, and what lies within something of its own."""
    about = {"subject": "cmp_1", "within": {"$exists": True}}
    mine = {"$or": [{"within": "cmp_1"}, about]}
    span = {"_id": {"$gt": 100, "$lte": 1_100}}
    found = await events.list_page(explained.db, {"$and": [mine, span]}, descending=False, limit=20)
    assert [one["_id"] for one in found] == list(range(103, 163, 3))
    assert await examined(explained) <= 24
