"""A campaign as it happens: all of it for who follows it, and its latest state for who looks on.

Who is told is judged when it is told, by the thing that an event lies within and by the level at
which the viewer supports the campaign at that moment. Those who stand to it alike are told alike,
once for all of them.
"""

import asyncio
from collections.abc import Hashable, Iterable
from typing import Any

from app.db import campaigns as campaigns_db
from app.db import events as events_db
from app.db.campaign_documents import Campaign
from app.db.documents import Event, Space
from app.db.watching import Batch
from app.ids import kind_of
from app.resolvers.campaigning import visible_campaign
from app.resolvers.context import Context
from app.resolvers.live import Discontinuity, Follower, Placed, Told, follow
from app.resolvers.sight import find_within, level_in, sees_campaign, sees_within

BATCH = 200
# Within what the events of a campaign lie.
THINGS = frozenset({"campaigns", "updates", "comments", "polls"})
MOVES = [type for type in events_db.TYPES if type.startswith("campaign.")]


async def watch_campaign(ctx: Context, *, id: str, after: str | None) -> Follower:
    """Return all that happens in a campaign: what lies after the cursor, then as it comes.

    Raises:
        NotFound: the viewer sees no such campaign.
        InvalidInput: the cursor is none of ours.

    """
    await visible_campaign(ctx, id)
    return await follow(ctx, after, CampaignFeed(ctx, id))


async def watch_progress(ctx: Context, *, id: str) -> Follower:
    """Return how far a campaign has come: at once, and whenever that is something else.

    Raises:
        NotFound: the viewer sees no such campaign.

    """
    await visible_campaign(ctx, id)
    known = await ctx.services.log.caught_up()
    return ProgressFollower(ctx, max(known - 1, 0), ProgressFeed(ctx, id))


class CampaignFeed:
    """The events of a campaign that the viewer may see."""

    __slots__ = ("_ctx", "_handed", "_id", "topics")

    def __init__(self, ctx: Context, id: str) -> None:
        self._ctx = ctx
        self._id = id
        self._handed = 0
        self.topics = (id,)

    async def read(self, after: int, upto: int) -> Placed:
        """Return the events between two positions."""
        span = {"_id": {"$gt": after, "$lte": upto}}
        about = {"subject": self._id, "within": {"$exists": True}}
        mine = {"$or": [{"within": self._id}, about]}
        found = await events_db.list_page(
            self._ctx.db, {"$and": [mine, span]}, descending=False, limit=BATCH
        )
        things = await find_within(self._ctx, found)
        spaces = await self._ctx.services.spaces.find_many({one["space"] or "" for one in found})
        return [
            (one["_id"], one if self._tells(one, things, spaces.get(one["space"] or "")) else None)
            for one in found
        ]

    def look_up(self, batch: Batch) -> None:
        """Read what the events lie within, and the spaces that these are in."""
        self._handed = batch.upto
        if CampaignFeed not in batch:
            batch.begin(CampaignFeed, lambda: _things(self._ctx, batch.events))

    def alike(self, batch: Batch) -> Hashable:
        """Return what is wanted, and how the viewer stands to it.

        Raises:
            InvalidStateError: the space is to be read first.

        """
        campaign = _campaign_in(batch.result(CampaignFeed), self._id)
        if campaign is None:
            return self._id
        standings = self._ctx.standings(_known(self._ctx, campaign))
        return self._id, standings, level_in(self._ctx, campaign)

    def pick(self, batch: Batch) -> Placed:
        """Return the events of a batch.

        Raises:
            InvalidStateError: more has happened since it was handed over.

        """
        things = batch.result(CampaignFeed)
        if batch.upto != self._handed:
            raise asyncio.InvalidStateError
        campaign = _campaign_in(things, self._id)
        if campaign is None:
            return []
        space = _known(self._ctx, campaign)
        return [
            (one["_id"], one)
            for one in batch.events
            if self._id in {one.get("within"), one["subject"]} and self._tells(one, things, space)
        ]

    def _tells(self, event: Event, things: dict[str, Any], space: Space | None) -> bool:
        return "within" in event and sees_within(self._ctx, things.get(event["within"]), space)


