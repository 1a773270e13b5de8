"""What every deed is handed: the database, the viewer, the instant, and the parts of the server."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.auth.passwords import Passwords
from app.auth.permissions import Standing, allowed, require, require_visible, standings
from app.auth.viewer import Viewer
from app.clock import Clock
from app.db import spaces as spaces_db
from app.db.client import Database
from app.db.documents import Event, Space
from app.db.log import EventLog
from app.failures import NotAllowed, NotFound, NotSignedIn
from app.resolvers.identity import Visit
from app.settings import Settings


class Spaces:
    """The spaces as this process last read them; the event log clears what has changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, Space] = {}

    async def find(self, id: str) -> Space | None:
        """Return a space by identifier."""
        known = self._known.get(id)
        if known is None:
            known = await spaces_db.find_space(self._db, id)
            if known is not None:
                self._known[id] = known
        return known

    async def find_many(self, ids: set[str]) -> dict[str, Space]:
        """Return spaces by identifier; those that do not exist are left out."""
        missing = [id for id in ids if id not in self._known]
        if missing:
            for space in await spaces_db.list_spaces(self._db, missing):
                self._known[space["_id"]] = space
        return {id: self._known[id] for id in ids if id in self._known}

    def forget(self, id: str) -> None:
        """Read the space anew the next time."""
        self._known.pop(id, None)

    def hear(self, event: Event) -> None:
        """Forget a space that an event has changed."""
        if event["type"].startswith("space."):
            self.forget(event["subject"])


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one server process that deeds use."""

    settings: Settings
    db: Database
    log: EventLog
    passwords: Passwords
    clock: Clock
    spaces: Spaces


@dataclass(slots=True)
class Context:
    """One request, or one item of a stream, as a deed sees it."""

    services: Services
    came_as: Viewer
    address: str = ""
    last_event_id: str | None = None
    request_id: str = ""
    visit: Visit | None = None
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.services.clock()

    @property
    def viewer(self) -> Viewer:
        """Return who asks, with the rights of this moment."""
        return self.came_as if self.visit is None else self.visit.viewer

    async def catch_up(self) -> None:
        """Go on to the present instant, with rights that are being looked at again, if they are."""
        self.now = self.services.clock()
        if self.visit is not None and self.visit.recheck is not None:
            await asyncio.shield(self.visit.recheck)

    @property
    def db(self) -> Database:
        """Return the database."""
        return self.services.db

    def person(self) -> str:
        """Return the person who is signed in.

        Raises:
            NotSignedIn: nobody is.

        """
        if self.viewer.user is None:
            raise NotSignedIn("Sign in first: send `Authorization: Bearer <token>`.")
        return self.viewer.user

    def standings(self, space: Space | None) -> set[Standing]:
        """Return how the viewer stands to the server, and to a space if one is given."""
        if space is None:
            return standings(self.viewer)
        return standings(self.viewer, space["_id"], space["openness"])

    def own(self, owner: str | None) -> set[Standing]:
        """Return the standings towards a thing that belongs to a person."""
        found = standings(self.viewer)
        if owner is not None and owner == self.viewer.user:
            found.add(Standing.SELF)
        return found

    def require(self, deed: str, space: Space | None = None) -> None:
        """Let the viewer do the deed, or raise what is missing (see `permissions.require`)."""
        require(deed, self.viewer, self.standings(space))

    def require_own(self, deed: str, owner: str | None, what: str) -> None:
        """Let the viewer do the deed to their own thing; to others it looks absent."""
        require_visible(deed, self.own(owner), what)

    async def find_space(self, id: str) -> Space | None:
        """Return a space that the viewer may see, else None."""
        space = await self.services.spaces.find(id)
        if space is None or not self.sees("space.read", space):
            return None
        return space

    async def visible_space(self, id: str) -> Space:
        """Return a space that the viewer may see.

        Raises:
            NotFound: there is none.

        """
        space = await self.find_space(id)
        if space is None:
            raise NotFound("There is no such space.")
        return space

    def mine(self, deed: str, found: Sequence[Any]) -> dict[str, Any]:
        """Return those of the documents of persons that are for the viewer, by identifier."""
        return {thing["_id"]: thing for thing in found if allowed(deed, self.own(thing["user"]))}

    async def visible(self, deed: str, found: list[Any]) -> dict[str, Any]:
        """Return those of the documents of spaces that the viewer may read, by identifier."""
        spaces = await self.services.spaces.find_many({thing["space"] for thing in found})
        return {
            thing["_id"]: thing for thing in found if self.sees(deed, spaces.get(thing["space"]))
        }

    def sees(self, deed: str, space: Space | None) -> bool:
        """Say whether the viewer may read something of this kind in the space."""
        return space is not None and allowed(deed, self.standings(space))


def refuse_closed(space: Space) -> None:
    """Let a change pass only in a space that is not closed.

    Raises:
        NotAllowed: the space is closed.

    """
    if space["closed_at"] is not None:
        raise NotAllowed("This space is closed.", missing="a space that is open for changes")
