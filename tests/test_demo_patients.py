"""The demo's story of patients and researchers, as each of its people finds it afterwards."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.db.client import Database
from app.demo import Admission
from app.demo.admission import operator
from app.demo.broker import Patients
from app.demo.client import Client
from app.demo.operations import SPACES
from app.demo.people import BEN
from app.demo.stage import welcome
from app.settings import Settings
from tests.databases import Databases
from tests.processes import CHEAP, ServerProcess

THREADS = """
query Threads($space: ID!) {
  threads(space: $space, first: 20) {
    totalCount
    nodes {
      id title state visibility language pseudonym asker { name }
      replies(first: 10) { totalCount nodes { votesUp votesDown accepted mark author { name } } }
    }
  }
}"""
EXPERTISE = """
query Expertise($space: ID!) {
  expertise(space: $space, first: 100) { nodes { subject level person { name } } }
}"""
SIMILAR = "query Similar($id: ID!) { similarThreads(thread: $id) { thread { title } } }"
USES = "{ usesOfMyCases(first: 100) { nodes { kind description usedBy { name } } } }"
CASES = """
query Cases($space: ID!) {
  researchExport(space: $space) { cases(first: 100) { nodes { title onBehalfOf language } } }
}"""
STATES = {
    "OPEN": 2, "ROUTED": 1, "ANSWERED": 4, "ACCEPTED": 2, "CLOSED": 1, "REOPENED": 1,
    "ESCALATED": 1, "DUPLICATE": 1, "WITHDRAWN": 1,
}  # fmt: skip
COLLECTIONS = (
    "spaces", "memberships", "threads", "replies", "votes", "credits", "expertise", "invitations",
    "consents",
)  # fmt: skip
WALK, LETTER = "Exhausted for two days after a short walk", "Between us: I have stopped the tablets"


class Town:
    """The server on which the story was told, and its people."""

    def __init__(self, client: Client, db: Database, settings: Settings) -> None:
        self.client = client
        self.db = db
        self.settings = settings
        self.tokens: dict[str | None, str | None] = {None: None}
        self.space = ""
        self.hints: list[str] = []

    async def tell(self) -> None:
        """Tell the story once more."""
        told: list[None] = []
        story = Patients()
        async with operator(self.client, Admission(self.settings)) as token:
            people = await welcome(self.client)
            self.hints = [*await story.tell(self.client, token, people, lambda: told.append(None))]
        assert len(told) == story.length
        self.tokens |= {person.name: token for person, token in people.items()}
        [self.space] = [
            space["id"] async for space in self.client.nodes(SPACES) if space["name"] == story.name
        ]

    async def ask(self, who: str | None, operation: str, **variables: Any) -> Any:
        """Return what somebody finds."""
        return await self.client.ask(operation, self.tokens[who], **variables)

    async def threads(self, who: str | None) -> dict[str, dict[str, Any]]:
        """Return the threads that somebody sees, by title."""
        found = (await self.ask(who, THREADS, space=self.space))["threads"]
        assert found["totalCount"] == len(found["nodes"])
        return {thread["title"]: thread for thread in found["nodes"]}

    async def held(self) -> dict[str, int]:
        """Return how much is kept."""
        return {name: await self.db[name].count_documents({}, hint="_id_") for name in COLLECTIONS}


@pytest.fixture(scope="module")
async def town(databases: Databases) -> AsyncIterator[Town]:
    """The town after the story was told, by two demos at the same moment."""
    async with databases.lend() as db:
        given: dict[str, Any] = {"mongodb_uri": databases.uri, "database": db.name}
        settings = Settings(**{**given, **CHEAP})
        with ServerProcess(**given) as server:
            client = Client([server.url])
            one, other = Town(client, db, settings), Town(client, db, settings)
            await asyncio.gather(one.tell(), other.tell())
            assert one.hints == other.hints
            yield one
            await client.close()


async def test_there_is_a_thread_in_each_state_and_tier(town: Town) -> None:
    """In both languages; each as it was told, however many told it."""
    seen: dict[str, dict[str, Any]] = {}
    for who in ("Ada", "Chloé", "Dan", "Rosa"):
        seen |= await town.threads(who)
    assert Counter(thread["state"] for thread in seen.values()) == STATES
    assert {thread["visibility"] for thread in seen.values()} == {
        "PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR",
    }  # fmt: skip
    assert {thread["language"] for thread in seen.values()} == {"en", "fr"}


async def test_each_sees_what_is_for_them(town: Town) -> None:
    """Whoever is a stranger sees what is public; a letter is for the two it is between."""
    seen = {who: await town.threads(who) for who in (None, "Ben", "Dan", "Ada", "Rosa", "Mia")}
    counts = {who: len(threads) for who, threads in seen.items()}
    assert counts == {None: 4, "Ben": 4, "Dan": 11, "Ada": 11, "Rosa": 12, "Mia": 9}
    assert {who for who, threads in seen.items() if LETTER in threads} == {"Ada", "Rosa"}
    assert {thread["visibility"] for thread in seen["Ben"].values()} == {"PUBLIC"}
    assert seen["Rosa"][WALK]["asker"] == {"name": "Ada"}
    assert (seen["Dan"][WALK]["asker"], seen["Dan"][WALK]["pseudonym"]) == (None, "Slow walker")


async def test_the_story_says_what_to_try(town: Town) -> None:
    """The things that it names are there, and the counts are those that the API gives."""
    said = "\n".join(town.hints)
    threads = await town.threads("Ada")
    walk = threads[WALK]["id"]
    assert all(id in said for id in (town.space, walk, threads[LETTER]["id"]))
    assert "nobody sees 4, Ben sees 4, Dan sees 11, Ada sees 11, Rosa sees 12, Mia" in said
    alike = (await town.ask("Ada", SIMILAR, id=walk))["similarThreads"]
    assert [one["thread"]["title"] for one in alike] == ["Does a watch help to know when to stop?"]
    assert BEN.name in said


async def test_advice_is_marked_voted_on_and_accepted(town: Town) -> None:
    """By how well founded it is; the votes are those of different people."""
    replies = (await town.threads("Dan"))[WALK]["replies"]["nodes"]
    advice = next(reply for reply in replies if reply["accepted"])
    assert (advice["author"], advice["mark"]) == ({"name": "Rosa"}, "VERIFIED")
    assert (advice["votesUp"], advice["votesDown"], len(replies)) == (3, 0, 4)
    known = (await town.ask("Ben", EXPERTISE, space=town.space))["expertise"]["nodes"]
    assert {(one["person"]["name"], one["subject"], one["level"]) for one in known} == {
        ("Rosa", "fatigue", "VERIFIED"),
        ("Rosa", "memory", "SELF_DECLARED"),
        ("Elif", "palpitations", "ENDORSED"),
        ("Farid", "breathing", "SELF_DECLARED"),
    }


async def test_two_cases_may_be_used_and_one_was(town: Town) -> None:
    """One with its free text, one without; its giver reads what it was used for."""
    export = (await town.ask("Elif", CASES, space=town.space))["researchExport"]
    cases = {(case["title"], case["onBehalfOf"]) for case in export["cases"]["nodes"]}
    assert cases == {(WALK, "SELF"), (None, "RELATIVE")}
    uses = (await town.ask("Ada", USES))["usesOfMyCases"]["nodes"]
    used = [use for use in uses if use["kind"] == "USED"]
    assert [(use["description"], use["usedBy"]["name"]) for use in used] == [
        ("Counted in a study of fatigue that comes a day late.", "Rosa")
    ]


async def test_told_again_it_adds_nothing(town: Town) -> None:
    """Neither things nor events that change them."""
    held, threads = await town.held(), await town.threads("Rosa")
    await town.tell()
    assert await town.held() == held
    assert await town.threads("Rosa") == threads
