"""Needs and offers: making and changing them, and who may."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.api import World
from tests.market import Market, open_market, said
from tests.posted import BOTH, HERE, NOUNS, change, closed_to, post, read, viewers, withdraw

CLOSE = """mutation M($space: ID!, $version: Int!) {
  closeSpace(input: {space: $space, expectedVersion: $version}) { __typename } }"""


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


@BOTH
async def test_what_is_posted_is_what_is_read(market: Market, noun: str) -> None:
    """Every field comes back as it was given, and nothing of it is taken yet."""
    ada = await market.member("ada")
    noon = market.world.clock()
    given = {
        "title": "A hand with the shopping",
        "description": "Twice a week.",
        "category": "care/elderly",
        "skills": ["driving", "German"],
        "languages": ["de", "fr-BE"],
        "kind": "TIME",
        "place": HERE,
        "radiusM": 2500.0,
        "windows": [{"startsAt": said(noon), "endsAt": said(noon + timedelta(hours=2))}],
        "capacity": 3,
        "commitment": "RECURRENT",
        "leastTrust": 0.25,
        "verifiedOnly": True,
        "expiresAt": said(noon + timedelta(days=3)),
        "notifyAbove": 0.75,
    }
    made = await post(market, ada, noun, **given)
    assert made["__typename"] == NOUNS[noun]
    assert {key: made[key] for key in given} == given
    assert (made["status"], made["taken"], made["version"]) == ("OPEN", 0, 1)
    assert (made["owner"]["id"], made["space"]["id"]) == (ada.id, market.space)
    del made["__typename"]
    assert await read(ada, made["id"]) == made


@BOTH
async def test_what_may_be_left_out_asks_for_nothing(market: Market, noun: str) -> None:
    """Anywhere, at any time, for one, once, from whomever."""
    made = await post(market, await market.member("ada"), noun)
    asked = ("place", "radiusM", "windows", "capacity", "commitment", "leastTrust", "expiresAt")
    assert [made[name] for name in asked] == [None, None, [], 1, "SPOT", None, None]
    assert made["verifiedOnly"] is False


async def test_all_problems_come_at_once(market: Market) -> None:
    """Each by its path in the input, as the client named it."""
    noon = market.world.clock()
    over = {"startsAt": said(noon - timedelta(hours=2)), "endsAt": said(noon - timedelta(hours=1))}
    turned = {"startsAt": said(noon), "endsAt": said(noon)}
    refused = await post(
        market,
        await market.member("ada"),
        title=" ",
        description="x" * 4001,
        category="care//elderly",
        skills=["x"] * 21,
        languages=["German"] + ["de"] * 10,
        place={"longitude": 181.0, "latitude": -91.0},
        radiusM=0.0,
        windows=[over, turned],
        capacity=10_001,
        leastTrust=1.1,
        notifyAbove=-0.1,
        expiresAt=said(noon),
        idempotencyKey="",
    )
    assert {problem["path"] for problem in refused["problems"]} == {
        "idempotencyKey", "title", "description", "category", "skills", "languages", "languages.0",
        "place.longitude", "place.latitude", "radiusM", "capacity", "leastTrust", "notifyAbove",
        "windows.0.endsAt", "windows.1.endsAt", "expiresAt",
    }  # fmt: skip
    assert await market.world.db["needs"].count_documents({"space": market.space}) == 0


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("title", "x" * 141, "title"),
        ("category", "x" * 61, "category"),
        ("radiusM", 20_000_001.0, "radiusM"),
        ("capacity", 0, "capacity"),
        ("leastTrust", -0.1, "leastTrust"),
    ],
)
async def test_each_bound_has_two_ends(market: Market, field: str, value: Any, path: str) -> None:
    """What is too much is refused as what is too little."""
    refused = await post(market, await market.member("ada"), **{field: value})
    assert [problem["path"] for problem in refused["problems"]] == [path]


async def test_no_more_than_fifty_windows(market: Market) -> None:
    """Fifty are taken."""
    ada, noon = await market.member("ada"), market.world.clock()
    window = {"startsAt": said(noon), "endsAt": said(noon + timedelta(hours=1))}
    assert (await post(market, ada, windows=[window] * 51))["problems"][0]["path"] == "windows"
    assert len((await post(market, ada, windows=[window] * 50))["windows"]) == 50


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Care", "Care"),
        ("care", "Care"),
        ("CARE / elderly", "Care/elderly"),
        ("food/soup", "food/soup"),
        ("food", None),
        ("other", None),
        ("careless", None),
    ],
)
async def test_a_category_is_one_of_the_space(market: Market, given: str, kept: str | None) -> None:
    """One of its words, a path that begins with one, or a whole path; spelled as the space does."""
    listed = {"$set": {"categories": ["Care", "food/soup"]}}
    await market.world.db["spaces"].update_one({"_id": market.space}, listed)
    market.world.engine.services.spaces.forget(market.space)
    made = await post(market, await market.member("ada"), category=given)
    if kept is None:
        assert [problem["path"] for problem in made["problems"]] == ["category"]
    else:
        assert made["category"] == kept


@BOTH
async def test_the_same_key_posts_once(market: Market, noun: str) -> None:
    """Ten requests at once make one, and the key is not taken for another input."""
    ada = await market.member("ada")
    posts = (post(market, ada, noun, idempotencyKey="k") for _ in range(10))
    assert len({made["id"] for made in await asyncio.gather(*posts)}) == 1
    assert await market.world.db[f"{noun}s"].count_documents({"space": market.space}) == 1
    other = await post(market, ada, noun, idempotencyKey="k", title="other")
    assert other["code"] == "CONFLICT"


@pytest.mark.parametrize("openness", ["OPEN", "MEMBERS", "HIDDEN"])
async def test_members_post_and_others_do_not(market: Market, openness: str) -> None:
    """A space that one does not find looks absent."""
    people = await viewers(market)
    await closed_to(market, openness)
    came = {name: (await post(market, who))["__typename"] for name, who in people.items()}
    unseen = openness == "HIDDEN"
    assert came == {
        "anonymous": "NotFound" if unseen else "NotSignedIn",
        "stranger": "NotFound" if unseen else "NotAllowed",
        "key": "NotAllowed",
        **dict.fromkeys(("member", "moderator", "owner", "operator"), "Need"),
    }


async def test_a_space_that_is_no_matchmaker_takes_none(world: World) -> None:
    """The refusal names the model that is missing."""
    ada = await world.person("ada")
    space = await world.space(ada)
    refused = await post(Market(world, space, ada, ada), ada)
    assert refused["missing"] == "MATCHMAKER among the models of the space"


async def test_in_a_closed_space_one_can_only_take_back(market: Market) -> None:
    """Nothing is posted or changed there any more."""
    ada = await market.member("ada")
    made = await post(market, ada)
    mo = await market.world.person("mo", operator=True)
    space = await market.world.db["spaces"].find_one({"_id": market.space})
    assert space is not None
    await mo.do(CLOSE, space=market.space, version=space["version"])
    assert (await post(market, ada))["code"] == "NOT_ALLOWED"
    assert (await change(ada, made, title="x"))["code"] == "NOT_ALLOWED"
    assert (await withdraw(ada, made["id"]))["status"] == "WITHDRAWN"


@BOTH
async def test_what_is_left_out_stays_and_null_takes_away(market: Market, noun: str) -> None:
    """An edit changes what it names, and the version."""
    ada = await market.member("ada")
    had = {"place": HERE, "radiusM": 5.0, "leastTrust": 0.5, "notifyAbove": 0.5, "skills": ["a"]}
    had["expiresAt"] = said(market.world.clock() + timedelta(days=1))
    made = await post(market, ada, noun, **had)
    retitled = await change(ada, made, noun, title="Soup", kind="ITEM", commitment="RECURRENT")
    assert retitled == made | {
        "title": "Soup", "kind": "ITEM", "commitment": "RECURRENT", "version": 2
    }  # fmt: skip
    removed = dict.fromkeys(("place", "radiusM", "leastTrust", "notifyAbove", "expiresAt"))
    bare = await change(ada, retitled, noun, **removed, skills=[], windows=[])
    assert bare == retitled | removed | {"skills": [], "version": 3}


@BOTH
async def test_an_edit_needs_the_version_that_was_seen(market: Market, noun: str) -> None:
    """Of two at once on the same version one learns the current one."""
    ada = await market.member("ada")
    made = await post(market, ada, noun)
    both = await asyncio.gather(*(change(ada, made, noun, title=title) for title in "ab"))
    assert sorted(one["__typename"] for one in both) == sorted(["Conflict", NOUNS[noun]])
    late = await change(ada, made, noun, title="c")
    assert (late["code"], late["currentVersion"]) == ("CONFLICT", 2)


async def test_an_edit_is_checked_like_a_new_posting(market: Market) -> None:
    """What is wrong is told, and nothing changes."""
    ada = await market.member("ada")
    made = await post(market, ada)
    refused = await change(ada, made, title="", capacity=0, leastTrust=2.0)
    paths = {problem["path"] for problem in refused["problems"]}
    assert paths == {"title", "capacity", "leastTrust"}
    assert (await read(ada, made["id"]))["version"] == 1


async def test_only_the_owner_edits(market: Market) -> None:
    """A moderator too sees it and may not; who sees nothing finds nothing."""
    made = await post(market, await market.member("ada"))
    people = await viewers(market)
    came = {name: (await change(who, made, title="x"))["code"] for name, who in people.items()}
    assert came.pop("anonymous") == "NOT_SIGNED_IN"
    assert set(came.values()) == {"NOT_ALLOWED"}
    await closed_to(market, "HIDDEN")
    assert (await change(people["stranger"], made, title="x"))["code"] == "NOT_FOUND"


async def test_who_has_left_edits_nothing_but_takes_back(market: Market) -> None:
    """What somebody posted stays theirs."""
    ada = await market.world.person("ada")
    await market.world.role(market.owner, market.space, ada, "MEMBER")
    made = await post(market, ada)
    await closed_to(market, "HIDDEN")
    leave = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
    await ada.do(leave, space=market.space)
    await market.world.engine.services.log.caught_up()
    assert (await change(ada, made, title="x"))["code"] == "NOT_ALLOWED"
    assert (await withdraw(ada, made["id"]))["status"] == "WITHDRAWN"


async def test_a_need_is_no_offer(market: Market) -> None:
    """The identifier of one is not found as the other."""
    ada = await market.member("ada")
    made = await post(market, ada)
    assert (await withdraw(ada, made["id"], "offer"))["code"] == "NOT_FOUND"
    assert (await change(ada, made, "offer", title="x"))["code"] == "NOT_FOUND"


async def test_capacity_holds_those_who_are_taken(market: Market) -> None:
    """Not fewer; exactly as many fulfil it, and with more it seeks again."""
    ada = await market.member("ada")
    made = await post(market, ada, capacity=3)
    await market.world.db["needs"].update_one({"_id": made["id"]}, {"$set": {"taken": 2}})
    fewer = await change(ada, made, capacity=1)
    assert [problem["path"] for problem in fewer["problems"]] == ["capacity"]
    full = await change(ada, made, capacity=2)
    assert (full["status"], full["capacity"]) == ("FULFILLED", 2)
    again = await change(ada, full, capacity=3)
    assert again["status"] == "OPEN"
    events = await market.events(made["id"])
    assert [event["type"].partition(".")[2] for event in events] == [
        "created", "updated", "fulfilled", "updated", "fulfilled"
    ]  # fmt: skip


async def test_more_capacity_gives_a_seat_to_who_waits(market: Market) -> None:
    """In the same change: the seat is held, so the offer is fulfilled at once."""
    ada, ben = await market.member("ada"), await market.member("ben")
    made = await post(market, ada, "offer")
    full = {"taken": 1, "waiting": 1, "status": "FULFILLED"}
    await market.world.db["offers"].update_one({"_id": made["id"]}, {"$set": full})
    waits = {"state": "ACCEPTED_BY_ONE", "accepted_by": ["NEED", "OFFER"], "answer_by": None}
    waits |= {"window": None, "waiting_since": market.world.clock()}  # type: ignore[dict-item]
    id = await market.match(ben, ada, offer=made["id"], **waits)
    grown = await change(ada, made, "offer", capacity=2)
    assert (grown["status"], grown["taken"]) == ("FULFILLED", 2)
    assert (await market.find(id))["held_until"] is not None
