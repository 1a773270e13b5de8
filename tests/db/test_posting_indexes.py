"""Needs and offers are found by indexes: hardly more is read than is shown, or judged."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo import monitoring

from app.db.client import Database
from app.db.paging import Window
from app.db.postings import find_postings, list_candidates, list_due_postings, list_shown_exactly
from app.ids import derived_id
from app.regions import Box, Circle
from app.resolvers.posting_filters import Found, PostingFilter, traits
from app.settings import Settings
from tests.databases import Databases
from tests.matching.postings import place, posting

START = datetime(2026, 3, 1)
COUNT = 1_000
# What an explanation says of plans that were only thought of.
UNUSED = {"allPlansExecution", "queryPlanner"}
CATEGORY_NEAR = "space_1_kind_1_traits.category_1_traits.area_2dsphere"
NEAR = "space_1_kind_1_traits.area_2dsphere"
ALIKE = "space_1_kind_1_traits.area.type_1_traits.category_1_traits.skills_1"
CATEGORIES = [f"category {n}" for n in range(5)]


class Listener(monitoring.CommandListener):
    """Keeps the commands that read."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Keep a command."""
        if event.command_name in {"find", "aggregate"}:
            self.sent.append(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Keep nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Keep nothing."""


class Explained:
    """A database, and what it says of the commands that it was sent since."""

    def __init__(self, db: Database, listener: Listener) -> None:
        self.db = db
        self.listener = listener

    async def plans(self) -> list[tuple[set[str], int]]:
        """Return of each command which indexes it used, and how many documents it looked at."""
        kept = {"find", "filter", "hint", "sort", "limit", "projection", "aggregate", "pipeline"}
        plans, sent = [], list(self.listener.sent)
        self.listener.sent.clear()
        for command in sent:
            asked = {key: value for key, value in command.items() if key in kept}
            if "aggregate" in asked:
                asked["cursor"] = {}
            stages = list(_stages(await self.db.command("explain", asked)))
            used = {stage["indexName"] for stage in stages if "indexName" in stage}
            plans.append((used, sum(stage.get("docsExamined", 0) for stage in stages)))
        return plans


def _stages(said: Any) -> Iterator[dict[str, Any]]:
    """Yield the stages of the plans that won, as they were executed."""
    if isinstance(said, dict):
        if "stage" in said:
            yield said
        said = {key: part for key, part in said.items() if key not in UNUSED}
    for part in said.values() if isinstance(said, dict) else said:
        if isinstance(part, dict | list):
            yield from _stages(part)


def stored(kind: str, n: int, **changes: Any) -> Any:
    """Return a posting on a line of one kilometre each, all the way round."""
    made = (
        posting(
            f"{kind}_{n:04}",
            owner=f"usr_{n % 50}",
            category=CATEGORIES[n % 5],
            skills=[f"skill {n % 7}"],
            place=place(n / 100, 50.0),
            created_at=START + timedelta(minutes=n),
        )
        | changes
    )
    made["traits"] = traits(made["category"], made["skills"], made["place"], 1_000)
    return made


@pytest.fixture
async def explained(databases: Databases, settings: Settings) -> AsyncIterator[Explained]:
    """A database with many more offers than any page shows."""
    listener = Listener()
    async with databases.lend(settings.mongo_driver, listener) as db:
        await db["offers"].insert_many([stored("off", n) for n in range(COUNT)])
        listener.sent.clear()
        yield Explained(db, listener)


async def test_a_page_reads_what_it_shows(explained: Explained) -> None:
    """Of the whole space, and of a person's own: one more than is shown."""
    for found, index in (
        (Found(), "space_1_created_at_-1__id_-1"),
        (Found("usr_7"), "space_1_owner_1_created_at_-1__id_-1"),
    ):
        query = PostingFilter("spc_one").query(found)
        page = await find_postings(explained.db, "offers", query, Window(first=5))
        assert len(page.items) == 5
        assert await explained.plans() == [({index}, 6)]


async def test_a_circle_and_a_box_read_what_is_around(explained: Explained) -> None:
    """By the index of places, whose cells are a little wider than what is asked for."""
    circle = PostingFilter("spc_one", near=Circle(place(5.0, 50.0), 7_000.0))
    box = PostingFilter("spc_one", within=Box(4.95, 49.9, 5.05, 50.1))
    for filter in (circle, box):
        page = await find_postings(explained.db, "offers", filter.query(Found()), Window(first=50))
        assert 8 <= len(page.items) <= 25
        [(used, read)] = await explained.plans()
        assert used == {"space_1_traits.area_2dsphere"}
        assert read <= COUNT / 10


async def test_candidates_near_are_the_nearest_of_its_category_first(explained: Explained) -> None:
    """Where there are more than are wanted; of those without a place there is none."""
    need = stored("ned", 500)
    found = await list_candidates(explained.db, need, START, ["usr_49"], 10)
    assert [one["_id"] for one in found[:1]] == ["off_0500"]
    assert {one["_id"] for one in found[1:3]} == {"off_0495", "off_0505"}
    assert len(found) == 10
    assert "title" not in found[0]
    plans = dict(await named(explained))
    assert plans.keys() == {NEAR, CATEGORY_NEAR, ALIKE}
    assert max(plans.values()) <= 40
    assert plans[ALIKE] == 0


async def test_of_few_candidates_all_are_found_by_one_command(explained: Explained) -> None:
    """Within the need's own radius; and one more command for those without a place."""
    need = stored("ned", 500, radius_metres=1_500.0)
    found = await list_candidates(explained.db, need, START, [], 10)
    assert {"off_0499", "off_0500", "off_0501"} <= {one["_id"] for one in found}
    assert len(found) < 10
    assert sorted(index for index, _ in await named(explained)) == sorted([NEAR, ALIKE])


async def test_candidates_of_any_category_come_after_those_of_its_own(explained: Explained) -> None:
    """As many as are wanted in all, within the need's own radius."""
    need = stored("ned", 500, radius_metres=4_600.0)
    found = [one["_id"] for one in await list_candidates(explained.db, need, START, [], 10)]
    assert found[0] == "off_0500"
    assert set(found[1:3]) == {"off_0495", "off_0505"}
    assert set(found[3:]) <= {f"off_0{n}" for n in range(494, 507)} - set(found[:3])
    assert len(found) == 10
    plans = dict(await named(explained))
    assert plans.keys() == {CATEGORY_NEAR, NEAR, ALIKE}
    assert max(plans.values()) <= 60


async def test_candidates_without_a_place_are_alike(explained: Explained) -> None:
    """Those with a common skill first, then of the category, then any; no more than are wanted."""
    need = stored("ned", 3, place=None)
    found = await list_candidates(explained.db, need, START, [], 40)
    assert len(found) == 40
    assert all(one["category"] == "category 3" for one in found)
    assert sum(one["skills"] == ["skill 3"] for one in found) >= 28
    plans = await named(explained)
    assert {index for index, _ in plans} == {ALIKE}
    assert max(read for _, read in plans) <= 40 + 1


async def test_candidates_can_be_matched_as_far_as_the_database_can_tell(
    explained: Explained,
) -> None:
    """Not ended, over, full, at another time, of another kind or space, or of whom not to be."""
    db, soon = explained.db, START + timedelta(hours=1)
    later = {"starts_at": soon, "ends_at": soon + timedelta(hours=1)}
    need = stored("ned", 500, space="spc_two", windows=[later])
    before = {"starts_at": START, "ends_at": soon}
    unfit: list[dict[str, Any]] = [
        {"space": "spc_one"},
        {"kind": "ITEM"},
        {"status": "FULFILLED"},
        {"expires_at": START},
        {"taken": 1},
        {"owner": "usr_x"},
        {"windows": [before]},
    ]
    fit: list[dict[str, Any]] = [{}, {"expires_at": soon}, {"windows": [before, later]}]
    for where in (place(5.0, 50.0), None):
        await db["offers"].delete_many({})
        for n, changes in enumerate([*unfit, *fit]):
            offer = stored("off", n, space="spc_two", category="category 0", place=where)
            await db["offers"].insert_one(offer | changes)
        found = await list_candidates(db, need, START, ["usr_x"], 10)
        assert sorted(one["_id"] for one in found) == ["off_0007", "off_0008", "off_0009"]


async def test_what_is_due_and_what_is_shown_exactly_are_found_by_indexes(
    explained: Explained,
) -> None:
    """Neither looks at what it does not return."""
    db = explained.db
    for n, status in enumerate(("OPEN", "FULFILLED", "WITHDRAWN", "EXPIRED"), 1):
        over = {"expires_at": START, "status": status}
        await db["offers"].update_one({"_id": f"off_{n:04}"}, {"$set": over})
    assert await list_due_postings(db, START, 10) == ["off_0001", "off_0002"]
    assert sorted(read for _, read in await explained.plans()) == [0, 2]
    ids = [derived_id(kind, 1) for kind in ("needs", "offers")]
    await db["matches"].insert_many(
        [
            {"_id": "mat_1", "need": ids[0], "offer": "off_x", "offer_owner": "ben"}
            | {"need_owner": "ada", "state": "CONFIRMED"},
            {"_id": "mat_2", "need": "ned_x", "offer": ids[1], "need_owner": "ben"}
            | {"offer_owner": "ada", "state": "PROPOSED"},
        ]
    )
    assert await list_shown_exactly(db, "ben", ids, ["CONFIRMED"]) == {ids[0]}
    [(_, read)] = await explained.plans()
    assert read <= 2


async def named(explained: Explained) -> list[tuple[str, int]]:
    """Return the one index that each command used, and how much it read."""
    return [(", ".join(sorted(used)), read) for used, read in await explained.plans()]
