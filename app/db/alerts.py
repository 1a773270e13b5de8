"""Queries on alert subscriptions, conditions, their instances, and alerts."""

from datetime import datetime
from typing import NamedTuple, cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.documents import Alert, AlertSubscription, Condition, Instance
from app.db.driver import Document, PyMongoError, Session, find, find_by_ids, find_one, is_duplicate
from app.db.paging import Order, Page, Window, find_page
from app.db.transactions import Again
from app.db.writing import Writing

NEWEST = Order("created_at")
OPENED = Order("opened_at")
ACTIVE = "ACTIVE"
LIVING = [ACTIVE, "PAUSED"]


class Span(NamedTuple):
    """What a batch brings to a series: from the least value to the greatest, up to an instant."""

    series: str
    least: float
    greatest: float
    to: datetime


async def find_subscription(
    db: Database, id: str, session: Session | None = None
) -> AlertSubscription | None:
    """Return an alert subscription by identifier."""
    found = await find_one(db["subscriptions"], {"_id": id}, session=session)
    return cast("AlertSubscription | None", found)


async def list_subscriptions(db: Database, ids: list[str]) -> list[AlertSubscription]:
    """Return the alert subscriptions with these identifiers, in no order."""
    return await find_by_ids(db["subscriptions"], ids)


async def find_subscriptions(db: Database, user: str, window: Window) -> Page:
    """Return a page of a person's alert subscriptions, newest first."""
    filter = {"user": user, "status": {"$in": LIVING}}
    return await find_page(db, "subscriptions", filter, NEWEST, window)


async def count_subscriptions(db: Database, user: str) -> int:
    """Return how many alert subscriptions a person has."""
    return await db["subscriptions"].count_documents({"user": user, "status": {"$in": LIVING}})


