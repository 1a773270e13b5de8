"""An engine to talk to: a real counterpart of the transports, with a language of a few words.

The last word of a document in braces says what it does: `{ echo }`, `mutation { echo }`,
`subscription { count }`. Anything else is a syntax error.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, Literal, cast

import orjson

from app.ports import (
    Answer,
    Credentials,
    GraphQLRequest,
    Item,
    NotAdmitted,
    Refused,
    Take,
)

DOCUMENT = re.compile(r"^\s*(query|mutation|subscription)?\s*\w*\s*\{\s*(\w+)\s*\}\s*$")
Kind = Literal["query", "mutation", "subscription"]


def refused(message: str, status: int = 400, retry_after: int | None = None) -> Refused:
    """Return a refusal as an engine makes it: errors, no data."""
    code = {400: "GRAPHQL_PARSE_FAILED", 429: "RATE_LIMITED", 503: "UNAVAILABLE"}.get(
        status, "BAD_REQUEST"
    )
    errors = [{"message": message, "extensions": {"code": code}}]
    return Refused(Answer(orjson.dumps({"errors": errors}), False, status, retry_after))


class ToyEngine:
    """Lets in everybody without a token and whoever has one of its tokens."""

    def __init__(self) -> None:
        self.tokens: dict[str, asyncio.Future[str]] = {}
        self.admitted: list[Credentials] = []
        self.requests: list[GraphQLRequest] = []
        self.left = 0
        self._somebody_left = asyncio.Condition()
        self.streams = 0
        self.stream_closed = asyncio.Event()
        self.is_full = False

    def issue(self, token: str) -> asyncio.Future[str]:
        """Make a token valid; its session ends when the future that is returned is done."""
        self.tokens[token] = asyncio.get_running_loop().create_future()
        return self.tokens[token]

    async def admit(self, credentials: Credentials) -> "ToyVisitor":
        """Let somebody in."""
        self.admitted.append(credentials)
        if self.is_full:
            raise refused("too many at once", 429, 7)
        if credentials.token == "bug":
            raise RuntimeError("a secret of the engine")
        if credentials.token is not None and credentials.token not in self.tokens:
            raise NotAdmitted("The token is not valid.")
        return ToyVisitor(self, self.tokens.get(credentials.token or ""))

    async def count_out(self) -> None:
        """Note that somebody has left."""
        async with self._somebody_left:
            self.left += 1
            self._somebody_left.notify_all()

    async def until_left(self, count: int) -> None:
        """Wait until so many have left."""
        async with asyncio.timeout(5), self._somebody_left:
            await self._somebody_left.wait_for(lambda: self.left >= count)


class ToyVisitor:
    """Somebody who is in."""

    def __init__(self, engine: ToyEngine, session: asyncio.Future[str] | None) -> None:
        self.engine = engine
        self._session = session

    @property
    def ended(self) -> Awaitable[str] | None:
        """Done when the session ends."""
        return self._session

    async def prepare(self, request: GraphQLRequest) -> "ToyOperation":
        """Understand a request."""
        self.engine.requests.append(request)
        found = DOCUMENT.match("{ stored }" if request.query is None else request.query)
        if found is None:
            raise refused("Syntax Error: unexpected.")
        kind, word = found.groups()
        if word == "refuse":
            status = (request.variables or {}).get("status", 400)
            raise refused("no", status, 9 if status != 400 else None)
        if word == "crash":
            raise RuntimeError("a secret of the engine")
        return ToyOperation(self, cast("Kind", kind or "query"), word, request)

    async def leave(self) -> None:
        """Be counted out."""
        await self.engine.count_out()


class ToyOperation:
    """One operation that is understood."""

    def __init__(self, visitor: ToyVisitor, kind: Kind, word: str, request: GraphQLRequest) -> None:
        self.kind: Kind = kind
        self._engine = visitor.engine
        self._word = word
        self._request = request

    async def run(self) -> Answer:
        """Give back what came, or break."""
        if self._word == "fail":
            raise RuntimeError("a secret of the engine")
        if self._word == "outage":
            return Answer(b'{"data":null,"errors":[{"message":"away"}]}', status=503)
        if self._word == "incoercible":
            return refused("Variable is wrong.").answer
        sent = self._request
        told: dict[str, Any] = {
            "__typename": self.kind.title(),
            "variables": sent.variables,
            "operationName": sent.operation_name,
            "extensions": sent.extensions,
        }
        return Answer(orjson.dumps({"data": told}))

    async def stream(self) -> "ToyItems":
        """Start to stream, or refuse to."""
        if self._word == "unstreamable":
            raise refused("no such thing")
        return ToyItems(self._items)

    async def _items(self, items: "ToyItems") -> AsyncGenerator[Item, None]:
        self._engine.streams += 1
        variables = self._request.variables or {}
        size = "x" * variables.get("size", 0)
        try:
            for number in range(1, variables.get("to", 3) + 1):
                body = {"data": {"count": number, **({"pad": size} if size else {})}}
                item = Item(orjson.dumps(body), cursor=f"c{number}")
                if self._word != "pour" or not items.take(item):
                    yield item
            if self._word == "wait":
                await asyncio.Event().wait()
            if self._word == "lose":
                raise refused("the permission was taken away")
            if self._word == "fail":
                raise RuntimeError("a secret of the engine")
        finally:
            self._engine.streams -= 1
            self._engine.stream_closed.set()


class ToyItems:
    """The items of a stream; those of `pour` are handed over as long as they are taken."""

    def __init__(self, generate: Callable[["ToyItems"], AsyncGenerator[Item, None]]) -> None:
        self._generated = generate(self)
        self.take: Take = lambda _item: False

    def __aiter__(self) -> AsyncIterator[Item]:
        return self._generated

    def pour(self, take: Take) -> None:
        """Take note of who takes."""
        self.take = take

    async def aclose(self) -> None:
        """Let go."""
        await self._generated.aclose()
