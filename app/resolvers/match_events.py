"""What concerns a person in the matchmaker, as it comes: their matches, and what suits them."""

import asyncio
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.db import blocks as blocks_db
from app.db import match_events as match_events_db
from app.db.documents import Event, Space
from app.db.log import things_of
from app.db.watching import Batch
from app.resolvers.bars import Suggestion, suggest
from app.resolvers.context import Context
from app.resolvers.live import Follower, Outlook, Placed, follow, known_spaces
from app.resolvers.sight import find_within, sees_posting, sees_within

READ_AT_ONCE = 100
KINDS = ("needs", "offers")


@dataclass(slots=True)
class Found:
    """What some events come to, for some people.

    Attributes:
        people: for whom this is known.
        told: the events of matches that concern a person.
        things: the matches that these lie within.
        suggested: what may suit a person; whether they see it is still to be asked.

    """

    people: set[str] = field(default_factory=set)
    told: dict[str, list[Event]] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    suggested: dict[str, list[Suggestion]] = field(default_factory=dict)


async def watch_matches(ctx: Context, after: str | None) -> Follower:
    """Return what concerns the viewer in the matchmaker: after the cursor, then as it comes.

    Raises:
        NotSignedIn: nobody is signed in.
        InvalidInput: the cursor is none of ours.

    """
    return await follow(ctx, after, MatchFeed(ctx, ctx.person()))


class MatchFeed:
    """The events of a person's matches, and postings that suit theirs."""

    __slots__ = ("_ctx", "_outlook", "_roles", "_topics", "_user")

    def __init__(self, ctx: Context, user: str) -> None:
        self._ctx = ctx
        self._user = user
        self._outlook = Outlook(ctx, user)
        self._roles: Mapping[str, Any] | None = None
        self._topics: tuple[str, ...] = ()

    @property
    def topics(self) -> Sequence[str]:
        """Return the person, and what is posted in the spaces that they belong to by now."""
        roles = self._ctx.viewer.roles
        if roles is not self._roles:
            spaces = [things_of(space, kind) for space in sorted(roles) for kind in KINDS]
            self._roles, self._topics = roles, (self._user, *spaces)
        return self._topics

    async def read(self, after: int, upto: int) -> Placed:
        """Return what there was between two positions, some of it at a time."""
        ctx, most = self._ctx, READ_AT_ONCE
        told, posted = await asyncio.gather(
            match_events_db.list_told(ctx.db, self._user, after, upto=upto, limit=most),
            match_events_db.list_posted(
                ctx.db, sorted(ctx.viewer.roles), after, upto=upto, limit=most
            ),
        )
        # Of neither is anything missing up to here.
        sure = min([upto, *(some[-1]["_id"] for some in (told, posted) if len(some) == most)])
        events = [event for event in (*told, *posted) if event["_id"] <= sure]
        found = await _find(ctx, events, [self._user])
        known = await ctx.services.spaces.find_many({event["space"] or "" for event in events})
        return [*self._seen(found, known), (sure, None)]

    def look_up(self, batch: Batch) -> None:
        """Find out what the events come to, for all who are handed the batch at once."""
        people: set[str] = batch.kept.setdefault(MatchFeed, set())
        people.add(self._user)
        batch.begin(MatchFeed, lambda: _look_up(self._ctx, batch, people))

    def alike(self, batch: Batch) -> Hashable:
        """Return the person, whom a block keeps them from, and how they stand to the spaces.

        Raises:
            LookupError: a space is to be read first, or others are to be watched.

        """
        if self._ctx.viewer.roles is not self._roles:
            raise LookupError("other spaces are to be watched")
        return self._user, self._ctx.viewer.blocks, self._outlook.on(batch)

    def pick(self, batch: Batch) -> Placed:
        """Return what a batch comes to for the person.

        Raises:
            InvalidStateError: it is not known yet.

        """
        found: Found = batch.result(MatchFeed)
        spaces = known_spaces(self._ctx, batch)
        if self._user not in found.people:
            raise asyncio.InvalidStateError
        return self._seen(found, spaces)

    def _seen(self, found: Found, spaces: Mapping[str, Space | None]) -> list[tuple[int, Any]]:
        """Return what the viewer may see at this moment, in order."""
        ctx, items = self._ctx, list[tuple[int, Any]]()
        for event in found.told.get(self._user, ()):
            thing, space = found.things.get(event["within"]), spaces.get(event["space"] or "")
            if sees_within(ctx, thing, space):
                items.append((event["_id"], event))
        for suggestion in found.suggested.get(self._user, ()):
            posting: Any = suggestion  # it has the owner, by whom a posting is seen or not
            space = spaces.get(suggestion["space"])
            if suggestion["space"] in ctx.viewer.roles and sees_posting(ctx, posting, space):
                items.append((suggestion["seq"], suggestion))
        return sorted(items, key=lambda item: item[0])


async def _look_up(ctx: Context, batch: Batch, people: set[str]) -> Found:
    """Return what a batch comes to for people, and for those who are added while this waits."""
    await ctx.services.spaces.find_many({id for id in batch.spaces if id is not None})
    found = Found()
    while more := people - found.people:
        part = await _find(ctx, batch.events, more)
        found.people |= part.people
        found.told |= part.told
        found.things |= part.things
        found.suggested |= part.suggested
    return found


async def _find(ctx: Context, events: Sequence[Event], people: Collection[str]) -> Found:
    """Return what events come to for people; what they may see of it is still to be asked."""
    found = Found(set(people))
    of_matches = [event for event in events if event["type"] in match_events_db.OF_MATCHES]
    for event in of_matches:
        for person in found.people.intersection(event.get("to", ())):
            found.told.setdefault(person, []).append(event)
    concerned = {event["_id"]: event for told in found.told.values() for event in told}
    found.things = await find_within(ctx, concerned.values())
    posted = [event for event in events if event["type"] in match_events_db.POSTED]
    if posted:
        suggested = await suggest(ctx, posted, found.people)
        pairs = {(who, one["owner"]) for who, some in suggested.items() for one in some}
        apart = await blocks_db.list_between(ctx.db, pairs)
        found.suggested = {
            who: [one for one in some if (who, one["owner"]) not in apart]
            for who, some in suggested.items()
        }
    return found
