"""What people know, and who vouches for it: declare, endorse, verify, revoke, and let run out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from app.auth.permissions import Standing, allowed, require
from app.broking.expertise import Attestation, Proof, next_proof
from app.broking.reputation import Merit
from app.broking.words import Lack, Level
from app.db import credits as credits_db
from app.db import expertise as expertise_db
from app.db.documents import Space
from app.db.driver import Document, DuplicateKeyError, Session
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.thread_documents import Expertise
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, InvalidInput, NotFound, Problem, WrongState
from app.resolvers.broking import insist_on_broker, raise_lack, rules_of
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.trust import credit_for, levels_of
from app.text import fold

LONGEST_SUBJECT, LONGEST_STATEMENT, LONGEST_REASON = 100, 2_000, 1_000


async def declare_expertise(
    ctx: Context, *, space_id: str, subject: str, statement: str, idempotency_key: str | None
) -> Expertise:
    """Say that one knows a subject.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer is no member, or the space has no threads.
        InvalidInput: something is wrong with the input.
        WrongState: the viewer declared this before; what was revoked is not declared anew.
        Conflict: the idempotency key was used for another input.

    """
    space = await ctx.visible_space(space_id)
    _require(ctx, "expertise.declare", space)
    declared = _declared(ctx, space_id, subject, statement, idempotency_key)
    id = declared["_id"]

    async def work(writing: Writing) -> Document:
        known = await expertise_db.find_expertise(ctx.db, id, writing.session)
        _proof(space, known, Attestation.DECLARE, declared["person"])
        await writing.insert("expertise", declared)
        await writing.append(_event("expertise.declared", declared, ctx.viewer.actor, ctx.now))
        return {"id": id}

    given = {"space": space_id, "subject": subject, "statement": statement}
    deed = ("declareExpertise", ctx.viewer.actor, given)
    try:
        await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    except DuplicateKeyError:
        raise WrongState("You declared this before.", state=declared["state"]) from None
    return await _written(ctx, id)


async def endorse_expert(ctx: Context, *, id: str) -> Expertise:
    """Vouch for what somebody else knows. To endorse twice is to endorse once.

    Raises:
        NotFound: the viewer sees no such expertise.
        NotSignedIn, NotAllowed: the viewer is no member, or means their own.
        WrongState: it was revoked.

    """
    _, space = await _visible(ctx, id)
    insist_on_endorsing(ctx, space)
    by = ctx.person()

    async def work(writing: Writing) -> None:
        before = await _current(ctx, id, writing.session)
        proof = _proof(space, before, Attestation.ENDORSE, by)
        if by in before["endorsers"]:
            return
        change = {"state": proof.value, "endorsers": [*before["endorsers"], by]}
        after = await expertise_db.update_expertise(writing, before, change)
        await credits_db.give_credits(writing, credit_for(before, by, writing.at))
        await writing.append(_event("expertise.endorsed", after, by, ctx.now, before))

    async with ctx.db.turns.take([id]):
        await write(ctx.db, ctx.now, work)
    return await _written(ctx, id)


def insist_on_endorsing(ctx: Context, space: Space) -> None:
    """Let a person pass who may vouch for others in a space.

    Raises:
        NotSignedIn, NotAllowed: the viewer is no member.

    """
    _require(ctx, "expertise.endorse", space)


async def verify_expert(
    ctx: Context, *, id: str, expected_version: int, until: datetime | None
) -> Expertise:
    """Vouch for what somebody knows as the operator, until an instant or for good.

    Raises:
        NotFound: the viewer sees no such expertise.
        NotSignedIn, NotAllowed: the viewer is not the operator.
        InvalidInput: the end lies in the past.
        Conflict: the expertise has moved on since the caller saw it.

    """
    _, space = await _visible(ctx, id)
    _require(ctx, "expertise.verify", space)
    if until is not None and until <= ctx.now:
        raise InvalidInput(Problem("until", "Give an instant in the future, or none."))
    by = ctx.person()

    async def work(writing: Writing) -> None:
        before = await _current(ctx, id, writing.session)
        if before["version"] != expected_version:
            message = "The expertise has changed meanwhile."
            raise Conflict(message, current_version=before["version"])
        change: Document = {
            "state": _proof(space, before, Attestation.VERIFY, by).value,
            "verified_by": by,
            "verified_at": ctx.now,
            "verified_until": until,
            "revoked_by": None,
            "revoked_at": None,
            "revoked_because": "",
        }
        after = await expertise_db.update_expertise(writing, before, change)
        await writing.append(_event("expertise.verified", after, by, ctx.now, before))

    await write(ctx.db, ctx.now, work)
    return await _written(ctx, id)


async def revoke_expertise(ctx: Context, *, id: str, reason: str) -> Expertise:
    """Take an expertise back: one's own, or as moderator or operator for a reason.

    Its endorsements end with it, and so does what they gave. From this moment no reply is marked
    with it.

    Raises:
        NotFound: the viewer sees no such expertise.
        NotSignedIn, NotAllowed: it is not theirs, and they do not moderate the space.
        InvalidInput: a reason is missing, or too long.
        WrongState: it was revoked before.

    """
    seen, space = await _visible(ctx, id)
    require("expertise.revoke", ctx.viewer, _standings(ctx, seen, space))
    refuse_closed(space)
    own = seen["person"] == ctx.viewer.user
    checks = Checks()
    reason = checks.text("reason", reason, least=0 if own else 1, most=LONGEST_REASON)
    checks.done()
    by = ctx.person()

    async def work(writing: Writing) -> None:
        before = await _current(ctx, id, writing.session)
        change: Document = {
            "state": _proof(space, before, Attestation.REVOKE, by).value,
            "endorsers": [],
            "revoked_by": by,
            "revoked_at": ctx.now,
            "revoked_because": reason,
        }
        after = await expertise_db.update_expertise(writing, before, change)
        ids = [credits_db.credit_id(Merit.EXPERTISE_ENDORSED, id, e) for e in before["endorsers"]]
        await credits_db.undo_credits(writing, ids)
        await writing.append(_event("expertise.revoked", after, by, ctx.now, before))

    async with ctx.db.turns.take([id]):
        await write(ctx.db, ctx.now, work)
    return await _written(ctx, id)


async def end_verification(writing: Writing, id: str) -> None:
    """Write down that the time of a verification is over; it has not counted since then."""
    before = await expertise_db.find_expertise(writing.db, id, writing.session)
    if before is None or before["state"] != Proof.VERIFIED:
        return
    until = before["verified_until"]
    if until is None or until > writing.at:
        return
    change = {"state": Proof.EXPIRED.value}
    after = await expertise_db.update_expertise(writing, before, change)
    await writing.append(_event("expertise.expired", after, None, until, before))


async def list_expertise(
    ctx: Context, *, space_id: str, subject: str | None, person: str | None, window: Window
) -> Page:
    """Return a page of what people know, newest first: of a subject, of a person, or of all.

    What was revoked is for the person, for moderators and for the operator.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not read what is in it.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("expertise.read", space)
    where = {"space": space_id}
    if subject is not None:
        where["subject_folded"] = fold(subject.strip())
    if person is not None:
        where["person"] = person
    revoked = _looks_after(ctx, space) or (person is not None and person == ctx.viewer.user)
    return await expertise_db.find_expertise_page(ctx.db, where, window, revoked=revoked)


