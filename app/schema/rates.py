"""What an asker may still spend: points per minute, counted in this process.

The generic cell rate algorithm: of each asker one instant is kept, at which the allowance is full
again.
"""

from typing import NamedTuple

PERIOD_SECONDS = 60.0
MOST_ASKERS = 100_000


class Allowance(NamedTuple):
    """What is left after an operation."""

    cost: int
    remaining: int
    reset_seconds: float
    retry_seconds: float | None = None


class Rates:
    """The allowance of each user, key or address."""

    def __init__(self, points: int) -> None:
        self._points = points
        self._full_at: dict[str, float] = {}

    def spend(self, asker: str, cost: int, now: float) -> Allowance:
        """Spend points at an instant of a monotonic clock; nothing is spent if it is too much."""
        full_at = max(self._full_at.get(asker, now), now)
        spent_at = full_at + cost * PERIOD_SECONDS / self._points
        if spent_at - now > PERIOD_SECONDS:
            wait = spent_at - now - PERIOD_SECONDS
            left = self._left(full_at, now)
            return Allowance(cost, left, full_at - now, wait)
        if len(self._full_at) >= MOST_ASKERS:
            self._full_at = {who: at for who, at in self._full_at.items() if at > now}
        self._full_at[asker] = spent_at
        return Allowance(cost, self._left(spent_at, now), spent_at - now)

    def _left(self, full_at: float, now: float) -> int:
        return max(0, int(self._points * (1 - (full_at - now) / PERIOD_SECONDS)))
