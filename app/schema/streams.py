"""Streams of items: executed one by one for who asks, or once for all who are told alike.

As long as a stream's consumer waits and takes what it is handed, shared items go straight to it:
the log hands over a batch, the first who needs a body has it made, and all get its bytes in one go.
What does not fit (a consumer that is busy, rights that are being looked at again, an error, a field
that is its viewer's own) is left to the consumer, who is woken and asks for it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from graphql import ExecutionResult

from app.auth.viewer import Viewer
from app.db.watching import Batch
from app.ports import Item, Take
from app.resolvers.live import AWAY_SECONDS, Told, encode
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


@dataclass(frozen=True, slots=True)
class Planned:
    """The items of a batch that are being made, and for whose eyes."""

    batch: Batch
    viewer: Viewer
    shares: list[tuple[int, Share]]


class Items:
    """The items of one subscription, each a complete body."""

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
        self._stream = stream
        self._context = context
        self._shared = shared
        self._host = host
        self._pulled = self._pull()
        self._take: Take | None = None
        self._planned: Planned | None = None

    def __aiter__(self) -> AsyncIterator[Item]:
        return self._pulled

    async def aclose(self) -> None:
        """Serve no more."""
        await self._pulled.aclose()

    def pour(self, take: Take) -> None:
        """Call `take` with items, as long as the consumer waits for the next and it takes them."""
        if self._shared is not None and self._context.follower is not None:
            self._take = take
            self._context.follower.shortcut = self

    def plan(self, batch: Batch) -> None:
        """Have the bodies made that the batch's items need, unless others have already."""
        self._planned = None
        ctx, follower = self._context.ctx, self._context.follower
        if follower is None or self._shared is None or ctx.is_rechecked:
            return
        try:
            shares = [
                (place, self._shared.of(ctx, item))
                for place, item in follower.feed.pick(batch)
                if place > follower.position and item is not None
            ]
        except Exception:  # noqa: BLE001 - the consumer will meet it, and knows what to do
            return
        for _, share in shares:
            batch.begin(share.key, partial(self._common_body, share))
        self._planned = Planned(batch, ctx.viewer, shares)

    def take(self, batch: Batch) -> bool:
        """Pass the items on to the consumer; False leaves those that are left for it to ask for."""
        planned, self._planned = self._planned, None
        ctx, follower, take = self._context.ctx, self._context.follower, self._take
        if planned is None or follower is None or take is None:
            return False
        if planned.batch is not batch or planned.viewer is not ctx.viewer or ctx.is_rechecked:
            return False
        for place, share in planned.shares:
            body = batch.result_or_none(share.key)
            if body is None or not take(Item(share.fill(body), encode(place))):
                return False
            follower.position = place
        follower.position = max(follower.position, batch.upto)
        self._host.metrics.delivered.inc(len(planned.shares))
        return True

    async def _pull(self) -> AsyncGenerator[Item, None]:
        metrics = self._host.metrics
        metrics.streams.inc()
        delivered = None
        try:
            async for item in self._stream.items:
                body = await self._patiently(partial(self._body, item))
                delivered = self._context.cursor
                metrics.delivered.inc()
                yield Item(body, delivered)
        except Exception as error:  # noqa: BLE001 - the stream itself failed: said, then over
            yield Item(self._host.body_of_failure(error), delivered)
        finally:
            metrics.streams.dec()
            await self._stream.items.aclose()

    async def _body(self, item: Any) -> bytes:
        ctx, told = self._context.ctx, self._context.told
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
        ctx = self._context.ctx
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
