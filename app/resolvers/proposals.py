"""Proposals: the owner of a need or an offer asks for a match with one of the other side."""

from typing import Any, NamedTuple, cast

from app.db import blocks as blocks_db
from app.db import matches as matches_db
from app.db import presence as presence_db
from app.db import seats as seats_db
from app.db import standings as standings_db
from app.db.documents import Space
from app.db.driver import Document, DuplicateKeyError
from app.db.match_documents import Match, Need, Offer, Posting, TimeWindow
from app.db.writing import Writing, write_once
from app.failures import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from app.ids import kind_of, new_id
from app.matching.constraints import Constraint, broken
from app.matching.explain import shown
from app.matching.opening import (
    Proposal,
    covers,
    first_common,
    open_match,
    shown_score,
    with_room,
)
from app.matching.parties import Facts, party
from app.matching.terms import PostingStatus, Side
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.match_course import Course, match_event
from app.resolvers.matchmaking import (
    MOST_OPEN_BETWEEN,
    MOST_OPEN_OF_POSTING,
    insist_on_matchmaker,
    rules_in,
)
from app.resolvers.sight import sees_posting

LONGEST_OBJECTIVE = 1_000
NOUNS = {"needs": "need", "offers": "offer"}


class Pair(NamedTuple):
    """A need and an offer that somebody wants to bring together."""

    need: Need
    offer: Offer


async def propose_match(
    ctx: Context,
    *,
    need: str,
    offer: str,
    window: TimeWindow | None,
    joint_objective: str | None,
    idempotency_key: str | None,
) -> Match:
    """Propose a match between a need and an offer, one of which is the viewer's.

    A need or an offer without a free seat can be asked for, too: then the match waits for one.

    Raises:
        NotFound: the viewer sees no such need or offer.
        NotSignedIn, NotAllowed: the viewer is no member of the space, or owns neither of the two.
        InvalidInput: something is wrong with the input, or a constraint forbids the pair; lists
            every one.
        Conflict: there is an open match of the two, or too many of one of them or of their owners,
            or the idempotency key was used otherwise.

    """
    pair, space = await _see_pair(ctx, need, offer)
    ctx.require("match.propose", space)
    refuse_closed(space)
    insist_on_matchmaker(space)
    side = _side(ctx, pair)
    objective = _check(ctx, pair, window, joint_objective, idempotency_key)
    facts, id = await _facts(ctx, space, pair), new_id("matches")
    asked = Proposal(ctx.now, facts.rules, side, window, objective)

    async def work(writing: Writing) -> Document:
        course = Course(writing, ctx.viewer.actor, space)
        match = await _open(course, id, pair, facts, asked)
        await writing.insert("matches", match)
        course.tell(match_event("match.proposed", match, ctx.now, actor=ctx.viewer.actor))
        await course.finish()
        return {"id": id}

    given = {"need": need, "offer": offer, "window": window, "objective": joint_objective}
    deed = ("proposeMatch", ctx.viewer.actor, given)
    try:
        async with ctx.db.turns.take((need, offer, *_owners(pair))):
            done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    except DuplicateKeyError:
        raise Conflict("There is an open match of this need and this offer already.") from None
    ctx.services.log.nudge()
    return cast("Match", await matches_db.find_match(ctx.db, done["id"]))


async def _open(course: Course, id: str, seen: Pair, facts: Facts, asked: Proposal) -> Match:
    """Return the match of a pair as this transaction finds it, held until that ends."""
    writing, (one, other) = course.writing, _owners(seen)
    found = await course.seats.touch(seen.need["_id"], seen.offer["_id"])
    await seats_db.claim_people(writing, (one, other))
    if await blocks_db.list_blocks_among(writing.db, {one, other}, writing.session):
        raise NotFound(f"There is no such {_theirs(asked)}.")
    present = await presence_db.keep_present(writing.db, found, writing.session)
    pair = Pair(*(posting if posting in present else _ended(posting) for posting in found))
    _judge(pair, facts, asked)
    await _insist_on_few(writing, pair)
    window = asked.window or first_common(pair.need, pair.offer, facts.at)
    proposal = Proposal(asked.at, asked.rules, asked.proposer, window, asked.joint_objective)
    return open_match(id, *pair, shown_score(*pair, facts), proposal)


