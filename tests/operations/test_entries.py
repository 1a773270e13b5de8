"""Entries of pools: contributing them, who sees them, and where they are."""

from typing import Any

import pytest

from tests.api import Person, World
from tests.pool import (
    CONTRIBUTE,
    HERE,
    LICENCE,
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
    set_rules,
    values,
)

VERSION = "query Q($id: ID!) { node(id: $id) { ... on EntryRevision { version } } }"


@pytest.fixture
async def owner(world: World) -> Person:
    """Somebody who owns a pool."""
    return await world.person("olga")


@pytest.fixture
async def ada(world: World) -> Person:
    """Somebody who contributes."""
    return await world.person("ada")


async def test_anyone_reads_what_somebody_contributed(
    world: World, owner: Person, ada: Person
) -> None:
    """Without an account: what is known, who knows it, and under what licence."""
    space = await pool(world, owner, attribution="© many")
    made = await entry(
        ada,
        space,
        facets=facets(WHEELCHAIR="suitable", STEPS=2, LIFT=False, ENTRANCE="side", NOTE=" Ring. "),
        evidence=["https://example.org/a", "https://example.org/a"],
        accuracyM=5,
        observedAt="2026-01-01T10:00:00Z",
        summary="Seen today.",
    )
    seen = await read(world.anonymous, made["id"])
    assert seen == {**made, "possible": ["SIGNAL"]}
    assert (seen["licence"], seen["attribution"]) == (LICENCE, "© many")
    assert values(seen) == {
        "WHEELCHAIR": "SUITABLE",
        "STEPS": 2,
        "LIFT": False,
        "ENTRANCE": "Side",
        "NOTE": "Ring.",
    }
    assert seen["place"] == {"type": "Point", "coordinates": HERE}
    assert seen["evidence"] == ["https://example.org/a"]
    assert (seen["state"], seen["version"], seen["accuracyM"]) == ("PUBLISHED", 1, 5)
    assert [one["name"] for one in seen["contributors"]] == ["ada"]
    first = seen["facets"][0]
    assert first["contributor"] == {"name": "ada"}
    assert first["consensus"] == {
        "value": "SUITABLE",
        "confidence": 0,
        "supporters": 0,
        "dissenters": 0,
        "disputed": False,
        "verified": False,
        "why": ["Nobody besides who gave it has said anything of it."],
    }
    assert first["observedAt"] == "2026-01-01T10:00:00.000Z"
    [revision] = await history(world.anonymous, made["id"])
    assert (revision["cause"], revision["summary"]) == ("CONTRIBUTED", "Seen today.")
    assert revision["diff"][0] == {"path": "title", "before": None, "after": "Café Central"}


async def test_lines_and_polygons_have_a_middle(world: World, owner: Person, ada: Person) -> None:
    """A geometry comes out as maps take it, and `point` is its middle."""
    space = await pool(world, owner)
    line = {"type": "LineString", "coordinates": [[4.0, 50.0], [4.002, 50.0]]}
    made = await entry(ada, space, title="Steep path", place=line)
    assert made["place"] == line
    assert made["point"] == {"longitude": 4.001, "latitude": 50.0}
    ring = [[4.0, 50.0], [4.002, 50.0], [4.002, 50.002], [4.0, 50.002], [4.0, 50.0]]
    square = {"type": "Polygon", "coordinates": [ring]}
    made = await entry(ada, space, title="Cobbled square", place=square)
    assert made["place"] == square
    assert made["point"] == {"longitude": 4.001, "latitude": 50.001}


