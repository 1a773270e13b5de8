"""How needs and offers end: taken back by whom, and by themselves; and what ends with them."""

from datetime import timedelta

import pytest

from tests.api import World
from tests.conftest import TurnedClock
from tests.market import Market, act, open_market, propose, said
from tests.posted import BOTH, change, post, read, viewers, withdraw


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


@BOTH
async def test_what_is_taken_back_stays_so(market: Market, noun: str) -> None:
    """It is still read; it is neither changed nor taken back again."""
    ada = await market.member("ada")
    made = await post(market, ada, noun)
    gone = await withdraw(ada, made["id"], noun)
    assert gone == made | {"status": "WITHDRAWN", "version": 2}
    for again in (await withdraw(ada, made["id"], noun), await change(ada, gone, noun, title="x")):
        assert (again["code"], again["found"]) == ("WRONG_STATE", "WITHDRAWN")


async def test_its_owner_and_moderators_take_it_back(market: Market) -> None:
    """Nobody else; and its owner hears of it."""
    people, ada = await viewers(market), await market.member("ada")
    for name, came in (
        ("anonymous", "NotSignedIn"),
        ("stranger", "NotAllowed"),
        ("member", "NotAllowed"),
        ("moderator", "Need"),
        ("owner", "Need"),
        ("operator", "Need"),
    ):
        made = await post(market, ada)
        assert (await withdraw(people[name], made["id"]))["__typename"] == came, name
        event = (await market.events(made["id"]))[-1]
        assert (event["type"] == "need.withdrawn") == (came == "Need")
        if came == "Need":
            assert (event["actor"], event["to"]) == (people[name].id, [ada.id])


ENDED = {"PROPOSED": "WITHDRAWN", "ACCEPTED_BY_ONE": "WITHDRAWN"}


@pytest.mark.parametrize("state", ["PROPOSED", "ACCEPTED_BY_ONE", "CONFIRMED", "IN_PROGRESS"])
async def test_open_proposals_end_with_it_and_confirmed_matches_stay(
    market: Market, state: str
) -> None:
    """Whoever withdraws a need withdraws what was proposed for it."""
    ada, ben = await market.member("ada"), await market.member("ben")
    made = await post(market, ada)
    accepted = {"PROPOSED": []}.get(state, ["OFFER"])
    id = await market.match(ada, ben, need=made["id"], state=state, accepted_by=accepted)
    await withdraw(ada, made["id"])
    assert (await market.find(id))["state"] == ENDED.get(state, state)


@BOTH
async def test_it_expires_by_itself(market: Market, clock: TurnedClock, noun: str) -> None:
    """Not before its time; then its open proposals expire too, and an event tells it."""
    ada, ben = await market.member("ada"), await market.member("ben")
    made = await post(market, ada, noun, expiresAt=said(clock() + timedelta(hours=1)))
    sides = (ada, ben) if noun == "need" else (ben, ada)
    id = await market.match(*sides, **{noun: made["id"]}, accepted_by=["NEED"])
    clock.turn(3599)
    await market.world.tick()
    assert (await read(ada, made["id"]))["status"] == "OPEN"
    clock.turn(1)
    await market.world.tick()
    assert (await read(ada, made["id"]))["status"] == "EXPIRED"
    assert (await market.find(id))["state"] == "EXPIRED"
    event = (await market.events(made["id"]))[-1]
    assert (event["type"], event["actor"], event["to"]) == (f"{noun}.expired", None, [ada.id])
    assert event["at"] == clock()


async def test_what_is_fulfilled_expires_and_what_was_withdrawn_does_not(
    market: Market, clock: TurnedClock
) -> None:
    """Only what lives has a time that can be over."""
    ada, soon = await market.member("ada"), said(clock() + timedelta(hours=1))
    full, gone = [await post(market, ada, expiresAt=soon) for _ in range(2)]
    await withdraw(ada, gone["id"])
    taken = {"$set": {"taken": 1, "status": "FULFILLED"}}
    await market.world.db["needs"].update_one({"_id": full["id"]}, taken)
    clock.turn(7200)
    await market.world.tick()
    statuses = [(await read(ada, one["id"]))["status"] for one in (full, gone)]
    assert statuses == ["EXPIRED", "WITHDRAWN"]


async def test_who_waits_for_a_seat_does_not_wait_for_ever(
    market: Market, clock: TurnedClock
) -> None:
    """What waits for a full offer ends with its time; what is confirmed stays, and is done."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    offer = await post(market, ben, "offer", expiresAt=said(clock() + timedelta(hours=5)))
    ids = []
    for who in (ada, cleo):
        ids.append((await propose(who, await market.need(who), offer["id"]))["id"])
        await act(ben, "ACCEPT", ids[-1])
    confirmed, waiting = ids
    assert (await read(ben, offer["id"]))["status"] == "FULFILLED"
    states = [(await market.find(id))["state"] for id in ids]
    assert states == ["CONFIRMED", "ACCEPTED_BY_ONE"]
    clock.turn(5 * 3600)
    await market.world.tick()
    assert (await read(ben, offer["id"]))["status"] == "EXPIRED"
    assert (await market.find(waiting))["state"] == "EXPIRED"
    assert (await market.events(waiting))[-1]["type"] == "match.expired"
    assert (await market.find(offer["id"]))["waiting"] == 0
    assert (await act(ben, "START", confirmed))["state"] == "IN_PROGRESS"
    assert (await act(ada, "COMPLETE", confirmed))["state"] == "COMPLETED"
