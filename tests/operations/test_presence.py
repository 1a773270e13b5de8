"""Who is suspended, or has left the space, is neither suggested nor paired, and asks in vain."""

import asyncio
from typing import Any

import pytest

from tests.api import Person, World
from tests.market import Market, open_market
from tests.operations.test_match_events import offers, replayed
from tests.operations.test_pairing import computes, run, stopped
from tests.operations.test_suggestions import EXPLAIN, SUGGEST, refusal, suggested
from tests.posted import closed_to


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


async def leave(market: Market, person: Person) -> None:
    """Let somebody leave the space."""
    query = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
    assert await person.do(query, space=market.space) == {"__typename": "Space"}
    await market.world.engine.services.log.caught_up()


async def suspend(market: Market, person: Person) -> None:
    """Let the operator suspend somebody."""
    operator = await market.world.person("mo", operator=True)
    query = "mutation M($user: ID!) { suspendUser(input: {user: $user}) { __typename } }"
    assert await operator.do(query, user=person.id) == {"__typename": "User"}


GONE = pytest.mark.parametrize("go", [leave, suspend])


@GONE
async def test_what_they_posted_is_not_suggested(market: Market, go: Any) -> None:
    """Neither their offers nor their needs; those of others are."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    asked: dict[str, Any] = {"need": await market.need(ada), "offer": await market.offer(ada)}
    theirs = {"need": "offer", "offer": "need"}
    posted = {one.id: {await market.need(one), await market.offer(one)} for one in (ben, cleo)}

    async def found() -> set[str]:
        return {
            one[theirs[side]]["id"]
            for side, id in asked.items()
            for one in await suggested(ada, **{side: id})
        }

    assert await found() == posted[ben.id] | posted[cleo.id]
    await go(market, ben)
    assert await found() == posted[cleo.id]


async def test_what_an_operator_posted_is_suggested(market: Market) -> None:
    """They need not be members to post, so neither to be found."""
    ada, mo = await market.member("ada"), await market.world.person("mo", operator=True)
    need, offer = await market.need(ada), await offers(mo, market)
    assert [one["offer"]["id"] for one in await suggested(ada, need=need)] == [offer]
    assert (await run(market.mia, market))["proposed"] == 1


@GONE
async def test_a_stream_tells_nothing_of_it_either(market: Market, go: Any) -> None:
    """Read back, what they had posted before they went is passed over."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    await market.need(ada, notify_above=0.5)
    posted = [await offers(one, market) for one in (ben, cleo)]
    assert [one["posting"]["id"] for one in await replayed(ada, 2)] == posted
    await go(market, ben)
    assert [one["posting"]["id"] for one in await replayed(ada, 1)] == posted[1:]


@GONE
@pytest.mark.parametrize("side", ["need", "offer"])
async def test_what_they_posted_is_not_paired(market: Market, go: Any, side: str) -> None:
    """It counts as if it were not there."""
    ada, ben = await market.member("ada"), await market.member("ben")
    await market.need(ada)
    await market.offer(ben)
    assert (await run(market.mia, market, dryRun=True))["pairCount"] == 1
    await go(market, ada if side == "need" else ben)
    done = await run(market.mia, market)
    assert (done["pairCount"], done["proposed"], done["considered"]) == (0, 0, 0)
    assert (done["loneNeeds"], done["loneOffers"]) == ((0, 1) if side == "need" else (1, 0))


@GONE
async def test_who_goes_while_it_computes_is_passed_over(market: Market, go: Any) -> None:
    """The pair is found, and not proposed."""
    await market.need(await market.member("ada"))
    ben = await market.member("ben")
    await market.offer(ben)
    await run(market.mia, market, dryRun=True)
    with stopped(market.world.engine.services.workers.pid):
        paired = asyncio.create_task(run(market.mia, market))
        await computes(market.world)
        await go(market, ben)
    done = await paired
    assert (done["pairCount"], done["proposed"]) == (1, 0)


async def test_who_has_left_is_suggested_nothing_that_they_may_not_read(market: Market) -> None:
    """Of a hidden space, though the need is theirs; of an open one they read all the same."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need, offer = await market.need(ada), await market.offer(ben)
    await leave(market, ada)
    assert [one["offer"]["id"] for one in await suggested(ada, need=need)] == [offer]
    await closed_to(market, "HIDDEN")
    assert await refusal(ada, SUGGEST, need=need) == "NOT_FOUND"
    assert await refusal(ada, EXPLAIN, need=need, offer=offer) == "NOT_FOUND"
