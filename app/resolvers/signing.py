"""Signing: a petition's signature given, taken back, and whatever its state changes with it."""

from typing import Any

from app.campaigning.areas import spelled
from app.campaigning.signature_states import Actor, Deed, Moment, signing, step
from app.campaigning.steps import Refused, Step
from app.campaigning.words import SignatureState, Support
from app.db import campaigns as campaigns_db
from app.db import gates as gates_db
from app.db import signatures as signatures_db
from app.db import standings as standings_db
from app.db.campaign_documents import Campaign, Signature
from app.db.documents import Space
from app.db.events import Draft
from app.db.writing import Writing, write
from app.failures import NotFound, WrongState
from app.ids import new_id
from app.resolvers.campaigning import refusal, rules_in, visible_campaign
from app.resolvers.context import Context, refuse_closed
from app.resolvers.giving import Change, book, enter
from app.resolvers.inputs import Checks

LONGEST_COMMENT, LONGEST_AREA = 500, 100
STANDING = frozenset({SignatureState.PENDING, SignatureState.VALIDATED})


async def sign_petition(
    ctx: Context, *, campaign_id: str, area: str | None, anonymous: bool, comment: str
) -> Signature:
    """Sign a petition, once; the same again changes nothing.

    It counts at once if the signer is verified in the space, unless the space wants every signature
    to be validated. Who was verified meanwhile signs again, and it counts.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: nobody is signed in, or the space is closed.
        InvalidInput: the campaign seeks no signatures, or something of the input does not fit it.
        WrongState: the campaign takes none now; it is signed otherwise, or was found invalid.

    """
    person = ctx.person()
    campaign, space = await visible_campaign(ctx, campaign_id)
    ctx.require("signature.sign", space)
    refuse_closed(space)
    words = _checked(campaign, space, area, comment, anonymous=anonymous)
    verified = not rules_in(space)["validation"] and await standings_db.is_verified(
        ctx.db, space["_id"], person
    )
    moment = Moment(ctx.now, campaign, verified=verified)
    found = await signatures_db.find_signature(ctx.db, campaign_id, person)
    if found is not None and _is_given(found, words, moment):
        return found

    async def work(writing: Writing) -> Signature:
        await enter(writing, campaign, person)
        before = await signatures_db.find_signature(ctx.db, campaign_id, person, writing.session)
        if before is not None and _is_given(before, words, moment):
            return before
        return await _sign(writing, before, person, words, moment)

    async with ctx.db.turns.take(gates_db.hot_spots(campaign_id, person)):
        signed = await write(ctx.db, ctx.now, work)
    return await _counted(ctx, campaign_id, signed)


async def withdraw_signature(ctx: Context, *, id: str) -> Signature:
    """Take one's own signature back, which is possible at any time.

    Raises:
        NotFound: the viewer has no such signature.
        WrongState: it is taken back already, or was found invalid.

    """
    known = await signatures_db.list_signatures(ctx.db, [id])
    if not known:
        raise NotFound("There is no such signature.")
    [found] = known
    ctx.require_own("signature.withdraw", found["signer"], "signature")
    hot = gates_db.hot_spots(found["campaign"], found["signer"])

    async def work(writing: Writing) -> Signature:
        done = await judge(writing, id, Deed.WITHDRAW, Actor.SIGNER)
        if isinstance(done, Refused):
            raise refusal(done)
        return done

    async with ctx.db.turns.take(hot):
        withdrawn = await write(ctx.db, ctx.now, work)
    return await _counted(ctx, found["campaign"], withdrawn)


async def judge(
    writing: Writing, id: str, deed: Deed, actor: Actor, reason: str = ""
) -> Signature | Refused:
    """Do a deed with a signature as this transaction finds it; what is so already stays."""
    [found] = await signatures_db.list_signatures(writing.db, [id], writing.session)
    await gates_db.hold_gate(writing, found["campaign"], found["signer"])
    campaign = await campaigns_db.find_campaign(writing.db, found["campaign"], writing.session)
    if campaign is None:
        raise NotFound("There is no such campaign.")
    if deed is Deed.VALIDATE and found["state"] == SignatureState.VALIDATED:
        return found
    outcome = step(found, deed, actor, Moment(writing.at, campaign, reason=reason))
    if isinstance(outcome, Refused):
        return outcome
    return await _stepped(writing, campaign, found, outcome.changes)


