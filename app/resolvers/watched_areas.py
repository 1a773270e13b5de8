"""What is done with watched areas: keep a filter over a pool, see what has changed in it since."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.auth.permissions import allowed, require
from app.db import events as events_db
from app.db import watched_areas as watched_areas_db
from app.db.driver import Document
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.watched_areas import MOST_AREAS, WatchedArea
from app.db.writing import Writing, write, write_once
from app.failures import InvalidInput, NotAllowed, NotFound, Problem
from app.ids import new_id
from app.pooling.filters import EntryFilter
from app.pooling.stored_filters import restored, stored
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.resolvers.live import decode, encode
from app.resolvers.pool_changes import PoolChange, list_events, look_around, tell
from app.resolvers.pool_filters import checked_pool

LONGEST_NAME = 100
# So many events are looked through for one page, or to count what is unseen in a space.
LOOKED_THROUGH, MOST_CHANGES = 500, 100


@dataclass(frozen=True, slots=True)
class Changes:
    """Some changes in a watched area, in order, and where to go on.

    Attributes:
        items: the changes.
        cursor: goes on after them.
        has_more: whether more may have happened.
        is_trimmed: whether history before them is gone.

    """

    items: list[PoolChange]
    cursor: str
    has_more: bool
    is_trimmed: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """How many changes there are that somebody has not seen, and whether there may be more."""

    count: int
    has_more: bool


async def watch_area(
    ctx: Context, *, filter: EntryFilter, name: str, idempotency_key: str | None
) -> WatchedArea:
    """Keep a filter over the entries of a pool; what changes from now on is unseen.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the pool is not for them, or they watch too many areas.
        InvalidInput: the filter or the name is not valid.
        Conflict: the idempotency key was used for another input.

    """
    user = ctx.person()
    require("area.change", ctx.viewer, ctx.own(user))
    await checked_pool(ctx, filter)
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    cleaned = checks.text("name", name, least=1, most=LONGEST_NAME)
    checks.done()
    area = WatchedArea(
        _id=new_id("areas"),
        space=filter.space,
        user=user,
        name=cleaned,
        filter=stored(filter),
        seen=await ctx.services.log.caught_up(),
        created_at=ctx.now,
    )

    async def work(writing: Writing) -> Document:
        if await watched_areas_db.count_areas(writing, user) >= MOST_AREAS:
            message = f"You watch {MOST_AREAS} areas, which is the most."
            raise NotAllowed(message, missing="to watch another area no more")
        await writing.insert("areas", area)
        await writing.append(_event(ctx, "area.watched", area))
        return {"id": area["_id"]}

    deed = ("watchArea", user, {"space": filter.space, "name": name, "filter": area["filter"]})
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    return await _own(ctx, done["id"])


async def unwatch_area(ctx: Context, *, id: str) -> WatchedArea:
    """Watch an area no more.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: the viewer watches no such area.

    """
    area = await _own(ctx, id)

    async def work(writing: Writing) -> None:
        if not await watched_areas_db.delete_area(writing, id):
            raise NotFound("You watch no such area.")
        await writing.append(_event(ctx, "area.unwatched", area))

    await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return area


async def mark_seen(ctx: Context, *, id: str, cursor: str | None) -> WatchedArea:
    """Count what changed in an area up to a cursor as seen, on all devices; or all up to now.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: the viewer watches no such area.
        InvalidInput: the cursor is none of ours, or lies ahead.

    """
    area, known = await _own(ctx, id), await ctx.services.log.caught_up()
    position = known if cursor is None else decode(ctx, cursor, "cursor")
    if position > known:
        raise InvalidInput(Problem("cursor", "This cursor lies ahead of all that has happened."))
    if position <= area["seen"]:
        return area

    async def work(writing: Writing) -> WatchedArea:
        updated = await watched_areas_db.update_seen(writing, id, position)
        if updated is None:
            raise NotFound("You watch no such area.")
        await writing.append(_event(ctx, "area.seen", area))
        return updated

    updated = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return updated


async def list_areas(ctx: Context, window: Window) -> Page:
    """Return a page of the areas that the viewer watches, newest first.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    return await watched_areas_db.find_areas(ctx.db, ctx.person(), window)


async def find_my_areas(ctx: Context, ids: list[str]) -> dict[str, WatchedArea]:
    """Return those of the watched areas that are the viewer's, by identifier."""
    found = await watched_areas_db.list_areas(ctx.db, ids)
    return {one["_id"]: one for one in found if allowed("area.change", ctx.own(one["user"]))}


async def filter_of(ctx: Context, id: str) -> EntryFilter:
    """Return the filter of an area that the viewer watches.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: the viewer watches no such area.

    """
    area = await _own(ctx, id)
    return restored(area["space"], area["filter"])


async def list_changes(ctx: Context, *, id: str, after: str | None, first: int) -> Changes:
    """Return what changed in a watched area after a cursor, or since it was seen, in order.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: the viewer watches no such area.
        NotAllowed: the pool is not for them any more.
        InvalidInput: the cursor is none of ours, or the size is not valid.

    """
    if not 1 <= first <= MOST_CHANGES:
        raise InvalidInput(Problem("first", f"Ask for 1 to {MOST_CHANGES}, not {first}."))
    area = await _own(ctx, id)
    filter = restored(area["space"], area["filter"])
    space = await checked_pool(ctx, filter)
    start = area["seen"] if after is None else decode(ctx, after)
    upto = await ctx.services.log.caught_up()
    found = await list_events(ctx, filter.space, start, upto, LOOKED_THROUGH)
    around = await look_around(ctx.services, found)
    told = [tell(ctx, filter, event, around, space) for event in found]
    items = [one for one in told if one is not None]
    looked = found[-1]["_id"] if len(found) == LOOKED_THROUGH else max(start, upto)
    if len(items) > first:
        items, looked = items[:first], items[first - 1]["seq"]
    is_trimmed = await events_db.find_trimmed(ctx.db) > start
    return Changes(items, encode(ctx, looked), looked < upto, is_trimmed)


async def count_unseen(ctx: Context, areas: Sequence[WatchedArea]) -> list[Unseen]:
    """Return for each area how much has changed in it that its person has not seen.

    The events of a space are read once for all the areas in it, and not more than so many.
    """
    upto, by_space = await ctx.services.log.caught_up(), dict[str, list[WatchedArea]]()
    for area in areas:
        by_space.setdefault(area["space"], []).append(area)
    counted: dict[str, Unseen] = {}
    for id, watched in by_space.items():
        space = await ctx.services.spaces.find(id)
        start = min(area["seen"] for area in watched)
        found = await list_events(ctx, id, start, upto, LOOKED_THROUGH)
        around = await look_around(ctx.services, found)
        for area in watched:
            filter = restored(id, area["filter"])
            unseen = (event for event in found if event["_id"] > area["seen"])
            told = [tell(ctx, filter, event, around, space) for event in unseen]
            count = sum(one is not None for one in told)
            counted[area["_id"]] = Unseen(count, len(found) == LOOKED_THROUGH)
    return [counted[area["_id"]] for area in areas]


async def _own(ctx: Context, id: str) -> WatchedArea:
    ctx.person()
    found = await watched_areas_db.find_area(ctx.db, id)
    ctx.require_own("area.change", found["user"] if found else None, "watched area")
    if found is None:
        raise NotFound("You watch no such area.")
    return found


def _event(ctx: Context, type: str, area: WatchedArea) -> Draft:
    """Return an event for nobody but the person themselves."""
    return Draft(
        type=type,
        space=None,
        subject=area["_id"],
        actor=area["user"],
        at=ctx.now,
        to=[area["user"]],
    )