async def find_visible_expertise(ctx: Context, ids: list[str]) -> dict[str, Expertise]:
    """Return those of the expertise that the viewer sees, by identifier."""
    found = await expertise_db.list_expertise(ctx.db, list(set(ids)))
    spaces = await ctx.services.spaces.find_many({one["space"] for one in found})
    return {one["_id"]: one for one in found if _sees(ctx, one, spaces.get(one["space"]))}


async def list_levels(ctx: Context, found: Sequence[Expertise]) -> list[Level | None]:
    """Return the level that each expertise has at this moment, None for what does not stand."""
    spaces = await ctx.services.spaces.find_many({one["space"] for one in found})
    return [levels_of(ctx, spaces[one["space"]], [one])[0] for one in found]


async def list_reasons(ctx: Context, found: Sequence[Expertise]) -> list[str | None]:
    """Return why each expertise was revoked, for its person and who looks after the space."""
    spaces = await ctx.services.spaces.find_many({one["space"] for one in found})
    return [
        one["revoked_because"] or None
        if one["person"] == ctx.viewer.user or _looks_after(ctx, spaces[one["space"]])
        else None
        for one in found
    ]


def _sees(ctx: Context, expertise: Expertise, space: Space | None) -> bool:
    if space is None or not ctx.sees("expertise.read", space):
        return False
    own = expertise["person"] == ctx.viewer.user
    return own or expertise["state"] != Proof.REVOKED or _looks_after(ctx, space)


