"""Rounds: each shape is put to every contestant in turn, again and again; medians count."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import orjson

from benchmarks.contestants import Contestant
from benchmarks.dataset import READERS
from benchmarks.load import Taken, WrongAnswer, ask, beginning, put_under_load, requests_of
from benchmarks.shapes import Pools, Shape

COMPARED = 8
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Pace:
    """How long it is measured, and how often."""

    rounds: int
    seconds: float
    warm: float = 0.3


@dataclass(frozen=True, slots=True)
class Cell:
    """What a shape costs at one contestant."""

    shape: str
    contestant: str
    cpu: float
    rate: float
    spread: float
    busy: tuple[float, float]


def without(value: Any, differs: frozenset[str]) -> Any:
    """Return JSON with the type alone of what may differ."""
    if isinstance(value, dict):
        return {
            key: type(inner).__name__ if key in differs else without(inner, differs)
            for key, inner in value.items()
        }
    return [without(inner, differs) for inner in value] if isinstance(value, list) else value


async def compare(contestants: Sequence[Contestant], shape: Shape, pools: Pools) -> int:
    """Let everybody answer the same, and return how many bytes an answer has.

    Raises:
        WrongAnswer: two answers differ, or one has errors.

    """
    length = 0
    for _ in range(COMPARED):
        number = next(_NUMBERS)
        agreed: Any = None
        for contestant in contestants:
            # What is created once cannot be created again, not even by somebody else.
            number = next(_NUMBERS) if shape.writes else number
            raw = await ask(
                contestant, orjson.dumps(shape.request(pools, number)), number % READERS
            )
            answer = orjson.loads(raw)
            if answer.get("errors"):
                raise WrongAnswer(f"{contestant.name}, {shape.name}: {answer['errors']}")
            said = without(answer["data"], shape.differs)
            if agreed is not None and said != agreed:
                raise WrongAnswer(f"{shape.name}: {contestant.name} says {said}, not {agreed}")
            agreed, length = said, max(length, len(raw))
    return length


async def measure(
    contestants: Sequence[Contestant], shape: Shape, pools: Pools, pace: Pace
) -> list[Cell]:
    """Return what a shape costs at each contestant, after all have given the same answers."""
    await compare(contestants, shape, pools)
    ways = []
    for contestant in contestants:
        begins = await beginning(contestant, shape, pools, _NUMBERS)
        request = requests_of(shape, pools, contestant.port, _NUMBERS)
        ways.append((contestant, request, begins))
    for contestant, request, begins in ways:  # so that every compiler has seen it often enough
        await put_under_load(contestant, request, begins, warm=0, seconds=pace.seconds)
    taken: dict[str, list[Taken]] = {contestant.name: [] for contestant in contestants}
    for turn in range(pace.rounds):
        # Whoever came first comes last the next time, so that nobody always follows the same.
        shift = turn % len(ways)
        for contestant, request, begins in ways[shift:] + ways[:shift]:
            took = await put_under_load(
                contestant, request, begins, warm=pace.warm, seconds=pace.seconds
            )
            taken[contestant.name].append(took)
            await asyncio.sleep(0.05)
    return [_cell(shape, name, rounds) for name, rounds in taken.items()]


def _cell(shape: Shape, contestant: str, rounds: list[Taken]) -> Cell:
    cpus = [taken.cpu for taken in rounds]
    return Cell(
        shape.name,
        contestant,
        median(cpus),
        median(taken.rate for taken in rounds),
        (max(cpus) - min(cpus)) / median(cpus),
        (median(taken.busy[0] for taken in rounds), median(taken.busy[1] for taken in rounds)),
    )
