"""What is done with blocks: want nothing to do with somebody, and take that back."""

from app.auth.permissions import allowed
from app.db import blocks as blocks_db
from app.db import users as users_db
from app.db.events import Draft
from app.db.match_documents import Block
from app.db.paging import Page, Window
from app.db.writing import Writing, write
from app.failures import InvalidInput, NotAllowed, NotFound, Problem
from app.resolvers.context import Context
from app.resolvers.identity import MOST_BLOCKS
from app.resolvers.match_endings import end_open_between


async def block_user(ctx: Context, *, user: str) -> Block:
    """Block somebody: at once, neither is shown to, or matched with, the other.

    What was open between the two ends. To block twice is to block once.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: there is no such person.
        NotAllowed: the viewer blocks as many as one can.
        InvalidInput: it is oneself.

    """
    blocker = await _blocker(ctx, user)
    id = blocks_db.block_id(blocker, user)
    fresh = Block(_id=id, blocker=blocker, blocked=user, created_at=ctx.now)

    async def work(writing: Writing) -> Block:
        before = await blocks_db.upsert_block(writing, fresh)
        if before is not None:
            return before
        made = await blocks_db.count_blocks(writing, blocker, MOST_BLOCKS + 1)
        if made > MOST_BLOCKS:
            message = f"You block {MOST_BLOCKS:,} people already."
            raise NotAllowed(message, missing="that you take a block back first")
        await end_open_between(writing, blocker, user)
        await writing.append(_event(ctx, "user.blocked", blocker, user))
        return fresh

    block = await write(ctx.db, ctx.now, work)
    await ctx.settle()
    return block


async def unblock_user(ctx: Context, *, user: str) -> str:
    """Take a block back, if there is one; return the person. One by the other person stays.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: there is no such person.
        InvalidInput: it is oneself.

    """
    blocker = await _blocker(ctx, user)
    id = blocks_db.block_id(blocker, user)

    async def work(writing: Writing) -> None:
        if await blocks_db.delete_block(writing, id):
            await writing.append(_event(ctx, "user.unblocked", blocker, user))

    await write(ctx.db, ctx.now, work)
    await ctx.settle()
    return user


async def list_my_blocks(ctx: Context, window: Window) -> Page:
    """Return a page of whom the viewer blocked, newest first; never who blocked the viewer.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    return await blocks_db.find_blocks(ctx.db, ctx.person(), window)


async def find_my_blocks(ctx: Context, ids: list[str]) -> dict[str, Block]:
    """Return those of the blocks that the viewer made, by identifier."""
    found = await blocks_db.list_blocks(ctx.db, ids)
    mine = (block for block in found if allowed("block.change", ctx.own(block["blocker"])))
    return {block["_id"]: block for block in mine}


async def _blocker(ctx: Context, user: str) -> str:
    """Return the viewer, if they can block this person."""
    blocker = ctx.person()
    if user == blocker:
        raise InvalidInput(Problem("user", "Name somebody else than yourself."))
    if await users_db.find_user(ctx.db, user) is None:
        raise NotFound("There is no such person.")
    return blocker


def _event(ctx: Context, type: str, blocker: str, blocked: str) -> Draft:
    """Return an event that the blocker alone may read; processes hear of it whom it concerns."""
    return Draft(
        type=type,
        space=None,
        subject=blocker,
        actor=blocker,
        at=ctx.now,
        after={"blocked": blocked},
        to=[blocker],
    )
