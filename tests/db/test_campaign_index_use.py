"""Campaigns and what they were given are listed in the order of an index: nothing is sorted."""

from datetime import timedelta
from typing import Any

import pytest

from app.campaigning.filters import CampaignFilter, Onlooker
from app.db.campaigns import ENDING_SOON, NEWEST, PROGRESS, find_campaigns
from app.db.contributions import find_page_of_supporter, find_pages_below, list_unsettled
from app.db.ledger import find_entries, list_days
from app.db.paging import EPOCH, Order, Window
from app.db.writing import Writing, write
from tests.campaigning.seeking import NOON, campaign, contribution, day
from tests.db.explaining import Explained

MANY = 1_200
STATES = ["OPEN", "SUCCEEDED", "FAILED", "FULFILLING", "FULFILLED", "DRAFT", "CANCELLED"]
COUNTED = ["CONFIRMED", "CAPTURED", "DELIVERED", "ACKNOWLEDGED"]
CAMPAIGNS = [f"cmp_{n:03}" for n in range(5)]
SEES_ALL = Onlooker(moderates=True)


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """A space of many campaigns, and five of which each was given much."""
    db = unfilled.db
    await db["campaigns"].insert_many([_campaign(n) for n in range(MANY)])
    await db["contributions"].insert_many([_contribution(n) for n in range(MANY)])
    await db["ledger"].insert_many([_entry(n) for n in range(MANY)])
    return unfilled


def _campaign(n: int) -> Any:
    state = STATES[n % len(STATES)]
    return campaign(
        _id=f"cmp_{n:03}",
        space=f"spc_{n % 2}",
        owner=f"usr_{n % 50}",
        state=state,
        opened_at=None if state == "DRAFT" else NOON,
        created_at=NOON + timedelta(minutes=n),
        deadline=None if n % 3 == 0 else day(n % 60),
        share=n % 17 / 10,
    )


def _contribution(n: int) -> Any:
    return contribution(
        100,
        _id=f"ctb_{n:03}",
        campaign=CAMPAIGNS[n % 5],
        supporter=f"usr_{n % 40}",
        state="CANCELLED" if n % 4 == 0 else "CONFIRMED",
        created_at=NOON + timedelta(minutes=n),
    )


def _entry(n: int) -> Any:
    accounts = {"debit": "provider:HELD", "credit": "supporter:OWN"}
    kind = {"campaign": CAMPAIGNS[n % 5], "kind": "MONEY", "amount": 100}
    return {"_id": n * 1_000, **kind, **accounts, "at": day(-n / 10)}


async def examined(explained: Explained) -> int:
    """Return how much the last command read; nothing may be sorted in memory."""
    stages = await explained.stages()
    assert "SORT" not in [stage.get("stage") for stage in stages], stages
    return sum(stage.get("docsExamined", stage.get("totalDocsExamined", 0)) for stage in stages)


@pytest.mark.parametrize("order", [NEWEST, ENDING_SOON, PROGRESS], ids=lambda order: order.field)
async def test_the_campaigns_of_a_space_come_in_order(explained: Explained, order: Order) -> None:
    """On the first page as on the next, and for who sees all as for who has some of their own."""
    states = ["OPEN"] if order is ENDING_SOON else None
    wanted = CampaignFilter("spc_0", states=states, ends_from=EPOCH if states else None)
    first = await find_campaigns(explained.db, wanted.query(SEES_ALL), order, Window(first=40))
    assert await examined(explained) <= 2 * 41
    window = Window(first=10, after=first.cursor(first.items[-1]))
    second = await find_campaigns(explained.db, wanted.query(SEES_ALL), order, window)
    assert await examined(explained) <= 2 * 11
    found = [one[order.field] for one in first.items + second.items]
    assert found == sorted(found, reverse=order.descending)
    assert len({one["_id"] for one in first.items + second.items}) == 50
    theirs = CampaignFilter("spc_0", states=STATES, ends_from=wanted.ends_from)
    await find_campaigns(explained.db, theirs.query(Onlooker("usr_2")), order, Window(first=10))
    assert await examined(explained) <= 2 * 11


async def test_what_campaigns_were_given_comes_in_order(explained: Explained) -> None:
    """What counts, and all of it, of one campaign and of several at once; and of a person."""
    for states in (COUNTED, None):
        for ids in (CAMPAIGNS[:1], CAMPAIGNS):
            pages = await find_pages_below(explained.db, ids, Window(first=5), states=states)
            assert [len(page.items) for page in pages.values()] == [5] * len(ids)
            assert await examined(explained) <= (2 * 6 + 2) * len(ids), (states, ids)
    page = await find_page_of_supporter(explained.db, "usr_1", Window(first=5))
    assert len(page.items) == 5
    assert await examined(explained) == 6


async def test_what_is_asked_already_is_not_looked_at_again(explained: Explained) -> None:
    """To settle a campaign takes as long as is left of it, not as long as it is large."""
    db = explained.db
    wanted = {"campaign": "cmp_001", "_id": {"$gt": "ctb_1150"}}
    await db["contributions"].update_many({"campaign": "cmp_001"}, {"$set": {"asked": "RELEASE"}})
    await db["contributions"].update_many(wanted, {"$set": {"asked": None}})
    left = await db["contributions"].count_documents(wanted | {"state": "CONFIRMED"})

    async def work(writing: Writing) -> int:
        states = ["PLEDGED", "CONFIRMED", "CAPTURED"]
        found = await list_unsettled(writing, "cmp_001", states, 500, after="", before_round=None)
        return len(found)

    assert 0 < await write(db, NOON, work) == left < 200
    assert await examined(explained) <= 2 * left


async def test_of_the_ledger_only_what_is_wanted_is_read(explained: Explained) -> None:
    """A page in order; and the last days, summed up, of several campaigns at once."""
    pages = await find_entries(explained.db, CAMPAIGNS, Window(first=5))
    ids = [entry["_id"] for entry in pages["cmp_001"].items]
    assert ids == sorted(ids)
    assert await examined(explained) <= 6 * 5 + 5
    days = await list_days(explained.db, CAMPAIGNS, {"provider:HELD"}, NOON, 7)
    assert sum(days["cmp_001", "MONEY"].values()) == 100 * 14
    stages = [
        one for one in await explained.stages() if one.get("nReturned") and "keysExamined" in one
    ]
    assert {(one["indexName"], one["nReturned"]) for one in stages} >= {("campaign_1_at_1", 70)}
