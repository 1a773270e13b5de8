"""The event log: every change of state, appended in the transaction of the change itself.

Events are numbered densely, and the numbers are the cursors. A number is taken from a counter
before its event is committed, so for a moment a lower number can be missing; readers never pass
such a gap (app.db.log), and `void` fences one that a crash left behind: it takes the numbers, so
that a late event cannot appear under them any more; its transaction takes others. While that
transaction is open the database lets `void` wait, so it never overtakes an undecided commit. Hence
the order of the numbers is the order in which everybody sees the events, and nothing below a
reader's position can still come.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

import pymongo
from pymongo import ASCENDING, DESCENDING

from app.db.client import Database
from app.db.documents import Event
from app.db.driver import (
    BulkWriteError,
    Document,
    PyMongoError,
    Session,
    aggregate,
    find,
    find_one,
    insert,
    is_duplicate,
)
from app.db.transactions import Again

VOID = "void"
COUNTER = "events"
VOID_SECONDS = 1.0
# Trimming leaves the newest events alone, so that it never overtakes those who read along.
KEPT_AT_LEAST = 10_000

TYPES = {
    "user.signed_up": "Somebody signed up.",
    "user.suspended": "The operator suspended or restored a person.",
    "user.operator_claimed": "Somebody became operator, or is one no longer.",
    "session.ended": "A session was ended by its person or by the server.",
    "space.created": "The operator opened a space.",
    "space.updated": "A space changed its rules or texts.",
    "space.closed": "The operator closed a space.",
    "member.joined": "Somebody joined a space.",
    "member.left": "Somebody left a space.",
    "member.role_changed": "Somebody has another role in a space.",
    "member.groups_changed": "Somebody joined or left a group of a space.",
    "member.verified": "A moderator verified a member of a space, or took that back.",
    "user.blocked": "Somebody wants nothing to do with somebody else.",
    "user.unblocked": "Somebody took a block back.",
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
    "need.created": "Somebody seeks something.",
    "need.updated": "A need was changed.",
    "need.fulfilled": "A need has all the partners that it seeks, or seeks some again.",
    "need.withdrawn": "A need was taken back.",
    "need.expired": "The time of a need is over.",
    "offer.created": "Somebody offers something.",
    "offer.updated": "An offer was changed.",
    "offer.fulfilled": "An offer has all the partners that it can have, or can have some again.",
    "offer.withdrawn": "An offer was taken back.",
    "offer.expired": "The time of an offer is over.",
    "match.proposed": "A need and an offer were proposed to each other.",
    "match.accepted": "One side accepted a match.",
    "match.waiting": "Both sides accepted a match, and it waits for a free place.",
    "match.held": "A place became free and is held for a match that waited.",
    "match.confirmed": "Both sides accepted a match, and its places are taken.",
    "match.declined": "One side declined a match.",
    "match.withdrawn": "A side that had accepted a match took that back.",
    "match.expired": "A match was not answered, or taken up, in time.",
    "match.cancelled": "A confirmed match was cancelled.",
    "match.started": "A match is under way.",
    "match.completed": "A match was completed.",
    "match.no_show": "One side says that the other was not there.",
    "match.disputed": "One side objects to how a match ended.",
    "match.resolved": "A moderator decided a dispute.",
    "match.reviewed": "The reviews of a match are open for all to see.",
    "match.agreement_changed": "The joint objective or the agreement of a match was written.",
    "match.agreed": "One side accepted the agreement of a match.",
    "match.message_sent": "One of the two of a match wrote to the other.",
    "review.written": "Somebody wrote a review; nobody else sees it yet.",
    "matching.run": "A space was paired as a whole.",
    "report.made": "Somebody, or a rule, brought something to the moderators.",
    "thread.asked": "Somebody asked a question or opened a case.",
    "thread.revised": "A thread was revised.",
    "thread.routed": "A thread went to an expert, or to all of them.",
    "thread.escalated": "A thread went to the operator.",
    "thread.answered": "Somebody advised in a thread.",
    "thread.clarified": "Somebody asked for, or gave, what was unclear.",
    "thread.accepted": "The asker accepted a reply.",
    "thread.acceptance_undone": "The asker took the acceptance of a reply back.",
    "thread.closed": "A thread was closed.",
    "thread.reopened": "A thread was opened again.",
    "thread.marked_duplicate": "A thread asks what another one asked before.",
    "thread.withdrawn": "The asker took a thread back.",
    "reply.revised": "A reply was revised.",
    "reply.voted": "Somebody voted on a reply, or took their vote back.",
    "expert.invited": "An expert was asked to look at a thread.",
    "expert.answered": "An expert accepted or declined an invitation.",
    "expertise.declared": "Somebody declared what they know.",
    "expertise.endorsed": "Somebody vouched for what somebody else knows.",
    "expertise.verified": "An operator verified what somebody knows.",
    "expertise.expired": "The time of a verification is over.",
    "expertise.revoked": "A declared, endorsed or verified expertise was taken back.",
    "follow.started": "Somebody began to follow a thread, a tag or a subject.",
    "follow.ended": "Somebody follows something no more.",
    "consent.given": "Somebody let their case be used for a purpose.",
    "consent.revoked": "Somebody took that back.",
    "research.exported": "Cases with consent were exported.",
    "research.used": "Somebody said what a case was used for.",
    "entry.contributed": "Something was added to a pool.",
    "entry.edited": "Somebody edited an entry.",
    "entry.reverted": "An entry went back to an earlier revision.",
    "entry.confirmed": "Somebody looked at a value of an entry and agreed, disagreed or could not "
    "tell.",
    "entry.signalled": "Somebody signalled something about an entry with one tap.",
    "entry.settled": "An entry is disputed, verified, stale, gone or as before, by what was said.",
    "entry.moved": "An entry is found elsewhere, since its pool blurs places otherwise.",
    "entry.merged": "An entry was merged into another one.",
    "entry.hidden": "A moderator hid an entry.",
    "entry.restored": "A moderator showed a hidden entry again.",
    "entry.patrolled": "A moderator looked at what a newcomer or somebody unknown changed.",
    "import.done": "Entries were imported.",
    "import.undone": "An import was taken back.",
    "area.watched": "Somebody watches an area of a pool.",
    "area.unwatched": "Somebody watches an area no more.",
    "area.seen": "Somebody has seen what changed in an area that they watch.",
    "campaign.created": "Somebody drafted a campaign.",
    "campaign.updated": "A campaign was changed.",
    "campaign.submitted": "A campaign asks to be reviewed.",
    "campaign.approved": "A moderator approved a campaign.",
    "campaign.returned": "A moderator gave a campaign back to be changed.",
    "campaign.opened": "A campaign is open for support.",
    "campaign.extended": "A campaign has more time.",
    "campaign.round_begun": "A campaign reached its minimum and goes on for its optimum.",
    "campaign.succeeded": "A campaign ended and reached what it needed.",
    "campaign.failed": "A campaign ended without what it needed.",
    "campaign.suspended": "A moderator stopped a campaign for now.",
    "campaign.resumed": "A suspended campaign goes on.",
    "campaign.cancelled": "A campaign was cancelled.",
    "campaign.fulfilling": "A campaign gives what it promised.",
    "campaign.fulfilled": "A campaign gave what it promised.",
    "campaign.settled": "All money of a campaign that ended was captured or released.",
    "campaign.progressed": "A campaign's totals changed.",
    "campaign.threshold_crossed": "A campaign's total went through a threshold, up or down.",
    "campaign.responded": "An official answered to a threshold.",
    "contribution.made": "Somebody pledged or offered support.",
    "contribution.changed": "A contribution is in another state; or, in the same one, money of it "
    "is to be sent back by hand, or was.",
    "level.changed": "Somebody supports a campaign at another level, with other rights.",
    "signature.given": "Somebody signed a petition.",
    "signature.changed": "A signature was validated, invalidated or withdrawn.",
    "update.posted": "A campaign has news.",
    "comment.written": "Somebody commented or suggested something in a campaign's room.",
    "poll.opened": "A campaign asks those who may vote.",
    "poll.voted": "Somebody voted in a poll, or changed their vote.",
    "expense.recorded": "A campaign paid something out.",
    "expense.approved": "Somebody approved what a campaign paid out.",
    "expense.rejected": "Somebody rejected what a campaign wanted to pay out.",
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
    within: NotRequired[str]


class Numbers:
    """The numbers that one deed took from the counter, kept over repeats of its transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._taken: list[int] = []
        self._lost: list[int] = []
        self._next = 0

    def rewind(self) -> None:
        """Begin again with the first number: the transaction is repeated."""
        self._next = 0

    def forget(self) -> None:
        """Use none of these any more: somebody has fenced one."""
        self._lost += self._taken
        self._taken.clear()
        self._next = 0

    async def take(self, count: int) -> list[int]:
        """Return so many numbers, ascending; new ones are taken only if those kept run out."""
        lacking = self._next + count - len(self._taken)
        if lacking > 0:
            last = await _count_on(self._db, lacking)
            self._taken += range(last - lacking + 1, last + 1)
        first, self._next = self._next, self._next + count
        return self._taken[first : self._next]

    async def void_unused(self, *, committed: bool, at: datetime) -> None:
        """Give up the numbers that no event will carry, so that no reader waits for them."""
        unused = self._lost + (self._taken[self._next :] if committed else self._taken)
        if not unused:
            return
        # If this fails, or has to wait for a transaction, the readers fence these numbers.
        with suppress(PyMongoError), pymongo.timeout(VOID_SECONDS):
            await void(self._db, unused, at=at)


