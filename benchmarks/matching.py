"""A whole space paired in another process: `python -m benchmarks.matching`.

Three spaces of 5,000 needs and 5,000 offers, the same on each run: one all over a country, one all
in a town and of one category, and one online, where no place helps to choose.
"""

import asyncio
import random
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any

import click

from app.db.match_documents import Posting, TimeWindow
from app.matching.pairing import Pairing
from app.matching.parcels import Parcel, packed, pair_parcels
from app.matching.parties import Facts, Standing
from app.matching.rules import DEFAULTS
from app.matching.terms import Mode

NOON = datetime(2026, 3, 1, 12)
TICK_SECONDS = 0.005
GOAL_SECONDS = 30
MEBIBYTE_IN_KIBIBYTES = 1024
SKILLS = [f"skill {n}" for n in range(30)]


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and what the postings of a space are; a spread of None is online."""

    name: str
    categories: int
    spread_degrees: float | None
    most_seats: int


SCENES = (
    Scene("country", categories=20, spread_degrees=2.5, most_seats=3),
    Scene("town, one category", categories=1, spread_degrees=0.1, most_seats=3),
    Scene("online", categories=20, spread_degrees=None, most_seats=1),
)


def draw(scene: Scene, name: str, count: int) -> list[Any]:
    """Return so many postings of a scene."""
    chance = random.Random(f"{scene.name} {name}")  # noqa: S311 -- a scene, no secret
    return [_posting(scene, chance, f"{name}_{n:05}", offer=name == "ofr") for n in range(count)]


def _posting(scene: Scene, chance: random.Random, id: str, *, offer: bool) -> Posting:
    spread, starts = scene.spread_degrees, chance.randint(1, 300)
    place = None
    if spread is not None:
        east, north = chance.gauss(10, spread), chance.gauss(50, spread)
        place = {"type": "Point", "coordinates": [east, north]}
    window = TimeWindow(
        starts_at=NOON + timedelta(hours=starts),
        ends_at=NOON + timedelta(hours=starts + chance.randint(24, 200)),
    )
    drawn: Any = {
        "_id": id,
        "space": "spc_one",
        "owner": f"usr_{id}",
        "title": "",
        "description": "",
        "category": f"category {chance.randrange(scene.categories)}",
        "skills": chance.sample(SKILLS, chance.randint(1, 5)),
        "languages": chance.sample(["de", "en", "tr", "ar"], 2),
        "kind": "SERVICE",
        "place": place,
        "radius_metres": chance.choice([None, 5_000.0, 20_000.0, 50_000.0]),
        "windows": [window] if chance.random() < 0.7 else [],
        "capacity": chance.randint(1, scene.most_seats) if offer else 1,
        "taken": 0,
        "commitment": "SPOT",
        "least_trust": None,
        "verified_only": False,
        "status": "OPEN",
        "expires_at": None,
        "created_at": NOON,
        "version": 1,
    }
    return drawn  # type: ignore[no-any-return]


async def measure(scene: Scene, mode: Mode, count: int) -> None:
    """Pair a space in a fresh process, and print how long it took and held the loop up."""
    needs, offers = draw(scene, "nee", count), draw(scene, "ofr", count)
    chance = random.Random(scene.name)  # noqa: S311 -- a scene, no secret
    people = {
        posting["owner"]: Standing(0.5, reputation={posting["category"]: chance.random()})
        for posting in (*needs, *offers)
        if chance.random() < 0.5
    }
    facts = Facts(at=NOON, rules=DEFAULTS, people=people)
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        ticker, began = asyncio.create_task(latest_tick()), time.perf_counter()
        parcels = []
        for parcel in packed(needs, offers):
            parcels.append(parcel)
            await asyncio.sleep(0)
        result, kibibytes = await loop.run_in_executor(pool, _pair, parcels, facts, mode)
        took = time.perf_counter() - began
        ticker.cancel()
        late = await ticker
    report(scene, result, took, late, kibibytes)


def _pair(parcels: list[Parcel], facts: Facts, mode: Mode) -> tuple[Pairing, int]:
    result = pair_parcels(parcels, facts, mode)
    return result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def latest_tick() -> float:
    """Return by how many seconds the loop was late at most, until cancelled."""
    latest = 0.0
    try:
        while True:
            due = time.perf_counter() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            latest = max(latest, time.perf_counter() - due)
    except asyncio.CancelledError:
        return latest


def report(scene: Scene, result: Pairing, took: float, late: float, kibibytes: int) -> None:
    """Print one line of the table."""
    mark = "" if took < GOAL_SECONDS else "  ← over the goal"
    lowest = 0 if result.lowest is None else result.lowest
    print(
        f"| {scene.name} | {result.mode} | {result.considered:,} | {len(result.pairs):,} "
        f"| {result.total:,.1f} | {lowest:.3f} | {took:.1f} s | {late * 1000:.0f} ms "
        f"| {kibibytes // MEBIBYTE_IN_KIBIBYTES} MiB |{mark}"
    )


@click.command()
@click.option("--count", default=5_000, help="How many needs, and how many offers.")
def main(*, count: int) -> None:
    """Pair three spaces in each of the three ways."""
    print("| space | mode | candidates | pairs | sum | lowest | time | loop late | memory |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for scene in SCENES:
        for mode in Mode:
            asyncio.run(measure(scene, mode, count))


if __name__ == "__main__":
    main()
