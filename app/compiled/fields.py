"""One field of a selection: its values for all parents of a level, and what becomes of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType
from graphql.pyutils import Path
from strawberry.types import Info as StrawberryInfo
from strawberry.types.field import StrawberryField

from app.compiled.arguments import Arguments
from app.compiled.completion import Completer
from app.compiled.info import Info, Run, Whole
from app.compiled.inputs import Convert, Converters, Special
from app.compiled.trails import Down, Step, Trail
from app.compiled.waiting import arrived

ReadField = Callable[[Any, str], Any]
# Names of fields that are read; None where that cannot be told.
Needs = frozenset[str] | None


class Source(ABC):
    """Where the values of a field come from."""

    # Whether getting them is bound to wait.
    waits = False
    # The name of what is asked for, if that is gathered with what others ask for.
    gathers: str | None = None
    # Whether it can say beforehand what it is going to ask for.
    expects = False

    @abstractmethod
    async def values(self, parents: list[Any], info: Info) -> list[Any]:
        """Return a value, an exception or a promise for each parent."""

    def expect(self, parents: list[Any], info: Info) -> None:  # noqa: B027 - most need not
        """Say what it is going to ask for: whoever asks for the like brings it along."""


class Field:
    """A field as a document asks for it."""

    def __init__(
        self,
        whole: Whole,
        parent_type: GraphQLObjectType,
        definition: GraphQLField,
        nodes: list[FieldNode],
        place: tuple[int, Path],
    ) -> None:
        self.whole = whole
        self.parent_type = parent_type
        self.definition = definition
        self.nodes = nodes
        self.order, self.path = place
        self.name = nodes[0].name.value
        self.key = str(self.path.key)
        # What is read from the field's documents, and what the field reads from its own.
        self.selected: Needs = frozenset()
        self.needs: Needs = frozenset()
        # All that is gathered by the field and below it.
        self.gathers: frozenset[str] = frozenset()
        self._source: Source
        self._completer: Completer
        self._step: Step

    def fill(self, source: Source, completer: Completer) -> None:
        """Say where the values come from and what becomes of them."""
        self._source = source
        self._completer = completer
        self._step = Step(self.order, self.key, completer.nullable)
        own = frozenset() if source.gathers is None else frozenset({source.gathers})
        self.gathers = own | completer.gathers

    @property
    def nullable(self) -> bool:
        """Whether its value may be null."""
        return self._completer.nullable

    @property
    def waits(self) -> bool:
        """Whether the field itself is bound to wait."""
        return self._source.waits

    @property
    def waits_below(self) -> bool:
        """Whether the field or anything below it is bound to wait."""
        return self._source.waits or self._completer.waits

    @property
    def gathers_below(self) -> frozenset[str]:
        """All that is gathered below the field."""
        return self._completer.gathers

    def can_follow(self, gathered: frozenset[str]) -> bool:
        """Whether it may come last: who gathers this brings along what it says it will want."""
        source = self._source
        return source.expects and source.gathers in gathered and not self._completer.waits

    def expect(self, run: Run, parents: list[Any]) -> None:
        """Say what the field is going to ask for."""
        self._source.expect(parents, Info(self, run))

    async def complete(self, run: Run, parents: list[Any], trail: Trail) -> list[Any]:
        """Return the completed value for each parent."""
        if not parents:
            return []
        info = Info(self, run)
        values = await self._source.values(parents, info)
        return await self._completer.complete(info, values, Down(trail, self._step))


class Stored(Source):
    """Values that documents hold."""

    def __init__(self, key: str, name: str, read_field: ReadField) -> None:
        self._key = key
        self._name = name
        self._read_field = read_field

    async def values(self, parents: list[Any], info: Info) -> list[Any]:  # noqa: ARG002 - the same for all
        """Read the field of each parent."""
        key = self._key
        return [
            parent.get(key) if type(parent) is dict else self._read(parent) for parent in parents
        ]

    def _read(self, parent: Any) -> Any:
        try:
            return self._read_field(parent, self._name)
        except Exception as error:  # noqa: BLE001 - becomes an error of the field
            return error


class Resolved(Source):
    """Values that a resolver gives, parent by parent."""

    def __init__(self, resolver: "Resolver", arguments: Arguments, *, waits: bool) -> None:
        self._resolver = resolver
        self._arguments = arguments
        self.waits = waits

    async def values(self, parents: list[Any], info: Info) -> list[Any]:
        """Call the resolver for each parent."""
        try:
            given = self._arguments.values(info.run.variables)
        except Exception as error:  # noqa: BLE001 - becomes an error of the field
            return [error] * len(parents)
        call = self._resolver(info, given)
        values = []
        for parent in parents:
            try:
                values.append(call(parent))
            except Exception as error:  # noqa: BLE001 - becomes an error of the field
                values.append(error)
        return await arrived(values, foreseen=True) if self.waits else values


# Given arguments by the names in the schema, and what a resolver is told, returns them as it takes
# them.
Conversion = Callable[[dict[str, Any], StrawberryInfo], dict[str, Any]]


class Batched(Source):
    """Values that one call gives for all parents."""

    waits = True

    def __init__(self, field: StrawberryField, arguments: Arguments, convert: Conversion) -> None:
        self._field = field
        self._batch = field.metadata["batch"]
        self._expect = field.metadata.get("expect")
        self.gathers = field.metadata.get("gathers")
        self.expects = self._expect is not None
        self._arguments = arguments
        self._convert = convert

    async def values(self, parents: list[Any], info: Info) -> list[Any]:
        """Call the batch function."""
        told = StrawberryInfo(info, self._field)  # type: ignore[arg-type]
        try:
            given = self._convert(self._arguments.values(info.run.variables), told)
            values = list(await self._batch(parents, told, **given))
            if len(values) != len(parents):
                message = f"A batch of {len(parents)} came back as {len(values)}."
                raise RuntimeError(message)  # noqa: TRY301 - told like any error of the batch
        except Exception as error:  # noqa: BLE001 - becomes an error of the field
            return [error] * len(parents)
        return values

    def expect(self, parents: list[Any], info: Info) -> None:
        """Tell what keeps count of it."""
        if self._expect is not None:
            with suppress(Exception):  # what is wrong is said when the values are asked for
                self._expect(parents, StrawberryInfo(info, self._field))  # type: ignore[arg-type]


# Given what a resolver is told and its arguments, returns the call for one parent.
Resolver = Callable[[Info, dict[str, Any]], Callable[[Any], Any]]


def whole_resolver(resolve: Callable[..., Any]) -> Resolver:
    """Return a resolver as graphql-core calls it: with arguments, extensions and handlers."""

    def bind(info: Info, given: dict[str, Any]) -> Callable[[Any], Any]:
        return lambda parent: resolve(parent, info, **given)

    return bind


# What a resolver calls an argument, and what makes its value.
Names = Mapping[str, tuple[str, Convert]]


def python_names(
    field: StrawberryField, name_of: Callable[[Any], str], converters: Converters
) -> Names | None:
    """Return what the resolver calls its arguments; None if Strawberry has to convert one."""
    try:
        return {
            name_of(argument): (argument.python_name, converters.find(argument.type))
            for argument in field.arguments
        }
    except Special:
        return None


def plain_conversion(names: Names) -> Conversion:
    """Return what makes a resolver's arguments."""

    def convert(given: dict[str, Any], _told: StrawberryInfo) -> dict[str, Any]:
        made = {}
        for name, value in given.items():
            python_name, convert = names[name]
            made[python_name] = value if convert is None else convert(value)
        return made

    return convert


