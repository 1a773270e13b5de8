"""Which filters over entries a viewer may use: those that an entry of the pool can match."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.db.bounded import TooMuch, bounded
from app.db.documents import Space
from app.failures import InvalidInput, NotAllowed, Problem
from app.pooling.filters import EntryFilter
from app.pooling.words import State
from app.resolvers.context import Context
from app.resolvers.pooling import readable_pool, rules_in

# In lists these are for moderators alone: what was merged leads on, and what is hidden is hidden.
ASIDE = frozenset({State.HIDDEN, State.MERGED})


async def checked_pool(ctx: Context, filter: EntryFilter) -> Space:
    """Return the space whose pool a filter is about, if the viewer may look through it so.

    Raises:
        NotFound: they see no such space.
        NotAllowed: the pool is not for them, or they ask for what only moderators see.
        InvalidInput: no entry can match.

    """
    space = await readable_pool(ctx, filter.space)
    filter.check(rules_in(space)["facets"])
    if ASIDE.intersection(filter.states or ()) and not ctx.sees("entry.read_hidden", space):
        message = "What is hidden, or merged into another, is listed to moderators alone."
        raise NotAllowed(message, missing="the role of moderator in the space")
    return space


@contextmanager
def narrow_enough() -> Iterator[None]:
    """Let what is asked of the database in the block end after a while.

    Raises:
        InvalidInput: it was not done by then.

    """
    try:
        with bounded():
            yield
    except TooMuch:
        message = "What is wanted is too rare among so much: narrow the place where it is sought."
        raise InvalidInput(Problem("filter", message)) from None
