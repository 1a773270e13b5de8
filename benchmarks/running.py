"""A space of 5,000 needs and offers paired through the API: `python -m benchmarks.running`.

What a moderator waits for when they call `runMatching`: reading the space, another process that
pairs it, and with `--propose` writing what it found, in each of the three ways. Beside it stands by
how much the server's event loop was late meanwhile: so long others waited at most.
"""

import asyncio
import tempfile
import time
from pathlib import Path

import click
import uvloop

from app.db.client import Database
from app.db.embedded import Embedded, await_stop
from app.db.indexes import ensure_indexes
from app.matching.terms import Mode
from app.settings import Settings
from benchmarks.matching import GOAL_SECONDS, NOON, SCENES, Scene, draw, latest_tick
from benchmarks.suggesting import insert, settle, stored
from tests.api import Person, World, one_process

RUN = """mutation Run($space: ID!, $mode: MatchingMode!, $dry: Boolean!) {
  runMatching(input: {space: $space, mode: $mode, dryRun: $dry}) {
    ... on MatchingRun { considered pairCount proposed total lowest pairs(first: 10) { score } }
    ... on Error { message } } }"""


async def fill(world: World, person: Person, scene: Scene, count: int) -> str:
    """Make a space with needs and offers of people who take part in it."""
    space = await world.space(person)
    change = {"$set": {"enabled_models": ["MATCHMAKER"]}}
    await world.db["spaces"].update_one({"_id": space}, change)
    world.engine.services.spaces.forget(space)
    needs = list(stored(draw(scene, "nee", count), "ned", space))
    offers = list(stored(draw(scene, "ofr", count), "off", space))
    owners = {posting["owner"] for posting in (*needs, *offers)}
    await settle(world.db, space, owners)
    await insert(world.db, "needs", iter(needs))
    await insert(world.db, "offers", iter(offers))
    return space


async def measure(person: Person, space: str, scene: Scene, mode: Mode, *, dry: bool) -> None:
    """Pair the space once, and print one line of the table."""
    ticker, began = asyncio.create_task(latest_tick()), time.perf_counter()
    done = await person.do(RUN, space=space, mode=mode, dry=dry)
    took = time.perf_counter() - began
    ticker.cancel()
    late = await ticker
    if not done.get("pairCount"):
        raise click.ClickException(f"Nothing was paired: {done}")
    mark = "" if took < GOAL_SECONDS else " ← over the goal"
    print(
        f"| {scene.name} | {mode} | {done['considered']:,} | {done['pairCount']:,} "
        f"| {done['proposed']:,} | {took:.1f} s | {late * 1_000:.0f} ms |{mark}"
    )


async def run(uri: str, count: int, *, propose: bool) -> None:
    """Measure every scene in every way, each in a database of its own."""
    print("| space | mode | candidates | pairs | proposed | time | loop late |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    settings = Settings(
        mongodb_uri=uri, rate_points=10**9, operation_seconds=300, matching_seconds=300
    )
    for number, scene in enumerate(SCENES):
        for mode in Mode:
            db = Database(uri, f"running_{number}_{mode.lower()}")
            await ensure_indexes(db)
            async with one_process(db, settings, lambda: NOON) as world:
                person = await world.person("ada")
                space = await fill(world, person, scene, count)
                await measure(person, space, scene, mode, dry=not propose)
            await db.drop()
            await db.close()


@click.command()
@click.option("--count", default=5_000, help="How many needs, and how many offers.")
@click.option("--propose", is_flag=True, help="Write what is found, too.")
def main(*, count: int, propose: bool) -> None:
    """Measure how long a space takes to be paired."""
    with tempfile.TemporaryDirectory(prefix="ff") as folder:
        with Embedded(Path(folder), None) as mongod:
            uvloop.run(run(mongod.uri, count, propose=propose))
        await_stop(Path(folder))


if __name__ == "__main__":
    main()
