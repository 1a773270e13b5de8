"""What the tests of the whole judgement share: a series that people watch, on a turned clock."""

from datetime import datetime, timedelta
from typing import Any

from app.alerts.due import Due
from app.db.client import Database
from app.resolvers.chores import CHORES
from tests.api import Person, World, record, subscribe
from tests.conftest import TurnedClock

NOON = datetime(2026, 3, 1, 12)
CHANGE = """
mutation M($id: ID!, $version: Int!, $trigger: ThresholdTriggerInput!) {
  updateAlertSubscription(input: {
    subscription: $id, expectedVersion: $version, trigger: {threshold: $trigger}
  }) { ... on AlertSubscription { id version instance { id } } }
}
"""
PAUSE = """
mutation M($id: ID!, $version: Int!) {
  pauseAlertSubscription(input: {subscription: $id, expectedVersion: $version}) {
    ... on AlertSubscription { id version instance { id } }
  }
}
"""
RESUME = """
mutation M($id: ID!, $version: Int!) {
  resumeAlertSubscription(input: {subscription: $id, expectedVersion: $version}) {
    ... on AlertSubscription { id version instance { id } }
  }
}
"""
DELETE = "mutation M($id: ID!) { deleteAlertSubscription(id: $id) { __typename } }"
INBOX = "query Q { inbox(first: 100) { nodes { reason at alert { ordinal status } } } }"


class Watching:
    """A space of Ada's with one series, and a clock that begins at noon."""

    def __init__(self, world: World, clock: TurnedClock, ada: Person) -> None:
        self.world = world
        self.clock = clock
        self.db = world.db
        self.ada = ada
        self.space = ""
        self.series = ""

    async def follow(self, person: Person, **trigger: Any) -> dict[str, Any]:
        """Ask to be told when the series is above 80, or so; return the subscription."""
        made = await subscribe(person, self.series, **{"operator": "GT", "value": 80, **trigger})
        assert made["__typename"] == "AlertSubscription", made
        return made

    async def read(self, *values: float, every: float = 0) -> dict[str, Any]:
        """Record values in one batch: the last one now, those before at such distances."""
        at = [self.clock() - timedelta(seconds=every * n) for n in reversed(range(len(values)))]
        rows = zip([instant.isoformat() + "Z" for instant in at], values, strict=True)
        done = await record(self.ada, self.series, *rows)
        assert done["__typename"] == "RecordedObservations", done
        return done

    async def read_each(self, *values: float) -> None:
        """Record values, one a second."""
        for value in values:
            await self.read(value)
            self.clock.turn(1)

    async def told(self, person: Person) -> list[tuple[str, int | None]]:
        """Return why somebody was told, and of which alert, in order."""
        nodes = (await person.ask(INBOX))["inbox"]["nodes"]
        return [(n["reason"], (n["alert"] or {}).get("ordinal")) for n in reversed(nodes)]

    async def withheld(self, person: Person) -> list[tuple[str, str]]:
        """Return what somebody was not told, and why not."""
        found = self.db["notices"].find({"user": person.id}).sort("seq", 1)
        notices = await found.to_list(None)
        return [(n["reason"], n["withheld"]) for n in notices if n["withheld"]]

    async def instance(self, id: str) -> dict[str, Any]:
        """Return an instance as it is kept."""
        return await self.db["instances"].find_one({"_id": id}) or {}

    def due(self, owner: str = "a", db: Database | None = None) -> Due:
        """Return the timed work of a process of this name."""
        log = self.world.engine.services.log
        return Due(db or self.db, self.clock, owner, CHORES, log.nudge)


async def change(person: Person, what: str, made: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Change a subscription that was just returned; return it afterwards."""
    changed: dict[str, Any] = await person.do(what, id=made["id"], version=made["version"], **more)
    return changed


async def watching(world: World, clock: TurnedClock, *, openness: str = "OPEN") -> Watching:
    """Return a place to begin with."""
    ada = await world.person("ada")
    place = Watching(world, clock, ada)
    place.space = await world.space(ada, openness=openness)
    place.series = await world.series(ada, place.space)
    return place
