"""Threads live: what is told to whom, the same by replay, and nothing once it is hidden."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import orjson
import pytest

from app.db.client import Database
from app.db.writing import Writing, write
from app.ports import Credentials, GraphQLRequest, Item
from app.resolvers.broking import thread_event
from app.settings import Settings
from tests.api import Person, World, one_process
from tests.clinic import Clinic, open_clinic
from tests.consulting import said as replied
from tests.consulting import voted
from tests.telling import BEGINNING, EVENTS, UPDATED, do, opened, said, take, watching

PLAIN = """
subscription S($space: ID!) { threadEvents(space: $space) { ... on ThreadEvent { cursor type } } }
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


async def course(clinic: Clinic, thread: str) -> None:
    """Let a thread be answered, voted on, accepted, closed and opened again."""
    await replied(clinic["ana"], thread, "CLARIFY", text="It began in March.")
    reply = await replied(clinic["eva"], thread)
    await voted(clinic["sam"], reply, "UP")
    accept = "mutation M($id: ID!) { acceptReply(id: $id) { __typename } }"
    await clinic["ana"].do(accept, id=reply)
    await do(clinic, "ana", "closeThread", thread)
    await do(clinic, "max", "reopenThread", thread)


COURSE = [
    "thread.asked",
    "thread.clarified",
    "thread.answered",
    "reply.voted",
    "thread.accepted",
    "thread.closed",
    "thread.reopened",
]


async def test_a_thread_tells_all_that_happens_in_it(clinic: Clinic) -> None:
    """Each change with the thread as it is at that moment, and the reply that it is about."""
    thread = await clinic.asked()
    async with watching(clinic["eva"], UPDATED, thread=thread) as stream:
        reply = await replied(clinic["eva"], thread, text="Keep a diary.")
        answered = await anext(stream)
        await do(clinic, "ana", "closeThread", thread)
        closed = await anext(stream)
    assert (answered["type"], answered["thread"]["state"]) == ("thread.answered", "ANSWERED")
    assert answered["reply"] == {
        "id": reply,
        "act": "ADVICE",
        "text": "Keep a diary.",
        "author": {"id": clinic["eva"].id},
        "pseudonym": None,
    }
    assert (closed["type"], closed["thread"]["state"]) == ("thread.closed", "CLOSED")
    assert (closed["reply"], closed["at"]) == (None, "2026-03-01T12:00:00.000Z")


async def test_other_threads_are_not_told(clinic: Clinic) -> None:
    """Whatever happens next door, a stream is about its own thread."""
    one, other = await clinic.asked(), await clinic.asked()
    async with watching(clinic["eva"], UPDATED, thread=one) as stream:
        await replied(clinic["eva"], other)
        await replied(clinic["eva"], one)
        told = await anext(stream)
    assert said([told]) == [("thread.answered", one)]


@pytest.mark.parametrize("who", ["sam", "eva", "max", "anonymous"])
async def test_what_was_told_live_is_told_again_by_replay(clinic: Clinic, who: str) -> None:
    """The same items from the beginning; and from each of their cursors, those that follow it."""
    person = clinic[who]
    async with watching(person, EVENTS, space=clinic.space) as stream:
        thread = await clinic.asked(visibility="PUBLIC")
        other = await clinic.asked(visibility="PUBLIC")
        await replied(clinic["ana"], await clinic.asked(visibility="PAIR"), "CLARIFY")
        await course(clinic, thread)
        await course(clinic, other)
        live = await take(stream, 2 * len(COURSE))
    assert sorted(said(live)) == sorted((type, id) for type in COURSE for id in (thread, other))
    after = [BEGINNING, *(item["cursor"] for item in live[:-1])]
    for place, cursor in enumerate(after):
        async with person.watch(EVENTS, space=clinic.space, after=cursor) as stream:
            again = await take(stream, len(live) - place)
        assert [one["cursor"] for one in again] == [one["cursor"] for one in live[place:]]
        assert said(again) == said(live[place:])


async def test_live_and_replay_tell_the_same_fields(clinic: Clinic) -> None:
    """What an item holds besides the present state is the same either way."""
    thread = await clinic.asked()
    async with watching(clinic["eva"], UPDATED, thread=thread) as stream:
        await replied(clinic["eva"], thread)
        live = await anext(stream)
    async with clinic["eva"].watch(UPDATED, thread=thread, after=BEGINNING) as stream:
        assert [(await anext(stream))["type"], await anext(stream)] == ["thread.asked", live]


