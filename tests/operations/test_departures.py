"""Who has left a space, or is suspended, does not trade in it; and what they had open ends."""

from typing import Any

import pytest

from app.resolvers import departures
from tests.api import Person, World
from tests.market import Market, act, open_market, propose

LEAVE = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
JOIN = "mutation M($space: ID!) { joinSpace(space: $space) { __typename } }"
SUSPEND = "mutation M($user: ID!) { suspendUser(input: {user: $user}) { __typename } }"


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


@pytest.fixture
async def ada(market: Market) -> Person:
    """Somebody who leaves."""
    return await market.member("ada")


@pytest.fixture
async def ben(market: Market) -> Person:
    """Somebody who stays."""
    return await market.member("ben")


async def leave(market: Market, person: Person) -> None:
    """Let somebody leave the space."""
    assert await person.do(LEAVE, space=market.space) == {"__typename": "Space"}


async def suspend(market: Market, person: Person) -> None:
    """Let the operator suspend somebody."""
    operator = await market.world.person("mo", operator=True)
    await operator.do(SUSPEND, user=person.id)


@pytest.mark.parametrize("end", [leave, suspend])
async def test_to_who_is_gone_nothing_is_proposed(
    market: Market, ada: Person, ben: Person, end: Any
) -> None:
    """At once, and as if what they seek were open no more."""
    need, offer = await market.need(ada), await market.offer(ben)
    await end(market, ada)
    refused = await propose(ben, need, offer)
    withdrawn = await propose(ben, await market.need(ada, status="WITHDRAWN"), offer)
    assert refused["problems"] == withdrawn["problems"]
    assert [problem["path"] for problem in refused["problems"]] == ["constraints.CLOSED"]


async def test_who_has_left_accepts_nothing(market: Market, ada: Person, ben: Person) -> None:
    """And learns no address; to decline stays possible."""
    id = await market.match(ada, ben, state="ACCEPTED_BY_ONE", accepted_by=["OFFER"])
    await leave(market, ada)
    refused = await act(ada, "ACCEPT", id)
    assert (refused["code"], refused["missing"]) == ("NOT_ALLOWED", "membership of the space")
    assert (await market.find(id))["state"] == "ACCEPTED_BY_ONE"
    assert (await act(ada, "DECLINE", id))["state"] == "DECLINED"


@pytest.mark.parametrize("end", [leave, suspend])
async def test_with_who_is_gone_nothing_is_confirmed(
    market: Market, ada: Person, ben: Person, end: Any
) -> None:
    """Though they had accepted it before."""
    id = await market.match(ada, ben, state="ACCEPTED_BY_ONE", accepted_by=["NEED"])
    await end(market, ada)
    refused = await act(ben, "ACCEPT", id)
    assert (refused["code"], refused["found"]) == ("WRONG_STATE", "ACCEPTED_BY_ONE")
    assert (await act(ben, "DECLINE", id))["state"] == "DECLINED"


async def test_what_is_agreed_can_be_ended_by_who_has_left(
    market: Market, ada: Person, ben: Person
) -> None:
    """They withdraw, cancel, report and dispute as before."""
    given = {"WITHDRAW": "ACCEPTED_BY_ONE", "CANCEL": "CONFIRMED", "REPORT_NO_SHOW": "CONFIRMED"}
    given |= {"DISPUTE": "COMPLETED"}
    both = {"window": None, "accepted_by": ["NEED"]}
    matches = {
        deed: await market.match(ada, ben, state=state, **both) for deed, state in given.items()
    }
    await leave(market, ada)
    for deed, id in matches.items():
        assert (await act(ada, deed, id))["__typename"] == "Match", deed


async def test_what_who_left_had_open_is_withdrawn(
    market: Market, ada: Person, ben: Person
) -> None:
    """With its open matches; nobody did it, what is confirmed stays, and other spaces too."""
    need = await market.need(ada, taken=1, capacity=2)
    offer = await market.offer(ada, status="FULFILLED", taken=1)
    opened = await market.match(ada, ben, need=need, state="ACCEPTED_BY_ONE", accepted_by=["OFFER"])
    confirmed = await market.match(ada, ben, need=need, state="CONFIRMED")
    elsewhere = await (await open_market(market.world)).need(ada)
    ended = await market.need(ada, status="EXPIRED")
    theirs = await market.offer(ben)
    await leave(market, ada)
    await market.world.tick()
    for id, type in ((need, "need.withdrawn"), (offer, "offer.withdrawn")):
        assert (await market.find(id))["status"] == "WITHDRAWN"
        [event] = await market.events(id)
        assert (event["type"], event["actor"], event["to"]) == (type, None, [ada.id])
    assert (await market.find(opened))["state"] == "WITHDRAWN"
    [event] = await market.events(opened)
    assert (event["type"], event["actor"]) == ("match.withdrawn", None)
    assert (await market.find(confirmed))["state"] == "CONFIRMED"
    kept = [(await market.find(id))["status"] for id in (elsewhere, ended, theirs)]
    assert kept == ["OPEN", "EXPIRED", "OPEN"]
    assert await market.world.db["departures"].count_documents({}) == 0
    await market.world.tick()
    assert len(await market.events(need)) == 1


async def test_who_is_back_before_keeps_what_they_had(
    market: Market, ada: Person, ben: Person
) -> None:
    """As if they had never left."""
    need = await market.need(ada)
    await leave(market, ada)
    assert await ada.do(JOIN, space=market.space) == {"__typename": "Membership"}
    await market.world.tick()
    assert (await market.find(need))["status"] == "OPEN"
    assert await market.world.db["departures"].count_documents({}) == 0
    assert (await propose(ben, need, await market.offer(ben)))["__typename"] == "Match"


async def test_much_that_is_open_is_withdrawn_in_pieces(
    market: Market, ada: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As small as they may be, one tick does them all; also after leaving a second time."""
    monkeypatch.setattr(departures, "POSTINGS", 2)
    monkeypatch.setattr(departures, "MATCHES", 1)
    for _ in range(2):
        needs = [await market.need(ada) for _ in range(5)]
        given = {"state": "ACCEPTED_BY_ONE", "accepted_by": ["NEED"]}
        matches = [await market.match(ada, ben, need=need, **given) for need in needs[:3]]
        await leave(market, ada)
        await market.world.tick()
        assert {(await market.find(need))["status"] for need in needs} == {"WITHDRAWN"}
        assert {(await market.find(match))["state"] for match in matches} == {"WITHDRAWN"}
        assert await market.world.db["departures"].count_documents({}) == 0
        await ada.do(JOIN, space=market.space)
