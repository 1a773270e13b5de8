"""What the matchmaker reads of a long log and of many postings is found by an index, in order."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db.match_events import list_bars, list_posted, list_told
from app.db.messages import find_messages
from app.db.paging import Window
from app.db.pairing import count_between, find_pairable, list_crowded
from tests.db.explaining import Explained
from tests.matching.postings import posting

AT = datetime(2026, 3, 1)
TYPES = ["match.proposed", "offer.created", "alert.opened", "thread.asked"]
LONG = 2_000


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """A log of which little concerns anybody, needs of which few are waited for, and messages."""
    db = unfilled.db
    await db["events"].insert_many([_event(n) for n in range(1, LONG)])
    await db["needs"].insert_many([_need(n) for n in range(LONG)])
    messages = [{"_id": f"msg_{n}", "match": f"mat_{n % 3}", "number": n} for n in range(900)]
    await db["messages"].insert_many(messages)
    return unfilled


def _event(number: int) -> dict[str, Any]:
    type = TYPES[number % len(TYPES)]
    event = {"_id": number, "type": type, "space": f"spc_{number % 5}", "subject": f"s{number}"}
    within = {} if type.startswith("alert") else {"within": f"mat_{number}"}
    return {**event, **within, "at": AT, "recorded_at": AT, "to": [f"usr_{number % 48}"]}


def _need(number: int) -> Any:
    traits: dict[str, Any] = {"area": None, "category": "care/", "skills": []}
    return posting(
        f"ned_{number:05}",
        owner=f"usr_{number % 500}",
        space=f"spc_{number % 5}",
        created_at=AT + timedelta(minutes=number),
        status="WITHDRAWN" if number % 2 else "OPEN",
        notify_above=0.5 if number % 20 == 0 else None,
        traits=traits,
    )


async def read(explained: Explained) -> tuple[int, set[str]]:
    """Return how much the last command read, and by which indexes; nothing may be sorted."""
    stages = await explained.stages()
    assert "SORT" not in [stage.get("stage") for stage in stages]
    names = {stage["indexName"] for stage in stages if "indexName" in stage}
    return sum(stage.get("docsExamined", 0) for stage in stages), names


async def test_what_concerns_a_person_is_found_at_once(explained: Explained) -> None:
    """Of the log, hardly more is read than is told; of the needs, those alone that wait."""
    told = await list_told(explained.db, "usr_0", 100, upto=LONG - 100, limit=10)
    assert len(told) == 10
    assert await read(explained) == (10, {"to_1__id_1"})
    posted = await list_posted(explained.db, ["spc_1", "spc_2"], 100, upto=LONG, limit=20)
    assert [event["_id"] for event in posted] == sorted(event["_id"] for event in posted)
    assert await read(explained) == (20, {"space_1_type_1__id_1"})
    people = [f"usr_{n}" for n in range(100)]
    bars = await list_bars(explained.db, "needs", people, ["spc_0"])
    assert {bar["notify_above"] for bar in bars} == {0.5}
    examined, names = await read(explained)
    assert names == {"owner_1_space_1"}
    assert examined <= LONG / 20


async def test_lists_come_in_their_order(explained: Explained) -> None:
    """A page of what there is to pair, and of what two wrote, from the beginning and further."""
    after = None
    for _ in range(2):
        page = await find_pairable(explained.db, "needs", "spc_0", AT, after)
        assert len(page.items) == 100
        examined, names = await read(explained)
        assert names == {"space_1__id_1"}
        assert examined <= 102
        after = page.cursor(page.items[-1])
    after = None
    for _ in range(3):
        page = await find_messages(explained.db, "mat_1", Window(first=100, after=after))
        examined, names = await read(explained)
        assert names == {"match_1_number_1__id_1"}
        assert examined <= 2 * 100 + 1  # which of two ways is shorter, the database tries out
        after = page.cursor(page.items[-1])


async def test_between_whom_much_is_open_is_found_at_once(
    explained: Explained,
) -> None:
    """Whoever of two needs; what they had in other states before is not read."""
    open_between = {
        ("ada", "ben"): 4, ("ben", "ada"): 6, ("cleo", "ada"): 10, ("ada", "cleo"): 2,
        ("dora", "ben"): 8, ("ada", "dora"): 6, ("dora", "ada"): 2,
    }  # fmt: skip
    matches = [
        {"need_owner": need, "offer_owner": offer, "state": state}
        for (need, offer), count in open_between.items()
        for state in ["COMPLETED"] * 100 + ["PROPOSED", "ACCEPTED_BY_ONE"] * (count // 2)
    ]
    numbered = ({"_id": n, "need": n, "offer": n, **one} for n, one in enumerate(matches))
    await explained.db["matches"].insert_many(list(numbered))
    people = ["ada", "ben", "cleo", "dora", "eve"]
    crowded = await list_crowded(explained.db, people, 10)
    assert crowded == {("ben", "ada"), ("cleo", "ada")}
    assert await read(explained) == (10 + 12 + 8 + 8, {"need_owner_1_offer_owner_1"})
    assert await list_crowded(explained.db, ["ada", "dora", "eve"], 10) == set()
    assert await count_between(explained.db, []) == {}
