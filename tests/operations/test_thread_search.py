"""Searching threads: words and their endings, beginnings, scripts without spaces, what is seen."""

from typing import Any

import pytest

from app.resolvers.thread_search import MOST_FOUND
from tests.api import World
from tests.clinic import Clinic, open_clinic

SEARCH = """
query Q($space: ID!, $text: String!, $language: String, $filter: ThreadFilterInput,
        $first: Int, $after: String, $last: Int, $before: String) {
  searchThreads(space: $space, text: $text, language: $language, filter: $filter,
                first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node {
      score parts { name value weight } reasons thread { id title pseudonym asker { name } }
    } }
  }
}
"""
FIND = """
query Q($space: ID!, $text: String!, $language: String) {
  searchThreads(space: $space, text: $text, language: $language, first: 3) {
    totalCount nodes { thread { id } } } }
"""
THREADS: dict[str, dict[str, Any]] = {
    "shoulder": {
        "title": "Douleurs à l'épaule",
        "subject": "épaule",
        "text": "J’ai mal depuis l’été, surtout quand je porte mon cœur… de pierre.",
        "tags": ["douleur"],
        "language": "fr",
    },
    "children": {
        "title": "Comment dorment vos enfants ?",
        "subject": "sommeil",
        "text": "Les nôtres se réveillent chaque nuit.",
        "tags": [],
        "language": "fr-CH",
    },
    "attacks": {
        "title": "Running after attacks",
        "subject": "migraine",
        "text": "Whenever I was running or swimming, the studies said it helps.",
        "tags": ["exercise"],
        "language": "en",
    },
    "cardiology": {
        "title": "Who knows a good cardiologist?",
        "subject": "heart",
        "text": "Palpitations keep me awake.",
        "tags": ["rhythm"],
        "language": "en",
    },
    "chinese": {
        "title": "偏头痛发作前看到闪光",
        "subject": "偏头痛",
        "text": "每次发作之前都会看到锯齿状的光。",
        "tags": ["先兆"],
        "language": "zh",
    },
    "thai": {
        "title": "ปวดหัวข้างเดียวมานาน",
        "subject": "ไมเกรน",
        "text": "ฉันเห็นแสงวาบก่อนปวดหัวทุกครั้ง",
        "tags": [],
        "language": "th",
    },
}
FOUND = [
    # French: endings, accents, elision and ligatures
    ("douleur", None, "shoulder"),
    ("douleurs", "fr", "shoulder"),
    ("epaule", None, "shoulder"),
    ("l'épaule", None, "shoulder"),
    ("L’EPAULE", "fr", "shoulder"),
    ("d'épaules", "fr", "shoulder"),
    ("ete", None, "shoulder"),
    ("coeur", None, "shoulder"),
    ("enfant", "fr", "children"),
    ("dormir enfant", "fr", "children"),
    # the same for English
    ("run", None, "attacks"),
    ("swims", "en", "attacks"),
    ("study", "en", "attacks"),
    ("attack", None, "attacks"),
    # beginnings of words, in any language
    ("cardio", None, "cardiology"),
    ("palpit awa", None, "cardiology"),
    ("ologist", None, ""),
    # scripts without spaces
    ("头痛", None, "chinese"),
    ("闪光", "zh", "chinese"),
    ("锯齿", None, "chinese"),
    ("光闪", None, ""),
    ("ปวดหัว", None, "thai"),
    ("แสงวาบ", "th", "thai"),
    # nothing of the search language gets through
    ("-douleur", None, "shoulder"),
    ('"running after"', None, "attacks"),
    ("qqqq", None, ""),
]


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


async def fill(clinic: Clinic) -> dict[str, str]:
    """Ask everything in `THREADS`; return the names by identifier."""
    names = {}
    for name, said in THREADS.items():
        made = await clinic.ask(**said)
        names[made["id"]] = name
    return names


async def search(clinic: Clinic, text: str, who: str = "ana", **given: Any) -> dict[str, Any]:
    """Return what a search finds."""
    found = await clinic[who].ask(SEARCH, space=clinic.space, text=text, **given)
    answer: dict[str, Any] = found["searchThreads"]
    return answer


