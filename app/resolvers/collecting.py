"""Collecting: asking payment providers, and what follows from what they answer or tell.

A question stands in the contribution that it is about (`asked`, `due_at`), written in the same
transaction as what led to it, so that it outlives every crash. Providers answer the same question
the same way however often it is asked, and their answers are read in whatever order they come: so
a question is asked until it is answered, longer and longer apart, and nothing happens twice.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, cast

import structlog

from app.alerts.due import Chore
from app.campaigning.payments import Told, Verdict, reading
from app.campaigning.pledge_states import (
    OVER,
    Actor,
    Deed,
    Moment,
    asking,
    letting_go,
    settlement,
    step,
)
from app.campaigning.steps import Refused
from app.clock import Clock
from app.db import campaigns as campaigns_db
from app.db import contributions as contributions_db
from app.db import payments as payments_db
from app.db.campaign_documents import Campaign, Contribution, PaymentMessage
from app.db.client import Database
from app.db.log import EventLog
from app.db.writing import Writing, write
from app.payments.messages import Message
from app.payments.port import Answer, Outcome, Payment, Provider, Unreachable, ask
from app.payments.port import Deed as Question
from app.payments.providers import Providers
from app.payments.reception import NotOurs
from app.resolvers.folding import Folding
from app.resolvers.giving import change

# Questions under way at a time, and how long after one in vain the next is asked.
AT_ONCE = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=20), timedelta(hours=1)
# What a provider said it would tell by itself is asked after so long.
RECONCILED_AFTER = timedelta(hours=6)
# What a provider would not give back, and has to be, is asked for again after so long.
ASKED_AGAIN_AFTER = timedelta(days=1)
# Whoever pledges waits so long for a provider that is asked over the network.
PATIENCE_SECONDS = 5.0

QUESTIONS = {
    Deed.CONFIRM: Question.AUTHORISE,
    Deed.CAPTURE: Question.CAPTURE,
    Deed.RELEASE: Question.RELEASE,
    Deed.REFUND: Question.REFUND,
}
MEANS = {
    Outcome.CONFIRMED: Told.CONFIRMED,
    Outcome.DECLINED: Told.DECLINED,
    Outcome.CAPTURED: Told.CAPTURED,
    Outcome.RELEASED: Told.RELEASED,
    Outcome.REFUNDED: Told.REFUNDED,
}
HEARD = {
    "DISPUTE_WON": Told.WON,
    "DISPUTE_LOST": Told.LOST,
    "EXPIRED": Told.RELEASED,
}

logger = structlog.get_logger()


class Collecting:
    """Asks providers what contributions have to ask, for one process."""

    def __init__(
        self, db: Database, log: EventLog, clock: Clock, providers: Providers, folding: Folding
    ) -> None:
        self._db = db
        self._log = log
        self._clock = clock
        self._providers = providers
        self._folding = folding
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._asking: dict[str, asyncio.Task[None]] = {}
        self.chore = Chore("ask payment providers", contributions_db.list_due, self._claim)

    async def settle(self, contribution: str) -> None:
        """Ask now what a contribution has to ask; return when that is answered, or too slow."""
        await asyncio.wait({self._begin(contribution)}, timeout=PATIENCE_SECONDS)

    async def rest(self) -> None:
        """Return when nothing is being asked any more."""
        while self._asking:
            await asyncio.wait(set(self._asking.values()))

    async def close(self) -> None:
        """Give up what is being asked: it is asked again."""
        for task in [*self._asking.values()]:
            task.cancel()
        await self.rest()

    async def take(self, message: Message) -> None:
        """Keep what a provider told by itself, and do what follows from it, once.

        Raises:
            NotOurs: no contribution goes by that reference, or it is of another amount.
            Unavailable: the database is away.

        """
        known = await contributions_db.find_by_reference(
            self._db, message.provider, message.reference
        )
        if known is None and message.contribution is not None:
            named = await contributions_db.find_contribution(self._db, message.contribution)
            if named is not None and named["provider"] == message.provider:
                known = named if named["reference"] in {None, message.reference} else None
        if known is None:
            raise NotOurs
        if (known["amount"], known["currency"]) != (message.amount, message.currency):
            logger.error(
                "a payment provider told of another amount than was pledged",
                contribution=known["_id"],
                message=message.id,
            )
            raise NotOurs
        id = known["_id"]

        async def work(writing: Writing) -> None:
            kept = kept_of(message, id, writing.at)
            if not await payments_db.insert_message(writing, kept):
                return
            told = HEARD.get(message.type) or Told(message.type)
            await self._follow(writing, id, told, message.sequence, message.reference)

        await write(self._db, self._clock(), work)
        self._log.nudge()
        await self._folding.count(known["campaign"])

    async def _claim(self, writing: Writing, id: str) -> None:
        """Put off the next time that a question is asked, and ask it now."""
        contribution = await contributions_db.find_contribution(writing.db, id, writing.session)
        if contribution is None or contribution["due_at"] is None:
            return
        if contribution["due_at"] > writing.at:
            return
        wait = min(FIRST_WAIT * 2 ** min(contribution["attempts"], 20), LONGEST_WAIT)
        again = {"due_at": writing.at + wait, "attempts": contribution["attempts"] + 1}
        await contributions_db.update_contribution(writing, contribution, again)
        # Asked even if this transaction fails in the end: then it is asked twice, which is no harm.
        self._begin(id)

    def _begin(self, id: str) -> asyncio.Task[None]:
        task = self._asking.get(id)
        if task is None:
            task = self._asking[id] = asyncio.create_task(self._ask(id))
            task.add_done_callback(lambda _: self._asking.pop(id, None))
        return task

    async def _ask(self, id: str) -> None:
        try:
            async with self._turns:
                await self._ask_now(id)
        except Unreachable as error:
            logger.warning("a payment provider cannot be reached", why=error.message, subject=id)
        except Exception:
            logger.exception("asking a payment provider failed; it is tried again", subject=id)

    async def _ask_now(self, id: str) -> None:
        contribution = await contributions_db.find_contribution(self._db, id)
        if contribution is None or contribution["asked"] is None:
            return
        provider = self._providers.get(contribution["provider"] or "")
        if provider is None:
            logger.error(
                "a payment provider is not set up any more", provider=contribution["provider"]
            )
            return
        if contribution["due_at"] is None:  # It is contested, and waits for the end of that.
            return
        asked = Deed(contribution["asked"])
        if asked is Deed.CAPTURE and not await self._may_take(contribution):
            return
        try:
            answer = await ask(provider, QUESTIONS[asked], payment_of(contribution))
        except Unreachable as nothing:
            await self._put_off(id, timedelta(seconds=nothing.retry_after_seconds or 0))
            raise

        async def work(writing: Writing) -> None:
            await self._hear(writing, id, asked, answer)

        await write(self._db, self._clock(), work)
        self._log.nudge()
        await self._folding.count(contribution["campaign"])

    async def _put_off(self, id: str, pause: timedelta) -> None:
        """Ask again after the pause that a provider wants, if that is later than planned."""

        async def work(writing: Writing) -> None:
            found = await contributions_db.find_contribution(writing.db, id, writing.session)
            later = writing.at + min(pause, LONGEST_WAIT)
            if found is not None and found["due_at"] is not None and found["due_at"] < later:
                await contributions_db.update_contribution(writing, found, {"due_at": later})

        if pause:
            await write(self._db, self._clock(), work)

    async def _may_take(self, contribution: Contribution) -> bool:
        """Say whether money is still to be taken; if that is undone, do what is to be done now.

        While the campaign is suspended, the question waits.
        """
        id = contribution["_id"]

        async def work(writing: Writing) -> bool:
            current = await contributions_db.find_contribution(writing.db, id, writing.session)
            campaign = await campaigns_db.find_campaign(
                writing.db, contribution["campaign"], writing.session
            )
            if current is None or campaign is None or current["asked"] != Deed.CAPTURE:
                return False
            unasked = cast("Contribution", {**current, "asked": None})
            wanted = settlement(unasked, campaign)
            if wanted in {None, Deed.CAPTURE}:
                return wanted is Deed.CAPTURE
            await self._do_by_time(writing, campaign, current, wanted)
            return False

        may = await write(self._db, self._clock(), work)
        if not may:
            self._log.nudge()
            await self._folding.count(contribution["campaign"])
        return may

    async def _hear(self, writing: Writing, id: str, asked: Deed, answer: Answer) -> None:
        contribution = await contributions_db.find_contribution(writing.db, id, writing.session)
        if contribution is None or contribution["asked"] != asked:
            return
        if answer.outcome is Outcome.PENDING or (
            answer.outcome is Outcome.DECLINED and asked is Deed.REFUND
        ):
            await self._wait(writing, contribution, answer)
            return
        told = MEANS[answer.outcome]
        await self._follow(writing, id, told, answer.sequence, answer.reference, answer.reason)

    async def _wait(self, writing: Writing, contribution: Contribution, answer: Answer) -> None:
        """Do what follows where a provider will tell later, or will not give anything back."""
        campaign = await campaigns_db.find_campaign(
            writing.db, contribution["campaign"], writing.session
        )
        if campaign is None:
            return
        changes = unanswered(contribution, answer, writing.at)
        if answer.outcome is Outcome.DECLINED:
            logger.error("a payment provider gives nothing back", contribution=contribution["_id"])
            changes |= declined(contribution, campaign, writing.at)
        known = await contributions_db.update_contribution(writing, contribution, changes)
        if contribution["asked"] != Deed.CONFIRM:
            return
        if known["state"] in OVER:
            gone = letting_go(known, writing.at)
            await contributions_db.update_contribution(writing, known, gone)
        elif (wanted := settlement(known, campaign)) is not None:
            await self._do_by_time(writing, campaign, known, wanted)

    async def _do_by_time(
        self, writing: Writing, campaign: Campaign, contribution: Contribution, deed: Deed
    ) -> None:
        found = step(contribution, deed, Actor.TIME, Moment(writing.at, campaign))
        if not isinstance(found, Refused):
            await change(writing, campaign, contribution, found.changes)

    async def _follow(
        self,
        writing: Writing,
        id: str,
        told: Told,
        sequence: int,
        reference: str | None,
        reason: str | None = None,
    ) -> None:
        """Do what follows from what a provider said."""
        contribution = await contributions_db.find_contribution(writing.db, id, writing.session)
        if contribution is None:
            return
        campaign = await campaigns_db.find_campaign(
            writing.db, contribution["campaign"], writing.session
        )
        if campaign is None:
            return
        changes = follow(contribution, campaign, told, sequence, writing.at)
        if reference is not None and contribution["reference"] is None:
            changes = {**changes, "reference": reference}
        if reason:
            changes = {**changes, "reason": reason}
        if changes:
            await change(writing, campaign, contribution, changes)


def payment_of(contribution: Contribution) -> Payment:
    """Return what a provider learns of a contribution."""
    return Payment(
        contribution["_id"],
        contribution["amount"],
        contribution["currency"] or "",
        contribution["campaign"],
        contribution["reference"],
        contribution.get("declined", 0),
    )


async def begun(provider: Provider, campaign: Campaign, pledged: Contribution) -> Contribution:
    """Return a new pledge as it begins at a provider.

    One that answers from the payment alone is asked before anything is written, so that the pledge
    is written once, as it stands then; the others are asked when it is safe.
    """
    at = pledged["created_at"]
    if not provider.answers_at_once:
        return cast("Contribution", {**pledged, **asking(Deed.CONFIRM, at)})
    pledged = _answered(campaign, pledged, await provider.authorise(payment_of(pledged)), at)
    if follows := settlement(pledged, campaign):
        answer = await ask(provider, QUESTIONS[follows], payment_of(pledged))
        pledged = _answered(campaign, pledged, answer, at)
    return pledged


def kept_of(message: Message, contribution: str, at: datetime) -> PaymentMessage:
    """Return what is kept of a provider's message."""
    return PaymentMessage(
        _id=f"{message.provider}:{message.id}",
        provider=message.provider,
        reference=message.reference,
        contribution=contribution,
        type=message.type.value,
        sequence=message.sequence,
        at=message.at,
        received_at=at,
    )


