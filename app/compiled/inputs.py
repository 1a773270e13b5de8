"""Values on the way in: coerced by graphql-core's rules, and made into Strawberry's input objects.

Both are prepared once per type. What is not certainly right raises `Odd`, whereupon graphql-core
coerces it again and says what is wrong; what Strawberry treats in a special way is left to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import lru_cache
from math import isfinite
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    Undefined,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    is_specified_scalar_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
)
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

from app.compiled.leaves import MOST_TYPES, Odd

SMALLEST, GREATEST = -(2**31), 2**31 - 1

PLAIN: dict[str, Callable[[Any], bool]] = {
    "String": lambda value: type(value) is str,
    "ID": lambda value: type(value) is str,
    "Boolean": lambda value: type(value) is bool,
    "Int": lambda value: type(value) is int and SMALLEST <= value <= GREATEST,
    "Float": lambda value: type(value) is float and isfinite(value),
}
Coerce = Callable[[Any], Any]
# Makes what a resolver is given of what graphql-core coerced; None where that is the same.
Convert = Callable[[Any], Any] | None


class Special(Exception):
    """A type that is not prepared."""


def coercer(type: GraphQLInputType, within: frozenset[str] = frozenset()) -> Coerce:
    """Return a function that coerces a value as graphql-core does, or raises.

    Args:
        type: the type.
        within: the input objects around it.

    Raises:
        Special: an input object can hold another of its own type.

    """
    if is_non_null_type(type):
        return _present(type.of_type, within)
    present = _present(type, within)
    return lambda value: None if value is None else present(value)


def _present(type: Any, within: frozenset[str]) -> Coerce:
    """Return the same for a value that must not be null."""
    if is_list_type(type):
        return _listed(coercer(type.of_type, within))
    if is_input_object_type(type):
        if type.name in within:  # then graphql-core counts how deep a value goes
            raise Special(type.name)
        return _gathered(type, within | {type.name})
    return _leaf(type)


def _listed(item: Coerce) -> Coerce:
    def coerce(value: Any) -> list[Any]:
        if value.__class__ is not list:
            raise Odd
        return [item(one) for one in value]

    return coerce


def _leaf(type: Any) -> Coerce:
    fits = PLAIN.get(type.name) if is_specified_scalar_type(type) else None
    exactly = type.coerce_input_value

    def coerce(value: Any) -> Any:
        if fits is not None and fits(value):
            return value
        if value is None:
            raise Odd
        coerced = exactly(value)
        if coerced is Undefined:
            raise Odd
        return coerced

    return coerce


@lru_cache(maxsize=MOST_TYPES)
def _gathered(type: GraphQLInputObjectType, within: frozenset[str]) -> Coerce:
    parts = [
        (name, part.out_name or name, coercer(part.type, within))
        for name, part in type.fields.items()
    ]
    required = [name for name, part in type.fields.items() if is_required_input_field(part)]
    defaults = {
        part.out_name or name: default
        for name, part in type.fields.items()
        if (default := coerce_default_value(part)) is not Undefined
    }
    known, finish, alone = type.fields.keys(), type.out_type, type.is_one_of

    def coerce(value: Any) -> Any:
        if value.__class__ is not dict or not value.keys() <= known:
            raise Odd
        for name in required:
            if name not in value:
                raise Odd
        coerced = dict(defaults)
        for name, shown, part in parts:
            if name in value:
                coerced[shown] = part(value[name])
        if alone and (len(value) != 1 or len(coerced) != 1 or None in coerced.values()):
            raise Odd
        return finish(coerced)

    return coerce


class Converters:
    """What makes Strawberry's input objects, for the types of one schema."""

    def __init__(self, schema: Any) -> None:
        self._scalars: Mapping[object, Any] = schema.schema_converter.scalar_registry
        self._name_of: Callable[[Any], str] = schema.config.name_converter.from_field
        self._made: dict[Any, Convert] = {}

    def find(self, type: Any) -> Convert:
        """Return what converts values of a type as Strawberry does.

        Raises:
            Special: Strawberry has more to do with them.

        """
        while isinstance(type, StrawberryOptional | LazyType):
            if isinstance(type, StrawberryMaybe):
                raise Special(str(type))
            type = type.resolve_type() if isinstance(type, LazyType) else type.of_type
        if isinstance(type, StrawberryList):
            return _copied(self.find(type.of_type))
        if type is GlobalID:
            raise Special(str(type))
        if is_scalar(type, self._scalars) or isinstance(type, StrawberryEnumDefinition):
            return None
        declared = getattr(type, "__strawberry_definition__", None)
        if isinstance(declared, StrawberryEnumDefinition):
            return None
        if type not in self._made:
            self._made[type] = self._object(type, declared)
        return self._made[type]

    def _object(self, type: Any, declared: Any) -> Convert:
        plain = isinstance(declared, StrawberryObjectDefinition) and declared.is_input
        if not plain or declared.from_input is not None:
            raise Special(str(type))
        parts: list[tuple[str, str, Convert]] = []
        absent: dict[str, Any] = {}

        def convert(value: Any) -> Any:
            if value is None or value is UNSET:
                return value
            given = dict(absent)
            for name, python_name, part in parts:
                if name in value:
                    inner = value[name]
                    given[python_name] = inner if part is None else part(inner)
            return type(**given)

        self._made[type] = convert  # an input object may hold others of its type
        try:
            parts += [self._part(declared, field) for field in declared.fields]
        except Special:
            self._made.clear()  # another one may hold what was not finished
            raise
        absent |= {
            field.python_name: None
            for field in declared.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }
        return convert

    def _part(
        self, declared: StrawberryObjectDefinition, field: StrawberryField
    ) -> tuple[str, str, Convert]:
        convert = self.find(field.resolve_type(type_definition=declared))
        return self._name_of(field), field.python_name, convert


@lru_cache(maxsize=MOST_TYPES)
def converters(schema: Any) -> Converters:
    """Return the converters of a Strawberry schema."""
    return Converters(schema)


def _copied(item: Convert) -> Convert:
    # Copied in any case: a default is the same list for every request.
    def convert(value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        return list(value) if item is None else [item(one) for one in value]

    return convert
