"""Conditions, and who follows them: a condition lives once, however many people subscribe to it.

With its first active follower its instance is watched; when the last one pauses, it is frozen;
when the last one goes, it is reset, and an alert that is open closes.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import orjson

from app.alerts import state as states
from app.alerts import telling
from app.alerts.judge import Verdict, conclude, last_reading, place_instance
from app.alerts.papers import Move
from app.alerts.phases import Reason
from app.alerts.state import State
from app.alerts.telling import Recipient, Telling
from app.alerts.triggers import NoDataPolicy, Threshold
from app.alerts.wake import no_data_due
from app.db import alerts as alerts_db
from app.db import notices as notices_db
from app.db import series as series_db
from app.db.documents import AlertSubscription, Condition, Instance, Series
from app.db.events import Draft
from app.db.writing import Writing
from app.ids import derived_id

EPOCH = datetime(1970, 1, 1)


def condition_id(series: str, trigger: Threshold) -> str:
    """Return the one identifier that this trigger on this series has, for whomever."""
    canonical = orjson.dumps(trigger, option=orjson.OPT_SORT_KEYS).decode()
    return derived_id("conditions", series, canonical)


def instance_id(condition: str) -> str:
    """Return the identifier of a condition's instance for its series."""
    return derived_id("instances", condition)


async def follow(writing: Writing, subscription: AlertSubscription, *, resumed: bool) -> None:
    """Count an active subscription in, and judge its condition at once.

    Whoever begins to follow while the condition fires is told of the alert now. Call it after the
    subscription was written.
    """
    series = await _lock_series(writing, subscription["series"])
    condition = await alerts_db.count_condition(
        writing, _condition(subscription, writing.at), active=1, holders=0 if resumed else 1
    )
    instance = await alerts_db.find_instance(writing.db, condition["instance"], writing.session)
    if instance is None:
        instance = _instance(condition, writing.at, series)
        await alerts_db.insert_instance(writing, instance)
        await _awake(writing, series, instance, State.from_document(instance["state"]))
        return
    open_alert = instance["alert"]
    if condition["active"] == 1:
        state = State.from_document(instance["state"])
        if condition["holders"] == 1 and not resumed:
            state = _begin(writing.at, series, alerts_opened=state.alerts_opened)
        instance = await _awake(writing, series, instance, state)
    if open_alert is not None and instance["alert"] == open_alert:
        await _tell_of_open_alert(writing, subscription, instance)


async def hold(writing: Writing, subscription: AlertSubscription, *, active: bool) -> None:
    """Count a changed subscription in at its new condition: followed, or kept if it is paused."""
    if active:
        await follow(writing, subscription, resumed=False)
        return
    condition = _condition(subscription, writing.at)
    condition = await alerts_db.count_condition(writing, condition, active=0, holders=1)
    series = await _lock_series(writing, subscription["series"])
    if await alerts_db.find_instance(writing.db, condition["instance"], writing.session) is None:
        instance = _instance(condition, writing.at, series)
        state = states.freeze(State.from_document(instance["state"]), writing.at)
        place_instance(instance, state, last_reading(series), writing.at)
        await alerts_db.insert_instance(writing, instance)


async def unfollow(
    writing: Writing, subscription: AlertSubscription, *, was_active: bool, keeps: bool
) -> None:
    """Count a subscription out: paused (`keeps`) or gone for good.

    Call it before the subscription itself is changed, so that its person is still told.
    """
    series = await _lock_series(writing, subscription["series"])
    condition = await alerts_db.count_condition(
        writing,
        _condition(subscription, writing.at),
        active=-1 if was_active else 0,
        holders=0 if keeps else -1,
    )
    instance = await alerts_db.find_instance(writing.db, condition["instance"], writing.session)
    if instance is None:
        return
    last_one = condition["holders"] == 0
    if last_one or (condition["active"] == 0 and was_active):
        trigger = cast("Threshold", instance["trigger"])
        state = State.from_document(instance["state"])
        state, transitions = states.pass_time(
            trigger, state, last_reading(series), writing.at, inclusive=True
        )
        if last_one:
            state, closing = states.reset(state, writing.at)
            transitions += closing
        moves = [Move(instance, series["_id"], transition) for transition in transitions]
        frozen = states.freeze(state, writing.at)
        instance = await _conclude(writing, series, instance, frozen, moves)
    if not keeps and was_active and instance["alert"] is not None:
        await _tell_of_end(writing, subscription, instance)


