"""Queries on the ways of threads: which go on by now, and to whom they can go."""

from datetime import datetime
from typing import Any

from app.db.client import Database
from app.db.driver import Document, Session, aggregate, find, find_one
from app.db.thread_documents import Thread
from app.db.writing import Writing

EXPERTS, ADVICE = "EXPERTS", "ADVICE"
# A thread waits for those invited until somebody has advised.
WAITING = ("OPEN", "ROUTED", "REOPENED", "ESCALATED")
MOST_OPERATORS = 50
MOST_REPLIES = 100


async def list_due(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the threads that should have gone on by now, the longest due first."""
    # MongoDB uses the partial index only for a query that names the type, too.
    due = {"route.due_at": {"$lte": now, "$type": "date"}}
    found = await find(db["threads"], due, {"_id": 1}, sort={"route.due_at": 1}, limit=limit)
    return [thread["_id"] for thread in found]


async def update_due(writing: Writing, thread: Thread, due_at: datetime | None) -> None:
    """Write when a thread goes on, if it is as it was; nobody sees that, so it stays the same."""
    same = {"_id": thread["_id"], "version": thread["version"]}
    await writing.update("threads", (same, {"$set": {"route.due_at": due_at}}))


async def list_operators(db: Database, session: Session | None = None) -> list[str]:
    """Return the people who run this server."""
    found = await find(
        db["users"], {"is_operator": True}, {"_id": 1}, limit=MOST_OPERATORS, session=session
    )
    return [user["_id"] for user in found]


async def find_groups(db: Database, space: str, person: str, session: Session) -> list[str]:
    """Return the groups of a space to which a person belongs."""
    theirs = {"user": person, "space": space}
    found = await find_one(db["memberships"], theirs, {"sides": 1}, session=session)
    return list(found.get("sides", ())) if found else []


async def list_experts(
    db: Database,
    space: str,
    people: list[str],
    topic: str,
    seen: Document | None,
    session: Session | None = None,
) -> list[Document]:
    """Return those of these people who are experts of the space, and what they have done there.

    Args:
        db: the database.
        space: whose experts.
        people: who is looked at.
        topic: the folded subject in which they have advised.
        seen: the threads that count, as a filter; None: all.
        session: of a transaction.

    Returns:
        For each `user` and `locale`; `advised` and `accepted`, of the newest replies with advice
        in the subject; and `load`, how many threads wait for them.

    """
    pipeline: list[Document] = [
        {"$match": {"user": {"$in": people}, "space": space, "sides": EXPERTS}},
        {"$project": {"user": 1}},
        _joined("users", "_id", {"suspended_at": None}, [{"$project": {"locale": 1}}]),
        {"$match": {"users": {"$ne": []}}},
        _joined("replies", "author", {"space": space, "act": ADVICE}, _advice(topic, seen)),
        _joined(
            "threads",
            "invited",
            {"$and": [{"space": space, "state": {"$in": list(WAITING)}}, seen or {}]},
            [{"$count": "waiting"}],
        ),
        {
            "$project": {
                "user": 1,
                "locale": {"$first": "$users.locale"},
                "advised": {"$ifNull": [{"$first": "$replies.advised"}, 0]},
                "accepted": {"$ifNull": [{"$first": "$replies.accepted"}, 0]},
                "load": {"$ifNull": [{"$first": "$threads.waiting"}, 0]},
            }
        },
    ]
    return await aggregate(db["memberships"], pipeline, session)


def _joined(collection: str, field: str, filter: Document, then: list[Document]) -> Document:
    """Return a stage that adds the documents that name the person in a field, by collection."""
    return {
        "$lookup": {
            "from": collection,
            "localField": "user",
            "foreignField": field,
            "pipeline": [{"$match": filter}, *then],
            "as": collection,
        }
    }


def _advice(topic: str, seen: Document | None) -> list[Any]:
    """Return the stages that count replies in threads about a subject, and those accepted."""
    about: Document = {"$and": [{"subject_folded": topic}, seen or {}]}
    counts = {"$in": ["$$this", "$within._id"]}
    return [
        {"$sort": {"created_at": -1}},
        {"$limit": MOST_REPLIES},
        # One look at the threads of all replies: one for each reply takes twenty times as long.
        {
            "$group": {
                "_id": None,
                "replies": {"$push": "$_id"},
                "threads": {"$push": "$thread"},
            }
        },
        {
            "$lookup": {
                "from": "threads",
                "localField": "threads",
                "foreignField": "_id",
                "pipeline": [{"$match": about}, {"$project": {"accepted_reply": 1}}],
                "as": "within",
            }
        },
        {
            "$project": {
                "advised": {"$size": {"$filter": {"input": "$threads", "cond": counts}}},
                "accepted": {"$size": {"$setIntersection": ["$replies", "$within.accepted_reply"]}},
            }
        },
    ]
