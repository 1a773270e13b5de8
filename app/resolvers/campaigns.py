"""What is read of campaigns: those that the viewer sees, and how the viewer stands to them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.auth.permissions import Standing
from app.campaigning.campaign_states import Actor, Deed, Moment, possible
from app.campaigning.filters import PUBLIC, CampaignFilter, Onlooker
from app.campaigning.words import CampaignState
from app.db import campaigns as campaigns_db
from app.db import gates as gates_db
from app.db.campaign_documents import Campaign
from app.db.documents import Space
from app.db.paging import EPOCH, Page, Window
from app.resolvers.campaigning import ENDINGS, actors_of
from app.resolvers.context import Context
from app.resolvers.sight import campaign_standings, sees_campaign

ENDING_SOON = "ENDING_SOON"
ORDERS = {
    "NEWEST": campaigns_db.NEWEST,
    ENDING_SOON: campaigns_db.ENDING_SOON,
    "PROGRESS": campaigns_db.PROGRESS,
}
MODERATES = frozenset({Standing.MODERATOR, Standing.OPERATOR})


async def find_visible_campaigns(ctx: Context, ids: list[str]) -> dict[str, Campaign]:
    """Return those of the campaigns that the viewer sees, by identifier."""
    found = await campaigns_db.list_campaigns(ctx.db, ids)
    spaces = await ctx.services.spaces.find_many({one["space"] for one in found})
    return {one["_id"]: one for one in found if sees_campaign(ctx, one, spaces.get(one["space"]))}


async def list_campaigns(ctx: Context, filter: CampaignFilter, order: str, window: Window) -> Page:
    """Return a page of the campaigns of a space that the viewer sees, in one of `ORDERS`.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not read what is in it.
        InvalidInput: the filter or the window is not valid.

    """
    space = await ctx.visible_space(filter.space)
    ctx.require("campaign.read", space)
    filter.check()
    wanted = _with_deadlines(filter) if order == ENDING_SOON else filter
    # What was ever open is there for all: then who looks would only be in the database's way.
    for_all = wanted.states is None or set(wanted.states) <= set(PUBLIC)
    sees_all = for_all or not MODERATES.isdisjoint(ctx.standings(space))
    query = wanted.query(Onlooker(ctx.viewer.user, moderates=sees_all))
    return await campaigns_db.find_campaigns(ctx.db, query, ORDERS[order], window)


async def list_possible(ctx: Context, campaigns: Sequence[Any]) -> list[list[Deed]]:
    """Return for each campaign what the viewer could do with it at this moment."""
    spaces = await ctx.services.spaces.find_many({one["space"] for one in campaigns})
    return [_possible(ctx, one, spaces.get(one["space"])) for one in campaigns]


async def list_places_left(ctx: Context, tiers: Sequence[Any]) -> list[int | None]:
    """Return for each tier, which says its campaign, how many places it has left; None if any."""
    limited = {tier["campaign"] for tier in tiers if tier["limit"] is not None}
    left = await gates_db.list_left(ctx.db, limited) if limited else {}
    return [left.get((tier["campaign"], tier["id"])) for tier in tiers]


def _with_deadlines(filter: CampaignFilter) -> CampaignFilter:
    """Return the filter with what has a deadline alone, and is open if no state is named."""
    states = [CampaignState.OPEN] if filter.states is None else filter.states
    return replace(filter, states=states, ends_from=filter.ends_from or EPOCH)


def _possible(ctx: Context, campaign: Campaign, space: Space | None) -> list[Deed]:
    closed = space is None or space["closed_at"] is not None
    found = {
        deed
        for actor in actors_of(campaign_standings(ctx, campaign, space))
        for deed in possible(campaign, actor, Moment(ctx.now))
        if actor is not Actor.TIME
    }
    return [deed for deed in Deed if deed in found and (deed in ENDINGS or not closed)]
