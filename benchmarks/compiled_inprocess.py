"""What GraphQL itself costs: compiled execution beside graphql-core's, without network or database.

Three shapes: one object of 8 fields; 20 objects, each with a person and 3 children that each have a
person; 200 rows of 10 fields. The same process, the same documents, answers compared to the byte.
"""

# Strawberry's decorators with arguments are untyped.
# mypy: disable-error-code="untyped-decorator"

import asyncio
import gc
import statistics
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from time import process_time
from typing import Any

import orjson
import strawberry
from graphql import OperationDefinitionNode, execute, parse
from strawberry.dataloader import DataLoader
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from app.compiled import Access, compile_operation

ROUNDS, SECONDS = 7, 0.15
STORED_AS = {"id": "_id"}
PEOPLE = {f"u{n}": {"_id": f"u{n}", "name": f"Person {n}"} for n in range(50)}
BEGUN = datetime(2026, 3, 1)


def campaign(number: int) -> dict[str, Any]:
    """Return a campaign as a driver would."""
    return {
        "_id": f"c{number}", "title": f"Campaign {number}", "summary": "A few words. " * 8,
        "goal": 5_000 + number, "raised": 1_234, "currency": "EUR", "status": "OPEN",
        "deadline": BEGUN + timedelta(days=number), "owner_id": f"u{number % 50}",
        "created_at": BEGUN,
    }  # fmt: skip


CAMPAIGNS = [campaign(n) for n in range(200)]
PLEDGES = [{"_id": f"p{n}", "amount": n, "backer_id": f"u{n % 50}"} for n in range(60)]


def _person(key: str) -> Any:
    async def batch(parents: list[Any], _info: Any) -> list[Any]:
        return [PEOPLE[parent[key]] for parent in parents]

    async def resolve(self: Any, info: Info) -> Any:
        return await info.context.load(self[key])

    return strawberry.field(
        resolver=resolve, graphql_type=Person, metadata={"batch": batch, "needs": (key,)}
    )


def _pledges_of(parent: Any) -> list[Any]:
    number = int(parent["_id"][1:]) % 20
    return PLEDGES[number * 3 : number * 3 + 3]


async def _pledges(self: Any) -> Any:
    return _pledges_of(self)


async def _all_pledges(parents: list[Any], _info: Any) -> list[Any]:
    return [_pledges_of(parent) for parent in parents]


@strawberry.type
class Person:
    """A person."""

    id: strawberry.ID
    name: str


@strawberry.type
class Pledge:
    """A pledge."""

    id: strawberry.ID
    amount: int
    backer: Person = _person("backer_id")


@strawberry.type
class Campaign:
    """A campaign."""

    id: strawberry.ID
    title: str
    summary: str
    goal: int
    raised: int
    currency: str
    status: str
    deadline: datetime
    owner_id: strawberry.ID
    created_at: datetime
    owner: Person = _person("owner_id")
    pledges: list[Pledge] = strawberry.field(
        resolver=_pledges,
        graphql_type=list[Pledge],
        metadata={"batch": _all_pledges, "needs": ("_id",)},
    )


@strawberry.type
class Query:
    """The root."""

    @strawberry.field(graphql_type=Campaign | None)
    async def campaign(self, id: strawberry.ID) -> Any:
        """Return one."""
        return CAMPAIGNS[int(id[1:])]

    @strawberry.field(graphql_type=list[Campaign])
    async def campaigns(self, limit: int) -> Any:
        """Return many."""
        return CAMPAIGNS[:limit]


def read_field(source: Any, name: str) -> Any:
    """Return the value of a field."""
    return source.get(STORED_AS.get(name, name))


def _print_instant(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds") + "Z"


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime", serialize=_print_instant, parse_value=datetime.fromisoformat
    )
}
schema = strawberry.Schema(
    Query, config=StrawberryConfig(default_resolver=read_field, scalar_map=SCALARS)
)
CORE = schema._schema  # noqa: SLF001 - graphql-core's schema, which Strawberry wraps
ACCESS = Access(lambda name: STORED_AS.get(name, name), read_field)

EIGHT = "id title summary goal raised currency status deadline"
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "one object, 8 fields": (
        f"query Q($id: ID!) {{ campaign(id: $id) {{ {EIGHT} }} }}",
        {"id": "c7"},
    ),
    "20 objects, persons, 3 children": (
        """query Q($limit: Int!) { campaigns(limit: $limit) { id title goal raised owner { name }
             pledges { amount backer { name } } } }""",
        {"limit": 20},
    ),
    "200 rows, 10 fields": (
        f"query Q($limit: Int!) {{ campaigns(limit: $limit) {{ {EIGHT} ownerId createdAt }} }}",
        {"limit": 200},
    ),
}
Ask = Callable[[], Awaitable[bytes]]


class Loading:
    """The context, with a loader as servers have it."""

    def __init__(self) -> None:
        self._loader: DataLoader[str, Any] = DataLoader(load_fn=self._load)

    async def load(self, id: str) -> Any:
        """Return a person."""
        return await self._loader.load(id)

    @staticmethod
    async def _load(ids: list[str]) -> list[Any]:
        return [PEOPLE[id] for id in ids]


def by_core(text: str, variables: dict[str, Any]) -> Ask:
    """Return how graphql-core answers."""
    document = parse(text)

    async def ask() -> bytes:
        outcome: Any = execute(CORE, document, context_value=Loading(), variable_values=variables)
        result = await outcome if isinstance(outcome, Awaitable) else outcome
        return orjson.dumps({"data": result.data})

    return ask


def by_plan(text: str, variables: dict[str, Any]) -> Ask:
    """Return how a plan answers."""
    document = parse(text)
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    plan = compile_operation(CORE, document, operation, {}, ACCESS)

    async def ask() -> bytes:
        data, _ = await plan.run(Loading(), variables)
        return orjson.dumps({"data": data})

    return ask


async def microseconds(ask: Ask) -> float:
    """Return what one answer costs in one round."""
    gc.collect()
    began, count = process_time(), 0
    while process_time() - began < SECONDS:
        await ask()
        count += 1
    return (process_time() - began) / count * 1e6


async def main() -> None:
    """Print the table."""
    print(f"{'shape':34}{'graphql-core µs':>16}{'compiled µs':>13}{'ratio':>8}")
    for shape, (text, variables) in SHAPES.items():
        core, plan = by_core(text, variables), by_plan(text, variables)
        assert await core() == await plan(), shape
        rounds = [(await microseconds(core), await microseconds(plan)) for _ in range(ROUNDS)]
        slow, quick = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{shape:34}{slow:16.0f}{quick:13.1f}{slow / quick:8.1f}")


if __name__ == "__main__":
    asyncio.run(main())
