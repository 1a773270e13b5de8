"""Searching threads: several rankings of what the viewer sees, fused into one.

`SEARCHES` lists the rankings: by whole words and their endings (MongoDB's text index), by
beginnings of words and neighbouring characters (n-grams), and by meaning, where the extra
`semantic` is installed and the text is not said to be in a language that it does not know.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.broking.meaning import can_read, is_readable, meaning_of
from app.broking.ranking import Fused, fuse
from app.db import threads as threads_db
from app.db.client import Database
from app.db.documents import Space
from app.db.driver import Document
from app.db.paging import Order, Page, Window, decode_cursor
from app.failures import InvalidInput, Problem
from app.resolvers.broking import rules_of, seen_in
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.resolvers.meanings import list_near
from app.resolvers.thread_filter import ThreadFilter
from app.text import (
    LONGEST_QUERY,
    TEXT_LANGUAGES,
    Query,
    grams_filter,
    grams_score,
    read_query,
    text_language,
)

MOST_FOUND = 200
# There is always something that means something alike: of that, no more than a page or so.
MOST_NEAR = 20
BY_SCORE = Order("score")


class Search(NamedTuple):
    """What is searched, and among which threads.

    `languages` are the text index's names of those whose endings are cut off; `meant` is the text
    whose meaning is looked for, None where that cannot be.
    """

    db: Database
    space: str
    among: Document
    query: Query
    languages: tuple[str, ...]
    meant: str | None


@dataclass(slots=True)
class Hits(Page):
    """Some places of a ranking that was made as a whole; its `found` are all of them."""

    found: int = 0

    async def count(self) -> int:
        """Return how many were found, at most `MOST_FOUND`."""
        return self.found


async def search_threads(
    ctx: Context,
    space: Space,
    text: str,
    language: str | None,
    filter: ThreadFilter,
    window: Window,
) -> Hits:
    """Return a page of the threads of a space that the viewer sees, the best first.

    Raises:
        NotSignedIn, NotAllowed: the viewer may not read in the space.
        InvalidInput: there is nothing to search for, or the filter or the window is not valid.

    """
    ctx.require("thread.read", space)
    window.check()
    filter.check()
    checks = Checks()
    query = read_query(checks.text("text", text, least=1, most=LONGEST_QUERY))
    if language is not None:
        checks.locale("language", language)
    if not query.grams and not checks.problems:
        checks.add("text", "Give at least one word.")
    checks.done()
    languages = (text_language(language),) if language else tuple(TEXT_LANGUAGES.values())
    among = {"$and": [seen_in(ctx, space), filter.query()]}
    meant = text if can_read() and (language is None or is_readable(language)) else None
    search = Search(ctx.db, space["_id"], among, query, languages, meant)
    found = {name: await ranking(search) for name, ranking in SEARCHES.items()}
    # Most searches find nothing by meaning: then nobody is placed lower for it.
    found = {name: hits for name, hits in found.items() if hits or name not in EXTRA}
    weights = rules_of(space)["ranking_weights"]
    fused = fuse(found, {name: weights[name] for name in found})[:MOST_FOUND]
    return _page(ctx, fused, window)


async def _by_words(search: Search) -> dict[str, float]:
    """Return the best by the text index; of several languages, each thread's best score counts."""
    best: dict[str, float] = {}
    for language in search.languages:
        found = await threads_db.list_by_words(
            search.db, search.among, search.query.words, language, MOST_FOUND
        )
        best |= {id: max(score, best.get(id, 0.0)) for id, score in found.items()}
    return best


async def _by_grams(search: Search) -> dict[str, float]:
    """Return the newest that hold all n-grams, each with how well its texts hold them."""
    grams = grams_filter(search.query)
    if grams is None:
        return {}
    found = await threads_db.list_by_grams(search.db, search.among, grams, MOST_FOUND)
    # What is in neither title nor subject nor tags is in the text, since the filter found it. To
    # cut up long texts only to see whether whole words were meant would hold everybody up.
    text = " ".join(search.query.grams)
    return {
        one["_id"]: grams_score(
            search.query, [one["title"], one["subject"], " ".join(one["tags"]), text]
        )
        for one in found
    }


async def _by_meaning(search: Search) -> dict[str, float]:
    """Return the nearest in meaning, each with how near it is."""
    if search.meant is None:
        return {}
    vector = await asyncio.to_thread(meaning_of, search.meant)
    return await list_near(search.db, search.space, vector, search.among, MOST_NEAR)


SEARCHES: Mapping[str, Callable[[Search], Awaitable[dict[str, float]]]] = {
    "text": _by_words,
    "ngrams": _by_grams,
    "meaning": _by_meaning,
}
EXTRA = frozenset({"meaning"})


def _page(ctx: Context, fused: list[Fused], window: Window) -> Hits:
    """Return the window's part of a ranking.

    A cursor names a place by score and identifier, so that it holds though the ranking be made
    anew, and the thread that stood there be gone.
    """
    inside = fused
    if window.after is not None:
        place = _read_place(window.after, "after")
        inside = [one for one in inside if (-one.score, one.id) > place]
    if window.before is not None:
        place = _read_place(window.before, "before")
        inside = [one for one in inside if (-one.score, one.id) < place]
    shown = inside[-window.size :] if window.backwards else inside[: window.size]
    shown = shown if window.size else []
    more = len(shown) < len(inside)
    return Hits(
        items=[_hit(one) for one in shown],
        order=BY_SCORE,
        has_next=window.before is not None if window.backwards else more,
        has_previous=more if window.backwards else window.after is not None,
        database=ctx.db,
        found=len(fused),
    )


def _read_place(cursor: str, path: str) -> tuple[float, str]:
    score, id = decode_cursor(cursor, path)
    if not isinstance(score, int | float) or not isinstance(id, str):
        raise InvalidInput(Problem(path, "This is no cursor of a search; take one of `pageInfo`."))
    return (-score, id)


def _hit(one: Fused) -> Document:
    parts = [
        {"name": name, "value": part.value, "weight": part.weight}
        for name, part in one.parts.items()
    ]
    return {"_id": one.id, "score": one.score, "parts": parts, "reasons": one.reasons}
