"""Thresholds: marks on the way, crossed upwards and downwards, each once per crossing.

How many times over a threshold is crossed follows from the total alone. A crossing is a step
between two such counts, so whoever folds the same totals again finds nothing twice, and ups less
downs are always what the total says. All is in integers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from app.campaigning.goals import MOST, minimums
from app.campaigning.words import Direction
from app.db.campaign_documents import Goal, Threshold
from app.failures import Problem

MOST_THRESHOLDS = 50
LONGEST_NAME = 200
MOST_PERCENT = 100_000
# One that repeats does so this many times at most, and each time is at least a hundredth of the
# minimum: a single gift must not make a million crossings.
MOST_STEPS = 1_000
# So many may repeat: all steps of all of them may be written in one transaction.
MOST_REPEATING = 3


class Crossing(NamedTuple):
    """That a total went through a threshold.

    Attributes:
        threshold: its identifier.
        kind: of which kind of support.
        step: 1, or of one that repeats at which multiple.
        direction: which way.
        at_total: the total that it was found at.

    """

    threshold: str
    kind: str
    step: int
    direction: Direction
    at_total: int


class Folded(NamedTuple):
    """How many times over each threshold is crossed, and the crossings that led there."""

    crossed: dict[str, int]
    crossings: list[Crossing]


def count(threshold: Threshold, minimum: int, total: int) -> int:
    """Return how many times over a threshold is crossed at a total: 0 or 1 if it does not repeat.

    `minimum` is that of its kind of support.
    """
    mark = _mark(threshold, minimum)
    if mark <= 0 or total <= 0:
        return 0
    return min(total * 100 // mark, MOST_STEPS if threshold["every"] else 1)


def counts(
    thresholds: Sequence[Threshold], goals: Sequence[Goal], totals: Mapping[str, int]
) -> dict[str, int]:
    """Return how many times over each threshold is crossed when so much counts of each kind."""
    least = minimums(goals)
    return {
        threshold["id"]: count(
            threshold, least.get(threshold["kind"], 0), totals.get(threshold["kind"], 0)
        )
        for threshold in thresholds
    }


def crossings(
    thresholds: Sequence[Threshold],
    goals: Sequence[Goal],
    crossed: Mapping[str, int],
    totals: Mapping[str, int],
) -> list[Crossing]:
    """Return what is crossed on the way from what was (`campaign.crossed`) to these totals.

    In the order of the goals' kinds; of one kind in the order in which a total that moves evenly
    meets them: upwards the lowest first, downwards the highest first.
    """
    least = minimums(goals)
    kinds = {kind: n for n, kind in enumerate(least)}
    now = counts(thresholds, goals, totals)
    found: list[tuple[tuple[int, int, int], Crossing]] = []
    for n, threshold in enumerate(thresholds):
        id, kind = threshold["id"], threshold["kind"]
        low, high = sorted((crossed.get(id, 0), now[id]))
        is_up = now[id] == high
        sign, direction = (1, Direction.CROSSED_UP) if is_up else (-1, Direction.CROSSED_DOWN)
        mark = sign * _mark(threshold, least.get(kind, 0))
        for step in range(low + 1, high + 1):
            crossing = Crossing(id, kind, step, direction, totals.get(kind, 0))
            found.append(((kinds.get(kind, len(kinds)), mark * step, sign * n), crossing))
    return [crossing for _, crossing in sorted(found)]


def between(
    thresholds: Sequence[Threshold],
    goals: Sequence[Goal],
    before: Mapping[str, int],
    after: Mapping[str, int],
) -> list[Crossing]:
    """Return what is crossed on the way from some totals to others."""
    return crossings(thresholds, goals, counts(thresholds, goals, before), after)


def fold(
    thresholds: Sequence[Threshold],
    goals: Sequence[Goal],
    crossed: Mapping[str, int],
    sequence: Iterable[Mapping[str, int]],
) -> Folded:
    """Return where a sequence of totals leads from what was crossed before, and by which steps."""
    met: list[Crossing] = []
    now = dict(crossed)
    for totals in sequence:
        met += crossings(thresholds, goals, now, totals)
        now = counts(thresholds, goals, totals)
    return Folded(now, met)


def problems(thresholds: Sequence[Threshold], goals: Sequence[Goal]) -> Iterator[Problem]:
    """Yield all that is wrong with the thresholds of a campaign, each with how to mend it."""
    if len(thresholds) > MOST_THRESHOLDS:
        message = f"Give at most {MOST_THRESHOLDS} thresholds, not {len(thresholds)}."
        yield Problem("thresholds", message)
    repeating = sum(threshold["every"] for threshold in thresholds)
    if repeating > MOST_REPEATING:
        message = f"Let at most {MOST_REPEATING} thresholds repeat, not {repeating}."
        yield Problem("thresholds", message)
    least = minimums(goals)
    for n, threshold in enumerate(thresholds[:MOST_THRESHOLDS]):
        found = [*_words(threshold, least), *_measure(threshold, least), *_twice(thresholds, n)]
        yield from (Problem(f"thresholds.{n}.{field}", message) for field, message in found)


Found = Iterator[tuple[str, str]]


def _words(threshold: Threshold, least: Mapping[str, int]) -> Found:
    if threshold["kind"] not in least:
        yield "kind", f"Give a kind of which the campaign has a goal: {', '.join(least) or 'none'}."
    if not 1 <= len(threshold["name"].strip()) <= LONGEST_NAME:
        yield "name", f"Give 1 to {LONGEST_NAME} characters."


def _measure(threshold: Threshold, least: Mapping[str, int]) -> Found:
    percent, amount = threshold["percent"], threshold["amount"]
    if (percent is None) == (amount is None):
        yield "percent", "Give either a percentage of the minimum or an amount, not both."
    if percent is not None and not 1 <= percent <= MOST_PERCENT:
        yield "percent", f"Give a whole number from 1 to {MOST_PERCENT}."
    if amount is None:
        return
    smallest = -(-least.get(threshold["kind"], 0) // 100) if threshold["every"] else 1
    if not max(smallest, 1) <= amount <= MOST:
        yield "amount", f"Give a whole number from {max(smallest, 1)} to {MOST}."


def _twice(thresholds: Sequence[Threshold], n: int) -> Found:
    asked, others = thresholds[n], thresholds[:n]
    if asked["id"] in {other["id"] for other in others}:
        yield "id", "There is a threshold with this identifier already."
    if _place(asked) in map(_place, others):
        measure = "percent" if asked["amount"] is None else "amount"
        yield measure, "There is a threshold at this mark already."


def _place(threshold: Threshold) -> tuple[str, int | None, int | None, bool]:
    return threshold["kind"], threshold["percent"], threshold["amount"], threshold["every"]


def _mark(threshold: Threshold, minimum: int) -> int:
    """Return where a threshold is crossed first, in hundredths of what the total is counted in."""
    if threshold["percent"] is not None:
        return threshold["percent"] * minimum
    return (threshold["amount"] or 0) * 100
