"""Who fits whom: suggestions for a need or an offer, and why a pair fits or does not."""

import math
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pymongo import monitoring

from app.db.standings import standing_id
from app.settings import Settings
from tests.api import Person, World, one_process
from tests.conftest import TurnedClock
from tests.databases import Databases
from tests.market import Market, open_market, said
from tests.posted import BLURRED, HERE, block, closed_to, post, viewers, withdraw

SCORE = "score { total serves suits parts { part weight serves suits reason } }"
SUGGEST = f"""
query Q($need: ID, $offer: ID, $first: Int!) {{
  suggestMatches(need: $need, offer: $offer, first: $first) {{
    {SCORE} need {{ id title }}
    offer {{ id title placeIsExact place {{ longitude latitude }} }} }} }}
"""
EXPLAIN = f"""
query Q($need: ID!, $offer: ID!) {{
  explainMatch(need: $need, offer: $offer) {{
    permitted broken {{ constraint sentence }} sentences {SCORE} }} }}
"""
# About 1,100 m east of HERE, and 700 m of its blurred place.
NEAR = {"longitude": 13.42, "latitude": 52.52034}
FAR = {"longitude": 13.9, "latitude": 52.52034}


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


async def suggested(who: Person, *, first: int = 20, **asked: Any) -> Any:
    """Return suggestions."""
    return (await who.ask(SUGGEST, first=first, **asked))["suggestMatches"]


async def offered(who: Person, need: Any, **asked: Any) -> list[str]:
    """Return the titles of what is suggested for a need."""
    return [one["offer"]["title"] for one in await suggested(who, need=need["id"], **asked)]


async def explained(who: Person, need: Any, offer: Any) -> Any:
    """Return why a pair fits."""
    return (await who.ask(EXPLAIN, need=need["id"], offer=offer["id"]))["explainMatch"]


async def refusal(who: Person, query: str, **asked: Any) -> str | None:
    """Return the code with which a query is refused, if it is."""
    given = {"first": 20, **asked} if query is SUGGEST else asked
    errors = (await who.send(query, **given)).get("errors")
    return errors[0]["extensions"]["code"] if errors else None


async def test_what_fits_comes_best_first(market: Market) -> None:
    """With a score between 0 and 1 in both directions, and the parts that it is made of."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await post(market, ada, skills=["driving", "cooking"], languages=["de"])
    await post(market, ben, "offer", title="poor", category="food", skills=["sewing"])
    await post(market, ben, "offer", title="best", skills=["driving", "cooking"])
    await post(market, ben, "offer", title="good", skills=["driving"])
    found = await suggested(ada, need=need["id"])
    assert [one["offer"]["title"] for one in found] == ["best", "good", "poor"]
    assert {one["need"]["id"] for one in found} == {need["id"]}
    for one in found:
        score = one["score"]
        parts = score["parts"]
        assert math.isclose(sum(part["weight"] for part in parts), 1)
        for side in ("serves", "suits"):
            mean = sum(part["weight"] * part[side] for part in parts)
            assert math.isclose(score[side], mean, abs_tol=1e-9)
        assert math.isclose(score["total"], math.sqrt(score["serves"] * score["suits"]))
        assert all(part["reason"] for part in parts)
        assert {part["part"] for part in parts} == {
            "CATEGORY", "SKILLS", "DISTANCE", "TIME", "LANGUAGE", "REPUTATION"
        }  # fmt: skip


async def test_needs_are_suggested_for_an_offer_likewise(market: Market) -> None:
    """One pair has one score, whoever asks."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await post(market, ada, place=HERE, skills=["driving"])
    offer = await post(market, ben, "offer", place=NEAR, skills=["driving", "cooking"])
    [for_need] = await suggested(ada, need=need["id"])
    [for_offer] = await suggested(ben, offer=offer["id"])
    assert for_offer["need"]["id"] == need["id"]
    assert for_need["score"] == for_offer["score"]
    assert (await explained(ada, need, offer))["score"] == for_need["score"]
    assert (await explained(ben, need, offer))["score"] == for_need["score"]


