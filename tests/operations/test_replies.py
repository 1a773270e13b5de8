"""Replies: who may say what, on which side, with which trust; revisions, marks, and pseudonyms."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from app.db.replies import list_sides
from app.ids import fingerprint
from app.settings import Settings
from tests.api import Person, World, at, second_server
from tests.clinic import ASSIGN_GROUP, Clinic, open_clinic
from tests.consulting import (
    CAN,
    LIST,
    READ,
    REVISE,
    REVOKE,
    decide,
    declared,
    give,
    replies_of,
    said,
    say,
    voted,
)


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with all its people."""
    return await open_clinic(world)


@pytest.mark.parametrize(
    ("act", "who", "outcome"),
    [
        ("ADVICE", "eva", "Reply"),
        ("ADVICE", "bo", "Reply"),
        ("ADVICE", "sam", "WRONG_DIRECTION"),
        ("ADVICE", "ana", "WRONG_DIRECTION"),
        ("ADVICE", "mia", "NOT_ALLOWED"),
        ("ADVICE", "max", "NOT_ALLOWED"),
        ("ADVICE", "mo", "NOT_ALLOWED"),
        ("ADVICE", "stranger", "NOT_ALLOWED"),
        ("ADVICE", "anonymous", "NOT_SIGNED_IN"),
        ("CLARIFY", "eva", "Reply"),
        ("CLARIFY", "sam", "Reply"),
        ("CLARIFY", "ana", "Reply"),
        ("CLARIFY", "mia", "NOT_ALLOWED"),
        ("CLARIFY", "stranger", "NOT_ALLOWED"),
        ("CLARIFY", "anonymous", "NOT_SIGNED_IN"),
    ],
)
async def test_who_says_what_and_can_tells_the_same(
    clinic: Clinic, act: str, who: str, outcome: str
) -> None:
    """Advice comes from experts, clarification from both sides; `can` foretells each refusal."""
    thread = await clinic.asked(visibility="PUBLIC")
    action = {"ADVICE": "ADVISE", "CLARIFY": "CLARIFY"}[act]
    foretold = (await clinic[who].ask(CAN, action=action, thread=thread))["me"]
    done = await say(clinic[who], thread, act)
    assert done.get("code", done["__typename"]) == outcome
    if who != "anonymous":
        assert foretold["can"]["allowed"] == (outcome == "Reply")
        for part in ("code", "message", "missing"):
            assert foretold["can"][part] == done.get(part), part


async def test_a_refusal_names_the_side_that_may(clinic: Clinic) -> None:
    """It speaks the space's own words."""
    await decide(clinic, groups={"seekers": "patients", "experts": "researchers"})
    thread = await clinic.asked()
    done = await say(clinic["sam"], thread)
    assert done["__typename"] == "NotAllowed"
    assert done["missing"] == "the side of researchers in this thread"


async def test_where_advice_is_mutual_seekers_advise_too(clinic: Clinic) -> None:
    """But nobody advises themselves."""
    await decide(clinic, direction="MUTUAL")
    thread = await clinic.asked()
    assert (await say(clinic["sam"], thread))["side"] == "SEEKERS"
    assert (await say(clinic["ana"], thread))["code"] == "WRONG_DIRECTION"


