"""Looking for entries of a pool: around a place the nearest first, else the newest first."""

from dataclasses import dataclass, fields
from typing import Any

from app.db import entries as entries_db
from app.db import entry_search as entry_search_db
from app.db.entry_search import Around
from app.db.paging import Page, Window, decode_cursor
from app.failures import InvalidInput, Problem
from app.places import EARTH_RADIUS_METRES
from app.pooling.filters import EntryFilter
from app.regions import Circle
from app.resolvers.context import Context
from app.resolvers.live import encode
from app.resolvers.pool_filters import checked_pool, narrow_enough

# By which MongoDB turns angles into metres.
EQUATOR_RADIUS_METRES = 6_378_100


@dataclass(slots=True)
class FoundPage(Page):
    """Some entries that were found, and from where their changes can be followed."""

    live_cursor: str = ""

    async def count(self) -> int:
        """Return how many entries the whole list has.

        Raises:
            InvalidInput: that would take too long.

        """
        with narrow_enough():
            return await Page.count(self)

    def metres(self, entry: Any) -> float | None:
        """Return how far away an entry of this page is, if that was asked for."""
        far: float | None = entry.get("metres")
        return None if far is None else far * (EARTH_RADIUS_METRES / EQUATOR_RADIUS_METRES)


async def list_pool_entries(ctx: Context, filter: EntryFilter, window: Window) -> FoundPage:
    """Return a page of the entries of a pool that a filter wants.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the pool is not for them, or what they ask for.
        InvalidInput: the filter or the window is not valid.

    """
    await checked_pool(ctx, filter)
    # Noted first: what happens while this reads is told again by a stream from here.
    live_cursor = encode(ctx, ctx.services.log.position)
    with narrow_enough():
        page = await _find(ctx, filter, window)
    known = {one.name: getattr(page, one.name) for one in fields(page)}
    return FoundPage(**known, live_cursor=live_cursor)


async def _find(ctx: Context, filter: EntryFilter, window: Window) -> Page:
    if filter.near is not None:
        return await _find_nearest(ctx, filter, filter.near, window)
    return await _find_newest(ctx, filter, window)


async def _find_nearest(ctx: Context, filter: EntryFilter, circle: Circle, window: Window) -> Page:
    around = Around(filter.rest(), circle.middle["coordinates"], circle.radius_metres)
    page = await entry_search_db.find_nearest(
        ctx.db, around, filter.query(), window, ("matched.spot",)
    )
    # MongoDB's circle is a hair's breadth wider, so that none of ours is missing from it.
    page.items = [one for one in page.items if circle.holds(one["matched"]["spot"])]
    return page


async def _find_newest(ctx: Context, filter: EntryFilter, window: Window) -> Page:
    if window.after is not None and isinstance(decode_cursor(window.after, "after")[0], float):
        message = "This is a cursor of a list in another order; take one of `pageInfo`."
        raise InvalidInput(Problem("after", message))
    return await entries_db.find_entries(ctx.db, filter.query(), window)
