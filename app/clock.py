"""The clock: the one place that reads what time it is.

Instants are naive datetimes in UTC, to the millisecond: what MongoDB stores and what its driver
decodes fastest. They become RFC 3339 text with a `Z` where they leave the server.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

Clock = Callable[[], datetime]
EPOCH = datetime(1970, 1, 1)


def now() -> datetime:
    """Return the present instant: naive, UTC, to the millisecond."""
    return EPOCH + timedelta(milliseconds=time.time_ns() // 1_000_000)


def to_milliseconds(instant: datetime) -> datetime:
    """Cut an instant to whole milliseconds, as MongoDB would."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
