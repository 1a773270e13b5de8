"""What is done with contributions: given, taken back, given back, and noted where paid by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from app.auth.permissions import Standing, require, require_visible
from app.campaigning import pledge_states, support_states
from app.campaigning.campaign_states import takes_support
from app.campaigning.money import check_money
from app.campaigning.payments import Told
from app.campaigning.rules import is_provider_allowed
from app.campaigning.steps import Refused
from app.campaigning.tiers import Choice, choice_problems, counts_now
from app.campaigning.words import PledgeState, Support
from app.db import campaigns as campaigns_db
from app.db import contributions as contributions_db
from app.db import gates as gates_db
from app.db.campaign_documents import Campaign, Contribution
from app.db.documents import Space
from app.db.writing import Writing, write, write_once
from app.failures import InvalidInput, NotAllowed, NotFound, WrongState
from app.ids import new_id
from app.payments.transfer import NAME as TRANSFER
from app.resolvers.campaigning import refusal, rules_in, visible_campaign
from app.resolvers.collecting import begun, follow
from app.resolvers.context import Context, refuse_closed
from app.resolvers.giving import change, give
from app.resolvers.inputs import Checks
from app.resolvers.sight import campaign_standings

LONGEST_MESSAGE = LONGEST_REASON = 500
MOST = 10**12
# By hand: the money has come, or was sent back.
NOTED = {"RECEIVED": Told.CONFIRMED, "RETURNED": Told.REFUNDED}


@dataclass(frozen=True, slots=True)
class Gift:
    """What somebody wants to give; money says its currency and provider, all else neither."""

    campaign: str
    kind: str
    amount: int
    currency: str | None = None
    provider: str | None = None
    tier: str | None = None
    anonymous: bool = False
    message: str = ""


async def contribute(ctx: Context, gift: Gift, *, idempotency_key: str | None) -> Contribution:
    """Give something to a campaign, once for each idempotency key.

    Money is pledged through a payment provider, which confirms it at once or later; everything else
    is offered, and the campaign's team accepts it.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: nobody is signed in, or the space is closed.
        InvalidInput: something of it does not fit the campaign.
        WrongState: the campaign takes no support now, or no place of the tier is left.
        RateLimited: the person gave as often as anybody may.
        Conflict: the key was used for another input.

    """
    person, made = ctx.person(), dict[str, Contribution]()

    async def work(writing: Writing) -> dict[str, Any]:
        # All of it is looked at here: what was done before is answered though the campaign has
        # ended meanwhile, and whoever waited for a closing gives to what there is after it.
        campaign, space = await visible_campaign(ctx, gift.campaign, writing.session)
        ctx.require("contribution.make", space)
        refuse_closed(space)
        theirs = await contributions_db.list_of_supporter(
            writing.db, campaign["_id"], person, writing.session
        )
        _check(ctx, campaign, space, gift, theirs)
        if not takes_support(campaign, writing.at):
            raise WrongState("The campaign takes no support now.", state=campaign["state"])
        given = _given(ctx, campaign, gift, person)
        if gift.kind == Support.MONEY:
            provider = ctx.services.providers[given["provider"] or ""]
            given = await begun(provider, campaign, given)
        await give(writing, campaign, given, theirs)
        made[given["_id"]] = given
        return {"id": given["_id"]}

    deed = ("contribute", person, _as_given(gift))
    hot = gates_db.hot_spots(gift.campaign, person, gift.tier)
    async with ctx.db.turns.take(hot):
        done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    await ctx.services.folding.count(gift.campaign)
    found = made.get(done["id"])
    if found is not None and found["asked"] is None:
        return found
    found = await contributions_db.find_contribution(ctx.db, done["id"])
    if found is not None and found["asked"] is not None:
        await ctx.services.collecting.settle(found["_id"])
        found = await contributions_db.find_contribution(ctx.db, done["id"])
    return cast("Contribution", found)


async def cancel_contribution(ctx: Context, *, id: str, reason: str = "") -> Contribution:
    """Take one's own contribution back, while that is possible.

    Raises:
        NotFound: the viewer has no such contribution.
        WrongState: it is too late.

    """
    contribution, campaign, _ = await _visible(ctx, id)
    require_visible("contribution.cancel", ctx.own(contribution["supporter"]), "contribution")
    return await _step(ctx, contribution, campaign, "CANCEL", "SUPPORTER", reason)


async def refund_contribution(ctx: Context, *, id: str, reason: str) -> Contribution:
    """Ask for money that was taken to be given back.

    Raises:
        NotFound: the viewer sees no such contribution.
        NotAllowed: it is for the team, and for moderators.
        WrongState: nothing was taken, or it is being given back already.

    """
    contribution, campaign, space = await _visible(ctx, id)
    standings = campaign_standings(ctx, campaign, space)
    require("contribution.refund", ctx.viewer, standings)
    _check_reason(reason, least=1)
    if contribution["kind"] != Support.MONEY:
        raise WrongState("Only money can be given back.", state=contribution["state"])
    actor = "TEAM" if Standing.TEAM in standings else "MODERATOR"
    return await _step(ctx, contribution, campaign, "REFUND", actor, reason)


async def note_transfer(ctx: Context, *, id: str, noted: str) -> Contribution:
    """Note by hand that the money of a transfer has come, or was sent back (a key of `NOTED`).

    Raises:
        NotFound: the viewer sees no such contribution.
        NotAllowed: it is for the team and the operator.
        WrongState: it is not paid by transfer, or that is not what it waits for.

    """
    contribution, campaign, space = await _visible(ctx, id)
    standings = campaign_standings(ctx, campaign, space)
    require("contribution.receive", ctx.viewer, standings)
    _refuse_own(ctx, contribution, campaign, standings)
    if contribution["provider"] != TRANSFER:
        raise WrongState("It is not paid by transfer.", state=contribution["state"])

    async def work(writing: Writing) -> Contribution:
        current, now = await _current(writing, id)
        told = NOTED[noted]
        if told is Told.REFUNDED and current["asked"] not in {"REFUND", "RELEASE"}:
            sentence = "Nobody has asked for it to be sent back: refund it first."
            raise WrongState(sentence, state=current["state"])
        if told is Told.REFUNDED and current["state"] != PledgeState.CAPTURED:
            told = Told.RELEASED
        changes = follow(current, now, told, current["sequence"] + 1, ctx.now)
        if not changes or changes.keys() == {"sequence"}:
            sentence = f"{noted.capitalize()} is not what it waits for: it is {current['state']}."
            raise WrongState(sentence, state=current["state"])
        changes = {**changes, "noted_by": ctx.person()}
        return await change(writing, now, current, changes)

    return await _written(ctx, campaign, await write(ctx.db, ctx.now, work))


def _refuse_own(
    ctx: Context, contribution: Contribution, campaign: Campaign, standings: Iterable[Standing]
) -> None:
    """Keep a team from saying of its own money that it came: that decides about everybody's.

    Raises:
        NotAllowed: it is for somebody else.

    """
    me, team = ctx.viewer.user, {campaign["owner"], *campaign["team"]}
    theirs = contribution["supporter"]
    if Standing.OPERATOR in set(standings) or (theirs != me and not {theirs, me} <= team):
        return
    sentence = "It is your own, or your team's: a moderator or the operator notes it."
    raise NotAllowed(sentence, missing=str(Standing.MODERATOR))


def _check_reason(reason: str, *, least: int = 0) -> None:
    checks = Checks()
    checks.text("reason", reason, least=least, most=LONGEST_REASON)
    if checks.problems:
        raise InvalidInput(*checks.problems)


async def _step(
    ctx: Context, contribution: Contribution, campaign: Campaign, deed: str, actor: str, reason: str
) -> Contribution:
    """Do a deed by the table of its kind of support."""

    async def work(writing: Writing) -> Contribution:
        current, now = await _current(writing, contribution["_id"])
        found = stepped(current, now, (deed, actor), ctx, reason)
        return await change(writing, now, current, found)

    return await _written(ctx, campaign, await write(ctx.db, ctx.now, work))


def stepped(
    contribution: Contribution,
    campaign: Campaign,
    asked: tuple[str, str],
    ctx: Context,
    reason: str = "",
) -> dict[str, Any]:
    """Return what a deed (its name, and who does it) changes in a contribution.

    Raises:
        WrongState, NotAllowed, InvalidInput: it is not possible.

    """
    deed, actor = asked
    _check_reason(reason)
    if contribution["kind"] == Support.MONEY:
        found = pledge_states.step(
            contribution,
            pledge_states.Deed(deed),
            pledge_states.Actor(actor),
            pledge_states.Moment(ctx.now, campaign, reason),
        )
    else:
        found = support_states.step(
            contribution,
            support_states.Deed(deed),
            support_states.Actor(actor),
            support_states.Moment(ctx.now, campaign, reason),
        )
    if isinstance(found, Refused):
        raise refusal(found)
    return dict(found.changes)


async def _written(ctx: Context, campaign: Campaign, after: Contribution) -> Contribution:
    """Return a contribution that was just written, when its campaign counts it as it is."""
    if after["supporter"] == ctx.viewer.user:
        await ctx.settle()
    ctx.services.log.nudge()
    await ctx.services.folding.count(campaign["_id"])
    if after["asked"] is not None:
        await ctx.services.collecting.settle(after["_id"])
        found = await contributions_db.find_contribution(ctx.db, after["_id"])
        return found or after
    return after


async def _visible(ctx: Context, id: str) -> tuple[Contribution, Campaign, Space]:
    """Return a contribution that the viewer may read as a whole, with its campaign and space.

    Raises:
        NotFound: there is none.

    """
    contribution = await contributions_db.find_contribution(ctx.db, id)
    if contribution is None:
        raise NotFound("There is no such contribution.")
    if ctx.viewer.user == contribution["supporter"]:
        return contribution, *await _of_own(ctx, contribution)
    campaign, space = await visible_campaign(ctx, contribution["campaign"])
    standings = set(campaign_standings(ctx, campaign, space)) - {Standing.SELF}
    found = standings | ({Standing.OPERATOR} if Standing.MODERATOR in standings else set())
    require_visible("contribution.read", found, "contribution")
    return contribution, campaign, space


async def _of_own(ctx: Context, contribution: Contribution) -> tuple[Campaign, Space]:
    """Return the campaign and the space of the viewer's own: theirs to be taken back anyhow."""
    campaign = await campaigns_db.find_campaign(ctx.db, contribution["campaign"])
    space = await ctx.services.spaces.find(contribution["space"])
    if campaign is None or space is None:
        raise NotFound("There is no such contribution.")
    return campaign, space


