"""The demo's campaigns, told by two demos at once, as each of its people finds them afterwards."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.clock import now
from app.db.campaigns import list_untold
from app.db.client import Database
from app.demo import Admission
from app.demo.admission import operator
from app.demo.campaigns import Builders
from app.demo.client import Client
from app.demo.people import Person
from app.demo.stage import welcome
from app.resolvers.auditing import audit
from tests.api import PATIENCE_SECONDS
from tests.databases import Databases
from tests.test_demo import Town

STATES = {"OPEN": 4, "FULFILLING": 1, "CANCELLED": 1}
CAMPAIGNS = """
query Q($space: ID!, $states: [CampaignState!]) {
  campaigns(space: $space, filter: {states: $states}, first: 10) { nodes {
    id title state mode share settling
    thresholds { name crossedTimes response { author { name } } }
    contributions(first: 20) { nodes { kind amount state supporter { name } } }
    statement { available { amount } paid { amount } givenBack { amount } }
    signaturesByArea { area people }
    goals { kind progress { counted pending } }
    tiers { name left }
  } }
}
"""
ROOM = """
query Q($id: ID!) { campaign(id: $id) {
  myLevel { rank } updates { nodes { title } } comments { nodes { text } }
  polls { nodes { counts myVote } }
} }
"""
PENDING = """
query Q($id: ID!) { signatures(campaign: $id, states: [PENDING, INVALIDATED], first: 20) {
  nodes { state signer { name } } } }
