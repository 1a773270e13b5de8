"""Spans of time as sorted, disjoint pairs of seconds, and how much of them is common."""

from collections.abc import Sequence
from datetime import datetime

from app.db.match_documents import TimeWindow

Spans = tuple[tuple[float, float], ...]
_EPOCH = datetime(1970, 1, 1)


def seconds(at: datetime) -> float:
    """Return an instant as seconds since 1970."""
    return (at - _EPOCH).total_seconds()


def spans(windows: Sequence[TimeWindow], after: datetime) -> Spans:
    """Return what of the windows lies after an instant, joined where they touch or overlap."""
    start = seconds(after)
    given = sorted(
        (max(seconds(window["starts_at"]), start), seconds(window["ends_at"])) for window in windows
    )
    joined: list[tuple[float, float]] = []
    for begins, ends in given:
        if ends <= begins:
            continue
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((begins, ends))
    return tuple(joined)


def length(one: Spans) -> float:
    """Return how many seconds the spans last together."""
    return sum(ends - begins for begins, ends in one)


def overlap(one: Spans, other: Spans) -> float:
    """Return how many seconds lie in both; one pass over each."""
    total, i, j = 0.0, 0, 0
    while i < len(one) and j < len(other):
        total += max(0.0, min(one[i][1], other[j][1]) - max(one[i][0], other[j][0]))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return total
