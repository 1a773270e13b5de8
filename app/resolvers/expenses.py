"""Expenses: what is paid out of a campaign's money, to whom and why, for all to see.

What is recorded is reserved at once, so that it cannot be spent twice; somebody else approves it,
or rejects it, and then the money is there again. Expenses of a campaign are written one at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.campaigning.ledger import Account, ExpenseState, spending
from app.campaigning.money import check_money
from app.campaigning.words import CampaignState, Support
from app.db import campaigns as campaigns_db
from app.db import expenses as expenses_db
from app.db import ledger as ledger_db
from app.db.campaign_documents import Campaign, Expense
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.writing import Writing, write, write_once
from app.failures import InvalidInput, NotAllowed, NotFound, Problem, WrongState
from app.ids import new_id
from app.resolvers.campaigning import require_of, visible_campaign
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.sight import sees_campaign

LONGEST_PAYEE, LONGEST_PURPOSE = 200, 2_000
MOST_EVIDENCE, LONGEST_EVIDENCE = 10, 500
# In which a campaign's money is its own to spend.
SPENDS = frozenset(
    {
        CampaignState.OPEN,
        CampaignState.SUCCEEDED,
        CampaignState.FULFILLING,
        CampaignState.FULFILLED,
    }
)
MONEY = Support.MONEY.value
TOLD = {
    ExpenseState.RECORDED: "expense.recorded",
    ExpenseState.APPROVED: "expense.approved",
    ExpenseState.REJECTED: "expense.rejected",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """What a team pays out: minor units of the campaign's currency, to whom, for what, when."""

    campaign: str
    amount: int
    payee: str
    purpose: str
    evidence: tuple[str, ...] = ()
    currency: str | None = None
    spent_at: datetime | None = None


async def record_expense(ctx: Context, payment: Payment, *, idempotency_key: str | None) -> Expense:
    """Record what is paid out of a campaign's money; no more than there is of it.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: the viewer is not of its team, or the space is closed.
        InvalidInput: something is wrong with the input, or there is not so much money.
        WrongState: the campaign spends nothing as it stands.
        Conflict: the key was used for another input.

    """
    recorder = ctx.person()
    campaign, space = await visible_campaign(ctx, payment.campaign)
    require_of(ctx, "expense.record", campaign, space)
    refuse_closed(space)
    expense = _checked(ctx, payment, campaign, recorder, idempotency_key)

    async def work(writing: Writing) -> dict[str, Any]:
        await expenses_db.hold_purse(writing, campaign["_id"])
        await _insist_on_spending(writing, campaign["_id"])
        left = await expenses_db.find_balance(writing, campaign["_id"], MONEY, Account.FUNDS)
        if expense["amount"] > left:
            raise InvalidInput(Problem("amount", f"There is {max(left, 0)} to be spent."))
        await writing.insert("expenses", expense)
        await _book(writing, expense, None, recorder)
        return {"id": expense["_id"]}

    given = {field: getattr(payment, field) for field in Payment.__slots__}
    deed = ("recordExpense", recorder, given)
    async with ctx.db.turns.take([_purse(campaign["_id"])]):
        done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    await _counted(ctx, campaign["_id"])
    [recorded] = await expenses_db.list_expenses(ctx.db, [done["id"]])
    return recorded


async def approve_expense(ctx: Context, *, id: str) -> Expense:
    """Say that an expense is right; for moderators and for others of the team than who recorded it.

    Raises:
        NotFound: the viewer sees no such expense.
        NotSignedIn, NotAllowed: the viewer recorded it, or is none of these.
        WrongState: it is approved or rejected already, or the campaign spends nothing now.

    """
    return await _judge(ctx, id, ExpenseState.APPROVED)


async def reject_expense(ctx: Context, *, id: str) -> Expense:
    """Say that an expense is not right, so that its money can be spent otherwise; for the same.

    Raises:
        NotFound, NotSignedIn, NotAllowed, WrongState: as `approve_expense`.

    """
    return await _judge(ctx, id, ExpenseState.REJECTED)


async def find_visible_expenses(ctx: Context, ids: list[str]) -> dict[str, Expense]:
    """Return those of the expenses that the viewer sees, by identifier: they are public."""
    found = await expenses_db.list_expenses(ctx.db, ids)
    known = await campaigns_db.list_campaigns(ctx.db, {one["campaign"] for one in found})
    campaigns = {campaign["_id"]: campaign for campaign in known}
    spaces = await ctx.services.spaces.find_many({one["space"] for one in found})
    return {
        one["_id"]: one
        for one in found
        if sees_campaign(ctx, campaigns[one["campaign"]], spaces.get(one["space"]))
        and ctx.sees("ledger.read", spaces.get(one["space"]))
    }