@pytest.mark.parametrize("who", ["sam", "mia", "stranger", "anonymous"])
async def test_an_invisible_thread_looks_absent(clinic: Clinic, who: str) -> None:
    """Its stream is refused like that of a thread that does not exist."""
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    refusals = []
    for id in (thread, "thr_x"):
        with pytest.raises(Exception, match="NOT_FOUND") as refused:
            async with clinic[who].watch(UPDATED, thread=id):
                pass
        refusals.append(str(refused.value).partition('"requestId"')[0])
    assert refusals[0] == refusals[1]


async def test_a_space_for_members_tells_strangers_nothing(world: World) -> None:
    """Not even of a public thread: a thread is no more public than its space."""
    clinic = await open_clinic(world, "MEMBERS")
    thread = await clinic.asked(visibility="PUBLIC")
    with pytest.raises(Exception, match="NOT_ALLOWED"):
        async with clinic["stranger"].watch(EVENTS, space=clinic.space):
            pass
    with pytest.raises(Exception, match="NOT_FOUND"):
        async with clinic["stranger"].watch(UPDATED, thread=thread):
            pass


async def test_a_filter_means_what_it_means_in_lists(clinic: Clinic) -> None:
    """Subject and tags whatever their spelling, state, and what one asked oneself."""
    filters: list[dict[str, Any]] = [
        {"subject": "ÉPAULE"},
        {"tags": ["Aura"]},
        {"mine": True},
        {"states": ["ANSWERED"]},
        {},
    ]
    query = """query Q($space: ID!, $filter: ThreadFilterInput) {
      threads(space: $space, filter: $filter) { nodes { id } } }"""
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(
                watching(clinic["ana"], EVENTS, space=clinic.space, filter=wanted)
            )
            for wanted in filters
        ]
        await clinic.asked(subject="Épaule", tags=[])
        await clinic.asked("sam", tags=["aura", "knee"])
        await replied(clinic["eva"], await clinic.asked(subject="knee", tags=[]))
        last = await clinic.asked(subject="epaule", tags=["AURA"])
        await replied(clinic["eva"], last)
        for stream, wanted in zip(streams, filters, strict=True):
            listed = await clinic["ana"].ask(query, space=clinic.space, filter=wanted)
            told: list[Any] = []
            while ("thread.answered", last) not in said(told):
                told.append(await anext(stream))
            named = {item["thread"]["id"] for item in told}
            assert named == {one["id"] for one in listed["threads"]["nodes"]}, wanted


async def test_each_viewer_of_one_stream_sees_as_much_as_they_may(clinic: Clinic) -> None:
    """Two experts, the asker and two who seek watch at once; nobody gets what another was given."""
    names = ["eva", "emil", "ana", "sam", "anonymous"]
    thread = await clinic.asked(visibility="PUBLIC", pseudonym="Quiet Heron")
    async with AsyncExitStack() as stack:
        streams = {
            name: await stack.enter_async_context(watching(clinic[name], UPDATED, thread=thread))
            for name in names
        }
        await replied(clinic["ana"], thread, "CLARIFY", text="It began in March.")
        items = {name: await anext(stream) for name, stream in streams.items()}
    ana = {"id": clinic["ana"].id, "name": "ana"}
    for name in ("eva", "emil", "ana"):
        assert items[name]["thread"]["asker"] == ana, name
    for name in ("sam", "anonymous"):
        assert items[name]["thread"]["asker"] is None, name
        assert items[name]["thread"]["pseudonym"] == "Quiet Heron"
        assert items[name]["reply"]["author"] is None
        assert str(clinic["ana"].id) not in str(items[name])
    assert len({item["cursor"] for item in items.values()}) == 1


async def test_fields_that_are_the_same_for_all_are_told_to_those_alone_who_see(
    clinic: Clinic,
) -> None:
    """Items that could be shared go to nobody for whom the thread is not there."""
    beacon = await clinic.asked(visibility="PUBLIC")
    names = ["eva", "emil", "ana", "sam", "max", "anonymous"]
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(watching(clinic[name], PLAIN, space=clinic.space))
            for name in names
        ]
        await clinic.asked(visibility="EXPERTS_ONLY")
        await do(clinic, "ana", "closeThread", beacon)
        firsts = [(await anext(stream))["type"] for stream in streams]
    assert firsts == ["thread.asked"] * 3 + ["thread.closed"] * 3


