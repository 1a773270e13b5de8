"""A pool in which people do this and that by chance, the same each time, and time goes by."""

import random
from typing import Any

from tests.agreeing import moving, proved, said
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.pool import FACETS, REVERT, edited, entry, facets, merged, point, pool

HOUR = 3_600
FRESH_DAYS = 2.0
TITLES = ["Harbour café", "Hall", "Old harbour", "Station", "Lift 3", "Habour bar"]
CATEGORIES = ["food/cafe", "Food/Bar", "nest", "nest/eagle", "lift"]
FACTS: dict[str, list[Any]] = {
    "WHEELCHAIR": ["SUITABLE", "PARTLY", "UNSUITABLE"],
    "LIFT": [True, False],
    "STEPS": [0, 3, 7],
    "NOTE": ["by the harbour", "upstairs"],
}
READ = """query Q($id: ID!) { poolEntry(id: $id) {
  id version revisions(first: 10) { nodes { id } } } }"""
RENEW = "mutation M($id: ID!) { renewEntry(input: {entry: $id}) { __typename } }"
MOVES = ("hideEntry", "hideEntry", "restoreEntry", "restoreEntry", "declareGone", "returnEntry")
BEACON = {
    "title": "Beacon of the harbour",
    "category": "food/beacon",
    "facets": facets(LIFT=True, STEPS=1),
}


class Wandering:
    """What happens in a pool: each step is a deed drawn by chance, which may be refused.

    One entry, the beacon, is found by every filter that is tried, and nobody else changes it.
    """

    def __init__(self, world: World, clock: TurnedClock) -> None:
        self.world = world
        self.clock = clock
        self.space = ""
        self.beacon = ""
        self._people: list[Person] = []
        self._entries: list[str] = []
        self._chance = random.Random(2)  # noqa: S311 - not a secret

    async def begin(self, owner: Person) -> None:
        """Open the pool, in which what the beacon says never ages."""
        kinds = [
            {**kind, "fresh_days": 30_000.0 if kind["name"] in {"LIFT", "STEPS"} else FRESH_DAYS}
            for kind in FACETS
        ]
        self.space = await pool(self.world, owner, facets=kinds)
        others = [await self.world.person(name) for name in ("ada", "ben", "cleo")]
        self._people = [owner, *[await proved(self.world, self.space, one) for one in others]]
        self.beacon = (await entry(owner, self.space, **BEACON, place=point()))["id"]

    async def light(self) -> str:
        """Change the beacon a little, and return at which instant."""
        self.clock.turn(60)
        owner = self._people[0]
        before = (await owner.ask(READ, id=self.beacon))["poolEntry"]
        links = [f"https://example.org/{before['version']}"]
        assert (await edited(owner, before, evidence=links))["__typename"] == "PoolEntry"
        return self.clock().isoformat(timespec="milliseconds") + "Z"

    async def go(self, steps: int) -> None:
        """Do so many steps."""
        often = [self._add, self._edit, self._edit, self._edit, self._speak, self._move]
        for _ in range(steps):
            self.clock.turn(60)
            deeds = [*often, self._revert, self._merge, self._age]
            await (self._chance.choice(deeds) if len(self._entries) > 3 else self._add)()

    async def _add(self) -> None:
        drawn = self._content()
        made = await entry(self._one(), self.space, **drawn)
        self._entries.append(made["id"])

    async def _edit(self) -> None:
        person, drawn = self._one(), self._content()
        kept = self._chance.sample(sorted(drawn), 2)
        if known := await self._known(person):
            await edited(person, known, **{name: drawn[name] for name in kept})

    async def _speak(self) -> None:
        person, id = self._one(), self._chance.choice(self._entries)
        if self._chance.random() < 0.5:
            await person.do(RENEW, id=id)
        else:
            await said(person, id, self._chance.choice(["CONFIRM", "DISPUTE"]))

    async def _move(self) -> None:
        owner, id = self._people[0], self._chance.choice(self._entries)
        await owner.do(moving(self._chance.choice(MOVES)), entry=id)

    async def _merge(self) -> None:
        owner = self._people[0]
        one, other = self._chance.sample(self._entries, 2)
        await merged(owner, {"id": one}, {"id": other})

    async def _revert(self) -> None:
        owner = self._people[0]
        if known := await self._known(owner):
            to = self._chance.choice(known["revisions"]["nodes"])["id"]
            given = {"toRevision": to, "expectedVersion": known["version"]}
            await owner.do(REVERT, input=given)

    async def _age(self) -> None:
        self.clock.turn(self._chance.choice([8, 20, 30]) * HOUR)
        await self.world.tick()

    def _one(self) -> Person:
        return self._chance.choice(self._people)

    async def _known(self, person: Person) -> Any:
        return (await person.ask(READ, id=self._chance.choice(self._entries)))["poolEntry"]

    def _content(self) -> dict[str, Any]:
        chance = self._chance
        names = chance.sample(sorted(FACTS), chance.randrange(1, 4))
        return {
            "title": chance.choice(TITLES),
            "category": chance.choice(CATEGORIES),
            "place": point(chance.randrange(-400, 400, 25), chance.randrange(-400, 400, 25)),
            "facets": facets(**{name: chance.choice(FACTS[name]) for name in names}),
        }
