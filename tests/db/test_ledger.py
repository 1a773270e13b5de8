"""How far the ledger is complete: as far as whoever asks can see it."""

from datetime import datetime

from app.db.client import Database
from app.db.driver import Session
from app.db.events import Draft
from app.db.ledger import find_complete
from app.db.writing import Writing, write

NOON = datetime(2026, 3, 1, 12)
DRAFT = Draft(type="user.signed_up", space=None, subject="usr_a", actor=None, at=NOON)


async def test_who_reads_in_a_transaction_counts_as_far_as_it_sees(db: Database) -> None:
    """What is written meanwhile is in its ledger no more than in its log."""

    async def append(writing: Writing) -> int:
        [event] = await writing.append(DRAFT)
        return event["_id"]

    first = await write(db, NOON, append)

    async def read(session: Session) -> int:
        assert await db["ledger"].find_one({"_id": 0}, session=session) is None
        assert await write(db, NOON, append) == first + 1
        return await find_complete(db, session)

    assert await db.transaction(read) == first
    assert await find_complete(db) == first + 1
