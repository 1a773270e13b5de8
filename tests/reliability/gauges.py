"""What gauges measure, and which alerts that must cause: a model that shares no code with us."""

from collections import deque
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from tests.reliability.scene import Level

START = datetime(2026, 3, 1)
ABOVE, BACK = 80.0, 70.0


class Told(NamedTuple):
    """One notice as it must come, whatever happens to the servers."""

    series: str
    reason: str
    ordinal: int
    value: float


class Gauge:
    """One series: its values in the order of time, and the notices that they must cause."""

    def __init__(self, level: Level, values: list[float]) -> None:
        self.series = level.id
        self.told: list[Told] = []
        self.left: deque[dict[str, Any]] = deque()
        ordinal, firing = 0, False
        for n, value in enumerate(values):
            if not firing and value > ABOVE:
                firing, ordinal = True, ordinal + 1
                self.told.append(Told(level.key, "FIRST", ordinal, value))
            elif firing and value <= BACK:
                firing = False
                self.told.append(Told(level.key, "RESOLVED", ordinal, value))
            at = (START + timedelta(seconds=n)).isoformat() + "Z"
            self.left.append({"series": level.id, "at": at, "value": value})

    def take(self, count: int) -> list[dict[str, Any]]:
        """Return the next values, at most so many."""
        return [self.left.popleft() for _ in range(min(count, len(self.left)))]


def wander(count: int, rng: Random) -> list[float]:
    """Return values that wander up and down: of eight or so, one crosses a threshold."""
    value, values = 75.0, []
    for _ in range(count):
        value = round(min(100.0, max(50.0, value + rng.uniform(-15, 15))), 2)
        values.append(value)
    return values


def leap(count: int) -> list[float]:
    """Return values of which each one crosses a threshold."""
    return [round((90.0, 60.0)[n % 2] + n / 1_000, 3) for n in range(count)]


def gauges(levels: list[Level], total: int, rng: Random) -> list[Gauge]:
    """Return a gauge that wanders for each series, with so many values among them."""
    each, more = divmod(total, len(levels))
    counts = [each + (n < more) for n in range(len(levels))]
    return [Gauge(level, wander(count, rng)) for level, count in zip(levels, counts, strict=True)]


def as_told(item: dict[str, Any]) -> Told:
    """Return a notice of the API as the model has it."""
    alert = item["alert"]
    return Told(alert["series"]["key"], item["reason"], alert["ordinal"], item["value"])