class ProgressFeed:
    """How far a campaign has come, whenever something moved it; what is outdated is left out."""

    __slots__ = ("_begun", "_ctx", "_handed", "_id", "topics")

    def __init__(self, ctx: Context, id: str) -> None:
        self._ctx = ctx
        self._id = id
        self._begun = False
        self._handed = 0
        self.topics = (id,)

    async def read(self, after: int, upto: int) -> Placed:
        """Return the state of now, if it is the first or something moved the campaign."""
        if self._begun and not await self._has_moved(after, upto):
            return []
        campaign = await campaigns_db.find_campaign(self._ctx.db, self._id)
        space = campaign and await self._ctx.services.spaces.find(campaign["space"])
        self._begun = True
        return [] if campaign is None else [(upto, self._seen(campaign, space, upto))]

    def look_up(self, batch: Batch) -> None:
        """Read the campaign, once for all who watch it."""
        self._handed = batch.upto
        key = (ProgressFeed, self._id)
        if key not in batch and self._moved_in(batch):
            batch.begin(key, lambda: _find(self._ctx, self._id))

    def alike(self, batch: Batch) -> Hashable:
        """Return which campaign, and how the viewer stands to it.

        Raises:
            InvalidStateError: the space is to be read first.

        """
        campaign = self._result(batch)
        if campaign is None:
            return ProgressFeed, self._id
        space = _known(self._ctx, campaign)
        sees = sees_campaign(self._ctx, campaign, space)
        return ProgressFeed, self._id, self._ctx.standings(space), sees

    def pick(self, batch: Batch) -> Placed:
        """Return the latest state, if a batch moved the campaign.

        Raises:
            InvalidStateError: more has happened since it was handed over.

        """
        if batch.upto != self._handed:
            raise asyncio.InvalidStateError
        campaign = self._result(batch)
        if campaign is None:
            return []
        place = self._moved_in(batch)
        return [(place, self._seen(campaign, _known(self._ctx, campaign), place))]

    def _result(self, batch: Batch) -> Campaign | None:
        if (ProgressFeed, self._id) not in batch:
            return None
        found: Campaign | None = batch.result((ProgressFeed, self._id))
        return found

    def _moved_in(self, batch: Batch) -> int:
        """Return the number of the last event of a batch that moved the campaign, 0 if none did."""
        moves = (
            event["_id"]
            for event in batch.events
            if event.get("within") == self._id and event["type"] in MOVES
        )
        return max(moves, default=0)

    async def _has_moved(self, after: int, upto: int) -> bool:
        span = {"within": self._id, "type": {"$in": MOVES}, "_id": {"$gt": after, "$lte": upto}}
        return bool(await events_db.list_page(self._ctx.db, span, descending=True, limit=1))

    def _seen(self, campaign: Campaign, space: Space | None, place: int) -> dict[str, Any] | None:
        """Return what of a campaign is the same for all who see it; None for who does not."""
        if not sees_campaign(self._ctx, campaign, space):
            return None
        return {**campaign, "_id": place, "campaign": campaign["_id"]}


class ProgressFollower(Follower):
    """Looks on: that history is missing is nothing to them, who have the latest state."""

    __slots__ = ()

    async def __anext__(self) -> Told | Discontinuity:
        while True:
            told = await super().__anext__()
            if not isinstance(told, Discontinuity):
                return told


async def _things(ctx: Context, events: Iterable[Event]) -> dict[str, Any]:
    """Return what the events of campaigns lie within; their spaces are known then."""
    about = [event for event in events if kind_of(event.get("within", "")) in THINGS]
    await ctx.services.spaces.find_many({event["space"] or "" for event in about})
    return await find_within(ctx, about)


async def _find(ctx: Context, id: str) -> Campaign | None:
    """Return a campaign; its space is known then."""
    campaign = await campaigns_db.find_campaign(ctx.db, id)
    if campaign is not None:
        await ctx.services.spaces.find(campaign["space"])
    return campaign


def _campaign_in(things: dict[str, Any], id: str) -> Campaign | None:
    """Return a campaign out of what events lie within: itself, or that of something of its own."""
    if id in things:
        found: Campaign = things[id]
        return found
    return next((one["of"] for one in things.values() if one.get("campaign") == id), None)


def _known(ctx: Context, campaign: Campaign) -> Space:
    space = ctx.services.spaces.known(campaign["space"])
    if space is None:
        raise asyncio.InvalidStateError
    return space
