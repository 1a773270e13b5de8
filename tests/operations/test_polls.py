"""Polls: one person, one vote, which they can change; exact however many come at once."""

import asyncio
from typing import Any

import pytest

from app.settings import Settings
from tests.api import World, at, second_server
from tests.clinic import FAILURES
from tests.funding import Scene, campaign, tier
from tests.supporting import crowd

POLL = """
    __typename ... on Poll { id question options counts myVote closed closesAt }
"""
OPEN = f"""
mutation M($input: OpenPollInput!) {{ openPoll(input: $input) {{ {POLL} {FAILURES} }} }}
"""
VOTE = f"""
mutation M($poll: ID!, $option: Int!) {{
  votePoll(input: {{poll: $poll, option: $option}}) {{ {POLL} {FAILURES} }} }}
"""
READ = f"query Q($id: ID!) {{ node(id: $id) {{ {POLL} }} }}"
LIST = f"""
query Q($id: ID!) {{ campaign(id: $id) {{ polls {{ totalCount nodes {{ {POLL} }} }} }} }}
"""
ROOM = ("READ_UPDATES", "COMMENT", "SUGGEST")
TIERS = [tier(1, 1_000, *ROOM), tier(2, 5_000, *ROOM, "VOTE")]


async def open_poll(scene: Scene, who: str = "owner", **more: Any) -> dict[str, Any]:
    """Return what comes of asking."""
    plain = {"campaign": scene.id, "question": "Which roof first?", "options": ["East", "West"]}
    done: dict[str, Any] = await scene[who].do(OPEN, input=plain | more)
    return done


async def vote(scene: Scene, who: str, poll: str, option: int = 0) -> dict[str, Any]:
    """Return what comes of a vote."""
    done: dict[str, Any] = await scene[who].do(VOTE, poll=poll, option=option)
    return done


async def read(scene: Scene, who: str, poll: str) -> Any:
    """Return a poll as somebody sees it."""
    return (await scene[who].ask(READ, id=poll))["node"]


@pytest.fixture
async def scene(world: World) -> Scene:
    """A campaign in which bo may vote, ana is in the room, and cleo is neither."""
    scene = await campaign(world, mode="KEEP_IT_ALL", tiers=TIERS)
    for who, amount in (("ana", 1_000), ("bo", 5_000), ("cleo", 500)):
        await scene.given(who, amount)
    return scene


async def test_a_vote_counts_once_and_can_change(scene: Scene) -> None:
    """The sums go along; the same again changes nothing, and nobody else learns the vote."""
    poll = (await open_poll(scene))["id"]
    seen = [await vote(scene, "bo", poll, option) for option in (0, 0, 1)]
    assert [(one["counts"], one["myVote"]) for one in seen] == [
        ([1, 0], 0),
        ([1, 0], 0),
        ([0, 1], 1),
    ]
    assert (await vote(scene, "mate", poll, 1))["counts"] == [0, 2]
    assert (await read(scene, "owner", poll))["myVote"] is None
    events = await scene.world.db["events"].find({"within": poll}).sort("_id").to_list()
    assert [(one["type"], one["actor"] is None) for one in events] == [
        ("poll.opened", False),
        *[("poll.voted", True)] * 3,
    ]
    assert await scene.world.db["ballots"].estimated_document_count() == 2


async def test_who_sees_and_votes(scene: Scene) -> None:
    """Voters and the team see the counts, the room the question; all see both once it is closed."""
    poll = (await open_poll(scene, closesAt=scene.day(1)))["id"]
    table = {
        "owner": ("Poll", "counts"),
        "mate": ("Poll", "counts"),
        "bo": ("Poll", "counts"),
        "ana": ("NOT_ALLOWED", "question"),
        "moderator": ("NOT_ALLOWED", "question"),
        "operator": ("NOT_ALLOWED", "question"),
        "cleo": ("NOT_FOUND", "nothing"),
        "stranger": ("NOT_FOUND", "nothing"),
        "anonymous": ("NOT_FOUND", "nothing"),
    }
    for who, (outcome, sees) in table.items():
        done = await vote(scene, who, poll)
        assert done.get("code", done["__typename"]) == outcome, who
        found = await read(scene, who, poll)
        assert (found is not None) == (sees != "nothing"), who
        listed = (await scene[who].ask(LIST, id=scene.id))["campaign"]["polls"]
        assert listed["totalCount"] == len(listed["nodes"]) == (sees != "nothing"), who
        if found is not None:
            assert (found["counts"] is not None) == (sees == "counts"), who
            assert not found["closed"]
    scene.world.clock.turn(86_400)  # type: ignore[attr-defined]
    for who in table:
        found = await read(scene, who, poll)
        assert (found["counts"], found["closed"]) == ([3, 0], True), who
        assert (await scene[who].ask(LIST, id=scene.id))["campaign"]["polls"]["totalCount"] == 1
    late = await vote(scene, "bo", poll, 1)
    assert (late["__typename"], late["found"]) == ("WrongState", "CLOSED")


