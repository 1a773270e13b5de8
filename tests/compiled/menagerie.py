"""A schema of animals in which everything happens that can happen to a field."""

# Strawberry's decorators with arguments are untyped.
# mypy: disable-error-code="untyped-decorator"

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from app.compiled import Access
from tests.compiled.animals import Mood, Size, Trouble, animal, turns
from tests.compiled.orders import Order
from tests.compiled.sisters import sister


class Refusal(Exception):
    """Something that a resolver says in so many words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extensions = {"code": "REFUSED"}


@dataclass
class Farm:
    """The context of one request."""

    done: list[str] = field(default_factory=list)
    batches: list[tuple[str, int]] = field(default_factory=list)
    expected: list[tuple[list[str], int]] = field(default_factory=list)
    selected: dict[str, frozenset[str] | None] = field(default_factory=dict)

    async def wait(self, name: str) -> str:
        """Wait for what never happens."""
        await asyncio.Event().wait()
        return name


def stored_as(name: str) -> str:
    """Return the key of a field in a document."""
    return {"id": "_id", "born": "born_at"}.get(name, name)


def read_field(source: Any, name: str) -> Any:
    """Return the value of a field."""
    return source.get(stored_as(name)) if type(source) is dict else getattr(source, name)


ACCESS = Access(stored_as, read_field)


def _print_stamp(value: datetime) -> str:
    return value.isoformat() + "Z"


@strawberry.type
class Home:
    name: str
    longitude: float = strawberry.field(
        resolver=lambda self: self["coordinates"][0], graphql_type=float
    )
    latitude: float | None = strawberry.field(
        resolver=lambda self: self["coordinates"][2], graphql_type=float | None
    )


async def _friends(parents: list[Any], info: Info) -> list[Any]:
    """Return the next animal for each; odd ones for some."""
    info.context.batches.append(("friend", len(parents)))
    info.context.selected["friend"] = info._raw_info.selected  # type: ignore[attr-defined]
    await turns(1)
    return [_friend_of(parent["_id"]) for parent in parents]


def _friend_of(id: str) -> Any:
    number = int(id.removeprefix("ani_"))
    if number % 5 == 4:
        return Trouble(f"{id} has lost its friend")
    return None if number % 4 == 3 else animal(number + 1)


async def _resolve_friend(self: Any, info: Info) -> Any:
    await turns(1)
    friend = _friend_of(self["_id"])
    if isinstance(friend, Exception):
        raise friend
    return friend


def _friend() -> Any:
    return strawberry.field(
        resolver=_resolve_friend,
        graphql_type=Annotated["Animal", strawberry.lazy("tests.compiled.menagerie")] | None,
        metadata={"batch": _friends, "needs": ("_id",)},
    )


class Loud(FieldExtension):
    """Answers in capitals."""

    def resolve(self, next_: Any, source: Any, info: Info, **kwargs: Any) -> Any:
        return str(next_(source, info, **kwargs)).upper()


def _kind(kind: str) -> Any:
    @classmethod  # type: ignore[misc]
    def is_type_of(cls: Any, source: Any, _info: object) -> bool:
        return type(source) is dict and source.get("kind") == kind

    return is_type_of


@strawberry.interface
class Animal:
    id: strawberry.ID
    number: int
    name: str
    nickname: str | None
    weight: float
    mood: Mood | None
    size: Size
    tame: bool
    born: datetime
    tags: list[str]
    marks: list[int | None]
    grid: list[list[int] | None]
    home: Home | None
    homes: list[Home]
    friend: Annotated["Animal", strawberry.lazy("tests.compiled.menagerie")] | None = _friend()

    @strawberry.field
    def label(self: Any) -> str:
        number = self["number"]
        if number % 9 == 8:
            raise Trouble(f"no label for {number}")
        return f"№ {number}"

    @strawberry.field
    def maybe_label(self: Any, prefix: str = "No.", times: int | None = None) -> str | None:
        if self["number"] % 6 == 5:
            raise Refusal("no label either")
        return f"{prefix} {self['number']} {times}"

    @strawberry.field
    async def greeting(self: Any, info: Info, turn: int = 1) -> str | None:
        await turns(turn % 5)
        if self["number"] % 8 == 7:
            raise GraphQLError("It does not greet.", extensions={"code": "RUDE"})
        return f"Hello from {self['name']} to {info.field_name}"

    @strawberry.field
    async def meeting(self: Any, info: Info, name: str) -> str:
        met: str = await info.context.wait(f"{name}{self['number']}")
        return met

    @strawberry.field
    async def duty(self: Any) -> int:
        await turns(1)
        return None if self["number"] % 10 == 6 else self["number"]  # type: ignore[return-value]

    @strawberry.field(extensions=[Loud()])
    def shout(self: Any) -> str:
        return str(self["name"])

    @strawberry.field(graphql_type=list[Home])
    def generated_homes(self: Any) -> Iterator[Any]:
        yield from self["homes"]

    @strawberry.field(graphql_type=str | None)
    def promised(self: Any) -> Any:
        """Return a promise although nothing says so."""
        return Promise("kept", broken=self["number"] % 7 == 2)

    @strawberry.field(graphql_type=list[Home | None])
    def promised_homes(self: Any) -> Any:
        return [Promise(home) for home in self["homes"]]

    @strawberry.field(
        graphql_type=list[Annotated["Pet", strawberry.lazy("tests.compiled.menagerie")]]
    )
    async def pets(self: Any, count: int = 2) -> Any:
        await turns(1)
        return [pet(self["number"] + n) for n in range(min(max(count, 0), 4))]


class Promise:
    """Something awaitable, which nobody minds if it is never awaited."""

    def __init__(self, value: Any, *, broken: bool = False) -> None:
        self._value = value
        self._broken = broken

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from turns(2).__await__()
        if self._broken:
            raise Trouble("a promise is broken")
        return self._value


@strawberry.type
class Cat(Animal):
    lives: int = strawberry.field(resolver=lambda self: 9 - self["number"] % 9, graphql_type=int)
    sister: Annotated["Cat", strawberry.lazy("tests.compiled.menagerie")] | None = sister()
    is_type_of = _kind("cat")


@strawberry.type
class Dog(Animal):
    master: str | None
    is_type_of = _kind("dog")


@strawberry.type
class Bird(Animal):
    wings: int = strawberry.field(resolver=lambda: 2, graphql_type=int)
    is_type_of = _kind("bird")


@strawberry.type
class Stone:
    """Something that is no document."""

    weight: float
    shape: str | None = None


Pet = Annotated[Cat | Dog | Stone, strawberry.union("Pet")]


def pet(number: int) -> Any:
    """Return an animal, or a stone."""
    if number % 5 == 0:
        return Stone(weight=number, shape=None if number % 2 else "round")
    return animal(number)


@strawberry.type
class Page:
    total: int = strawberry.field(resolver=lambda self: len(self.numbers), graphql_type=int)

    @strawberry.field(graphql_type=list[Animal], metadata={"through": True})
    def nodes(self: Any) -> Any:
        return [animal(n) for n in self.numbers]

    @strawberry.field(graphql_type=list[Animal | None])
    async def found(self: Any) -> Any:
        await turns(1)
        return [animal(n) if n % 3 else None for n in self.numbers]

    @strawberry.field
    async def count(self: Any) -> int:
        return len(self.numbers)


@dataclass
class Numbers:
    """The source of a page."""

    numbers: list[int]


@strawberry.input
class Wish:
    least: int = 0
    names: list[str] | None = None
    mood: Mood = Mood.CALM
    after: datetime | None = None
    inner: Annotated["Wish", strawberry.lazy("tests.compiled.menagerie")] | None = None


@strawberry.type
class Query:
    @strawberry.field(graphql_type=Animal | None)
    async def animal(self, number: int = 1) -> Any:
        await turns(1)
        if number < 0:
            raise Trouble("below zero")
        return animal(number % 40)

    @strawberry.field(graphql_type=Animal)
    async def one(self, number: int = 2) -> Any:
        return animal(number % 40)

    @strawberry.field(graphql_type=list[Animal])
    async def animals(self, info: Info, numbers: list[int]) -> Any:
        info.context.selected["animals"] = getattr(info._raw_info, "selected", None)
        return [animal(n % 40) for n in numbers]

    @strawberry.field(graphql_type=list[Animal | None] | None)
    def herd(self, numbers: list[int]) -> Any:
        return [animal(n % 40) for n in numbers]

    @strawberry.field(graphql_type=list[list[Animal | None]] | None)
    def pens(self, numbers: list[int]) -> Any:
        return [[animal(n % 40) for n in numbers], [], [animal(n % 40) for n in numbers[:2]]]

    @strawberry.field(graphql_type=list[Cat | None])
    def cats(self, info: Info, numbers: list[int]) -> Any:
        info.context.selected["cats"] = getattr(info._raw_info, "selected", None)
        return [animal(n % 40) for n in numbers]

    @strawberry.field(graphql_type=list[Pet])
    def pets(self, numbers: list[int]) -> Any:
        return [pet(n % 40) for n in numbers]

    @strawberry.field(graphql_type=Page)
    async def page(self, numbers: list[int]) -> Any:
        return Numbers([n % 40 for n in numbers])

    @strawberry.field(graphql_type=list[str] | None)
    async def wished(self, wish: Wish | None = None, moods: list[Mood] | None = None) -> Any:
        return [repr(wish), repr(moods)]

    @strawberry.field(graphql_type=list[str] | None)
    def ordered(self, order: Order, others: list[Order | None] | None = None) -> Any:
        order.names.append("whoever gets this list must not see it again")
        return [repr(order), repr(others)]

    @strawberry.field(graphql_type=list[int | None] | None)
    async def streamed(self, count: int = 3) -> Any:
        async def numbers() -> AsyncIterator[int | None]:
            for n in range(max(0, min(count, 9))):
                yield None if n == 2 else n
            if count == 5:
                raise Trouble("the stream broke")

        return numbers()

    @strawberry.field
    def version(self) -> str:
        return "1"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def feed(self, info: Info, name: str) -> str | None:
        await turns(3 if name == "slow" else 1)
        info.context.done.append(name)
        if name == "hungry":
            raise Refusal("there is nothing left")
        return name

    @strawberry.mutation
    async def must_feed(self, info: Info, name: str) -> str:
        info.context.done.append(name)
        return None if name == "gone" else name  # type: ignore[return-value]

    @strawberry.mutation(graphql_type=Pet)
    async def adopt(self, info: Info, number: int) -> Any:
        info.context.done.append(f"adopt {number}")
        return pet(number % 40)


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=Pet)
    async def arrivals(self, numbers: list[int]) -> AsyncIterator[Any]:
        for n in numbers:
            yield pet(n % 40)


schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    types=[Cat, Dog, Bird],
    config=StrawberryConfig(
        default_resolver=read_field,
        scalar_map={
            datetime: strawberry.scalar(
                name="Stamp", serialize=_print_stamp, parse_value=datetime.fromisoformat
            )
        },
    ),
)
CORE = schema._schema
