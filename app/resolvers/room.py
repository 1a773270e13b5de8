"""The room of a campaign: comments and suggestions of those whose support gives the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.campaigning.audience import readable
from app.campaigning.tiers import TEAM, Level
from app.campaigning.words import Audience, Remark, Right
from app.db import campaigns as campaigns_db
from app.db import comments as comments_db
from app.db import updates as updates_db
from app.db.campaign_documents import Campaign, Comment, Update
from app.db.documents import Space
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.writing import Writing, write_once
from app.failures import NotFound
from app.ids import new_id
from app.resolvers.campaigning import visible_campaign
from app.resolvers.context import Context, refuse_closed
from app.resolvers.entitling import insist_on_right
from app.resolvers.inputs import Checks
from app.resolvers.sight import (
    level_in,
    moderates_room,
    reads_comment,
    reads_room,
    reads_update,
    renew_levels,
)

LONGEST_TEXT = 4_000
RIGHTS = {Remark.COMMENT: Right.COMMENT, Remark.SUGGESTION: Right.SUGGEST}


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody says in a room, under news or by itself; `kind` is a word of `Remark`."""

    campaign: str
    text: str
    kind: Remark
    update: str | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which comments are wanted: those under news, those of a kind, or all."""

    update: str | None = None
    kind: Remark | None = None

    def query(self) -> dict[str, Any]:
        """Return the filter, as MongoDB takes it."""
        query: dict[str, Any] = {}
        if self.update is not None:
            query["update"] = self.update
        if self.kind is not None:
            query["kind"] = self.kind.value
        return query


async def comment(ctx: Context, saying: Saying, *, idempotency_key: str | None) -> Comment:
    """Comment or suggest something in the room of a campaign.

    Raises:
        NotFound: the viewer sees no such campaign, or may read no such update of it.
        NotSignedIn, NotAllowed: the viewer's level does not give the right, or the space is closed.
        InvalidInput: the text is empty or too long.
        WrongState: nobody writes in the room as the campaign stands.
        Conflict: the key was used for another input.

    """
    author = ctx.person()
    campaign, space = await visible_campaign(ctx, saying.campaign)
    insist_on_right(ctx, "room.write", RIGHTS[saying.kind], campaign, space)
    refuse_closed(space)
    news = await _news(ctx, saying, campaign, space)
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    text = checks.text("text", saying.text, least=1, most=LONGEST_TEXT)
    checks.done()
    written = _written(ctx, saying, news, campaign, author)
    written["text"] = text

    async def work(writing: Writing) -> dict[str, Any]:
        await writing.insert("comments", written)
        await writing.append(_told(ctx, campaign, written["_id"], author))
        return {"id": written["_id"]}

    given = {field: getattr(saying, field) for field in Saying.__slots__}
    done = await write_once(ctx.db, ctx.now, idempotency_key, ("comment", author, given), work)
    ctx.services.log.nudge()
    [said] = await comments_db.list_comments(ctx.db, [done["id"]])
    return said


async def find_visible_comments(ctx: Context, ids: list[str]) -> dict[str, Comment]:
    """Return those of the comments that the viewer may read at this moment, by identifier."""
    found = await comments_db.list_comments(ctx.db, ids)
    known = await campaigns_db.list_campaigns(ctx.db, {one["campaign"] for one in found})
    campaigns = {campaign["_id"]: campaign for campaign in known}
    spaces = await ctx.services.spaces.find_many({campaign["space"] for campaign in known})
    return {
        one["_id"]: one
        for one in found
        if reads_comment(ctx, one, campaigns[one["campaign"]], spaces.get(one["space"]))
    }


async def list_comments(
    ctx: Context, campaigns: Sequence[Campaign], sought: Sought, window: Window
) -> list[Page | None]:
    """Return for each campaign a page of its room, newest first; None where the viewer is not in.

    What stands under news is for those alone who may read the news; moderators read all.
    """
    window.check()
    await renew_levels(ctx)
    spaces = await ctx.services.spaces.find_many({campaign["space"] for campaign in campaigns})
    alike: dict[Level, list[str]] = {}
    for campaign in campaigns:
        space = spaces[campaign["space"]]
        if reads_room(ctx, campaign, space):
            level = TEAM if moderates_room(ctx, space) else level_in(ctx, campaign)
            alike.setdefault(level, []).append(campaign["_id"])
    pages: dict[str, Page] = {}
    for level, ids in alike.items():
        wanted = {"$and": [readable(level, ctx.now), sought.query()]}
        pages |= await comments_db.find_comments(ctx.db, ids, window, wanted)
    return [pages.get(campaign["_id"]) for campaign in campaigns]


async def _news(ctx: Context, saying: Saying, campaign: Campaign, space: Space) -> Update | None:
    """Return the update under which something is said, if it is under one."""
    if saying.update is None:
        return None
    found = await updates_db.find_update(ctx.db, saying.update)
    is_here = found is not None and found["campaign"] == campaign["_id"]
    if found is None or not is_here or not reads_update(ctx, found, campaign, space):
        raise NotFound("There is no such update.")
    return found


def _written(
    ctx: Context, saying: Saying, news: Update | None, campaign: Campaign, author: str
) -> Comment:
    return Comment(
        _id=new_id("comments"),
        campaign=campaign["_id"],
        space=campaign["space"],
        update=saying.update,
        author=author,
        kind=saying.kind.value,
        text=saying.text,
        audience=Audience.ALL.value if news is None else news["audience"],
        rank=0 if news is None else news["rank"],
        public_at=None if news is None else news["public_at"],
        created_at=ctx.now,
        version=1,
    )


def _told(ctx: Context, campaign: Campaign, comment: str, author: str) -> Draft:
    """Return the event: of the campaign, for those who may read the comment."""
    return Draft(
        type="comment.written",
        space=campaign["space"],
        subject=campaign["_id"],
        actor=author,
        at=ctx.now,
        after={"comment": comment},
        within=comment,
    )
