"""What deeds of crowdsourcing share: which campaign is meant, by which rules, what is refused."""

from collections.abc import Set as AbstractSet

from app.auth.permissions import Standing, require
from app.campaigning.campaign_states import Actor, Deed
from app.campaigning.rules import rules_of
from app.campaigning.steps import Cause, Refused
from app.db import campaigns as campaigns_db
from app.db.campaign_documents import Campaign, CampaignRules
from app.db.documents import Space
from app.db.driver import Session
from app.db.writing import Writing
from app.failures import (
    Conflict,
    Failure,
    InvalidInput,
    NotAllowed,
    NotFound,
    Problem,
    WrongState,
)
from app.resolvers.context import Context
from app.resolvers.sight import campaign_standings, sees_campaign

CROWDSOURCING = "CROWDSOURCING"
# In a closed space nothing begins any more; what was begun can be brought to its end.
ENDINGS = frozenset({Deed.CLOSE, Deed.CANCEL, Deed.SUSPEND, Deed.FULFIL_BEGIN, Deed.FULFIL})


def rules_in(space: Space) -> CampaignRules:
    """Return what a space says about campaigns, with the defaults where it says nothing."""
    return rules_of(space.get("crowdsourcing"))


def insist_on_crowdsourcing(space: Space) -> None:
    """Let a deed pass only where campaigns are made.

    Raises:
        NotAllowed: CROWDSOURCING is not switched on in the space.

    """
    if CROWDSOURCING not in space["enabled_models"]:
        message = "No campaigns are made in this space."
        raise NotAllowed(message, missing="a space in which CROWDSOURCING is switched on")


async def visible_campaign(
    ctx: Context, id: str, session: Session | None = None
) -> tuple[Campaign, Space]:
    """Return a campaign that the viewer sees, and its space; perhaps as a transaction finds it.

    Raises:
        NotFound: there is none.

    """
    campaign = await campaigns_db.find_campaign(ctx.db, id, session)
    space = None if campaign is None else await ctx.services.spaces.find(campaign["space"])
    if campaign is None or space is None or not sees_campaign(ctx, campaign, space):
        raise NotFound("There is no such campaign.")
    return campaign, space


async def reread(writing: Writing, id: str, expected_version: int | None = None) -> Campaign:
    """Return a campaign as it is within a transaction.

    Raises:
        NotFound: it is gone.
        Conflict: it has another version than was expected.

    """
    campaign = await campaigns_db.find_campaign(writing.db, id, writing.session)
    if campaign is None:
        raise NotFound("There is no such campaign.")
    if expected_version is not None and campaign["version"] != expected_version:
        message = "The campaign has changed meanwhile."
        raise Conflict(message, current_version=campaign["version"])
    return campaign


def require_of(ctx: Context, deed: str, campaign: Campaign, space: Space | None) -> None:
    """Let the viewer do a deed to a campaign that they see, or raise what is missing."""
    require(deed, ctx.viewer, campaign_standings(ctx, campaign, space))


def actors_of(found: AbstractSet[Standing]) -> list[Actor]:
    """Return as whom somebody with these standings to a campaign can do something with it."""
    holds = {
        Actor.OWNER: Standing.SELF in found,
        Actor.TEAM: Standing.TEAM in found and Standing.SELF not in found,
        Actor.MODERATOR: not found.isdisjoint({Standing.MODERATOR, Standing.OPERATOR}),
    }
    return [actor for actor, held in holds.items() if held]


def refusal(refused: Refused) -> Failure:
    """Return how a client hears that a deed is not possible."""
    if refused.cause in {Cause.ACTOR, Cause.LACKING}:
        return NotAllowed(refused.sentence, missing=refused.about or "another standing")
    if refused.cause is Cause.VALUE:
        return InvalidInput(Problem(refused.about, refused.sentence))
    return WrongState(refused.sentence, state=refused.found)
