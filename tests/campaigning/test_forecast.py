"""Where a campaign stands and where its pace leads, and that it says when nobody can tell."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning.forecast import Course, Forecast, Outlook, forecast


def seen(counted: int, days: Sequence[int], left: float | None = 10, goal: int = 1_000) -> Forecast:
    """Return the forecast of a campaign with so many days left."""
    return forecast(Course(goal, counted, days, None if left is None else timedelta(days=left)))


def test_an_even_pace_goes_on() -> None:
    """Without a range, since no day differed from another."""
    found = seen(400, [50] * 7)
    assert (found.share, found.per_day) == (0.4, 50)
    assert (found.low, found.projected, found.high) == (900, 900, 900)
    assert found.days_to_goal == 12
    assert found.outlook is Outlook.UNLIKELY
    assert found.words == (
        "40 % of the goal have come in. It will probably be missed."
        " At the pace of late it ends at about 90 %."
    )


def test_the_more_days_differ_the_wider_is_the_range() -> None:
    """The mean is the same, and so is what is projected."""
    even, uneven = seen(400, [60] * 7), seen(400, [0, 120, 0, 120, 60, 60, 60])
    assert even.projected == uneven.projected == 1_000
    assert even.low is not None
    assert uneven.low is not None
    assert uneven.high is not None
    assert uneven.low < even.low == 1_000 < uneven.high
    assert (even.outlook, uneven.outlook) == (Outlook.LIKELY, Outlook.OPEN)
    assert uneven.words == (
        "40 % of the goal have come in. It may be reached, or not. At the pace of late it ends at"
        " about 100 %, most likely between 69 % and 130 %."
    )


@pytest.mark.parametrize(
    ("counted", "days", "left", "outlook"),
    [
        (400, [50] * 7, 0, Outlook.OVER),
        (400, [50] * 7, -1, Outlook.OVER),
        (2_000, [50] * 7, 0, Outlook.OVER),
        (400, [], 10, Outlook.TOO_LITTLE_KNOWN),
        (400, [50, 50], 10, Outlook.TOO_LITTLE_KNOWN),
        (1_000, [50], 10, Outlook.REACHED),
        (1_000, [50] * 3, 10, Outlook.REACHED),
        (1_000, [50] * 3, None, Outlook.REACHED),
        (400, [0] * 7, 10, Outlook.STANDING_STILL),
        (400, [-10] * 7, 10, Outlook.STANDING_STILL),
        (400, [0] * 7, None, Outlook.STANDING_STILL),
        (400, [50] * 7, None, Outlook.WITHOUT_END),
        (400, [70] * 3, 10, Outlook.LIKELY),
        (681, [100, 100, 100, 0, 200, 100, 100], 2, Outlook.UNLIKELY),
        (682, [100, 100, 100, 0, 200, 100, 100], 2, Outlook.OPEN),
        (0, [1] * 7, 10, Outlook.UNLIKELY),
    ],
)
def test_what_a_forecast_comes_to(
    counted: int, days: list[int], left: float | None, outlook: Outlook
) -> None:
    """Of what is over or too young nothing is projected."""
    found = seen(counted, days, left)
    assert found.outlook is outlook
    is_told = left is not None and left > 0 and len(days) >= 3
    assert [end is not None for end in (found.low, found.projected, found.high)] == [is_told] * 3
    assert found.words.endswith(".")


def test_only_the_last_seven_days_count() -> None:
    """What was before is the past."""
    assert seen(400, [900, *[50] * 7]) == seen(400, [50] * 7)


def test_without_a_deadline_it_says_when_the_goal_is_reached() -> None:
    """At the pace of late."""
    found = seen(400, [50] * 7, None)
    assert (found.days_to_goal, found.projected) == (12, None)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 10**12),
    st.lists(st.integers(-(10**9), 10**12), max_size=9),
    st.integers(-5, 10**6).map(lambda hours: timedelta(hours=hours)),
    st.integers(1, 10**12),
)
def test_a_range_holds_what_is_projected(
    counted: int, days: list[int], left: timedelta, goal: int
) -> None:
    """It is never below nothing, and the outlook is what the range says."""
    found = forecast(Course(goal, counted, days, left))
    if found.low is None or found.projected is None or found.high is None:
        assert left <= timedelta(0) or len(days) < 3
        return
    assert 0 <= found.low <= found.projected <= found.high
    if found.outlook is Outlook.LIKELY:
        assert found.low >= goal > counted
    if found.outlook is Outlook.UNLIKELY:
        assert found.high < goal
