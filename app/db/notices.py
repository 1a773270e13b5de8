"""Queries on notices: who was told what, in the order of the event log."""

from datetime import datetime
from typing import cast

from app.db.client import Database
from app.db.documents import FanOut, Notice
from app.db.driver import Document, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.writing import Writing

INBOX = Order("seq", sealed=True)
SUPPRESSED = "SUPPRESSED"
WITHHELD = {"status": {"$ne": SUPPRESSED}}


async def find_notice(db: Database, id: str) -> Notice | None:
    """Return a notice by identifier."""
    return cast("Notice | None", await find_one(db["notices"], {"_id": id}))


async def list_notices(db: Database, ids: list[str]) -> list[Notice]:
    """Return the notices with these identifiers, in no order."""
    return await find_by_ids(db["notices"], ids)


async def find_inbox(db: Database, user: str, window: Window, *, upto: int, unseen: bool) -> Page:
    """Return a page of a person's inbox up to a number, newest first, without what was withheld."""
    wanted = {"status": "SENT"} if unseen else WITHHELD
    filter: Document = {"user": user, "seq": {"$lte": upto}, **wanted}
    return await find_page(db, "notices", filter, INBOX, window)


async def list_told_after(
    db: Database, user: str, after: int, *, upto: int, limit: int
) -> list[Notice]:
    """Return the person's notices with numbers above `after` and up to `upto`, in order."""
    told = {"user": user, "seq": {"$gt": after, "$lte": upto}, **WITHHELD}
    return await find(db["notices"], told, sort={"seq": 1}, limit=limit)


async def list_told_to(
    db: Database, users: list[str], after: int, *, upto: int
) -> dict[str, list[Notice]]:
    """Return, for each of these people, their notices above `after` and up to `upto`, in order."""
    theirs = {"user": {"$in": users}, "seq": {"$gt": after, "$lte": upto}, **WITHHELD}
    told: dict[str, list[Notice]] = {user: [] for user in users}
    for notice in await find(db["notices"], theirs, sort={"seq": 1}):
        told[notice["user"]].append(notice)
    return told


async def list_last(writing: Writing, alert: str, reason: str, users: list[str]) -> dict[str, int]:
    """Return who of these people was told of an alert for a reason, and by which event at last."""
    told = {"alert": alert, "reason": reason, "user": {"$in": users}, **WITHHELD}
    shown = {"user": 1, "seq": 1}
    return last_by_person(await find(writing.db["notices"], told, shown, session=writing.session))


def last_by_person(notices: list[Document]) -> dict[str, int]:
    """Return the number of each person's last one of these notices."""
    last: dict[str, int] = {}
    for notice in notices:
        last[notice["user"]] = max(notice["seq"], last.get(notice["user"], 0))
    return last


async def update_marks(
    writing: Writing, user: str, ids: list[str], *, status: str, field: str
) -> int:
    """Mark the person's notices as received or seen at this instant; the first time counts."""
    done = await writing.db["notices"].update_many(
        {"_id": {"$in": ids}, "user": user, field: None, **WITHHELD},
        {"$set": {field: writing.at, "status": status}},
        session=writing.session,
    )
    return done.modified_count


async def list_due_fanouts(db: Database, now: datetime, limit: int) -> list[FanOut]:
    """Return transitions whose notices are still to be written, the oldest first."""
    due = {"due_at": {"$lte": now}}
    return await find(db["fanouts"], due, sort={"due_at": 1}, limit=limit)


async def claim_fanout(writing: Writing, fanout: FanOut, after_user: str | None) -> bool:
    """Move a fan-out on to the next person, or end it with None; False if it has moved already."""
    known: Document = {"_id": fanout["_id"], "version": fanout["version"]}
    if after_user is None:
        gone = await writing.db["fanouts"].delete_one(known, session=writing.session)
        return gone.deleted_count == 1
    change = {"$set": {"after_user": after_user}, "$inc": {"version": 1}}
    moved = await writing.db["fanouts"].update_one(known, change, session=writing.session)
    return moved.matched_count == 1


async def was_told(db: Database, alert: str, user: str) -> bool:
    """Say whether somebody was told of an alert, for whatever reason."""
    filter = {"alert": alert, "user": user, **WITHHELD}
    return await find_one(db["notices"], filter, {"_id": 1}) is not None
