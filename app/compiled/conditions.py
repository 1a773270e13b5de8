"""The variables on which a document's `@skip` and `@include` depend: part of a plan's key."""

from collections.abc import Collection, Iterator, Mapping
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
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    names = sorted(set(_names(operation.selection_set, fragments, set())))
    defaults = {
        definition.variable.name.value: definition.default_value.value
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, BooleanValueNode)
    }
    return tuple((name, defaults.get(name)) for name in names)


def positions(switched: Switches, variables: Mapping[str, Any]) -> tuple[bool, ...] | None:
    """Return how the switches stand; None if one of them is no boolean."""
    stand = tuple(variables.get(name, default) for name, default in switched)
    return stand if all(type(value) is bool for value in stand) else None


def _names(
    selected: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    seen: set[str],
) -> Iterator[str]:
    for node in selected.selections:
        yield from _variables(node.directives)
        if isinstance(node, FragmentSpreadNode):
            fragment = fragments.get(node.name.value)
            if fragment is not None and node.name.value not in seen:
                seen.add(node.name.value)
                yield from _names(fragment.selection_set, fragments, seen)
        elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
            yield from _names(node.selection_set, fragments, seen)


def _variables(directives: Collection[DirectiveNode] | None) -> Iterator[str]:
    for directive in directives or ():
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode):
                yield argument.value.name.value
