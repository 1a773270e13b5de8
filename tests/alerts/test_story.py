"""The contract's vectors through the whole machine: mutation, transaction, tick, stream, inbox."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from tests.alerts.test_vectors import Cell, column
from tests.api import ALERTS, Person, World, record, subscribe
from tests.conftest import TurnedClock

TRIGGERS: dict[str, dict[str, Any]] = {
    "A": {"for": "PT1M"},
    "B": {"recovery": 70},
    "C": {"keepFiringFor": "PT1M"},
    "D": {"noDataAfter": "PT1M"},
    "E": {"for": "PT1M", "noDataAfter": "PT1M"},
}
# What happens to an instance, as (second, event, phase after), and what its follower is told.
STORIES: dict[str, list[tuple[float, str, str]]] = {
    "A": [
        (30, "instance.pending", "PENDING"),
        (60, "instance.cleared", "NORMAL"),
        (90, "instance.pending", "PENDING"),
        (150, "alert.opened", "FIRING"),
        (210, "alert.resolved", "NORMAL"),
    ],
    "B": [
        (0, "alert.opened", "FIRING"),
        (150, "alert.resolved", "NORMAL"),
        (180, "alert.opened", "FIRING"),
    ],
    "C": [
        (0, "alert.opened", "FIRING"),
        (30, "alert.recovering", "RECOVERING"),
        (90, "alert.relapsed", "FIRING"),
        (120, "alert.recovering", "RECOVERING"),
        (180, "alert.resolved", "NORMAL"),
    ],
    "D": [
        (0, "alert.opened", "FIRING"),
        (60.001, "instance.no_data", "NO_DATA"),
        (120, "instance.data_resumed", "FIRING"),
        (150, "alert.resolved", "NORMAL"),
    ],
    "E": [
        (0, "instance.pending", "PENDING"),
        (60.001, "instance.no_data", "NO_DATA"),
        (120, "instance.data_resumed", "NORMAL"),
        (120, "instance.pending", "PENDING"),
        (180, "alert.opened", "FIRING"),
    ],
}
NOTICES: dict[str, list[tuple[float, str, int | None]]] = {
    "A": [(150, "FIRST", 1), (210, "RESOLVED", 1)],
    "B": [(0, "FIRST", 1), (150, "RESOLVED", 1), (180, "FIRST", 2)],
    "C": [(0, "FIRST", 1), (180, "RESOLVED", 1)],
    "D": [(0, "FIRST", 1), (60.001, "NO_DATA", 1), (120, "DATA_RESUMED", 1), (150, "RESOLVED", 1)],
    "E": [(60.001, "NO_DATA", None), (120, "DATA_RESUMED", None), (180, "FIRST", 1)],
}
STORY = """
query Story($id: ID!) {
  node(id: $id) {
    ... on AlertInstance { phase timeline(first: 50) { nodes { type at phaseAfter } } }
  }
}
"""


class Stage(NamedTuple):
    """A clock that stands at the start of a story, a person who watches, and what she watches."""

    clock: TurnedClock
    world: World
    ada: Person
    series: str
    instance: str

    def instant(self, second: float) -> str:
        """Return the instant so many seconds after noon."""
        return f"2026-03-01T12:{int(second) // 60:02}:{int(second) % 60:02}Z"

    async def read(self, cell: Cell) -> None:
        """Record what a cell of the table says, if it says something."""
        if cell.value is not None:
            done = await record(self.ada, self.series, (self.instant(cell.at), cell.value))
            assert done["__typename"] == "RecordedObservations", done

    async def phase(self) -> str:
        """Return where the instance stands."""
        phase: str = (await self.ada.ask(STORY, id=self.instance))["node"]["phase"]
        return phase


async def on_write(stage: Stage, cells: list[Cell]) -> None:
    """Each reading is recorded in its moment, and nothing ticks."""
    for before, cell in zip([None, *cells], cells, strict=False):
        stage.clock.turn(cell.at - (before.at if before else 0))
        await stage.read(cell)


async def on_tick(stage: Stage, cells: list[Cell]) -> None:
    """Each reading is recorded in its moment, and every ten seconds something ticks."""
    by_second = {cell.at: cell for cell in cells}
    for second in range(0, cells[-1].at + 1, 10):
        if second in by_second:
            await stage.read(by_second[second])
        await stage.world.tick()
        if second in by_second:
            word = by_second[second].word
            assert await stage.phase() == ("NORMAL" if word == "RESOLVED" else word), second
        stage.clock.turn(10)


async def in_a_batch(stage: Stage, cells: list[Cell]) -> None:
    """The sensor had no network: all readings come at the end, at once and in disorder."""
    stage.clock.turn(cells[-1].at + 5)
    values = [(stage.instant(cell.at), cell.value) for cell in cells if cell.value is not None]
    await record(stage.ada, stage.series, *reversed(values))


async def in_two_batches(stage: Stage, cells: list[Cell]) -> None:
    """Half of the readings come in the middle, after a tick, the others at the end."""
    middle = len(cells) // 2
    stage.clock.turn(cells[middle - 1].at)
    for part in (cells[:middle], cells[middle:]):
        values = [(stage.instant(cell.at), cell.value) for cell in part if cell.value is not None]
        await record(stage.ada, stage.series, *values)
        await stage.world.tick()
        stage.clock.turn(cells[-1].at - cells[middle - 1].at)


Way = Callable[[Stage, list[Cell]], Awaitable[None]]


@pytest.mark.parametrize("way", [on_write, on_tick, in_a_batch, in_two_batches])
@pytest.mark.parametrize("name", TRIGGERS)
async def test_however_it_is_judged_the_story_is_the_same(
    world: World, clock: TurnedClock, name: str, way: Way
) -> None:
    """Timeline, stream and inbox are those of the table, to the millisecond."""
    ada = await world.person("ada")
    series = await world.series(ada, await world.space(ada))
    made = await subscribe(ada, series, operator="GT", value=80, **TRIGGERS[name])
    stage = Stage(clock, world, ada, series, made["instance"]["id"])
    async with ada.watch(ALERTS) as stream:
        await way(stage, column(name))
        told = [await anext(stream) for _ in NOTICES[name]]
    story = (await ada.ask(STORY, id=stage.instance))["node"]["timeline"]["nodes"]
    assert [(since(e["at"]), e["type"], e["phaseAfter"]) for e in story] == STORIES[name]
    assert [
        (since(notice["at"]), notice["reason"], (notice["alert"] or {}).get("ordinal"))
        for notice in told
    ] == NOTICES[name]


def since(instant: str) -> float:
    """Return how many seconds after noon an instant of the API is."""
    hours, minutes, seconds = instant.removesuffix("Z").split("T")[1].split(":")
    return (int(hours) - 12) * 3600 + int(minutes) * 60 + float(seconds)
