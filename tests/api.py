"""The API as a test uses it: people who ask, and streams that they watch."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import orjson

from app.alerts.due import Due
from app.alerts.schedule import jobs
from app.auth.passwords import Passwords
from app.db.client import Database, is_outage
from app.db.log import EventLog
from app.db.spaces import membership_id
from app.ids import fingerprint, new_id
from app.payments.development import Development
from app.payments.providers import Providers
from app.payments.transfer import Transfer
from app.ports import Credentials, GraphQLRequest, Refused
from app.resolvers.chores import CHORES
from app.resolvers.collecting import Collecting
from app.resolvers.context import Services, Spaces
from app.resolvers.folding import Folding
from app.resolvers.identity import Identities
from app.resolvers.workers import Workers
from app.schema.documents import Documents
from app.schema.engine import Engine
from app.settings import Settings
from app.telemetry.metrics import Metrics

_NUMBERS = itertools.count(1)
# What does not come within this time does not come: a test fails instead of hanging.
PATIENCE_SECONDS = 15
PASSWORD = "correct horse battery"
# What was parsed and validated once is known to all processes that tests run within this one.
_DOCUMENTS: dict[Settings, Documents] = {}

ALERTS = """
subscription Alerts($after: String) {
  alerts(after: $after) {
    __typename
    ... on Notice { id cursor reason value at alert { id ordinal status openedAt } }
    ... on Discontinuity { cause fromCursor toCursor }
  }
}
"""


class Person:
    """Somebody who asks: signed in, with a key, or nobody known."""

    address = "127.0.0.1"

    def __init__(self, engine: Engine, name: str, token: str | None, id: str | None = None) -> None:
        self.engine = engine
        self.name = name
        self.token = token
        self.id = id

    async def send(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the whole answer to an operation, errors included."""
        credentials = Credentials(self.token, self.address, f"req_{next(_NUMBERS)}")
        visitor = await self.engine.admit(credentials)
        try:
            operation = await visitor.prepare(GraphQLRequest(query, variables))
            answer = await operation.run()
        except Refused as refused:
            answer = refused.answer
        finally:
            await visitor.leave()
        body: dict[str, Any] = orjson.loads(answer.body)
        return body

    async def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of an operation that has no errors."""
        body = await self.send(query, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def do(self, query: str, **variables: Any) -> Any:
        """Return the one field of a mutation."""
        [value] = (await self.ask(query, **variables)).values()
        return value

    @asynccontextmanager
    async def watch(self, query: str, **variables: Any) -> AsyncIterator[AsyncIterator[Any]]:
        """Open a stream for the time of the block; it yields the one field of each item."""
        visitor = await self.engine.admit(Credentials(self.token, self.address, "req_stream"))
        _ = visitor.ended
        operation = await visitor.prepare(GraphQLRequest(query, variables))
        items = await operation.stream()
        bodies = aiter(items)

        async def fields() -> AsyncGenerator[Any, None]:
            while True:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    item = await anext(bodies)
                body = orjson.loads(item.body)
                if body.get("errors"):
                    yield body
                else:
                    [value] = body["data"].values()
                    yield value

        stream = fields()
        try:
            yield stream
        finally:
            await stream.aclose()
            await items.aclose()
            await visitor.leave()


class World:
    """One server process, its people, and what they need to begin with."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock
        self.db = engine.services.db
        self.anonymous = Person(engine, "anonymous", None)

    async def tick(self) -> None:
        """Do what time has made due, as the schedule would."""
        services = self.engine.services
        chores = [*CHORES, services.collecting.chore]
        due = Due(self.db, self.clock, "tests", chores, services.log.nudge)
        for job in jobs(due, 1):
            await job.work()
        await services.collecting.rest()

    async def person(self, name: str, *, operator: bool = False) -> Person:
        """Return a person who has an account and a session."""
        [person] = await self.people(name, operator=operator)
        return person

    async def people(self, *names: str, operator: bool = False) -> list[Person]:
        """Return people who have an account and a session each."""
        people = [
            Person(self.engine, name, f"token-of-{name}-{next(_NUMBERS)}", new_id("users"))
            for name in names
        ]
        now, far = self.clock(), datetime(2999, 1, 1)
        await self.db["users"].insert_many(
            [
                {
                    "_id": person.id,
                    "email": f"{person.name}{next(_NUMBERS)}@example.org",
                    "name": person.name,
                    "password_hash": "",
                    "locale": "en",
                    "time_zone": "UTC",
                    "is_operator": operator,
                    "suspended_at": None,
                    "created_at": now,
                    "version": 1,
                }
                for person in people
            ]
        )
        await self.db["sessions"].insert_many(
            [
                {
                    "_id": new_id("sessions"),
                    "user": person.id,
                    "token_hash": fingerprint(person.token or ""),
                    "label": "",
                    "created_at": now,
                    "used_at": now,
                    "idle_ends_at": far,
                    "ends_at": far,
                }
                for person in people
            ]
        )
        return people

    async def space(self, owner: Person, *, openness: str = "OPEN") -> str:
        """Return a space that the operator opened and that `owner` owns."""
        mo = await self.person("operator", operator=True)
        made = await mo.do(
            """mutation M($openness: Openness!) { createSpace(input: {
                 name: "River watch", model: ALERTER, domain: ENVIRONMENTAL, openness: $openness
               }) { __typename ... on Space { id } ... on Error { message } } }""",
            openness=openness,
        )
        space: str = made["id"]
        await self.engine.services.log.caught_up()
        await self.join(space, {owner: ("OWNER", [])})
        return space

    async def role(self, owner: Person, space: str, person: Person, role: str) -> None:
        """Give a person a role in a space."""
        given = await owner.do(
            """mutation M($space: ID!, $user: ID!, $role: Role!) {
                 setMemberRole(input: {space: $space, user: $user, role: $role}) {
                   __typename } }""",
            space=space,
            user=person.id,
            role=role,
        )
        assert given == {"__typename": "Membership"}
        await self.engine.services.log.caught_up()

    async def join(self, space: str, members: Mapping[Person, tuple[str, list[str]]]) -> None:
        """Let people belong to a space, with a role and groups: past the API, so no event tells."""
        made = [
            {
                "_id": membership_id(space, person.id or ""),
                "space": space,
                "user": person.id,
                "role": role,
                **({"sides": sides} if sides else {}),
                "created_at": self.clock(),
                "version": 1,
            }
            for person, (role, sides) in members.items()
        ]
        await self.db["memberships"].insert_many(made)
        for person in members:
            told: Any = {"type": "member.joined", "subject": "", "to": [person.id]}
            self.engine.identities.hear(told)

    async def key(self, owner: Person, space: str, scope: str) -> Person:
        """Return a fresh API key of a space as somebody who asks."""
        made = await owner.do(
            """mutation M($space: ID!, $scope: Scope!) {
                 createApiKey(input: {space: $space, name: "key", scopes: [$scope]}) {
                   ... on NewApiKey { token } } }""",
            space=space,
            scope=scope,
        )
        return Person(self.engine, "key", made["token"])

    async def series(self, owner: Person, space: str, key: str = "level") -> str:
        """Return a fresh series of the space."""
        made = await owner.do(
            """mutation M($space: ID!, $key: String!) {
                 createSeries(input: {space: $space, key: $key, name: "Level", unit: "m"}) {
                   __typename ... on Series { id } ... on Error { message } } }""",
            space=space,
            key=key,
        )
        id: str = made["id"]
        return id


