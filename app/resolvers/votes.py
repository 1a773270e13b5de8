"""Voting on replies: one vote a person and reply, and the credits that it gives the author."""

from typing import cast

from app.broking import reputation
from app.broking.reputation import Ballot, Value
from app.broking.states import Deed
from app.broking.words import Lack
from app.db import credits as credits_db
from app.db import replies as replies_db
from app.db import votes as votes_db
from app.db.documents import Space
from app.db.thread_documents import Reply, Thread
from app.db.writing import Writing, write
from app.resolvers.broking import raise_lack, require_in_thread, state_after, thread_event
from app.resolvers.context import Context
from app.resolvers.saying import thread_as_it_is, visible_reply
from app.resolvers.trust import credit_in


async def vote(ctx: Context, *, id: str, value: Value | None) -> Reply:
    """Vote on a reply, change the vote, or take it back (None); the same again changes nothing.

    Who voted how is for the voter alone; the sums are for all who see the reply.

    Raises:
        NotFound: the viewer sees no such reply.
        NotSignedIn, NotAllowed: the viewer may not vote in the thread, or wrote the reply.
        WrongState: the thread was withdrawn.

    """
    seen, thread, space = await visible_reply(ctx, id)
    insist_on_voting(ctx, thread, space)
    voter = ctx.person()

    async def work(writing: Writing) -> Reply:
        current = await thread_as_it_is(ctx, thread["_id"], space, writing.session)
        insist_on_voting(ctx, current, space)
        before = await votes_db.find_vote(ctx.db, id, voter, writing.session)
        ballot = reputation.vote(seen, voter, before, value)
        if isinstance(ballot, Lack):
            raise_lack(ballot)
        if ballot.given is ballot.undone:
            return cast("Reply", await replies_db.find_reply(ctx.db, id, writing.session))
        # First the sums, which everybody who votes here writes: nobody votes on what is outdated.
        counted = await replies_db.update_votes(
            writing, id, up=ballot.votes_up, down=ballot.votes_down
        )
        await _cast(writing, counted, voter, value)
        await _credit(writing, current, counted, voter, ballot)
        draft = thread_event(current, "reply.voted", None, ctx.now, to=[voter])
        draft["subject"] = id
        draft["after"] = {"up": counted["votes_up"], "down": counted["votes_down"]}
        await writing.append(draft)
        return counted

    async with ctx.db.turns.take([id]):
        done = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return done


def insist_on_voting(ctx: Context, thread: Thread, space: Space) -> None:
    """Let a person pass who may vote on the replies of others in a thread.

    Raises:
        NotSignedIn, NotAllowed: the viewer belongs to neither side.
        WrongState: the thread was withdrawn.

    """
    require_in_thread(ctx, "thread.write", thread, space)
    state_after(ctx, thread, Deed.VOTE)


async def list_my_votes(ctx: Context, replies: list[Reply]) -> list[str | None]:
    """Return the viewer's vote on each reply, None where they have none."""
    if ctx.viewer.user is None:
        return [None] * len(replies)
    ids = [reply["_id"] for reply in replies]
    found = await votes_db.list_votes(ctx.db, ids, ctx.viewer.user)
    return [found[id]["value"] if id in found else None for id in ids]


async def _cast(writing: Writing, reply: Reply, voter: str, value: Value | None) -> None:
    if value is None:
        await votes_db.delete_vote(writing, reply["_id"], voter)
    else:
        await votes_db.upsert_vote(writing, reply, voter, value.value, writing.at)


async def _credit(
    writing: Writing, thread: Thread, reply: Reply, voter: str, ballot: Ballot
) -> None:
    """Write what a vote gives the author in the thread's subject, and undo what it gave before."""
    cause = votes_db.vote_id(reply["_id"], voter)
    if ballot.undone is not None:
        await credits_db.undo_credits(writing, [credits_db.credit_id(ballot.undone, cause, voter)])
    if ballot.given is not None:
        author = reply["author"]
        given = credit_in(thread, author, ballot.given, cause, voter, writing.at)
        await credits_db.give_credits(writing, given)
