"""Threads that are lost from sight: from then on nothing of them is told, live or by replay."""

from typing import Any

import pytest

from app.resolvers import live
from tests.api import World
from tests.asking import answer, invitations, invite
from tests.clinic import ASSIGN_GROUP, Clinic, open_clinic
from tests.consulting import said as replied
from tests.telling import BEGINNING, EVENTS, UPDATED, do, said, take, upto, watching

LOG = """
subscription S($space: ID!, $types: [String!]) {
  events(filter: {space: $space, types: $types}, after: "ev0") { ... on Event { type subject } } }
"""
HIDE = """
mutation M($id: ID!, $version: Int!, $tier: ThreadVisibility!) {
  reviseThread(input: {thread: $id, expectedVersion: $version, visibility: $tier}) {
    __typename } }
"""
UPDATE_SPACE = """
mutation M($space: ID!, $version: Int!, $openness: Openness!) {
  updateSpace(input: {space: $space, expectedVersion: $version, openness: $openness}) {
    __typename } }
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


async def hide(clinic: Clinic, thread: str, tier: str) -> None:
    """Let the asker say who sees a thread from now on."""
    version = (await clinic.stored(thread))["version"]
    done = await clinic["ana"].do(HIDE, id=thread, version=version, tier=tier)
    assert done == {"__typename": "Thread"}, done


async def lose_group(clinic: Clinic, _thread: str) -> None:
    """Take Eva out of the experts."""
    given = {"space": clinic.space, "user": clinic["eva"].id, "sides": ["SEEKERS"]}
    await clinic["max"].do(ASSIGN_GROUP, **given)


async def lose_membership(clinic: Clinic, _thread: str) -> None:
    """Let Eva leave the space."""
    leave = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
    await clinic["eva"].do(leave, space=clinic.space)


async def withdraw(clinic: Clinic, thread: str) -> None:
    """Let Ana take the thread back."""
    await do(clinic, "ana", "withdrawThread", thread)


async def make_pair(clinic: Clinic, thread: str) -> None:
    """Let Ana keep the thread to herself and one expert, who is not Eva."""
    await hide(clinic, thread, "PAIR")


LOSSES = [lose_group, lose_membership, withdraw, make_pair]


@pytest.mark.parametrize("lose", LOSSES)
async def test_a_slow_reader_is_not_told_what_is_lost_meanwhile(
    clinic: Clinic, lose: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read together with an item that was taken is judged again before it is told."""
    monkeypatch.setattr(live, "JUDGED_SECONDS", 0.0)
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    await replied(clinic["emil"], thread)
    beacon = await clinic.asked(visibility="PUBLIC")
    await clinic.world.engine.services.log.caught_up()
    types = ["thread.asked", "thread.answered"]
    async with clinic["eva"].watch(LOG, space=clinic.space, types=types) as stream:
        assert await anext(stream) == {"type": "thread.asked", "subject": thread}
        await lose(clinic, thread)
        await clinic.world.engine.services.log.caught_up()
        assert await anext(stream) == {"type": "thread.asked", "subject": beacon}


@pytest.mark.parametrize("lose", LOSSES)
async def test_what_is_lost_from_sight_is_told_no_more(clinic: Clinic, lose: Any) -> None:
    """In streams that are open, from the loss on; and on replay nothing of what came before."""
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    beacon = await clinic.asked(visibility="PUBLIC")
    async with watching(clinic["eva"], EVENTS, space=clinic.space) as stream:
        await replied(clinic["emil"], thread)
        assert said([await anext(stream)]) == [("thread.answered", thread)]
        await lose(clinic, thread)
        if lose is not withdraw:
            await do(clinic, "ana", "closeThread", thread)
        await do(clinic, "ana", "closeThread", beacon)
        assert await upto(stream, beacon) == []
    await clinic.world.engine.services.log.caught_up()
    async with clinic["eva"].watch(EVENTS, space=clinic.space, after=BEGINNING) as stream:
        assert said(await take(stream, 2)) == [("thread.asked", beacon), ("thread.closed", beacon)]
    with pytest.raises(Exception, match="NOT_FOUND"):
        async with clinic["eva"].watch(UPDATED, thread=thread, after=BEGINNING):
            pass


