"""The judge: takes readings, or the passing of time, to the alerts that they cause.

1. It asks the ordered indexes which instances the readings can move, and no others.
2. It moves each by the pure step (app.alerts.state); one that fails is set aside, not the rest.
3. It writes instances, alerts, events and notices in the transaction that it was called in, so that
   a reading that is acknowledged is judged, once.

Transactions that judge the same series meet at the series' document: the database lets one pass
and repeats the other, so that each reading is judged on what the one before it left behind.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import structlog

from app.alerts import state as states
from app.alerts import telling
from app.alerts.memory import legible
from app.alerts.state import Phase, Reading, Reason, State, Transition
from app.alerts.telling import Recipient, Telling
from app.alerts.wake import no_data_due, wake
from app.db import alerts as alerts_db
from app.db import series as series_db
from app.db.documents import Alert, FanOut, Instance, Notice, Series
from app.db.events import Draft
from app.db.writing import Writing
from app.ids import derived_id

logger = structlog.get_logger()

# A transaction that writes more notices than this would hold up others, or outlive its request.
MOST_LETTERS = 2_000


@dataclass(frozen=True, slots=True)
class Move:
    """One transition of one instance, to be written and told."""

    instance: Instance
    series: str
    transition: Transition

    @property
    def alert(self) -> str | None:
        """Return the alert that the transition concerns, if any."""
        if not self.transition.ordinal:
            return None
        return derived_id("alerts", self.instance["_id"], self.transition.ordinal)


@dataclass(slots=True)
class Verdict:
    """What judging changes: instances as they are now, and the moves in the order of time."""

    changed: list[Instance] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def last_reading(series: Series) -> Reading | None:
    """Return the latest reading of a series."""
    if series["last_at"] is None or series["last_value"] is None:
        return None
    return Reading(series["last_at"], series["last_value"])


async def judge_readings(
    writing: Writing, batches: list[tuple[Series, list[Reading]]]
) -> list[Move]:
    """Judge new readings, given by series in the order of time; the series are as before them."""
    wakings = [
        {
            "series": series["_id"],
            "least": min(reading.value for reading in readings),
            "greatest": max(reading.value for reading in readings),
            "to": readings[-1].at,
            "gap": _longest_gap(last_reading(series), readings),
        }
        for series, readings in batches
    ]
    starts = {series["_id"]: readings[0].at for series, readings in batches}
    woken = await legible(writing, await alerts_db.list_woken(writing, wakings), starts)
    by_series: dict[str, list[Instance]] = {}
    for instance in woken:
        by_series.setdefault(instance["series"], []).append(instance)
    verdict = Verdict()
    for series, readings in batches:
        last = last_reading(series)
        for instance in by_series.get(series["_id"], ()):
            _move(verdict, instance, series["_id"], last, readings, to=None)
    return await conclude(writing, verdict)


async def judge_time(writing: Writing, series_id: str) -> list[Move]:
    """Judge what time alone has changed in a series by the present instant of the writing."""
    series = await series_db.find_series(writing.db, series_id, writing.session)
    if series is None:
        return []
    now, last = writing.at, last_reading(series)
    silence = (now - last.at).total_seconds() if last else None
    waiting = series["no_data_after_seconds"]
    span = (silence if silence is not None else 1e12) if waiting is not None else None
    due = await alerts_db.list_due(writing, series_id, now, silent_seconds=span)
    due = await legible(writing, due, {series_id: last.at if last else now})
    verdict = Verdict()
    judged = [_move(verdict, instance, series_id, last, [], to=now) for instance in due]
    due_at = await _next_silence(writing, series, last, judged) if waiting is not None else None
    await series_db.update_no_data(writing, series_id, after_seconds=waiting, due_at=due_at)
    return await conclude(writing, verdict)


async def conclude(writing: Writing, verdict: Verdict) -> list[Move]:
    """Write a verdict: instances, alerts, events, notices. Return its moves."""
    moves = sorted(verdict.moves, key=lambda move: (move.transition.at, move.instance["_id"]))
    papers = _Papers()
    for move in moves:
        await papers.add(writing, move)
    await papers.file(writing)
    await alerts_db.update_instances(writing, verdict.changed)
    return moves


def place_instance(instance: Instance, state: State, last: Reading | None, at: datetime) -> None:
    """Write into an instance what it is now, judged as far as `at`, and what moves it next."""
    waking = wake(_trigger(instance), state, last, at)
    instance["state"] = state.to_document()
    instance["wake_below"], instance["wake_above"] = waking.below, waking.above
    instance["due_at"] = waking.due_at
    instance["alert"] = _open_alert(instance, state)


def _trigger(instance: Instance) -> Any:
    return instance["trigger"]


def _move(
    verdict: Verdict,
    instance: Instance,
    series_id: str,
    last: Reading | None,
    readings: list[Reading],
    *,
    to: datetime | None,
) -> Instance:
    """Step one instance over readings, or on to an instant; a failing one harms no other."""
    at = to or readings[-1].at
    try:
        state = State.from_document(instance["state"])
        trigger = _trigger(instance)
        if to is None:
            state, transitions = states.run(trigger, state, last, readings)
            last = readings[-1]
        else:
            state, transitions = states.pass_time(trigger, state, last, to, inclusive=True)
        moves = [Move(instance, series_id, transition) for transition in transitions]
        updated = instance.copy()
        place_instance(updated, state, last, at)
    except Exception:
        logger.exception("an alert condition could not be evaluated", instance=instance["_id"])
        updated, moves = _set_aside(instance, series_id, at)
    if updated != instance:
        verdict.changed.append(updated)
    verdict.moves += moves
    return updated


def _set_aside(instance: Instance, series_id: str, at: datetime) -> tuple[Instance, list[Move]]:
    """Count a failure of an instance; it is looked at again with the next reading."""
    state, transitions = states.fail(State.from_document(instance["state"]), at)
    updated = instance.copy()
    updated["state"] = state.to_document()
    updated["wake_above"], updated["wake_below"] = float("-inf"), float("inf")
    updated["due_at"] = None
    return updated, [Move(instance, series_id, transition) for transition in transitions]


def _open_alert(instance: Instance, state: State) -> str | None:
    if not state.alert_open:
        return None
    return derived_id("alerts", instance["_id"], state.alerts_opened)


def _longest_gap(last: Reading | None, readings: list[Reading]) -> float:
    """Return the longest silence before and between the readings, in seconds."""
    instants = [reading.at for reading in ([last] if last else []) + readings]
    gaps = [later - earlier for earlier, later in pairwise(instants)]
    return max(gaps, default=timedelta(0)).total_seconds()


async def _next_silence(
    writing: Writing, series: Series, last: Reading | None, judged: list[Instance]
) -> datetime | None:
    """Return when the next instance will have waited for data too long."""
    dues = [
        due
        for due in (_silence_due(instance, last) for instance in judged)
        if due is not None and due > writing.at
    ]
    if last is not None:
        silence = (writing.at - last.at).total_seconds()
        longer = await alerts_db.find_longer_silence(writing, series["_id"], seconds=silence)
        if longer is not None:
            dues.append(last.at + timedelta(seconds=longer))
    return min(dues, default=None)


def _silence_due(instance: Instance, last: Reading | None) -> datetime | None:
    try:
        return no_data_due(_trigger(instance), State.from_document(instance["state"]), last)
    except Exception:  # noqa: BLE001 - it was set aside, and must not keep the others from theirs
        return None


ENTERED = {
    Phase.PENDING: "instance.pending",
    Phase.RECOVERING: "alert.recovering",
    Phase.NO_DATA: "instance.no_data",
    Phase.ERROR: "instance.failed",
}
LEFT = {Phase.NO_DATA: "instance.data_resumed", Phase.ERROR: "instance.recovered"}
BLIND = frozenset({Phase.NO_DATA, Phase.ERROR})


def event_type(transition: Transition) -> str:
    """Return the type of the event that records a transition."""
    before, after = transition.before, transition.after
    if transition.opens or transition.closes:
        return "alert.opened" if transition.opens else "alert.resolved"
    if transition.reason is Reason.REPEAT:
        return "alert.repeated"
    if before in BLIND and after not in BLIND:
        return LEFT[before]
    if before is Phase.RECOVERING and after is Phase.FIRING:
        return "alert.relapsed"
    return ENTERED.get(after, "instance.cleared")


class _Papers:
    """What the moves of one transaction write, gathered so that each collection is written once."""

    def __init__(self) -> None:
        self._drafts: list[Draft] = []
        self._tellings: list[tuple[Telling, list[Recipient], str | None] | None] = []
        self._opened: dict[str, Alert] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        self._followers: dict[tuple[str, str], tuple[list[Recipient], str | None]] = {}
        self._letters = 0

    async def add(self, writing: Writing, move: Move) -> None:
        transition, alert = move.transition, move.alert
        if alert is not None:
            self._note_alert(move, alert, writing.at)
        told: tuple[Telling, list[Recipient], str | None] | None = None
        if transition.reason is not None:
            told = await self._whom(writing, move, alert, transition.reason)
        self._tellings.append(told)
        self._drafts.append(
            Draft(
                type=event_type(transition),
                space=move.instance["space"],
                subject=alert or move.instance["_id"],
                actor=None,
                at=transition.at,
                before={"phase": transition.before.value},
                after={"phase": transition.after.value, "value": transition.value},
                instance=move.instance["_id"],
                alert=alert,
                to=telling.told(told[1]) if told else [],
            )
        )

    async def file(self, writing: Writing) -> None:
        events = await writing.append(*self._drafts)
        letters: list[Notice] = []
        fanouts: list[FanOut] = []
        for event, told in zip(events, self._tellings, strict=True):
            if told is None:
                continue
            what, recipients, further = told
            letters += telling.notices(what, recipients, event["_id"], writing.at)
            if further is not None:
                fanouts.append(telling.rest(what, event["_id"], further, writing.at))
        await alerts_db.write_alerts(writing, list(self._opened.values()), self._changed)
        await writing.insert("notices", *letters)
        await writing.insert("fanouts", *fanouts)

    async def _whom(
        self, writing: Writing, move: Move, alert: str | None, reason: Reason
    ) -> tuple[Telling, list[Recipient], str | None]:
        what = Telling(
            space=move.instance["space"],
            series=move.series,
            condition=move.instance["condition"],
            instance=move.instance["_id"],
            alert=alert,
            reason=reason.value,
            value=move.transition.value,
            at=move.transition.at,
        )
        # Whoever is told of the beginning within this transaction is also told of the end.
        told_before = reason in telling.AFTERWARDS and alert not in self._opened
        key = (alert or "", reason) if told_before else (what["condition"], "")
        if key not in self._followers:
            self._followers[key] = await telling.find_recipients(
                writing, what if told_before else {**what, "reason": Reason.FIRST.value}
            )
        recipients, further = self._followers[key]
        self._letters += len(recipients)
        if self._letters > MOST_LETTERS:
            return what, [], ""  # a transaction must stay small: all of them are told afterwards
        return what, recipients, further

    def _note_alert(self, move: Move, id: str, recorded_at: datetime) -> None:
        transition = move.transition
        if transition.opens:
            self._opened[id] = _new_alert(move, id, recorded_at)
            return
        change: dict[str, Any] = {"last_value": transition.value}
        if transition.closes:
            change |= {
                "status": "RESOLVED",
                "resolved_at": transition.at,
                "resolution": (transition.reason or Reason.RESOLVED).value,
            }
        if id in self._opened:
            self._opened[id].update(change)  # type: ignore[typeddict-item]
        else:
            self._changed.setdefault(id, {}).update(change)


def _new_alert(move: Move, id: str, recorded_at: datetime) -> Alert:
    transition, instance = move.transition, move.instance
    return Alert(
        _id=id,
        space=instance["space"],
        series=move.series,
        condition=instance["condition"],
        instance=instance["_id"],
        ordinal=transition.ordinal,
        status="OPEN",
        severity=instance["trigger"]["severity"],
        opened_at=transition.at,
        opened_value=transition.value,
        last_value=transition.value,
        resolved_at=None,
        resolution=None,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledgement=None,
        recorded_at=recorded_at,
        first_told_at=recorded_at if transition.reason else None,
        version=1,
    )
