"""Who sees needs and offers, and how much of them: blocks, blurred places, warnings, events."""

from typing import Any

import pytest

from app.db.standings import standing_id
from tests.api import Person, World
from tests.market import Market, act, open_market
from tests.posted import (
    BLURRED,
    BOTH,
    HERE,
    block,
    change,
    closed_to,
    post,
    read,
    viewers,
    withdraw,
)  # fmt: skip


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


@pytest.mark.parametrize(
    ("openness", "seeing"),
    [
        ("OPEN", {"anonymous", "stranger", "key", "member", "moderator", "owner", "operator"}),
        ("MEMBERS", {"member", "moderator", "owner", "operator"}),
        ("HIDDEN", {"member", "moderator", "owner", "operator"}),
    ],
)
async def test_who_reads_the_space_reads_its_postings(
    market: Market, openness: str, seeing: set[str]
) -> None:
    """By identifier and in lists alike."""
    made = await post(market, await market.member("ada"))
    people = await viewers(market)
    await closed_to(market, openness)
    found = {name for name, who in people.items() if await read(who, made["id"]) is not None}
    assert found == seeing
    asked = "query Q($space: ID!) { needs(space: $space) { nodes { id } } }"
    listed = {
        name: (await who.send(asked, space=market.space)).get("data")
        for name, who in people.items()
    }
    assert {name for name, data in listed.items() if data} == seeing


async def test_events_say_what_happened_and_nothing_of_what_it_says(market: Market) -> None:
    """States and names of fields; no text and no place. Who is blocked hears nothing of it."""
    ada, ben = await market.member("ada"), await market.member("ben")
    made = await post(market, ada, title="secret", place=HERE)
    await change(ada, made, title="secret too")
    events = await market.events(made["id"])
    assert [event["type"] for event in events] == ["need.created", "need.updated"]
    assert "secret" not in str(events)
    assert "13.4" not in str(events)
    assert all(event["within"] == made["id"] for event in events)
    asked = """query Q($id: ID!) { events(filter: {subject: $id}) { nodes { type } } }"""
    await market.world.engine.services.log.caught_up()
    heard = (await ben.ask(asked, id=made["id"]))["events"]["nodes"]
    assert [one["type"] for one in heard] == ["need.created", "need.updated"]
    await block(market, ada, ben)
    assert (await ben.ask(asked, id=made["id"]))["events"]["nodes"] == []


@pytest.mark.parametrize("way", ["blocks", "is blocked"])
async def test_between_whom_a_block_stands_nothing_is_seen(market: Market, way: str) -> None:
    """Neither in lists, nor counted, nor by identifier, nor to be acted on."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    made = await post(market, ada)
    await (block(market, ben, ada) if way == "blocks" else block(market, ada, ben))
    asked = "query Q($space: ID!) { needs(space: $space) { totalCount nodes { id } } }"
    assert (await ben.ask(asked, space=market.space))["needs"] == {"totalCount": 0, "nodes": []}
    assert await read(ben, made["id"]) is None
    assert (await withdraw(ben, made["id"]))["code"] == "NOT_FOUND"
    for who in (ada, cleo):
        assert (await who.ask(asked, space=market.space))["needs"]["totalCount"] == 1


async def test_a_place_is_exact_for_its_owner_alone(market: Market) -> None:
    """Everybody else, moderators too, sees the middle of a cell of the space's grid."""
    ada = await market.member("ada")
    made = await post(market, ada, place=HERE)
    assert (made["place"], made["placeIsExact"]) == (HERE, True)
    for name, who in (await viewers(market)).items():
        seen = await read(who, made["id"])
        assert (seen["place"], seen["placeIsExact"]) == (BLURRED, False), name


EXACT = {"CONFIRMED", "IN_PROGRESS", "DISPUTED"}
ENDED = ("COMPLETED", "REVIEWED", "DECLINED", "CANCELLED", "NO_SHOW", "EXPIRED", "RESOLVED")


@BOTH
@pytest.mark.parametrize(
    "state",
    [*sorted(EXACT), "PROPOSED", "ACCEPTED_BY_ONE", *ENDED],
)
async def test_who_has_a_confirmed_match_with_it_knows_the_place(
    market: Market, noun: str, state: str
) -> None:
    """Until it ends, on either side, and nobody else by that match."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    made, other = await post(market, ada, noun, place=HERE), await post(market, ada, noun)
    sides = (ada, ben) if noun == "need" else (ben, ada)
    await market.match(*sides, **{noun: made["id"]}, state=state)
    knows = state in EXACT
    seen = await read(ben, made["id"])
    assert (seen["place"], seen["placeIsExact"]) == (HERE if knows else BLURRED, knows)
    assert (await read(ben, other["id"]))["placeIsExact"] is False
    assert (await read(cleo, made["id"]))["place"] == BLURRED


@BOTH
async def test_who_moves_after_a_match_is_not_followed(market: Market, noun: str) -> None:
    """The old partner sees the new place as everybody else does."""
    ada, ben = await market.member("ada"), await market.member("ben")
    made = await post(market, ada, noun, place={"longitude": 2.35, "latitude": 48.85})
    sides = (ada, ben) if noun == "need" else (ben, ada)
    id = await market.match(
        *sides,
        **{noun: made["id"]},
        state="IN_PROGRESS",
        accepted_by=["NEED", "OFFER"],
        window=None,
    )
    assert (await read(ben, made["id"]))["place"] == made["place"]
    assert (await act(ben, "COMPLETE", id))["state"] == "COMPLETED"
    await change(ada, made, noun, place=HERE)
    seen = await read(ben, made["id"])
    assert (seen["place"], seen["placeIsExact"]) == (BLURRED, False)


async def test_the_bar_for_suggestions_is_its_owners(market: Market) -> None:
    """Nobody else learns from what score on somebody wants to hear."""
    ada, ben = await market.member("ada"), await market.member("ben")
    made = await post(market, ada, notifyAbove=0.5)
    assert made["notifyAbove"] == 0.5
    assert (await read(ben, made["id"]))["notifyAbove"] is None


async def test_a_long_relation_is_warned_of(market: Market) -> None:
    """Not refused: with reasons, a sentence for each, and the model that suits more."""
    ada = await market.member("ada")
    made = await post(market, ada, commitment="LONG_TERM")
    warning = made["warning"]
    assert warning["code"] == "MODEL_MISFIT"
    assert warning["reasons"] == ["TRUST_TOO_LOW", "NO_JOINT_OBJECTIVE", "NO_COMMUNITY"]
    assert len(warning["sentences"]) == 3
    assert warning["recommendedModel"] == "KNOWLEDGE_BROKER"
    assert (await post(market, ada, commitment="RECURRENT"))["warning"] is None


async def test_trust_that_is_known_is_not_warned_of(market: Market) -> None:
    """What reviews vouch for is enough for the space."""
    ada = await market.member("ada")
    vouched = {"trust": 0.5, "verified": False, "reputation": []}
    await upsert(market, ada, vouched)
    made = await post(market, ada, commitment="LONG_TERM")
    assert made["warning"]["reasons"] == ["NO_JOINT_OBJECTIVE", "NO_COMMUNITY"]


async def upsert(market: Market, person: Person, standing: dict[str, Any]) -> None:
    """Let something be known of a person in the space."""
    known = {"_id": standing_id(market.space, person.id or ""), "space": market.space}
    await market.world.db["standings"].insert_one(known | {"user": person.id} | standing)
