"""Limits of the pool: what takes too long, comes twice, comes at once, or says what was taken."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.db.bounded import TooMuch
from app.db.entries import NEWEST
from app.failures import InvalidInput
from app.resolvers import imports, pool_filters
from app.resolvers.pool_entries import FoundPage
from app.settings import Settings
from tests.agreeing import (
    SAID,
    moderator,
    moved,
    said,
    tapped,
    town,
)
from tests.api import World, at, second_server
from tests.clinic import FAILURES
from tests.conftest import TurnedClock
from tests.pool import (
    CONTRIBUTE,
    FACETS,
    contributed,
    edited,
    entry,
    facets,
    point,
    pool,
    read,
    set_rules,
)

IMPORT = f"""
mutation M($input: ImportEntriesInput!) {{ importEntries(input: $input) {{
  __typename
  ... on ImportReport {{ created skipped {{ line }} import {{ id rows created }} }}
  {FAILURES} }} }}
"""
UNDO = """
mutation M($id: ID!) { undoImport(id: $id) {
  __typename ... on Import { takenBack left undoneAt } ... on Error { message } } }
"""
FOUND = """
query Q($space: ID!, $filter: EntryFilterInput) {
  poolEntries(space: $space, filter: $filter) { liveCursor nodes { id } } }
"""
CHANGED = """
subscription S($space: ID, $filter: EntryFilterInput, $after: String) {
  poolChanged(space: $space, filter: $filter, after: $after) {
    ... on PoolChange { kind entryId } ... on Discontinuity { cause } } }
"""
LEAVE = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
ALIKE = "query Q($draft: EntryDraftInput!) { possibleDuplicates(draft: $draft) { score } }"
RULES = """
mutation M($input: UpdatePoolRulesInput!) { updatePoolRules(input: $input) { __typename } }
"""
EXPORT = "query Q($space: ID!) { exportEntries(space: $space, format: GEOJSON) { text } }"
EVENTS = """
query Q($space: ID!) { events(filter: {space: $space, types: ["import.done"]}) {
  totalCount nodes { type } } }
"""


def table(count: int, prefix: str = "n") -> str:
    """Return a file of so many places, not alike."""
    rows = (
        f"{prefix}{n},Place {prefix}{n},office,{4.1 + n / 500},{50.1 + n / 700},SUITABLE\n"
        for n in range(count)
    )
    return "id,title,category,longitude,latitude,WHEELCHAIR\n" + "".join(rows)


def file(space: str, text: str, **more: Any) -> dict[str, Any]:
    """Return the input of an import."""
    given = {"format": "CSV", "source": "S", "licence": "CC0-1.0"}
    return {"space": space, "text": text, **given, **more}


async def test_towers_of_marks_are_refused_before_they_are_looked_at(world: World) -> None:
    """Their normal form takes a time that grows with the square of their height."""
    space, owner = await town(world)
    tower = "a" + "\u0301\u0316" * 30_000
    draft = {"space": space, "title": tower, "category": "office", "place": point()}
    loop = asyncio.get_running_loop()
    begun = loop.time()
    answer = await world.anonymous.send(ALIKE, draft=draft)
    assert "Give 1 to 200 characters" in answer["errors"][0]["message"]
    done = await contributed(owner, space, summary=tower)
    assert done["__typename"] == "InvalidInput"
    assert loop.time() - begun < 2


async def test_what_was_taken_out_of_sight_is_in_no_confirmation_either(world: World) -> None:
    """What others said of a value says it too."""
    space, _ = await town(world)
    await set_rules(world, space, facets=FACETS)
    max_ = await moderator(world, space)
    [ada, ben] = await world.people("ada", "ben")
    one = await entry(ada, space, facets=facets(NOTE="Ask Mrs Secret", WHEELCHAIR="PARTLY"))
    await said(ben, one["id"], facet="NOTE")
    await said(ben, one["id"])
    hidden = await moved(max_, one["id"], "hideEntry")
    await edited(max_, hidden, facets=facets(NOTE=None))
    await moved(max_, one["id"], "restoreEntry")
    found = await world.anonymous.ask(SAID, id=one["id"])
    assert [node["value"] for node in found["poolEntry"]["confirmations"]["nodes"]] == ["PARTLY"]


async def test_files_that_come_at_once_come_in_once(world: World) -> None:
    """Those of one import all count, and the same file three times makes the same entries."""
    space, _ = await town(world)
    max_ = await moderator(world, space)
    begun = await max_.do(IMPORT, input=file(space, table(1)))
    id = begun["import"]["id"]
    await asyncio.gather(
        *(
            max_.do(IMPORT, input=file(space, table(3, prefix), continues=id))
            for prefix in ("a", "b", "c")
        )
    )
    await asyncio.gather(*(max_.do(IMPORT, input=file(space, table(5, "d"))) for _ in range(3)))
    assert await world.db["entries"].count_documents({"space": space}) == 10 + 5
    kept = await world.db["imports"].find_one({"_id": id})
    assert kept is not None
    assert (kept["rows"], kept["created"]) == (10, 10)


async def test_files_that_come_at_once_by_two_servers_come_in_once(
    world: World, settings: Settings
) -> None:
    """What one server brings the other one finds: by its own identifiers, or since it is alike."""
    space, _ = await town(world)
    here = await moderator(world, space)
    unnamed = "\n".join(line.partition(",")[2] for line in table(4, "u").splitlines())
    async with second_server(world, settings) as other:
        for n, text in enumerate((table(4, "a"), unnamed, table(4, "b"))):
            given = file(space, text, source=f"S{n}")
            asked = [one.do(IMPORT, input=given) for one in (here, at(other, here)) * 2]
            done = await asyncio.gather(*asked)
            assert sorted(one["created"] for one in done) == [0, 0, 0, 4]
            assert sorted(len(one["skipped"]) for one in done) == [0, 4, 4, 4]
    assert await world.db["entries"].count_documents({"space": space}) == 12


async def test_nothing_comes_into_an_import_that_is_being_undone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is undone first; an undoing that broke off goes on when it is asked for again."""
    space, _ = await town(world)
    max_ = await moderator(world, space)
    begun = await max_.do(IMPORT, input=file(space, table(3)))
    id = begun["import"]["id"]
    undo_page = imports._undo_page

    async def broken(*_: Any) -> Any:
        late = await max_.do(IMPORT, input=file(space, table(3, "z"), continues=id))
        assert late["__typename"] == "WrongState"
        raise RuntimeError

    monkeypatch.setattr(imports, "_undo_page", broken)
    assert (await max_.send(UNDO, id=id))["errors"]
    monkeypatch.setattr(imports, "_undo_page", undo_page)
    undone = await max_.do(UNDO, id=id)
    assert (undone["takenBack"], undone["left"]) == (3, 0)
    assert (await max_.do(UNDO, id=id))["message"] == "This import was undone before."


