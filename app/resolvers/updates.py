"""Updates: a campaign's news, posted by its team and read by those whom it is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.campaigning.audience import SITUATIONS, Situation, problems, readable
from app.campaigning.tiers import Level
from app.db import campaigns as campaigns_db
from app.db import updates as updates_db
from app.db.campaign_documents import Campaign, Update
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.writing import Writing, write_once
from app.failures import WrongState
from app.ids import new_id
from app.resolvers.campaigning import require_of, visible_campaign
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.sight import level_in, reads_update, renew_levels

LONGEST_TITLE, LONGEST_TEXT = 200, 20_000


@dataclass(frozen=True, slots=True)
class News:
    """What a team wants to tell, and whom; `rank` is that of the lowest tier, for TIER."""

    campaign: str
    title: str
    text: str
    audience: str
    rank: int = 0
    public_at: datetime | None = None


async def post_update(ctx: Context, news: News, *, idempotency_key: str | None) -> Update:
    """Post news of a campaign.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: the viewer is not of its team, or the space is closed.
        InvalidInput: something is wrong with the input.
        WrongState: the campaign is suspended.
        Conflict: the key was used for another input.

    """
    author = ctx.person()
    campaign, space = await visible_campaign(ctx, news.campaign)
    require_of(ctx, "update.post", campaign, space)
    refuse_closed(space)
    if SITUATIONS[campaign["state"]] is Situation.HELD:
        raise WrongState("The campaign is suspended.", state=campaign["state"])
    update = _checked(ctx, news, campaign, author, idempotency_key)

    async def work(writing: Writing) -> dict[str, Any]:
        await writing.insert("updates", update)
        await writing.append(_posted(update))
        return {"id": update["_id"]}

    given = {field: getattr(news, field) for field in News.__slots__}
    deed = ("postUpdate", author, given)
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    [posted] = await updates_db.list_updates(ctx.db, [done["id"]])
    return posted


async def find_visible_updates(ctx: Context, ids: list[str]) -> dict[str, Update]:
    """Return those of the updates that the viewer may read at this moment, by identifier."""
    found = await updates_db.list_updates(ctx.db, ids)
    known = await campaigns_db.list_campaigns(ctx.db, {one["campaign"] for one in found})
    campaigns = {campaign["_id"]: campaign for campaign in known}
    spaces = await ctx.services.spaces.find_many({campaign["space"] for campaign in known})
    return {
        one["_id"]: one
        for one in found
        if reads_update(ctx, one, campaigns[one["campaign"]], spaces.get(one["space"]))
    }


async def list_updates(ctx: Context, campaigns: Sequence[Campaign], window: Window) -> list[Page]:
    """Return for each campaign a page of the news that the viewer may read, newest first."""
    window.check()
    await renew_levels(ctx)
    alike: dict[Level, list[str]] = {}
    for campaign in campaigns:
        alike.setdefault(level_in(ctx, campaign), []).append(campaign["_id"])
    pages: dict[str, Page] = {}
    for level, ids in alike.items():
        pages |= await updates_db.find_updates(ctx.db, ids, window, readable(level, ctx.now))
    return [pages[campaign["_id"]] for campaign in campaigns]


def _checked(
    ctx: Context, news: News, campaign: Campaign, author: str, idempotency_key: str | None
) -> Update:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    title = checks.text("title", news.title, least=1, most=LONGEST_TITLE)
    text = checks.text("text", news.text, least=1, most=LONGEST_TEXT)
    checks.problems += problems(campaign, news.audience, news.rank, news.public_at, ctx.now)
    checks.done()
    return Update(
        _id=new_id("updates"),
        campaign=campaign["_id"],
        space=campaign["space"],
        author=author,
        title=title,
        text=text,
        audience=news.audience,
        rank=news.rank,
        public_at=news.public_at,
        created_at=ctx.now,
        version=1,
    )


def _posted(update: Update) -> Draft:
    """Return the event: of the campaign, for those who may read the news."""
    return Draft(
        type="update.posted",
        space=update["space"],
        subject=update["campaign"],
        actor=update["author"],
        at=update["created_at"],
        after={"update": update["_id"]},
        within=update["_id"],
    )
