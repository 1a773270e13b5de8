"""Waking: what an instance does not ask to see would not have moved it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.alerts.state import (
    Outcome,
    Reading,
    State,
    acknowledge,
    fail,
    freeze,
    observe,
    pass_time,
    reset,
    run,
    thaw,
)
from app.alerts.triggers import NoDataPolicy, Threshold
from app.alerts.wake import Wake, no_data_due, wake
from tests.alerts.timelines import (
    START,
    batched,
    punctual,
    reading,
    rows,
    second,
    threshold,
    thresholds,
    without_repeats,
)

END = second(0.06)
ANY = (math.inf, -math.inf)
TRIGGER = threshold(
    "GTE",
    recovery=70,
    for_seconds=60,
    keep_firing_for_seconds=30,
    no_data_after_seconds=600,
    repeat_every_seconds=120,
)


def after(*readings: Reading, trigger: Threshold = TRIGGER) -> tuple[State, Reading]:
    """Return where readings lead, and the last of them."""
    state, _ = run(trigger, State.fresh(START), None, readings)
    return state, readings[-1]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(0, 60)], Wake(None, 80, None)),
        ([(0, 90)], Wake(math.nextafter(80, 0), None, second(60))),
        ([(0, 90), (60, 90)], Wake(70, None, second(180))),
        ([(0, 90), (60, 90), (70, 65)], Wake(None, math.nextafter(70, 99), second(100))),
    ],
)
def test_each_phase_waits_for_what_ends_it(
    readings: list[tuple[float, float]], expected: Wake
) -> None:
    """NORMAL waits for a breach, PENDING for none, FIRING for recovery, RECOVERING for relapse."""
    state, last = after(*(reading(at, value) for at, value in readings))
    assert wake(TRIGGER, state, last, last.at) == expected


def test_without_any_reading_every_value_wakes() -> None:
    """An instance that knows no value yet looks at the first one."""
    assert wake(TRIGGER, State.fresh(START), None, START) == Wake(*ANY, None)


def test_without_data_every_value_wakes() -> None:
    """Whatever comes ends the silence."""
    state, last = after(reading(0, 60))
    state, _ = pass_time(TRIGGER, state, last, second(700), inclusive=True)
    assert wake(TRIGGER, state, last, second(700)) == Wake(*ANY, None)
    assert no_data_due(TRIGGER, state, last) is None


def test_after_a_failure_every_value_wakes() -> None:
    """One failure is enough: the next success must be seen to break the row."""
    state, last = after(reading(0, 60))
    for at in (1, 2, 3):
        state, _ = fail(state, second(at))
        assert wake(TRIGGER, state, last, second(at)) == Wake(*ANY, None)


def test_a_new_rule_looks_at_the_next_value() -> None:
    """A changed rule that the present value breaches does not wait for another value."""
    state, last = after(reading(0, 90), reading(60, 90))
    state, _ = reset(state, second(70))
    assert wake(TRIGGER, state, last, second(70)) == Wake(*ANY, None)
    quiet = reading(60, 60)
    assert wake(TRIGGER, state, quiet, second(70)) == Wake(None, 80, None)


def test_paused_nothing_wakes() -> None:
    """Neither values nor time wake an instance that is paused, and silence is not counted."""
    state, last = after(reading(0, 90))
    paused = freeze(state, second(10))
    assert wake(TRIGGER, paused, last, second(10)) == Wake(None, None, None)
    assert no_data_due(TRIGGER, paused, last) is None


def test_after_a_pause_what_is_due_is_due_later() -> None:
    """The instants move on by the length of the pause."""
    state, last = after(reading(0, 90))
    state, _ = thaw(TRIGGER, freeze(state, second(10)), last, second(1010))
    assert wake(TRIGGER, state, last, second(1010)).due_at == second(1060)
    assert no_data_due(TRIGGER, state, last) == second(1600.001)


def test_an_acknowledged_alert_has_nothing_due() -> None:
    """Without repeats only a value moves a firing instance."""
    state, last = after(reading(0, 90), reading(60, 90))
    assert wake(TRIGGER, acknowledge(state), last, last.at) == Wake(70, None, None)


def test_a_wait_that_nothing_spoke_for_is_not_due_for_ever() -> None:
    """When a wait ran out in silence the next value decides, and no tick asks again and again."""
    trigger = threshold(for_seconds=60, no_data_after_seconds=30, no_data_policy=NoDataPolicy.KEEP)
    state, last = after(reading(0, 90), trigger=trigger)
    assert wake(trigger, state, last, second(0)).due_at == second(60)
    state, none = pass_time(trigger, state, last, second(60), inclusive=True)
    assert none == []
    assert wake(trigger, state, last, second(60)) == Wake(*ANY, None)


def test_silence_is_due_a_millisecond_after_no_data_after() -> None:
    """Silence has lasted longer than noDataAfter at the first instant after it, not at it."""
    state, last = after(reading(10, 60))
    assert no_data_due(TRIGGER, state, last) == second(610.001)
    assert no_data_due(TRIGGER, State.fresh(START), None) == second(600.001)
    for changes in ({"no_data_after_seconds": None}, {"no_data_policy": NoDataPolicy.KEEP}):
        changed: Any = TRIGGER | changes
        assert no_data_due(changed, state, last) is None


def asks_for(waking: Wake, silence: datetime | None, new: Reading) -> bool:
    """Say whether an instance asks to see a reading, as an index would."""
    return (
        (waking.below is not None and new.value <= waking.below)
        or (waking.above is not None and new.value >= waking.above)
        or (waking.due_at is not None and new.at >= waking.due_at)
        or (silence is not None and new.at > silence)
    )


@settings(max_examples=500)
@given(thresholds(), rows(), rows(), st.integers(0, 40))
def test_what_does_not_wake_does_not_move(
    trigger: Threshold, readings: list[Reading], further: list[Reading], ticked: int
) -> None:
    """Readings that do not wake give no transition, and the same state and wake afterwards."""
    state, _ = run(trigger, State.fresh(START), None, readings)
    last = readings[-1] if readings else None
    at = max(second(ticked / 1000), last.at if last else START)
    state, _ = pass_time(trigger, state, last, at, inclusive=True)
    waking = wake(trigger, state, last, at)

    unseen: list[Reading] = []
    before = last
    for new in (replace(one, at=one.at + (at - START)) for one in further):
        if asks_for(waking, no_data_due(trigger, state, before), new):
            break
        unseen.append(new)
        before = new
    assert run(trigger, state, last, unseen) == (state, [])
    assert wake(trigger, state, before, before.at if unseen and before else at) == waking


def woken(
    trigger: Threshold, readings: Sequence[Reading], ticks: Sequence[datetime]
) -> tuple[Outcome, int]:
    """Play readings as an engine with an index would; count how many of them were judged."""
    state, last, judged = State.fresh(START), None, 0
    waking, timeline = wake(trigger, state, None, START), []
    clock = [(at, 1, None) for at in ticks] + [(one.at, 0, one) for one in readings]
    for at, _, new in sorted(clock, key=lambda turn: turn[:2]):
        silence = no_data_due(trigger, state, last)
        due = [instant for instant in (waking.due_at, silence) if instant is not None]
        wakes = asks_for(waking, silence, new) if new else any(instant <= at for instant in due)
        if new is not None and wakes:
            state, moved = run(trigger, state, last, [new])
            judged += 1
        elif wakes:
            state, moved = pass_time(trigger, state, last, at, inclusive=True)
        last = new or last
        if wakes:
            timeline += moved
            waking = wake(trigger, state, last, at)
    return (state, timeline), judged


@settings(max_examples=500)
@given(thresholds(), rows(), st.sets(st.integers(0, 60), max_size=8))
def test_an_engine_that_only_judges_what_wakes_is_right(
    trigger: Threshold, readings: list[Reading], ticks: set[int]
) -> None:
    """Judging only what is asked for gives the same timeline as judging everything."""
    instants = [*sorted(second(t / 1000) for t in ticks), END]
    (state, timeline), _ = woken(trigger, readings, instants)
    whole_state, whole = batched(trigger, State.fresh(START), [readings], END)
    assert state == whole_state
    assert without_repeats(timeline) == without_repeats(whole)
    assert timeline == punctual(trigger, State.fresh(START), readings, instants)[1]


def test_a_quiet_series_costs_nothing() -> None:
    """Of a thousand values that cross nothing only the first is judged."""
    trigger = threshold("GT", 0, no_data_after_seconds=60, for_seconds=10)
    readings = [reading(at, -at % 3 * -1.0) for at in range(1000)]
    (state, timeline), judged = woken(trigger, readings, [second(at) for at in range(0, 1000, 30)])
    assert (state, timeline, judged) == (State.fresh(START), [], 1)
    state, [move] = observe(trigger, state, reading(1000, 1))
    assert move.after == "PENDING"
