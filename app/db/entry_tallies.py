"""Queries that count entries by cell of the map; an index alone answers where no text is asked for.

Cells are counted whole. Each span of their keys is counted by itself: of several at once MongoDB
would read every entry.
"""

import asyncio
from collections.abc import Sequence

from app.db.bounded import bounded
from app.db.client import Database
from app.db.driver import Document, aggregate, find

Span = tuple[str, str]


async def count_cells(
    db: Database, filter: Document, spans: Sequence[Span], depth: int, values: Sequence[str]
) -> list[Document]:
    """Return how many entries there are in each cell: `cell`, `count`, `one` of their own keys.

    Args:
        db: the database.
        filter: names the space, by which the index begins.
        spans: of keys of cells, `low <= key < high`.
        depth: how many digits of their keys tell cells apart.
        values: a facet, and words; how many entries have each word for it is counted as `said`.

    Raises:
        TooMuch: that would take too long.

    """
    facet, *words = values or [""]
    sums: Document = {"count": {"$sum": 1}, "one": {"$first": "$matched.cell"}}
    for n, word in enumerate(words):
        has = {"$eq": [f"$matched.facets.{facet}", word]}
        sums[f"said{n}"] = {"$sum": {"$cond": [has, 1, 0]}}
    found = await _group(db, filter, spans, depth, sums)
    return [
        {
            "cell": one["_id"],
            "count": one["count"],
            "one": one["one"],
            "said": {word: one[f"said{n}"] for n, word in enumerate(words)},
        }
        for one in found
    ]


async def survey_cells(
    db: Database,
    filter: Document,
    spans: Sequence[Span],
    depth: int,
    known: tuple[Sequence[str], Sequence[str]],
) -> list[Document]:
    """Return what is known of the entries in each cell, in the same way.

    Of each `cell` the `count`, how many are `stale`, when one was last `observed_at`, and of how
    many it is `known`, by facet, which of some words they have: `known` gives facets and words.

    Raises:
        TooMuch: that would take too long.

    """
    facets, words = known
    sums: Document = {
        "count": {"$sum": 1},
        "stale": {"$sum": {"$cond": ["$matched.stale", 1, 0]}},
        "observed_at": {"$max": "$matched.observed_at"},
    }
    for n, facet in enumerate(facets):
        has = {"$in": [f"$matched.facets.{facet}", list(words)]}
        sums[f"known{n}"] = {"$sum": {"$cond": [has, 1, 0]}}
    found = await _group(db, filter, spans, depth, sums)
    return [
        {
            "cell": one["_id"],
            "count": one["count"],
            "stale": one["stale"],
            "observed_at": one["observed_at"],
            "known": {facet: one[f"known{n}"] for n, facet in enumerate(facets)},
        }
        for one in found
    ]


async def list_in_cells(db: Database, filter: Document, cells: Sequence[str]) -> dict[str, str]:
    """Return the entries in the smallest cells that have these keys, by key."""
    wanted = {"$and": [filter, {"matched.cell": {"$in": list(cells)}}]}
    found = await find(db["entries"], wanted, {"matched.cell": 1})
    return {one["matched"]["cell"]: one["_id"] for one in found}


async def _group(
    db: Database, filter: Document, spans: Sequence[Span], depth: int, sums: Document
) -> list[Document]:
    group = {"$group": {"_id": {"$substrBytes": ["$matched.cell", 0, depth]}, **sums}}
    pipelines: list[list[Document]] = [
        [{"$match": {"$and": [filter, {"matched.cell": {"$gte": low, "$lt": high}}]}}, group]
        for low, high in spans
    ]
    with bounded():
        counted = await asyncio.gather(*(aggregate(db["entries"], one) for one in pipelines))
    return [one for some in counted for one in some]
