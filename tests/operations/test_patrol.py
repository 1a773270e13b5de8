"""Looking after a pool: what newcomers write is looked at, hidden, shown, and taken back."""

import asyncio
from typing import Any

import pytest

from tests.agreeing import (
    PATROL,
    REVERT_ALL,
    SAID,
    TAPS,
    agreed,
    cafe,
    facet,
    known,
    moderator,
    moved,
    said,
    shown,
    stranger,
    tapped,
    town,
)
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.pool import edited, entry, facets, history, merged, read, reverted, values

UNPATROLLED = """
query Q($space: ID!) { unpatrolled(space: $space) { totalCount nodes { id version } } }
"""
REVERSALS = """
query Q($space: ID!) { poolReversals(space: $space) {
  nodes { reason entries endedAt by { name } person { name } } } }
"""
EVENTS = """
query Q($id: ID!) { events(filter: {subject: $id}, first: 100) { nodes { type } } }
"""
START = "2026-03-01T12:00:00Z"


@pytest.fixture
async def square(world: World) -> tuple[str, Person, Person]:
    """A pool, a moderator of it, and Ada who is new."""
    space, _ = await town(world)
    [ada] = await world.people("ada")
    return space, await moderator(world, space), ada


DEEDS = ("hideEntry", "restoreEntry", "declareGone", "returnEntry")
OPEN = {"hideEntry": "HIDDEN", "declareGone": "GONE"}
OUTCOMES: dict[str, dict[str, str]] = {
    **dict.fromkeys(("PUBLISHED", "VERIFIED", "DISPUTED", "STALE"), OPEN),
    "GONE": {"hideEntry": "HIDDEN", "returnEntry": "PUBLISHED"},
    "MERGED": {"hideEntry": "HIDDEN"},
    "HIDDEN": {"restoreEntry": "PUBLISHED"},
}


async def standing(
    world: World, space: str, max: Person, ada: Person, count: int
) -> dict[str, list[str]]:
    """Return so many entries of Ada's in each state."""
    ids = {state: [await cafe(ada, space) for _ in range(count)] for state in OUTCOMES}
    ben, cleo = await known(world, space, "ben", "cleo")
    into = await entry(max, space)
    for n in range(count):
        await said(ben, ids["VERIFIED"][n])
        await said(cleo, ids["VERIFIED"][n])
        await said(ben, ids["DISPUTED"][n], "DISPUTE")
        await tapped(ben, ids["STALE"][n], "CHANGED")
        await moved(ada, ids["GONE"][n], "declareGone")
        await merged(max, {"id": ids["MERGED"][n]}, into)
        await moved(max, ids["HIDDEN"][n], "hideEntry")
    return ids


async def waiting(person: Person, space: str) -> list[str]:
    """Return which entries wait for a look, changed last first."""
    nodes = (await person.ask(UNPATROLLED, space=space))["unpatrolled"]["nodes"]
    return [one["id"] for one in nodes]


async def taken_back(world: World, max: Person, space: str, **whose: Any) -> dict[str, Any]:
    """Take back all that somebody did, to the end; return what stands of it then."""
    given = {"space": space, "since": START, "reason": "Spam.", **whose}
    begun = await max.do(REVERT_ALL, input=given)
    assert begun["__typename"] == "PoolReversal", begun
    for _ in range(4):
        await world.tick()
    [latest, *_] = (await max.ask(REVERSALS, space=space))["poolReversals"]["nodes"]
    assert latest["endedAt"] is not None
    found: dict[str, Any] = latest
    return found


async def test_first_time_and_anonymous_edits_wait_for_a_look(
    world: World, square: tuple[str, Person, Person], clock: TurnedClock
) -> None:
    """Until a moderator says of a version that they saw it; not what others wrote before."""
    space, max, ada = square
    one = await cafe(ada, space)
    clock.turn(1)
    known_by_now = await cafe(ada, space)
    secret = await cafe(ada, space, anonymous=True)
    assert await waiting(max, space) == [secret, one]
    [ben] = await world.people("ben")
    clock.turn(1)
    await edited(ben, await read(ben, one), title="Buy here")
    await cafe(max, space)
    assert await waiting(max, space) == [one, secret]
    outdated = await max.do(PATROL, input={"entry": one, "expectedVersion": 1})
    assert (outdated["__typename"], outdated["currentVersion"]) == ("Conflict", 2)
    for _ in range(2):
        done = await max.do(PATROL, input={"entry": one, "expectedVersion": 2})
        assert (done["__typename"], done["version"]) == ("PoolEntry", 2)
    assert await waiting(max, space) == [secret]
    assert (
        await world.db["events"].count_documents({"subject": one, "type": "entry.patrolled"}) == 1
    )
    assert known_by_now not in await waiting(max, space)


