"""Lists and searches of threads read hardly more than is seen, however much there is beside it."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from app.broking.visibility import Look, Onlooker, look
from app.broking.words import Tier
from app.db.client import Database
from app.db.paging import Window
from app.db.threads import find_threads, list_by_grams, list_by_words
from app.resolvers.broking import seen_by
from app.resolvers.thread_content import derived
from app.text import grams_filter, read_query
from tests.broking.threads import thread
from tests.db.explaining import Explained

START = datetime(2026, 3, 1)
HERE = frozenset({"spc_one"})
# One in 40 is for the space or for all; the others are for pairs of strangers.
COUNT, SEEN_EVERY = 800, 40
LOOKERS = {
    "nobody known": Onlooker(),
    "a stranger": Onlooker("dev"),
    "a seeker": Onlooker("dev", seeks_in=HERE),
    "an expert": Onlooker("dev", seeks_in=HERE, expert_in=HERE),
    "a moderator": Onlooker("dev", seeks_in=HERE, moderates=HERE),
    "the operator": Onlooker("dev", is_operator=True),
}


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """A space in which most threads are hidden from everybody who looks."""
    some: Any = thread()
    said = some | derived(some)
    await unfilled.db["threads"].insert_many(
        [
            {
                **said,
                "_id": f"thr_{n}",
                "asker": f"usr_{n % 50}",
                "visibility": "PAIR" if n % SEEN_EVERY else ("PUBLIC", "SPACE")[n % 3 == 0],
                "invited": [f"usr_{n % 70}"],
                "created_at": START + timedelta(minutes=n),
            }
            for n in range(COUNT)
        ]
    )
    return unfilled


def seen(looker: Onlooker) -> dict[str, Any]:
    """Return the filter of what somebody sees in the space."""
    return seen_by(looker, "spc_one")


async def examined(explained: Explained) -> int:
    """Return how many documents the last command looked at."""
    stages = await explained.stages()
    assert not any(stage.get("stage") == "COLLSCAN" for stage in stages)
    return sum(stage.get("docsExamined", 0) for stage in stages)


async def test_fewer_ways_lead_to_the_same_threads(db: Database) -> None:
    """For every combination of standings, here and elsewhere, just what the judgement shows."""
    grid = product(
        ["spc_one", "spc_two"], Tier, ["OPEN", "WITHDRAWN"], [[], ["ben"]], [None, START]
    )
    some: Any = thread()
    threads: list[Any] = [
        some
        | {"_id": f"thr_{n}", "space": space, "visibility": tier.value, "state": state}
        | {"invited": invited, "escalated_at": at}
        for n, (space, tier, state, invited, at) in enumerate(grid)
    ]
    await db["threads"].insert_many([dict(one) for one in threads])
    where = [frozenset[str](), HERE, frozenset({"spc_two"}), HERE | {"spc_two"}]
    standings = product(["ana", "ben", "dev"], [False, True], where, where, where)
    for looker in (Onlooker(), *(Onlooker(*standing) for standing in standings)):
        found = {one["_id"] async for one in db["threads"].find(seen(looker), {"_id": 1})}
        assert found == {
            one["_id"]
            for one in threads
            if one["space"] == "spc_one" and look(one, looker) is not Look.ABSENT
        }, looker


async def test_a_list_passes_over_what_is_hidden(explained: Explained) -> None:
    """For every kind of viewer there is an index to what they see."""
    for name, looker in LOOKERS.items():
        page = await find_threads(explained.db, seen(looker), Window(first=5))
        assert [one["visibility"] for one in page.items] != [], name
        assert await examined(explained) <= COUNT / 10, name


async def test_ones_own_threads_are_found_at_once(explained: Explained) -> None:
    """And so is what belongs to a subject or bears a tag."""
    looker = Onlooker("usr_7", seeks_in=HERE)
    mine = {"$and": [seen(looker), {"asker": "usr_7"}]}
    page = await find_threads(explained.db, mine, Window(first=5))
    assert len(page.items) == 5
    assert await examined(explained) <= 2 * 6
    for about in ({"subject_folded": "knee"}, {"tags_folded": "knee"}):
        rare = {"$and": [seen(LOOKERS["an expert"]), about]}
        assert (await find_threads(explained.db, rare, Window(first=5))).items == []
        assert await examined(explained) == 0


async def test_a_search_by_beginnings_uses_its_index(explained: Explained) -> None:
    """A word that is nowhere costs nothing, and hidden threads need not be opened."""
    for text, most in (("knee", 0), ("zig", COUNT / 10)):
        grams = grams_filter(read_query(text)) or {}
        await list_by_grams(explained.db, seen(LOOKERS["a seeker"]), grams, 20)
        assert await examined(explained) <= most


async def test_a_search_by_words_stays_in_its_space(explained: Explained) -> None:
    """The text index begins with the space: what others ask elsewhere costs nothing."""
    elsewhere = seen_by(Onlooker(), "spc_two")
    assert await list_by_words(explained.db, elsewhere, "zigzags", "english", 20) == {}
    assert await examined(explained) == 0
    found = await list_by_words(explained.db, seen(Onlooker()), "zigzag", "english", 20)
    assert 0 < len(found) <= COUNT / SEEN_EVERY
