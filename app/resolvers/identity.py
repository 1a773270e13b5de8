"""Who comes with a token: sessions and API keys, remembered for a moment, forgotten at once.

What is remembered is cleared by the event log, so that a sign-out, a suspension or another role
takes effect on every process, and for open sockets, as soon as the log is read. A pledge changes
what its supporter may do in a campaign: the log says how, and nothing is read anew.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from app.auth.roles import Scope
from app.auth.viewer import Level, Viewer
from app.clock import Clock
from app.db import blocks as blocks_db
from app.db import levels as levels_db
from app.db import spaces as spaces_db
from app.db import users as users_db
from app.db.client import Database, is_outage
from app.db.documents import ApiKey, Event, Session
from app.ids import fingerprint
from app.settings import Settings

T = TypeVar("T")

REMEMBERED_FOR = timedelta(seconds=30)
USE_NOTED_EVERY = timedelta(minutes=5)
MOST_REMEMBERED = 50_000
# A person makes no more; others can be more against one, and not all of these are kept in mind.
MOST_BLOCKS = 1_000
MOST_HEARD = 1_000
AWAY_SECONDS = 0.2
LEVEL = "level.changed"
CLEARING = frozenset(
    {
        "session.ended",
        "user.suspended",
        "user.operator_claimed",
        "member.joined",
        "member.left",
        "member.role_changed",
        "member.groups_changed",
        "user.blocked",
        "user.unblocked",
        LEVEL,
        "key.revoked",
        "space.closed",
    }
)


@dataclass(slots=True, eq=False)
class Visit:
    """A stay that outlasts a request: its viewer changes with the person's rights."""

    token_hash: str
    viewer: Viewer
    ended: asyncio.Future[str]
    recheck: asyncio.Task[None] | None = None


