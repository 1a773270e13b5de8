"""Following threads, tags and subjects: what is told, to whom, and from when to when."""

import asyncio
from typing import Any

import pytest

from app.db.client import Database
from app.db.events import Draft
from app.db.follows import MOST_FOLLOWS
from app.db.writing import Writing, write
from app.resolvers.broking import thread_event
from app.settings import Settings
from tests.api import Person, World, one_process
from tests.clinic import Clinic, open_clinic
from tests.consulting import said as replied
from tests.telling import BEGINNING, FOLLOWED, opened, said, take, upto, watching
from tests.telling import EVENTS as LIVE

_FOLLOW = """__typename
  ... on Follow { id kind name createdAt space { id } thread { id } }
  ... on Error { message code }
"""
FOLLOW = f"""
mutation M($input: FollowInput!) {{ follow(input: $input) {{
  {_FOLLOW} ... on NotAllowed {{ missing }} ... on InvalidInput {{ problems {{ path }} }} }} }}
"""
UNFOLLOW = """
mutation M($id: ID!) { unfollow(id: $id) {
  __typename ... on EndedFollow { follow { id name } } ... on Error { message code } } }
"""
MINE = """
query Q($first: Int, $after: String) { follows(first: $first, after: $after) {
  totalCount nodes { id kind name space { id } thread { id title } }
  pageInfo { endCursor hasNextPage } } }
"""
EVENTS = "subscription S { events { ... on Event { type subject actor } } }"
CLOSE = "mutation M($id: ID!) { closeThread(input: {thread: $id}) { __typename } }"
REVISE = """
mutation M($input: ReviseThreadInput!) { reviseThread(input: $input) { __typename } }
"""
OPENNESS = """
mutation M($space: ID!, $openness: Openness!) {
  updateSpace(input: {space: $space, expectedVersion: 1, openness: $openness}) { __typename } }
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


async def follow(clinic: Clinic, who: str, kind: str, target: str, **more: Any) -> dict[str, Any]:
    """Return what comes of following something; a tag or subject in the clinic's space."""
    given = {"kind": kind, "target": target, **more}
    if kind != "THREAD":
        given.setdefault("space", clinic.space)
    done: dict[str, Any] = await clinic[who].do(FOLLOW, input=given)
    return done


async def followed(clinic: Clinic, who: str) -> list[dict[str, Any]]:
    """Return what somebody follows, newest first."""
    found = (await clinic[who].ask(MINE))["follows"]
    assert found["totalCount"] == len(found["nodes"])
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


async def close(clinic: Clinic, thread: str) -> None:
    """Let Ana close a thread."""
    assert await clinic["ana"].do(CLOSE, id=thread) == {"__typename": "Thread"}


async def test_somebody_follows_a_thread_a_tag_and_a_subject(clinic: Clinic) -> None:
    """They find it all in one list, the newest first, by pages."""
    thread = await clinic.asked()
    made = []
    for kind, target in (("THREAD", thread), ("TAG", "Aura"), ("SUBJECT", "Épaule")):
        clinic.world.clock.turn(1)  # type: ignore[attr-defined]
        made.append(await follow(clinic, "sam", kind, target))
    listed = await followed(clinic, "sam")
    assert [one["id"] for one in listed] == [one["id"] for one in reversed(made)]
    assert [(one["kind"], one["name"]) for one in listed] == [
        ("SUBJECT", "Épaule"),
        ("TAG", "Aura"),
        ("THREAD", ""),
    ]
    assert listed[2]["thread"]["id"] == thread
    assert {one["space"]["id"] for one in listed} == {clinic.space}
    page = (await clinic["sam"].ask(MINE, first=2))["follows"]
    rest = await clinic["sam"].ask(MINE, first=2, after=page["pageInfo"]["endCursor"])
    assert [one["id"] for one in rest["follows"]["nodes"]] == [made[0]["id"]]
    assert await followed(clinic, "eva") == []


async def test_following_twice_is_following_once(clinic: Clinic) -> None:
    """However it is spelled, and however many ask at the same moment."""
    many = await asyncio.gather(*(follow(clinic, "sam", "TAG", "Épaule") for _ in range(5)))
    many.append(await follow(clinic, "sam", "TAG", " EPAULE "))
    assert {one["__typename"] for one in many} == {"Follow"}
    assert len({one["id"] for one in many}) == 1
    begun = {"type": "follow.started", "subject": many[0]["id"]}
    assert await clinic.world.db["events"].count_documents(begun) == 1


