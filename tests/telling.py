"""What the tests of live threads share: streams as a client opens them, and what they brought."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.ports import Credentials, GraphQLRequest
from tests.api import Person
from tests.clinic import Clinic

_ITEM = """
    __typename
    ... on ThreadEvent { cursor type at
      thread { id state visibility subject tags pseudonym asker { id name } }
      reply { id act text author { id } pseudonym } }
    ... on Discontinuity { cause }
"""
UPDATED = f"""
subscription S($thread: ID!, $after: String) {{
  threadUpdated(thread: $thread, after: $after) {{ {_ITEM} }} }}
"""
EVENTS = f"""
subscription S($space: ID!, $filter: ThreadFilterInput, $after: String) {{
  threadEvents(space: $space, filter: $filter, after: $after) {{ {_ITEM} }} }}
"""
FOLLOWED = f"subscription S($after: String) {{ followed(after: $after) {{ {_ITEM} }} }}"
DEED = "mutation M($id: ID!) {{ {}(input: {{thread: $id}}) {{ __typename }} }}"
BEGINNING = "ev0"


async def do(clinic: Clinic, who: str, deed: str, thread: str) -> None:
    """Let somebody do something to a thread."""
    done = await clinic[who].do(DEED.format(deed), id=thread)
    assert done == {"__typename": "Thread"}, done


async def opened(stream: AsyncIterator[Any]) -> asyncio.Task[Any]:
    """Return the stream's next item, for which it waits already when this returns."""
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    return first


async def take(stream: AsyncIterator[Any], count: int) -> list[Any]:
    """Return so many items of a stream."""
    return [await anext(stream) for _ in range(count)]


async def upto(stream: AsyncIterator[Any], thread: str) -> list[Any]:
    """Return the items of a stream up to the first that is about a thread, without it."""
    found: list[Any] = []
    while (item := await anext(stream))["thread"]["id"] != thread:
        found.append(item)
    return found


def said(items: list[Any]) -> list[tuple[str, str]]:
    """Return type and thread of each item."""
    return [(item["type"], item["thread"]["id"]) for item in items]


@asynccontextmanager
async def watching(
    person: Person, query: str, **variables: Any
) -> AsyncIterator[AsyncIterator[Any]]:
    """Open a stream that follows already when the block begins: its first item is waited for."""
    async with person.watch(query, **variables) as stream:
        first = await opened(stream)

        async def items() -> AsyncIterator[Any]:
            yield await first
            async for item in stream:
                yield item

        whole = items()
        try:
            yield whole
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)


class Tap:
    """A stream of which everything is taken that it has to tell at a moment."""

    def __init__(self, items: Any) -> None:
        self._items = items
        self._next: asyncio.Task[Any] | None = None

    async def drain(self) -> list[str]:
        """Return the bodies of all items, up to where the stream waits for what is to come."""
        found: list[str] = []
        while True:
            if self._next is None:
                self._next = asyncio.ensure_future(anext(aiter(self._items)))
            while not (self._next.done() or self._waits()):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
            if not self._next.done():
                return found
            found.append(self._next.result().body.decode())
            self._next = None

    async def close(self) -> None:
        """Take no more."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._items.aclose()

    def _waits(self) -> bool:
        watcher = self._items._follower._watcher
        return watcher is not None and watcher._waits is not None and not watcher._waits.done()


@asynccontextmanager
async def tapped(person: Person, query: str, **variables: Any) -> AsyncIterator[Tap]:
    """Open a stream to be drained.

    Raises:
        Refused: it does not begin.

    """
    visitor = await person.engine.admit(Credentials(person.token, "127.0.0.1", "req_stream"))
    _ = visitor.ended
    operation = await visitor.prepare(GraphQLRequest(query, variables))
    tap = Tap(await operation.stream())
    try:
        yield tap
    finally:
        await tap.close()
        await visitor.leave()
