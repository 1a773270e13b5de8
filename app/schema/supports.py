"""What becomes of support other than money, as the client does it."""

from typing import Annotated, Any

import strawberry

from app.resolvers import supports
from app.schema.context import Info
from app.schema.contribution_deeds import as_seen
from app.schema.contributions import Contribution
from app.schema.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    WrongState,
    mutation,
)
from app.schema.nodes import ThingId


@strawberry.input(description="Which offer, and why not.")
class DeclineSupportInput:
    contribution: strawberry.ID = strawberry.field(description="The contribution.")
    reason: str = strawberry.field(
        default="", description="Why, at most 500 characters; its supporter reads it."
    )


@strawberry.input(description="What was not delivered, and what is the matter.")
class DenyDeliveryInput:
    contribution: strawberry.ID = strawberry.field(description="The contribution.")
    reason: str = strawberry.field(
        description="What is the matter, 1 to 500 characters; its supporter reads it."
    )


SupportResult = Annotated[
    Contribution | NotFound | NotAllowed | NotSignedIn | InvalidInput | WrongState,
    strawberry.union("SupportResult", description="The contribution as it is now, or why not."),
]


@strawberry.type
class SupportMutation:
    """What becomes of offers."""

    @mutation(
        result=SupportResult,
        description="Accept time, a skill, goods or space that somebody offered; for the team.",
    )
    async def accept_support(self, info: Info, id: ThingId) -> Any:
        """Accept support."""
        return await as_seen(info, await supports.accept_support(info.context.ctx, id=id))

    @mutation(
        result=SupportResult,
        description="Say no to what somebody offered, or do without what you accepted; for the "
        "team.",
    )
    async def decline_support(self, info: Info, input: DeclineSupportInput) -> Any:
        """Decline support."""
        done = await supports.decline_support(
            info.context.ctx, id=input.contribution, reason=input.reason
        )
        return await as_seen(info, done)

    @mutation(
        result=SupportResult,
        description="Say that what was accepted is delivered: from now on it counts. For its "
        "supporter and the team.",
    )
    async def deliver_support(self, info: Info, id: ThingId) -> Any:
        """Say that support is delivered."""
        return await as_seen(info, await supports.deliver_support(info.context.ctx, id=id))

    @mutation(
        result=SupportResult,
        description="Say that something was not delivered: it is accepted still, and counts no "
        "more. For the team, until it has said thanks.",
    )
    async def deny_delivery(self, info: Info, input: DenyDeliveryInput) -> Any:
        """Deny a delivery."""
        done = await supports.deny_delivery(
            info.context.ctx, id=input.contribution, reason=input.reason
        )
        return await as_seen(info, done)

    @mutation(
        result=SupportResult,
        description="Say thanks for what was delivered, which is final; for the team.",
    )
    async def acknowledge_support(self, info: Info, id: ThingId) -> Any:
        """Acknowledge support."""
        return await as_seen(info, await supports.acknowledge_support(info.context.ctx, id=id))
