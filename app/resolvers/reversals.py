"""Reverting all that one person did in a pool, or all signals from an address, page by page."""

from datetime import datetime
from typing import Any

from app.db import entries as entries_db
from app.db import spaces as spaces_db
from app.db import upkeep as upkeep_db
from app.db import voices as voices_db
from app.db.paging import Page, Window
from app.db.pool_documents import Reversal
from app.db.writing import Writing, write
from app.ids import new_id
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.pooling import insist_on_pool
from app.resolvers.taking_back import take_back

LONGEST_REASON = 500
PAGE = 10
REVISIONS, SIGNALS = "entry_revisions", "signals"


async def revert_all(
    ctx: Context,
    *,
    space_id: str,
    person: str | None,
    address: str | None,
    since: datetime,
    reason: str,
) -> Reversal:
    """Begin to take back all that a person did in a pool, or all signals from an address.

    What others wrote since stays, and what they verified. It goes on in pieces, from now on.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: they do not moderate it, or it has no pool.
        InvalidInput: it is not said whose, or why.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("entry.patrol", space)
    insist_on_pool(space, writing=True)
    refuse_closed(space)
    checks = Checks()
    if (person is None) is (address is None):
        checks.add("person", "Name a person or an address, and not both.")
    if since > ctx.now:
        checks.add("since", "Give an instant that is not in the future.")
    reason = checks.text("reason", reason, least=1, most=LONGEST_REASON)
    checks.done()
    reversal = Reversal(
        _id=new_id("reversals"),
        space=space_id,
        person=person,
        address=address,
        since=since,
        until=ctx.now,
        reason=reason,
        by=ctx.person(),
        source=SIGNALS if person is None else REVISIONS,
        after=None,
        step=0,
        entries=0,
        is_open=True,
        at=ctx.now,
        ended_at=None,
    )
    await write(ctx.db, ctx.now, lambda writing: upkeep_db.insert_reversal(writing, reversal))
    return reversal


async def list_reversals(ctx: Context, *, space_id: str, window: Window) -> Page:
    """Return a page of what was taken back in a pool, the latest first.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: they do not moderate it.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("entry.patrol", space)
    return await upkeep_db.find_reversals(ctx.db, space_id, window)


async def take_back_some(writing: Writing, piece: str) -> None:
    """Take back a page of what somebody did."""
    reversal = await upkeep_db.find_reversal(writing, piece)
    space = reversal and await spaces_db.find_space(writing.db, reversal["space"])
    if reversal is None or space is None:
        return
    person = reversal["person"]
    if person is not None and reversal["step"] == 0:
        await voices_db.delete_findings_of(
            writing, space["_id"], person, reversal["since"], reversal["until"]
        )
    page = await upkeep_db.find_done(writing.db, reversal, PAGE)
    changed = 0
    for id in dict.fromkeys(item["entry"] for item in page.items):
        entry = await entries_db.find_entry(writing.db, id, writing.session)
        if entry is not None:
            changed += await take_back(writing, space, reversal, entry)
    onward: dict[str, Any] = {"entries": reversal["entries"] + changed}
    if page.has_next:
        onward["after"] = page.cursor(page.items[-1])
    elif reversal["source"] == REVISIONS:
        onward |= {"source": SIGNALS, "after": None}
    else:
        onward["ended_at"] = writing.at
    await upkeep_db.move_reversal(writing, reversal, onward)
