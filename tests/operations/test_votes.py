"""Votes: one a person and reply, exact however many come at once, and secret."""

import asyncio
from typing import Any

import pytest

from app.settings import Settings
from tests.api import Person, World, at, second_server
from tests.clinic import Clinic, open_clinic
from tests.consulting import (
    CAN,
    READ,
    replies_of,
    said,
    score,
    standing,
    voted,
)


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with all its people."""
    return await open_clinic(world)


async def test_a_vote_counts_once_changes_and_goes(clinic: Clinic) -> None:
    """The sums, the voter's own vote and the author's points go along; the version does not."""
    reply = await said(clinic["eva"], await clinic.asked())
    seen = [await voted(clinic["sam"], reply, value) for value in ("UP", "UP", "DOWN", None, None)]
    assert [(one["votesUp"], one["votesDown"], one["myVote"]) for one in seen] == [
        (1, 0, "UP"),
        (1, 0, "UP"),
        (0, 1, "DOWN"),
        (0, 0, None),
        (0, 0, None),
    ]
    assert {one["version"] for one in seen} == {1}
    assert await score(clinic, "eva") == 0
    await voted(clinic["sam"], reply, "UP")
    assert await score(clinic, "eva") == 5
    assert await clinic.world.db["votes"].estimated_document_count() == 1


async def test_votes_give_what_the_act_is_worth(clinic: Clinic) -> None:
    """A clarification is worth less than advice, and a vote against it takes nothing."""
    thread = await clinic.asked()
    advice = await said(clinic["eva"], thread)
    clarification = await said(clinic["emil"], thread, "CLARIFY")
    for who in ("ana", "sam"):
        await voted(clinic[who], advice, "UP")
        await voted(clinic[who], clarification, "UP")
    await voted(clinic["bo"], advice, "DOWN")
    await voted(clinic["bo"], clarification, "DOWN")
    assert (await score(clinic, "eva"), await score(clinic, "emil")) == (8, 2)


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("ana", "Reply"),
        ("sam", "Reply"),
        ("emil", "Reply"),
        ("eva", "NOT_ALLOWED"),  # her own
        ("mia", "NOT_ALLOWED"),
        ("max", "NOT_ALLOWED"),
        ("mo", "NOT_ALLOWED"),
        ("stranger", "NOT_ALLOWED"),
        ("anonymous", "NOT_SIGNED_IN"),
    ],
)
async def test_who_votes(clinic: Clinic, who: str, outcome: str) -> None:
    """Both sides do, on the replies of others."""
    thread = await clinic.asked(visibility="PUBLIC")
    reply = await said(clinic["eva"], thread)
    done = await voted(clinic[who], reply, "UP")
    assert done.get("code", done["__typename"]) == outcome
    if who not in {"anonymous", "eva"}:
        foretold = (await clinic[who].ask(CAN, action="VOTE", thread=thread))["me"]["can"]
        assert foretold["allowed"] == (outcome == "Reply")
        assert (foretold["code"], foretold["missing"]) == (done.get("code"), done.get("missing"))


async def test_how_somebody_voted_is_theirs_to_know(clinic: Clinic) -> None:
    """Others see the sums; the log names nobody."""
    reply = await said(clinic["eva"], await clinic.asked())
    await voted(clinic["sam"], reply, "DOWN")
    assert (await clinic["sam"].ask(READ, id=reply))["node"]["myVote"] == "DOWN"
    for who in ("ana", "eva", "max"):
        seen = (await clinic[who].ask(READ, id=reply))["node"]
        assert (seen["votesDown"], seen["myVote"]) == (1, None)
    query = "query Q($s: ID!) { events(filter: {subject: $s}) { nodes { type actor } } }"
    told = (await clinic["eva"].ask(query, s=reply))["events"]["nodes"]
    assert told == [{"type": "reply.voted", "actor": None}]


async def test_fifty_vote_at_once_on_two_servers(clinic: Clinic, settings: Settings) -> None:
    """Each person's vote counts once, and each gave the author its points."""
    reply = await said(clinic["eva"], await clinic.asked())
    voters = await seekers(clinic, 50)
    async with second_server(clinic.world, settings) as other:
        people = [voter if n % 2 else at(other, voter) for n, voter in enumerate(voters)]
        values = ["DOWN" if n % 5 == 0 else "UP" for n in range(50)]
        casting = (voted(one, reply, said) for one, said in zip(people, values, strict=True))
        done = await asyncio.gather(*casting)
    assert {one["__typename"] for one in done} == {"Reply"}
    seen = (await clinic["ana"].ask(READ, id=reply))["node"]
    assert (seen["votesUp"], seen["votesDown"]) == (40, 10)
    evidence = {
        one["merit"]: one["count"] for one in (await standing(clinic, "ana", "eva"))["evidence"]
    }
    assert evidence == {"ADVICE_UP": 40, "ADVICE_DOWN": 10}