def _looks_after(ctx: Context, space: Space) -> bool:
    return allowed("expertise.revoke", ctx.standings(space))


def _standings(ctx: Context, expertise: Expertise, space: Space) -> set[Standing]:
    found = set(ctx.standings(space))
    if expertise["person"] == ctx.viewer.user:
        found.add(Standing.SELF)
    return found


def _require(ctx: Context, deed: str, space: Space) -> None:
    ctx.require(deed, space)
    refuse_closed(space)
    insist_on_broker(space)


def _proof(space: Space, known: Expertise | None, attestation: Attestation, by: str) -> Proof:
    """Return how an expertise stands after somebody attests to it.

    Raises:
        NotAllowed: it is for somebody else to do.
        WrongState: it stands otherwise.

    """
    proof = next_proof(known, attestation, by, rules_of(space)["endorsements_needed"])
    if isinstance(proof, Lack):
        raise_lack(proof, None if known is None else known["state"])
    return proof


def _declared(
    ctx: Context, space: str, subject: str, statement: str, idempotency_key: str | None
) -> Expertise:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    subject = checks.text("subject", subject, least=1, most=LONGEST_SUBJECT)
    statement = checks.text("statement", statement, most=LONGEST_STATEMENT)
    checks.done()
    person, topic = ctx.person(), fold(subject)
    return Expertise(
        _id=expertise_db.expertise_id(space, person, topic),
        space=space,
        person=person,
        subject=subject,
        subject_folded=topic,
        statement=statement,
        state=Proof.SELF_DECLARED.value,
        endorsers=[],
        verified_by=None,
        verified_at=None,
        verified_until=None,
        revoked_by=None,
        revoked_at=None,
        revoked_because="",
        created_at=ctx.now,
        version=1,
    )


async def _visible(ctx: Context, id: str) -> tuple[Expertise, Space]:
    found = await expertise_db.find_expertise(ctx.db, id)
    space = None if found is None else await ctx.services.spaces.find(found["space"])
    if found is None or space is None or not _sees(ctx, found, space):
        raise NotFound("There is no such expertise.")
    return found, space


async def _current(ctx: Context, id: str, session: Session) -> Expertise:
    """Return an expertise as a transaction finds it."""
    return cast("Expertise", await expertise_db.find_expertise(ctx.db, id, session))


async def _written(ctx: Context, id: str) -> Expertise:
    ctx.services.log.nudge()
    return cast("Expertise", await expertise_db.find_expertise(ctx.db, id))


def _event(
    type: str, expertise: Expertise, by: str | None, at: datetime, before: Expertise | None = None
) -> Draft:
    then: dict[str, Any] | None = None if before is None else {"state": before["state"]}
    return Draft(
        type=type,
        space=expertise["space"],
        subject=expertise["_id"],
        actor=by,
        at=at,
        to=[expertise["person"]],
        before=then,
        after={"state": expertise["state"]},
    )
