"""Confirmations: what those who went and looked say, and what all agree on by it."""

import asyncio
from typing import Any

import pytest

from app.settings import Settings
from tests.agreeing import (
    CONFIRM,
    SAID,
    agreed,
    cafe,
    facet,
    known,
    moderator,
    moved,
    proved,
    said,
    shown,
    town,
)
from tests.api import Person, World, at, second_server
from tests.pool import edited, facets, merged, pool, read


@pytest.fixture
async def square(world: World) -> tuple[str, Person, str]:
    """A pool, Ada who contributed to it, and her café."""
    space, _ = await town(world)
    [ada] = await world.people("ada")
    return space, ada, await cafe(ada, space)


async def test_two_full_voices_verify_and_one_does_not(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Each confirmation is a version; the entry is verified with its facet."""
    space, _, id = square
    ben, cleo = await known(world, space, "ben", "cleo")
    one = await said(ben, id)
    assert (one["state"], one["version"], agreed(one)) == ("PUBLISHED", 2, ("SUITABLE", 1, 0))
    assert agreed(await said(ben, id)) == ("SUITABLE", 1, 0)
    two = await said(cleo, id)
    assert (two["state"], agreed(two)) == ("VERIFIED", ("SUITABLE", 2, 0, "verified"))


async def test_ones_own_confirmation_does_not_count(
    world: World, square: tuple[str, Person, str]
) -> None:
    """It renews the value, and no voice is added by it; nobody disputes what is their own."""
    space, ada, id = square
    await proved(world, space, ada)
    [ben] = await known(world, space, "ben")
    assert agreed(await said(ada, id)) == ("SUITABLE", 0, 0)
    assert agreed(await said(ben, id)) == ("SUITABLE", 1, 0)
    refused = await said(ada, id, "DISPUTE", "UNSUITABLE")
    assert refused["problems"][0]["path"] == "facets.0.verdict"


async def test_newcomers_cannot_verify_alone(world: World, square: tuple[str, Person, str]) -> None:
    """However many: it takes the weight of two full voices, and one that is no newcomer's."""
    space, _, id = square
    for name in ("ben", "cleo", "dan", "fay"):
        [newcomer] = await world.people(name)
        done = await said(newcomer, id)
        assert done["state"] == "PUBLISHED"
    assert agreed(done) == ("SUITABLE", 4, 0)
    [eve] = await known(world, space, "eve")
    assert agreed(await said(eve, id)) == ("SUITABLE", 5, 0, "verified")


async def test_friends_who_mostly_confirm_each_other_are_one_voice(
    world: World, square: tuple[str, Person, str]
) -> None:
    """However much each of them weighs; and for a friend's own value they have none."""
    space, _, id = square
    ben, cleo = await known(world, space, "ben", "cleo")
    for _ in range(3):
        await said(cleo, await cafe(ben, space))
        await said(ben, await cafe(cleo, space))
    await said(ben, id)
    assert agreed(await said(cleo, id)) == ("SUITABLE", 1, 0)
    assert agreed(await said(cleo, await cafe(ben, space))) == ("SUITABLE", 0, 0)
    [dan] = await known(world, space, "dan")
    assert agreed(await said(dan, id)) == ("SUITABLE", 2, 0, "verified")


async def test_who_looks_around_among_others_too_is_bound_to_nobody(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Where few map a town, they confirm each other's values: that is no friendship yet."""
    space, ada, id = square
    ben, cleo = await known(world, space, "ben", "cleo")
    for _ in range(3):
        for giver, looker in ((ben, cleo), (cleo, ben)):
            await said(looker, await cafe(giver, space))
            await said(looker, await cafe(ada, space))
    await said(ben, id)
    assert agreed(await said(cleo, id)) == ("SUITABLE", 2, 0, "verified")


async def test_people_who_were_matched_are_one_voice(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Where the space matches people, two who went out together came together."""
    space, _, id = square
    models = {"$set": {"enabled_models": ["POOL", "MATCHMAKER"]}}
    await world.db["spaces"].update_one({"_id": space}, models)
    world.engine.services.spaces.forget(space)
    ben, cleo = await known(world, space, "ben", "cleo")
    match = {"need_owner": ben.id, "offer_owner": cleo.id, "space": space, "state": "COMPLETED"}
    await world.db["matches"].insert_one({"_id": "mat_1", "ended_at": world.clock(), **match})
    await said(ben, id)
    assert agreed(await said(cleo, id)) == ("SUITABLE", 1, 0)


async def test_exactly_two_thirds_are_not_enough(
    world: World, square: tuple[str, Person, str]
) -> None:
    """With equal voices two against one leave it disputed; three against one do not."""
    space, _, id = square
    ben, cleo, dan, eve = await known(world, space, "ben", "cleo", "dan", "eve")
    for person in (ben, cleo):
        await said(person, id)
    third = await said(dan, id, "DISPUTE")
    assert (third["state"], agreed(third)) == ("DISPUTED", ("SUITABLE", 2, 1, "disputed"))
    fourth = await said(eve, id)
    assert (fourth["state"], agreed(fourth)) == ("VERIFIED", ("SUITABLE", 3, 1, "verified"))


async def test_another_value_takes_over_when_enough_say_so(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Then it is nobody's own; who gave the old one is named with it no more."""
    space, _, id = square
    ben, cleo, dan = await known(world, space, "ben", "cleo", "dan")
    first = await said(ben, id, "DISPUTE", "UNSUITABLE")
    assert (first["state"], agreed(first)) == ("DISPUTED", ("SUITABLE", 0, 1, "disputed"))
    after = await said(cleo, id, "DISPUTE", "UNSUITABLE")
    assert (after["state"], agreed(after)) == ("VERIFIED", ("UNSUITABLE", 2, 0, "verified"))
    assert (facet(after)["value"], facet(after)["contributor"]) == ("UNSUITABLE", None)
    again = await said(dan, id, "CONFIRM", "UNSUITABLE")
    assert agreed(again) == ("UNSUITABLE", 3, 0, "verified")


async def test_the_last_word_of_each_counts(world: World, square: tuple[str, Person, str]) -> None:
    """Whoever was mistaken says so; who cannot tell says nothing."""
    space, _, id = square
    [ben] = await known(world, space, "ben")
    assert agreed(await said(ben, id, "DISPUTE")) == ("SUITABLE", 0, 1, "disputed")
    assert agreed(await said(ben, id)) == ("SUITABLE", 1, 0)
    assert agreed(await said(ben, id, "CANNOT_TELL")) == ("SUITABLE", 0, 0)


async def test_a_new_value_begins_anew(world: World, square: tuple[str, Person, str]) -> None:
    """What was said of the value before does not count; reverted to, it counts again."""
    space, ada, id = square
    ben, cleo = await known(world, space, "ben", "cleo")
    await said(ben, id)
    await said(cleo, id)
    entry = await read(ada, id)
    changed = await edited(ada, entry, facets=facets(WHEELCHAIR="PARTLY"))
    assert changed["state"] == "PUBLISHED"
    assert agreed(await said(ben, id)) == ("PARTLY", 1, 0)
    nodes = (await ada.ask(SAID, id=id))["poolEntry"]["confirmations"]["nodes"]
    assert sorted((one["by"]["name"], one["value"], one["current"]) for one in nodes) == [
        ("ben", "PARTLY", True),
        ("ben", "SUITABLE", False),
        ("cleo", "SUITABLE", False),
    ]


async def test_what_was_verified_makes_newcomers_full_voices(world: World) -> None:
    """After three entries on which they were right; those who were wrong stay light."""
    space, _ = await town(world)
    ada, dan, wrong = await world.people("ada", "dan", "wrong")
    full = await known(world, space, "ben", "cleo")
    for _ in range(3):
        id = await cafe(ada, space)
        await said(dan, id)
        await said(wrong, id, "DISPUTE", "PARTLY")
        for person in full:
            await said(person, id)
    right = {"space": space, "person": ada.id, "agreed": True}
    assert await world.db["findings"].count_documents(right) == 3
    id = await cafe(full[0], space)
    for person in (dan, ada, wrong):
        await said(person, id)
    found = (await ada.ask(SAID, id=id, first=9))["poolEntry"]["confirmations"]["nodes"]
    weights = {one["by"]["name"]: one["weight"] for one in found}
    assert weights["dan"] == weights["ada"] == 1.75
    assert weights["wrong"] == 0.5


async def test_evidence_goes_when_a_value_is_verified_no_more(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Nobody keeps a good name for what turned out to be doubtful."""
    space, ada, id = square
    ben, cleo = await known(world, space, "ben", "cleo")
    await said(ben, id)
    await said(cleo, id)
    found = world.db["findings"]
    assert await found.count_documents({"entry": id}) == 3
    await said(cleo, id, "DISPUTE")
    assert await found.count_documents({"entry": id}) == 0
    await said(cleo, id)
    assert await found.count_documents({"entry": id, "person": ada.id, "agreed": True}) == 1


async def test_what_is_said_is_checked_as_a_whole(
    world: World, square: tuple[str, Person, str]
) -> None:
    """All problems at once, each with its path; nothing is kept of what has one."""
    _, ada, id = square
    [ben] = await world.people("ben")

    async def problems(*words: dict[str, Any]) -> dict[str, str]:
        done = await ben.do(CONFIRM, input={"entry": id, "facets": list(words)})
        return {one["path"]: one["message"] for one in done["problems"]}

    assert await problems() == {"facets": "Say something of 1 to 50 facets, not 0."}
    found = await problems(
        {"facet": "WHEELCHAIR", "verdict": "DISPUTE", "value": "MAYBE"},
        {"facet": "WHEELCHAIR", "verdict": "CONFIRM"},
        {"facet": "BALCONY", "verdict": "CONFIRM"},
        {"facet": "STEPS", "verdict": "CANNOT_TELL", "value": 3},
    )
    assert list(found) == ["facets.0.value", "facets.1.facet", "facets.2.facet", "facets.3.value"]
    assert list(await problems({"facet": "STEPS", "verdict": "CONFIRM"})) == ["facets.0.facet"]
    same = {"facet": "WHEELCHAIR", "verdict": "DISPUTE", "value": "suitable"}
    assert list(await problems(same)) == ["facets.0.value"]
    meanwhile = await said(ben, id, "CONFIRM", "PARTLY")
    assert (meanwhile["__typename"], meanwhile["currentVersion"]) == ("Conflict", 1)
    assert (await shown(ada, id))["version"] == 1


async def test_what_is_said_of_a_value_is_not_taken_for_another_one(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Who names the value or the version that they saw hears what it is now; nothing is kept."""
    _, ada, id = square
    ben, cleo = await world.people("ben", "cleo")
    await edited(ada, await read(ada, id), facets=facets(WHEELCHAIR="PARTLY", STEPS=2))
    word = {"facet": "WHEELCHAIR", "verdict": "CONFIRM"}
    for given in (
        {"facets": [{**word, "value": "SUITABLE"}]},
        {"facets": [word], "expectedVersion": 1},
        {"facets": [{**word, "verdict": "DISPUTE"}], "expectedVersion": 1},
        {"facets": [{**word, "verdict": "DISPUTE", "value": "PARTLY"}], "expectedVersion": 1},
    ):
        refused = await ben.do(CONFIRM, input={"entry": id, **given})
        assert (refused["__typename"], refused["currentVersion"]) == ("Conflict", 2)
        assert 'WHEELCHAIR is "PARTLY"' in refused["message"]
    never = await ben.do(CONFIRM, input={"entry": id, "facets": [word], "expectedVersion": 3})
    assert never["__typename"] == "Conflict"
    assert not await world.db["confirmations"].count_documents({})
    assert (await shown(ada, id))["version"] == 2
    await edited(ada, await read(ada, id), title="Other")
    seen = [{**word, "value": "PARTLY"}, {"facet": "STEPS", "verdict": "DISPUTE", "value": 3}]
    kept = await ben.do(CONFIRM, input={"entry": id, "facets": seen, "expectedVersion": 2})
    assert kept["version"] == 4
    assert (await said(cleo, id))["version"] == 5


async def test_who_says_so_is_named_unless_they_want_not_to_be(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Moderators see all names, and everybody their own."""
    space, ada, id = square
    ben, cleo = await world.people("ben", "cleo")
    max = await moderator(world, space)
    await said(ben, id)
    await said(cleo, id, anonymous=True)

    async def names(person: Person) -> list[str | None]:
        found = (await person.ask(SAID, id=id))["poolEntry"]["confirmations"]["nodes"]
        return sorted(one["by"]["name"] if one["by"] else "-" for one in found)

    assert await names(world.anonymous) == await names(ada) == ["-", "ben"]
    assert await names(max) == await names(cleo) == ["ben", "cleo"]
    log = world.db["events"].find({"type": "entry.confirmed"}).sort("_id")
    found = await log.to_list(None)
    assert [one["actor"] for one in found] == [ben.id, None]
    assert [one["to"] for one in found] == [[ada.id], [ada.id, cleo.id]]


async def test_confirmations_at_once_are_all_counted(
    world: World, square: tuple[str, Person, str], settings: Settings
) -> None:
    """Twenty people at the same moment, by two servers: twenty voices, twenty versions."""
    _, _, id = square
    crowd = await world.people(*(f"p{n}" for n in range(20)))
    async with second_server(world, settings) as other:
        there = [at(other, person) for person in crowd[10:]]
        done = await asyncio.gather(*(said(person, id) for person in [*crowd[:10], *there]))
    assert {one["__typename"] for one in done} == {"PoolEntry"}
    after = await shown(crowd[0], id)
    assert (after["version"], agreed(after)) == (21, ("SUITABLE", 20, 0))


async def test_who_may_confirm(world: World) -> None:
    """Whoever is signed in and reads the pool; others hear what is missing, or nothing at all."""
    space, owner = await town(world)
    [ada] = await world.people("ada")
    id, hidden = await cafe(ada, space), await cafe(ada, space)
    assert (await said(world.anonymous, id))["__typename"] == "NotSignedIn"
    assert (await moved(owner, hidden, "hideEntry"))["state"] == "HIDDEN"
    assert (await said(ada, hidden))["__typename"] == "NotFound"
    assert (await said(owner, hidden))["found"] == "HIDDEN"
    private = await cafe(owner, await pool(world, owner, openness="MEMBERS"))
    assert (await said(ada, private))["__typename"] == "NotFound"


async def test_only_what_is_there_can_be_confirmed(
    world: World, square: tuple[str, Person, str]
) -> None:
    """Not what is gone or was merged: the answer names the state that was found."""
    space, ada, id = square
    [ben] = await world.people("ben")
    assert (await moved(ada, id, "declareGone"))["state"] == "GONE"
    assert (await said(ben, id))["found"] == "GONE"
    olga = await moderator(world, space)
    one, other = await cafe(ada, space), await cafe(ada, space)
    await merged(olga, {"id": one}, {"id": other})
    assert (await said(ben, one))["found"] == "MERGED"
