"""What is read for all parents of a level at once, where each is refused or answered by itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from app.db.documents import Space
from app.failures import Failure
from app.resolvers.context import Context

T = TypeVar("T")


def refusal(ctx: Context, deed: str, space: Space | None) -> Failure | None:
    """Return why the viewer may not do the deed in the space; None if they may."""
    try:
        ctx.require(deed, space)
    except Failure as failure:
        return failure
    return None


async def find_for_each(
    parents: Sequence[Any],
    refused: Sequence[Failure | None],
    find: Callable[[list[str]], Awaitable[Mapping[str, T]]],
) -> list[T | Failure]:
    """Return for each parent why it is refused, or what is found by its identifier."""
    pairs = list(zip(parents, refused, strict=True))
    ids = list(dict.fromkeys(parent["_id"] for parent, why in pairs if why is None))
    try:
        found: Mapping[str, T | Failure] = await find(ids) if ids else {}
    except Failure as failure:
        found = dict.fromkeys(ids, failure)
    return [found[parent["_id"]] if why is None else why for parent, why in pairs]
