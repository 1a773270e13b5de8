"""The seats of needs and offers in one transaction: read once, changed in memory, written once."""

from collections.abc import Iterable
from typing import cast

from app.db import seats as seats_db
from app.db.events import Draft
from app.db.match_documents import Match, Posting
from app.db.seats import has_room
from app.db.writing import Writing
from app.ids import kind_of
from app.matching.states import State

FULFILLED = {"needs": "need.fulfilled", "offers": "offer.fulfilled"}
SEATED = frozenset({State.CONFIRMED, State.IN_PROGRESS})
FREES = frozenset({State.CANCELLED, State.NO_SHOW})


def waits(match: Match) -> bool:
    """Say whether a match waits for a seat, and none is held for it."""
    return match["waiting_since"] is not None and match["held_until"] is None


def seats_moved(before: Match, after: Match) -> int:
    """Return how many seats of each posting a match takes more than before: 1, 0 or -1.

    A hold has its seat already when it is taken up. What is completed, or disputed while under way,
    keeps its seat: what was needed was given.
    """
    held = before["held_until"] is not None
    if after["state"] == State.CONFIRMED:
        return 0 if held else 1
    if before["state"] in SEATED and after["state"] in FREES:
        return -1
    return int(after["held_until"] is not None) - int(held)


class Seating:
    """The needs and offers that one transaction has to do with."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._read: dict[str, Posting] = {}
        self._now: dict[str, Posting] = {}
        self._touched: dict[str, None] = {}
        self.freed: dict[str, None] = {}

    async def find(self, ids: Iterable[str]) -> list[Posting]:
        """Return needs and offers as they are by now, in the order asked for."""
        ids = list(ids)
        missing = [id for id in ids if id not in self._now]
        if missing:
            db, session = self._writing.db, self._writing.session
            found = await seats_db.list_postings(db, missing, session)
            self._read |= found
            self._now |= found
        return [self._now[id] for id in ids]

    async def full(self, match: Match) -> list[str]:
        """Return which of a match's two postings have no seat left."""
        postings = await self.find((match["need"], match["offer"]))
        return [posting["_id"] for posting in postings if not has_room(posting)]

    async def touch(self, *ids: str) -> list[Posting]:
        """Return needs and offers, held until the transaction ends: nobody else changes them."""
        self._touched |= dict.fromkeys(ids)
        return await self.find(ids)

    async def follow(self, before: Match, after: Match) -> None:
        """Take, free and count seats as a match has moved."""
        moved = seats_moved(before, after)
        queued = int(waits(after)) - int(waits(before))
        if moved:
            await self._count((after["need"], after["offer"]), taken=moved)
        if queued:
            who: Match = after if queued > 0 else before
            await self._count(who.get("waits_for", []), waiting=queued)
        if moved < 0:
            self.freed |= dict.fromkeys((after["need"], after["offer"]))

    async def write(self) -> list[Draft]:
        """Write what has changed. Return the events that tell of it.

        Raises:
            Again: somebody else changed a posting meanwhile.

        """
        drafts = []
        for id in self._touched:
            before, now = self._read[id], self._now[id]
            after = await seats_db.update_seats(
                self._writing, before, taken=now["taken"], waiting=now.get("waiting", 0)
            )
            if after["status"] != before["status"]:
                drafts.append(_fulfilled(before, after, self._writing))
        return drafts

    async def _count(self, ids: Iterable[str], *, taken: int = 0, waiting: int = 0) -> None:
        for posting in await self.touch(*ids):
            counted = {
                "taken": max(posting["taken"] + taken, 0),
                "waiting": max(posting.get("waiting", 0) + waiting, 0),
            }
            self._now[posting["_id"]] = cast("Posting", {**posting, **counted})


def _fulfilled(before: Posting, after: Posting, writing: Writing) -> Draft:
    """Return that a posting is fulfilled, or seeks again; not by whom, which is the pair's own."""
    return Draft(
        type=FULFILLED[kind_of(after["_id"]) or ""],
        space=after["space"],
        subject=after["_id"],
        actor=None,
        at=writing.at,
        before={"status": before["status"]},
        after={"status": after["status"]},
        to=[after["owner"]],
        within=after["_id"],
    )