async def _current(writing: Writing, id: str) -> tuple[Contribution, Campaign]:
    """Return a contribution and its campaign as the transaction finds them."""
    contribution = await contributions_db.find_contribution(writing.db, id, writing.session)
    if contribution is None:
        raise NotFound("There is no such contribution.")
    campaign = await campaigns_db.find_campaign(
        writing.db, contribution["campaign"], writing.session
    )
    if campaign is None:
        raise NotFound("There is no such contribution.")
    return contribution, campaign


def _check(
    ctx: Context, campaign: Campaign, space: Space, gift: Gift, theirs: list[Contribution]
) -> None:
    """Refuse what does not fit the campaign; `theirs` is what the person gave to it before."""
    checks, rules = Checks(), rules_in(space)
    checks.text("message", gift.message, most=LONGEST_MESSAGE)
    goals = [goal for goal in campaign["goals"] if goal["kind"] == gift.kind]
    if gift.kind == Support.SIGNATURE:
        checks.add("kind", "Sign it with `signPetition`.")
    elif not goals:
        kinds = ", ".join(dict.fromkeys(goal["kind"] for goal in campaign["goals"]))
        checks.add("kind", f"The campaign seeks {kinds}.")
    if gift.kind == Support.MONEY:
        offered = [name for name in ctx.services.providers if is_provider_allowed(rules, name)]
        _check_money(checks, gift, goals[0]["currency"] if goals else None, offered)
    else:
        _check_pieces(checks, gift)
    if gift.anonymous and not rules["anonymous"]:
        checks.add("anonymous", "In this space supporters are shown by name.")
    if gift.tier is not None:
        given = sum(one["amount"] for one in theirs if one["kind"] == gift.kind and counts_now(one))
        choice = Choice(gift.tier, gift.kind, gift.amount, given)
        checks.problems += choice_problems(campaign, choice)
    if checks.problems:
        raise InvalidInput(*checks.problems)


