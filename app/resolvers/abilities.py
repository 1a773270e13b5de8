"""What the viewer could do, and what they lack for it: judged by the deeds' own judgement."""

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from app.broking.states import State
from app.broking.words import Act, Basis, Code, Lack
from app.db.documents import Space
from app.db.thread_documents import Thread
from app.failures import Failure, InvalidInput, NotAllowed, Problem, WrongState
from app.resolvers.broking import visible_thread
from app.resolvers.context import Context
from app.resolvers.expertise import insist_on_endorsing
from app.resolvers.replies import find_lack
from app.resolvers.thread_deeds import insist_on_asking
from app.resolvers.votes import insist_on_voting
from app.resolvers.wording import Words


class Action(StrEnum):
    """What somebody wants to do where people ask each other."""

    ASK = "ASK"
    ADVISE = "ADVISE"
    CLARIFY = "CLARIFY"
    VOTE = "VOTE"
    ENDORSE = "ENDORSE"


ACTS = {Action.ADVISE: Act.ADVICE, Action.CLARIFY: Act.CLARIFY}


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether somebody can do something; if not, why, and what they would need."""

    allowed: bool
    message: str | None = None
    missing: str | None = None
    code: str | None = None
    points: float | None = None


async def find_ability(
    ctx: Context,
    *,
    action: Action,
    space_id: str | None,
    thread_id: str | None,
    subject: str | None,
) -> Ability:
    """Return whether the viewer can do something in a thread, or in a space, at this moment.

    Without a thread it is judged as for an open one of somebody else's, about the `subject`.

    Raises:
        InvalidInput: neither a thread nor a space is named.

    """
    if thread_id is None and space_id is None:
        raise InvalidInput(Problem("thread", "Name a thread, or a space."))
    try:
        if thread_id is not None:
            thread, space, _ = await visible_thread(ctx, thread_id)
        else:
            space = await ctx.visible_space(space_id or "")
            thread = _imagined(space, subject or "")
        lack = await _lack(ctx, action, thread, space, subject)
    except Failure as failure:
        missing = failure.missing if isinstance(failure, NotAllowed) else None
        return Ability(False, failure.message, missing, failure.code)
    if lack is None:
        return Ability(True)
    code = WrongState.code if lack.code is Code.CONFLICT else lack.code.value
    return Ability(False, lack.message, lack.missing or None, code, lack.points)


async def _lack(
    ctx: Context, action: Action, thread: Thread, space: Space, subject: str | None
) -> Lack | None:
    match action:
        case Action.ASK:
            insist_on_asking(ctx, space)
        case Action.VOTE:
            insist_on_voting(ctx, thread, space)
        case Action.ENDORSE:
            insist_on_endorsing(ctx, space)
        case _:
            words = Words(ACTS[action], Basis.EXPERIENCE, subject, [], "")
            return await find_lack(ctx, thread, space, words)
    return None


def _imagined(space: Space, subject: str) -> Thread:
    """Return as much of somebody's open thread as deeds are judged by."""
    imagined = {
        "_id": "",
        "space": space["_id"],
        "asker": "",
        "subject": subject,
        "tags": [],
        "state": State.OPEN.value,
        "advised": 0,
        "accepted_reply": None,
    }
    return cast("Thread", imagined)
