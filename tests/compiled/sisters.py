"""A reference that is told beforehand what is asked for further down: the next cat of a cat."""

from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from tests.compiled.animals import Trouble, animal, turns


async def _sisters(parents: list[Any], info: Info) -> list[Any]:
    """Return the next cat for each; odd ones for some."""
    info.context.batches.append(("sister", len(parents)))
    await turns(1)
    return [_sister_of(parent) for parent in parents]


def _expect_sisters(parents: list[Any], info: Info) -> None:
    """Note for whom sisters are going to be asked for, and how many batches there were before."""
    farm = info.context
    farm.expected.append(([parent["_id"] for parent in parents], len(farm.batches)))
    if len(parents) > 2:
        raise Trouble("nobody expects so many")


def _sister_of(cat: Any) -> Any:
    number = int(cat["_id"].removeprefix("ani_"))
    if number % 5 == 4:
        return Trouble(f"{cat['_id']} has lost its sister")
    return None if number % 4 == 3 else animal((number + 3) % 36)


async def _resolve_sister(self: Any) -> Any:
    await turns(1)
    sister = _sister_of(self)
    if isinstance(sister, Exception):
        raise sister
    return sister


def sister() -> Any:
    """Declare the reference."""
    return strawberry.field(
        resolver=_resolve_sister,
        graphql_type=Annotated["Cat", strawberry.lazy("tests.compiled.menagerie")] | None,  # noqa: F821
        metadata={
            "batch": _sisters,
            "needs": ("_id",),
            "gathers": "cats",
            "expect": _expect_sisters,
        },
    )
