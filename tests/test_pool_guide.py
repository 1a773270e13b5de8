"""The pool's guide keeps its word: its walk happens, its tables and examples are the code's."""

import json
import re
from collections.abc import Sequence
from typing import Any

from app.auth.permissions import MATRIX, Standing
from app.db.pool_documents import Confirmation
from app.db.watched_areas import MOST_AREAS
from app.pooling import diffs, filters, questions
from app.pooling.areas import MOST_CORNERS
from app.pooling.clusters import MOST_CLUSTERS
from app.pooling.consensus import consensus
from app.pooling.duplicates import THRESHOLD
from app.pooling.facets import LONGEST_TEXT
from app.pooling.geometry import MOST_POSITIONS
from app.pooling.records import Record, weight
from app.pooling.rules import DEFAULTS, MOST_CHOICES, MOST_FACETS
from app.pooling.states import TABLE, Actor, Deed
from app.pooling.words import Access, Kind, State
from app.resolvers.imports import LONGEST_TEXT as LONGEST_FILE
from app.resolvers.imports import MOST_ROWS
from app.resolvers.signals import MOST_BY_PERSON, MOST_FROM_ADDRESS
from tests.api import Person, World
from tests.pool import joined
from tests.pooling.entries import HERE, WHEELCHAIR, agreed, day, entry, facet, says
from tests.test_manual import ROOT, blocks

PAGE = ROOT / "docs/pool.md"
TEXT = PAGE.read_text()
[
    RULES, CONTRIBUTE, NEAR, SAME, LOOK, EDIT, HISTORY, BACK, TAP, QUESTIONS, LIVE, TRY, EXPORT,
] = blocks(PAGE, "graphql")  # fmt: skip
[FILTER] = map(json.loads, blocks(PAGE, "json"))
SPACE = """
mutation M { createSpace(input: {name: "Strasbourg", model: POOL, domain: SOCIAL}) {
  ... on Space { id version } } }
"""
STATION = {
    "title": "Gare Strasbourg-Ville",
    "category": "transport/station",
    "place": {"type": "Point", "coordinates": [7.7343, 48.5852]},
    "facets": [{"name": "WHEELCHAIR", "value": "SUITABLE"}, {"name": "STEPS", "value": 0}],
}
PARKS = "title,category,lon,lat,colour\nOrangerie,park,7.774,48.592,green\n,park,7.76,485,\n"
# Who each row of the page is, and what each of its columns is about.
STANDINGS = {
    "anonymous": {Standing.ANYONE, Standing.READER},
    "signed in": {Standing.ANYONE, Standing.READER, Standing.SIGNED_IN},
}
STANDINGS["member"] = STANDINGS["signed in"] | {Standing.MEMBER}
STANDINGS["moderator"] = STANDINGS["member"] | {Standing.MODERATOR}
STANDINGS["owner"] = STANDINGS["moderator"] | {Standing.OWNER}
COLUMNS = (
    {"entry.read", "entry.signal"},
    {"entry.contribute"},
    {"entry.merge"},
    {"pool.import", "entry.patrol", "entry.hide"},
    {"pool.rules"},
)


def table(head: str) -> list[list[str]]:
    """Return the rows of the page's table that has this head."""
    _, _, rest = TEXT.partition(f"{head}\n")
    _, *rows = rest.partition("\n\n")[0].splitlines()
    return [[cell.strip(" `*") for cell in row.strip("|").split("|")] for row in rows]


def numbers(text: str) -> list[float]:
    """Return the numbers in a text."""
    found = re.findall(r"\d[\d,]*(?:\.\d+)?(?<!,)", text)
    return [float(number.replace(",", "")) for number in found]


