"""Reviews: one from each side of a completed match, shown together, and never changed."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from app.db.client import Database
from app.settings import Settings
from tests.api import Person, World, one_process
from tests.completed import Scene, a_completed_match, review, set_the_stage
from tests.conftest import TurnedClock
from tests.market import RESOLVE, act

DAY = 86_400
EVENTS = """query Q($filter: EventFilterInput) {
  events(filter: $filter) { nodes { type } } }"""
REPUTATION = """query Q($person: ID!, $space: ID!) {
  reputation(person: $person, space: $space) { count } }"""
RELIABILITY = """query Q($person: ID!, $space: ID!) {
  reliability(person: $person, space: $space) { kept } }"""
STATE = {"state", "version", "reviewed_by"}


@pytest.fixture
async def scene(world: World) -> Scene:
    """Nia and Otto have just completed a match."""
    return await a_completed_match(world)


async def test_a_second_review_shows_both(scene: Scene) -> None:
    """All who read the space see them, the match is REVIEWED, and its two hear of it."""
    await review(scene.nia, scene.match, 5, text="Kind.", privateNote="Was late.")
    second = await review(scene.otto, scene.match, 3, text="On time.")
    assert second["shownAt"] == "2026-03-01T12:00:00.000Z"
    match = await scene.stage.match(scene.match)
    assert {key: match[key] for key in STATE} == {  # type: ignore[literal-required]
        "state": "REVIEWED",
        "version": 2,
        "reviewed_by": ["NEED", "OFFER"],
    }
    await scene.world.engine.services.log.caught_up()
    of_otto = """query Q($person: ID!, $space: ID!) { reviewsOf(person: $person, space: $space) {
      totalCount nodes { text privateNote } } }"""
    who = {"person": scene.otto.id, "space": scene.stage.space}
    for name, viewer in scene.viewers.items():
        note = "Was late." if name in {"writer", "moderator", "owner", "operator"} else None
        found = {"totalCount": 1, "nodes": [{"text": "Kind.", "privateNote": note}]}
        assert await viewer.ask(of_otto, **who) == {"reviewsOf": found}, name
    events = {
        name: (await viewer.ask(EVENTS, filter={"subject": scene.match}))["events"]["nodes"]
        for name, viewer in scene.viewers.items()
    }
    reviewed = [{"type": "match.reviewed"}]
    heard = {name: told for name, told in events.items() if told}
    assert heard == {"writer": reviewed, "other": reviewed}
    assert await scene.world.db["envelopes"].count_documents({"_id": scene.match}) == 0


async def test_both_sides_at_once_are_shown_exactly_once(
    scene: Scene, db: Database, settings: Settings, clock: TurnedClock
) -> None:
    """Of eight matches reviewed on two processes at the same moment none stays half open."""
    stage, nia = scene.stage, scene.nia
    matches = [await stage.completed(nia, scene.otto) for _ in range(8)]
    async with one_process(db, settings, clock) as elsewhere:
        otto = Person(elsewhere.engine, "otto", scene.otto.token, scene.otto.id)
        for match in matches:
            both = await asyncio.gather(review(nia, match), review(otto, match))
            assert {one["__typename"] for one in both} == {"Review"}
    for id in matches:
        found = await stage.match(id)
        assert (found["state"], found["version"]) == ("REVIEWED", 2)
        opened = {"type": "match.reviewed", "subject": id}
        assert await scene.world.db["events"].count_documents(opened) == 1
    shown = await scene.world.anonymous.ask(
        "query Q($p: ID!, $s: ID!) { reviewsOf(person: $p, space: $s) { totalCount } }",
        p=otto.id,
        s=stage.space,
    )
    assert shown["reviewsOf"]["totalCount"] == 8
    standing: Any = await scene.world.db["standings"].find_one({"_id": scene.standing})
    assert standing["count"] == 8


async def test_one_side_at_once_writes_once(scene: Scene) -> None:
    """Of ten different reviews at the same moment one is taken, and the others learn the state."""
    texts = [f"Text {n}" for n in range(10)]
    written = await asyncio.gather(*(review(scene.nia, scene.match, text=t) for t in texts))
    assert Counter(one["__typename"] for one in written) == {"Review": 1, "WrongState": 9}
    assert {one.get("found") for one in written} == {None, "COMPLETED"}
    assert await scene.world.db["reviews"].count_documents({}) == 1


async def test_the_same_key_writes_one_review(scene: Scene) -> None:
    """Ten requests at once under one key give the same review; other words are a conflict."""
    given: dict[str, Any] = {"text": "Kind.", "idempotencyKey": "k"}
    written = await asyncio.gather(*(review(scene.nia, scene.match, **given) for _ in range(10)))
    assert len({one["id"] for one in written}) == 1
    other = await review(scene.nia, scene.match, **{**given, "text": "Rude."})
    assert other["code"] == "CONFLICT"
    [stored] = await scene.world.db["reviews"].find().to_list(None)
    assert stored["text"] == "Kind."


async def test_a_review_stays_as_it_was_written(scene: Scene) -> None:
    """Neither before it is shown nor after can its writer write another."""
    await review(scene.nia, scene.match, 5, text="Kind.")
    again = await review(scene.nia, scene.match, 1, text="Rude.")
    assert (again["__typename"], again["found"]) == ("WrongState", "COMPLETED")
    await review(scene.otto, scene.match)
    again = await review(scene.nia, scene.match, 1, text="Rude.")
    assert (again["__typename"], again["found"]) == ("WrongState", "REVIEWED")
    read = await scene.nia.ask("query Q($m: ID!) { reviews(match: $m) { text } }", m=scene.match)
    assert read == {"reviews": [{"text": "Kind."}, {"text": ""}]}
    assert await scene.world.db["reports"].count_documents({}) == 0


async def test_a_match_that_nobody_reviewed_stays_completed(
    scene: Scene, clock: TurnedClock
) -> None:
    """When the time is over, reviews are refused, and nothing else happens."""
    stored = await scene.stage.match(scene.match)
    clock.turn(15 * DAY)
    await scene.world.tick()
    assert (await review(scene.nia, scene.match))["code"] == "WRONG_STATE"
    assert await scene.stage.match(scene.match) == stored
    assert await scene.world.db["envelopes"].count_documents({"_id": scene.match}) == 0


async def test_a_dispute_does_not_get_rid_of_a_review(scene: Scene, clock: TurnedClock) -> None:
    """Whoever fears it disputes; the time for reviews stands still until that is resolved."""
    written = await review(scene.nia, scene.match, 2)
    clock.turn(10 * DAY)
    assert (await act(scene.otto, "DISPUTE", scene.match))["state"] == "DISPUTED"
    for person in (scene.nia, scene.otto):
        assert await possible(person, scene.match) == []
    assert await possible(scene.stage.moderator, scene.match) == ["RESOLVE"]
    assert (await review(scene.otto, scene.match))["found"] == "DISPUTED"
    clock.turn(9 * DAY)
    await scene.world.tick()
    asked = "query Q($id: ID!) { node(id: $id) { id } }"
    assert await scene.otto.ask(asked, id=written["id"]) == {"node": None}
    assert await scene.nia.ask(asked, id=written["id"]) == {"node": {"id": written["id"]}}
    await resolve(scene)
    clock.turn(4 * DAY - 1)
    await scene.world.tick()
    assert await scene.otto.ask(asked, id=written["id"]) == {"node": None}
    clock.turn(1)
    assert (await review(scene.otto, scene.match))["code"] == "WRONG_STATE"
    await scene.world.tick()
    assert await scene.otto.ask(asked, id=written["id"]) == {"node": {"id": written["id"]}}
    match = await scene.stage.match(scene.match)
    assert (match["state"], match["charged_to"]) == ("RESOLVED", "NEED")
    who = {"p": scene.otto.id, "s": scene.stage.space}
    counted = "query Q($p: ID!, $s: ID!) { reputation(person: $p, space: $s) { count } }"
    assert await scene.world.anonymous.ask(counted, **who) == {"reputation": {"count": 1}}
    assert await scene.world.db["envelopes"].count_documents({"_id": scene.match}) == 0


async def test_what_was_disputed_can_be_reviewed_when_that_is_resolved(scene: Scene) -> None:
    """Both write then, blind as ever, and both are shown; the match stays RESOLVED."""
    await act(scene.otto, "DISPUTE", scene.match)
    await resolve(scene)
    assert await possible(scene.nia, scene.match) == ["REVIEW"]
    assert (await review(scene.nia, scene.match, 2))["shownAt"] is None
    assert await possible(scene.nia, scene.match) == []
    again = await review(scene.nia, scene.match, 5)
    assert (again["code"], again["found"]) == ("WRONG_STATE", "RESOLVED")
    assert await possible(scene.otto, scene.match) == ["REVIEW"]
    assert (await review(scene.otto, scene.match))["shownAt"] is not None
    for person in (scene.nia, scene.otto):
        assert await possible(person, scene.match) == []
        again = await review(person, scene.match, 5)
        assert (again["code"], again["found"]) == ("WRONG_STATE", "RESOLVED")
    match = await scene.stage.match(scene.match)
    assert (match["state"], match["reviewed_by"]) == ("RESOLVED", ["NEED", "OFFER"])


async def test_to_a_review_that_is_shown_none_is_added(scene: Scene, clock: TurnedClock) -> None:
    """Not even when the space gives more time afterwards: it would not be blind."""
    await review(scene.nia, scene.match, 2)
    await act(scene.otto, "DISPUTE", scene.match)
    await resolve(scene)
    clock.turn(14 * DAY)
    await scene.world.tick()
    change = {"$set": {"matching": {"review_days": 20}}}
    await scene.world.db["spaces"].update_one({"_id": scene.stage.space}, change)
    scene.world.engine.services.spaces.forget(scene.stage.space)
    assert await possible(scene.otto, scene.match) == []
    late = await review(scene.otto, scene.match)
    assert (late["code"], late["found"]) == ("WRONG_STATE", "RESOLVED")


@pytest.mark.parametrize("state", ["IN_PROGRESS", "CANCELLED", "NO_SHOW"])
async def test_what_was_disputed_and_never_completed_is_not_reviewed(
    scene: Scene, state: str
) -> None:
    """Though it is RESOLVED as well."""
    match = await scene.stage.completed(scene.nia, scene.otto, state=state)
    await act(scene.otto, "DISPUTE", match)
    assert (await act(scene.stage.moderator, "RESOLVE", match))["state"] == "RESOLVED"
    assert await possible(scene.nia, match) == []
    refused = await review(scene.nia, match)
    assert (refused["code"], refused["found"]) == ("WRONG_STATE", "RESOLVED")


async def possible(person: Person, match: str) -> Any:
    """Return what somebody could do with a match."""
    asked = "query Q($id: ID!) { node(id: $id) { ... on Match { possible } } }"
    return (await person.ask(asked, id=match))["node"]["possible"]


async def resolve(scene: Scene) -> None:
    """Let the moderator decide that it was Nia's fault."""
    done = await scene.stage.moderator.do(RESOLVE, match=scene.match, charged="NEED")
    assert done["state"] == "RESOLVED", done


