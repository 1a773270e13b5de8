"""What makes an instance worth judging, so that all other readings can be passed over.

A reading may be passed over if it lies between the bounds of the instance's `Wake`, comes before
its `due_at`, and comes no later than the silence of its series is due (`no_data_due`). Judging it
would change neither the state nor the wake. What is passed over still counts as the last reading.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from app.alerts.state import Reading, State, agrees, hold_due, is_evidence, no_data_due, repeat_due
from app.alerts.triggers import Threshold, quiet_span

__all__ = ["Wake", "no_data_due", "wake"]


@dataclass(frozen=True, slots=True)
class Wake:
    """Judge at a value at or below, at a value at or above, or at an instant; None: never.

    Any value wakes when `below` is infinite and `above` is minus infinite.
    """

    below: float | None
    above: float | None
    due_at: datetime | None


def wake(trigger: Threshold, state: State, last: Reading | None, at: datetime) -> Wake:
    """Return what wakes an instance, other than silence, which its series keeps track of.

    Args:
        trigger: the threshold.
        state: the instance.
        last: the last reading of its series, judged or passed over.
        at: how far it has been judged: the last reading observed, or the time passed.

    """
    if state.frozen_at is not None:
        return Wake(None, None, None)
    hold = hold_due(trigger, state)
    # Nothing spoke for the instant at which the wait was over: only a reading can move it now.
    stalled = hold is not None and hold <= at and not is_evidence(trigger, state, last, hold)
    due = None if stalled else hold or repeat_due(trigger, state)
    if stalled or last is None or state.failures or not agrees(trigger, state, last.value):
        return Wake(math.inf, -math.inf, due)
    span = quiet_span(trigger, state.alert_open, last.value)
    return Wake(span.below, span.above, due)
