"""Replies, points and expertise are read by indexes: of one thread or person, never of all."""

from datetime import datetime, timedelta

import pytest

from app.db.credits import count_merits, list_tallies
from app.db.expertise import find_expertise_page, list_expired, list_of_experts
from app.db.paging import Window
from app.db.replies import find_replies, list_sides
from tests.db.explaining import Explained

START = datetime(2026, 3, 1)
SPACE = "spc_0"
PEOPLE = [f"usr_{n}" for n in range(10)]
TOPICS = ("gout", "migraine")
THREADS = [f"thr_{n}" for n in range(5)]


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """A database in which ten people know, say and have earned much."""
    db = unfilled.db
    minutes = [START + timedelta(minutes=n) for n in range(200)]
    await db["threads"].insert_many(
        [{"_id": id, "space": SPACE, "visibility": "PUBLIC"} for id in THREADS]
    )
    await db["replies"].insert_many(
        [
            {
                "_id": f"rpl_{n}",
                "thread": THREADS[n % 5],
                "author": PEOPLE[n % 10],
                "side": "SEEKERS" if n % 10 else "EXPERTS",
                "created_at": at,
            }
            for n, at in enumerate(minutes)
        ]
    )
    await db["credits"].insert_many(
        [
            {
                "_id": f"crd_{n}",
                "space": SPACE,
                "person": PEOPLE[n % 10],
                "subject": TOPICS[n // 10 % 2],
                "act": "ADVICE_UP",
                "by": f"usr_{n}",
                "thread": THREADS[n % 5],
                "as_asker": False,
                "at": at,
                "undone_at": at if n % 40 == 0 else None,
            }
            for n, at in enumerate(minutes)
        ]
    )
    await db["expertise"].insert_many(
        [
            {
                "_id": f"exp_{n}",
                "space": SPACE,
                "person": PEOPLE[n % 10],
                "subject_folded": TOPICS[n // 10 % 2],
                "state": "VERIFIED" if n % 3 else "EXPIRED",
                "verified_until": at,
                "created_at": at,
            }
            for n, at in enumerate(minutes)
        ]
    )
    return unfilled


async def examined(explained: Explained) -> int:
    """Return how many documents the last command read by itself; nothing was sorted."""
    stages = await explained.stages()
    assert "SORT" not in [stage.get("stage") for stage in stages]
    return max(int(stage.get("docsExamined", 0)) for stage in stages)


async def test_a_page_of_replies_reads_what_it_shows(explained: Explained) -> None:
    """Of one thread, in the order of its index."""
    page = (await find_replies(explained.db, THREADS[:1], Window(first=5)))[THREADS[0]]
    assert [item["_id"] for item in page.items] == [f"rpl_{n}" for n in range(0, 25, 5)]
    assert await examined(explained) <= 5 + 1


async def test_whose_side_somebody_took_is_read_from_an_index_alone(explained: Explained) -> None:
    """However much they wrote in how many threads, no reply itself is looked at."""
    asked = [THREADS[0], THREADS[1], "thr_none"]
    assert await list_sides(explained.db, asked, PEOPLE[0]) == {THREADS[0]: "EXPERTS"}
    assert await examined(explained) == 0
    assert await list_sides(explained.db, asked, "nobody") == {}


async def test_the_points_of_an_adviser_are_counted_in_an_index_alone(explained: Explained) -> None:
    """However much somebody earned; what was undone counts for nothing."""
    counts = await count_merits(explained.db, SPACE, "gout", PEOPLE[0])
    assert counts == {(START.date(), "ADVICE_UP"): 5}
    assert await examined(explained) == 0


async def test_points_are_counted_from_what_one_person_earned(explained: Explained) -> None:
    """In one subject; what was undone is not read, and threads are looked up once a group."""
    [tally] = (await list_tallies(explained.db, SPACE, "gout", PEOPLE[:1])).values()
    assert sum(tally.counts.values()) == 5
    assert await examined(explained) <= 5
    seen = {"visibility": "PUBLIC"}
    [same] = (await list_tallies(explained.db, SPACE, "gout", PEOPLE[:1], seen=seen)).values()
    assert same == tally
    hidden = {"visibility": "PAIR"}
    [none] = (await list_tallies(explained.db, SPACE, "gout", PEOPLE[:1], seen=hidden)).values()
    assert (none.counts, none.givers) == ({}, set())


@pytest.mark.parametrize("where", [{}, {"subject_folded": "gout"}, {"person": "usr_3"}])
async def test_a_page_of_expertise_reads_what_it_shows(
    explained: Explained, where: dict[str, str]
) -> None:
    """Of a space, a subject or a person, newest first."""
    for revoked in (False, True):
        page = await find_expertise_page(
            explained.db, {"space": SPACE, **where}, Window(first=5), revoked=revoked
        )
        assert len(page.items) == 5
        assert await examined(explained) <= 5 + 1


async def test_experts_in_several_subjects_come_the_best_founded_first(
    explained: Explained,
) -> None:
    """The newest of those; whoever is no expert of the space is passed over."""
    await explained.db["memberships"].insert_many(
        [
            {"_id": f"mem_{n}", "user": person, "space": SPACE, "sides": ["EXPERTS"] * (n != 9)}
            for n, person in enumerate(PEOPLE)
        ]
    )
    found = await list_of_experts(explained.db, SPACE, list(TOPICS), 6)
    assert [one["_id"] for one in found] == [f"exp_{n}" for n in (197, 196, 194, 193, 191, 190)]
    assert "IXSCAN" in [stage.get("stage") for stage in await explained.stages()]


async def test_verifications_that_are_over_are_found_by_their_end(explained: Explained) -> None:
    """Those that are written as over already are passed by without being read."""
    found = await list_expired(explained.db, START + timedelta(minutes=9), 100)
    assert found == ["exp_1", "exp_2", "exp_4", "exp_5", "exp_7", "exp_8"]
    assert await examined(explained) <= len(found)
