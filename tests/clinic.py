"""A clinic's space, as the tests of the knowledge broker need it: its people, and their threads."""

from typing import Any

from app.db.spaces import membership_id
from app.db.thread_documents import Thread
from tests.api import Person, World

FAILURES = """
    ... on Error { message code }
    ... on NotAllowed { missing }
    ... on WrongState { found }
    ... on Conflict { currentVersion }
    ... on InvalidInput { problems { path message } }
"""
THREAD = """
    __typename
    ... on Thread { id kind subject tags title text language visibility state onBehalfOf pseudonym
      version possible facets { name presence onset } route { rung since dueAt } advised
      acceptedReply asker { id name } duplicateOf { id } }
"""
OPEN_SPACE = """
mutation M($openness: Openness!) { createSpace(input: {
  name: "Headache clinic", model: KNOWLEDGE_BROKER, domain: SOCIAL, openness: $openness
}) { __typename ... on Space { id } } }
"""
JOIN_GROUP = """
mutation M($space: ID!, $side: ThreadSide!) {
  joinGroup(input: {space: $space, side: $side}) { __typename ... on Error { message } } }
"""
ASSIGN_GROUP = """
mutation M($space: ID!, $user: ID!, $sides: [ThreadSide!]!) {
  assignGroup(input: {space: $space, user: $user, sides: $sides}) {
    __typename ... on Error { message } } }
"""
ASK = f"mutation M($input: AskInput!) {{ askQuestion(input: $input) {{ {THREAD} {FAILURES} }} }}"
OPEN_CASE = f"mutation M($input: AskInput!) {{ openCase(input: $input) {{ {THREAD} {FAILURES} }} }}"
READ = f"query Q($id: ID!) {{ thread(id: $id) {{ {THREAD} }} }}"
PEOPLE = {
    "ana": ("MEMBER", ["SEEKERS"]),  # who asks
    "sam": ("MEMBER", ["SEEKERS"]),
    "eva": ("MEMBER", ["EXPERTS"]),
    "emil": ("MEMBER", ["EXPERTS"]),
    "bo": ("MEMBER", ["SEEKERS", "EXPERTS"]),
    "max": ("MODERATOR", []),
    "mia": ("MEMBER", []),
}


class Clinic:
    """A space with people of every standing: `clinic["eva"]` is one of its experts.

    Besides `PEOPLE` there are its owner `olga`, the operator `mo`, `stranger` and `anonymous`.
    """

    def __init__(self, world: World, space: str, people: dict[str, Person]) -> None:
        self.world = world
        self.space = space
        self.people = people

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    async def ask(self, who: str = "ana", **changes: Any) -> dict[str, Any]:
        """Return what comes of a question, with some of it changed; of a case, with `facets`."""
        question = {
            "space": self.space,
            "subject": "migraine",
            "title": "Bright zigzags before the pain",
            "text": "Each attack begins with zigzags at the edge of what I see.",
            "tags": ["aura"],
        }
        asking = OPEN_CASE if "facets" in changes else ASK
        asked: dict[str, Any] = await self[who].do(asking, input=question | changes)
        return asked

    async def asked(self, who: str = "ana", **changes: Any) -> str:
        """Return the identifier of a fresh thread; what clients cannot say is written past them."""
        sent = {"kind", "facets", "subject", "title", "text", "tags", "visibility", "pseudonym"}
        made = await self.ask(who, **{key: changes[key] for key in changes.keys() & sent})
        assert made["__typename"] == "Thread", made
        if past := {key: changes[key] for key in changes.keys() - sent}:
            await self.world.db["threads"].update_one({"_id": made["id"]}, {"$set": past})
        id: str = made["id"]
        return id

    async def read(self, who: str, id: str) -> dict[str, Any] | None:
        """Return a thread as somebody sees it; None if they do not."""
        thread: dict[str, Any] | None = (await self[who].ask(READ, id=id))["thread"]
        return thread

    async def stored(self, id: str) -> Thread:
        """Return a thread as it is stored."""
        found: Any = await self.world.db["threads"].find_one({"_id": id})
        return found  # type: ignore[no-any-return]


async def open_clinic(world: World, openness: str = "OPEN") -> Clinic:
    """Return a clinic with all its people; who they are in it is written past the API."""
    mo, olga = await world.person("mo", operator=True), await world.person("olga")
    space = (await mo.do(OPEN_SPACE, openness=openness))["id"]
    # So that nobody remembers the operator as its owner.
    await world.engine.services.log.caught_up()
    people = {"mo": mo, "olga": olga, "anonymous": world.anonymous}
    people |= {person.name: person for person in await world.people("stranger", *PEOPLE)}
    await world.db["memberships"].delete_one({"_id": membership_id(space, mo.id or "")})
    standings: dict[str, tuple[str, list[str]]] = {"olga": ("OWNER", []), **PEOPLE}
    await world.join(space, {people[name]: known for name, known in standings.items()})
    return Clinic(world, space, people)