async def _count_on(db: Database, count: int) -> int:
    """Take so many numbers from the counter; return the last of them."""
    # Numbers that are lost with a connection are fenced. Not by the majority, which would wait for
    # the disk: the log of a database has one order, so when the event of a number is safe, so is
    # the counter that gave the number.
    reply = await db.ask(
        {
            "findAndModify": "counters",
            "query": {"_id": COUNTER},
            "update": {"$inc": {"value": count}},
            "upsert": True,
            "new": True,
            "writeConcern": {"w": 1},
        }
    )
    return int(reply["value"]["value"])


async def append(
    db: Database, session: Session, numbers: Numbers, drafts: list[Draft], *, at: datetime
) -> list[Event]:
    """Append events in the session's transaction, and return them with their numbers.

    Call it late in the transaction: from here on, readers wait for it to end.

    Raises:
        Again: a reader waited too long and has fenced a number; the next attempt has others.

    """
    taken = await numbers.take(len(drafts))
    events = [
        cast("Event", {"_id": number, **draft, "recorded_at": at})
        for number, draft in zip(taken, drafts, strict=True)
    ]
    if not events:
        return []
    try:
        await insert(db["events"], cast("list[Document]", events), session)
    except PyMongoError as error:
        if not is_duplicate(error):
            raise
        numbers.forget()
        raise Again from error
    return events


