"""Threads that mean something alike: found in other words, by those who see them, and by nobody."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from app.broking.meaning import can_read
from app.db.client import Database
from app.db.indexes import ensure_indexes
from app.resolvers import meanings
from app.resolvers.thread_search import MOST_NEAR
from app.settings import Settings
from tests.api import World, one_process
from tests.clinic import Clinic, open_clinic
from tests.operations.test_similar import similar
from tests.operations.test_thread_search import search

HEART: dict[str, Any] = {
    "title": "Who knows a good cardiologist?",
    "text": "Palpitations keep me awake.",
    "subject": "palpitations",
    "tags": [],
}
BIKE: dict[str, Any] = {
    "title": "Looking for somebody to repair my bicycle",
    "text": "The chain jumps off and the brakes squeal.",
    "subject": "repairs",
    "tags": [],
}
WORDS = "heart races night"
# A process in which the extra is not installed.
WITHOUT = """
import asyncio, sys
from importlib.machinery import PathFinder
gone, find = {"numpy", "safetensors", "tokenizers", "wordllama"}, PathFinder.find_spec
PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None:
        None if name.partition(".")[0] in gone else find(name, path, target)
)
from tests.operations.test_meanings import go_without
asyncio.run(go_without(*sys.argv[1:]))
assert gone.isdisjoint(sys.modules), gone & sys.modules.keys()
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


@pytest.fixture
async def other(db: Database, settings: Settings, world: World) -> AsyncIterator[World]:
    """Another process on the same database."""
    database = Database(settings.mongodb_uri or "", db.name, settings.mongo_driver)
    async with one_process(database, settings, world.clock) as process:
        yield process
    await database.close()


async def hits(clinic: Clinic, who: str = "ana", **given: Any) -> list[str]:
    """Return what somebody finds by what is meant, without a word that is in it."""
    found = await search(clinic, WORDS, who, **given)
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"]["thread"]["id"] for edge in found["edges"]]


async def read_all(clinic: Clinic) -> None:
    """Let the chore do its work."""
    await clinic.world.tick()


async def test_it_is_found_in_other_words_once_it_was_read(clinic: Clinic) -> None:
    """The third ranking finds it alone, and says so; unlike things it does not find."""
    heart = await clinic.asked(**HEART)
    await clinic.asked(**BIKE)
    assert await hits(clinic) == []
    await read_all(clinic)
    found = await search(clinic, WORDS)
    [hit] = [edge["node"] for edge in found["edges"]]
    assert (hit["thread"]["id"], found["totalCount"]) == (heart, 1)
    assert hit["reasons"] == ["Number 1 of 1 by meaning."]
    values = {part["name"]: part["value"] for part in hit["parts"]}
    assert values == {"text": 0, "ngrams": 0, "meaning": 1}
    assert hit["score"] == pytest.approx(1 / 3)


async def test_the_three_rankings_are_fused(clinic: Clinic) -> None:
    """What has the words and means it too comes before what has the words alone."""
    both = await clinic.asked(**HEART | {"text": "My heart races every night."})
    words = await clinic.asked(
        **BIKE | {"text": f"The night of the races, with all my heart. {'Cheers!' * 99}"}
    )
    await read_all(clinic)
    assert (await hits(clinic))[:2] == [both, words]


async def test_a_space_weighs_it(clinic: Clinic) -> None:
    """By its rules, also where these were written before there was such a ranking."""
    await clinic.asked(**HEART)
    await read_all(clinic)
    for weights, score in (
        ({"text": 1.0, "ngrams": 2.0}, 0.25),
        ({"text": 1.0, "ngrams": 1.0, "meaning": 0.0}, 0),
    ):
        change = {"$set": {"broking.ranking_weights": weights}}
        await clinic.world.db["spaces"].update_one({"_id": clinic.space}, change)
        clinic.world.engine.services.spaces.forget(clinic.space)
        [edge] = (await search(clinic, WORDS))["edges"]
        assert edge["node"]["score"] == pytest.approx(score)


