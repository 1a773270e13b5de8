"""Opening, changing, joining and leaving spaces."""

import asyncio
from typing import Any

import pytest

from app.ports import NotAdmitted
from tests.api import Person, World

CREATE = """
mutation M($input: CreateSpaceInput!) {
  createSpace(input: $input) {
    __typename
    ... on Space { id name model enabledModels openness version myRole }
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}
"""
UPDATE = """
mutation M($space: ID!, $version: Int!, $rules: String!) {
  updateSpace(input: {space: $space, expectedVersion: $version, rules: $rules}) {
    __typename ... on Space { rules version } ... on Conflict { currentVersion } } }
"""
SET_ROLE = """
mutation M($space: ID!, $user: ID!, $role: Role!) {
  setMemberRole(input: {space: $space, user: $user, role: $role}) {
    __typename ... on Error { message } } }
"""
JOIN = (
    "mutation M($space: ID!) { joinSpace(space: $space) { __typename ... on Membership { role } } }"
)
INPUT = {"name": "Neighbours", "model": "MATCHMAKER", "domain": "SOCIAL"}


async def operator_of(world: World) -> Person:
    """Return somebody who runs the server."""
    return await world.person("mo", operator=True)


async def test_the_operator_opens_a_space_and_owns_it(world: World) -> None:
    """The primary model is enabled too, and the creator becomes owner."""
    mo = await operator_of(world)
    made = await mo.do(CREATE, input={**INPUT, "enabledModels": ["ALERTER"]})
    assert made["enabledModels"] == ["MATCHMAKER", "ALERTER"]
    await world.engine.services.log.caught_up()
    asked = await mo.ask("query Q($id: ID!) { space(id: $id) { myRole } }", id=made["id"])
    assert asked == {"space": {"myRole": "OWNER"}}


async def test_the_same_key_opens_one_space(world: World) -> None:
    """Twenty requests at once under one idempotency key give the same space."""
    mo = await operator_of(world)
    given = {**INPUT, "idempotencyKey": "neighbours-1"}
    made = await asyncio.gather(*(mo.do(CREATE, input=given) for _ in range(20)))
    assert len({space["id"] for space in made}) == 1
    assert await world.db["spaces"].count_documents({"openness": "OPEN"}) == 1


async def test_a_key_is_not_taken_for_another_input(world: World) -> None:
    """The same key with another name is a conflict, and nothing is opened."""
    mo = await operator_of(world)
    await mo.do(CREATE, input={**INPUT, "idempotencyKey": "k"})
    other = await mo.do(CREATE, input={**INPUT, "name": "Other", "idempotencyKey": "k"})
    assert other["code"] == "CONFLICT"


async def test_all_problems_come_at_once(world: World) -> None:
    """A blank name and too many categories are told together."""
    mo = await operator_of(world)
    refused = await mo.do(CREATE, input={**INPUT, "name": "  ", "categories": ["x"] * 51})
    assert [problem["path"] for problem in refused["problems"]] == ["name", "categories"]


async def test_a_change_needs_the_version_that_was_seen(world: World) -> None:
    """Of two changes made on the same version the second learns the current one."""
    owner = await world.person("ada")
    space = await world.space(owner)
    first = await owner.do(UPDATE, space=space, version=1, rules="Be kind.")
    assert first == {"__typename": "Space", "rules": "Be kind.", "version": 2}
    late = await owner.do(UPDATE, space=space, version=1, rules="Be quick.")
    assert late == {"__typename": "Conflict", "currentVersion": 2}


async def test_joining_twice_is_joining_once(world: World) -> None:
    """A member who joins again stays what they are."""
    owner, cleo = await world.person("ada"), await world.person("cleo")
    space = await world.space(owner)
    first = await cleo.do(JOIN, space=space)
    again = await cleo.do(JOIN, space=space)
    assert first == again == {"__typename": "Membership", "role": "MEMBER"}
    assert (await owner.do(JOIN, space=space))["role"] == "OWNER"


async def test_a_space_keeps_an_owner(world: World) -> None:
    """Two owners who step down at the same moment cannot both succeed."""
    ada, ben = await world.person("ada"), await world.person("ben")
    space = await world.space(ada)
    await world.role(ada, space, ben, "OWNER")
    mo = await operator_of(world)
    creator = await world.db["memberships"].find_one(
        {"space": space, "user": {"$nin": [ada.id, ben.id]}}
    )
    assert creator is not None
    await mo.do(SET_ROLE, space=space, user=creator["user"], role="MEMBER")
    await world.engine.services.log.caught_up()
    answers = await asyncio.gather(
        *(who.do(SET_ROLE, space=space, user=who.id, role="MEMBER") for who in (ada, ben))
    )
    assert sorted(answer["__typename"] for answer in answers) == ["Membership", "NotAllowed"]


async def test_a_closed_space_can_only_be_read(world: World) -> None:
    """After closing, its texts are there, and no series can be begun in it."""
    ada, mo = await world.person("ada"), await operator_of(world)
    space = await world.space(ada)
    close = """mutation M($space: ID!) {
      closeSpace(input: {space: $space, expectedVersion: 1}) { __typename } }"""
    assert await mo.do(close, space=space) == {"__typename": "Space"}
    read = await ada.ask("query Q($id: ID!) { space(id: $id) { closedAt } }", id=space)
    assert read["space"]["closedAt"] is not None
    begin = """mutation M($space: ID!) {
      createSeries(input: {space: $space, key: "k", name: "n"}) { __typename } }"""
    assert await ada.do(begin, space=space) == {"__typename": "NotAllowed"}


async def test_a_revoked_key_ends_at_once(world: World) -> None:
    """A key works until it is taken back; its space's owners see it in the list until then."""
    ada = await world.person("ada")
    space = await world.space(ada)
    sensor = await world.key(ada, space, "OBSERVATIONS_READ")
    assert (await sensor.ask("{ version }"))["version"]
    listed: Any = await ada.ask(
        "query Q($id: ID!) { space(id: $id) { apiKeys { nodes { id name } } } }", id=space
    )
    [key] = listed["space"]["apiKeys"]["nodes"]
    revoke = "mutation M($id: ID!) { revokeApiKey(id: $id) { __typename } }"
    assert await ada.do(revoke, id=key["id"]) == {"__typename": "RevokedApiKey"}
    await world.engine.services.log.caught_up()
    with pytest.raises(NotAdmitted, match="not valid"):
        await sensor.send("{ version }")
