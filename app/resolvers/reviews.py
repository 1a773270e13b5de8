"""Reviews: each side of a completed match writes one, blind to the other's until both are shown.

Until then nobody but the writer learns that a review exists: the match stays untouched, the event
is the writer's own, and nothing is weighed anew. Moderators, unless it is about them, hear at once
of one that rates very low. While what was completed is in dispute, the time for reviews stands
still: nobody gets rid of a review by a dispute.
"""

from datetime import timedelta
from typing import TypedDict

from app.auth.permissions import Standing, allowed, require, standings
from app.db import matches as matches_db
from app.db import reviews as reviews_db
from app.db import spaces as spaces_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.events import Draft
from app.db.match_documents import Envelope, Match, Report, Review
from app.db.paging import Page, Window
from app.db.writing import Writing, write_once
from app.failures import NotFound, WrongState
from app.ids import new_id
from app.matching.reputation import HIGHEST_RATING, LOWEST_RATING
from app.matching.states import Actor, Cause, Deed, Moment, Refused, State, Step, reviews_end, step
from app.matching.terms import Side
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.match_course import match_event
from app.resolvers.matchmaking import rules_in
from app.resolvers.sight import sees_match
from app.resolvers.standings import note_tie, renew_standing

LONGEST_TEXT = 2_000
# How often it is looked whether the dispute over a match is resolved.
LOOKED_AFTER = timedelta(days=1)


class GivenReview(TypedDict):
    """A review as it was sent."""

    rating: int
    text: str
    private_note: str | None


async def review_match(
    ctx: Context, *, match_id: str, given: GivenReview, idempotency_key: str | None
) -> Review:
    """Review the other side of a completed match, once; it is shown when both have, or in time.

    Raises:
        NotFound: the viewer sees no such match.
        NotAllowed: the viewer is not one of its two sides.
        InvalidInput: something is wrong with the input.
        WrongState: it is not completed, the time is over, or this side has written already.
        Conflict: the idempotency key was used for another input.

    """
    match, space = await _visible_match(ctx, match_id)
    side = _side(ctx, match)
    found = ctx.standings(space) | ({Standing.SIDE} if side else frozenset())
    require("review.write", ctx.viewer, found)
    refuse_closed(space)
    fresh = _new_review(ctx, match, given, idempotency_key)

    async def work(writing: Writing) -> Document:
        await _write_review(writing, space, fresh)
        return {"id": fresh["_id"]}

    deed = ("reviewMatch", ctx.viewer.actor, {"match": match_id, **given})
    async with ctx.db.turns.take([match["need_owner"], match["offer_owner"]]):
        done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    [review] = await reviews_db.list_reviews(ctx.db, [done["id"]])
    return review


async def open_envelope(writing: Writing, match_id: str) -> None:
    """Show what was written of a match when the time for reviews is over; time has come."""
    envelope = await reviews_db.find_envelope(writing, match_id)
    if envelope is None or envelope["opens_at"] > writing.at:
        return
    match = await matches_db.find_match(writing.db, match_id, writing.session)
    space = await spaces_db.find_space(writing.db, envelope["space"])
    if match is None or space is None:
        await reviews_db.delete_envelope(writing, match_id)
        return
    moment = Moment(at=writing.at, rules=rules_in(space))
    closing = step(_with(match, envelope), Deed.CLOSE_REVIEWS, Actor.TIME, moment)
    if isinstance(closing, Step):
        await writing.append(await _open(writing, space, _with(match, envelope), closing, None))
    elif closing.cause is Cause.EARLY:
        later = {"opens_at": reviews_end(match, moment)}
        await reviews_db.update_envelope(writing, match_id, later)
    elif closing.found is State.DISPUTED:  # whoever resolves that says when it opens
        await reviews_db.update_envelope(writing, match_id, {"opens_at": writing.at + LOOKED_AFTER})
    else:
        await reviews_db.delete_envelope(writing, match_id)


