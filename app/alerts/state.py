"""The life of an instance (condition and subject), as a function of what was read and of time.

Whoever calls keeps one order: let time pass up to an instant, then observe what was read at that
instant, then let time pass through it. `run` does so for a row of readings. Each step is stamped
with the instant at which it was due, so it does not matter when, or in how many goes, it is
computed. Instants are naive UTC, in whole milliseconds.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.alerts.phases import ALERTING, BLIND, Phase, Reading, Reason, State, Transition
from app.alerts.triggers import NoDataPolicy, Threshold, breaches, recovered

__all__ = [
    "Outcome",
    "Phase",
    "Reading",
    "Reason",
    "State",
    "Transition",
    "acknowledge",
    "agrees",
    "fail",
    "freeze",
    "hold_due",
    "is_evidence",
    "no_data_due",
    "observe",
    "pass_time",
    "repeat_due",
    "reset",
    "run",
    "thaw",
]

Outcome = tuple[State, list[Transition]]

MILLISECOND = timedelta(milliseconds=1)
FAILURES_UNTIL_ERROR = 3

_SILENT_PHASE: dict[str, Phase] = {
    NoDataPolicy.NO_DATA: Phase.NO_DATA,
    NoDataPolicy.OK: Phase.NORMAL,
    NoDataPolicy.FIRING: Phase.FIRING,
}


def run(
    trigger: Threshold, state: State, last: Reading | None, readings: Sequence[Reading]
) -> Outcome:
    """Take readings in time order, letting the time before each pass first.

    A reading older than the one before it comes too late to be judged and is passed over.
    """
    timeline: list[Transition] = []
    for reading in sorted(readings, key=lambda reading: reading.at):
        if last is not None and reading.at < last.at:
            continue
        state, passed = pass_time(trigger, state, last, reading.at, inclusive=False)
        state, seen = observe(trigger, state, reading)
        timeline += passed + seen
        last = reading
    return state, timeline


def observe(trigger: Threshold, state: State, reading: Reading) -> Outcome:
    """Judge one reading, after the time before it has passed.

    A reading that arrives after time has already moved the instance counts from that moment, so
    the timeline never runs backwards; one that is by then too old to speak changes nothing.
    """
    at = max(reading.at, state.since, state.told_at or state.since)
    if state.frozen_at is not None or not _speaks(trigger, since=reading.at, at=at):
        return state, []
    timeline: list[Transition] = []
    if state.failures:
        state = replace(state, failures=0)
    if state.phase in BLIND:
        reason = Reason.DATA_RESUMED if state.no_data_told else None
        phase = state.phase_before or Phase.NORMAL
        state, timeline = _enter(state, phase, at, value=reading.value, reason=reason)
    state, judged = _judge(trigger, state, Reading(at, reading.value))
    return state, timeline + judged


def pass_time(
    trigger: Threshold, state: State, last: Reading | None, to: datetime, *, inclusive: bool
) -> Outcome:
    """Take every step that time alone causes, in order, each stamped with when it was due.

    Of several REPEATs that have fallen due in a row only the latest is told.

    Args:
        trigger: the threshold.
        state: the instance before.
        last: the last reading of its series, judged or passed over.
        to: how far time has come.
        inclusive: whether what is due at `to` itself is taken too: only when all that was read
            at that instant has been observed, for a reading comes before the clock.

    """
    timeline: list[Transition] = []
    if state.frozen_at is None:
        end = to + MILLISECOND if inclusive else to
        while (step := _step(trigger, state, last, end)) is not None:
            state, moved = step
            timeline += moved
    return state, timeline


def acknowledge(state: State) -> State:
    """Return the state after somebody took the open alert on."""
    return replace(state, acknowledged=True) if state.alert_open else state


def freeze(state: State, at: datetime) -> State:
    """Return the state paused; time up to `at` has passed before."""
    return state if state.frozen_at is not None else replace(state, frozen_at=at)


def thaw(trigger: Threshold, state: State, last: Reading | None, at: datetime) -> Outcome:
    """Go on after a pause as if it had taken no time.

    If the last value has another answer than the phase, it came in the pause: it is judged now if
    it still speaks, else a series that reports only changes would leave the instance behind.
    """
    frozen_at = state.frozen_at
    if frozen_at is None:
        return state, []
    pause = max(at - frozen_at, timedelta(0))
    thawed = replace(
        state,
        frozen_at=None,
        since=state.since + pause,
        told_at=None if state.told_at is None else state.told_at + pause,
        watched_since=min(_heard_at(last, state.watched_since), frozen_at) + pause,
    )
    if last is None or agrees(trigger, thawed, last.value):
        return thawed, []
    heard_at = last.at if last.at > frozen_at else last.at + pause
    if not _speaks(trigger, since=heard_at, at=at):
        return thawed, []
    return observe(trigger, thawed, Reading(at, last.value))


def reset(state: State, at: datetime) -> Outcome:
    """Begin anew because the rule was changed; an open alert closes, and that is told."""
    fresh = replace(
        State.fresh(at),
        alerts_opened=state.alerts_opened,
        frozen_at=None if state.frozen_at is None else at,
    )
    if state.phase is Phase.NORMAL:
        return fresh, []
    reason = Reason.RULE_CHANGED if state.alert_open else None
    return fresh, [_transition(state, fresh, at, reason=reason)]


def fail(state: State, at: datetime) -> Outcome:
    """Count a failed evaluation; the third in a row leads to ERROR, which is told once."""
    if state.frozen_at is not None or state.phase is Phase.ERROR:
        return state, []
    state = replace(state, failures=state.failures + 1)
    if state.failures < FAILURES_UNTIL_ERROR:
        return state, []
    return _enter(state, Phase.ERROR, max(at, state.since), reason=Reason.ERROR)


def agrees(trigger: Threshold, state: State, value: float) -> bool:
    """Say whether a value has the answer that the phase goes with, so that only waits can end."""
    match state.phase:
        case Phase.NORMAL:
            return not breaches(trigger, value)
        case Phase.PENDING:
            return breaches(trigger, value)
        case Phase.FIRING:
            return not recovered(trigger, value)
        case Phase.RECOVERING:
            return recovered(trigger, value)
        case _:
            return False


def hold_due(trigger: Threshold, state: State) -> datetime | None:
    """Return when `for` or `keepFiringFor` is over for an instance that waits for it."""
    match state.phase:
        case Phase.PENDING:
            return state.since + _span(trigger["for_seconds"])
        case Phase.RECOVERING:
            return state.since + _span(trigger["keep_firing_for_seconds"])
        case _:
            return None


def repeat_due(trigger: Threshold, state: State) -> datetime | None:
    """Return when the next REPEAT is due, if one is."""
    every = trigger["repeat_every_seconds"]
    if state.phase is not Phase.FIRING or every is None or state.acknowledged:
        return None
    return max((state.told_at or state.since) + _span(every), state.since)


def no_data_due(trigger: Threshold, state: State, last: Reading | None) -> datetime | None:
    """Return the first instant at which silence has lasted longer than `noDataAfter`.

    None if silence changes nothing, or nothing more.
    """
    after, policy = trigger["no_data_after_seconds"], trigger["no_data_policy"]
    dealt_with = state.no_data_told or state.phase is _SILENT_PHASE.get(policy)
    if after is None or policy == NoDataPolicy.KEEP or dealt_with or state.frozen_at is not None:
        return None
    due = _heard_at(last, state.watched_since) + _span(after) + MILLISECOND
    return max(due, state.since)


def is_evidence(trigger: Threshold, state: State, last: Reading | None, at: datetime) -> bool:
    """Say whether the last reading speaks for an instant: younger than noDataAfter, and judged."""
    return not state.failures and _speaks(
        trigger, since=_heard_at(last, state.watched_since), at=at
    )


def _speaks(trigger: Threshold, *, since: datetime, at: datetime) -> bool:
    after = trigger["no_data_after_seconds"]
    return after is None or at - since < _span(after)


def _heard_at(last: Reading | None, watched_since: datetime) -> datetime:
    return watched_since if last is None else max(last.at, watched_since)


def _span(seconds: float) -> timedelta:
    return timedelta(milliseconds=round(seconds * 1000))


def _judge(trigger: Threshold, state: State, reading: Reading) -> Outcome:
    """Take the rows of the table that a value decides, once the instance sees."""
    at, value = reading.at, reading.value
    reason: Reason | None = None
    if not state.alert_open:
        if not breaches(trigger, value):
            phase = Phase.NORMAL
        elif _lasted(state, Phase.PENDING, at) >= _span(trigger["for_seconds"]):
            phase, reason = Phase.FIRING, Reason.FIRST
        else:
            phase = Phase.PENDING
    elif not recovered(trigger, value):
        phase = Phase.FIRING
    elif _lasted(state, Phase.RECOVERING, at) >= _span(trigger["keep_firing_for_seconds"]):
        phase, reason = Phase.NORMAL, Reason.RESOLVED
    else:
        phase = Phase.RECOVERING

    timeline: list[Transition] = []
    if phase is not state.phase:
        state, timeline = _enter(state, phase, at, value=value, reason=reason)
    repeat = repeat_due(trigger, state)
    if repeat is not None and repeat <= at:
        state, told = _repeat(trigger, state, reading, due=repeat, end=at + MILLISECOND)
        timeline += told
    return state, timeline


def _lasted(state: State, phase: Phase, at: datetime) -> timedelta:
    return at - state.since if state.phase is phase else timedelta(0)


def _step(trigger: Threshold, state: State, last: Reading | None, end: datetime) -> Outcome | None:
    """Take the first step that time alone causes before `end`; None if there is none.

    When silence and a REPEAT fall due together, silence comes first.
    """
    silence = no_data_due(trigger, state, last)
    stop = end if silence is None else min(end, silence)
    hold = hold_due(trigger, state)
    if hold is not None and hold < stop and is_evidence(trigger, state, last, hold):
        opens = state.phase is Phase.PENDING
        phase, reason = (Phase.FIRING, Reason.FIRST) if opens else (Phase.NORMAL, Reason.RESOLVED)
        return _enter(state, phase, hold, value=_value_at(last, hold), reason=reason)
    repeat = repeat_due(trigger, state)
    if repeat is not None and repeat < stop:
        return _repeat(trigger, state, last, due=repeat, end=stop)
    if silence is not None and silence < end:
        return _fall_silent(trigger, state, silence)
    return None


def _fall_silent(trigger: Threshold, state: State, at: datetime) -> Outcome:
    reason: Reason | None = None
    match phase := _SILENT_PHASE[trigger["no_data_policy"]]:
        case Phase.NO_DATA:
            reason = Reason.NO_DATA
        case Phase.NORMAL if state.alert_open:
            reason = Reason.RESOLVED
        case Phase.FIRING if not state.alert_open:
            reason = Reason.FIRST
    return _enter(replace(state, failures=0), phase, at, reason=reason)


def _repeat(
    trigger: Threshold, state: State, last: Reading | None, *, due: datetime, end: datetime
) -> Outcome:
    """Tell the latest REPEAT due before `end`; count those that it stands for."""
    every = _span(trigger["repeat_every_seconds"] or 0)
    passed_over = max((end - MILLISECOND - due) // every, 0)
    at = due + passed_over * every
    after = replace(state, told_at=at, repeats=state.repeats + passed_over + 1)
    told = _transition(state, after, at, value=_value_at(last, at), reason=Reason.REPEAT)
    return after, [told]


def _value_at(last: Reading | None, at: datetime) -> float | None:
    return last.value if last is not None and last.at <= at else None


def _enter(
    state: State,
    phase: Phase,
    at: datetime,
    *,
    value: float | None = None,
    reason: Reason | None = None,
) -> Outcome:
    """Enter a phase; whether an alert opens or closes follows from the phases alone."""
    kept = state.phase if state.phase in ALERTING else state.phase_before
    after = replace(
        state,
        phase=phase,
        since=at,
        phase_before=kept if phase in BLIND else None,
        no_data_told=phase is Phase.NO_DATA or (phase is Phase.ERROR and state.no_data_told),
    )
    if after.alert_open and not state.alert_open:
        opened = state.alerts_opened + 1
        after = replace(after, alerts_opened=opened, repeats=0, acknowledged=False)
    if reason not in (None, Reason.ERROR):
        after = replace(after, told_at=at)
    return after, [_transition(state, after, at, value=value, reason=reason)]


def _transition(
    before: State,
    after: State,
    at: datetime,
    *,
    value: float | None = None,
    reason: Reason | None = None,
) -> Transition:
    return Transition(
        at=at,
        value=value,
        before=before.phase,
        after=after.phase,
        reason=reason,
        opens=after.alert_open and not before.alert_open,
        closes=before.alert_open and not after.alert_open,
        ordinal=after.alerts_opened if before.alert_open or after.alert_open else 0,
    )
