"""The variables on which a document's `@skip` and `@include` depend: part of a plan's key."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

Switches = tuple[tuple[str, bool | None], ...]


def switches(document: DocumentNode, operation: OperationDefinitionNode) -> Switches:
    """Return the variables that switch parts of an operation, each with its default."""
    names = sorted(
        {
            argument.value.name.value
            for directive in directives(document, operation)
            for argument in directive.arguments or ()
            if isinstance(argument.value, VariableNode)
        }
    )
    defaults = {
        definition.variable.name.value: definition.default_value.value
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, BooleanValueNode)
    }
    return tuple((name, defaults.get(name)) for name in names)


def directives(
    document: DocumentNode, operation: OperationDefinitionNode
) -> Iterator[DirectiveNode]:
    """Yield the directives in the selections of an operation and of its fragments."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    return _within(operation.selection_set, fragments, set())


def positions(switched: Switches, variables: Mapping[str, Any]) -> tuple[bool, ...] | None:
    """Return how the switches stand; None if one of them is no boolean."""
    stand = tuple(variables.get(name, default) for name, default in switched)
    return stand if all(type(value) is bool for value in stand) else None


def _within(
    selected: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    seen: set[str],
) -> Iterator[DirectiveNode]:
    for node in selected.selections:
        yield from node.directives or ()
        if isinstance(node, FragmentSpreadNode):
            fragment = fragments.get(node.name.value)
            if fragment is not None and node.name.value not in seen:
                seen.add(node.name.value)
                yield from _within(fragment.selection_set, fragments, seen)
        elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
            yield from _within(node.selection_set, fragments, seen)
