"""The demo, over HTTP, against real server processes."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from rich.console import Console

from app.db.client import Database
from app.demo import Admission, Demo, DemoFailed, operations
from app.demo.client import Client, Declined
from app.demo.people import ADA, PASSWORD
from app.demo.platforms import PLATFORMS, earthquakes, weather
from app.demo.play import STORIES
from app.demo.programme import Tally
from app.settings import Settings
from tests.databases import Databases
from tests.processes import CHEAP, ServerProcess

WEEK_SECONDS = 7 * 86_400
ALERTS_OF_A_FULL_REPLAY = {
    ("Earthquakes", "≥ 5 M"): 36,
    ("Earthquakes", "≥ 6 M"): 5,
    ("Seattle weather", "> 20 mm"): 45,
    ("Seattle weather", "> 20 mm, over at 5 mm"): 43,
}
COUNTS = """
query Counts {
  spaces(first: 10) { totalCount nodes { name } }
  inbox { totalCount }
  alertSubscriptions { totalCount }
}"""
NOTICES = "subscription { alerts { ... on Notice { reason value series { key } } } }"


class Town:
    """A database of its own, the servers on it, and the demos that are played on them."""

    def __init__(self, uri: str, db: Database, stack: ExitStack) -> None:
        self.db = db
        self._stack = stack
        self._given = {"mongodb_uri": uri, "database": db.name}
        self.settings = Settings(**self._given, **CHEAP)  # type: ignore[arg-type]
        self.servers: list[ServerProcess] = []

    def serve(self) -> ServerProcess:
        """Start one more server."""
        self.servers.append(self._stack.enter_context(ServerProcess(**self._given)))
        return self.servers[-1]

    async def play(self, *, batch: int, speed: float = 0, **more: Any) -> list[Tally]:
        """Play the demo on all servers in turn."""
        urls = [server.url for server in self.servers]
        console = Console(file=io.StringIO())
        admission = Admission(self.settings)
        demo = Demo(urls, admission, speed=speed, batch=batch, console=console, **more)
        return await demo.play()

    async def ask_as_ada(self, operation: str, **variables: Any) -> Any:
        """Ask what Ada may see."""
        client = Client([self.servers[0].url])
        given = {"email": ADA.email, "password": PASSWORD}
        signed_in = await client.do(operations.SIGN_IN, input=given)
        answer = await client.ask(operation, signed_in["token"], **variables)
        await client.close()
        return answer


@pytest.fixture
async def town(databases: Databases, db: Database) -> AsyncIterator[Town]:
    """A town without a server yet."""
    with ExitStack() as stack:
        yield Town(databases.uri, db, stack)


def alerts(tallies: list[Tally]) -> dict[tuple[str, str], int]:
    """Return how often each condition fired."""
    return {(tally.space, tally.condition): tally.alerts for tally in tallies}


async def assert_nothing_is_left_to_misuse(town: Town) -> None:
    """Check that there is no operator still, whom a server would not offer its link, nor a key."""
    assert town.serve().operator_token is not None
    assert await town.db["keys"].count_documents({}, hint="_id_") == 0


async def test_a_full_replay_opens_its_alerts_and_a_second_one_adds_nothing(town: Town) -> None:
    """Played again, the demo finds all in place: no space, watch, observation or notice is new.

    A batch of 1,000 earthquakes is more than a request may hold; it is sent in halves.
    """
    town.serve()
    first = await town.play(batch=1000)
    assert alerts(first) == ALERTS_OF_A_FULL_REPLAY
    before = await town.ask_as_ada(COUNTS)
    assert await town.play(batch=300) == first
    assert await town.ask_as_ada(COUNTS) == before
    await assert_nothing_is_left_to_misuse(town)


async def test_a_replay_in_small_batches_opens_the_same_alerts(town: Town) -> None:
    """Batches of 50, which begin and end anywhere, open the same alerts as large ones."""
    town.serve()
    assert alerts(await town.play(batch=50, stories=())) == ALERTS_OF_A_FULL_REPLAY


async def test_two_servers_that_take_turns_open_the_same_alerts(town: Town) -> None:
    """Two processes on one database, each of which records every other batch, lose nothing."""
    town.serve()
    town.serve()
    assert alerts(await town.play(batch=90)) == ALERTS_OF_A_FULL_REPLAY


async def test_two_demos_at_once_come_to_what_one_comes_to(town: Town) -> None:
    """Two demos with batches of different sizes share spaces, series, watches and observations."""
    town.serve()
    both = await asyncio.gather(town.play(batch=97), town.play(batch=150))
    assert alerts(both[0]) == alerts(both[1]) == ALERTS_OF_A_FULL_REPLAY
    counts = await town.ask_as_ada(COUNTS)
    assert counts["spaces"]["totalCount"] == len(PLATFORMS) + len(STORIES)
    assert counts["alertSubscriptions"]["totalCount"] == 2


async def test_alerts_reach_an_open_subscription_while_the_demo_plays(town: Town) -> None:
    """Ada, who watches over server-sent events, is told of each of her alerts as it plays."""
    server = town.serve()
    client = Client([server.url])
    account = {"email": ADA.email, "password": PASSWORD, "name": ADA.name}
    await client.do(operations.SIGN_UP, input=account)
    given = {"email": ADA.email, "password": PASSWORD}
    signed_in = await client.do(operations.SIGN_IN, input=given)
    headers = {"Authorization": f"Bearer {signed_in['token']}", "Accept": "text/event-stream"}
    told: list[str] = []
    async with (
        httpx2.AsyncClient(timeout=60) as http,
        http.stream(
            "POST", f"{server.url}/graphql", json={"query": NOTICES}, headers=headers
        ) as events,
    ):
        playing = asyncio.create_task(town.play(batch=100, speed=WEEK_SECONDS, stories=()))
        async for line in events.aiter_lines():
            if line.startswith("data: {"):
                notice = orjson.loads(line.removeprefix("data: "))["data"]["alerts"]
                told += [notice["series"]["key"]] if notice["reason"] == "FIRST" else []
            if len(told) == 36 + 45:
                break
        await playing
    await client.close()
    assert (told.count("usgs.magnitude"), told.count("precipitation")) == (36, 45)


async def test_an_account_of_the_demos_people_with_another_password_is_refused(town: Town) -> None:
    """Who took Ada's address before keeps it: the demo says that it cannot play here."""
    client = Client([town.serve().url])
    account = {"email": ADA.email, "password": "another long password", "name": "Adele"}
    await client.do(operations.SIGN_UP, input=account)
    with pytest.raises(DemoFailed, match=f"{ADA.email} has an account here"):
        await town.play(batch=500)
    await client.close()


