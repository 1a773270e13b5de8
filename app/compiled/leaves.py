"""Scalars and enums on the way out: as Python text for values of the exact type, and exactly.

The text is an expression that is built into generated functions. It takes what is certainly right
and raises for all else, whereupon the value is completed again as graphql-core completes it.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_specified_scalar_type,
)
from graphql.pyutils import inspect, is_awaitable

# How a value is known to be its own serialisation; a finite number times zero is zero.
EXACT = {
    "String": "type({v}) is str",
    "ID": "type({v}) is str",
    "Boolean": "type({v}) is bool",
    "Int": "type({v}) is int and -2147483648 <= {v} <= 2147483647",
    "Float": "type({v}) is float and {v} * 0.0 == 0.0",
}
# Values of exactly these types are neither null nor exceptions nor promises.
PLAIN = frozenset({dict, str, int, float, bool, list, tuple, datetime})
MOST_TYPES = 1024


class Odd(Exception):
    """A value that the quick way does not take."""


def serialize(type: GraphQLLeafType, value: Any) -> Any:
    """Return a value as it is sent, by graphql-core's rules."""
    sent = type.coerce_output_value(value)
    if sent is Undefined or sent is None:
        raise TypeError(
            f"Expected `{inspect(type)}.coerce_output_value({inspect(value)})`"
            f" to return non-nullable value, returned: {inspect(sent)}"
        )
    return sent


def strict(type: GraphQLLeafType) -> Callable[[Any], Any]:
    """Return a function that serialises what is neither null, an exception nor a promise."""
    coerce = type.coerce_output_value

    def serialized(value: Any) -> Any:
        if value is None or isinstance(value, Exception) or is_awaitable(value):
            raise Odd
        sent = coerce(value)
        if sent is None or sent is Undefined:
            raise Odd
        return sent

    return serialized


class Namespace(dict[str, Any]):
    """The names that a generated function refers to."""

    def name(self, prefix: str, value: Any) -> str:
        """Return a fresh name for a value."""
        name = f"{prefix}{len(self)}"
        self[name] = value
        return name


def can_be_text(type: GraphQLOutputType) -> bool:
    """Say whether an expression can complete values of a type: a leaf, or a list of leaves."""
    bare = type.of_type if is_non_null_type(type) else type
    item = bare.of_type if is_list_type(bare) else bare
    return bool(is_leaf_type(item.of_type if is_non_null_type(item) else item))


def expression(type: GraphQLOutputType, v: str, names: Namespace) -> str:
    """Return the expression that completes the value of a variable, or raises."""
    if not isinstance(type, GraphQLNonNull):
        return f"(None if {v} is None else {present_expression(type, v, names)})"
    return present_expression(type.of_type, v, names)


def present_expression(type: Any, v: str, names: Namespace) -> str:
    """Return the same for a value that is not null."""
    if is_list_type(type):
        item = expression(type.of_type, "x", names)
        odd = names.name("odd", _odd)
        return f"([{item} for x in {v}] if type({v}) is list else {odd}())"
    serialized = names.name("to", strict(type))
    if isinstance(type, GraphQLScalarType) and is_specified_scalar_type(type):
        return f"({v} if {EXACT[type.name].format(v=v)} else {serialized}({v}))"
    if isinstance(type, GraphQLEnumType):
        found = _known(type)
        known = names.name("known", dict(found))
        kinds = names.name("kinds", frozenset(value.__class__ for value, _ in found))
        return f"({known}[{v}] if type({v}) in {kinds} and {v} in {known} else {serialized}({v}))"
    coerce = names.name("coerce", type.coerce_output_value)
    return (
        f"(sent if type({v}) in {names.name('plain', PLAIN)}"
        f" and (sent := {coerce}({v})) is not None"
        f" and sent is not {names.name('undefined', Undefined)} else {serialized}({v}))"
    )


@lru_cache(maxsize=MOST_TYPES)
def quick(type: GraphQLLeafType) -> Callable[[list[Any]], list[Any]]:
    """Return a function that serialises values of which none is null, or raises."""
    names = Namespace()
    text = f"lambda values: [{present_expression(type, 'v', names)} for v in values]"
    serialized: Callable[[list[Any]], list[Any]] = eval(text, dict(names))  # noqa: S307 - our text
    return serialized


def _known(type: GraphQLEnumType) -> list[tuple[Any, str]]:
    """Return the values of an enum whose serialisation can be looked up, each with that.

    A member that is a text, and the text, are one to a dictionary, and are serialised alike.
    """
    members: list[Any] = list(getattr(type, "wrapped_cls", ()))
    texts = [member.value for member in members if isinstance(member.value, str)]
    known: list[tuple[Any, str]] = []
    for value in [*members, *texts, *(value.value for value in type.values.values())]:
        if isinstance(value, str | Enum):
            try:
                known.append((value, serialize(type, value)))
            except Exception:  # noqa: BLE001, S112 - such a value takes the exact way
                continue
    return known


def _odd() -> Any:
    raise Odd
