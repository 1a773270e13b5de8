"""The guard: what a document would cost, found in one pass over it, before it is validated.

Each fragment is weighed once, so that fragments within fragments cannot make the guard itself the
attack; numbers saturate. Page sizes multiply. Introspection is not a list of data and costs
little. What has to be sought costs more where its arguments say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from app.db.paging import MOST, USUAL
from app.settings import Settings

SATURATED = 10**9
MOST_FIELDS = 500
MOST_DEFINITIONS = 30
MOST_DIRECTIVES = 50
MOST_DIRECTIVES_PER_NODE = 4
DEEPEST_WALK = 100
SIZES = frozenset({"first", "last"})
# Under this word the metadata of a field say how many items it can have, where no argument does.
TIMES = "times"
# Under this word they say which arguments make it dearer: see `Dearer`.
DEARER = "dearer"


class TooMuch(GraphQLError):
    """A document asks for more than the server gives at once."""

    def __init__(self, message: str, code: str = "QUERY_TOO_COMPLEX", **numbers: int) -> None:
        super().__init__(message, extensions={"code": code, **numbers})


@dataclass(frozen=True, slots=True)
class Dearer:
    """How many points a field costs more if one of some arguments is given, and not empty.

    Each is named by its path: `filter.text` is the field `text` of the argument `filter`.
    """

    points: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection comes to: fields after fragments are spread, cost, and depth."""

    fields: int = 0
    cost: int = 0
    depth: int = 0

    def beside(self, other: "Weight") -> "Weight":
        """Return both together."""
        return Weight(
            min(self.fields + other.fields, SATURATED),
            min(self.cost + other.cost, SATURATED),
            max(self.depth, other.depth),
        )