async def _awake(writing: Writing, series: Series, instance: Instance, state: State) -> Instance:
    """Watch an instance from now on, beginning with the last reading of its series; return it."""
    trigger = cast("Threshold", instance["trigger"])
    last = last_reading(series)
    frozen = state.frozen_at is not None
    state, transitions = states.thaw(trigger, state, last, writing.at)
    if not frozen and last is not None:
        state, seen = states.observe(trigger, state, last)
        transitions += seen
    state, passed = states.pass_time(trigger, state, last, writing.at, inclusive=True)
    moves = [Move(instance, series["_id"], transition) for transition in transitions + passed]
    changed = await _conclude(writing, series, instance, state, moves)
    await _wait_for_data(writing, series, trigger, state)
    return changed


async def _conclude(
    writing: Writing, series: Series, instance: Instance, state: State, moves: list[Move]
) -> Instance:
    changed = instance.copy()
    place_instance(changed, state, last_reading(series), writing.at)
    await conclude(writing, Verdict([changed], moves))
    return changed


async def _wait_for_data(
    writing: Writing, series: Series, trigger: Threshold, state: State
) -> None:
    """Let the series know how long it may be silent, if this condition waits for less."""
    after = trigger["no_data_after_seconds"]
    if after is None or trigger["no_data_policy"] == NoDataPolicy.KEEP:
        return
    # Silence may change nothing now and yet matter after the next reading.
    waits = [no_data_due(trigger, state, last_reading(series)), series["no_data_due_at"]]
    spans = [after] + ([series["no_data_after_seconds"]] if series["no_data_after_seconds"] else [])
    await series_db.update_no_data(
        writing,
        series["_id"],
        after_seconds=min(spans),
        due_at=min((due for due in waits if due is not None), default=None),
    )


async def _lock_series(writing: Writing, id: str) -> Series:
    """Return the series, held against readings that are judged at the same moment."""
    return await series_db.claim_series(writing, id)


async def _tell_of_open_alert(
    writing: Writing, subscription: AlertSubscription, instance: Instance
) -> None:
    """Tell somebody who begins to follow, unless they know already and have not left since."""
    alert, user = cast("str", instance["alert"]), subscription["user"]
    began = await notices_db.list_last(writing, alert, Reason.FIRST, [user])
    ended = await notices_db.list_last(writing, alert, Reason.RULE_CHANGED, [user])
    if began.get(user, 0) <= ended.get(user, 0):
        await _tell_one(writing, subscription, instance, Reason.FIRST)


async def _tell_of_end(
    writing: Writing, subscription: AlertSubscription, instance: Instance
) -> None:
    """Tell somebody who leaves that an alert is over for them, unless they follow it otherwise."""
    user, condition = subscription["user"], subscription["condition"]
    if not await alerts_db.follows(writing, condition, user, besides=subscription["_id"]):
        await _tell_one(writing, subscription, instance, Reason.RULE_CHANGED)


async def _tell_one(
    writing: Writing, subscription: AlertSubscription, instance: Instance, reason: Reason
) -> None:
    """Tell one person of the alert that is open."""
    alert = await alerts_db.find_alert(writing.db, instance["alert"] or "", writing.session)
    what = Telling(
        space=instance["space"],
        series=instance["series"],
        condition=instance["condition"],
        instance=instance["_id"],
        alert=instance["alert"],
        reason=reason.value,
        value=alert["last_value"] if alert else None,
        at=writing.at,
    )
    recipient = Recipient(subscription["user"], [subscription["_id"]], None)
    draft = Draft(
        type="notice.joined",
        space=instance["space"],
        subject=instance["alert"] or instance["_id"],
        actor=subscription["user"],
        at=writing.at,
        instance=instance["_id"],
        alert=instance["alert"],
        to=[recipient.user],
    )
    [event] = await writing.append(draft)
    await writing.insert("notices", *telling.notices(what, [recipient], event["_id"], writing.at))


def _begin(at: datetime, series: Series, *, alerts_opened: int = 0) -> State:
    """Return the state to begin with: silence counts from now, but readings may be from before."""
    heard_at = series["last_at"] or EPOCH
    fresh = State.fresh(at)
    return replace(fresh, since=min(heard_at, at), alerts_opened=alerts_opened)


def _condition(subscription: AlertSubscription, at: datetime) -> Condition:
    return Condition(
        _id=subscription["condition"],
        space=subscription["space"],
        series=subscription["series"],
        trigger=subscription["trigger"],
        instance=subscription["instance"],
        active=0,
        holders=0,
        created_at=at,
        version=1,
    )


def _instance(condition: Condition, at: datetime, series: Series) -> Instance:
    trigger: dict[str, Any] = condition["trigger"]
    return Instance(
        _id=condition["instance"],
        condition=condition["_id"],
        space=condition["space"],
        series=condition["series"],
        trigger=trigger,
        state=_begin(at, series).to_document(),
        wake_below=float("inf"),
        wake_above=float("-inf"),
        due_at=None,
        no_data_after_seconds=trigger["no_data_after_seconds"],
        alert=None,
        version=1,
    )
