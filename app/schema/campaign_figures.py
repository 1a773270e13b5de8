"""What is counted of campaigns, as the client sees it: forecast, ledger, and statement."""

from datetime import datetime
from typing import Any

import strawberry

from app.campaigning.ledger import Account
from app.ids import kind_of
from app.resolvers import campaign_figures
from app.schema.campaign_enums import Outlook, Support
from app.schema.context import Info
from app.schema.contributions import formatted_field
from app.schema.enums import declare
from app.schema.nodes import below
from app.schema.paging import Connection, pages_below
from app.schema.scalars import Amount

declare(
    Account,
    "Where support is; every movement takes it from one account to another.",
    name="LedgerAccount",
    OWN="With supporters: less all that is elsewhere.",
    PROMISED="Promised, and not yet sure.",
    HELD="Money that a provider is sure of and has not yet taken. It counts.",
    FUNDS="Money that was taken and not yet spent; what was delivered; valid signatures. It "
    "counts.",
    RESERVED="Money of expenses that are recorded and not yet approved. It counts.",
    PAID="Money that was paid out. It counts.",
    DISPUTED="Money that was taken and is contested.",
    REFUNDED="Money that was taken and has been given back.",
    OWED="Money that came by hand for a pledge that is over, and is to be sent back.",
)


@strawberry.type(description="So much money.")
class Money:
    amount: Amount = strawberry.field(description="In minor units; what is left can be below 0.")
    currency: str = strawberry.field(description="The code of the currency in ISO 4217.")
    formatted: str | None = formatted_field()


@strawberry.type(
    description="Where the pace of the last days leads: a continuation of a line, not knowledge."
)
class CampaignForecast:
    kind: Support = strawberry.field(description="Of which kind of support.")
    share: float = strawberry.field(
        description="What counts, of the minimum, or in a second round of the optimum; 1 is all."
    )
    per_day: Amount | None = strawberry.field(
        description="What came in on a day of late; null if too little is known."
    )
    projected: Amount | None = strawberry.field(
        description="What will have come in at the deadline at this pace."
    )
    low: Amount | None = strawberry.field(
        description="Below it one of ten such campaigns would end."
    )
    high: Amount | None = strawberry.field(
        description="Above it one of ten such campaigns would end."
    )
    days_to_goal: int | None = strawberry.field(
        description="After how many days it is reached at this pace; null if it is, or never."
    )
    outlook: Outlook = strawberry.field(description="What that comes to.")
    words: str = strawberry.field(description="The same in a sentence.")


def _named(key: str, kind: str, description: str) -> Any:
    """Declare an identifier of a kind; null if it is another one's."""
    return strawberry.field(
        resolver=lambda self: self[key] if kind_of(self[key] or "") == kind else None,
        graphql_type=strawberry.ID | None,
        description=description,
        metadata={"needs": (key,)},
    )


@strawberry.type(description="One movement of support from one account to another, for good.")
class LedgerEntry:
    kind: Support = strawberry.field(description="Of which kind of support.")
    amount: Amount = strawberry.field(description="How much.")
    currency: str | None = strawberry.field(description="Of money: its code in ISO 4217.")
    formatted: str | None = formatted_field()
    credit: Account = strawberry.field(description="The account that it was taken from.")
    debit: Account = strawberry.field(description="The account that it was put into.")
    cause: str = strawberry.field(
        description="The state to which what was given, or spent, went by it; OWED if it came by "
        "hand and is over."
    )
    at: datetime = strawberry.field(description="When.")
    contribution: strawberry.ID | None = _named(
        "contribution", "contributions", "Of which contribution; `node` finds it while it counts."
    )
    expense: strawberry.ID | None = _named("expense", "expenses", "Of which expense.")


def _of_money(figure: str, description: str) -> Any:
    def resolve(self: Any) -> Any:
        statement, currency = self
        return {"amount": getattr(statement, figure), "currency": currency}

    return strawberry.field(resolver=resolve, graphql_type=Money, description=description)


@strawberry.type(
    description="What became of a campaign's money, by its ledger. What came in is what was given "
    "back, is disputed, reserved, paid and available together."
)
class CampaignStatement:
    promised: Money = _of_money("promised", "Pledged, and not yet sure.")
    held: Money = _of_money("held", "Sure, and not yet taken.")
    came_in: Money = _of_money("came_in", "All that was ever taken.")
    given_back: Money = _of_money("given_back", "What was given back.")
    disputed: Money = _of_money("disputed", "What is contested.")
    reserved: Money = _of_money("reserved", "What is spent, and not yet approved.")
    paid: Money = _of_money("paid", "What was paid out.")
    available: Money = _of_money("available", "What is left to be spent.")
    owed: Money = _of_money(
        "owed", "What came by hand for pledges that are over, and is to be sent back."
    )


async def _forecasts(parents: list[Any], info: Info) -> Any:
    found = await campaign_figures.list_forecasts(info.context.ctx, parents)
    return [[_shown(one) for one in forecasts] for forecasts in found]


def _shown(forecast: campaign_figures.KindForecast) -> dict[str, Any]:
    found = forecast.found
    return {"kind": forecast.kind} | {key: getattr(found, key) for key in type(found).__slots__}


async def _statements(parents: list[Any], info: Info) -> Any:
    return await campaign_figures.list_statements(info.context.ctx, parents)


def forecasts_below() -> Any:
    """Declare where a campaign's pace leads."""
    return below(
        _forecasts,
        needs=(
            "_id", "deadline", "goals", "opened_at", "progress", "round", "state",
            "suspended_from",
        ),
        type=list[CampaignForecast],
        description="Where its pace leads, by kind of support; nothing before it opened. Up to "
        "seven days of its ledger are summed up for it.",
    )  # fmt: skip


def ledger_below() -> Any:
    """Declare the ledger of a campaign."""
    return pages_below(
        campaign_figures.list_ledgers,
        needs=("_id", "space"),
        type=Connection[LedgerEntry],
        description="Every movement of support, oldest first; it names no person.",
    )


def statement_below() -> Any:
    """Declare what became of a campaign's money."""
    return below(
        _statements,
        needs=("_id", "goals", "space"),
        type=CampaignStatement | None,
        description="What became of its money; null if it seeks none. Its whole ledger is summed "
        "up for it.",
    )