async def test_a_poll_without_an_end_ends_with_its_campaign(scene: Scene) -> None:
    """Then nobody votes any more, and everybody sees what came of it."""
    poll = (await open_poll(scene))["id"]
    await vote(scene, "bo", poll)
    await scene.act("SUSPEND", "moderator")
    held = await vote(scene, "bo", poll, 1)
    assert (held["__typename"], held["found"]) == ("WrongState", "SUSPENDED")
    assert await read(scene, "stranger", poll) is None
    await scene.act("CANCEL", "moderator")
    found = await read(scene, "anonymous", poll)
    assert (found["counts"], found["closed"]) == ([1, 0], True)
    assert (await vote(scene, "owner", poll))["found"] == "CANCELLED"


async def test_rights_follow_the_level(scene: Scene) -> None:
    """Who rises may vote at once; who got money back may not."""
    poll = (await open_poll(scene))["id"]
    assert (await vote(scene, "ana", poll))["code"] == "NOT_ALLOWED"
    more = await scene.given("ana", 4_000)
    assert (await vote(scene, "ana", poll))["__typename"] == "Poll"
    await scene.refund("owner", more)
    await scene.world.engine.services.collecting.rest()
    await scene.world.engine.services.log.caught_up()
    assert (await vote(scene, "ana", poll, 1))["code"] == "NOT_ALLOWED"
    assert (await read(scene, "ana", poll))["counts"] is None


async def test_fifty_vote_at_once_on_two_servers(scene: Scene, settings: Settings) -> None:
    """Each person's vote counts once, whatever they change it to meanwhile."""
    poll = (await open_poll(scene, options=["East", "West", "Neither"]))["id"]
    people = await crowd(scene, 50)
    rows = [
        {
            "_id": f"lvl_{one.id}",
            "campaign": scene.id,
            "user": one.id,
            "rank": 2,
            "rights": ["VOTE"],
        }
        for one in people
    ]
    await scene.world.db["levels"].insert_many(rows)
    async with second_server(scene.world, settings) as other:
        voting = [
            (at(other, one) if (n + turn) % 2 else one).do(VOTE, poll=poll, option=(n + turn) % 3)
            for n, one in enumerate(people)
            for turn in range(2)
        ]
        done = await asyncio.gather(*voting)
    assert {one["__typename"] for one in done} == {"Poll"}
    ballots = await scene.world.db["ballots"].find({"poll": poll}).to_list()
    kept = [sum(one["option"] == option for one in ballots) for option in range(3)]
    assert (await read(scene, "owner", poll))["counts"] == kept
    assert sum(kept) == 50


async def test_who_asks_and_what_is_refused(scene: Scene) -> None:
    """The team asks; all that is wrong is told at once; the same key asks once."""
    table = {
        "mate": "Poll",
        "bo": "NOT_ALLOWED",
        "moderator": "NOT_ALLOWED",
        "anonymous": "NOT_SIGNED_IN",
    }
    for who, outcome in table.items():
        done = await open_poll(scene, who)
        assert done.get("code", done["__typename"]) == outcome, who
    wrong = await open_poll(
        scene, question=" ", options=["East", " East "], closesAt=scene.day(400)
    )
    assert {one["path"] for one in wrong["problems"]} == {"question", "options", "closesAt"}
    first = await open_poll(scene, idempotencyKey="k")
    assert await open_poll(scene, idempotencyKey="k") == first
    for option in (-1, 2):
        out = await vote(scene, "bo", first["id"], option)
        assert [one["path"] for one in out["problems"]] == ["option"]
    await scene.act("SUSPEND", "moderator")
    assert (await open_poll(scene))["found"] == "SUSPENDED"
