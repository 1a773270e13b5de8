"""What is done with contributions, as the client sees it."""

from typing import Annotated, Any

import strawberry

from app.resolvers import contributions
from app.resolvers.contributions import Gift
from app.schema.campaign_enums import Noted, Support
from app.schema.context import Info
from app.schema.contributions import Contribution
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RateLimited,
    WrongState,
    mutation,
)
from app.schema.scalars import Amount


@strawberry.input(description="What somebody gives to a campaign.")
class ContributeInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    kind: Support = strawberry.field(
        default=Support.MONEY, description="What is given: of one of the campaign's goals."
    )
    amount: Amount = strawberry.field(description="How much, 1 to 10^12.")
    currency: str | None = strawberry.field(
        default=None,
        description="Of money: the campaign's, to be sure that you mean the same; it can be left "
        "out.",
    )
    provider: str | None = strawberry.field(
        default=None, description="Of money: through whom it is paid; see `paymentProviders`."
    )
    tier: strawberry.ID | None = strawberry.field(
        default=None,
        description="The tier that is wanted for it: an `id` of the campaign's `tiers`. A limited "
        "one is had by those alone who choose it.",
    )
    anonymous: bool = strawberry.field(
        default=False,
        description="Whether you are not to be shown to the public; the team and the operator see "
        "you in any case.",
    )
    message: str = strawberry.field(
        default="", description="What you say with it, at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give once, however often."
    )

    def gift(self) -> Gift:
        """Return what is given, as the resolvers take it."""
        return Gift(
            campaign=self.campaign,
            kind=self.kind.value,
            amount=self.amount,
            currency=self.currency,
            provider=self.provider,
            tier=self.tier,
            anonymous=self.anonymous,
            message=self.message,
        )


@strawberry.input(description="Which contribution of yours to take back.")
class CancelContributionInput:
    contribution: strawberry.ID = strawberry.field(description="The contribution.")
    reason: str = strawberry.field(default="", description="Why, if you like to say.")


@strawberry.input(description="Which money to give back, and why.")
class RefundContributionInput:
    contribution: strawberry.ID = strawberry.field(description="The contribution.")
    reason: str = strawberry.field(description="Why, for its supporter to read.")


@strawberry.input(description="What became of a transfer.")
class NoteTransferInput:
    contribution: strawberry.ID = strawberry.field(description="The contribution.")
    noted: Noted = strawberry.field(description="What became of it.")


ContributionResult = Annotated[
    Contribution
    | NotFound
    | NotAllowed
    | NotSignedIn
    | InvalidInput
    | Conflict
    | WrongState
    | RateLimited,
    strawberry.union("ContributionResult", description="What was given, as it is now, or why not."),
]


async def as_seen(info: Info, contribution: Any) -> Any:
    """Return a contribution as the viewer sees it, who has just done something with it."""
    found = await info.context.load("contributions").load(contribution["_id"])
    return found or contribution


@strawberry.type
class ContributionMutation:
    """What is done with contributions."""

    @mutation(
        result=ContributionResult,
        description="Give something to an open campaign. Money is pledged through a payment "
        "provider; everything else is offered, and the campaign's team accepts it. For everybody "
        "who is signed in.",
    )
    async def contribute(self, info: Info, input: ContributeInput) -> Any:
        """Contribute."""
        return await contributions.contribute(
            info.context.ctx, input.gift(), idempotency_key=input.idempotency_key
        )

    @mutation(
        result=ContributionResult,
        description="Take back what you gave, before the campaign has ended and the money was "
        "taken.",
    )
    async def cancel_contribution(self, info: Info, input: CancelContributionInput) -> Any:
        """Cancel a contribution."""
        return await contributions.cancel_contribution(
            info.context.ctx, id=input.contribution, reason=input.reason
        )

    @mutation(
        result=ContributionResult,
        description="Give money back that was taken; for the campaign's team and for moderators.",
    )
    async def refund_contribution(self, info: Info, input: RefundContributionInput) -> Any:
        """Refund a contribution."""
        done = await contributions.refund_contribution(
            info.context.ctx, id=input.contribution, reason=input.reason
        )
        return await as_seen(info, done)

    @mutation(
        result=ContributionResult,
        description="Note by hand that the money of a transfer has come, or was sent back; for the "
        "campaign's team and the operator.",
    )
    async def note_transfer(self, info: Info, input: NoteTransferInput) -> Any:
        """Note a transfer."""
        done = await contributions.note_transfer(
            info.context.ctx, id=input.contribution, noted=input.noted.value
        )
        return await as_seen(info, done)
