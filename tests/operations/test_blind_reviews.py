"""Blindness: until a review is shown nobody but its writer can tell that there is one."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest

from app.ids import derived_id
from tests.api import Person, World
from tests.completed import VIEWERS, Scene, a_completed_match, review
from tests.conftest import TurnedClock
from tests.market import act

DAY = 86_400
REVIEW_FIELDS = "id rating text privateNote category writtenAt shownAt reviewer { id }"
PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
EVENTS = """query Q($filter: EventFilterInput) { events(filter: $filter, first: 100) {
  totalCount nodes { cursor type subject actor at } pageInfo { hasNextPage endCursor } } }"""
REVIEWS_OF = """query Q($person: ID!, $space: ID!) {
  reviewsOf(person: $person, space: $space)"""
FIRST_OF_NONE = """query Q($person: ID!, $space: ID!) {
  reviewsOf(person: $person, space: $space, first: 0) { pageInfo { hasNextPage } } }"""
REPORTS = """query Q($space: ID!) { reports(space: $space) { totalCount nodes {
  id cause state review { rating privateNote shownAt } } } }"""
MATCH_FIELDS = """id state version acceptedBy endedAt chargedTo possible mySide
  reviews { id rating text shownAt } dispute { by } waiting { ahead } warning { __typename }"""
MATCH = "query Q($id: ID!) { node(id: $id) { ... on Match { " + MATCH_FIELDS + " } } }"
MATCHES = "{ matches { totalCount nodes { " + MATCH_FIELDS + " } } }"
REPUTATION = """query Q($person: ID!, $space: ID!) { reputation(person: $person, space: $space) {
  score trust confidence count evidence reasons verified categories { category count } } }"""
RELIABILITY = """query Q($person: ID!, $space: ID!) { reliability(person: $person, space: $space) {
  score confidence kept lateCancels noShows reasons } }"""
STREAM = """subscription S($after: String) {
  events(after: $after) { ... on Event { type subject actor } } }"""
MATCH_EVENTS = """subscription S {
  matchEvents { ... on MatchEvent { type match { state } } } }"""
RULES = """mutation M($id: ID!) { updateSpace(input: {
  space: $id, expectedVersion: 1, rules: "Be kind."}) { __typename } }"""
LISTS = {"reviews", "match", "matches", "reviewsOf", "reviewsOf, counted", "reviewsOf, by none"}
OWN = LISTS | {"node", "nodes"}


@pytest.fixture
async def scene(world: World) -> Scene:
    """Nia and Otto have just completed a match."""
    return await a_completed_match(world)


async def answers(scene: Scene, seen: str, reported: str) -> dict[str, dict[str, bytes]]:
    """Return what each viewer is answered at each way in, byte for byte."""
    await scene.world.engine.services.log.caught_up()
    ways = ways_in(scene, seen, reported)
    return {
        name: {
            way: said(await viewer.send(query, **variables))
            for way, (query, variables) in ways.items()
        }
        for name, viewer in scene.viewers.items()
    }


def ways_in(scene: Scene, seen: str, reported: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return every way in: what is asked, and of what."""
    node = "query Q($id: ID!) { node(id: $id) { __typename id } }"
    who = {"person": scene.otto.id, "space": scene.stage.space}
    ways: dict[str, tuple[str, dict[str, Any]]] = {
        "node": (node, {"id": seen}),
        "nodes": ("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [seen]}),
        "report by node": (node, {"id": reported}),
        "standing": (node, {"id": scene.standing}),
        "reviews": (
            "query Q($m: ID!) { reviews(match: $m) { " + REVIEW_FIELDS + " } }",
            {"m": scene.match},
        ),
        "match": (MATCH, {"id": scene.match}),
        "matches": (MATCHES, {}),
        "reviewsOf": (REVIEWS_OF + " { nodes { " + REVIEW_FIELDS + " } " + PAGE + " } }", who),
        "reviewsOf, counted": (REVIEWS_OF + " { totalCount } }", who),
        "reviewsOf, by none": (FIRST_OF_NONE, who),
        "reputation": (REPUTATION, who),
        "reliability": (RELIABILITY, who),
        "reports": (REPORTS, {"space": scene.stage.space}),
        "inbox": ("{ inbox { totalCount } }", {}),
        "events of the space": (EVENTS, {"filter": {"space": scene.stage.space}}),
    }
    guesses = {
        "match": scene.match,
        "writer": scene.nia.id,
        "other": scene.otto.id,
        "what the match could name": derived_id("reviews", scene.match),
        "what match and side could name": derived_id("reviews", scene.match, "NEED"),
        "what match and writer could name": derived_id("reviews", scene.match, scene.nia.id),
    }
    return ways | {
        f"events of {name}": (EVENTS, {"filter": {"subject": id}}) for name, id in guesses.items()
    }


def said(body: dict[str, Any]) -> bytes:
    """Return an answer without what differs from request to request: its number, and its cost."""
    for error in body.get("errors", ()):
        del error["extensions"]["requestId"]
    return orjson.dumps([body["data"], body.get("errors")])


async def the_report(world: World) -> str:
    """Return the identifier of the only report."""
    [report] = await world.db["reports"].find().to_list(None)
    return str(report["_id"])


def differing(before: dict[str, dict[str, bytes]], after: dict[str, dict[str, bytes]]) -> set[str]:
    """Return who is answered otherwise than before, and where."""
    return {
        f"{viewer}: {way}"
        for viewer, answers in before.items()
        for way, answer in answers.items()
        if after[viewer][way] != answer
    }


async def test_nobody_but_the_writer_learns_of_a_first_review(scene: Scene) -> None:
    """At no way in is anybody else answered otherwise than before, not by a byte."""
    before = await answers(scene, "rev_none", "rep_none")
    stored = await scene.stage.match(scene.match)
    written = await review(scene.nia, scene.match, 5, text="Kind.", privateNote="Was late.")
    after = await answers(scene, written["id"], "rep_none")
    assert differing(before, after) == {f"writer: {way}" for way in OWN}
    assert await scene.stage.match(scene.match) == stored
    assert await scene.world.db["standings"].count_documents({"_id": scene.standing}) == 0


async def test_nobody_but_the_writer_learns_of_a_review_after_a_dispute(scene: Scene) -> None:
    """Not the moderators either, though they see the match by now."""
    await act(scene.otto, "DISPUTE", scene.match)
    await act(scene.stage.moderator, "RESOLVE", scene.match)
    before = await answers(scene, "rev_none", "rep_none")
    stored = await scene.stage.match(scene.match)
    written = await review(scene.nia, scene.match, 5, text="Kind.", privateNote="Was late.")
    after = await answers(scene, written["id"], "rep_none")
    assert differing(before, after) == {f"writer: {way}" for way in OWN}
    assert await scene.stage.match(scene.match) == stored


async def test_of_a_low_review_moderators_alone_learn_at_once(scene: Scene) -> None:
    """They see the report and in it the review with its note; the lists hide it from them, too."""
    before = await answers(scene, "rev_none", "rep_none")
    written = await review(scene.nia, scene.match, 1, privateNote="He shouted.")
    after = await answers(scene, written["id"], await the_report(scene.world))
    expected = {"node", "nodes", "reports", "report by node"}
    told = {f"{who}: {way}" for who in ("moderator", "owner", "operator") for way in expected}
    assert differing(before, after) == told | {f"writer: {way}" for way in OWN}
    [report] = (await scene.viewers["moderator"].ask(REPORTS, space=scene.stage.space))["reports"][
        "nodes"
    ]
    assert report["review"] == {"rating": 1, "privateNote": "He shouted.", "shownAt": None}
    assert (report["cause"], report["state"]) == ("LOW_RATING", "OPEN")


@pytest.mark.parametrize("role", ["MODERATOR", "OWNER"])
async def test_a_moderator_is_no_judge_of_themselves(scene: Scene, role: str) -> None:
    """Of a low review of a moderator the other moderators hear, and the moderator nothing."""
    await scene.world.role(scene.stage.owner, scene.stage.space, scene.otto, role)
    before = await answers(scene, "rev_none", "rep_none")
    written = await review(scene.nia, scene.match, 1, privateNote="He shouted.")
    after = await answers(scene, written["id"], await the_report(scene.world))
    assert not [way for way in differing(before, after) if way.startswith("other")]
    await review(scene.otto, scene.match)
    asked = "query Q($id: ID!) { node(id: $id) { ... on Review { rating privateNote } } }"
    shown = await scene.otto.ask(asked, id=written["id"])
    assert shown == {"node": {"rating": 1, "privateNote": None}}
    read = await scene.otto.ask(REPORTS, space=scene.stage.space)
    assert read == {"reports": {"totalCount": 0, "nodes": []}}


@pytest.mark.parametrize("rating", [1, 5])
async def test_streams_keep_quiet_about_a_first_review(scene: Scene, rating: int) -> None:
    """The writer's tells of it, and moderators' of a report; others', live or replayed, go on."""
    start = scene.world.db.seal.close(await scene.world.engine.services.log.caught_up())
    async with AsyncExitStack() as stack:
        watched = [w.watch(STREAM) for w in scene.viewers.values()]
        streams = [await stack.enter_async_context(one) for one in watched]
        coming = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        await review(scene.nia, scene.match, rating)
        await scene.stage.owner.do(RULES, id=scene.stage.space)
        came = [event["type"] for event in await asyncio.gather(*coming)]
    told = dict.fromkeys(VIEWERS, "space.updated") | {"writer": "review.written"}
    if rating == 1:
        told |= dict.fromkeys(("moderator", "owner", "operator"), "report.made")
    assert dict(zip(VIEWERS, came, strict=True)) == told
    again = [await first_item(who, start) for who in scene.viewers.values()]
    assert dict(zip(VIEWERS, again, strict=True)) == told


async def test_the_two_of_a_match_are_told_when_both_have_written(scene: Scene) -> None:
    """The first review brings neither of them anything, and the second the same to both."""
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(who.watch(MATCH_EVENTS))
            for who in (scene.otto, scene.nia)
        ]
        coming = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        await review(scene.nia, scene.match, 1)
        await review(scene.otto, scene.match)
        one, other = await asyncio.gather(*coming)
    assert one == other == {"type": "match.reviewed", "match": {"state": "REVIEWED"}}


async def first_item(person: Person, after: str) -> str:
    """Return the type of the first event that comes after a cursor."""
    async with person.watch(STREAM, after=after) as items:
        event = await anext(items)
    return str(event["type"])


async def test_what_one_side_wrote_is_shown_when_time_is_over(
    scene: Scene, clock: TurnedClock
) -> None:
    """After 14 days the other side is too late, and then all see the one review."""
    await review(scene.nia, scene.match, 2)
    clock.turn(14 * DAY - 1)
    before = await answers(scene, "rev_none", "rep_none")
    await scene.world.tick()
    assert differing(before, await answers(scene, "rev_none", "rep_none")) == set()
    clock.turn(1)
    late = await review(scene.otto, scene.match)
    assert (late["code"], late["message"]) == ("WRONG_STATE", "The time for reviews is over.")
    await scene.world.tick()
    match = await scene.stage.match(scene.match)
    assert (match["state"], match["reviewed_by"], match["version"]) == ("REVIEWED", ["NEED"], 2)
    await scene.world.engine.services.log.caught_up()
    asked = "query Q($m: ID!) { reviews(match: $m) { rating shownAt } }"
    read = await scene.otto.ask(asked, m=scene.match)
    assert read == {"reviews": [{"rating": 2, "shownAt": "2026-03-15T12:00:00.000Z"}]}
    of_otto = {"person": scene.otto.id, "space": scene.stage.space}
    found = await scene.world.anonymous.ask(REPUTATION, **of_otto)
    assert found["reputation"]["count"] == 1
