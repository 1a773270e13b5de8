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
from app.db import series as series_db
from app.db import spaces as spaces_db
from app.db.client import Database, is_outage
from app.db.documents import Event, Space
from app.db.log import EventLog
from app.failures import NotAllowed, NotFound, NotSignedIn, Unavailable
from app.patience import Patience
from app.payments.providers import Providers
from app.resolvers.collecting import Collecting
from app.resolvers.folding import Folding
from app.resolvers.identity import Visit
from app.resolvers.workers import Workers
from app.settings import Settings

MOST_HOMES = 100_000


class Spaces:
    """The spaces as this process last read them; the event log clears what has changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, Space] = {}
        self._changes = 0
        self._homes: dict[str, str] = {}

    async def find(self, id: str) -> Space | None:
        """Return a space by identifier."""
        known = self._known.get(id)
        if known is not None:
            return known
        changes = self._changes
        found = await spaces_db.find_space(self._db, id)
        self._remember([found] if found else [], changes)
        return found

    def known(self, id: str) -> Space | None:
        """Return a space if it was read lately and has not changed since."""
        return self._known.get(id)

    async def find_many(self, ids: set[str]) -> dict[str, Space]:
        """Return spaces by identifier; those that do not exist are left out."""
        found = {id: self._known[id] for id in ids if id in self._known}
        if len(found) < len(ids):
            changes = self._changes
            read = await spaces_db.list_spaces(self._db, list(ids - found.keys()))
            self._remember(read, changes)
            found |= {space["_id"]: space for space in read}
        return found

    async def find_homes(self, series: list[str]) -> dict[str, Space]:
        """Return the spaces of series, by series; those that do not exist are left out.

        Which space a series is in is remembered for good, since it never moves to another.
        """
        missing = [id for id in series if id not in self._homes]
        homes = await series_db.list_homes(self._db, missing) if missing else {}
        homes |= {id: self._homes[id] for id in series if id in self._homes}
        if len(self._homes) + len(missing) > MOST_HOMES:
            self._homes.clear()
        self._homes |= homes
        spaces = await self.find_many(set(homes.values()))
        return {id: spaces[space] for id, space in homes.items() if space in spaces}

    def forget(self, id: str) -> None:
        """Read the space anew the next time."""
        self._changes += 1
        self._known.pop(id, None)

    def _remember(self, read: list[Space], changes: int) -> None:
        # What changed while it was read may not be in it: then it is good for once only.
        if changes == self._changes:
            self._known |= {space["_id"]: space for space in read}

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
    workers: Workers
    folding: Folding
    collecting: Collecting
    providers: Providers


@dataclass(slots=True)
class Context:
    """One request, or one item of a stream, as a deed sees it."""

    services: Services
    came_as: Viewer
    address: str = ""
    last_event_id: str | None = None
    request_id: str = ""
    visit: Visit | None = None
    patience: Patience | None = None
    # Whether a deed of this operation may have changed the viewer's rights.
    has_acted: bool = False
    now: datetime = field(init=False)
    _stands: tuple[Viewer, Space | None, frozenset[Standing]] | None = None

    def __post_init__(self) -> None:
        self.now = self.services.clock()

    @property
    def viewer(self) -> Viewer:
        """Return who asks, with the rights of this moment."""
        return self.came_as if self.visit is None else self.visit.viewer

    @property
    def is_in_own_task(self) -> bool:
        """Whether the running task is the operation's own, and not that of one of its parts."""
        return self.patience is not None and self.patience.is_of_running_task

    @property
    def is_rechecked(self) -> bool:
        """Whether the viewer's rights are being looked at again just now."""
        recheck = None if self.visit is None else self.visit.recheck
        return recheck is not None and not recheck.done()

    async def catch_up(self) -> None:
        """Go on to the present instant, with rights that are being looked at again, if they are."""
        self.now = self.services.clock()
        if self.visit is not None and self.visit.recheck is not None:
            await asyncio.shield(self.visit.recheck)

    def take(self, seconds: float) -> None:
        """Let the operation last so long from now on, if its own time would be over before."""
        if self.patience is not None:
            self.patience.extend(seconds)

    async def settle(self) -> None:
        """Let this process hear of what was written just now, if it can.

        After a deed that changes somebody's rights: then their next request here has them. It was
        done, whether or not the log can be read at the moment.
        """
        log = self.services.log
        log.nudge()
        try:
            await log.caught_up()
        except Exception as error:
            if not (is_outage(error) or isinstance(error, Unavailable)):
                raise

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

    def standings(self, space: Space | None) -> frozenset[Standing]:
        """Return how the viewer stands to the server, and to a space if one is given."""
        viewer, known = self.viewer, self._stands
        if known is None or known[0] is not viewer or known[1] is not space:
            found = (
                standings(viewer)
                if space is None
                else standings(viewer, space["_id"], space["openness"])
            )
            known = self._stands = (viewer, space, frozenset(found))
        return known[2]

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
        seen = {id for id, space in spaces.items() if self.sees(deed, space)}
        return {thing["_id"]: thing for thing in found if thing["space"] in seen}

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
