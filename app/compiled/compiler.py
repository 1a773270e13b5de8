"""The compiler: from an operation that fits the schema to a plan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from app.compiled.arguments import Arguments
from app.compiled.completion import Abstract, Completer, Leaf, Listed, Objects
from app.compiled.conditions import directives
from app.compiled.fields import (
    Batched,
    Conversion,
    Field,
    Resolved,
    Source,
    Stored,
    joined,
    needed,
    plain_conversion,
    plain_resolver,
    python_names,
    whole_resolver,
)
from app.compiled.info import Whole
from app.compiled.inputs import converters
from app.compiled.leaves import Namespace, can_be_text, expression
from app.compiled.levels import Level
from app.compiled.plan import Plan
from app.compiled.variables import Variables

KNOWN_DIRECTIVES = {"skip", "include"}
DEFINITION = "strawberry-definition"


class Unsupported(Exception):
    """An operation, or a part of it, that is left to graphql-core; the text says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """How fields without a resolver are read, as the schema's default resolver reads them.

    Attributes:
        stored_as: returns the key under which a dictionary holds a field.
        read_field: returns a field of any source; of a dictionary what lies under that key.

    """

    stored_as: Callable[[str], str]
    read_field: Callable[[Any, str], Any]


def compile_operation(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    booleans: Mapping[str, bool],
    access: Access,
) -> Plan:
    """Return the plan of an operation of a valid document.

    Args:
        schema: the schema that Strawberry made.
        document: the document.
        operation: one of its operations.
        booleans: the values of the variables in its `@skip` and `@include`.
        access: how fields are read.

    Raises:
        Unsupported: it is to be executed by graphql-core.

    """
    try:
        return _Compiler(schema, document, operation, booleans, access).compile()
    except (GraphQLError, RecursionError) as error:
        raise Unsupported(str(error)) from error


