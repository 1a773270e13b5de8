"""Asking, reading and revising: who sees what of a thread, and never who asked without a name."""

import asyncio
from itertools import product
from typing import Any

import orjson
import pytest

from tests.api import World
from tests.clinic import ASK, FAILURES, READ, THREAD, Clinic, open_clinic

REVISE = f"""
mutation M($input: ReviseThreadInput!) {{ reviseThread(input: $input) {{ {THREAD} {FAILURES} }} }}
"""
DEED = "mutation M($id: ID!) {{ {}(input: {{thread: $id}}) {{ __typename }} }}"
MARK = """
mutation M($id: ID!, $of: ID!) { markDuplicate(input: {thread: $id, of: $of}) { __typename } }
"""
REPLY = """
mutation M($id: ID!, $act: ReplyAct!) {
  reply(input: {thread: $id, act: $act, text: "Said."}) { ... on Reply { id author { id } } } }
"""
ACCEPT = "mutation M($id: ID!) { acceptReply(id: $id) { __typename } }"
LIST = """
query Q($space: ID!, $filter: ThreadFilterInput) {
  threads(space: $space, filter: $filter) { totalCount nodes { id } } }
"""
REVISIONS = """
query Q($id: ID!) { thread(id: $id) { revisions(first: 5) {
  totalCount nodes { number at subject title text tags language visibility facets { name } } } } }
"""
EVERYTHING = f"""
query Q($id: ID!, $space: ID!) {{
  thread(id: $id) {{ {THREAD} revisions(first: 2) {{ edges {{ cursor node {{ title }} }} }} }}
  node(id: $id) {{ id {THREAD} }}
  threads(space: $space, first: 3) {{ edges {{ cursor node {{ {THREAD} }} }} }}
  searchThreads(space: $space, text: "zigzags", first: 3) {{
    edges {{ cursor node {{ reasons thread {{ {THREAD} }} }} }} }}
  events(filter: {{subject: $id}}) {{ edges {{ cursor node {{ type actor subject at }} }} }}
  replies(thread: $id, first: 5) {{ edges {{ cursor node {{
    text pseudonym author {{ id name }} history(first: 2) {{ nodes {{ text }} }}
    thread {{ {THREAD} }} }} }} }}
  similarThreads(thread: $id, first: 3) {{ reasons thread {{ {THREAD} }} }}
}}
"""
LIVE = """
subscription S($id: ID!, $after: String) { events(filter: {subject: $id}, after: $after) {
  ... on Event { cursor type actor subject } } }
"""
TIERS = ["PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR"]
# N: sees it with the asker's name, p: with the pseudonym, dot: it is not there.
SIGHT = """
           PUBLIC SPACE EXPERTS_ONLY PAIR
ana        N      N     N            N
sam        p      p     .            .
mia        p      p     .            .
eva        N      N     N            .
emil       N      N     N            N
max        N      N     .            .
olga       N      N     .            .
mo         N      N     .            .
stranger   p      .     .            .
anonymous  p      .     .            .
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


async def test_a_question_stands_as_it_was_asked(clinic: Clinic) -> None:
    """It is open, waits for the space's time, and bears a name that was drawn for it."""
    made = await clinic.ask()
    assert (made["kind"], made["state"], made["visibility"]) == ("QUESTION", "OPEN", "SPACE")
    assert (made["onBehalfOf"], made["language"]) == ("SELF", "en")
    assert made["route"] == {
        "rung": None,
        "since": "2026-03-01T12:00:00.000Z",
        "dueAt": "2026-03-02T00:00:00.000Z",
    }
    assert len(made["pseudonym"].split()) == 2
    assert made["asker"]["id"] == clinic["ana"].id
    other = await clinic.ask()
    assert other["pseudonym"] != made["pseudonym"]


