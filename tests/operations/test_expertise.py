"""Expertise: declared, endorsed by others, verified for a time, revoked; and who sees that."""

import asyncio
from typing import Any

import pytest

from app.settings import Settings
from tests.api import World, at, second_server
from tests.clinic import Clinic, open_clinic
from tests.conftest import TurnedClock
from tests.consulting import (
    CAN,
    DECLARE,
    ENDORSE,
    KNOWN,
    REVOKE,
    VERIFY,
    decide,
    declared,
    replies_of,
    said,
    score,
)

TOMORROW = "2026-03-02T12:00:00.000Z"
NODE = "query Q($id: ID!) { node(id: $id) { ... on Expertise { level revocationReason } } }"


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with all its people."""
    return await open_clinic(world)


async def test_a_member_declares_a_subject_once(clinic: Clinic) -> None:
    """Case and accents make no other subject; the same key gives the same."""
    given = {"space": clinic.space, "subject": "Épilepsie", "statement": "I have it."}
    made = await clinic["mia"].do(DECLARE, input=given | {"idempotencyKey": "k"})
    assert (made["subject"], made["level"], made["endorsements"]) == (
        "Épilepsie",
        "SELF_DECLARED",
        0,
    )
    again = await clinic["mia"].do(DECLARE, input=given | {"idempotencyKey": "k"})
    assert again == made
    refused = await clinic["mia"].do(DECLARE, input=given | {"subject": "epilepsie"})
    assert (refused["__typename"], refused["found"]) == ("WrongState", "SELF_DECLARED")


async def test_declaring_at_once_declares_once(clinic: Clinic, settings: Settings) -> None:
    """Of many at the same moment one succeeds; the others learn that it stands."""
    given = {"space": clinic.space, "subject": "gout"}
    async with second_server(clinic.world, settings) as other:
        people = [clinic["eva"], at(other, clinic["eva"])] * 5
        done = await asyncio.gather(*(one.do(DECLARE, input=given) for one in people))
    assert sorted(one["__typename"] for one in done) == ["Expertise"] + ["WrongState"] * 9


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("mia", "Expertise"),
        ("max", "Expertise"),
        ("mo", "NOT_ALLOWED"),
        ("stranger", "NOT_ALLOWED"),
        ("anonymous", "NOT_SIGNED_IN"),
    ],
)
async def test_members_declare_and_endorse(clinic: Clinic, who: str, outcome: str) -> None:
    """Others do neither, and `can` says so."""
    done = await clinic[who].do(DECLARE, input={"space": clinic.space, "subject": "gout"})
    assert done.get("code", done["__typename"]) == outcome
    endorsed = await clinic[who].do(ENDORSE, id=await declared(clinic["eva"], clinic))
    assert endorsed.get("code", endorsed["__typename"]) == outcome
    if who != "anonymous":
        foretold = (await clinic[who].ask(CAN, action="ENDORSE", space=clinic.space))["me"]["can"]
        assert foretold["allowed"] == (outcome == "Expertise")
        assert foretold["missing"] == endorsed.get("missing")


async def test_all_problems_come_at_once(clinic: Clinic) -> None:
    """A blank subject and a statement that is too long are told together."""
    given = {"space": clinic.space, "subject": " ", "statement": "x" * 2_001}
    refused = await clinic["eva"].do(DECLARE, input=given)
    assert [problem["path"] for problem in refused["problems"]] == ["subject", "statement"]


async def test_as_many_endorse_as_the_space_asks_for(clinic: Clinic) -> None:
    """Each counts once, nobody for themselves; each gives points."""
    id = await declared(clinic["eva"], clinic)
    own = await clinic["eva"].do(ENDORSE, id=id)
    assert (own["code"], own["missing"]) == ("NOT_ALLOWED", "another person")
    seen = [await clinic[who].do(ENDORSE, id=id) for who in ("ana", "ana", "sam", "emil")]
    assert [(one["endorsements"], one["level"]) for one in seen] == [
        (1, "SELF_DECLARED"),
        (1, "SELF_DECLARED"),
        (2, "SELF_DECLARED"),
        (3, "ENDORSED"),
    ]
    assert seen[1]["version"] == seen[0]["version"]
    assert seen[0]["endorsedByMe"] is True
    assert await score(clinic, "eva") == 15


async def test_many_endorse_at_once_on_two_servers(clinic: Clinic, settings: Settings) -> None:
    """Every one of them counts, and gave points."""
    await decide(clinic, endorsementsNeeded=5)
    id = await declared(clinic["eva"], clinic)
    who = ["ana", "sam", "emil", "bo", "max", "mia", "olga"]
    async with second_server(clinic.world, settings) as other:
        people = [clinic[name] for name in who] + [at(other, clinic[name]) for name in who]
        await asyncio.gather(*(person.do(ENDORSE, id=id) for person in people))
    [seen] = (await clinic["ana"].ask(KNOWN, space=clinic.space))["expertise"]["nodes"]
    assert (seen["endorsements"], seen["level"]) == (7, "ENDORSED")
    assert await score(clinic, "eva") == 35


@pytest.mark.parametrize("who", ["eva", "ana", "max", "olga", "stranger"])
async def test_only_the_operator_verifies(clinic: Clinic, who: str) -> None:
    """Not even the owner of the space does."""
    id = await declared(clinic["eva"], clinic)
    assert (await clinic[who].do(VERIFY, id=id, version=1))["code"] == "NOT_ALLOWED"


async def test_verifying_needs_the_version_that_was_seen(clinic: Clinic) -> None:
    """Whoever verifies what somebody has endorsed meanwhile learns the current version."""
    id = await declared(clinic["eva"], clinic)
    await clinic["ana"].do(ENDORSE, id=id)
    late = await clinic["mo"].do(VERIFY, id=id, version=1)
    assert (late["__typename"], late["currentVersion"]) == ("Conflict", 2)
    past = await clinic["mo"].do(VERIFY, id=id, version=2, until="2026-03-01T12:00:00Z")
    assert [problem["path"] for problem in past["problems"]] == ["until"]
    done = await clinic["mo"].do(VERIFY, id=id, version=2, until=TOMORROW)
    assert (done["level"], done["verifiedUntil"], done["version"]) == ("VERIFIED", TOMORROW, 3)


async def test_when_a_verification_is_over_endorsements_count(
    clinic: Clinic, clock: TurnedClock
) -> None:
    """From the instant itself on, on replies too; that it is written down later is no matter."""
    thread = await clinic.asked()
    plain, endorsed = await declared(clinic["emil"], clinic), await declared(clinic["eva"], clinic)
    for who in ("ana", "sam", "bo"):
        await clinic[who].do(ENDORSE, id=endorsed)
    await clinic["mo"].do(VERIFY, id=plain, version=1, until=TOMORROW)
    await clinic["mo"].do(VERIFY, id=endorsed, version=4, until=TOMORROW)
    written = [await said(clinic[who], thread, basis="EXPERTISE") for who in ("emil", "eva")]

    async def marks() -> list[str]:
        found = {one["id"]: one["mark"] for one in await replies_of(clinic["ana"], thread) or []}
        return [found[id] for id in written]

    clock.turn(24 * 3600 - 0.001)
    await clinic.world.tick()
    assert await marks() == ["VERIFIED", "VERIFIED"]
    clock.turn(0.001)
    assert await marks() == ["SELF_DECLARED", "ENDORSED"]
    await clinic.world.tick()
    await clinic.world.tick()
    assert await marks() == ["SELF_DECLARED", "ENDORSED"]
    query = "query Q($s: ID!) { events(filter: {subject: $s}) { nodes { type at } } }"
    told = (await clinic["ana"].ask(query, s=plain))["events"]["nodes"]
    assert told[-1] == {"type": "expertise.expired", "at": TOMORROW}
    assert [one["type"] for one in told].count("expertise.expired") == 1
    renewed = await clinic["mo"].do(VERIFY, id=plain, version=3)
    assert (renewed["level"], renewed["verifiedUntil"]) == ("VERIFIED", None)


@pytest.mark.parametrize(
    ("who", "reason", "outcome"),
    [
        ("eva", "", "Expertise"),
        ("max", "", "INVALID_INPUT"),
        ("max", "Not a doctor.", "Expertise"),
        ("olga", "Not a doctor.", "Expertise"),
        ("mo", "Not a doctor.", "Expertise"),
        ("emil", "Envy.", "NOT_ALLOWED"),
        ("stranger", "Envy.", "NOT_ALLOWED"),
        ("anonymous", "Envy.", "NOT_SIGNED_IN"),
    ],
)
async def test_who_revokes(clinic: Clinic, who: str, reason: str, outcome: str) -> None:
    """One's own, or for a reason those who look after the space."""
    id = await declared(clinic["eva"], clinic)
    done = await clinic[who].do(REVOKE, id=id, reason=reason)
    assert done.get("code", done["__typename"]) == outcome
    if outcome == "Expertise":
        assert (done["level"], done["revocationReason"]) == (None, reason or None)
        again = await clinic[who].do(REVOKE, id=id, reason=reason)
        assert (again["__typename"], again["found"]) == ("WrongState", "REVOKED")


