"""A crowd: many people who are signed in at several servers, with needs, offers and matches."""

import asyncio
import itertools
import secrets
from datetime import datetime
from typing import Any, NamedTuple

import httpx2

from app.clock import now
from app.db.client import Database
from app.db.spaces import membership_id
from app.ids import fingerprint, kind_of, new_id
from tests.market import act
from tests.matching.postings import match, posting
from tests.reliability.scene import CHANCE, PATIENCE_SECONDS, Scene

FAR = datetime(2999, 1, 1)
# On a machine with much else to do, two hundred at once can take longer than a server allows.
BUSY = {"TIMEOUT", "UNAVAILABLE"}


class Member:
    """Somebody of a crowd, who asks one server after the other until one answers."""

    def __init__(self, client: httpx2.AsyncClient, urls: list[str]) -> None:
        self.id = new_id("users")
        self.token = secrets.token_hex(16)
        self._client = client
        self._urls = itertools.cycle(urls)

    async def do(self, query: str, **variables: Any) -> Any:
        """Return the one field of an answer; what a server was too busy for is asked again.

        It may have been done all the same: then the answer is that it is done already.
        """
        body = {"query": query, "variables": variables}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                said = await self._ask(body)
                if said is not None:
                    [value] = said["data"].values()
                    return value
                await asyncio.sleep(CHANCE.uniform(0, 0.1))

    async def _ask(self, body: dict[str, Any]) -> Any:
        """Return an answer; None if the server is too busy for it."""
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = await self._client.post(
                f"{next(self._urls)}/graphql", json=body, headers=headers
            )
        except httpx2.HTTPError:
            return None
        said = answer.json()
        if "errors" not in said:
            return said
        assert said["errors"][0]["extensions"]["code"] in BUSY, said
        return None


class Wanted(NamedTuple):
    """A match that is still to be accepted, and by whom."""

    match: str
    by: Member


class Crowd:
    """A space full of people at the servers of a scene."""

    def __init__(self, scene: Scene, client: httpx2.AsyncClient, db: Database) -> None:
        self.db = db
        self.space = new_id("spaces")
        self._client = client
        self._urls = [scene.servers[0].url, scene.servers[1].url]

    async def open(self, model: str = "MATCHMAKER") -> None:
        """Open the space."""
        space = {
            "name": "Neighbours", "model": model, "enabled_models": [model],
            "openness": "OPEN", "categories": [], "created_at": now(), "closed_at": None,
            "version": 1,
        }  # fmt: skip
        await self.db["spaces"].insert_one({"_id": self.space, **space})

    async def members(self, count: int) -> list[Member]:
        """Return fresh members; half of them turn to the one server first, half to the other."""
        urls = [self._urls, self._urls[::-1]]
        fresh = [Member(self._client, urls[n % 2]) for n in range(count)]
        at = now()
        await self.db["users"].insert_many(
            [
                {
                    "_id": one.id, "email": f"{one.id}@example.org", "name": f"Person {n}",
                    "password_hash": "", "locale": "en", "time_zone": "UTC",
                    "is_operator": False, "suspended_at": None, "created_at": at, "version": 1,
                }
                for n, one in enumerate(fresh)
            ]
        )  # fmt: skip
        await self.db["sessions"].insert_many(
            [
                {
                    "_id": new_id("sessions"), "user": one.id, "label": "",
                    "token_hash": fingerprint(one.token), "created_at": at, "used_at": at,
                    "idle_ends_at": FAR, "ends_at": FAR,
                }
                for one in fresh
            ]
        )  # fmt: skip
        await self.db["memberships"].insert_many(
            [
                {
                    "_id": membership_id(self.space, one.id), "space": self.space, "user": one.id,
                    "role": "MEMBER", "created_at": at, "version": 1,
                }
                for one in fresh
            ]
        )  # fmt: skip
        return fresh

    async def posts(self, kind: str, owner: Member, **changes: Any) -> str:
        """Return a fresh need or offer of a member."""
        plain = {"space": self.space, "owner": owner.id, "created_at": now()}
        made = posting(new_id(kind), **(plain | changes))
        await self.db[kind].insert_one(made)
        id: str = made["_id"]
        return id

    async def wants(self, seeker: Member, giver: Member, by: Member, **changes: Any) -> Wanted:
        """Return a match that is still to be accepted by one of its two."""
        need = changes.pop("need", None) or await self.posts("needs", seeker)
        offer = changes.pop("offer", None) or await self.posts("offers", giver)
        made = match(
            new_id("matches"), space=self.space, need=need, offer=offer, need_owner=seeker.id,
            offer_owner=giver.id, state="ACCEPTED_BY_ONE", created_at=now(), answer_by=FAR,
            accepted_by=["OFFER" if by is seeker else "NEED"], **({"window": None} | changes),
        )  # fmt: skip
        await self.db["matches"].insert_one({**made, "due_at": FAR})
        return Wanted(made["_id"], by)

    async def accept(self, wanted: list[Wanted]) -> list[dict[str, Any]]:
        """Let all be accepted at once; return what came of each."""
        return await asyncio.gather(*(act(one.by, "ACCEPT", one.match) for one in wanted))

    async def matches(self, **filter: Any) -> list[Any]:
        """Return matches of the space as they are stored."""
        return await self.db["matches"].find({"space": self.space, **filter}).to_list(None)

    async def stored(self, id: str) -> Any:
        """Return a need or an offer as it is stored."""
        return await self.db[kind_of(id) or ""].find_one({"_id": id})
