"""What is read of threads: those that the viewer sees, and of each as much as is theirs to see."""

from collections.abc import Sequence
from typing import Any

from app.broking.direction import Speaker, lacks
from app.broking.states import Deed, next_state, not_theirs
from app.broking.visibility import Look, asker_shown, look
from app.broking.words import Act, Basis, Lack, Side
from app.db import replies as replies_db
from app.db import revisions as revisions_db
from app.db import threads as threads_db
from app.db.documents import Space
from app.db.paging import Page, Window
from app.db.thread_documents import Thread
from app.resolvers.broking import parties_of, rules_of, seen_in
from app.resolvers.context import Context
from app.resolvers.sight import onlooker
from app.resolvers.thread_filter import ThreadFilter

# Nobody lacks trust with that much of it.
TRUSTED = float("inf")
# Only time does these.
CLOCKWORK = frozenset({Deed.ROUTE, Deed.ESCALATE})
SPOKEN = frozenset({Deed.ADVISE, Deed.CLARIFY, Deed.VOTE})


async def find_visible_threads(ctx: Context, ids: list[str]) -> dict[str, Thread]:
    """Return those of the threads that the viewer sees, by identifier."""
    viewer = onlooker(ctx)
    readable = await ctx.visible("thread.read", await threads_db.list_threads(ctx.db, ids))
    return {id: one for id, one in readable.items() if look(one, viewer) is not Look.ABSENT}


async def list_threads(ctx: Context, space: Space, filter: ThreadFilter, window: Window) -> Page:
    """Return a page of the threads of a space that the viewer sees, newest first.

    Raises:
        NotSignedIn, NotAllowed: the viewer may not read in the space.
        InvalidInput: the filter or the window is not valid.

    """
    ctx.require("thread.read", space)
    filter.check()
    wanted = {"$and": [seen_in(ctx, space), filter.query()]}
    return await threads_db.find_threads(ctx.db, wanted, window)


def list_askers(ctx: Context, threads: Sequence[Thread]) -> list[str | None]:
    """Return for each thread who asked it, None where the viewer may not know."""
    viewer = onlooker(ctx)
    return [asker_shown(thread, viewer) for thread in threads]


async def list_revisions(
    ctx: Context, threads: Sequence[Thread], window: Window
) -> list[Page | None]:
    """Return for each thread a page of what it said before, the latest first.

    There is none for who sees it by its pseudonym alone: to the public a thread is what its asker
    wants it to say now.
    """
    window.check()
    viewer = onlooker(ctx)
    open_to = [one["_id"] for one in threads if look(one, viewer) is Look.NAME]
    found = await revisions_db.find_revisions(ctx.db, open_to, window)
    return [found.get(one["_id"]) for one in threads]


async def list_possible(ctx: Context, threads: Sequence[Thread]) -> list[list[Deed]]:
    """Return for each thread what the viewer can do with it as it stands.

    What only the deed itself can know is left out: how much somebody is trusted, for one.
    """
    spaces = await ctx.services.spaces.find_many({thread["space"] for thread in threads})
    taken: dict[str, str] = {}
    if ctx.viewer.user is not None:
        ids = [thread["_id"] for thread in threads]
        taken = await replies_db.list_sides(ctx.db, ids, ctx.viewer.user)
    return [
        _possible(ctx, thread, spaces[thread["space"]], taken.get(thread["_id"]))
        for thread in threads
    ]


def _possible(ctx: Context, thread: Thread, space: Space, taken: str | None) -> list[Deed]:
    parties: Any = parties_of(ctx, thread)
    if space["closed_at"] is not None:
        return []
    speaks = ctx.sees("thread.write", space)
    return [
        deed
        for deed in Deed
        if deed not in CLOCKWORK
        and (speaks or deed not in SPOKEN)
        and not_theirs(deed, parties) is None
        and not isinstance(next_state(thread, deed), Lack)
        and (deed is not Deed.ADVISE or _advises(ctx, thread, space, taken))
    ]


def _advises(ctx: Context, thread: Thread, space: Space, taken: str | None) -> bool:
    """Say whether advice flows from the viewer, whatever else they may lack for it."""
    groups = frozenset(map(Side, ctx.viewer.sides.get(thread["space"], ())))
    side = None if taken is None else Side(taken)
    speaker = Speaker(ctx.viewer.user or "", groups, TRUSTED, None, side)
    rules = rules_of(space)
    return lacks(thread, Act.ADVICE, Basis.EXPERIENCE, speaker, rules, ctx.now) is None
