"""Threads like another one: of those alone that the viewer sees, and each says why."""

from typing import Any

import pytest

from tests.api import World
from tests.clinic import PEOPLE, Clinic, open_clinic
from tests.consulting import decide

FOUND = """
    score threshold reasons parts { name value weight } thread { id title asker { id } }
"""
SIMILAR = f"""
query Q($thread: ID!, $first: Int! = 10) {{
  similarThreads(thread: $thread, first: $first) {{ {FOUND} }} }}
"""
DRAFT = f"""
query Q($space: ID!, $title: String!, $text: String! = "", $subject: String! = "",
    $tags: [String!]! = []) {{
  similarTo(space: $space, title: $title, text: $text, subject: $subject, tags: $tags) {{
    {FOUND} }} }}
"""
TIERS = ["PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR"]
EVERYBODY = [*PEOPLE, "olga", "mo", "stranger", "anonymous"]
WITHDRAW = "mutation M($id: ID!) { withdrawThread(input: {thread: $id}) { __typename } }"
MARK = """
mutation M($id: ID!, $of: ID!) { markDuplicate(input: {thread: $id, of: $of}) { __typename } }
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with people of every standing."""
    return await open_clinic(world)


async def similar(clinic: Clinic, who: str, thread: str, first: int = 10) -> list[dict[str, Any]]:
    """Return the threads that are like another, as somebody sees them."""
    found = await clinic[who].ask(SIMILAR, thread=thread, first=first)
    threads: list[dict[str, Any]] = found["similarThreads"]
    return threads


def ids(found: list[dict[str, Any]]) -> list[str]:
    """Return which threads were found, in their order."""
    return [one["thread"]["id"] for one in found]


async def test_it_finds_what_the_viewer_sees_and_nothing_else(clinic: Clinic) -> None:
    """Of equal threads of every tier each finds those that they can read, by the same name."""
    base = await clinic.asked(visibility="PUBLIC")
    others = {tier: await clinic.asked(visibility=tier) for tier in TIERS}
    invited = {"invited": [clinic["emil"].id]}
    await clinic.world.db["threads"].update_one({"_id": others["PAIR"]}, {"$set": invited})
    gone = await clinic.asked(visibility="PUBLIC")
    assert (await clinic["ana"].do(WITHDRAW, id=gone))["__typename"] == "Thread"
    for who in EVERYBODY:
        found = await similar(clinic, who, base)
        read = {id: await clinic.read(who, id) for id in [*others.values(), gone]}
        assert set(ids(found)) == {id for id, thread in read.items() if thread}, who
        for one in found:
            seen = read[one["thread"]["id"]]
            assert seen is not None
            shown = None if seen["asker"] is None else seen["asker"]["id"]
            assert one["thread"]["asker"] == (None if shown is None else {"id": shown}), who
    assert set(ids(await similar(clinic, "eva", base))) == {others[t] for t in TIERS[:3]}
    assert set(ids(await similar(clinic, "sam", base))) == {others[t] for t in TIERS[:2]}


