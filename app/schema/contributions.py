"""What people give to campaigns, as the client sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.campaigning.ledger import is_to_be_returned
from app.campaigning.money import OTHERWISE, said
from app.resolvers import contribution_lists, crowdsourcing_rules
from app.schema.campaign_enums import ContributionState, Support
from app.schema.campaign_parts import campaign_field
from app.schema.context import Info
from app.schema.nodes import Node, SpaceId, below, own_field
from app.schema.paging import Connection, pages_below
from app.schema.scalars import Amount
from app.schema.users import User

Locale = Annotated[
    str,
    strawberry.argument(
        description="In which language: a tag such as `de` or `pt-BR`; English where it is not "
        "known."
    ),
]
# By what it is told whether the viewer sees a contribution as a whole.
WHOSE = ("supporter",)


def formatted_field(key: str = "amount", description: str = "It, as people write it") -> Any:
    """Declare how an amount beside a `currency` is written; null of what is no money."""

    async def resolve(self: Any, locale: Locale = OTHERWISE) -> str | None:
        currency = self["currency"]
        return None if currency is None else said(self[key], currency, locale)

    return strawberry.field(
        resolver=resolve,
        graphql_type=str | None,
        description=f"{description}: `12,50 €` in German; null if it is not money.",
        metadata={"needs": (key, "currency")},
    )


@strawberry.type(description="What whoever pays by hand is to do.")
class PaymentInstructions:
    purpose: str = strawberry.field(description="What to write on the transfer, exactly so.")
    account: str | None = strawberry.field(description="Where to transfer it, if that is known.")


@strawberry.type(description="How money is paid.")
class Payment:
    provider: str = strawberry.field(description="Through whom.")
    reference: str | None = strawberry.field(
        description="What they call it, once they have heard of it."
    )
    instructions: PaymentInstructions | None = strawberry.field(
        description="What to do, where it is paid by hand."
    )
    action_url: str | None = strawberry.field(
        description="A page of the provider's where something is left to do; for the supporter."
    )
    to_be_returned: bool = strawberry.field(
        description="Whether the campaign's team has money of a transfer that it has to send back."
    )
    noted_by: User | None = strawberry.field(
        description="Who noted last that a transfer came, or was sent back."
    )


def _for_some(key: str, type: Any, description: str, *needs: str) -> Any:
    """Declare a field that is null for those who do not see the contribution as a whole."""

    async def resolve(self: Any, info: Info) -> Any:
        return self[key] if contribution_lists.sees_all(info.context.ctx, self) else None

    return strawberry.field(
        resolver=resolve,
        graphql_type=type,
        description=description,
        metadata={"needs": (key, *needs, *WHOSE)},
    )


async def _supporters(parents: list[Any], info: Info) -> Any:
    shown = contribution_lists.list_shown(info.context.ctx, parents)
    return await info.context.load("users").load_each(shown)


async def _message(self: Any, info: Info) -> str:
    [shown] = contribution_lists.list_shown(info.context.ctx, [self])
    text: str = self["message"]
    return "" if shown is None else text


async def _payment(self: Any, info: Info) -> Any:
    ctx = info.context.ctx
    if self["provider"] is None or not contribution_lists.sees_all(ctx, self):
        return None
    is_own = self["supporter"] == ctx.viewer.user
    noted_by = self.get("noted_by")
    return {
        "provider": self["provider"],
        "reference": self["reference"],
        "instructions": contribution_lists.instructions_for(ctx, self),
        "action_url": self.get("action_url") if is_own else None,
        "to_be_returned": is_to_be_returned(self),
        "noted_by": await info.context.load("users").load(noted_by) if noted_by else None,
    }


@strawberry.type(
    description="What somebody gives to a campaign. Everybody who sees the campaign sees it while "
    "it counts; its supporter, the campaign's team and the operator see it always, and as a whole."
)
class Contribution(Node):
    kind = "contributions"

    support_kind: Support = own_field("kind", Support, "What is given.")
    amount: Amount = strawberry.field(description="How much.")
    currency: str | None = strawberry.field(description="Of money: its code in ISO 4217.")
    formatted: str | None = formatted_field()
    tier: strawberry.ID | None = strawberry.field(
        description="The tier that was chosen for it: an `id` of the campaign's `tiers`."
    )
    anonymous: bool = strawberry.field(description="Whether its supporter is not to be shown.")
    state: ContributionState = strawberry.field(description="Where it stands.")
    created_at: datetime = strawberry.field(description="When it was given.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Grows with each change.")
    message: str = strawberry.field(
        resolver=_message,
        graphql_type=str,
        description="What the supporter said with it; nothing if it is anonymous to you.",
        metadata={"needs": ("message", "anonymous", *WHOSE)},
    )
    reason: str | None = _for_some(
        "reason", str | None, "Why it stands so, if somebody said; for who sees it as a whole."
    )
    supporter: User | None = below(
        _supporters,
        needs=("anonymous", *WHOSE),
        type=User | None,
        gathers="users",
        description="Who gave it; null if it is anonymous to you.",
    )
    payment: Payment | None = strawberry.field(
        resolver=_payment,
        graphql_type=Payment | None,
        description="How it is paid, if it is money; for who sees it as a whole.",
        metadata={
            "needs": (
                "_id", "provider", "reference", "amount", "currency", "campaign", "action_url",
                "asked", "noted_by", *WHOSE,
            )
        },
    )  # fmt: skip
    campaign = campaign_field("What it was given to; null if you do not see that any more.")


def contributions_below() -> Any:
    """Declare what a campaign was given."""
    return pages_below(
        contribution_lists.list_below,
        needs=("_id", "owner", "space", "team"),
        type=Connection[Contribution],
        description="What it was given, newest first: to its team and the operator all of it, to "
        "others what counts.",
    )


@strawberry.type(description="Somebody through whom money can be paid.")
class PaymentProvider:
    name: str = strawberry.field(description="The word by which `contribute` names it.")
    by_hand: bool = strawberry.field(
        description="Whether people transfer the money themselves, and people note that it came."
    )
    pretends: bool = strawberry.field(
        description="Whether it only says yes and moves no money: to try campaigns out."
    )


@strawberry.type
class ContributionQuery:
    """Looking for ways to give."""

    @strawberry.field(
        graphql_type=list[PaymentProvider],
        description="Through whom money can be paid to the campaigns of a space.",
    )
    async def payment_providers(self, info: Info, space: SpaceId) -> Any:
        """Return the providers."""
        ctx = info.context.ctx
        return crowdsourcing_rules.list_providers(ctx, await ctx.visible_space(space))