async def list_reviews_of(ctx: Context, *, space_id: str, person: str, window: Window) -> Page:
    """Return a page of what others say of a person in a space, as far as the viewer may read it.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not read what is in it.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("review.read", space)
    viewer = ctx.viewer.user
    return await reviews_db.find_reviews_of(ctx.db, space_id, person, viewer, window)


async def list_reviews(ctx: Context, match_id: str) -> list[Review]:
    """Return the reviews of a match, as far as the viewer may read them.

    Raises:
        NotFound: the viewer sees no such match.

    """
    match, _ = await _visible_match(ctx, match_id)
    [found] = await list_reviews_of_matches(ctx, [match])
    return found


async def list_reviews_of_matches(ctx: Context, matches: list[Match]) -> list[list[Review]]:
    """Return for each match that the viewer sees its reviews, as far as they may read them."""
    ids = [match["_id"] for match in matches]
    found = await reviews_db.list_reviews_of_matches(ctx.db, ids, ctx.viewer.user)
    return [found[id] for id in ids]


async def find_visible_reviews(ctx: Context, ids: list[str]) -> dict[str, Review]:
    """Return those of the reviews that the viewer may see, by identifier."""
    found = await reviews_db.list_reviews(ctx.db, ids)
    readable = await ctx.visible("review.read", found)
    return {
        review["_id"]: review
        for review in found
        if review["reviewer"] == ctx.viewer.user
        or judges(ctx, review)
        or (review["shown_at"] is not None and review["_id"] in readable)
    }


def judges(ctx: Context, review: Review) -> bool:
    """Say whether the viewer judges a review as a moderator: one reported, and not about them."""
    if not review.get("reported") or review["subject"] == ctx.viewer.user:
        return False
    return allowed("report.list", standings(ctx.viewer, review["space"]))


def sees_note(ctx: Context, review: Review) -> bool:
    """Say whether the viewer sees the private note: who wrote it, and moderators to whom it is."""
    if review["reviewer"] == ctx.viewer.user or judges(ctx, review):
        return True
    if review["shown_at"] is None or review["subject"] == ctx.viewer.user:
        return False
    return allowed("report.list", standings(ctx.viewer, review["space"]))


async def _visible_match(ctx: Context, id: str) -> tuple[Match, Space]:
    match = await matches_db.find_match(ctx.db, id)
    space = await ctx.services.spaces.find(match["space"]) if match else None
    if match is None or space is None or not sees_match(ctx, match, space):
        raise NotFound("There is no such match.")
    return match, space


def _side(ctx: Context, match: Match) -> Side | None:
    sides = {match["need_owner"]: Side.NEED, match["offer_owner"]: Side.OFFER}
    return sides.get(ctx.viewer.user or "")


def _new_review(
    ctx: Context, match: Match, given: GivenReview, idempotency_key: str | None
) -> Review:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    if not LOWEST_RATING <= given["rating"] <= HIGHEST_RATING:
        checks.add("rating", f"Give {LOWEST_RATING} to {HIGHEST_RATING}.")
    text = checks.text("text", given["text"], most=LONGEST_TEXT)
    note = checks.text("privateNote", given["private_note"] or "", most=LONGEST_TEXT)
    checks.done()
    writer, side = ctx.person(), _side(ctx, match)
    about = match["offer_owner"] if side is Side.NEED else match["need_owner"]
    return Review(
        _id=new_id("reviews"),
        match=match["_id"],
        space=match["space"],
        reviewer=writer,
        subject=about,
        side=side or "",
        category=match["category"],
        rating=given["rating"],
        text=text,
        private_note=note or None,
        reported=False,
        written_at=ctx.now,
        shown_at=None,
    )


async def _write_review(writing: Writing, space: Space, fresh: Review) -> None:
    match = await matches_db.find_match(writing.db, fresh["match"], writing.session)
    if match is None:
        raise NotFound("There is no such match.")
    if match["reviewed_by"]:
        message = "Its reviews are shown, and none can be added to them."
        raise WrongState(message, state=match["state"])
    moment = Moment(at=writing.at, rules=rules_in(space))
    envelope = await reviews_db.claim_envelope(writing, match, reviews_end(match, moment))
    reviewing = step(_with(match, envelope), Deed.REVIEW, Actor(fresh["side"]), moment)
    if isinstance(reviewing, Refused):
        raise WrongState(reviewing.sentence, state=reviewing.found)
    low = fresh["rating"] <= moment.rules["low_rating"]
    await writing.insert("reviews", {**fresh, "reported": low})
    drafts = [_written(fresh)]
    if low:
        drafts.append(await _report(writing, fresh))
    if len(reviewing.changes["reviewed_by"]) == len(Side):
        drafts.append(await _open(writing, space, match, reviewing, fresh["reviewer"]))
    else:
        so_far = {"written_by": reviewing.changes["reviewed_by"]}
        await reviews_db.update_envelope(writing, match["_id"], so_far)
    await writing.append(*drafts)


def _with(match: Match, envelope: Envelope) -> Match:
    """Return the match as it would be if it told who has written."""
    return {**match, "reviewed_by": envelope["written_by"]}


async def _open(
    writing: Writing, space: Space, match: Match, taken: Step, actor: str | None
) -> Draft:
    """Show the reviews of a match and weigh anew what is known of those whom they are about."""
    changes = {"reviewed_by": match["reviewed_by"], **taken.changes}
    after = await matches_db.update_match(writing, match, changes)
    await reviews_db.delete_envelope(writing, match["_id"])
    await note_tie(writing, match["space"], match["need_owner"], match["offer_owner"])
    for person in await reviews_db.show_reviews(writing, match["_id"]):
        await renew_standing(writing, space, person)
    return match_event("match.reviewed", after, writing.at, before=match, actor=actor)


async def _report(writing: Writing, review: Review) -> Draft:
    """Bring a review to the moderators; the two of the match, if among them, do not hear of it."""
    report = Report(
        _id=new_id("reports"),
        space=review["space"],
        subject=review["_id"],
        match=review["match"],
        about=[review["reviewer"], review["subject"]],
        cause="LOW_RATING",
        state="OPEN",
        created_at=writing.at,
    )
    await writing.insert("reports", report)
    # In no space: the events of a space are counted for all who read it.
    return Draft(
        type="report.made",
        space=None,
        subject=report["_id"],
        actor=None,
        at=writing.at,
        within=report["_id"],
    )


def _written(review: Review) -> Draft:
    """Whoever wrote a review is alone in knowing it: the event has no space and is theirs."""
    return Draft(
        type="review.written",
        space=None,
        subject=review["_id"],
        actor=review["reviewer"],
        at=review["written_at"],
        to=[review["reviewer"]],
    )
