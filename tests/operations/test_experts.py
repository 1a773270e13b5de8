"""Whom to ask: experts, the best first, with what speaks for them and nothing that is hidden."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api import World
from tests.asking import invite, set_up
from tests.clinic import PEOPLE, Clinic, open_clinic
from tests.consulting import ACCEPT, REVOKE, decide, declared, said

SUGGEST = """
query Q($thread: ID!, $first: Int! = 5) {
  suggestExperts(thread: $thread, first: $first) {
    score reasons parts { name value weight } expert { id name } } }
"""
EVERYBODY = [*PEOPLE, "olga", "mo", "stranger", "anonymous"]


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic in which three experts have said what they know."""
    clinic = await open_clinic(world)
    await set_up(clinic)
    return clinic


async def suggested(
    clinic: Clinic, thread: str, who: str = "ana", first: int = 5
) -> list[dict[str, Any]]:
    """Return who is suggested to somebody."""
    found: list[dict[str, Any]] = (await clinic[who].ask(SUGGEST, thread=thread, first=first))[
        "suggestExperts"
    ]
    return found


def names(found: list[dict[str, Any]]) -> list[str]:
    """Return who was suggested, in their order."""
    return [one["expert"]["name"] for one in found]


def values(found: list[dict[str, Any]], name: str) -> dict[str, float | None]:
    """Return the parts of somebody's score."""
    [one] = [one for one in found if one["expert"]["name"] == name]
    return {part["name"]: part["value"] for part in one["parts"]}


async def test_who_knows_most_comes_first_and_each_says_why(clinic: Clinic) -> None:
    """Verified before self-declared, the subject before what is next to it."""
    found = await suggested(clinic, await clinic.asked())
    assert names(found) == ["eva", "emil", "bo"]
    eva = found[0]
    parts = {part["name"]: part for part in eva["parts"]}
    assert {name: part["value"] for name, part in parts.items()} == {
        "subject": 1,
        "level": 1,
        "acceptance": 0.5,
        "load": 1,
        "language": 1,
    }
    assert sum(part["weight"] for part in parts.values()) == pytest.approx(1)
    assert eva["score"] == pytest.approx(
        sum(part["value"] * part["weight"] for part in parts.values())
    )
    assert eva["reasons"] == [
        "They know migraine: VERIFIED.",
        "They have not advised in this subject yet: neither good nor bad.",
        "0 threads wait for them, of at most 10.",
        "They read en.",
    ]
    assert "though not migraine itself" in found[2]["reasons"][0]


async def test_who_is_asked_whom(clinic: Clinic) -> None:
    """The asker, experts, moderators and the operator; a fellow seeker has nobody to ask."""
    thread = await clinic.asked(visibility="PUBLIC")
    answers = {}
    for who in EVERYBODY:
        body = await clinic[who].send(SUGGEST, thread=thread)
        errors = body.get("errors")
        answers[who] = (
            errors[0]["extensions"]["code"] if errors else len(body["data"]["suggestExperts"])
        )
    told = dict.fromkeys(("ana", "eva", "emil", "bo", "max", "olga", "mo"), 3)
    others = dict.fromkeys(("sam", "mia", "stranger", "anonymous"), "NOT_ALLOWED")
    assert answers == told | others
    hidden = await clinic.asked(visibility="PAIR")
    body = await clinic["max"].send(SUGGEST, thread=hidden)
    assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_accepted_advice_in_the_subject_speaks_for_them(clinic: Clinic) -> None:
    """One of two replies: (1 + 1) / (2 + 2); what was said of another subject does not count."""
    for subject, accepted in (("migraine", True), ("migraine", False), ("knees", True)):
        thread = await clinic.asked(subject=subject)
        reply = await said(clinic["emil"], thread)
        if accepted:
            assert (await clinic["ana"].do(ACCEPT, id=reply))["__typename"] == "Reply"
    await said(clinic["eva"], await clinic.asked(), "CLARIFY")
    found = await suggested(clinic, await clinic.asked())
    assert values(found, "emil")["acceptance"] == 0.5
    assert values(found, "eva")["acceptance"] == 0.5
    [emil] = [one for one in found if one["expert"]["name"] == "emil"]
    assert "Of their 2 replies with advice in this subject, 1 were accepted." in emil["reasons"]