async def list_expenses(
    ctx: Context, campaigns: Sequence[Campaign], window: Window
) -> list[Page | None]:
    """Return for each campaign a page of its expenses, newest first."""
    window.check()
    spaces = await ctx.services.spaces.find_many({campaign["space"] for campaign in campaigns})
    ids = [one["_id"] for one in campaigns if ctx.sees("ledger.read", spaces.get(one["space"]))]
    pages = await expenses_db.find_expenses(ctx.db, ids, window) if ids else {}
    return [pages.get(campaign["_id"]) for campaign in campaigns]


async def _judge(ctx: Context, id: str, verdict: ExpenseState) -> Expense:
    person = ctx.person()
    known = (await find_visible_expenses(ctx, [id])).get(id)
    if known is None:
        raise NotFound("There is no such expense.")
    campaign, space = await visible_campaign(ctx, known["campaign"])
    require_of(ctx, "expense.approve", campaign, space)
    refuse_closed(space)
    if person == known["recorded_by"]:
        missing = "somebody else than who recorded it"
        raise NotAllowed("Somebody else has to look at what you recorded.", missing=missing)

    async def work(writing: Writing) -> Expense:
        await expenses_db.hold_purse(writing, campaign["_id"])
        found = await expenses_db.find_expense(ctx.db, id, writing.session)
        if found is None or found["state"] != ExpenseState.RECORDED:
            state = "gone" if found is None else found["state"]
            raise WrongState(f"The expense is {state}.", state=state)
        if verdict is ExpenseState.APPROVED:
            await _insist_on_spending(writing, campaign["_id"])
        change = {"state": verdict.value, "approved_by": person}
        after = await expenses_db.update_expense(writing, found, change)
        await _book(writing, after, found["state"], person)
        return after

    async with ctx.db.turns.take([_purse(campaign["_id"])]):
        judged = await write(ctx.db, ctx.now, work)
    await _counted(ctx, campaign["_id"])
    return judged


async def _insist_on_spending(writing: Writing, id: str) -> None:
    """Let money pass only out of a campaign whose own it is at this moment.

    Raises:
        WrongState: it is not.

    """
    campaign = await campaigns_db.find_campaign(writing.db, id, writing.session)
    state = "gone" if campaign is None else campaign["state"]
    if state not in SPENDS:
        raise WrongState(f"A campaign that is {state} spends nothing.", state=state)


async def _book(writing: Writing, expense: Expense, before: str | None, person: str) -> None:
    """Write the event of an expense, and beside it what moves in the ledger."""
    state = ExpenseState(expense["state"])
    event = Draft(
        type=TOLD[state],
        space=expense["space"],
        subject=expense["_id"],
        actor=person,
        at=writing.at,
        before=None if before is None else {"state": before},
        after={"state": state.value},
        within=expense["campaign"],
    )
    [told] = await writing.append(event)
    entries = [
        {
            "campaign": expense["campaign"],
            "space": expense["space"],
            "kind": MONEY,
            "currency": expense["currency"],
            "debit": moved.debit.value,
            "credit": moved.credit.value,
            "amount": moved.amount,
            "supporters": moved.supporters,
            "cause": state.value,
            "contribution": None,
            "expense": expense["_id"],
            "at": writing.at,
        }
        for moved in spending(expense["amount"], before, state.value)
    ]
    await ledger_db.insert_entries(writing, told["_id"], entries)


def _checked(
    ctx: Context,
    payment: Payment,
    campaign: Campaign,
    recorder: str,
    idempotency_key: str | None,
) -> Expense:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    goal = next((goal for goal in campaign["goals"] if goal["kind"] == MONEY), None)
    currency = (goal and goal["currency"]) or ""
    if goal is None:
        checks.add("campaign", "This campaign seeks no money, so that it has none to spend.")
    elif payment.currency not in {None, currency}:
        checks.add("currency", f"This campaign is in {currency}.")
    else:
        checks.problems += check_money(payment.amount, currency)
    payee = checks.text("payee", payment.payee, least=1, most=LONGEST_PAYEE)
    purpose = checks.text("purpose", payment.purpose, least=1, most=LONGEST_PURPOSE)
    evidence = checks.texts(
        "evidence", payment.evidence, most=MOST_EVIDENCE, longest=LONGEST_EVIDENCE
    )
    if payment.spent_at is not None and payment.spent_at > ctx.now:
        checks.add("spent_at", "Give an instant that has come, or leave it out.")
    checks.done()
    return Expense(
        _id=new_id("expenses"),
        campaign=campaign["_id"],
        space=campaign["space"],
        amount=payment.amount,
        currency=currency,
        payee=payee,
        purpose=purpose,
        evidence=evidence,
        state=ExpenseState.RECORDED.value,
        recorded_by=recorder,
        approved_by=None,
        spent_at=payment.spent_at or ctx.now,
        created_at=ctx.now,
        version=1,
    )


async def _counted(ctx: Context, campaign: str) -> None:
    ctx.services.log.nudge()
    await ctx.services.folding.count(campaign)


def _purse(campaign: str) -> str:
    return f"{campaign}:purse"
