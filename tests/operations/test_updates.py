"""News of campaigns: for whom it is, by the level that they have at the moment of reading."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.api import Person, World
from tests.clinic import FAILURES
from tests.funding import Scene, campaign, tier
from tests.supporting import follow

UPDATE = "__typename ... on Update { id title audience rank publicAt author { id } }"
POST = f"""
mutation M($input: PostUpdateInput!) {{ postUpdate(input: $input) {{ {UPDATE} {FAILURES} }} }}
"""
NEWS = """
query Q($id: ID!, $first: Int, $after: String) { campaign(id: $id) {
  updates(first: $first, after: $after) {
    totalCount nodes { id title } pageInfo { endCursor hasNextPage } } } }
"""
NODE = "query Q($id: ID!) { node(id: $id) { id } }"
EVENTS = """
subscription S($id: ID!, $after: String) { campaignEvents(id: $id, after: $after) {
  __typename
  ... on CampaignEvent { cursor type update { title } } } }
"""
LOG = """
query Q($id: ID!) { events(filter: {subject: $id, types: ["update.posted"]}) { nodes { type } } }
"""
TIERS = [tier(1, 1_000, "READ_UPDATES"), tier(2, 5_000, "READ_UPDATES", "PREVIEW")]
KEEPS: dict[str, Any] = {"mode": "KEEP_IT_ALL", "tiers": TIERS}


async def post(scene: Scene, title: str, who: str = "owner", **more: Any) -> dict[str, Any]:
    """Return what comes of news."""
    plain = {"campaign": scene.id, "title": title, "text": "The panels have come."}
    done: dict[str, Any] = await scene[who].do(POST, input=plain | more)
    return done


async def news(person: Person, id: str) -> set[str]:
    """Return the titles of the news that somebody reads."""
    found = (await person.ask(NEWS, id=id))["campaign"]["updates"]
    titles = {one["title"] for one in found["nodes"]}
    assert found["totalCount"] == len(titles)
    return titles


@pytest.fixture
async def scene(world: World) -> Scene:
    """A campaign of two levels, the second of which may read before others."""
    return await campaign(world, **KEEPS)


async def test_news_is_for_its_audience(scene: Scene) -> None:
    """In lists, by identifier and in the log alike, for each kind of reader."""
    await scene.given("ana", 1_000)
    await scene.given("bo", 5_000)
    await scene.given("cleo", 500)
    posts: dict[str, dict[str, Any]] = {
        "all": {},
        "supporters": {"audience": "SUPPORTERS"},
        "second": {"audience": "TIER", "rank": 2},
        "team": {"audience": "TEAM"},
        "soon": {"publicAt": scene.day(2)},
        "later": {"audience": "TIER", "rank": 1, "publicAt": scene.day(2)},
    }
    ids = {title: (await post(scene, title, **how))["id"] for title, how in posts.items()}
    table = {
        "owner": "all supporters second team soon later",
        "mate": "all supporters second team soon later",
        "bo": "all supporters second soon later",
        "ana": "all supporters later",
        "cleo": "all",
        "moderator": "all",
        "operator": "all",
        "stranger": "all",
        "anonymous": "all",
    }

    async def check() -> None:
        for who, titles in table.items():
            assert await news(scene[who], scene.id) == set(titles.split()), who
            for title, id in ids.items():
                found = (await scene[who].ask(NODE, id=id))["node"]
                assert (found is not None) == (title in titles.split()), (who, title)
            told = (await scene[who].ask(LOG, id=scene.id))["events"]["nodes"]
            assert len(told) == len(titles.split()), who

    await check()
    scene.world.clock.turn(2 * 86_400)  # type: ignore[attr-defined]
    table |= {
        "ana": "all supporters soon later",
        "cleo": "all soon later",
        **dict.fromkeys(("moderator", "operator", "stranger", "anonymous"), "all soon later"),
    }
    await check()


async def test_rights_follow_the_present_level(scene: Scene) -> None:
    """Raising opens at once what is for the level, and giving back closes it."""
    await post(scene, "first", audience="TIER", rank=1)
    await post(scene, "second", audience="TIER", rank=2)
    small = await scene.given("ana", 1_000)
    assert await news(scene["ana"], scene.id) == {"first"}
    large = await scene.given("ana", 4_000)
    assert await news(scene["ana"], scene.id) == {"first", "second"}
    await scene.refund("owner", large)
    await scene.world.engine.services.collecting.rest()
    await scene.world.engine.services.log.caught_up()
    assert await news(scene["ana"], scene.id) == {"first"}
    await scene.refund("owner", small)
    await scene.world.engine.services.collecting.rest()
    await scene.world.engine.services.log.caught_up()
    assert await news(scene["ana"], scene.id) == set()


async def test_an_open_stream_follows_the_level_at_once(scene: Scene) -> None:
    """What was for supporters is told as long as somebody is one, live and on replay."""
    async with AsyncExitStack() as stack:
        stream = await follow(stack, scene["ana"], EVENTS, id=scene.id)
        watched = await follow(stack, scene["mate"], EVENTS, id=scene.id)
        await post(scene, "before", audience="SUPPORTERS")
        given = await scene.given("ana", 1_000)
        await post(scene, "meanwhile", audience="SUPPORTERS")
        assert await titles_until(stream, "meanwhile") == ["meanwhile"]
        await scene.refund("owner", given)
        await scene.world.engine.services.collecting.rest()
        await post(scene, "after", audience="SUPPORTERS")
        await post(scene, "to all")
        assert await titles_until(stream, "to all") == ["to all"]
        assert await titles_until(watched, "to all") == ["before", "meanwhile", "after", "to all"]
    async with AsyncExitStack() as stack:
        again = await follow(stack, scene["ana"], EVENTS, id=scene.id, after="ev0")
        assert await titles_until(again, "to all") == ["to all"]


async def test_who_leaves_the_team_reads_its_news_no_more(scene: Scene) -> None:
    """The team is that of now, not that of the day on which it was posted."""
    await post(scene, "for us", audience="TEAM")
    assert await news(scene["mate"], scene.id) == {"for us"}
    change = {"$set": {"team": [scene["member"].id]}}
    await scene.world.db["campaigns"].update_one({"_id": scene.id}, change)
    assert await news(scene["mate"], scene.id) == set()
    assert await news(scene["member"], scene.id) == {"for us"}
    told = (await scene["mate"].ask(LOG, id=scene.id))["events"]["nodes"]
    assert told == []


async def test_who_posts_and_what_is_refused(scene: Scene) -> None:
    """The team posts; all that is wrong is told at once; the same key posts once."""
    table = {
        "owner": "Update",
        "mate": "Update",
        "host": "NOT_ALLOWED",
        "moderator": "NOT_ALLOWED",
        "operator": "NOT_ALLOWED",
        "ana": "NOT_ALLOWED",
        "anonymous": "NOT_SIGNED_IN",
    }
    for who, outcome in table.items():
        done = await post(scene, "News", who)
        assert done.get("code", done["__typename"]) == outcome, who
    wrong = await post(scene, "", audience="TIER", rank=7, publicAt=scene.day(0))
    assert {one["path"] for one in wrong["problems"]} == {"title", "rank", "publicAt"}
    first = await post(scene, "Once", idempotencyKey="k")
    assert await post(scene, "Once", idempotencyKey="k") == first
    assert (await post(scene, "Twice", idempotencyKey="k"))["__typename"] == "Conflict"
    await scene.act("SUSPEND", "moderator")
    held = await post(scene, "Held")
    assert (held["__typename"], held["found"]) == ("WrongState", "SUSPENDED")


async def test_news_of_a_draft_is_as_hidden_as_the_draft(world: World) -> None:
    """Nobody outside learns of a campaign by its news before it opens."""
    scene = await campaign(world, state="DRAFT", **KEEPS)
    id = (await post(scene, "Soon"))["id"]
    query = """query Q($s: ID!) { events(filter: {space: $s, types: ["update.posted"]}) {
                 nodes { type } } }"""
    for who, sees in (("mate", True), ("moderator", True), ("ana", False), ("anonymous", False)):
        assert ((await scene[who].ask(NODE, id=id))["node"] is not None) == sees
        assert bool((await scene[who].ask(query, s=scene.space))["events"]["nodes"]) == sees


async def test_pages_of_news_go_on(scene: Scene) -> None:
    """By keyset, newest first, with only what somebody reads on them."""
    for n in range(6):
        await post(scene, f"n{n}", audience="TEAM" if n % 2 else "ALL")
        scene.world.clock.turn(1)  # type: ignore[attr-defined]
    first = (await scene["bo"].ask(NEWS, id=scene.id, first=2))["campaign"]["updates"]
    assert [one["title"] for one in first["nodes"]] == ["n4", "n2"]
    after = first["pageInfo"]["endCursor"]
    rest = (await scene["bo"].ask(NEWS, id=scene.id, first=2, after=after))["campaign"]["updates"]
    assert [one["title"] for one in rest["nodes"]] == ["n0"]
    assert not rest["pageInfo"]["hasNextPage"]


async def titles_until(stream: Any, last: str) -> list[str]:
    """Return the titles of the news that a stream tells, up to one."""
    found: list[str] = []
    async with asyncio.timeout(15):
        while last not in found:
            item = await stream.next()
            if item["type"] == "update.posted":
                found.append(item["update"]["title"])
    return found