class Identities:
    """The viewers that this process knows by the fingerprint of their token."""

    def __init__(self, db: Database, settings: Settings, clock: Clock) -> None:
        self._db = db
        self._settings = settings
        self._clock = clock
        self._known: dict[str, tuple[Viewer, datetime]] = {}
        self._visits: set[Visit] = set()
        # The same and these by whom an event may name: a person, a session or a key.
        self._known_of: dict[str, set[str]] = {}
        self._visits_of: dict[str, set[Visit]] = {}
        self._changes = 0
        self._heard: deque[frozenset[str] | None] = deque(maxlen=MOST_HEARD)

    async def find_viewer(self, token: str) -> Viewer | None:
        """Return who a token stands for at this moment, or None if it is not valid."""
        return await self._find(fingerprint(token))

    def begin_visit(self, token: str, viewer: Viewer) -> Visit:
        """Return a visit of a viewer that was just found; it is kept up to date: `end_visit` it."""
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        visit = Visit(fingerprint(token), viewer, ended)
        self._visits.add(visit)
        for name in _names(viewer):
            self._visits_of.setdefault(name, set()).add(visit)
        self._recheck_at_end(visit)
        return visit

    def end_visit(self, visit: Visit) -> None:
        """Forget a visit."""
        if visit in self._visits:
            self._visits.discard(visit)
            for name in _names(visit.viewer):
                _take_out(self._visits_of, name, visit)
        visit.ended.cancel()

    def hear(self, event: Event) -> None:
        """Forget what an event has changed, and look at the visits that it touches again."""
        if event["type"] not in CLEARING:
            return
        self._changes += 1
        if event["type"] == "space.closed":
            self._heard.append(None)
            self._forget_all()
            affected = list(self._visits)
        else:
            # Whoever is blocked is not told, but sees less at once.
            blocked = (event.get("after") or {}).get("blocked")
            touched = frozenset({event["subject"], blocked, *event.get("to", ())} - {None})
            self._heard.append(touched)
            known = {hash for name in touched for hash in self._known_of.get(name, ())}
            for hash in known:
                if event["type"] == LEVEL:
                    self._note_level(hash, event)
                else:
                    self._forget(hash)
            affected = list({v for name in touched for v in self._visits_of.get(name, ())})
        for visit in affected:
            self._recheck_soon(visit)

    def _note_level(self, hash: str, event: Event) -> None:
        """Change at which level somebody supports a campaign, as the event says."""
        (viewer, until), now = self._known[hash], event.get("after") or {}
        levels = {id: level for id, level in viewer.levels.items() if id != event["subject"]}
        if (rank := now.get("rank")) is not None:
            levels[event["subject"]] = Level(rank, frozenset(now.get("rights", ())))
        self._known[hash] = (replace(viewer, levels=levels), until)

    def _recheck_soon(self, visit: Visit) -> None:
        if visit in self._visits:
            visit.recheck = asyncio.create_task(self._recheck(visit))

    async def _recheck(self, visit: Visit) -> None:
        viewer = await self._find_patiently(visit)
        if visit.ended.done():
            return
        if viewer is None:
            visit.ended.set_result("The session has ended. Sign in again.")
        else:
            visit.viewer = viewer
            self._recheck_at_end(visit)

    async def _find_patiently(self, visit: Visit) -> Viewer | None:
        """Return the visit's viewer of now; wait for a database that is away, as its streams do."""
        while not visit.ended.done():
            try:
                return await self._find(visit.token_hash)
            except Exception as error:
                if not is_outage(error):
                    raise
            await asyncio.sleep(AWAY_SECONDS)
        return None

    def _recheck_at_end(self, visit: Visit) -> None:
        if visit.viewer.ends_at is None:
            return
        wait = (visit.viewer.ends_at - self._clock()).total_seconds() + 0.05
        # A viewer's session may be prolonged meanwhile; then the next look finds a later end.
        asyncio.get_running_loop().call_later(
            min(max(wait, 0.05), 86_400), self._recheck_soon, visit
        )

    async def _find(self, hash: str) -> Viewer | None:
        now, changes = self._clock(), self._changes
        known, until = self._known.get(hash, (None, now))
        if known is not None and until > now and not _over(known, now):
            return known
        loaded = await self._load(hash, now)
        if loaded is None:
            self._forget(hash)
        elif self._is_as_it_was(loaded, changes):
            self._keep(hash, loaded, now + REMEMBERED_FOR)
        return loaded

    def _is_as_it_was(self, viewer: Viewer, changes: int) -> bool:
        """Say whether nothing of the viewer has changed since there were so many changes.

        What changed while it was read may not be in it: then it is good for once only.
        """
        more = self._changes - changes
        if more > len(self._heard):
            return False
        names = _names(viewer)
        heard = islice(reversed(self._heard), more)
        return all(touched is not None and touched.isdisjoint(names) for touched in heard)

    def _keep(self, hash: str, viewer: Viewer, until: datetime) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._forget_all()
        self._known[hash] = (viewer, until)
        for name in _names(viewer):
            self._known_of.setdefault(name, set()).add(hash)

    def _forget(self, hash: str) -> None:
        viewer, _ = self._known.pop(hash, (None, None))
        for name in _names(viewer) if viewer else ():
            _take_out(self._known_of, name, hash)

    def _forget_all(self) -> None:
        self._known.clear()
        self._known_of.clear()

    async def _load(self, hash: str, now: datetime) -> Viewer | None:
        session = await users_db.find_session(self._db, hash)
        if session is not None:
            return await self._load_person(session, now)
        key = await spaces_db.find_key(self._db, hash)
        return None if key is None else await self._load_key(key, now)

    async def _load_person(self, session: Session, now: datetime) -> Viewer | None:
        ends_at = min(session["idle_ends_at"], session["ends_at"])
        if ends_at <= now:
            return None
        user = await users_db.find_user(self._db, session["user"])
        if user is None or user["suspended_at"] is not None:
            return None
        if now - session["used_at"] > USE_NOTED_EVERY:
            ends_at = min(
                now + timedelta(hours=self._settings.session_idle_hours), session["ends_at"]
            )
            await users_db.update_session_use(
                self._db, session["_id"], used_at=now, idle_ends_at=ends_at
            )
        memberships = await users_db.list_memberships(self._db, user["_id"])
        kept = await blocks_db.list_kept(self._db, user["_id"], MOST_BLOCKS)
        levels = await self._find_levels(user["_id"])
        return Viewer(
            user=user["_id"],
            session=session["_id"],
            is_operator=user["is_operator"],
            roles={membership["space"]: membership["role"] for membership in memberships},
            sides={
                membership["space"]: frozenset(membership["sides"])
                for membership in memberships
                if membership.get("sides")
            },
            blocks=kept.people,
            knows_blocks=kept.all,
            levels=levels,
            ends_at=ends_at,
        )

    async def _find_levels(self, user: str) -> dict[str, Level]:
        levels = await levels_db.list_levels(self._db, user)
        return {
            level["campaign"]: Level(level["rank"], frozenset(level["rights"])) for level in levels
        }

    async def _load_key(self, key: ApiKey, now: datetime) -> Viewer | None:
        space = await spaces_db.find_space(self._db, key["space"])
        if space is None or space["closed_at"] is not None:
            return None
        if key["expires_at"] is not None and key["expires_at"] <= now:
            return None
        if key["used_at"] is None or now - key["used_at"] > USE_NOTED_EVERY:
            await spaces_db.update_key_use(self._db, key["_id"], used_at=now)
        return Viewer(
            key=key["_id"],
            key_space=key["space"],
            scopes=frozenset(Scope(scope) for scope in key["scopes"]),
            ends_at=key["expires_at"],
        )


def _over(viewer: Viewer, now: datetime) -> bool:
    return viewer.ends_at is not None and viewer.ends_at <= now


def _names(viewer: Viewer) -> Iterable[str]:
    """Return whom an event names if it concerns the viewer."""
    return [name for name in (viewer.user, viewer.session, viewer.key) if name]


def _take_out(sets: dict[str, set[T]], name: str, thing: T) -> None:
    """Take a thing out of the set of a name; a set that is empty goes, too."""
    left = sets.get(name)
    if left is not None:
        left.discard(thing)
        if not left:
            del sets[name]