async def test_what_goes_straight_to_those_who_wait_goes_to_those_who_see(
    clinic: Clinic,
) -> None:
    """Of two members who ask the same, the expert is handed what the other must not see."""
    beacon = await clinic.asked(visibility="PUBLIC")
    poured: dict[str, list[Item]] = {"eva": [], "sam": []}
    async with AsyncExitStack() as stack:
        for name, items in poured.items():
            visitor = await clinic[name].engine.admit(
                Credentials(clinic[name].token, "127.0.0.1", "req_stream")
            )
            stack.push_async_callback(visitor.leave)
            operation = await visitor.prepare(GraphQLRequest(PLAIN, {"space": clinic.space}))
            stream = await operation.stream()
            stack.push_async_callback(stream.aclose)
            stream.pour(partial(_taken, items))
            waiting = asyncio.ensure_future(anext(aiter(stream)))
            stack.callback(waiting.cancel)
        async with watching(clinic["ana"], EVENTS, space=clinic.space) as hers:
            hidden = await clinic.asked(visibility="EXPERTS_ONLY")
            await do(clinic, "ana", "closeThread", beacon)
            assert said(await take(hers, 2)) == [
                ("thread.asked", hidden),
                ("thread.closed", beacon),
            ]
    types = {
        name: [orjson.loads(item.body)["data"]["threadEvents"]["type"] for item in items]
        for name, items in poured.items()
    }
    assert types == {"eva": ["thread.asked", "thread.closed"], "sam": ["thread.closed"]}


def _taken(items: list[Item], item: Item) -> bool:
    items.append(item)
    return True


async def test_events_of_another_process_arrive(
    clinic: Clinic, db: Database, settings: Settings
) -> None:
    """A thread that is answered through one server is told by another, with the same cursor."""
    thread = await clinic.asked()
    async with one_process(db, settings, clinic.world.clock) as other:
        eva = Person(other.engine, "eva", clinic["eva"].token, clinic["eva"].id)
        async with AsyncExitStack() as stack:
            there = await stack.enter_async_context(watching(eva, UPDATED, thread=thread))
            here = await stack.enter_async_context(watching(clinic["eva"], UPDATED, thread=thread))
            await replied(clinic["eva"], thread)
            assert await anext(there) == await anext(here)


async def test_a_stream_that_is_far_behind_reads_the_log_in_parts(clinic: Clinic) -> None:
    """More events than are read at once come all, in order, each once."""
    world, thread = clinic.world, await clinic.stored(await clinic.asked())
    draft = thread_event(thread, "thread.revised", None, world.clock())

    async def work(writing: Writing) -> None:
        await writing.append(*[draft] * 250)

    await write(world.db, world.clock(), work)
    async with clinic["eva"].watch(UPDATED, thread=thread["_id"], after=BEGINNING) as stream:
        items = await take(stream, 251)
    places = [world.db.seal.open(item["cursor"]) or 0 for item in items]
    assert places == sorted(set(places))
    assert [item["type"] for item in items] == ["thread.asked", *["thread.revised"] * 250]


async def test_many_who_wait_and_one_who_is_slow(clinic: Clinic) -> None:
    """A stream that nobody reads for a while has everything once it is read."""
    thread = await clinic.asked()
    reply = await replied(clinic["eva"], thread)
    async with watching(clinic["eva"], UPDATED, thread=thread) as stream:
        for n in range(40):
            await voted(clinic["sam"], reply, "UP" if n % 2 else "DOWN")
        items = await take(stream, 40)
    assert {item["type"] for item in items} == {"reply.voted"}
    assert len({item["cursor"] for item in items}) == 40


async def test_a_cursor_of_nowhere_is_refused(clinic: Clinic) -> None:
    """One that is none, and one that lies ahead of the log."""
    thread = await clinic.asked()
    for cursor in ("x", "evffffff"):
        with pytest.raises(Exception, match="INVALID_INPUT"):
            async with clinic["eva"].watch(UPDATED, thread=thread, after=cursor):
                pass


async def test_a_stream_that_is_left_leaves_nothing_behind(clinic: Clinic) -> None:
    """The log forgets who watched."""
    thread = await clinic.asked()
    log = clinic.world.engine.services.log
    async with clinic["eva"].watch(UPDATED, thread=thread) as stream:
        first = await opened(stream)
        assert thread in log._watchers
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    assert thread not in log._watchers