@asynccontextmanager
async def one_process(
    db: Database,
    settings: Settings,
    clock: Callable[[], datetime],
    further: Providers | None = None,
) -> AsyncIterator[World]:
    """Run one server process without its network and its ticks: everything else is real.

    Money can be pledged through the built-in providers, and through further ones.
    """
    log = EventLog(db, clock)
    passwords = Passwords(settings)
    workers = Workers()
    folding = Folding(db, log, clock)
    providers: Providers = {
        "DEVELOPMENT": Development(),
        "TRANSFER": Transfer(),
        **(further or {}),
    }
    collecting = Collecting(db, log, clock, providers, folding)
    services = Services(
        settings, db, log, passwords, clock, Spaces(db), workers, folding, collecting, providers
    )
    identities = Identities(db, settings, clock)
    log.listen(identities.hear)
    log.listen(services.spaces.hear)
    await log.open()
    engine = Engine(services, identities, Metrics(), is_outage)
    engine.documents = _DOCUMENTS.setdefault(settings, engine.documents)
    yield World(engine, clock)
    await collecting.close()
    await folding.close()
    await log.close()
    passwords.close()
    await workers.close()
    await asyncio.sleep(0)


@asynccontextmanager
async def second_server(world: World, settings: Settings) -> AsyncIterator[World]:
    """Run a second server process on the same database, with a driver of its own."""
    db = Database(settings.mongodb_uri or "", world.db.name, settings.mongo_driver)
    async with one_process(db, settings, world.clock) as other:
        yield other
    await db.close()


def at(server: World, person: Person) -> Person:
    """Return the same person as they ask another server."""
    return Person(server.engine, person.name, person.token, person.id)


async def subscribe(person: Person, series: str, **trigger: Any) -> dict[str, Any]:
    """Ask to be told; return the alert subscription, or the error."""
    made: dict[str, Any] = await person.do(
        """mutation M($series: ID!, $trigger: ThresholdTriggerInput!) {
             createAlertSubscription(input: {series: $series, trigger: {threshold: $trigger}}) {
               __typename
               ... on AlertSubscription { id version instance { id phase } }
               ... on Error { message code }
               ... on InvalidInput { problems { path message } } } }""",
        series=series,
        trigger=trigger,
    )
    return made


async def record(person: Person, series: str, *values: tuple[str, float]) -> dict[str, Any]:
    """Record observations given as (instant, value); return what came of it."""
    done: dict[str, Any] = await person.do(
        """mutation M($observations: [ObservationInput!]!) {
             recordObservations(input: {observations: $observations}) {
               __typename
               ... on RecordedObservations { recorded duplicates late alertsOpened alertsResolved }
               ... on Error { message code }
               ... on InvalidInput { problems { path message } } } }""",
        observations=[{"series": series, "at": at, "value": value} for at, value in values],
    )
    return done