async def test_a_case_has_traits_and_is_for_experts(clinic: Clinic) -> None:
    """Each trait is there, is not there, or is not known; and what is there has begun."""
    facets: list[dict[str, Any]] = [
        {"name": "nausea", "presence": "PRESENT", "onset": "2026-02-01T00:00:00.000Z"},
        {"name": "fever", "presence": "ABSENT", "onset": None},
        {"name": "aura", "presence": "UNKNOWN", "onset": None},
    ]
    made = await clinic.ask(facets=facets, onBehalfOf="RELATIVE", language="fr-BE")
    assert (made["kind"], made["visibility"]) == ("CASE", "EXPERTS_ONLY")
    assert (made["onBehalfOf"], made["language"]) == ("RELATIVE", "fr-BE")
    assert made["facets"] == [
        {"name": one["name"], "presence": one["presence"], "onset": one["onset"]} for one in facets
    ]


async def test_all_that_is_wrong_is_told_at_once(clinic: Clinic) -> None:
    """By path, with how to mend it; and nothing is asked."""
    refused = await clinic.ask(
        subject=" ",
        title="t" * 201,
        text="",
        tags=[f"tag{n}" for n in range(11)],
        language="englisch",
        facets=[
            {"name": "Fièvre", "presence": "ABSENT", "onset": "2026-01-01T00:00:00Z"},
            {"name": "fievre", "presence": "PRESENT", "onset": "2026-03-02T00:00:00Z"},
        ],
    )
    assert [problem["path"] for problem in refused["problems"]] == [
        "subject",
        "title",
        "text",
        "tags",
        "facets.0.onset",
        "facets.1.name",
        "facets.1.onset",
        "language",
    ]
    assert await clinic.world.db["threads"].count_documents({"space": clinic.space}) == 0


async def test_a_pseudonym_does_not_tell_who_asks(clinic: Clinic) -> None:
    """One in which the asker's own name stands is refused."""
    assert (await clinic.ask(pseudonym=" Night Owl "))["pseudonym"] == "Night Owl"
    for telling in ("Ana's friend", "ÀNA", "", "x" * 61):
        refused = await clinic.ask(pseudonym=telling)
        assert [problem["path"] for problem in refused["problems"]] == ["pseudonym"], telling


async def test_those_who_seek_may_ask(clinic: Clinic) -> None:
    """Others are told what they lack: the group, or membership of the space."""
    for who in ("ana", "sam", "bo"):
        assert (await clinic.ask(who))["__typename"] == "Thread"
    for who in ("eva", "mia", "max"):
        refused = await clinic.ask(who)
        assert (refused["code"], refused["missing"]) == ("NOT_ALLOWED", "membership of seekers")
    for who in ("mo", "stranger"):
        refused = await clinic.ask(who)
        assert (refused["code"], refused["missing"]) == ("NOT_ALLOWED", "membership of the space")
    assert (await clinic.ask("anonymous"))["code"] == "NOT_SIGNED_IN"


async def test_nothing_is_asked_where_people_do_not_ask_each_other(world: World) -> None:
    """A space of another model has no threads."""
    ada = await world.person("ada")
    space = await world.space(ada)
    given = {"space": space, "subject": "s", "title": "t", "text": "x"}
    refused = await ada.do(ASK, input=given)
    assert refused["__typename"] == "NotAllowed"
    assert "KNOWLEDGE_BROKER" in refused["missing"]


async def test_the_same_key_asks_once(clinic: Clinic) -> None:
    """Ten requests at once under one key give one thread; another input under it is refused."""
    made = await asyncio.gather(*(clinic.ask(idempotencyKey="q-1") for _ in range(10)))
    assert len({(thread["id"], thread["pseudonym"]) for thread in made}) == 1
    assert await clinic.world.db["threads"].count_documents({"space": clinic.space}) == 1
    assert (await clinic.ask(idempotencyKey="q-1", title="Other"))["code"] == "CONFLICT"
    assert (await clinic.ask("sam", idempotencyKey="q-1"))["id"] != made[0]["id"]


