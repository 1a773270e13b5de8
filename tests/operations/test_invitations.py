"""Inviting an expert, and their answer: who may, when, and what becomes of the thread."""

import asyncio

import pytest

from tests.api import World
from tests.asking import (
    MINE,
    answer,
    history,
    invitations,
    invite,
    pass_hours,
    set_up,
    way,
)
from tests.clinic import ASSIGN_GROUP, Clinic, open_clinic
from tests.consulting import said

LEAVE = """
mutation M($space: ID!) { leaveGroup(input: {space: $space, side: EXPERTS}) { __typename } }
"""
BLOCK = "mutation M($user: ID!) { blockUser(input: {user: $user}) { __typename } }"
WITHDRAW = "mutation M($id: ID!) { withdrawThread(input: {thread: $id}) { __typename } }"
NODE = "query Q($id: ID!) { node(id: $id) { id ... on Invitation { state message } } }"
EVENTS = """
query Q($id: ID!) { events(filter: {subject: $id}, first: 10) { nodes { type actor subject } } }
"""
# What an invitation does to a thread in each state; `no` where nobody can be invited.
STATES = {
    "OPEN": "ROUTED",
    "ROUTED": "ROUTED",
    "ANSWERED": "ANSWERED",
    "ACCEPTED": "ACCEPTED",
    "CLOSED": "no",
    "REOPENED": "ROUTED",
    "ESCALATED": "ROUTED",
    "DUPLICATE": "no",
    "WITHDRAWN": "no",
}


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with people of every standing."""
    return await open_clinic(world)


async def test_an_invited_expert_has_their_turn(clinic: Clinic) -> None:
    """The thread waits for them, they find the message, and the log names nobody."""
    thread = await clinic.asked()
    sent = await invite(clinic["ana"], thread, clinic["eva"], "You know zigzags.")
    assert (sent["state"], sent["expert"]["name"]) == ("PENDING", "eva")
    assert await way(clinic, thread) == "ROUTED EXPERT eva"
    read = await clinic.read("ana", thread)
    assert read is not None
    assert read["route"]["dueAt"] == "2026-03-02T12:00:00.000Z"
    [got] = await invitations(clinic["eva"])
    assert got["message"] == "You know zigzags."
    assert got["thread"]["asker"]["id"] == clinic["ana"].id
    assert await history(clinic["ana"], thread) == ["thread.asked", "thread.routed"]
    [event] = (await clinic["sam"].ask(EVENTS, id=sent["id"]))["events"]["nodes"]
    assert event == {"type": "expert.invited", "actor": None, "subject": sent["id"]}


async def test_who_may_invite(clinic: Clinic) -> None:
    """The asker, moderators and the operator; to who does not see the thread it is not there."""
    found = {}
    for name in ("ana", "sam", "mia", "emil", "max", "olga", "mo", "stranger", "anonymous"):
        thread = await clinic.asked()
        found[name] = (await invite(clinic[name], thread, clinic["eva"]))["__typename"]
    allowed = dict.fromkeys(("ana", "max", "olga", "mo"), "Invitation")
    refused = dict.fromkeys(("sam", "mia", "emil"), "NotAllowed")
    absent = dict.fromkeys(("stranger", "anonymous"), "NotFound")
    assert found == allowed | refused | absent
    thread = await clinic.asked(visibility="PAIR")
    for name in ("max", "eva", "mo"):
        assert (await invite(clinic[name], thread, clinic["eva"]))["__typename"] == "NotFound"


@pytest.mark.parametrize("state", STATES)
async def test_in_which_states_somebody_can_be_invited(clinic: Clinic, state: str) -> None:
    """While it can still be answered; a thread that does not wait stays where it is."""
    thread = await clinic.asked(state=state)
    done = await invite(clinic["ana"], thread, clinic["eva"])
    if STATES[state] == "no":
        assert (done["__typename"], done["found"]) == ("WrongState", state)
        assert await invitations(clinic["eva"]) == []
    else:
        assert done["__typename"] == "Invitation"
        stored = await clinic.stored(thread)
        assert stored["state"] == STATES[state]
        assert (stored["route"]["due_at"] is None) == (STATES[state] != "ROUTED")
        assert stored["invited"] == [clinic["eva"].id]


async def test_whom_nobody_can_invite(clinic: Clinic) -> None:
    """No seeker, no stranger, not the asker, nobody with a block between them; and nobody twice."""
    thread = await clinic.asked()
    assert (await clinic["emil"].do(BLOCK, user=clinic["ana"].id))["__typename"] == "Block"
    for name in ("sam", "stranger", "ana", "emil"):
        refused = await invite(clinic["ana"], thread, clinic[name])
        assert refused["__typename"] == "Conflict", name
    assert (await invite(clinic["max"], thread, clinic["emil"]))["__typename"] == "Conflict"
    assert (await invite(clinic["ana"], thread, clinic["eva"]))["__typename"] == "Invitation"
    assert (await invite(clinic["ana"], thread, clinic["eva"]))["__typename"] == "Conflict"
    own = await clinic.asked("bo")
    assert (await invite(clinic["bo"], own, clinic["bo"]))["__typename"] == "Conflict"


async def test_what_is_for_two_takes_one_expert(clinic: Clinic) -> None:
    """The expert alone sees it then; another can be invited once they have declined."""
    thread = await clinic.asked(visibility="PAIR")
    first = await invite(clinic["ana"], thread, clinic["eva"])
    assert await clinic.read("eva", thread) is not None
    assert (await invite(clinic["ana"], thread, clinic["emil"]))["__typename"] == "Conflict"
    assert (await answer(clinic["eva"], first, "DECLINE"))["state"] == "DECLINED"
    assert await clinic.read("eva", thread) is None
    assert (await invite(clinic["ana"], thread, clinic["emil"]))["__typename"] == "Invitation"
    assert await clinic.read("emil", thread) is not None


async def test_the_same_key_invites_once(clinic: Clinic) -> None:
    """Ten requests at once, and one long after: one invitation, one event, one new version."""
    thread = await clinic.asked()
    eva = clinic["eva"]
    sent = await asyncio.gather(
        *(invite(clinic["ana"], thread, eva, "Look", "k") for _ in range(10))
    )
    sent.append(await invite(clinic["ana"], thread, eva, "Look", "k"))
    assert {one["id"] for one in sent} == {sent[0]["id"]}
    assert (await clinic.stored(thread))["version"] == 2
    assert await history(clinic["ana"], thread) == ["thread.asked", "thread.routed"]
    other = await invite(clinic["ana"], thread, eva, "Please", "k")
    assert other["code"] == "CONFLICT"


async def test_without_a_key_one_of_many_gets_through(clinic: Clinic) -> None:
    """An expert has one invitation at a time to answer."""
    thread = await clinic.asked()
    sent = await asyncio.gather(*(invite(clinic["ana"], thread, clinic["eva"]) for _ in range(6)))
    kinds = sorted(one["__typename"] for one in sent)
    assert kinds == ["Conflict"] * 5 + ["Invitation"]
    assert len(await invitations(clinic["eva"])) == 1


async def test_a_message_is_short(clinic: Clinic) -> None:
    """At most 500 characters."""
    thread = await clinic.asked()
    refused = await invite(clinic["ana"], thread, clinic["eva"], "x" * 501)
    assert [problem["path"] for problem in refused["problems"]] == ["message"]


async def test_an_invitation_is_for_the_two_of_them(clinic: Clinic) -> None:
    """Only who was invited answers it; of the others, who sent it can read it."""
    thread = await clinic.asked()
    sent = await invite(clinic["ana"], thread, clinic["eva"], "Please.")
    for name in ("emil", "max", "olga", "mo", "ana"):
        assert (await answer(clinic[name], sent, "ACCEPT"))["__typename"] == "NotFound"
    assert (await answer(clinic["anonymous"], sent, "ACCEPT"))["__typename"] == "NotSignedIn"
    read = {
        name: (await clinic[name].ask(NODE, id=sent["id"]))["node"] is not None
        for name in ("ana", "eva", "emil", "max", "mo", "anonymous")
    }
    assert [name for name, seen in read.items() if seen] == ["ana", "eva"]


async def test_accepting_says_that_somebody_looks(clinic: Clinic) -> None:
    """The thread stays where it is; an answer is given once, unless one steps back."""
    thread = await clinic.asked()
    sent = await invite(clinic["ana"], thread, clinic["eva"])
    accepted = await answer(clinic["eva"], sent, "ACCEPT")
    assert (accepted["state"], accepted["version"]) == ("ACCEPTED", 2)
    assert accepted["answeredAt"] == "2026-03-01T12:00:00.000Z"
    assert (await answer(clinic["eva"], sent, "DECLINE"))["currentVersion"] == 2
    again = await answer(clinic["eva"], accepted, "ACCEPT")
    assert (again["__typename"], again["found"]) == ("WrongState", "ACCEPTED")
    back = await answer(clinic["eva"], accepted, "DECLINE")
    assert back["state"] == "DECLINED"
    assert (await answer(clinic["eva"], back, "ACCEPT"))["__typename"] == "WrongState"
    types = (await clinic["ana"].ask(EVENTS, id=sent["id"]))["events"]["nodes"]
    assert [one["type"] for one in types] == ["expert.invited", *["expert.answered"] * 2]
    assert {one["actor"] for one in types} == {None}


async def test_two_answers_at_once_are_one(clinic: Clinic) -> None:
    """The other learns that the invitation has moved on."""
    thread = await clinic.asked()
    sent = await invite(clinic["ana"], thread, clinic["eva"])
    both = await asyncio.gather(
        *(answer(clinic["eva"], sent, said) for said in ("ACCEPT", "DECLINE"))
    )
    assert sorted(one["__typename"] for one in both) == ["Conflict", "Invitation"]


async def test_who_declines_is_not_waited_for(clinic: Clinic) -> None:
    """The thread goes on at once; an expert whose turn it was not changes nothing of that."""
    await set_up(clinic)
    thread = await clinic.asked()
    first = await invite(clinic["ana"], thread, clinic["bo"])
    second = await invite(clinic["ana"], thread, clinic["emil"])
    await answer(clinic["bo"], first, "DECLINE")
    assert await way(clinic, thread) == "ROUTED EXPERT emil"
    await answer(clinic["emil"], second, "DECLINE")
    assert await way(clinic, thread) == "ROUTED EXPERT eva"
    assert (await clinic.stored(thread))["invited"] == [clinic["eva"].id]


async def test_declining_after_an_answer_moves_nothing(clinic: Clinic) -> None:
    """What was answered waits for nobody."""
    thread = await clinic.asked()
    sent = await invite(clinic["ana"], thread, clinic["eva"])
    await said(clinic["emil"], thread)
    await answer(clinic["eva"], sent, "DECLINE")
    await pass_hours(clinic, 100)
    stored = await clinic.stored(thread)
    assert (stored["state"], stored["route"]["due_at"]) == ("ANSWERED", None)


async def test_an_escalated_thread_comes_back_to_an_expert(clinic: Clinic) -> None:
    """The operator, who sees it without the name, invites somebody who can answer."""
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    await pass_hours(clinic, 12)
    await pass_hours(clinic, 48)
    assert await way(clinic, thread) == "ESCALATED OPERATOR"
    sent = await invite(clinic["mo"], thread, clinic["eva"])
    assert sent["thread"]["asker"] is None
    assert await way(clinic, thread) == "ROUTED EXPERT eva"
    assert len(await invitations(clinic["eva"])) == 1


async def test_an_invitation_outlives_neither_thread_nor_group(clinic: Clinic) -> None:
    """Of a thread that is gone no word is left, and who left the experts can only decline."""
    gone, there = await clinic.asked(), await clinic.asked()
    for thread in (gone, there):
        clinic.world.clock.turn(1)  # type: ignore[attr-defined]
        await invite(clinic["ana"], thread, clinic["eva"], "My zigzags.")
    assert (await clinic["ana"].do(WITHDRAW, id=gone))["__typename"] == "Thread"
    kept, lost = await invitations(clinic["eva"])
    assert (lost["thread"], lost["message"]) == (None, "")
    assert (kept["thread"]["id"], kept["message"]) == (there, "My zigzags.")
    assert (await answer(clinic["eva"], lost, "ACCEPT"))["__typename"] == "NotFound"
    assert (await answer(clinic["eva"], lost, "DECLINE"))["state"] == "DECLINED"
    await clinic["eva"].do(LEAVE, space=clinic.space)
    await clinic.world.engine.services.log.caught_up()
    assert (await answer(clinic["eva"], kept, "ACCEPT"))["__typename"] == "NotAllowed"
    assert (await answer(clinic["eva"], kept, "DECLINE"))["state"] == "DECLINED"


async def test_a_closed_thread_is_not_taken_on(clinic: Clinic) -> None:
    """Whoever accepts too late learns how it stands."""
    thread = await clinic.asked()
    sent = await invite(clinic["ana"], thread, clinic["eva"])
    close = "mutation M($id: ID!) { closeThread(input: {thread: $id}) { __typename } }"
    await clinic["ana"].do(close, id=thread)
    late = await answer(clinic["eva"], sent, "ACCEPT")
    assert (late["__typename"], late["found"]) == ("WrongState", "CLOSED")


async def test_invitations_are_paged_and_sorted_out(clinic: Clinic) -> None:
    """Newest first, by state, with a cursor; everybody sees their own."""
    sent = []
    for n in range(5):
        thread = await clinic.asked(title=f"Zigzags {n}")
        clinic.world.clock.turn(1)  # type: ignore[attr-defined]
        sent.append(await invite(clinic["ana"], thread, clinic["eva"]))
    await answer(clinic["eva"], sent[0], "ACCEPT")
    await answer(clinic["eva"], sent[3], "DECLINE")
    pending = await invitations(clinic["eva"], "PENDING")
    assert [one["id"] for one in pending] == [sent[n]["id"] for n in (4, 2, 1)]
    assert [one["id"] for one in await invitations(clinic["eva"], "ACCEPTED")] == [sent[0]["id"]]
    page = (await clinic["eva"].ask(MINE, first=2))["invitations"]
    assert page["totalCount"] == 5
    after = page["pageInfo"]["endCursor"]
    rest = (await clinic["eva"].ask(MINE, first=5, after=after))["invitations"]["nodes"]
    found = [one["id"] for one in [*page["nodes"], *rest]]
    assert found == [one["id"] for one in reversed(sent)]
    assert await invitations(clinic["emil"]) == []
    body = await clinic["anonymous"].send(MINE)
    assert body["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_who_is_no_expert_any_more_makes_room_for_another(clinic: Clinic) -> None:
    """A thread for two is not held up by who can neither see it nor will answer."""
    thread = await clinic.asked(visibility="PAIR")
    await invite(clinic["ana"], thread, clinic["eva"])
    sides = {"space": clinic.space, "user": clinic["eva"].id}
    await clinic["olga"].do(ASSIGN_GROUP, **sides, sides=[])
    await clinic.world.engine.services.log.caught_up()
    assert (await invite(clinic["ana"], thread, clinic["emil"]))["__typename"] == "Invitation"
    assert (await clinic.stored(thread))["invited"] == [clinic["emil"].id]
    await clinic["olga"].do(ASSIGN_GROUP, **sides, sides=["EXPERTS"])
    await clinic.world.engine.services.log.caught_up()
    assert await clinic.read("eva", thread) is None
