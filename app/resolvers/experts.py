"""Whom to ask: the experts that suit a thread, for those who can turn to them."""

from app.broking.experts import MOST_SUGGESTED, Suggestion
from app.broking.states import Party
from app.failures import InvalidInput, NotAllowed, Problem
from app.resolvers.broking import insist_on_broker, parties_of, rules_of, seen_in, visible_thread
from app.resolvers.context import Context
from app.resolvers.routing import suggest

TURN_TO_THEM = frozenset({Party.ASKER, Party.EXPERT, Party.MODERATOR, Party.OPERATOR})


async def suggest_experts(ctx: Context, *, thread_id: str, first: int) -> list[Suggestion]:
    """Return the experts to ask for a thread, the best first.

    What they have done counts as far as the viewer sees the threads in which they did it: neither
    their load nor their acceptance tells of what is hidden from the viewer.

    Raises:
        NotFound: the viewer sees no such thread.
        NotAllowed: the viewer neither asked it nor can answer or look after it.
        InvalidInput: so many cannot be asked for.

    """
    thread, space, _ = await visible_thread(ctx, thread_id)
    insist_on_broker(space)
    if TURN_TO_THEM.isdisjoint(parties_of(ctx, thread)):
        wanted = "the person who asked, or an expert or moderator of the space"
        raise NotAllowed(f"This asks for {wanted}.", missing=wanted)
    if not 0 <= first <= MOST_SUGGESTED:
        raise InvalidInput(Problem("first", f"Ask for 0 to {MOST_SUGGESTED}, not {first}."))
    found = await suggest(ctx.db, thread, rules_of(space), ctx.now, seen=seen_in(ctx, space))
    return found[:first]