async def test_all_that_is_wrong_is_told_by_its_path(
    world: World, owner: Person, ada: Person
) -> None:
    """Every problem at once, by where it stands in the input; and nothing is there then."""
    space = await pool(world, owner)
    wrong = {
        "title": "  ",
        "category": "food//cafe",
        "place": {"type": "Point", "coordinates": [200, 95]},
        "accuracyM": -1,
        "facets": [
            *facets(WHEELCHAIR="PERHAPS", STEPS=101, LIFT="yes", SMELL="good"),
            {"name": "WHEELCHAIR", "value": "UNKNOWN"},
        ],
        "evidence": ["ftp://example.org"],
        "observedAt": "2999-01-01T00:00:00Z",
        "summary": "s" * 501,
        "idempotencyKey": "",
    }
    refused = await contributed(ada, space, **wrong)
    assert refused["__typename"] == "InvalidInput"
    assert sorted(problem["path"] for problem in refused["problems"]) == [
        "accuracyM",
        "category",
        "evidence.0",
        "facets.0.value",
        "facets.1.value",
        "facets.2.value",
        "facets.3.name",
        "facets.4.name",
        "idempotencyKey",
        "observedAt",
        "place.coordinates.0",
        "place.coordinates.1",
        "summary",
        "title",
    ]
    assert await world.db["entries"].count_documents({"space": space}) == 0
    body = await ada.send(CONTRIBUTE, input={"space": space, "place": "here"})
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_openness_of_a_pool_says_who_reads_and_writes(
    world: World, owner: Person
) -> None:
    """OPEN for all, REGISTERED for who is signed in, MEMBERS for its space's members alone."""
    stranger = await world.person("stu")
    for openness, readers in (
        ("OPEN", {"anonymous", "stu", "mel"}),
        ("REGISTERED", {"stu", "mel"}),
        ("MEMBERS", {"mel"}),
    ):
        space = await pool(world, owner, openness="OPEN")
        made = await entry(owner, space)
        await set_rules(world, space, openness=openness)
        people = [world.anonymous, stranger, await joined(world, space, await world.person("mel"))]
        seeing = {one.name for one in people if await read(one, made["id"]) is not None}
        assert seeing == readers, openness
        done = {
            one.name: (await contributed(one, space, evenIfSimilar=True))["__typename"]
            for one in people
        }
        writers = {name for name, kind in done.items() if kind == "PoolEntry"}
        assert writers == readers - {"anonymous"}, openness
        assert done["anonymous"] == "NotSignedIn"
        assert done["stu"] in {"PoolEntry", "NotAllowed"}
        edits = {one.name: (await edited(one, made))["__typename"] for one in people}
        unseeing = {name for name, kind in edits.items() if kind == "NotFound"}
        assert unseeing == {one.name for one in people} - readers
    hidden = await pool(world, owner, openness="HIDDEN")
    made = await entry(owner, hidden)
    assert await read(stranger, made["id"]) is None
    assert (await contributed(stranger, hidden))["__typename"] == "NotFound"


async def test_nothing_is_given_without_a_licence(world: World, owner: Person, ada: Person) -> None:
    """Nor where there is no pool, nor where the space is closed; all can be read still."""
    space = await pool(world, owner)
    made = await entry(ada, space)
    await set_rules(world, space, licence="")
    refused = await contributed(ada, space)
    assert (refused["__typename"], refused["missing"]) == ("NotAllowed", "a pool with a licence")
    assert (await edited(ada, made, title="Other"))["missing"] == "a pool with a licence"
    seen = await read(ada, made["id"])
    assert (seen["title"], seen["possible"]) == ("Café Central", [])
    other = await world.space(owner)
    refused = await contributed(ada, other)
    assert refused["missing"] == "a space in which POOL is switched on"


async def test_the_same_key_gives_the_same_entry(world: World, owner: Person, ada: Person) -> None:
    """However often, and though it would now be a possible duplicate; other input conflicts."""
    space = await pool(world, owner)
    made = await contributed(ada, space, idempotencyKey="one")
    again = await contributed(ada, space, idempotencyKey="one")
    assert (again["__typename"], again["id"]) == ("PoolEntry", made["id"])
    other = await contributed(ada, space, idempotencyKey="one", title="Other")
    assert other["__typename"] == "Conflict"
    assert await world.db["entries"].count_documents({"space": space}) == 1


async def test_what_may_be_there_already_is_offered(
    world: World, owner: Person, ada: Person
) -> None:
    """Near, of the same category, similarly named; nothing is added unless one insists."""
    space = await pool(world, owner)
    made = await entry(ada, space)
    await entry(ada, space, title="Musée", category="culture")
    await entry(ada, space, place=point(5_000))
    offered = await contributed(owner, space, title="Cafe central", place=point(40))
    assert offered["__typename"] == "PossibleDuplicates"
    [alike] = offered["entries"]
    assert (alike["entry"]["id"], alike["score"]) == (made["id"], 1)
    assert alike["why"][1] == "They are 40 m apart."
    done = await contributed(owner, space, title="Cafe central", evenIfSimilar=True)
    assert done["__typename"] == "PoolEntry"
    found = await owner.ask(
        """query Q($entry: ID, $draft: EntryDraftInput) {
             possibleDuplicates(entry: $entry, draft: $draft) { entry { id } } }""",
        entry=done["id"],
    )
    assert found == {"possibleDuplicates": [{"entry": {"id": made["id"]}}]}


