"""Needs and offers as clients post, change and look for them, for the tests of these."""

from typing import Any

import pytest

from app.auth.roles import Scope
from tests.api import Person
from tests.market import Market

HERE = {"longitude": 13.40412, "latitude": 52.52034}
# The middle of the kilometre in which that is.
BLURRED = {"longitude": 13.399243, "latitude": 52.524806}
FIELDS = """
  id title description category skills languages kind radiusM capacity taken commitment
  leastTrust verifiedOnly status expiresAt createdAt version notifyAbove placeIsExact
  place { longitude latitude } windows { startsAt endsAt } owner { id } space { id }
  warning { code reasons sentences recommendedModel }
"""
RESULT = f"""
  __typename
  ... on Posting {{ {FIELDS} }}
  ... on Error {{ message code }}
  ... on NotAllowed {{ missing }}
  ... on Conflict {{ currentVersion }}
  ... on WrongState {{ found }}
  ... on InvalidInput {{ problems {{ path message }} }}
"""
CREATE = "mutation M($input: Create%sInput!) { create%s(input: $input) {" + RESULT + "} }"
UPDATE = "mutation M($input: Update%sInput!) { update%s(input: $input) {" + RESULT + "} }"
WITHDRAW = "mutation M($id: ID!) { withdraw%s(id: $id) {" + RESULT + "} }"
READ = f"query Q($id: ID!) {{ node(id: $id) {{ ... on Posting {{ {FIELDS} }} }} }}"
LIST = """
query Q($space: ID!, $filter: PostingFilterInput, $mine: Boolean! = false) {
  needs(space: $space, filter: $filter, mine: $mine, first: 100) { totalCount nodes { id title } }
}
"""
NOUNS = {"need": "Need", "offer": "Offer"}
BOTH = pytest.mark.parametrize("noun", NOUNS)


async def post(market: Market, person: Person, noun: str = "need", **changes: Any) -> Any:
    """Post a need or an offer; return it, or why not."""
    given = {"space": market.space, "title": noun, "category": "care", "kind": "SERVICE"}
    name = NOUNS[noun]
    return await person.do(CREATE % (name, name), input=given | changes)


async def change(person: Person, posting: Any, noun: str = "need", **changes: Any) -> Any:
    """Change a need or an offer as it was seen; return it, or why not."""
    name, given = NOUNS[noun], {noun: posting["id"], "expectedVersion": posting["version"]}
    return await person.do(UPDATE % (name, name), input=given | changes)


async def withdraw(person: Person, id: str, noun: str = "need") -> Any:
    """Take a need or an offer back; return it, or why not."""
    return await person.do(WITHDRAW % NOUNS[noun], id=id)


async def read(person: Person, id: str) -> Any:
    """Return a posting as somebody sees it, or None."""
    return (await person.ask(READ, id=id))["node"]


async def titles(person: Person, market: Market, *, mine: bool = False, **filter: Any) -> Any:
    """Return the titles of the needs that somebody finds, and check that they are counted."""
    found = (await person.ask(LIST, space=market.space, filter=filter, mine=mine))["needs"]
    assert found["totalCount"] == len(found["nodes"])
    return [posting["title"] for posting in found["nodes"]]


async def viewers(market: Market) -> dict[str, Person]:
    """Return somebody of every kind."""
    world = market.world
    return {
        "anonymous": world.anonymous,
        "stranger": await world.person("stranger"),
        "key": await world.key(market.owner, market.space, Scope.OBSERVATIONS_WRITE),
        "member": await market.member("member"),
        "moderator": market.mia,
        "owner": market.owner,
        "operator": await world.person("mo", operator=True),
    }


async def closed_to(market: Market, openness: str) -> None:
    """Let only some find and read the space."""
    change = {"$set": {"openness": openness}}
    await market.world.db["spaces"].update_one({"_id": market.space}, change)
    market.world.engine.services.spaces.forget(market.space)


async def block(market: Market, blocker: Person, blocked: Person) -> None:
    """Let one block the other."""
    query = "mutation M($user: ID!) { blockUser(input: {user: $user}) { __typename } }"
    await blocker.do(query, user=blocked.id)
    await market.world.engine.services.log.caught_up()