async def test_what_cannot_be_is_not_suggested(market: Market, clock: TurnedClock) -> None:
    """And explained, each by the constraint that forbids it, to whomever either belongs."""
    ada, ben, olga = await market.member("ada"), await market.member("ben"), market.owner
    noon = clock()

    def hours(start: int, end: int) -> dict[str, str]:
        starts, ends = (said(noon + timedelta(hours=hour)) for hour in (start, end))
        return {"startsAt": starts, "endsAt": ends}

    need = await post(market, ada, place=HERE, radiusM=5000.0, windows=[hours(4, 6)])
    offers = {
        "fits": await post(market, ben, "offer", place=NEAR, windows=[hours(5, 9)]),
        "OWNER": await post(market, ada, "offer", place=NEAR),
        "CLOSED": await post(market, ben, "offer", place=NEAR),
        "EXPIRED": await post(market, ben, "offer", expiresAt=said(noon + timedelta(seconds=1))),
        "KIND": await post(market, ben, "offer", place=NEAR, kind="ITEM"),
        "CAPACITY": await post(market, ben, "offer", place=NEAR),
        "TIME": await post(market, ben, "offer", place=NEAR, windows=[hours(6, 8)]),
        "DISTANCE": await post(market, ben, "offer", place=FAR),
        "TRUST": await post(market, ben, "offer", place=NEAR, leastTrust=0.1),
        "VERIFICATION": await post(market, ben, "offer", place=NEAR, verifiedOnly=True),
    }
    await withdraw(ben, offers["CLOSED"]["id"], "offer")
    taken = {"$set": {"taken": 1}}
    await market.world.db["offers"].update_one({"_id": offers["CAPACITY"]["id"]}, taken)
    clock.turn(2)
    found = await suggested(ada, need=need["id"])
    names = {offer["id"]: name for name, offer in offers.items()}
    assert [names[one["offer"]["id"]] for one in found] == ["fits"]
    for name, offer in offers.items():
        why = await explained(ada, need, offer)
        broken = [one["constraint"] for one in why["broken"]]
        assert broken == ([] if name == "fits" else [name])
        assert why["permitted"] == (name == "fits")
        assert why["sentences"][: len(broken)] == [one["sentence"] for one in why["broken"]]
        assert len(why["sentences"]) > len(broken)
    assert await refusal(olga, EXPLAIN, need=need["id"], offer=offers["fits"]["id"]) is not None


async def test_pairs_below_the_bar_of_the_space_are_left_out(market: Market) -> None:
    """`leastScore` and the weights are the space's."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await post(market, ada, skills=["driving"])
    await post(market, ben, "offer", skills=["driving"], category="food", title="skilled")
    await post(market, ben, "offer", skills=["sewing"], title="alike")
    assert await offered(ada, need) == ["alike", "skilled"]
    weights = {"SKILLS": 5.0}
    rules = {"$set": {"matching": {"weights": weights, "least_score": 0.5}}}
    await market.world.db["spaces"].update_one({"_id": market.space}, rules)
    market.world.engine.services.spaces.forget(market.space)
    assert await offered(ada, need) == ["skilled"]


async def test_only_those_who_are_shortlisted_are_judged(market: Market) -> None:
    """The nearest, those of its own category first; and as many without a place."""
    ada, ben = await market.member("ada"), await market.member("ben")
    rules = {"$set": {"matching": {"shortlist": 2}}}
    await market.world.db["spaces"].update_one({"_id": market.space}, rules)
    market.world.engine.services.spaces.forget(market.space)
    need = await post(market, ada, place=HERE, skills=["driving"])
    await post(market, ben, "offer", title="next door", category="food", place=HERE)
    await post(market, ben, "offer", title="far", place=FAR)
    await post(market, ben, "offer", title="near", place=NEAR)
    await post(market, ben, "offer", title="farther", place={"longitude": 14.5, "latitude": 52.5})
    for title, skill in (("a", "sewing"), ("b", "driving"), ("c", "sewing")):
        await post(market, ben, "offer", title=title, skills=[skill])
    found = await offered(ada, need)
    assert {"near", "far", "b"} <= set(found)
    assert len(found) == 4
    assert set(found) - {"near", "far", "b"} < {"a", "c"}


async def test_the_first_are_the_best(market: Market) -> None:
    """At most as many as are asked for, at most a hundred."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await post(market, ada, skills=["driving"])
    for n in range(3):
        await post(market, ben, "offer", title=str(n), skills=["driving"] * (n == 1))
    assert await offered(ada, need, first=1) == ["1"]
    assert await offered(ada, need, first=0) == []
    few = """query Q($need: ID, $first: Int!) {
      suggestMatches(need: $need, first: $first) { score { total } } }"""
    for first, code in ((100, None), (-1, "INVALID_INPUT"), (101, "INVALID_INPUT")):
        assert await refusal(ada, few, need=need["id"], first=first) == code


async def test_one_of_the_two_is_named(market: Market) -> None:
    """A need or an offer, by what it is."""
    ada = await market.member("ada")
    need, offer = await post(market, ada), await post(market, ada, "offer")
    for asked, code in (
        ({}, "INVALID_INPUT"),
        ({"need": need["id"], "offer": offer["id"]}, "INVALID_INPUT"),
        ({"need": offer["id"]}, "NOT_FOUND"),
        ({"offer": need["id"]}, "NOT_FOUND"),
        ({"need": "ned_nothing"}, "NOT_FOUND"),
    ):
        assert await refusal(ada, SUGGEST, **asked) == code


