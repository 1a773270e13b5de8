"""What is read of signatures: lists, one's own, and how many are of which area."""

from collections.abc import Sequence

from app.auth.permissions import allowed
from app.campaigning.areas import AreaCount, by_area
from app.campaigning.signature_states import PENDING, Moment, missing
from app.campaigning.words import SignatureState
from app.db import campaigns as campaigns_db
from app.db import signatures as signatures_db
from app.db import standings as standings_db
from app.db.campaign_documents import Campaign, Signature
from app.db.documents import Space
from app.db.paging import Page, Window
from app.resolvers.campaigning import require_of, rules_in, visible_campaign
from app.resolvers.context import Context
from app.resolvers.sight import sees_campaign

PUBLIC = (SignatureState.VALIDATED,)


async def list_signatures(
    ctx: Context, campaign_id: str, states: Sequence[str] | None, window: Window
) -> Page:
    """Return a page of the signatures under a petition, newest first.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: states other than VALIDATED are asked for, which moderators see.

    """
    campaign, space = await visible_campaign(ctx, campaign_id)
    wanted = list(PUBLIC) if states is None else list(states)
    if set(wanted) - set(PUBLIC):
        require_of(ctx, "signature.validate", campaign, space)
    return await signatures_db.find_signatures(ctx.db, campaign_id, window, states=wanted)


async def find_visible_signatures(ctx: Context, ids: list[str]) -> dict[str, Signature]:
    """Return those of the signatures that the viewer sees: valid ones, and their own."""
    found = await signatures_db.list_signatures(ctx.db, ids)
    known = await campaigns_db.list_campaigns(ctx.db, {one["campaign"] for one in found})
    campaigns = {campaign["_id"]: campaign for campaign in known}
    spaces = await ctx.services.spaces.find_many({campaign["space"] for campaign in known})
    return {
        one["_id"]: one
        for one in found
        if sees_campaign(ctx, campaigns[one["campaign"]], spaces.get(one["space"]))
        and (one["state"] in PUBLIC or _is_told_all(ctx, one, spaces.get(one["space"])))
    }


async def list_told(ctx: Context, signatures: Sequence[Signature]) -> list[bool]:
    """Say of each signature whether the viewer is told all of it: its signer, and moderators."""
    spaces = await ctx.services.spaces.find_many({one["space"] for one in signatures})
    return [_is_told_all(ctx, one, spaces.get(one["space"])) for one in signatures]


async def list_missing(ctx: Context, found: Sequence[Signature]) -> list[str | None]:
    """Return for each signature what it waits for, for its signer and moderators to read."""
    waiting = [one for one in found if one["state"] in PENDING]
    known = await campaigns_db.list_campaigns(ctx.db, {one["campaign"] for one in waiting})
    campaigns = {campaign["_id"]: campaign for campaign in known}
    spaces = await ctx.services.spaces.find_many({one["space"] for one in waiting})
    said: dict[str, str | None] = {}
    for id, space in spaces.items():
        its = [one for one in waiting if one["space"] == id and _is_told_all(ctx, one, space)]
        verified = await standings_db.list_verified(ctx.db, id, [one["signer"] for one in its])
        for one in its:
            is_verified = one["signer"] in verified
            moment = Moment(ctx.now, campaigns[one["campaign"]], verified=is_verified)
            said[one["_id"]] = missing(one, moment, validation=rules_in(space)["validation"])
    return [said.get(one["_id"]) for one in found]


async def list_mine(ctx: Context, campaigns: Sequence[Campaign]) -> list[Signature | None]:
    """Return the viewer's own signature under each petition, None where there is none."""
    if ctx.viewer.user is None:
        return [None] * len(campaigns)
    ids = [campaign["_id"] for campaign in campaigns]
    found = await signatures_db.list_of_signer(ctx.db, ids, ctx.viewer.user)
    mine = {one["campaign"]: one for one in found}
    return [mine.get(id) for id in ids]


async def count_areas(ctx: Context, campaigns: Sequence[Campaign]) -> list[list[AreaCount]]:
    """Return for each petition how many valid signatures are of which area, the few together."""
    ids = [campaign["_id"] for campaign in campaigns]
    counts = await signatures_db.count_by_area(ctx.db, ids, SignatureState.VALIDATED.value)
    spaces = await ctx.services.spaces.find_many({campaign["space"] for campaign in campaigns})
    return [
        by_area(counts.get(one["_id"], {}), rules_in(spaces[one["space"]])["area_floor"])
        for one in campaigns
    ]


def _is_told_all(ctx: Context, signature: Signature, space: Space | None) -> bool:
    if ctx.viewer.user == signature["signer"]:
        return True
    return space is not None and allowed("signature.validate", ctx.standings(space))
