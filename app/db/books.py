"""Queries on the books: all that is kept of a campaign, read at one moment, to be counted again."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.db.campaign_documents import (
    Campaign,
    Contribution,
    Expense,
    Gate,
    LedgerEntry,
    Poll,
    Signature,
    SupportLevel,
)
from app.db.client import Database
from app.db.driver import Document, Session, aggregate, find, find_by_ids, find_one

PAGE = 200
# Whatever is kept of a campaign, and found by it.
KEPT = ("ledger", "contributions", "signatures", "gates", "tiers", "levels", "expenses", "polls")


@dataclass(frozen=True, slots=True)
class Books:
    """All that is kept of a campaign.

    `places` is how many are left by limited tier; `votes` is how many ballots there are by poll and
    option.
    """

    campaign: Campaign
    entries: Sequence[LedgerEntry]
    contributions: Sequence[Contribution]
    signatures: Sequence[Signature]
    expenses: Sequence[Expense]
    gates: Sequence[Gate]
    places: dict[str, int]
    levels: Sequence[SupportLevel]
    polls: Sequence[Poll]
    votes: dict[tuple[str, int], int]


async def list_ids(db: Database, after: str) -> list[str]:
    """Return the campaigns whose identifiers come next, some of them."""
    later = {"_id": {"$gt": after}}
    found = await find(db["campaigns"], later, {"_id": 1}, sort={"_id": 1}, limit=PAGE)
    return [one["_id"] for one in found]


async def list_strays(db: Database) -> list[tuple[str, str]]:
    """Return where something is kept of campaigns that do not exist: collection and campaign."""
    strays = []
    for kind in KEPT:
        pipeline: list[Document] = [
            {"$match": {"campaign": {"$gt": ""}}},
            {"$group": {"_id": "$campaign"}},
        ]
        named = {group["_id"] for group in await aggregate(db[kind], pipeline)}
        there = {one["_id"] for one in await find_by_ids(db["campaigns"], named, {"_id": 1})}
        strays += [(kind, id) for id in sorted(named - there)]
    return strays


async def read_books(db: Database, id: str) -> Books | None:
    """Return all that is kept of a campaign, as it was at one moment; None if it is gone."""

    async def work(session: Session) -> Books | None:
        campaign = await find_one(db["campaigns"], {"_id": id}, session=session)
        if campaign is None:
            return None
        kept = {kind: await find(db[kind], {"campaign": id}, session=session) for kind in KEPT}
        polls = [poll["_id"] for poll in kept["polls"]]
        votes: dict[tuple[str, int], int] = {}
        for ballot in await find(db["ballots"], {"poll": {"$in": polls}}, session=session):
            key = ballot["poll"], ballot["option"]
            votes[key] = votes.get(key, 0) + 1
        return Books(
            campaign,
            sorted(kept["ledger"], key=lambda entry: entry["_id"]),
            kept["contributions"],
            kept["signatures"],
            kept["expenses"],
            kept["gates"],
            {places["_id"].rpartition(":")[2]: places["left"] for places in kept["tiers"]},
            kept["levels"],
            kept["polls"],
            votes,
        )

    return await db.transaction(work)
