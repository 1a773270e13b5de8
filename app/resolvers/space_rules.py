"""The rules of a space: each model keeps its own under one word in it, and all change alike."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from app.db import spaces as spaces_db
from app.db.documents import Space
from app.db.events import Draft
from app.db.transactions import Again
from app.db.writing import Writing, write
from app.failures import Conflict, Problem
from app.resolvers.context import Context

# In which the names of rules end that are numbers of something.
UNITS = frozenset({"hours", "minutes", "days", "metres"})
# Returns what a space is to store, or raises what is wrong with it; what else follows it writes.
Amend = Callable[[Writing, Space], Awaitable[Mapping[str, Any]]]


async def change_rules(
    ctx: Context, space: Space, expected_version: int, word: str, names: Iterable[str], amend: Amend
) -> Space:
    """Change what a space says under a word; `names` are those of the rules that change.

    Raises:
        Conflict: the space has moved on since the caller saw it.

    """
    id = space["_id"]

    async def work(writing: Writing) -> Space:
        current = await spaces_db.find_space(ctx.db, id) or space
        if current["version"] != expected_version:
            version = current["version"]
            raise Conflict("The space has changed meanwhile.", current_version=version)
        change = {word: await amend(writing, current)}
        updated = await spaces_db.update_space(writing, id, expected_version, change)
        if updated is None:
            raise Again
        changed = Draft(
            type="space.updated",
            space=id,
            subject=id,
            actor=ctx.viewer.actor,
            at=ctx.now,
            after={"fields": sorted(f"{word}.{name}" for name in names)},
        )
        await writing.append(changed)
        return updated

    updated = await write(ctx.db, ctx.now, work)
    ctx.services.spaces.forget(id)
    ctx.services.log.nudge()
    return updated


def said(problem: Problem, word: str) -> Problem:
    """Return a problem by the path in the input, with the unit in which it is meant."""
    path = problem.path.removeprefix(f"{word}.")
    unit = path.rpartition("_")[2]
    if unit not in UNITS:
        return Problem(path, problem.message)
    return Problem(path, f"{problem.message.removesuffix('.')} {unit}.")