async def test_of_what_one_does_not_see_nothing_is_similar(clinic: Clinic) -> None:
    """It looks like a thread that does not exist."""
    hidden = await clinic.asked(visibility="EXPERTS_ONLY")
    for id in (hidden, "thr_x"):
        body = await clinic["sam"].send(SIMILAR, thread=id)
        [error] = body["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND"
        assert error["message"] == "There is no such thread."


async def test_a_score_says_what_it_is_made_of(clinic: Clinic) -> None:
    """The parts by the weights of the space give the score, and sentences name what is shared."""
    traits = [
        {"name": "nausea", "presence": "PRESENT"},
        {"name": "fever", "presence": "ABSENT"},
    ]
    base = await clinic.asked(facets=traits, visibility="SPACE")
    other = await clinic.asked(
        facets=[{**traits[0]}, {"name": "fever", "presence": "PRESENT"}],
        visibility="SPACE",
        text="Zigzags, and then I am sick.",
        tags=["aura", "light"],
    )
    [found] = await similar(clinic, "sam", base)
    assert found["threshold"] == 0.2
    assert found["thread"]["id"] == other
    parts = {part["name"]: part for part in found["parts"]}
    weights = {name: part["weight"] for name, part in parts.items()}
    assert weights == pytest.approx({"text": 0.5, "facets": 0.3, "tags": 0.2})
    assert found["score"] == pytest.approx(
        sum(part["value"] * part["weight"] for part in parts.values())
    )
    assert parts["facets"]["value"] == 0.5
    assert parts["tags"]["value"] == pytest.approx(2 / 3)
    assert "Present in both: nausea." in found["reasons"]
    assert "Present in one and absent in the other: fever." in found["reasons"]
    assert "Both are about aura, migraine." in found["reasons"]


async def test_the_most_alike_come_first_and_the_unlike_not_at_all(clinic: Clinic) -> None:
    """As many as are asked for, down to the threshold of the space, which it can change."""
    base = await clinic.asked()
    same = await clinic.asked()
    near = await clinic.asked(title="Zigzags while reading", text="What are these?")
    await clinic.asked(subject="knees", title="A knee clicks", text="On stairs.", tags=["joint"])
    found = await similar(clinic, "sam", base)
    assert ids(found) == [same, near]
    assert found[0]["score"] == 1
    assert found[0]["score"] > found[1]["score"] >= 0.2
    assert ids(await similar(clinic, "sam", base, first=1)) == [same]
    await decide(clinic, similarityThreshold=0.95)
    assert ids(await similar(clinic, "sam", base)) == [same]
    body = await clinic["sam"].send(SIMILAR, thread=base, first=51)
    assert body["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_duplicates_of_a_thread_are_passed_over(clinic: Clinic) -> None:
    """Who reads the original need not read it again; from the duplicate one finds the original."""
    base, again = await clinic.asked(), await clinic.asked()
    assert (await clinic["ana"].do(MARK, id=again, of=base))["__typename"] == "Thread"
    assert await similar(clinic, "sam", base) == []
    assert ids(await similar(clinic, "sam", again)) == [base]


async def test_words_are_found_in_scripts_without_spaces_and_whatever_their_accents(
    clinic: Clinic,
) -> None:
    """By pairs of characters, and by what words fold to."""
    one = await clinic.asked(subject="頭痛", title="片頭痛の前に光が見える", text="目", tags=[])
    other = await clinic.asked(subject="頭痛", title="頭痛の前の光", text="前", tags=[])
    assert ids(await similar(clinic, "sam", one)) == [other]
    first = await clinic.asked(subject="épaule", title="Douleur à l'épaule", text="x", tags=[])
    second = await clinic.asked(subject="Epaule", title="EPAULE douleurs", text="y", tags=[])
    assert ids(await similar(clinic, "sam", first)) == [second]


async def test_a_rare_word_finds_an_old_thread_among_many(clinic: Clinic) -> None:
    """However many newer threads share the common words, what is most alike is looked at."""
    old = await clinic.asked(title="Zigzags after sumatriptan", text="Since the second dose.")
    stored: Any = await clinic.stored(old)
    clinic.world.clock.turn(60)  # type: ignore[attr-defined]
    plain = await clinic.stored(await clinic.asked())
    many = [
        {**plain, "_id": f"thr_{n:04}", "title": f"Zigzags {n}", "text": f"Number {n}."}
        for n in range(300)
    ]
    await clinic.world.db["threads"].insert_many(many)
    base = await clinic.asked(title="Sumatriptan and zigzags", text="The second dose of it.")
    [best, *_] = await similar(clinic, "sam", base)
    assert best["thread"]["id"] == stored["_id"]


async def test_a_draft_is_compared_before_it_is_asked(clinic: Clinic) -> None:
    """Nothing is stored, and the same is seen as of a thread."""
    open_one = await clinic.asked()
    await clinic.asked(visibility="EXPERTS_ONLY")
    draft = {"space": clinic.space, "title": "Zigzags before pain", "subject": "Migraine"}
    found = (await clinic["sam"].ask(DRAFT, **draft, tags=["aura"]))["similarTo"]
    assert ids(found) == [open_one]
    assert await clinic.world.db["threads"].count_documents({"space": clinic.space}) == 2
    assert (await clinic["anonymous"].ask(DRAFT, **draft))["similarTo"] == []
    empty = await clinic["sam"].ask(DRAFT, space=clinic.space, title="")
    assert empty["similarTo"] == []
    body = await clinic["sam"].send(DRAFT, **draft, text="x" * 20_001, tags=["x"] * 21)
    problems = body["errors"][0]["extensions"]["problems"]
    assert [one["path"] for one in problems] == ["text", "tags"]


async def test_in_a_space_for_members_only_they_compare(world: World) -> None:
    """Whoever may not read threads there learns of none by comparing."""
    clinic = await open_clinic(world, "MEMBERS")
    await clinic.asked(visibility="PUBLIC")
    draft = {"space": clinic.space, "title": "Zigzags before the pain", "subject": "migraine"}
    for who in ("stranger", "anonymous"):
        body = await clinic[who].send(DRAFT, **draft)
        assert body["data"] is None
    assert len((await clinic["sam"].ask(DRAFT, **draft))["similarTo"]) == 1
