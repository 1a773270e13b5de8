"""Pledges per second, on one campaign and on a hundred, and while a thousand people watch it.

`python -m benchmarks.pledging`: a server process on the first core, the database and the load on
the last one. Beside the rate it says what each pledge costs the server and how busy both cores are:
what is busy is what bounds it. In the end every total is compared with what was pledged.
"""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import orjson
import uvloop
from pymongo import MongoClient

from app.db.embedded import Embedded, await_stop
from benchmarks import dataset
from benchmarks.contestants import COMPILED, STARTS, Contestant, contest
from benchmarks.dataset import SMALL, campaign_id, reader_token
from benchmarks.load import Request, http, put_under_load
from benchmarks.machine import cores, most_files
from benchmarks.shapes import SHAPES, Shape
from benchmarks.sockets import Crowd, Watching

PEOPLE = 1_000
WATCHERS = 1_000
SECONDS, WARM_SECONDS = 10.0, 2.0
# What a chore has to fold is folded by then.
LONGEST_FOLD_SECONDS = 5
DATABASE = "bench_pledging"
HEAD = """| campaigns | watchers | pledges/s | µs each | server busy | the rest | told/s |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""
PROGRESS = """subscription Live($id: ID!) {
  campaignProgress(id: $id) { share goals { progress { counted supporters } } }
}"""


def requests(shape: Shape, port: int, campaigns: int) -> Request:
    """Return what gives the next pledge: of the next person, to the next of so many campaigns."""
    numbers: Iterator[int] = itertools.count()
    pools = {"campaign": [campaign_id(n) for n in range(campaigns)]}

    def pledge(_reader: int) -> bytes:
        number = next(numbers)
        body = orjson.dumps(shape.request(pools, number))
        return http(port, body, number % PEOPLE)

    return pledge


async def measure(server: Contestant, campaigns: int, watchers: int) -> str:
    """Return a line of the table."""
    [shape] = [shape for shape in SHAPES if shape.name == "M1"]
    crowd = Crowd(server.port)
    watching = Watching(reader_token(0), PROGRESS, {"id": campaign_id(0)})
    try:
        await crowd.join([watching] * watchers)
        crowd.begin()
        taken = await put_under_load(
            server,
            requests(shape, server.port, campaigns),
            b'{"data":{"contribute":{"__typename":"Contribution"',
            warm=WARM_SECONDS,
            seconds=SECONDS,
        )
        items = crowd.tally.items
    finally:
        crowd.leave()
    told = f"{items / watchers / (SECONDS + WARM_SECONDS):.1f}" if watchers else ""
    return (
        f"| {campaigns:,} | {watchers:,} | {taken.rate:,.0f} | {taken.cpu:,.0f} | "
        f"{taken.busy[0]:.0%} | {taken.busy[1]:.0%} | {told} |"
    )


def differences(uri: str) -> list[str]:
    """Return the campaigns whose total is not what their contributions add up to."""
    with MongoClient[dict[str, Any]](uri) as client:
        database = client[DATABASE]
        sums: Sequence[Any] = [
            {"$match": {"campaign": {"$exists": True}}},
            {"$group": {"_id": "$campaign", "sum": {"$sum": "$amount"}}},
        ]
        given = {one["_id"]: one["sum"] for one in database["contributions"].aggregate(sums)}
        return [
            one["_id"]
            for one in database["campaigns"].find({}, {"progress": 1})
            if one["progress"]["MONEY"]["counted"] != given.get(one["_id"], 0)
        ]


@click.command()
def main() -> None:
    """Measure, and print the table."""
    most_files()
    os.sched_setaffinity(0, {cores().others})
    with tempfile.TemporaryDirectory(prefix="ff") as folder:
        with Embedded(Path(folder), None) as mongod:
            dataset.load(mongod.uri, DATABASE, SMALL)
            with MongoClient[dict[str, Any]](mongod.uri) as client:
                client[DATABASE]["sessions"].delete_many({})
                dataset.insert(client[DATABASE], "sessions", dataset.sessions(PEOPLE))
                members = (
                    dataset.membership(dataset.SPACE, n, "MEMBER") for n in range(16, PEOPLE)
                )
                dataset.insert(client[DATABASE], "memberships", members)
            with contest({COMPILED: STARTS[COMPILED]}, mongod.uri, {COMPILED: DATABASE}) as [one]:
                click.echo(HEAD)
                for campaigns, watchers in ((1, 0), (100, 0), (1, WATCHERS)):
                    click.echo(uvloop.run(measure(one, campaigns, watchers)))
                uvloop.run(asyncio.sleep(LONGEST_FOLD_SECONDS))
            wrong = differences(mongod.uri)
            click.echo(f"\ntotals that differ from what was pledged: {len(wrong)}")
        await_stop(Path(folder))


if __name__ == "__main__":
    main()
