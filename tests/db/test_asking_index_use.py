"""Routing, invitations, consents and comparisons read hardly more than they give, by an index."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db.client import Database
from app.db.invitations import find_invitations
from app.db.paging import Window
from app.db.research import find_export_of, list_usable
from app.db.routes import list_due, list_experts
from app.db.similar import MOST_LOOKED_AT, MOST_TAKEN, list_sharing
from tests.db.explaining import Explained

START = datetime(2026, 3, 1)
SPACE = "spc_one"


def minute(n: int) -> datetime:
    """Return the instant so many minutes after the start."""
    return START + timedelta(minutes=n)


def _threads() -> list[dict[str, Any]]:
    return [
        {
            "_id": f"thr_{n:04}",
            "space": SPACE,
            "state": "OPEN" if n % 2 else "ANSWERED",
            "visibility": "SPACE",
            "subject_folded": "migraine",
            "invited": [f"usr_{n % 5}"],
            "accepted_reply": f"rpl_{n}",
            "ngrams": ["zigzag", f"rare{n}"],
            "route": {"due_at": minute(n) if n % 2 else None},
            "created_at": minute(n),
        }
        for n in range(1_200)
    ]


async def _fill(db: Database) -> None:
    people = [f"usr_{n}" for n in range(5)]
    await db["users"].insert_many(
        [{"_id": id, "email": id, "locale": "en", "suspended_at": None} for id in people]
    )
    await db["memberships"].insert_many(
        [{"_id": f"mem_{id}", "user": id, "space": SPACE, "sides": ["EXPERTS"]} for id in people]
    )
    await db["threads"].insert_many(_threads())
    await db["replies"].insert_many(
        [
            {
                "_id": f"rpl_{n}",
                "space": SPACE,
                "thread": f"thr_{n:04}",
                "author": f"usr_{n % 5}",
                "act": "ADVICE" if n % 3 else "CLARIFY",
                "created_at": minute(n),
            }
            for n in range(300)
        ]
    )
    await _fill_in_around(db)


async def _fill_in_around(db: Database) -> None:
    await db["invitations"].insert_many(
        [
            {
                "_id": f"inv_{n}",
                "thread": f"thr_{n:04}",
                "expert": f"usr_{n % 5}",
                "state": "PENDING" if n % 2 else "ACCEPTED",
                "created_at": minute(n),
            }
            for n in range(200)
        ]
    )
    await db["consents"].insert_many(
        [
            {
                "_id": f"con_{n}",
                "thread": f"thr_{n:04}",
                "space": SPACE,
                "purpose": "RESEARCH",
                "text_version": 1,
                "given_at": minute(n),
                "revoked_at": None if n % 2 else minute(n),
            }
            for n in range(200)
        ]
    )
    await db["exports"].insert_many(
        [
            {"_id": f"xpt_{n}", "cases": [{"handle": f"h{n}-{m}"} for m in range(9)]}
            for n in range(9)
        ]
    )


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """A database with many threads, and what comes with them."""
    await _fill(unfilled.db)
    return unfilled


async def looked_at(explained: Explained) -> int:
    """Return how many documents the last command has read; it must not have sorted any."""
    stages = await explained.stages()
    assert "SORT" not in [stage.get("stage") for stage in stages]
    return sum(stage.get("docsExamined", 0) for stage in stages)


async def test_due_threads_are_found_in_order_among_those_that_wait(explained: Explained) -> None:
    """As many as are asked for, the longest due first."""
    found = await list_due(explained.db, minute(900), 10)
    assert found == [f"thr_{n:04}" for n in range(1, 21, 2)]
    assert await looked_at(explained) <= 10


async def test_invitations_are_read_in_order(explained: Explained) -> None:
    """Of an expert, in one state or in all."""
    for state in (None, "PENDING"):
        page = await find_invitations(explained.db, "usr_1", state, Window(first=5))
        assert len(page.items) == 5
        assert await looked_at(explained) <= 5 + 1


async def test_cases_that_may_be_used_are_read_alone(explained: Explained) -> None:
    """What was taken back is not looked at; a handle leads to its export at once."""
    assert len(await list_usable(explained.db, SPACE, "RESEARCH", 1, 20)) == 20
    assert await looked_at(explained) <= 20
    found = await find_export_of(explained.db, "h4-7")
    assert found is not None
    assert found["cases"] == [{"handle": "h4-7"}]
    assert await looked_at(explained) == 1


async def test_experts_are_weighed_by_what_is_theirs(explained: Explained) -> None:
    """One command; each list of theirs by its own index."""
    people = ["usr_1", "usr_2", "usr_9"]
    found = await list_experts(explained.db, SPACE, people, "migraine", None)
    by_person = {one["user"]: one for one in found}
    assert by_person.keys() == {"usr_1", "usr_2"}
    assert by_person["usr_1"]["advised"] == by_person["usr_1"]["accepted"] == 40
    assert by_person["usr_1"]["load"] == 120
    used = [stage["indexesUsed"] for stage in await explained.stages() if "indexesUsed" in stage]
    names = {name for names in used for name in names}
    assert "author_1_space_1_act_1_created_at_-1" in names
    assert "space_1_invited_1_created_at_-1__id_-1" in names


async def test_a_common_word_brings_only_the_newest(explained: Explained) -> None:
    """Bounded for each word; a rare one brings what has it, however old."""
    found = await list_sharing(explained.db, SPACE, ["zigzag", "rare3"], {}, 1_000)
    assert found[0] == "thr_0003"
    assert len(found) == MOST_TAKEN + 1
    assert set(found[1:]) == {f"thr_{n:04}" for n in range(1_200 - MOST_TAKEN, 1_200)}
    oldest = {"_id": {"$lt": f"thr_{1_200 - MOST_LOOKED_AT:04}"}}
    assert await list_sharing(explained.db, SPACE, ["zigzag"], oldest, 1_000) == []
    assert await list_sharing(explained.db, SPACE, ["rare3"], oldest, 1_000) == ["thr_0003"]
    assert await list_sharing(explained.db, SPACE, [], oldest, 1_000) == []
