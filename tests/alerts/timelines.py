"""What the tests of the judgement share: a calendar that starts at 0, thresholds, readings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from app.alerts.state import Outcome, Reading, Reason, State, Transition, observe, pass_time, run
from app.alerts.triggers import NoDataPolicy, Operator, Severity, Threshold

START = datetime(2026, 3, 1)


def second(count: float) -> datetime:
    """Return the instant so many seconds after the start."""
    return START + timedelta(milliseconds=round(count * 1000))


def reading(at: float, value: float) -> Reading:
    """Return a reading so many seconds after the start."""
    return Reading(second(at), value)


def threshold(operator: str = "GT", value: float = 80, **changes: Any) -> Threshold:
    """Return a plain threshold with some of it changed."""
    plain = Threshold(
        kind="THRESHOLD",
        operator=Operator(operator),
        value=value,
        upper=None,
        recovery=None,
        recovery_upper=None,
        for_seconds=0,
        keep_firing_for_seconds=0,
        no_data_after_seconds=None,
        no_data_policy=NoDataPolicy.NO_DATA,
        repeat_every_seconds=None,
        severity=Severity.MODERATE,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def punctual(
    trigger: Threshold, state: State, readings: Sequence[Reading], instants: Sequence[datetime]
) -> Outcome:
    """Observe readings one by one, with a tick at each instant after what was read by then."""
    timeline: list[Transition] = []
    last: Reading | None = None
    waiting = list(readings)
    for instant in instants:
        while waiting and waiting[0].at <= instant:
            new = waiting.pop(0)
            state, passed = pass_time(trigger, state, last, new.at, inclusive=False)
            state, seen = observe(trigger, state, new)
            timeline += passed + seen
            last = new
        state, passed = pass_time(trigger, state, last, instant, inclusive=True)
        timeline += passed
    return state, timeline


def batched(
    trigger: Threshold, state: State, batches: Sequence[Sequence[Reading]], end: datetime
) -> Outcome:
    """Take readings in batches, then let time pass until the end."""
    timeline: list[Transition] = []
    last: Reading | None = None
    for batch in batches:
        state, moved = run(trigger, state, last, batch)
        timeline += moved
        last = batch[-1] if batch else last
    state, passed = pass_time(trigger, state, last, end, inclusive=True)
    return state, timeline + passed


def split(readings: Sequence[Reading], cuts: Sequence[int]) -> list[Sequence[Reading]]:
    """Cut a row of readings into batches, some of which may be empty."""
    places = sorted({min(cut, len(readings)) for cut in cuts} | {0, len(readings)})
    return [readings[a:b] for a, b in pairwise(places)]


def told(timeline: Sequence[Transition]) -> list[Reason]:
    """Return the notices of a timeline, in order."""
    return [transition.reason for transition in timeline if transition.reason is not None]


def without_repeats(timeline: Sequence[Transition]) -> list[Transition]:
    """Return a timeline without its REPEATs, which a late tick may tell once for several."""
    return [transition for transition in timeline if transition.reason is not Reason.REPEAT]


# Small whole numbers and milliseconds, so that ties and edges are the rule.
VALUES = st.integers(0, 9).map(float)
MOMENTS = st.integers(0, 40).map(lambda count: count / 1000)
_SHORT = st.integers(0, 7).map(lambda count: count / 1000)
_SILENCE = st.none() | st.integers(1, 9).map(lambda count: count / 1000)
_INTERVAL = st.none() | st.integers(2, 7).map(lambda count: count / 1000)


@st.composite
def thresholds(draw: st.DrawFn) -> Threshold:
    """Draw a sound threshold on values from 0 to 9, with durations of some milliseconds."""
    operator = draw(st.sampled_from(Operator))
    a, b, c, d = draw(st.tuples(VALUES, VALUES, VALUES, VALUES).map(sorted))
    bounds: dict[str, float] = {"value": b}
    with_recovery = draw(st.booleans())
    match operator:
        case Operator.GT if with_recovery:
            bounds["recovery"] = a
        case Operator.GTE if with_recovery:
            bounds["recovery"] = a - 1
        case Operator.LT if with_recovery:
            bounds["recovery"] = c
        case Operator.LTE if with_recovery:
            bounds["recovery"] = c + 1
        case Operator.BETWEEN:
            bounds["upper"] = c + 1
            if with_recovery:
                bounds |= {"recovery": a - 1, "recovery_upper": d + 2}
        case Operator.OUTSIDE:
            bounds = {"value": a, "upper": d + 1}
            if with_recovery:
                bounds |= {"recovery": b, "recovery_upper": c}
    return threshold(
        operator,
        **bounds,
        for_seconds=draw(_SHORT),
        keep_firing_for_seconds=draw(_SHORT),
        no_data_after_seconds=draw(_SILENCE),
        no_data_policy=draw(st.sampled_from(NoDataPolicy)),
        repeat_every_seconds=draw(_INTERVAL),
    )


@st.composite
def rows(draw: st.DrawFn) -> list[Reading]:
    """Draw readings in the order of time, some of them at the same instant."""
    pairs = draw(st.lists(st.tuples(MOMENTS, VALUES), max_size=16))
    return [reading(at, value) for at, value in sorted(pairs, key=lambda pair: pair[0])]
