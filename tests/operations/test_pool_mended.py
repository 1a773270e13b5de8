"""What was found amiss in the pool and is mended: each test fails on what was before."""

from typing import Any

import pytest

from tests.agreeing import (
    REVERT_ALL,
    agreed,
    cafe,
    facet,
    known,
    moderator,
    moved,
    said,
    shown,
    tapped,
    town,
)
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.pool import contributed, edited, entry, facets, joined, merged, read, reverted, values

START = "2026-03-01T11:00:00Z"
DAY = 86_400


@pytest.fixture
async def square(world: World) -> tuple[str, Person, Person]:
    """A pool, a moderator of it, and Ada who is new."""
    space, _ = await town(world)
    [ada] = await world.people("ada")
    return space, await moderator(world, space), ada


async def take_back(
    world: World, clock: TurnedClock, max: Person, space: str, *whose: Person
) -> None:
    """Take back all that some people did, one after the other."""
    for one in whose:
        clock.turn(1)
        begun = {"space": space, "person": one.id, "since": START, "reason": f"Of {one.name}."}
        assert (await max.do(REVERT_ALL, input=begun))["__typename"] == "PoolReversal"
        for _ in range(3):
            clock.turn(61)
            await world.tick()


async def test_reverting_brings_no_outdated_verification_back(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """Who speaks in the round to which an entry is reverted is heard as they speak now."""
    space, _, ada = square
    one = await entry(ada, space)
    first, second, *others = await known(world, space, "b", "c", "d", "e", "f")
    await said(first, one["id"])
    verified = (await said(second, one["id"]))["version"]
    for person in others:
        after = await said(person, one["id"], "DISPUTE")
    assert after["state"] == "DISPUTED"
    [mal] = await world.people("mal")
    after = await edited(mal, after, facets=facets(WHEELCHAIR="UNKNOWN"))
    after = await reverted(mal, after, verified)
    assert (after["state"], agreed(after)) == ("DISPUTED", ("SUITABLE", 2, 3, "disputed"))


async def test_what_nobody_says_any_more_is_so_no_more(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person]
) -> None:
    """A value that was set by those whose words are taken back goes with them."""
    space, max, ada = square
    id = await cafe(ada, space, facets=facets(WHEELCHAIR="UNSUITABLE"), anonymous=True)
    puppets = await known(world, space, "p1", "p2")
    for one in puppets:
        clock.turn(1)
        turned = await said(one, id, "DISPUTE", "SUITABLE")
    assert agreed(turned) == ("SUITABLE", 2, 0, "verified")
    assert (facet(turned)["anonymous"], facet(turned)["contributor"]) == (False, None)
    await take_back(world, clock, max, space, *puppets)
    after = facet(await shown(ada, id))
    assert (after["value"], after["anonymous"]) == ("UNSUITABLE", True)
    assert after["contributor"] == {"name": "ada"}
    assert facet(await shown(puppets[0], id))["contributor"] is None


async def test_the_last_tap_is_heard(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person]
) -> None:
    """Also if it is one that the same person took back meanwhile, or the value is another one."""
    space, _, ada = square
    id = await cafe(ada, space)
    [ben, cleo] = await known(world, space, "ben", "cleo")
    for kind, stands in (
        ("SUITABLE", ("SUITABLE", 1, 0)),
        ("UNSUITABLE", ("SUITABLE", 0, 1, "disputed")),
        ("SUITABLE", ("SUITABLE", 1, 0)),
    ):
        clock.turn(60)
        assert agreed(await tapped(ben, id, kind, "WHEELCHAIR")) == stands
    version = (await shown(ada, id))["version"]
    assert (await tapped(ben, id, "SUITABLE", "WHEELCHAIR"))["version"] == version
    other = await entry(ada, space, facets=facets(WHEELCHAIR="UNSUITABLE"))
    heard = await tapped(cleo, other["id"], "UNSUITABLE", "WHEELCHAIR")
    clock.turn(5)
    await edited(ada, heard, facets=facets(WHEELCHAIR="SUITABLE"))
    clock.turn(5)
    after = await tapped(cleo, other["id"], "UNSUITABLE", "WHEELCHAIR")
    assert agreed(after) == ("SUITABLE", 0, 1, "disputed")