async def test_a_space_that_gives_more_time_is_waited_for(scene: Scene, clock: TurnedClock) -> None:
    """Rules that change while a review is hidden hold for it, too."""
    await review(scene.nia, scene.match)
    change = {"$set": {"matching": {"review_days": 20}}}
    await scene.world.db["spaces"].update_one({"_id": scene.stage.space}, change)
    scene.world.engine.services.spaces.forget(scene.stage.space)
    clock.turn(15 * DAY)
    await scene.world.tick()
    assert (await scene.stage.match(scene.match))["state"] == "COMPLETED"
    clock.turn(5 * DAY)
    await scene.world.tick()
    assert (await scene.stage.match(scene.match))["state"] == "REVIEWED"


async def test_only_the_two_of_a_match_review_it(scene: Scene) -> None:
    """To others it looks absent, and a moderator who judges it is told who may."""
    for name in ("stranger", "member", "moderator", "owner", "operator", "anonymous"):
        refused = await review(scene.viewers[name], scene.match)
        assert refused == await review(scene.viewers[name], "mat_none"), name
        assert refused["code"] == "NOT_FOUND", name
    disputed = {"state": "DISPUTED", "disputed_from": "COMPLETED"}
    match = await scene.stage.completed(scene.nia, scene.otto, **disputed)
    refused = await review(scene.viewers["moderator"], match)
    assert refused["missing"] == "one of the two of the match"
    assert await scene.world.db["reviews"].count_documents({}) == 0


