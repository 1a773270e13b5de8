"""Lists of threads: filters that mean the same everywhere, pages, and fields by themselves."""

import random
from datetime import timedelta
from typing import Any

import pytest

from app.broking.states import State
from app.broking.words import Kind
from app.db.client import Database
from app.resolvers.thread_content import derived
from app.resolvers.thread_filter import ThreadFilter
from tests.api import World
from tests.broking.threads import START, thread
from tests.clinic import Clinic, open_clinic

LIST = """
query Q($space: ID!, $filter: ThreadFilterInput) {
  threads(space: $space, filter: $filter) { totalCount nodes { id } } }
"""
TIERS = ["PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR"]
FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "dcbs"),
    ({"kind": "CASE"}, "c"),
    ({"subject": "ÉPAULE"}, "cb"),
    ({"tags": ["gêne"]}, "db"),
    ({"tags": ["gene", "aura"]}, "d"),
    ({"states": ["CLOSED", "ANSWERED"]}, "b"),
    ({"states": []}, ""),
    ({"visibility": ["EXPERTS_ONLY"]}, "c"),
    ({"mine": True}, "dcb"),
    ({"unanswered": True, "mine": True}, "dc"),
    ({"since": "2026-03-01T12:00:02Z", "until": "2026-03-01T12:00:03Z"}, "c"),
]


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


async def test_a_list_is_filtered(clinic: Clinic) -> None:
    """Every part that is given holds, whatever case and accents; newest first, and counted."""
    clock: Any = clinic.world.clock
    names = {await clinic.asked("sam"): "s"}
    asked: dict[str, dict[str, Any]] = {
        "b": {"subject": "épaule", "tags": ["Gêne"], "state": "ANSWERED"},
        "c": {"subject": "Epaule", "facets": [], "tags": []},
        "d": {"tags": ["gene", "Aura"]},
    }
    for name, changes in asked.items():
        clock.turn(1)
        names[await clinic.asked(**changes)] = name
    for filter, expected in FILTERS:
        found = (await clinic["ana"].ask(LIST, space=clinic.space, filter=filter))["threads"]
        assert "".join(names[one["id"]] for one in found["nodes"]) == expected, filter
        assert found["totalCount"] == len(expected)


async def test_a_filter_means_the_same_in_a_query_and_in_a_stream(db: Database) -> None:
    """What the database finds is what the matcher says of each thread, for filters by chance."""
    chance = random.Random(20_260_301)  # noqa: S311 - no secret
    subjects, tags = ["Épaule", "epaule", "knee", ""], ["Aura", "aura", "gêne", "light"]
    threads: list[Any] = []
    for n in range(80):
        said: Any = {
            "_id": f"thr_{n}",
            "space": "spc_one",
            "kind": chance.choice(list(Kind)).value,
            "subject": chance.choice(subjects),
            "tags": chance.sample(tags, chance.randrange(3)),
            "state": chance.choice(list(State)).value,
            "visibility": chance.choice(TIERS),
            "asker": chance.choice(["ana", "ben"]),
            "created_at": START + timedelta(hours=chance.randrange(6)),
            "title": "t",
            "text": "x",
            "language": "en",
        }
        threads.append(thread(**(said | derived(said))))
    await db["threads"].insert_many([dict(one) for one in threads])
    for _ in range(150):
        filter = ThreadFilter(
            kind=chance.choice([None, "CASE"]),
            subject=chance.choice([None, *subjects]),
            tags=tuple(chance.sample(tags, chance.choice([0, 0, 1, 2]))),
            states=chance.choice([None, (), ("OPEN", "CLOSED")]),
            visibility=chance.choice([None, ("PUBLIC", "PAIR")]),
            asker=chance.choice([None, "ana"]),
            waiting=chance.random() < 0.3,
            since=chance.choice([None, START + timedelta(hours=2)]),
            until=chance.choice([None, START + timedelta(hours=4)]),
        )
        query = {"$and": [{"space": "spc_one"}, filter.query()]}
        found = {one["_id"] async for one in db["threads"].find(query)}
        assert found == {one["_id"] for one in threads if filter.matches(one)}, filter


async def test_lists_go_on_where_they_ended(clinic: Clinic) -> None:
    """Pages of one neither skip nor repeat."""
    ids = [await clinic.asked() for _ in range(3)]
    page = """query Q($space: ID!, $at: String) { threads(space: $space, first: 1, after: $at) {
      nodes { id } pageInfo { hasNextPage endCursor } } }"""
    seen, after = [], None
    while True:
        found = (await clinic["sam"].ask(page, space=clinic.space, at=after))["threads"]
        seen += [one["id"] for one in found["nodes"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == sorted(ids, reverse=True)


async def test_a_field_alone_is_the_same_as_with_others(clinic: Clinic) -> None:
    """What a field needs of its document is read, whichever fields are asked for beside it."""
    await clinic.asked(subject="knee")
    fields = [
        "asker { id }",
        "possible",
        "revisions { totalCount }",
        "route { rung dueAt }",
        "kind",
    ]
    whole = (
        f"query Q($space: ID!) {{ threads(space: $space) {{ nodes {{ {' '.join(fields)} }} }} }}"
    )
    for who in ("ana", "sam", "eva"):
        [expected] = (await clinic[who].ask(whole, space=clinic.space))["threads"]["nodes"]
        for field in fields:
            query = f"query Q($space: ID!) {{ threads(space: $space) {{ nodes {{ {field} }} }} }}"
            for _ in range(3):
                [found] = (await clinic[who].ask(query, space=clinic.space))["threads"]["nodes"]
                assert found == {field.split()[0]: expected[field.split()[0]]}


async def test_mine_is_for_those_who_are_signed_in(clinic: Clinic) -> None:
    """Nobody known has asked nothing."""
    said = await clinic["anonymous"].send(LIST, space=clinic.space, filter={"mine": True})
    assert said["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
