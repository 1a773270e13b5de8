"""Acceptance: the asker says what helped; undoing restores what it had given."""

import asyncio

import pytest

from app.settings import Settings
from tests.api import World, at, second_server
from tests.clinic import Clinic, open_clinic
from tests.consulting import (
    ACCEPT,
    READ,
    UNDO,
    decide,
    said,
    score,
    standing,
    voted,
)


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with all its people."""
    return await open_clinic(world)


async def test_accepting_credits_the_author_and_the_asker(clinic: Clinic) -> None:
    """The thread says which reply it was, and waits for nobody."""
    thread = await clinic.asked()
    reply, other = await said(clinic["eva"], thread), await said(clinic["emil"], thread)
    done = await clinic["ana"].do(ACCEPT, id=reply)
    assert done == {
        "__typename": "Reply",
        "accepted": True,
        "thread": {"state": "ACCEPTED", "acceptedReply": reply},
    }
    assert (await score(clinic, "eva"), await score(clinic, "ana")) == (15, 2)
    assert (await clinic["sam"].ask(READ, id=other))["node"]["accepted"] is False


async def test_one_reply_is_accepted_at_a_time(clinic: Clinic) -> None:
    """Another one, or the same again, is refused with the state that stands in the way."""
    thread = await clinic.asked()
    reply, other = await said(clinic["eva"], thread), await said(clinic["emil"], thread)
    await clinic["ana"].do(ACCEPT, id=reply)
    for again in (reply, other):
        refused = await clinic["ana"].do(ACCEPT, id=again)
        assert (refused["__typename"], refused["found"]) == ("WrongState", "ACCEPTED")
    assert (await clinic["ana"].do(UNDO, id=other))["__typename"] == "WrongState"
    assert (await score(clinic, "eva"), await score(clinic, "emil")) == (15, 0)


@pytest.mark.parametrize("who", ["sam", "eva", "emil", "max", "mo", "stranger"])
async def test_only_the_asker_accepts(clinic: Clinic, who: str) -> None:
    """And nobody else undoes it, whatever they are in the space."""
    thread = await clinic.asked(visibility="PUBLIC")
    reply = await said(clinic["eva"], thread)
    assert (await clinic[who].do(ACCEPT, id=reply))["code"] == "NOT_ALLOWED"
    await clinic["ana"].do(ACCEPT, id=reply)
    assert (await clinic[who].do(UNDO, id=reply))["code"] == "NOT_ALLOWED"
    assert (await clinic["anonymous"].do(UNDO, id=reply))["code"] == "NOT_SIGNED_IN"


async def test_only_advice_is_accepted(clinic: Clinic) -> None:
    """A clarification helps to advise; it is no advice."""
    thread = await clinic.asked()
    await said(clinic["eva"], thread)
    reply = await said(clinic["eva"], thread, "CLARIFY")
    assert (await clinic["ana"].do(ACCEPT, id=reply))["__typename"] == "Conflict"


async def test_undoing_restores_what_it_had_given(clinic: Clinic) -> None:
    """Both are back where they were, and accepting again gives the same, not more."""
    thread = await clinic.asked()
    reply = await said(clinic["eva"], thread)
    await voted(clinic["sam"], reply, "UP")
    before = await standing(clinic, "eva", "eva")
    for _ in range(3):
        accepted = await clinic["ana"].do(ACCEPT, id=reply)
        assert accepted["thread"]["state"] == "ACCEPTED"
        assert await score(clinic, "eva") == 20
        undone = await clinic["ana"].do(UNDO, id=reply)
        assert undone["thread"] == {"state": "ANSWERED", "acceptedReply": None}
        assert await standing(clinic, "eva", "eva") == before
        assert await score(clinic, "ana") == 0


async def test_undoing_is_exact_where_the_day_was_full(clinic: Clinic) -> None:
    """What the cap had kept back comes back as if the acceptance had never been."""
    await decide(clinic, reputation={"dailyCap": 18})
    thread = await clinic.asked()
    reply = await said(clinic["eva"], thread)
    await clinic["ana"].do(ACCEPT, id=reply)
    await voted(clinic["sam"], reply, "UP")
    await voted(clinic["emil"], reply, "UP")
    full = await standing(clinic, "eva", "eva")
    assert (full["score"], full["capped"]) == (18, 7)
    await clinic["ana"].do(UNDO, id=reply)
    less = await standing(clinic, "eva", "eva")
    assert (less["score"], less["capped"], less["count"]) == (10, 0, 2)


async def test_undoing_takes_back_by_the_table_of_today(clinic: Clinic) -> None:
    """Evidence is kept, not points: where the table has changed since, nothing is left over."""
    thread = await clinic.asked()
    reply = await said(clinic["eva"], thread)
    await clinic["ana"].do(ACCEPT, id=reply)
    await decide(clinic, reputation={"gives": [{"merit": "ADVICE_ACCEPTED", "points": 40}]})
    assert await score(clinic, "eva") == 40
    await clinic["ana"].do(UNDO, id=reply)
    assert await score(clinic, "eva") == 0


async def test_of_two_acceptances_at_once_one_stands(clinic: Clinic, settings: Settings) -> None:
    """On two servers, for two replies: one is accepted, and its author alone is credited."""
    thread = await clinic.asked()
    replies = {who: await said(clinic[who], thread) for who in ("eva", "emil")}
    async with second_server(clinic.world, settings) as other:
        servers = [clinic["ana"], at(other, clinic["ana"])]
        accepting = (person.do(ACCEPT, id=id) for id in replies.values() for person in servers)
        done = await asyncio.gather(*accepting)
    assert sorted(one["__typename"] for one in done) == ["Reply"] + ["WrongState"] * 3
    accepted = (await clinic.stored(thread))["accepted_reply"]
    points = {who: await score(clinic, who) for who in replies}
    assert points == {who: 15 if id == accepted else 0 for who, id in replies.items()}
    assert await score(clinic, "ana") == 2


async def test_a_race_of_accepting_and_undoing_ends_consistently(
    clinic: Clinic, settings: Settings
) -> None:
    """However they come, the points are those of what is accepted in the end."""
    thread = await clinic.asked()
    reply = await said(clinic["eva"], thread)
    async with second_server(clinic.world, settings) as other:
        servers = [clinic["ana"], at(other, clinic["ana"])]
        deeds = (
            one.do(deed, id=reply) for _ in range(4) for one in servers for deed in (ACCEPT, UNDO)
        )
        await asyncio.gather(*deeds)
    accepted = (await clinic.stored(thread))["accepted_reply"]
    assert await score(clinic, "eva") == (15 if accepted else 0)
    assert await score(clinic, "ana") == (2 if accepted else 0)


async def test_an_acceptance_outlives_a_reopening(clinic: Clinic) -> None:
    """Only undoing takes it back, and then the thread stays as it is."""
    thread = await clinic.asked()
    reply = await said(clinic["eva"], thread)
    await clinic["ana"].do(ACCEPT, id=reply)
    await clinic.world.db["threads"].update_one({"_id": thread}, {"$set": {"state": "REOPENED"}})
    undone = await clinic["ana"].do(UNDO, id=reply)
    assert undone["thread"] == {"state": "REOPENED", "acceptedReply": None}
    assert await score(clinic, "eva") == 0


async def test_the_log_tells_of_it_without_the_name_of_the_asker(clinic: Clinic) -> None:
    """Both who are concerned are told; the public knows the asker by pseudonym still."""
    thread = await clinic.asked(visibility="PUBLIC")
    reply = await said(clinic["eva"], thread)
    await clinic["ana"].do(ACCEPT, id=reply)
    await clinic["ana"].do(UNDO, id=reply)
    query = "query Q($s: ID!) { events(filter: {subject: $s}) { nodes { type actor } } }"
    told = (await clinic["anonymous"].ask(query, s=thread))["events"]["nodes"]
    assert told[-2:] == [
        {"type": "thread.accepted", "actor": None},
        {"type": "thread.acceptance_undone", "actor": None},
    ]
    stored = await clinic.world.db["events"].find({"subject": thread}).sort("_id").to_list(None)
    assert set(stored[-1]["to"]) == {clinic["ana"].id, clinic["eva"].id}


async def test_each_mutation_of_an_operation_answers_with_what_it_left_behind(
    clinic: Clinic,
) -> None:
    """What an earlier one has read is read anew: the undone reply is not accepted any more."""
    reply = await said(clinic["eva"], await clinic.asked())
    fields = "... on Reply { accepted thread { state } }"
    both = f"mutation M($id: ID!) {{ a: acceptReply(id: $id) {{ {fields} }} "
    both += f"b: undoAcceptance(id: $id) {{ {fields} }} }}"
    for _ in range(2):  # the second time it is compiled
        assert await clinic["ana"].ask(both, id=reply) == {
            "a": {"accepted": True, "thread": {"state": "ACCEPTED"}},
            "b": {"accepted": False, "thread": {"state": "ANSWERED"}},
        }


async def test_what_is_accepted_again_counts_in_the_subject_of_that_moment(clinic: Clinic) -> None:
    """A thread that turned out to be about something else vouches for nothing in the first."""
    thread = await clinic.asked()
    reply = await said(clinic["eva"], thread)
    await clinic["ana"].do(ACCEPT, id=reply)
    await clinic["ana"].do(UNDO, id=reply)
    past = {"$set": {"subject": "asthma", "subject_folded": "asthma"}}
    await clinic.world.db["threads"].update_one({"_id": thread}, past)
    await clinic["ana"].do(ACCEPT, id=reply)
    assert await score(clinic, "eva") == 0
    assert await score(clinic, "eva", "asthma") == 15
