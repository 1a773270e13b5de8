"""The course of matches in one transaction: deeds with what they do to seats, queues and events.

Whatever frees a seat gives it to whoever waits for it, in the same transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from app.db import matches as matches_db
from app.db import seats as seats_db
from app.db import spaces as spaces_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.events import Draft
from app.db.match_documents import Match, MatchingRules, Posting
from app.db.seats import has_room
from app.db.writing import Writing
from app.failures import Conflict, Failure, NotAllowed, WrongState
from app.matching.commitment import lacking
from app.matching.opening import due_at
from app.matching.rules import rules_of
from app.matching.states import Actor, Cause, Deed, Moment, Refused, State, Step, clashes, step
from app.matching.terms import Side
from app.matching.waiting import turn
from app.resolvers.seating import Seating, waits

TOLD: dict[Deed, str] = {
    Deed.ACCEPT: "match.accepted",
    Deed.DECLINE: "match.declined",
    Deed.WITHDRAW: "match.withdrawn",
    Deed.EXPIRE: "match.expired",
    Deed.CANCEL: "match.cancelled",
    Deed.START: "match.started",
    Deed.COMPLETE: "match.completed",
    Deed.REPORT_NO_SHOW: "match.no_show",
    Deed.DISPUTE: "match.disputed",
    Deed.RESOLVE: "match.resolved",
}
AT_ONCE = 20


def refusal(refused: Refused, match: Match) -> Failure:
    """Return how a client hears that a deed is not possible."""
    match refused.cause:
        case Cause.LACKING:
            return NotAllowed(refused.sentence, missing=", ".join(lacking(match)))
        case Cause.ACTOR:
            return NotAllowed(refused.sentence, missing="the side whose deed it is")
        case Cause.CLASH:
            return Conflict(refused.sentence, current_version=match["version"])
        case _:
            return WrongState(refused.sentence, state=refused.found)


def match_event(
    type: str,
    match: Match,
    at: datetime,
    *,
    before: Match | None = None,
    actor: str | None = None,
) -> Draft:
    """Return an event about a match: for its two sides, and whoever else sees it."""
    return Draft(
        type=type,
        space=match["space"],
        subject=match["_id"],
        actor=actor,
        at=at,
        before=None if before is None else {"state": before["state"]},
        after={"state": match["state"], "charged_to": match["charged_to"]},
        to=[match["need_owner"], match["offer_owner"]],
        within=match["_id"],
    )


class Course:
    """What one transaction does to matches; `finish` it before it ends."""

    def __init__(
        self, writing: Writing, actor: str | None = None, space: Space | None = None
    ) -> None:
        self.writing = writing
        self.seats = Seating(writing)
        self._actor = actor
        self._spaces: dict[str, Space | None] = {} if space is None else {space["_id"]: space}
        self._drafts: list[Draft] = []

    async def do(
        self, match: Match, deed: Deed, actor: Actor, charged_to: Side | None = None, **more: Any
    ) -> Match:
        """Do a deed, with `more` fields that change by it, and return the match after it.

        Raises:
            WrongState, NotAllowed, Conflict: it is not possible.

        """
        moment = await self._moment(match, deed, actor, charged_to)
        found = step(match, deed, actor, moment)
        if isinstance(found, Refused):
            raise refusal(found, match)
        return await self._follow(match, deed, found, more)

    async def end(self, match: Match, *ways: tuple[Deed, Actor], overdue: bool = False) -> Match:
        """End a match in the first of these ways that the table allows.

        `overdue` says that its time is over because that of its need or offer is.

        Raises:
            WrongState, NotAllowed: none is possible.

        """
        at = self.writing.at
        judged: Any = {**match, "answer_by": at, "held_until": at} if overdue else match
        moment = Moment(at, await self.rules(match["space"]))
        found = [(deed, step(judged, deed, actor, moment)) for deed, actor in ways]
        for deed, result in found:
            if isinstance(result, Step):
                return await self._follow(match, deed, result, {})
        raise next(refusal(one, match) for _, one in found if isinstance(one, Refused))

    async def note(self, match: Match, type: str, change: Document) -> Match:
        """Change what a match says and not where it stands, and tell it."""
        after = await matches_db.update_match(self.writing, match, change)
        self.tell(match_event(type, after, self.writing.at, before=match, actor=self._actor))
        return after

    def tell(self, *drafts: Draft) -> None:
        """Append events when all is done."""
        self._drafts += drafts

    async def promote(self, ids: Iterable[str] = ()) -> None:
        """Let those who wait move up, where seats are free: of these, and those freed by now."""
        freed = self.seats.freed
        freed |= dict.fromkeys(ids)
        while freed:
            id = next(iter(freed))
            del freed[id]
            await self._promote(id)

    async def finish(self) -> None:
        """Let those who wait move up, write the seats, and append the events."""
        await self.promote()
        self.tell(*await self.seats.write())
        await self.writing.append(*self._drafts)

    async def rules(self, space: str) -> MatchingRules:
        """Return the rules of a space."""
        if space not in self._spaces:
            self._spaces[space] = await spaces_db.find_space(self.writing.db, space)
        found = self._spaces[space]
        return rules_of(found.get("matching") if found else None)

    async def _moment(
        self, match: Match, deed: Deed, actor: Actor, charged_to: Side | None
    ) -> Moment:
        """Return what a deed finds; the time of those whom it would confirm is held first."""
        at, rules = self.writing.at, await self.rules(match["space"])
        moment = Moment(at, rules, charged_to=charged_to)
        ahead = step(match, deed, actor, moment)
        if isinstance(ahead, Refused) or ahead.state is not State.CONFIRMED:
            return moment
        people = _two(match)
        room = match["held_until"] is not None or not await self.seats.full(match)
        if room:
            await seats_db.claim_people(self.writing, people)
        others: Sequence[Match] = ()
        if match["window"] is not None:
            others = await matches_db.list_engagements(self.writing, people, match["window"])
        clash = any(clashes(match, one, person) for one in others for person in people & _two(one))
        return Moment(at, rules, seat_free=room, clash=clash)

    async def _follow(self, match: Match, deed: Deed, found: Step, more: Document) -> Match:
        """Write where a step leads, move seats with it, and tell it."""
        after = await self._write(match, {**found.changes, **more})
        type = TOLD[deed]
        if deed is Deed.ACCEPT and after["state"] == State.CONFIRMED:
            type = "match.confirmed"
        elif deed is Deed.ACCEPT and waits(after):
            type = "match.waiting"
        actor = None if deed is Deed.EXPIRE else self._actor
        self.tell(match_event(type, after, self.writing.at, before=match, actor=actor))
        return after

    async def _write(self, match: Match, change: Document) -> Match:
        ahead: Any = {**match, **change}
        change = {**change, "due_at": due_at(ahead)}
        if waits(ahead) and not waits(match):
            change["waits_for"] = await self.seats.full(match)
        after = await matches_db.update_match(self.writing, match, change)
        await self.seats.follow(match, after)
        return after

    async def _promote(self, id: str) -> None:
        """Hold the free seats of a posting for the next in its line; end holds that are over."""
        [posting] = await self.seats.find([id])
        queue = await matches_db.list_queue(self.writing, id)
        held = [match for match in queue if match["held_until"] is not None]
        if not queue or not _seeks(posting, self.writing.at):
            return
        at, rules = self.writing.at, await self.rules(posting["space"])
        confirmed = posting["taken"] - len(held)
        ready = await self._ready(posting, queue)
        found = turn(posting["capacity"], confirmed, [*held, *ready], at, rules)
        by_id = {match["_id"]: match for match in queue}
        lapsed = [by_id[one] for one in found.lapsed if by_id[one] in held]
        for match in lapsed:
            await self.end(match, (Deed.EXPIRE, Actor.TIME))  # its seat is free: all begins again
        if lapsed:
            return
        for hold in found.held:
            match = by_id[hold.match]
            after = await self._write(match, {"held_until": hold.until})
            self.tell(match_event("match.held", after, at, before=match))

    async def _ready(self, posting: Posting, queue: list[Match]) -> list[Match]:
        """Return the first in line, as many as there are seats, who have one on their other side.

        A match needs a seat of both: whoever waits for the other one is passed over.
        """
        at, free = self.writing.at, posting["capacity"] - posting["taken"]
        line = [
            match
            for match in queue
            if waits(match) and (match["window"] is None or match["window"]["starts_at"] > at)
        ]
        line.sort(key=lambda match: (match["waiting_since"], match["_id"]))
        ready: list[Match] = []
        while line and len(ready) < free:
            some, line = line[:AT_ONCE], line[AT_ONCE:]
            others = [_other(match, posting) for match in some]
            rooms = [has_room(other) for other in await self.seats.find(others)]
            ready += [match for match, room in zip(some, rooms, strict=True) if room]
        return ready[: max(free, 0)]


def _two(match: Match) -> set[str]:
    return {match["need_owner"], match["offer_owner"]}


def _seeks(posting: Posting, at: datetime) -> bool:
    ends = posting["expires_at"]
    return posting["status"] in seats_db.SEEKING and (ends is None or ends > at)


def _other(match: Match, posting: Posting) -> str:
    return match["offer"] if match["need"] == posting["_id"] else match["need"]
