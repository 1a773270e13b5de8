"""Execution: which way an operation takes, and that nobody but the figures can tell."""

from dataclasses import replace

from app.db.client import is_outage
from app.schema.engine import Engine
from app.telemetry.metrics import Metrics
from tests.api import ALERTS, Person, World, record, subscribe

ANSWERS = """query Q($space: ID!, $wrong: ID!) {
  space(id: $space) { name }
  series(space: $space, key: "level") { key count observations(first: 3) { totalCount } }
  none: node(id: $wrong) { id }
  alerts(space: $wrong) { totalCount }
}"""


def executions(world: World | Person, way: str) -> int:
    """Return how many operations and items took a way."""
    return int(world.engine.metrics.executed.labels(way)._value.get())


async def test_an_operation_is_compiled_when_it_comes_again(world: World) -> None:
    """The first time it is interpreted, then compiled, and the answers are alike."""
    ada = await world.person("ada")
    space = await world.space(ada)
    await world.series(ada, space)
    before = executions(world, "compiled")
    answers = [await ada.send(ANSWERS, space=space, wrong="spc_none") for _ in range(3)]
    assert executions(world, "compiled") - before == 2
    for answer in answers:
        answer.pop("extensions")
        for error in answer["errors"]:
            error["extensions"].pop("requestId")
    assert answers[0]["data"] is None
    assert answers[0]["errors"][0]["path"] == ["alerts"]
    assert answers[1] == answers[2] == answers[0]


async def test_items_of_a_stream_are_compiled(world: World) -> None:
    """Each item runs on the plan of its operation."""
    ada = await world.person("ada")
    series = await world.series(ada, await world.space(ada))
    await subscribe(ada, series, operator="GT", value=4)
    async with ada.watch(ALERTS) as items:
        before = executions(world, "compiled")
        for n in range(2):
            at = f"2026-03-01T11:5{n}:00Z"
            await record(ada, series, (at, 5.0), (at.replace(":00Z", ":30Z"), 1.0))
        reasons = [(await anext(items))["reason"] for _ in range(4)]
    assert reasons == ["FIRST", "RESOLVED"] * 2
    assert executions(world, "compiled") - before >= 3


async def test_compiling_can_be_switched_off(world: World) -> None:
    """Then everything is interpreted."""
    ada = await world.person("ada")
    engine = world.engine
    settings = engine.services.settings.model_copy(update={"compiled": False})
    services = replace(engine.services, settings=settings)
    ada.engine = Engine(services, engine.identities, Metrics(), is_outage)
    for _ in range(3):
        await ada.ask("{ me { id } }")
    ways = [executions(ada, way) for way in ("compiled", "interpreted")]
    assert ways == [0, 3]


async def test_a_size_that_is_left_out_costs_what_its_default_says(world: World) -> None:
    """A variable with a default that is not given weighs like the same number written out."""
    query = "query Q{} {{ spaces(first: {}) {{ nodes {{ members {{ nodes {{ id }} }} }} }} }}"
    costs = []
    for declared, size in (("($n: Int = 5)", "$n"), ("", "5"), ("($n: Int)", "$n"), ("", "100")):
        body = await world.anonymous.send(query.format(declared, size))
        costs.append(body["extensions"]["cost"]["requested"])
    assert costs[0] == costs[1]
    assert costs[2] == costs[3]
    assert costs[0] != costs[2]
