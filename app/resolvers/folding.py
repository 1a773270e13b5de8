"""Folding: campaigns' progress, brought up to what the ledger holds, many movements at a time.

Supporters write to the ledger beside each other. Whoever wants to see a sum has it folded: one
transaction takes all movements that are there, of all campaigns that are waited for, in the order
of the log, and writes the new totals, with each threshold that they went through on the way, once.
Meanwhile others wait for the next one, so a hundred pledges at once cost a few of them, to one
campaign or to a hundred. A chore folds what nobody came to fold.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog

from app.campaigning.goals import least_share
from app.campaigning.ledger import fold as fold_entries
from app.campaigning.thresholds import Crossing, crossings
from app.clock import Clock
from app.db import campaigns as campaigns_db
from app.db import ledger as ledger_db
from app.db.campaign_documents import Campaign, LedgerEntry, Progress
from app.db.client import Database
from app.db.events import Draft
from app.db.log import EventLog
from app.db.transactions import Again
from app.db.writing import Writing, write

# One transaction takes so many movements, of so many campaigns; the rest follows in the next.
MOST_ENTRIES, MOST_CAMPAIGNS = 2_000, 100
# Whoever gave something waits so long for it to be counted: it is safe in any case.
PATIENCE_SECONDS = 1.0

logger = structlog.get_logger()


class Folding:
    """Folds the ledger for one process: one transaction at a time, for all who wait."""

    def __init__(self, db: Database, log: EventLog, clock: Clock) -> None:
        self._db = db
        self._log = log
        self._clock = clock
        self._waited_for: set[str] = set()
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def count(self, campaign: str) -> None:
        """Return when what was given until now is counted, or after a moment in any case."""
        self._waited_for.add(campaign)
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._next), PATIENCE_SECONDS)

    async def close(self) -> None:
        """Let what is being folded come to its end."""
        tasks = {task for task in (self._running, self._next) if task is not None}
        if tasks:
            await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
        for task in tasks:
            task.cancel()

    async def _after(self, other: asyncio.Task[None] | None) -> None:
        if other is not None:
            await asyncio.wait({other})
        self._running, self._next = self._next, None
        campaigns, self._waited_for = sorted(self._waited_for), set()
        try:
            for first in range(0, len(campaigns), MOST_CAMPAIGNS):
                await self._fold(campaigns[first : first + MOST_CAMPAIGNS])
        except Exception as error:  # noqa: BLE001 -- the chore does it then, each by itself
            logger.warning("folding failed; it is done a little later", error=type(error).__name__)

    async def _fold(self, campaigns: Sequence[str]) -> None:
        upto = await self._log.caught_up()

        async def work(writing: Writing) -> bool:
            return await fold(writing, campaigns, upto)

        while await write(self._db, self._clock(), work):
            pass
        self._log.nudge()


async def fold(writing: Writing, ids: Sequence[str], upto: int) -> bool:
    """Fold campaigns' ledgers up to a number of the log; say whether there is more.

    Nothing may be on its way any more that has a lower number.

    Raises:
        Again: somebody else folded meanwhile.

    """
    campaigns = await campaigns_db.list_campaigns(writing.db, ids, writing.session)
    after = {campaign["_id"]: campaign["folded"] for campaign in campaigns}
    entries = await ledger_db.list_entries(
        writing.db, after, upto, limit=MOST_ENTRIES, session=writing.session
    )
    moved: dict[str, list[LedgerEntry]] = {}
    for entry in whole_events(entries):
        moved.setdefault(entry["campaign"], []).append(entry)
    if not moved:
        return False
    changes: list[tuple[Campaign, dict[str, Any]]] = []
    drafts: list[Draft] = []
    for campaign in campaigns:
        if theirs := moved.get(campaign["_id"]):
            progress, crossed, met = folded(campaign, theirs)
            change = {
                "progress": progress,
                "share": share_of(campaign, progress),
                "crossed": crossed,
                "folded": ledger_db.number_of(theirs[-1]),
            }
            changes.append((campaign, change))
            drafts += (_crossed(campaign, crossing, writing) for crossing in met)
            drafts.append(_progressed(campaign, writing))
    if not await campaigns_db.update_progress(writing, changes):
        raise Again
    await writing.append(*drafts)
    return len(entries) == MOST_ENTRIES


async def fold_due(writing: Writing, id: str) -> None:
    """Fold what nobody came to fold: who gave it was gone before."""
    await fold(writing, [id], await ledger_db.find_complete(writing.db, writing.session))


def folded(
    campaign: Campaign, entries: list[LedgerEntry]
) -> tuple[dict[str, Progress], dict[str, int], list[Crossing]]:
    """Return progress, how often each threshold is crossed, and each crossing on the way there."""
    progress, crossed, met = campaign["progress"], dict(campaign["crossed"]), list[Crossing]()
    if not campaign["thresholds"]:
        return fold_entries(progress, entries), crossed, met
    for entry in entries:
        progress = fold_entries(progress, [entry])
        totals = {kind: one["counted"] for kind, one in progress.items()}
        steps = crossings(campaign["thresholds"], campaign["goals"], crossed, totals)
        for step in steps:
            up = 1 if step.direction == "CROSSED_UP" else -1
            crossed[step.threshold] = crossed.get(step.threshold, 0) + up
        met += steps
    return progress, crossed, met


def share_of(campaign: Campaign, progress: dict[str, Progress]) -> float:
    """Return the least share of its minimums that a campaign has reached."""
    return least_share(campaign["goals"], {kind: one["counted"] for kind, one in progress.items()})


def whole_events(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """Return entries without those of a last event of which some may be missing."""
    if len(entries) < MOST_ENTRIES:
        return entries
    last = ledger_db.number_of(entries[-1])
    return [entry for entry in entries if ledger_db.number_of(entry) < last]


def _crossed(campaign: Campaign, crossing: Crossing, writing: Writing) -> Draft:
    return Draft(
        type="campaign.threshold_crossed",
        space=campaign["space"],
        subject=campaign["_id"],
        actor=None,
        at=writing.at,
        after={
            "threshold": crossing.threshold,
            "kind": crossing.kind,
            "step": crossing.step,
            "direction": str(crossing.direction),
            "total": crossing.at_total,
        },
        within=campaign["_id"],
    )


def _progressed(campaign: Campaign, writing: Writing) -> Draft:
    return Draft(
        type="campaign.progressed",
        space=campaign["space"],
        subject=campaign["_id"],
        actor=None,
        at=writing.at,
        within=campaign["_id"],
    )
