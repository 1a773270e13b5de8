"""Server processes that share a database, and an operator who insists on being answered."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, NamedTuple, Self

import httpx2
from pymongo import MongoClient

from app.db.seals import Seal
from tests.processes import ServerProcess
from tests.reliability.operations import CLAIM, NEWEST, RECORD, SERIES, SPACE, SUBSCRIBE

PATIENCE_SECONDS = 90.0
CHANCE = Random(7)  # noqa: S311 - no secret
PASSWORD = "correct horse battery"
SECRET = b"known to the tests of two servers"
SEAL = Seal(SECRET)
GENEROUS = {"rate_points": 1_000_000_000, "log_level": "warning"}


class Level(NamedTuple):
    """A series that is watched."""

    id: str
    key: str


class Away(Exception):
    """The server did not answer, or asked to be asked again."""


class Servers:
    """Some server processes on one database; each can crash and be started again."""

    def __init__(self, mongodb_uri: str | None, count: int = 2, **settings: Any) -> None:
        self.database = f"reliability_{secrets.token_hex(6)}"
        self.settings = {
            **GENEROUS, "mongodb_uri": mongodb_uri, "database": self.database, **settings,
        }  # fmt: skip
        self._running: list[ServerProcess] = []
        self._count = count

    async def __aenter__(self) -> Self:
        if self.settings["mongodb_uri"]:
            await asyncio.to_thread(self._share_secret)
        self._running = [ServerProcess(**self.settings) for _ in range(self._count)]
        try:
            starts = (asyncio.to_thread(server.__enter__) for server in self._running)
            await asyncio.gather(*starts)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    def _share_secret(self) -> None:
        """Let the servers seal cursors with a secret that the tests know."""
        with MongoClient[dict[str, Any]](self.settings["mongodb_uri"]) as client:
            kept = {"_id": "cursors", "secret": SECRET}
            client[self.database]["secrets"].insert_one(kept)

    async def __aexit__(self, *error: object) -> None:
        ends = (asyncio.to_thread(server.__exit__, None, None, None) for server in self._running)
        await asyncio.gather(*ends)

    def __getitem__(self, number: int) -> ServerProcess:
        """Return one of them."""
        return self._running[number]

    def any_url(self) -> str:
        """Return where one of them is, or was."""
        return CHANCE.choice(self._running).url

    def kill(self, number: int) -> None:
        """Kill one at once."""
        self._running[number].kill()

    async def revive(self, number: int) -> None:
        """Start another in the place of one; return when it serves."""
        self._running[number] = await asyncio.to_thread(ServerProcess(**self.settings).__enter__)

    def operator_tokens(self) -> list[str]:
        """Return what each of them printed for the first operator."""
        return [server.operator_token for server in self._running if server.operator_token]

    def logs(self) -> str:
        """Return what those that run have logged."""
        return "".join(server.log() for server in self._running)


class Scene:
    """An operator who records and watches, over the network, at whichever server answers."""

    def __init__(self, client: httpx2.AsyncClient, servers: Servers) -> None:
        self.servers = servers
        self.token = ""
        self.beginning = "ev0"
        self.repeats = 0
        self._client = client
        self._numbers = itertools.count()
        self._space = ""

    async def sign_in(self) -> None:
        """Become the operator; of the links that servers print, only the last one holds."""
        for token in self.servers.operator_tokens():
            claimed = await self.insist(CLAIM, token=token, password=PASSWORD)
            self.token = claimed.get("token", self.token)
        assert self.token

    async def begin(self) -> None:
        """Let followers begin here, and not with what was told before."""
        [newest] = (await self.insist(NEWEST))["nodes"] or [{"cursor": self.beginning}]
        self.beginning = newest["cursor"]

    async def ask(self, query: str, *, at: str | None = None, **variables: Any) -> Any:
        """Return the one field of an operation's answer.

        Raises:
            Away: nobody answered, or the answer is to come back.

        """
        url = f"{at or self.servers.any_url()}/graphql"
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": variables}
        try:
            answer = await self._client.post(url, json=body, headers=headers)
            said = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Away(repr(error)) from error
        codes = {error["extensions"]["code"] for error in said.get("errors", ())}
        if codes & {"UNAVAILABLE", "TIMEOUT"}:
            raise Away(str(codes))
        assert not codes, f"{said}\n{self.servers.logs()}"
        [value] = said["data"].values()
        if value.get("code") == "UNAVAILABLE":
            raise Away(str(value))
        return value

    async def insist(self, query: str, *, at: str | None = None, **variables: Any) -> Any:
        """Ask until somebody answers; the request is the same each time."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    return await self.ask(query, at=at, **variables)
                except Away:
                    self.repeats += 1
                    await asyncio.sleep(CHANCE.uniform(0, 0.05))

    async def record(
        self, observations: list[dict[str, Any]], key: str | None = None, at: str | None = None
    ) -> Any:
        """Record a batch until it is acknowledged; return what came of it."""
        done = await self.insist(RECORD, at=at, observations=observations, key=key)
        assert done["__typename"] == "RecordedObservations", done
        assert done["recorded"] + done["duplicates"] == len(observations), done
        return done

    async def series(self, count: int, *, tags: Sequence[str] = (), **trigger: Any) -> list[Level]:
        """Return fresh series that are watched: above 80 until 70, if nothing else is said."""
        if not self._space:
            self._space = (await self.insist(SPACE, key=secrets.token_hex(6)))["id"]
        watched = {"operator": "GT", "value": 80, "recovery": 70, **trigger}

        async def make() -> Level:
            key = f"level{next(self._numbers)}"
            made = await self.insist(SERIES, space=self._space, key=key, tags=tags)
            await self.insist(SUBSCRIBE, series=made["id"], trigger=watched, key=key)
            return Level(made["id"], key)

        levels: list[Level] = []
        while len(levels) < count:
            some = min(8, count - len(levels))
            levels += await asyncio.gather(*(make() for _ in range(some)))
        return levels


@asynccontextmanager
async def signed_in(servers: Servers) -> AsyncIterator[Scene]:
    """Sign the operator in at servers that are running."""
    async with httpx2.AsyncClient(timeout=20) as client:
        scene = Scene(client, servers)
        await scene.sign_in()
        yield scene


@asynccontextmanager
async def opened(mongodb_uri: str | None, count: int = 2, **settings: Any) -> AsyncIterator[Scene]:
    """Start servers on a database of their own, and sign the operator in."""
    async with Servers(mongodb_uri, count, **settings) as servers, signed_in(servers) as scene:
        yield scene
