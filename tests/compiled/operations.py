"""Random operations that fit a schema: fields, aliases, fragments, directives and variables."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st

Value = Callable[["Writer", str, Any], Any]
MOST_FIELDS, MOST_IN_ALL, DEEPEST = 5, 30, 5


@dataclass(frozen=True, slots=True)
class Written:
    """An operation as it is sent."""

    text: str
    variables: dict[str, Any] = field(default_factory=dict)


class EnumName(str):
    """A value that stands in a document without quotation marks."""

    __slots__ = ()


class Writer:
    """Writes one operation, as chance decides.

    Args:
        schema: the schema.
        draw: hypothesis' source of chance.
        value: returns the value of a named input type, for an argument of the given name.
        allowed: which fields may be asked for.

    """

    def __init__(
        self,
        schema: GraphQLSchema,
        draw: Callable[[st.SearchStrategy[Any]], Any],
        value: Value,
        allowed: Callable[[Any, str], bool],
    ) -> None:
        self._schema = schema
        self.draw = draw
        self._value = value
        self._allowed = allowed
        self._left = MOST_IN_ALL
        self._aliases = 0
        self._declared: list[str] = []
        self._variables: dict[str, Any] = {}
        self._fragments: list[str] = []

    def write(self, kind: str) -> Written:
        """Return an operation on the root of a kind: query, mutation or subscription."""
        root = getattr(self._schema, f"{kind}_type")
        body = self._selection(root, 0)
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        text = "\n".join([f"{kind} Q{declared} {body}", *self._fragments])
        return Written(text, self._variables)

    def chance(self, percent: int) -> bool:
        """Say yes so often."""
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)

    def _selection(self, type: Any, depth: int) -> str:
        most = min(MOST_FIELDS, max(1, self._left))
        parts = [self._part(type, depth) for _ in range(self.draw(st.integers(1, most)))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, type: Any, depth: int) -> str:
        self._left -= 1
        if is_abstract_type(type) and depth < DEEPEST and self.chance(50):
            target = self.draw(st.sampled_from(self._schema.get_possible_types(type)))
            return self._fragment(target, depth)
        if depth < DEEPEST and self.chance(12):
            return self._fragment(type, depth)
        fields = [
            name
            for name, field in getattr(type, "fields", {}).items()
            if self._allowed(type, name)
            and (depth < DEEPEST or not is_composite_type(get_named_type(field.type)))
        ]
        if not fields or self.chance(8):
            shown = self._alias("__typename") if self.chance(30) else "__typename"
            return shown + self._directive()
        return self._field(type, self.draw(st.sampled_from(fields)), depth)

    def _fragment(self, type: Any, depth: int) -> str:
        body = self._selection(type, depth + 1)
        if self.chance(30):
            name = f"F{len(self._fragments)}"
            self._fragments.append(f"fragment {name} on {type} {body}")
            return f"...{name}{self._directive()}"
        return f"... on {type}{self._directive()} {body}"

    def _field(self, type: Any, name: str, depth: int) -> str:
        definition = type.fields[name]
        arguments = self._arguments(definition)
        inner = get_named_type(definition.type)
        body = f" {self._selection(inner, depth + 1)}" if is_composite_type(inner) else ""
        # Fields of one name may differ in type or arguments between types: they get names apart.
        shown = self._alias(name) if arguments or self.chance(40) else name
        return f"{shown}{arguments}{self._directive()}{body}"

    def _alias(self, name: str) -> str:
        self._aliases += 1
        return f"a{self._aliases}: {name}"

    def _directive(self) -> str:
        if not self.chance(12):
            return ""
        name = self.draw(st.sampled_from(["skip", "include"]))
        value = self.chance(50)
        if self.chance(50):
            return f" @{name}(if: {json.dumps(value)})"
        variable = self._declare("Boolean!", value)
        return f" @{name}(if: ${variable})"

    def _arguments(self, definition: Any) -> str:
        given: list[str] = []
        for name, argument in definition.args.items():
            if not is_required_argument(argument) and self.chance(40):
                continue
            if self.chance(40):
                given.append(f"{name}: ${self._variable(name, argument.type)}")
            else:
                given.append(f"{name}: {_literal(self._of(name, argument.type))}")
        return f"({', '.join(given)})" if given else ""

    def _variable(self, name: str, type: Any) -> str:
        value = self._of(name, type)
        if not is_non_null_type(type) and self.chance(20):
            return self._declare(str(type))
        default = _literal(self._of(name, type)) if self.chance(20) else None
        if default is not None and self.chance(50):
            return self._declare(f"{type} = {default}")
        return self._declare(str(type) + (f" = {default}" if default else ""), value)

    def _declare(self, declaration: str, *values: Any) -> str:
        name = f"v{len(self._declared)}"
        self._declared.append(f"${name}: {declaration}")
        for value in values:
            self._variables[name] = _sent(value)
        return name

    def _of(self, name: str, type: Any) -> Any:
        if is_non_null_type(type):
            return self._present(name, type.of_type)
        return None if self.chance(15) else self._present(name, type)

    def _present(self, name: str, type: Any) -> Any:
        if is_list_type(type):
            return [self._of(name, type.of_type) for _ in range(self.draw(st.integers(0, 3)))]
        if isinstance(type, GraphQLEnumType):
            return EnumName(self.draw(st.sampled_from(sorted(type.values))))
        if isinstance(type, GraphQLInputObjectType):
            return {
                key: self._of(key, part.type)
                for key, part in type.fields.items()
                if is_required_input_field(part) or self.chance(25)
            }
        return self._value(self, name, type)


def _literal(value: Any) -> str:
    if isinstance(value, EnumName):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_literal(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _sent(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sent(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_sent(part) for part in value]
    return str(value) if isinstance(value, EnumName) else value
