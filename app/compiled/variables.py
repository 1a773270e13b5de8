"""Variables: coerced by what was prepared for their types, or else by graphql-core."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    is_input_type,
    is_non_null_type,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values

from app.compiled.arguments import FIXED
from app.compiled.inputs import Coerce, Special, coercer

MOST_ERRORS = 50
Row = tuple[str, Coerce, bool]


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
        try:
            for name, coerce, required in self._rows:
                if name in given:
                    coerced[name] = coerce(given[name])
                elif required:
                    return self._exactly(given)
        except Exception:  # noqa: BLE001 - done again, which says what is wrong
            return self._exactly(given)
        return VariableValues({}, coerced)

    def _exactly(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        return get_variable_values(
            self._schema, self._definitions, dict(given), max_errors=MOST_ERRORS
        )

    def _table(self) -> list[Row] | None:
        rows: list[Row] = []
        for definition in self._definitions:
            name, type = (
                definition.variable.name.value,
                type_from_ast(self._schema, definition.type),
            )
            if definition.default_value is not None and not self._take_default(definition):
                return None
            if not is_input_type(type):
                return None
            try:
                coerce = coercer(type)
            except Special:
                return None
            rows.append((name, coerce, is_non_null_type(type) and name not in self._defaults))
        return rows

    def _take_default(self, definition: VariableDefinitionNode) -> bool:
        values = get_variable_values(self._schema, [definition], {})
        if isinstance(values, list):
            return False
        self._defaults |= values.coerced
        return all(type(value) in FIXED for value in values.coerced.values())
