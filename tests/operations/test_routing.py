"""Where a thread goes that nobody answers: by the clock, step by step, each step once."""

import asyncio
from typing import Any

import pytest

from app.alerts.due import Due
from app.db.client import Database
from app.db.writing import write
from app.resolvers.chores import CHORES, ROUTE_THREADS
from app.resolvers.routing import route_on
from app.settings import Settings
from tests.api import World, one_process
from tests.asking import answer, history, invitations, pass_hours, set_up, way
from tests.clinic import Clinic, open_clinic
from tests.consulting import decide, said

BLOCK = "mutation M($user: ID!) { blockUser(input: {user: $user}) { __typename } }"
CLOSE_SPACE = """
mutation M($space: ID!, $version: Int!) {
  closeSpace(input: {space: $space, expectedVersion: $version}) { __typename } }
"""
LIVE = """
subscription S($space: ID!, $types: [String!]) {
  events(filter: {space: $space, types: $types}) { ... on Event { type subject actor } } }
"""
DEED = "mutation M($id: ID!) {{ {}(input: {{thread: $id}}) {{ __typename }} }}"
EVENTS = """
query Q($space: ID!) { events(filter: {space: $space, types: [
  "thread.routed", "thread.escalated", "expert.invited"]}, first: 100) { nodes { type } } }
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic in which three experts have said what they know."""
    clinic = await open_clinic(world)
    await set_up(clinic)
    return clinic


async def hours(clinic: Clinic, thread: str, until: int) -> list[str]:
    """Return how a thread stands after each step, with the hour: `12 ROUTED EXPERT eva`."""
    found, last = [], await way(clinic, thread)
    for hour in range(6, until + 1, 6):
        await pass_hours(clinic, 6)
        if (now := await way(clinic, thread)) != last:
            found.append(f"{hour} {now}")
            last = now
    return found


def due(world: World, owner: str) -> Due:
    """Return the timed work of a process, as its schedule does it."""
    return Due(world.db, world.clock, owner, CHORES, world.engine.services.log.nudge)


async def test_a_thread_goes_from_expert_to_expert_to_all_to_the_operator(clinic: Clinic) -> None:
    """The best first, each for as long as the space says; then it waits for nobody any more."""
    thread = await clinic.asked()
    assert await hours(clinic, thread, 150) == [
        "12 ROUTED EXPERT eva",
        "36 ROUTED EXPERT emil",
        "60 ROUTED EXPERT bo",
        "84 ROUTED GROUP",
        "132 ESCALATED OPERATOR",
    ]
    assert await history(clinic["ana"], thread) == [
        "thread.asked",
        *["thread.routed"] * 4,
        "thread.escalated",
    ]
    stored = await clinic.stored(thread)
    assert stored["route"]["due_at"] is None
    assert stored["escalated_at"] is not None
    assert len(stored["invited"]) == 3


async def test_who_is_asked_finds_an_invitation(clinic: Clinic) -> None:
    """It says which thread; nobody wrote it, so there is no message; the others have none."""
    thread = await clinic.asked()
    await pass_hours(clinic, 12)
    [invitation] = await invitations(clinic["eva"])
    assert invitation["thread"]["id"] == thread
    assert (invitation["state"], invitation["message"]) == ("PENDING", "")
    assert await invitations(clinic["emil"]) == []


async def test_a_late_tick_takes_no_expert_s_time(clinic: Clinic) -> None:
    """However late it comes, it takes one step, and the next wait begins there."""
    thread = await clinic.asked()
    await pass_hours(clinic, 100)
    await pass_hours(clinic, 0)
    assert await way(clinic, thread) == "ROUTED EXPERT eva"
    await pass_hours(clinic, 23.9)
    assert await way(clinic, thread) == "ROUTED EXPERT eva"
    await pass_hours(clinic, 0.1)
    assert await way(clinic, thread) == "ROUTED EXPERT emil"