def test_the_life_of_an_entry_is_that_of_the_code() -> None:
    """Every row of the page is one of the table of states, with whose deed it is."""
    said: dict[tuple[State, Deed], tuple[State | None, frozenset[Actor]]] = {}
    for deed, of, states, after in table("| deed | of | in | leads to |"):
        actors = frozenset(Actor(one.upper()) for one in of.split(", "))
        for state in map(State, states.split(", ")):
            ends = {"by its facets": None, "the same": state}
            said[state, Deed(deed)] = (ends[after] if after in ends else State(after), actors)
    assert said == TABLE


def test_voices_weigh_what_the_page_says() -> None:
    """By how often one was right; and newcomers as little as the rules have it."""
    for right, of, said in table("| right on | of | weight |"):
        score = int(right) / int(of) if int(of) else None
        record = Record(score, int(of), int(right))
        assert f"{weight(record, DEFAULTS, trusted=False):.4g}"[:4] == said, (right, of)
    assert weight(Record(None, 0, 0), DEFAULTS, trusted=True) == 1


def test_the_worked_example_is_what_the_code_agrees_on() -> None:
    """Row by row: weights, the share, how the value stands, and how sure that is."""
    lift, said = facet(value=True, by="Elif"), list[Confirmation]()
    rows = table("| who | says | weight | for | against | share | stands | confidence |")
    assert len(rows) == 5
    for who, word, heavy, *shown in rows:
        name = who.partition(",")[0]
        said.append(says(name, None if word == "yes" else False, float(heavy)))
        found = consensus(lift, said, [("Ben", "Farid")], DEFAULTS)
        support, dissent, share, _, confidence = shown
        stands = "disputed" if found["disputed"] else "verified" if found["verified"] else "holds"
        total = float(support) + float(dissent)
        assert shown[3] == stands
        assert float(share) == round(float(support) / total, 3)
        assert float(confidence) == round(found["confidence"], 3)
        assert found["confidence"] == float(support) / (total + 1)


def test_newcomers_alone_verify_nothing() -> None:
    """However many, as the page says; with one who is known, they do."""
    many = [says(f"new{n}", weight=DEFAULTS["newcomer_weight"]) for n in range(20)]
    assert not consensus(facet(), many, [], DEFAULTS)["verified"]
    assert consensus(facet(), [*many, says("Mia")], [], DEFAULTS)["verified"]


def test_what_is_asked_is_worth_what_the_page_says() -> None:
    """On the spot; at the distance of the page, half of that."""
    stale, unknown = entry("ent_1", facets={"WHEELCHAIR": facet()}), entry("ent_3", facets={})
    split = facet(stale_at=day(900)) | {"consensus": agreed(disputed=True, dissenters=1)}
    disputed: Any = entry("ent_2", facets={"WHEELCHAIR": split})
    here: Any = {"type": "Point", "coordinates": [*HERE]}
    asked = questions.questions(
        [stale, disputed, unknown], {"WHEELCHAIR": WHEELCHAIR}, here, day(400)
    )
    worth = [f"{one.score:g}" for one in asked]
    assert "worth {}, {}\nand {}; each".format(*worth) in TEXT
    assert f"half at a distance of {questions.FAR_METRES} m" in TEXT


def test_who_may_do_what_is_that_of_the_code() -> None:
    """Every cell of the page follows from the matrix and from for whom a pool is."""
    head = "| | read, signal, export | contribute, edit, confirm | merge | import, patrol, hide |"
    readers = {"anonymous": ["OPEN"], "signed in": ["OPEN", "REGISTERED"]}
    for who, *cells in table(f"{head} rules |"):
        for deeds, cell in zip(COLUMNS, cells, strict=True):
            may = all(MATRIX[deed] & STANDINGS[who] for deed in deeds)
            for_whom = ", ".join(readers.get(who, ["all"]))
            expected = for_whom if "entry.contribute" in deeds or "entry.read" in deeds else "yes"
            assert cell == (expected if may else "–"), (who, deeds)


