"""1,000 connections cut at random during 10,000 events; and a reader that does not read.

Two real server processes on one database. A WebSocket that follows `alerts` and an event stream
that follows `events` are cut again and again, at any moment, and come back with their last cursor:
what they had in the end must be the history, item by item. Then a socket is not read until the
server loses patience (in half a minute); it must be told to resume, and miss nothing. Exits with 1
on any fault. Run: `python benchmarks/cut_sockets.py`.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.db.embedded import Embedded, await_stop  # noqa: E402
from tests.reliability import cut_sockets, slow_reader  # noqa: E402
from tests.reliability.scene import Scene, opened  # noqa: E402

IDLE_SECONDS = 12


async def measure(uri: str, events: int, cuts: int, seed: int) -> list[str]:
    """Do both; print what came of it, and return the faults."""
    async with opened(uri) as scene:
        return await measure_cuts(scene, events, cuts, seed) + await measure_slowness(scene)


async def measure_cuts(scene: Scene, events: int, cuts: int, seed: int) -> list[str]:
    """Cut connections while much happens."""
    began = time.perf_counter()
    outcome = await cut_sockets.run(scene, events, cuts, Random(seed))  # noqa: S311 - no secret
    took = time.perf_counter() - began
    faults = list(outcome.faults())
    show("events", events)
    show("connections cut", outcome.cuts)
    show("connections that came to be open", outcome.connections)
    for name, items in outcome.items.items():
        show(f"items of `{name}`, of the history's {len(outcome.history[name])}", len(items))
    show("seconds", f"{took:.1f}")
    show("faults", len(faults))
    return faults


async def measure_slowness(scene: Scene) -> list[str]:
    """Do not read for as long as the server has patience, and then come back."""
    outcome = await slow_reader.run(scene, scene.servers[0].url, idle_seconds=IDLE_SECONDS)
    faults = list(outcome.faults())
    show("seconds until a slow reader was cut off", f"{outcome.patience_seconds:.1f}")
    show("code that it was told", outcome.code)
    show("alerts that it had before, and after", f"{len(outcome.had)}+{len(outcome.rest)}")
    show("alerts that others had meanwhile", len(outcome.others))
    show("faults", len(faults))
    return faults


def show(name: str, value: object) -> None:
    """Print a line of the table."""
    print(f"{name:<52}{value!s:>12}", flush=True)


@click.command()
@click.option("--events", default=10_000, help="How many events happen.")
@click.option("--cuts", default=1_000, help="How many connections are cut meanwhile.")
@click.option("--seed", default=2, help="What chance begins with.")
def main(events: int, cuts: int, seed: int) -> None:
    """Cut, compare, and print a table."""
    with tempfile.TemporaryDirectory(prefix="ff") as folder:
        with Embedded(Path(folder), None) as mongod:
            faults = asyncio.run(measure(mongod.uri, events, cuts, seed))
        await_stop(Path(folder))
    for fault in faults:
        print(f"FAULT: {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
