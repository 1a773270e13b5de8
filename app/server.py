"""The server: the only place that puts the parts together, and takes them down in reverse."""

import asyncio
import gc
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from app.alerts.due import Due
from app.alerts.schedule import Schedule, jobs
from app.auth.passwords import Passwords
from app.auth.viewer import ANONYMOUS
from app.clock import Clock, now
from app.db.client import Database, is_outage
from app.db.embedded import Embedded
from app.db.log import EventLog
from app.db.migrations import migrate
from app.db.mongod import check_uri
from app.failures import Unavailable
from app.payments.providers import open_providers, webhook_secrets
from app.payments.reception import Reception
from app.ports import Readiness, Webhooks
from app.resolvers.chores import CHORES
from app.resolvers.collecting import Collecting
from app.resolvers.context import Context, Services, Spaces
from app.resolvers.folding import Folding
from app.resolvers.identity import Identities
from app.resolvers.users import offer_operator_link
from app.resolvers.workers import Workers
from app.schema import sdl
from app.schema.engine import Engine
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.web.listening import build_server, listening_socket
from app.web.live import LiveConnections
from app.web.routes import WebParts, build_app

logger = structlog.get_logger()

BEHIND_SECONDS = 10.0
# How many more objects than before make the collector look at the young ones.
COLLECTED_AFTER = 20_000
# Told once the server is about to listen: its URL, the embedded database, the operator's link.
Announce = Callable[[str, Embedded | None, str | None], None]


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of one server process that are at work."""

    settings: Settings
    services: Services
    engine: Engine
    schedule: Schedule
    metrics: Metrics
    webhooks: Webhooks | None = None

    async def readiness(self) -> Readiness:
        """Return what is lacking before work can be taken."""
        lacking = []
        try:
            await self.services.db.ping()
        except Unavailable as unavailable:
            lacking.append(f"database: {unavailable.message}")
        if self.services.log.silent_seconds() > BEHIND_SECONDS:
            lacking.append("event log: this process has not read it for a while")
        if self.schedule.silent_seconds() > BEHIND_SECONDS + self.settings.tick_seconds:
            lacking.append("schedule: no timed job has run for a while")
        return Readiness(tuple(lacking))

    def figures(self) -> bytes:
        """Return every figure in Prometheus' text format."""
        self.metrics.log_position.set(self.services.log.position)
        self.metrics.schedule_lag.set(self.schedule.silent_seconds())
        return self.metrics.text()


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[tuple[str, Embedded | None]]:
    """Yield the URI of the database, and the embedded one if it is that.

    Raises:
        DatabaseUnavailable: there is none that can be used; it says how to mend that.

    """
    if settings.mongodb_uri:
        await asyncio.to_thread(check_uri, settings.mongodb_uri)
        yield settings.mongodb_uri, None
        return
    embedded = Embedded(settings.data_dir, settings.mongod)
    await asyncio.to_thread(embedded.__enter__)
    try:
        yield embedded.uri, embedded
    finally:
        await asyncio.to_thread(embedded.__exit__, None, None, None)


@asynccontextmanager
async def running(settings: Settings, uri: str, clock: Clock = now) -> AsyncIterator[Running]:
    """Yield a server process at work on a database, without its network.

    Raises:
        NewerDatabase: the database belongs to a newer server.

    """
    owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        db = Database(uri, settings.database, settings.mongo_driver)
        stack.push_async_callback(db.close)
        await migrate(db, owner)
        log = EventLog(db, clock)
        passwords = Passwords(settings)
        stack.callback(passwords.close)
        providers = await stack.enter_async_context(open_providers(settings))
        workers = Workers()
        stack.push_async_callback(workers.close)
        folding = Folding(db, log, clock)
        collecting = Collecting(db, log, clock, providers, folding)
        services = Services(
            settings,
            db,
            log,
            passwords,
            clock,
            Spaces(db),
            workers,
            folding,
            collecting,
            providers,
        )
        identities = Identities(db, settings, clock)
        log.listen(identities.hear)
        log.listen(services.spaces.hear)
        await log.open()
        stack.push_async_callback(log.close)
        stack.push_async_callback(folding.close)
        stack.push_async_callback(collecting.close)
        due = Due(db, clock, owner, [*CHORES, collecting.chore], log.nudge)
        schedule = Schedule(jobs(due, settings.tick_seconds))
        schedule.start()
        stack.callback(schedule.stop)
        metrics = Metrics()
        engine = Engine(services, identities, metrics, is_outage)
        webhooks = Reception(webhook_secrets(settings), clock, collecting.take)
        yield Running(settings, services, engine, schedule, metrics, webhooks)


async def serve(settings: Settings, announce: Announce) -> None:
    """Serve until told to stop.

    Raises:
        DatabaseUnavailable: there is no database that can be used.
        NewerDatabase: the database belongs to a newer server.
        OSError: the address is taken or is none of this machine.

    """
    listener = listening_socket(settings)
    with listener:
        async with (
            database(settings) as (uri, embedded),
            running(settings, uri) as process,
        ):
            live = LiveConnections()
            text = sdl() if settings.introspection else None
            parts = WebParts(
                process.engine,
                settings,
                process.readiness,
                process.figures,
                text,
                live,
                webhooks=process.webhooks,
            )
            server = build_server(build_app(parts), settings, live)
            token = await offer_operator_link(Context(process.services, ANONYMOUS))
            url = public_url(settings, listener)
            _settle_memory()
            listener.listen()
            announce(url, embedded, f"{url}/operator/#{token}" if token else None)
            await server.serve(sockets=[listener])


def _settle_memory() -> None:
    """Let the garbage collector pass over all that was made so far: it stays until the end.

    The schema and the libraries are some hundred thousand objects, which each full collection
    would walk through; and a request makes hardly any rings, so that collecting often finds
    nothing. Together this takes 7 to 10 % off a request's CPU time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, *gc.get_threshold()[1:])


def public_url(settings: Settings, listener: socket.socket) -> str:
    """Return how a browser on this machine, or as the settings say, reaches the server."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"
