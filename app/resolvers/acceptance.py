"""Accepting a reply: the asker says which advice helped, or takes that back."""

from collections.abc import Awaitable, Callable

from app.broking import reputation
from app.broking.states import Deed, State
from app.broking.words import Lack
from app.db import credits as credits_db
from app.db.thread_documents import Credit, Reply, Thread
from app.db.writing import Writing, write
from app.failures import WrongState
from app.resolvers.broking import (
    lead_on,
    raise_lack,
    require_in_thread,
    rules_of,
    state_after,
    thread_event,
)
from app.resolvers.context import Context
from app.resolvers.saying import thread_as_it_is, visible_reply
from app.resolvers.trust import credit_in

Work = Callable[[Writing], Awaitable[None]]


async def accept_reply(ctx: Context, *, id: str) -> Reply:
    """Accept a reply as the one that helped; its author and the asker are credited.

    Raises:
        NotFound: the viewer sees no such reply.
        NotSignedIn, NotAllowed: the viewer did not ask.
        WrongState: another one is accepted, or the thread cannot have one accepted now.
        Conflict: it is no advice.

    """
    reply, seen, space = await visible_reply(ctx, id)
    require_in_thread(ctx, "thread.steer", seen, space)

    async def work(writing: Writing) -> None:
        thread = await thread_as_it_is(ctx, seen["_id"], space, writing.session)
        after = state_after(ctx, thread, Deed.ACCEPT)
        given = _credits(writing, thread, reply)
        change = {"state": after.value, "accepted_reply": id}
        await lead_on(writing, thread, change, rules_of(space))
        await credits_db.give_credits(writing, *given)
        await _append(writing, "thread.accepted", thread, reply, after)

    await _done(ctx, seen, work)
    return reply


async def undo_acceptance(ctx: Context, *, id: str) -> Reply:
    """Take the acceptance of a reply back, with all that it gave.

    Raises:
        NotFound: the viewer sees no such reply.
        NotSignedIn, NotAllowed: the viewer did not ask.
        WrongState: it is not accepted, or the thread cannot be changed now.

    """
    reply, seen, space = await visible_reply(ctx, id)
    require_in_thread(ctx, "thread.steer", seen, space)

    async def work(writing: Writing) -> None:
        thread = await thread_as_it_is(ctx, seen["_id"], space, writing.session)
        after = state_after(ctx, thread, Deed.UNDO_ACCEPT)
        if thread["accepted_reply"] != id:
            raise WrongState("Another reply is accepted.", state=thread["state"])
        given = _credits(writing, thread, reply)
        change = {"state": after.value, "accepted_reply": None}
        await lead_on(writing, thread, change, rules_of(space))
        await credits_db.undo_credits(writing, [credit["_id"] for credit in given])
        await _append(writing, "thread.acceptance_undone", thread, reply, after)

    await _done(ctx, seen, work)
    return reply


async def _done(ctx: Context, thread: Thread, work: Work) -> None:
    async with ctx.db.turns.take([thread["_id"]]):
        await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()


def _credits(writing: Writing, thread: Thread, reply: Reply) -> list[Credit]:
    """Return what accepting a reply gives; the two to whom it does are its givers crosswise.

    Raises:
        Conflict: it cannot be accepted.

    """
    credited = reputation.acceptance(thread, reply)
    if isinstance(credited, Lack):
        raise_lack(credited)
    both = {thread["asker"], reply["author"]}
    return [
        credit_in(thread, person, merit, reply["_id"], next(iter(both - {person})), writing.at)
        for person, merit in credited
    ]


async def _append(writing: Writing, type: str, thread: Thread, reply: Reply, after: State) -> None:
    told = {"state": after.value, "reply": reply["_id"]}
    by, to = thread["asker"], [reply["author"]]
    await writing.append(thread_event(thread, type, by, writing.at, to=to, after=told))