async def _stepped(
    writing: Writing,
    campaign: Campaign,
    before: Signature,
    changes: Any,
    type: str = "signature.changed",
) -> Signature:
    after = await signatures_db.update_signature(writing, before, changes)
    await _book(writing, campaign, after, before["state"], type)
    return after


async def _book(
    writing: Writing, campaign: Campaign, given: Signature, before: str | None, type: str
) -> None:
    """Write all that follows from a signature's state; the event does not say whose it is."""
    kind = Support.SIGNATURE.value
    change = Change(given["_id"], given["signer"], kind, 1, None, before, given["state"])
    event = Draft(
        type=type,
        space=given["space"],
        subject=given["_id"],
        actor=None,
        at=writing.at,
        before=None if before is None else {"state": before},
        after={"state": given["state"]},
        within=given["campaign"],
        to=[given["signer"]],
    )
    await book(writing, campaign, change, event)


def _checked(
    campaign: Campaign, space: Space, area: str | None, comment: str, *, anonymous: bool
) -> dict[str, Any]:
    """Return what a signature says, if that fits the campaign."""
    checks, rules = Checks(), rules_in(space)
    if not any(goal["kind"] == Support.SIGNATURE for goal in campaign["goals"]):
        checks.add("campaign", "This campaign seeks no signatures.")
    if anonymous and not rules["anonymous"]:
        checks.add("anonymous", "In this space supporters are shown by name.")
    if area is not None:
        area = checks.text("area", area, least=1, most=LONGEST_AREA)
        known = spelled(area, rules["areas"])
        if known is None:
            checks.add("area", f"Give one of {', '.join(rules['areas'][:20])}.")
        area = known
    comment = checks.text("comment", comment, most=LONGEST_COMMENT)
    checks.done()
    return {"area": area, "comment": comment, "anonymous": anonymous}


def _is_given(found: Signature, words: dict[str, Any], moment: Moment) -> bool:
    """Say whether nothing is left to be done: the same stands already.

    Raises:
        WrongState: it stands, and says something else.

    """
    if found["state"] not in STANDING:
        return False
    if any(found[key] != value for key, value in words.items()):  # type: ignore[literal-required]
        message = "You have signed it already. To sign otherwise, withdraw your signature first."
        raise WrongState(message, state=found["state"])
    return found["state"] == SignatureState.VALIDATED or not moment.verified


async def _sign(
    writing: Writing, before: Signature | None, person: str, words: dict[str, Any], moment: Moment
) -> Signature:
    """Write a signature: a new one, one that was taken back, or one that counts by now."""
    campaign = moment.campaign
    if before is not None and before["state"] in STANDING:
        found = step(before, Deed.VALIDATE, Actor.VERIFIER, moment)
        return await _stepped(writing, campaign, before, _possible(found).changes)
    state = _possible(signing(before, moment)).changes
    if before is not None:
        signed = {**words, **state, "created_at": writing.at}
        return await _stepped(writing, campaign, before, signed, "signature.given")
    signature = Signature(
        _id=new_id("signatures"),
        campaign=campaign["_id"],
        space=campaign["space"],
        signer=person,
        area=words["area"],
        anonymous=words["anonymous"],
        comment=words["comment"],
        state=state["state"],
        reason=None,
        created_at=writing.at,
        updated_at=writing.at,
        version=1,
    )
    await writing.insert("signatures", signature)
    await _book(writing, campaign, signature, None, "signature.given")
    return signature


def _possible(found: Step | Refused) -> Step:
    if isinstance(found, Refused):
        raise refusal(found)
    return found


async def _counted(ctx: Context, campaign: str, signature: Signature) -> Signature:
    """Return a signature that its signer just wrote, when its campaign counts it as it is."""
    await ctx.settle()
    await ctx.services.folding.count(campaign)
    return signature
