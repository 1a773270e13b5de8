"""Who is told: crowds page by page, people who may not see, and never the same thing twice."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from app.alerts import papers, telling
from app.ids import kind_of, new_id
from tests.alerts.watching import DELETE, Watching, watching
from tests.api import ALERTS, World
from tests.conftest import TurnedClock

LEAVE = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"


@pytest.fixture
async def place(world: World, clock: TurnedClock) -> Watching:
    """A series in Ada's open space."""
    return await watching(world, clock)


async def crowd(place: Watching, made: dict[str, Any], count: int) -> list[str]:
    """Let so many more people follow what Ada follows; return who follows it then."""
    hers = await place.db["subscriptions"].find_one({"_id": made["id"]}) or {}
    theirs = [{**hers, "_id": new_id("subscriptions"), "user": f"usr_{n:05}"} for n in range(count)]
    await place.db["subscriptions"].insert_many(theirs)
    await place.db["conditions"].update_one(
        {"_id": hers["condition"]}, {"$inc": {"active": count, "holders": count}}
    )
    return [place.ada.id or "", *(each["user"] for each in theirs)]


async def letters(place: Watching, reason: str, **more: Any) -> Counter[str]:
    """Return how many notices of a reason each person has."""
    found = place.db["notices"].find({"reason": reason, "user": {"$gt": ""}, **more})
    return Counter(notice["user"] for notice in await found.to_list(None))


@pytest.mark.parametrize("count", [4, 5, 9, 10, 23])
async def test_a_crowd_is_told_page_by_page(
    place: Watching, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """The first page at once, the rest on ticks; of the beginning and of the end, each once."""
    monkeypatch.setattr(telling, "PAGE", 5)
    people = await crowd(place, await place.follow(place.ada), count)
    await place.read_each(85)
    assert (await letters(place, "FIRST")).total() == min(5, len(people))
    await place.world.tick()
    assert await letters(place, "FIRST") == Counter(people)
    await place.read_each(70)
    await place.world.tick()
    assert await letters(place, "RESOLVED") == Counter(people)
    assert await place.db["fanouts"].count_documents({}) == 0


async def test_more_than_one_real_page_is_told(place: Watching) -> None:
    """With pages as they are: 521 followers are all told, and all hear of the end."""
    people = await crowd(place, await place.follow(place.ada), telling.PAGE + 20)
    await place.read_each(85)
    await place.world.tick()
    await place.read_each(70)
    await place.world.tick()
    for reason in ("FIRST", "RESOLVED"):
        assert await letters(place, reason) == Counter(people)


async def test_a_beginning_that_is_overtaken_by_its_end_is_withheld(
    place: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was not told before it was over is not told at all; that is recorded."""
    monkeypatch.setattr(telling, "PAGE", 5)
    people = await crowd(place, await place.follow(place.ada), 11)
    await place.read_each(85, 70)
    await place.world.tick()
    told = await letters(place, "FIRST", withheld=None)
    assert told.total() == 5
    assert await letters(place, "RESOLVED") == told
    assert await letters(place, "FIRST", withheld="OVERTAKEN") == Counter(people) - told


async def test_an_end_beside_a_page_reaches_all_who_were_told(
    place: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alert resolves while a page of beginnings is being written: one has to wait."""
    monkeypatch.setattr(telling, "PAGE", 5)
    people = await crowd(place, await place.follow(place.ada), 8)
    await place.read_each(85)
    find_audiences = telling.find_audiences
    raced: list[asyncio.Task[Any]] = []

    async def race(*args: Any, **options: Any) -> Any:
        found = await find_audiences(*args, **options)
        if kind_of(args[1][0]) == "conditions" and options.get("after_user") and not raced:
            raced.append(asyncio.create_task(place.read(70)))
            await asyncio.wait(raced, timeout=0.5)
        return found

    monkeypatch.setattr(telling, "find_audiences", race)
    await place.due().fan_out()
    assert (await raced[0])["alertsResolved"] == 1
    await place.due().fan_out()
    told = await letters(place, "FIRST", withheld=None)
    assert await letters(place, "RESOLVED") == told
    assert (await letters(place, "FIRST")) == Counter(people)


async def test_one_batch_never_writes_too_many_letters(
    place: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty crossings and nine followers: what is too much for one transaction comes afterwards."""
    monkeypatch.setattr(papers, "MOST_LETTERS", 50)
    people = await crowd(place, await place.follow(place.ada), 8)
    await place.read(*[85, 70] * 20, 85, every=1)
    assert (await letters(place, "FIRST")).total() + (await letters(place, "RESOLVED")).total() < 51
    async with place.ada.watch(ALERTS, after="ev0") as stream:
        await place.world.tick()
        told = [await anext(stream) for _ in await place.told(place.ada)]
    open_alert = [item["alert"]["ordinal"] for item in told if item["reason"] == "FIRST"][-1]
    assert open_alert == 21
    ordinals: dict[str, list[int]] = {"FIRST": [], "RESOLVED": []}
    for item in told:
        ordinals[item["reason"]].append(item["alert"]["ordinal"])
    assert ordinals["FIRST"][:-1] == ordinals["RESOLVED"]
    last = await letters(place, "FIRST", withheld=None)
    assert set(last) == set(people)


async def test_who_left_a_closed_space_is_not_told_any_more(
    world: World, clock: TurnedClock
) -> None:
    """Their rule stays, but they may not see: the notices are kept back, with the reason."""
    place = await watching(world, clock, openness="MEMBERS")
    ben = await world.person("ben")
    await world.role(place.ada, place.space, ben, "MEMBER")
    await place.follow(place.ada)
    await place.follow(ben)
    await place.read_each(85)
    assert await place.told(ben) == [("FIRST", 1)]
    await ben.do(LEAVE, space=place.space)
    await place.read_each(70, 85)
    assert await place.withheld(ben) == [("RESOLVED", "NOT_VISIBLE"), ("FIRST", "NOT_VISIBLE")]
    assert [reason for reason, _ in await place.told(place.ada)] == ["FIRST", "RESOLVED", "FIRST"]
    await world.role(place.ada, place.space, ben, "MEMBER")
    await place.read_each(70, 85)
    assert (await place.told(ben))[-1] == ("FIRST", 3)


async def test_who_may_not_see_is_told_when_they_may_and_ask_again(
    world: World, clock: TurnedClock
) -> None:
    """What was kept back does not count as told."""
    place = await watching(world, clock, openness="MEMBERS")
    ben = await world.person("ben")
    await world.role(place.ada, place.space, ben, "MEMBER")
    await place.follow(place.ada)
    his = await place.follow(ben)
    await ben.do(LEAVE, space=place.space)
    await place.read_each(85)
    assert await place.withheld(ben) == [("FIRST", "NOT_VISIBLE")]
    await world.role(place.ada, place.space, ben, "MEMBER")
    await ben.do(DELETE, id=his["id"])
    await place.follow(ben)
    await place.read_each(70)
    assert [reason for reason, _ in await place.told(ben)][-2:] == ["FIRST", "RESOLVED"]
