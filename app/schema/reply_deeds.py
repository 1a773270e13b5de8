"""What is done with replies, as the client sees it: write, revise, vote, accept."""

from typing import Annotated, Any

import strawberry

from app.resolvers import acceptance, replies, votes
from app.resolvers.wording import Words
from app.schema.broking_enums import Act, Basis, Value
from app.schema.context import Info
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    WrongState,
    mutation,
)
from app.schema.nodes import ThingId
from app.schema.replies import Reply


@strawberry.input(description="What you want to say in a thread.")
class ReplyInput:
    thread: strawberry.ID = strawberry.field(description="The thread.")
    act: Act = strawberry.field(description="Whether you advise, or ask for what is unclear.")
    basis: Basis = strawberry.field(
        default=Basis.EXPERIENCE, description="What it rests on; expertise must be declared."
    )
    subject: str | None = strawberry.field(
        default=None,
        description="In what you have experience or expertise; if left out, what you are best "
        "known for of what the thread is about.",
    )
    sources: list[str] = strawberry.field(
        default_factory=list,
        description="What you refer to, at most 10: http or https addresses, or citations.",
    )
    text: str = strawberry.field(description="1 to 20,000 characters.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input write one reply, however often."
    )

    def words(self) -> Words:
        """Return what is said, as the resolvers take it."""
        return Words(self.act, self.basis, self.subject, self.sources, self.text)


@strawberry.input(description="What changes in a reply of yours; what is left out stays.")
class ReviseReplyInput:
    reply: strawberry.ID = strawberry.field(description="The reply.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    text: str | None = strawberry.field(default=None, description="1 to 20,000 characters.")
    sources: list[str] | None = strawberry.field(
        default=None, description="In place of the sources so far, at most 10."
    )


@strawberry.input(description="Your vote on a reply.")
class VoteInput:
    reply: strawberry.ID = strawberry.field(description="The reply.")
    value: Value | None = strawberry.field(
        default=None, description="What your vote is from now on; null takes it back."
    )


WriteReplyResult = Annotated[
    Reply | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("WriteReplyResult", description="The reply as it is now, or why not."),
]
VoteResult = Annotated[
    Reply | NotFound | NotAllowed | NotSignedIn | WrongState,
    strawberry.union("VoteResult", description="The reply with its votes, or why not."),
]
AcceptReplyResult = Annotated[
    Reply | NotFound | NotAllowed | NotSignedIn | Conflict | WrongState,
    strawberry.union("AcceptReplyResult", description="The reply as it is now, or why not."),
]


@strawberry.type
class ReplyMutation:
    """What is done with replies."""

    @mutation(
        result=WriteReplyResult,
        description="Write in a thread. Who may advise says the space: its direction first, and "
        "then how much trust it asks for.",
    )
    async def reply(self, info: Info, input: ReplyInput) -> Any:
        """Write a reply."""
        return await replies.reply(
            info.context.ctx,
            thread_id=input.thread,
            words=input.words(),
            idempotency_key=input.idempotency_key,
        )

    @mutation(
        result=WriteReplyResult,
        description="Change a reply of yours; what it said before stays in its history.",
    )
    async def revise_reply(self, info: Info, input: ReviseReplyInput) -> Any:
        """Revise a reply."""
        return await replies.revise_reply(
            info.context.ctx,
            id=input.reply,
            expected_version=input.expected_version,
            text=input.text,
            sources=input.sources,
        )

    @mutation(
        result=VoteResult,
        description="Vote on a reply of somebody else's, change your vote or take it back. The "
        "same again changes nothing.",
    )
    async def vote(self, info: Info, input: VoteInput) -> Any:
        """Vote."""
        return await votes.vote(info.context.ctx, id=input.reply, value=input.value)

    @mutation(
        result=AcceptReplyResult,
        description="Say which advice helped you; for who asked. One reply is accepted at a time.",
    )
    async def accept_reply(self, info: Info, id: ThingId) -> Any:
        """Accept a reply."""
        return await acceptance.accept_reply(info.context.ctx, id=id)

    @mutation(
        result=AcceptReplyResult,
        description="Take the acceptance of a reply back, with all that it gave; for who asked.",
    )
    async def undo_acceptance(self, info: Info, id: ThingId) -> Any:
        """Undo the acceptance of a reply."""
        return await acceptance.undo_acceptance(info.context.ctx, id=id)
