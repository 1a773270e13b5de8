"""Looking for campaigns: by identifier, and those of a space by a filter and in an order."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.campaigning.filters import CampaignFilter
from app.resolvers import campaigns
from app.schema.campaign_enums import CampaignState, Sorting, Support, Type
from app.schema.campaigns import Campaign
from app.schema.context import Info
from app.schema.enums import values_of
from app.schema.nodes import SpaceId, ThingId
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.postings import BoxInput, NearInput


@strawberry.input(description="Which campaigns; every part that is given must hold.")
class CampaignFilterInput:
    near: NearInput | None = strawberry.field(
        default=None,
        description="Those within a circle; what has no place is in none. The order stays that of "
        "the list.",
    )
    within_box: BoxInput | None = strawberry.field(
        default=None, description="Those within a box; what has no place is in none."
    )
    category: str | None = strawberry.field(
        default=None, description="Those of this category and of all below it, in any case."
    )
    types: list[Type] | None = strawberry.field(default=None, description="Those for one of these.")
    states: list[CampaignState] | None = strawberry.field(
        default=None,
        description="Those in one of these; if left out, OPEN, SUCCEEDED, FAILED, FULFILLING and "
        "FULFILLED.",
    )
    share_from: float | None = strawberry.field(
        default=None, description="Those with at least this share of what they need; 1 is all."
    )
    share_below: float | None = strawberry.field(
        default=None, description="Those with less than this share of what they need."
    )
    ends_from: datetime | None = strawberry.field(
        default=None, description="Those with a deadline at this instant or later."
    )
    ends_before: datetime | None = strawberry.field(
        default=None, description="Those with a deadline before this instant."
    )
    kinds: list[Support] | None = strawberry.field(
        default=None, description="Those that seek one of these."
    )
    text: str | None = strawberry.field(
        default=None,
        description="Those with all of these words, or with words that begin so, whatever the "
        "accents; at most 200 characters.",
    )

    def filter(self, space: str) -> CampaignFilter:
        """Return the filter as the resolvers take it."""
        near, box = self.near, self.within_box
        return CampaignFilter(
            space=space,
            near=near.circle() if near else None,
            within=box.box() if box else None,
            category=self.category,
            types=values_of(self.types),
            states=values_of(self.states),
            share_from=self.share_from,
            share_below=self.share_below,
            ends_from=self.ends_from,
            ends_before=self.ends_before,
            kinds=values_of(self.kinds),
            text=self.text,
        )


Filter = Annotated[
    CampaignFilterInput | None, strawberry.argument(description="Which campaigns are wanted.")
]
OrderBy = Annotated[Sorting, strawberry.argument(description="In which order.")]


@strawberry.type
class CampaignQuery:
    """Looking for campaigns."""

    @strawberry.field(graphql_type=Campaign | None, description="A campaign that you see.")
    async def campaign(self, info: Info, id: ThingId) -> Any:
        """Return a campaign."""
        return await info.context.load("campaigns").load(id)

    @strawberry.field(
        graphql_type=Connection[Campaign],
        description="The campaigns of a space that you see: those that opened; and before they do, "
        "those that you run or have to review, if the filter names their states.",
    )
    async def campaigns(
        self,
        info: Info,
        space: SpaceId,
        filter: Filter = None,
        order_by: OrderBy = Sorting.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return campaigns."""
        wanted = (filter or CampaignFilterInput()).filter(space)
        asked = window(info, first, after, last, before)
        return await campaigns.list_campaigns(info.context.ctx, wanted, order_by.value, asked)
