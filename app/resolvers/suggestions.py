"""Who fits whom, told to those whom it concerns: suggestions for a posting, and why a pair fits.

Both sides are judged with their places blurred, here as in what is proposed: a distance never says
more of a place than the place that is shown.
"""

from collections.abc import Iterable
from typing import Any, TypedDict

from app.auth.permissions import require
from app.db import postings as postings_db
from app.db import presence as presence_db
from app.db import standings as standings_db
from app.db.documents import Space
from app.db.match_documents import Posting
from app.db.postings import Kind
from app.failures import InvalidInput, NotFound, Problem
from app.ids import kind_of
from app.matching.candidates import Candidate, needs_for, offers_for
from app.matching.constraints import Broken
from app.matching.explain import explain, shown
from app.matching.parties import Facts, party
from app.matching.scoring import score
from app.matching.terms import PostingStatus
from app.resolvers.context import Context
from app.resolvers.matchmaking import Scored, rules_in, scored
from app.resolvers.posting_filters import traits
from app.resolvers.sight import hidden_from, sees_posting

MOST_SUGGESTED = 100


class Suggestion(TypedDict):
    """A need and an offer that fit, by identifiers, and how well."""

    need: str
    offer: str
    score: Scored


class Explained(TypedDict):
    """Why a pair fits, or does not."""

    permitted: bool
    broken: tuple[Broken, ...]
    score: Scored
    sentences: tuple[str, ...]


async def suggest_matches(ctx: Context, kind: Kind, *, id: str, first: int) -> list[Suggestion]:
    """Return what could go with a need or an offer of the viewer's, best first.

    The nearest, or most alike, are judged: as many as the space's rules shortlist. Of these, what
    belongs to people who do not take part any more is left out.

    Raises:
        NotFound: the viewer sees no such posting, or may not read what is in its space any more.
        NotSignedIn, NotAllowed: it is not the viewer's.
        InvalidInput: more are asked for than are given at once.

    """
    if not 0 <= first <= MOST_SUGGESTED:
        raise InvalidInput(Problem("first", f"Ask for 0 to {MOST_SUGGESTED}, not {first}."))
    posting, space = await _find(ctx, kind, id)
    require("suggestion.read", ctx.viewer, ctx.own(posting["owner"]))
    if posting["status"] != PostingStatus.OPEN:
        return []
    rules = rules_in(space)
    facts = Facts(at=ctx.now, rules=rules)
    known = traits(posting["category"], posting["skills"], None, rules["grid_metres"])
    blurred: Posting = {**shown(posting, facts), "traits": known}
    besides = sorted({posting["owner"], *ctx.viewer.blocks})
    found = await postings_db.list_candidates(ctx.db, blurred, ctx.now, besides, rules["shortlist"])
    hidden = await hidden_from(ctx, {one["owner"] for one in found})
    found = [one for one in found if one["owner"] not in hidden]
    found = await presence_db.keep_present(ctx.db, found)
    facts = await _facts(ctx, space, [posting, *found])
    return _best(blurred, [shown(one, facts) for one in found], facts, first)


async def explain_match(ctx: Context, *, need: str, offer: str) -> Explained:
    """Return why a need and an offer fit or do not; for the owner of either.

    Raises:
        NotFound: the viewer sees no such need or offer, or is not to know of it.
        NotSignedIn, NotAllowed: neither is the viewer's.

    """
    one, space = await _find(ctx, "needs", need)
    other, _ = await _find(ctx, "offers", offer)
    stands = ctx.own(one["owner"]) | ctx.own(other["owner"])
    require("suggestion.read", ctx.viewer, stands)
    facts = await _facts(ctx, space, [one, other])
    explained = explain(shown(one, facts), shown(other, facts), facts)
    if explained.hidden:
        raise NotFound("There is no such pair.")
    return Explained(
        permitted=explained.permitted,
        broken=explained.broken,
        score=scored(explained.score),
        sentences=explained.sentences,
    )


def _best(posting: Posting, found: list[Posting], facts: Facts, most: int) -> list[Suggestion]:
    """Return those that may be, best first, each with what its score is made of."""
    rank: Any = offers_for if kind_of(posting["_id"]) == "needs" else needs_for
    ranked: list[Candidate] = rank(posting, found, facts)[:most]
    postings = {one["_id"]: one for one in (posting, *found)}
    return [
        Suggestion(
            need=pair.need,
            offer=pair.offer,
            score=scored(
                score(party(postings[pair.need], facts), party(postings[pair.offer], facts), facts)
            ),
        )
        for pair in ranked
    ]


async def _find(ctx: Context, kind: Kind, id: str) -> tuple[Posting, Space]:
    """Return a need or an offer that the viewer sees, and its space: not what they have left."""
    posting = await postings_db.find_posting(ctx.db, id) if kind_of(id) == kind else None
    space = await ctx.services.spaces.find(posting["space"]) if posting else None
    if posting is None or space is None or not sees_posting(ctx, posting, space):
        raise NotFound("There is no such need or offer.")
    if await hidden_from(ctx, [posting["owner"]]):
        raise NotFound("There is no such need or offer.")
    return posting, space


async def _facts(ctx: Context, space: Space, postings: Iterable[Posting]) -> Facts:
    """Return what holds now for these postings, and for the viewer's own."""
    people = {posting["owner"] for posting in postings}
    known = await standings_db.list_standings(ctx.db, space["_id"], people)
    me = ctx.viewer.user or ""
    blocks = frozenset((me, other) for other in ctx.viewer.blocks)
    return Facts(at=ctx.now, rules=rules_in(space), people=known, blocks=blocks)
