"""Entries that may be the same thing: looked for where they are near, and of the same category."""

import asyncio
from dataclasses import dataclass
from typing import Any

from app.db import entries as entries_db
from app.db.documents import Place, Space
from app.db.pool_documents import Content, Entry
from app.failures import InvalidInput, Problem
from app.places import blurred
from app.pooling import duplicates
from app.pooling.duplicates import Likeness, Named
from app.pooling.geometry import middle
from app.pooling.matched import category_key, is_sensitive
from app.pooling.states import LIVE
from app.resolvers.context import Context
from app.resolvers.entry_content import read_content
from app.resolvers.inputs import Checks
from app.resolvers.pooling import readable_pool, rules_in, visible_entry
from app.resolvers.versions import content_of

MOST_COMPARED = 100


@dataclass(frozen=True, slots=True)
class Alike:
    """An entry that may be the same, and how likely that is."""

    entry: Entry
    likeness: Likeness


async def find_alike(
    ctx: Context, space: Space, id: str, content: Content, *, most: int = duplicates.MOST_SHOWN
) -> list[Alike]:
    """Return the entries of a pool that may be what a content says, the likeliest first.

    Where a category is sensitive, cells are compared instead of places: nobody learns by it where
    something is.
    """
    rules = rules_in(space)
    place: Place = middle(content["place"])
    if is_sensitive(content["category"], rules["sensitive_categories"]):
        place = blurred(place, rules["grid_metres"])
    one = Named(id, content["title"], content["category"], place)
    near = await entries_db.list_near(
        ctx.db,
        {
            "space": space["_id"],
            "matched.category": category_key(content["category"]),
            "matched.state": {"$in": sorted(LIVE)},
        },
        place["coordinates"],
        duplicates.reach(rules["duplicate_metres"]),
        MOST_COMPARED,
    )
    others = [
        Named(entry["_id"], entry["title"], entry["category"], entry["matched"]["spot"])
        for entry in near
    ]
    entries = {entry["_id"]: entry for entry in near}
    # Long names of many words take a while to compare: the loop goes on meanwhile.
    found = await asyncio.to_thread(
        duplicates.possible_duplicates, one, others, rules["duplicate_metres"], most=most
    )
    return [Alike(entries[alike.id], alike) for alike in found]


async def list_alike(
    ctx: Context, *, entry_id: str | None, space_id: str | None, given: dict[str, Any]
) -> list[Alike]:
    """Return the entries that may be the same as an entry, or as one that is yet to be written.

    Raises:
        NotFound: the viewer sees no such entry, or no such space.
        NotSignedIn, NotAllowed: the pool is not for them.
        InvalidInput: both are named or neither, or what is yet to be written cannot be taken.

    """
    if (entry_id is None) is (space_id is None):
        raise InvalidInput(Problem("entry", "Give an entry, or a draft: one of the two."))
    if entry_id is not None:
        entry, space = await visible_entry(ctx, entry_id)
        return await find_alike(ctx, space, entry_id, content_of(entry))
    space = await readable_pool(ctx, space_id or "")
    checks = Checks()
    content = read_content(checks, given, None, rules_in(space), ctx.now)
    checks.problems = [Problem(f"draft.{one.path}", one.message) for one in checks.problems]
    checks.done()
    return await find_alike(ctx, space, "", content)
