"""How long an observation takes to reach a subscriber, beside what the database itself takes.

A real server process, one socket that watches `alerts`, and one HTTP client that records an
observation which opens or resolves an alert. In the same rounds, on the same MongoDB: a raw insert
by the driver, and the change stream that shows it. Run: `python benchmarks/latency.py`.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import httpx2
import orjson
from pymongo import AsyncMongoClient
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.db.embedded import Embedded, await_stop  # noqa: E402
from tests.processes import ServerProcess  # noqa: E402

CLAIM = """mutation M($token: String!) { claimOperator(input: {token: $token,
  email: "mo@example.org", password: "correct horse", name: "Mo"}) {
    ... on SignedIn { token } } }"""
SPACE = """mutation M { createSpace(input: {name: "Bench", model: ALERTER, domain: BOTH}) {
  ... on Space { id } } }"""
SERIES = """mutation M($space: ID!) { createSeries(input: {space: $space, key: "k", name: "n"}) {
  ... on Series { id } } }"""
SUBSCRIBE = """mutation M($series: ID!) { createAlertSubscription(input: {series: $series,
  trigger: {threshold: {operator: GTE, value: 3}}}) { __typename } }"""
RECORD = """mutation M($series: ID!, $at: DateTime!, $value: Float!) {
  recordObservations(input: {observations: [{series: $series, at: $at, value: $value}]}) {
    ... on RecordedObservations { alertsOpened alertsResolved } } }"""
ALERTS = "subscription S { alerts { ... on Notice { reason value } } }"

Once = Callable[[int], Awaitable[float]]


async def ask(client: httpx2.AsyncClient, query: str, **variables: Any) -> Any:
    """Return the one field of an operation."""
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    [value] = answer.json()["data"].values()
    return value


async def watch(url: str, token: str) -> ClientConnection:
    """Return a socket that watches the alerts of the token's person."""
    socket = await connect(
        url.replace("http", "ws") + "/graphql",
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
    )
    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
    await socket.send(orjson.dumps(init).decode())
    await socket.recv()
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": ALERTS}}
    await socket.send(orjson.dumps(subscribe).decode())
    return socket


async def through_the_api(url: str, token: str, stack: list[Any]) -> Once:
    """Return a measurement from the request that records to the item on the socket."""
    headers = {"authorization": f"Bearer {token}"}
    client = httpx2.AsyncClient(base_url=url, headers=headers, timeout=30)
    space = await ask(client, SPACE)
    series = await ask(client, SERIES, space=space["id"])
    await ask(client, SUBSCRIBE, series=series["id"])
    socket = await watch(url, token)
    stack += [client.aclose, socket.close]
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)  # noqa: TID251

    async def once(number: int) -> float:
        at = (start + timedelta(seconds=number)).isoformat()
        began = time.perf_counter()
        recording = asyncio.ensure_future(
            ask(client, RECORD, series=series["id"], at=at, value=5 if number % 2 else 1)
        )
        if number:
            await socket.recv()
        took = time.perf_counter() - began
        await recording
        return took

    await once(0)
    return once


async def through_the_database(uri: str, stack: list[Any]) -> Once:
    """Return a measurement from a raw insert to the change stream that shows it."""
    client: AsyncMongoClient[Any] = AsyncMongoClient(uri, w="majority")
    rows = client["bench_raw"]["rows"]
    await rows.insert_one({"n": -1})
    stream = await rows.watch()
    stack += [stream.close, client.close]

    async def once(number: int) -> float:
        began = time.perf_counter()
        await rows.insert_one({"n": number})
        await anext(stream)
        return time.perf_counter() - began

    return once


async def measure(url: str, token: str, uri: str, rounds: int) -> dict[str, list[float]]:
    """Return the times of both ways, taken in turn, in milliseconds."""
    stack: list[Any] = []
    try:
        ways = {
            "record → socket": await through_the_api(url, token, stack),
            "raw insert → change stream": await through_the_database(uri, stack),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(1, rounds + 20):
            for name, once in ways.items():
                took = await once(number)
                if number >= 20:  # the first ones warm both up
                    times[name].append(took * 1000)
        return times
    finally:
        for close in reversed(stack):
            await close()


def measure_in(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Return the times, taken on a fresh database in a folder."""
    with (
        Embedded(folder, None) as mongod,
        ServerProcess(mongodb_uri=mongod.uri, database="bench") as server,
    ):
        claim = {"query": CLAIM, "variables": {"token": server.operator_token}}
        answer = httpx2.post(f"{server.url}/graphql", json=claim).json()
        token = answer["data"]["claimOperator"]["token"]
        return asyncio.run(measure(server.url, token, mongod.uri, rounds))


@click.command()
@click.option("--rounds", default=500, help="How many observations to measure.")
def main(rounds: int) -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory(prefix="ff") as folder:
        times = measure_in(Path(folder), rounds)
        await_stop(Path(folder))
    print(f"{'ms':<28}{'median':>8}{'p90':>8}{'p99':>8}")
    for name, taken in times.items():
        cuts = statistics.quantiles(taken, n=100)
        print(f"{name:<28}{statistics.median(taken):>8.2f}{cuts[89]:>8.2f}{cuts[98]:>8.2f}")
    ours, raw = (statistics.median(taken) for taken in times.values())
    print(f"ratio of the medians {ours / raw:.1f}")


if __name__ == "__main__":
    main()
