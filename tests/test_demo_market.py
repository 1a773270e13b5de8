"""The neighbours of the demo: what they need and offer, and how some find each other, over HTTP."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest

from app.clock import now
from app.demo import Admission
from app.demo.admission import operator
from app.demo.client import Client
from app.demo.market import Neighbours
from app.demo.people import Person
from app.demo.stage import welcome
from tests.databases import Databases
from tests.test_demo import Town

STATES = {
    "ACCEPTED_BY_ONE": 4, "CANCELLED": 1, "COMPLETED": 1, "CONFIRMED": 3, "DECLINED": 1,
    "DISPUTED": 1, "IN_PROGRESS": 1, "REVIEWED": 3,
}  # fmt: skip
POSTED = """
query Q($space: ID!) {
  needs(space: $space, first: 100) { totalCount nodes { title windows { startsAt } } }
  offers(space: $space, first: 100) { totalCount nodes { title } }
}
"""
MATCHES = """
query Q($space: ID!) { matches(space: $space, first: 100) { nodes {
  id state version need { title } waiting { ahead } contact { email }
  warning { reasons } agreedBy reviews { rating shownAt }
} } }
"""
JUDGED = """
query Q($space: ID!) {
  disputes(space: $space) { nodes { dispute { reason } } }
  reports(space: $space) { nodes { review { rating privateNote } } }
}
"""


class Neighbourhood:
    """The space of the neighbours on a server, and a token of everybody."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.people: dict[Person, str] = {}
        self.space = ""

    @property
    def tokens(self) -> dict[str, str]:
        """Return the tokens by names."""
        return {person.name: token for person, token in self.people.items()}

    async def ask(self, name: str | None, query: str, **variables: Any) -> Any:
        """Return the data that somebody of them gets; somebody not signed in, for None."""
        token = None if name is None else self.tokens[name]
        return await self.client.ask(query, token, space=self.space, **variables)

    async def matches(self) -> dict[str, Any]:
        """Return every match as one of its two sees it, by identifier."""
        seen = [await self.ask(name, MATCHES) for name in sorted(self.tokens)]
        return {match["id"]: match for found in seen for match in found["matches"]["nodes"]}

    async def match(self, need: str) -> Any:
        """Return the match of a need, by the beginning of its title."""
        found = (await self.matches()).values()
        return next(match for match in found if match["need"]["title"].startswith(need))


async def tell(town: Town, told: Neighbourhood) -> None:
    """Tell the story as far as it is not told."""
    story, parts, client = Neighbours(), list[None](), told.client
    async with operator(client, Admission(town.settings)) as token:
        told.people = told.people or await welcome(client)
        [first, *_] = await story.tell(client, token, told.people, lambda: parts.append(None))
    assert len(parts) == story.length
    told.space = first.split()[-1]


@pytest.fixture(scope="module")
async def town(databases: Databases) -> AsyncIterator[Town]:
    """A town with a server, for all that is looked at here."""
    async with databases.lend() as db:
        with ExitStack() as stack:
            town = Town(databases.uri, db, stack)
            town.serve()
            yield town


@pytest.fixture(scope="module")
async def told(town: Town) -> AsyncIterator[Neighbourhood]:
    """The story, told by two demos at the same moment."""
    client = Client([town.servers[0].url])
    one, other = Neighbourhood(client), Neighbourhood(client)
    await asyncio.gather(tell(town, one), tell(town, other))
    assert one.space == other.space
    yield one
    await client.close()


async def test_two_at_once_and_one_more_tell_the_story_once(
    town: Town, told: Neighbourhood
) -> None:
    """Nothing is posted or matched twice, and everything stands as it should."""
    matches, posted = await told.matches(), await told.ask("Ada", POSTED)
    assert Counter(match["state"] for match in matches.values()) == STATES
    assert (posted["needs"]["totalCount"], posted["offers"]["totalCount"]) == (31, 22)
    await tell(town, told)
    assert await told.matches() == matches
    assert await told.ask("Ada", POSTED) == posted


async def test_there_is_something_of_everything(told: Neighbourhood) -> None:
    """Two wait in a line, one relation is to last, reviews are shown, and one is still hidden."""
    matches = list((await told.matches()).values())
    assert sorted(one["waiting"]["ahead"] for one in matches if one["waiting"]) == [0, 1]
    [lasting] = [match for match in matches if match["warning"]]
    assert lasting["agreedBy"] == ["OFFER"]
    shown = [match["reviews"] for match in matches if match["state"] == "REVIEWED"]
    assert all(len(reviews) == 2 and reviews[0]["shownAt"] for reviews in shown)
    walk = await told.match("Company on a walk")
    assert walk["state"] == "COMPLETED"
    assert all(review["shownAt"] is None for review in walk["reviews"])


async def test_a_match_is_there_for_its_two_alone(told: Neighbourhood) -> None:
    """Ada may accept what Ben proposed; to the moderator, and to nobody, it does not exist."""
    match = await told.match("Read my letters")
    query = "query Q($id: ID!) { node(id: $id) { ... on Match { possible } } }"
    assert match["contact"] is None
    seen = {
        name: (await told.client.ask(query, told.tokens.get(name), id=match["id"]))["node"]
        for name in ("Ada", "Ben", "Mia", "nobody")
    }
    assert seen == {
        "Ada": {"possible": ["ACCEPT", "DECLINE"]},
        "Ben": {"possible": ["WITHDRAW"]},
        "Mia": None,
        "nobody": None,
    }


async def test_the_moderator_has_something_to_judge(told: Neighbourhood) -> None:
    """A dispute with its reason, and a low rating with the note that goes with it."""
    judged = await told.ask("Mia", JUDGED)
    [dispute], [report] = judged["disputes"]["nodes"], judged["reports"]["nodes"]
    assert dispute["dispute"]["reason"]
    assert report["review"]["rating"] == 1
    assert report["review"]["privateNote"]


async def test_times_that_are_over_are_moved_to_the_days_to_come(
    town: Town, told: Neighbourhood
) -> None:
    """A demo that is played a month later finds its people seeking still."""
    past = [{"starts_at": datetime(2020, 1, 1, 9), "ends_at": datetime(2020, 1, 1, 12)}]
    sought = {"space": told.space, "title": "Prune an apple tree with me"}
    found = await town.db["needs"].find(sought).hint("_id_").to_list(None)
    await town.db["needs"].update_one({"_id": found[0]["_id"]}, {"$set": {"windows": past}})
    await tell(town, told)
    posted = (await told.ask("Ada", POSTED))["needs"]["nodes"]
    [tree] = [need for need in posted if need["title"] == sought["title"]]
    starts = [datetime.fromisoformat(window["startsAt"]) for window in tree["windows"]]
    assert len(starts) == 2
    assert all(start.replace(tzinfo=None) > now() for start in starts)
