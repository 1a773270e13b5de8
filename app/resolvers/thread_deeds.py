"""What is done with threads: ask, revise, close, reopen, mark as duplicate, withdraw."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from app.broking.routing import fresh_route
from app.broking.states import Deed, State, not_duplicate
from app.broking.words import Kind, Side, Tier
from app.db import revisions as revisions_db
from app.db import threads as threads_db
from app.db import users as users_db
from app.db.documents import Space, User
from app.db.driver import Document
from app.db.thread_documents import BrokingRules, Thread
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, InvalidInput, NotAllowed, Problem
from app.ids import new_id
from app.resolvers.broking import (
    insist_on_broker,
    lead_on,
    raise_lack,
    require_in_thread,
    reread,
    rules_of,
    state_after,
    thread_event,
    visible_thread,
)
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.pseudonyms import new_pseudonym
from app.resolvers.saying import thread_as_it_is
from app.resolvers.thread_content import CONTENT, check_content, derived
from app.text import tokens

LONGEST_PSEUDONYM = 60
TIERS = tuple(Tier)  # the widest first
# Whoever asks without saying for whom is not exposed: a case is for experts, a question for all.
USUAL_TIER = {Kind.QUESTION: Tier.SPACE, Kind.CASE: Tier.EXPERTS_ONLY}

Prepare = Callable[[Writing, Thread, BrokingRules], Awaitable[Document]]


async def ask(
    ctx: Context, *, kind: Kind, space_id: str, idempotency_key: str | None, **given: Any
) -> Thread:
    """Ask a question, or open a case.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer is not one of those who ask there.
        InvalidInput: something is wrong with the input.
        Conflict: the idempotency key was used for another input.

    """
    space = await ctx.visible_space(space_id)
    insist_on_asking(ctx, space)
    asker = cast("User", await users_db.find_user(ctx.db, ctx.person()))
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    said = check_content(checks, ctx.now, given)
    pseudonym = _check_pseudonym(checks, given.get("pseudonym"), asker)
    checks.done()
    thread = _new_thread(
        ctx,
        space,
        {
            "kind": kind.value,
            "pseudonym": pseudonym,
            "on_behalf_of": given["on_behalf_of"],
            "visibility": given.get("visibility") or USUAL_TIER[kind].value,
            "language": asker["locale"],
            **said,
        },
    )

    async def work(writing: Writing) -> Document:
        await writing.insert("threads", thread)
        event = thread_event(
            thread, "thread.asked", ctx.viewer.actor, ctx.now, after={"state": thread["state"]}
        )
        event["before"] = None
        await writing.append(event)
        return {"id": thread["_id"]}

    deed = (f"ask{kind}", ctx.viewer.actor, {"space": space_id, **given})
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    if done["id"] == thread["_id"]:
        return thread
    return cast("Thread", await threads_db.find_thread(ctx.db, done["id"]))


async def revise_thread(ctx: Context, *, id: str, expected_version: int, **given: Any) -> Thread:
    """Change what a thread says, or show it to fewer; what is not given stays.

    Raises:
        NotFound: the viewer sees no such thread.
        NotSignedIn, NotAllowed: the viewer did not ask it.
        InvalidInput: something is wrong with the input, or it would show the thread to more.
        WrongState: what the thread says is settled.
        Conflict: the thread has moved on since the caller saw it.

    """
    thread, space, _ = await visible_thread(ctx, id)
    require_in_thread(ctx, "thread.steer", thread, space)
    state_after(ctx, thread, Deed.REVISE)
    checks = Checks()
    said = check_content(checks, ctx.now, given)
    checks.done()
    said |= {key: given[key] for key in ("on_behalf_of", "visibility") if given.get(key)}

    async def work(writing: Writing) -> Thread:
        now = await thread_as_it_is(ctx, id, space, writing.session)
        if now["version"] != expected_version:
            raise Conflict("The thread has changed meanwhile.", current_version=now["version"])
        state_after(ctx, now, Deed.REVISE)
        before: Any = now
        change: Document = {key: new for key, new in said.items() if before[key] != new}
        if not change:
            return now
        _refuse_more_eyes(now, change)
        fields = sorted(change)
        change["revisions"] = await revisions_db.insert_revision(
            writing, now, ctx.person(), CONTENT
        )
        change |= derived({**before, **change})
        revised = await lead_on(writing, now, change, rules_of(space))
        event = thread_event(now, "thread.revised", ctx.viewer.actor, ctx.now)
        event["after"] = {"fields": fields}
        await writing.append(event)
        return revised

    return await _done(ctx, id, work)


async def close_thread(ctx: Context, *, id: str) -> Thread:
    """Close a thread. Raises what `_lead` raises."""
    return await _lead(ctx, id, Deed.CLOSE, "thread.closed")


async def reopen_thread(ctx: Context, *, id: str) -> Thread:
    """Open a thread again: the search for an answer begins anew. Raises what `_lead` raises."""

    async def prepare(writing: Writing, _thread: Thread, rules: BrokingRules) -> Document:
        return {"duplicate_of": None, "route": fresh_route(writing.at, rules)}

    return await _lead(ctx, id, Deed.REOPEN, "thread.reopened", prepare)


async def mark_duplicate(ctx: Context, *, id: str, of: str) -> Thread:
    """Say that a thread asks what another one asked before. Raises what `_lead` raises, too.

    Raises:
        NotFound: the viewer sees no such thread, or no such other one.
        Conflict: the other one cannot be its original.

    """
    await visible_thread(ctx, id)
    await visible_thread(ctx, of)

    async def prepare(writing: Writing, thread: Thread, _rules: BrokingRules) -> Document:
        lack = not_duplicate(thread, await reread(writing, of))
        if lack is not None:
            raise_lack(lack)
        # Of two that are marked as each other's at the same moment, one begins again and sees it.
        await threads_db.claim_original(writing, of)
        return {"duplicate_of": of}

    return await _lead(ctx, id, Deed.MARK_DUPLICATE, "thread.marked_duplicate", prepare)


async def withdraw_thread(ctx: Context, *, id: str) -> Thread:
    """Take a thread back: nobody but its asker sees it any more. Raises what `_lead` raises."""
    return await _lead(ctx, id, Deed.WITHDRAW, "thread.withdrawn")


async def _lead(
    ctx: Context, id: str, deed: Deed, type: str, prepare: Prepare | None = None
) -> Thread:
    """Lead a thread to where a deed leads it.

    Raises:
        NotFound: the viewer sees no such thread.
        NotSignedIn, NotAllowed: it is not the viewer's to do.
        WrongState: the thread stands otherwise than the deed needs it to.

    """
    # Whoever asked can take that back wherever they are by now; nobody else withdraws.
    own = deed is Deed.WITHDRAW
    thread, space, _ = await visible_thread(ctx, id, own=own)
    require_in_thread(ctx, "thread.steer", thread, space)
    rules = rules_of(space)

    async def work(writing: Writing) -> Thread:
        session = writing.session
        now = await (reread(writing, id) if own else thread_as_it_is(ctx, id, space, session))
        change: Document = {"state": state_after(ctx, now, deed)}
        if prepare is not None:
            change |= await prepare(writing, now, rules)
        led = await lead_on(writing, now, change, rules)
        event = thread_event(now, type, ctx.viewer.actor, ctx.now, after={"state": led["state"]})
        await writing.append(event)
        return led

    return await _done(ctx, id, work)


async def _done(ctx: Context, id: str, work: Callable[[Writing], Awaitable[Thread]]) -> Thread:
    async with ctx.db.turns.take([id]):
        thread = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return thread


def insist_on_asking(ctx: Context, space: Space) -> None:
    """Let a person pass who may ask in a space.

    Raises:
        NotSignedIn, NotAllowed: the viewer is not one of those who ask there.

    """
    ctx.require("thread.ask", space)
    refuse_closed(space)
    insist_on_broker(space)
    if Side.SEEKERS not in ctx.viewer.sides.get(space["_id"], ()):
        seekers = rules_of(space)["groups"][Side.SEEKERS]
        raise NotAllowed(f"Join {seekers} to ask here.", missing=f"membership of {seekers}")


def _check_pseudonym(checks: Checks, given: str | None, asker: User) -> str:
    """Return the name under which somebody asks: one that does not tell who they are."""
    if given is None:
        return new_pseudonym()
    chosen = checks.text("pseudonym", given, least=1, most=LONGEST_PSEUDONYM)
    own = {one.text for one in tokens(f"{asker['name']} {asker['email'].partition('@')[0]}")}
    if not own.isdisjoint(one.text for one in tokens(chosen)):
        checks.add("pseudonym", "Choose one in which there is nothing of your name or address.")
    return chosen


def _refuse_more_eyes(thread: Thread, change: Document) -> None:
    """Let a thread be shown to fewer only: others wrote in it for those who see it now.

    Raises:
        InvalidInput: it would be shown to more, or to two though several were invited.

    """
    wanted = change.get("visibility")
    if wanted is None:
        return
    if TIERS.index(Tier(wanted)) < TIERS.index(Tier(thread["visibility"])):
        message = f"It is {thread['visibility']}, and can only be shown to fewer."
        raise InvalidInput(Problem("visibility", message))
    if wanted == Tier.PAIR and len(thread["invited"]) > 1:
        raise InvalidInput(Problem("visibility", "Several experts were invited: that is no pair."))


def _new_thread(ctx: Context, space: Space, said: dict[str, Any]) -> Thread:
    whole: Any = {
        "_id": new_id("threads"),
        "space": space["_id"],
        "asker": ctx.person(),
        **said,
        **derived(said),
        "invited": [],
        "state": State.OPEN.value,
        "duplicate_of": None,
        "advised": 0,
        "accepted_reply": None,
        "escalated_at": None,
        "route": fresh_route(ctx.now, rules_of(space)),
        "revisions": 0,
        "created_at": ctx.now,
        "updated_at": ctx.now,
        "version": 1,
    }
    return cast("Thread", whole)