class Guard:
    """Weighs the operations of one document."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]
    ) -> None:
        self._schema = schema
        self._variables = variables
        self._literals = _literals(document)
        self._defaults = _defaults(self._literals)
        self._document = document
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._weights: dict[str, Weight] = {}
        self._under_way: set[str] = set()
        self.directives = 0
        self.aliases = 0
        self.uses_size_variables = False

    def weigh(self) -> dict[str | None, Weight]:
        """Return the weight of each operation, by name.

        Raises:
            TooMuch: the document nests too deeply to be walked, or has a ring of fragments.

        """
        if len(self._document.definitions) > MOST_DEFINITIONS:
            raise TooMuch(f"Send at most {MOST_DEFINITIONS} definitions.")
        weights: dict[str | None, Weight] = {}
        for definition in self._document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._count_directives(definition)
                root = self._schema.get_root_type(definition.operation)
                name = definition.name.value if definition.name else None
                weights[name] = self._selection(definition.selection_set, root, 1)
        for name in self._fragments:
            self._fragment(name, 1)
        return weights

    def _selection(self, selected: SelectionSetNode, parent: Any, depth: int) -> Weight:
        if depth > DEEPEST_WALK:
            raise TooMuch("The document nests too deeply.", "QUERY_TOO_DEEP")
        total = Weight()
        for node in selected.selections:
            self._count_directives(node)
            if isinstance(node, FieldNode):
                total = total.beside(self._field(node, parent, depth))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                kind = self._schema.type_map.get(condition.name.value) if condition else parent
                total = total.beside(self._selection(node.selection_set, kind, depth + 1))
            elif isinstance(node, FragmentSpreadNode):
                total = total.beside(self._fragment(node.name.value, depth + 1))
        return total

    def _field(self, node: FieldNode, parent: Any, depth: int) -> Weight:
        self.aliases += node.alias is not None
        field = getattr(parent, "fields", {}).get(node.name.value) if parent else None
        more = self._more(node, field)
        if node.selection_set is None:
            return Weight(1, 1 + more, 1)
        kind = get_named_type(field.type) if field else None
        inner = self._selection(node.selection_set, kind, depth + 1)
        if node.name.value.startswith("__"):
            # graphql-core's own rule bounds how deep introspection goes into lists.
            return Weight(1, 10, 1)
        times = self._times(node, field, parent)
        return Weight(
            min(inner.fields + 1, SATURATED),
            min(inner.cost * times + 1 + more, SATURATED),
            inner.depth + 1,
        )

    def _times(self, node: FieldNode, field: Any, parent: Any) -> int:
        """Return how many items a field can have, as far as its arguments say."""
        if field is None:
            return 1
        metadata = _metadata(field)
        if TIMES in metadata:
            return int(metadata[TIMES])
        if SIZES & field.args.keys():
            return self._asked_size(node)
        if parent.name.endswith("Connection"):
            return 1  # the connection's own field has multiplied already
        return 10 if is_list_type(get_nullable_type(field.type)) else 1

    def _more(self, node: FieldNode, field: Any) -> int:
        """Return how many points a field costs more by the arguments that it is given."""
        dearer: Dearer | None = _metadata(field).get(DEARER)
        if dearer is None:
            return 0
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        for path in dearer.paths:
            name, *inner = path.split(".")
            if name in given and self._is_given(given[name], inner):
                return dearer.points
        return 0

    def _is_given(self, value: ValueNode, path: Sequence[str]) -> bool:
        """Say whether something stands in a value at a path: not null, and no empty list."""
        if isinstance(value, VariableNode):
            self.uses_size_variables = True
            name = value.name.value
            if name in self._variables:
                return _holds(self._variables[name], path)
            return any(self._is_given(one, path) for one in self._literals.get(name, ()))
        if not path:
            is_empty = isinstance(value, ListValueNode) and not value.values
            return not is_empty and not isinstance(value, NullValueNode)
        return isinstance(value, ObjectValueNode) and any(
            self._is_given(inner.value, path[1:])
            for inner in value.fields
            if inner.name.value == path[0]
        )

    def _asked_size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value not in SIZES:
                continue
            value = argument.value
            if isinstance(value, IntValueNode) and len(value.value) <= len(str(SATURATED)):
                return max(1, min(int(value.value), MOST))
            if isinstance(value, VariableNode):
                self.uses_size_variables = True
                name = value.name.value
                given = self._variables.get(name, self._defaults.get(name, MOST))
                return max(1, min(given, MOST)) if isinstance(given, int) else USUAL
        return USUAL

    def _fragment(self, name: str, depth: int) -> Weight:
        known = self._weights.get(name)
        fragment = self._fragments.get(name)
        if known is not None or fragment is None:
            return known or Weight()
        if name in self._under_way:
            raise TooMuch(f"Fragment {name} contains itself.", "GRAPHQL_VALIDATION_FAILED")
        self._under_way.add(name)
        self._count_directives(fragment)
        kind = self._schema.type_map.get(fragment.type_condition.name.value)
        weight = self._selection(fragment.selection_set, kind, depth)
        self._under_way.discard(name)
        self._weights[name] = weight
        return weight

    def _count_directives(self, node: Any) -> None:
        count = len(node.directives or ())
        self.directives += count
        if count > MOST_DIRECTIVES_PER_NODE:
            raise TooMuch(f"Put at most {MOST_DIRECTIVES_PER_NODE} directives in one place.")


def check(guard: Guard, weights: Mapping[str | None, Weight], settings: Settings) -> None:
    """Refuse a document that asks for too much.

    Raises:
        TooMuch: names the limit and what was asked for.

    """
    _limit("directives", guard.directives, MOST_DIRECTIVES)
    _limit("aliases", guard.aliases, settings.max_aliases)
    for weight in weights.values():
        if weight.depth > settings.max_depth:
            message = f"Fields nest {weight.depth} deep; at most {settings.max_depth}."
            raise TooMuch(message, "QUERY_TOO_DEEP", limit=settings.max_depth, got=weight.depth)
        _limit("fields", weight.fields, MOST_FIELDS)
        _limit("cost", weight.cost, settings.max_cost)


def _limit(what: str, got: int, limit: int) -> None:
    if got > limit:
        raise TooMuch(f"The document's {what}: {got}; at most {limit}.", limit=limit, got=got)


def _metadata(field: Any) -> Mapping[str, Any]:
    declared = None if field is None else field.extensions.get("strawberry-definition")
    return {} if declared is None else declared.metadata


def _holds(given: Any, path: Sequence[str]) -> bool:
    """Say whether something stands in the value of a variable at a path."""
    for name in path:
        given = given.get(name) if isinstance(given, Mapping) else None
    return given is not None and given != []


def _literals(document: DocumentNode) -> dict[str, list[ValueNode]]:
    """Return what variables are if they are not given, as each operation says."""
    found: dict[str, list[ValueNode]] = {}
    for definition in document.definitions:
        for variable in getattr(definition, "variable_definitions", None) or ():
            if variable.default_value is not None:
                found.setdefault(variable.variable.name.value, []).append(variable.default_value)
    return found


def _defaults(literals: Mapping[str, Sequence[ValueNode]]) -> dict[str, int]:
    """Return the sizes that variables have if they are not given; of several the greatest."""
    found: dict[str, int] = {}
    for name, values in literals.items():
        for value in values:
            if isinstance(value, IntValueNode) and len(value.value) <= len(str(SATURATED)):
                found[name] = max(found.get(name, 0), int(value.value))
    return found