async def test_others_who_merged_into_an_entry_have_a_share_in_it(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person]
) -> None:
    """So it is not gone with whoever added it, by their word or with all that they did."""
    space, max, ada = square
    [ben, cleo] = await world.people("ben", "cleo")
    for one in (ben, cleo):
        await joined(world, space, one)
    first = await entry(ada, space)
    clock.turn(1)
    second = await entry(ben, space)
    assert (await merged(cleo, first, second))["__typename"] == "PoolEntry"
    assert (await moved(ben, second["id"], "declareGone"))["__typename"] == "NotAllowed"
    await take_back(world, clock, max, space, ben)
    assert (await shown(ada, second["id"]))["state"] == "PUBLISHED"


async def test_a_dispute_is_not_wiped_off(world: World, square: tuple[str, Person, Person]) -> None:
    """Neither by taking the value away and giving it once more, nor by merging."""
    space, _, ada = square
    await joined(world, space, ada)
    one = await entry(ada, space)
    for person in await known(world, space, "ben", "cleo"):
        await said(person, one["id"], "DISPUTE")
    after = await edited(ada, await read(ada, one["id"]), facets=facets(WHEELCHAIR=None))
    after = await edited(ada, after, facets=facets(WHEELCHAIR="SUITABLE"))
    again = await shown(ada, one["id"])
    assert (again["state"], agreed(again)) == ("DISPUTED", ("SUITABLE", 0, 2, "disputed"))
    after = await edited(ada, after, facets=facets(WHEELCHAIR="PARTLY"))
    assert after["state"] == "PUBLISHED"
    await edited(ada, after, facets=facets(WHEELCHAIR="SUITABLE"))
    assert (await shown(ada, one["id"]))["state"] == "DISPUTED"
    two = await entry(ada, space, title="Bar", facets=[])
    await merged(ada, one, two)
    assert values(await read(ada, two["id"])) == {}


async def test_newcomers_do_not_make_each_other_known(
    world: World, square: tuple[str, Person, Person]
) -> None:
    """However often they agree with each other, without anybody else they verify nothing."""
    space, _, _ = square
    ring = await world.people("r1", "r2", "r3", "r4", "r5")
    for n, giver in enumerate(ring[:4]):
        id = await cafe(giver, space, title=f"Place {n}")
        for one in ring:
            if one is not giver:
                after = await said(one, id)
        assert agreed(after) == ("SUITABLE", 4, 0)
    assert not await world.db["findings"].count_documents({})


@pytest.mark.parametrize("is_last_first", [False, True])
async def test_vandals_are_reverted_in_any_order(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person], is_last_first: bool
) -> None:
    """What one of them wrote does not come back with what the other one wrote."""
    space, max, ada = square
    vandals = await world.people("mal", "mat")
    after = one = await entry(ada, space, facets=facets(WHEELCHAIR="UNSUITABLE"))
    for vandal, value in zip(vandals, ("SUITABLE", "PARTLY"), strict=True):
        clock.turn(1)
        changed: dict[str, Any] = {"title": f"By {vandal.name}", "facets": facets(WHEELCHAIR=value)}
        after = await edited(vandal, after, **changed)
    await take_back(world, clock, max, space, *(vandals[::-1] if is_last_first else vandals))
    after = await read(ada, one["id"])
    assert (after["title"], values(after)) == (one["title"], {"WHEELCHAIR": "UNSUITABLE"})


