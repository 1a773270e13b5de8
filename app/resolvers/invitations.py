"""What is done with invitations: an expert is asked to look at a thread, and says yes or no."""

from typing import cast

from app.auth.permissions import allowed
from app.broking import routing
from app.broking.states import NEXT, Deed, State
from app.broking.visibility import Look, look
from app.broking.words import Side, Tier, conflict
from app.db import blocks as blocks_db
from app.db import invitations as invitations_db
from app.db import routes as routes_db
from app.db.driver import Document
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.thread_documents import BrokingRules, Invitation, Thread
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, NotAllowed, NotFound, WrongState
from app.resolvers.broking import (
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
from app.resolvers.routing import go_on, invited_event, new_invitation
from app.resolvers.sight import onlooker

ACCEPTED, DECLINED = "ACCEPTED", "DECLINED"
LONGEST_MESSAGE = 500


async def invite_expert(
    ctx: Context, *, thread_id: str, person: str, message: str, idempotency_key: str | None
) -> Invitation:
    """Ask an expert to look at a thread: it is their turn.

    Raises:
        NotFound: the viewer sees no such thread.
        NotSignedIn, NotAllowed: it is not the viewer's to invite.
        InvalidInput: something is wrong with the input.
        WrongState: nobody can be invited to the thread as it stands.
        Conflict: the person cannot be invited, or has not answered yet; or the key was used before.

    """
    seen, space, _ = await visible_thread(ctx, thread_id)
    require_in_thread(ctx, "thread.steer", seen, space)
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    message = checks.text("message", message, most=LONGEST_MESSAGE)
    checks.done()
    rules = rules_of(space)

    async def work(writing: Writing) -> Document:
        thread = await _without_who_left(await reread(writing, thread_id), writing)
        after = state_after(ctx, thread, Deed.INVITE)
        await _refuse_uninvitable(ctx, writing, thread, person)
        invitation = new_invitation(thread, person, ctx.person(), message, ctx.now)
        await writing.insert("invitations", invitation)
        drafts = await _take_turn(writing, thread, invitation, after, rules)
        await writing.append(*drafts, invited_event(thread, invitation, ctx.viewer.actor))
        return {"id": invitation["_id"]}

    given = {"thread": thread_id, "person": person, "message": message}
    deed = ("inviteExpert", ctx.viewer.actor, given)
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    return cast("Invitation", await invitations_db.find_invitation(ctx.db, done["id"]))


async def answer_invitation(
    ctx: Context, *, id: str, accepts: bool, expected_version: int
) -> Invitation:
    """Accept an invitation, or decline it; a thread that waited for its expert goes on at once.

    Who has accepted can still decline, so that nobody waits for them.

    Raises:
        NotFound: the viewer was not invited so, or sees the thread no more and would accept.
        NotAllowed: the viewer is no expert of the space any more and would accept.
        WrongState: it was answered.
        Conflict: it has moved on since the caller saw it.

    """
    invitation = await _find_mine(ctx, id)
    space = await ctx.services.spaces.find(invitation["space"])
    if space is None:
        raise NotFound("There is no such invitation.")
    refuse_closed(space)
    rules = rules_of(space)

    async def work(writing: Writing) -> Invitation:
        known = await invitations_db.find_invitation(ctx.db, id, writing.session)
        thread = await reread(writing, invitation["thread"])
        if known is None:
            raise NotFound("There is no such invitation.")
        _check_answer(known, accepts=accepts, expected_version=expected_version)
        if accepts:
            _check_acceptance(ctx, thread)
        state = ACCEPTED if accepts else DECLINED
        change = {"state": state, "answered_at": ctx.now}
        answered = await invitations_db.update_invitation(writing, known, change)
        drafts = [_answered_event(ctx, thread, known, state)]
        if not accepts:
            drafts += await _pass_turn(writing, thread, known["expert"], rules)
        await writing.append(*drafts)
        return answered

    answered = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return answered


async def list_my_invitations(ctx: Context, state: str | None, window: Window) -> Page:
    """Return a page of the viewer's invitations, newest first.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    return await invitations_db.find_invitations(ctx.db, ctx.person(), state, window)


async def find_my_invitations(ctx: Context, ids: list[str]) -> dict[str, Invitation]:
    """Return those of the invitations that are the viewer's, sent or got, by identifier."""
    found = await invitations_db.list_invitations(ctx.db, ids)
    return {one["_id"]: one for one in found if _is_mine(ctx, one)}


def _is_mine(ctx: Context, invitation: Invitation) -> bool:
    people = (invitation["expert"], invitation["invited_by"])
    return any(allowed("invitation.read", ctx.own(person)) for person in people)


async def _find_mine(ctx: Context, id: str) -> Invitation:
    ctx.person()
    found = await invitations_db.find_invitation(ctx.db, id)
    owner = None if found is None else found["expert"]
    ctx.require_own("invitation.read", owner, "invitation")
    return cast("Invitation", found)


async def _without_who_left(thread: Thread, writing: Writing) -> Thread:
    """Return a thread for two without an expert who is none any more and so cannot decline."""
    if thread["visibility"] != Tier.PAIR:
        return thread
    db, space, session = writing.db, thread["space"], writing.session
    groups = {
        one: await routes_db.find_groups(db, space, one, session) for one in thread["invited"]
    }
    invited = [one for one in thread["invited"] if Side.EXPERTS in groups[one]]
    return {**thread, "invited": invited}


async def _refuse_uninvitable(ctx: Context, writing: Writing, thread: Thread, person: str) -> None:
    groups = await routes_db.find_groups(ctx.db, thread["space"], person, writing.session)
    lack = routing.not_invitable(thread, person, is_expert=Side.EXPERTS in groups)
    two = [(inviter, person) for inviter in (thread["asker"], ctx.person())]
    if lack is None and await blocks_db.list_between(ctx.db, two):
        lack = conflict("This person cannot be invited.")
    if lack is not None:
        raise_lack(lack)
    session = writing.session
    if await invitations_db.find_pending(ctx.db, thread["_id"], person, session) is not None:
        raise Conflict("This person was asked already, and has not answered yet.")


async def _take_turn(
    writing: Writing, thread: Thread, invitation: Invitation, after: State, rules: BrokingRules
) -> list[Draft]:
    """Let a thread wait for an expert, and return the event of that; none if it does not wait."""
    person, by = invitation["expert"], invitation["invited_by"]
    change: Document = {"invited": list(dict.fromkeys([*thread["invited"], person]))}
    if after is not State.ROUTED:
        await lead_on(writing, thread, change, rules)
        return []
    route = routing.invited(thread["route"], person, rules, writing.at)
    await lead_on(writing, thread, change | {"state": after, "route": route}, rules)
    said = {"state": after, "rung": route["rung"]}
    return [thread_event(thread, "thread.routed", by, writing.at, to=[person], after=said)]


async def _pass_turn(
    writing: Writing, thread: Thread, person: str, rules: BrokingRules
) -> list[Draft]:
    """Let a thread go on without an expert, and return the events of that."""
    route = routing.declined(thread["route"], person, writing.at)
    invited = [one for one in thread["invited"] if one != person]
    change: Document = {"invited": invited, "route": route}
    return await go_on(writing, await lead_on(writing, thread, change, rules), rules)


def _check_answer(invitation: Invitation, *, accepts: bool, expected_version: int) -> None:
    state = invitation["state"]
    if invitation["version"] != expected_version:
        message = "The invitation has changed meanwhile."
        raise Conflict(message, current_version=invitation["version"])
    if state == DECLINED or (accepts and state == ACCEPTED):
        raise WrongState(f"You have answered: the invitation is {state}.", state=state)


def _check_acceptance(ctx: Context, thread: Thread) -> None:
    if thread["space"] not in onlooker(ctx).expert_in:
        message = "You are no expert of this space any more."
        raise NotAllowed(message, missing="membership of the experts")
    if look(thread, onlooker(ctx)) is Look.ABSENT:
        raise NotFound("There is no such thread.")
    if (State(thread["state"]), Deed.INVITE) not in NEXT:
        message = f"The thread is {thread['state']}: nobody is waited for."
        raise WrongState(message, state=thread["state"])


def _answered_event(ctx: Context, thread: Thread, invitation: Invitation, state: str) -> Draft:
    """Return the event of an answer. It bears no name: the answer is for those who asked."""
    to = [invitation["expert"], *filter(None, [invitation["invited_by"]])]
    after = {"state": state}
    draft = thread_event(thread, "expert.answered", None, ctx.now, to=to, after=after)
    return {**draft, "subject": invitation["_id"], "before": {"state": invitation["state"]}}
