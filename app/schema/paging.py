"""Connections, as Relay has them, over pages that were found by keyset."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from app.db.paging import MOST_TOLD, Page, Window, count_pages
from app.resolvers.context import Context
from app.schema.context import Info
from app.schema.nodes import below
from app.schema.sources import stored_as

T = TypeVar("T")
# What is read from the field's own value is read from the documents of the page.
THROUGH = {"through": True}

First = Annotated[
    int | None, strawberry.argument(description="At most so many items from the beginning, 0–100.")
]
After = Annotated[
    str | None, strawberry.argument(description="Begin after the item with this cursor.")
]
Last = Annotated[
    int | None, strawberry.argument(description="At most so many items from the end, 0–100.")
]
Before = Annotated[
    str | None, strawberry.argument(description="End before the item with this cursor.")
]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are items after it.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before it.")
    start_cursor: str | None = strawberry.field(description="The cursor of its first item.")
    end_cursor: str | None = strawberry.field(description="The cursor of its last item.")


@strawberry.type(description="An item in a list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(
        description="Continue from here by `after` or `before`.", metadata={"needs": ()}
    )
    node: T = strawberry.field(description="The item itself.", metadata=THROUGH)


def _edges(self: Page) -> Any:
    return [{"cursor": self.cursor(item), "node": item} for item in self.items]


def _nodes(self: Page) -> Any:
    return self.items


def _page_info(self: Page) -> Any:
    items = self.items
    return {
        "has_next_page": self.has_next,
        "has_previous_page": self.has_previous,
        "start_cursor": self.cursor(items[0]) if items else None,
        "end_cursor": self.cursor(items[-1]) if items else None,
    }


async def _total_count(self: Page) -> int:
    return await self.count()


async def _total_counts(pages: list[Page], _info: object) -> list[int]:
    return await count_pages(pages)


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(
        resolver=_edges, description="The items with their cursors.", metadata=THROUGH
    )
    nodes: list[T] = strawberry.field(
        resolver=_nodes, description="The items alone.", metadata=THROUGH
    )
    page_info: PageInfo = strawberry.field(
        resolver=_page_info,
        description="Where the page lies in the list.",
        metadata={"needs": ()},
    )
    total_count: int = strawberry.field(
        resolver=_total_count,
        description="How many items the whole list has; counted on demand. Long lists are counted "
        f"up to {MOST_TOLD:,}: where it says so many, there may be more.",
        metadata={"batch": _total_counts, "needs": ()},
    )


def window(
    info: Info, first: int | None, after: str | None, last: int | None, before: str | None
) -> Window:
    """Return the window that the arguments of a connection name, with the fields asked for."""
    selected = selected_fields(info)
    fields = None if selected is None else frozenset(map(stored_as, selected))
    return Window(first, after, last, before, fields)


def selected_fields(info: Info) -> frozenset[str] | None:
    """Return what of its items a field is asked for; None if that is not known."""
    found: frozenset[str] | None = getattr(info._raw_info, "selected", None)  # noqa: SLF001 - Strawberry does not show it
    return found


def pages_below(
    find: Callable[[Context, list[Any], Window], Awaitable[Any]],
    *,
    needs: tuple[str, ...],
    type: Any,
    description: str,
) -> Any:
    """Declare a list that is found, a page of it, for all parents of a level at once."""

    async def pages(
        parents: list[Any],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        asked = window(info, first, after, last, before)
        return await find(info.context.ctx, parents, asked)

    return below(pages, needs=needs, type=type, description=description)
