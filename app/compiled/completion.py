"""Completing values: many of one type at once, by the rules that graphql-core applies to one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from itertools import accumulate, chain, pairwise
from types import SimpleNamespace
from typing import Any, Protocol

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLLeafType,
    GraphQLObjectType,
    Undefined,
    default_type_resolver,
)
from graphql.execution import Executor
from graphql.pyutils import inspect, is_async_iterable, is_iterable

from app.compiled.faults import RAISED
from app.compiled.info import Info, Run
from app.compiled.leaves import PLAIN, quick, serialize
from app.compiled.trails import Picked, Trail, Within
from app.compiled.waiting import all_of, any_awaitable, arrived


class Selection(Protocol):
    """What is selected of the objects of one type."""

    needs: frozenset[str] | None
    waits: bool
    gathers: frozenset[str]

    async def complete(self, run: Run, sources: list[Any], trail: Trail) -> list[Any]:
        """Return a dictionary for each source; RAISED where an error takes the object along."""


class Completer(ABC):
    """Completes the values of one position of the document."""

    def __init__(self, *, nullable: bool) -> None:
        self.nullable = nullable

    @property
    def waits(self) -> bool:
        """Whether completing is bound to wait for something."""
        return False

    @property
    def gathers(self) -> frozenset[str]:
        """What fields below ask for that is gathered."""
        return frozenset()

    async def complete(self, info: Info, values: list[Any], trail: Trail) -> list[Any]:
        """Return the completed values; RAISED where an error must take the parent along."""
        kinds = set(map(type, values))
        if kinds <= PLAIN:
            return await self.complete_present(info, values, trail)
        if any_awaitable(kinds):
            values = await arrived(values, foreseen=info.field.waits)
        return await self._complete_some(info, values, trail)

    async def _complete_some(self, info: Info, values: list[Any], trail: Trail) -> list[Any]:
        completed: list[Any] = [None] * len(values)
        picks: list[int] = []
        for i, value in enumerate(values):
            if isinstance(value, Exception):
                completed[i] = info.fail(value, trail, i, nullable=self.nullable)
            elif value is not None and value is not Undefined:
                picks.append(i)
            elif not self.nullable:
                completed[i] = info.fail(_null(info), trail, i, nullable=False)
        if len(picks) == len(values):
            return await self.complete_present(info, values, trail)
        if picks:
            present = [values[i] for i in picks]
            done = await self.complete_present(info, present, Picked(trail, picks))
            for i, value in zip(picks, done, strict=True):
                completed[i] = value
        return completed

    @abstractmethod
    async def complete_present(self, info: Info, values: list[Any], trail: Trail) -> list[Any]:
        """Complete values of which none is null, an exception or a promise."""


def _null(info: Info) -> TypeError:
    where = f"{info.field.parent_type}.{info.field.name}"
    return TypeError(f"Cannot return null for non-nullable field {where}.")


class Leaf(Completer):
    """Completes scalars and enums."""

    def __init__(self, type: GraphQLLeafType, *, nullable: bool) -> None:
        super().__init__(nullable=nullable)
        self._type = type
        self._quick = quick(type)

    async def complete_present(self, info: Info, values: list[Any], trail: Trail) -> list[Any]:
        """Serialise."""
        try:
            return self._quick(values)
        except Exception:  # noqa: BLE001 - done again below, exactly
            return [self._exactly(info, value, trail, i) for i, value in enumerate(values)]

    def _exactly(self, info: Info, value: Any, trail: Trail, index: int) -> Any:
        try:
            return serialize(self._type, value)
        except Exception as error:  # noqa: BLE001 - each becomes an error of its field
            return info.fail(error, trail, index, nullable=self.nullable)


class Listed(Completer):
    """Completes lists, the items of all of them at once."""

    def __init__(self, item: Completer, *, nullable: bool) -> None:
        super().__init__(nullable=nullable)
        self._item = item

    @property
    def waits(self) -> bool:
        """Whether completing the items is bound to wait."""
        return self._item.waits

    @property
    def gathers(self) -> frozenset[str]:
        """What is gathered below the items."""
        return self._item.gathers

    async def complete_present(self, info: Info, values: list[Any], trail: Trail) -> list[Any]:
        """Complete the items."""
        if any(type(value) is not list for value in values):
            listed = [await _listed(value, info) for value in values]
            return await self._complete_some(info, listed, trail)
        faults = len(info.run.faults.found)
        lengths = list(map(len, values))
        within = Within(trail, lengths, nullable=self._item.nullable)
        if len(values) == 1:
            lists = [await self._item.complete(info, values[0], within)]
        else:
            items = await self._item.complete(info, list(chain.from_iterable(values)), within)
            bounds = accumulate(lengths, initial=0)
            lists = [items[begin:end] for begin, end in pairwise(bounds)]
        return lists if len(info.run.faults.found) == faults else self._whole(lists)

    def _whole(self, lists: list[Any]) -> list[Any]:
        failed = None if self.nullable else RAISED
        return [failed if any(item is RAISED for item in items) else items for items in lists]


async def _listed(value: Any, info: Info) -> Any:
    """Return a list of what a resolver gave for one, or the exception that says it is none."""
    if type(value) is list:
        return value
    try:
        if is_async_iterable(value):
            return [item async for item in value]
        if is_iterable(value):
            return list(value)
    except Exception as error:  # noqa: BLE001 - becomes an error of the field
        return error
    where = f"{info.field.parent_type}.{info.field.name}"
    return GraphQLError(f"Expected Iterable, but did not find one for field '{where}'.")


class Objects(Completer):
    """Completes objects of one type, each to a dictionary of what is selected.

    `are_of_type` says of many objects at once what the type's `is_type_of` says of one. If it says
    no, or there is none, each is asked about.
    """

    def __init__(
        self,
        type: GraphQLObjectType,
        level: Selection,
        *,
        nullable: bool,
        are_of_type: Callable[[list[Any]], bool] | None = None,
    ) -> None:
        super().__init__(nullable=nullable)
        self._type = type
        self._is_type_of = type.is_type_of
        self._are_of_type = are_of_type or _unsure
        self.level = level

    @property
    def waits(self) -> bool:
        """Whether a field below is bound to wait."""
        return self.level.waits

    @property
    def gathers(self) -> frozenset[str]:
        """What fields below ask for that is gathered."""
        return self.level.gathers

    async def complete_present(self, info: Info, values: list[Any], trail: Trail) -> list[Any]:
        """Select from the objects."""
        if self._is_type_of is not None and not self._are_of_type(values):
            answers = [self._ask(value, info) for value in values]
            if answers.count(True) < len(answers):
                checked = await self._checked(info, values, answers)
                if any(map(_is_exception, checked)):
                    return await self._complete_some(info, checked, trail)
        run = info.run
        faults = len(run.faults.found)
        objects = await self.level.complete(run, values, trail)
        if self.nullable and len(run.faults.found) != faults:
            return [None if made is RAISED else made for made in objects]
        return objects

    def _ask(self, value: Any, info: Any) -> Any:
        try:
            return self._is_type_of(value, info)  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - becomes an error of the field
            return error

    async def _checked(self, info: Info, values: list[Any], answers: list[Any]) -> list[Any]:
        """Return the values with an exception for each that is not of the type."""
        if any_awaitable(map(type, answers)):
            answers = await arrived(answers, foreseen=False)
        return [
            answer
            if isinstance(answer, Exception)
            else (value if answer else self._stranger(info, value))
            for value, answer in zip(values, answers, strict=True)
        ]

    def _stranger(self, info: Info, value: Any) -> GraphQLError:
        message = f"Expected value of type '{self._type}' but got: {inspect(value)}."
        return GraphQLError(message, info.field_nodes)


def _unsure(_values: list[Any]) -> bool:
    return False


def _is_exception(value: Any) -> bool:
    return isinstance(value, Exception)


class Abstract(Completer):
    """Completes objects of an interface or union, grouped by their concrete type."""

    def __init__(
        self,
        type: GraphQLAbstractType,
        possible: Mapping[str, Callable[[], Objects]],
        *,
        nullable: bool,
    ) -> None:
        super().__init__(nullable=nullable)
        self._type = type
        self._possible = possible
        self._met: dict[str, Objects] = {}
        self._resolve_type: Callable[..., Any] = type.resolve_type or default_type_resolver

    @property
    def waits(self) -> bool:
        """Whether a field of one of the types is bound to wait: it may."""
        return True

    async def complete_present(self, info: Info, values: list[Any], trail: Trail) -> list[Any]:
        """Find the types, and complete each type's objects together."""
        named = [self._ask(value, info) for value in values]
        if all(map(self._is_known, named)):
            return await self._complete_named(info, values, named, trail)
        if any_awaitable(set(map(type, named))):
            named = await arrived(named, foreseen=False)
        named = [
            name
            if isinstance(name, Exception) or self._is_known(name)
            else self._unfit(name, value, info)
            for name, value in zip(named, values, strict=True)
        ]
        if any(map(_is_exception, named)):
            known = [
                n if isinstance(n, Exception) else v for n, v in zip(named, values, strict=True)
            ]
            return await self._complete_some(info, known, trail)
        return await self._complete_named(info, values, named, trail)

    async def _complete_named(
        self, info: Info, values: list[Any], named: list[str], trail: Trail
    ) -> list[Any]:
        if len(set(named)) == 1:
            return await self._objects(named[0]).complete_present(info, values, trail)
        groups: dict[str, list[int]] = {}
        for i, name in enumerate(named):
            groups.setdefault(name, []).append(i)
        completed: list[Any] = [None] * len(values)
        done = await all_of(
            [
                self._objects(name).complete_present(
                    info, [values[i] for i in picks], Picked(trail, picks)
                )
                for name, picks in groups.items()
            ]
        )
        for picks, objects in zip(groups.values(), done, strict=True):
            for i, made in zip(picks, objects, strict=True):
                completed[i] = made
        return completed

    def _is_known(self, name: Any) -> bool:
        return type(name) is str and name in self._possible

    def _objects(self, name: str) -> Objects:
        met = self._met.get(name)
        if met is None:
            met = self._met[name] = self._possible[name]()
        return met

    def _ask(self, value: Any, info: Any) -> Any:
        try:
            return self._resolve_type(value, info, self._type)
        except Exception as error:  # noqa: BLE001 - becomes an error of the field
            return error

    def _unfit(self, name: Any, value: Any, info: Any) -> Exception | str:
        """Return what graphql-core says of a type that cannot be meant."""
        schema: Any = SimpleNamespace(schema=info.schema)
        try:
            Executor.ensure_valid_runtime_type(
                schema, name, self._type, info.field_details, info, value
            )
        except GraphQLError as error:
            return error
        return str(name)
