"""The judge: takes readings, or the passing of time, to the alerts that they cause.

1. It is given the instances that the readings can move, as the ordered indexes know them, and no
   others.
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
from app.alerts.memory import legible
from app.alerts.papers import Move, Papers
from app.alerts.state import Reading, State
from app.alerts.wake import no_data_due, wake
from app.db import alerts as alerts_db
from app.db import series as series_db
from app.db.documents import Instance, Series
from app.db.writing import Writing
from app.ids import derived_id

logger = structlog.get_logger()


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
    writing: Writing, batches: list[tuple[Series, list[Reading]]], woken: list[Instance]
) -> list[Move]:
    """Judge new readings, given by series in the order of time; the series are as before them.

    Args:
        writing: the transaction, in which the series are held already.
        batches: the readings.
        woken: the instances that the readings may move, by value or by time, and perhaps others.

    """
    silent = await _broken_silence(writing, batches)
    woken = list({instance["_id"]: instance for instance in [*woken, *silent]}.values())
    starts = {series["_id"]: readings[0].at for series, readings in batches}
    by_series: dict[str, list[Instance]] = {}
    for instance in await legible(
        writing, [instance for instance in woken if instance["series"] in starts], starts
    ):
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
    papers = Papers(writing.at)
    for move in moves:
        papers.add(move)
    await alerts_db.update_instances(writing, verdict.changed)
    await papers.file(writing)
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


async def _broken_silence(
    writing: Writing, batches: list[tuple[Series, list[Reading]]]
) -> list[Instance]:
    """Return the instances that these readings tell of data after they had waited in vain.

    A series knows the shortest wait of all: as a rule that is enough to know that there are none.
    """
    silences = {}
    for series, readings in batches:
        shortest = series["no_data_after_seconds"]
        gap = _longest_gap(last_reading(series), readings)
        if shortest is not None and gap > shortest:
            silences[series["_id"]] = gap
    return await alerts_db.list_silent(writing, silences) if silences else []


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
