"""The arguments of a field: worked out when the plan is made, as far as no variable is involved."""

from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, coerce_argument, get_argument_values

# Values that may be handed to every request, because nobody can change them.
FIXED = (str, int, float, bool, type(None))


class Arguments:
    """The arguments that a document gives to one field."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        self._fixed: dict[str, Any] = {}
        self._from_variables: list[tuple[str, str]] = []
        self._known = self._look()

    @property
    def by_sources(self) -> bool:
        """Whether a variable stands inside a value, so that its source is asked for."""
        values = [argument.value for argument in self._node.arguments or ()]
        return any(not isinstance(value, VariableNode) and _varies(value) for value in values)

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """Return the arguments.

        Raises:
            GraphQLError: one does not fit.

        """
        if not self._known:
            return get_argument_values(self._definition, self._node, variables)
        if not self._from_variables:
            return self._fixed
        given = dict(self._fixed)
        for name, variable in self._from_variables:
            value = variables.coerced.get(variable)
            if value is None:
                return get_argument_values(self._definition, self._node, variables)
            given[name] = value
        return given

    def _look(self) -> bool:
        """Sort the arguments into fixed ones and variables; return whether that sufficed."""
        nodes = {argument.name.value: argument for argument in self._node.arguments or ()}
        for name, definition in self._definition.args.items():
            node = nodes.get(name)
            if node and isinstance(node.value, VariableNode):
                self._from_variables.append((definition.out_name or name, node.value.name.value))
                continue
            if node and _varies(node.value):
                return False
            try:
                coerce_argument(self._fixed, self._node, name, definition, node, None, None)
            except GraphQLError:
                return False
        return all(type(value) in FIXED for value in self._fixed.values())


def _varies(value: ValueNode) -> bool:
    if isinstance(value, VariableNode):
        return True
    items: list[ValueNode] = [*getattr(value, "values", ())]
    items += [field.value for field in getattr(value, "fields", ())]
    return any(_varies(item) for item in items)