"""
COLLECTIONS = (
    "spaces", "campaigns", "contributions", "signatures", "updates", "comments", "polls",
    "ballots", "expenses", "ledger",
)  # fmt: skip


class Quarter:
    """The space of the campaigns on a server, and a token of everybody."""

    def __init__(self, client: Client, db: Database, town: Town) -> None:
        self.client = client
        self.db = db
        self._town = town
        self.people: dict[Person, str] = {}
        self.space = ""
        self.hints: list[str] = []

    async def tell(self) -> None:
        """Tell the story as far as it is not told."""
        story, parts = Builders(), list[None]()
        async with operator(self.client, Admission(self._town.settings)) as token:
            self.people = self.people or await welcome(self.client)
            lines = await story.tell(self.client, token, self.people, lambda: parts.append(None))
        assert len(parts) == story.length
        self.hints, self.space = [*lines], lines[0].split()[-1]

    async def held(self) -> dict[str, int]:
        """Return how much is kept."""
        return {name: await self.db[name].count_documents({}, hint="_id_") for name in COLLECTIONS}

    async def ask(self, name: str | None, query: str, **variables: Any) -> Any:
        """Return the data that somebody of them gets; somebody not signed in, for None."""
        tokens = {person.name: token for person, token in self.people.items()}
        return await self.client.ask(query, name and tokens[name], **variables)

    async def campaigns(self, name: str | None = None, *states: str) -> dict[str, Any]:
        """Return the campaigns that somebody sees, by the last word of their title."""
        found = await self.ask(name, CAMPAIGNS, space=self.space, states=states or [*STATES])
        return {one["title"].split()[-1]: one for one in found["campaigns"]["nodes"]}


async def settled(told: Quarter) -> dict[str, Any]:
    """Return the campaigns when all is given back that has to be, and providers have said so."""

    async def is_settled() -> bool:
        found = await told.campaigns()
        is_settling = any(one["settling"] for one in found.values())
        return not (is_settling or await list_untold(told.db, now(), 1))

    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await is_settled():
                return await told.campaigns()
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def told(databases: Databases) -> AsyncIterator[Quarter]:
    """The story, told by two demos at the same moment."""
    async with databases.lend() as db:
        with ExitStack() as stack:
            town = Town(databases.uri, db, stack)
            client = Client([town.serve().url])
            one, other = Quarter(client, db, town), Quarter(client, db, town)
            await asyncio.gather(one.tell(), other.tell())
            assert one.space == other.space
            yield one
            await client.close()


async def test_two_at_once_and_one_more_tell_the_story_once(told: Quarter) -> None:
    """Nothing is given, said or paid twice; told again it adds nothing, and all sums are right."""
    found, held = await settled(told), await told.held()
    assert Counter(one["state"] for one in found.values()) == STATES
    assert {one["mode"] for one in found.values()} == {"ALL_OR_NOTHING", "KEEP_IT_ALL", "ROUNDS"}
    assert (held["campaigns"], held["contributions"], held["signatures"]) == (7, 21, 9)
    await told.tell()
    assert await told.held() == held
    assert await told.campaigns() == found
    assert (await audit(told.db)).findings == []


async def test_there_is_something_of_every_kind_of_support(told: Quarter) -> None:
    """Money in each state, some of it paid out; hours and things; places of a level are taken."""
    found = await settled(told)
    seen = (await told.campaigns("Ada"))["roof"]["contributions"]["nodes"]
    assert Counter(one["state"] for one in seen) == {
        "CONFIRMED": 4, "PLEDGED": 1, "DECLINED": 1, "CANCELLED": 1, "ACCEPTED": 1, "OFFERED": 1,
    }  # fmt: skip
    assert [tier["left"] for tier in found["roof"]["tiers"]] == [None, None, 1]
    statement = {name: sum["amount"] for name, sum in found["café"]["statement"].items()}
    assert statement == {"available": 17_000, "paid": 18_000, "givenBack": 40_000}
    progress = {goal["kind"]: goal["progress"] for goal in found["café"]["goals"]}
    assert (progress["GOODS"]["counted"], progress["TIME"]["counted"]) == (1, 360)
    assert found["deck"]["thresholds"][0]["crossedTimes"] == 1
    assert found["pool"]["statement"]["givenBack"]["amount"] == 6_000


async def test_each_level_sees_what_is_for_it(told: Quarter) -> None:
    """News and the poll for who gave enough; to nobody known the room is not there."""
    id = (await told.campaigns())["café"]["id"]
    seen = [
        (await told.ask(who, ROOM, id=id))["campaign"] for who in (None, "Elif", "Chloé", "Ben")
    ]
    assert [room["myLevel"] and room["myLevel"]["rank"] for room in seen] == [None, 1, 2, 3]
    assert [len(room["updates"]["nodes"]) for room in seen] == [0, 1, 1, 2]
    assert [room["comments"] and len(room["comments"]["nodes"]) for room in seen] == [
        None, None, 2, 2,
    ]  # fmt: skip
    asked = [{"counts": [0, 2, 1], "myVote": 1}]
    assert [room["polls"]["nodes"] for room in seen] == [[], [], asked, asked]


async def test_the_petition_is_answered(told: Quarter) -> None:
    """Seven signatures count, one waits and one is invalid; a threshold has its answer."""
    street = (await told.campaigns())["street"]
    assert street["goals"][0]["progress"] == {"counted": 7, "pending": 1}
    assert street["signaturesByArea"] == [
        {"area": "Robertsau", "people": 4},
        {"area": "Krutenau", "people": 3},
    ]
    answers = [one["response"] for one in street["thresholds"]]
    assert answers == [{"author": {"name": "Mia"}}, None]
    waiting = (await told.ask("Mia", PENDING, id=street["id"]))["signatures"]["nodes"]
    assert {one["signer"]["name"]: one["state"] for one in waiting} == {
        "Farid": "PENDING",
        "Rosa": "INVALIDATED",
    }


async def test_the_moderator_has_something_to_approve(told: Quarter) -> None:
    """To nobody else it is there yet but its team; the story names it, and all the others."""
    waiting = {who: await told.campaigns(who, "IN_REVIEW") for who in ("Mia", "Karim", "Ada", None)}
    assert {who: len(seen) for who, seen in waiting.items()} == {
        "Mia": 1, "Karim": 1, "Ada": 0, None: 0,
    }  # fmt: skip
    said = "\n".join(told.hints)
    named = {**waiting["Mia"], **await told.campaigns()}
    assert sum(one["id"] in said for one in named.values()) == 5
    assert "nobody reads 0, Elif reads 1, Ben reads 2" in said