async def test_without_a_server_the_demo_says_how_to_start_one(town: Town) -> None:
    """An address at which nobody answers is told at once, with the command to type."""
    demo = Demo(["http://127.0.0.1:9"], Admission(town.settings), speed=0, batch=10)
    with pytest.raises(DemoFailed, match="fivefold serve") as failure:
        await demo.play()
    assert failure.value.exit_code == 75


async def test_without_an_operator_the_demo_says_how_to_get_a_token(
    town: Town, tmp_path: Path
) -> None:
    """With no database beside it, or one that the server does not use, it names the way."""
    urls = [town.serve().url]
    with pytest.raises(DemoFailed, match="fivefold token create") as failure:
        await Demo(urls, Admission(Settings(data_dir=tmp_path)), speed=0, batch=10).play()
    assert failure.value.exit_code == 2
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - nothing else waits here
    other = Settings(mongodb_uri=town.settings.mongodb_uri, database="demo_other")
    with pytest.raises(DemoFailed, match="does not use the database in MONGODB_URI"):
        await Demo(urls, Admission(other), speed=0, batch=10).play()
    db = Database(other.mongodb_uri or "", other.database)
    await db.drop()
    await db.close()


async def test_an_operators_password_opens_the_demo_too(town: Town) -> None:
    """An operator may give their address and password, and may be wrong about them."""
    server = town.serve()
    client = Client([server.url])
    operator = {"email": "grace@example.org", "password": "a compiler of her own"}
    claim = """mutation Claim($input: ClaimOperatorInput!) {
      claimOperator(input: $input) { __typename ... on Error { message code } } }"""
    await client.do(claim, input={**operator, "name": "Grace", "token": server.operator_token})
    await client.close()
    given: dict[str, Any] = {"speed": 0, "batch": 500, "stories": ()}
    console = Console(file=io.StringIO())
    wrong = Admission(town.settings, None, operator["email"], "not her password")
    with pytest.raises(Declined, match="signIn"):
        await Demo([server.url], wrong, console=console, **given).play()
    right = Admission(town.settings, None, operator["email"], operator["password"])
    played = await Demo([server.url], right, console=console, **given).play()
    assert alerts(played) == ALERTS_OF_A_FULL_REPLAY


async def test_the_demo_waits_as_long_as_a_busy_server_asks() -> None:
    """A client that is told 429 or 503 comes back after the pause that was asked for."""
    busy = b"HTTP/1.1 %s\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
    body = b'{"data":{"me":null}}'
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    answers = iter([busy % b"429 Too Many Requests", busy % b"503 Service Unavailable", fine])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b'"variables":{}}')
            writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        client = Client([f"http://{host}:{port}"])
        assert await client.ask(operations.ME) == {"me": None}
        await client.close()


def test_the_data_of_the_demo_are_complete_and_in_the_order_of_time() -> None:
    """There are 1,707 earthquakes, 39 of them of magnitude 5 or more, and 1,461 days of weather."""
    quakes, days = earthquakes(), weather()
    assert (len(quakes), sum(quake.value >= 5 for quake in quakes)) == (1707, 39)
    assert len({quake.key for quake in quakes}) == 1707
    assert len([day for day in days if day.series == "precipitation"]) == 1461
    assert [reading.at for reading in quakes] == sorted(quake.at for quake in quakes)
    assert [reading.at for reading in days] == sorted(day.at for day in days)
