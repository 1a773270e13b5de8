"""Queries that look for entries around a place, the nearest first, without gaps between pages.

MongoDB finds them in order of their distances, and says these; but many can lie equally far, above
all where places are blurred, and among those it has no order. So what is equally far is put in the
order of its identifiers, and where a page ends among many such, these alone are sorted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.db.client import Database
from app.db.driver import Document, aggregate, find
from app.db.paging import Order, Page, Window, decode_cursor
from app.db.postings import STRETCHED
from app.failures import InvalidInput, Problem

NEAREST = Order("metres", descending=False)
# How many more are read than are wanted, among which those are that lie as far as the last one.
SPARE = 8
LAST = "\U0010ffff"  # after every identifier
# A place in the order: metres as MongoDB counts them, and an identifier.
Spot = tuple[float, str]
NOWHERE: Spot = (-1.0, "")


@dataclass(frozen=True, slots=True)
class Around:
    """What is looked for: within a circle, what a filter without its circle wants.

    Attributes:
        filter: names the space, by which the index begins.
        middle: longitude and latitude.
        metres: how far from there, on the earth of the mean radius.

    """

    filter: Document
    middle: Sequence[float]
    metres: float

    @property
    def point(self) -> Document:
        """Return the middle as GeoJSON."""
        return {"type": "Point", "coordinates": list(self.middle)}

    @property
    def end(self) -> float:
        """Return how far that is as MongoDB counts metres."""
        return self.metres * STRETCHED


async def find_nearest(
    db: Database, around: Around, whole: Document, window: Window, reads: Collection[str]
) -> Page:
    """Return a page of entries, the nearest first; `metres` of each is how far MongoDB has it.

    Args:
        db: the database.
        around: what is looked for.
        whole: the same as one filter, by which all can be counted.
        window: from the beginning, or after a cursor.
        reads: fields that are read beside those of the window.

    Raises:
        InvalidInput: the window or its cursor is not valid.

    """
    window.check()
    fields = None if window.fields is None else sorted({"_id", *window.fields, *reads})
    found = await _list_beyond(db, around, _place(window.after), window.size + 1, fields)
    return Page(
        found[: window.size],
        NEAREST,
        len(found) > window.size,
        window.after is not None,
        db,
        "entries",
        whole,
    )


def _place(cursor: str | None) -> Spot:
    if cursor is None:
        return NOWHERE
    metres, id = decode_cursor(cursor, "after")
    if not isinstance(metres, int | float) or not isinstance(id, str):
        message = "This is a cursor of a list in another order; take one of `pageInfo`."
        raise InvalidInput(Problem("after", message))
    return float(metres), id


async def _list_beyond(
    db: Database, around: Around, place: Spot, limit: int, fields: Sequence[str] | None
) -> list[Document]:
    """Return the first entries beyond a place in the order; it is passed with every round."""
    found: list[Document] = []
    while len(found) < limit:
        lacking = limit - len(found)
        read = await _list_outwards(db, around, place[0], lacking + SPARE, fields)
        beyond = sorted((one for one in read if _spot(one) > place), key=_spot)
        if len(read) < lacking + SPARE:
            found += beyond
            break
        end: float = max(read[-1]["metres"], place[0])
        sure = [one for one in beyond if one["metres"] < end]
        found += sure[:lacking]
        lacking -= len(sure)
        if lacking > 0:
            after = max(place, (end, ""))
            found += await _list_equal(db, around, after, lacking, fields)
            place = (end + _slack(end), LAST)
    return found[:limit]


async def _list_outwards(
    db: Database, around: Around, metres: float, limit: int, fields: Sequence[str] | None
) -> list[Document]:
    """Return what lies so far and farther, the nearest first, in no order if equally far.

    By `find`: for a stage of a pipeline, MongoDB would look for many more than are wanted.
    """
    sphere = {
        "$geometry": around.point,
        "$minDistance": max(0.0, metres - _slack(metres) / 4),
        "$maxDistance": around.end,
    }
    shown: Document = {"metres": {"$meta": "geoNearDistance"}}
    shown |= {"matched.words": 0} if fields is None else dict.fromkeys(fields, 1)
    near = {**around.filter, "matched.spot": {"$nearSphere": sphere}}
    return await find(db["entries"], near, shown, limit=limit)


async def _list_equal(
    db: Database, around: Around, place: Spot, limit: int, fields: Sequence[str] | None
) -> list[Document]:
    """Return the first of what lies beyond a place in the order, and yet about as far."""
    metres, id = place
    slack = _slack(metres)
    near: Document = {
        "near": around.point,
        "key": "matched.spot",
        "distanceField": "metres",
        "minDistance": max(0.0, metres - slack),
        "maxDistance": min(metres + 2 * slack, around.end),
        "query": around.filter,
        "spherical": True,
    }
    either = [{"metres": {"$gt": metres}}, {"metres": metres, "_id": {"$gt": id}}]
    pipeline: list[Document] = [
        {"$geoNear": near},
        {"$match": {"metres": {"$lte": metres + slack}, "$or": either}},
        {"$sort": {"metres": 1, "_id": 1}},
        {"$limit": limit},
        {"$project": {"matched.words": 0} if fields is None else dict.fromkeys(fields, 1)},
    ]
    if fields is not None:
        pipeline[-1]["$project"] |= {"metres": 1}
    return await aggregate(db["entries"], pipeline)


def _spot(one: Document) -> Spot:
    return one["metres"], one["_id"]


def _slack(metres: float) -> float:
    """Return how far apart distances are at least that bounds in metres tell apart for sure."""
    return 1e-6 + metres * 1e-9
