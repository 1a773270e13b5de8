"""Campaigns live: the latest state for who looks on, and everything for who follows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson
import pytest

from app.ports import Credentials, GraphQLRequest, Item, Refused
from app.resolvers import campaign_events
from app.settings import Settings
from tests.api import Person, World, second_server
from tests.funding import Scene, campaign
from tests.supporting import Stream, crowd, follow

PROGRESS = """
subscription S($id: ID!) { campaignProgress(id: $id) {
  state share goals { kind progress { counted pending supporters } }
  thresholds { name crossedTimes } } }
"""
EVENTS = """
subscription S($id: ID!, $after: String) { campaignEvents(id: $id, after: $after) {
  __typename
  ... on CampaignEvent { cursor type state subject crossing { threshold direction step total kind }
    poll { question } expense { amount } }
  ... on Discontinuity { cause } } }
"""
POLL = """
mutation M($id: ID!) {
  openPoll(input: {campaign: $id, question: "Which?", options: ["East", "West"]}) {
    ... on Poll { id } } }
"""
MARKS = [{"kind": "MONEY", "amount": 2_000, "name": "half"}]


def counted(item: dict[str, Any]) -> int:
    """Return how much money counts, of an item of progress."""
    amount: int = item["goals"][0]["progress"]["counted"]
    return amount


async def settled(stream: Stream, amount: int) -> list[dict[str, Any]]:
    """Return items of progress up to the one that has counted so much."""
    items = [await stream.next()]
    while counted(items[-1]) != amount:
        items.append(await stream.next())
    return items


@pytest.fixture
async def scene(world: World) -> Scene:
    """A campaign with a threshold."""
    return await campaign(world, mode="KEEP_IT_ALL", thresholds=MARKS)


async def test_progress_comes_at_once_and_whenever_it_changes(scene: Scene) -> None:
    """The whole of the latest state each time: totals, crossings, and the campaign's own state."""
    await scene.given("ana", 1_000)
    async with AsyncExitStack() as stack:
        stream = await follow(stack, scene["anonymous"], PROGRESS, id=scene.id)
        first = await stream.next()
        assert (first["state"], first["share"], counted(first)) == ("OPEN", 0.1, 1_000)
        await scene.given("bo", 1_500)
        last = (await settled(stream, 2_500))[-1]
        assert last["thresholds"] == [{"name": "half", "crossedTimes": 1}]
        assert last["goals"][0]["progress"]["supporters"] == 2
        await scene.act("SUSPEND", "moderator")
        while last["state"] != "SUSPENDED":
            last = await stream.next()


async def test_progress_may_skip_and_ends_with_the_latest(scene: Scene, settings: Settings) -> None:
    """Forty give at once on two servers: every watcher ends with the sum, in few steps."""
    people = await crowd(scene, 40)
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(second_server(scene.world, settings))
        watching = [
            await follow(stack, Person(engine, "anonymous", None), PROGRESS, id=scene.id)
            for engine in (scene.world.engine, other.engine)
            for _ in range(3)
        ]
        scene.people |= {f"one{n}": one for n, one in enumerate(people)}
        await asyncio.gather(*(scene.given(f"one{n}", 100) for n in range(40)))
        for stream in watching:
            seen = [counted(item) for item in await settled(stream, 4_000)]
            assert seen == sorted(seen)


