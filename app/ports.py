"""What the transports need of the engine, and of who takes in payments; the server hands it in.

The transports know HTTP, WebSocket and server-sent events. They know neither the schema nor the
database: they hand a request to a `Visitor` and carry the bytes that come back.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol


class Credentials(NamedTuple):
    """How somebody came in: bearer token (session or API key), network address, request id."""

    token: str | None
    address: str
    request_id: str


class GraphQLRequest(NamedTuple):
    """One operation as it was sent, checked for shape only."""

    query: str | None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    last_event_id: str | None = None
    is_get: bool = False


class Answer(NamedTuple):
    """A complete JSON response body.

    `started` is False when the request was refused before its execution began, so that the body
    has no `data`; `status` is the HTTP status that the answer asks for, where a transport may
    soften 400 to 200 for clients that know plain `application/json` only.
    """

    body: bytes
    started: bool = True
    status: int = 200
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a stream: a complete JSON body, and the cursor to resume after it, if any."""

    body: bytes
    cursor: str | None = None


# Takes an item at once, or returns False: then it will be asked for.
Take = Callable[[Item], bool]


class Items(Protocol):
    """The items of a subscription that has started."""

    def __aiter__(self) -> AsyncIterator[Item]:
        """Return the items, for whoever asks for one after the other."""
        ...

    def pour(self, take: Take) -> None:
        """Call `take` with items while the next one is waited for; to be said before the first.

        It is called outside of the waiting task, must not wait, and returns False if it cannot
        take an item at once: that item is then given to the waiting task.
        """
        ...

    async def aclose(self) -> None:
        """Let go."""
        ...


class Refused(Exception):
    """The request cannot be executed; the answer says why and carries its HTTP status."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.decode())
        self.answer = answer


class NotAdmitted(Exception):
    """The token is wrong, ended or expired; the message says so without details."""


class Operation(Protocol):
    """An operation that passed every check and is ready to run, once."""

    kind: Literal["query", "mutation", "subscription"]

    async def run(self) -> Answer:
        """Execute a query or mutation to its end."""
        ...

    async def stream(self) -> Items:
        """Start a subscription; raises `Refused` when its first resolver refuses."""
        ...


class Visitor(Protocol):
    """Somebody who was let in, for one HTTP request or the life of one socket."""

    @property
    def ended(self) -> Awaitable[str] | None:
        """Done, with the reason, when the session ends or expires; None for the anonymous."""
        ...

    async def prepare(self, request: GraphQLRequest) -> Operation:
        """Parse, validate and weigh a request; raises `Refused`."""
        ...

    async def leave(self) -> None:
        """Give back what the visit held."""
        ...


class Engine(Protocol):
    """The GraphQL engine, as a transport sees it."""

    async def admit(self, credentials: Credentials) -> Visitor:
        """Let somebody in.

        Raises:
            NotAdmitted: The token is not valid.
            Refused: Nobody can be let in just now (503), or not so many from there (429).
        """
        ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this server can take work; `lacking` names what is missing, each for a person."""

    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What the sender of a webhook is told: an HTTP status, and a word or the reason."""

    status: int
    text: str
    retry_after_seconds: int | None = None


class Webhooks(Protocol):
    """Who takes in what payment providers tell by themselves."""

    async def receive(
        self, provider: str, headers: Mapping[str, str], body: bytes
    ) -> WebhookAnswer:
        """Verify and keep one webhook, once however often it comes.

        `provider` is as it stands in the path, the names of headers are in lower case, and the
        body is as it came. The status is 200, 400, 404, 413 or 503.
        """
        ...
