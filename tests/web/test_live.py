"""Live connections: those who read too slowly, and how all end when the server does."""

import asyncio
import json
import socket
from typing import Any

import pytest

from app.ports import Readiness
from app.web.live import Connection, Ending, LiveConnections
from tests.web.conftest import PATIENCE, Site, running

MUCH = {"to": 60, "size": 500_000}
FLOOD = "subscription { wait }"
ASK_EVENTS = json.dumps({"query": FLOOD, "variables": MUCH})


async def test_a_socket_that_is_not_read(hasty: Site) -> None:
    """Who does not read is closed with 1013 and can resume; the work for it stops at once."""
    async with hasty.socket(max_queue=1, max_size=None) as talk:
        await talk.ask("1", FLOOD, variables=MUCH)
        async with asyncio.timeout(PATIENCE):
            await hasty.engine.stream_closed.wait()
        code, reason = await talk.end()
        assert code == 1013
        assert "resume from your last cursor" in reason
    await hasty.engine.until_left(1)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system cannot")
async def test_a_peer_that_is_as_good_as_dead() -> None:
    """A peer that takes nothing any more is dropped by the system, with all that waits for it."""
    async with (
        running(unread_seconds=0.2) as site,
        site.socket(max_queue=1, max_size=None) as talk,
    ):
        await talk.ask("1", FLOOD, variables=MUCH)
        await site.engine.until_left(1)
        assert not site.server.server_state.connections
        talk.connection.transport.abort()


async def test_a_slow_reader_holds_nobody_up(hasty: Site) -> None:
    """While one does not read, others are served as ever."""
    async with hasty.socket(max_queue=1, max_size=None) as slow, hasty.socket() as quick:
        await slow.ask("1", FLOOD, variables=MUCH)
        for number in range(20):
            await quick.ask(str(number), "subscription { count }")
            assert len(await quick.hear_all(str(number))) == 4
        await slow.end()


async def test_an_event_stream_that_is_not_read(hasty: Site) -> None:
    """Who does not read events is cut off without `complete`, and so comes back."""
    head = (
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"accept: text/event-stream\r\ncontent-length: {len(ASK_EVENTS)}\r\n"
        "connection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port, limit=1024)
    writer.write((head + ASK_EVENTS).encode())
    async with asyncio.timeout(PATIENCE):
        await hasty.engine.stream_closed.wait()
        received = await reader.read()
    writer.close()
    assert b"event: next" in received
    assert b"event: complete" not in received
    assert received.endswith(b"\r\n0\r\n\r\n")


async def test_the_server_leaves() -> None:
    """A server that stops tells sockets to resume, ends event streams openly, and is gone."""
    async with running() as site, site.socket() as talk:
        await talk.ask("1", FLOOD, variables={"to": 1})
        await talk.hear()
        body = {"query": FLOOD, "variables": {"to": 1}}
        accept = {"accept": "text/event-stream"}
        async with site.http.stream("POST", "/graphql", json=body, headers=accept) as events:
            chunks = events.aiter_text()
            received = await anext(chunks)
            assert site.live.count == 2
            site.server.should_exit = True
            received += "".join([chunk async for chunk in chunks])
        assert received.startswith("retry: ")
        assert "event: next" in received
        assert "event: complete" not in received
        assert await talk.end() == (1012, "service restart: resume from your last cursor")
        assert (site.engine.streams, site.engine.left) == (0, 2)


async def test_nobody_new_is_held_by_a_server_that_leaves() -> None:
    """Who comes while the server leaves is sent away, to come back."""
    async with running() as site:
        await site.live.close_all(PATIENCE)
        async with site.socket(greet=False) as talk:
            assert (await talk.end())[0] == 1012
        answer = await site.post("subscription { count }", accept="text/event-stream")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert (await site.post("{ echo }")).status_code == 200


async def test_a_query_in_flight_is_finished() -> None:
    """What was asked before the server stops is answered."""
    async with running() as site:
        asked = [asyncio.create_task(site.post("{ echo }")) for _ in range(20)]
        await site.engine.until_left(1)
        site.server.should_exit = True
        answers = await asyncio.gather(*asked)
        assert [a.status_code for a in answers] == [200] * 20


async def test_readiness_does_not_hang_on_live_connections(site: Site) -> None:
    """Health answers beside many open streams."""
    async with site.socket() as talk:
        for number in range(50):
            await talk.ask(str(number), FLOOD, variables={"to": 1})
            await talk.hear()
        site.readiness = Readiness(("x",))
        assert (await site.http.get("/readyz")).status_code == 503


async def test_the_first_ending_counts() -> None:
    """A connection that is ended twice ends as it was told first."""
    live, known = LiveConnections(), asyncio.get_running_loop().create_future()
    over: list[Any] = []

    async def serve() -> None:
        connection = Connection()
        with live.hold(connection):
            known.set_result(connection)
            await asyncio.Event().wait()
        over.append(connection.ending)
        connection.end(Ending(3, "late"))
        await asyncio.sleep(0)
        over.append(connection.ending)

    task = asyncio.create_task(serve())
    connection = await known
    connection.end(Ending(1, "first"))
    connection.end(Ending(2, "second"))
    await task
    assert over == [Ending(1, "first")] * 2
    assert live.count == 0


async def test_a_cancellation_from_outside_is_one() -> None:
    """A task that is cancelled by others, and not ended, stays cancelled."""
    live, known = LiveConnections(), asyncio.get_running_loop().create_future()

    async def serve() -> None:
        with live.hold(Connection()):
            known.set_result(None)
            await asyncio.Event().wait()

    task = asyncio.create_task(serve())
    await known
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert live.count == 0
