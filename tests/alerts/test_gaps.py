"""What interrupts an instance: failures of its rule, changes of its rule, pauses."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.alerts.state import (
    Outcome,
    Phase,
    Reading,
    Reason,
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
from app.alerts.triggers import Threshold
from tests.alerts.timelines import reading, rows, second, threshold, thresholds, told

PATIENT = threshold(for_seconds=60)
AT_ONCE = threshold()


def test_the_third_failure_in_a_row_is_told_once() -> None:
    """Two failures and a success tell nobody; three tell the owner, and further ones do not."""
    state = State.fresh(second(0))
    for at in (1, 2):
        state, timeline = fail(state, second(at))
        assert timeline == []
    state, _ = observe(PATIENT, state, reading(3, 60))
    moves = []
    for at in (4, 5, 6, 7, 8):
        state, timeline = fail(state, second(at))
        moves += timeline
    assert [(move.at, move.reason) for move in moves] == [(second(6), Reason.ERROR)]
    state, _ = observe(PATIENT, state, reading(9, 90))
    assert (state.phase, state.since, state.failures) == (Phase.PENDING, second(9), 0)


def test_failures_leave_an_open_alert_open() -> None:
    """An alert outlives the failures of its rule, and is resolved by the value that says so."""
    state, _ = run(AT_ONCE, State.fresh(second(0)), None, [reading(0, 90)])
    for at in (1, 2, 3):
        state, _ = fail(state, second(at))
    assert (state.phase, state.alert_open) == (Phase.ERROR, True)
    state, timeline = observe(AT_ONCE, state, reading(4, 60))
    assert told(timeline) == [Reason.RESOLVED]
    assert timeline[-1].ordinal == 1


def test_failures_in_a_silence_do_not_swallow_its_end() -> None:
    """Who was told NO_DATA hears that data are back, and not of the same silence twice."""
    trigger = threshold(no_data_after_seconds=60)
    state, _ = pass_time(trigger, State.fresh(second(0)), None, second(99), inclusive=True)
    for at in (100, 101, 102):
        state, _ = fail(state, second(at))
    state, none = pass_time(trigger, state, None, second(999), inclusive=True)
    assert none == []
    state, timeline = observe(trigger, state, reading(1000, 60))
    assert told(timeline) == [Reason.DATA_RESUMED]


def test_a_silence_missed_through_failures_is_told_after_them() -> None:
    """When the clock could not be judged either, silence counts from the failure on, and anew."""
    trigger = threshold(no_data_after_seconds=60)
    state = State.fresh(second(0))
    for at in (70, 80, 90):
        state, _ = fail(state, second(at))
    state, [move] = pass_time(trigger, state, None, second(100), inclusive=True)
    assert (move.at, move.after) == (second(90), Phase.NO_DATA)
    assert fail(state, second(110))[1] == []


def test_a_failure_that_is_noticed_late_is_stamped_in_order() -> None:
    """A failure on an old reading does not come before what time has done since."""
    state = replace(State.fresh(second(60)), failures=2)
    _, [move] = fail(state, second(50))
    assert move.at == second(60)


def test_what_the_owner_alone_was_told_does_not_delay_repeats() -> None:
    """Those who wait for a REPEAT were not told of the error, so it does not count for them."""
    trigger = threshold(repeat_every_seconds=60)
    state, _ = run(trigger, State.fresh(second(0)), None, [reading(0, 90)])
    for at in (10, 20, 30):
        state, _ = fail(state, second(at))
    state, timeline = observe(trigger, state, reading(70, 90))
    assert told(timeline) == [Reason.REPEAT]


def test_a_failure_does_not_let_time_speak() -> None:
    """A value whose judging failed may have been clean: the wait is not over by time alone."""
    state, _ = observe(PATIENT, State.fresh(second(0)), reading(0, 90))
    state, _ = fail(state, second(30))
    assert pass_time(PATIENT, state, reading(30, 60), second(90), inclusive=True)[1] == []


def test_an_edited_rule_goes_on_counting_its_alerts() -> None:
    """After a change of the rule the next alert has the next number, and nobody has taken it on."""
    state, _ = run(AT_ONCE, State.fresh(second(0)), None, [reading(0, 90)])
    state, [move] = reset(acknowledge(state), second(5))
    assert (move.reason, move.closes, move.ordinal) == (Reason.RULE_CHANGED, True, 1)
    assert state == replace(State.fresh(second(5)), alerts_opened=1)
    state, [move] = observe(AT_ONCE, state, reading(6, 90))
    assert (move.reason, move.ordinal) == (Reason.FIRST, 2)


def test_a_rule_edited_while_paused_stays_paused() -> None:
    """The pause goes on, and counts for nothing in the new life either."""
    state, _ = reset(freeze(State.fresh(second(0)), second(10)), second(20))
    assert state.frozen_at == second(20)
    thawed, _ = thaw(PATIENT, state, None, second(50))
    assert (thawed.since, thawed.watched_since) == (second(50), second(50))


def test_what_is_read_in_a_pause_is_judged_at_its_end() -> None:
    """A series that reports changes only is not left where it was before the pause."""
    state, _ = run(AT_ONCE, State.fresh(second(0)), None, [reading(0, 90)])
    paused = freeze(state, second(10))
    state, [move] = thaw(AT_ONCE, paused, reading(20, 60), second(100))
    assert (move.at, move.reason, move.value) == (second(100), Reason.RESOLVED, 60)
    assert thaw(AT_ONCE, state, reading(20, 60), second(200)) == (state, [])


def test_what_arrives_late_into_a_pause_is_judged_at_its_end() -> None:
    """A value measured just before the pause, but heard in it, is not lost."""
    trigger = threshold(no_data_after_seconds=60)
    paused = freeze(State.fresh(second(0)), second(10))
    _, [move] = thaw(trigger, paused, reading(9, 90), second(100))
    assert (move.at, move.reason) == (second(100), Reason.FIRST)


def test_what_was_read_long_ago_in_a_pause_says_nothing() -> None:
    """At the end of a pause too, a value speaks only while it is younger than noDataAfter."""
    trigger = threshold(no_data_after_seconds=60)
    state, _ = run(trigger, State.fresh(second(0)), None, [reading(0, 90)])
    state, timeline = thaw(trigger, freeze(state, second(10)), reading(20, 60), second(100))
    assert timeline == []
    state, [move] = pass_time(trigger, state, reading(20, 60), second(999), inclusive=True)
    assert (move.after, move.at) == (Phase.NO_DATA, second(160.001))


@settings(max_examples=400)
@given(thresholds(), rows(), st.integers(0, 40), st.integers(0, 90))
def test_a_pause_takes_no_time(
    trigger: Any, readings: list[Reading], start: int, length: int
) -> None:
    """What follows a pause is what would have followed without it, later by its length."""
    paused_at, pause = second(start / 1000), second(length / 1000) - second(0)
    early = [one for one in readings if one.at < paused_at]
    late = [one for one in readings if one.at >= paused_at]
    last = early[-1] if early else None

    state, _ = run(trigger, State.fresh(second(0)), None, early)
    state, _ = pass_time(trigger, state, last, paused_at, inclusive=False)
    state, none = thaw(trigger, freeze(state, paused_at), last, paused_at + pause)
    assert none == []
    _, after = batched_from(
        trigger, state, last, [replace(one, at=one.at + pause) for one in late], second(0.1) + pause
    )

    plain, _ = run(trigger, State.fresh(second(0)), None, early)
    plain, _ = pass_time(trigger, plain, last, paused_at, inclusive=False)
    _, expected = batched_from(trigger, plain, last, late, second(0.1))
    assert after == [replace(move, at=move.at + pause) for move in expected]


def batched_from(
    trigger: Threshold, state: State, last: Reading | None, readings: list[Reading], end: Any
) -> Outcome:
    """Go on from a last reading with further ones, then let time pass until the end."""
    state, timeline = run(trigger, state, last, readings)
    newest = readings[-1] if readings else last
    state, passed = pass_time(trigger, state, newest, end, inclusive=True)
    return state, timeline + passed
