"""What is read of contributions: as a whole by some, and by all others only while they count.

Whoever gave, the campaign's team and the operator see a contribution as a whole; it is then marked
as `WHOLE`. Others see it while it counts, and of an anonymous one neither who gave it nor what
they said.
"""

from collections.abc import Sequence
from typing import Any

from app.auth.permissions import Standing, allowed
from app.campaigning import pledge_states, support_states
from app.campaigning.tiers import counts_now
from app.db import campaigns as campaigns_db
from app.db import contributions as contributions_db
from app.db.documents import Space
from app.db.paging import Page, Window
from app.failures import Failure
from app.payments.port import Instructions
from app.resolvers.collecting import payment_of
from app.resolvers.context import Context
from app.resolvers.sight import campaign_standings, sees_campaign

WHOLE = "whole"
COUNTED = sorted({*map(str, pledge_states.COUNTED), *map(str, support_states.COUNTED)})


async def list_below(ctx: Context, campaigns: Sequence[Any], window: Window) -> list[Page]:
    """Return for each campaign that the viewer sees a page of what it was given, newest first."""
    window.check()
    spaces = await ctx.services.spaces.find_many({one["space"] for one in campaigns})
    whole = [one["_id"] for one in campaigns if _reads_all(ctx, one, spaces.get(one["space"]))]
    others = [one["_id"] for one in campaigns if one["_id"] not in set(whole)]
    find = contributions_db.find_pages_below
    found = await find(ctx.db, whole, window) if whole else {}
    for page in found.values():
        _mark(page.items)
    if others:
        found |= await find(ctx.db, others, window, states=COUNTED)
    return [found[one["_id"]] for one in campaigns]


async def list_mine(
    ctx: Context, people: Sequence[Any], window: Window
) -> list[Page | Failure | None]:
    """Return for each person a page of what they gave, newest first; None but for the viewer."""
    found: list[Page | Failure | None] = []
    for person in people:
        if person["_id"] == ctx.viewer.user:
            find = contributions_db.find_page_of_supporter
            found.append(await find(ctx.db, person["_id"], window))
        else:
            found.append(None)
    return found


async def find_visible_contributions(ctx: Context, ids: list[str]) -> dict[str, Any]:
    """Return those of the contributions that the viewer sees, by identifier."""
    found = await contributions_db.list_contributions(ctx.db, ids)
    me = ctx.viewer.user
    known = {one["campaign"] for one in found if one["supporter"] != me}
    campaigns = {one["_id"]: one for one in await campaigns_db.list_campaigns(ctx.db, known)}
    spaces = await ctx.services.spaces.find_many({one["space"] for one in campaigns.values()})
    seen: dict[str, Any] = {}
    for one in found:
        campaign = campaigns.get(one["campaign"])
        if one["supporter"] == me:
            seen[one["_id"]] = one
        elif campaign is not None and sees_campaign(ctx, campaign, spaces.get(one["space"])):
            if _reads_all(ctx, campaign, spaces.get(one["space"])):
                _mark([one])
                seen[one["_id"]] = one
            elif counts_now(one):
                seen[one["_id"]] = one
    return seen


def sees_all(ctx: Context, contribution: Any) -> bool:
    """Say whether the viewer sees a contribution as a whole."""
    return contribution.get(WHOLE) is True or (
        ctx.viewer.user is not None and contribution["supporter"] == ctx.viewer.user
    )


def list_shown(ctx: Context, contributions: Sequence[Any]) -> list[str | None]:
    """Return for each contribution who gave it, None where the viewer may not know."""
    return [
        one["supporter"] if not one["anonymous"] or sees_all(ctx, one) else None
        for one in contributions
    ]


def instructions_for(ctx: Context, contribution: Any) -> Instructions | None:
    """Return what whoever pays a contribution by hand is to do, if there is anything."""
    provider = ctx.services.providers.get(contribution["provider"] or "")
    return None if provider is None else provider.instructions(payment_of(contribution))


def _reads_all(ctx: Context, campaign: Any, space: Space | None) -> bool:
    found = campaign_standings(ctx, campaign, space) - {Standing.SELF}
    return allowed("contribution.read", found)


def _mark(contributions: Sequence[Any]) -> None:
    for one in contributions:
        one[WHOLE] = True