async def test_an_invisible_thread_cannot_be_followed(clinic: Clinic) -> None:
    """It looks like one that does not exist, and so does one that is said to lie elsewhere."""
    hidden, shown = await clinic.asked(visibility="PAIR"), await clinic.asked()
    absent = await follow(clinic, "sam", "THREAD", "thr_x")
    assert await follow(clinic, "sam", "THREAD", hidden) == absent
    assert await follow(clinic, "sam", "THREAD", shown, space="spc_x") == absent
    assert absent["code"] == "NOT_FOUND"
    assert await followed(clinic, "sam") == []


async def test_what_cannot_be_followed_is_refused(clinic: Clinic) -> None:
    """A name asks for a space that one may read, and for letters; a person must be signed in."""
    nowhere = await follow(clinic, "sam", "TAG", "aura", space=None)
    blank = await follow(clinic, "sam", "SUBJECT", "  ")
    long = await follow(clinic, "sam", "TAG", "x" * 101)
    paths = [[one["path"] for one in each["problems"]] for each in (nowhere, blank, long)]
    assert paths == [["space"], ["target"], ["target"]]
    assert (await follow(clinic, "anonymous", "TAG", "aura"))["code"] == "NOT_SIGNED_IN"
    key = await clinic.world.key(clinic["olga"], clinic.space, "OBSERVATIONS_READ")
    done = await key.do(FOLLOW, input={"kind": "TAG", "target": "a", "space": clinic.space})
    assert done["code"] == "NOT_SIGNED_IN"


async def test_a_space_for_members_is_followed_by_members(world: World) -> None:
    """A stranger is told what they lack; a space without threads has nothing to follow."""
    clinic = await open_clinic(world, "MEMBERS")
    refused = await follow(clinic, "stranger", "TAG", "aura")
    assert (refused["code"], refused["missing"].partition(" or ")[0]) == (
        "NOT_ALLOWED",
        "membership of the space",
    )
    plain = await world.space(clinic["sam"])
    refused = await follow(clinic, "sam", "TAG", "aura", space=plain)
    assert refused["missing"] == "a space with the model KNOWLEDGE_BROKER"


async def test_somebody_follows_a_bounded_number_of_things(clinic: Clinic) -> None:
    """The next one is refused until one is given up; what is followed already is not."""
    first = await follow(clinic, "sam", "TAG", "aura")
    filler = await clinic.world.db["follows"].find_one({"_id": first["id"]}) or {}
    await clinic.world.db["follows"].insert_many(
        [{**filler, "_id": f"fol_{n}", "target": f"t{n}"} for n in range(MOST_FOLLOWS - 1)]
    )
    refused = await follow(clinic, "sam", "TAG", "knee")
    assert refused["missing"] == "to follow something else no more"
    assert (await follow(clinic, "sam", "TAG", "aura"))["id"] == first["id"]
    await clinic["sam"].do(UNFOLLOW, id="fol_0")
    assert (await follow(clinic, "sam", "TAG", "knee"))["__typename"] == "Follow"


async def test_only_oneself_follows_no_more(clinic: Clinic) -> None:
    """To others a follow is not there: not to be ended, and not to be read."""
    made = await follow(clinic, "sam", "TAG", "Aura")
    absent = await clinic["eva"].do(UNFOLLOW, id="fol_x")
    assert await clinic["eva"].do(UNFOLLOW, id=made["id"]) == absent
    assert absent["code"] == "NOT_FOUND"
    query = "query Q($id: ID!) { node(id: $id) { id } }"
    assert await clinic["mo"].ask(query, id=made["id"]) == {"node": None}
    assert await clinic["sam"].ask(query, id=made["id"]) == {"node": {"id": made["id"]}}
    ended = await clinic["sam"].do(UNFOLLOW, id=made["id"])
    assert ended == {"__typename": "EndedFollow", "follow": {"id": made["id"], "name": "Aura"}}
    assert await clinic["sam"].do(UNFOLLOW, id=made["id"]) == absent
    assert await followed(clinic, "sam") == []


