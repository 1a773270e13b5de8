"""The news of campaigns, as the client sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.campaigning.words import Audience
from app.resolvers import updates
from app.schema.campaign_parts import campaign_field
from app.schema.context import Info
from app.schema.enums import declare
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    WrongState,
    mutation,
)
from app.schema.nodes import Node, reference
from app.schema.paging import Connection, pages_below
from app.schema.users import User

declare(
    Audience,
    "Whom news of a campaign is for, besides its team. What has a day on which it becomes public "
    "is for everybody from then on.",
    ALL="Everybody; before the day on which it becomes public, if it has one, who may PREVIEW.",
    SUPPORTERS="Those whose support counts and who may READ_UPDATES.",
    TIER="Of these, those at a level, or above it.",
    TEAM="The team alone.",
)


@strawberry.type(description="News of a campaign.")
class Update(Node):
    kind = "updates"

    title: str = strawberry.field(description="What it says, in a line.")
    text: str = strawberry.field(description="What it says.")
    audience: Audience = strawberry.field(description="Whom it is for.")
    rank: int = strawberry.field(description="For TIER: the rank of the lowest tier; else 0.")
    public_at: datetime | None = strawberry.field(
        description="From when on everybody reads it; null: that is not foreseen."
    )
    created_at: datetime = strawberry.field(description="When it was posted.")
    author: User | None = reference("author", "users", type=User | None, description="Who wrote.")
    campaign = campaign_field("Of which campaign.")


def updates_below() -> Any:
    """Declare the news of a campaign."""
    return pages_below(
        updates.list_updates,
        needs=("_id", "owner", "team"),
        type=Connection[Update],
        description="Its news that you may read at your present level of support, newest first.",
    )


@strawberry.input(description="What to tell, and whom.")
class PostUpdateInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    title: str = strawberry.field(description="What it says, in a line; 1 to 200 characters.")
    text: str = strawberry.field(description="What it says, 1 to 20,000 characters.")
    audience: Audience = strawberry.field(default=Audience.ALL, description="Whom it is for.")
    rank: int = strawberry.field(
        default=0, description="For the audience TIER: the rank of the lowest tier."
    )
    public_at: datetime | None = strawberry.field(
        default=None, description="From when on everybody may read it: an instant to come."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input post one update, however often."
    )


UpdateResult = Annotated[
    Update | NotFound | NotAllowed | NotSignedIn | InvalidInput | WrongState | Conflict,
    strawberry.union("UpdateResult", description="The update, or why it was not posted."),
]


@strawberry.type
class UpdateMutation:
    """What is done with news."""

    @mutation(result=UpdateResult, description="Post news of a campaign; for its team.")
    async def post_update(self, info: Info, input: PostUpdateInput) -> Any:
        """Post news."""
        news = updates.News(
            campaign=input.campaign,
            title=input.title,
            text=input.text,
            audience=input.audience.value,
            rank=input.rank,
            public_at=input.public_at,
        )
        return await updates.post_update(
            info.context.ctx, news, idempotency_key=input.idempotency_key
        )
