"""What is done with consents: somebody lets their case be used, and takes that back."""

from typing import TypedDict, cast

from app.auth.permissions import allowed
from app.broking.consent import not_givable
from app.broking.states import State
from app.broking.words import Purpose
from app.db import consents as consents_db
from app.db.driver import Document, DuplicateKeyError
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.thread_documents import Consent, Thread
from app.db.transactions import Again
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, NotFound, WrongState
from app.ids import new_id
from app.resolvers.broking import insist_on_broker, raise_lack, reread, rules_of, visible_thread
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks

REVOKED = "REVOKED"


class AskedText(TypedDict):
    """What a space asks for consent with."""

    purpose: str
    text: str
    version: int
    least_version: int


async def give_consent(
    ctx: Context,
    *,
    thread_id: str,
    purpose: Purpose,
    text_version: int,
    with_free_text: bool,
    idempotency_key: str | None,
) -> Consent:
    """Let a case of the viewer's be used for a purpose; what they let before ends with it.

    So one consent stands at most: whoever revokes it is not surprised by an older one.

    Raises:
        NotFound: the viewer sees no such thread.
        NotSignedIn, NotAllowed: it is not their case.
        InvalidInput: something is wrong with the input.
        WrongState: the case was withdrawn.
        Conflict: the space does not ask for this, or by another version of its text by now.

    """
    giver = ctx.person()
    _, space, _ = await visible_thread(ctx, thread_id)
    refuse_closed(space)
    insist_on_broker(space)
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    checks.done()
    consent = Consent(
        _id=new_id("consents"),
        space=space["_id"],
        thread=thread_id,
        giver=giver,
        purpose=purpose,
        text_version=text_version,
        with_free_text=with_free_text,
        given_at=ctx.now,
        revoked_at=None,
        version=1,
    )

    async def work(writing: Writing) -> Document:
        thread = await reread(writing, thread_id)
        lack = not_givable(thread, giver, purpose, text_version, rules_of(space))
        if lack is not None:
            raise_lack(lack, _standing_in_the_way(thread))
        drafts = await _end_others(ctx, writing, consent)
        try:
            await writing.insert("consents", consent)
        except DuplicateKeyError as error:  # another one was given at the same moment
            raise Again from error
        after = {"purpose": consent["purpose"], "text_version": text_version}
        await writing.append(*drafts, _event(ctx, "consent.given", consent["_id"], after))
        return {"id": consent["_id"]}

    given = {"thread": thread_id, "purpose": purpose, "version": text_version}
    deed = ("giveConsent", giver, {**given, "with_free_text": with_free_text})
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    return cast("Consent", await consents_db.find_consent(ctx.db, done["id"]))


async def revoke_consent(ctx: Context, *, id: str, expected_version: int) -> Consent:
    """Take a consent back; what is exported from now on leaves the case out.

    It can be taken back whatever has become of the space and of the thread.

    Raises:
        NotFound: the viewer gave no such consent.
        NotSignedIn: nobody is signed in.
        WrongState: it was taken back before.
        Conflict: it has moved on since the caller saw it.

    """
    ctx.person()
    known = await consents_db.find_consent(ctx.db, id)
    ctx.require_own("consent.change", None if known is None else known["giver"], "consent")

    async def work(writing: Writing) -> Consent:
        consent = await consents_db.find_consent(ctx.db, id, writing.session)
        if consent is None:
            raise NotFound("There is no such consent.")
        if consent["version"] != expected_version:
            message = "The consent has changed meanwhile."
            raise Conflict(message, current_version=consent["version"])
        if consent["revoked_at"] is not None:
            raise WrongState("You have taken this consent back already.", state=REVOKED)
        revoked = await consents_db.revoke_consent(writing, consent, ctx.now)
        await writing.append(_event(ctx, "consent.revoked", id))
        return revoked

    revoked = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return revoked


async def find_text(ctx: Context, *, space_id: str, purpose: Purpose) -> AskedText | None:
    """Return what a space asks for consent to a purpose with, None if it does not.

    Raises:
        NotFound: the viewer sees no such space.

    """
    space = await ctx.visible_space(space_id)
    asked = rules_of(space)["consents"].get(purpose)
    return None if asked is None else AskedText(purpose=purpose.value, **asked)


async def list_my_consents(ctx: Context, window: Window) -> Page:
    """Return a page of the viewer's consents, those taken back included, the latest first.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    return await consents_db.find_consents(ctx.db, ctx.person(), window)


async def find_my_consents(ctx: Context, ids: list[str]) -> dict[str, Consent]:
    """Return those of the consents that the viewer gave, by identifier."""
    found = await consents_db.list_consents(ctx.db, ids)
    return {one["_id"]: one for one in found if allowed("consent.read", ctx.own(one["giver"]))}


def _standing_in_the_way(thread: Thread) -> str | None:
    return State.WITHDRAWN if thread["state"] == State.WITHDRAWN else None


async def _end_others(ctx: Context, writing: Writing, consent: Consent) -> list[Draft]:
    """End the consents that this one takes the place of, and return the events of that."""
    others = await consents_db.list_standing(
        ctx.db, consent["thread"], consent["purpose"], writing.session
    )
    for other in others:
        await consents_db.revoke_consent(writing, other, ctx.now)
    return [_event(ctx, "consent.revoked", other["_id"]) for other in others]


def _event(ctx: Context, type: str, consent: str, after: Document | None = None) -> Draft:
    """Return an event about a consent, which is its giver's alone."""
    giver = ctx.person()
    return Draft(
        type=type, space=None, subject=consent, actor=giver, at=ctx.now, to=[giver], after=after
    )
