"""Changes of a pool: who follows a filter from anywhere arrives at what its query gives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest

from app.ports import Refused
from tests.agreeing import moving
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.pool import edited, entry, joined, point, pool, set_rules
from tests.wandering import Wandering

BEGINNING = "ev0"
POOL_CHANGED = """
subscription S($space: ID, $filter: EntryFilterInput, $watch: ID, $after: String) {
  poolChanged(space: $space, filter: $filter, watch: $watch, after: $after) {
    __typename
    ... on PoolChange { cursor kind entryId at entry { id title version } }
    ... on Discontinuity { cause } } }
"""
KINDS = """
subscription S($space: ID, $filter: EntryFilterInput, $after: String) {
  poolChanged(space: $space, filter: $filter, after: $after) {
    ... on PoolChange { kind cursor } } }
"""
FOUND = """
query Q($space: ID!, $filter: EntryFilterInput) {
  poolEntries(space: $space, filter: $filter, first: 40) {
    liveCursor nodes { id title version } } }
"""


def at(east: float, north: float) -> dict[str, float]:
    """Return a point so far from the beacon as inputs have it."""
    longitude, latitude = point(east, north)["coordinates"]
    return {"longitude": longitude, "latitude": latitude}


def box(metres: float) -> dict[str, float]:
    """Return a box around the beacon."""
    west, south = point(-metres, -metres)["coordinates"]
    east, north = point(metres, metres)["coordinates"]
    return {"west": west, "south": south, "east": east, "north": north}


RING = [at(-250, -250), at(300, -200), at(-100, 320), at(-250, -250)]
FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "near": {"near": {"point": at(0, 0), "radiusM": 300}},
    "box": {"withinBox": box(250)},
    "polygon": {"withinPolygon": RING},
    "category": {"categories": ["Food"]},
    "facets": {"facets": [{"name": "LIFT", "eq": True}, {"name": "STEPS", "most": 3}]},
    "suitability": {"suitability": [{"need": "WHEELCHAIR", "in": ["SUITABLE", "UNKNOWN"]}]},
    "fresh": {"fresh": True},
    "states": {"states": ["PUBLISHED", "GONE", "STALE"]},
    "text": {"text": "harb"},
    "several": {"withinBox": box(250), "categories": ["food"], "text": "har", "fresh": True},
}
ASIDE = {"states": ["PUBLISHED", "HIDDEN", "MERGED"]}


class Following:
    """A client that keeps what a filter finds, by the changes that it is told."""

    def __init__(self, person: Person, filter: dict[str, Any], walk: Wandering) -> None:
        self.person = person
        self.filter = filter
        self.walk = walk
        self.kept: dict[str, int] = {}
        self._passed: list[tuple[str, dict[str, int]]] = []

    @property
    def middle(self) -> tuple[str, dict[str, int]]:
        """Return a cursor halfway through, and what was kept there."""
        return self._passed[len(self._passed) // 2]

    async def query(self) -> tuple[dict[str, int], str]:
        """Return the versions of what the query gives, and from where to follow."""
        asked = {"space": self.walk.space, "filter": self.filter}
        found = (await self.person.ask(FOUND, **asked))["poolEntries"]
        return {one["id"]: one["version"] for one in found["nodes"]}, found["liveCursor"]

    async def follow(self, items: AsyncIterator[Any], until: str) -> None:
        """Take changes until the beacon was changed at this instant."""
        async for item in items:
            assert item["__typename"] == "PoolChange", item
            if item["kind"] == "LEFT" or item["entry"] is None:
                assert item["entry"] is None
                self.kept.pop(item["entryId"], None)
            else:
                self.kept[item["entryId"]] = item["entry"]["version"]
            self._passed.append((item["cursor"], dict(self.kept)))
            if item["entryId"] == self.walk.beacon and item["at"] == until:
                return

    async def replayed(self, after: str, kept: dict[str, int], until: str) -> dict[str, int]:
        """Return what one arrives at who follows from elsewhere, with what they had there."""
        other = Following(self.person, self.filter, self.walk)
        other.kept = dict(kept)
        asked = {"space": self.walk.space, "filter": self.filter, "after": after}
        async with self.person.watch(POOL_CHANGED, **asked) as items:
            await other.follow(items, until)
        return other.kept


async def test_who_follows_arrives_at_what_the_query_gives(
    world: World, clock: TurnedClock
) -> None:
    """Live, from the beginning, and from the middle; for whoever moderates, and for anybody."""
    owner, walk = await world.person("olga"), Wandering(world, clock)
    await walk.begin(owner)
    following = [Following(world.anonymous, filter, walk) for filter in FILTERS.values()]
    following += [Following(owner, filter, walk) for filter in (ASIDE, FILTERS["near"])]
    async with AsyncExitStack() as stack:
        streams = []
        for one in following:
            one.kept, cursor = await one.query()
            asked = {"space": walk.space, "filter": one.filter, "after": cursor}
            stream = one.person.watch(POOL_CHANGED, **asked)
            streams.append(await stack.enter_async_context(stream))
        for _ in range(3):
            await walk.go(13)
            lit = await walk.light()
            for one, items in zip(following, streams, strict=True):
                await one.follow(items, lit)
                assert (one.kept, one.filter) == ((await one.query())[0], one.filter)
    for one in following:
        assert await one.replayed(BEGINNING, {}, lit) == one.kept
        assert await one.replayed(*one.middle, lit) == one.kept


async def told(items: AsyncIterator[Any]) -> str:
    """Return the next change: its kind, and how the entry is called if it is shown."""
    item = await anext(items)
    shown = item["entry"]
    return f"{item['kind']} {shown['title'] if shown else '-'}"


async def refusal(person: Person, **given: Any) -> str:
    """Return the code by which a stream is refused."""
    with pytest.raises(Refused) as refused:
        async with person.watch(POOL_CHANGED, **given):
            pass
    code: str = orjson.loads(refused.value.answer.body)["errors"][0]["extensions"]["code"]
    return code


async def test_what_is_hidden_leaves_and_is_told_of_to_nobody_else(world: World) -> None:
    """On replay the past of what is hidden is silent; who may see it sees it all along."""
    owner = await world.person("olga")
    space = await pool(world, owner)
    made = await entry(owner, space, title="Café")
    async with world.anonymous.watch(POOL_CHANGED, space=space) as items:
        await edited(owner, made, title="Bar")
        assert await told(items) == "UPDATED Bar"
        hidden = await owner.do(moving("hideEntry"), entry=made["id"])
        assert await told(items) == "LEFT -"
        other = await entry(owner, space, title="Hall")
        assert await told(items) == "ENTERED Hall"
    everything = {"space": space, "after": BEGINNING}
    async with world.anonymous.watch(POOL_CHANGED, **everything) as items:
        assert await told(items) == "LEFT -"
        assert await told(items) == "ENTERED Hall"
    filter = {"states": ["HIDDEN", "PUBLISHED"]}
    async with owner.watch(POOL_CHANGED, **everything, filter=filter) as items:
        assert [await told(items) for _ in range(3)] == [
            "ENTERED Bar",
            "UPDATED Bar",
            "UPDATED Bar",
        ]
    assert await refusal(world.anonymous, **everything, filter=filter) == "NOT_ALLOWED"
    assert (hidden["state"], other["state"]) == ("HIDDEN", "PUBLISHED")


async def test_what_becomes_sensitive_leaves_where_it_was(world: World) -> None:
    """Also for who was away: its past is blurred, so that nobody can tell where it was."""
    owner = await world.person("olga")
    space = await pool(world, owner)
    made = await entry(owner, space, title="Café")
    filter = {"near": {"point": at(0, 0), "radiusM": 20}}
    async with world.anonymous.watch(
        POOL_CHANGED, space=space, filter=filter, after=BEGINNING
    ) as items:
        entered = await anext(items)
        assert entered["kind"] == "ENTERED"
        renamed = await edited(owner, made, title="Nest")
        assert await told(items) == "UPDATED Nest"
        await edited(owner, renamed, category="nest")
        assert await told(items) == "LEFT -"
    resumed = {"space": space, "filter": filter, "after": entered["cursor"]}
    async with world.anonymous.watch(POOL_CHANGED, **resumed) as items:
        assert await told(items) == "LEFT -"


async def test_who_may_read_the_pool_no_more_is_told_nothing(world: World) -> None:
    """Neither live nor on replay, not even that something has left; others go on.

    Once they may again, they are told that something is missing.
    """
    owner, ada, ben = [await world.person(name) for name in ("olga", "ada", "ben")]
    space = await pool(world, owner)
    await joined(world, space, ada)
    asked = {"space": space, "after": BEGINNING}
    async with ada.watch(POOL_CHANGED, **asked) as mine, ben.watch(POOL_CHANGED, **asked) as his:
        made = await entry(owner, space, title="Café")
        assert await told(mine) == await told(his) == "ENTERED Café"
        next_of_his = asyncio.ensure_future(anext(his))
        await set_rules(world, space, openness="MEMBERS")
        await edited(owner, made, title="Bar")
        assert await told(mine) == "UPDATED Bar"
        await owner.do(moving("hideEntry"), entry=made["id"])
        assert await told(mine) == "LEFT -"
        await set_rules(world, space, openness="OPEN")
        await entry(owner, space, title="Hall")
        assert (await next_of_his)["__typename"] == "Discontinuity"
        assert await told(mine) == await told(his) == "ENTERED Hall"
    await set_rules(world, space, openness="MEMBERS")
    assert await refusal(ben, **asked) == "NOT_ALLOWED"


async def test_followers_of_other_filters_share_no_answers(world: World) -> None:
    """The same event, asked for in the same words, is told to each as it is to their filter."""
    owner = await world.person("olga")
    space = await pool(world, owner)
    made = await entry(owner, space, title="Café")
    cafes, bars = {"text": "café"}, {"text": "bar"}
    asked = {"space": space}
    async with (
        world.anonymous.watch(KINDS, **asked) as all_of_it,
        world.anonymous.watch(KINDS, **asked, filter=cafes) as few,
        world.anonymous.watch(KINDS, **asked, filter=bars) as others,
    ):
        await edited(owner, made, title="Bar")
        kinds = [(await anext(items))["kind"] for items in (all_of_it, few, others)]
    assert kinds == ["UPDATED", "LEFT", "ENTERED"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"watch": "are_unknown"}, "NOT_SIGNED_IN"),
        ({"space": "spc_unknown"}, "NOT_FOUND"),
        ({"space": "spc_unknown", "watch": "are_unknown"}, "INVALID_INPUT"),
    ],
)
async def test_a_stream_is_about_one_pool(world: World, given: dict[str, Any], code: str) -> None:
    """By its space, or by an area that one watches."""
    assert await refusal(world.anonymous, **given) == code