def _judge(pair: Pair, facts: Facts, asked: Proposal) -> None:
    """Refuse a pair that a constraint forbids; what is full, or was fulfilled, only lets wait.

    It is judged by the places as everybody sees them, blurred: by the exact ones, whoever proposes
    with ever smaller circles would find out where the other is.

    Raises:
        NotFound: one has blocked the other.
        InvalidInput: with every constraint that is broken.

    """
    need, offer = (shown(with_room(posting), facts) for posting in pair)
    found = broken(party(need, facts), party(offer, facts), facts)
    if any(one.constraint is Constraint.BLOCKED for one in found):
        raise NotFound(f"There is no such {_theirs(asked)}.")
    if found:
        raise InvalidInput(
            *(Problem(f"constraints.{one.constraint}", one.sentence) for one in found)
        )


def _ended(posting: Any) -> Any:
    """Return a posting as it is when its owner takes no part in the space any more."""
    return {**posting, "status": PostingStatus.WITHDRAWN.value}


async def _insist_on_few(writing: Writing, pair: Pair) -> None:
    """Let only so much be open at once, of the two people and of either posting.

    Raises:
        Conflict: there is too much already.

    """
    between = await matches_db.count_open_between(writing, _owners(pair), MOST_OPEN_BETWEEN)
    if between >= MOST_OPEN_BETWEEN:
        message = f"{between} matches of you two are open already: answer or withdraw some first."
        raise Conflict(message)
    for noun, posting in (("need", pair.need), ("offer", pair.offer)):
        of_it = await matches_db.count_open_of(writing, posting["_id"], MOST_OPEN_OF_POSTING)
        if of_it >= MOST_OPEN_OF_POSTING:
            raise Conflict(f"Too many matches of this {noun} are open already: try again later.")


async def _see_pair(ctx: Context, need: str, offer: str) -> tuple[Pair, Space]:
    """Return a need and an offer that the viewer sees, and the space of the need."""
    found = await seats_db.list_postings(ctx.db, (need, offer))
    spaces = await ctx.services.spaces.find_many({one["space"] for one in found.values()})
    for id, kind in ((need, "needs"), (offer, "offers")):
        posting: Posting | None = found.get(id) if kind_of(id) == kind else None
        if posting is None or not sees_posting(ctx, posting, spaces.get(posting["space"])):
            raise NotFound(f"There is no such {NOUNS[kind]}.")
    pair = Pair(found[need], found[offer])
    return pair, spaces[pair.need["space"]]


def _side(ctx: Context, pair: Pair) -> Side:
    """Return on which side the viewer is."""
    for side, posting in ((Side.NEED, pair.need), (Side.OFFER, pair.offer)):
        if posting["owner"] == ctx.viewer.user:
            return side
    missing = "the owner of the need or of the offer"
    raise NotAllowed("A match is proposed by one of the two whom it is about.", missing=missing)


def _check(
    ctx: Context,
    pair: Pair,
    window: TimeWindow | None,
    joint_objective: str | None,
    idempotency_key: str | None,
) -> str | None:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    if window is not None:
        _check_window(checks, ctx, pair, window)
    if joint_objective is not None:
        joint_objective = checks.text("joint_objective", joint_objective, most=LONGEST_OBJECTIVE)
    checks.done()
    return joint_objective or None


def _check_window(checks: Checks, ctx: Context, pair: Pair, window: TimeWindow) -> None:
    if window["starts_at"] <= ctx.now:
        checks.add("window.starts_at", "Give an instant in the future.")
    if window["ends_at"] <= window["starts_at"]:
        checks.add("window.ends_at", "Give an instant after `startsAt`.")
    for noun, posting in (("need", pair.need), ("offer", pair.offer)):
        if not covers(posting, window):
            checks.add("window", f"This is not within the times of the {noun}.")


async def _facts(ctx: Context, space: Space, pair: Pair) -> Facts:
    people = set(_owners(pair))
    return Facts(
        at=ctx.now,
        rules=rules_in(space),
        people=await standings_db.list_standings(ctx.db, space["_id"], people),
        blocks=await blocks_db.list_blocks_among(ctx.db, people),
    )


def _owners(pair: Pair) -> tuple[str, str]:
    return pair.need["owner"], pair.offer["owner"]


def _theirs(asked: Proposal) -> str:
    return "offer" if asked.proposer is Side.NEED else "need"
