"""Folding: many campaigns at once, in steps of any size, alone and beside others."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from app.db.ledger import FOLDED_AFTER
from app.db.writing import write
from app.resolvers import folding
from app.settings import Settings
from tests.api import World, second_server
from tests.conftest import TurnedClock
from tests.funding import Scene, campaign
from tests.supporting import crowd

TENTHS = [{"kind": "MONEY", "percent": 10, "every": True, "name": "tenth"}]
CAMPAIGNS, PEOPLE = 4, 6
AMOUNT = 500
UNFOLDED: dict[str, Any] = {"progress": {}, "share": 0.0, "crossed": {}, "folded": 0}


@pytest.fixture
async def scene(world: World) -> Scene:
    """A space in which several campaigns are open, the scene's own the first of them."""
    scene = await campaign(world, thresholds=TENTHS)
    scene.people |= {f"one{n}": one for n, one in enumerate(await crowd(scene, PEOPLE))}
    return scene


async def opened(scene: Scene) -> list[str]:
    """Return the scene's campaign, and more like it."""
    ids = [scene.id]
    for _ in range(CAMPAIGNS - 1):
        made = await scene.create(thresholds=TENTHS)
        ids.append(made["id"])
        for deed in ("SUBMIT", "OPEN"):
            assert (await scene.act(deed, id=made["id"]))["__typename"] == "Campaign"
    return ids


async def give_all(scene: Scene, ids: list[str]) -> None:
    """Let everybody give to every campaign at the same moment."""
    await asyncio.gather(
        *(scene.given(f"one{n}", AMOUNT, campaign=id) for id in ids for n in range(PEOPLE))
    )


async def figures(scene: Scene, id: str) -> dict[str, Any]:
    """Return what is folded of a campaign, as it is stored."""
    stored: Mapping[str, Any] = await scene.stored(id)
    return {key: stored[key] for key in UNFOLDED}


async def crossings(scene: Scene, id: str) -> list[int]:
    """Return the steps that a campaign's total went through, in order."""
    found = scene.world.db["events"].find({"subject": id, "type": "campaign.threshold_crossed"})
    return [event["after"]["step"] for event in await found.sort("_id").to_list(None)]


async def test_whoever_gives_sees_it_counted(scene: Scene) -> None:
    """Each campaign has its own sum and crossings, and all need far fewer steps than gifts."""
    ids = await opened(scene)
    await give_all(scene, ids)
    for id in ids:
        stored = await scene.stored(id)
        assert stored["progress"]["MONEY"]["counted"] == PEOPLE * AMOUNT
        assert stored["crossed"] == {stored["thresholds"][0]["id"]: 3}
        assert await crossings(scene, id) == [1, 2, 3]
    types = [type for id in ids for type in await scene.events(id)]
    assert types.count("campaign.progressed") < len(ids) * PEOPLE


@pytest.mark.parametrize("most", [2, 3, 2_000])
async def test_steps_of_any_size_come_to_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Folded anew from nothing, so many movements at a time, every figure is as it was."""
    ids = await opened(scene)
    await give_all(scene, ids)
    before = {id: await figures(scene, id) for id in ids}
    db = scene.world.db
    await db["campaigns"].update_many({}, {"$set": UNFOLDED})
    await db["campaigns"].update_one({"_id": ids[1]}, {"$set": {"folded": 10**9}})
    monkeypatch.setattr(folding, "MOST_ENTRIES", most)
    upto = await scene.world.engine.services.log.caught_up()
    steps = 1
    while await write(db, scene.world.clock(), lambda writing: folding.fold(writing, ids, upto)):
        steps += 1
    assert steps > 1 or most > CAMPAIGNS * PEOPLE
    # One had been folded further than anything that there is.
    expected = {**before, ids[1]: {**UNFOLDED, "folded": 10**9}}
    assert {id: await figures(scene, id) for id in ids} == expected


async def test_what_nobody_came_to_fold_is_folded_a_little_later(
    scene: Scene, clock: TurnedClock
) -> None:
    """Time enough is left to whoever gave it; who was gone before is not needed."""
    ids = await opened(scene)
    await give_all(scene, ids)
    before = {id: await figures(scene, id) for id in ids}
    await scene.world.db["campaigns"].update_many({}, {"$set": UNFOLDED})
    clock.turn(FOLDED_AFTER.total_seconds() / 2)
    await scene.world.tick()
    assert (await scene.stored())["folded"] == 0
    clock.turn(FOLDED_AFTER.total_seconds() / 2)
    await scene.world.tick()
    assert {id: await figures(scene, id) for id in ids} == before


async def test_two_servers_that_fold_the_same_count_it_once(
    scene: Scene, settings: Settings
) -> None:
    """Both fold all campaigns at the same moment, again and again."""
    ids = await opened(scene)
    async with second_server(scene.world, settings) as other:
        engines = (scene.world.engine, other.engine)

        async def fold_often() -> None:
            for _ in range(5):
                await asyncio.gather(
                    *(engine.services.folding.count(id) for engine in engines for id in ids)
                )

        await asyncio.gather(give_all(scene, ids), fold_often())
    for id in ids:
        assert (await scene.stored(id))["progress"]["MONEY"]["counted"] == PEOPLE * AMOUNT
        assert await crossings(scene, id) == [1, 2, 3]