async def test_what_is_found_by_what(clinic: Clinic) -> None:
    """In French, in English, by beginnings, and where words are not set apart."""
    names = await fill(clinic)
    wrong = []
    for text, language, expected in FOUND:
        given = {"space": clinic.space, "text": text, "language": language}
        found = (await clinic["ana"].ask(FIND, **given))["searchThreads"]
        hits = [names[hit["thread"]["id"]] for hit in found["nodes"]]
        if hits[:1] != ([expected] if expected else []) or found["totalCount"] != len(hits):
            wrong.append((text, language, hits))
    assert wrong == []


async def test_a_hit_explains_itself(clinic: Clinic) -> None:
    """Score and parts add up, and sentences say where it was found."""
    first = await clinic.asked(title="Zigzags", text="Zigzags and pain.", subject="aura")
    second = await clinic.asked(title="Pain", text="Then come zigzags.", subject="pain")
    found = await search(clinic, "zigzags")
    hits = [edge["node"] for edge in found["edges"]]
    assert [hit["thread"]["id"] for hit in hits] == [first, second]
    assert hits[0]["score"] == 1
    assert hits[0]["reasons"] == ["Number 1 of 2 by ngrams.", "Number 1 of 2 by text."]
    for hit in hits:
        assert {part["name"] for part in hit["parts"]} == {"text", "ngrams"}
        total = sum(part["value"] * part["weight"] for part in hit["parts"])
        assert hit["score"] == pytest.approx(total, abs=1e-9)
    assert hits[1]["score"] == pytest.approx(61 / 62)


async def test_a_space_weighs_its_searches(clinic: Clinic) -> None:
    """By its rules; what only the weightless search found comes last, with no score."""
    await clinic.asked(title="Zigzagging", text="Nothing else.", subject="aura", tags=[])
    rules = {"broking.ranking_weights": {"text": 1.0, "ngrams": 0.0}}
    await clinic.world.db["spaces"].update_one({"_id": clinic.space}, {"$set": rules})
    clinic.world.engine.services.spaces.forget(clinic.space)
    [hit] = (await search(clinic, "zigz"))["edges"]
    assert hit["node"]["score"] == 0
    [hit] = (await search(clinic, "zigzags"))["edges"]
    assert hit["node"]["score"] == 1


async def test_what_is_not_seen_is_not_found(clinic: Clinic) -> None:
    """Neither as a hit nor in the count nor in a rank; and a hit shows no name it should not."""
    for tier in ("PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR"):
        await clinic.asked(visibility=tier, title=f"Zigzags, {tier}", text="Zigzags. " * 3)
    gone = {"state": "WITHDRAWN"}
    await clinic.asked("sam", visibility="PUBLIC", title="Zigzags zigzags", **gone)
    counts = {"ana": 4, "sam": 3, "mia": 2, "eva": 3, "max": 2, "mo": 2, "anonymous": 1}
    for who, count in counts.items():
        for text in ("zigzags", "zig"):
            found = await search(clinic, text, who)
            assert found["totalCount"] == len(found["edges"]) == count, (who, text)
            reasons = {reason for edge in found["edges"] for reason in edge["node"]["reasons"]}
            assert all(f" of {count} by " in reason for reason in reasons), (who, reasons)
            named = {edge["node"]["thread"]["asker"] is not None for edge in found["edges"]}
            assert named <= {who not in {"sam", "mia", "anonymous"}, who == "sam"}


async def test_a_search_is_filtered(clinic: Clinic) -> None:
    """By the filter of lists, before anything is counted."""
    await clinic.asked("sam", subject="knee")
    mine = await clinic.asked(subject="Épaule", state="CLOSED")
    for filter in ({"mine": True}, {"subject": "epaule"}, {"states": ["CLOSED"]}):
        found = await search(clinic, "zigzags", filter=filter)
        assert [edge["node"]["thread"]["id"] for edge in found["edges"]] == [mine]
        assert found["totalCount"] == 1


