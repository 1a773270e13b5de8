"""Freshness: time lets values ask to be checked, and tells who is near what they could check."""

from app.db import confirmations as confirmations_db
from app.db import entries as entries_db
from app.db import spaces as spaces_db
from app.db import upkeep as upkeep_db
from app.db.documents import Place, Space
from app.db.pool_documents import Confirmation, Entry
from app.db.writing import Writing
from app.failures import InvalidInput, Problem
from app.pooling.freshness import is_stale
from app.pooling.questions import Question, questions
from app.pooling.rules import kinds_of
from app.pooling.states import Actor, Deed, Moment, Refused, step
from app.pooling.words import Cause
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.resolvers.pooling import readable_pool, rules_in
from app.resolvers.speaking import NO_ROUND
from app.resolvers.versions import Making, write_version

MOST_QUESTIONS = 50
FARTHEST_METRES = 50_000
# Of each kind of candidates: what asks to be checked, what is disputed, and all else.
MOST_CANDIDATES = 100


async def age_entry(writing: Writing, id: str) -> None:
    """Write that facets of an entry ask to be checked, if time has come."""
    entry = await entries_db.find_entry(writing.db, id, writing.session)
    if entry is None or entry["due_at"] is None or entry["due_at"] > writing.at:
        return
    space = await spaces_db.find_space(writing.db, entry["space"])
    taken = step(entry, Deed.AGE, Actor.TIME, Moment(writing.at))
    if space is not None and not isinstance(taken, Refused):
        await write_version(writing, space, entry, {"state": taken.state}, Making(Cause.AGED))


async def next_questions(
    ctx: Context, *, space_id: str, near: Place, radius_metres: float, first: int
) -> list[Question]:
    """Return what the viewer could check around a point, the most worthwhile first.

    They are not asked again what they have said, nor for other views on what they gave.

    Raises:
        NotFound: the viewer sees no such space.
        NotAllowed: there is no pool, or it is not for them.
        InvalidInput: so much cannot be asked for, or there is no such point.

    """
    space = await readable_pool(ctx, space_id)
    checks = Checks()
    checks.place("near", near)
    if not 0 < radius_metres <= FARTHEST_METRES:
        checks.add("radiusM", f"Give metres up to {FARTHEST_METRES}.")
    checks.done()
    if not 0 <= first <= MOST_QUESTIONS:
        raise InvalidInput(Problem("first", f"Ask for 0 to {MOST_QUESTIONS}, not {first}."))
    around = await upkeep_db.list_to_check(
        ctx.db, space_id, near["coordinates"], radius_metres, MOST_CANDIDATES
    )
    kinds = kinds_of(rules_in(space))
    spoken = await _spoken(ctx, space, around)
    return questions(around, kinds, near, ctx.now, spoken)[:first]


async def _spoken(ctx: Context, space: Space, entries: list[Entry]) -> set[tuple[str, str]]:
    """Return the facets of entries on which the viewer has said what they know."""
    user = ctx.viewer.user
    if user is None:
        return set()
    names = kinds_of(rules_in(space))
    ids = {
        confirmations_db.confirmation_id(entry["_id"], name, _round(entry, name), user): entry
        for entry in entries
        for name in names
    }
    said = await confirmations_db.list_confirmations(ctx.db, ids)
    spoken = {
        (one["entry"], one["facet"]) for id, one in said.items() if _is_answer(ids[id], one, ctx)
    }
    own = {
        (entry["_id"], name)
        for entry in entries
        for name, facet in entry["facets"].items()
        if facet["claimed_by"] == user and not is_stale(facet, ctx.now)
    }
    return spoken | own


def _round(entry: Entry, name: str) -> int:
    facet = entry["facets"].get(name)
    return NO_ROUND if facet is None else facet["round"]


def _is_answer(entry: Entry, said: Confirmation, ctx: Context) -> bool:
    """Say whether what was said answers what is asked now: not what has become stale since."""
    facet = entry["facets"].get(said["facet"])
    return facet is None or not is_stale(facet, ctx.now) or said["at"] >= facet["stale_at"]
