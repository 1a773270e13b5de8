"""What is done with a match: answer it, agree, begin, complete, end, object, and judge that."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from app.auth.permissions import Standing, require
from app.db import matches as matches_db
from app.db import presence as presence_db
from app.db import reviews as reviews_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.match_documents import Dispute, Match
from app.db.writing import Writing, write
from app.failures import Conflict, NotAllowed, NotFound, WrongState
from app.matching.commitment import Lacking
from app.matching.opening import UNANSWERED
from app.matching.states import Actor, Deed, Moment, reviews_end
from app.matching.terms import Side
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.match_course import Course
from app.resolvers.sight import sees_match

LONGEST_OBJECTIVE, LONGEST_AGREEMENT, LONGEST_REASON = 1_000, 20_000, 2_000

Work = Callable[[Course, Match], Awaitable[Match]]


class Seen(NamedTuple):
    """A match that the viewer sees, its space, and the side that is theirs, if one is."""

    match: Match
    space: Space
    side: Side | None


async def respond_to_match(ctx: Context, *, id: str, accepts: bool) -> Match:
    """Accept a match or decline it.

    The second acceptance confirms it, if there is a seat; else it waits for one. When a seat is
    held for it, either side takes it by accepting once more.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is not one of its two; or an agreement is lacking, or
            whoever accepts is no member of the space any more.
        WrongState: it stands otherwise, this side has answered already, or its time is over.
        Conflict: one of the two is confirmed elsewhere at the same time.

    """
    if not accepts:
        return await _do(ctx, id, Deed.DECLINE)
    seen = await _mine(ctx, id)

    async def work(course: Course, match: Match) -> Match:
        await _insist_on_both(ctx, course, match)
        return await course.do(match, Deed.ACCEPT, Actor(seen.side or ""))

    return await _write(ctx, seen, work)


async def withdraw_match(ctx: Context, *, id: str) -> Match:
    """Take an acceptance back before the match is confirmed, which ends it.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is not one of its two, or has not accepted it.
        WrongState: it stands otherwise.

    """
    return await _do(ctx, id, Deed.WITHDRAW)


async def cancel_match(ctx: Context, *, id: str) -> Match:
    """Cancel a confirmed match: freely before the space's limit, and late after it.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is not one of its two.
        WrongState: it stands otherwise.

    """
    return await _do(ctx, id, Deed.CANCEL)


async def start_match(ctx: Context, *, id: str) -> Match:
    """Say that a confirmed match is under way; raises what `cancel_match` does."""
    return await _do(ctx, id, Deed.START)


async def complete_match(ctx: Context, *, id: str) -> Match:
    """Say that a match is done; raises what `cancel_match` does."""
    return await _do(ctx, id, Deed.COMPLETE)


async def report_no_show(ctx: Context, *, id: str) -> Match:
    """Say that the other was not there; raises what `cancel_match` does, also before it begins."""
    return await _do(ctx, id, Deed.REPORT_NO_SHOW)


async def dispute_match(ctx: Context, *, id: str, reason: str) -> Match:
    """Object to how a match went or ended; the moderators of the space see it from then on.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is not one of its two.
        InvalidInput: there is no reason, or it is too long.
        WrongState: it stands otherwise.

    """
    seen = await _mine(ctx, id)
    reason = _text("reason", reason, least=1, most=LONGEST_REASON)

    async def work(course: Course, match: Match) -> Match:
        side = Actor(seen.side or "")
        dispute = Dispute(by=side.value, reason=reason, at=ctx.now, note=None, resolved_by=None)
        return await course.do(match, Deed.DISPUTE, side, dispute=dispute)

    return await _write(ctx, seen, work)


async def resolve_dispute(ctx: Context, *, id: str, charged_to: Side | None, note: str) -> Match:
    """Decide a dispute: on whose reliability the end counts, if on anyone's, and why.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is no moderator of the space, or is one of the two.
        InvalidInput: the note is too long.
        WrongState: it is not disputed.

    """
    seen = await _see(ctx, id)
    ctx.require("match.resolve", seen.space)
    if seen.side is not None:
        missing = "a moderator who is not one of the two"
        raise NotAllowed("Nobody judges a dispute of their own.", missing=missing)
    note = _text("note", note, least=0, most=LONGEST_REASON)

    async def work(course: Course, match: Match) -> Match:
        found: Document = {"note": note, "resolved_by": ctx.viewer.user, "resolved_at": ctx.now}
        dispute = {**(match.get("dispute") or {}), **found}
        after = await course.do(match, Deed.RESOLVE, Actor.MODERATOR, charged_to, dispute=dispute)
        opens_at = reviews_end(after, Moment(ctx.now, await course.rules(after["space"])))
        await reviews_db.update_envelope(course.writing, after["_id"], {"opens_at": opens_at})
        return after

    return await _write(ctx, seen, work)


async def write_agreement(
    ctx: Context,
    *,
    id: str,
    joint_objective: str | None,
    agreement: str | None,
    expected_version: int,
) -> Match:
    """Write what the two want to reach together, and on which terms; None stays as it is.

    Whoever had accepted another text has not accepted this one.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is not one of its two.
        InvalidInput: a text is too long.
        WrongState: the match is confirmed or has ended.
        Conflict: the match has moved on since the caller saw it.

    """
    seen = await _mine(ctx, id)
    checks, texts = Checks(), dict[str, str]()
    for name, text, most in (
        ("joint_objective", joint_objective, LONGEST_OBJECTIVE),
        ("agreement", agreement, LONGEST_AGREEMENT),
    ):
        if text is not None:
            texts[name] = checks.text(name, text, most=most)
    checks.done()

    async def work(course: Course, match: Match) -> Match:
        _insist(match, expected_version)
        changed = {name: text for name, text in texts.items() if text != (match.get(name) or "")}
        if not changed:
            return match
        return await course.note(match, "match.agreement_changed", {**changed, "agreed_by": []})

    return await _write(ctx, seen, work)


async def accept_agreement(ctx: Context, *, id: str, expected_version: int) -> Match:
    """Accept the agreement of a match as it is written now. Accepting twice is accepting once.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is not one of its two, or there is no text.
        WrongState: the match is confirmed or has ended.
        Conflict: the match has moved on since the caller saw it.

    """
    seen = await _mine(ctx, id)

    async def work(course: Course, match: Match) -> Match:
        _insist(match, expected_version)
        if not (match["agreement"] or "").strip():
            raise NotAllowed(Lacking.AGREEMENT.sentence, missing=Lacking.AGREEMENT.value)
        agreed_by = sorted({*match["agreed_by"], str(seen.side)})
        if agreed_by == match["agreed_by"]:
            return match
        return await course.note(match, "match.agreed", {"agreed_by": agreed_by})

    return await _write(ctx, seen, work)


async def _do(ctx: Context, id: str, deed: Deed) -> Match:
    seen = await _mine(ctx, id)

    async def work(course: Course, match: Match) -> Match:
        return await course.do(match, deed, Actor(seen.side or ""))

    return await _write(ctx, seen, work)


async def _write(ctx: Context, seen: Seen, work: Work) -> Match:
    """Do what is to be done on the match as the transaction finds it."""
    refuse_closed(seen.space)
    before = seen.match

    async def once(writing: Writing) -> Match:
        match = await matches_db.find_match(writing.db, before["_id"], writing.session)
        if match is None:
            raise NotFound("There is no such match.")
        course = Course(writing, ctx.viewer.actor, seen.space)
        after = await work(course, match)
        await course.finish()
        return after

    shared = (before["need"], before["offer"], before["need_owner"], before["offer_owner"])
    async with ctx.db.turns.take(shared):
        after = await write(ctx.db, ctx.now, once)
    ctx.services.log.nudge()
    return after


async def _see(ctx: Context, id: str) -> Seen:
    match = await matches_db.find_match(ctx.db, id)
    space = await ctx.services.spaces.find(match["space"]) if match else None
    if match is None or space is None or not sees_match(ctx, match, space):
        raise NotFound("There is no such match.")
    sides = {match["need_owner"]: Side.NEED, match["offer_owner"]: Side.OFFER}
    return Seen(match, space, sides.get(ctx.viewer.user or ""))


async def _mine(ctx: Context, id: str) -> Seen:
    seen = await _see(ctx, id)
    require("match.act", ctx.viewer, set() if seen.side is None else {Standing.SIDE})
    return seen


async def _insist_on_both(ctx: Context, course: Course, match: Match) -> None:
    """Let only those agree who both take part in the space still.

    Raises:
        NotAllowed: the viewer has left it.
        WrongState: the other has, or is suspended.

    """
    two = {match["need_owner"], match["offer_owner"]}
    writing = course.writing
    gone = two - await presence_db.list_present(writing.db, match["space"], two, writing.session)
    if ctx.viewer.user in gone:
        missing = "membership of the space"
        raise NotAllowed(f"Accepting asks for {missing}.", missing=missing)
    if gone:
        message = "The other takes no part in this space any more."
        raise WrongState(message, state=match["state"])


def _insist(match: Match, expected_version: int) -> None:
    """Let only what is still open, and was seen as it is, be agreed on."""
    if match["state"] not in UNANSWERED:
        message = f"An agreement precedes the confirmation: it is {match['state']}."
        raise WrongState(message, state=match["state"])
    if match["version"] != expected_version:
        message = "The match has changed meanwhile."
        raise Conflict(message, current_version=match["version"])


def _text(path: str, given: str, *, least: int, most: int) -> str:
    checks = Checks()
    text = checks.text(path, given, least=least, most=most)
    checks.done()
    return text