async def test_one_person_on_two_servers_has_one_vote(clinic: Clinic, settings: Settings) -> None:
    """Whatever they send at once, the sums are those of the vote that is kept."""
    reply = await said(clinic["eva"], await clinic.asked())
    async with second_server(clinic.world, settings) as other:
        people = [clinic["sam"], at(other, clinic["sam"])]
        values: list[str | None] = ["UP", "DOWN", None, "UP", "DOWN", "UP"]
        await asyncio.gather(*(voted(one, reply, value) for value in values for one in people))
    seen = (await clinic["sam"].ask(READ, id=reply))["node"]
    expected = {"UP": (1, 0), "DOWN": (0, 1), None: (0, 0)}[seen["myVote"]]
    assert (seen["votesUp"], seen["votesDown"]) == expected
    assert await score(clinic, "eva") == 5 * expected[0]


async def test_a_vote_and_its_credit_come_together_or_not_at_all(clinic: Clinic) -> None:
    """Nothing is left of a vote whose transaction failed."""
    thread = await clinic.asked()
    reply = await said(clinic["eva"], thread)
    await clinic.world.db["threads"].update_one({"_id": thread}, {"$set": {"state": "WITHDRAWN"}})
    refused = await voted(clinic["sam"], reply, "UP")
    assert refused["__typename"] == "NotFound"
    assert (await voted(clinic["ana"], reply, "UP"))["found"] == "WITHDRAWN"
    for collection in ("votes", "credits"):
        assert await clinic.world.db[collection].estimated_document_count() == 0


async def test_a_page_of_replies_knows_my_votes(clinic: Clinic) -> None:
    """Read for all of a page at once."""
    thread = await clinic.asked()
    ids = [await said(clinic["eva"], thread, "CLARIFY") for _ in range(3)]
    await voted(clinic["sam"], ids[0], "UP")
    await voted(clinic["sam"], ids[2], "DOWN")
    found = {one["id"]: one["myVote"] for one in await replies_of(clinic["sam"], thread) or []}
    assert found == dict(zip(ids, ["UP", None, "DOWN"], strict=True))


async def test_votes_hold_up_no_revision(clinic: Clinic) -> None:
    """Who revises names the version of the text; a vote in between is no conflict."""
    reply = await said(clinic["eva"], await clinic.asked())
    await voted(clinic["sam"], reply, "UP")
    revise = """mutation M($id: ID!) { reviseReply(input: {reply: $id, expectedVersion: 1,
                  text: "Drink water."}) { __typename ... on Reply { votesUp version } } }"""
    done = await clinic["eva"].do(revise, id=reply)
    assert done == {"__typename": "Reply", "votesUp": 1, "version": 2}


async def seekers(clinic: Clinic, count: int) -> list[Person]:
    """Return so many fresh people who seek in the clinic, written past the deeds."""
    people = [await clinic.world.person(f"seeker{n}") for n in range(count)]
    rows: list[dict[str, Any]] = [
        {
            "_id": f"mem_{person.id}",
            "space": clinic.space,
            "user": person.id,
            "role": "MEMBER",
            "sides": ["SEEKERS"],
            "created_at": clinic.world.clock(),
            "version": 1,
        }
        for person in people
    ]
    await clinic.world.db["memberships"].insert_many(rows)
    return people