async def list_due_subscriptions(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the subscriptions whose pause or life is over."""
    # MongoDB uses the partial index only for a query that names the type, too.
    ended = {"ends_at": {"$lte": now, "$type": "date"}}
    found = await find(db["subscriptions"], ended, {"_id": 1}, limit=limit)
    return [due["_id"] for due in found]


async def follows(writing: Writing, condition: str, user: str, *, besides: str) -> bool:
    """Say whether somebody follows a condition by another active subscription than this one."""
    others = {"condition": condition, "status": ACTIVE, "user": user, "_id": {"$ne": besides}}
    found = await find_one(writing.db["subscriptions"], others, {"_id": 1}, session=writing.session)
    return found is not None


async def update_subscription(
    writing: Writing, id: str, version: int, change: Document
) -> AlertSubscription | None:
    """Change a subscription that still has this version; None if it has moved on."""
    found = await writing.db["subscriptions"].find_one_and_update(
        {"_id": id, "version": version},
        {"$set": change, "$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("AlertSubscription | None", found)


async def count_condition(
    writing: Writing, fresh: Condition, *, active: int, holders: int
) -> Condition:
    """Count followers of a condition in or out, creating it on first use; return it afterwards."""
    kept = {key: value for key, value in fresh.items() if key not in {"active", "holders"}}
    try:
        found = await writing.db["conditions"].find_one_and_update(
            {"_id": fresh["_id"]},
            {"$setOnInsert": kept, "$inc": {"active": active, "holders": holders}},
            upsert=True,
            session=writing.session,
            return_document=ReturnDocument.AFTER,
        )
    except PyMongoError as error:
        if is_duplicate(error):  # somebody else has just created it
            raise Again from error
        raise
    return cast("Condition", found)


async def find_instance(db: Database, id: str, session: Session | None = None) -> Instance | None:
    """Return an instance by identifier."""
    return cast("Instance | None", await find_one(db["instances"], {"_id": id}, session=session))


async def list_instances(db: Database, ids: list[str]) -> list[Instance]:
    """Return the instances with these identifiers, in no order."""
    return await find_by_ids(db["instances"], ids)


def woken_by(spans: list[Span]) -> Document:
    """Return the filter for the instances that readings may move, by value or by time.

    Ordered indexes answer it, so the cost follows what is crossed and not how many rules there are.
    """
    asked: list[Document] = []
    for span in spans:
        asked += [
            {"series": span.series, "wake_above": {"$lte": span.greatest}},
            {"series": span.series, "wake_below": {"$gte": span.least}},
            {"series": span.series, "due_at": {"$lte": span.to}},
        ]
    return {"$or": asked}


async def list_silent(writing: Writing, silences: dict[str, float]) -> list[Instance]:
    """Return the instances that wait for data for less than the silence of their series (in s)."""
    asked = [
        {"series": series, "no_data_after_seconds": {"$gt": 0, "$lt": seconds}}
        for series, seconds in silences.items()
    ]
    return await find(writing.db["instances"], {"$or": asked}, session=writing.session)


async def list_due_series(db: Database, now: datetime, limit: int) -> list[str]:
    """Return series with instances that time alone moves by now."""
    moved = {"due_at": {"$lte": now, "$type": "date"}}
    found = await find(db["instances"], moved, {"series": 1}, limit=limit)
    return sorted({due["series"] for due in found})


async def list_due(
    writing: Writing, series: str, now: datetime, *, silent_seconds: float | None
) -> list[Instance]:
    """Return the instances of a series that time alone moves, or silence of that length."""
    asked: list[Document] = [{"series": series, "due_at": {"$lte": now}}]
    if silent_seconds is not None:
        asked.append({"series": series, "no_data_after_seconds": {"$gt": 0, "$lt": silent_seconds}})
    return await find(writing.db["instances"], {"$or": asked}, session=writing.session)


async def find_longer_silence(writing: Writing, series: str, *, seconds: float) -> float | None:
    """Return the shortest silence that somebody waits for and that is not shorter than this."""
    found = await find_one(
        writing.db["instances"],
        {"series": series, "no_data_after_seconds": {"$gte": seconds}},
        {"no_data_after_seconds": 1},
        sort={"no_data_after_seconds": 1},
        session=writing.session,
    )
    return float(found["no_data_after_seconds"]) if found else None


async def insert_instance(writing: Writing, instance: Instance) -> None:
    """Insert an instance."""
    await writing.insert("instances", instance)


async def update_instances(writing: Writing, changed: list[Instance]) -> None:
    """Store instances as they are after judging; a version that moved on is a race, not an error.

    Raises:
        Overtaken: another transaction changed one in the meantime.

    """
    updates: list[tuple[Document, Document]] = [
        (
            {"_id": instance["_id"], "version": instance["version"]},
            {
                "$set": {
                    key: instance[key]
                    for key in ("state", "wake_below", "wake_above", "due_at", "alert")
                },
                "$inc": {"version": 1},
            },
        )
        for instance in changed
    ]
    if await writing.update("instances", *updates) != len(updates):
        raise Overtaken


class Overtaken(Exception):
    """An instance moved on while it was judged; the series' lock should make this impossible."""


async def find_alert(db: Database, id: str, session: Session | None = None) -> Alert | None:
    """Return an alert by identifier."""
    return cast("Alert | None", await find_one(db["alerts"], {"_id": id}, session=session))


async def find_latest(writing: Writing, instance: str) -> Alert | None:
    """Return the alert of an instance that has the greatest number."""
    found = await find_one(
        writing.db["alerts"],
        {"instance": instance},
        sort={"ordinal": -1},
        session=writing.session,
    )
    return cast("Alert | None", found)


async def claim_alert(writing: Writing, id: str) -> Alert | None:
    """Return an alert, held until the transaction ends: nobody resolves it at the same time."""
    found = await writing.db["alerts"].find_one_and_update(
        {"_id": id},
        {"$inc": {"claims": 1}},
        projection={"claims": 0},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Alert | None", found)


async def list_alerts(db: Database, ids: list[str], session: Session | None = None) -> list[Alert]:
    """Return the alerts with these identifiers, in no order."""
    return await find_by_ids(db["alerts"], ids, session=session)


async def find_alerts(
    db: Database, window: Window, *, space: str | None = None, series: str | None = None
) -> Page:
    """Return a page of the alerts of a space or of a series, the latest opened first."""
    filter: Document = {"series": series} if series else {"space": space}
    return await find_page(db, "alerts", filter, OPENED, window)


async def write_alerts(writing: Writing, opened: list[Alert], changed: dict[str, Document]) -> None:
    """Insert the alerts that opened and update those that moved, by identifier."""
    await writing.insert("alerts", *opened)
    changes = changed.items()
    await writing.update(
        "alerts",
        *(({"_id": id}, {"$set": change, "$inc": {"version": 1}}) for id, change in changes),
    )


async def claim_acknowledged(writing: Writing, id: str, change: Document) -> Alert | None:
    """Mark an open alert as acknowledged, and return it; None when it is not open any more."""
    found = await writing.db["alerts"].find_one_and_update(
        {"_id": id, "status": {"$in": ["OPEN", "ACKNOWLEDGED"]}},
        {"$set": change, "$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Alert | None", found)
