"""What deeds of the pool share: which entry is meant, by which rules, who sees it how exactly."""

from typing import Any

from app.auth.permissions import Standing, allowed
from app.db import entries as entries_db
from app.db import entry_revisions as entry_revisions_db
from app.db.documents import Place, Space
from app.db.driver import Session
from app.db.pool_documents import Entry, Geometry, PoolRules, Revision
from app.db.writing import Writing
from app.failures import Failure, InvalidInput, NotAllowed, NotFound, Problem, WrongState
from app.places import blurred
from app.pooling.geometry import blurred_geometry
from app.pooling.matched import is_sensitive
from app.pooling.rules import is_set_up, rules_of
from app.pooling.states import Actor, Cause, Deed, Moment, Refused, Step, step
from app.resolvers.context import Context, refuse_closed
from app.resolvers.sight import reads_pool, sees_entry

POOL = "POOL"


def rules_in(space: Space) -> PoolRules:
    """Return what a space says about its pool, with the defaults where it says nothing."""
    return rules_of(space.get("pool"))


def insist_on_pool(space: Space, *, writing: bool = False) -> None:
    """Let a deed pass only where there is a pool; to write in it, its licence must be known.

    Raises:
        NotAllowed: POOL is not switched on in the space, or its pool has no licence yet.

    """
    if POOL not in space["enabled_models"]:
        message = "There is no pool in this space."
        raise NotAllowed(message, missing="a space in which POOL is switched on")
    if writing and not is_set_up(rules_in(space)):
        message = "Nobody gives without knowing under what licence: its owner has to name one."
        raise NotAllowed(message, missing="a pool with a licence")


async def readable_pool(ctx: Context, space_id: str) -> Space:
    """Return a space whose pool the viewer reads.

    Raises:
        NotFound: they see no such space.
        NotAllowed: they see it, but there is no pool, or it is not for them.

    """
    space = await ctx.visible_space(space_id)
    insist_on_pool(space)
    ctx.require("entry.read", space)
    if not reads_pool(ctx, space):
        raise _not_for(ctx)
    return space


async def visible_entry(
    ctx: Context, id: str, session: Session | None = None
) -> tuple[Entry, Space]:
    """Return an entry that the viewer sees, and its space.

    It follows nothing: what was merged says itself where it leads (`merged_into`).

    Raises:
        NotFound: there is none.

    """
    entry = await entries_db.find_entry(ctx.db, id, session)
    space = None if entry is None else await ctx.services.spaces.find(entry["space"])
    if entry is None or space is None or not sees_entry(ctx, entry, space):
        raise NotFound("There is no such entry.")
    return entry, space


async def reread_entry(writing: Writing, id: str) -> Entry:
    """Return an entry as it is within a transaction.

    Raises:
        NotFound: it is gone.

    """
    entry = await entries_db.find_entry(writing.db, id, writing.session)
    if entry is None:
        raise NotFound("There is no such entry.")
    return entry


def require_contributor(ctx: Context, space: Space) -> str:
    """Return the person who asks, if they may contribute to the pool that they see.

    Raises:
        NotSignedIn, NotAllowed: they may not, or nothing can be written there.

    """
    ctx.require("entry.contribute", space)
    ctx.require("entry.read", space)
    insist_on_pool(space, writing=True)
    refuse_closed(space)
    if not reads_pool(ctx, space):
        raise _not_for(ctx)
    return ctx.person()


def actor_in(ctx: Context, space: Space) -> Actor:
    """Return as whom the viewer does something in a pool that they read."""
    if ctx.sees("entry.hide", space):
        return Actor.MODERATOR
    return Actor.ANYONE if ctx.viewer.user is None else Actor.CONTRIBUTOR


async def is_to_be_patrolled(ctx: Context, space: Space, *, anonymous: bool) -> bool:
    """Say whether a moderator should look at what the viewer writes: first-time or anonymous."""
    if not rules_in(space)["patrol"] or ctx.sees("entry.patrol", space):
        return False
    if anonymous or ctx.viewer.user is None:
        return True
    space_id, user = space["_id"], ctx.viewer.user
    return not await entry_revisions_db.has_contributed(ctx.db, space_id, user)


def sees_exactly(ctx: Context, thing: Any, space: Space | None) -> bool:
    """Say whether the viewer sees where something in a sensitive category is.

    `thing` is an entry, or as much of it as says who created it.
    """
    found = set(ctx.standings(space))
    if ctx.viewer.user is not None and thing["created_by"] == ctx.viewer.user:
        found.add(Standing.SELF)
    return allowed("entry.read_exactly", found)


def sees_names(ctx: Context, space: Space | None) -> bool:
    """Say whether the viewer sees who is behind what was given anonymously."""
    return ctx.sees("entry.patrol", space)


def shown_name(ctx: Context, by: str | None, *, anonymous: bool, space: Space | None) -> str | None:
    """Return who gave something, if the viewer may know: themselves, or unless it is withheld."""
    if not anonymous or by == ctx.viewer.user or sees_names(ctx, space):
        return by
    return None


def is_blurred(ctx: Context, entry: Entry, space: Space) -> bool:
    """Say whether the viewer sees only about where an entry is."""
    sensitive = rules_in(space)["sensitive_categories"]
    return is_sensitive(entry["category"], sensitive) and not sees_exactly(ctx, entry, space)


def shown_place(ctx: Context, entry: Entry, space: Space) -> Geometry:
    """Return where an entry is, as the viewer may see it: exactly, or the cell it lies in."""
    if is_blurred(ctx, entry, space):
        return blurred_geometry(entry["place"], rules_in(space)["grid_metres"])
    return entry["place"]


def shown_point(ctx: Context, entry: Entry, space: Space) -> Place:
    """Return the middle of an entry's place, as the viewer may see it."""
    if is_blurred(ctx, entry, space):
        return blurred(entry["point"], rules_in(space)["grid_metres"])
    return entry["point"]


def is_withheld(ctx: Context, revision: Revision, space: Space) -> bool:
    """Say whether the viewer may not read what a revision says: it was taken out of sight."""
    return revision.get("withheld", False) and not ctx.sees("entry.read_hidden", space)


def step_of(ctx: Context, entry: Entry, space: Space, deed: Deed, moment: Moment) -> Step:
    """Return where a deed of the viewer's leads an entry, and what it changes.

    Raises:
        NotAllowed, WrongState, InvalidInput: it is not possible (see `refusal`).

    """
    taken = step(entry, deed, actor_in(ctx, space), moment)
    if isinstance(taken, Refused):
        raise refusal(taken)
    return taken


def refusal(refused: Refused) -> Failure:
    """Return how a client hears that a deed is not possible."""
    match refused.cause:
        case Cause.STATE:
            return WrongState(refused.sentence, state=refused.found)
        case Cause.TARGET:
            return InvalidInput(Problem("into", refused.sentence))
        case Cause.SHARED:
            return NotAllowed(refused.sentence, missing="an entry that is yours alone")
        case Cause.ACTOR:
            return NotAllowed(refused.sentence, missing="the role of moderator in the space")


def _not_for(ctx: Context) -> NotAllowed:
    missing = "a signed-in person" if ctx.viewer.user is None else "membership of the space"
    return NotAllowed(f"This pool asks for {missing}.", missing=missing)
