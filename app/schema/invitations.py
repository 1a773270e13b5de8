"""Invitations to experts, as the client sees them."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from app.resolvers import invitations
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
from app.schema.nodes import Node, below, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.spaces import value
from app.schema.threads import Thread
from app.schema.users import User


@strawberry.enum(description="What an expert has said to an invitation.")
class InvitationState(Enum):
    PENDING = value("PENDING", "Nothing yet.")
    ACCEPTED = value("ACCEPTED", "They will look at the thread.")
    DECLINED = value("DECLINED", "They will not; the thread goes on without them.")


@strawberry.enum(description="What you say to an invitation.")
class InvitationAnswer(Enum):
    ACCEPT = value("ACCEPT", "You will look at the thread.")
    DECLINE = value("DECLINE", "You will not, or not any more: nobody waits for you.")


async def _messages(parents: list[Any], info: Info) -> Any:
    ids = list(dict.fromkeys(parent["thread"] for parent in parents))
    found = await info.context.load("threads").load_many(ids)
    seen = {id for id, thread in zip(ids, found, strict=True) if thread is not None}
    return [parent["message"] if parent["thread"] in seen else "" for parent in parents]


@strawberry.type(description="That an expert was asked to look at a thread; for the two of them.")
class Invitation(Node):
    kind = "invitations"

    state: InvitationState = strawberry.field(description="What the expert has said.")
    created_at: datetime = strawberry.field(description="When they were asked.")
    answered_at: datetime | None = strawberry.field(description="When they last answered.")
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")
    thread: Thread | None = reference(
        "thread",
        "threads",
        type=Thread | None,
        description="The thread; null if you do not see it any more.",
    )
    expert: User | None = reference(
        "expert", "users", type=User | None, description="Who was asked."
    )
    message: str = below(
        _messages,
        needs=("thread", "message"),
        type=str,
        description="What came with it; empty if the thread came by itself, or if you do not see "
        "it any more.",
    )


@strawberry.input(description="Whom to ask to look at a thread.")
class InviteExpertInput:
    thread: strawberry.ID = strawberry.field(description="The thread.")
    person: strawberry.ID = strawberry.field(description="An expert of the space.")
    message: str = strawberry.field(
        default="", description="What you want to tell them, at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input invite once, however often."
    )


@strawberry.input(description="What you say to an invitation.")
class AnswerInvitationInput:
    invitation: strawberry.ID = strawberry.field(description="The invitation.")
    answer: InvitationAnswer = strawberry.field(description="What you say.")
    expected_version: int = strawberry.field(description="The version that you saw.")


InvitationResult = Annotated[
    Invitation | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("InvitationResult", description="The invitation as it is now, or why not."),
]


@strawberry.type
class InvitationQuery:
    """Reading invitations."""

    @strawberry.field(
        graphql_type=Connection[Invitation],
        description="The threads that you were asked to look at, newest first.",
    )
    async def invitations(
        self,
        info: Info,
        state: Annotated[
            InvitationState | None, strawberry.argument(description="Only those in this state.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the viewer's invitations."""
        asked = window(info, first, after, last, before)
        wanted = None if state is None else state.value
        return await invitations.list_my_invitations(info.context.ctx, wanted, asked)


@strawberry.type
class InvitationMutation:
    """What is done with invitations."""

    @mutation(
        result=InvitationResult,
        description="Ask an expert to look at a thread; for its asker, and moderators.",
    )
    async def invite_expert(self, info: Info, input: InviteExpertInput) -> Any:
        """Invite an expert."""
        return await invitations.invite_expert(
            info.context.ctx,
            thread_id=input.thread,
            person=input.person,
            message=input.message,
            idempotency_key=input.idempotency_key,
        )

    @mutation(
        result=InvitationResult,
        description="Say whether you will look at a thread. If you will not, it goes on at once.",
    )
    async def answer_invitation(self, info: Info, input: AnswerInvitationInput) -> Any:
        """Answer an invitation."""
        return await invitations.answer_invitation(
            info.context.ctx,
            id=input.invitation,
            accepts=input.answer is InvitationAnswer.ACCEPT,
            expected_version=input.expected_version,
        )
