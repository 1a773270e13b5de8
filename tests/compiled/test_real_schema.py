"""Queries over the schema that is served give the same on both ways, on a real database."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationType
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from app.auth.viewer import ANONYMOUS
from app.compiled import Access, Unsupported
from app.resolvers.context import Context
from app.schema.context import GraphContext
from app.schema.engine import CORE
from app.schema.sources import read_field, stored_as
from app.settings import Settings
from tests.api import Person, World, one_process, record, subscribe
from tests.compiled.differences import UNTIDY, assert_same, fitting, plan_of
from tests.compiled.operations import Writer, Written
from tests.compiled.test_differences import EXAMPLES
from tests.conftest import TurnedClock
from tests.databases import Databases
from tests.examples import FIRST, Stages, operation, query, variables, viewer

pytestmark = UNTIDY

ACCESS = Access(stored_as, read_field)
FOLDER = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
# An export gives cases other names each time.
QUERIES = [
    name
    for name in NAMES
    if operation(name).operation is OperationType.QUERY and name != "broker-export"
]
PREFIXES = ["spc", "ser", "sub", "ins", "usr", "alr", "ntc", "obs", "mem"]


class Town:
    """A world with something of everything in it."""

    def __init__(self, world: World, ada: Person) -> None:
        self.world = world
        self.ada = ada
        self.ids: dict[str, str] = {}


async def context_of(world: World, person: Person) -> Any:
    """Return what makes a context for somebody."""
    engine, viewer = world.engine, ANONYMOUS
    if person.token is not None:
        found = await engine.identities.find_viewer(person.token)
        assert found is not None
        viewer = found

    def fresh() -> GraphContext:
        ctx = Context(
            engine.services, viewer, address="127.0.0.1", last_event_id=None,
            request_id="req_1", visit=None,
        )  # fmt: skip
        return GraphContext(ctx)

    return fresh


@pytest.fixture
async def town(world: World) -> Town:
    """Ada has a space, a series that fires, an alert and a notice."""
    ada = await world.person("ada")
    town = Town(world, ada)
    space = await world.space(ada)
    series = await world.series(ada, space)
    told = await subscribe(ada, series, operator="GT", value=4.5)
    minute = [(world.clock() + timedelta(minutes=n)).isoformat() + "Z" for n in range(4)]
    await record(ada, series, (minute[0], 1.0), (minute[1], 7.25), (minute[2], 3.0), (minute[3], 9))
    found = await ada.ask(
        """query Q($series: ID!) { inbox(first: 2) { nodes { id alert { id } } }
             node(id: $series) { ... on Series { observations(first: 1) { nodes { id } } } } }""",
        series=series,
    )
    [notice, *_] = found["inbox"]["nodes"]
    town.ids = {
        "spc": space, "ser": series, "sub": told["id"], "ins": told["instance"]["id"],
        "usr": ada.id or "", "ntc": notice["id"], "alr": notice["alert"]["id"],
        "obs": found["node"]["observations"]["nodes"][0]["id"],
    }  # fmt: skip
    return town


def value(writer: Writer, name: str, type: Any) -> Any:
    """Return a value for an argument; a prefix stands for an identifier."""
    values: dict[str, st.SearchStrategy[Any]] = {
        "ID": st.sampled_from([f"{prefix}_…" for prefix in PREFIXES]),
        "Int": st.integers(-1 if name in {"first", "last"} else 0, 4),
        "Boolean": st.booleans(),
        "Float": st.sampled_from([0.0, 4.5]),
        "DateTime": st.sampled_from([f"2026-03-01T{hour}:00:00Z" for hour in range(10, 14)]),
        "Duration": st.just("PT30M"),
    }
    return writer.draw(values.get(type.name, st.sampled_from(["level", "nothing", ""])))


@st.composite
def queries(draw: Any) -> Written:
    """Return a query that fits the schema."""
    return fitting(CORE, Writer(CORE, draw, value, lambda _type, _name: True).write("query"))


def filled(town: Town, text: str, variables: dict[str, Any]) -> Written:
    """Return the operation with real identifiers in the places of their prefixes."""
    sent = json.dumps(variables, ensure_ascii=False)
    for prefix, id in town.ids.items():
        text, sent = text.replace(f"{prefix}_…", id), sent.replace(f"{prefix}_…", id)
    return Written(text, json.loads(sent))


@tried(
    max_examples=max(10, EXAMPLES // 2),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(queries())
async def test_any_query_gives_the_same(town: Town, written: Written) -> None:
    """Data is equal to the byte, and errors are equal."""
    fitted = filled(town, written.text, written.variables)
    await assert_same(CORE, ACCESS, fitted, await context_of(town.world, town.ada))


@pytest.fixture(scope="module")
async def stages(databases: Databases, settings: Settings) -> AsyncIterator[Stages]:
    """The stages of the examples, after all that is recorded on them."""
    clock = TurnedClock(datetime(2026, 3, 1, 14))
    async with databases.lend() as db, one_process(db, settings, clock) as world:
        yield Stages(world)


@pytest.mark.parametrize("name", QUERIES)
async def test_an_example_that_is_a_query_gives_the_same(stages: Stages, name: str) -> None:
    """What people copy gives the same on both ways."""
    world, stage = stages.world, await stages.of(name)
    for earlier in FIRST.get(name, ()):
        sender = viewer(stage, earlier) or world.anonymous
        await sender.ask(query(earlier), **variables(stage, earlier, None))
    await world.engine.services.log.caught_up()
    sender = viewer(stage, name) or world.anonymous
    written = Written(query(name), variables(stage, name, None))
    data, errors = await assert_same(CORE, ACCESS, written, await context_of(world, sender))
    assert errors is None
    assert data


def test_every_example_is_compiled() -> None:
    """The share of examples that take the quick way is 100 %."""
    left: dict[str, str] = {}
    for name in NAMES:
        try:
            plan_of(CORE, ACCESS, example(name))
        except Unsupported as reason:
            left[name] = str(reason)
    assert left == {}


def example(name: str) -> Written:
    """Return an example with its variables."""
    path = FOLDER / f"{name}.json"
    variables = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Written((FOLDER / f"{name}.graphql").read_text(encoding="utf-8"), variables)
