"""What a resolver is told about its field: as much of graphql-core's `info` as can be said once.

One object serves all parents of a level, so its path has no positions in lists.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, gather_with_cancel, is_awaitable
from graphql.type.definition import GraphQLResolveInfoHelpers

from app.compiled.faults import RAISED, Faults, Raised
from app.compiled.trails import Trail


def _gather(values: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
    return gather_with_cancel(*values)


HELPERS = GraphQLResolveInfoHelpers(gather=_gather, track=lambda _values: None)


class Run:
    """One execution of a plan."""

    __slots__ = ("context", "faults", "root_value", "variables")

    def __init__(self, context: Any, variables: VariableValues, root_value: Any) -> None:
        self.context = context
        self.variables = variables
        self.root_value = root_value
        self.faults = Faults()


class Whole:
    """What all fields of a plan share."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = fragments


class Asked(Protocol):
    """A field as a document asks for it."""

    whole: Whole
    parent_type: GraphQLObjectType
    definition: GraphQLField
    nodes: list[FieldNode]
    name: str
    path: Path
    selected: frozenset[str] | None

    @property
    def waits(self) -> bool:
        """Whether its resolver is bound to wait."""


class Info:
    """What a resolver is told, with the names that graphql-core gives."""

    __slots__ = ("field", "run")

    is_awaitable: Callable[[Any], bool] = staticmethod(is_awaitable)
    abort_signal = None
    async_helpers = HELPERS

    def __init__(self, field: Asked, run: Run) -> None:
        self.field = field
        self.run = run

    def fail(self, cause: Exception, trail: Trail, index: int, *, nullable: bool) -> Raised | None:
        """Record an error; return what stands in the place of the value."""
        self.run.faults.add(cause, self.field.nodes, trail, index)
        return None if nullable else RAISED

    @property
    def context(self) -> Any:
        """The context of the request."""
        return self.run.context

    @property
    def root_value(self) -> Any:
        """The root of the execution."""
        return self.run.root_value

    @property
    def variable_values(self) -> VariableValues:
        """The variables as they were coerced."""
        return self.run.variables

    @property
    def field_name(self) -> str:
        """The field's name in the schema."""
        return self.field.name

    @property
    def field_nodes(self) -> list[FieldNode]:
        """Every place of the document that asks for the field."""
        return self.field.nodes

    @property
    def field_details(self) -> list[FieldDetails]:
        """The same, as graphql-core's own functions take them."""
        return [FieldDetails(node, None) for node in self.field.nodes]

    @property
    def parent_type(self) -> GraphQLObjectType:
        """The type that has the field."""
        return self.field.parent_type

    @property
    def return_type(self) -> GraphQLOutputType:
        """The field's type."""
        return self.field.definition.type

    @property
    def path(self) -> Path:
        """The way to the field, without positions in lists."""
        return self.field.path

    @property
    def selected(self) -> frozenset[str] | None:
        """What is read from the field's documents; None if that cannot be told."""
        return self.field.selected

    @property
    def schema(self) -> GraphQLSchema:
        """The schema."""
        return self.field.whole.schema

    @property
    def operation(self) -> OperationDefinitionNode:
        """The operation."""
        return self.field.whole.operation

    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        """The fragments of the document."""
        return self.field.whole.fragments
