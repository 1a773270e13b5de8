"""The clock: the one place that reads what time it is.

Instants are naive datetimes in UTC, to the millisecond: what MongoDB stores and what its driver
decodes fastest. They become RFC 3339 text with a `Z` where they leave the server.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present instant: naive, UTC, to the millisecond."""
    return to_milliseconds(datetime.now(UTC).replace(tzinfo=None))  # noqa: TID251


def to_milliseconds(instant: datetime) -> datetime:
    """Cut an instant to whole milliseconds, as MongoDB would."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
