"""Values on the way in: what was prepared for their types gives what the libraries give."""

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, Undefined, get_named_type
from graphql.utilities import coerce_input_value
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.types.arguments import convert_argument

from app.compiled.inputs import Special, coercer, converters
from app.schema import schema
from app.schema.engine import CORE as REAL
from tests.compiled import menagerie
from tests.compiled.differences import UNTIDY, assert_same, plan_of
from tests.compiled.menagerie import ACCESS, CORE, Farm
from tests.compiled.operations import Written
from tests.compiled.test_differences import EXAMPLES

pytestmark = UNTIDY

TEXT = "query Q($order: Order!, $others: [Order]) { ordered(order: $order, others: $others) }"
LEAST: dict[str, Any] = {"id": "a", "weight": 1.5}
ORDERS: dict[str, Any] = {
    "the least": LEAST,
    "everything": {
        "id": "a", "weight": 2.5, "mood": "WILD", "size": "BIG", "after": "2021-01-01",
        "names": ["x"], "marks": [1, None], "grid": [[1.5], []], "choice": {"number": 1},
        "choices": [{"cat": "c"}, None], "count": 4,
    },
    "nulls": {
        **LEAST, "size": None, "after": None, "marks": None, "grid": None, "choice": None,
        "count": None,
    },
    "a number for an identifier and for a fraction": {"id": 7, "weight": 3},
    "one for a list": {**LEAST, "names": "x", "grid": 2, "choices": {"number": 2}},
}  # fmt: skip
WRONG: dict[str, Any] = {
    "null": None,
    "text": "order",
    "a list": [LEAST],
    "nothing": {},
    "null for what is required": {**LEAST, "id": None},
    "null for what is not null by default": {**LEAST, "mood": None},
    "a field that is not there": {**LEAST, "colour": "red"},
    "a Python name": {**LEAST, "how_many": 1},
    "no such value": {**LEAST, "mood": "ANGRY", "size": 1},
    "no instant": {**LEAST, "after": "tomorrow"},
    "not a number": {**LEAST, "weight": float("nan"), "count": 1.5},
    "too great a number": {**LEAST, "count": 2**31},
    "true for a number": {**LEAST, "count": True},
    "null in a list": {**LEAST, "names": [None]},
    "two of which one is meant": {**LEAST, "choice": {"cat": "c", "number": 1}},
    "none of which one is meant": {**LEAST, "choice": {}},
    "null for the one that is meant": {**LEAST, "choice": {"cat": None}},
}


@pytest.mark.parametrize("name", ORDERS)
async def test_input_objects_are_made_as_strawberry_makes_them(name: str) -> None:
    """Names, defaults, enums, lists and input objects within are the same."""
    variables = {"order": ORDERS[name], "others": [ORDERS[name], None]}
    data, errors = await assert_same(CORE, ACCESS, Written(TEXT, variables), Farm, in_order=True)
    assert data
    assert not errors
    if name != "one for a list":
        coercer(CORE.type_map["Order"])(ORDERS[name])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", WRONG)
async def test_what_does_not_fit_is_refused_as_graphql_core_refuses_it(name: str) -> None:
    """All errors are told, with the same words."""
    variables = {"order": WRONG[name], "others": [LEAST, WRONG[name]]}
    _, errors = await assert_same(CORE, ACCESS, Written(TEXT, variables), Farm, in_order=True)
    assert errors


async def test_nobody_gets_the_lists_of_somebody_else() -> None:
    """A resolver may change what it is given; the next request gets it fresh."""
    plan = plan_of(CORE, ACCESS, Written(TEXT, {"order": LEAST}))
    assert await plan.run(Farm(), {"order": LEAST}) == await plan.run(Farm(), {"order": LEAST})
    given: dict[str, Any] = {"order": {**LEAST, "names": ["mine"]}}
    await plan.run(Farm(), given)
    assert given["order"]["names"] == ["mine"]


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.recursive(
        st.sampled_from([None, True, 1, 2**31, 1.5, float("inf"), "a", "WILD", "2021-01-01"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*ORDERS["everything"], "cat", "odd"]), inner)
            | st.fixed_dictionaries({"id": inner, "weight": inner}, optional={"choice": inner})
        ),
        max_leaves=8,
    )
)
def test_what_is_coerced_is_what_graphql_core_coerces(value: Any) -> None:
    """Whatever is sent: the prepared function gives the same, or leaves it to graphql-core."""
    for name in ("Order", "Choice"):
        type = CORE.type_map[name]
        assert isinstance(type, GraphQLInputObjectType)
        try:
            got = coercer(GraphQLNonNull(type))(value)
        except Exception:  # noqa: BLE001, S112 - whatever it is, graphql-core has to say it
            continue
        assert got == coerce_input_value(value, GraphQLNonNull(type))
        assert got is not Undefined


def test_an_input_object_that_can_hold_its_own_kind_is_left_to_graphql_core() -> None:
    """It counts how deep a value goes; what was coerced is made into objects here all the same."""
    type = CORE.type_map["Wish"]
    assert isinstance(type, GraphQLInputObjectType)
    with pytest.raises(Special):
        coercer(type)
    strawberry: Any = menagerie.schema
    prepared = converters(strawberry)
    convert = prepared.find(menagerie.Wish)
    assert convert is not None
    value = {"names": ["a"], "inner": {"least": 2, "inner": None}}
    registry = strawberry.schema_converter.scalar_registry
    exact = convert_argument(value, menagerie.Wish, registry, strawberry.config)
    assert convert(value) == exact


def test_every_input_of_the_real_schema_is_prepared() -> None:
    """No mutation that is served takes the slow way in."""
    prepared = converters(schema)
    for field in REAL.mutation_type.fields.values() if REAL.mutation_type else ():
        for argument in field.args.values():
            coercer(argument.type)
            declared = getattr(get_named_type(argument.type), "extensions", {})
            if "strawberry-definition" in declared:
                prepared.find(declared["strawberry-definition"].origin)
