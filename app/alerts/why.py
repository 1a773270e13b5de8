"""Why: the state of an instance in words, from the same values that decided it."""

from datetime import datetime

from app.alerts.phases import Phase
from app.alerts.state import Reading, State
from app.alerts.triggers import Threshold, breaches, recovered

SIGNS = {"GT": ">", "GTE": "≥", "LT": "<", "LTE": "≤", "EQ": "=", "NE": "≠"}
SENTENCES = {
    Phase.NORMAL: "All is well",
    Phase.PENDING: "The condition is met, but not yet for long enough",
    Phase.FIRING: "The condition is met: an alert is open",
    Phase.RECOVERING: "The value is back, but not yet for long enough to close the alert",
    Phase.NO_DATA: "No data has come for too long",
    Phase.ERROR: "The condition could not be evaluated",
}


def phrase(trigger: Threshold) -> str:
    """Return a threshold in signs: `value ≥ 5`."""
    low, high = trigger["value"], trigger["upper"]
    match trigger["operator"]:
        case "BETWEEN":
            return f"{low:g} ≤ value ≤ {high:g}"
        case "OUTSIDE":
            return f"value < {low:g} or value > {high:g}"
        case operator:
            return f"value {SIGNS[operator]} {low:g}"


def explain(
    trigger: Threshold, state: State, last: Reading | None, due_at: datetime | None
) -> list[str]:
    """Return the reasons for a state, the most telling first."""
    reasons = [f"{SENTENCES[state.phase]}, since {_at(state.since)}."]
    if state.frozen_at is not None:
        reasons.append(f"Everybody who follows it has paused, since {_at(state.frozen_at)}.")
    if last is None:
        reasons.append("No observation has come yet.")
    else:
        verdict = "meets" if breaches(trigger, last.value) else "does not meet"
        reasons.append(
            f"The latest value, {last.value:g} at {_at(last.at)}, {verdict} {phrase(trigger)}."
        )
        if state.alert_open and trigger["recovery"] is not None:
            back = "has" if recovered(trigger, last.value) else "has not"
            reasons.append(f"It {back} come back to the recovery value {trigger['recovery']:g}.")
    if due_at is not None:
        reasons.append(f"If nothing comes, it is looked at again at {_at(due_at)}.")
    if state.alert_open:
        taken = "Somebody acknowledged it" if state.acknowledged else "Nobody has acknowledged it"
        reasons.append(f"{taken}; it is alert number {state.alerts_opened} of this condition.")
    return reasons


def _at(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds") + "Z"