async def test_what_is_not_seen_is_neither_found_nor_counted_nor_ranked(clinic: Clinic) -> None:
    """Though it is nearer than all that is seen; and nobody's page is shorter for it."""
    tiers = ("PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR")
    nearer = {"text": "The waiting lists of this town are long."}
    for tier in tiers:
        change = {} if tier == "PUBLIC" else nearer
        await clinic.asked("sam", visibility=tier, **HEART | change)
    await clinic.asked(visibility="PUBLIC", state="WITHDRAWN", **HEART | nearer)
    await read_all(clinic)
    counts = {"sam": 4, "ana": 3, "mia": 2, "eva": 3, "max": 2, "mo": 2, "anonymous": 1}
    for who, count in counts.items():
        found = await search(clinic, WORDS, who)
        assert found["totalCount"] == len(found["edges"]) == count, who
        said = {reason for edge in found["edges"] for reason in edge["node"]["reasons"]}
        assert all(reason.endswith(f"of {count} by meaning.") for reason in said), (who, said)
        last = found["edges"][-1]["node"]
        assert f"Number {count} of {count} by meaning." in last["reasons"], who


async def test_what_is_filtered_out_is_not_found(clinic: Clinic) -> None:
    """By the filter of lists, before anything is ranked."""
    await clinic.asked("sam", **HEART)
    mine = await clinic.asked(**HEART)
    await read_all(clinic)
    assert await hits(clinic, filter={"mine": True}) == [mine]
    assert await hits(clinic, filter={"states": ["CLOSED"]}) == []


async def test_what_was_revised_is_read_anew(clinic: Clinic) -> None:
    """What it said before is not found any more, also where it is in another language now."""
    revise = """mutation M($input: ReviseThreadInput!) {
      reviseThread(input: $input) { ... on Thread { version } } }"""
    heart = await clinic.asked(**HEART)
    await read_all(clinic)
    assert await hits(clinic) == [heart]
    said = {key: BIKE[key] for key in ("title", "text", "subject")}
    given = {"thread": heart, "expectedVersion": 1, **said}
    assert (await clinic["ana"].do(revise, input=given))["version"] == 2
    await read_all(clinic)
    assert await hits(clinic) == []
    given |= {"expectedVersion": 2, **HEART}
    assert (await clinic["ana"].do(revise, input=given))["version"] == 3
    await read_all(clinic)
    assert await hits(clinic) == [heart]
    assert await clinic["ana"].do(revise, input=given | {"expectedVersion": 3, "language": "fr"})
    await read_all(clinic)
    assert await hits(clinic) == []


async def test_other_languages_are_left_to_the_words(clinic: Clinic) -> None:
    """Neither is such a thread read, nor such a text looked for by what it means."""
    await clinic.ask(**HEART, language="fr")
    await read_all(clinic)
    assert await hits(clinic) == []
    english = await clinic.asked(**HEART)
    await read_all(clinic)
    assert await hits(clinic, language="en") == [english]
    assert await hits(clinic, language="fr") == []
    assert await clinic.world.db["meanings"].count_documents({"_id": {"$gt": ""}}) == 1


async def test_every_process_finds_what_was_read_just_now(clinic: Clinic, other: World) -> None:
    """Whichever read it, and whatever a process had looked at before."""
    elsewhere = Clinic(other, clinic.space, {"ana": other.anonymous})
    public = HEART | {"visibility": "PUBLIC"}
    for count in (1, 2, 3):
        await clinic.asked(**public)
        await (clinic.world if count % 2 else other).tick()
        for there in (clinic, elsewhere):
            assert len(await hits(there)) == count


