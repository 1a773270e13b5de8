"""What is read of matches: mine, those in dispute, and what the viewer could do with each."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from app.auth.permissions import require
from app.db import matches as matches_db
from app.db import reviews as reviews_db
from app.db import standings as standings_db
from app.db import users as users_db
from app.db.documents import Space
from app.db.match_documents import Dispute, Match
from app.db.paging import Page, Window
from app.matching.commitment import ModelMisfit, has_community, misfit
from app.matching.states import Actor, Deed, Moment, State, possible
from app.matching.terms import Commitment, Side
from app.matching.waiting import place_in_line
from app.resolvers.context import Context
from app.resolvers.match_filter import MatchFilter
from app.resolvers.matchmaking import rules_in
from app.resolvers.seating import waits
from app.resolvers.sight import hidden_from, sees_match

# What `list_possible` reads of a match.
JUDGED = (
    "space", "state", "need", "offer", "need_owner", "offer_owner", "commitment", "accepted_by",
    "window", "answer_by", "waiting_since", "held_until", "joint_objective", "agreement",
    "agreed_by", "reviewed_by", "ended_at", "disputed_from", "dispute",
)  # fmt: skip
# In these the two know how to reach each other, and where.
ACQUAINTED = frozenset(
    {State.CONFIRMED, State.IN_PROGRESS, State.COMPLETED, State.REVIEWED, State.DISPUTED}
)
REVIEWABLE = frozenset({State.COMPLETED, State.RESOLVED})


class Contact(TypedDict):
    """How the two of a confirmed match reach each other."""

    name: str
    email: str


class Waiting(TypedDict):
    """That a match waits for a seat: since when, behind how many, and what is held for it."""

    since: Any
    ahead: int
    held_until: Any


async def list_matches(ctx: Context, filter: MatchFilter, window: Window) -> Page:
    """Return a page of the viewer's matches, on either side, newest first.

    Raises:
        NotSignedIn: nobody is signed in.
        InvalidInput: the filter or the window is not valid.

    """
    me = ctx.person()
    filter.check()
    return await matches_db.find_matches(ctx.db, me, filter.query(), window)


async def list_disputes(ctx: Context, space_id: str, window: Window) -> Page:
    """Return a page of the matches of a space that wait for a moderator, newest first.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer is no moderator of it.

    """
    space = await ctx.visible_space(space_id)
    require("match.resolve", ctx.viewer, ctx.standings(space))
    return await matches_db.find_disputes(ctx.db, space_id, window)


async def find_visible_matches(ctx: Context, ids: list[str]) -> dict[str, Match]:
    """Return those of the matches that the viewer may see, by identifier."""
    found = await matches_db.list_matches(ctx.db, list(set(ids)))
    spaces = await ctx.services.spaces.find_many({match["space"] for match in found})
    return {
        match["_id"]: match for match in found if sees_match(ctx, match, spaces.get(match["space"]))
    }


async def list_possible(ctx: Context, matches: Sequence[Any]) -> list[list[Deed]]:
    """Return for each match what the viewer could do with it at this moment, seats apart.

    In a closed space nobody can do anything.
    """
    spaces = await ctx.services.spaces.find_many({match["space"] for match in matches})
    rules = {id: rules_in(space) for id, space in spaces.items() if space["closed_at"] is None}
    done = await _reviewed(ctx, matches)
    found: list[list[Deed]] = []
    for match in matches:
        actor, known = _actor(ctx, match), rules.get(match["space"])
        if actor is None or known is None:
            found.append([])
            continue
        by = [actor.value] if match["_id"] in done else []
        judged = match | {"reviewed_by": list(Side) if match["reviewed_by"] else by}
        found.append(possible(judged, actor, Moment(ctx.now, known)))
    return found


async def list_contacts(ctx: Context, matches: Sequence[Any]) -> list[Contact | None]:
    """Return for each match how its two reach each other: to them alone, once it is confirmed."""
    others = [_acquaintance(ctx, match) for match in matches]
    met = {other for other in others if other is not None}
    wanted = sorted(met - await hidden_from(ctx, met))
    people = await users_db.list_users(ctx.db, wanted) if wanted else []
    known = {one["_id"]: Contact(name=one["name"], email=one["email"]) for one in people}
    return [None if other is None else known.get(other) for other in others]


async def list_waiting(ctx: Context, matches: Sequence[Any]) -> list[Waiting | None]:
    """Return for each match since when it waits for a seat, and behind how many; None: it does not.

    Where both of its sides are full, the longer line counts.
    """
    lines = {id for match in matches if waits(match) for id in _lines(match)}
    queued = await matches_db.list_waiting(ctx.db, sorted(lines)) if lines else []
    return [
        None
        if match["waiting_since"] is None
        else Waiting(
            since=match["waiting_since"],
            ahead=_ahead(match, queued),
            held_until=match["held_until"],
        )
        for match in matches
    ]


async def list_warnings(ctx: Context, matches: Sequence[Any]) -> list[ModelMisfit | None]:
    """Return for each match what speaks against a long relation; None if it is not to be one."""
    long = [match for match in matches if match["commitment"] == Commitment.LONG_TERM]
    spaces = await ctx.services.spaces.find_many({match["space"] for match in long})
    trusts: dict[tuple[str, str], float | None] = {}
    for space in spaces:
        theirs = [match for match in long if match["space"] == space]
        people = {match[side] for match in theirs for side in ("need_owner", "offer_owner")}
        known = await standings_db.list_standings(ctx.db, space, people)
        trusts |= {(space, person): standing.trust for person, standing in known.items()}
    return [_misfit(match, trusts, spaces) if match in long else None for match in matches]


def shown_dispute(ctx: Context, match: Any) -> dict[str, Any] | None:
    """Return a dispute as the viewer sees it: its reason is for the moderators and its writer."""
    dispute: Dispute | None = match.get("dispute")
    if dispute is None:
        return None
    side = side_of(ctx, match)
    hides = side is not None and side != dispute["by"]
    return {**dispute, "reason": None if hides else dispute["reason"]}


def side_of(ctx: Context, match: Any) -> Side | None:
    """Return which side of a match is the viewer's, if one is."""
    sides = {match["need_owner"]: Side.NEED, match["offer_owner"]: Side.OFFER}
    return sides.get(ctx.viewer.user or "")


