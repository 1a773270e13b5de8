"""Closing: what time does with campaigns, and what then becomes of what was given.

A round closes in one transaction, which shuts the gates first: what was given before is counted,
what comes later is refused, whatever happens beside it. What the outcome means for each pledge is
done after that, some at a time, and can be interrupted anywhere: the campaign is `settling` until
nothing is left, and each contribution says for itself what is still to be asked.
"""

from datetime import datetime
from typing import Any, cast

from app.campaigning import pledge_states, support_states
from app.campaigning.campaign_states import Actor, Deed, Moment, due, step
from app.campaigning.ledger import fold
from app.campaigning.steps import Refused
from app.campaigning.words import CampaignState, Mode, PledgeState, Support, SupportState
from app.db import campaigns as campaigns_db
from app.db import contributions as contributions_db
from app.db import gates as gates_db
from app.db import ledger as ledger_db
from app.db.campaign_documents import Campaign, Contribution
from app.db.client import Database
from app.db.events import Draft
from app.db.writing import Writing
from app.resolvers.campaigning import refusal
from app.resolvers.giving import change

# So many contributions follow a campaign's end in one transaction.
PAGE = 20
MOST_ENTRIES = 100_000
MOST_UNTOLD = 1_000
UNSETTLED = (
    PledgeState.PLEDGED,
    PledgeState.CONFIRMED,
    PledgeState.CAPTURED,
    SupportState.OFFERED,
    SupportState.ACCEPTED,
)
TOLD = {
    CampaignState.SUCCEEDED: "campaign.succeeded",
    CampaignState.FAILED: "campaign.failed",
    CampaignState.OPEN: "campaign.round_begun",
}


async def do_due(writing: Writing, id: str) -> None:
    """Do what time does with a campaign: open it, close its round, or give it back to its team."""
    campaign = await campaigns_db.find_campaign(writing.db, id, writing.session)
    deed = None if campaign is None else due(campaign, writing.at)
    if campaign is None or deed is None:
        return
    if deed is Deed.CLOSE:
        await close(writing, campaign, Actor.TIME)
    elif deed is Deed.OPEN:
        await open_campaign(writing, campaign, Actor.TIME)
    else:
        after = await _stepped(writing, campaign, deed, Actor.TIME)
        await writing.append(event("campaign.returned", after, writing, before=campaign))


async def open_campaign(
    writing: Writing, campaign: Campaign, actor: Actor, person: str | None = None
) -> Campaign:
    """Open a campaign for support.

    Raises:
        WrongState, NotAllowed: that is not possible.

    """
    after = await _stepped(writing, campaign, Deed.OPEN, actor)
    await gates_db.open_gates(writing, campaign["_id"])
    drafted = event("campaign.opened", after, writing, before=campaign, actor=person)
    await writing.append(drafted)
    return after


async def close(
    writing: Writing, campaign: Campaign, actor: Actor, person: str | None = None
) -> Campaign:
    """Close the present round of a campaign, by all that its ledger holds.

    Raises:
        WrongState, NotAllowed: that is not possible.

    """
    await gates_db.shut_gates(writing, campaign["_id"])
    # Since the gates are held, nobody writes to this ledger meanwhile: what is there is all.
    rest = await ledger_db.list_rest(writing, campaign["_id"], campaign["folded"], MOST_ENTRIES)
    counted = cast("Campaign", {**campaign, "progress": fold(campaign["progress"], rest)})
    after = await _stepped(writing, campaign, Deed.CLOSE, actor, counted)
    if after["state"] == CampaignState.OPEN:
        await gates_db.open_gates(writing, campaign["_id"])
    type = TOLD[CampaignState(after["state"])]
    await writing.append(event(type, after, writing, before=campaign, actor=person))
    return after


async def settle_some(writing: Writing, piece: str) -> None:
    """Do what a campaign's state means for some of what was given to it, or end the settling."""
    id = piece.partition(" ")[0]
    campaign = await campaigns_db.find_campaign(writing.db, id, writing.session)
    if campaign is None or not campaign["settling"] or campaign["state"] == CampaignState.SUSPENDED:
        return
    states = [state for state in UNSETTLED if _is_touched(state, campaign)]
    # What is given in the round that goes on is not decided yet.
    goes_on = campaign["state"] == CampaignState.OPEN and campaign["mode"] != Mode.KEEP_IT_ALL
    found = await contributions_db.list_unsettled(
        writing,
        id,
        states,
        PAGE,
        after=campaign.get("settled_to") or "",
        before_round=campaign["round"] if goes_on else None,
    )
    for contribution in found:
        await _settle(writing, campaign, contribution)
    if len(found) == PAGE:
        await campaigns_db.update_campaign(writing, campaign, {"settled_to": found[-1]["_id"]})
        return
    done = {"settling": False, "settled_to": None, "untold": True}
    await campaigns_db.update_campaign(writing, campaign, done)


