"""Which threads are like another, or like one that is about to be asked."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict, cast

from app.broking.meaning import can_read, is_readable
from app.broking.similarity import MOST_SIMILAR, STEM, STOP_WORDS, Similarity, similar
from app.broking.visibility import Look, look
from app.db import similar as similar_db
from app.db import threads as threads_db
from app.db.documents import Space
from app.db.thread_documents import BrokingRules, Thread
from app.failures import InvalidInput, Problem
from app.resolvers.broking import insist_on_broker, rules_of, seen_in, visible_thread
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.resolvers.meanings import list_near, list_nearness, vector_of
from app.resolvers.sight import onlooker
from app.text import tokens

MOST_CANDIDATES, MOST_NEAR, MOST_GRAMS, COMPARED_AT_ONCE = 100, 50, 24, 10
READ = "en"
LONGEST_TITLE, LONGEST_TEXT, LONGEST_SUBJECT = 300, 20_000, 100
MOST_TAGS, LONGEST_TAG = 20, 60


class Resemblance(TypedDict):
    """A thread that the viewer sees, how like another it is, and what is alike enough."""

    thread: Thread
    found: Similarity
    threshold: float


async def list_similar(ctx: Context, *, thread_id: str, first: int) -> list[Resemblance]:
    """Return the threads of its space that are like a thread, of those that the viewer sees.

    Raises:
        NotFound: the viewer sees no such thread.
        InvalidInput: so many cannot be asked for.

    """
    thread, space, _ = await visible_thread(ctx, thread_id)
    insist_on_broker(space)
    return await _compare(ctx, thread, space, _check_first(first))


async def list_similar_to(
    ctx: Context, *, space_id: str, first: int, **given: Any
) -> list[Resemblance]:
    """Return the threads of a space that are like one that is not asked yet.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not read the threads of the space.
        InvalidInput: something is wrong with the input.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("thread.read", space)
    insist_on_broker(space)
    checks = Checks()
    draft = {
        "_id": "",
        "facets": [],
        "title": checks.text("title", given["title"], most=LONGEST_TITLE),
        "text": checks.text("text", given["text"], most=LONGEST_TEXT),
        "subject": checks.text("subject", given["subject"], most=LONGEST_SUBJECT),
        "tags": checks.texts("tags", given["tags"], most=MOST_TAGS, longest=LONGEST_TAG),
    }
    checks.done()
    return await _compare(ctx, cast("Thread", draft), space, _check_first(first))


async def _compare(ctx: Context, thread: Thread, space: Space, first: int) -> list[Resemblance]:
    rules, eyes, among = rules_of(space), onlooker(ctx), seen_in(ctx, space)
    ids = await similar_db.list_sharing(
        ctx.db, space["_id"], _grams(thread), among, MOST_CANDIDATES + 1
    )
    vector = await _vector(thread)
    if vector:
        ids += await list_near(ctx.db, space["_id"], vector, among, MOST_NEAR + 1)
    others = await threads_db.list_threads(ctx.db, list(set(ids)))
    # Between the two looks a thread may have been withdrawn.
    seen = {one["_id"]: one for one in others if look(one, eyes) is not Look.ABSENT}
    near = await list_nearness(ctx.db, space["_id"], vector, list(seen)) if vector else {}
    found = await _judge(thread, list(seen.values()), rules, near)
    threshold = rules["similarity_threshold"]
    return [
        Resemblance(thread=seen[one.thread], found=one, threshold=threshold)
        for one in found[:first]
    ]


async def _vector(thread: Thread) -> bytes:
    """Return what a thread means, empty where that cannot be read; a draft is in any language."""
    if not can_read() or not is_readable(thread.get("language") or READ):
        return b""
    return await vector_of(thread)


async def _judge(
    thread: Thread, others: list[Thread], rules: BrokingRules, near: Mapping[str, float]
) -> list[Similarity]:
    """Return the threads that are alike enough, the most alike first."""
    found: list[Similarity] = []
    for start in range(0, len(others), COMPARED_AT_ONCE):
        some = others[start : start + COMPARED_AT_ONCE]
        found += similar(thread, some, rules, near=near)
        await asyncio.sleep(0)  # long texts take a while, in which others shall get on
    return sorted(found, key=lambda one: (-one.score, one.thread))


def _check_first(first: int) -> int:
    if not 0 <= first <= MOST_SIMILAR:
        raise InvalidInput(Problem("first", f"Ask for 0 to {MOST_SIMILAR}, not {first}."))
    return first


def _grams(thread: Thread) -> list[str]:
    """Return what is looked for: what names the thread first, then what its text says most."""
    named = _terms([thread["subject"], *thread["tags"], thread["title"]])
    said = Counter(_terms([thread["text"]]))
    return list(dict.fromkeys([*named, *(term for term, _ in said.most_common())]))[:MOST_GRAMS]


def _terms(texts: Iterable[str]) -> Iterator[str]:
    for token in (token for text in texts for token in tokens(text)):
        if token.spaceless and len(token.text) > 1:
            yield from (token.text[n : n + 2] for n in range(len(token.text) - 1))
        elif token.text not in STOP_WORDS:
            yield token.text[:STEM]
