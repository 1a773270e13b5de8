"""What one could do: told before, by the judgement of the deeds themselves."""

import pytest

from tests.api import World
from tests.clinic import Clinic, open_clinic
from tests.consulting import CAN, decide, said

ACTIONS = ("ASK", "ADVISE", "CLARIFY", "VOTE", "ENDORSE")


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with all its people."""
    return await open_clinic(world)


@pytest.mark.parametrize(
    ("who", "possible"),
    [
        ("sam", {"ASK", "CLARIFY", "VOTE", "ENDORSE"}),
        ("eva", {"ADVISE", "CLARIFY", "VOTE", "ENDORSE"}),
        ("bo", {"ASK", "ADVISE", "CLARIFY", "VOTE", "ENDORSE"}),
        ("max", {"ENDORSE"}),
        ("mia", {"ENDORSE"}),
        ("mo", set()),
        ("stranger", set()),
    ],
)
async def test_what_people_can_do_in_a_space(clinic: Clinic, who: str, possible: set[str]) -> None:
    """In a space as in an open thread of somebody else's there."""
    thread = await clinic.asked(visibility="PUBLIC")
    for given in ({"space": clinic.space}, {"thread": thread}):
        found = {}
        for action in ACTIONS:
            found[action] = (await clinic[who].ask(CAN, action=action, **given))["me"]["can"]
        assert {action for action, can in found.items() if can["allowed"]} == possible
        for can in found.values():
            assert can["allowed"] == (can["code"] is None) == (can["missing"] is None)


async def test_asking_is_foretold_as_it_is_refused(clinic: Clinic) -> None:
    """In the same words."""
    refused = await clinic.ask("eva")
    foretold = (await clinic["eva"].ask(CAN, action="ASK", space=clinic.space))["me"]["can"]
    assert (foretold["code"], foretold["missing"]) == (refused["code"], refused["missing"])
    assert foretold["message"] == refused["message"]


async def test_points_that_are_missing_are_told_by_subject(clinic: Clinic) -> None:
    """Also before there is a thread."""
    await decide(clinic, leastTrust={"score": 7.5})
    given = {"action": "ADVISE", "space": clinic.space, "subject": "migraine"}
    foretold = (await clinic["eva"].ask(CAN, **given))["me"]["can"]
    assert (foretold["allowed"], foretold["points"]) == (False, 7.5)


async def test_what_one_does_not_see_is_not_told_apart(clinic: Clinic) -> None:
    """A thread of others and one that there never was are alike."""
    hidden = await clinic.asked(visibility="EXPERTS_ONLY")
    there = (await clinic["sam"].ask(CAN, action="VOTE", thread=hidden))["me"]["can"]
    never = (await clinic["sam"].ask(CAN, action="VOTE", thread="thr_none"))["me"]["can"]
    assert there == never
    assert there["code"] == "NOT_FOUND"
    no_space = (await clinic["sam"].ask(CAN, action="ASK", space="spc_none"))["me"]["can"]
    assert no_space["code"] == "NOT_FOUND"


async def test_a_place_must_be_named(clinic: Clinic) -> None:
    """A thread or a space."""
    refused = await clinic["sam"].send(CAN, action="ASK")
    assert refused["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_of_others_nothing_is_told(clinic: Clinic) -> None:
    """Not even to an operator: what somebody could do is between them and the server."""
    await said(clinic["eva"], await clinic.asked())
    query = """query Q($id: ID!, $space: ID!) { node(id: $id) { ... on User {
                 can(action: ADVISE, space: $space) { allowed } } } }"""
    for who in ("sam", "mo", "anonymous"):
        found = await clinic[who].ask(query, id=clinic["eva"].id, space=clinic.space)
        assert found == {"node": {"can": None}}
