"""Queries on people and their sessions."""

from datetime import datetime
from typing import cast

from app.db.client import Database
from app.db.documents import Membership, Session, User
from app.db.driver import Document, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.writing import Writing


async def find_user(db: Database, id: str) -> User | None:
    """Return a person by identifier."""
    return cast("User | None", await find_one(db["users"], {"_id": id}))


async def find_user_by_email(db: Database, email: str) -> User | None:
    """Return a person by normalised e-mail address."""
    return cast("User | None", await find_one(db["users"], {"email": email}))


async def list_users(db: Database, ids: list[str]) -> list[User]:
    """Return the people with these identifiers, in no order; without the hash of their password."""
    return await find_by_ids(db["users"], ids, {"password_hash": 0})


async def find_operator(db: Database) -> User | None:
    """Return an operator, if there is one yet."""
    return cast("User | None", await find_one(db["users"], {"is_operator": True}))


async def list_memberships(db: Database, user: str) -> list[Membership]:
    """Return every membership of a person."""
    return await find(db["memberships"], {"user": user})


async def find_session(db: Database, token_hash: str) -> Session | None:
    """Return a session by the fingerprint of its token."""
    return cast("Session | None", await find_one(db["sessions"], {"token_hash": token_hash}))


async def find_sessions(db: Database, user: str, window: Window) -> Page:
    """Return a page of a person's sessions, newest first."""
    return await find_page(db, "sessions", {"user": user}, Order("created_at"), window)


async def update_session_use(
    db: Database, id: str, *, used_at: datetime, idle_ends_at: datetime
) -> None:
    """Note that a session was used, which moves its idle end."""
    await db["sessions"].update_one(
        {"_id": id}, {"$set": {"used_at": used_at, "idle_ends_at": idle_ends_at}}
    )


async def update_password_hash(db: Database, id: str, password_hash: str) -> None:
    """Store a hash with newer parameters for the same password."""
    await db["users"].update_one({"_id": id}, {"$set": {"password_hash": password_hash}})


async def find_session_by_id(db: Database, id: str) -> Session | None:
    """Return a session by identifier."""
    return cast("Session | None", await find_one(db["sessions"], {"_id": id}))


async def list_sessions(db: Database, ids: list[str]) -> list[Session]:
    """Return the sessions with these identifiers, in no order."""
    return await find_by_ids(db["sessions"], ids)


async def list_other_sessions(db: Database, user: str, session: str | None) -> list[str]:
    """Return a person's sessions besides one."""
    others = {"user": user, "_id": {"$ne": session}}
    return [other["_id"] for other in await find(db["sessions"], others, {"_id": 1})]


async def insert_session(db: Database, session: Session) -> None:
    """Insert a session."""
    await db["sessions"].insert_one(cast("Document", session))


async def delete_sessions(writing: Writing, ids: list[str]) -> None:
    """Forget sessions."""
    await writing.db["sessions"].delete_many({"_id": {"$in": ids}}, session=writing.session)


async def update_suspended(writing: Writing, id: str, at: datetime | None) -> None:
    """Suspend a person and forget their sessions, or with None let them in again."""
    await writing.db["users"].update_one(
        {"_id": id},
        {"$set": {"suspended_at": at}, "$inc": {"version": 1}},
        session=writing.session,
    )
    if at is not None:
        await writing.db["sessions"].delete_many({"user": id}, session=writing.session)


async def update_operator(writing: Writing, id: str, *, is_operator: bool) -> None:
    """Let a person run the server, or no longer."""
    await writing.db["users"].update_one(
        {"_id": id},
        {"$set": {"is_operator": is_operator}, "$inc": {"version": 1}},
        session=writing.session,
    )


async def upsert_operator_link(db: Database, token_hash: str, at: datetime) -> None:
    """Remember the one-time link of the first operator; an older one is not valid any more."""
    await db["meta"].update_one(
        {"_id": "operator_link"}, {"$set": {"token_hash": token_hash, "made_at": at}}, upsert=True
    )


async def claim_operator_link(writing: Writing, token_hash: str) -> bool:
    """Take the one-time link; False when it is not this one."""
    gone = await writing.db["meta"].delete_one(
        {"_id": "operator_link", "token_hash": token_hash}, session=writing.session
    )
    return gone.deleted_count == 1