@pytest.mark.parametrize("state", ["CONFIRMED", "IN_PROGRESS", "CANCELLED", "NO_SHOW"])
async def test_what_was_not_completed_is_not_reviewed(scene: Scene, state: str) -> None:
    """The refusal names the state that was found."""
    match = await scene.stage.completed(scene.nia, scene.otto, state=state)
    refused = await review(scene.nia, match)
    assert (refused["code"], refused["found"]) == ("WRONG_STATE", state)


async def test_all_that_is_wrong_with_a_review_comes_at_once(scene: Scene) -> None:
    """Six stars, a long text and a long note are told together."""
    long = "x" * 2_001
    refused = await review(scene.nia, scene.match, 6, text=long, privateNote=long)
    paths = [problem["path"] for problem in refused["problems"]]
    assert paths == ["rating", "text", "privateNote"]


async def test_a_hidden_space_hides_its_reviews(world: World) -> None:
    """Strangers find neither reviews nor reputation in it, and cannot tell it from none."""
    stage = await set_the_stage(world, "HIDDEN")
    nia, otto, stranger = [await world.person(name) for name in ("nia", "otto", "x")]
    for person in (nia, otto):
        await world.role(stage.owner, stage.space, person, "MEMBER")
    match = await stage.completed(nia, otto)
    written = await review(nia, match)
    await review(otto, match)
    asked = "query Q($id: ID!) { node(id: $id) { id } }"
    assert await stranger.ask(asked, id=written["id"]) == {"node": None}
    assert await stage.moderator.ask(asked, id=written["id"]) == {"node": {"id": written["id"]}}
    for query in (REPUTATION, RELIABILITY):
        real = await stranger.send(query, person=otto.id, space=stage.space)
        absent = await stranger.send(query, person=otto.id, space="spc_none")
        assert real["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert real["errors"][0]["message"] == absent["errors"][0]["message"]
