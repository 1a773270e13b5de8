"""Variables: those of plain types by a table, all others by graphql-core."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
)
from graphql.execution.values import VariableValues, get_variable_values

SMALLEST, GREATEST = -(2**31), 2**31 - 1
MOST_ERRORS = 50

PLAIN: dict[str, Callable[[Any], bool]] = {
    "String": lambda value: type(value) is str,
    "ID": lambda value: type(value) is str,
    "Boolean": lambda value: type(value) is bool,
    "Int": lambda value: type(value) is int and SMALLEST <= value <= GREATEST,
    "Float": lambda value: type(value) is float and isfinite(value),
}
Row = tuple[str, Callable[[Any], bool], bool]


class Variables:
    """The variables that an operation declares."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, *, by_sources: bool
    ) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._defaults: dict[str, Any] = {}
        self._rows = None if by_sources else self._table()

    def coerce(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """Return the values, or what is wrong with them."""
        if self._rows is None:
            return self._exactly(given)
        coerced = dict(self._defaults)
        for name, fits, nullable in self._rows:
            if name not in given:
                if not nullable and name not in coerced:
                    return self._exactly(given)
                continue
            value = given[name]
            if fits(value) or (value is None and nullable):
                coerced[name] = value
            else:
                return self._exactly(given)
        return VariableValues({}, coerced)

    def _exactly(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        return get_variable_values(
            self._schema, self._definitions, dict(given), max_errors=MOST_ERRORS
        )

    def _table(self) -> list[Row] | None:
        rows: list[Row] = []
        for definition in self._definitions:
            type = definition.type
            nullable = not isinstance(type, NonNullTypeNode)
            named = type.type if isinstance(type, NonNullTypeNode) else type
            if not isinstance(named, NamedTypeNode) or named.name.value not in PLAIN:
                return None
            if definition.default_value is not None and not self._take_default(definition):
                return None
            rows.append((definition.variable.name.value, PLAIN[named.name.value], nullable))
        return rows

    def _take_default(self, definition: VariableDefinitionNode) -> bool:
        values = get_variable_values(self._schema, [definition], {})
        if isinstance(values, list):
            return False
        self._defaults |= values.coerced
        return True
