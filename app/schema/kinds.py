"""Kinds: which type of an interface or a union a document has, told by its identifier at once."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLTypeResolver,
    default_type_resolver,
    is_abstract_type,
)
from strawberry.types.base import StrawberryObjectDefinition

from app.ids import kind_of
from app.schema.nodes import Node

DEFINITION = "strawberry-definition"


def tell_by_identifiers(schema: GraphQLSchema) -> GraphQLSchema:
    """Let the schema's interfaces and unions tell documents by their identifiers; return it.

    Otherwise each of their types would be asked in turn, which gives the same, since all ask the
    identifier. What is no document, or of a type that does not belong there, takes that way still.
    """
    for type in schema.type_map.values():
        if is_abstract_type(type):
            names = _names(schema, type)
            if names:
                type.resolve_type = _resolver(names, type.resolve_type or default_type_resolver)
    return schema


def _names(schema: GraphQLSchema, type: GraphQLAbstractType) -> dict[str, str]:
    """Return the names of the possible types whose objects are nodes, by their kinds."""
    names: dict[str, str] = {}
    for possible in schema.get_possible_types(type):
        declared = possible.extensions.get(DEFINITION)
        if isinstance(declared, StrawberryObjectDefinition) and issubclass(declared.origin, Node):
            names.setdefault(declared.origin.kind, possible.name)
    return names


def _resolver(names: Mapping[str, str], in_turn: GraphQLTypeResolver) -> GraphQLTypeResolver:
    def resolve_type(value: Any, info: GraphQLResolveInfo[Any], type: GraphQLAbstractType) -> Any:
        if value.__class__ is dict:
            name = names.get(kind_of(str(value.get("_id"))) or "")
            if name is not None:
                return name
        return in_turn(value, info, type)

    return resolve_type
