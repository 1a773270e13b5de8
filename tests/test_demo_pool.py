"""The demo's map, told by two demos at once, as each of its people finds it afterwards."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.demo import Admission
from app.demo.admission import operator
from app.demo.client import Client
from app.demo.people import Person
from app.demo.pool import Mappers
from app.demo.stage import welcome
from tests.databases import Databases
from tests.test_demo import Town

STATES = {
    "VERIFIED": 5, "PUBLISHED": 8, "STALE": 2, "DISPUTED": 1, "GONE": 1, "MERGED": 1, "HIDDEN": 1,
}  # fmt: skip
PLACES = """
query Places($space: ID!, $states: [EntryState!]) {
  poolEntries(space: $space, filter: {states: $states}, first: 30) {
    totalCount
    nodes {
      id title state version blurred point { longitude latitude } creator { name }
      facets { name value contributor { name } consensus { supporters dissenters verified } }
      mergedInto { title } source { name licence }
    }
  }
}"""
STATION = """
query Station($id: ID!) {
  poolEntry(id: $id) {
    confirmations(first: 10) { nodes { facet by { name } } }
    signals { nodes { kind by { name } } }
    revisions(first: 20) { nodes { cause } }
  }
}"""
FLAT = "A flat without a step, to rent by the week"


class Atlas:
    """The space of the map on a server, and a token of everybody."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.people: dict[Person, str] = {}
        self.space = ""
        self.hints: list[str] = []

    async def ask(self, name: str | None, query: str, **variables: Any) -> Any:
        """Return the data that somebody of them gets; somebody not signed in, for None."""
        tokens = {person.name: token for person, token in self.people.items()}
        return await self.client.ask(query, name and tokens[name], **variables)

    async def places(self, name: str | None, *states: str) -> dict[str, dict[str, Any]]:
        """Return the places that somebody sees, by title."""
        found = await self.ask(name, PLACES, space=self.space, states=list(states) or None)
        listed = found["poolEntries"]
        assert listed["totalCount"] == len(listed["nodes"])
        return {one["title"]: one for one in listed["nodes"]}


async def tell(town: Town, atlas: Atlas) -> None:
    """Tell the story as far as it is not told."""
    story, parts, client = Mappers(), list[None](), atlas.client
    async with operator(client, Admission(town.settings)) as token:
        atlas.people = atlas.people or await welcome(client)
        told = await story.tell(client, token, atlas.people, lambda: parts.append(None))
    assert len(parts) == story.length
    atlas.hints = [*told]
    atlas.space = told[0].split()[-1]


@pytest.fixture(scope="module")
async def town(databases: Databases) -> AsyncIterator[Town]:
    """A town with a server, for all that is looked at here."""
    async with databases.lend() as db:
        with ExitStack() as stack:
            town = Town(databases.uri, db, stack)
            town.serve()
            yield town


@pytest.fixture(scope="module")
async def atlas(town: Town) -> AsyncIterator[Atlas]:
    """The story, told by two demos at the same moment."""
    client = Client([town.servers[0].url])
    one, other = Atlas(client), Atlas(client)
    await asyncio.gather(tell(town, one), tell(town, other))
    assert one.space == other.space
    yield one
    await client.close()


async def test_two_at_once_and_one_more_draw_the_map_once(town: Town, atlas: Atlas) -> None:
    """Everything is there once, and stands as it should; told again, it gets no new version."""
    places = await atlas.places("Mia", *STATES)
    assert Counter(one["state"] for one in places.values()) == STATES
    await tell(town, atlas)
    assert await atlas.places("Mia", *STATES) == places
    assert "Places: 16; verified: 5, disputed: 1, to be checked: 2." in atlas.hints[1]


async def test_people_agree_disagree_and_set_another_value(atlas: Atlas) -> None:
    """Newcomers with the moderator, then those who are known by that; of the opera they turn it."""
    places = await atlas.places(None)
    values = {
        title: {facet["name"]: facet for facet in one["facets"]} for title, one in places.items()
    }
    museum = values["Musée alsacien"]["WHEELCHAIR"]
    assert (museum["value"], museum["consensus"]["verified"]) == ("UNSUITABLE", True)
    cathedral = values["Cathédrale Notre-Dame"]["WHEELCHAIR"]["consensus"]
    assert (cathedral["supporters"], cathedral["dissenters"]) == (1, 2)
    lift = values["Opéra national du Rhin"]["LIFT"]
    assert (lift["value"], lift["contributor"], lift["consensus"]["verified"]) == (True, None, True)
    library = values["Bibliothèque nationale et universitaire"]
    assert library["LIFT"]["consensus"]["supporters"] == 1
    assert library["TOILET"]["contributor"] == {"name": "Dan"}


async def test_each_sees_what_is_for_them(atlas: Atlas) -> None:
    """What is hidden, where the flat is and who wants to be anonymous: moderators alone see it."""
    anybody, mia = await atlas.places(None), await atlas.places("Mia", *STATES)
    assert (len(anybody), len(mia)) == (16, 19)
    assert (anybody[FLAT]["blurred"], mia[FLAT]["blurred"]) == (True, False)
    assert anybody[FLAT]["point"] != mia[FLAT]["point"]
    assert anybody["Hôtel de ville"]["creator"] is None
    assert mia["Hôtel de ville"]["creator"] == {"name": "Hugo"}
    merged = mia["Gare centrale de Strasbourg"]["mergedInto"]
    assert merged == {"title": "Gare de Strasbourg-Ville"}
    assert anybody["Jardin botanique"]["source"] == {
        "name": "Survey of the parks",
        "licence": "CC0-1.0",
    }


async def test_somebody_without_an_account_has_tapped(atlas: Atlas) -> None:
    """One tap changes nothing by itself; moderators see that it was there."""
    centre = (await atlas.places(None))["Centre administratif"]
    assert (centre["version"], centre["state"]) == (1, "PUBLISHED")
    found = (await atlas.ask("Mia", STATION, id=centre["id"]))["poolEntry"]
    assert found["signals"]["nodes"] == [{"kind": "UNSUITABLE", "by": None}]
    assert (await atlas.ask("Ada", STATION, id=centre["id"]))["poolEntry"]["signals"] is None