async def test_only_moderators_look_after_a_pool(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """Others hear what is missing, whoever they are."""
    space, _, ada = square
    id = await cafe(ada, space)
    [ben] = await world.people("ben")
    for person, code in ((ben, "NOT_ALLOWED"), (world.anonymous, "NOT_SIGNED_IN")):
        patrol = await person.do(PATROL, input={"entry": id, "expectedVersion": 1})
        all_of = await person.do(
            REVERT_ALL, input={"space": space, "person": ada.id, "since": START, "reason": "No."}
        )
        hide = await moved(person, id, "hideEntry")
        gone = await moved(person, id, "declareGone")
        assert {one["code"] for one in (patrol, all_of, hide, gone)} == {code}
        for query in (UNPATROLLED, REVERSALS):
            body = await person.send(query, space=space)
            assert body["errors"][0]["extensions"]["code"] == code
    assert (await moved(ada, id, "declareGone"))["state"] == "GONE"


async def test_what_is_hidden_is_not_there_for_strangers(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """By no way in; moderators see it, and show it again where it stood."""
    space, max, ada = square
    id = await cafe(ada, space)
    [other] = [await cafe(max, space)]
    [ben] = await world.people("ben")
    await said(ben, id)
    [revision, *_] = await history(ada, id)
    assert await waiting(max, space) == [id]
    assert (await moved(max, id, "hideEntry", "Not a café."))["state"] == "HIDDEN"
    assert await waiting(max, space) == []
    for person in (ada, ben, world.anonymous):
        assert await shown(person, id) is None
        assert await read(person, id) is None
        assert await read(person, revision["id"]) is None
        for query in (SAID, TAPS):
            assert (await person.ask(query, id=id))["poolEntry"] is None
        assert (await person.ask(EVENTS, id=id))["events"]["nodes"] == []
    unseen = [
        await said(ben, id),
        await tapped(ben, id, "GONE"),
        await moved(ada, id, "declareGone"),
    ]
    unseen.append(await edited(ada, {"id": id, "version": 3}, title="Mine"))
    assert {one["code"] for one in unseen} == {"NOT_FOUND"}
    assert (await merged(max, {"id": other}, {"id": id}))["__typename"] == "InvalidInput"
    assert (await shown(max, id))["state"] == "HIDDEN"
    assert (await history(max, id))[0]["summary"] == "Not a café."
    assert (await moved(max, id, "restoreEntry"))["state"] == "PUBLISHED"
    assert (await shown(world.anonymous, id))["version"] == 4


async def test_an_entry_stands_where_the_table_says(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """Each deed from each state that can be reached; what is refused names the state found."""
    space, max, ada = square
    reached = await standing(world, space, max, ada, 2)
    for state, outcomes in OUTCOMES.items():
        for deed in set(DEEDS) - outcomes.keys():
            done = await moved(max, reached[state][0], deed)
            assert (done["code"], done["found"]) == ("WRONG_STATE", state)
        for id, (deed, outcome) in zip(reached[state], outcomes.items(), strict=False):
            done = await moved(max, id, deed)
            assert (state, deed, done["state"]) == (state, deed, outcome)


async def test_what_was_hidden_comes_back_as_it_was(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """Gone stays gone, and merged leads on; whoever calls it gone alone must be alone in it."""
    space, max, ada = square
    gone, led = await cafe(ada, space), await cafe(ada, space)
    await moved(ada, gone, "declareGone", "It burnt down.")
    await merged(max, {"id": led}, await entry(max, space))
    for id, state in ((gone, "GONE"), (led, "MERGED")):
        await moved(max, id, "hideEntry")
        assert (await moved(max, id, "restoreEntry"))["state"] == state
    shared = await cafe(ada, space)
    [ben] = await world.people("ben")
    await said(ben, shared)
    refused = await moved(ada, shared, "declareGone")
    assert (refused["code"], refused["missing"]) == (
        "NOT_ALLOWED",
        "an entry that is yours alone",
    )


async def test_all_of_one_persons_edits_are_taken_back_at_once(
    world: World,
    square: tuple[str, Person, Person],
    clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over many entries, page by page; what they did before stays, and the history of all."""
    monkeypatch.setattr("app.resolvers.reversals.PAGE", 2)
    space, max, ada = square
    [vandal] = await world.people("vic")
    early = await cafe(vandal, space, title="Early")
    ids = [await cafe(ada, space) for _ in range(4)]
    clock.turn(60)
    for id in ids:
        await edited(
            vandal, await read(vandal, id), title="Buy", facets=facets(WHEELCHAIR="PARTLY")
        )
    spam = await cafe(vandal, space, title="Casino")
    done = await taken_back(world, max, space, person=vandal.id, since="2026-03-01T12:01:00Z")
    assert (done["entries"], done["person"]["name"], done["by"]["name"]) == (5, "vic", "max")
    for id in ids:
        found = await read(ada, id)
        assert (found["title"], values(found)) == ("Café Central", {"WHEELCHAIR": "SUITABLE"})
        assert found["facets"][0]["contributor"]["name"] == "ada"
        [latest, *_] = await history(ada, id)
        assert (latest["cause"], latest["summary"], latest["version"]) == ("REVERTED", "Spam.", 3)
    assert await shown(world.anonymous, spam) is None
    assert (await shown(max, spam))["state"] == "HIDDEN"
    assert (await shown(world.anonymous, early))["title"] == "Early"
    clock.turn(1)
    again = await taken_back(world, max, space, person=vandal.id, since="2026-03-01T12:01:00Z")
    assert again["entries"] == 0


async def test_taking_back_leaves_the_work_of_others(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """Their later edits of the same facet, and what they verified."""
    space, max, ada = square
    [vandal] = await world.people("vic")
    ben, cleo = await known(world, space, "ben", "cleo")
    id = await cafe(ada, space, facets=facets(WHEELCHAIR="SUITABLE", BLIND="PARTLY", STEPS=1))
    await edited(
        vandal,
        await read(vandal, id),
        title="Buy",
        facets=facets(WHEELCHAIR="UNSUITABLE", BLIND="UNSUITABLE", STEPS=None, LIFT=True, NOTE="!"),
    )
    await edited(ben, await read(ben, id), facets=facets(BLIND="SUITABLE"))
    await edited(cleo, await read(cleo, id), category="food/bar")
    for person in (ben, cleo):
        await said(person, id, facet="LIFT")
    assert (await taken_back(world, max, space, person=vandal.id))["entries"] == 1
    found = await read(ada, id)
    assert (found["title"], found["category"]) == ("Café Central", "food/bar")
    assert values(found) == {
        "WHEELCHAIR": "SUITABLE",
        "BLIND": "SUITABLE",
        "STEPS": 1,
        "LIFT": True,
    }
    theirs = await cafe(vandal, space, title="Library")
    await edited(ada, await read(ada, theirs), facets=facets(STEPS=0))
    await taken_back(world, max, space, person=vandal.id)
    left = await read(ada, theirs)
    assert (left["state"], left["title"], values(left)) == ("PUBLISHED", "Library", {"STEPS": 0})


async def test_words_taps_merges_and_reverts_are_taken_back_too(
    world: World, square: tuple[str, Person, Person], clock: TurnedClock
) -> None:
    """Whoever lied is heard no more; what they undid, merged or called gone is there again."""
    space, max, ada = square
    [vandal] = await known(world, space, "vic")
    ben, cleo = await known(world, space, "ben", "cleo")
    disputed, stale, back, kept, gone = [await cafe(ada, space) for _ in range(5)]
    into = await entry(ada, space, facets=[])
    await edited(ada, await read(ada, back), facets=facets(WHEELCHAIR="PARTLY"))
    clock.turn(60)
    assert (await said(vandal, disputed, "DISPUTE", "UNSUITABLE"))["state"] == "DISPUTED"
    assert (await tapped(vandal, stale, "CHANGED"))["state"] == "STALE"
    await reverted(vandal, await read(vandal, back), 1)
    await world.db["memberships"].insert_one(
        {"_id": "mem_v", "space": space, "user": vandal.id, "role": "MEMBER", "version": 1}
    )
    lost = await cafe(ada, space, facets=facets(BLIND="PARTLY"))
    await tapped(ben, gone, "GONE")
    assert (await tapped(vandal, gone, "GONE"))["state"] == "GONE"
    await said(cleo, kept)
    assert (await said(vandal, kept))["state"] == "VERIFIED"
    await taken_back(world, max, space, person=vandal.id)
    assert agreed(await shown(ada, disputed)) == ("SUITABLE", 0, 0)
    fresh = await shown(ada, stale)
    assert (fresh["state"], facet(fresh)["stale"]) == ("PUBLISHED", False)
    assert values(await read(ada, back)) == {"WHEELCHAIR": "PARTLY"}
    assert (await shown(ada, gone))["state"] == "PUBLISHED"
    assert ((await shown(ada, kept))["state"], agreed(await shown(ada, kept))) == (
        "PUBLISHED",
        ("SUITABLE", 1, 0),
    )
    assert (await shown(ada, lost))["version"] == 1
    assert (await shown(ada, into["id"]))["version"] == 1
    assert await world.db["findings"].count_documents({"space": space, "person": vandal.id}) == 0


async def test_a_merge_is_undone_with_all_else_that_its_maker_did(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """What was led away is there again, and gave nothing; what others merged stays so."""
    space, max, ada = square
    [_, mod] = [max, await moderator(world, space)]
    one, other, third = [await entry(ada, space, facets=facets(STEPS=n)) for n in range(3)]
    into = await entry(ada, space, facets=[])
    await merged(mod, one, into)
    await merged(max, third, other)
    await taken_back(world, max, space, person=mod.id)
    assert (await shown(ada, one["id"]))["state"] == "PUBLISHED"
    assert values(await read(ada, into["id"])) == {}
    assert (await shown(ada, third["id"]))["state"] == "MERGED"


async def test_all_signals_from_an_address_are_taken_back(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """By the fingerprint that moderators read; those from elsewhere stay."""
    space, max, ada = square
    id, doubtful = await cafe(ada, space), await cafe(ada, space)
    for n in (1, 2):
        await tapped(stranger(world, f"192.0.2.{n}"), id, "CHANGED")
        await tapped(stranger(world, f"192.0.2.{n + 1}"), doubtful, "CHANGED")
    await tapped(stranger(world, "192.0.2.9"), doubtful, "CHANGED")
    nodes = (await max.ask(TAPS, id=id))["poolEntry"]["signals"]["nodes"]
    shared = (await max.ask(TAPS, id=doubtful))["poolEntry"]["signals"]["nodes"]
    [address] = {one["address"] for one in nodes} & {one["address"] for one in shared}
    done = await taken_back(world, max, space, address=address)
    assert (done["entries"], done["person"]) == (1, None)
    assert (await shown(ada, id))["state"] == "PUBLISHED"
    assert (await shown(ada, doubtful))["state"] == "STALE"
    assert (await max.ask(TAPS, id=id))["poolEntry"]["signals"]["totalCount"] == 1


async def test_whose_work_is_taken_back_must_be_said(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """A person or an address, a reason, and a time that has begun."""
    space, max, ada = square
    given = {"space": space, "since": "2027-01-01T00:00:00Z", "reason": " "}
    refused = await max.do(REVERT_ALL, input=given)
    paths = [one["path"] for one in refused["problems"]]
    assert paths == ["person", "since", "reason"]
    both = {**given, "person": ada.id, "address": "f" * 32, "since": START, "reason": "Spam."}
    assert (await max.do(REVERT_ALL, input=both))["problems"][0]["path"] == "person"


async def test_taking_back_goes_on_beside_those_who_edit(
    world: World, square: tuple[str, Person, Person], clock: TurnedClock
) -> None:
    """Whoever edits at the same moment loses nothing, and what is done later is not taken back."""
    space, max, ada = square
    [vandal] = await world.people("vic")
    ids = [await cafe(ada, space) for _ in range(4)]
    for id in ids:
        await edited(vandal, await read(vandal, id), title="Buy")
    given = {"space": space, "person": vandal.id, "since": START, "reason": "Spam."}
    clock.turn(1)
    await max.do(REVERT_ALL, input=given)
    clock.turn(1)
    seen = [await read(ada, id) for id in ids]
    await asyncio.gather(world.tick(), *(edited(ada, one, facets=facets(STEPS=3)) for one in seen))
    later = await edited(vandal, await read(vandal, ids[0]), facets=facets(NOTE="Sorry."))
    assert later["__typename"] == "PoolEntry"
    for _ in range(3):
        await world.tick()
    for id in ids:
        found = await read(ada, id)
        assert (found["title"], values(found)["STEPS"]) == ("Café Central", 3)
    assert values(await read(ada, ids[0]))["NOTE"] == "Sorry."