async def test_pages_of_a_search_go_on_where_they_ended(clinic: Clinic) -> None:
    """Forwards and backwards, each hit once, in the order of the whole."""
    for n in range(7):
        await clinic.asked(text="zigzags " * (n + 1))
    whole = [edge["cursor"] for edge in (await search(clinic, "zigzags"))["edges"]]
    assert len(set(whole)) == 7
    forwards: list[str] = []
    page = await search(clinic, "zigzags", first=3)
    assert not page["pageInfo"]["hasPreviousPage"]
    while True:
        forwards += [edge["cursor"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        page = await search(clinic, "zigzags", first=3, after=page["pageInfo"]["endCursor"])
    assert forwards == whole
    page = await search(clinic, "zigzags", last=2, before=whole[5])
    assert [edge["cursor"] for edge in page["edges"]] == whole[3:5]
    assert page["pageInfo"]["hasPreviousPage"]
    assert page["pageInfo"]["hasNextPage"]
    assert (await search(clinic, "zigzags", first=0))["edges"] == []


async def test_a_page_goes_on_though_its_last_hit_is_gone(clinic: Clinic) -> None:
    """A cursor names the place, not the thread that stood there."""
    for n in range(4):
        await clinic.asked(text="zigzags " * (n + 1))
    page = await search(clinic, "zigzags", first=2)
    last = page["edges"][-1]["node"]["thread"]["id"]
    withdraw = "mutation M($id: ID!) { withdrawThread(input: {thread: $id}) { __typename } }"
    assert await clinic["ana"].do(withdraw, id=last) == {"__typename": "Thread"}
    seen = {edge["node"]["thread"]["id"] for edge in page["edges"]}
    rest = await search(clinic, "zigzags", after=page["pageInfo"]["endCursor"])
    assert seen.isdisjoint(edge["node"]["thread"]["id"] for edge in rest["edges"])


async def test_a_search_is_bounded(clinic: Clinic) -> None:
    """The best so many, however many there are."""
    pattern: Any = await clinic.stored(await clinic.asked())
    many = [{**pattern, "_id": f"thr_copy{n}"} for n in range(MOST_FOUND + 20)]
    await clinic.world.db["threads"].insert_many(many)
    assert (await search(clinic, "zigzags"))["totalCount"] == MOST_FOUND
    assert len((await search(clinic, "zigzags", first=100))["edges"]) == 100


async def test_what_cannot_be_searched_is_told(clinic: Clinic) -> None:
    """No word, too much text, no language, a page that is none, a cursor of another list."""
    listed = """query Q($space: ID!) { threads(space: $space) { pageInfo { endCursor } } }"""
    await clinic.asked()
    other = (await clinic["ana"].ask(listed, space=clinic.space))["threads"]["pageInfo"]
    for text, given, path in (
        ("…!?", {}, "text"),
        ("  ", {}, "text"),
        ("x" * 201, {}, "text"),
        ("pain", {"language": "French"}, "language"),
        ("pain", {"first": 101}, "first"),
        ("pain", {"after": "nonsense"}, "after"),
        ("pain", {"before": other["endCursor"]}, "before"),
    ):
        said = await clinic["ana"].send(SEARCH, space=clinic.space, text=text, **given)
        [error] = said["errors"]
        assert error["extensions"]["problems"][0]["path"] == path, (text, given)


@pytest.mark.parametrize("who", ["stranger", "anonymous"])
async def test_a_space_for_members_is_searched_by_them(world: World, who: str) -> None:
    """Others are told so; a hidden space is not there."""
    closed = await open_clinic(world, "MEMBERS")
    said = await closed[who].send(SEARCH, space=closed.space, text="zigzags")
    assert said["errors"][0]["extensions"]["code"] in {"NOT_ALLOWED", "NOT_SIGNED_IN"}
    hide = {"$set": {"openness": "HIDDEN"}}
    await world.db["spaces"].update_one({"_id": closed.space}, hide)
    world.engine.services.spaces.forget(closed.space)
    said = await closed[who].send(SEARCH, space=closed.space, text="zigzags")
    assert said["errors"][0]["extensions"]["code"] == "NOT_FOUND"