async def test_two_processes_take_each_step_once(
    clinic: Clinic, db: Database, settings: Settings
) -> None:
    """Both tick at the same moments, all the way: one event and one invitation for each step."""
    threads = [await clinic.asked(title=f"Zigzags {n}") for n in range(3)]
    async with one_process(db, settings, clinic.world.clock) as other:
        one, two = due(clinic.world, "one"), due(other, "two")
        for _ in range(14):
            clinic.world.clock.turn(12 * 3_600)  # type: ignore[attr-defined]
            await asyncio.gather(*(process.do(ROUTE_THREADS) for process in (one, two)))
            await two.do(ROUTE_THREADS)  # what it was kept from while the other was at it
    for thread in threads:
        found = await history(clinic["ana"], thread)
        assert found == ["thread.asked", *["thread.routed"] * 4, "thread.escalated"]
    assert await db["invitations"].count_documents({"_id": {"$gt": ""}}) == 3 * 3


async def test_the_same_step_at_the_same_moment_is_one_step(clinic: Clinic) -> None:
    """Without the lease that keeps processes apart, the thread itself lets one of them through."""
    thread = await clinic.asked()
    clinic.world.clock.turn(12 * 3_600)  # type: ignore[attr-defined]
    now = clinic.world.clock()

    async def step() -> None:
        await write(clinic.world.db, now, lambda writing: route_on(writing, thread))

    await asyncio.gather(*(step() for _ in range(8)))
    assert await history(clinic["ana"], thread) == ["thread.asked", "thread.routed"]
    assert (await clinic.stored(thread))["version"] == 2
    assert len(await invitations(clinic["eva"])) == 1


async def test_an_answer_stops_it(clinic: Clinic) -> None:
    """Once somebody has advised, nobody else is asked, however long it takes."""
    thread = await clinic.asked()
    await pass_hours(clinic, 12)
    await said(clinic["eva"], thread)
    assert await hours(clinic, thread, 200) == []
    assert (await clinic.stored(thread))["state"] == "ANSWERED"
    assert await invitations(clinic["emil"]) == []


async def test_a_clarification_does_not(clinic: Clinic) -> None:
    """To ask back is no answer: the next expert is asked all the same."""
    thread = await clinic.asked()
    await pass_hours(clinic, 12)
    await said(clinic["eva"], thread, "CLARIFY")
    await pass_hours(clinic, 24)
    assert await way(clinic, thread) == "ROUTED EXPERT emil"


async def test_who_says_no_makes_room_at_once(clinic: Clinic) -> None:
    """The next is asked in the same moment, and waited for in full; the first is left alone."""
    thread = await clinic.asked()
    await pass_hours(clinic, 12)
    [invitation] = await invitations(clinic["eva"])
    declined = await answer(clinic["eva"], invitation, "DECLINE")
    assert declined["state"] == "DECLINED"
    assert await way(clinic, thread) == "ROUTED EXPERT emil"
    stored = await clinic.stored(thread)
    assert stored["invited"] == [clinic["emil"].id]
    assert await hours(clinic, thread, 30) == ["24 ROUTED EXPERT bo"]


async def test_without_experts_it_goes_to_all_and_then_to_the_operator(clinic: Clinic) -> None:
    """Nobody knows the subject, so nobody is waited for by themselves."""
    thread = await clinic.asked(subject="knees", tags=[])
    assert await hours(clinic, thread, 72) == ["12 ROUTED GROUP", "60 ESCALATED OPERATOR"]


async def test_what_is_for_two_goes_to_the_operator_alone(clinic: Clinic) -> None:
    """No third expert hears of it; the operator mends it without knowing who asked."""
    thread = await clinic.asked(visibility="PAIR")
    assert await clinic.read("mo", thread) is None
    assert await hours(clinic, thread, 24) == ["12 ESCALATED OPERATOR"]
    seen = await clinic.read("mo", thread)
    assert seen is not None
    assert seen["asker"] is None
    assert await history(clinic["mo"], thread) == ["thread.asked", "thread.escalated"]
    for name in ("eva", "emil", "max", "sam"):
        assert await clinic.read(name, thread) is None
        assert await history(clinic[name], thread) == []


