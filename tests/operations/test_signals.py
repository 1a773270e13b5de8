"""Signals: one tap by anyone, counted once, limited, and what many of them mean together."""

import asyncio

import pytest

from tests.agreeing import (
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
from tests.pool import pool, set_rules

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
async def square(world: World) -> tuple[str, Person, str]:
    """A pool, Ada who contributed to it, and her café."""
    space, _ = await town(world)
    [ada] = await world.people("ada")
    return space, ada, await cafe(ada, space)


async def test_anyone_signals_and_a_second_address_puts_a_value_in_doubt(
    world: World, square: tuple[str, Person, str]
) -> None:
    """One of them changes nothing but that it is counted; two ask to look again."""
    _, ada, id = square
    one = await tapped(stranger(world, "192.0.2.1"), id, "UNSUITABLE", "WHEELCHAIR")
    assert (one["state"], one["version"]) == ("PUBLISHED", 1)
    two = await tapped(stranger(world, "192.0.2.2"), id, "CHANGED")
    assert (two["state"], facet(two)["stale"], facet(two)["value"]) == ("STALE", True, "SUITABLE")
    events = await world.db["events"].find({"subject": id}).sort("_id").to_list(None)
    assert [one["type"] for one in events[1:]] == ["entry.signalled", "entry.signalled"]
    assert [one["actor"] for one in events[1:]] == [None, None]
    assert [one["after"].get("version") for one in events[1:]] == [None, 2]
    [revision] = await world.db["entry_revisions"].find({"entry": id, "version": 2}).to_list(None)
    assert (revision["cause"], revision["by"], len(revision["address"])) == ("SIGNALLED", None, 32)
    assert (await shown(ada, id))["state"] == "STALE"


async def test_addresses_that_one_can_choose_from_are_one(
    world: World, square: tuple[str, Person, str]
) -> None:
    """All of one IPv6 network, and an IPv4 address in whatever dress."""
    _, _, id = square
    for address in ("2001:db8::1", "2001:db8::ffff:2", "192.0.2.9", "::ffff:192.0.2.9"):
        await tapped(stranger(world, address), id, "CHANGED", "BLIND")
    assert await world.db["signals"].count_documents({"entry": id}) == 2


async def test_the_same_tap_within_a_day_counts_once_and_is_answered_alike(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """By address or by account; a day later it counts again, of another facet at once."""
    _, _, id = square
    [ben] = await world.people("ben")
    here = stranger(world, "192.0.2.1")
    first = await tapped(here, id, "CHANGED", "BLIND")
    clock.turn(DAY - 1)
    assert await tapped(here, id, "CHANGED", "BLIND") == first
    await tapped(ben, id, "CHANGED", "BLIND")
    await tapped(ben, id, "CHANGED", "BLIND")
    await tapped(here, id, "CHANGED", "WHEELCHAIR")
    assert await taps(world, id) == 3
    clock.turn(1)
    await tapped(here, id, "CHANGED", "BLIND")
    assert await taps(world, id) == 4


async def test_the_same_tap_at_the_same_moment_counts_once(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Whoever presses ten times has said it once."""
    _, _, id = square
    here = stranger(world, "192.0.2.1")
    done = await asyncio.gather(*(tapped(here, id, "GONE") for _ in range(10)))
    assert {one["__typename"] for one in done} == {"PoolEntry"}
    assert await taps(world, id) == 1


async def test_from_an_address_come_thirty_signals_an_hour(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """Over all pools, counted at once; then the answer says when to come back. Repeats are free."""
    space, ada, _ = square
    other = await cafe(ada, await pool(world, await world.person("olaf")))
    ids = [await cafe(ada, space) for _ in range(10)]
    here = stranger(world, "192.0.2.1")
    kinds = ["CHANGED", "GONE", "SUITABLE"]
    pairs = [(id, kind) for id in ids for kind in kinds]
    named = {"SUITABLE": "WHEELCHAIR"}
    first = await tapped(here, *pairs[0])
    clock.turn(60)
    done = await asyncio.gather(*(tapped(here, id, k, named.get(k)) for id, k in pairs[1:]))
    assert {one["__typename"] for one in [first, *done]} == {"PoolEntry"}
    refused = await tapped(here, other, "GONE")
    assert refused["code"] == "RATE_LIMITED"
    assert refused["retryAt"] == "2026-03-01T13:00:00.000Z"
    assert (await tapped(here, *pairs[0]))["__typename"] == "PoolEntry"
    assert (await tapped(stranger(world, "192.0.2.2"), other, "GONE"))["version"] == 2
    clock.turn(HOUR - 60)
    assert (await tapped(here, other, "GONE"))["__typename"] == "PoolEntry"
    assert (await tapped(here, other, "CHANGED"))["code"] == "RATE_LIMITED"


async def test_a_person_who_goes_from_door_to_door_is_counted_by_their_account(
    world: World, square: tuple[str, Person, str]
) -> None:
    """A hundred people behind one address do not hinder each other."""
    space, ada, _ = square
    [ben] = await world.people("ben")
    for _ in range(31):
        assert (await tapped(ben, await cafe(ada, space), "CHANGED"))["state"] == "STALE"
    key = f"signal:person:{ben.id}"
    await world.db["guesses"].update_one({"_id": key}, {"$set": {"ats": [world.clock()] * 120}})
    assert (await tapped(ben, await cafe(ada, space), "GONE"))["code"] == "RATE_LIMITED"


async def test_the_tap_of_a_person_is_heard_as_a_confirmation(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Without their name; against their own value it asks to look again."""
    space, ada, id = square
    ben, cleo = await known(world, space, "ben", "cleo")
    assert agreed(await tapped(ben, id, "SUITABLE", "WHEELCHAIR")) == ("SUITABLE", 1, 0)
    done = await tapped(cleo, id, "UNSUITABLE", "WHEELCHAIR")
    assert (done["state"], agreed(done)) == ("DISPUTED", ("SUITABLE", 1, 1, "disputed"))
    events = await world.db["events"].find({"type": "entry.signalled"}).sort("_id").to_list(None)
    assert [(one["actor"], one["to"]) for one in events] == [(None, [ben.id]), (None, [cleo.id])]
    other = await cafe(ada, space)
    mine = await tapped(ada, other, "UNSUITABLE", "WHEELCHAIR")
    assert (mine["state"], agreed(mine)) == ("STALE", ("SUITABLE", 0, 0))


async def test_enough_who_are_independent_find_that_something_is_gone(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """Any number of strangers alone do not; whoever finds it there since speaks against it."""
    space, ada, id = square
    ben, cleo, dan = await known(world, space, "ben", "cleo", "dan")
    for n in range(5):
        await tapped(stranger(world, f"192.0.2.{n}"), id, "GONE")
    clock.turn(60)
    assert (await shown(ada, id))["state"] == "PUBLISHED"
    gone = await tapped(ben, id, "GONE")
    assert (gone["state"], gone["version"]) == ("GONE", 3)
    assert (await tapped(cleo, id, "GONE"))["state"] == "GONE"
    clock.turn(60)
    back = await moved(ada, id, "returnEntry", "They were on holiday.")
    assert back["state"] == "PUBLISHED"
    clock.turn(60)
    assert (await tapped(dan, id, "CHANGED"))["state"] == "STALE"
    assert (await said(dan, id))["state"] == "PUBLISHED"


async def test_who_finds_it_there_since_stands_against_it(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """Two against one are not more than two thirds."""
    space, _, id = square
    ben, cleo, dan = await known(world, space, "ben", "cleo", "dan")
    await tapped(ben, id, "GONE")
    clock.turn(60)
    await said(dan, id)
    clock.turn(60)
    assert (await tapped(cleo, id, "GONE"))["state"] == "PUBLISHED"
    clock.turn(60)
    assert (await tapped(dan, id, "GONE"))["state"] == "GONE"


async def test_signals_at_once_do_not_overlook_each_other(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Of many who tap at the same moment, the last finds what all of them said."""
    space, _, id = square
    full = await known(world, space, "ben", "cleo")
    strangers = [stranger(world, f"192.0.2.{n}") for n in range(8)]
    await asyncio.gather(*(tapped(person, id, "GONE") for person in [*full, *strangers]))
    assert (await shown(full[0], id))["state"] == "GONE"
    assert await taps(world, id) == 10


async def test_a_tap_says_of_which_facet_where_that_matters(world: World) -> None:
    """Where the pool knows one need, that is meant; what is gone is gone as a whole."""
    space, _ = await town(world)
    [ada] = await world.people("ada")
    id = await cafe(ada, space)
    here = stranger(world, "192.0.2.1")

    async def wrong(kind: str, facet: str | None = None) -> str:
        done = await tapped(here, id, kind, facet)
        [problem] = done["problems"]
        assert problem["path"] == "facet"
        message: str = problem["message"]
        return message

    assert await wrong("SUITABLE") == "Say whom it suits or not: WHEELCHAIR, BLIND."
    assert await wrong("UNSUITABLE", "STEPS") == "Name one of: WHEELCHAIR, BLIND."
    assert await wrong("CHANGED", "BALCONY")
    assert await wrong("GONE", "WHEELCHAIR")
    rules = await world.db["spaces"].find_one({"_id": space})
    await set_rules(world, space, facets=[(rules or {})["pool"]["facets"][0]])
    await tapped(here, id, "SUITABLE")
    [kept] = await world.db["signals"].find({"entry": id}).to_list(None)
    assert (kept["kind"], kept["facet"]) == ("SUITABLE", "WHEELCHAIR")


async def test_only_moderators_learn_whose_a_tap_is(
    world: World, square: tuple[str, Person, str]
) -> None:
    """It says where somebody was. The same address has another fingerprint in another pool."""
    space, ada, id = square
    [ben] = await world.people("ben")
    here = stranger(world, "192.0.2.1")
    await tapped(ben, id, "CHANGED")
    await tapped(here, id, "CHANGED")
    max = await moderator(world, space)
    for person in (world.anonymous, ada, ben):
        assert (await person.ask(TAPS, id=id))["poolEntry"]["signals"] is None
    found = (await max.ask(TAPS, id=id))["poolEntry"]["signals"]["nodes"]
    named = {(one["by"] or {}).get("name"): one["address"] for one in found}
    assert named.keys() == {"ben", None}
    assert named["ben"] is None
    other = await cafe(ada, await pool(world, await world.person("olaf")))
    await tapped(here, other, "CHANGED")
    [elsewhere] = await world.db["signals"].find({"entry": other}).to_list(None)
    assert elsewhere["address"] not in {named[None], "192.0.2.1"}


async def test_who_may_signal_and_where(world: World, square: tuple[str, Person, str]) -> None:
    """Whoever reads the pool: not what is hidden or merged, nor where an account is asked for."""
    space, ada, id = square
    max = await moderator(world, space)
    await moved(max, id, "hideEntry")
    assert (await tapped(ada, id, "GONE"))["code"] == "NOT_FOUND"
    assert (await tapped(max, id, "GONE"))["found"] == "HIDDEN"
    assert await taps(world, id) == 0
    other = await cafe(ada, space)
    await set_rules(world, space, openness="REGISTERED")
    assert (await tapped(world.anonymous, other, "GONE"))["code"] == "NOT_FOUND"
    assert (await tapped(ada, other, "GONE"))["__typename"] == "PoolEntry"


async def taps(world: World, id: str) -> int:
    """Return how often an entry was signalled."""
    found = await world.db["entries"].find_one({"_id": id}, {"taps": 1})
    return int((found or {}).get("taps", 0))