def _actor(ctx: Context, match: Any) -> Actor | None:
    """Return as whom the viewer would act; who sees a match and is none of its two, judges it."""
    if ctx.viewer.user is None:
        return None
    side = side_of(ctx, match)
    return Actor.MODERATOR if side is None else Actor(side)


async def _reviewed(ctx: Context, matches: Sequence[Any]) -> set[str]:
    """Return the matches that can be reviewed of which the viewer has written a review."""
    ids = [match["_id"] for match in matches if match["state"] in REVIEWABLE]
    if not ids:
        return set()
    found = await reviews_db.list_reviews_of_matches(ctx.db, ids, ctx.viewer.user)
    return {
        review["match"]
        for reviews in found.values()
        for review in reviews
        if review["reviewer"] == ctx.viewer.user
    }


def _acquaintance(ctx: Context, match: Any) -> str | None:
    side = side_of(ctx, match)
    if side is None or match["state"] not in ACQUAINTED:
        return None
    other: str = match["offer_owner" if side is Side.NEED else "need_owner"]
    return other


def _lines(match: Any) -> list[str]:
    return match.get("waits_for") or [match["need"], match["offer"]]


def _ahead(match: Any, queued: Sequence[Match]) -> int:
    if not waits(match):
        return 0
    places = (
        place_in_line(match, [one for one in queued if line in {one["need"], one["offer"]}])
        for line in _lines(match)
    )
    return max(places, default=0)


def _misfit(
    match: Any,
    trusts: dict[tuple[str, str], float | None],
    spaces: Mapping[str, Space],
) -> ModelMisfit | None:
    space = spaces.get(match["space"])
    if space is None:
        return None
    both = [trusts.get((space["_id"], match[side])) for side in ("need_owner", "offer_owner")]
    return misfit(
        match["commitment"],
        both,
        rules_in(space),
        joint_objective=match["joint_objective"],
        community=has_community(space["enabled_models"]),
    )