def plain_resolver(field: StrawberryField, names: Names | None) -> Resolver | None:
    """Return the function behind a field, unless Strawberry has more to do than to call it."""
    base = field.base_resolver
    if base is None or names is None or field.extensions or not callable(base.wrapped_func):
        return None
    function: Any = base.wrapped_func
    parents = [p.name for p in (base.parent_parameter, base.root_parameter) if p]
    told = base.info_parameter.name if base.info_parameter else None
    with_self = base.self_parameter is not None

    def bind(info: Info, arguments: dict[str, Any]) -> Callable[[Any], Any]:
        if not told and not parents and not arguments and with_self:
            return function  # type: ignore[no-any-return]
        given: dict[str, Any] = {}
        made: list[tuple[str, Any, Any]] = []  # anew for each parent, since it can be changed
        for name, value in arguments.items():
            python_name, convert = names[name]
            if convert is None:
                given[python_name] = value
            else:
                made.append((python_name, convert, value))
        if told:
            given[told] = StrawberryInfo(info, field)  # type: ignore[arg-type]
        if not parents and not made:
            if with_self:
                return lambda parent: function(parent, **given)
            return lambda _parent: function(**given)
        return lambda parent: function(
            *((parent,) if with_self else ()),
            **given,
            **{python_name: convert(value) for python_name, convert, value in made},
            **dict.fromkeys(parents, parent),
        )

    return bind


def needed(field: StrawberryField, below: Needs) -> Needs:
    """Return what a field reads of its document; None if that cannot be told.

    Its metadata says so where it has a resolver: `needs` names what that reads; `through` says
    that the field's value is the document itself, or documents of the same kind.
    """
    metadata = field.metadata
    if metadata.get("through"):
        return below
    if "needs" in metadata:
        return frozenset(metadata["needs"])
    return frozenset({field.python_name}) if field.is_basic_field else None


def joined(parts: Sequence[Needs]) -> Needs:
    """Return all the parts together; None if one is not known."""
    together: frozenset[str] = frozenset()
    for part in parts:
        if part is None:
            return None
        together |= part
    return together
