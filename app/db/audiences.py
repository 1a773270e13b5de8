"""Queries on whom something concerns: who follows conditions, and who was told of alerts.

Each is one command for however many conditions or alerts, and brings along how open their space is.
"""

from app.db.alerts import ACTIVE
from app.db.driver import Document, aggregate
from app.db.notices import WITHHELD
from app.db.writing import Writing

# What has no space has no openness.
WITH_OPENNESS: list[Document] = [
    {
        "$lookup": {
            "from": "spaces",
            "localField": "space",
            "foreignField": "_id",
            "pipeline": [{"$project": {"openness": 1}}],
            "as": "spaces",
        }
    },
    {"$set": {"openness": {"$first": "$spaces.openness"}}},
]


async def list_followed(
    writing: Writing, conditions: list[str], *, after_user: str, limit: int
) -> list[Document]:
    """Return conditions with `space`, its `openness`, and so many `followers` at most.

    Those are active subscriptions with `user`, by person, from the next person on.
    """
    stages = [
        {"$match": {"_id": {"$in": conditions}}},
        _by_person(
            "followers",
            ("subscriptions", "condition"),
            {"status": ACTIVE, "user": {"$gt": after_user}},
            {"user": 1},
            limit,
        ),
        *WITH_OPENNESS,
        {"$project": {"space": 1, "openness": 1, "followers": 1}},
    ]
    return await aggregate(writing.db["conditions"], stages, writing.session)


async def list_told(
    writing: Writing, alerts: list[str], reasons: dict[str, str], *, after_user: str, limit: int
) -> list[Document]:
    """Return alerts with `space`, its `openness`, and so many notices of each reason at most.

    Args:
        writing: the transaction.
        alerts: which alerts.
        reasons: under which name to return the notices of which reason. They have `user`,
            `subscriptions` and `seq`, and come by person, from the next person on.
        after_user: the person before the next one.
        limit: how many notices of a reason.

    """
    told = [
        _by_person(
            name,
            ("notices", "alert"),
            {"reason": reason, "user": {"$gt": after_user}, **WITHHELD},
            {"user": 1, "subscriptions": 1, "seq": 1},
            limit,
        )
        for name, reason in reasons.items()
    ]
    shown = {"space": 1, "openness": 1, **dict.fromkeys(reasons, 1)}
    stages = [{"$match": {"_id": {"$in": alerts}}}, *told, *WITH_OPENNESS, {"$project": shown}]
    return await aggregate(writing.db["alerts"], stages, writing.session)


def _by_person(
    name: str, where: tuple[str, str], filter: Document, shown: Document, limit: int
) -> Document:
    """Return a stage that adds a page of the documents that name this one in a field."""
    collection, field = where
    pipeline = [{"$match": filter}, {"$sort": {"user": 1}}, {"$limit": limit}, {"$project": shown}]
    return {
        "$lookup": {
            "from": collection,
            "localField": "_id",
            "foreignField": field,
            "pipeline": pipeline,
            "as": name,
        }
    }