@pytest.mark.parametrize("openness", ["OPEN", "HIDDEN"])
async def test_suggestions_are_for_the_owner(market: Market, openness: str) -> None:
    """Others, moderators too, are refused; whoever sees nothing finds nothing."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need, offer = await post(market, ada), await post(market, ben, "offer")
    people = await viewers(market)
    await closed_to(market, openness)
    seen = {"member", "moderator", "owner", "operator"}
    for name, who in people.items():
        code = "NOT_ALLOWED" if name in seen or openness == "OPEN" else "NOT_FOUND"
        if name == "anonymous" and openness == "OPEN":
            code = "NOT_SIGNED_IN"
        assert await refusal(who, SUGGEST, need=need["id"]) == code, name
        assert await refusal(who, EXPLAIN, need=need["id"], offer=offer["id"]) == code, name
    assert await refusal(ada, SUGGEST, need=need["id"]) is None


@pytest.mark.parametrize("way", ["blocks", "is blocked"])
async def test_between_whom_a_block_stands_nothing_is_suggested(market: Market, way: str) -> None:
    """At once and both ways; and an explanation looks as if there were no such pair."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need, offer = await post(market, ada), await post(market, ben, "offer")
    assert len(await suggested(ada, need=need["id"])) == 1
    await (block(market, ada, ben) if way == "blocks" else block(market, ben, ada))
    assert await suggested(ada, need=need["id"]) == []
    assert await suggested(ben, offer=offer["id"]) == []
    for who in (ada, ben):
        assert await refusal(who, EXPLAIN, need=need["id"], offer=offer["id"]) == "NOT_FOUND"


async def test_for_what_is_not_open_nothing_is_suggested(market: Market) -> None:
    """There is nobody to seek any more."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await post(market, ada)
    await post(market, ben, "offer")
    await withdraw(ada, need["id"])
    assert await suggested(ada, need=need["id"]) == []


async def test_distances_say_no_more_than_blurred_places(market: Market) -> None:
    """Within one cell all are at no distance, and the place that is shown is the cell's."""
    ada, ben = await market.member("ada"), await market.member("ben")
    close = {"longitude": HERE["longitude"] + 0.002, "latitude": HERE["latitude"] + 0.001}
    need = await post(market, ada, place=HERE, radiusM=10.0)
    offer = await post(market, ben, "offer", place=close)
    [found] = await suggested(ada, need=need["id"])
    assert (found["offer"]["place"], found["offer"]["placeIsExact"]) == (BLURRED, False)
    [distance] = [part for part in found["score"]["parts"] if part["part"] == "DISTANCE"]
    assert (distance["serves"], distance["suits"]) == (1, 1)
    assert distance["reason"] == "They are about 0 m apart."
    for who in (ada, ben):
        why = await explained(who, need, offer)
        assert why["permitted"]
        assert "0 m apart" in " ".join(why["sentences"])


async def test_trust_and_reputation_count(market: Market) -> None:
    """What is known of people in the space: who is trusted and verified may, and scores better."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    need = await post(market, ada, leastTrust=0.5, verifiedOnly=True)
    for who in (ben, cleo):
        await post(market, who, "offer", title=who.name)
    assert await offered(ada, need) == []
    for who, score in ((ben, 0.5), (cleo, 0.9)):
        known = {
            "_id": standing_id(market.space, who.id or ""),
            "user": who.id,
            "trust": score,
            "verified": True,
            "reputation": [{"category": "care", "score": score}],
        }
        await market.world.db["standings"].insert_one(known)
    assert await offered(ada, need) == ["cleo", "ben"]


class Counting(monitoring.CommandListener):
    """Counts commands by collection."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count a command that reads."""
        if event.command_name in {"find", "aggregate"}:
            self.counts[str(event.command[event.command_name])] += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Count nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Count nothing."""


@pytest.fixture
async def counted(
    databases: Databases, settings: Settings, clock: TurnedClock
) -> AsyncIterator[tuple[Market, Counter[str]]]:
    """A market whose commands are counted."""
    listener = Counting()
    async with (
        databases.lend("pymongo", listener) as db,
        one_process(db, settings, clock) as world,
    ):
        yield await open_market(world), listener.counts


async def test_a_list_needs_no_more_commands_than_levels(
    counted: tuple[Market, Counter[str]],
) -> None:
    """However long it is: one for exact places, one for trust; suggestions a few in all."""
    market, counts = counted
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await post(market, ada, place=HERE, skills=["driving"])
    for n in range(12):
        await post(market, ben, "offer", place=NEAR, commitment="LONG_TERM", title=str(n))
    asked = """query Q($space: ID!) { offers(space: $space) { nodes {
      place { latitude } placeIsExact owner { name } space { name } warning { code } } } }"""
    await ada.ask(asked, space=market.space)
    counts.clear()
    found = await ada.ask(asked, space=market.space)
    assert len(found["offers"]["nodes"]) == 12
    assert counts == {"offers": 1, "matches": 1, "users": 1, "standings": 1}
    await suggested(ada, need=need["id"])
    counts.clear()
    assert len(await suggested(ada, need=need["id"])) == 12
    assert counts["offers"] <= 6
    assert (counts["needs"], counts["standings"], counts["matches"]) == (2, 1, 1)