async def test_many_watchers_share_one_execution(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is the same for all who stand alike is read and put into words once."""
    read: list[str] = []
    find = campaign_events._find

    async def counting(ctx: Any, id: str) -> Any:
        read.append(id)
        return await find(ctx, id)

    monkeypatch.setattr(campaign_events, "_find", counting)
    async with AsyncExitStack() as stack:
        told = [
            await stack.enter_async_context(poured(scene["anonymous"], PROGRESS, id=scene.id))
            for _ in range(50)
        ]
        for one in told:
            await one.get()  # the state at first
        await scene.given("ana", 1_000)
        bodies = []
        for one in told:
            body = await one.get()
            while counted(orjson.loads(body)["data"]["campaignProgress"]) != 1_000:
                body = await one.get()
            bodies.append(body)
    assert len({id(body) for body in bodies}) == 1
    assert len(read) <= 6  # once for each batch that moved it


async def test_events_are_complete_and_resume(scene: Scene) -> None:
    """Live and on replay the same, from any cursor on, whatever was in between."""
    async with AsyncExitStack() as stack:
        live = await follow(stack, scene["stranger"], EVENTS, id=scene.id)
        await scene.given("ana", 2_500)
        await scene.act("SUSPEND", "moderator")
        heard = await live.until("campaign.suspended")
    kept = await scene.world.db["events"].find({"within": scene.id}).sort("_id").to_list()
    types = [one["type"] for one in kept]
    assert [item["type"] for item in heard] == types[types.index("contribution.made") :]
    assert {"campaign.progressed", "campaign.threshold_crossed"} < set(types)
    [crossing] = [item["crossing"] for item in heard if item["crossing"]]
    assert (crossing["direction"], crossing["step"], crossing["kind"]) == ("CROSSED_UP", 1, "MONEY")
    for n, item in enumerate(heard[:-1]):
        async with AsyncExitStack() as stack:
            again = await follow(
                stack, scene["anonymous"], EVENTS, id=scene.id, after=item["cursor"]
            )
            assert await again.some(len(heard) - n - 1) == heard[n + 1 :]


async def test_each_hears_what_they_may_see(scene: Scene) -> None:
    """A poll is told to those in the room; an expense to all; a stranger to the space nothing."""
    await scene.given("ana", 5_000)
    async with AsyncExitStack() as stack:
        hers = await follow(stack, scene["ana"], EVENTS, id=scene.id)
        theirs = await follow(stack, scene["stranger"], EVENTS, id=scene.id)
        await scene["owner"].do(POLL, id=scene.id)
        await scene.act("SUSPEND", "moderator")
        told = await hers.until("campaign.suspended")
        assert {"question": "Which?"} in [item["poll"] for item in told]
        heard = await theirs.until("campaign.suspended")
        assert "poll.opened" not in {item["type"] for item in heard}
    body = await scene["ana"].send(
        "query Q($id: ID!) { events(filter: {subject: $id}) { nodes { type } } }", id=scene.id
    )
    assert "poll.opened" in {one["type"] for one in body["data"]["events"]["nodes"]}


async def test_who_stands_otherwise_is_told_otherwise_in_one_go(scene: Scene) -> None:
    """What is poured to some at once is poured to those alone who stand alike to the campaign."""
    await scene.given("ana", 5_000)
    bare = "subscription S($id: ID!) { campaignEvents(id: $id) { ... on CampaignEvent { type } } }"
    people = [scene[who] for who in ("ana", "stranger", "owner", "bo")]
    async with AsyncExitStack() as stack:
        told = [
            await stack.enter_async_context(poured(one, bare, id=scene.id)) for one in people * 3
        ]
        await scene["owner"].do(POLL, id=scene.id)
        await scene.act("SUSPEND", "moderator")
        for n, one in enumerate(told):
            types = [""]
            while types[-1] != "campaign.suspended":
                types.append(orjson.loads(await one.get())["data"]["campaignEvents"]["type"])
            assert ("poll.opened" in types) == (n % 4 in {0, 2})


async def test_a_space_that_closes_its_doors_ends_what_is_told(scene: Scene) -> None:
    """Of what happens meanwhile, who may not read the space hears nothing, of either stream."""
    async with AsyncExitStack() as stack:
        progress = await follow(stack, scene["stranger"], PROGRESS, id=scene.id)
        outside = await follow(stack, scene["stranger"], EVENTS, id=scene.id)
        inside = await follow(stack, scene["member"], EVENTS, id=scene.id)
        assert (await progress.next())["state"] == "OPEN"
        await set_openness(scene, "MEMBERS")
        await scene.act("SUSPEND", "moderator")
        await inside.until("campaign.suspended")
        await set_openness(scene, "OPEN")
        await scene.act("RESUME", "moderator")
        assert (await progress.next())["state"] == "OPEN"
        assert (await outside.next())["type"] == "campaign.resumed"


async def set_openness(scene: Scene, openness: str) -> None:
    """Let a space be open to all, or to its members alone."""
    query = "query Q($id: ID!) { space(id: $id) { version } }"
    version = (await scene["host"].ask(query, id=scene.space))["space"]["version"]
    change = """mutation M($id: ID!, $version: Int!, $openness: Openness!) { updateSpace(input: {
                  space: $id, expectedVersion: $version, openness: $openness}) { __typename } }"""
    done = await scene["host"].do(change, id=scene.space, version=version, openness=openness)
    assert done["__typename"] == "Space", done
    await scene.world.engine.services.log.caught_up()


async def test_a_campaign_that_is_not_seen_cannot_be_watched(world: World) -> None:
    """A draft looks absent to all but its team."""
    scene = await campaign(world, state="DRAFT")
    for query in (PROGRESS, EVENTS):
        with pytest.raises(Refused, match="NOT_FOUND"):
            async with scene["stranger"].watch(query, id=scene.id):
                pass
    async with scene["mate"].watch(PROGRESS, id=scene.id) as items:
        assert (await anext(items))["state"] == "DRAFT"


@asynccontextmanager
async def poured(person: Person, query: str, **given: Any) -> AsyncIterator["asyncio.Queue[bytes]"]:
    """Follow as a transport does, which takes what is shared without being woken."""
    visitor = await person.engine.admit(Credentials(person.token, "127.0.0.1", "req_stream"))
    _ = visitor.ended
    items = await (await visitor.prepare(GraphQLRequest(query, given))).stream()
    told: asyncio.Queue[bytes] = asyncio.Queue()

    def take(item: Item) -> bool:
        told.put_nowait(item.body)
        return True

    async def pull() -> None:
        async for item in items:
            take(item)

    items.pour(take)
    pulling = asyncio.create_task(pull())
    await asyncio.sleep(0)
    yield told
    pulling.cancel()
    await asyncio.gather(pulling, return_exceptions=True)
    await items.aclose()
    await visitor.leave()