@pytest.mark.parametrize("openness", ["OPEN", "MEMBERS"])
async def test_who_sees_a_thread_and_whom_in_it(world: World, openness: str) -> None:
    """By `thread`, by `node`, in lists and in their counts alike."""
    clinic = await open_clinic(world, openness)
    ids = {tier: await clinic.asked(visibility=tier, invited=[]) for tier in TIERS}
    invited = {"invited": [clinic["emil"].id]}
    await world.db["threads"].update_one({"_id": ids["PAIR"]}, {"$set": invited})
    rows = [row.split() for row in SIGHT.strip().splitlines()[1:]]
    for who, *cells in rows:
        outside = openness == "MEMBERS" and who in {"stranger", "anonymous"}
        seen = []
        for tier, cell in zip(TIERS, cells, strict=True):
            expected = "." if outside else cell
            thread = await clinic.read(who, ids[tier])
            node = await clinic[who].ask("query Q($id: ID!) { node(id: $id) { id } }", id=ids[tier])
            assert (thread is None) == (node["node"] is None) == (expected == "."), (who, tier)
            if thread is not None:
                assert (thread["asker"] is not None) == (expected == "N"), (who, tier)
                seen.append({"id": ids[tier]})
        listed = await clinic[who].send(LIST, space=clinic.space)
        if outside:
            assert listed["errors"][0]["extensions"]["code"] in {"NOT_ALLOWED", "NOT_SIGNED_IN"}
        else:
            found = listed["data"]["threads"]
            assert found["nodes"] == sorted(seen, key=lambda one: one["id"], reverse=True), who
            assert found["totalCount"] == len(seen)


async def test_nobody_is_unmasked(clinic: Clinic) -> None:
    """Whatever the asker does, no answer to somebody who sees the pseudonym holds id or name."""
    ana, db = clinic["ana"], clinic.world.db
    await db["users"].update_one({"_id": ana.id}, {"$set": {"name": "Anastasia Unmistakable"}})
    id, other = await clinic.asked(visibility="PUBLIC"), await clinic.asked("sam")
    said = await ana.do(
        REVISE, input={"thread": id, "expectedVersion": 1, "title": "Zigzags, still"}
    )
    assert said["__typename"] == "Thread"
    said = await ana.do(REPLY, id=id, act="CLARIFY")
    assert said["author"]["id"] == ana.id
    advice = await clinic["eva"].do(REPLY, id=id, act="ADVICE")
    accepted = await ana.do(ACCEPT, id=advice["id"])
    assert accepted["__typename"] == "Reply"
    for deed in ("closeThread", "reopenThread"):
        assert await ana.do(DEED.format(deed), id=id) == {"__typename": "Thread"}
    assert await ana.do(MARK, id=id, of=other) == {"__typename": "Thread"}
    email = (await db["users"].find_one({"_id": ana.id}) or {})["email"]
    for who in ("sam", "mia", "stranger", "anonymous"):
        body = await clinic[who].send(EVERYTHING, id=id, space=clinic.space)
        answer = orjson.dumps(body).decode()
        assert id in answer
        assert "thread.marked_duplicate" in answer
        assert answer.count('"text":"Said."') == 2
        for telling in (ana.id, "Unmistakable", email):
            assert str(telling) not in answer, who
        async with clinic[who].watch(LIVE, id=id, after=None) as stream:
            assert await ana.do(DEED.format("reopenThread"), id=id) == {"__typename": "Thread"}
            assert (await anext(stream))["actor"] is None
        await ana.do(MARK, id=id, of=other)
    known = orjson.dumps(await clinic["eva"].send(EVERYTHING, id=id, space=clinic.space)).decode()
    assert "Unmistakable" in known


