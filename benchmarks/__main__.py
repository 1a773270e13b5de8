"""The whole suite in one run: `python -m benchmarks`; `--quick` to try it.

Servers run on the first core; the database, the load and the sockets on the last.
"""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import uvloop

from app.clock import now
from app.db.embedded import Embedded, await_stop
from benchmarks import dataset, goals, live, npm, report, rounds, stage
from benchmarks.contestants import (
    GROWING,
    LIVE_STARTS,
    STARTS,
    Contestant,
    Start,
    can_compile,
    contest,
)
from benchmarks.dataset import LARGE, MIDDLE, SMALL, Size
from benchmarks.machine import cores, most_files
from benchmarks.rounds import Cell, Pace
from benchmarks.shapes import SHAPES, Shape


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and for how long."""

    paces: Mapping[Size, Pace]
    live_rounds: int
    alerts: int
    socket_share: float
    memory_sockets: int


FULL = Plan(
    {SMALL: Pace(2, 1.0), MIDDLE: Pace(5, 1.2), LARGE: Pace(2, 1.0)},
    live_rounds=2,
    alerts=20,
    socket_share=1.0,
    memory_sockets=10_000,
)
QUICK = Plan({SMALL: Pace(1, 0.5, 0.2), MIDDLE: Pace(2, 0.5, 0.2)}, 1, 10, 0.2, 1_000)


def say(text: str) -> None:
    """Tell whoever waits."""
    click.echo(text, err=True)


def compare_shapes(
    uri: str, size: Size, pace: Pace, starts: Mapping[str, Start], shapes: Sequence[Shape]
) -> list[Cell]:
    """Return what every shape costs everybody at one size.

    Reading, they share a database. Writing, each has its own copy, since Fivefold follows the log
    of its database: it would read what the others write.
    """
    began, name, pools = time.monotonic(), f"bench_{size.name}", dataset.pools(size)
    dataset.load(uri, name, size)
    say(f"{size.title}: loaded in {time.monotonic() - began:.0f} s")
    cells = []
    with contest(starts, uri, dict.fromkeys(starts, name)) as running:
        for shape in (shape for shape in shapes if not shape.writes):
            cells += uvloop.run(rounds.measure(running, shape, pools, pace))
            say(f"  {shape.name} done")
    if writing := [shape for shape in shapes if shape.writes]:
        copies = {one: f"{name}_{place}" for place, one in enumerate(starts)}
        for copy in copies.values():
            dataset.copy(uri, name, copy)
        with contest(starts, uri, copies) as running:
            for shape in writing:
                cells += uvloop.run(rounds.measure(running, shape, pools, pace))
                say(f"  {shape.name} done")
    return cells


def compare_live(uri: str, plan: Plan) -> tuple[list[live.LiveCell], dict[str, float]]:
    """Return what live costs everybody: the cases, and the memory of a socket."""
    databases = {name: f"live_{place}" for place, name in enumerate(LIVE_STARTS)}
    for name in databases.values():
        stage.fill(uri, name, plan.memory_sockets + live.WARM_SOCKETS)
    with contest(LIVE_STARTS, uri, databases) as running:
        return uvloop.run(_compare_live(uri, databases, running, plan))


async def _compare_live(
    uri: str, databases: Mapping[str, str], running: Sequence[Contestant], plan: Plan
) -> tuple[list[live.LiveCell], dict[str, float]]:
    hall = [(one, await stage.set_up(one, uri, databases[one.name])) for one in running]
    held = {}
    await live.borrow_sample(hall, live.MEMORY)
    for contestant, alarms in hall:  # first, while they hold nothing else
        alarm = alarms[live.MEMORY.series]
        held[contestant.name] = await live.memory(contestant, alarm, plan.memory_sockets)
        say(f"  memory of {contestant.name} done")
    cells = []
    for case in live.CASES:
        await live.borrow_sample(hall, case)
        for sockets in case.sockets:
            count = max(10, int(sockets * plan.socket_share))
            cells += await live.measure(
                hall, case, count, alerts=plan.alerts, rounds=plan.live_rounds
            )
            say(f"  {case.name} with {count:,} sockets done")
    return cells, held


@click.command()
@click.option("--quick", is_flag=True, help="In about two minutes, to try it.")
@click.option("--with-peers", is_flag=True, help="Install the peers by npm, and measure them too.")
@click.option("--only", default="", help="Only these: shapes by name, and `live`, with commas.")
@click.option("--write", is_flag=True, help="Put the tables into docs/performance.md.")
def main(*, quick: bool, with_peers: bool, only: str, write: bool) -> None:
    """Measure Fivefold beside others, and print the tables."""
    plan = QUICK if quick else FULL
    chosen = set(filter(None, only.split(",")))
    shapes = [shape for shape in SHAPES if not chosen or shape.name in chosen]
    most_files()
    os.sched_setaffinity(0, {cores().others})
    if not can_compile():
        say("This Fivefold cannot choose how it executes: two of the servers are the same.")
    others = npm.starts() if with_peers else {}
    tables: list[report.Table] = []
    reached: list[goals.Goal] = []
    with tempfile.TemporaryDirectory(prefix="ff") as folder:
        with Embedded(Path(folder), None) as mongod:
            by_size = {}
            for size, pace in plan.paces.items() if shapes else ():
                # How cost grows is seen at two: what is measured, and the floor.
                starts = STARTS | others if size is MIDDLE else GROWING
                by_size[size] = compare_shapes(mongod.uri, size, pace, starts, shapes)
            if by_size:
                tables += [*report.queries(MIDDLE, by_size[MIDDLE]), report.growth(by_size)]
                reached += goals.of_queries(by_size[MIDDLE])
            if not chosen or "live" in chosen:
                cells, held = compare_live(mongod.uri, plan)
                tables += [report.live(cells), report.memory(held, plan.memory_sockets)]
                reached += goals.of_live(cells, held)
        await_stop(Path(folder))
    tables.append(report.goals(reached))
    click.echo("\n\n".join(table.text() for table in tables))
    click.echo("\n" + report.legend())
    if write:
        report.write(tables, now().date())


if __name__ == "__main__":
    main()
