"""Campaigns as they happen, as the client sees them live."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.campaigning.words import Direction
from app.resolvers import campaign_events
from app.schema.campaign_enums import CampaignState, Support
from app.schema.campaigns import (
    Campaign,
    CampaignGoal,
    CampaignThreshold,
    goals_of,
    thresholds_of,
)
from app.schema.context import Info
from app.schema.enums import declare
from app.schema.events import Discontinuity, Resume, cursor_by
from app.schema.expenses import Expense
from app.schema.nodes import ThingId, reference
from app.schema.polls import Poll
from app.schema.room import Comment
from app.schema.scalars import Amount
from app.schema.updates import Update

declare(
    Direction,
    "Which way a total went through a threshold.",
    name="CrossingDirection",
    CROSSED_UP="It was reached.",
    CROSSED_DOWN="It is not reached any more.",
)


@strawberry.type(description="That a campaign's total went through a threshold, once.")
class ThresholdCrossing:
    threshold: strawberry.ID = strawberry.field(description="Which one, of its `thresholds`.")
    kind: Support = strawberry.field(description="Of which kind of support.")
    direction: Direction = strawberry.field(description="Which way.")
    step: int = strawberry.field(description="For one that is repeated: the how manieth, from 1.")
    total: Amount = strawberry.field(description="What counted then.")


def _about(name: str, kind: str, type: Any, description: str) -> Any:
    """Declare a field for what an event is about, if that is of a kind."""

    async def resolve(self: Any, info: Info) -> Any:
        id = (self.get("after") or {}).get(name)
        if name == "expense" and self["type"].startswith("expense."):
            id = self["subject"]
        return None if id is None else await info.context.load(kind).load(id)

    return strawberry.field(
        resolver=resolve,
        graphql_type=type,
        description=description,
        metadata={"needs": ("after", "subject", "type")},
    )


def _crossing(self: Any) -> Any:
    return self["after"] if self["type"] == "campaign.threshold_crossed" else None


@strawberry.type(description="One change in a campaign that you see.")
class CampaignEvent:
    cursor: str = strawberry.field(
        resolver=cursor_by("_id"),
        graphql_type=str,
        description="`campaignEvents(after:)` resumes after it.",
        metadata={"needs": ("_id",), "shared": True},
    )
    type: str = strawberry.field(description="What happened: a word of docs/events.md.")
    at: datetime = strawberry.field(description="When it happened.")
    subject: strawberry.ID = strawberry.field(description="To what; `node` may find it.")
    state: str | None = strawberry.field(
        resolver=lambda self: (self.get("after") or {}).get("state"),
        graphql_type=str | None,
        description="The state that its subject is in since, if it changed that.",
        metadata={"needs": ("after",)},
    )
    crossing: ThresholdCrossing | None = strawberry.field(
        resolver=_crossing,
        graphql_type=ThresholdCrossing | None,
        description="Which threshold was crossed, if one was.",
        metadata={"needs": ("after", "type")},
    )
    update: Update | None = _about("update", "updates", Update | None, "The news, if it is some.")
    comment: Comment | None = _about(
        "comment", "comments", Comment | None, "The comment, if one was written."
    )
    poll: Poll | None = _about("poll", "polls", Poll | None, "The poll, if it is about one.")
    expense: Expense | None = _about(
        "expense", "expenses", Expense | None, "The expense, if it is about one."
    )

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a source is an event: events are numbered."""
        return type(source) is dict and type(source["_id"]) is int


CampaignEventsItem = Annotated[
    CampaignEvent | Discontinuity,
    strawberry.union(
        "CampaignEventsItem", description="A change in a campaign, or that history is missing."
    ),
]


@strawberry.type(description="How far a campaign has come by now.")
class CampaignStanding:
    state: CampaignState = strawberry.field(description="Where it stands.")
    outcome: CampaignState | None = strawberry.field(
        description="SUCCEEDED or FAILED, once that is decided."
    )
    round: int = strawberry.field(description="In which round it is: 1, or 2 of ROUNDS.")
    deadline: datetime | None = strawberry.field(description="When the present round ends.")
    share: float = strawberry.field(
        description="How much of its minimums has come in, of the kind that is furthest behind; 1 "
        "is all."
    )
    goals: list[CampaignGoal] = strawberry.field(
        resolver=goals_of,
        graphql_type=list[CampaignGoal],
        description="What it seeks, and how far each has come.",
    )
    thresholds: list[CampaignThreshold] = strawberry.field(
        resolver=thresholds_of,
        graphql_type=list[CampaignThreshold],
        description="The marks on its way.",
    )
    campaign: Campaign | None = reference(
        "campaign",
        "campaigns",
        type=Campaign | None,
        description="All of it. Who leaves this out is told at less cost to all.",
    )


@strawberry.type
class CampaignLive:
    """Campaigns as they happen."""

    @strawberry.subscription(
        graphql_type=CampaignStanding,
        description="How far a campaign has come: at once, and then whenever that is something "
        "else. The latest state comes for sure; what is outdated by then is left out.",
    )
    async def campaign_progress(self, info: Info, id: ThingId) -> AsyncIterator[Any]:
        """Return a stream of how far a campaign has come, which begins now."""
        return await campaign_events.watch_progress(info.context.ctx, id=id)

    @strawberry.subscription(
        graphql_type=CampaignEventsItem,
        description="All that happens in a campaign and that you may see, by your level of support "
        "at the moment of telling: everything after the cursor, and then as it happens, without a "
        "gap.",
    )
    async def campaign_events(
        self, info: Info, id: ThingId, after: Resume = None
    ) -> AsyncIterator[Any]:
        """Return a stream of what happens in a campaign, which begins now."""
        return await campaign_events.watch_campaign(info.context.ctx, id=id, after=after)