def test_the_rules_are_those_of_the_code() -> None:
    """Each number of the page is what holds unless a space says otherwise."""
    said = {one[0]: one[1] for one in table("| rule | unless the space says otherwise |")}
    assert not DEFAULTS["licence"]
    assert said["openness"] == DEFAULTS["openness"] == Access.OPEN
    names, days = said["facets"].split(";")
    assert names.split(", ") == [kind["name"] for kind in DEFAULTS["facets"]]
    assert {kind["fresh_days"] for kind in DEFAULTS["facets"]} == set(numbers(days))
    assert numbers(said["sensitiveCategories`, `gridM"]) == [DEFAULTS["grid_metres"]]
    assert numbers(said["duplicateM"]) == [DEFAULTS["duplicate_metres"]]
    assert (said["patrol"], DEFAULTS["patrol"]) == ("on", True)
    weights = [DEFAULTS["weight_cap"], DEFAULTS["newcomer_weight"]]
    assert numbers(said["weightCap`, `newcomerWeight"]) == weights
    assert numbers(said["leastConfirmations"]) == [DEFAULTS["least_confirmations"]]


def test_the_limits_are_those_of_the_code() -> None:
    """Each number of the page is one that refuses more."""
    assert [numbers(most) for _, most in table("| of | at most |")] == [
        [MOST_FACETS, MOST_CHOICES],
        [diffs.LONGEST_TITLE, diffs.LONGEST_CATEGORY, LONGEST_TEXT],
        [diffs.MOST_LINKS],
        [MOST_POSITIONS],
        [filters.MOST_TESTS, MOST_CORNERS],
        [MOST_CLUSTERS],
        [MOST_ROWS, LONGEST_FILE],
        [MOST_AREAS],
    ]
    assert f"at most {MOST_FROM_ADDRESS} an hour, by a person {MOST_BY_PERSON}" in TEXT
    assert f"From {THRESHOLD} on they are offered" in TEXT


async def test_the_walk_goes_from_the_licence_to_the_questions(world: World) -> None:
    """Each operation of the page gives what it says."""
    olga, ada, ben, mia, space = await _town(world)
    made = await ada.do(CONTRIBUTE, space=space)
    assert (made["state"], made["version"], made["licence"]) == ("PUBLISHED", 1, "ODbL-1.0")
    entry = made["id"]
    found = await world.anonymous.do(NEAR, space=space, filter=FILTER)
    [edge] = found["edges"]
    assert (edge["node"]["id"], edge["node"]["suitability"]) == (entry, "SUITABLE")
    twin = {"space": space, **STATION}
    [offered] = (await ben.do(SAME, input=twin))["entries"]
    assert offered["entry"]["id"] == entry
    same = await ben.do(SAME, input={**twin, "confirmInstead": entry})
    wheelchair, steps, _ = same["facets"]
    assert (wheelchair["consensus"]["supporters"], steps["value"]) == (1, 0)
    looked = await mia.do(LOOK, entry=entry)
    assert (looked["state"], looked["facets"][2]["consensus"]["disputed"]) == ("DISPUTED", True)
    edited = await ada.do(EDIT, entry=entry, version=4, steps=2)
    late = await olga.do(EDIT, entry=entry, version=4, steps=1)
    assert late["paths"] == ["facets.STEPS"]
    assert late["currentVersion"] == edited["version"] == 5
    revisions = (await ben.do(HISTORY, entry=entry))["revisions"]["nodes"]
    assert [one["cause"] for one in revisions] == [
        "EDITED", "CONFIRMED", "CONFIRMED", "EDITED", "CONTRIBUTED",
    ]  # fmt: skip
    back = await ben.do(BACK, revision=revisions[1]["id"], version=5)
    assert back["facets"][1] == {"name": "STEPS", "value": 0, "contributor": {"name": "ben"}}
    tapped = await world.anonymous.do(TAP, entry=entry)
    assert tapped == {"state": "DISPUTED", "version": 6}
    asked = await world.anonymous.do(QUESTIONS, space=space)
    assert [(one["reason"], one["facet"]) for one in asked] == [("DISPUTED", "LIFT")]


