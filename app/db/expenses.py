"""Queries on expenses, and on how much there is to spend."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from app.db.campaign_documents import Expense
from app.db.client import Database
from app.db.driver import (
    Document,
    PyMongoError,
    Session,
    aggregate,
    find_by_ids,
    find_one,
    is_duplicate,
)
from app.db.paging import Children, Order, Page, Window, find_pages
from app.db.transactions import Again
from app.db.writing import Writing

SPENT = Children("expenses", "campaign", "campaigns", Order("created_at"))


async def find_expense(db: Database, id: str, session: Session | None = None) -> Expense | None:
    """Return an expense by identifier."""
    return cast("Expense | None", await find_one(db["expenses"], {"_id": id}, session=session))


async def list_expenses(db: Database, ids: Iterable[str]) -> list[Expense]:
    """Return the expenses with these identifiers, in no order."""
    return await find_by_ids(db["expenses"], ids)


async def find_expenses(db: Database, campaigns: Sequence[str], window: Window) -> dict[str, Page]:
    """Return a page of the expenses of each campaign, newest first."""
    return await find_pages(db, SPENT, campaigns, window)


async def hold_purse(writing: Writing, campaign: str) -> None:
    """Spend a campaign's money, or give it back, one at a time.

    Raises:
        Again: somebody else has just begun; the next attempt finds it.

    """
    try:
        await writing.db["purses"].update_one(
            {"_id": campaign}, {"$inc": {"used": 1}}, upsert=True, session=writing.session
        )
    except PyMongoError as error:
        if is_duplicate(error):
            raise Again from error
        raise


async def find_balance(writing: Writing, campaign: str, kind: str, account: str) -> int:
    """Return the balance of an account of a campaign, as this transaction finds it."""
    sides = {"$or": [{"debit": account}, {"credit": account}]}
    sign = {"$cond": [{"$eq": ["$debit", account]}, "$amount", {"$multiply": ["$amount", -1]}]}
    pipeline: list[Document] = [
        {"$match": {"campaign": campaign, "kind": kind, **sides}},
        {"$group": {"_id": None, "balance": {"$sum": sign}}},
    ]
    found = await aggregate(writing.db["ledger"], pipeline, session=writing.session)
    return int(found[0]["balance"]) if found else 0


async def update_expense(writing: Writing, before: Expense, change: Mapping[str, Any]) -> Expense:
    """Change an expense that is still as it was read, and return it as it is then.

    Raises:
        Again: it is not; the next attempt has to read it anew.

    """
    same = {"_id": before["_id"], "state": before["state"], "version": before["version"]}
    update = {"$set": dict(change), "$inc": {"version": 1}}
    if await writing.update("expenses", (same, update)) != 1:
        raise Again
    return cast("Expense", {**before, **change, "version": before["version"] + 1})