async def test_nobody_is_sent_to_whom_a_block_stands_between(clinic: Clinic) -> None:
    """Eva wants nothing to do with Ana, so Emil is asked first."""
    assert (await clinic["eva"].do(BLOCK, user=clinic["ana"].id))["__typename"] != "NotFound"
    thread = await clinic.asked()
    await pass_hours(clinic, 12)
    assert await way(clinic, thread) == "ROUTED EXPERT emil"


async def test_who_left_the_experts_is_not_asked(clinic: Clinic) -> None:
    """What they declared stays, and is not enough."""
    leave = """mutation M($space: ID!) {
      leaveGroup(input: {space: $space, side: EXPERTS}) { __typename } }"""
    await clinic["eva"].do(leave, space=clinic.space)
    thread = await clinic.asked()
    await pass_hours(clinic, 12)
    assert await way(clinic, thread) == "ROUTED EXPERT emil"


async def test_other_times_of_the_space_hold_from_now_on(clinic: Clinic) -> None:
    """A thread that was found due by the old times waits by the new ones."""
    thread = await clinic.asked()
    await decide(clinic, routing={"firstAfter": "PT48H"})
    await pass_hours(clinic, 12)
    assert await way(clinic, thread) == "OPEN"
    read = await clinic.read("ana", thread)
    assert read is not None
    assert read["route"]["dueAt"] == "2026-03-03T12:00:00.000Z"
    assert read["version"] == 1
    await pass_hours(clinic, 36)
    assert await way(clinic, thread) == "ROUTED EXPERT eva"


async def test_in_a_closed_space_nothing_moves(clinic: Clinic) -> None:
    """It can be read, and nobody is asked any more."""
    thread = await clinic.asked()
    space: Any = await clinic.world.db["spaces"].find_one({"_id": clinic.space})
    closed = await clinic["mo"].do(CLOSE_SPACE, space=clinic.space, version=space["version"])
    assert closed["__typename"] == "Space"
    assert await hours(clinic, thread, 150) == []
    assert await history(clinic["ana"], thread) == ["thread.asked"]


async def test_the_way_of_a_thread_is_for_those_who_see_it(clinic: Clinic) -> None:
    """Of a thread for experts, neither the log of the space nor its stream tells anybody else."""
    await clinic.asked(visibility="EXPERTS_ONLY")
    types = ["thread.routed", "thread.escalated", "expert.invited"]
    async with (
        clinic["eva"].watch(LIVE, space=clinic.space, types=types) as told,
        clinic["sam"].watch(LIVE, space=clinic.space, types=types) as untold,
    ):
        first, none = asyncio.ensure_future(anext(told)), asyncio.ensure_future(anext(untold))
        await asyncio.sleep(0)
        await pass_hours(clinic, 12)
        assert (await first)["type"] == "thread.routed"
        assert (await anext(told))["type"] == "expert.invited"
        await clinic.asked(visibility="SPACE")
        await pass_hours(clinic, 12)
        assert (await none)["type"] == "thread.routed"
    seen = {
        name: len((await clinic[name].ask(EVENTS, space=clinic.space))["events"]["nodes"])
        for name in ("eva", "sam", "max", "anonymous")
    }
    assert seen == {"eva": 4, "sam": 2, "max": 2, "anonymous": 0}


async def test_a_reopened_thread_begins_anew(clinic: Clinic) -> None:
    """The first expert is asked again; the invitation that they still have is the one."""
    thread = await clinic.asked()
    await pass_hours(clinic, 12)
    for deed in ("closeThread", "reopenThread"):
        await clinic["ana"].do(DEED.format(deed), id=thread)
    assert await hours(clinic, thread, 36) == ["12 ROUTED EXPERT eva", "36 ROUTED EXPERT emil"]
    assert [one["state"] for one in await invitations(clinic["eva"])] == ["PENDING"]
