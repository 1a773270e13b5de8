"""What judging costs: it follows what a reading crosses, not how many rules there are."""

from typing import Any, Self

import pytest

from app.alerts.state import State
from app.ids import new_id
from app.resolvers.chores import END_PAUSES
from tests.alerts.watching import NOON, Watching, watching
from tests.api import World
from tests.conftest import TurnedClock
from tests.databases import Databases

MANY = 10_000


@pytest.fixture
async def place(world: World, clock: TurnedClock) -> Watching:
    """A series in Ada's open space."""
    return await watching(world, clock)


async def add_rules(place: Watching, made: dict[str, Any], count: int, **fields: Any) -> None:
    """Add conditions like this one, with other bounds: `wake_above` grows with each."""
    one = await place.instance(made["instance"]["id"])
    rules = [
        {
            **one,
            "_id": new_id("instances"),
            "trigger": {**one["trigger"], "value": 1000.0 + n},
            "state": State.fresh(NOON).to_document(),
            "wake_above": 1000.0 + n,
            **fields,
        }
        for n in range(count)
    ]
    if rules:
        await place.db["instances"].insert_many(rules)


@pytest.fixture(scope="module")
def databases(mongodb_uri: str) -> Databases:
    """None that others used before: MongoDB remembers how it answered them."""
    return Databases(mongodb_uri)


class Effort:
    """What MongoDB did in a block to look at instances and the series that it read with them."""

    def __init__(self, place: Watching) -> None:
        self._db = place.db
        self.seen: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        await self._db.command("profile", 2)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._db.command("profile", 0)
        profile = await self._db["system.profile"].find().to_list(None)
        read = f"{self._db.name}.series", "command"
        self.seen = [
            entry
            for entry in profile
            if entry["ns"] == f"{self._db.name}.instances" or (entry["ns"], entry["op"]) == read
        ]
        await self._db["system.profile"].drop()

    @property
    def queries(self) -> list[dict[str, Any]]:
        """The queries."""
        return [entry for entry in self.seen if entry["op"] in {"query", "command"}]

    def examined(self, what: str) -> int:
        """Return how many keys or documents were looked at."""
        return sum(int(entry.get(what, 0)) for entry in self.seen)


async def test_a_reading_that_crosses_nothing_looks_at_nothing(place: Watching) -> None:
    """With ten thousand rules as with one: one query, by indexes, that finds only the series."""
    made = await place.follow(place.ada, value=900)
    await place.read_each(5)
    efforts = []
    for more in (0, 100, MANY):
        await add_rules(place, made, more)
        async with Effort(place) as effort:
            await place.read_each(6, 7)
        efforts.append(effort)
    for effort in efforts:
        assert len(effort.queries) == 2
        assert "COLLSCAN" not in "".join(entry["planSummary"] for entry in effort.queries)
        assert effort.examined("docsExamined") == 2
    few, _, many = (effort.examined("keysExamined") for effort in efforts)
    assert many <= few + 10


@pytest.mark.parametrize("crossed", [1, 7, 50])
async def test_a_reading_looks_at_what_it_crosses(place: Watching, crossed: int) -> None:
    """Of ten thousand rules it crosses some: so many documents are read and written, no more."""
    made = await place.follow(place.ada, value=900)
    await place.read_each(5)
    await add_rules(place, made, MANY)
    async with Effort(place) as effort:
        done = await place.read(1000.0 + crossed - 0.5)
    assert done["alertsOpened"] == crossed + 1
    [query] = effort.queries
    assert query["nreturned"] == query["docsExamined"] == 1 + crossed + 1
    assert query["keysExamined"] <= crossed + 1 + 10


async def test_silence_looks_at_who_waits_for_data(place: Watching) -> None:
    """A tick over a silent series reads the rules that silence moves, and one more at most."""
    made = await place.follow(place.ada, value=900)
    await place.follow(place.ada, value=901, noDataAfter="PT1M")
    await place.read_each(5)
    await add_rules(place, made, MANY)
    place.clock.turn(61)
    async with Effort(place) as effort:
        assert await place.due().judge_alerts() == 1
    assert (await place.told(place.ada)) == [("NO_DATA", None)]
    assert effort.examined("docsExamined") <= 4
    assert effort.examined("keysExamined") <= 20


async def test_a_tick_without_work_asks_three_small_questions(place: Watching) -> None:
    """Nothing is due: nothing is leased, written or read."""
    made = await place.follow(place.ada, value=900)
    await place.read_each(5)
    await add_rules(place, made, MANY)
    async with Effort(place) as effort:
        due = place.due()
        assert [await due.judge_alerts(), await due.do(END_PAUSES), await due.fan_out()] == [
            0,
            0,
            0,
        ]
    assert effort.examined("docsExamined") == 0
    assert effort.examined("keysExamined") <= 2
    assert await place.db["leases"].count_documents({}) == 0


async def test_a_condition_is_judged_once_for_all_who_follow_it(place: Watching) -> None:
    """Three followers of one condition: one instance is read, one alert opens."""
    for _ in range(3):
        await place.follow(await place.world.person("ben"))
    await place.read_each(70)
    async with Effort(place) as effort:
        await place.read(85)
    assert effort.examined("docsExamined") == 3  # it and its series, to judge it; it, to write it
    assert await place.db["alerts"].count_documents({"series": place.series}) == 1
