"""Looking after a pool: edits are patrolled, and entries hidden, shown again, gone, or back."""

from collections.abc import Callable, Mapping
from typing import Any

from app.db import upkeep as upkeep_db
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.pool_documents import Entry
from app.db.writing import Writing, write
from app.failures import Conflict, NotFound
from app.pooling.states import Deed, Moment
from app.pooling.words import Cause
from app.resolvers.context import Context, refuse_closed
from app.resolvers.entry_content import read_summary
from app.resolvers.inputs import Checks
from app.resolvers.pooling import (
    insist_on_pool,
    require_contributor,
    reread_entry,
    step_of,
    visible_entry,
)
from app.resolvers.sight import sees_entry
from app.resolvers.versions import Making, write_version

# Which kind of version a deed makes, and how it is told if not by that.
MADE: Mapping[Deed, tuple[Cause, str | None]] = {
    Deed.HIDE: (Cause.HIDDEN, None),
    Deed.RESTORE: (Cause.RESTORED, None),
    Deed.DECLARE_GONE: (Cause.SIGNALLED, "entry.settled"),
    Deed.RETURN: (Cause.SIGNALLED, "entry.settled"),
}


async def list_unpatrolled(ctx: Context, *, space_id: str, window: Window) -> Page:
    """Return a page of the entries in which first-time or anonymous edits wait for a look.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: they do not moderate it, or it has no pool.

    """
    space = await ctx.visible_space(space_id)
    insist_on_pool(space)
    ctx.require("entry.patrol", space)
    return await upkeep_db.find_unpatrolled(ctx.db, space_id, window)


async def patrol_entry(ctx: Context, *, id: str, expected_version: int) -> Entry:
    """Say that what an entry says was looked at, as it was in a version; again changes nothing.

    Raises:
        NotFound: the viewer sees no such entry.
        NotSignedIn, NotAllowed: they do not moderate its space.
        Conflict: it has changed since the caller saw it.

    """
    _, space = await visible_entry(ctx, id)
    ctx.require("entry.patrol", space)
    refuse_closed(space)

    async def work(writing: Writing) -> Entry:
        current = await reread_entry(writing, id)
        if current["version"] != expected_version:
            message = "The entry has changed meanwhile."
            raise Conflict(message, current_version=current["version"])
        if current["patrolled"]:
            return current
        if not await upkeep_db.update_patrolled(writing, id, expected_version):
            raise Conflict("The entry has changed meanwhile.")
        draft = Draft(
            type="entry.patrolled",
            space=current["space"],
            subject=id,
            actor=ctx.viewer.actor,
            at=writing.at,
            within=id,
            after={"state": current["state"]},
        )
        await writing.append(draft)
        return {**current, "patrolled": True}

    return await _done(ctx, id, work)


async def move_entry(ctx: Context, *, id: str, deed: Deed, summary: str) -> Entry:
    """Hide an entry or show it again, or say that it is gone or back.

    Raises:
        NotFound: the viewer sees no such entry.
        NotSignedIn, NotAllowed: they may not do so.
        InvalidInput: what they say of it is too long.
        WrongState: it does not stand where this can be done.

    """
    _, space = await visible_entry(ctx, id)
    person = require_contributor(ctx, space)
    if deed in {Deed.HIDE, Deed.RESTORE}:
        ctx.require("entry.hide", space)
    checks = Checks()
    summary = read_summary(checks, summary)
    checks.done()
    cause, event = MADE[deed]
    making = Making(cause, person, summary=summary, event=event)

    async def work(writing: Writing) -> Entry:
        current = await reread_entry(writing, id)
        if not sees_entry(ctx, current, space):
            raise NotFound("There is no such entry.")
        taken = step_of(ctx, current, space, deed, Moment(writing.at, by=person))
        # Who hides it has looked at it.
        patrolled = current["patrolled"] or deed is Deed.HIDE
        change = {**taken.changes, "patrolled": patrolled}
        return await write_version(writing, space, current, change, making)

    return await _done(ctx, id, work)


async def _done(ctx: Context, id: str, work: Callable[[Writing], Any]) -> Entry:
    async with ctx.db.turns.take([id]):
        entry: Entry = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return entry
