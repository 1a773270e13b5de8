"""Nodes: everything that has an identifier, found again by it; references and lists below them."""

from collections.abc import Awaitable, Callable
from inspect import Parameter, signature
from typing import Annotated, Any, ClassVar

import strawberry

from app.failures import Failure, InvalidInput, Problem
from app.ids import PREFIXES, kind_of
from app.schema.context import LOADERS, Info

MOST_NODES = 100
# What is the same for all who stand alike to its space, or is there for all to see.
SHARED = frozenset({"users", "spaces", "series", "observations", "alerts", "instances"})

ThingId = Annotated[strawberry.ID, strawberry.argument(description="Its identifier.")]
SpaceId = Annotated[strawberry.ID, strawberry.argument(description="The space.")]
NoticeIds = Annotated[
    list[strawberry.ID], strawberry.argument(description="Notices of yours, at most 100.")
]


@strawberry.interface(description="Something with a global identifier.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque and global; `node(id)` takes it.")

    kind: ClassVar[str] = ""
    beginning: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if cls.kind:  # else it is an interface again
            cls.beginning = f"{PREFIXES[cls.kind]}_"

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a document is of this type: its identifier tells."""
        return type(source) is dict and str(source.get("_id")).startswith(cls.beginning)

    @classmethod
    def are_of_type(cls, sources: list[Any]) -> bool:
        """Say the same of all of them at once, where that is certain."""
        beginning = cls.beginning
        try:
            # As a list, which is gone through in half the time.
            return all([source["_id"].startswith(beginning) for source in sources])  # noqa: C419
        except (AttributeError, KeyError, TypeError):
            return False


def own_field(key: str, type: Any, description: str) -> Any:
    """Declare a field whose name stands for something else: a node's `kind`, or an `id` inside."""
    return strawberry.field(
        name=key,
        resolver=lambda self: self[key],
        graphql_type=type,
        description=description,
        metadata={"needs": (key,)},
    )


def reference(key: str, kind: str, *, type: Any, description: str) -> Any:
    """Declare a field that refers to another document: `key` holds its identifier.

    References of one level are read in one query, with what is referred to further down if that is
    of the same kind. What the viewer may not see is null.
    """

    async def resolve(self: Any, info: Info) -> Any:
        id = self[key]
        return None if id is None else await info.context.load(kind).load(id)

    async def batch(parents: list[Any], info: Info) -> list[Any]:
        return await info.context.load(kind).load_each([parent[key] for parent in parents])

    def expect(parents: list[Any], info: Info) -> None:
        info.context.load(kind).expect(parent[key] for parent in parents)

    return strawberry.field(
        resolver=resolve,
        graphql_type=type,
        description=description,
        metadata={
            "batch": batch,
            "needs": (key,),
            "shared": kind in SHARED,
            "gathers": kind,
            "expect": expect,
        },
    )


def references(key: str, kind: str, *, type: Any, description: str) -> Any:
    """Declare a field that refers to several documents; those that the viewer sees are given."""

    async def find(parents: list[Any], info: Info) -> list[Any]:
        ids = list(dict.fromkeys(id for parent in parents for id in parent[key]))
        found = dict(zip(ids, await info.context.load(kind).load_many(ids), strict=True))
        return [[found[id] for id in parent[key] if found[id]] for parent in parents]

    return below(find, needs=(key,), type=type, description=description, gathers=kind)


def below(
    find: Callable[..., Awaitable[list[Any]]],
    *,
    needs: tuple[str, ...],
    type: Any,
    description: str,
    gathers: str | None = None,
) -> Any:
    """Declare a field that is found for all parents of a level at once.

    `find` takes the parents, the info and the field's arguments, and returns for each parent its
    value or a failure. The interpreter, which goes from parent to parent, gives it one at a time.
    `gathers` names the kind that it has a loader read.
    """

    async def resolve(self: Any, info: Info, **given: Any) -> Any:
        [found] = await find([self], info, **given)
        if isinstance(found, Failure):
            raise found
        return found

    found_for = signature(find)
    [_, *others] = found_for.parameters.values()
    one = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD, annotation=Any)
    vars(resolve)["__signature__"] = found_for.replace(parameters=[one, *others])
    resolve.__module__ = find.__module__  # where the names in the annotations are looked up
    return strawberry.field(
        resolver=resolve,
        graphql_type=type,
        description=description,
        metadata={"batch": find, "needs": needs, "gathers": gathers},
    )


@strawberry.type
class NodeQuery:
    """Finding things by identifier."""

    @strawberry.field(
        graphql_type=Node | None,
        description="The thing with this identifier, if you may see it.",
    )
    async def node(self, info: Info, id: ThingId) -> Any:
        """Return one node."""
        kind = kind_of(id)
        return await info.context.load(kind).load(id) if kind in LOADERS else None

    @strawberry.field(
        graphql_type=list[Node | None],
        description="The things with these identifiers, at most 100; null where you see none.",
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their identifiers.")],
    ) -> Any:
        """Return many nodes, in the order asked for."""
        if len(ids) > MOST_NODES:
            raise InvalidInput(Problem("ids", f"Ask for at most {MOST_NODES} at a time."))
        wanted: dict[str, list[str]] = {}
        for id in ids:
            wanted.setdefault(kind_of(id) or "", []).append(id)
        found: dict[str, Any] = {}
        for kind in wanted.keys() & LOADERS.keys():
            documents = await info.context.load(kind).load_many(wanted[kind])
            found |= dict(zip(wanted[kind], documents, strict=True))
        return [found.get(id) for id in ids]
