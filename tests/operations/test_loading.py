"""References: those that are asked for at the same moment are read together, each once."""

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest
from graphql import GraphQLAbstractType, is_abstract_type

from app.ids import PREFIXES
from app.patience import Patience
from app.resolvers.context import Context
from app.schema.context import LOADERS, Loader
from app.schema.engine import CORE
from tests.api import World


class Shelf:
    """Documents to be read, and how they were."""

    def __init__(self, *failures: Exception) -> None:
        self.read: list[list[str]] = []
        self.failures = list(failures)
        self.open = asyncio.Event()
        self.open.set()

    async def find(self, _ctx: Context, ids: list[str]) -> dict[str, Any]:
        self.read.append(ids)
        await self.open.wait()
        if self.failures:
            raise self.failures.pop()
        return {id: {"_id": id} for id in ids if id != "unseen"}


@pytest.fixture
def shelf() -> Shelf:
    """A shelf on which everything is."""
    return Shelf()


@pytest.fixture
def loader(shelf: Shelf, world: World) -> Loader:
    """A loader from that shelf."""
    return Loader(shelf.find, Context(world.engine.services, None))  # type: ignore[arg-type]


def said(documents: list[Any]) -> list[str | None]:
    return [document and document["_id"] for document in documents]


async def test_what_is_asked_for_at_the_same_moment_is_read_together(
    loader: Loader, shelf: Shelf
) -> None:
    """By one or by many, with repeats; what is not seen is null, and nothing is read twice."""
    one, other, many = await asyncio.gather(
        loader.load("a"), loader.load("unseen"), loader.load_many(["b", "a", "b"])
    )
    assert said([one, other, *many]) == ["a", None, "b", "a", "b"]
    assert said(await loader.load_many(["b", "unseen", "a"])) == ["b", None, "a"]
    assert shelf.read == [["a", "unseen", "b"]]


@pytest.mark.parametrize("in_own_task", [False, True])
async def test_what_is_expected_is_brought_along(
    world: World, shelf: Shelf, *, in_own_task: bool
) -> None:
    """With the next that is read, each once; if nothing is, whoever asks for it reads it."""
    ctx = Context(world.engine.services, None)  # type: ignore[arg-type]
    loader = Loader(shelf.find, ctx)
    with Patience(60) if in_own_task else nullcontext() as patience:
        ctx.patience = patience
        await loader.load("a")
        loader.expect(["a", None, "b", "unseen", "b"])
        assert said(await loader.load_many(["c", "b"])) == ["c", "b"]
        assert said(await loader.load_each(["b", None, "unseen", "a"])) == ["b", None, None, "a"]
        loader.expect(["d"])
        assert said([await loader.load("d")]) == ["d"]
    assert shelf.read == [["a"], ["c", "b", "unseen"], ["d"]]


async def test_what_is_on_its_way_is_waited_for(loader: Loader, shelf: Shelf) -> None:
    """Who asks later for what is being read and for more reads only what is more."""
    shelf.open.clear()
    first = asyncio.create_task(loader.load("a"))
    while not shelf.read:  # noqa: ASYNC110 - it begins in a task of its own
        await asyncio.sleep(0)
    later = asyncio.create_task(loader.load_many(["a", "b"]))
    while len(shelf.read) < 2:  # noqa: ASYNC110 - the same
        await asyncio.sleep(0)
    shelf.open.set()
    assert said([await first, *await later]) == ["a", "a", "b"]
    assert shelf.read == [["a"], ["b"]]


async def test_all_who_wait_hear_of_a_failure(world: World) -> None:
    """And whoever asks again has it read again."""
    shelf = Shelf(OSError("gone"))
    loader = Loader(shelf.find, Context(world.engine.services, None))  # type: ignore[arg-type]
    results = await asyncio.gather(loader.load("a"), loader.load("b"), return_exceptions=True)
    assert [str(result) for result in results] == ["gone", "gone"]
    assert said([await loader.load("a")]) == ["a"]


@pytest.mark.parametrize("begun", [False, True])
async def test_the_others_go_on_when_the_one_that_reads_is_cancelled(
    loader: Loader, shelf: Shelf, *, begun: bool
) -> None:
    """Before or after the reading began, one of those who wait takes it over."""
    shelf.open.clear()
    first, *others = [asyncio.create_task(loader.load(id)) for id in ("a", "a", "b")]
    await asyncio.sleep(0)
    while begun and not shelf.read:  # noqa: ASYNC110 - it begins in a task of its own
        await asyncio.sleep(0)
    first.cancel()
    shelf.open.set()
    assert said(await asyncio.gather(*others)) == ["a", "b"]
    assert first.cancelled()


async def test_the_task_of_an_operation_waits_for_nobody(world: World, shelf: Shelf) -> None:
    """It reads at once what it lacks, each once; its parts, which have tasks, read together."""
    ctx = Context(world.engine.services, None)  # type: ignore[arg-type]
    loader = Loader(shelf.find, ctx)
    with Patience(60) as ctx.patience:
        assert said(await loader.load_many(["a", "b", "a"])) == ["a", "b", "a"]
        assert said(await loader.load_many(["b", "unseen", "a"])) == ["b", None, "a"]
        many, one = await asyncio.gather(loader.load_many(["c", "a"]), loader.load("d"))
        assert said([*many, one]) == ["c", "a", "d"]
    assert shelf.read == [["a", "b"], ["unseen"], ["c", "d"]]


async def test_it_meets_what_another_task_reads(world: World, shelf: Shelf) -> None:
    """A part was begun in the operation's task and goes on in another: nothing waits for ever."""
    ctx = Context(world.engine.services, None)  # type: ignore[arg-type]
    loader = Loader(shelf.find, ctx)
    shelf.open.clear()
    with Patience(60) as ctx.patience:
        others = [asyncio.create_task(loader.load(id)) for id in ("a", "b")]
        while not shelf.read:  # noqa: ASYNC110 - it begins in a task of its own
            await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(shelf.open.set)
        assert said(await loader.load_many(["a", "c"])) == ["a", "c"]
        assert said(await asyncio.gather(*others)) == ["a", "b"]


async def test_a_failure_in_the_task_of_an_operation_is_not_kept(world: World) -> None:
    """Whoever asks again has it read again."""
    shelf, ctx = Shelf(OSError("gone")), Context(world.engine.services, None)  # type: ignore[arg-type]
    loader = Loader(shelf.find, ctx)
    with Patience(60) as ctx.patience:
        with pytest.raises(OSError, match="gone"):
            await loader.load("a")
        assert said([await loader.load("a")]) == ["a"]


def in_turn(type: GraphQLAbstractType, value: Any) -> str | None:
    """Return the first of the possible types that says that the value is of it."""
    for possible in CORE.get_possible_types(type):
        asked = possible.is_type_of
        if asked is not None and asked(value, None):  # type: ignore[arg-type]
            return possible.name
    return None


ABSTRACT = {name: type for name, type in CORE.type_map.items() if is_abstract_type(type)}


@pytest.mark.parametrize("name", ABSTRACT)
def test_an_identifier_tells_the_type_that_the_types_tell(name: str) -> None:
    """Of every interface and union, and every kind of node: the same name, or none."""
    type = ABSTRACT[name]
    for kind, prefix in PREFIXES.items():
        value = {"_id": f"{prefix}_x"}
        expected = in_turn(type, value)
        if expected is not None and kind in LOADERS:
            assert type.resolve_type is not None
            assert type.resolve_type(value, None, type) == expected, prefix  # type: ignore[arg-type]
