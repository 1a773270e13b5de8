"""How many commands each example operation asks of MongoDB, counted, and the page that says so."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import datetime

from pymongo import monitoring

from app.auth.viewer import ANONYMOUS
from app.resolvers.context import Context
from app.resolvers.users import offer_operator_link
from app.settings import Settings
from tests.api import Person, World, one_process, record
from tests.clients.place import BEGINNING, Stage
from tests.databases import Databases
from tests.examples import (
    EXAMPLES,
    FIRST,
    FOLDER,
    STREAMS,
    Stages,
    operation,
    query,
    variables,
    viewer,
)

PAGE = FOLDER.parent / "docs" / "commands.md"
# After all that the examples record.
AFTERNOON = datetime(2026, 3, 1, 14)
OPENING = """\
# Commands

<!-- Written by `python tools/commands.py`; do not edit. -->

How many commands each operation of `examples` asks of the database, as a test counts them. A
command costs about half a millisecond of processor time and a round trip, so this number says most
about how fast an operation is.

Counted is what the operation itself waits for, on a process that knows who asks and the spaces of
what is asked for. It learns that with up to three commands (session, person, memberships; repeated
every 30 seconds) and one or two (the space; the series in it). Not counted is what runs beside: the
reader of the event log, change streams, ticks, leases that are renewed. A stream is counted up to
its first item, one that it had missed.

| operation | commands | in all |
| --- | --- | --- |
"""

BELOW = """
## Lists below lists

References and lists are read level by level, so what follows takes as many commands for a hundred
series as for one. That holds from the second time on that a process gets an operation, since then
it is compiled.

"""
BOARD = """\
query Board($space: ID!) {
  seriesIn(space: $space, first: 100) {
    nodes { name space { name } observations(first: 3) { nodes { at value } totalCount } }
  }
}
"""

# Renewed while something lasts, so that chance decides how often.
LEASES = "leases"
Commands = Counter[str]
_COUNTED: ContextVar[Commands | None] = ContextVar("commands of this operation", default=None)


class Listener(monitoring.CommandListener):
    """Counts each command for the operation in whose context it is sent, if that is counted."""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count a command by its name and its collection."""
        counted = _COUNTED.get()
        on = event.command[event.command_name]
        if counted is not None and on != LEASES:
            counted[
                f"{event.command_name} {on}" if isinstance(on, str) else event.command_name
            ] += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Count nothing: it was counted when it started."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Count nothing: it was counted when it started."""


@contextmanager
def counting() -> Iterator[Commands]:
    """Yield the commands that this task, and tasks that it starts, send in the block."""
    commands: Commands = Counter()
    token = _COUNTED.set(commands)
    try:
        yield commands
    finally:
        _COUNTED.reset(token)


@asynccontextmanager
async def counted_process(
    databases: Databases, clock: Callable[[], datetime]
) -> AsyncIterator[World]:
    """Run a server process whose commands can be counted, on a database of its own."""
    settings = Settings(mongodb_uri=databases.uri, argon2_memory_kib=8, argon2_time_cost=1)
    async with (
        databases.lend("pymongo", Listener()) as db,
        one_process(db, settings, clock) as world,
    ):
        yield world


async def count_examples(databases: Databases) -> dict[str, Commands]:
    """Return the commands of each example."""
    async with counted_process(databases, lambda: AFTERNOON) as world:
        token = await offer_operator_link(Context(world.engine.services, ANONYMOUS))
        stages = Stages(world)
        return {name: await _count(stages, name, token) for name in EXAMPLES}


async def warm_up(world: World, person: Person, series: list[str]) -> None:
    """Let the process read the log to its end, and know the person, all spaces and these series."""
    services = world.engine.services
    await services.log.caught_up()
    spaces = await world.db["spaces"].find({}, {"_id": 1}, hint="_id_").to_list(None)
    await services.spaces.find_many({space["_id"] for space in spaces})
    await services.spaces.find_homes(series)
    await person.send("{ __typename }")


async def _count(stages: Stages, name: str, operator_token: str | None) -> Commands:
    world, stage = stages.world, await stages.of(name)
    for earlier in FIRST.get(name, ()):
        first = variables(stage, earlier, operator_token)
        await _sender(world, stage, earlier).ask(query(earlier), **first)
    person = _sender(world, stage, name)
    chosen = variables(stage, name, operator_token)
    series = [stage.series] if "ser" in stage.ids else []
    await warm_up(world, person, series)
    with counting() as commands:
        if name in STREAMS:
            async with person.watch(query(name), **{**chosen, "after": BEGINNING}) as items:
                await anext(items)
        else:
            await person.ask(query(name), **chosen)
    return commands


def _sender(world: World, stage: Stage, name: str) -> Person:
    return viewer(stage, name) or world.anonymous


async def count_board(databases: Databases, series: int) -> Commands:
    """Return the commands of the board of a space with so many series."""
    async with counted_process(databases, lambda: AFTERNOON) as world:
        ada = await world.person("ada")
        space = await world.space(ada)
        for n in range(series):
            measured = await world.series(ada, space, f"level-{n}")
            await record(ada, measured, ("2026-03-01T12:00:00Z", 1.0), ("2026-03-01T13:00:00Z", n))
        return await count_again(world, ada, BOARD, space=space)


async def count_again(world: World, person: Person, query: str, **variables: str) -> Commands:
    """Return the commands of a query that the process has had before."""
    await person.ask(query, **variables)
    await warm_up(world, person, [])
    with counting() as commands:
        await person.ask(query, **variables)
    return commands


def named(commands: Commands) -> str:
    """Return commands as the page says them."""
    each = [f"`{command}`" + (f" ×{n}" if n > 1 else "") for command, n in sorted(commands.items())]
    return ", ".join(each)


def row(name: str, commands: Commands) -> str:
    """Return the line of the page for an operation."""
    kind = operation(name).operation.value
    link = f"[{name}](../examples/{name}.graphql)"
    return f"| {kind} {link} | {named(commands)} | {commands.total()} |"


def page(counts: dict[str, Commands], board: Commands) -> str:
    """Return the page of all operations, and of one that has a list below a list."""
    rows = "\n".join(row(name, commands) for name, commands in counts.items())
    shown = f"```graphql\n{BOARD}```\n\n{named(board)}: {board.total()} in all.\n"
    return f"{OPENING}{rows}\n{BELOW}{shown}"
