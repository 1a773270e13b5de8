"""Entitling: what somebody's present level of support lets them do in a campaign."""

from app.auth.permissions import require
from app.campaigning.audience import SITUATIONS, TABLE, Who, refusal
from app.campaigning.words import Right
from app.db.campaign_documents import Campaign
from app.db.documents import Space
from app.failures import NotAllowed, WrongState
from app.resolvers.context import Context
from app.resolvers.sight import level_in, room_standings

ENTITLED = "a level of support that gives the right"


def insist_on_right(
    ctx: Context, deed: str, right: Right, campaign: Campaign, space: Space
) -> None:
    """Let somebody pass whose present level gives a right, and where the campaign lets it be used.

    Raises:
        NotSignedIn, NotAllowed: the viewer has no such level.
        WrongState: nobody has the right as the campaign stands.

    """
    level = level_in(ctx, campaign)
    sentence = refusal(campaign, right, level)
    if sentence is not None and ctx.viewer.user is not None:
        if TABLE[right, SITUATIONS[campaign["state"]]] is Who.LEVEL:
            raise NotAllowed(sentence, missing=ENTITLED)
        raise WrongState(sentence, state=campaign["state"])
    require(deed, ctx.viewer, room_standings(ctx, campaign, space, right))