async def test_what_was_asked_before_is_read_and_another_reader_reads_all_anew(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread without a word of it, and those of an older version; never back again."""
    old = await clinic.asked(**HEART)
    await clinic.world.db["threads"].update_one({"_id": old}, {"$unset": {"meant": ""}})
    await read_all(clinic)
    assert await hits(clinic) == [old]
    monkeypatch.setattr(meanings, "VERSION", 2)
    meanings._KNOWN.clear()  # another version is another process
    assert await hits(clinic) == []
    await read_all(clinic)
    assert (await clinic.stored(old)).get("meant") == 2
    monkeypatch.setattr(meanings, "VERSION", 1)
    await read_all(clinic)
    assert (await clinic.stored(old)).get("meant") == 2


async def test_no_more_than_a_page_is_found_by_meaning(clinic: Clinic) -> None:
    """However many mean the same."""
    pattern: Any = await clinic.stored(await clinic.asked(**HEART))
    copies = [{**pattern, "_id": f"thr_copy{n}"} for n in range(MOST_NEAR + 5)]
    await clinic.world.db["threads"].insert_many(copies)
    await read_all(clinic)
    assert len(await hits(clinic)) == MOST_NEAR


async def test_spaces_that_nobody_searches_are_forgotten(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one searched last stays, and what was forgotten is read again."""
    heart = await clinic.asked(**HEART)
    await read_all(clinic)
    monkeypatch.setattr(meanings, "MOST_KEPT", 0)
    for _ in range(2):
        assert await hits(clinic) == [heart]
        known = meanings._KNOWN[clinic.world.db]
        assert list(known) == [clinic.space]
        known["spc_else"] = known.pop(clinic.space)
    assert await hits(clinic) == [heart]
    assert list(known) == [clinic.space]


async def test_threads_are_alike_by_what_they_mean(clinic: Clinic) -> None:
    """Without a word in common; the part says how much, and what is unlike is not found."""
    heart = await clinic.asked(**HEART)
    alike = await clinic.asked(
        title="My heart races", text="Often at night, in bed.", subject="pulse", tags=[]
    )
    await clinic.asked(**BIKE)
    assert await similar(clinic, "sam", heart) == []
    await read_all(clinic)
    await clinic.world.db["spaces"].update_one(
        {"_id": clinic.space}, {"$set": {"broking.similarity_threshold": 0.05}}
    )
    clinic.world.engine.services.spaces.forget(clinic.space)
    [found] = await similar(clinic, "sam", heart)
    assert found["thread"]["id"] == alike
    parts = {part["name"]: part for part in found["parts"]}
    assert parts["meaning"]["value"] > 0.2
    assert parts["meaning"]["weight"] == pytest.approx(0.3)
    assert found["score"] == pytest.approx(
        sum(part["value"] * part["weight"] for part in parts.values() if part["value"])
    )


async def test_without_the_extra_all_else_is_as_ever(
    db: Database, settings: Settings, clock: Any
) -> None:
    """It is found by its words; whoever installs the extra later finds it by what it means."""
    arguments = [settings.mongodb_uri or "", db.name]
    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", WITHOUT, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    async with one_process(db, settings, clock) as world:
        await world.tick()
        [space] = await db["spaces"].find({"_id": {"$gt": ""}}, {"_id": 1}).to_list(None)
        clinic = Clinic(world, space["_id"], {"ana": world.anonymous})
        assert len(await hits(clinic)) == 1


async def go_without(uri: str, name: str) -> None:
    """Ask and search where no meaning can be read."""
    assert not can_read()
    settings = Settings(mongodb_uri=uri, argon2_memory_kib=8, argon2_time_cost=1)
    db = Database(uri, name, settings.mongo_driver)
    await ensure_indexes(db)
    async with one_process(db, settings, lambda: datetime(2026, 3, 1, 12)) as world:
        clinic = await open_clinic(world)
        heart = await clinic.asked(visibility="PUBLIC", **HEART)
        again = await clinic.asked(**HEART)
        await world.tick()
        assert await hits(clinic) == []
        [edge, _] = (await search(clinic, "cardiologist"))["edges"]
        assert (edge["node"]["score"], len(edge["node"]["parts"])) == (1, 2)
        [alike] = await similar(clinic, "ana", heart)
        assert (alike["thread"]["id"], len(alike["parts"])) == (again, 3)
        assert (await clinic.stored(heart)).get("meant") == 0
        await clinic.world.db["threads"].delete_one({"_id": again})
    await db.close()
