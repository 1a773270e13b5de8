"""Edits of entries: made at once, in conflict, reverted, merged; and what is told of them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.db.client import Database
from app.settings import Settings
from tests.api import Person, World, one_process
from tests.pool import (
    HISTORY,
    REVERT,
    contributed,
    edited,
    entry,
    facets,
    history,
    joined,
    merged,
    point,
    pool,
    read,
    reverted,
    set_rules,
    values,
)

EVENTS = """
query Q($id: ID!) { events(filter: {subject: $id}) { nodes { type actor } } }
"""


@pytest.fixture
async def owner(world: World) -> Person:
    """Somebody who owns a pool."""
    return await world.person("olga")


@pytest.fixture
async def ada(world: World) -> Person:
    """Somebody who contributes."""
    return await world.person("ada")


@pytest.fixture
async def bob(world: World) -> Person:
    """Somebody else who contributes."""
    return await world.person("bob")


@pytest.fixture
async def space(world: World, owner: Person) -> str:
    """A pool."""
    return await pool(world, owner)


@pytest.fixture
async def another(db: Database, settings: Settings, clock: Any) -> AsyncIterator[World]:
    """Another process of the same server."""
    async with one_process(db, settings, clock) as world:
        yield world


async def test_edits_made_at_once_go_together(
    world: World, space: str, ada: Person, bob: Person, another: World
) -> None:
    """Two people, by two processes, change all of one version at the same moment."""
    made = await entry(ada, space, facets=[])
    wanted: list[dict[str, Any]] = [
        {"title": "Grand café"},
        {"category": "food/bar"},
        {"place": point(50)},
        {"evidence": ["https://example.org"]},
        {"accuracyM": 4},
        *({"facets": facets(**{name: value})} for name, value in VALUES.items()),
    ]
    people = (ada, Person(another.engine, "bob", bob.token, bob.id))
    done = await asyncio.gather(
        *(edited(people[n % 2], made, **changes) for n, changes in enumerate(wanted))
    )
    assert {one["__typename"] for one in done} == {"PoolEntry"}
    assert sorted(one["version"] for one in done) == list(range(2, len(wanted) + 2))
    seen = await read(ada, made["id"])
    assert (seen["title"], seen["category"], seen["accuracyM"]) == ("Grand café", "food/bar", 4)
    assert (seen["place"], seen["evidence"]) == (point(50), ["https://example.org"])
    assert values(seen) == VALUES
    revisions = await history(ada, made["id"])
    assert [one["version"] for one in revisions] == list(range(len(wanted) + 1, 0, -1))
    assert all(len(set(one["changed"]) - {"observedAt"}) == 1 for one in revisions[:-1])
    told = (await ada.ask(EVENTS, id=made["id"]))["events"]["nodes"]
    assert sorted(one["type"] for one in told) == (
        ["entry.contributed"] + ["entry.edited"] * len(wanted)
    )


VALUES = {"WHEELCHAIR": "PARTLY", "BLIND": "SUITABLE", "STEPS": 3, "LIFT": True, "NOTE": "Ring."}


async def test_edits_of_the_same_conflict(space: str, ada: Person, bob: Person) -> None:
    """Of two that change the same facet to different values one is told, with the version now."""
    made = await entry(ada, space)
    done = await asyncio.gather(
        edited(ada, made, facets=facets(WHEELCHAIR="PARTLY"), title="A"),
        edited(bob, made, facets=facets(WHEELCHAIR="UNSUITABLE")),
    )
    kinds = sorted(one["__typename"] for one in done)
    assert kinds == ["Conflict", "PoolEntry"]
    [conflict] = [one for one in done if one["__typename"] == "Conflict"]
    assert (conflict["currentVersion"], conflict["paths"]) == (2, ["facets.WHEELCHAIR"])
    late = await edited(bob, made, title="B", accuracyM=1, facets=facets(WHEELCHAIR="UNKNOWN"))
    assert late["__typename"] == "Conflict"
    assert "facets.WHEELCHAIR" in late["paths"]
    now = await read(bob, made["id"])
    assert (await edited(bob, now, facets=facets(WHEELCHAIR="UNKNOWN")))["version"] == 3
    unheard = await edited(bob, made, version=99, title="B")
    assert (unheard["__typename"], unheard["currentVersion"]) == ("Conflict", 3)


async def test_an_edit_that_is_sent_again_changes_nothing(
    space: str, ada: Person, bob: Person
) -> None:
    """Nor does one that changes nothing; what both changed alike is no conflict."""
    made = await entry(ada, space)
    once = await edited(bob, made, facets=facets(WHEELCHAIR="PARTLY", STEPS=2))
    again = await edited(bob, made, facets=facets(WHEELCHAIR="PARTLY", STEPS=2))
    assert (once["version"], again["version"]) == (2, 2)
    assert (await edited(ada, again, title=again["title"]))["version"] == 2
    alike = await edited(ada, made, facets=facets(WHEELCHAIR="PARTLY"))
    assert (alike["version"], alike["facets"][0]["contributor"]) == (2, {"name": "bob"})


async def test_a_new_value_is_whose_who_gave_it(
    world: World, space: str, ada: Person, bob: Person
) -> None:
    """With when it was seen; the other values stay whose they were; null takes one away."""
    made = await entry(ada, space, facets=facets(WHEELCHAIR="SUITABLE", STEPS=0))
    world.clock.turn(3_600)  # type: ignore[attr-defined]
    seen = "2026-01-05T08:00:00.000Z"
    done = await edited(bob, made, facets=facets(STEPS=4), observedAt=seen, anonymous=True)
    by = {facet["name"]: facet["contributor"] for facet in done["facets"]}
    assert by == {"WHEELCHAIR": {"name": "ada"}, "STEPS": {"name": "bob"}}
    shown = await read(ada, made["id"])
    assert [facet["contributor"] for facet in shown["facets"]] == [{"name": "ada"}, None]
    assert [one["name"] for one in shown["contributors"]] == ["ada"]
    less = await edited(ada, done, facets=facets(WHEELCHAIR=None))
    assert values(less) == {"STEPS": 4}
    [last, middle, _] = await history(ada, made["id"])
    assert last["diff"] == [
        {"path": "observedAt", "before": last["diff"][0]["before"], "after": less["observedAt"]},
        {"path": "facets.WHEELCHAIR", "before": "SUITABLE", "after": None},
    ]
    assert (middle["by"], middle["changed"]) == (None, ["observedAt", "facets.STEPS"])
    cleared = await edited(ada, less, accuracyM=None)
    assert cleared["accuracyM"] is None


async def test_all_that_is_wrong_with_an_edit_is_told(
    world: World, space: str, ada: Person
) -> None:
    """By its path; nobody edits without being signed in; and what is not there is not found."""
    made = await entry(ada, space)
    wrong: dict[str, Any] = {"title": "", "facets": facets(STEPS=-1), "place": {"type": "Point"}}
    refused = await edited(ada, made, None, **wrong, summary="\x00")
    paths = [problem["path"] for problem in refused["problems"]]
    assert sorted(paths) == ["facets.0.value", "place.coordinates", "summary", "title"]
    assert (await edited(world.anonymous, made, title="B"))["__typename"] == "NotSignedIn"
    absent = {"id": "ent_absent", "version": 1}
    assert (await edited(ada, absent, title="B"))["__typename"] == "NotFound"
    given = {"toRevision": "erv_absent", "expectedVersion": 1}
    query = "mutation M($input: RevertEntryInput!) { revertEntry(input: $input) { __typename } }"
    assert (await ada.do(query, input=given))["__typename"] == "NotFound"


async def test_a_revert_brings_back_what_was_and_whose_it_was(
    world: World, space: str, ada: Person, bob: Person
) -> None:
    """All of it, in one version more; what was reverted can still be read."""
    made = await entry(ada, space, facets=facets(WHEELCHAIR="SUITABLE", NOTE="Ring."))
    bad = await edited(
        bob, made, title="SPAM", place=point(9_000), facets=facets(WHEELCHAIR=None, NOTE="Buy!")
    )
    back = await reverted(ada, bad, 1)
    assert back["version"] == 3
    same = ("title", "place", "point", "facets", "observedAt", "category", "state")
    assert {key: back[key] for key in same} == {key: made[key] for key in same}
    revisions = await history(world.anonymous, made["id"])
    assert [one["cause"] for one in revisions] == ["REVERTED", "EDITED", "CONTRIBUTED"]
    assert revisions[1]["diff"][0] == {"path": "title", "before": "Café Central", "after": "SPAM"}
    assert (await reverted(bob, back, 3))["version"] == 3
    late = await reverted(bob, bad, 2)
    assert (late["__typename"], late["currentVersion"]) == ("Conflict", 3)


async def test_a_revert_leaves_out_facets_that_the_pool_has_no_more(
    world: World, space: str, ada: Person
) -> None:
    """Else values would come back under which nothing is meant."""
    made = await entry(ada, space, facets=facets(WHEELCHAIR="SUITABLE", STEPS=50, LIFT=True))
    less = await edited(ada, made, facets=facets(WHEELCHAIR=None, STEPS=None, LIFT=None))
    kinds = [
        {"name": "STEPS", "kind": "NUMBER", "most": 10.0},
        {"name": "LIFT", "kind": "FLAG"},
    ]
    await set_rules(world, space, facets=kinds)
    back = await reverted(ada, less, 1)
    assert values(back) == {"LIFT": True}


async def test_a_merged_entry_leads_on(
    world: World, space: str, owner: Person, ada: Person, bob: Person
) -> None:
    """The other takes over what it lacks, with whose it was; both are told of; it can be undone."""
    await joined(world, space, bob)
    one = await entry(
        ada, space, facets=facets(WHEELCHAIR="PARTLY", STEPS=2), evidence=["https://a.example"]
    )
    other = await entry(owner, space, title="Central", evidence=["https://b.example"])
    stranger = await world.person("stu")
    refused = await merged(stranger, one, other)
    assert (refused["__typename"], refused["missing"]) == (
        "NotAllowed",
        "membership of the space or the operator of the server",
    )
    done = await merged(bob, one, other)
    assert (done["state"], done["mergedInto"], done["version"]) == (
        "MERGED",
        {"id": other["id"]},
        2,
    )
    old = await read(world.anonymous, one["id"])
    assert (old["state"], old["mergedInto"]) == ("MERGED", {"id": other["id"]})
    into = await read(world.anonymous, other["id"])
    assert values(into) == {"WHEELCHAIR": "SUITABLE", "STEPS": 2}
    assert into["facets"][1]["contributor"] == {"name": "ada"}
    assert [person["name"] for person in into["contributors"]] == ["olga", "ada"]
    assert into["evidence"] == ["https://b.example", "https://a.example"]
    for id in (one["id"], other["id"]):
        told = (await ada.ask(EVENTS, id=id))["events"]["nodes"]
        assert {"type": "entry.merged", "actor": bob.id} in told
    assert (await merged(bob, one, other))["version"] == 2
    assert (await edited(ada, done, title="B"))["found"] == "MERGED"
    third = await entry(ada, space, title="Third")
    assert (await merged(bob, done, third))["found"] == "MERGED"
    assert (await merged(bob, third, done))["problems"][0]["path"] == "into"
    back = await reverted(ada, old, 1)
    assert (back["state"], back["mergedInto"]) == ("PUBLISHED", None)


async def test_two_merges_at_once_make_no_ring(
    world: World, space: str, owner: Person, ada: Person, another: World
) -> None:
    """Of two entries that two processes merge into each other at the same moment one stays."""
    one, other = await entry(owner, space), await entry(owner, space)
    far = Person(another.engine, "olga", owner.token, owner.id)
    done = await asyncio.gather(merged(owner, one, other), merged(far, other, one))
    states = {(await read(ada, id))["state"] for id in (one["id"], other["id"])}
    assert states == {"MERGED", "PUBLISHED"}
    assert sorted(made["__typename"] for made in done) in (
        ["InvalidInput", "PoolEntry"],
        ["PoolEntry", "WrongState"],
    )
    elsewhere = await entry(owner, await pool(world, owner))
    refused = await merged(owner, elsewhere, one)
    assert refused["problems"][0]["path"] == "into"


# What comes of editing, of reverting and of merging an entry that stands so.
POSSIBLE = {
    "PUBLISHED": ("PUBLISHED", "PUBLISHED", "MERGED"),
    "DISPUTED": ("PUBLISHED", "PUBLISHED", "MERGED"),
    "STALE": ("PUBLISHED", "PUBLISHED", "MERGED"),
    "GONE": ("GONE", "PUBLISHED", "MERGED"),
    "MERGED": ("WrongState", "PUBLISHED", "WrongState"),
}


async def test_what_is_possible_in_which_state(world: World, space: str, owner: Person) -> None:
    """The table of states, as far as edits, reverts and merges go."""
    other = await entry(owner, space, title="Another")
    for state, wanted in POSSIBLE.items():

        async def one(state: str = state) -> dict[str, Any]:
            made = await edited(owner, await entry(owner, space), title="Other")
            await world.db["entries"].update_one({"_id": made["id"]}, {"$set": {"state": state}})
            return made

        done = (
            await edited(owner, await one(), title="Third"),
            await reverted(owner, await one(), 1),
            await merged(owner, await one(), other),
        )
        assert tuple(made.get("state", made["__typename"]) for made in done) == wanted, state


async def test_history_comes_in_pages(space: str, ada: Person) -> None:
    """The latest first, each once; and each revision is a node of its own."""
    made = await entry(ada, space)
    for n in range(4):
        made = await edited(ada, made, title=f"Title {n}")
    seen: list[int] = []
    after = None
    while True:
        found = await ada.ask(HISTORY, id=made["id"], first=2, after=after)
        page = found["poolEntry"]["revisions"]
        assert page["totalCount"] == 5
        seen += [one["version"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [5, 4, 3, 2, 1]
    [latest, *_] = page["nodes"]
    query = "query Q($id: ID!) { node(id: $id) { ... on EntryRevision { version entry { id } } } }"
    found = await ada.ask(query, id=latest["id"])
    assert found["node"] == {"version": 1, "entry": {"id": made["id"]}}


async def test_first_time_and_anonymous_writing_waits_for_a_patrol(
    world: World, space: str, owner: Person, ada: Person
) -> None:
    """Not what moderators write, nor what known people do under their names."""

    async def is_patrolled(made: dict[str, Any]) -> bool:
        stored: Any = await world.db["entries"].find_one({"_id": made["id"]})
        patrolled: bool = stored["patrolled"]
        return patrolled

    assert not await is_patrolled(await entry(ada, space))
    known = await entry(ada, space)
    assert await is_patrolled(known)
    assert await is_patrolled(await edited(ada, known, title="B"))
    hidden = await edited(ada, known, category="food/bar", anonymous=True)
    assert not await is_patrolled(hidden)
    assert await is_patrolled(await entry(owner, space))
    await set_rules(world, space, patrol=False)
    assert await is_patrolled(await contributed(await world.person("new"), space, title="Zoo"))


async def test_what_was_taken_out_of_sight_stays_so_in_history(
    world: World, space: str, owner: Person, ada: Person, bob: Person
) -> None:
    """What a moderator takes out of a hidden entry is read and brought back by nobody else."""
    made = await entry(ada, space, summary="New.")
    bad = await edited(bob, made, facets=facets(NOTE="Call Eva, 555 123."), summary="Eva!")
    worse = await edited(bob, bad, title="Central")
    await world.db["entries"].update_one({"_id": made["id"]}, {"$set": {"state": "HIDDEN"}})
    cleaned = await edited(owner, worse, facets=facets(NOTE=None))
    assert (cleaned["state"], cleaned["version"]) == ("HIDDEN", 4)
    await world.db["entries"].update_one({"_id": made["id"]}, {"$set": {"state": "PUBLISHED"}})
    told = {one["version"]: one for one in await history(ada, made["id"])}
    assert {n: one["diff"] is None for n, one in told.items()} == {
        4: True,
        3: True,
        2: True,
        1: False,
    }
    assert [told[n]["summary"] for n in (1, 2, 4)] == ["New.", None, ""]
    for id in (told[2]["id"], told[3]["id"]):
        given = {"toRevision": id, "expectedVersion": 4}
        assert (await ada.do(REVERT, input=given))["__typename"] == "NotAllowed"
    for one in await history(owner, made["id"]):
        assert one["diff"] is not None
    seen = world.db["entry_revisions"].find({"entry": made["id"], "matched.state": "HIDDEN"})
    assert sorted([one["version"] async for one in seen]) == [2, 3, 4]
    assert values(await reverted(ada, cleaned, 1)) == {"WHEELCHAIR": "SUITABLE"}