async def test_a_blurred_place_that_is_told_back_changes_nothing(world: World) -> None:
    """Who saw only about where it is may send all that they saw."""
    space, _ = await town(world)
    [ada, ben] = await world.people("ada", "ben")
    one = await entry(ada, space, category="nest", place=point(123, 77), accuracyM=5)
    seen = await read(ben, one["id"])
    told = {"place": seen["place"], "accuracyM": seen["accuracyM"]}
    await edited(ben, seen, title="Corrected", **told)
    after = await read(ada, one["id"])
    assert (after["title"], after["place"], after["accuracyM"]) == ("Corrected", one["place"], 5)
    await edited(ben, await read(ben, one["id"]), place=point(500, 500), accuracyM=None)
    after = await read(ada, one["id"])
    assert (after["place"], after["accuracyM"]) == (point(500, 500), None)


@pytest.mark.parametrize(
    "given",
    [
        {"place": {**point(), "coordinates": [4.3, 50.8, 10**30]}},
        {"place": {**point(), "coordinates": [4.3, 50.8, json.loads("[" * 260 + "]" * 260)]}},
        {"place": {**point(), "x": "\ud800"}},
        {"facets": facets(STEPS=2**70)},
    ],
)
async def test_what_has_no_place_in_an_entry_breaks_no_idempotency_key(
    world: World, given: dict[str, Any]
) -> None:
    """The key stands for what was read of the input."""
    space, owner = await town(world)
    whole = {"space": space, "title": "T", "category": "c", "place": point(), **given}
    answers = [
        await owner.send(CONTRIBUTE, input={**whole, "idempotencyKey": "k"}) for _ in range(2)
    ]
    first, second = (answer["data"]["contributeEntry"] for answer in answers)
    assert first["__typename"] in {"PoolEntry", "InvalidInput"}
    assert first.get("id") == second.get("id")


@pytest.mark.parametrize("test", [{"eq": 2**64}, {"in": [2**63]}, {"eq": -(2**70)}])
async def test_numbers_beyond_the_database_are_refused(world: World, test: dict[str, Any]) -> None:
    """They are longer than 64 bits."""
    space, owner = await town(world)
    asked = {"facets": [{"name": "STEPS", **test}]}
    answer = await owner.send(FOUND, space=space, filter=asked)
    assert "64 bits" in answer["errors"][0]["message"]


async def test_a_tap_makes_nobody_known_to_the_patrol(world: World) -> None:
    """What they write first is looked at still."""
    space, _ = await town(world)
    [ada, mal] = await world.people("ada", "mal")
    one = await entry(ada, space)
    await world.db["entries"].update_many({}, {"$set": {"patrolled": True}})
    await edited(mal, await tapped(mal, one["id"], "SUITABLE", "WHEELCHAIR"), title="Changed")
    kept = await world.db["entries"].find_one({"_id": one["id"]})
    assert kept is not None
    assert kept["title"] == "Changed"
    assert not kept["patrolled"]


