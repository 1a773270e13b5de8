"""Streams of items: executed one by one for who asks, or once for all who are told alike.

As long as a stream's consumer waits and takes what it is handed, shared items go straight to it:
the log hands over a batch, the first who needs a body has it made, and all get its bytes in one go.
What does not fit (a consumer that is busy, rights that are being looked at again, an error, a field
that is its viewer's own) is left to the consumer, who is woken and asks for it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from graphql import ExecutionResult

from app.auth.viewer import Viewer
from app.db.watching import Batch
from app.ports import Item, Take
from app.resolvers.live import AWAY_SECONDS, Follower, Told, encode
from app.schema.context import GraphContext
from app.schema.execution import Stream
from app.schema.sharing import Share, Sharing
from app.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Host:
    """What items need of those who serve them: figures, and how failures are told."""

    metrics: Metrics
    is_outage: Callable[[BaseException], bool]
    body_of: Callable[[ExecutionResult], bytes]
    body_of_failure: Callable[[Exception], bytes]


class Portion:
    """What several streams are told alike of a batch: who waits for it takes the same items."""

    __slots__ = ("_delivered", "_host", "_items", "_shares", "upto")

    def __init__(self, upto: int, shares: list[tuple[int, str, Share]], host: Host) -> None:
        self.upto = upto
        self._shares = shares
        self._host = host
        self._items: list[tuple[int, Item | None]] | None = None
        self._delivered = 0

    def items(self, batch: Batch) -> list[tuple[int, Item | None]]:
        """Return the items with their places; None where there is no body that can be shared."""
        if self._items is None:
            self._items = [
                (place, _made(batch, cursor, share)) for place, cursor, share in self._shares
            ]
        return self._items

    def count(self) -> None:
        """Count an item that was delivered: many are told to the metrics as one figure."""
        if not self._delivered:
            asyncio.get_running_loop().call_soon(self._tell)
        self._delivered += 1

    def _tell(self) -> None:
        self._host.metrics.delivered.inc(self._delivered)
        self._delivered = 0


class Items:
    """The items of one subscription, each a complete body."""

    __slots__ = (
        "_ctx", "_cursor", "_follower", "_host", "_open", "_over", "_planned", "_planned_for",
        "_shared", "_stream", "_take",
    )  # fmt: skip

    def __init__(
        self, stream: Stream, context: GraphContext, shared: Sharing | None, host: Host
    ) -> None:
        """Prepare to serve items.

        Args:
            stream: the subscription under way.
            context: the context in which it was begun.
            shared: how its items are shared, if they are.
            host: who serves them.

        """
        self._ctx = context.ctx
        self._stream = stream
        self._follower = stream.items
        self._cursor: str | None = None
        self._shared = shared
        self._host = host
        self._open = False
        self._over = False
        self._take: Take | None = None
        self._planned: Portion | None = None
        self._planned_for: Viewer | None = None

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        if self._over:
            raise StopAsyncIteration
        if not self._open:
            self._open = True
            self._host.metrics.streams.inc()
        try:
            told = await anext(self._follower)
            body = await self._patiently(partial(self._body, told))
        except (StopAsyncIteration, asyncio.CancelledError):
            await self.aclose()
            raise
        except Exception as error:  # noqa: BLE001 - the stream itself failed: said, then over
            await self.aclose()
            return Item(self._host.body_of_failure(error), self._cursor)
        self._host.metrics.delivered.inc()
        self._cursor = told.cursor
        return Item(body, self._cursor)

    async def aclose(self) -> None:
        """Serve no more."""
        if self._over:
            return
        self._over = True
        if self._open:
            self._host.metrics.streams.dec()
        await self._follower.aclose()

    def pour(self, take: Take) -> None:
        """Call `take` with items, as long as the consumer waits for the next and it takes them."""
        if self._shared is not None:
            self._take = take
            self._follower.shortcut = self

    def plan(self, batch: Batch) -> None:
        """Have the bodies made that the batch's items need, unless others have already."""
        ctx, follower = self._ctx, self._follower
        self._planned = None
        if self._shared is None or ctx.is_rechecked:
            return
        try:
            key = (self._shared, follower.feed.alike(batch))
            portion = batch.kept.get(key)
            if portion is None:
                portion = batch.kept[key] = self._portion(batch, follower, self._shared)
        except Exception:  # noqa: BLE001 - the consumer will meet it, and knows what to do
            return
        self._planned, self._planned_for = portion, ctx.viewer

    def take(self, batch: Batch) -> bool:
        """Pass the items on to the consumer; False leaves those that are left for it to ask for."""
        portion, self._planned = self._planned, None
        ctx, follower, take = self._ctx, self._follower, self._take
        if portion is None or take is None:
            return False
        if portion.upto != batch.upto or self._planned_for is not ctx.viewer or ctx.is_rechecked:
            return False
        for place, item in portion.items(batch):
            if place > follower.position:
                if item is None or not take(item):
                    return False
                follower.position, self._cursor = place, item.cursor
                portion.count()
        follower.position = max(follower.position, batch.upto)
        return True

    def _portion(self, batch: Batch, follower: Follower, shared: Sharing) -> Portion:
        shares = [
            (place, encode(self._ctx, place), shared.of(self._ctx, item))
            for place, item in follower.feed.pick(batch)
            if item is not None
        ]
        for _, _, share in shares:
            batch.begin(share.key, partial(self._common_body, share))
        return Portion(batch.upto, shares, self._host)

    async def _body(self, told: Any) -> bytes:
        ctx, item = self._ctx, told.item if isinstance(told, Told) else told
        if self._shared is not None and isinstance(told, Told) and told.batch is not None:
            if item["space"]:
                await ctx.services.spaces.find(item["space"])
            share = self._shared.of(ctx, item)
            told.batch.begin(share.key, partial(self._common_body, share))
            await told.batch.made(share.key)
            body: bytes | None = told.batch.result_or_none(share.key)
            if body is not None:
                return share.fill(body)
        return self._host.body_of(await self._executed(item))

    async def _common_body(self, share: Share) -> bytes | None:
        """Return what all who share an item get; errors carry request ids, and are not shared."""
        result = await self._executed(share.common())
        return None if result.errors else orjson.dumps({"data": result.data})

    async def _executed(self, item: Any) -> ExecutionResult:
        """Execute an item.

        Raises:
            Exception: the database is away. An item is not told with a hole in it.

        """
        ctx = self._ctx
        ctx.now = ctx.services.clock()
        result = await self._stream.execute(item, GraphContext(ctx))
        for error in result.errors or ():
            if error.original_error is not None and self._host.is_outage(error.original_error):
                raise error.original_error
        return result

    async def _patiently(self, work: Callable[[], Awaitable[bytes]]) -> bytes:
        """Do the work; as long as the database is away, do it again."""
        while True:
            try:
                return await work()
            except Exception as error:
                if not self._host.is_outage(error):
                    raise
            await asyncio.sleep(AWAY_SECONDS)


def _made(batch: Batch, cursor: str, share: Share) -> Item | None:
    body = batch.result_or_none(share.key)
    return None if body is None else Item(share.fill(body), cursor)