@pytest.mark.parametrize("is_last_first", [False, True])
async def test_what_several_vandals_made_is_hidden_when_all_are_reverted(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person], is_last_first: bool
) -> None:
    """Who added it, edited it and spoke of it, in any order, the last of them later."""
    space, max, _ = square
    mal, mat, mut = await world.people("mal", "mat", "mut")
    one = await entry(mal, space)
    clock.turn(1)
    await edited(mat, one, title="Worse", facets=facets(LIFT=True))
    clock.turn(1)
    await said(mut, one["id"], value=True, facet="LIFT")
    vandals = [mut, mat, mal] if is_last_first else [mal, mat, mut]
    for vandal in vandals:
        assert (await read(max, one["id"]))["state"] != "HIDDEN"
        await take_back(world, clock, max, space, vandal)
    assert (await read(max, one["id"]))["state"] == "HIDDEN"


async def test_what_a_moderator_shows_again_is_not_hidden_with_what_others_did(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person]
) -> None:
    """They have looked at it."""
    space, max, _ = square
    mal, mat = await world.people("mal", "mat")
    one = await entry(mal, space)
    await take_back(world, clock, max, space, mal)
    await moved(max, one["id"], "restoreEntry")
    await edited(mat, await read(mat, one["id"]), facets=facets(LIFT=True))
    await take_back(world, clock, max, space, mat)
    after = await read(mat, one["id"])
    assert (values(after), after["state"]) == ({}, "PUBLISHED")


async def test_vandalism_that_others_verified_goes_with_their_words(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person]
) -> None:
    """Who wrote it was reverted before, in vain, for it was verified then."""
    space, max, ada = square
    [mal] = await world.people("mal")
    one = await entry(ada, space, facets=facets(WHEELCHAIR="UNSUITABLE"))
    clock.turn(1)
    await edited(mal, one, facets=facets(WHEELCHAIR="SUITABLE"))
    puppets = await known(world, space, "p1", "p2")
    for puppet in puppets:
        clock.turn(1)
        await said(puppet, one["id"])
    await take_back(world, clock, max, space, mal)
    assert values(await read(ada, one["id"])) == {"WHEELCHAIR": "SUITABLE"}
    await take_back(world, clock, max, space, *puppets)
    assert values(await read(ada, one["id"])) == {"WHEELCHAIR": "UNSUITABLE"}


async def test_nobody_alone_outvotes_those_who_said_that_it_is_gone(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person]
) -> None:
    """A moderator says that it is back; then the same people can say again that it is gone."""
    space, max, ada = square
    id = await cafe(ada, space)
    crowd = await known(world, space, "b", "c", "d")
    [mal] = await world.people("mal")
    for state in ("GONE", "GONE"):
        for one in crowd:
            clock.turn(1)
            after = await tapped(one, id, "GONE")
        assert after["state"] == state
        clock.turn(1)
        assert (await moved(mal, id, "returnEntry"))["__typename"] == "NotAllowed"
        assert (await moved(max, id, "returnEntry"))["state"] == "PUBLISHED"


async def test_what_was_seen_long_ago_renews_nothing(
    world: World, clock: TurnedClock, square: tuple[str, Person, Person]
) -> None:
    """Who contributes a confirmation instead says when they saw it."""
    space, _, ada = square
    id = await cafe(ada, space)
    [ben] = await known(world, space, "ben")
    clock.turn(400 * DAY)
    await world.tick()
    instead = {"confirmInstead": id}
    old = await contributed(ben, space, **instead, observedAt="2020-01-01T00:00:00Z")
    assert (old["state"], old["facets"][0]["stale"]) == ("STALE", True)
    assert (await contributed(ben, space, **instead))["state"] == "PUBLISHED"


async def test_an_explicit_word_is_not_dropped(square: tuple[str, Person, Person]) -> None:
    """Who names a value that they saw, and that others changed since, hears of it."""
    space, max, ada = square
    one = await entry(ada, space)
    await edited(ada, one, facets=facets(WHEELCHAIR="UNSUITABLE"))
    refused = await edited(max, one, 1, facets=facets(WHEELCHAIR="SUITABLE"))
    assert refused["__typename"] == "Conflict"
    assert (await edited(max, one, 1, title="Other"))["__typename"] == "PoolEntry"
