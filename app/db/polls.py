"""Queries on polls and ballots: one a person and poll, and the sums of all of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from pymongo import ReturnDocument

from app.db.campaign_documents import Ballot, Poll
from app.db.client import Database
from app.db.driver import Document, Session, find_by_ids, find_one
from app.db.paging import Children, Order, Page, Window, find_pages
from app.db.writing import Writing
from app.ids import derived_id

ASKED = Children("polls", "campaign", "campaigns", Order("created_at"))


async def find_poll(db: Database, id: str, session: Session | None = None) -> Poll | None:
    """Return a poll by identifier."""
    return cast("Poll | None", await find_one(db["polls"], {"_id": id}, session=session))


async def list_polls(db: Database, ids: Iterable[str]) -> list[Poll]:
    """Return the polls with these identifiers, in no order."""
    return await find_by_ids(db["polls"], ids)


async def find_polls(
    db: Database, campaigns: Sequence[str], window: Window, filter: Document
) -> dict[str, Page]:
    """Return a page of the polls of each campaign that match a filter, newest first."""
    return await find_pages(db, ASKED, campaigns, window, filter)


async def find_ballot(
    db: Database, poll: str, voter: str, session: Session | None = None
) -> Ballot | None:
    """Return somebody's vote in a poll."""
    mine = {"_id": derived_id("ballots", poll, voter)}
    return cast("Ballot | None", await find_one(db["ballots"], mine, session=session))


async def list_ballots(db: Database, polls: Iterable[str], voter: str) -> dict[str, int]:
    """Return which options somebody voted for, by poll."""
    ids = [derived_id("ballots", poll, voter) for poll in polls]
    return {one["poll"]: one["option"] for one in await find_by_ids(db["ballots"], ids)}


async def move_vote(
    writing: Writing, poll: str, *, taken: int | None, given: int, at: datetime
) -> Poll | None:
    """Count a vote for an option, and one less for another; None if the poll is closed."""
    change = {f"counts.{given}": 1}
    if taken is not None:
        change[f"counts.{taken}"] = -1
    is_open = {"_id": poll, "$or": [{"closes_at": None}, {"closes_at": {"$gt": at}}]}
    found = await writing.db["polls"].find_one_and_update(
        is_open,
        {"$inc": change},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Poll | None", found)


async def replace_ballot(writing: Writing, poll: Poll, voter: str, option: int) -> None:
    """Keep a person's vote instead of any earlier one."""
    id = derived_id("ballots", poll["_id"], voter)
    ballot = Ballot(
        _id=id,
        poll=poll["_id"],
        campaign=poll["campaign"],
        voter=voter,
        option=option,
        at=writing.at,
    )
    await writing.db["ballots"].replace_one(
        {"_id": id}, cast("Document", ballot), upsert=True, session=writing.session
    )
