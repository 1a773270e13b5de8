"""Queries on voices: what became of people's words in a pool, and who confirms whom.

Findings are kept one by one and no sums of them: so a value that is verified no more takes its
evidence back, and those who are heard in many places at once do not wait for each other.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from pymongo import ReplaceOne

from app.auth.roles import Role
from app.db.driver import Document, find
from app.db.pool_documents import Accord, Finding
from app.db.writing import Writing

# A record is made of so many of the latest findings: long ago is forgotten.
LATEST_FINDINGS = 200
# Two who made up their minds to meet, and did or will.
TOGETHER = ("CONFIRMED", "IN_PROGRESS", "COMPLETED", "REVIEWED")


def finding_id(entry: str, facet: str, round: int, person: str) -> str:
    """Return the one identifier of what became of a person's word on one value of a facet."""
    return f"{entry} {facet} {round} {person}"


async def list_findings(writing: Writing, space: str, person: str) -> list[Finding]:
    """Return the latest of what became of a person's words in a pool."""
    wanted = {"space": space, "person": person}
    return await find(
        writing.db["findings"],
        wanted,
        sort={"at": -1, "_id": -1},
        limit=LATEST_FINDINGS,
        session=writing.session,
    )


async def replace_findings(writing: Writing, findings: Iterable[Finding]) -> None:
    """Write what became of words; what was found of the same words before is replaced."""
    changes: list[Any] = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in findings]
    if changes:
        await writing.db["findings"].bulk_write(changes, session=writing.session)


async def delete_findings(writing: Writing, entry: str, facet: str, round: int) -> None:
    """Forget all that was found on one value of a facet."""
    await writing.db["findings"].delete_many(
        {"entry": entry, "facet": facet, "round": round}, session=writing.session
    )


async def delete_findings_of(
    writing: Writing, space: str, person: str, since: datetime, until: datetime
) -> None:
    """Forget what became of a person's words in a time."""
    await writing.db["findings"].delete_many(
        {"space": space, "person": person, "at": {"$gte": since, "$lte": until}},
        session=writing.session,
    )


async def count_accord(writing: Writing, space: str, user: str, giver: str, by: int) -> None:
    """Count that a person confirms a value of a giver, or, by less than 0, no more."""
    for whose in (giver, None):
        kept = {"space": space, "user": user, "giver": whose}
        await writing.db["accords"].update_one(
            {"_id": f"{space} {user} {whose or ''}"},
            {"$setOnInsert": kept, "$inc": {"count": by}},
            upsert=True,
            session=writing.session,
        )


async def list_accords(writing: Writing, space: str, people: Collection[str]) -> list[Accord]:
    """Return how often these people have confirmed each other, and anybody."""
    wanted: Document = {
        "space": space,
        "user": {"$in": list(people)},
        "giver": {"$in": [*people, None]},
    }
    return await find(writing.db["accords"], wanted, session=writing.session)


async def list_matched(
    writing: Writing, space: str, people: Collection[str]
) -> list[tuple[str, str]]:
    """Return the pairs of these people who came together in a match in the space."""
    wanted: Document = {
        "need_owner": {"$in": list(people)},
        "space": space,
        "offer_owner": {"$in": list(people)},
        "state": {"$in": list(TOGETHER)},
    }
    shown = {"need_owner": 1, "offer_owner": 1}
    found = await find(writing.db["matches"], wanted, shown, session=writing.session)
    return [(one["need_owner"], one["offer_owner"]) for one in found]


async def list_trusted(writing: Writing, memberships: Collection[str]) -> set[str]:
    """Return the people who moderate a space or own it, of those with these memberships."""
    wanted = {"_id": {"$in": list(memberships)}, "role": {"$in": [Role.MODERATOR, Role.OWNER]}}
    found = await find(writing.db["memberships"], wanted, {"user": 1}, session=writing.session)
    return {one["user"] for one in found}