class _Compiler:
    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        booleans: Mapping[str, bool],
        access: Access,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._access = access
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._details = {name: FragmentDetails(d, None) for name, d in self._fragments.items()}
        self._booleans = VariableValues({}, dict(booleans))
        self._whole = Whole(schema, operation, self._fragments)
        self._strawberry: Any = schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001
        self._by_sources = False
        self._document = document

    def compile(self) -> Plan:
        if self._operation.directives:
            raise Unsupported("directives of the operation")
        if any(fragment.variable_definitions for fragment in self._fragments.values()):
            raise Unsupported("variables of a fragment")
        used = {directive.name.value for directive in directives(self._document, self._operation)}
        if not used <= KNOWN_DIRECTIVES:
            raise Unsupported("unknown directives")
        root_type = self._schema.get_root_type(self._operation.operation)
        if root_type is None:
            raise Unsupported("no root")
        collected = collect_fields(
            self._schema, self._details, self._booleans, root_type, self._operation
        )
        root = self._level(root_type, collected, None)
        variables = Variables(self._schema, self._operation, by_sources=self._by_sources)
        serially = self._operation.operation is OperationType.MUTATION
        return Plan(root, variables, serially=serially)

    def _level(
        self, type: GraphQLObjectType, collected: CollectedFields, above: Path | None
    ) -> Level:
        if collected.new_defer_usages:
            raise Unsupported("@defer")
        names = Namespace()
        keys: list[tuple[str, str | None]] = []
        readings: list[tuple[Field, str, str]] = []
        deferred: list[Field] = []
        for order, (key, details) in enumerate(collected.grouped_field_set.items()):
            if details[0].node.name.value == "__typename":
                keys.append((key, type.name))
                continue
            keys.append((key, None))
            path = Path(above, key, type.name)
            field, stored = self._field(type, details, (order, path))
            output = field.definition.type
            if stored is not None and can_be_text(output):
                text = expression(output, f"v{len(readings)}", names)
                readings.append((field, stored, text))
            else:
                deferred.append(field)
        level = Level(keys, readings, deferred, names)
        level.needs = joined([field.needs for field in [*deferred, *(r[0] for r in readings)]])
        return level

    def _field(
        self, type: GraphQLObjectType, details: list[FieldDetails], place: tuple[int, Path]
    ) -> tuple[Field, str | None]:
        """Return a field, and its key in documents if it is simply read from them."""
        nodes = [detail.node for detail in details]
        definition = type.fields.get(nodes[0].name.value)
        declared = definition.extensions.get(DEFINITION) if definition else None
        if definition is None or not isinstance(declared, StrawberryField):
            raise Unsupported(f"{type}.{nodes[0].name.value} is not declared by Strawberry")
        field = Field(self._whole, type, definition, nodes, place)
        completer, field.selected = self._completer(definition.type, details, place[1])
        field.needs = needed(declared, field.selected)
        if declared.is_basic_field and not self._strawberry.exception_handlers:
            name = declared.python_name
            stored = self._access.stored_as(name)
            field.fill(Stored(stored, name, self._access.read_field), completer)
            return field, stored
        field.fill(self._source(declared, definition, nodes[0]), completer)
        return field, None

    def _source(
        self, declared: StrawberryField, definition: GraphQLField, node: FieldNode
    ) -> Source:
        arguments = Arguments(definition, node)
        resolve: Any = definition.resolve
        self._by_sources |= arguments.by_sources
        if definition.subscribe is not None:
            # The stream itself is begun elsewhere: here its items pass through.
            return Resolved(whole_resolver(resolve), arguments, waits=False)
        names = python_names(
            declared,
            self._strawberry.config.name_converter.from_argument,
            converters(self._strawberry),
        )
        if "batch" in declared.metadata and not self._strawberry.exception_handlers:
            convert = self._convert(declared) if names is None else plain_conversion(names)
            return Batched(declared, arguments, convert)
        plain = plain_resolver(declared, names)
        if plain is None or self._strawberry.exception_handlers:
            return Resolved(whole_resolver(resolve), arguments, waits=declared.is_async)
        return Resolved(plain, arguments, waits=declared.is_async)

    def _convert(self, declared: StrawberryField) -> Conversion:
        registry = self._strawberry.schema_converter.scalar_registry
        config = self._strawberry.config

        def convert(given: dict[str, Any], info: Any) -> dict[str, Any]:
            return convert_arguments(
                given, declared.arguments, scalar_registry=registry, config=config, info=info
            )

        return convert

    def _completer(
        self, type: GraphQLOutputType, details: list[FieldDetails], path: Path
    ) -> tuple[Completer, frozenset[str] | None]:
        """Return what completes values of a type, and what is read from their documents."""
        nullable = not is_non_null_type(type)
        bare: Any = type.of_type if is_non_null_type(type) else type
        if is_leaf_type(bare):
            return Leaf(bare, nullable=nullable), frozenset()
        if is_list_type(bare):
            item, needs = self._completer(bare.of_type, details, path)
            return Listed(item, nullable=nullable), needs
        if is_abstract_type(bare):
            # Of an interface's many types most never come: each is compiled when it does. What
            # they need is not known before.
            possible = {
                kind.name: partial(self._objects, kind, details, path, nullable=nullable)
                for kind in self._schema.get_possible_types(bare)
            }
            return Abstract(bare, possible, nullable=nullable), None
        objects = self._objects(bare, details, path, nullable=nullable)
        return objects, objects.level.needs

    def _objects(
        self, type: GraphQLObjectType, details: list[FieldDetails], path: Path, *, nullable: bool
    ) -> Objects:
        collected = collect_subfields(
            self._schema, self._details, self._booleans, self._operation, type, details
        )
        level = self._level(type, collected, path)
        declared = type.extensions.get(DEFINITION)
        are_of_type = getattr(getattr(declared, "origin", None), "are_of_type", None)
        return Objects(type, level, nullable=nullable, are_of_type=are_of_type)
