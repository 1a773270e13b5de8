"""Support other than money: a campaign's team accepts it, somebody delivers it, the team thanks."""

from app.auth.permissions import Standing, require, require_visible
from app.campaigning.support_states import Actor, Deed
from app.campaigning.words import Support, SupportState
from app.db import campaigns as campaigns_db
from app.db import contributions as contributions_db
from app.db import gates as gates_db
from app.db.campaign_documents import Campaign, Contribution
from app.db.writing import Writing, write
from app.failures import NotFound, WrongState
from app.resolvers.campaigning import visible_campaign
from app.resolvers.context import Context, refuse_closed
from app.resolvers.contributions import stepped
from app.resolvers.giving import change
from app.resolvers.inputs import Checks
from app.resolvers.sight import campaign_standings

LONGEST_REASON = 500


async def accept_support(ctx: Context, *, id: str) -> Contribution:
    """Accept what somebody offered; for the team.

    Raises:
        NotFound: the viewer sees no such contribution.
        NotSignedIn, NotAllowed: the viewer is not of the team.
        WrongState: it is money, or not to be accepted, or the campaign takes nothing now.

    """
    return await _step(ctx, id, Deed.ACCEPT)


async def decline_support(ctx: Context, *, id: str, reason: str) -> Contribution:
    """Say no to what somebody offered, or do without what was accepted; for the team.

    Raises:
        NotFound, NotSignedIn, NotAllowed, WrongState: as `accept_support`.
        InvalidInput: the reason is too long.

    """
    return await _step(ctx, id, Deed.DECLINE, reason)


async def deliver_support(ctx: Context, *, id: str) -> Contribution:
    """Say that what was accepted is delivered, from when on it counts; for supporter and team.

    Raises:
        NotFound, NotSignedIn, NotAllowed, WrongState: as `accept_support`.

    """
    return await _step(ctx, id, Deed.DELIVER)


async def deny_delivery(ctx: Context, *, id: str, reason: str) -> Contribution:
    """Say that something was not delivered: it is accepted still, and counts no more; for the team.

    Raises:
        NotFound, NotSignedIn, NotAllowed, WrongState: as `accept_support`.
        InvalidInput: no reason is given, or it is too long.

    """
    return await _step(ctx, id, Deed.DENY, reason)


async def acknowledge_support(ctx: Context, *, id: str) -> Contribution:
    """Say thanks for what was delivered, which is final; for the team.

    Raises:
        NotFound, NotSignedIn, NotAllowed, WrongState: as `accept_support`.

    """
    return await _step(ctx, id, Deed.ACKNOWLEDGE)


async def _step(ctx: Context, id: str, deed: Deed, reason: str = "") -> Contribution:
    campaign, person, actor = await _entitled(ctx, id, deed)
    checks = Checks()
    reason = checks.text("reason", reason, least=deed is Deed.DENY, most=LONGEST_REASON)
    checks.done()

    async def work(writing: Writing) -> Contribution:
        given, now = await _current(writing, id)
        wanted = deed
        if deed is Deed.DECLINE and given["state"] == SupportState.ACCEPTED:
            wanted = Deed.CANCEL  # the team's no, after its yes
        changes = stepped(given, now, (wanted, actor), ctx, reason)
        return await change(writing, now, given, changes)

    async with ctx.db.turns.take(gates_db.hot_spots(campaign["_id"], person)):
        after = await write(ctx.db, ctx.now, work)
    if person == ctx.viewer.user:
        await ctx.settle()
    ctx.services.log.nudge()
    await ctx.services.folding.count(campaign["_id"])
    return after


async def _entitled(ctx: Context, id: str, deed: Deed) -> tuple[Campaign, str, Actor]:
    """Return the campaign of an offer, whose it is, and as whom the viewer does a deed with it."""
    given = await contributions_db.find_contribution(ctx.db, id)
    if given is None:
        raise NotFound("There is no such contribution.")
    campaign, space = await visible_campaign(ctx, given["campaign"])
    found = set(campaign_standings(ctx, campaign, space)) - {Standing.SELF}
    if ctx.viewer.user == given["supporter"]:
        found.add(Standing.SELF)
    require_visible("contribution.read", found, "contribution")
    require("support.deliver" if deed is Deed.DELIVER else "support.answer", ctx.viewer, found)
    refuse_closed(space)
    if given["kind"] == Support.MONEY:
        message = "This is money: it is paid, not delivered."
        raise WrongState(message, state=given["state"])
    actor = Actor.TEAM if Standing.TEAM in found else Actor.SUPPORTER
    return campaign, given["supporter"], actor


async def _current(writing: Writing, id: str) -> tuple[Contribution, Campaign]:
    """Return an offer and its campaign as the transaction finds them."""
    given = await contributions_db.find_contribution(writing.db, id, writing.session)
    campaign = given and await campaigns_db.find_campaign(
        writing.db, given["campaign"], writing.session
    )
    if given is None or campaign is None:
        raise NotFound("There is no such contribution.")
    return given, campaign
