"""A session that ends while a socket or a stream is open ends them too, and says so."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2

from app.clock import now
from tests.api import ALERTS, Person
from tests.clients.place import BEGINNING, PATIENCE, Place, Stage

SIGN_OUT = "mutation { signOut { __typename } }"
SUSPEND = "mutation M($user: ID!) { suspendUser(input: {user: $user}) { __typename } }"
WATCH = {"query": ALERTS, "variables": {"after": BEGINNING}}


class Events:
    """An event stream, read field by field."""

    def __init__(self, response: httpx2.Response) -> None:
        self._lines = response.aiter_lines()

    async def hear(self) -> dict[str, Any]:
        """Return the next event as its name, its id and what its data holds."""
        event: dict[str, Any] = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                name, _, value = line.partition(":")
                if line and name:
                    event[name] = value.removeprefix(" ")
                elif "event" in event:
                    break
        event["data"] = json.loads(event["data"]) if event["data"] else None
        return event


@asynccontextmanager
async def streaming(
    place: Place, person: Person, last_event_id: str | None = None
) -> AsyncIterator[Events]:
    """Open an event stream of the alerts of a person."""
    headers = {"accept": "text/event-stream"}
    if last_event_id:
        headers["last-event-id"] = last_event_id
    async with (
        place.http(person) as client,
        client.stream("POST", place.url, json=WATCH, headers=headers) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


async def test_signing_out_elsewhere_closes_the_socket(place: Place, stage: Stage) -> None:
    """A sign-out by HTTP closes the session's sockets with 4403; other sessions stay."""
    phone = await place.sign_in_again(stage.ada)
    async with place.watching(phone) as closed, place.watching(stage.ada) as open:
        async with place.http(phone) as client:
            done = await client.post(place.url, json={"query": SIGN_OUT})
            assert done.json()["data"] == {"signOut": {"__typename": "Done"}}
        async with asyncio.timeout(1):
            code, reason = await closed.end()
        assert (code, reason) == (4403, "Forbidden: The session has ended. Sign in again.")
        await stage.raise_alert()
        assert (await open.hear())["type"] == "next"


async def test_signing_out_on_the_socket_answers_first(place: Place, stage: Stage) -> None:
    """A sign-out over the socket itself is answered before the socket closes."""
    async with place.watching(stage.ada) as socket:
        await socket.subscribe("2", SIGN_OUT)
        answer = await socket.hear()
        assert answer["payload"]["data"] == {"signOut": {"__typename": "Done"}}
        async with asyncio.timeout(PATIENCE):
            assert (await socket.end())[0] == 4403


async def test_a_session_that_expires_closes_its_socket(place: Place, stage: Stage) -> None:
    """Nobody has to do anything for that."""
    brief = await place.sign_in_again(stage.ada, now() + timedelta(seconds=1.5))
    async with place.watching(brief) as socket, asyncio.timeout(PATIENCE):
        assert (await socket.end())[0] == 4403
    assert brief.token
    await _is_refused_everywhere(place, brief.token)


async def test_a_suspended_person_is_out_everywhere(place: Place, stage: Stage) -> None:
    """All of their sockets close at once, and their tokens let nobody in."""
    phone = await place.sign_in_again(stage.ada)
    async with place.watching(stage.ada) as one, place.watching(phone) as other:
        await stage.olga.ask(SUSPEND, user=stage.ada.id)
        async with asyncio.timeout(1):
            assert [(await socket.end())[0] for socket in (one, other)] == [4403, 4403]
    for person in (stage.ada, phone):
        assert person.token
        await _is_refused_everywhere(place, person.token)


async def test_a_key_that_is_taken_back_closes_its_socket(place: Place, stage: Stage) -> None:
    """API keys end as sessions do."""
    made = await stage.ada.do(
        """mutation M($space: ID!) {
             createApiKey(input: {space: $space, name: "gauge", scopes: [OBSERVATIONS_WRITE]}) {
               ... on NewApiKey { token key { id } } } }""",
        space=stage.ids["spc"],
    )  # fmt: skip
    async with place.socket(made["token"]) as socket, asyncio.timeout(PATIENCE):
        await socket.hear()
        await stage.ada.ask(
            "mutation M($id: ID!) { revokeApiKey(id: $id) { __typename } }", id=made["key"]["id"]
        )
        assert (await socket.end())[0] == 4403


async def test_a_wrong_token_lets_nobody_in(place: Place) -> None:
    """A token of nobody is refused by every transport."""
    await _is_refused_everywhere(place, "of-nobody")


async def test_a_session_that_ends_ends_its_event_stream(place: Place, stage: Stage) -> None:
    """The last event says so, and the stream is complete: coming back would not help."""
    phone = await place.sign_in_again(stage.ada)
    async with streaming(place, phone) as events:
        await events.hear()
        async with place.http(phone) as client:
            await client.post(place.url, json={"query": SIGN_OUT})
        last = await events.hear()
        assert last["data"]["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
        assert (await events.hear())["event"] == "complete"


async def test_an_event_stream_resumes_after_its_last_event(place: Place, stage: Stage) -> None:
    """The id of an event is a cursor: everything later comes, once, and then what happens."""
    async with streaming(place, stage.ada) as events:
        first = await events.hear()
    assert first["id"] == first["data"]["data"]["alerts"]["cursor"]
    missed = await stage.raise_alert()
    async with streaming(place, stage.ada, last_event_id=first["id"]) as events:
        resolved, again = await events.hear(), await events.hear()
        live = await stage.raise_alert()
        resolved_live, again_live = await events.hear(), await events.hear()
    told = [
        (event["data"]["data"]["alerts"]["reason"], event["data"]["data"]["alerts"]["value"])
        for event in (resolved, again, resolved_live, again_live)
    ]
    assert told == [("RESOLVED", 1.0), ("FIRST", missed), ("RESOLVED", 1.0), ("FIRST", live)]


async def _is_refused_everywhere(place: Place, token: str) -> None:
    """Look that HTTP and event streams answer 401 with a challenge, and a socket closes."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers) as client:
        for accept in ("application/graphql-response+json", "text/event-stream"):
            answer = await client.post(place.url, json=WATCH, headers={"accept": accept})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
            assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
    async with place.socket(token) as socket, asyncio.timeout(PATIENCE):
        assert (await socket.end())[0] == 4403
