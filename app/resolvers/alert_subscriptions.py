"""What is asked to be told: alert subscriptions are made, changed, paused, resumed and ended."""

from datetime import datetime
from typing import Any, cast

from app.alerts import conditions, triggers
from app.db import alerts as alerts_db
from app.db import series as series_db
from app.db.documents import AlertSubscription, Series, Space
from app.db.driver import Document
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, InvalidInput, NotFound, Problem
from app.ids import new_id
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks

MOST_SUBSCRIPTIONS = 1_000


async def create_subscription(
    ctx: Context,
    *,
    series_id: str,
    name: str,
    trigger: triggers.Threshold,
    expires_at: datetime | None,
    idempotency_key: str | None,
) -> AlertSubscription:
    """Ask to be told when a series passes a threshold; judged at once on its latest value.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: the viewer sees no such series.
        InvalidInput: something is wrong with the input; lists all of it.
        Conflict: the idempotency key was used for another input.

    """
    user = ctx.person()
    series, space = await _series(ctx, series_id)
    ctx.require("subscription.create", space)
    refuse_closed(space)
    name = _check(ctx, name, trigger, expires_at, idempotency_key)
    if await alerts_db.count_subscriptions(ctx.db, user) >= MOST_SUBSCRIPTIONS:
        message = f"You have {MOST_SUBSCRIPTIONS} alert subscriptions; delete some first."
        raise InvalidInput(Problem("series", message))
    subscription = _new_subscription(ctx, series, user, name, trigger, expires_at)

    async def work(writing: Writing) -> Document:
        await writing.insert("subscriptions", subscription)
        await conditions.follow(writing, subscription, resumed=False)
        await writing.append(_event(ctx, "subscription.created", subscription))
        return {"id": subscription["_id"]}

    given = {"series": series_id, "name": name, "trigger": trigger, "expires": expires_at}
    deed = ("createAlertSubscription", ctx.viewer.actor, given)
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    if done["id"] == subscription["_id"]:
        return subscription
    found = await alerts_db.find_subscription(ctx.db, done["id"])
    return cast("AlertSubscription", found)


async def update_subscription(
    ctx: Context,
    *,
    id: str,
    expected_version: int,
    name: str | None,
    trigger: triggers.Threshold | None,
) -> AlertSubscription:
    """Change what one wants to be told; another trigger begins anew and closes what was open.

    Raises:
        NotFound: the viewer has no such subscription.
        InvalidInput: something is wrong with the input.
        Conflict: the subscription has moved on since the caller saw it.

    """
    before = await _mine(ctx, id)
    trigger = trigger or cast("triggers.Threshold", before["trigger"])
    name = _check(ctx, before["name"] if name is None else name, trigger, None, None)
    condition = conditions.condition_id(before["series"], trigger)
    change: Document = {
        "name": name,
        "trigger": dict(trigger),
        "condition": condition,
        "instance": conditions.instance_id(condition),
    }

    async def work(writing: Writing) -> AlertSubscription:
        moved = condition != before["condition"]
        active = before["status"] == alerts_db.ACTIVE
        if moved:
            await conditions.unfollow(writing, before, was_active=active, keeps=False)
        updated = await _update(writing, before, expected_version, change)
        if moved:
            await conditions.hold(writing, updated, active=active)
        await writing.append(_event(ctx, "subscription.updated", updated))
        return updated

    return await _written(ctx, work)


async def pause_subscription(
    ctx: Context, *, id: str, expected_version: int, until: datetime | None
) -> AlertSubscription:
    """Be told nothing until an instant, or until one resumes.

    Raises:
        NotFound: the viewer has no such subscription.
        InvalidInput: the end lies in the past.
        Conflict: the subscription has moved on since the caller saw it.

    """
    before = await _mine(ctx, id)
    if until is not None and until <= ctx.now:
        raise InvalidInput(Problem("until", "Give an instant in the future, or none."))
    change = {
        "status": "PAUSED",
        "paused_until": until,
        "ends_at": _earlier(until, before["expires_at"]),
    }

    async def work(writing: Writing) -> AlertSubscription:
        if before["status"] == alerts_db.ACTIVE:
            await conditions.unfollow(writing, before, was_active=True, keeps=True)
        updated = await _update(writing, before, expected_version, change)
        await writing.append(_event(ctx, "subscription.paused", updated))
        return updated

    return await _written(ctx, work)


async def resume_subscription(ctx: Context, *, id: str, expected_version: int) -> AlertSubscription:
    """Be told again.

    Raises:
        NotFound: the viewer has no such subscription.
        Conflict: the subscription has moved on since the caller saw it.

    """
    before = await _mine(ctx, id)

    async def work(writing: Writing) -> AlertSubscription:
        return await _resume(writing, before, expected_version, ctx.viewer.actor)

    return await _written(ctx, work)


