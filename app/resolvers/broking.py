"""What every deed of the knowledge broker asks first: the rules, the parties, what is lacking."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn, cast

from app.auth.permissions import Standing, require
from app.broking.routing import due_at
from app.broking.rules import WEIGHTS, default_rules
from app.broking.states import Deed, Party, State, next_state, not_theirs
from app.broking.visibility import Look, Onlooker, filter_for, look
from app.broking.words import Code, Lack, Side, Tier
from app.db import threads as threads_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.events import Draft
from app.db.thread_documents import BrokingRules, Thread
from app.db.writing import Writing
from app.failures import Conflict, NotAllowed, NotFound, WrongDirection, WrongState
from app.resolvers.context import Context, refuse_closed
from app.resolvers.sight import MODERATES, onlooker

BROKER = "KNOWLEDGE_BROKER"
ALL_TIERS = {tier.value for tier in Tier}


def rules_of(space: Space) -> BrokingRules:
    """Return what a space decides about its broking, and for the rest what is usual."""
    usual: Any = default_rules()
    said: dict[str, Any] = space.get("broking", {})
    # A table that was written before a line of it came has what is usual in that line.
    tables = {name: usual[name] | said[name] for name in WEIGHTS if name in said}
    return cast("BrokingRules", {**usual, **said, **tables})


def insist_on_broker(space: Space) -> None:
    """Let a deed pass only where people ask each other.

    Raises:
        NotAllowed: the model is not switched on in the space.

    """
    if BROKER not in space["enabled_models"]:
        raise NotAllowed("This space has no threads.", missing=f"a space with the model {BROKER}")


def raise_lack(lack: Lack, state: str | None = None) -> NoReturn:
    """Refuse a deed for what it lacks.

    Args:
        lack: what the judgement found.
        state: the state in which the thing was found, if that is what stands in the way.

    Raises:
        WrongDirection, NotAllowed: somebody else might do it; says what is missing.
        WrongState: the thing stands otherwise than the deed needs it to.
        Conflict: the same, where no state was given.

    """
    match lack.code:
        case Code.WRONG_DIRECTION:
            raise WrongDirection(lack.message, missing=lack.missing)
        case Code.NOT_ALLOWED:
            raise NotAllowed(lack.message, missing=lack.missing)
        case _ if state is not None:
            raise WrongState(lack.message, state=state)
        case _:
            raise Conflict(lack.message)


def parties_of(ctx: Context, thread: Thread) -> frozenset[Party]:
    """Return how the viewer stands to a thread, for the question whose deed something is."""
    viewer, space = ctx.viewer, thread["space"]
    sides = viewer.sides.get(space, frozenset())
    holds = {
        Party.ASKER: viewer.user is not None and viewer.user == thread["asker"],
        Party.SEEKER: Side.SEEKERS in sides,
        Party.EXPERT: Side.EXPERTS in sides,
        Party.MODERATOR: viewer.roles.get(space) in MODERATES,
        Party.OPERATOR: viewer.is_operator,
    }
    return frozenset(party for party, held in holds.items() if held)


async def visible_thread(ctx: Context, id: str, *, own: bool = False) -> tuple[Thread, Space, Look]:
    """Return a thread that the viewer sees, its space, and how they see it.

    With `own`, their own is there for them though they have left its space.

    Raises:
        NotFound: there is none.

    """
    thread = await threads_db.find_thread(ctx.db, id)
    space = None if thread is None else await ctx.services.spaces.find(thread["space"])
    if thread is None or space is None:
        raise NotFound("There is no such thread.")
    if not (own and thread["asker"] == ctx.viewer.user) and not ctx.sees("thread.read", space):
        raise NotFound("There is no such thread.")
    seen = look(thread, onlooker(ctx))
    if seen is Look.ABSENT:
        raise NotFound("There is no such thread.")
    return thread, space, seen


def seen_in(ctx: Context, space: Space) -> Document:
    """Return the filter of the threads of a space that the viewer sees, for every list and count.

    The space must be one in which they may read threads.
    """
    return seen_by(onlooker(ctx), space["_id"])


def seen_by(viewer: Onlooker, space: str) -> Document:
    """Return `filter_for` within one space, in as few ways as that takes.

    Each further way makes the database weigh more indexes, until it misses the good ones.
    """
    here = frozenset({space})
    local = replace(
        viewer,
        seeks_in=viewer.seeks_in & here,
        expert_in=viewer.expert_in & here,
        moderates=viewer.moderates & here,
    )
    ways: dict[str, tuple[Document, set[str]]] = {}
    for way in filter_for(local)["$or"]:
        where = {key: value for key, value in way.items() if key not in {"space", "visibility"}}
        _, tiers = ways.setdefault(str(where), (where, set()))
        tiers |= set(way["visibility"]["$in"]) if "visibility" in way else ALL_TIERS
    either = [
        where if tiers == ALL_TIERS else {**where, "visibility": {"$in": sorted(tiers)}}
        for where, tiers in ways.values()
    ]
    return {"$and": [{"space": space}, {"$or": either}]}


def require_in_thread(ctx: Context, permission: str, thread: Thread, space: Space) -> None:
    """Let a deed in a thread pass, as far as the permission matrix and the space allow it.

    Raises:
        NotSignedIn, NotAllowed: the viewer may not do such a thing there, or the space is closed.

    """
    found = set(ctx.standings(space))
    if ctx.viewer.user is not None and ctx.viewer.user == thread["asker"]:
        found.add(Standing.SELF)
    require(permission, ctx.viewer, found)
    refuse_closed(space)
    insist_on_broker(space)


def state_after(ctx: Context, thread: Thread, deed: Deed) -> State:
    """Return the state to which a deed of the viewer's leads a thread.

    Raises:
        NotAllowed: it is not theirs to do.
        WrongState: the thread stands otherwise than the deed needs it to.

    """
    lack = not_theirs(deed, parties_of(ctx, thread))
    if lack is not None:
        raise_lack(lack)
    after = next_state(thread, deed)
    if isinstance(after, Lack):
        raise_lack(after, thread["state"])
    return after


async def reread(writing: Writing, id: str) -> Thread:
    """Return a thread as it is within a transaction.

    Raises:
        NotFound: it is gone.

    """
    thread = await threads_db.find_thread(writing.db, id, writing.session)
    if thread is None:
        raise NotFound("There is no such thread.")
    return thread


async def lead_on(
    writing: Writing, thread: Thread, change: Document, rules: BrokingRules
) -> Thread:
    """Change a thread that was reread, and say when it goes on from there. Return it as it is then.

    Raises:
        Again: somebody else changed it meanwhile; the transaction begins anew.

    """
    then = cast("Thread", {**thread, **change})
    route = {**then["route"], "due_at": due_at(then, rules)}
    whole = {**change, "route": route, "updated_at": writing.at}
    return await threads_db.update_thread(writing, thread, whole)


def thread_event(
    thread: Thread,
    type: str,
    by: str | None,
    at: datetime,
    *,
    to: Iterable[str] = (),
    after: dict[str, Any] | None = None,
) -> Draft:
    """Return an event in a thread, about the thread unless its `subject` is set otherwise.

    It concerns whoever asked. What they do themselves bears no name, which would unmask them.
    """
    return Draft(
        type=type,
        space=thread["space"],
        subject=thread["_id"],
        actor=None if by == thread["asker"] else by,
        at=at,
        to=list(dict.fromkeys([thread["asker"], *to])),
        within=thread["_id"],
        before={"state": thread["state"]},
        after=after,
    )
