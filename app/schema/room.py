"""The room of a campaign, as those see it who are in it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.campaigning.words import Remark
from app.resolvers import room
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
from app.schema.nodes import Node, below, own_field, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.updates import Update
from app.schema.users import User

declare(
    Remark,
    "What somebody writes in a campaign's room.",
    COMMENT="A comment; it takes the right COMMENT.",
    SUGGESTION="A suggestion; it takes the right SUGGEST.",
)


@strawberry.type(
    description="What somebody wrote in a campaign's room. Its team and moderators read it, and "
    "those whose support lets them comment or suggest; under news, those of them who may read it."
)
class Comment(Node):
    kind = "comments"

    remark: Remark = own_field("kind", Remark, "What it is.")
    text: str = strawberry.field(description="What it says.")
    created_at: datetime = strawberry.field(description="When it was written.")
    author: User | None = reference("author", "users", type=User | None, description="Who wrote.")
    update: Update | None = reference(
        "update", "updates", type=Update | None, description="The news under which it stands."
    )
    campaign = campaign_field("In the room of which campaign.")


async def _comments(
    parents: list[Any],
    info: Info,
    update: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Those under this update; all if left out."),
    ] = None,
    kind: Annotated[
        Remark | None, strawberry.argument(description="Those of this kind; all if left out.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    asked = window(info, first, after, last, before)
    return await room.list_comments(info.context.ctx, parents, room.Sought(update, kind), asked)


def comments_below() -> Any:
    """Declare what is written in the room of a campaign."""
    return below(
        _comments,
        needs=("_id", "opened_at", "owner", "space", "team"),
        type=Connection[Comment] | None,
        description="What was written in its room, newest first; null if you are not in it.",
    )


@strawberry.input(description="What to write in a campaign's room.")
class CommentInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    text: str = strawberry.field(
        description="1 to 4,000 characters; whoever is in the room sees your name with it."
    )
    kind: Remark = strawberry.field(default=Remark.COMMENT, description="What it is.")
    update: strawberry.ID | None = strawberry.field(
        default=None, description="Under which news; left out, it stands by itself."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input write one comment, however often."
    )


CommentResult = Annotated[
    Comment | NotFound | NotAllowed | NotSignedIn | InvalidInput | WrongState | Conflict,
    strawberry.union("CommentResult", description="The comment, or why it was not written."),
]


@strawberry.type
class RoomMutation:
    """What is done in rooms."""

    @mutation(
        result=CommentResult,
        description="Comment or suggest something in a campaign's room; for its team, and for "
        "those whose present level of support gives the right.",
    )
    async def comment(self, info: Info, input: CommentInput) -> Any:
        """Write in a room."""
        saying = room.Saying(input.campaign, input.text, input.kind, input.update)
        return await room.comment(info.context.ctx, saying, idempotency_key=input.idempotency_key)
