"""What a pairing must not tell, which is where somebody is, and how much it may leave open."""

import asyncio
from typing import Any

import pytest

from app.ids import new_id
from app.places import metres_between, point
from app.resolvers.matchmaking import MOST_OPEN_BETWEEN, MOST_OPEN_OF_POSTING
from tests.api import World
from tests.market import Market, open_market
from tests.matching.postings import match, place
from tests.operations.test_pairing import computes, proposed, run, stopped

# Two places within one cell of the grid, about 390 m apart.
HERE, THERE = place(13.4031, 52.506), place(13.4061, 52.509)


@pytest.fixture
async def market(world: World) -> Market:
    """A market where everybody is unknown to everybody."""
    return await open_market(world)


@pytest.mark.parametrize("wanting", ["need", "offer"])
async def test_ever_smaller_circles_find_nobody(market: Market, wanting: str) -> None:
    """In a dry run and in what is proposed, everybody in a cell of the grid is at one place."""
    ben = await market.member("ben")
    assert 300 < metres_between(point(HERE), point(THERE)) < 400
    asked, other = (market.need, market.offer)[:: 1 if wanting == "need" else -1]
    await other(ben, place=THERE)
    for metres in (1.0, 50.0, 100.0, 200.0, 400.0):
        id = await asked(market.mia, place=HERE, radius_metres=metres)
        done = await run(market.mia, market, dryRun=True)
        assert (done["considered"], done["pairCount"]) == (1, 1)
        await market.world.db[f"{wanting}s"].delete_one({"_id": id})
    await asked(market.mia, place=HERE, radius_metres=1.0)
    assert (await run(market.mia, market))["proposed"] == 1


async def crowd(market: Market, count: int, **about: str) -> None:
    """Let so many matches of a need or an offer be open, with others that are not there."""
    ada, ben = await market.member("many"), await market.member("ben")
    both = {"need_owner": ada.id, "offer_owner": ben.id, "space": market.space}
    made = [
        {
            **match(new_id("matches"), created_at=market.world.clock(), accepted_by=["NEED"]),
            **both,
            "state": "ACCEPTED_BY_ONE",
            "proposed_by": "NEED",
            "need": new_id("needs"),
            "offer": new_id("offers"),
            **about,
        }
        for _ in range(count)
    ]
    await market.world.db["matches"].insert_many(made)


@pytest.mark.parametrize("side", ["need", "offer"])
async def test_only_so_much_is_open_of_a_posting(market: Market, side: str) -> None:
    """To one of which one less than the most is open, one is proposed, and then nothing more."""
    full, other = (market.need, market.offer)[:: 1 if side == "need" else -1]
    about = {side: await full(await market.member("ada"), capacity=1_000)}
    for n in range(3):
        await other(await market.member(f"p{n}"))
    await crowd(market, MOST_OPEN_OF_POSTING - 1, **about)
    done = await run(market.mia, market)
    assert (done["pairCount"], done["proposed"]) == (1, 1)
    again = await run(market.mia, market)
    assert (again["pairCount"], again["proposed"], again["considered"]) == (0, 0, 0)


@pytest.mark.parametrize("side", ["need", "offer"])
async def test_what_fills_while_it_computes_is_passed_over(market: Market, side: str) -> None:
    """Of several pairs of one posting, as many are proposed as may still be open."""
    full, other = (market.need, market.offer)[:: 1 if side == "need" else -1]
    about: Any = {side: await full(await market.member("ada"), capacity=1_000)}
    for n in range(3):
        await other(await market.member(f"p{n}"))
    await run(market.mia, market, dryRun=True)
    with stopped(market.world.engine.services.workers.pid):
        paired = asyncio.create_task(run(market.mia, market))
        await computes(market.world)
        await crowd(market, MOST_OPEN_OF_POSTING - 2, **about)
    done = await paired
    assert (done["pairCount"], done["proposed"]) == (3, 2)
    by_space = [one for one in await proposed(market) if one["proposed_by"] is None]
    assert {one[side] for one in by_space} == {about[side]}


async def test_only_so_much_is_open_between_two_people(market: Market) -> None:
    """What they proposed themselves counts, whoever of them needs; others are paired as ever.

    They would rather have each other: a pair that may not be is no reason to propose none.
    """
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    for one, other in ((ada, ben), (ben, ada)):
        for _ in range(MOST_OPEN_BETWEEN // 2 - 1):
            asked = {"proposed_by": "NEED", "accepted_by": ["NEED"]}
            await market.match(one, other, state="ACCEPTED_BY_ONE", **asked)
    for kind in ("needs", "offers"):
        await market.world.db[kind].update_many({"_id": {"$gt": ""}}, {"$set": {"taken": 1}})
    for _ in range(3):
        await market.need(ada, skills=["driving"])
        await market.offer(ben, skills=["driving"])
    done = await run(market.mia, market)
    assert (done["pairCount"], done["proposed"]) == (3, 2)
    await market.offer(cleo)
    again = await run(market.mia, market)
    assert (again["pairCount"], again["proposed"], again["considered"]) == (1, 1, 1)
    by_space = [one for one in await proposed(market) if one["proposed_by"] is None]
    assert sorted(one["offer_owner"] == cleo.id for one in by_space) == [False, False, True]
