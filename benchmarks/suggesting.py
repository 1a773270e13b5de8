"""Suggestions from 100,000 open offers of one space: `python -m benchmarks.suggesting`.

One process and one person, who asks for what suits a need of theirs, one after the other. All goes
through the engine: rights, candidates by index, constraints, scores with their reasons, titles of
what is suggested. Beside it, in the same rounds, the bare query for the nearest: its index, the
same limit, nothing else. Twice: all over a country, and online, where no place helps to choose.
"""

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import uvloop

from app.db.client import Database
from app.db.embedded import Embedded, await_stop
from app.db.indexes import ensure_indexes
from app.db.postings import ALIKE, NEAR, STRETCHED
from app.db.spaces import membership_id
from app.db.standings import standing_id
from app.matching.rules import DEFAULTS
from app.resolvers.posting_filters import traits
from app.settings import Settings
from benchmarks.matching import NOON, SCENES, Scene, draw
from tests.api import Person, World, one_process

Document = dict[str, Any]
Ask = Callable[[Document], Awaitable[int]]
BATCH = 5_000
GOAL_MILLISECONDS = 50
SUGGEST = """query Suggest($need: ID!) {
  suggestMatches(need: $need, first: 20) {
    score { total serves suits parts { part weight serves suits reason } }
    offer { id title place { longitude latitude } owner { name } }
  }
}"""


def stored(drawn: list[Any], prefix: str, space: str) -> Iterator[Document]:
    """Yield postings as they are stored, newer and newer."""
    for n, posting in enumerate(drawn):
        known = traits(
            posting["category"], posting["skills"], posting["place"], DEFAULTS["grid_metres"]
        )
        yield posting | {
            "_id": f"{prefix}_{n:06}",
            "space": space,
            "title": f"{posting['category']}, number {n}",
            "description": "What it is, in a few words more. " * 8,
            "created_at": NOON - timedelta(seconds=len(drawn) - n),
            "traits": known,
        }


async def insert(db: Database, collection: str, documents: Iterator[Document]) -> None:
    """Insert many documents."""
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == BATCH:
            await db[collection].insert_many(batch, ordered=False)
            batch = []
    if batch:
        await db[collection].insert_many(batch, ordered=False)


async def settle(db: Database, space: str, owners: set[str]) -> None:
    """Let people be members of a space."""
    users: Iterator[Document] = (
        {
            "_id": owner,
            "email": f"{owner}@example.org",
            "name": owner,
            "is_operator": False,
            "suspended_at": None,
            "created_at": NOON,
            "version": 1,
        }
        for owner in owners
    )
    memberships: Iterator[Document] = (
        {
            "_id": membership_id(space, owner),
            "space": space,
            "user": owner,
            "role": "MEMBER",
            "created_at": NOON,
            "version": 1,
        }
        for owner in owners
    )
    await insert(db, "users", users)
    await insert(db, "memberships", memberships)


async def fill(world: World, person: Person, scene: Scene, count: int, needs: int) -> str:
    """Make a space with offers of many people, of half of whom something is known."""
    space = await world.space(person)
    change = {"$set": {"enabled_models": ["MATCHMAKER"]}}
    await world.db["spaces"].update_one({"_id": space}, change)
    world.engine.services.spaces.forget(space)
    offers = list(stored(draw(scene, "ofr", count), "off", space))
    known = (
        {
            "_id": standing_id(space, offer["owner"]),
            "user": offer["owner"],
            "trust": 0.7,
            "verified": False,
            "reputation": [{"category": offer["category"], "score": 0.7}],
        }
        for offer in offers[::2]
    )
    await settle(world.db, space, {offer["owner"] for offer in offers})
    await insert(world.db, "offers", iter(offers))
    await insert(world.db, "standings", known)
    mine = (
        {**need, "owner": person.id} for need in stored(draw(scene, "nee", needs), "ned", space)
    )
    await insert(world.db, "needs", mine)
    return space


def bare(db: Database, space: str) -> Ask:
    """Return the query that nothing can do without."""

    async def ask(need: Document) -> int:
        filter: Document = {"space": space, "kind": need["kind"], "status": "OPEN"}
        if need["place"] is not None:
            sphere: Document = {"$geometry": need["traits"]["area"]}
            if need["radius_metres"] is not None:
                sphere["$maxDistance"] = need["radius_metres"] * STRETCHED
            filter["traits.area"] = {"$nearSphere": sphere}
        keys, most = (ALIKE if need["place"] is None else NEAR), DEFAULTS["shortlist"]
        found = db["offers"].find(filter, hint=keys).limit(most).batch_size(most + 1)
        return len(await found.to_list(None))

    return ask


def suggestions(person: Person) -> Ask:
    """Return the whole operation."""

    async def ask(need: Document) -> int:
        return len((await person.ask(SUGGEST, need=need["_id"]))["suggestMatches"])

    return ask


async def measure(world: World, person: Person, space: str, scene: Scene) -> None:
    """Ask both for every need, in turn, and print one line of the table."""
    needs = await world.db["needs"].find({"space": space}).to_list(None)
    asks = {"engine": suggestions(person), "bare": bare(world.db, space)}
    took: dict[str, list[float]] = {name: [] for name in asks}
    found: dict[str, int] = dict.fromkeys(asks, 0)
    for is_measured in (False, True):
        for need in needs:
            for name, ask in asks.items():
                began = time.perf_counter()
                count = await ask(need)
                if is_measured:
                    took[name].append((time.perf_counter() - began) * 1_000)
                    found[name] += count
    report(scene, took, {name: total / len(needs) for name, total in found.items()})


def report(scene: Scene, took: dict[str, list[float]], found: dict[str, float]) -> None:
    """Print one line of the table."""
    if not all(found.values()):
        raise click.ClickException(f"Nothing was found: {found}")
    ends = {name: statistics.quantiles(times, n=20)[-1] for name, times in took.items()}
    middles = {name: statistics.median(times) for name, times in took.items()}
    cells = [f"{middles[name]:.1f} ms | {ends[name]:.1f} ms | {found[name]:.0f}" for name in took]
    ratio = middles["engine"] / middles["bare"]
    mark = "" if ends["engine"] < GOAL_MILLISECONDS else " ← over the goal"
    print(f"| {scene.name} | {' | '.join(cells)} | {ratio:.1f} |{mark}")


async def run(uri: str, count: int, needs: int) -> None:
    """Measure the scenes one after the other, each in a database of its own."""
    print("| space | p50 | p95 | suggested | bare p50 | p95 | found | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for scene in (SCENES[0], SCENES[-1]):
        db = Database(uri, f"suggesting_{scene.name}")
        await ensure_indexes(db)
        settings = Settings(mongodb_uri=uri, rate_points=10**9)
        async with one_process(db, settings, lambda: NOON) as world:
            person = await world.person("ada")
            space = await fill(world, person, scene, count, needs)
            await measure(world, person, space, scene)
        await db.drop()
        await db.close()


@click.command()
@click.option("--count", default=100_000, help="How many offers.")
@click.option("--needs", default=200, help="How many needs are asked for.")
def main(*, count: int, needs: int) -> None:
    """Measure how long suggestions take."""
    with tempfile.TemporaryDirectory(prefix="ff") as folder:
        with Embedded(Path(folder), None) as mongod:
            uvloop.run(run(mongod.uri, count, needs))
        await_stop(Path(folder))


if __name__ == "__main__":
    main()