def _check_pieces(checks: Checks, gift: Gift) -> None:
    if not 1 <= gift.amount <= MOST:
        checks.add("amount", f"Give a whole number from 1 to {MOST}.")
    if gift.currency is not None:
        checks.add("currency", "Only money has a currency.")
    if gift.provider is not None:
        checks.add("provider", "Only money is paid through somebody.")


def _check_money(checks: Checks, gift: Gift, currency: str | None, offered: list[str]) -> None:
    checks.problems += check_money(gift.amount, gift.currency or currency or "")
    if currency is not None and gift.currency is not None and gift.currency != currency:
        checks.add("currency", f"This campaign is in {currency}.")
    if gift.provider not in offered:
        names = ", ".join(offered) or "nobody takes money here"
        checks.add("provider", f"Say through whom it is paid: {names}.")


def _given(ctx: Context, campaign: Campaign, gift: Gift, person: str) -> Contribution:
    is_money = gift.kind == Support.MONEY
    goal = next(goal for goal in campaign["goals"] if goal["kind"] == gift.kind)
    tier = next((tier for tier in campaign["tiers"] if tier["id"] == gift.tier), None)
    return Contribution(
        _id=new_id("contributions"),
        campaign=campaign["_id"],
        space=campaign["space"],
        supporter=person,
        kind=gift.kind,
        amount=gift.amount,
        currency=goal["currency"] if is_money else None,
        tier=gift.tier,
        rank=tier["rank"] if tier else 0,
        anonymous=gift.anonymous,
        message=gift.message.strip(),
        state=pledge_states.FIRST if is_money else support_states.FIRST,
        provider=gift.provider if is_money else None,
        reference=None,
        sequence=0,
        round=campaign["round"],
        reason=None,
        asked=None,
        due_at=None,
        attempts=0,
        created_at=ctx.now,
        updated_at=ctx.now,
        version=1,
    )


def _as_given(gift: Gift) -> dict[str, Any]:
    return {field: getattr(gift, field) for field in Gift.__slots__}
