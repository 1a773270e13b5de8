"""Thresholds: what breaches, what has recovered, what is refused, and where nothing changes."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alerts.triggers import Span, breaches, problems, quiet_span, recovered
from tests.alerts.timelines import VALUES, threshold, thresholds

ALL = math.inf


@pytest.mark.parametrize(
    ("operator", "bounds", "inside", "outside"),
    [
        ("GT", {}, [80.1, 1e308], [80, 79]),
        ("GTE", {}, [80, 81], [79.9]),
        ("LT", {}, [79.9, -1e308], [80, 81]),
        ("LTE", {}, [80, 79], [80.1]),
        ("EQ", {}, [80], [79.9, 80.1]),
        ("NE", {}, [79.9, 80.1], [80]),
        ("BETWEEN", {"upper": 90}, [80, 85, 90], [79.9, 90.1]),
        ("OUTSIDE", {"upper": 90}, [79.9, 90.1], [80, 85, 90]),
        ("GT", {"value": 0}, [5e-324], [0, -0.0]),
    ],
)
def test_an_operator_holds_on_its_side(
    operator: str, bounds: dict[str, float], inside: list[float], outside: list[float]
) -> None:
    """Each operator breaches on its own side, and its bounds belong where the operator says."""
    trigger = threshold(operator, **bounds)
    assert all(breaches(trigger, value) for value in inside)
    assert not any(breaches(trigger, value) for value in outside)


@pytest.mark.parametrize(
    ("operator", "bounds", "yes", "no"),
    [
        ("GT", {"recovery": 70}, [70, 60], [70.1, 80, 81]),
        ("GT", {"recovery": 80}, [80], [80.1]),
        ("GTE", {"recovery": 70}, [70, 60], [70.1, 80]),
        ("LT", {"recovery": 90}, [90, 100], [89.9, 80, 79]),
        ("LTE", {"recovery": 90}, [90, 100], [89.9, 80]),
        (
            "BETWEEN",
            {"upper": 90, "recovery": 75, "recovery_upper": 95},
            [75, 95, 0, 100],
            [75.1, 80, 94.9],
        ),
        (
            "OUTSIDE",
            {"upper": 90, "recovery": 84, "recovery_upper": 86},
            [84, 85, 86],
            [83.9, 80, 86.1, 100],
        ),
    ],
)
def test_the_recovery_value_has_recovered(
    operator: str, bounds: dict[str, float], yes: list[float], no: list[float]
) -> None:
    """At or within the recovery value is recovered; between it and the threshold is not."""
    trigger = threshold(operator, **bounds)
    assert all(recovered(trigger, value) for value in yes)
    assert not any(recovered(trigger, value) for value in no)


@given(thresholds(), VALUES)
def test_without_a_recovery_value_recovered_means_no_breach(trigger: Any, value: float) -> None:
    """Leaving recovery out, a value has recovered exactly if it breaches no more."""
    plain = trigger | {"recovery": None, "recovery_upper": None}
    assert recovered(plain, value) is not breaches(plain, value)


@given(thresholds(), VALUES)
def test_a_sound_threshold_never_breaches_and_recovers_at_once(trigger: Any, value: float) -> None:
    """No value both breaches and has recovered, or an instance would flap on it."""
    assert not (breaches(trigger, value) and recovered(trigger, value))


@pytest.mark.parametrize(
    ("operator", "bounds", "firing", "value", "span"),
    [
        ("GTE", {}, False, 70, Span(None, 80)),
        ("GTE", {}, False, 90, Span(math.nextafter(80, -ALL), None)),
        ("GT", {}, False, 80, Span(None, math.nextafter(80, ALL))),
        ("GT", {"recovery": 70}, True, 90, Span(70, None)),
        ("GT", {"recovery": 70}, True, 60, Span(None, math.nextafter(70, ALL))),
        ("NE", {}, False, 80, Span(math.nextafter(80, -ALL), math.nextafter(80, ALL))),
        ("BETWEEN", {"upper": 90}, False, 70, Span(None, 80)),
        ("BETWEEN", {"upper": 90}, False, 95, Span(90, None)),
        ("OUTSIDE", {"upper": 90}, False, 70, Span(None, 80)),
    ],
)
def test_a_span_ends_where_the_answer_changes(
    operator: str, bounds: dict[str, float], firing: bool, value: float, span: Span
) -> None:
    """The span reaches to the first value on each side that gives another answer."""
    assert quiet_span(threshold(operator, **bounds), firing, value) == span


def test_a_value_that_rests_on_its_threshold_wakes_nobody() -> None:
    """A series that stays at 0 lies inside the span of everybody who waits for more than 0."""
    above = quiet_span(threshold("GT", 0), firing=False, value=0.0).above
    assert above is not None
    assert above > 0


@given(thresholds(), st.booleans(), VALUES, VALUES)
def test_a_span_is_exact(trigger: Any, firing: bool, value: float, other: float) -> None:
    """Between the bounds the answer is the same; at the bounds it is the other one."""

    def answer(of: float) -> bool:
        return recovered(trigger, of) if firing else breaches(trigger, of)

    span = quiet_span(trigger, firing, value)
    below = -ALL if span.below is None else span.below
    above = ALL if span.above is None else span.above
    assert below < value < above
    if below < other < above:
        assert answer(other) is answer(value)
    for bound in (span.below, span.above):
        assert bound is None or answer(bound) is not answer(value)


def problems_of(operator: str, **changes: Any) -> list[str]:
    """Return the fields that a threshold is refused for."""
    return [problem.path for problem in problems(threshold(operator, **changes))]


@given(thresholds())
def test_a_sound_threshold_has_no_problem_but_short_times(trigger: Any) -> None:
    """What the other tests draw is sound, save for durations too short for the real world."""
    real = trigger | {"no_data_after_seconds": 60, "repeat_every_seconds": 60}
    assert problems(real) == []


@pytest.mark.parametrize(
    ("operator", "changes", "fields"),
    [
        ("GT", {"value": math.nan}, ["value"]),
        ("LT", {"value": math.inf}, ["value"]),
        ("BETWEEN", {}, ["upper"]),
        ("BETWEEN", {"upper": 80}, ["upper"]),
        ("OUTSIDE", {"upper": 79}, ["upper"]),
        ("GT", {"upper": 90}, ["upper"]),
        ("GT", {"recovery": 80.1}, ["recovery"]),
        ("GTE", {"recovery": 80}, ["recovery"]),
        ("LT", {"recovery": 79.9}, ["recovery"]),
        ("LTE", {"recovery": 80}, ["recovery"]),
        ("GT", {"recovery_upper": 70}, ["recovery_upper"]),
        ("EQ", {"recovery": 70}, ["recovery"]),
        ("NE", {"recovery_upper": 70}, ["recovery_upper"]),
        ("BETWEEN", {"upper": 90, "recovery": 80, "recovery_upper": 95}, ["recovery"]),
        ("BETWEEN", {"upper": 90, "recovery": 75, "recovery_upper": 90}, ["recovery_upper"]),
        ("BETWEEN", {"upper": 90, "recovery": 75}, ["recovery_upper"]),
        ("OUTSIDE", {"upper": 90, "recovery_upper": 85}, ["recovery"]),
        ("OUTSIDE", {"upper": 90, "recovery": 79, "recovery_upper": 85}, ["recovery"]),
        ("OUTSIDE", {"upper": 90, "recovery": 85, "recovery_upper": 91}, ["recovery_upper"]),
        ("OUTSIDE", {"upper": 90, "recovery": 86, "recovery_upper": 84}, ["recovery_upper"]),
        ("GT", {"for_seconds": -1}, ["for_seconds"]),
        ("GT", {"for_seconds": math.nan}, ["for_seconds"]),
        ("GT", {"keep_firing_for_seconds": 367 * 86_400}, ["keep_firing_for_seconds"]),
        ("GT", {"no_data_after_seconds": 0}, ["no_data_after_seconds"]),
        ("GT", {"no_data_after_seconds": math.inf}, ["no_data_after_seconds"]),
        ("GT", {"repeat_every_seconds": 59}, ["repeat_every_seconds"]),
    ],
)
def test_what_cannot_work_is_refused(
    operator: str, changes: dict[str, Any], fields: list[str]
) -> None:
    """A threshold that cannot do what it says is refused, under the field that is wrong."""
    assert problems_of(operator, **changes) == [f"trigger.{field}" for field in fields]


def test_all_problems_are_named_at_once() -> None:
    """Someone who mends a threshold learns all that is wrong with it in one go."""
    trigger = threshold(
        "OUTSIDE", math.nan, recovery=1, for_seconds=-1, repeat_every_seconds=1.0, upper=None
    )
    assert [problem.path for problem in problems(trigger, "input.trigger")] == [
        "input.trigger.value",
        "input.trigger.upper",
        "input.trigger.recovery_upper",
        "input.trigger.for_seconds",
        "input.trigger.repeat_every_seconds",
    ]


def test_a_problem_says_how_to_mend_it() -> None:
    """The message holds the bound that would be right."""
    [problem] = problems(threshold("GT", 80, recovery=85))
    assert problem.message.endswith("Give at most 80.")