async def test_following_is_nobody_else_s_business(clinic: Clinic) -> None:
    """The person alone reads that they follow something, or do no more."""
    async with (
        watching(clinic["sam"], EVENTS) as own,
        watching(clinic["mo"], EVENTS) as others,
    ):
        made = await follow(clinic, "sam", "TAG", "aura")
        await clinic["sam"].do(UNFOLLOW, id=made["id"])
        await clinic.asked()
        told = await take(own, 3)
        assert [one["type"] for one in told] == [
            "follow.started",
            "follow.ended",
            "thread.asked",
        ]
        assert (await anext(others))["type"] == "thread.asked"


async def test_what_is_followed_is_told_once(clinic: Clinic) -> None:
    """By its subject, a tag or itself, whatever the spelling; all of them together count once."""
    thread = await clinic.asked(subject="Migraine", tags=["Aura", "light"])
    for kind, target in (("THREAD", thread), ("TAG", "aura"), ("SUBJECT", "MIGRAINE")):
        await follow(clinic, "sam", kind, target)
    await follow(clinic, "mia", "TAG", "LIGHT")
    await follow(clinic, "eva", "SUBJECT", "migraine")
    async with (
        watching(clinic["sam"], FOLLOWED) as sam,
        watching(clinic["mia"], FOLLOWED) as mia,
        watching(clinic["eva"], FOLLOWED) as eva,
    ):
        other = await clinic.asked(subject="migraine", tags=["aura"])
        await clinic.asked(subject="knee", tags=[])
        await close(clinic, thread)
        assert said(await take(sam, 2)) == [("thread.asked", other), ("thread.closed", thread)]
        assert said(await take(eva, 2)) == [("thread.asked", other), ("thread.closed", thread)]
        assert said([await anext(mia)]) == [("thread.closed", thread)]


async def test_what_was_told_live_is_told_again_by_replay(clinic: Clinic) -> None:
    """From the beginning of the stream, and from each cursor on."""
    thread = await clinic.asked(tags=[])
    await follow(clinic, "sam", "THREAD", thread)
    await follow(clinic, "sam", "TAG", "aura")
    async with watching(clinic["sam"], FOLLOWED) as stream:
        tagged = await clinic.asked()
        await clinic.asked(tags=["knee"])
        await replied(clinic["eva"], thread)
        await clinic.asked(visibility="EXPERTS_ONLY")
        await replied(clinic["eva"], tagged)
        await close(clinic, thread)
        live = await take(stream, 4)
    async with clinic["sam"].watch(FOLLOWED, after=BEGINNING) as stream:
        again = await take(stream, 5)
    assert said(again) == [("thread.asked", thread), *said(live)]
    for place, item in enumerate(live[:-1], 1):
        async with clinic["sam"].watch(FOLLOWED, after=item["cursor"]) as stream:
            rest = await take(stream, len(live) - place)
        assert [one["cursor"] for one in rest] == [one["cursor"] for one in live[place:]]


async def test_a_change_of_mind_takes_effect_at_once(clinic: Clinic) -> None:
    """An open stream goes on with what is followed now, in a space that it knew nothing of too."""
    elsewhere = await open_clinic(clinic.world)
    one, two = await clinic.asked(tags=[]), await clinic.asked(subject="knee", tags=[])
    first = await follow(clinic, "sam", "THREAD", one)
    async with watching(clinic["sam"], FOLLOWED) as stream:
        await replied(clinic["eva"], one)
        assert said([await anext(stream)]) == [("thread.answered", one)]
        await follow(clinic, "sam", "SUBJECT", "knee")
        await close(clinic, two)
        assert said([await anext(stream)]) == [("thread.closed", two)]
        await clinic["sam"].do(UNFOLLOW, id=first["id"])
        await close(clinic, one)
        await follow(clinic, "sam", "TAG", "aura", space=elsewhere.space)
        public = await elsewhere.asked(visibility="PUBLIC")
        assert said([await anext(stream)]) == [("thread.asked", public)]


async def test_what_happens_together_with_a_change_of_mind_is_not_lost(clinic: Clinic) -> None:
    """Though the stream finds anew what is followed, it goes on where it stood."""
    world, thread = clinic.world, await clinic.stored(await clinic.asked())
    made = await follow(clinic, "sam", "TAG", "aura")
    sam = clinic["sam"].id or ""
    changed = Draft(
        type="follow.ended", space=None, subject=made["id"], actor=sam, at=world.clock(), to=[sam]
    )
    drafts = [thread_event(thread, "thread.revised", None, world.clock()), changed]

    async def work(writing: Writing) -> None:
        await writing.append(*drafts)

    async with watching(clinic["sam"], FOLLOWED) as stream:
        await write(world.db, world.clock(), work)
        await close(clinic, thread["_id"])
        told = [item["type"] for item in await take(stream, 2)]
    assert told == ["thread.revised", "thread.closed"]


