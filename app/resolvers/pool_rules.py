"""What is done with the rules of a pool, and with the places that they blur."""

from typing import Any, Literal

from app.db import entries as entries_db
from app.db import pool_sweeps as pool_sweeps_db
from app.db import spaces as spaces_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.events import Draft
from app.db.pool_documents import PoolRules
from app.db.writing import Writing
from app.failures import InvalidInput, Problem
from app.places import blurred
from app.pooling.cells import cell_of
from app.pooling.geometry import middle
from app.pooling.matched import is_sensitive
from app.pooling.rules import clashes, kinds_of, problems
from app.resolvers.context import Context, refuse_closed
from app.resolvers.pooling import insist_on_pool, rules_in
from app.resolvers.space_rules import change_rules, said

WORD: Literal["pool"] = "pool"
BLURRING = frozenset({"sensitive_categories", "grid_metres"})


async def update_rules(
    ctx: Context, *, space_id: str, expected_version: int, changes: dict[str, Any]
) -> Space:
    """Change the rules of a pool; what is not named stays.

    Where places are to be blurred otherwise, they are so at once where they are shown; what they
    are found by follows in pieces.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer does not own it, it is closed or has no pool.
        InvalidInput: something is wrong with the rules as they would be.
        Conflict: the space has moved on since the caller saw it.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("pool.rules", space)
    refuse_closed(space)
    insist_on_pool(space)

    async def amended(writing: Writing, current: Space) -> Document:
        stored = await _amended(writing, current, changes)
        if BLURRING & changes.keys():
            await pool_sweeps_db.begin_sweep(writing, space_id)
        return stored

    return await change_rules(ctx, space, expected_version, WORD, changes, amended)


async def sweep_on(writing: Writing, piece: str) -> None:
    """Set anew how a page of a pool's entries, and all that they ever were, are found."""
    sweep = await pool_sweeps_db.find_sweep(writing, piece)
    if sweep is None:
        return
    space = await spaces_db.find_space(writing.db, sweep["_id"])
    page = await pool_sweeps_db.find_swept(writing.db, sweep)
    if space is not None and page.items:
        rules = rules_in(space)
        entries = [(entry, _entry_anew(entry, rules)) for entry in page.items]
        sensitive = {entry["_id"] for entry, change in entries if change["sensitive"]}
        ids = [entry["_id"] for entry in page.items]
        histories = {
            kept["_id"]: _spot_anew(kept, rules, always=kept["entry"] in sensitive)
            for kept in await pool_sweeps_db.list_histories(writing.db, ids)
        }
        await pool_sweeps_db.update_spots(writing, entries, histories)
        await writing.append(
            *(_moved(entry, writing) for entry, change in entries if _moves(entry, change))
        )
    after = page.cursor(page.items[-1]) if page.has_next else None
    await pool_sweeps_db.move_sweep(writing, sweep, after)


def _entry_anew(entry: Any, rules: PoolRules) -> Document:
    sensitive = is_sensitive(entry["category"], rules["sensitive_categories"])
    spot = blurred(entry["point"], rules["grid_metres"]) if sensitive else entry["point"]
    return {"sensitive": sensitive, "matched.spot": spot, "matched.cell": cell_of(spot)}


def _spot_anew(revision: Any, rules: PoolRules, *, always: bool) -> Document:
    content = revision["content"]
    spot = middle(content["place"])
    if always or is_sensitive(content["category"], rules["sensitive_categories"]):
        spot = blurred(spot, rules["grid_metres"])
    change: Document = {"matched.spot": spot, "matched.cell": cell_of(spot)}
    return change | {"amended": True} if _moves(revision, change) else change


def _moves(thing: Any, change: Document) -> bool:
    """Say whether an entry or a revision is found elsewhere after a change."""
    return bool(thing["matched"]["spot"] != change["matched.spot"])


def _moved(entry: Any, writing: Writing) -> Draft:
    """Tell those who follow that an entry is found elsewhere: its version is the same."""
    stands = {"version": entry["version"], "state": entry["state"]}
    return Draft(
        type="entry.moved",
        space=entry["space"],
        subject=entry["_id"],
        actor=None,
        at=writing.at,
        within=entry["_id"],
        before=stands,
        after=stands | {"changed": []},
    )


async def _amended(writing: Writing, space: Space, changes: dict[str, Any]) -> dict[str, Any]:
    """Return what a space is to store: what it says itself, and no defaults."""
    rules = rules_in(space)
    amended: PoolRules = {**rules, **changes}  # type: ignore[typeddict-item]
    wrong = [*problems(amended), *clashes(rules, amended)]
    gone = kinds_of(rules).keys() - kinds_of(amended).keys()
    for name in sorted(gone):
        if await entries_db.carries(writing, space["_id"], name):
            message = f"Entries say something of {name}: it cannot be taken away."
            wrong.append(Problem("facets", message))
    if wrong:
        raise InvalidInput(*(said(problem, WORD) for problem in wrong))
    return {**space.get(WORD, {}), **changes}