async def delete_subscription(ctx: Context, *, id: str) -> AlertSubscription:
    """Be told no more. What was told stays in the inbox.

    Raises:
        NotFound: the viewer has no such subscription.

    """
    before = await _mine(ctx, id)

    async def work(writing: Writing) -> AlertSubscription:
        return await _end(writing, before, "DELETED", ctx.viewer.actor)

    return await _written(ctx, work)


async def end_pause(writing: Writing, id: str) -> None:
    """Do what the end of a subscription's pause or life asks for; time has come."""
    due = await alerts_db.find_subscription(writing.db, id, writing.session)
    if due is None or due["ends_at"] is None or due["ends_at"] > writing.at:
        return
    if due["expires_at"] is not None and due["expires_at"] <= writing.at:
        await _end(writing, due, "EXPIRED", None)
    elif due["status"] == "PAUSED":
        await _resume(writing, due, due["version"], None)


async def list_my_subscriptions(ctx: Context, window: Window) -> Page:
    """Return a page of the viewer's alert subscriptions.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    return await alerts_db.find_subscriptions(ctx.db, ctx.person(), window)


async def find_my_subscriptions(ctx: Context, ids: list[str]) -> dict[str, AlertSubscription]:
    """Return those of the alert subscriptions that are the viewer's, by identifier."""
    found = await alerts_db.list_subscriptions(ctx.db, list(set(ids)))
    return ctx.mine("subscription.read", found)


async def _mine(ctx: Context, id: str) -> AlertSubscription:
    found = await alerts_db.find_subscription(ctx.db, id)
    if found is None or found["status"] in {"DELETED", "EXPIRED"}:
        raise NotFound("There is no such alert subscription.")
    ctx.require_own("subscription.change", found["user"], "alert subscription")
    return found


async def _series(ctx: Context, id: str) -> tuple[Series, Space]:
    series = await series_db.find_series(ctx.db, id)
    space = await ctx.services.spaces.find(series["space"]) if series else None
    if series is None or space is None or not ctx.sees("series.read", space):
        raise NotFound("There is no such series.")
    return series, space


def _check(
    ctx: Context,
    name: str,
    trigger: triggers.Threshold,
    expires_at: datetime | None,
    idempotency_key: str | None,
) -> str:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    name = checks.text("name", name, most=200)
    checks.problems += triggers.problems(trigger, "trigger.threshold")
    if expires_at is not None and expires_at <= ctx.now:
        checks.add("expiresAt", "Give an instant in the future.")
    checks.done()
    return name


def _new_subscription(
    ctx: Context,
    series: Series,
    user: str,
    name: str,
    trigger: triggers.Threshold,
    expires_at: datetime | None,
) -> AlertSubscription:
    condition = conditions.condition_id(series["_id"], trigger)
    return AlertSubscription(
        _id=new_id("subscriptions"),
        user=user,
        space=series["space"],
        series=series["_id"],
        condition=condition,
        instance=conditions.instance_id(condition),
        name=name,
        trigger=dict(trigger),
        status=alerts_db.ACTIVE,
        paused_until=None,
        expires_at=expires_at,
        ends_at=expires_at,
        created_at=ctx.now,
        version=1,
    )


async def _update(
    writing: Writing, before: AlertSubscription, version: int, change: Document
) -> AlertSubscription:
    updated = await alerts_db.update_subscription(writing, before["_id"], version, change)
    if updated is None:
        raise Conflict(
            "The alert subscription has changed meanwhile.", current_version=before["version"]
        )
    return updated


async def _resume(
    writing: Writing, before: AlertSubscription, version: int, actor: str | None
) -> AlertSubscription:
    change = {"status": alerts_db.ACTIVE, "paused_until": None, "ends_at": before["expires_at"]}
    updated = await _update(writing, before, version, change)
    if before["status"] == "PAUSED":
        await conditions.follow(writing, updated, resumed=True)
    await writing.append(_subscription_event("subscription.paused", updated, actor, writing.at))
    return updated


async def _end(
    writing: Writing, before: AlertSubscription, status: str, actor: str | None
) -> AlertSubscription:
    active = before["status"] == alerts_db.ACTIVE
    await conditions.unfollow(writing, before, was_active=active, keeps=False)
    change = {"status": status, "ends_at": None, "paused_until": None}
    updated = await _update(writing, before, before["version"], change)
    await writing.append(_subscription_event("subscription.deleted", updated, actor, writing.at))
    return updated


async def _written(ctx: Context, work: Any) -> AlertSubscription:
    updated: AlertSubscription = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return updated


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((end for end in (one, other) if end is not None), default=None)


def _event(ctx: Context, type: str, subscription: AlertSubscription) -> Draft:
    return _subscription_event(type, subscription, ctx.viewer.actor, ctx.now)


def _subscription_event(
    type: str, subscription: AlertSubscription, actor: str | None, at: datetime
) -> Draft:
    """What somebody wants to be told is private: the event has no space and is theirs alone."""
    return Draft(
        type=type,
        space=None,
        subject=subscription["_id"],
        actor=actor,
        at=at,
        after={"status": subscription["status"]},
        to=[subscription["user"]],
    )