@pytest.mark.parametrize("who", ["stranger", "sam", "mia", "max", "anonymous"])
async def test_what_one_does_not_see_one_cannot_answer(clinic: Clinic, who: str) -> None:
    """A thread for experts, and its replies, look absent to all others, in each way in."""
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    reply = await said(clinic["eva"], thread)
    assert (await say(clinic[who], thread))["__typename"] == "NotFound"
    assert (await voted(clinic[who], reply, "UP"))["__typename"] == "NotFound"
    assert await clinic[who].ask(READ, id=reply) == {"node": None}
    listed = "query Q($id: ID!) { replies(thread: $id) { totalCount } }"
    [error] = (await clinic[who].send(listed, id=thread))["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
    for seeing in ("ana", "eva", "emil"):
        found = await replies_of(clinic[seeing], thread)
        assert [one["id"] for one in found or []] == [reply]


async def test_the_first_advice_answers_a_thread(clinic: Clinic) -> None:
    """A clarification does not; after advice the thread waits for nobody."""
    thread = await clinic.asked()
    asked_back = await say(clinic["eva"], thread, "CLARIFY")
    assert asked_back["thread"]["state"] == "OPEN"
    assert (await clinic.stored(thread))["route"]["due_at"] is not None
    advised = await say(clinic["eva"], thread)
    assert (advised["thread"]["state"], advised["thread"]["advised"]) == ("ANSWERED", 1)
    stored = await clinic.stored(thread)
    assert stored["route"]["due_at"] is None
    assert "sides" not in stored, "it does not grow with those who write in it"


async def test_a_closed_thread_takes_no_replies(clinic: Clinic) -> None:
    """The refusal says how it stands, and `can` says so before."""
    thread = await clinic.asked(state="CLOSED")
    done = await say(clinic["eva"], thread)
    assert (done["__typename"], done["found"]) == ("WrongState", "CLOSED")
    foretold = (await clinic["eva"].ask(CAN, action="ADVISE", thread=thread))["me"]["can"]
    assert foretold["code"] == "WRONG_STATE"
    assert foretold["message"] == done["message"]


async def test_one_reply_comes_of_one_key(clinic: Clinic) -> None:
    """Twenty requests at once write once; another text under the same key is a conflict."""
    thread = await clinic.asked()
    many = (say(clinic["eva"], thread, idempotencyKey="k") for _ in range(20))
    assert len({done["id"] for done in await asyncio.gather(*many)}) == 1
    other = await say(clinic["eva"], thread, text="Drink water.", idempotencyKey="k")
    assert other["code"] == "CONFLICT"
    assert (await clinic.stored(thread))["advised"] == 1


async def test_all_problems_come_at_once(clinic: Clinic) -> None:
    """A blank text, and sources that are none: what a page would run, or cannot open."""
    thread = await clinic.asked()
    sources = ["javascript:alert(1)", "ftp://example.org/a", "http://", "Nature 533 (2016), 452"]
    refused = await say(clinic["eva"], thread, text=" ", sources=sources, subject="")
    paths = [problem["path"] for problem in refused["problems"]]
    assert sorted(paths) == ["sources.0", "sources.1", "sources.2", "subject", "text"]
    many = await say(clinic["eva"], thread, sources=["doi:10.1000/182"] * 2 + ["x"] * 9)
    assert [problem["path"] for problem in many["problems"]] == ["sources"]
    good = ["https://example.org/a?b=c", "doi:10.1000/182", "Cephalalgia 38 (2018): 1"]
    assert (await say(clinic["eva"], thread, sources=good))["sources"] == good


async def test_somebody_of_both_groups_keeps_the_side_of_their_first_words(clinic: Clinic) -> None:
    """Who leaves the group whose side they took has none in that thread any more."""
    thread, bo = await clinic.asked(), clinic["bo"]
    assert (await say(bo, thread, "CLARIFY"))["side"] == "EXPERTS"
    await assign(clinic, "bo", ["SEEKERS"])
    refused = await say(bo, thread, "CLARIFY")
    assert refused["code"] == "NOT_ALLOWED"
    other = await clinic.asked()
    assert (await say(bo, other, "CLARIFY"))["side"] == "SEEKERS"
    await assign(clinic, "bo", ["SEEKERS", "EXPERTS"])
    assert (await say(bo, other, "CLARIFY"))["side"] == "SEEKERS"
    assert (await say(bo, other))["code"] == "WRONG_DIRECTION"


async def test_nobody_takes_two_sides_at_once(clinic: Clinic, settings: Settings) -> None:
    """Of replies at the same moment, one server still knowing old groups, one side comes."""
    await decide(clinic, direction="MUTUAL")
    thread, bo = await clinic.asked(), clinic["bo"]
    async with second_server(clinic.world, settings) as other:
        await know_old_groups(other, bo, {clinic.space: frozenset({"SEEKERS"})})
        people = [bo, at(other, bo)] * 6
        outcomes = await asyncio.gather(*(say(person, thread, "CLARIFY") for person in people))
    sides = {done["side"] for done in outcomes if done["__typename"] == "Reply"}
    assert len(sides) == 1


async def test_many_reply_at_once_and_all_are_counted(clinic: Clinic) -> None:
    """Twenty replies of two experts at the same moment are all there."""
    thread = await clinic.asked()
    people = [clinic["eva"], clinic["emil"]] * 10
    await asyncio.gather(*(said(person, thread) for person in people))
    stored = await clinic.stored(thread)
    assert stored["advised"] == 20
    ids = {clinic[who].id for who in ("eva", "emil")}
    for id in ids:
        assert await list_sides(clinic.world.db, [thread], id or "") == {thread: "EXPERTS"}


async def test_trust_that_is_missing_is_told_to_the_point(clinic: Clinic) -> None:
    """Points in another subject do not count; once there are enough, advice is taken."""
    await decide(clinic, leastTrust={"score": 12})
    await give(clinic, "eva", "gout", ups=3)
    thread = await clinic.asked()
    refused = await say(clinic["eva"], thread)
    assert refused["code"] == "NOT_ALLOWED"
    assert refused["missing"] == "12 more points of reputation in this subject"
    foretold = (await clinic["eva"].ask(CAN, action="ADVISE", thread=thread))["me"]["can"]
    assert foretold == {
        "allowed": False,
        "message": "Advice asks for 12 points here, and you have 0.",
        "missing": "12 more points of reputation in this subject",
        "code": "NOT_ALLOWED",
        "points": 12,
    }
    await give(clinic, "eva", "migraine", ups=1)
    assert (await say(clinic["eva"], thread))["missing"].startswith("7 more points")
    assert (await say(clinic["eva"], thread, "CLARIFY"))["__typename"] == "Reply"
    await give(clinic, "eva", "migraine", ups=2)
    assert (await say(clinic["eva"], thread))["__typename"] == "Reply"


async def test_an_expertise_does_instead_of_points(clinic: Clinic) -> None:
    """If the space says so, and of the level that it says."""
    await decide(clinic, leastTrust={"score": 12, "orLevel": "SELF_DECLARED"})
    thread = await clinic.asked()
    refused = await say(clinic["eva"], thread)
    assert refused["missing"].endswith("or an expertise that is SELF_DECLARED")
    await declared(clinic["eva"], clinic, "Aura")
    assert (await say(clinic["eva"], thread))["__typename"] == "Reply"


async def test_who_claims_expertise_has_declared_it(clinic: Clinic) -> None:
    """In the thread's subject, or in what a tag names; the reply bears its mark."""
    thread = await clinic.asked()
    refused = await say(clinic["eva"], thread, basis="EXPERTISE")
    assert refused["missing"] == "an expertise in what the thread is about"
    await declared(clinic["eva"], clinic, "gout")
    refused = await say(clinic["eva"], thread, basis="EXPERTISE", subject="gout")
    assert refused["missing"] == "an expertise in what the thread is about"
    await declared(clinic["eva"], clinic, "AURA")
    done = await say(clinic["eva"], thread, basis="EXPERTISE")
    assert (done["subject"], done["mark"]) == ("AURA", "SELF_DECLARED")
    assert (await say(clinic["eva"], thread))["mark"] is None


async def test_revoking_unmarks_replies_at_once(clinic: Clinic) -> None:
    """Nothing is written to them; the next look judges anew, and no new claim is taken."""
    thread = await clinic.asked()
    expertise = await declared(clinic["eva"], clinic)
    reply = await said(clinic["eva"], thread, basis="EXPERTISE")
    await clinic["eva"].do(REVOKE, id=expertise)
    found = await replies_of(clinic["ana"], thread) or []
    assert [(one["id"], one["mark"], one["version"]) for one in found] == [(reply, None, 1)]
    assert (await say(clinic["eva"], thread, basis="EXPERTISE"))["code"] == "NOT_ALLOWED"


async def test_a_revision_keeps_what_was_said(clinic: Clinic) -> None:
    """Of two on the same version the second learns the current one; the history has the first."""
    thread = await clinic.asked(visibility="PUBLIC")
    reply = await said(clinic["eva"], thread, sources=["a book"])
    change = {"reply": reply, "expectedVersion": 1, "text": "Keep a diary for a month."}
    assert (await clinic["eva"].do(REVISE, input=change))["revisions"] == 1
    late = await clinic["eva"].do(REVISE, input=change)
    assert (late["__typename"], late["currentVersion"]) == ("Conflict", 2)
    query = """query Q($id: ID!) { node(id: $id) { ... on Reply { text sources
                 history { totalCount nodes { number text sources } } } } }"""
    found = (await clinic["eva"].ask(query, id=reply))["node"]
    assert (found["text"], found["sources"]) == ("Keep a diary for a month.", ["a book"])
    assert found["history"] == {
        "totalCount": 1,
        "nodes": [{"number": 1, "text": "Keep a diary of them.", "sources": ["a book"]}],
    }
    assert (await clinic["sam"].ask(query, id=reply))["node"]["history"] is None


async def test_only_its_author_revises_a_reply_while_they_have_a_side(clinic: Clinic) -> None:
    """Neither others nor who was put out of the group; and something must be given."""
    thread = await clinic.asked()
    reply = await said(clinic["eva"], thread)
    change: dict[str, Any] = {"reply": reply, "expectedVersion": 1, "text": "Buy mine."}
    for who in ("emil", "ana", "max", "mo"):
        assert (await clinic[who].do(REVISE, input=change))["code"] == "NOT_ALLOWED"
    nothing = await clinic["eva"].do(REVISE, input={"reply": reply, "expectedVersion": 1})
    assert [problem["path"] for problem in nothing["problems"]] == ["text"]
    await assign(clinic, "eva", [])
    assert (await clinic["eva"].do(REVISE, input=change))["code"] == "NOT_ALLOWED"


async def test_the_asker_stays_behind_their_pseudonym(clinic: Clinic) -> None:
    """Fellow seekers and the public read their clarifications by it; experts read the name."""
    thread = await clinic.asked(visibility="PUBLIC", pseudonym="Quiet Heron")
    reply = await said(clinic["ana"], thread, "CLARIFY", text="It began in May.")
    for who in ("sam", "stranger", "anonymous"):
        [seen] = await replies_of(clinic[who], thread) or []
        assert (seen["author"], seen["pseudonym"]) == (None, "Quiet Heron"), who
        assert str(clinic["ana"].id) not in str(seen)
    for who in ("eva", "ana", "max", "mo"):
        [seen] = await replies_of(clinic[who], thread) or []
        assert (seen["author"], seen["pseudonym"]) == ({"id": clinic["ana"].id}, "Quiet Heron")
    query = "query Q($s: ID!) { events(filter: {subject: $s}) { nodes { type actor } } }"
    told = (await clinic["sam"].ask(query, s=thread))["events"]["nodes"]
    assert told[-1] == {"type": "thread.clarified", "actor": None}
    await said(clinic["eva"], thread)
    told = (await clinic["sam"].ask(query, s=thread))["events"]["nodes"]
    assert told[-1] == {"type": "thread.answered", "actor": clinic["eva"].id}
    assert (await clinic["sam"].ask(READ, id=reply))["node"]["author"] is None


async def test_replies_come_in_pages_oldest_first(clinic: Clinic, clock: Any) -> None:
    """Each page goes on after the last, and the count is that of the thread."""
    thread, ids = await clinic.asked(), []
    for _ in range(5):
        clock.turn(1)
        ids.append(await said(clinic["eva"], thread, "CLARIFY"))
    first = (await clinic["ana"].ask(LIST, id=thread, first=3))["thread"]["replies"]
    assert first["totalCount"] == 5
    after = first["pageInfo"]["endCursor"]
    rest = (await clinic["ana"].ask(LIST, id=thread, first=3, after=after))["thread"]["replies"]
    assert [one["id"] for page in (first, rest) for one in page["nodes"]] == ids
    assert rest["pageInfo"]["hasNextPage"] is False


async def assign(clinic: Clinic, who: str, sides: list[str]) -> None:
    """Put a person into groups, and out of all others."""
    given = {"space": clinic.space, "user": clinic[who].id, "sides": sides}
    assert await clinic["olga"].do(ASSIGN_GROUP, **given) == {"__typename": "Membership"}
    await clinic.world.engine.services.log.caught_up()


async def know_old_groups(server: World, person: Person, sides: Any) -> None:
    """Let a server know a person by groups that have changed since."""
    identities, token = server.engine.identities, person.token or ""
    viewer = await identities.find_viewer(token)
    assert viewer is not None
    far = datetime(2999, 1, 1)
    identities._known[fingerprint(token)] = (replace(viewer, sides=sides), far)


async def test_an_asker_does_not_name_what_they_are_known_for(clinic: Clinic) -> None:
    """Of few who are verified in a subject, the mark would tell who asks behind the pseudonym."""
    await declared(clinic["ana"], clinic)
    thread = await clinic.asked(visibility="PUBLIC")
    refused = await say(clinic["ana"], thread, "CLARIFY", basis="EXPERTISE")
    assert (refused["code"], refused["missing"]) == ("NOT_ALLOWED", "to speak from experience")
    assert (await say(clinic["ana"], thread, "CLARIFY"))["__typename"] == "Reply"
