"""What is done with follows: begin to follow a thread, a tag or a subject, and stop."""

from typing import NamedTuple

from app.auth.permissions import allowed, require
from app.broking.words import Followed
from app.db import follows as follows_db
from app.db.driver import DuplicateKeyError
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.thread_documents import Follow
from app.db.writing import Writing, write
from app.failures import InvalidInput, NotAllowed, NotFound, Problem
from app.resolvers.broking import insist_on_broker, visible_thread
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.text import fold

LONGEST_NAME = 100


class Target(NamedTuple):
    """What is to be followed: its space, its identifier or folded name, and as it was written."""

    space: str
    target: str
    name: str


async def follow(ctx: Context, *, kind: Followed, target: str, space_id: str | None) -> Follow:
    """Begin to follow a thread, a tag or a subject. Following twice is following once.

    Raises:
        NotFound: the viewer sees no such thread or space.
        NotSignedIn, NotAllowed: the viewer may not read there, or follows too much already.
        InvalidInput: it is not said in which space, or the name is none.

    """
    user = ctx.person()
    require("follow.change", ctx.viewer, ctx.own(user))
    by_name = kind is not Followed.THREAD
    found = await (_named if by_name else _thread)(ctx, target, space_id)
    id = follows_db.follow_id(user, found.space, kind, found.target)
    known = await follows_db.find_follow(ctx.db, id)
    if known is not None:
        return known
    if await follows_db.count_follows(ctx.db, user) >= follows_db.MOST_FOLLOWS:
        message = f"You follow {follows_db.MOST_FOLLOWS} things, which is the most."
        raise NotAllowed(message, missing="to follow something else no more")
    begun = Follow(
        _id=id,
        space=found.space,
        person=user,
        kind=kind.value,
        target=found.target,
        name=found.name,
        created_at=ctx.now,
    )

    async def work(writing: Writing) -> None:
        await writing.insert("follows", begun)
        await writing.append(_event(ctx, "follow.started", begun))

    try:
        await write(ctx.db, ctx.now, work)
    except DuplicateKeyError:
        return await follows_db.find_follow(ctx.db, id) or begun
    ctx.services.log.nudge()
    return begun


async def unfollow(ctx: Context, *, id: str) -> Follow:
    """Follow something no more.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: the viewer follows no such thing.

    """
    ctx.person()
    found = await follows_db.find_follow(ctx.db, id)
    ctx.require_own("follow.change", found["person"] if found else None, "follow")
    if found is None:
        raise NotFound("There is no such follow.")

    async def work(writing: Writing) -> None:
        if not await follows_db.delete_follow(writing, id):
            raise NotFound("There is no such follow.")
        await writing.append(_event(ctx, "follow.ended", found))

    await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return found


async def list_follows(ctx: Context, window: Window) -> Page:
    """Return a page of what the viewer follows, newest first.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    return await follows_db.find_follows(ctx.db, ctx.person(), window)


async def find_my_follows(ctx: Context, ids: list[str]) -> dict[str, Follow]:
    """Return those of the follows that are the viewer's, by identifier."""
    found = await follows_db.list_follows(ctx.db, ids)
    return {one["_id"]: one for one in found if allowed("follow.change", ctx.own(one["person"]))}


async def _thread(ctx: Context, id: str, space_id: str | None) -> Target:
    thread, space, _ = await visible_thread(ctx, id)
    if space_id not in {None, space["_id"]}:
        raise NotFound("There is no such thread.")
    return Target(space["_id"], thread["_id"], "")


async def _named(ctx: Context, name: str, space_id: str | None) -> Target:
    if space_id is None:
        raise InvalidInput(Problem("space", "Say in which space."))
    space = await ctx.visible_space(space_id)
    ctx.require("thread.read", space)
    insist_on_broker(space)
    checks = Checks()
    written = checks.text("target", name, least=1, most=LONGEST_NAME)
    checks.done()
    return Target(space_id, fold(written), written)


def _event(ctx: Context, type: str, followed: Follow) -> Draft:
    """Return an event for nobody but the person themselves."""
    return Draft(
        type=type,
        space=None,
        subject=followed["_id"],
        actor=followed["person"],
        at=ctx.now,
        after={"kind": followed["kind"]},
        to=[followed["person"]],
    )