async def test_who_has_much_to_do_is_spared(clinic: Clinic) -> None:
    """Each thread that waits for an expert counts, until it is answered; and there is a limit."""
    waiting = await clinic.asked()
    await invite(clinic["ana"], waiting, clinic["eva"])
    thread = await clinic.asked()
    assert values(await suggested(clinic, thread), "eva")["load"] == 0.9
    await decide(clinic, mostLoad=1)
    assert names(await suggested(clinic, thread)) == ["emil", "bo"]
    await said(clinic["emil"], waiting)
    assert names(await suggested(clinic, thread))[0] == "eva"


async def test_what_is_hidden_from_the_viewer_does_not_count(clinic: Clinic) -> None:
    """No number tells Ana that Sam asked Eva in private, nor that her advice was accepted there."""
    for n in range(3):
        private = await clinic.asked("sam", visibility="PAIR", title=f"Private {n}")
        await invite(clinic["sam"], private, clinic["eva"])
    answered = await clinic.asked("sam", visibility="EXPERTS_ONLY")
    reply = await said(clinic["eva"], answered)
    assert (await clinic["sam"].do(ACCEPT, id=reply))["__typename"] == "Reply"
    thread = await clinic.asked()
    by_viewer = {
        who: values(await suggested(clinic, thread, who), "eva")
        for who in PEOPLE
        if who in {"ana", "eva", "emil", "max"}
    }
    assert {who: parts["load"] for who, parts in by_viewer.items()} == {
        "ana": 1,
        "eva": 0.7,
        "emil": 1,
        "max": 1,
    }
    assert {who: parts["acceptance"] for who, parts in by_viewer.items()} == {
        "ana": 0.5,
        "eva": pytest.approx(2 / 3),
        "emil": pytest.approx(2 / 3),
        "max": 0.5,
    }


async def test_who_is_passed_over(clinic: Clinic) -> None:
    """The asker, whose turn it was already, who was suspended, and whose expertise was revoked."""
    own = await clinic.asked("bo", tags=["aura"])
    assert names(await suggested(clinic, own, "bo")) == ["eva", "emil"]
    thread = await clinic.asked()
    await invite(clinic["ana"], thread, clinic["eva"])
    assert names(await suggested(clinic, thread)) == ["emil", "bo"]
    fresh = await clinic.asked()
    suspend = "mutation M($user: ID!) { suspendUser(input: {user: $user}) { __typename } }"
    await clinic["mo"].do(suspend, user=clinic["emil"].id)
    assert names(await suggested(clinic, fresh)) == ["eva", "bo"]
    knees = await declared(clinic["eva"], clinic, "knees")
    about_knees = await clinic.asked(subject="knees", tags=[])
    assert names(await suggested(clinic, about_knees)) == ["eva"]
    revoked = await clinic["eva"].do(REVOKE, id=knees)
    assert revoked["__typename"] == "Expertise"
    assert await suggested(clinic, about_knees) == []


async def test_a_language_that_they_read_speaks_for_them(clinic: Clinic) -> None:
    """By the language of their account."""
    await clinic.world.db["users"].update_one(
        {"_id": clinic["emil"].id}, {"$set": {"locale": "fr-BE"}}
    )
    thread = await clinic.asked(language="fr")
    found = await suggested(clinic, thread)
    assert values(found, "emil")["language"] == 1
    assert values(found, "eva")["language"] == 0


async def test_so_many_are_asked_for_at_most(clinic: Clinic) -> None:
    """The first is the best of all, and nobody asks for more than 20."""
    thread = await clinic.asked()
    assert names(await suggested(clinic, thread, first=1)) == ["eva"]
    assert await suggested(clinic, thread, first=0) == []
    body = await clinic["ana"].send(SUGGEST, thread=thread, first=21)
    assert body["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_nobody_is_crowded_out_by_those_who_only_say_so(clinic: Clinic) -> None:
    """However many declare the same later: who is vouched for comes first, experts alone count."""
    whose = {"space": clinic.space, "person": clinic["eva"].id}
    known: Any = await clinic.world.db["expertise"].find_one(whose)
    plain = {**known, "state": "SELF_DECLARED", "verified_until": None}
    later = clinic.world.clock() + timedelta(days=1)
    await clinic.world.db["expertise"].insert_many(
        [
            {**plain, "_id": f"exp_{n}", "person": f"usr_{n}", "created_at": later}
            for n in range(300)
        ]
    )
    assert names(await suggested(clinic, await clinic.asked())) == ["eva", "emil", "bo"]
