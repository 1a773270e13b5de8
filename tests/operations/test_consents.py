"""Consent to use a case: whose it is to give, to which text, and to take back at any time."""

import asyncio
from typing import Any

import pytest

from tests.api import World
from tests.clinic import Clinic, open_clinic
from tests.consulting import decide
from tests.giving import CONSENT, give, given, revoke

MINE = f"""
query Q($first: Int, $after: String) {{ myConsents(first: $first, after: $after) {{
  totalCount nodes {{ {CONSENT} }} pageInfo {{ endCursor }} }} }}
"""
TEXT = """
query Q($space: ID!, $purpose: ConsentPurpose!) {
  consentText(space: $space, purpose: $purpose) { purpose text version leastVersion } }
"""
NODE = "query Q($id: ID!) { node(id: $id) { id } }"
EVENTS = "query Q($id: ID!) { events(filter: {subject: $id}) { nodes { type actor } } }"
DEED = "mutation M($id: ID!) {{ {}(input: {{thread: $id}}) {{ __typename }} }}"
LEAVE = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with people of every standing."""
    return await open_clinic(world)


async def mine(clinic: Clinic, who: str = "ana") -> list[dict[str, Any]]:
    """Return somebody's consents, the latest given first."""
    nodes: list[dict[str, Any]] = (await clinic[who].ask(MINE))["myConsents"]["nodes"]
    return nodes


async def test_a_consent_stands_as_it_was_given(clinic: Clinic) -> None:
    """For one purpose, to one version of the text, without free text unless that was said."""
    thread = await clinic.asked()
    consent = await give(clinic["ana"], thread)
    assert consent == {
        "__typename": "Consent",
        "id": consent["id"],
        "purpose": "RESEARCH",
        "textVersion": 1,
        "withFreeText": False,
        "givenAt": "2026-03-01T12:00:00.000Z",
        "revokedAt": None,
        "version": 1,
        "thread": {"id": thread},
    }
    assert [one["id"] for one in await mine(clinic)] == [consent["id"]]


async def test_only_the_asker_gives_their_case(clinic: Clinic) -> None:
    """Whatever somebody else is in the space; to who does not see it, it is not there."""
    thread = await clinic.asked()
    found = {
        name: (await give(clinic[name], thread))["__typename"]
        for name in ("sam", "eva", "max", "olga", "mo", "stranger", "anonymous")
    }
    refused = dict.fromkeys(("sam", "eva", "max", "olga", "mo"), "NotAllowed")
    assert found == refused | {"stranger": "NotFound", "anonymous": "NotSignedIn"}
    assert await mine(clinic) == []


async def test_it_is_given_to_the_text_of_the_space(clinic: Clinic) -> None:
    """The present version of a text that the space asks with; for nothing else."""
    thread = await clinic.asked()
    asked = (await clinic["ana"].ask(TEXT, space=clinic.space, purpose="RESEARCH"))["consentText"]
    assert (asked["version"], asked["leastVersion"]) == (1, 1)
    none = await clinic["ana"].ask(TEXT, space=clinic.space, purpose="TEACHING")
    assert none["consentText"] is None
    assert (await give(clinic["ana"], thread, purpose="TEACHING"))["__typename"] == "Conflict"
    assert (await give(clinic["ana"], thread, textVersion=2))["__typename"] == "Conflict"
    await decide(clinic, consents=[{"purpose": "RESEARCH", "text": "Use it, all of it."}])
    stale = await give(clinic["ana"], thread)
    assert (stale["__typename"], "read version 2" in stale["message"]) == ("Conflict", True)
    assert (await give(clinic["ana"], thread, textVersion=2))["textVersion"] == 2


async def test_the_same_key_gives_once(clinic: Clinic) -> None:
    """Also at the same moment; another input under it is a conflict."""
    thread = await clinic.asked()
    made = await asyncio.gather(
        *(give(clinic["ana"], thread, idempotencyKey="k") for _ in range(10))
    )
    assert len({one["id"] for one in made}) == 1
    other = await give(clinic["ana"], thread, withFreeText=True, idempotencyKey="k")
    assert other["code"] == "CONFLICT"
    assert len(await mine(clinic)) == 1


