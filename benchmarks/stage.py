"""The stage of live: a public space with two series, their followers, and what makes alerts."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import orjson
from pymongo import MongoClient

from app.clock import now
from app.ids import derived_id
from benchmarks import dataset
from benchmarks.contestants import RAW, Contestant
from benchmarks.load import WrongAnswer, ask

SPACE = derived_id("spaces", "river")
# A series that one person follows, and one that many do.
GAUGE, SIREN = "gauge", "siren"
FOLLOWERS = 500

CREATE = """mutation Create($space: ID!, $key: String!) {
  done: createSeries(input: {space: $space, key: $key, name: $key}) { ... on Series { id } }
}"""
FOLLOW = """mutation Follow($series: ID!) {
  done: createAlertSubscription(
    input: {series: $series, trigger: {threshold: {operator: GTE, value: 3}}}
  ) { ... on AlertSubscription { id } }
}"""
RECORD = """mutation Record($observations: [ObservationInput!]!) {
  done: recordObservations(input: {observations: $observations}) {
    ... on RecordedObservations { alertsOpened alertsResolved }
  }
}"""


def fill(uri: str, name: str, people: int) -> None:
    """Fill an empty database with people, who are all signed in, and a space."""
    with MongoClient[dataset.Document](uri) as client:
        database = client[name]
        dataset.insert(database, "users", dataset.people(people))
        dataset.insert(database, "sessions", dataset.sessions(people))
        dataset.insert(
            database, "spaces", iter([dataset.space_document(SPACE, "River watch", "OPEN")])
        )
        dataset.insert(database, "memberships", iter([dataset.membership(SPACE, 0, "MODERATOR")]))
    asyncio.run(dataset.prepare(uri, name))


async def do(contestant: Contestant, mutation: str, person: int = 0, **variables: Any) -> Any:
    """Return what came of a mutation.

    Raises:
        WrongAnswer: it was not done.

    """
    body = orjson.dumps({"query": mutation, "variables": variables})
    answer = orjson.loads(await ask(contestant, body, person))
    if not (answer.get("data") or {}).get("done"):
        raise WrongAnswer(f"{contestant.name}: {answer}")
    return answer["data"]["done"]


class Alarm:
    """What makes alerts: observations that cross a threshold to and fro, or the raw trigger."""

    def __init__(self, contestant: Contestant, series: str) -> None:
        self.sample = b""
        self._contestant = contestant
        self._series = series
        self._begun = now() - timedelta(days=1)
        self._numbers = itertools.count()

    async def ring(self) -> None:
        """Cause one alert to open or to close.

        Raises:
            WrongAnswer: none did.

        """
        if self._contestant.name == RAW:
            await ask(self._contestant, self.sample)
            return
        number = next(self._numbers)
        at = self._begun + timedelta(seconds=number)
        row = {
            "series": self._series,
            "at": at.isoformat(timespec="milliseconds") + "Z",
            "value": 1.0 if number % 2 else 5.0,
        }
        done = await do(self._contestant, RECORD, observations=[row])
        if done["alertsOpened"] + done["alertsResolved"] != 1:
            raise WrongAnswer(f"{self._contestant.name}: no alert came of it: {done}")


async def set_up(contestant: Contestant, uri: str, database: str) -> dict[str, Alarm]:
    """Make the series and their followers; return what rings, by the series' key."""
    alarms = {}
    for key in (GAUGE, SIREN):
        series = ""
        if contestant.name != RAW:
            series = (await do(contestant, CREATE, space=SPACE, key=key))["id"]
            followed = (await do(contestant, FOLLOW, series=series))["id"]
            if key == SIREN:
                _multiply(uri, database, followed)
        alarms[key] = Alarm(contestant, series)
    return alarms


def _multiply(uri: str, database: str, id: str) -> None:
    """Let many people follow what one does, without asking for each."""
    with MongoClient[dataset.Document](uri) as client:
        collections = client[database]
        first = collections["subscriptions"].find_one({"_id": id})
        assert first is not None
        others = (
            first | {"_id": derived_id("subscriptions", n), "user": dataset.person_id(n)}
            for n in range(1, FOLLOWERS)
        )
        dataset.insert(collections, "subscriptions", others)
        more = {"active": FOLLOWERS - 1, "holders": FOLLOWERS - 1}
        collections["conditions"].update_one({"_id": first["condition"]}, {"$inc": more})