async def _town(world: World) -> tuple[Person, Person, Person, Person, str]:
    """Return an owner, two people who are no members, a moderator, and the pool of the page."""
    olga = await world.person("olga", operator=True)
    ada, ben, mia = [await world.person(name) for name in ("ada", "ben", "mia")]
    space = await olga.do(SPACE)
    ruled = await olga.do(RULES, space=space["id"], version=space["version"])
    assert ruled["poolRules"]["ready"] is True
    await joined(world, space["id"], mia, "MODERATOR")
    return olga, ada, ben, mia, space["id"]


async def test_who_follows_as_the_page_says_has_what_the_query_gives(world: World) -> None:
    """What enters, changes, leaves by a value, and leaves by being hidden."""
    olga, ada, *_, space = await _town(world)
    first = (await ada.do(CONTRIBUTE, space=space))["id"]
    # Else the stream may tell again what the page has already.
    await world.engine.services.log.caught_up()
    page = await world.anonymous.do(NEAR, space=space, filter=FILTER)
    shown = {edge["node"]["id"]: edge["node"] for edge in page["edges"]}
    given = {"space": space, "filter": FILTER, "after": page["liveCursor"]}
    async with world.anonymous.watch(LIVE, **given) as items:
        second = await ada.do(SAME, input={"space": space, **STATION, "evenIfSimilar": True})
        edit = """mutation M($entry: ID!, $value: FacetValue!) { editEntry(input: {
          entry: $entry, expectedVersion: 1, facets: [{name: "WHEELCHAIR", value: $value}]
        }) { __typename } }"""
        await ada.do(edit, entry=first, value="PARTLY")
        await ada.do(edit, entry=second["id"], value="UNSUITABLE")
        kinds = [await _keep(shown, items) for _ in range(3)]
        assert kinds == ["ENTERED", "UPDATED", "LEFT"]
        assert {one["id"]: one["suitability"] for one in shown.values()} == {first: "PARTLY"}
        hide = "mutation M($id: ID!) { hideEntry(input: {entry: $id}) { __typename } }"
        await olga.do(hide, id=first)
        assert await _keep(shown, items) == "LEFT"
    again = await world.anonymous.do(NEAR, space=space, filter=FILTER)
    assert {edge["node"]["id"]: edge["node"] for edge in again["edges"]} == shown == {}


async def _keep(shown: dict[str, Any], items: Any) -> str:
    """Take the next item as the page says; return its kind."""
    item = await anext(items)
    if item["kind"] == "LEFT" or item["entry"] is None:
        shown.pop(item["entryId"], None)
    else:
        shown[item["entryId"]] = item["entry"]
    kind: str = item["kind"]
    return kind


async def test_files_are_tried_and_handed_out_as_the_page_says(world: World) -> None:
    """A trial tells line and column; the file has the licence in it."""
    olga, ada, *_, space = await _town(world)
    report = await olga.do(TRY, space=space, text=PARKS)
    assert (report["rows"], report["created"], report["skipped"]) == (2, 1, [])
    assert {(one["line"], one["path"]) for one in report["errors"]} == {(3, "title"), (3, "lat")}
    assert [one["path"] for one in report["warnings"]] == ["colour"]
    await ada.do(CONTRIBUTE, space=space)
    part = await world.anonymous.do(EXPORT, space=space)
    file = json.loads(part["text"])
    assert (file["licence"], part["attribution"]) == ("ODbL-1.0", "Strasbourg for everybody")
    assert [one["properties"]["title"] for one in file["features"]] == ["Strasbourg-Ville"]


def test_the_kinds_and_words_of_the_page_are_those_of_the_code() -> None:
    """It names every kind of facet and every degree of openness."""
    words: Sequence[str] = [*Kind, *Access]
    assert [word for word in words if f"`{word}`" not in TEXT] == []
