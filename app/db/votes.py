"""Queries on votes: one a person and reply, whatever comes at the same moment."""

from datetime import datetime
from typing import cast

from app.db.client import Database
from app.db.driver import Document, Session, find_by_ids, find_one
from app.db.thread_documents import Reply, Vote
from app.db.writing import Writing
from app.ids import derived_id


def vote_id(reply: str, voter: str) -> str:
    """Return the one identifier that a person's vote on a reply can have."""
    return derived_id("votes", reply, voter)


async def find_vote(
    db: Database, reply: str, voter: str, session: Session | None = None
) -> Vote | None:
    """Return somebody's vote on a reply."""
    found = await find_one(db["votes"], {"_id": vote_id(reply, voter)}, session=session)
    return cast("Vote | None", found)


async def list_votes(db: Database, replies: list[str], voter: str) -> dict[str, Vote]:
    """Return somebody's votes, by reply."""
    ids = [vote_id(reply, voter) for reply in replies]
    return {vote["reply"]: vote for vote in await find_by_ids(db["votes"], ids)}


async def upsert_vote(writing: Writing, reply: Reply, voter: str, value: str, at: datetime) -> None:
    """Cast a vote, or change it."""
    kept: Document = {"space": reply["space"], "reply": reply["_id"], "voter": voter}
    await writing.db["votes"].update_one(
        {"_id": vote_id(reply["_id"], voter)},
        {"$setOnInsert": kept, "$set": {"value": value, "at": at}, "$inc": {"version": 1}},
        upsert=True,
        session=writing.session,
    )


async def delete_vote(writing: Writing, reply: str, voter: str) -> None:
    """Forget a vote."""
    await writing.db["votes"].delete_one({"_id": vote_id(reply, voter)}, session=writing.session)
