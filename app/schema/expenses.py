"""What campaigns pay out, as everybody sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.campaigning.ledger import ExpenseState
from app.resolvers import expenses
from app.schema.campaign_parts import campaign_field
from app.schema.context import Info
from app.schema.contributions import formatted_field
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
from app.schema.nodes import Node, ThingId, reference
from app.schema.paging import Connection, pages_below
from app.schema.scalars import Amount
from app.schema.users import User

declare(
    ExpenseState,
    "Where an expense stands.",
    RECORDED="The team recorded it: the money is reserved.",
    APPROVED="Somebody else approved it: the money is paid.",
    REJECTED="Somebody else rejected it: the money can be spent otherwise.",
)


@strawberry.type(description="What was paid out of a campaign's money, to whom and why.")
class Expense(Node):
    kind = "expenses"

    amount: Amount = strawberry.field(description="How much, in minor units.")
    currency: str = strawberry.field(description="Its code in ISO 4217.")
    formatted: str | None = formatted_field()
    payee: str = strawberry.field(description="To whom.")
    purpose: str = strawberry.field(description="For what.")
    evidence: list[str] = strawberry.field(
        description="What proves it: web addresses, or numbers of invoices."
    )
    state: ExpenseState = strawberry.field(description="Where it stands.")
    spent_at: datetime = strawberry.field(description="When it was paid.")
    created_at: datetime = strawberry.field(description="When it was recorded.")
    recorded_by: User | None = reference(
        "recorded_by", "users", type=User | None, description="Who recorded it."
    )
    approved_by: User | None = reference(
        "approved_by", "users", type=User | None, description="Who approved or rejected it."
    )
    campaign = campaign_field("Out of the money of which campaign.")


def expenses_below() -> Any:
    """Declare what a campaign paid out."""
    return pages_below(
        expenses.list_expenses,
        needs=("_id", "space"),
        type=Connection[Expense],
        description="What it paid out, to whom and why, newest first; for all who see it.",
    )


@strawberry.input(description="What was paid, to whom and why.")
class RecordExpenseInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    amount: Amount = strawberry.field(
        description="How much, in minor units: no more than is `available` in its `statement`."
    )
    currency: str | None = strawberry.field(
        default=None, description="The campaign's, if it is given."
    )
    payee: str = strawberry.field(description="To whom, 1 to 200 characters; public.")
    purpose: str = strawberry.field(description="For what, 1 to 2,000 characters; public.")
    evidence: list[str] = strawberry.field(
        default_factory=list,
        description="What proves it: at most 10 web addresses or numbers; public.",
    )
    spent_at: datetime | None = strawberry.field(
        default=None, description="When it was paid; left out, now."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input record one expense, however often."
    )


ExpenseResult = Annotated[
    Expense | NotFound | NotAllowed | NotSignedIn | InvalidInput | WrongState | Conflict,
    strawberry.union("ExpenseResult", description="The expense as it is now, or why not."),
]


@strawberry.type
class ExpenseMutation:
    """What is done with expenses."""

    @mutation(
        result=ExpenseResult,
        description="Record what is paid out of a campaign's money, for all to see; for its team. "
        "The money is reserved at once.",
    )
    async def record_expense(self, info: Info, input: RecordExpenseInput) -> Any:
        """Record an expense."""
        payment = expenses.Payment(
            campaign=input.campaign,
            amount=input.amount,
            payee=input.payee,
            purpose=input.purpose,
            evidence=tuple(input.evidence),
            currency=input.currency,
            spent_at=input.spent_at,
        )
        return await expenses.record_expense(
            info.context.ctx, payment, idempotency_key=input.idempotency_key
        )

    @mutation(
        result=ExpenseResult,
        description="Say that an expense is right: the money is paid. For moderators, and for "
        "others of the team than who recorded it.",
    )
    async def approve_expense(self, info: Info, id: ThingId) -> Any:
        """Approve an expense."""
        return await expenses.approve_expense(info.context.ctx, id=id)

    @mutation(
        result=ExpenseResult,
        description="Say that an expense is not right: its money can be spent otherwise. For the "
        "same people.",
    )
    async def reject_expense(self, info: Info, id: ThingId) -> Any:
        """Reject an expense."""
        return await expenses.reject_expense(info.context.ctx, id=id)
