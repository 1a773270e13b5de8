"""Random operations give the same on both ways: compiled, and by graphql-core."""

import os
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiled.differences import UNTIDY, assert_same, fitting
from tests.compiled.menagerie import ACCESS, CORE, Farm
from tests.compiled.operations import Writer, Written

pytestmark = UNTIDY

# A long run: DIFFERENCES=20000 pytest tests/compiled
EXAMPLES = int(os.environ.get("DIFFERENCES", "200"))  # noqa: TID251 - how long a test runs
often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
WAITING = {
    "friend", "greeting", "duty", "promised", "promisedHomes", "pets", "found", "count",
}  # fmt: skip
WAITING_ROOTS = {"animal", "one", "animals", "page", "wished", "streamed"}


def value(writer: Writer, name: str, type: Any) -> Any:
    """Return a value for an argument."""
    match type.name:
        case "Int":
            number = st.integers(-1 if name == "number" else 0, 39)
            return writer.draw(number)
        case "Boolean":
            return writer.draw(st.booleans())
        case "Float":
            return writer.draw(st.sampled_from([1.5, 3, -0.0]))
        case "Stamp":
            return datetime(2021, 1, 1).isoformat()
        case _:
            return writer.draw(st.sampled_from(["plain", "“quoted”", "", "slow", "hungry"]))


def anything(_type: Any, name: str) -> bool:
    """Allow all fields that come to an end."""
    return name != "meeting"


def at_once(type: Any, name: str) -> bool:
    """Allow fields that never wait."""
    return name != "meeting" and name not in (WAITING_ROOTS if type.name == "Query" else WAITING)


@st.composite
def queries(draw: Any, allowed: Any) -> Written:
    """Return a query that fits the schema."""
    return fitting(CORE, Writer(CORE, draw, value, allowed).write("query"))


@st.composite
def mutations(draw: Any) -> Written:
    """Return a mutation that fits the schema."""
    return fitting(CORE, Writer(CORE, draw, value, anything).write("mutation"))


@often
@given(queries(anything))
async def test_any_query_gives_the_same(written: Written) -> None:
    """Data is equal to the byte, and errors are equal."""
    await assert_same(CORE, ACCESS, written, Farm)


@often
@given(queries(at_once))
async def test_a_query_that_never_waits_gives_its_errors_in_the_same_order(
    written: Written,
) -> None:
    """Without waiting all is certain: which errors are told, and in which order."""
    await assert_same(CORE, ACCESS, written, Farm, in_order=True)


@often
@given(mutations())
async def test_any_mutation_gives_the_same(written: Written) -> None:
    """Root fields are executed one after the other, and stop where graphql-core stops."""
    farms: list[Farm] = []

    def farm() -> Farm:
        farms.append(Farm())
        return farms[-1]

    await assert_same(CORE, ACCESS, written, farm)
    core, ours = farms
    assert core.done == ours.done