def follow(
    contribution: Contribution, campaign: Campaign, told: Told, sequence: int, at: datetime
) -> dict[str, Any]:
    """Return what changes in a contribution by what its provider said, with the next question."""
    read = reading(contribution, told, sequence, Moment(at, campaign))
    if read.verdict is Verdict.STRANGE:
        logger.error(
            "a payment provider contradicts what is known: have a look",
            contribution=contribution["_id"],
            told=told,
            state=contribution["state"],
        )
    changes = read.changes
    after = cast("Contribution", {**contribution, **changes})
    asks = settlement(after, campaign)
    if asks in {Deed.CAPTURE, Deed.REFUND}:
        changes = {**changes, **asking(asks, at)}
    return changes


def unanswered(contribution: Contribution, answer: Answer, at: datetime) -> dict[str, Any]:
    """Return what changes where a provider will tell later: it is asked again if it does not."""
    changes: dict[str, Any] = {}
    if contribution["reference"] is None and answer.reference is not None:
        changes["reference"] = answer.reference
    if answer.reason:
        changes["reason"] = answer.reason
    if answer.action_url:
        changes["action_url"] = answer.action_url
    return {**changes, "due_at": at + RECONCILED_AFTER}


def declined(contribution: Contribution, campaign: Campaign, at: datetime) -> dict[str, Any]:
    """Return what changes where a provider gives nothing back: what has to be is asked again."""
    unasked = cast("Contribution", {**contribution, "asked": None})
    if settlement(unasked, campaign) is not Deed.REFUND:
        return asking(None, at)
    return {"declined": contribution.get("declined", 0) + 1, "due_at": at + ASKED_AGAIN_AFTER}


def _answered(
    campaign: Campaign, pledged: Contribution, answer: Answer, at: datetime
) -> Contribution:
    if answer.outcome is Outcome.PENDING:
        return cast(
            "Contribution", {**pledged, **unanswered(pledged, answer, at), **asking(None, at)}
        )
    changes = follow(pledged, campaign, MEANS[answer.outcome], answer.sequence, at)
    settled = {**changes, "reference": answer.reference or pledged["reference"]}
    if answer.reason:
        settled["reason"] = answer.reason
    return cast("Contribution", {**pledged, **settled, **asking(None, at)})
