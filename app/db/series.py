"""Queries on series and their observations."""

from datetime import datetime
from typing import Any, NamedTuple, cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.documents import Instance, Observation, Series
from app.db.driver import Document, Session, aggregate, find, find_by_ids, find_one
from app.db.paging import Children, Order, Page, Window, find_page, find_pages
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import derived_id, kind_of

NEWEST = Order("created_at")
OBSERVATIONS = Children("observations", key="series", owners="series", order=Order("at"))


class Before(NamedTuple):
    """What a batch is judged on, as it was before the batch."""

    series: dict[str, Series]
    known: dict[str, float]
    woken: list[Instance]


def observation_id(series: str, key: str) -> str:
    """Return the one identifier that this observation of this series can have."""
    return derived_id("observations", series, key)


async def find_series(db: Database, id: str, session: Session | None = None) -> Series | None:
    """Return a series by identifier."""
    return cast("Series | None", await find_one(db["series"], {"_id": id}, session=session))


async def claim_series(writing: Writing, id: str) -> Series:
    """Return a series, held until the transaction ends: nobody judges it at the same time."""
    found = await writing.db["series"].find_one_and_update(
        {"_id": id},
        {"$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Series", found)


async def list_series(db: Database, ids: list[str], session: Session | None = None) -> list[Series]:
    """Return the series with these identifiers, in no order."""
    return await find_by_ids(db["series"], ids, session=session)


async def list_series_by_key(db: Database, space: str, keys: list[str]) -> list[Series]:
    """Return the series of a space with these keys, in no order."""
    return await find(db["series"], {"space": space, "key": {"$in": keys}})


async def find_series_page(db: Database, space: str, window: Window) -> Page:
    """Return a page of a space's series, newest first."""
    return await find_page(db, "series", {"space": space}, NEWEST, window)


async def list_homes(db: Database, ids: list[str]) -> dict[str, str]:
    """Return the spaces of those of these series that exist."""
    found = await find_by_ids(db["series"], ids, {"space": 1})
    return {series["_id"]: series["space"] for series in found}


async def find_before(
    db: Database, ids: list[str], observations: list[str], woken: Document
) -> Before:
    """Return, by one command, series, the values of observations, and the instances of a filter.

    All that has to do with a series moves its version on, and the series are read first: if one
    still has the version that it has here when `update_latest` writes it, all of this still holds.
    """
    pipeline: list[Document] = [
        {"$match": {"_id": {"$in": ids}}},
        _and_from("observations", {"_id": {"$in": observations}}, {"$project": {"value": 1}}),
        _and_from("instances", woken),
    ]
    found: dict[str | None, list[Document]] = {}
    for document in await aggregate(db["series"], pipeline):
        found.setdefault(kind_of(document["_id"]), []).append(document)
    return Before(
        {series["_id"]: cast("Series", series) for series in found.get("series", ())},
        {known["_id"]: known["value"] for known in found.get("observations", ())},
        cast("list[Instance]", found.get("instances", [])),
    )


def _and_from(collection: str, filter: Document, *more: Document) -> Document:
    return {"$unionWith": {"coll": collection, "pipeline": [{"$match": filter}, *more]}}


async def update_latest(
    writing: Writing, before: dict[str, Series], changes: dict[str, Document]
) -> None:
    """Move series on, by identifier; `changes` has `last_at`, `last_value`, `added`, `due`.

    Every batch for a series updates its document, so that batches for one series are taken one
    after the other: of two at the same moment the database makes one begin again.

    Raises:
        Again: a series is not as it was `before`; the next attempt has to read it anew.

    """
    updates: list[tuple[Document, Document]] = [
        (
            {"_id": id, "version": before[id]["version"]},
            {
                "$set": {
                    "last_at": change["last_at"],
                    "last_value": change["last_value"],
                    "no_data_due_at": change["due"],
                },
                "$inc": {"count": change["added"], "version": 1},
            },
        )
        for id, change in changes.items()
    ]
    if await writing.update("series", *updates) != len(updates):
        raise Again


async def update_no_data(
    writing: Writing, id: str, *, after_seconds: float | None, due_at: datetime | None
) -> None:
    """Note how long the series may be silent at the least, and when that will be over."""
    await writing.db["series"].update_one(
        {"_id": id},
        {
            "$set": {"no_data_after_seconds": after_seconds, "no_data_due_at": due_at},
            "$inc": {"version": 1},
        },
        session=writing.session,
    )


async def list_silent(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the series that have been silent for longer than somebody wants."""
    # MongoDB uses the partial index only for a query that names the type, too.
    silent = {"no_data_due_at": {"$lt": now, "$type": "date"}}
    found = await find(db["series"], silent, {"_id": 1}, limit=limit)
    return [series["_id"] for series in found]


async def find_observations(
    db: Database, series: list[str], since: datetime | None, until: datetime | None, window: Window
) -> dict[str, Page]:
    """Return a page of observations by series, latest first, from `since` on and before `until`."""
    span: dict[str, Any] = {}
    if since:
        span["$gte"] = since
    if until:
        span["$lt"] = until
    return await find_pages(db, OBSERVATIONS, series, window, {"at": span} if span else {})


async def list_aggregates(
    db: Database, series: list[str], since: datetime, until: datetime, every_seconds: float
) -> dict[str, list[Document]]:
    """Return count, least, greatest, mean and sum by series and span of time, in order."""
    start = {"$toLong": "$at"}
    width = int(every_seconds * 1000)
    pipeline: list[Document] = [
        {"$match": {"series": {"$in": series}, "at": {"$gte": since, "$lt": until}}},
        {
            "$group": {
                "_id": {
                    "series": "$series",
                    "at": {"$subtract": [start, {"$mod": [start, width]}]},
                },
                "count": {"$sum": 1},
                "min": {"$min": "$value"},
                "max": {"$max": "$value"},
                "avg": {"$avg": "$value"},
                "sum": {"$sum": "$value"},
            }
        },
        {"$sort": {"_id": 1}},
        {"$set": {"at": {"$toDate": "$_id.at"}}},
    ]
    found: dict[str, list[Document]] = {id: [] for id in series}
    for span in await aggregate(db["observations"], pipeline):
        found[span["_id"]["series"]].append(span)
    return found


async def list_observations(db: Database, ids: list[str]) -> list[Observation]:
    """Return the observations with these identifiers, in no order."""
    return await find_by_ids(db["observations"], ids)
