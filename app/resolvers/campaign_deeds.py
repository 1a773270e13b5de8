"""What is done with campaigns as a whole: each deed by the table of their life, with its event."""

from datetime import datetime

from app.campaigning.campaign_states import Actor, Deed, Moment, step
from app.campaigning.steps import Cause, Refused, Step
from app.campaigning.words import CampaignState
from app.db import campaigns as campaigns_db
from app.db import gates as gates_db
from app.db.campaign_documents import Campaign
from app.db.documents import Space
from app.db.writing import Writing, write
from app.failures import NotFound, WrongState
from app.resolvers.campaign_wording import insist_on_soundness
from app.resolvers.campaigning import (
    ENDINGS,
    actors_of,
    refusal,
    require_of,
    reread,
    rules_in,
    visible_campaign,
)
from app.resolvers.closing import close, event, open_campaign
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.sight import campaign_standings

LONGEST_REASON, LONGEST_RESPONSE = 1_000, 5_000
# Which permission each deed takes, besides what the table says; and what is told of it.
PERMISSIONS = {
    Deed.SUBMIT: "campaign.change",
    Deed.APPROVE: "campaign.review",
    Deed.RETURN: "campaign.return",
    Deed.OPEN: "campaign.change",
    Deed.EXTEND: "campaign.change",
    Deed.CLOSE: "campaign.change",
    Deed.CANCEL: "campaign.cancel",
    Deed.SUSPEND: "campaign.suspend",
    Deed.RESUME: "campaign.suspend",
    Deed.FULFIL_BEGIN: "campaign.change",
    Deed.FULFIL: "campaign.change",
}
TOLD = {
    Deed.SUBMIT: "campaign.submitted",
    Deed.APPROVE: "campaign.approved",
    Deed.RETURN: "campaign.returned",
    Deed.EXTEND: "campaign.extended",
    Deed.CANCEL: "campaign.cancelled",
    Deed.SUSPEND: "campaign.suspended",
    Deed.RESUME: "campaign.resumed",
    Deed.FULFIL_BEGIN: "campaign.fulfilling",
    Deed.FULFIL: "campaign.fulfilled",
}
SHUTTING = frozenset({Deed.CANCEL, Deed.SUSPEND})


async def act(
    ctx: Context, deed: Deed, *, id: str, reason: str = "", deadline: datetime | None = None
) -> Campaign:
    """Do a deed with a campaign, with a reason or a deadline where that takes one.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: it is not the viewer's to do, or its space is closed.
        InvalidInput: the reason or the deadline will not do, or what is submitted is not sound.
        WrongState: the campaign stands otherwise than the deed needs it to.

    """
    campaign, space = await visible_campaign(ctx, id)
    require_of(ctx, PERMISSIONS[deed], campaign, space)
    if deed not in ENDINGS:
        refuse_closed(space)
    checks = Checks()
    reason = checks.text("reason", reason, most=LONGEST_REASON)
    checks.done()
    moment = Moment(ctx.now, reason=reason, deadline=deadline, review=rules_in(space)["review"])

    async def work(writing: Writing) -> Campaign:
        now = await reread(writing, id)
        actor, found = _judged(ctx, now, space, deed, moment)
        if deed is Deed.SUBMIT:
            insist_on_soundness(now, space, ctx.now)
        if deed is Deed.OPEN:
            return await open_campaign(writing, now, actor, ctx.viewer.actor)
        if deed is Deed.CLOSE:
            return await close(writing, now, actor, ctx.viewer.actor)
        after = await campaigns_db.update_campaign(writing, now, found.changes)
        await _turn_gates(writing, deed, after)
        told = event(TOLD[deed], after, writing, before=now, actor=ctx.viewer.actor)
        await writing.append(told)
        return after

    after = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    if deed is Deed.CLOSE:
        await ctx.services.folding.count(id)
        return await campaigns_db.find_campaign(ctx.db, id) or after
    return after


async def respond(ctx: Context, *, id: str, threshold: str, text: str) -> Campaign:
    """Answer officially to a threshold that is crossed; a later answer replaces an earlier one.

    Raises:
        NotFound: the viewer sees no such campaign, or it has no such threshold.
        NotSignedIn, NotAllowed: the viewer does not moderate its space.
        InvalidInput: the text is empty or too long.
        WrongState: the threshold is not crossed.

    """
    campaign, space = await visible_campaign(ctx, id)
    require_of(ctx, "campaign.respond", campaign, space)
    checks = Checks()
    text = checks.text("text", text, least=1, most=LONGEST_RESPONSE)
    checks.done()
    response = {"text": text, "by": ctx.person(), "at": ctx.now}

    async def work(writing: Writing) -> Campaign:
        now = await reread(writing, id)
        if threshold not in {one["id"] for one in now["thresholds"]}:
            raise NotFound("There is no such threshold.")
        if now["crossed"].get(threshold, 0) < 1:
            raise WrongState("This threshold is not crossed.", state=now["state"])
        answered = [
            {**one, "response": response} if one["id"] == threshold else one
            for one in now["thresholds"]
        ]
        after = await campaigns_db.update_campaign(writing, now, {"thresholds": answered})
        told = event("campaign.responded", after, writing, actor=ctx.viewer.actor)
        told["after"] = {**(told["after"] or {}), "threshold": threshold}
        await writing.append(told)
        return after

    after = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return after


def _judged(
    ctx: Context, campaign: Campaign, space: Space, deed: Deed, moment: Moment
) -> tuple[Actor, Step]:
    """Return as whom the viewer does a deed, and where it leads.

    Raises:
        WrongState, NotAllowed, InvalidInput: it is not possible, as none of those who they are.

    """
    refused: list[Refused] = []
    for actor in actors_of(campaign_standings(ctx, campaign, space)):
        found = step(campaign, deed, actor, moment)
        if isinstance(found, Step):
            return actor, found
        refused.append(found)
    # That it is not theirs says least, if as somebody else only something small is in the way.
    raise refusal(min(refused, key=lambda one: one.cause is Cause.ACTOR))


async def _turn_gates(writing: Writing, deed: Deed, campaign: Campaign) -> None:
    if deed in SHUTTING:
        await gates_db.shut_gates(writing, campaign["_id"])
    elif deed is Deed.RESUME and campaign["state"] == CampaignState.OPEN:
        await gates_db.open_gates(writing, campaign["_id"])
