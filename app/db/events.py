"""The event log: every change of state, appended in the transaction of the change itself.

Events are numbered densely, and the numbers are the cursors. A number is taken from a counter
before its event is committed, so for a moment a lower number can be missing; readers never pass
such a gap (app.db.log), and `void` fences one that a crash left behind: it takes the number, so
that the late event cannot appear any more. Hence the order of the numbers is the order in which
everybody sees the events, and nothing below a reader's position can still come.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from pymongo import ASCENDING, DESCENDING, ReturnDocument

from app.db.client import Database
from app.db.documents import Event
from app.db.driver import OUTAGES, Document, DuplicateKeyError, Session

VOID = "void"
COUNTER = "events"

TYPES = {
    "user.signed_up": "Somebody signed up.",
    "user.suspended": "The operator suspended or restored a person.",
    "user.operator_claimed": "The first operator took the one-time link.",
    "session.ended": "A session was ended by its person or by the server.",
    "space.created": "The operator opened a space.",
    "space.updated": "A space changed its rules or texts.",
    "space.closed": "The operator closed a space.",
    "member.joined": "Somebody joined a space.",
    "member.left": "Somebody left a space.",
    "member.role_changed": "Somebody has another role in a space.",
    "key.created": "A space gave out an API key.",
    "key.revoked": "A space took an API key back.",
    "series.created": "A series of observations began.",
    "subscription.created": "Somebody asked to be told.",
    "subscription.updated": "Somebody changed what they want to be told.",
    "subscription.paused": "Somebody paused an alert subscription, or resumed it.",
    "subscription.deleted": "Somebody does not want to be told any more.",
    "instance.pending": "A condition is met, but not yet for long enough.",
    "instance.cleared": "A condition stopped being met before it fired.",
    "instance.no_data": "No data came for too long.",
    "instance.data_resumed": "Data came again.",
    "instance.failed": "A condition could not be evaluated.",
    "instance.recovered": "A condition can be evaluated again.",
    "alert.opened": "A condition fires: an alert is open.",
    "alert.repeated": "An open alert was told again.",
    "alert.recovering": "The value is back, but not yet for long enough.",
    "alert.relapsed": "The value left again before the alert could close.",
    "alert.resolved": "An alert is over.",
    "alert.acknowledged": "Somebody takes care of an alert.",
    "notice.joined": "Somebody began to follow a condition that fires already.",
    "notice.marked": "Somebody received or saw notices on one of their devices.",
}


class Draft(TypedDict):
    """An event before it has a number."""

    type: str
    space: str | None
    subject: str
    actor: str | None
    at: datetime
    before: NotRequired[dict[str, Any] | None]
    after: NotRequired[dict[str, Any] | None]
    place: NotRequired[Any]
    instance: NotRequired[str]
    alert: NotRequired[str | None]
    to: NotRequired[list[str]]


class Numbers:
    """The numbers that one deed took from the counter, kept over repeats of its transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._taken: list[int] = []
        self._next = 0

    def rewind(self) -> None:
        """Begin again with the first number: the transaction is repeated."""
        self._next = 0

    async def take(self, count: int) -> list[int]:
        """Return so many numbers, ascending; new ones are taken only if those kept run out."""
        lacking = self._next + count - len(self._taken)
        if lacking > 0:
            counter = await self._db["counters"].find_one_and_update(
                {"_id": COUNTER},
                {"$inc": {"value": lacking}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            last: int = cast("Document", counter)["value"]
            self._taken += range(last - lacking + 1, last + 1)
        first, self._next = self._next, self._next + count
        return self._taken[first : self._next]

    async def void_unused(self, *, committed: bool, at: datetime) -> None:
        """Give up the numbers that no event will carry, so that no reader waits for them."""
        unused = self._taken[self._next :] if committed else self._taken
        # A database that is away cannot be told; then the readers fence these numbers.
        with suppress(*OUTAGES):
            for number in unused:
                await void(self._db, number, at=at)


async def append(
    db: Database, session: Session, numbers: Numbers, drafts: list[Draft], *, at: datetime
) -> list[Event]:
    """Append events in the session's transaction, and return them with their numbers.

    Call it late in the transaction: from here on, readers wait for it to end.
    """
    taken = await numbers.take(len(drafts))
    events = [
        cast("Event", {"_id": number, **draft, "recorded_at": at})
        for number, draft in zip(taken, drafts, strict=True)
    ]
    if events:
        await db["events"].insert_many(cast("list[dict[str, Any]]", events), session=session)
    return events


async def void(db: Database, number: int, *, at: datetime) -> bool:
    """Fence a number: take it, unless its event has come after all. Return whether it was taken."""
    fence = {"_id": number, "type": VOID, "space": None, "subject": "", "at": at, "recorded_at": at}
    try:
        await db["events"].insert_one(fence)
    except DuplicateKeyError:
        return False
    return True


async def find_last(db: Database) -> int:
    """Return the greatest number in the log, 0 when it is empty; lower ones may be missing yet."""
    newest = await db["events"].find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
    return int(newest["_id"]) if newest else 0


async def find_first(db: Database) -> int | None:
    """Return the smallest number that is still kept, None when the log is empty."""
    oldest = await db["events"].find_one({}, {"_id": 1}, sort=[("_id", ASCENDING)])
    return int(oldest["_id"]) if oldest else None


async def list_after(
    db: Database, after: int, *, upto: int | None = None, limit: int = 500
) -> list[Event]:
    """Return events with numbers above `after` (up to `upto`), in order, voids included."""
    span: dict[str, int] = {"$gt": after}
    if upto is not None:
        span["$lte"] = upto
    cursor = db["events"].find({"_id": span}).sort("_id", ASCENDING).limit(limit)
    return cast("list[Event]", await cursor.batch_size(limit).to_list(None))


async def list_page(
    db: Database, filter: dict[str, Any], *, descending: bool, limit: int
) -> list[Event]:
    """Return events that match a filter on indexed fields, by number."""
    order = DESCENDING if descending else ASCENDING
    cursor = db["events"].find(filter).sort("_id", order).limit(limit)
    return cast("list[Event]", await cursor.batch_size(limit).to_list(None))


async def delete_before(db: Database, instant: datetime) -> int:
    """Trim the log: forget events recorded before the instant. Return how many went."""
    newest = await db["events"].find_one(
        {"recorded_at": {"$lt": instant}}, {"_id": 1}, sort=[("recorded_at", DESCENDING)]
    )
    if newest is None:
        return 0
    gone = await db["events"].delete_many({"_id": {"$lte": newest["_id"]}})
    return gone.deleted_count
