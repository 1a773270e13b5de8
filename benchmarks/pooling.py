"""Looking around in a pool of 1,000,000 entries: `python -m benchmarks.pooling`.

One process and one person without an account, who asks one after the other: for what is near a
point, for what is near and suits a wheelchair, and for maps of a town, a country and the world. All
goes through the engine: rights, filters, pages, places and distances. Beside what is near, in the
same rounds, the bare query for it: its index, the same limit, nothing else. Half of the entries lie
in towns, as people do, half anywhere in a country.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click
import uvloop

from app.db.client import Database
from app.db.embedded import Embedded, await_stop
from app.db.indexes import ensure_indexes
from app.db.postings import STRETCHED
from app.pooling.matched import matched
from app.pooling.rules import rules_of
from app.pooling.states import LIVE
from app.settings import Settings
from tests.api import Person, World, one_process

Document = dict[str, Any]
Ask = Callable[[Document], Awaitable[int]]
NOON = datetime(2026, 3, 1, 12)
BATCH = 5_000
TOWNS, RADIUS_METRES, FIRST = 60, 5_000, 20
GOAL_MILLISECONDS = 30
CATEGORIES = ["food/cafe", "food/restaurant", "toilet", "shop/bakery", "station/lift", "park"]
SUITS = ["SUITABLE", "PARTLY", "UNSUITABLE"]
RULES = rules_of({"licence": "ODbL-1.0"})
NEAR = """query Near($space: ID!, $filter: EntryFilterInput) {
  poolEntries(space: $space, filter: $filter, first: 20) {
    edges { distanceM node { id title category state point { longitude latitude }
      suitability(need: "WHEELCHAIR") } }
    pageInfo { hasNextPage endCursor } } }"""
MAP = """query Map($space: ID!, $box: BoxInput!, $zoom: Int!, $need: String) {
  clusters(space: $space, box: $box, zoom: $zoom, need: $need) {
    cell count point { longitude latitude } suitability { suitable unknown } } }"""


class Map(NamedTuple):
    """What a map shows: its name, how near it is, and how wide it is in degrees."""

    name: str
    zoom: int
    degrees: float


MAPS = [
    Map("street", 16, 0.02),
    Map("town", 12, 0.3),
    Map("region", 9, 2.0),
    Map("country", 6, 12.0),
]


class Country:
    """Where things are: the same each time."""

    def __init__(self) -> None:
        self._chance = random.Random(7)  # noqa: S311 - no secret
        self.towns = [self._anywhere() for _ in range(TOWNS)]

    def spot(self) -> list[float]:
        """Draw a place: in a town, or anywhere."""
        if self._chance.random() < 0.5:
            return self._anywhere()
        longitude, latitude = self._chance.choice(self.towns)
        return [self._chance.gauss(longitude, 0.06), self._chance.gauss(latitude, 0.04)]

    def entries(self, space: str, count: int) -> Iterator[Document]:
        """Yield entries as they are stored, newer and newer."""
        chance = self._chance
        for n in range(count):
            place = {"type": "Point", "coordinates": [round(one, 6) for one in self.spot()]}
            needs = chance.sample(["WHEELCHAIR", "BLIND", "STROLLER"], chance.randrange(3))
            values: Any = {need: chance.choice(SUITS) for need in needs}
            content: Any = {
                "title": f"{chance.choice(CATEGORIES).rpartition('/')[2]} number {n}",
                "category": chance.choice(CATEGORIES),
                "place": place,
                "accuracy_metres": None,
                "facets": values,
                "evidence": [],
                "observed_at": NOON - timedelta(minutes=n % 500_000),
            }
            yield _stored(space, n, content)

    def _anywhere(self) -> list[float]:
        return [self._chance.uniform(6, 15), self._chance.uniform(47.5, 55)]


def _stored(space: str, n: int, content: Any) -> Document:
    at = NOON - timedelta(seconds=2_000_000 - n)
    seen = matched(content, content["place"], RULES, state="PUBLISHED", stale=n % 10 == 0)
    facets = {name: _facet(value, at) for name, value in content["facets"].items()}
    return {
        **content,
        "_id": f"ent_{n:08}",
        "space": space,
        "sensitive": False,
        "point": content["place"],
        "facets": facets,
        "state": "PUBLISHED",
        "matched": seen,
        "contributors": ["usr_one"],
        "named": ["usr_one"],
        "created_by": "usr_one",
        "anonymous": False,
        "patrolled": True,
        "created_at": at,
        "updated_at": at,
        "version": 1,
    }


def _facet(value: str, at: datetime) -> Document:
    told = {"value": value, "claim": value, "by": "usr_one", "claimed_by": "usr_one"}
    dated = {"observed_at": at, "checked_at": at, "stale_at": at + timedelta(days=365)}
    agreed = {"value": value, "confidence": 0.0, "supporters": 0, "dissenters": 0}
    state = {"disputed": False, "verified": False}
    return told | dated | {"stale": False, "round": 1, "consensus": agreed | state}


async def fill(db: Database, documents: Iterator[Document]) -> None:
    """Insert many documents."""
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == BATCH:
            await db["entries"].insert_many(batch, ordered=False)
            batch = []
    if batch:
        await db["entries"].insert_many(batch, ordered=False)


def near(person: Person, space: str, **besides: Any) -> Ask:
    """Return the whole operation."""

    async def ask(point: Document) -> int:
        around = {"near": {"point": point, "radiusM": RADIUS_METRES}, **besides}
        found = await person.ask(NEAR, space=space, filter=around)
        return len(found["poolEntries"]["edges"])

    return ask


def bare(db: Database, space: str, **besides: Any) -> Ask:
    """Return the query that nothing can do without."""
    shown = {"matched.state": {"$in": [state.value for state in LIVE]}}

    async def ask(point: Document) -> int:
        sphere = {
            "$geometry": {"type": "Point", "coordinates": [point["longitude"], point["latitude"]]},
            "$maxDistance": RADIUS_METRES * STRETCHED,
        }
        filter = {"space": space, **shown, "matched.spot": {"$nearSphere": sphere}, **besides}
        found = db["entries"].find(filter, {"matched.words": 0}).limit(FIRST + 1)
        return min(FIRST, len(await found.batch_size(FIRST + 2).to_list(None)))

    return ask


async def compare(name: str, points: list[Document], asks: dict[str, Ask]) -> None:
    """Ask both for every point, in turn, and print one line of the table."""
    took: dict[str, list[float]] = {who: [] for who in asks}
    found: dict[str, int] = dict.fromkeys(asks, 0)
    for is_measured in (False, True):
        for point in points:
            for who, ask in asks.items():
                began = time.perf_counter()
                count = await ask(point)
                if is_measured:
                    took[who].append((time.perf_counter() - began) * 1_000)
                    found[who] += count
    ends = {who: statistics.quantiles(times, n=20)[-1] for who, times in took.items()}
    middles = {who: statistics.median(times) for who, times in took.items()}
    cells = [
        f"{middles[who]:.1f} ms | {ends[who]:.1f} ms | {found[who] / len(points):.0f}"
        for who in took
    ]
    mark = "" if ends["engine"] < GOAL_MILLISECONDS else " ← over the goal"
    print(f"| {name} | {' | '.join(cells)} | {middles['engine'] / middles['bare']:.1f} |{mark}")


async def measure_map(person: Person, space: str, shown: Map, middles: list[list[float]]) -> None:
    """Ask for maps around points, each twice, and print one line of the table."""
    first, again = list[float](), list[float]()
    counted, signs = 0, 0
    for longitude, latitude in middles:
        half = shown.degrees / 2
        box = {
            "west": longitude - half,
            "east": longitude + half,
            "south": latitude - half / 2,
            "north": latitude + half / 2,
        }
        asked = {"space": space, "box": box, "zoom": shown.zoom, "need": "WHEELCHAIR"}
        for times in (first, again):
            began = time.perf_counter()
            found = (await person.ask(MAP, **asked))["clusters"]
            times.append((time.perf_counter() - began) * 1_000)
        counted += sum(one["count"] for one in found)
        signs += len(found)
    cells = [f"{statistics.median(times):.0f} ms | {max(times):.0f} ms" for times in (first, again)]
    each = f"{counted // len(middles):,} | {signs // len(middles)}"
    print(f"| {shown.name} | {each} | {' | '.join(cells)} |")


async def measure(world: World, space: str, country: Country, asked: int) -> None:
    """Print both tables."""
    person, db = world.anonymous, world.db
    points = [
        {"longitude": longitude, "latitude": latitude}
        for longitude, latitude in (country.spot() for _ in range(asked))
    ]
    print("| near a point | p50 | p95 | found | bare p50 | p95 | found | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    await compare("anything", points, {"engine": near(person, space), "bare": bare(db, space)})
    suits: Any = {"suitability": [{"need": "WHEELCHAIR", "in": ["SUITABLE"]}]}
    stored = {"matched.facets.WHEELCHAIR": "SUITABLE"}
    await compare(
        "what suits a wheelchair",
        points,
        {"engine": near(person, space, **suits), "bare": bare(db, space, **stored)},
    )
    print("\n| map | entries | signs | p50 | longest | again: p50 | longest |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for shown in MAPS:
        middles = country.towns[:20] if shown.degrees < 1 else [[10.5, 51.25], *country.towns[:2]]
        await measure_map(person, space, shown, middles)


async def run(uri: str, count: int, asked: int) -> None:
    """Fill a pool, and measure."""
    db, country = Database(uri, "pooling"), Country()
    await ensure_indexes(db)
    settings = Settings(mongodb_uri=uri, rate_points=10**9)
    async with one_process(db, settings, lambda: NOON) as world:
        space = await world.space(await world.person("ada"))
        change = {"$set": {"enabled_models": ["POOL"], "pool": {"licence": "ODbL-1.0"}}}
        await db["spaces"].update_one({"_id": space}, change)
        world.engine.services.spaces.forget(space)
        began = time.perf_counter()
        await fill(db, country.entries(space, count))
        print(f"{count:,} entries, stored in {time.perf_counter() - began:.0f} s.\n")
        await measure(world, space, country, asked)
    await db.drop()
    await db.close()


@click.command()
@click.option("--count", default=1_000_000, help="How many entries.")
@click.option("--asked", default=200, help="Near how many points is looked.")
def main(*, count: int, asked: int) -> None:
    """Measure how long looking around in a pool takes."""
    with tempfile.TemporaryDirectory(prefix="ff") as folder:
        with Embedded(Path(folder), None) as mongod:
            uvloop.run(run(mongod.uri, count, asked))
        await_stop(Path(folder))


if __name__ == "__main__":
    main()
