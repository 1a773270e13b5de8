"""GraphQL over WebSocket: how a socket ends, and what ends with it."""

import asyncio
from typing import Any

from tests.web.conftest import Site

COUNT = "subscription { count }"
WAIT = "subscription { wait }"


def item(id: str, count: int) -> dict[str, Any]:
    """Return the `next` of an item of the toy engine's streams."""
    return {"id": id, "type": "next", "payload": {"data": {"count": count}}}


async def test_the_session_ends(site: Site) -> None:
    """When the session ends, so does the socket, with 4403 and the reason."""
    session = site.engine.issue("t1")
    async with site.socket(greet={"token": "t1"}) as talk:
        await talk.ask("1", WAIT, variables={"to": 1})
        assert await talk.hear() == item("1", 1)
        session.set_result("signed out")
        assert await talk.end() == (4403, "Forbidden: signed out")
        await site.engine.stream_closed.wait()
    assert site.engine.streams == 0


async def test_a_session_that_is_over_already(site: Site) -> None:
    """A session that ends while somebody comes in ends the socket too."""
    site.engine.issue("t1").set_result("x" * 200)
    async with site.socket(greet={"token": "t1"}) as talk:
        code, reason = await talk.end()
        assert code == 4403
        assert len(reason.encode()) == 123


async def test_one_socket_leaves_the_session_of_others_alone(site: Site) -> None:
    """When one socket goes, the others of the same session still hear of its end."""
    session = site.engine.issue("t1")
    async with site.socket(greet={"token": "t1"}) as stays:
        async with site.socket(greet={"token": "t1"}):
            pass
        await site.engine.until_left(1)
        assert not session.done()
        session.set_result("expired")
        assert (await stays.end())[0] == 4403


async def test_the_client_leaves(site: Site) -> None:
    """When the client goes, its streams are stopped and its visit ends."""
    async with site.socket() as talk:
        for id in "ab":
            await talk.ask(id, WAIT, variables={"to": 1})
            await talk.hear()
        assert site.engine.streams == 2
    await site.engine.until_left(1)
    assert site.engine.streams == 0


async def test_the_client_vanishes(site: Site) -> None:
    """A connection that breaks without a word ends the visit as well."""
    async with site.socket() as talk:
        await talk.ask("a", WAIT, variables={"to": 1})
        await talk.hear()
        talk.connection.transport.abort()
        await site.engine.until_left(1)
    assert site.engine.streams == 0


async def test_a_hundred_sockets(site: Site) -> None:
    """Many sockets at once each get their own items."""

    async def visit(number: int) -> None:
        async with site.socket() as talk:
            await talk.ask(f"s{number}", COUNT, variables={"to": 2})
            assert len(await talk.hear_all(f"s{number}")) == 3

    await asyncio.gather(*(visit(n) for n in range(100)))
    await site.engine.until_left(100)