async def test_rules_that_blur_reach_streams_and_files(world: World, clock: TurnedClock) -> None:
    """A file says so at once; who follows a place is told what has left it with the sweep."""
    owner = await world.person("olga")
    space = await pool(world, owner, sensitive_categories=[])
    one = await entry(owner, space, category="nest", place=point(123, 77), accuracyM=3)
    longitude, latitude = one["place"]["coordinates"]
    box = {
        "west": longitude - 1e-4,
        "east": longitude + 1e-4,
        "south": latitude - 1e-4,
        "north": latitude + 1e-4,
    }
    asked = {"space": space, "filter": {"withinBox": box}}
    cursor = (await world.anonymous.ask(FOUND, **asked))["poolEntries"]["liveCursor"]
    held = await world.db["spaces"].find_one({"_id": space})
    assert held is not None
    given = {"expectedVersion": held["version"], "sensitiveCategories": ["nest"]}
    await owner.do(RULES, input={"space": space, **given})
    text = (await world.anonymous.ask(EXPORT, space=space))["exportEntries"]["text"]
    [feature] = json.loads(text)["features"]
    assert feature["properties"]["blurred"]
    assert feature["properties"]["accuracy_m"] is None
    for _ in range(3):
        clock.turn(61)
        await world.tick()
    async with world.anonymous.watch(CHANGED, **asked, after=cursor) as stream:
        async with asyncio.timeout(5):
            told = await anext(stream)
    assert told == {"kind": "LEFT", "entryId": one["id"]}
    moved_to = {"space": space, "type": "entry.moved"}
    moves = await world.db["events"].count_documents(moved_to)
    assert moves == 1


async def test_imports_into_a_pool_of_members_are_told_to_members(world: World) -> None:
    """Nobody else reads of them in the log."""
    space, _ = await town(world)
    await set_rules(world, space, openness="MEMBERS")
    max_ = await moderator(world, space)
    assert (await max_.do(IMPORT, input=file(space, table(1))))["created"] == 1
    for person, count in ((max_, 1), (world.anonymous, 0)):
        events = (await person.ask(EVENTS, space=space))["events"]
        assert (events["totalCount"], len(events["nodes"])) == (count, count)


@pytest.mark.parametrize("title", ["\u200b\u2060", "Caf\u202eé"])
async def test_titles_can_be_seen_and_are_what_they_seem(world: World, title: str) -> None:
    """No signs of no width alone, and none that turn the letters after them."""
    space, owner = await town(world)
    assert (await contributed(owner, space, title=title))["__typename"] == "InvalidInput"


async def test_what_takes_the_database_too_long_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file as well as a count: who asks is told to narrow it."""
    space, owner = await town(world)
    await entry(owner, space)

    @contextmanager
    def ended() -> Iterator[None]:
        yield
        raise TooMuch

    counted = "query Q($space: ID!) { poolEntries(space: $space) { totalCount } }"
    assert (await owner.ask(counted, space=space))["poolEntries"]["totalCount"] == 1
    monkeypatch.setattr(pool_filters, "bounded", ended)
    for query in (FOUND, EXPORT):
        answer = await owner.send(query, space=space)
        assert "narrow the place" in answer["errors"][0]["message"]
    with pytest.raises(InvalidInput):
        await FoundPage([], NEWEST, False, False, world.db, "entries", {"space": space}).count()


async def test_categories_of_filters_are_no_longer_than_those_of_entries(world: World) -> None:
    """Filters are kept, and asked at every event."""
    space, owner = await town(world)
    answer = await owner.send(FOUND, space=space, filter={"categories": ["x" * 101]})
    assert "at most 100 characters" in answer["errors"][0]["message"]


async def test_who_could_not_look_for_a_while_is_told_that_something_is_missing(
    world: World,
) -> None:
    """Then comes what happens from here on."""
    owner = await world.person("olga")
    space = await pool(world, owner)
    await set_rules(world, space, openness="MEMBERS")
    ben = await world.person("ben")
    await world.role(owner, space, ben, "MEMBER")
    one = await entry(owner, space)
    async with ben.watch(CHANGED, space=space) as stream, asyncio.timeout(10):
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.1)
        one = await edited(owner, one, title="A")
        assert (await first)["kind"] == "UPDATED"
        told = asyncio.ensure_future(anext(stream))
        await ben.do(LEAVE, space=space)
        await asyncio.sleep(0.2)
        await edited(owner, one, title="B")
        await asyncio.sleep(0.2)
        await world.role(owner, space, ben, "MEMBER")
        await asyncio.sleep(0.2)
        other = await entry(owner, space, title="Other")
        assert await told == {"cause": "RIGHTS_CHANGED"}
        assert await anext(stream) == {"kind": "ENTERED", "entryId": other["id"]}