async def test_a_revision_keeps_what_was_said(clinic: Clinic) -> None:
    """The asker and experts read it; whoever sees the pseudonym alone does not."""
    id = await clinic.asked(visibility="PUBLIC")
    changes = {"title": "Zigzags", "tags": ["Aura", "aura", "light"], "language": "fr"}
    revised = await clinic["ana"].do(REVISE, input={"thread": id, "expectedVersion": 1, **changes})
    assert (revised["title"], revised["version"], revised["state"]) == ("Zigzags", 2, "OPEN")
    assert revised["tags"] == ["Aura", "light"]
    assert (await clinic.stored(id))["text_language"] == "french"
    await clinic["ana"].do(REVISE, input={"thread": id, "expectedVersion": 2, "text": "Shorter."})
    for who in ("ana", "eva", "max", "mo"):
        found = (await clinic[who].ask(REVISIONS, id=id))["thread"]["revisions"]
        assert found["totalCount"] == 2
        latest, first = found["nodes"]
        assert (latest["number"], latest["title"]) == (2, "Zigzags")
        assert latest["text"].startswith("Each attack")
        assert (first["number"], first["title"]) == (1, "Bright zigzags before the pain")
        assert (first["tags"], first["language"]) == (["aura"], "en")
    for who in ("sam", "stranger", "anonymous"):
        assert (await clinic[who].ask(REVISIONS, id=id))["thread"]["revisions"] is None


async def test_a_revision_needs_the_version_that_was_seen(clinic: Clinic) -> None:
    """Of several revisions of one version one is taken, and the others learn the current one."""
    id = await clinic.asked()
    said = await asyncio.gather(
        *(
            clinic["ana"].do(REVISE, input={"thread": id, "expectedVersion": 1, "text": f"{n}."})
            for n in range(4)
        )
    )
    kinds = sorted(one["__typename"] for one in said)
    assert kinds == ["Conflict", "Conflict", "Conflict", "Thread"]
    assert {one["currentVersion"] for one in said if one["__typename"] == "Conflict"} == {2}
    assert await clinic.world.db["revisions"].count_documents({"of": id}) == 1


async def test_what_is_said_again_is_no_revision(clinic: Clinic) -> None:
    """The same words change nothing, and nobody is told."""
    id = await clinic.asked()
    same = {"thread": id, "expectedVersion": 1, "tags": ["aura"], "visibility": "SPACE"}
    assert (await clinic["ana"].do(REVISE, input=same))["version"] == 1
    assert await clinic.world.db["revisions"].count_documents({"of": id}) == 0


async def test_a_thread_can_only_be_shown_to_fewer(clinic: Clinic) -> None:
    """For those who wrote in it did so for those who saw it then."""
    for found, wanted in product(TIERS, TIERS):
        id = await clinic.asked(visibility=found)
        change: dict[str, Any] = {"thread": id, "expectedVersion": 1, "visibility": wanted}
        said = await clinic["ana"].do(REVISE, input=change)
        if TIERS.index(wanted) >= TIERS.index(found):
            assert said["visibility"] == wanted
            assert (await clinic.read("max", id) is None) == (wanted in {"EXPERTS_ONLY", "PAIR"})
        else:
            assert said["problems"][0]["path"] == "visibility"


async def test_a_pair_is_two(clinic: Clinic) -> None:
    """A thread to which two experts were invited cannot be made one for a pair."""
    id = await clinic.asked(invited=[clinic["eva"].id, clinic["emil"].id])
    change = {"thread": id, "expectedVersion": 1, "visibility": "PAIR"}
    said = await clinic["ana"].do(REVISE, input=change)
    assert said["problems"][0]["path"] == "visibility"


async def test_a_stream_ends_for_whom_a_thread_is_lost(clinic: Clinic) -> None:
    """What happens in a thread after it was shown to fewer does not reach the others."""
    ana, id = clinic["ana"], await clinic.asked()
    listen = "subscription S { events { ... on Event { type subject } } }"
    async with clinic["sam"].watch(listen) as stream:
        await ana.do(DEED.format("closeThread"), id=id)
        assert await anext(stream) == {"type": "thread.closed", "subject": id}
        await ana.do(DEED.format("reopenThread"), id=id)
        assert (await anext(stream))["type"] == "thread.reopened"
        narrowed = {"thread": id, "expectedVersion": 3, "visibility": "EXPERTS_ONLY"}
        assert (await ana.do(REVISE, input=narrowed))["__typename"] == "Thread"
        other = await clinic.asked("sam")
        assert await anext(stream) == {"type": "thread.asked", "subject": other}
    assert (await clinic["sam"].ask(READ, id=id))["thread"] is None
