"""Both ways of executing an operation, and what may differ between them: nothing that is certain.

Where several things fail below one object that is not to be null, which of them is told depends
on what fails first: then it is compared that the same becomes null, and that something is told.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
    parse,
    validate,
)
from hypothesis import assume

from app.compiled import Access, Plan, compile_operation, switches
from app.compiled.conditions import positions
from tests.compiled.operations import Written

# graphql-core leaves coroutines unawaited when it cancels their siblings: see how ours does not.
UNTIDY = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.usefixtures("swept"),
]
Ready = tuple[dict[str, Any] | None, list[GraphQLError] | None]


def plan_of(schema: GraphQLSchema, access: Access, written: Written) -> Plan:
    """Return the plan of an operation."""
    document = parse(written.text)
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    switched = switches(document, operation)
    stand = positions(switched, written.variables)
    assert stand is not None
    booleans = dict(zip((name for name, _ in switched), stand, strict=True))
    return compile_operation(schema, document, operation, booleans, access)


async def both(
    schema: GraphQLSchema, access: Access, written: Written, context: Callable[[], Any]
) -> tuple[Ready, Ready]:
    """Return what graphql-core gives and what the plan gives."""
    result = execute(
        schema,
        parse(written.text),
        context_value=context(),
        variable_values=written.variables,
    )
    if isinstance(result, Awaitable):
        result = await result
    assert isinstance(result, ExecutionResult)
    plan = plan_of(schema, access, written)
    return (result.data, result.errors), await plan.run(context(), written.variables)


async def assert_same(
    schema: GraphQLSchema,
    access: Access,
    written: Written,
    context: Callable[[], Any],
    *,
    in_order: bool = False,
) -> Ready:
    """Execute on both ways; return what came."""
    expected, got = await both(schema, access, written, context)
    compare(expected, got, in_order=in_order)
    return got


def compare(expected: Ready, got: Ready, *, in_order: bool = False) -> None:
    """Compare data to the byte, and errors as far as they are certain."""
    assert shown(got[0]) == shown(expected[0])
    told, wanted = list(map(told_as, got[1] or [])), list(map(told_as, expected[1] or []))
    if in_order:
        assert told == wanted
        return
    assert _certain(told, got[0]) == _certain(wanted, expected[0])
    assert _nulled(told, got[0]) == _nulled(wanted, expected[0])


def shown(data: Any) -> bytes:
    """Return data as it is sent."""
    return orjson.dumps(data)


def told_as(error: GraphQLError) -> dict[str, Any]:
    """Return all that is told of an error, and of its cause."""
    cause = error.original_error
    return {**error.formatted, "cause": (type(cause), str(cause))}


def _certain(told: list[dict[str, Any]], data: Any) -> list[str]:
    return sorted(str(error) for error in told if _null_at(error, data) == error.get("path"))


def _nulled(told: list[dict[str, Any]], data: Any) -> set[str]:
    return {str(_null_at(error, data)) for error in told}


def _null_at(error: dict[str, Any], data: Any) -> list[Any] | None:
    """Return where the null is that an error caused."""
    path = error.get("path")
    if path is None:
        return None
    for depth, key in enumerate(path):
        if data is None:
            return list(path[:depth])
        data = data[key]
    return list(path)


def fitting(schema: GraphQLSchema, written: Written) -> Written:
    """Return the operation if it fits the schema; let chance try again otherwise."""
    assume(not validate(schema, parse(written.text)))
    return written
