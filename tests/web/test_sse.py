"""GraphQL over server-sent events: distinct connections mode, by POST and by GET."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.web.conftest import PATIENCE, Site

EVENTS = {"accept": "text/event-stream"}
COUNT = "subscription { count }"
WAIT = "subscription { wait }"


@dataclass
class Event:
    """One event, as the HTML standard reads a stream."""

    name: str
    data: Any
    id: str | None = None


class Stream:
    """An event stream that is open."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.comments = 0
        self._chunks = response.aiter_text()
        self._rest = ""

    async def next(self) -> Event | None:
        """Return the next event, or None at the end of the stream."""
        async with asyncio.timeout(PATIENCE):
            while True:
                block = await self._block()
                if block is None:
                    return None
                if event := self._event(block):
                    return event

    async def all(self) -> list[Event]:
        """Return the events up to the end of the stream."""
        found = []
        while (event := await self.next()) is not None:
            found.append(event)
        return found

    async def _block(self) -> str | None:
        while "\n\n" not in self._rest:
            chunk = await anext(self._chunks, None)
            if chunk is None:
                assert not self._rest, "the stream ends in the middle of an event"
                return None
            assert "\r" not in chunk
            self._rest += chunk
        block, self._rest = self._rest.split("\n\n", 1)
        return block

    def _event(self, block: str) -> Event | None:
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        self.comments += "" in fields
        if "event" not in fields:
            return None
        data = json.loads(fields["data"]) if fields["data"] else None
        return Event(fields["event"], data, fields.get("id"))


@asynccontextmanager
async def stream(
    site: Site, document: str, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncIterator[Stream]:
    """Open an event stream by POST."""
    body = {"query": document, "variables": variables}
    sent = EVENTS | (headers or {})
    async with site.http.stream("POST", "/graphql", json=body, headers=sent) as response:
        yield Stream(response)


def counted(number: int) -> Event:
    """Return an item of the toy engine's streams."""
    return Event("next", {"data": {"count": number}}, f"c{number}")


COMPLETE = Event("complete", None)


async def test_a_subscription(site: Site) -> None:
    """Items come as `next` with their cursors as ids, then `complete`."""
    async with stream(site, COUNT, to=2) as events:
        assert events.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert events.response.headers["cache-control"] == "no-store, no-transform"
        assert events.response.headers["x-accel-buffering"] == "no"
        assert await events.all() == [counted(1), counted(2), COMPLETE]
    await site.engine.until_left(1)


async def test_items_that_are_handed_over(site: Site) -> None:
    """Items come straight as long as the stream takes them; all come, in order."""
    async with stream(site, "subscription { pour }", to=60, size=100_000) as events:
        *items, end = await events.all()
    assert [event.id for event in items] == [f"c{number}" for number in range(1, 61)]
    assert end == COMPLETE


async def test_a_subscription_by_get(site: Site) -> None:
    """A browser's own EventSource asks by GET."""
    asked = {"query": COUNT, "variables": '{"to": 1}'}
    async with site.http.stream("GET", "/graphql", params=asked, headers=EVENTS) as response:
        assert await Stream(response).all() == [counted(1), COMPLETE]


async def test_a_get_with_a_body(site: Site) -> None:
    """A body that comes with a GET is read, and disturbs nothing."""
    asked = {"query": COUNT, "variables": '{"to": 1}'}
    answer = await site.http.request("GET", "/graphql", params=asked, headers=EVENTS, content=b"x")
    assert answer.text.endswith("event: complete\ndata:\n\n")


async def test_coming_back(site: Site) -> None:
    """A client that comes back names the last event that it has, and the engine hears of it."""
    async with stream(site, COUNT, {"last-event-id": "c7"}) as events:
        await events.all()
    assert site.engine.requests[0].last_event_id == "c7"


async def test_a_cursor_that_is_none(site: Site) -> None:
    """A last event that is longer than any cursor is refused."""
    async with stream(site, COUNT, {"last-event-id": "x" * 513}) as events:
        assert events.response.status_code == 400


@pytest.mark.parametrize("kind", ["query", "mutation"])
async def test_a_single_result(site: Site, kind: str) -> None:
    """To a client that reads only events, a query or mutation is one `next`."""
    async with stream(site, kind + " { echo }") as events:
        answer, end = await events.all()
        assert answer.data["data"]["__typename"] == kind.title()
        assert end == COMPLETE


async def test_a_client_that_reads_both(site: Site) -> None:
    """A client that lists JSON and events gets JSON for queries and events for subscriptions."""
    both = {"accept": "application/graphql-response+json, application/json, text/event-stream"}
    async with stream(site, "{ echo }", both) as events:
        assert "graphql-response+json" in events.response.headers["content-type"]
    async with stream(site, COUNT, both, to=1) as events:
        assert await events.all() == [counted(1), COMPLETE]


@pytest.mark.parametrize(
    "document", ["{", "subscription { refuse }", "subscription { unstreamable }"]
)
async def test_an_operation_that_never_starts(site: Site, document: str) -> None:
    """What is refused before execution is a `next` with errors, as the protocol has it."""
    async with stream(site, document) as events:
        assert events.response.status_code == 200
        error, end = await events.all()
        assert error.data["errors"][0]["message"]
        assert end == COMPLETE


@pytest.mark.parametrize("status", [429, 503])
async def test_come_back_later(site: Site, status: int) -> None:
    """Too much, or nobody at home, stays an HTTP status, so that clients know to wait."""
    async with stream(site, "subscription { refuse }", status=status) as events:
        assert events.response.status_code == status
        assert events.response.headers["retry-after"] == "9"


async def test_a_bad_token(site: Site) -> None:
    """A token that is not valid is 401, at which browsers stop coming back."""
    async with stream(site, COUNT, {"authorization": "Bearer wrong"}) as events:
        assert events.response.status_code == 401


@pytest.mark.parametrize(
    ("word", "message"),
    [("lose", "the permission was taken away"), ("fail", "Something went wrong on our side.")],
)
async def test_a_stream_that_breaks(site: Site, word: str, message: str) -> None:
    """A stream that the engine breaks off ends with the error and `complete`."""
    async with stream(site, f"subscription {{ {word} }}", to=1) as events:
        first, error, end = await events.all()
        assert first == counted(1)
        assert error.data["errors"][0]["message"] == message
        assert error.data["errors"][0]["extensions"]["code"]
        assert end == COMPLETE


async def test_the_session_ends(site: Site) -> None:
    """When the session ends, the last `next` says so and `complete` follows."""
    session = site.engine.issue("t1")
    async with stream(site, WAIT, {"authorization": "Bearer t1"}, to=1) as events:
        assert await events.next() == counted(1)
        session.set_result("signed out")
        error, end = await events.all()
        assert error.data["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
        assert "signed out" in error.data["errors"][0]["message"]
        assert end == COMPLETE
    assert site.engine.streams == 0


async def test_heartbeats(hasty: Site) -> None:
    """While nothing happens, comments keep the line open."""
    async with stream(hasty, WAIT, to=1) as events:
        assert await events.next() == counted(1)
        async with asyncio.timeout(PATIENCE):
            while events.comments < 3:
                events._event(await events._block() or "")


async def test_the_client_leaves(site: Site) -> None:
    """When the client goes, its stream is stopped at the source and its visit ends."""
    async with stream(site, WAIT, to=1) as events:
        assert await events.next() == counted(1)
        assert site.engine.streams == 1
    await site.engine.until_left(1)
    assert site.engine.streams == 0