async def test_a_change_of_mind_is_heard_by_every_process(
    clinic: Clinic, db: Database, settings: Settings
) -> None:
    """Whoever watches by one server and follows by another is told by the first."""
    thread = await clinic.asked()
    async with one_process(db, settings, clinic.world.clock) as other:
        sam = Person(other.engine, "sam", clinic["sam"].token, clinic["sam"].id)
        async with watching(sam, FOLLOWED) as stream:
            await follow(clinic, "sam", "THREAD", thread)
            await close(clinic, thread)
            assert said([await anext(stream)]) == [("thread.closed", thread)]


async def test_what_is_followed_and_hidden_is_not_told(clinic: Clinic) -> None:
    """A tag brings what its follower sees at that moment; a thread that is lost is null."""
    thread = await clinic.asked()
    await follow(clinic, "sam", "THREAD", thread)
    await follow(clinic, "sam", "TAG", "aura")
    beacon = await clinic.asked()
    async with watching(clinic["sam"], FOLLOWED) as stream:
        await clinic.asked(visibility="EXPERTS_ONLY")
        await clinic.asked(visibility="PAIR")
        revised = {"thread": thread, "expectedVersion": 1, "visibility": "EXPERTS_ONLY"}
        assert await clinic["ana"].do(REVISE, input=revised) == {"__typename": "Thread"}
        await close(clinic, thread)
        await close(clinic, beacon)
        assert await upto(stream, beacon) == []
    threads = {one["kind"]: one["thread"] for one in await followed(clinic, "sam")}
    assert threads == {"THREAD": None, "TAG": None}


async def test_a_thread_that_is_tagged_later_is_told_from_then_on(clinic: Clinic) -> None:
    """What it bears at the moment of telling counts."""
    await follow(clinic, "sam", "TAG", "knee")
    thread = await clinic.asked(tags=[])
    async with watching(clinic["sam"], FOLLOWED) as stream:
        await replied(clinic["eva"], thread)
        revised = {"thread": thread, "expectedVersion": 2, "tags": ["Knee"]}
        assert await clinic["ana"].do(REVISE, input=revised) == {"__typename": "Thread"}
        told = await upto_closing(clinic, stream, thread)
    assert told[-2:] == ["thread.revised", "thread.closed"]


async def upto_closing(clinic: Clinic, stream: Any, thread: str) -> list[str]:
    """Close a thread, and return the types of a stream's items up to that."""
    await close(clinic, thread)
    found: list[str] = []
    while "thread.closed" not in found:
        found.append((await anext(stream))["type"])
    return found


async def test_a_space_that_closes_its_doors_tells_strangers_no_more(clinic: Clinic) -> None:
    """Not even what was on its way when it did."""
    elsewhere = await open_clinic(clinic.world)
    stranger = clinic["stranger"]
    for place in (clinic, elsewhere):
        given = {"kind": "TAG", "target": "aura", "space": place.space}
        assert (await stranger.do(FOLLOW, input=given))["__typename"] == "Follow"
    async with (
        watching(stranger, FOLLOWED) as stream,
        watching(clinic["sam"], LIVE, space=clinic.space) as beside,
    ):
        first = await elsewhere.asked(visibility="PUBLIC")
        assert said([await anext(stream)]) == [("thread.asked", first)]
        thread = await clinic.asked(visibility="PUBLIC")
        assert said([await anext(beside)]) == [("thread.asked", thread)]
        await clinic["olga"].do(OPENNESS, space=clinic.space, openness="MEMBERS")
        await clinic.world.engine.services.log.caught_up()
        waiting = await opened(stream)
        beacon = await elsewhere.asked(visibility="PUBLIC")
        assert said([await waiting]) == [("thread.asked", beacon)]


async def test_a_stream_of_follows_is_for_people(clinic: Clinic) -> None:
    """Neither a key nor somebody who is not signed in follows anything."""
    key = await clinic.world.key(clinic["olga"], clinic.space, "OBSERVATIONS_READ")
    for nobody in (key, clinic["anonymous"]):
        with pytest.raises(Exception, match="NOT_SIGNED_IN"):
            async with nobody.watch(FOLLOWED):
                pass
        body = await nobody.send(MINE)
        assert body["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