async def test_what_was_revoked_is_gone_for_others(clinic: Clinic) -> None:
    """With its statement; the person, moderators and the operator see it, and why."""
    id = await declared(clinic["eva"], clinic)
    await clinic["max"].do(REVOKE, id=id, reason="Not a doctor.")
    for who in ("ana", "emil", "stranger", "anonymous"):
        assert (await clinic[who].ask(NODE, id=id))["node"] is None
        for given in ({}, {"subject": "Migraine"}, {"person": clinic["eva"].id}):
            found = (await clinic[who].ask(KNOWN, space=clinic.space, **given))["expertise"]
            assert (found["nodes"], found["totalCount"]) == ([], 0)
    for who in ("eva", "max", "mo"):
        seen = (await clinic[who].ask(NODE, id=id))["node"]
        assert seen == {"level": None, "revocationReason": "Not a doctor."}
        asked: dict[str, Any] = {"person": clinic["eva"].id}
        found = (await clinic[who].ask(KNOWN, space=clinic.space, **asked))["expertise"]
        assert [one["id"] for one in found["nodes"]] == [id]


async def test_revoking_ends_endorsements_and_only_an_operator_mends_it(clinic: Clinic) -> None:
    """What they gave is undone; declaring or endorsing anew does not launder it."""
    id = await declared(clinic["eva"], clinic)
    for who in ("ana", "sam", "emil"):
        await clinic[who].do(ENDORSE, id=id)
    assert await score(clinic, "eva") == 15
    await clinic["max"].do(REVOKE, id=id, reason="Not a doctor.")
    assert await score(clinic, "eva") == 0
    anew = await clinic["eva"].do(DECLARE, input={"space": clinic.space, "subject": "migraine"})
    assert anew["found"] == "REVOKED"
    assert (await clinic["max"].do(ENDORSE, id=id))["found"] == "REVOKED"
    assert (await clinic["ana"].do(ENDORSE, id=id))["__typename"] == "NotFound"
    mended = await clinic["mo"].do(VERIFY, id=id, version=5)
    assert (mended["level"], mended["endorsements"]) == ("VERIFIED", 0)
    await clinic["ana"].do(ENDORSE, id=id)
    assert await score(clinic, "eva") == 5


