"""Queries on who takes part in a space by now: what the others have posted there waits in vain."""

from collections.abc import Iterable, Sequence

from app.db.client import Database
from app.db.driver import Session, find, find_by_ids
from app.db.match_documents import Posting
from app.db.spaces import membership_id


async def keep_present(
    db: Database, postings: Sequence[Posting], session: Session | None = None
) -> list[Posting]:
    """Return those of the needs and offers whose owners take part in their spaces by now."""
    owners: dict[str, set[str]] = {}
    for posting in postings:
        owners.setdefault(posting["space"], set()).add(posting["owner"])
    present = {
        space: await list_present(db, space, people, session) for space, people in owners.items()
    }
    return [one for one in postings if one["owner"] in present[one["space"]]]


async def list_present(
    db: Database, space: str, people: Iterable[str], session: Session | None = None
) -> set[str]:
    """Return those of these people who belong to a space, or run the server; nobody suspended."""
    active = {"_id": {"$in": list(people)}, "suspended_at": None}
    users = await find(db["users"], active, {"is_operator": 1}, session=session)
    present = {user["_id"] for user in users if user["is_operator"]}
    ids = [membership_id(space, user["_id"]) for user in users]
    theirs = await find_by_ids(db["memberships"], ids, {"user": 1}, session=session)
    return present | {membership["user"] for membership in theirs}
