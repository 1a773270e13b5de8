"""A real server process, and the people and things that a client meets on it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.clock import now
from app.ids import fingerprint, new_id
from app.server import running
from app.settings import Settings
from tests.api import ALERTS, PASSWORD, Person, World, record, subscribe
from tests.processes import CHEAP, ServerProcess

PATIENCE = 10
BEGINNING = "ev0"
NEVER = datetime(2999, 1, 1)
TOLD_SINCE = datetime(2026, 3, 1, 12)


@dataclass
class Stage:
    """Ada owns a space with a series that fires, Ben is a stranger, Olga the operator.

    A module for each model (`broker_stage`, `matchmaker_stage`) adds the people and things that its
    own examples meet.
    """

    ada: Person
    ben: Person
    olga: Person
    email: str
    ids: dict[str, str] = field(default_factory=dict)
    # The placeholders in the variables of what is going to be sent, for whom that matters.
    wanted: frozenset[str] = frozenset()
    others: dict[str, Person] = field(default_factory=dict)
    _minutes: int = 0

    def __getitem__(self, name: str) -> Person:
        """Return a person by their name in small letters."""
        people = {"ada": self.ada, "ben": self.ben, "olga": self.olga}
        return {**people, **self.others}[name]

    @property
    def series(self) -> str:
        """Return the identifier of the series."""
        return self.ids["ser"]

    async def raise_alert(self) -> float:
        """Let the level fall and rise above the threshold; return the value that it rises to."""
        self._minutes += 2
        at = TOLD_SINCE + timedelta(minutes=self._minutes)
        value = 5 + self._minutes / 100
        falls = ((at - timedelta(minutes=1)).isoformat() + "Z", 1.0)
        done = await record(self.ada, self.series, falls, (at.isoformat() + "Z", value))
        assert done["alertsOpened"] == 1, done
        return value


class Socket:
    """One side of a graphql-transport-ws conversation."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def subscribe(self, id: str, query: str, **payload: Any) -> None:
        """Start an operation."""
        await self.say(id=id, type="subscribe", payload={"query": query, **payload})

    async def hear(self) -> Any:
        """Return the next message."""
        return json.loads(await self.connection.recv())

    async def end(self) -> tuple[int, str]:
        """Read on until the server closes; return its code and reason."""
        with suppress(ConnectionClosed):
            while True:
                await self.connection.recv()
        return self.connection.close_code or 0, self.connection.close_reason or ""


class Place:
    """A server process, and a way to set the stage in its database without its network."""

    def __init__(self, server: ServerProcess, world: World) -> None:
        self.server = server
        self.world = world

    @property
    def url(self) -> str:
        """Return the endpoint."""
        return f"{self.server.url}/graphql"

    @property
    def socket_url(self) -> str:
        """Return the endpoint for WebSockets."""
        return self.url.replace("http", "ws", 1)

    async def stage(self) -> Stage:
        """Return people and things of their own for one test."""
        return await set_stage(self.world)

    async def sign_in_again(self, person: Person, ends_at: datetime = NEVER) -> Person:
        """Return the person with another session, which ends at an instant."""
        token = f"token-{new_id('sessions')}"
        await _insert_session(self.world, person, token, ends_at)
        return Person(person.engine, person.name, token, person.id)

    @asynccontextmanager
    async def http(self, person: Person | None = None) -> AsyncIterator[httpx2.AsyncClient]:
        """Open an HTTP client, with the token of a person if one is given."""
        headers = {"authorization": f"Bearer {person.token}"} if person else {}
        async with httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as client:
            yield client

    @asynccontextmanager
    async def socket(self, token: str | None = None) -> AsyncIterator[Socket]:
        """Open a socket and say hello."""
        protocols = [Subprotocol("graphql-transport-ws")]
        async with connect(self.socket_url, subprotocols=protocols) as connection:
            socket = Socket(connection)
            await socket.say(type="connection_init", payload={"token": token} if token else None)
            yield socket

    @asynccontextmanager
    async def watching(self, person: Person) -> AsyncIterator[Socket]:
        """Open a socket of a person with a live subscription on it, whose replay was read."""
        async with self.socket(person.token) as socket:
            assert await socket.hear() == {"type": "connection_ack"}
            await socket.subscribe("1", ALERTS, variables={"after": BEGINNING})
            assert (await socket.hear())["type"] == "next"
            yield socket


async def gather(world: World) -> Stage:
    """Return people of their own, on a server process without its network."""
    ada, ben = await world.people("ada", "ben")
    email = f"{ada.id}@example.org"
    hash = await world.engine.services.passwords.hash(PASSWORD)
    credentials = {"$set": {"email": email, "password_hash": hash}}
    await world.db["users"].update_one({"_id": ada.id}, credentials)
    stage = Stage(ada, ben, await world.person("olga", operator=True), email)
    stage.ids["usr"] = ben.id or ""
    return stage


async def set_stage(world: World) -> Stage:
    """Return people and things of their own, on a server process without its network."""
    stage = await gather(world)
    ada = stage.ada
    space = await world.space(ada)
    series = await world.series(ada, space)
    told = await subscribe(ada, series, operator="GT", value=4.5)
    stage.ids |= {
        "spc": space, "ser": series, "sub": told["id"], "ins": told["instance"]["id"],
        "ses": await _insert_session(world, ada, new_id("sessions"), NEVER),
        "key": await _api_key(ada, space),
    }  # fmt: skip
    await stage.raise_alert()
    inbox = await ada.ask("query { inbox(first: 1) { nodes { id alert { id } } } }")
    [notice] = inbox["inbox"]["nodes"]
    stage.ids |= {"ntc": notice["id"], "alr": notice["alert"]["id"]}
    return stage


@asynccontextmanager
async def opened(mongodb_uri: str, database: str, **settings: Any) -> AsyncIterator[Place]:
    """Start a server on a database of its own; set the stage there without its network."""
    given = {**CHEAP, **settings, "mongodb_uri": mongodb_uri, "database": database}
    chosen = Settings(**{name: value for name, value in given.items() if name != "port"})
    # The server comes first: it prints the operator's link as long as there is no operator.
    with ServerProcess(**given) as server:
        async with running(chosen, mongodb_uri) as process:
            world = World(process.engine, now)
            yield Place(server, world)
            await world.db.drop()


async def _api_key(owner: Person, space: str) -> str:
    made = await owner.do(
        """mutation M($space: ID!) {
             createApiKey(input: {space: $space, name: "gauge", scopes: [OBSERVATIONS_WRITE]}) {
               ... on NewApiKey { key { id } } } }""",
        space=space,
    )  # fmt: skip
    id: str = made["key"]["id"]
    return id


async def _insert_session(world: World, person: Person, token: str, ends_at: datetime) -> str:
    id, at = new_id("sessions"), now()
    await world.db["sessions"].insert_one(
        {
            "_id": id, "user": person.id, "token_hash": fingerprint(token), "label": "phone",
            "created_at": at, "used_at": at, "idle_ends_at": ends_at, "ends_at": ends_at,
        }
    )  # fmt: skip
    return id
