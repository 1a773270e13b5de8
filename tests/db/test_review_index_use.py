"""What reviews and matches say of a person is read by indexes: of theirs, not of all there is."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db.paging import Window
from app.db.reliability import list_ended
from app.db.reports import find_reports
from app.db.reviews import find_reviews_of, list_due_envelopes, list_evidence, list_ties
from app.db.standings import list_fading, list_standings, standing_id
from tests.db.explaining import Explained

START = datetime(2026, 3, 1)
SPACE = "spc_0"
PEOPLE = [f"usr_{n}" for n in range(20)]


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """A database in which twenty people have reviewed each other."""
    pairs = [(one, other) for one in PEOPLE for other in PEOPLE if one != other]
    for collection, make in MADE.items():
        await unfilled.db[collection].insert_many([make(n, *pair) for n, pair in enumerate(pairs)])
    return unfilled


def review(n: int, one: str, other: str) -> dict[str, Any]:
    """Return a review; every second one is hidden."""
    at = START + timedelta(minutes=n)
    shown = at if n % 2 else None
    return {
        "_id": f"rev_{n}", "match": f"mat_{n}", "side": "NEED", "space": SPACE, "reviewer": one,
        "subject": other, "written_at": at, "shown_at": shown,
    }  # fmt: skip


def match(n: int, one: str, other: str) -> dict[str, Any]:
    """Return a match that has ended, or has not."""
    ended = START + timedelta(minutes=n) if n % 2 else None
    return {
        "_id": f"mat_{n}", "space": SPACE, "need": f"ned_{n}", "offer": f"off_{n}",
        "need_owner": one, "offer_owner": other, "ended_at": ended,
    }  # fmt: skip


def report(n: int, one: str, other: str) -> dict[str, Any]:
    """Return a report."""
    at = START + timedelta(minutes=n)
    return {"_id": f"rep_{n}", "space": SPACE, "about": [one, other], "created_at": at}


def envelope(n: int, _one: str, _other: str) -> dict[str, Any]:
    """Return an envelope."""
    return {"_id": f"mat_{n}", "opens_at": START + timedelta(minutes=n)}


def standing(n: int, _one: str, _other: str) -> dict[str, Any]:
    """Return a standing; every second one does not fade."""
    due = START + timedelta(minutes=n) if n % 2 else None
    known = {"trust": 0.5, "verified": False, "reputation": []}
    return {"_id": standing_id(SPACE, f"usr_{n}"), "user": f"usr_{n}", "due_at": due, **known}


MADE = {
    "reviews": review,
    "matches": match,
    "reports": report,
    "envelopes": envelope,
    "standings": standing,
}


async def test_reviews_of_a_person_come_in_the_order_of_an_index(explained: Explained) -> None:
    """For the anonymous and for a person, from the beginning and the end, and nothing is sorted."""
    for viewer in (None, "usr_7"):
        for window in (Window(first=3), Window(last=3)):
            page = await find_reviews_of(explained.db, SPACE, "usr_3", viewer, window)
            assert len(page.items) == 3
            await read_in_order(explained, most=2 * (3 + 1) + 2)


async def test_evidence_comes_in_the_order_of_an_index(explained: Explained) -> None:
    """The reviews of one person among many are read, and no others."""
    assert len(await list_evidence(explained.db, SPACE, "usr_3")) == 9
    await read_in_order(explained, most=19)
    await list_ties(explained.db, SPACE, ["usr_3", "usr_4"])
    await read_in_order(explained, most=4 * 19)


async def test_how_matches_ended_comes_in_the_order_of_an_index(explained: Explained) -> None:
    """Those that have not ended are not read."""
    ended = await list_ended(explained.db, SPACE, "usr_3", START + timedelta(days=1))
    await read_in_order(explained, most=len(ended))


async def test_reports_come_in_the_order_of_an_index(explained: Explained) -> None:
    """Newest first, without those about who asks."""
    page = await find_reports(explained.db, SPACE, Window(first=5), judge="usr_9")
    assert len(page.items) == 5
    await read_in_order(explained, most=19 * 3)


async def test_what_is_due_is_all_that_is_read(explained: Explained) -> None:
    """Chores that find nothing read nothing."""
    at = START + timedelta(minutes=9)
    assert len(await list_due_envelopes(explained.db, at, 100)) == 10
    await read_in_order(explained, most=10)
    assert len(await list_fading(explained.db, at, 100)) == 5
    await read_in_order(explained, most=5)
    assert await list_due_envelopes(explained.db, START - timedelta(days=1), 100) == []
    await read_in_order(explained, most=0)


async def test_standings_are_read_by_identifier(explained: Explained) -> None:
    """A thousand people asked for take no more than those that are known."""
    asked = [f"usr_{n}" for n in range(300, 1_300)]
    assert len(await list_standings(explained.db, SPACE, asked)) == 80
    await read_in_order(explained, most=80)


async def read_in_order(explained: Explained, most: int) -> None:
    """Say that the last command sorted nothing, and read so many documents at most."""
    stages = await explained.stages()
    assert "SORT" not in [stage.get("stage") for stage in stages]
    assert max(stage.get("docsExamined", 0) for stage in stages) <= most
