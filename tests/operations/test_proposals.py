"""Proposing a match: by whom, between what, for which time, and what forbids it."""

import asyncio
from typing import Any

import pytest

from app.ids import new_id
from app.resolvers.matchmaking import MOST_OPEN_BETWEEN, MOST_OPEN_OF_POSTING
from tests.api import Person, World
from tests.market import SEEN, Market, act, open_market, propose, said
from tests.matching.postings import hour, place, window


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


@pytest.fixture
async def ada(market: Market) -> Person:
    """Somebody who needs."""
    return await market.member("ada")


@pytest.fixture
async def ben(market: Market) -> Person:
    """Somebody who offers."""
    return await market.member("ben")


def named(done: Any) -> list[str]:
    """Return which constraints a refusal names."""
    return [problem["path"] for problem in done["problems"]]


async def test_the_same_key_proposes_once(market: Market, ada: Person, ben: Person) -> None:
    """Many requests at once under one key are one proposal, to whichever of them it is told."""
    need, offer = await market.need(ada), await market.offer(ben)
    asked = (propose(ada, need, offer, idempotencyKey="k") for _ in range(10))
    made = await asyncio.gather(*asked)
    assert len({match["id"] for match in made}) == 1
    assert await market.world.db["matches"].count_documents({"need": need}) == 1


async def test_of_a_pair_there_is_one_open_match(market: Market, ada: Person, ben: Person) -> None:
    """Both propose at the same moment, twice: one match; once declined, it can be proposed anew."""
    need, offer = await market.need(ada), await market.offer(ben)
    made = await asyncio.gather(*(propose(who, need, offer) for who in (ada, ben, ada, ben)))
    names = sorted(match["__typename"] for match in made)
    assert names == ["Conflict", "Conflict", "Conflict", "Match"]
    [match] = [match for match in made if match["__typename"] == "Match"]
    other = ben if match["proposedBy"] == "NEED" else ada
    assert (await act(other, "DECLINE", match["id"]))["state"] == "DECLINED"
    assert (await propose(ada, need, offer))["state"] == "ACCEPTED_BY_ONE"


async def test_only_the_two_propose(market: Market, ada: Person, ben: Person) -> None:
    """Who owns neither lacks that; who is not signed in, or no member, lacks something else."""
    need, offer = await market.need(ada), await market.offer(ben)
    cleo, dan = await market.member("cleo"), await market.world.person("dan")
    assert (await propose(cleo, need, offer))["missing"] == "the owner of the need or of the offer"
    assert "membership" in (await propose(dan, need, offer))["missing"]
    assert (await propose(market.world.anonymous, need, offer))["code"] == "NOT_SIGNED_IN"
    assert (await propose(ada, offer, need))["code"] == "NOT_FOUND"
    assert (await propose(ada, need, new_id("offers")))["code"] == "NOT_FOUND"


async def test_every_broken_constraint_is_named(market: Market, ada: Person, ben: Person) -> None:
    """What forbids a pair comes at once, each in its words."""
    need = await market.need(
        ada,
        kind="ITEM",
        windows=[window(1, 2)],
        place=place(13.4, 52.5),
        radius_metres=500,
        verified_only=True,
    )
    offer = await market.offer(
        ben, windows=[window(3, 4)], place=place(13.5, 52.6), least_trust=0.5
    )
    refused = await propose(ada, need, offer)
    assert named(refused) == [
        "constraints.KIND",
        "constraints.TIME",
        "constraints.DISTANCE",
        "constraints.TRUST",
        "constraints.VERIFICATION",
    ]
    own = await propose(ada, need, await market.offer(ada, kind="ITEM"))
    assert "constraints.OWNER" in named(own)
    gone = await propose(ada, await market.need(ada, status="WITHDRAWN"), offer)
    assert "constraints.CLOSED" in named(gone)


async def test_a_distance_is_not_told_more_exactly_than_the_grid(
    market: Market, ada: Person, ben: Person
) -> None:
    """Nor do smaller and smaller circles tell it: two in one cell are within whatever radius."""
    offer = await market.offer(ben, place=place(13.4061, 52.509))
    for radius in (1000, 50, 1):
        need = await market.need(ada, place=place(13.4031, 52.506), radius_metres=radius)
        made = await propose(ada, need, offer)
        seen = (await ben.ask(SEEN, id=made["id"]))["node"]
        [distance] = [part for part in seen["parts"] if part["part"] == "DISTANCE"]
        assert distance["reason"] == "They are about 0 m apart."
    near = await market.need(ada, place=place(13.4031, 52.5165), radius_metres=900)
    [problem] = (await propose(ada, near, offer))["problems"]
    assert problem["message"] == "They are 1.3 km apart; the need reaches 900 m."