async def test_contributing_as_a_confirmation_is_one_call(
    world: World, owner: Person, ada: Person
) -> None:
    """Equal values confirm, others dispute, further ones are added; nothing else changes."""
    space = await pool(world, owner)
    made = await entry(ada, space, facets=facets(WHEELCHAIR="SUITABLE", BLIND="PARTLY", STEPS=1))
    said = facets(WHEELCHAIR="SUITABLE", BLIND="UNSUITABLE", STEPS=1, LIFT=True)
    for _ in range(2):
        done = await contributed(
            owner, space, title="Other", facets=said, confirmInstead=made["id"]
        )
        assert (done["__typename"], done["id"], done["title"]) == (
            "PoolEntry",
            made["id"],
            "Café Central",
        )
        agreed = {
            one["name"]: (one["consensus"]["supporters"], one["consensus"]["dissenters"])
            for one in done["facets"]
        }
        counts = {"WHEELCHAIR": (1, 0), "BLIND": (0, 1), "STEPS": (1, 0), "LIFT": (0, 0)}
        assert agreed == counts
        assert done["facets"][3]["contributor"] == {"name": "olga"}
    assert await world.db["entries"].count_documents({"space": space}) == 1
    elsewhere = await pool(world, owner)
    for where, given, path in ((space, [], "facets"), (elsewhere, said, "confirmInstead")):
        refused = await contributed(owner, where, facets=given, confirmInstead=made["id"])
        assert refused["problems"][0]["path"] == path


async def test_possible_duplicates_can_be_looked_for(
    world: World, owner: Person, ada: Person
) -> None:
    """Of an entry or of a draft; with neither, or a wrong draft, it is told what is wrong."""
    space = await pool(world, owner, openness="OPEN")
    made = await entry(ada, space)
    query = """query Q($entry: ID, $draft: EntryDraftInput) {
      possibleDuplicates(entry: $entry, draft: $draft) { entry { id } score } }"""
    draft = {"space": space, "title": "Central", "category": "Food / Cafe", "place": point(10)}
    found = await world.anonymous.ask(query, draft=draft)
    assert [one["entry"]["id"] for one in found["possibleDuplicates"]] == [made["id"]]
    wrong = await ada.send(query, draft={**draft, "title": "", "place": {"type": "Round"}})
    paths = [one["path"] for one in wrong["errors"][0]["extensions"]["problems"]]
    assert paths == ["draft.place.type", "draft.title"]
    for given in ({}, {"entry": made["id"], "draft": draft}):
        body = await ada.send(query, **given)
        assert body["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_sensitive_places_are_blurred_to_strangers(
    world: World, owner: Person, ada: Person
) -> None:
    """Exact for who added it and for moderators; blurred for all others, in history too."""
    space = await pool(world, owner)
    made = await entry(ada, space, category="Nest/Owl", title="Old oak", accuracyM=3)
    assert (made["blurred"], made["place"]["coordinates"]) == (False, HERE)
    moderator = await joined(world, space, await world.person("mod"), "MODERATOR")
    member = await joined(world, space, await world.person("mel"))
    for person in (owner, moderator):
        assert (await read(person, made["id"]))["place"]["coordinates"] == HERE
    for person in (world.anonymous, member):
        seen = await read(person, made["id"])
        assert (seen["blurred"], seen["accuracyM"]) == (True, None)
        assert seen["place"]["coordinates"] != HERE
        assert seen["place"]["coordinates"] == list(seen["point"].values())
        [first] = await history(person, made["id"])
        told = {one["path"]: one["after"] for one in first["diff"]}
        assert (told["place"], told["accuracyM"]) == (seen["place"], None)
    stored: Any = await world.db["entries"].find_one({"_id": made["id"]})
    assert stored["matched"]["spot"]["coordinates"] != HERE
    refused = await edited(member, made, category="tree")
    assert refused["__typename"] == "NotAllowed"
    unveiled = await edited(moderator, made, category="tree")
    assert unveiled["category"] == "tree"
    assert (await read(member, made["id"]))["place"]["coordinates"] == HERE