async def tell_settled(writing: Writing, id: str) -> None:
    """Tell that a campaign is settled, if its payment providers have answered everything."""
    campaign = await campaigns_db.find_campaign(writing.db, id, writing.session)
    if campaign is None or not campaign.get("untold"):
        return
    await campaigns_db.update_campaign(writing, campaign, {"untold": False})
    await writing.append(event("campaign.settled", campaign, writing))


async def list_answered(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the campaigns of which all is settled and answered, and which nobody has told of."""
    del limit
    untold = await campaigns_db.list_untold(db, now, MOST_UNTOLD)
    waiting = set(await contributions_db.list_asking(db, untold)) if untold else set[str]()
    return [id for id in untold if id not in waiting]


async def list_stale(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the pledges that were not confirmed for so long that they keep nobody waiting."""
    return await contributions_db.list_stale(
        db,
        now - pledge_states.LASTS,
        limit,
        provider=pledge_states.BY_HAND,
        of_it_before=now - pledge_states.LASTS_BY_HAND,
    )


async def let_lapse(writing: Writing, id: str) -> None:
    """End a pledge that was not confirmed for too long, and give its place to others."""
    contribution = await contributions_db.find_contribution(writing.db, id, writing.session)
    if contribution is None or contribution["state"] != PledgeState.PLEDGED:
        return
    campaign = await campaigns_db.find_campaign(
        writing.db, contribution["campaign"], writing.session
    )
    if campaign is None:
        return
    by_hand = contribution["provider"] == pledge_states.BY_HAND
    lasts = pledge_states.LASTS_BY_HAND if by_hand else pledge_states.LASTS
    moment = pledge_states.Moment(writing.at, campaign, lasts=lasts)
    found = pledge_states.step(
        contribution, pledge_states.Deed.EXPIRE, pledge_states.Actor.TIME, moment
    )
    if not isinstance(found, Refused):
        await change(writing, campaign, contribution, found.changes)


def event(
    type: str,
    campaign: Campaign,
    writing: Writing,
    *,
    before: Campaign | None = None,
    actor: str | None = None,
) -> Draft:
    """Return an event about a campaign."""
    return Draft(
        type=type,
        space=campaign["space"],
        subject=campaign["_id"],
        actor=actor,
        at=writing.at,
        before=None if before is None else {"state": before["state"], "round": before["round"]},
        after={"state": campaign["state"], "round": campaign["round"]},
        to=[campaign["owner"], *campaign["team"]],
        within=campaign["_id"],
    )


def _is_touched(state: str, campaign: Campaign) -> bool:
    """Say whether contributions in a state may have something to be done to as a campaign stands.

    What it leaves as it is is not looked for, or it would be found again and again.
    """
    asked: Any = {"state": state, "asked": None, "round": 0, "provider": None}
    if state in set(SupportState) - set(PledgeState):
        return support_states.settlement(asked, campaign) is not None
    return pledge_states.settlement(asked, campaign) is not None


async def _settle(writing: Writing, campaign: Campaign, contribution: Contribution) -> None:
    if contribution["kind"] == Support.MONEY:
        deed = pledge_states.settlement(contribution, campaign)
        if deed is None:
            return
        found = pledge_states.step(
            contribution,
            deed,
            pledge_states.Actor.TIME,
            pledge_states.Moment(writing.at, campaign),
        )
    else:
        offered = support_states.settlement(contribution, campaign)
        if offered is None:
            return
        found = support_states.step(
            contribution,
            offered,
            support_states.Actor.TIME,
            support_states.Moment(writing.at, campaign),
        )
    if isinstance(found, Refused):
        raise refusal(found)
    await change(writing, campaign, contribution, found.changes)


async def _stepped(
    writing: Writing, campaign: Campaign, deed: Deed, actor: Actor, judged: Campaign | None = None
) -> Campaign:
    found = step(judged or campaign, deed, actor, Moment(writing.at))
    if isinstance(found, Refused):
        raise refusal(found)
    return await campaigns_db.update_campaign(writing, campaign, found.changes)