async def test_a_new_consent_takes_the_place_of_the_old(clinic: Clinic) -> None:
    """So that taking back the one that stands leaves none behind, however many were given."""
    thread = await clinic.asked()
    first = await give(clinic["ana"], thread, withFreeText=True)
    clinic.world.clock.turn(60)  # type: ignore[attr-defined]
    await asyncio.gather(*(give(clinic["ana"], thread) for _ in range(5)))
    found = await mine(clinic)
    assert len(found) == 6
    [standing] = [one for one in found if one["revokedAt"] is None]
    old = next(one for one in found if one["id"] == first["id"])
    assert (old["revokedAt"], old["version"]) == ("2026-03-01T12:01:00.000Z", 2)
    assert (await revoke(clinic["ana"], standing))["revokedAt"] is not None
    assert all(one["revokedAt"] for one in await mine(clinic))


async def test_it_can_be_taken_back_at_any_time(clinic: Clinic) -> None:
    """Once; by its giver alone; and also after the thread is withdrawn and the space left."""
    thread = await clinic.asked()
    consent = await give(clinic["ana"], thread)
    for name in ("sam", "eva", "max", "mo"):
        assert (await revoke(clinic[name], consent))["__typename"] == "NotFound"
    assert (await revoke(clinic["anonymous"], consent))["__typename"] == "NotSignedIn"
    moved = await revoke(clinic["ana"], {**consent, "version": 7})
    assert (moved["__typename"], moved["currentVersion"]) == ("Conflict", 1)
    assert await clinic["ana"].do(DEED.format("withdrawThread"), id=thread)
    assert (await clinic["ana"].do(LEAVE, space=clinic.space))["__typename"] == "Space"
    revoked = await revoke(clinic["ana"], consent)
    assert revoked["revokedAt"] == "2026-03-01T12:00:00.000Z"
    again = await revoke(clinic["ana"], revoked)
    assert (again["__typename"], again["found"]) == ("WrongState", "REVOKED")


async def test_what_is_withdrawn_cannot_be_given(clinic: Clinic) -> None:
    """There is nothing to be used."""
    thread = await clinic.asked()
    await clinic["ana"].do(DEED.format("withdrawThread"), id=thread)
    refused = await give(clinic["ana"], thread)
    assert (refused["__typename"], refused["found"]) == ("WrongState", "WITHDRAWN")


async def test_nobody_else_learns_of_a_consent(clinic: Clinic) -> None:
    """Not by its identifier, and not from the log, be it of the space or of the consent."""
    thread = await clinic.asked()
    consent = await give(clinic["ana"], thread)
    await revoke(clinic["ana"], consent)
    for name in ("sam", "eva", "max", "olga", "mo", "anonymous"):
        assert (await clinic[name].ask(NODE, id=consent["id"]))["node"] is None
        events = await clinic[name].ask(EVENTS, id=consent["id"])
        assert events["events"]["nodes"] == [], name
        assert (await given(clinic[name])) == []
    own = (await clinic["ana"].ask(EVENTS, id=consent["id"]))["events"]["nodes"]
    assert [event["type"] for event in own] == ["consent.given", "consent.revoked"]
    logged = await clinic.world.db["events"].find({"subject": consent["id"]}).to_list(None)
    assert {(event["space"], *event["to"]) for event in logged} == {(None, clinic["ana"].id)}


async def test_my_consents_come_in_pages(clinic: Clinic) -> None:
    """The latest given first."""
    made = []
    for n in range(3):
        thread = await clinic.asked(title=f"Zigzags {n}")
        clinic.world.clock.turn(1)  # type: ignore[attr-defined]
        made.append((await give(clinic["ana"], thread))["id"])
    page = (await clinic["ana"].ask(MINE, first=2))["myConsents"]
    after = page["pageInfo"]["endCursor"]
    rest = (await clinic["ana"].ask(MINE, first=2, after=after))["myConsents"]
    found = [one["id"] for one in [*page["nodes"], *rest["nodes"]]]
    assert (found, page["totalCount"]) == (made[::-1], 3)
    body = await clinic["anonymous"].send(MINE)
    assert body["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