async def test_nobody_floods_another_with_proposals(
    market: Market, ada: Person, ben: Person
) -> None:
    """What is open ends together, by a block or with a posting: so it cannot be without limit."""
    offers = [await market.offer(ben) for _ in range(2)]
    matches = [
        await market.match(ada, ben, offer=offers[0], state="ACCEPTED_BY_ONE", accepted_by=["NEED"])
        for _ in range(MOST_OPEN_BETWEEN - 1)
    ]
    assert (await propose(ben, await market.need(ada), offers[1]))["__typename"] == "Match"
    need = await market.need(ada)
    refused = await propose(ada, need, offers[1])
    assert refused["message"].startswith("20 matches of you two are open already")
    await act(ben, "DECLINE", matches[0])
    assert (await propose(ada, need, offers[1]))["__typename"] == "Match"


async def test_only_so_many_wait_for_an_answer_of_one_posting(
    market: Market, ada: Person, ben: Person
) -> None:
    """Of however many people they are; the next one comes when one of them is answered."""
    need, offer = await market.need(ada), await market.offer(ben)
    cleo = await market.member("cleo")
    first = await market.match(cleo, ben, offer=offer, state="PROPOSED")
    found = await market.find(first)
    more = [
        found | {"_id": new_id("matches"), "need": new_id("needs"), "need_owner": new_id("users")}
        for _ in range(MOST_OPEN_OF_POSTING - 1)
    ]
    await market.world.db["matches"].insert_many(more)
    refused = await propose(ada, need, offer)
    assert refused["code"] == "CONFLICT"
    assert refused["message"] == "Too many matches of this offer are open already: try again later."
    await act(cleo, "DECLINE", first)
    assert (await propose(ada, need, offer))["__typename"] == "Match"


async def test_who_blocked_somebody_is_not_there_for_them(
    market: Market, ada: Person, ben: Person
) -> None:
    """A proposal to either finds no such offer, as if there were none."""
    need, offer = await market.need(ada), await market.offer(ben)
    block = {"_id": new_id("blocks"), "blocker": ben.id, "blocked": ada.id}
    await market.world.db["blocks"].insert_one(block | {"created_at": market.world.clock()})
    refused = await propose(ada, need, offer)
    assert (refused["code"], refused["message"]) == ("NOT_FOUND", "There is no such offer.")
    assert (await propose(ben, need, offer))["message"] == "There is no such need."


async def test_a_match_is_for_a_time_that_both_have(
    market: Market, ada: Person, ben: Person
) -> None:
    """The first one to come if none is named; one that is named lies within those of both."""
    need = await market.need(ada, windows=[window(5, 8), window(30, 40)])
    offer = await market.offer(ben, windows=[window(7, 33)])
    outside = {"startsAt": said(hour(6)), "endsAt": said(hour(8))}
    refused = await propose(ada, need, offer, window=outside)
    assert refused["problems"][0]["message"] == "This is not within the times of the offer."
    past = {"startsAt": said(hour(-2)), "endsAt": said(hour(-3))}
    refused = await propose(ada, need, offer, window=past)
    assert [problem["path"] for problem in refused["problems"]] == [
        "window.startsAt", "window.endsAt", "window", "window",
    ]  # fmt: skip
    made = await propose(ada, need, offer)
    assert made["window"] == {"startsAt": said(hour(7)), "endsAt": said(hour(8))}
    assert made["answerBy"] == said(hour(7))
    await act(ada, "WITHDRAW", made["id"])
    later = {"startsAt": said(hour(31)), "endsAt": said(hour(33))}
    assert (await propose(ben, need, offer, window=later))["window"] == later


async def test_of_a_time_that_has_begun_half_is_for_answering(
    market: Market, ada: Person, ben: Person
) -> None:
    """A match is not over before anybody could have answered it."""
    need = await market.need(ada, windows=[window(-2, 4)])
    made = await propose(ada, need, await market.offer(ben))
    assert made["window"] == {"startsAt": said(hour(2)), "endsAt": said(hour(4))}


async def test_the_score_comes_with_its_parts(market: Market, ada: Person, ben: Person) -> None:
    """The weights sum to one, and the parts make the score."""
    need = await market.need(ada, skills=["cooking", "driving"])
    made = await propose(ada, need, await market.offer(ben, skills=["cooking"]))
    seen = (await ben.ask(SEEN, id=made["id"]))["node"]
    parts = seen["parts"]
    assert sum(part["weight"] for part in parts) == pytest.approx(1)
    serves = sum(part["weight"] * part["serves"] for part in parts)
    suits = sum(part["weight"] * part["suits"] for part in parts)
    assert seen["score"] == pytest.approx((serves * suits) ** 0.5)
    assert (seen["needOwner"], seen["offerOwner"]) == ({"name": "ada"}, {"name": "ben"})
    assert None not in (seen["need"], seen["offer"])