@pytest.mark.parametrize("lose", LOSSES)
async def test_a_slow_reader_is_told_by_the_rights_of_the_moment(clinic: Clinic, lose: Any) -> None:
    """What was read before the loss, and not yet told, is not told after it."""
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    for _ in range(2):
        await replied(clinic["emil"], thread)
    beacon = await clinic.asked(visibility="PUBLIC")
    async with clinic["eva"].watch(EVENTS, space=clinic.space, after=BEGINNING) as stream:
        assert said([await anext(stream)]) == [("thread.asked", thread)]
        await lose(clinic, thread)
        await clinic.world.engine.services.log.caught_up()
        assert await upto(stream, beacon) == []


@pytest.mark.parametrize("lose", LOSSES)
async def test_what_waits_for_a_reader_is_judged_when_it_is_read(clinic: Clinic, lose: Any) -> None:
    """What was handed over while nobody read is not told after the loss."""
    beacon = await clinic.asked(visibility="PUBLIC")
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    async with (
        watching(clinic["eva"], EVENTS, space=clinic.space) as stream,
        watching(clinic["ana"], EVENTS, space=clinic.space) as hers,
    ):
        for deed in ("closeThread", "reopenThread"):
            await do(clinic, "ana", deed, beacon)
            await anext(hers)
        await anext(stream)
        await replied(clinic["emil"], thread)
        await anext(hers)
        await lose(clinic, thread)
        await do(clinic, "ana", "closeThread", beacon)
        while said([await anext(hers)]) != [("thread.closed", beacon)]:
            pass
        await clinic.world.engine.services.log.caught_up()
        found = [await anext(stream) for _ in range(2)]
    assert said(found) == [("thread.reopened", beacon), ("thread.closed", beacon)]


async def test_a_thread_that_comes_back_goes_on(clinic: Clinic) -> None:
    """Its stream is silent while it is hidden, and tells what comes once it is seen again."""
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    assign = {"space": clinic.space, "user": clinic["eva"].id}
    async with watching(clinic["eva"], UPDATED, thread=thread) as stream:
        await lose_group(clinic, thread)
        await clinic.world.engine.services.log.caught_up()
        await replied(clinic["ana"], thread, "CLARIFY")
        await replied(clinic["emil"], thread)
        await clinic["max"].do(ASSIGN_GROUP, **assign, sides=["EXPERTS"])
        await clinic.world.engine.services.log.caught_up()
        await do(clinic, "ana", "closeThread", thread)
        told = await anext(stream)
    assert told["type"] == "thread.closed"


async def test_an_invitation_that_is_declined_ends_the_stream_of_a_pair(clinic: Clinic) -> None:
    """The one expert of a pair hears of it as long as they are invited."""
    thread, beacon = await clinic.asked(visibility="PAIR"), await clinic.asked(visibility="PUBLIC")
    async with watching(clinic["emil"], EVENTS, space=clinic.space) as stream:
        await invite(clinic["ana"], thread, clinic["emil"])
        assert said([await anext(stream)]) == [("thread.routed", thread)]
        [invitation] = await invitations(clinic["emil"])
        await answer(clinic["emil"], invitation, "DECLINE")
        await do(clinic, "ana", "closeThread", thread)
        await do(clinic, "ana", "closeThread", beacon)
        assert await upto(stream, beacon) == []


async def test_a_space_that_closes_its_doors_tells_strangers_no_more(clinic: Clinic) -> None:
    """A stream that was opened while the space was open is silent once it is for members."""
    thread = await clinic.asked(visibility="PUBLIC")
    anonymous, olga = clinic["anonymous"], clinic["olga"]
    version = 1
    async with watching(anonymous, UPDATED, thread=thread) as stream:
        for openness in ("MEMBERS", "OPEN"):
            given = {"space": clinic.space, "version": version, "openness": openness}
            assert await olga.do(UPDATE_SPACE, **given) == {"__typename": "Space"}
            version += 1
            await clinic.world.engine.services.log.caught_up()
            await do(clinic, "ana", "closeThread", thread)
            await do(clinic, "ana", "reopenThread", thread)
        # What happened behind closed doors may be told once they are open again, in order.
        told = [(await anext(stream))["type"] for _ in range(2)]
        if told[0] == "thread.reopened":
            told = [told[1], (await anext(stream))["type"]]
    assert told == ["thread.closed", "thread.reopened"]
