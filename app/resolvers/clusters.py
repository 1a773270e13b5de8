"""Maps of a pool: how many entries there are where, and how well an area is covered.

Cells of the map are counted whole, so that figures stay as they are while a map is moved. What many
entries were counted for is kept for a while: then it is counted anew, and whoever asks meanwhile is
told the old figures for a while longer. Who asks the same at once shares one counting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from weakref import WeakKeyDictionary

from app.db import entry_tallies as entry_tallies_db
from app.db.bounded import TooMuch
from app.db.client import Database
from app.db.driver import Document
from app.db.entry_tallies import Span
from app.failures import InvalidInput, Problem
from app.pooling import clusters
from app.pooling.cells import LEVELS, cells_in, middle
from app.pooling.clusters import FARTHEST_ZOOM, Cluster, Counted, Coverage, Surveyed, depth_at
from app.pooling.filters import EntryFilter
from app.pooling.rules import kinds_of
from app.pooling.stored_filters import stored
from app.pooling.words import Kind, Suitability
from app.regions import Box
from app.resolvers.context import Context
from app.resolvers.pool_filters import checked_pool
from app.resolvers.pooling import rules_in

# Entries are counted in finer cells than are shown: so a sign stands where most of its own are.
FINER = 2
MOST_SPANS, MOST_NEEDS = 6, 10
# Cells of so few digits can hold very many entries: they are counted in pieces at once.
WIDE, PIECES = 8, 4
SAID = [word.value for word in Suitability if word is not Suitability.UNKNOWN]
# A count of so many entries is good for a second, and one of more for longer; for so many times as
# long it is told while it is counted anew.
GOOD_FOR_A_SECOND, MOST_SECONDS, LONGER, MOST_KEPT = 20_000, 60, 10, 50


@dataclass(frozen=True, slots=True)
class Kept:
    """What was counted: until when that is good, and until when it is better than to wait."""

    answer: list[Document]
    good_until: datetime
    told_until: datetime


@dataclass(slots=True)
class Memory:
    """What a process has counted of late, and what it is counting, by question."""

    kept: dict[Hashable, Kept] = field(default_factory=dict)
    under_way: dict[Hashable, asyncio.Task[list[Document]]] = field(default_factory=dict)


_MEMORIES: WeakKeyDictionary[Database, Memory] = WeakKeyDictionary()


async def list_clusters(
    ctx: Context, filter: EntryFilter, box: Box, zoom: int, need: str | None, *, named: bool
) -> list[Cluster]:
    """Return the entries in the cells that a box touches, as signs on a map.

    The one entry of a sign is looked up if it is to be `named`.

    Raises:
        NotFound: the viewer sees no such space.
        NotAllowed: the pool is not for them, or what they ask for.
        InvalidInput: the filter, the box, the zoom or the need is not valid.

    """
    await _check(ctx, filter, box, zoom, [] if need is None else [need])
    depth, query = depth_at(zoom, box), filter.query()
    cells, finer = cells_in(box, depth), min(depth + FINER, LEVELS)
    values = [] if need is None else [need, *SAID]

    async def count() -> list[Document]:
        spans = list(_spans(cells))
        return await entry_tallies_db.count_cells(ctx.db, query, spans, finer, values)

    asked = ("clusters", filter.space, repr(stored(filter)), tuple(cells), need)
    found, shown = await _remembered(ctx, asked, count), set(cells)
    signs = clusters.clusters(map(_counted, found), depth)
    return await _named(ctx, query, [sign for sign in signs if sign.cell in shown], named=named)


async def survey(
    ctx: Context, filter: EntryFilter, box: Box, zoom: int, needs: Sequence[str]
) -> Coverage:
    """Return how well the cells that a box touches are covered.

    Raises:
        NotFound: the viewer sees no such space.
        NotAllowed: the pool is not for them, or what they ask for.
        InvalidInput: the filter, the box, the zoom or a need is not valid.

    """
    await _check(ctx, filter, box, zoom, needs)
    depth, query = depth_at(zoom, box), filter.query()
    cells = cells_in(box, depth)

    async def count() -> list[Document]:
        spans = list(_spans(cells))
        return await entry_tallies_db.survey_cells(ctx.db, query, spans, depth, (needs, SAID))

    asked = ("survey", filter.space, repr(stored(filter)), tuple(cells), tuple(needs))
    surveyed = [Surveyed(**one) for one in await _remembered(ctx, asked, count)]
    return clusters.coverage(cells, surveyed, needs)


async def _check(
    ctx: Context, filter: EntryFilter, box: Box, zoom: int, needs: Sequence[str]
) -> None:
    space = await checked_pool(ctx, filter)
    problems = list(box.problems("box"))
    if not 0 <= zoom <= FARTHEST_ZOOM:
        problems.append(Problem("zoom", f"Give 0 to {FARTHEST_ZOOM}, not {zoom}."))
    if len(needs) > MOST_NEEDS:
        problems.append(Problem("needs", f"Give at most {MOST_NEEDS}, not {len(needs)}."))
    kinds = kinds_of(rules_in(space)).values()
    known = {kind["name"] for kind in kinds if kind["kind"] == Kind.SUITABILITY}
    for need in dict.fromkeys(needs):
        if need not in known:
            message = f"This pool knows no need {need}; it knows: {', '.join(sorted(known))}."
            problems.append(Problem("needs", message))
    if problems:
        raise InvalidInput(*problems)


async def _remembered(
    ctx: Context, asked: Hashable, count: Callable[[], Awaitable[list[Document]]]
) -> list[Document]:
    """Return what was counted, just now or, if it was much, a while ago."""
    memory = _MEMORIES.setdefault(ctx.db, Memory())
    kept = memory.kept.get(asked)
    if kept is not None and ctx.now < kept.good_until:
        return kept.answer
    task = memory.under_way.get(asked)
    if task is None:
        task = asyncio.create_task(_counted_anew(ctx, memory, asked, count))
        memory.under_way[asked] = task
        task.add_done_callback(lambda done: _forget(memory, asked, done))
    if kept is not None and ctx.now < kept.told_until:
        return kept.answer
    try:
        return await asyncio.shield(task)
    except TooMuch:
        message = "There are too many entries to count them in time: narrow the box or the filter."
        raise InvalidInput(Problem("box", message)) from None


async def _counted_anew(
    ctx: Context,
    memory: Memory,
    asked: Hashable,
    count: Callable[[], Awaitable[list[Document]]],
) -> list[Document]:
    answer, now = await count(), ctx.now
    good = min(sum(one["count"] for one in answer) / GOOD_FOR_A_SECOND, MOST_SECONDS)
    memory.kept.pop(asked, None)
    if good >= 1:
        told = now + timedelta(seconds=good * LONGER)
        memory.kept[asked] = Kept(answer, now + timedelta(seconds=good), told)
        while len(memory.kept) > MOST_KEPT:
            del memory.kept[next(iter(memory.kept))]
    return answer


def _forget(memory: Memory, asked: Hashable, done: asyncio.Task[list[Document]]) -> None:
    memory.under_way.pop(asked, None)
    if not done.cancelled():
        done.exception()  # whoever waited for it has it; they may all have gone


async def _named(
    ctx: Context, query: Document, signs: Sequence[Cluster], *, named: bool
) -> list[Cluster]:
    """Return the signs, those of a single entry with its identifier instead of its key."""
    keys = [sign.entry for sign in signs if sign.entry is not None] if named else []
    ids = await entry_tallies_db.list_in_cells(ctx.db, query, keys) if keys else {}
    return [replace(sign, entry=ids.get(sign.entry or "")) for sign in signs]


def _counted(found: Document) -> Counted:
    """Return what was found in a cell; where it lies, by the one entry or by the cell."""
    is_single = found["count"] == 1
    longitude, latitude = middle(found["one"] if is_single else found["cell"])["coordinates"]
    return Counted(
        cell=found["cell"],
        count=found["count"],
        suitable=found["said"],
        spot=(longitude, latitude),
        entry=found["one"],
    )


def _spans(cells: Sequence[str]) -> Iterator[Span]:
    """Yield spans of keys that hold all of these cells, which are in order, and few others."""
    depth = len(cells[0])
    codes = [int(cell, 4) if cell else 0 for cell in cells]
    gaps = [(after - before, n) for n, (before, after) in enumerate(pairwise(codes), 1)]
    wide = sorted((gap for gap in gaps if gap[0] > 1), key=lambda gap: (-gap[0], gap[1]))
    cuts = {0, len(codes), *(n for _, n in wide[: MOST_SPANS - 1])}
    if depth <= WIDE:
        cuts |= {len(codes) * n // PIECES for n in range(PIECES)}
    for start, end in pairwise(sorted(cuts)):
        yield _key(codes[start], depth), _key(codes[end - 1] + 1, depth)


def _key(code: int, depth: int) -> str:
    if code == 1 << 2 * depth:
        return "4"  # after every key
    return "".join("0123"[code >> 2 * n & 3] for n in range(depth - 1, -1, -1))