async def test_what_becomes_sensitive_is_blurred_in_its_past_too(
    world: World, owner: Person, ada: Person
) -> None:
    """What filters saw of it before is blurred, and so are the places that its history shows."""
    space = await pool(world, owner)
    made = await entry(ada, space, category="tree")
    moved = await edited(ada, made, place=point(20_000))
    await edited(ada, moved, category="nest")
    exact = [HERE, point(20_000)["coordinates"]]
    async for kept in world.db["entry_revisions"].find({"entry": made["id"]}):
        assert kept["matched"]["spot"]["coordinates"] not in exact
    stranger = await world.person("stu")
    for revision in await history(stranger, made["id"]):
        for one in revision["diff"]:
            if one["path"] == "place":
                assert one["after"]["coordinates"] not in exact


async def test_duplicates_of_sensitive_places_tell_no_distance(
    world: World, owner: Person, ada: Person
) -> None:
    """Cells are compared: wherever in the cell one asks, the answer is the same."""
    space = await pool(world, owner)
    await entry(ada, space, category="nest", title="Owl")
    stranger = await world.person("stu")
    draft = {"category": "nest", "title": "Owl"}
    told = set()
    for north in (-30, 0, 30):
        offered = await contributed(stranger, space, place=point(0, north), **draft)
        told.add(tuple((one["distanceM"], one["score"]) for one in offered["entries"]))
    assert told == {((0, 1),)}


async def test_who_wants_to_be_anonymous_is_known_to_moderators_alone(
    world: World, owner: Person, ada: Person
) -> None:
    """Not in the entry, its facets, its history, nor in events; to themselves they are named."""
    space = await pool(world, owner)
    made = await entry(ada, space, anonymous=True)
    stranger = await world.person("stu")
    for person, name in ((owner, "ada"), (ada, "ada"), (stranger, None)):
        seen = await read(person, made["id"])
        named = None if name is None else {"name": name}
        assert seen["creator"] == named
        assert seen["contributors"] == ([named] if named else [])
        assert (seen["facets"][0]["contributor"], seen["facets"][0]["anonymous"]) == (named, True)
        [first] = await history(person, made["id"])
        assert (first["by"], first["anonymous"]) == (named, True)
    query = "query Q($id: ID!) { events(filter: {subject: $id}) { nodes { type actor } } }"
    told = await stranger.ask(query, id=made["id"])
    assert told["events"]["nodes"] == [{"type": "entry.contributed", "actor": None}]


async def test_hidden_entries_are_there_for_moderators_alone(
    world: World, owner: Person, ada: Person
) -> None:
    """To all others they are as if they had never been: their history and events, too."""
    space = await pool(world, owner)
    made = await entry(ada, space)
    [first] = await history(ada, made["id"])
    assert (await ada.ask(VERSION, id=first["id"]))["node"] == {"version": 1}
    await world.db["entries"].update_one({"_id": made["id"]}, {"$set": {"state": "HIDDEN"}})
    assert await read(ada, made["id"]) is None
    assert (await ada.ask(VERSION, id=first["id"]))["node"] is None
    assert (await edited(ada, made, title="Other"))["__typename"] == "NotFound"
    other = await entry(ada, space)
    assert (await merged(owner, other, made))["__typename"] == "InvalidInput"
    assert (await read(owner, made["id"]))["state"] == "HIDDEN"
    assert (await edited(owner, made, title="Other"))["state"] == "HIDDEN"


async def test_suitability_says_unknown_where_nobody_has_said(
    world: World, owner: Person, ada: Person
) -> None:
    """Unknown is a value and never means unsuitable; for a need that the pool has not, null."""
    space = await pool(world, owner)
    made = await entry(ada, space, facets=facets(WHEELCHAIR="PARTLY", STEPS=1))
    query = """query Q($id: ID!) { poolEntry(id: $id) {
      WHEELCHAIR: suitability(need: "WHEELCHAIR") BLIND: suitability(need: "BLIND")
      DEAF: suitability(need: "DEAF") STEPS: suitability(need: "STEPS") } }"""
    found = await world.anonymous.ask(query, id=made["id"])
    expected: dict[str, Any] = {"WHEELCHAIR": "PARTLY", "BLIND": "UNKNOWN"}
    assert found["poolEntry"] == {**expected, "DEAF": None, "STEPS": None}
