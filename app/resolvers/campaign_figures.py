"""What is counted of campaigns: where their pace leads, their ledgers, and what became of money."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from app.campaigning.campaign_states import counted, is_running
from app.campaigning.forecast import MOST_DAYS, Course, Forecast, forecast
from app.campaigning.goals import minimums, optimums
from app.campaigning.ledger import COUNTED, Statement, statement
from app.campaigning.words import Support
from app.db import ledger as ledger_db
from app.db.campaign_documents import Campaign
from app.db.paging import Page, Window
from app.failures import Failure
from app.resolvers.context import Context
from app.resolvers.levels import find_for_each, refusal

DAY = timedelta(days=1)


class KindForecast(NamedTuple):
    """Where the pace of one kind of support leads."""

    kind: str
    found: Forecast


async def list_forecasts(ctx: Context, campaigns: Sequence[Any]) -> list[list[KindForecast]]:
    """Return for each campaign where its pace leads, by kind of its goals; none before it opened.

    The days are the last whole ones up to this moment, of those since it opened.
    """
    running = [one["_id"] for one in campaigns if is_running(one)]
    accounts = {str(account) for account in COUNTED}
    came = (
        await ledger_db.list_days(ctx.db, running, accounts, ctx.now, MOST_DAYS) if running else {}
    )
    return [
        [
            KindForecast(kind, _forecast(ctx, one, kind, came.get((one["_id"], kind), {})))
            for kind in minimums(one["goals"])
        ]
        if one["opened_at"] is not None
        else []
        for one in campaigns
    ]


async def list_ledgers(
    ctx: Context, campaigns: Sequence[Any], window: Window
) -> list[Page | Failure]:
    """Return for each campaign, which the viewer sees, a page of its ledger, in order."""
    window.check()

    async def find(ids: list[str]) -> dict[str, Page]:
        return await ledger_db.find_entries(ctx.db, ids, window)

    return await find_for_each(campaigns, await _refused(ctx, campaigns), find)


async def list_statements(ctx: Context, campaigns: Sequence[Any]) -> list[Any]:
    """Return for each campaign what became of its money, with the currency; None if it seeks none.

    In the place of one whose ledger the viewer may not read there is the failure.
    """
    kinds = {one["_id"]: _currency(one) for one in campaigns}

    async def find(ids: list[str]) -> dict[str, tuple[Statement, str] | None]:
        seeking = [id for id in ids if kinds[id] is not None]
        sums = await ledger_db.list_balances(ctx.db, seeking, Support.MONEY) if seeking else {}
        return {
            id: None if currency is None else (statement(sums.get(id, [])), currency)  # type: ignore[arg-type]
            for id, currency in kinds.items()
        }

    return await find_for_each(campaigns, await _refused(ctx, campaigns), find)


async def _refused(ctx: Context, campaigns: Sequence[Any]) -> list[Failure | None]:
    spaces = await ctx.services.spaces.find_many({one["space"] for one in campaigns})
    return [refusal(ctx, "ledger.read", spaces.get(one["space"])) for one in campaigns]


def _currency(campaign: Any) -> str | None:
    money = (goal for goal in campaign["goals"] if goal["kind"] == Support.MONEY)
    return next((goal["currency"] for goal in money), None)


def _forecast(ctx: Context, campaign: Campaign, kind: str, came: dict[int, int]) -> Forecast:
    sought = optimums if campaign["round"] > 1 else minimums
    opened = campaign["opened_at"] or ctx.now
    whole = min((ctx.now - opened) // DAY, MOST_DAYS)
    left: timedelta | None = timedelta(0)
    if is_running(campaign):
        left = None if campaign["deadline"] is None else campaign["deadline"] - ctx.now
    return forecast(
        Course(
            goal=sought(campaign["goals"])[kind],
            counted=counted(campaign, kind),
            days=[came.get(ago, 0) for ago in reversed(range(max(whole, 0)))],
            left=left,
        )
    )
