"""Sharing: one execution of a live item serves all who asked the same and may see the same.

An operation can be shared if nothing in it depends on who asks, but for what they may see: its
fields are read from documents, or refer to documents of the item's own space. What may be seen of
these depends on how the viewer stands to the space, and that is part of the key.

Notices are personal. What several people are told by the same event differs in few things: in the
identifier, which is put in afterwards, and in what only the person sees.
"""

import secrets
from collections.abc import Hashable
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import orjson
from graphql import (
    BREAK,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    VisitorAction,
    get_named_type,
    visit,
)
from strawberry.types.field import StrawberryField

from app.resolvers.context import Context
from app.schema.execution import Asked

PERSONAL = frozenset({"_id", "user", "subscriptions"})
STAND_IN = f"ntc_{secrets.token_hex(16)}"
PLACE = STAND_IN.encode()
MOST_READ = 512


class Share(NamedTuple):
    """How one item is shared: by what key, and whose identifier goes in, if anybody's."""

    key: Hashable
    item: Any
    id: bytes | None

    def common(self) -> Any:
        """Return the item as all have it."""
        return self.item if self.id is None else self.item | {"_id": STAND_IN}

    def fill(self, body: bytes) -> bytes:
        """Return the body that all share, made this person's."""
        return body if self.id is None else body.replace(PLACE, self.id)


class Sharing:
    """What of a stream can be shared: one for all streams that ask for the same."""

    __slots__ = ("__weakref__",)

    def of(self, ctx: Context, item: Any) -> Share:
        """Return how an item that the viewer may see now is shared.

        Raises:
            LookupError: its space is to be read first.

        """
        space = ctx.services.spaces.known(item["space"]) if item["space"] else None
        if space is None and item["space"]:
            raise LookupError(item["space"])
        standings = ctx.standings(space)
        if "user" not in item:
            return Share((self, standings, item["_id"]), item, None)
        same = tuple([value for name, value in item.items() if name not in PERSONAL])
        return Share((self, standings, same), item, item["_id"].encode())


_SHARINGS: WeakValueDictionary[Hashable, Sharing] = WeakValueDictionary()
# By operation: the variables that its items depend on; None if these are for their viewer alone.
_READ: dict[Hashable, frozenset[str] | None] = {}


def sharing(schema: GraphQLSchema, asked: Asked) -> Sharing | None:
    """Return how the items of a subscription are shared; None if each is for its viewer alone."""
    operation = (schema, asked.fit.text, asked.fit.name)
    if operation not in _READ:
        if len(_READ) >= MOST_READ:
            _READ.clear()
        _READ[operation] = _variables(schema, asked)
    variables = _READ[operation]
    if variables is None:
        return None
    given = {name: asked.variables[name] for name in variables & asked.variables.keys()}
    key = (operation, orjson.dumps(given, option=orjson.OPT_SORT_KEYS).decode())
    return _SHARINGS.setdefault(key, Sharing())


def _variables(schema: GraphQLSchema, asked: Asked) -> frozenset[str] | None:
    """Return the variables on which the items depend; None if they depend on who asks."""
    field = asked.fit.operation.selection_set.selections[0]
    root = schema.subscription_type
    if root is None or not isinstance(field, FieldNode) or field.selection_set is None:
        return None
    item = get_named_type(root.fields[field.name.value].type)
    reader = _Reader(TypeInfo(schema, item))
    visit(field.selection_set, TypeInfoVisitor(reader.types, reader))
    for definition in asked.fit.document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            visit(definition, TypeInfoVisitor(reader.types, reader))
    return frozenset(reader.variables) if reader.shared else None


class _Reader(Visitor):
    """Looks whether every field may be shared, and which variables they depend on."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.shared = True
        self.variables: set[str] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> VisitorAction:
        definition = self.types.get_field_def()
        declared = definition.extensions.get("strawberry-definition") if definition else None
        if node.name.value != "__typename" and not _is_shared(declared):
            self.shared = False
            return BREAK
        return None

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.variables.add(node.name.value)


def _is_shared(declared: Any) -> bool:
    """Say whether a field is the same for all who may see it: its resolver cannot tell who asks."""
    if not isinstance(declared, StrawberryField):
        return False
    resolver = declared.base_resolver
    return (
        resolver is None or resolver.info_parameter is None or bool(declared.metadata.get("shared"))
    )
