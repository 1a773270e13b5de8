"""The state machine against a slow and simple model, which looks at the clock every millisecond."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.alerts.state import (
    Outcome,
    Reading,
    Reason,
    State,
    Transition,
    acknowledge,
    observe,
    pass_time,
)
from app.alerts.triggers import Threshold
from tests.alerts.timelines import (
    START,
    batched,
    punctual,
    rows,
    second,
    split,
    thresholds,
    told,
    without_repeats,
)

END = 60

Entry = tuple[int, float | None, str, str, str | None, int]


class Model:
    """An instance as a person would play it from the table, with whole milliseconds for time."""

    def __init__(self, trigger: Any) -> None:
        self.trigger = trigger
        self.phase = "NORMAL"
        self.since = 0
        self.heard: int | None = None
        self.value: float | None = None
        self.number = 0
        self.told = 0
        self.acknowledged = False
        self.before_silence = ""
        self.entries: list[Entry] = []

    def milliseconds(self, name: str) -> int | None:
        """Return a duration of the trigger."""
        seconds = self.trigger[name]
        return None if seconds is None else round(seconds * 1000)

    def breaches(self, value: float) -> bool:
        """Compare a value with the threshold."""
        low, high = self.trigger["value"], self.trigger["upper"]
        comparisons: dict[str, Any] = {
            "GT": lambda: value > low,
            "GTE": lambda: value >= low,
            "LT": lambda: value < low,
            "LTE": lambda: value <= low,
            "EQ": lambda: value == low,
            "NE": lambda: value != low,
            "BETWEEN": lambda: low <= value <= high,
            "OUTSIDE": lambda: not low <= value <= high,
        }
        return bool(comparisons[self.trigger["operator"]]())

    def recovered(self, value: float) -> bool:
        """Compare a value with the recovery value."""
        low, high = self.trigger["recovery"], self.trigger["recovery_upper"]
        if low is None:
            return not self.breaches(value)
        comparisons: dict[str, Any] = {
            "GT": lambda: value <= low,
            "GTE": lambda: value <= low,
            "LT": lambda: value >= low,
            "LTE": lambda: value >= low,
            "BETWEEN": lambda: value <= low or value >= high,
            "OUTSIDE": lambda: low <= value <= high,
        }
        return bool(comparisons[self.trigger["operator"]]())

    def enter(
        self, t: int, phase: str, notice: str | None = None, value: float | None = None
    ) -> None:
        """Write an entry into the timeline and go on from there."""
        if notice == "FIRST":
            self.number, self.acknowledged = self.number + 1, False
        alerting = self.phase in ("FIRING", "RECOVERING") or self.before_silence
        concerned = self.number if alerting or notice == "FIRST" else 0
        self.entries.append((t, value, self.phase, phase, notice, concerned))
        if notice != "REPEAT":
            self.since = t
        if notice is not None:
            self.told = t
        self.phase = phase

    def read(self, t: int, value: float) -> None:
        """Take a new value."""
        self.heard, self.value = t, value
        if self.phase == "NO_DATA":
            self.enter(t, self.before_silence or "NORMAL", "DATA_RESUMED", value)
            self.before_silence = ""
        self.judge(t, value)
        self.repeat(t)

    def judge(self, t: int, value: float) -> None:
        """Go through the rows of the table."""
        if self.phase in ("NORMAL", "PENDING"):
            self.judge_quiet(t, value, self.milliseconds("for_seconds") or 0)
        else:
            self.judge_alerting(t, value, self.milliseconds("keep_firing_for_seconds") or 0)

    def judge_quiet(self, t: int, value: float, hold: int) -> None:
        """Go through the rows from NORMAL and PENDING."""
        pending = self.phase == "PENDING"
        if not self.breaches(value):
            if pending:
                self.enter(t, "NORMAL", None, value)
        elif hold == 0 or (pending and t - self.since >= hold):
            self.enter(t, "FIRING", "FIRST", value)
        elif not pending:
            self.enter(t, "PENDING", None, value)

    def judge_alerting(self, t: int, value: float, keep: int) -> None:
        """Go through the rows from FIRING and RECOVERING."""
        recovering = self.phase == "RECOVERING"
        if not self.recovered(value):
            if recovering:
                self.enter(t, "FIRING", None, value)
        elif keep == 0 or (recovering and t - self.since >= keep):
            self.enter(t, "NORMAL", "RESOLVED", value)
        elif not recovering:
            self.enter(t, "RECOVERING", None, value)

    def repeat(self, t: int) -> None:
        """Tell again if the interval is over."""
        every = self.milliseconds("repeat_every_seconds")
        waiting = self.phase == "FIRING" and not self.acknowledged
        if waiting and every is not None and t - self.told >= every:
            self.enter(t, "FIRING", "REPEAT", self.value)

    def tick(self, t: int) -> None:
        """Look at the clock: is there silence; if not, what does the last value say now?"""
        after = self.milliseconds("no_data_after_seconds")
        silence = t - (self.heard or 0)
        if after is not None and silence > after:
            self.fall_silent(t)
        elif self.value is not None and (after is None or silence < after):
            self.judge(t, self.value)
        self.repeat(t)

    def fall_silent(self, t: int) -> None:
        """Do as the policy says."""
        policy, alerting = self.trigger["no_data_policy"], self.phase in ("FIRING", "RECOVERING")
        if policy == "NO_DATA" and self.phase != "NO_DATA":
            held = self.phase if alerting else ""
            self.enter(t, "NO_DATA", "NO_DATA")
            self.before_silence = held
        elif policy == "OK" and self.phase != "NORMAL":
            self.enter(t, "NORMAL", "RESOLVED" if alerting else None)
        elif policy == "FIRING" and self.phase != "FIRING":
            self.enter(t, "FIRING", None if alerting else "FIRST")


def modelled(trigger: Threshold, readings: Sequence[Reading], taken_on: set[int]) -> list[Entry]:
    """Play readings through the model; at some instants somebody acknowledges what is open."""
    model = Model(trigger)
    for t in range(END + 1):
        for one in readings:
            if one.at == second(t / 1000):
                model.read(t, one.value)
        model.tick(t)
        if t in taken_on and (model.phase in ("FIRING", "RECOVERING") or model.before_silence):
            model.acknowledged = True
    return model.entries


def played(trigger: Threshold, readings: Sequence[Reading], taken_on: set[int]) -> Outcome:
    """Play the same through the state machine, with a tick at every millisecond."""
    state, last = State.fresh(START), None
    timeline: list[Transition] = []
    for t in range(END + 1):
        for one in readings:
            if one.at == second(t / 1000):
                state, moved = observe(trigger, state, one)
                timeline, last = timeline + moved, one
        state, moved = pass_time(trigger, state, last, second(t / 1000), inclusive=True)
        timeline += moved
        state = acknowledge(state) if t in taken_on else state
    return state, timeline


def entries(timeline: Sequence[Transition]) -> list[Entry]:
    """Return a timeline in the words of the model."""
    return [
        (
            round((move.at - START).total_seconds() * 1000),
            move.value,
            move.before.value,
            move.after.value,
            None if move.reason is None else move.reason.value,
            move.ordinal,
        )
        for move in timeline
    ]


CUTS = st.lists(st.integers(0, 16), max_size=4)
TICKS = st.sets(st.integers(0, END), max_size=8)


@settings(max_examples=400)
@given(thresholds(), rows(), st.sets(st.integers(0, END), max_size=2))
def test_the_model_agrees(trigger: Threshold, readings: list[Reading], taken_on: set[int]) -> None:
    """Looked at every millisecond, state machine and model write the same timeline."""
    _, timeline = played(trigger, readings, taken_on)
    assert entries(timeline) == modelled(trigger, readings, taken_on)


@settings(max_examples=400)
@given(thresholds(), rows(), TICKS)
def test_it_does_not_matter_when_it_is_computed(
    trigger: Threshold, readings: list[Reading], ticks: set[int]
) -> None:
    """Any ticks give the timeline of a tick at every millisecond, but for missed REPEATs."""
    every = [second(t / 1000) for t in range(END + 1)]
    some = [instant for instant in every if instant in {second(t / 1000) for t in ticks | {END}}]
    state, timeline = punctual(trigger, State.fresh(START), readings, every)
    late_state, late = punctual(trigger, State.fresh(START), readings, some)
    assert late_state == state
    assert without_repeats(late) == without_repeats(timeline)
    assert all(move in timeline for move in late)


@given(thresholds(), rows(), CUTS)
def test_it_does_not_matter_in_which_batches(
    trigger: Threshold, readings: list[Reading], cuts: list[int]
) -> None:
    """Replayed in any batches, readings give the same timeline and state to the letter."""
    end = second(END / 1000)
    in_one = batched(trigger, State.fresh(START), [readings], end)
    assert batched(trigger, State.fresh(START), split(readings, cuts), end) == in_one


@given(thresholds(), rows())
def test_alerts_open_and_close_in_turn(trigger: Threshold, readings: list[Reading]) -> None:
    """No alert opens while one is open; each has its own number; time never runs backwards."""
    state, timeline = batched(trigger, State.fresh(START), [readings], second(END / 1000))
    turns = [move for move in timeline if move.opens or move.closes]
    assert [move.opens for move in turns] == [i % 2 == 0 for i in range(len(turns))]
    assert [move.ordinal for move in turns] == [i // 2 + 1 for i in range(len(turns))]
    assert state.alert_open is (len(turns) % 2 == 1)
    assert state.alerts_opened == sum(move.opens for move in timeline)
    assert all(earlier.at <= later.at for earlier, later in pairwise(timeline))
    assert all(earlier.after is later.before for earlier, later in pairwise(timeline))


@given(thresholds(), rows())
def test_nobody_is_told_the_end_without_the_beginning(
    trigger: Threshold, readings: list[Reading]
) -> None:
    """RESOLVED follows FIRST, REPEAT lies between them, and DATA_RESUMED follows NO_DATA."""
    _, timeline = batched(trigger, State.fresh(START), [readings], second(END / 1000))
    open_alert = silent = False
    for reason in told(timeline):
        assert open_alert is (reason in (Reason.RESOLVED, Reason.REPEAT)) or reason in (
            Reason.NO_DATA,
            Reason.DATA_RESUMED,
        )
        assert silent is (reason is Reason.DATA_RESUMED)
        open_alert = (open_alert or reason is Reason.FIRST) and reason is not Reason.RESOLVED
        silent = reason is Reason.NO_DATA
