"""Messages of a match, as its two see them, and nobody else."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import messages
from app.schema.context import Info
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    mutation,
)
from app.schema.matches import Match
from app.schema.nodes import Node, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.users import User


@strawberry.type(description="What one of the two of a match wrote to the other.")
class Message(Node):
    kind = "messages"

    number: int = strawberry.field(description="Which one it is in its match, counted from 1.")
    text: str = strawberry.field(description="What was written.")
    created_at: datetime = strawberry.field(description="When.")
    match: Match | None = reference(
        "match", "matches", type=Match | None, description="The match that it belongs to."
    )
    author: User | None = reference("author", "users", type=User | None, description="Who wrote.")


@strawberry.input(description="What to write to the other of a match.")
class SendMessageInput:
    match: strawberry.ID = strawberry.field(description="The match.")
    text: str = strawberry.field(description="1 to 4,000 characters.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input send one message, however often."
    )


SendMessageResult = Annotated[
    Message | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict,
    strawberry.union("SendMessageResult", description="The message, or why it was not sent."),
]


@strawberry.type
class MessageQuery:
    """Reading messages."""

    @strawberry.field(
        graphql_type=Connection[Message],
        description="What the two of a match wrote to each other, oldest first; for them alone. "
        "Who resumes after the last one misses none.",
    )
    async def messages(
        self,
        info: Info,
        match: Annotated[strawberry.ID, strawberry.argument(description="A match of yours.")],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the messages of a match."""
        return await messages.list_messages(
            info.context.ctx, match, window(info, first, after, last, before)
        )


@strawberry.type
class MessageMutation:
    """What is done with messages."""

    @mutation(
        result=SendMessageResult,
        description="Write to the other of a match of yours: from its proposal until 30 days "
        "after its end.",
    )
    async def send_message(self, info: Info, input: SendMessageInput) -> Any:
        """Send a message."""
        return await messages.send_message(
            info.context.ctx,
            match_id=input.match,
            text=input.text,
            idempotency_key=input.idempotency_key,
        )