async def test_what_people_know_is_listed_by_subject_and_person(
    clinic: Clinic, clock: TurnedClock
) -> None:
    """Newest first; a subject is the same whatever its case."""
    for who, subject in (("eva", "migraine"), ("emil", "Migraine"), ("eva", "gout")):
        clock.turn(1)
        await declared(clinic[who], clinic, subject)

    async def listed(**given: Any) -> list[tuple[str, str]]:
        found = (await clinic["anonymous"].ask(KNOWN, space=clinic.space, **given))["expertise"]
        assert found["totalCount"] == len(found["nodes"])
        names = {clinic[who].id: who for who in ("eva", "emil")}
        return [(names[one["person"]["id"]], one["subject"]) for one in found["nodes"]]

    assert await listed() == [("eva", "gout"), ("emil", "Migraine"), ("eva", "migraine")]
    assert await listed(subject="MIGRAINE") == [("emil", "Migraine"), ("eva", "migraine")]
    eva = clinic["eva"].id
    assert await listed(person=eva) == [("eva", "gout"), ("eva", "migraine")]
    assert await listed(person=eva, subject="gout") == [("eva", "gout")]


async def test_in_a_space_of_members_strangers_see_none_of_it(world: World) -> None:
    """Neither by list nor by identifier, nor can they do anything to it."""
    clinic = await open_clinic(world, "MEMBERS")
    id = await declared(clinic["eva"], clinic)
    for who in ("stranger", "anonymous"):
        assert (await clinic[who].ask(NODE, id=id))["node"] is None
        refused = await clinic[who].send(KNOWN, space=clinic.space)
        assert refused["errors"][0]["extensions"]["code"] in {"NOT_ALLOWED", "NOT_SIGNED_IN"}
        assert (await clinic[who].do(ENDORSE, id=id))["__typename"] == "NotFound"
    assert (await clinic["ana"].ask(NODE, id=id))["node"]["level"] == "SELF_DECLARED"
