"""What is done with alerts: ask to be told, change one's mind, acknowledge, read the inbox."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from app.alerts import state as states
from app.alerts import triggers, why
from app.alerts.judge import last_reading
from app.alerts.state import State
from app.auth.permissions import Standing, require
from app.db import alerts as alerts_db
from app.db import notices as notices_db
from app.db import series as series_db
from app.db.documents import Alert, Instance, Notice, Space
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.watching import Batch
from app.db.writing import Writing, write
from app.failures import Conflict, InvalidInput, NotFound, Problem
from app.resolvers.context import Context, Services
from app.resolvers.inputs import Checks
from app.resolvers.live import Follower, Outlook, Placed, follow, known_spaces

READ_AT_ONCE = 100


async def acknowledge(ctx: Context, *, id: str, note: str) -> Alert:
    """Take an open alert on: repeats stop for all, and all see who did.

    Raises:
        NotFound: the viewer sees no such alert.
        NotSignedIn, NotAllowed: the viewer was not told of it and does not moderate the space.
        InvalidInput: the note is too long.
        Conflict: the alert is over.

    """
    alert = await find_alert(ctx, id)
    if alert is None:
        raise NotFound("There is no such alert.")
    user = ctx.person()
    standings = set(ctx.standings(await ctx.services.spaces.find(alert["space"])))
    if await notices_db.was_told(ctx.db, id, user):
        standings.add(Standing.TOLD)
    require("alert.acknowledge", ctx.viewer, standings)
    checks = Checks()
    note = checks.text("note", note, most=500)
    checks.done()
    change = {
        "status": "ACKNOWLEDGED",
        "acknowledged_at": ctx.now,
        "acknowledged_by": user,
        "acknowledgement": note,
    }

    async def work(writing: Writing) -> Alert:
        acknowledged = await alerts_db.claim_acknowledged(writing, id, change)
        if acknowledged is None:
            raise Conflict("This alert is over.", current_version=alert["version"] + 1)
        await _quieten(writing, acknowledged)
        draft = _alert_event("alert.acknowledged", acknowledged, user, ctx.now)
        draft["after"] = {"note": note}
        await writing.append(draft)
        return acknowledged

    done = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return done


async def mark_notices(ctx: Context, *, ids: list[str], seen: bool) -> list[Notice]:
    """Mark one's notices as received or seen, which clears them on the other devices.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: one of them is not the viewer's.

    """
    user = ctx.person()
    if len(ids) > 100:  # noqa: PLR2004
        raise InvalidInput(Problem("notices", "Mark at most 100 at a time."))
    found = ctx.mine("notice.mark", await notices_db.list_notices(ctx.db, ids))
    if len(found) != len(set(ids)):
        raise NotFound("You have no such notice.")

    async def work(writing: Writing) -> None:
        status, field = ("SEEN", "seen_at") if seen else ("SENT", "received_at")
        if await notices_db.update_marks(writing, user, ids, status=status, field=field):
            draft = Draft(
                type="notice.marked",
                space=None,
                subject=user,
                actor=user,
                at=ctx.now,
                after={"notices": ids, "seen": seen},
                to=[user],
            )
            await writing.append(draft)

    await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return await notices_db.list_notices(ctx.db, ids)


async def watch_notices(ctx: Context, after: str | None) -> Follower:
    """Return the viewer's notices: those after the cursor, then each as it comes.

    Raises:
        NotSignedIn: nobody is signed in.
        InvalidInput: the cursor is none of ours.

    """
    return await follow(ctx, after, NoticeFeed(ctx, ctx.person()))


class NoticeFeed:
    """A person's notices."""

    __slots__ = ("_ctx", "_outlook", "_user", "topics")

    def __init__(self, ctx: Context, user: str) -> None:
        self._ctx = ctx
        self._user = user
        self._outlook = Outlook(ctx, user)
        self.topics = (user,)

    async def read(self, after: int, upto: int) -> Placed:
        """Return the person's notices between two positions."""
        told = await notices_db.list_told_after(
            self._ctx.db, self._user, after, upto=upto, limit=READ_AT_ONCE
        )
        spaces = await self._ctx.services.spaces.find_many({notice["space"] for notice in told})
        return self._seen(told, spaces)

    def look_up(self, batch: Batch) -> None:
        """Read the notices of all who follow, and the spaces that they are in."""
        if NoticeFeed not in batch:
            batch.begin(NoticeFeed, lambda: _look_up(self._ctx.services, batch))

    def alike(self, batch: Batch) -> Hashable:
        """Return the person, and how they stand to the spaces."""
        return self._outlook.on(batch)

    def pick(self, batch: Batch) -> Placed:
        """Return the person's notices of a batch."""
        told = batch.result(NoticeFeed).get(self._user, ())
        return self._seen(told, known_spaces(self._ctx, batch))

    def _seen(self, told: Sequence[Notice], spaces: Mapping[str, Space | None]) -> Placed:
        sees = self._ctx.sees
        return [
            (notice["seq"], notice if sees("alert.read", spaces.get(notice["space"])) else None)
            for notice in told
        ]


