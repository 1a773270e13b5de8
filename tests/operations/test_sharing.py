"""Sharing: what many are told alike is executed once, and what differs is never shared."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest

from app.db.watching import MOST_WAITING
from app.ports import Credentials, GraphQLRequest, Item
from tests.api import Person, World, record, subscribe

NOTICES = """subscription S { alerts { ... on Notice {
  id reason value alert { id status series { key space { name } } } } } }"""
OWN = "subscription S { alerts { ... on Notice { id subscriptions { id } } } }"
EVENTS = """subscription S($more: Boolean = false, $filter: EventFilterInput) {
  events(filter: $filter) { ... on Event { cursor type subject at @include(if: $more) } } }"""


class Scene:
    """A series in an open space, and people who follow it."""

    def __init__(self, world: World, owner: Person, space: str, series: str) -> None:
        self.world = world
        self.owner = owner
        self.space = space
        self.series = series
        self._minute = 0

    async def cross(self) -> None:
        """Let the value pass the threshold and come back."""
        for value in (9.0, 1.0):
            self._minute += 1
            at = f"2026-03-01T11:{self._minute:02}:00Z"
            assert (await record(self.owner, self.series, (at, value)))["recorded"] == 1

    def executions(self) -> int:
        """Return how many operations and items were executed so far."""
        ways = (self.world.engine.metrics.executed.labels(w) for w in ("compiled", "interpreted"))
        return int(sum(way._value.get() for way in ways))


@pytest.fixture
async def scene(world: World) -> Scene:
    """A series in Ada's space."""
    ada = await world.person("ada")
    space = await world.space(ada)
    return Scene(world, ada, space, await world.series(ada, space))


async def told(
    people: list[Person], scene: Scene, query: str, count: int, **variables: Any
) -> list[list[Any]]:
    """Return the items that each person's stream brings while the value crosses twice."""
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(p.watch(query, **variables)) for p in people]
        firsts = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        for _ in range(2):
            await scene.cross()
        return [
            [await first, *[await anext(stream) for _ in range(count - 1)]]
            for first, stream in zip(firsts, streams, strict=True)
        ]


async def test_what_many_are_told_is_executed_once(scene: Scene) -> None:
    """Ten people are told of four transitions: four executions, and each has their own notices."""
    people = [await scene.world.person(f"p{n}") for n in range(10)]
    for person in people:
        await subscribe(person, scene.series, operator="GT", value=4)
    before = scene.executions()
    items = await told(people, scene, NOTICES, 4)
    assert scene.executions() - before == 4 + 4  # the recordings, and the items
    ids = [item["id"] for own in items for item in own]
    assert len(set(ids)) == 40
    for person, own in zip(people, items, strict=True):
        inbox = await person.ask("{ inbox { nodes { id } } }")
        assert [item["id"] for item in own] == [n["id"] for n in reversed(inbox["inbox"]["nodes"])]
        assert [item["reason"] for item in own] == ["FIRST", "RESOLVED"] * 2
        assert {key: own[0][key] for key in own[0] if key != "id"} == {
            key: items[0][0][key] for key in items[0][0] if key != "id"
        }


async def test_what_depends_on_who_asks_is_not_shared(scene: Scene) -> None:
    """A field that knows its viewer, such as the subscriptions of a notice, is each one's own."""
    people = [await scene.world.person(f"p{n}") for n in range(3)]
    made = [await subscribe(p, scene.series, operator="GT", value=4) for p in people]
    before = scene.executions()
    items = await told(people, scene, OWN, 4)
    assert scene.executions() - before == 4 + 12
    for own, subscription in zip(items, made, strict=True):
        assert [item["subscriptions"] for item in own] == [[{"id": subscription["id"]}]] * 4


async def test_variables_and_standings_keep_items_apart(scene: Scene) -> None:
    """Only those who ask with equal variables and stand alike to the space share an execution."""
    world, space = scene.world, scene.space
    people = [await world.person(f"p{n}") for n in range(4)]
    await world.role(scene.owner, space, people[3], "MEMBER")
    await subscribe(scene.owner, scene.series, operator="GT", value=4)
    wanted = {"space": space, "types": ["alert.opened"]}
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(p.watch(EVENTS, more=n == 2, filter=wanted))
            for n, p in enumerate(people)
        ]
        firsts = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        before = scene.executions()
        await scene.cross()
        items = [await first for first in firsts]
    assert scene.executions() - before == 2 + 3
    assert [set(item) for item in items] == [
        {"cursor", "type", "subject"} | ({"at"} if n == 2 else set()) for n in range(4)
    ]


async def test_followers_who_differ_in_filters_share_what_both_see(scene: Scene) -> None:
    """How somebody came to an item does not matter, only what is selected of it."""
    people = [await scene.world.person(f"p{n}") for n in range(2)]
    await subscribe(scene.owner, scene.series, operator="GT", value=4)
    filters = [{"space": scene.space, "types": ["alert.opened"]}, {"types": ["alert.opened"]}]
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(p.watch(EVENTS, filter=wanted))
            for p, wanted in zip(people, filters, strict=True)
        ]
        firsts = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        before = scene.executions()
        await scene.cross()
        first, second = [await first for first in firsts]
    assert first == second
    assert scene.executions() - before == 2 + 1


async def test_a_follower_that_is_slow_goes_back_to_reading(scene: Scene) -> None:
    """More comes than is kept for one who does not read; it has everything once, in order."""
    ben = await scene.world.person("ben")
    await subscribe(ben, scene.series, operator="GT", value=4)
    async with ben.watch(NOTICES) as stream:
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        for _ in range(MOST_WAITING):
            await scene.cross()
        items = [await first, *[await anext(stream) for _ in range(2 * MOST_WAITING - 1)]]
        await scene.cross()
        items += [await anext(stream) for _ in range(2)]
    ordinals = [item["alert"]["id"] for item in items]
    assert len(set(ordinals)) == MOST_WAITING + 1
    assert [item["reason"] for item in items] == ["FIRST", "RESOLVED"] * (MOST_WAITING + 1)


async def test_items_go_straight_to_whoever_waits_and_takes_them(scene: Scene) -> None:
    """They pass the waiting consumer by; from the first that is not taken on, it is asked for."""
    ben = await scene.world.person("ben")
    await subscribe(ben, scene.series, operator="GT", value=4)
    visitor = await ben.engine.admit(Credentials(ben.token, "127.0.0.1", "req_stream"))
    operation = await visitor.prepare(GraphQLRequest(NOTICES))
    items = await operation.stream()
    taken: list[Item] = []

    def take(item: Item) -> bool:
        if len(taken) < 3:
            taken.append(item)
        return len(taken) < 3

    items.pour(take)
    waiting = asyncio.ensure_future(anext(aiter(items)))
    await asyncio.sleep(0)
    for _ in range(2):
        await scene.cross()
    pulled = [await waiting, await anext(aiter(items))]
    await items.aclose()
    await visitor.leave()
    assert len(taken) == 3
    inbox = (await ben.ask("{ inbox { nodes { id cursor } } }"))["inbox"]["nodes"]
    told = [*taken[:2], *pulled]
    assert [item.cursor for item in told] == [notice["cursor"] for notice in reversed(inbox)]
    ids = [orjson.loads(item.body)["data"]["alerts"]["id"] for item in told]
    assert ids == [notice["id"] for notice in reversed(inbox)]
