"""How a campaign gets on: its share of a goal, its pace of late, and where that leads.

The pace is the mean of the last whole days, seven at most. The range is where eight of ten such
campaigns would end if the days to come were like those: 1.28 standard deviations of the sum of the
days to come, with the uncertainty of the mean itself. All is in integers, so that the same figures
give the same forecast everywhere. It is a continuation of a line, not knowledge: many campaigns are
fast at first and at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import isqrt

MOST_DAYS, FEWEST_DAYS = 7, 3
LONGEST_DAYS = 10_000
DAY = timedelta(days=1)
# The square of 1.28 in ten thousandths.
WIDTH = 16_384


class Outlook(StrEnum):
    """What a forecast comes to."""

    OVER = "OVER"
    REACHED = "REACHED"
    TOO_LITTLE_KNOWN = "TOO_LITTLE_KNOWN"
    STANDING_STILL = "STANDING_STILL"
    LIKELY = "LIKELY"
    OPEN = "OPEN"
    UNLIKELY = "UNLIKELY"
    WITHOUT_END = "WITHOUT_END"


@dataclass(frozen=True, slots=True)
class Course:
    """What a forecast goes by.

    Attributes:
        goal: what is sought: the minimum, or in a second round the optimum.
        counted: what counts now.
        days: what came in on each of the last whole days, the oldest first, less what went out.
        left: how long it is until the deadline; zero or less when it is over, None without one.

    """

    goal: int
    counted: int
    days: Sequence[int]
    left: timedelta | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a campaign stands with one kind of support, and where its pace leads.

    Attributes:
        share: of the goal, 1.0 is all of it.
        per_day: what came in on a day of late, rounded down; None if too little is known.
        projected: what will have come in at the deadline at this pace; None if nobody can tell.
        low: below it one of ten such campaigns would end.
        high: above it one of ten such campaigns would end.
        days_to_goal: after how many days it is reached at this pace; None if it is, or never.
        outlook: what that comes to.
        words: the same in a sentence.

    """

    share: float
    per_day: int | None
    projected: int | None
    low: int | None
    high: int | None
    days_to_goal: int | None
    outlook: Outlook
    words: str


def forecast(course: Course) -> Forecast:
    """Return where a campaign stands and where its pace leads.

    Of a goal that is reached, or that has no deadline, there is a pace all the same.
    """
    share = max(course.counted, 0) / course.goal
    if course.left is not None and course.left <= timedelta(0):
        return _without(course, share, Outlook.OVER)
    days = course.days[-MOST_DAYS:]
    if len(days) < FEWEST_DAYS:
        is_reached = course.counted >= course.goal
        return _without(course, share, Outlook.REACHED if is_reached else Outlook.TOO_LITTLE_KNOWN)
    projected, low, high = _projection(course.counted, days, course.left)
    outlook = _outlook(course, sum(days), low, high)
    return Forecast(
        share,
        sum(days) // len(days),
        projected,
        low,
        high,
        _days_to_goal(course, days),
        outlook,
        _words(course, outlook, (low, projected, high)),
    )


def _without(course: Course, share: float, outlook: Outlook) -> Forecast:
    words = _words(course, outlook, (None, None, None))
    return Forecast(share, None, None, None, None, None, outlook, words)


Range = tuple[int | None, int | None, int | None]


def _projection(counted: int, days: Sequence[int], left: timedelta | None) -> Range:
    """Return projected, low and high, in whole units; no less than nothing."""
    if left is None:
        return None, None, None
    count, total = len(days), sum(days)
    # In tenths of a thousandth of a day, which keeps the integers short.
    ahead, unit = min(left, LONGEST_DAYS * DAY) * 10_000 // DAY, 10_000
    middle = counted + total * ahead // (count * unit)
    # The sum of squared deviations is spread / count, so the variance of a day is
    # spread / (count * (count - 1)); that of the sum of n days ahead is n + n * n / count times it.
    spread = count * sum(day * day for day in days) - total * total
    variance = spread * (count * unit * ahead + ahead * ahead) * WIDTH
    scale = count * count * (count - 1) * unit * unit * 10_000
    width = isqrt(variance // scale)
    return max(middle, 0), max(middle - width, 0), max(middle + width, 0)


def _outlook(course: Course, came: int, low: int | None, high: int | None) -> Outlook:
    if course.counted >= course.goal:
        return Outlook.REACHED
    if low is None or high is None:
        return Outlook.WITHOUT_END if came > 0 else Outlook.STANDING_STILL
    if low >= course.goal:
        return Outlook.LIKELY
    if high >= course.goal:
        return Outlook.OPEN
    return Outlook.UNLIKELY if came > 0 else Outlook.STANDING_STILL


def _days_to_goal(course: Course, days: Sequence[int]) -> int | None:
    lacking, came = course.goal - course.counted, sum(days)
    if lacking <= 0 or came <= 0:
        return None
    needed = -(-lacking * len(days) // came)
    return needed if needed <= LONGEST_DAYS else None


def _words(course: Course, outlook: Outlook, range: Range) -> str:
    so_far = f"{max(course.counted, 0) * 100 // course.goal} % of the goal have come in"
    said = {
        Outlook.OVER: f"It is over: {so_far}.",
        Outlook.REACHED: f"The goal is reached: {so_far}.",
        Outlook.TOO_LITTLE_KNOWN: f"{so_far}. There is too little to tell where this leads: "
        f"that takes {FEWEST_DAYS} whole days.",
        Outlook.STANDING_STILL: f"{so_far}, and of late nothing more.",
        Outlook.LIKELY: f"{so_far}. It will probably be reached.",
        Outlook.OPEN: f"{so_far}. It may be reached, or not.",
        Outlook.UNLIKELY: f"{so_far}. It will probably be missed.",
        Outlook.WITHOUT_END: f"{so_far}. There is no deadline by which it has to be reached.",
    }
    return said[outlook] + _said(course.goal, range)


def _said(goal: int, range: Range) -> str:
    """Return a projection in a sentence, in percent of the goal; nothing if there is none."""
    low, middle, high = (None if end is None else f"{end * 100 // goal} %" for end in range)
    if middle is None:
        return ""
    span = "" if low == high else f", most likely between {low} and {high}"
    return f" At the pace of late it ends at about {middle}{span}."