async def void(db: Database, numbers: list[int], *, at: datetime) -> int:
    """Fence numbers: take those whose events have not come after all. Return how many."""
    fences: list[Document] = [
        {"_id": number, "type": VOID, "space": None, "subject": "", "at": at, "recorded_at": at}
        for number in numbers
    ]
    try:
        await db["events"].insert_many(fences, ordered=False)
    except BulkWriteError as error:
        if not is_duplicate(error):
            raise
        return int(error.details["nInserted"])
    return len(fences)


async def find_last(db: Database) -> int:
    """Return the greatest number in the log, 0 when it is empty; lower ones may be missing yet."""
    newest = await find_one(db["events"], {}, {"_id": 1}, sort={"_id": DESCENDING})
    return int(newest["_id"]) if newest else 0


async def find_taken(db: Database) -> int:
    """Return the greatest number that anybody has taken, for an event that may still come."""
    counter = await find_one(db["counters"], {"_id": COUNTER}, {"value": 1})
    return int(counter.get("value", 0)) if counter else 0


async def find_trimmed(db: Database) -> int:
    """Return the greatest number that was trimmed, 0 if none was: all above is kept or to come."""
    counter = await find_one(db["counters"], {"_id": COUNTER}, {"trimmed": 1})
    return int(counter.get("trimmed", 0)) if counter else 0


async def is_dense(db: Database, after: int, upto: int) -> bool:
    """Say whether every number above `after` and up to `upto` is there."""
    span = {"_id": {"$gt": after, "$lte": upto}}
    return await db["events"].count_documents(span) == upto - after


async def list_after(
    db: Database, after: int, *, upto: int | None = None, limit: int = 500
) -> list[Event]:
    """Return events with numbers above `after` (up to `upto`), in order, voids included."""
    span: dict[str, int] = {"$gt": after}
    if upto is not None:
        span["$lte"] = upto
    found = await find(db["events"], {"_id": span}, sort={"_id": ASCENDING}, limit=limit)
    return cast("list[Event]", found)


async def list_page(
    db: Database, filter: dict[str, Any], *, descending: bool, limit: int
) -> list[Event]:
    """Return events that match a filter on indexed fields, by number."""
    order = DESCENDING if descending else ASCENDING
    return await find(db["events"], filter, sort={"_id": order}, limit=limit)


async def count_by_reader(
    db: Database, filter: dict[str, Any], person: str | None
) -> list[tuple[Event, int]]:
    """Return how many events match a filter on indexed fields, by what says who may read them.

    Each count comes with an event that stands for those counted: its space, what it lies within,
    and the person as its actor if it is theirs or was told to them.
    """
    theirs = {"$or": [{"$eq": ["$actor", person]}, {"$in": [person, {"$ifNull": ["$to", []]}]}]}
    alike = {"space": "$space", "within": "$within", "theirs": theirs}
    pipeline: list[Document] = [
        {"$match": {"$and": [filter, {"type": {"$ne": VOID}}]}},
        {"$group": {"_id": alike, "count": {"$sum": 1}}},
    ]
    tallies = []
    for group in await aggregate(db["events"], pipeline):
        shared = group["_id"]
        event = {
            "type": "",
            "space": shared["space"],
            "actor": person if shared["theirs"] else None,
        }
        if "within" in shared:
            event["within"] = shared["within"]
        tallies.append((cast("Event", event), int(group["count"])))
    return tallies


async def delete_before(db: Database, instant: datetime) -> int:
    """Trim the log: forget events recorded before the instant, but for the newest ones.

    Return how many went.
    """
    old = await find_one(
        db["events"],
        {"recorded_at": {"$lt": instant}},
        {"_id": 1},
        sort={"recorded_at": DESCENDING},
    )
    upto = min(int(old["_id"]) if old else 0, await find_last(db) - KEPT_AT_LEAST)
    if upto <= await find_trimmed(db):
        return 0
    # Said first, so that no reader takes what is going for a gap, or silence for completeness.
    await db["counters"].update_one({"_id": COUNTER}, {"$max": {"trimmed": upto}})
    gone = await db["events"].delete_many({"_id": {"$lte": upto}})
    return gone.deleted_count