async def _look_up(services: Services, batch: Batch) -> dict[str, list[Notice]]:
    told = {person for event in batch.events for person in event.get("to", ())}
    people = sorted(told & batch.touched)
    await services.spaces.find_many({e["space"] for e in batch.events if e["space"]})
    return await notices_db.list_told_to(services.db, people, batch.after, upto=batch.upto)


async def list_inbox(ctx: Context, window: Window, *, unseen: bool) -> Page:
    """Return a page of the viewer's inbox, newest first.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    user = ctx.person()
    # No further than the log is known without a gap: who resumes after the newest misses nothing.
    upto = await ctx.services.log.caught_up()
    return await notices_db.find_inbox(ctx.db, user, window, upto=upto, unseen=unseen)


async def list_alerts(
    ctx: Context, window: Window, *, space: Space, series: str | None = None
) -> Page:
    """Return a page of the alerts of a space, or of one of its series.

    Raises:
        NotSignedIn, NotAllowed: the viewer may not read them.

    """
    ctx.require("alert.read", space)
    return await alerts_db.find_alerts(ctx.db, window, space=space["_id"], series=series)


async def find_alert(ctx: Context, id: str) -> Alert | None:
    """Return an alert that the viewer may see, else None."""
    return (await find_visible_alerts(ctx, [id])).get(id)


async def find_visible_alerts(ctx: Context, ids: list[str]) -> dict[str, Alert]:
    """Return those of the alerts that the viewer may see, by identifier."""
    found = await alerts_db.list_alerts(ctx.db, list(set(ids)))
    return await ctx.visible("alert.read", found)


async def find_visible_instances(ctx: Context, ids: list[str]) -> dict[str, Instance]:
    """Return those of the instances that the viewer may see, by identifier."""
    found = await alerts_db.list_instances(ctx.db, list(set(ids)))
    return await ctx.visible("instance.read", found)


async def find_my_notices(ctx: Context, ids: list[str]) -> dict[str, Notice]:
    """Return those of the notices that are the viewer's, by identifier."""
    found = await notices_db.list_notices(ctx.db, list(set(ids)))
    return ctx.mine("notice.read", found)


async def why_state(ctx: Context, *, id: str) -> dict[str, Any] | None:
    """Return why an instance stands where it stands, or None if the viewer may not see it."""
    instance = (await find_visible_instances(ctx, [id])).get(id)
    if instance is None:
        return None
    series = await series_db.find_series(ctx.db, instance["series"])
    last = last_reading(series) if series else None
    trigger = cast("triggers.Threshold", instance["trigger"])
    state = State.from_document(instance["state"])
    return {
        "instance": instance,
        "reasons": why.explain(trigger, state, last, instance["due_at"]),
        "due_at": instance["due_at"],
        "last_value": last.value if last else None,
        "last_at": last.at if last else None,
    }


async def _quieten(writing: Writing, alert: Alert) -> None:
    """Stop the repeats of an alert that somebody takes care of."""
    await series_db.claim_series(writing, alert["series"])
    instance = await alerts_db.find_instance(writing.db, alert["instance"], writing.session)
    if instance is None or instance["alert"] != alert["_id"]:
        return
    changed = instance.copy()
    changed["state"] = states.acknowledge(State.from_document(instance["state"])).to_document()
    if changed["state"]["phase"] == "FIRING":
        changed["due_at"] = None
    await alerts_db.update_instances(writing, [changed])


def _alert_event(type: str, alert: Alert, actor: str, at: datetime) -> Draft:
    return Draft(
        type=type,
        space=alert["space"],
        subject=alert["_id"],
        actor=actor,
        at=at,
        instance=alert["instance"],
        alert=alert["_id"],
        to=[],
    )
