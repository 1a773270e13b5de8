"""The knowledge broker's guide keeps its word: its walk happens, its tables are the code's."""

import re
from typing import Any

import pytest

from app.broking.experts import LEVEL_WORTH
from app.broking.rules import default_rules
from app.broking.states import NEXT, WHO, Deed, Party, State
from app.broking.visibility import MATRIX, Look, Position
from app.broking.words import Level, Tier
from tests.api import World
from tests.clinic import Clinic, open_clinic
from tests.consulting import VERIFY, declared, score
from tests.test_manual import ROOT, blocks

PAGE = ROOT / "docs/knowledge-broker.md"
TEXT = PAGE.read_text()
[CASE, WHOM, INVITE, ADVISE, HELP, CONSENT, EXPORT, USED, USES, FOLLOWED] = blocks(PAGE, "graphql")
FOLLOW = """
mutation M($space: ID!) {
  follow(input: {kind: SUBJECT, target: "fatigue", space: $space}) { __typename } }
"""
LOOKS = {"–": Look.ABSENT, "pseudonym": Look.PSEUDONYM, "name": Look.NAME}
HOUR = 3600


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic where Ana seeks, and Eva's knowledge of fatigue is verified."""
    clinic = await open_clinic(world)
    id = await declared(clinic["eva"], clinic, "fatigue")
    assert (await clinic["mo"].do(VERIFY, id=id, version=1))["level"] == "VERIFIED"
    return clinic


def table(head: str) -> list[list[str]]:
    """Return the rows of the page's table that has this head."""
    _, _, rest = TEXT.partition(f"{head}\n")
    _, *rows = rest.partition("\n\n")[0].splitlines()
    return [[cell.strip(" `*") for cell in row.strip("|").split("|")] for row in rows]


def numbers(text: str) -> list[float]:
    """Return the numbers in a text."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_the_life_of_a_thread_is_that_of_the_code() -> None:
    """Every row of the page is one of the table of states, with whose deed it is."""
    said: dict[tuple[State, Deed], State] = {}
    who: dict[Deed, set[Party]] = {}
    for deed, of, states, after in table("| deed | of | in | leads to |"):
        named = {"time": Party.CLOCK, **{str(party).lower(): party for party in Party}}
        who[Deed(deed)] = {named[one] for one in of.split(", ")}
        for state in map(State, states.split(", ")):
            said[state, Deed(deed)] = state if after == "the same" else State(after)
    assert said == NEXT
    assert who == WHO


def test_who_sees_what_is_that_of_the_code() -> None:
    """Every cell of the page is one of the matrix."""
    rows = table("| | PUBLIC | SPACE | EXPERTS_ONLY | PAIR |")
    said = {
        (Position(position.upper().replace(" ", "_")), tier): LOOKS[look]
        for position, *looks in rows
        for tier, look in zip(Tier, looks, strict=True)
    }
    assert said == MATRIX


def test_the_rules_are_those_of_the_code() -> None:
    """Each number of the page is what holds unless a space says otherwise."""
    rules = default_rules()
    gives = {act: float(points) for act, points in table("| act | points |")}
    assert gives == rules["reputation"]["gives"]
    assert f"brings {rules['reputation']['daily_cap']:g} points" in TEXT
    assert f"Below {rules['similarity_threshold']:g} nothing" in TEXT
    parts = table("| part | weight | how |")
    assert {part: float(weight) for part, weight, _ in parts} == rules["similarity_weights"]
    said = {one[0]: one[1] for one in table("| rule | unless the space says otherwise |")}
    times = rules["routing"]
    assert numbers(said["routing"]) == [
        times["first_seconds"] / HOUR, times["expert_seconds"] / HOUR, times["most_experts"],
        times["group_seconds"] / HOUR,
    ]  # fmt: skip
    assert numbers(said["leastTrust"]) == [rules["least_trust"]["score"]]
    assert numbers(said["endorsementsNeeded"]) == [rules["endorsements_needed"]]
    assert numbers(said["mostLoad"]) == [rules["most_load"]]
    assert rules["direction"] in TEXT
    assert rules["experts_join"] in TEXT
    assert len(set(rules["ranking_weights"].values())) == 1
    assert list(rules["consents"]) == ["RESEARCH"]


async def test_the_walk_goes_from_a_case_to_its_use(clinic: Clinic) -> None:
    """Each operation of the page gives what it says."""
    ana, eva = clinic["ana"], clinic["eva"]
    thread = await ana.do(CASE, space=clinic.space)
    assert thread["state"] == "OPEN"
    [expert] = (await ana.ask(WHOM, thread=thread["id"]))["suggestExperts"]
    said = {
        part: (float(weight), float(value))
        for part, weight, value, _ in table("| part | weight | Rosa | why |")
        if weight
    }
    assert {part["name"]: (part["weight"], part["value"]) for part in expert["parts"]} == said
    assert f"**{expert['score']}**" in TEXT
    assert all(f"{LEVEL_WORTH[level]:g}" in TEXT for level in Level)
    invited = await ana.do(INVITE, thread=thread["id"], person=eva.id)
    assert (invited["state"], invited["thread"]) == ("PENDING", {"state": "ROUTED"})
    reply = await eva.do(ADVISE, thread=thread["id"])
    assert (reply["mark"], reply["thread"]["state"]) == ("VERIFIED", "ANSWERED")
    assert (await ana.do(ADVISE, thread=thread["id"]))["code"] == "WRONG_DIRECTION"
    helped = await ana.ask(HELP, reply=reply["id"])
    assert helped["vote"] == {"votesUp": 1}
    assert helped["acceptReply"] == {"accepted": True, "thread": {"state": "ACCEPTED"}}
    assert await score(clinic, "eva", "fatigue") == 20
    assert (await ana.do(CONSENT, thread=thread["id"]))["withFreeText"] is False
    await _be_used(clinic)


async def _be_used(clinic: Clinic) -> None:
    export = (await clinic["eva"].ask(EXPORT, space=clinic.space))["researchExport"]
    [case] = export["cases"]["nodes"]
    assert (case["title"], case["text"], case["askedIn"]) == (None, None, 2026)
    assert case["facets"][0]["onsetMonthsBefore"] == 16
    used = await clinic["eva"].do(USED, case=case["pseudonym"])
    assert used["purpose"] == "RESEARCH"
    uses = (await clinic["ana"].ask(USES))["usesOfMyCases"]["nodes"]
    assert {use["kind"]: use["description"] for use in uses} == {
        "EXPORTED": "",
        "USED": "Counted in a study of fatigue.",
    }


async def test_the_stream_of_the_page_brings_what_happened(clinic: Clinic) -> None:
    """It replays after a cursor."""
    await clinic["sam"].do(FOLLOW, space=clinic.space)
    thread = await clinic["ana"].do(CASE, space=clinic.space)
    await clinic.world.engine.services.log.caught_up()
    async with clinic["sam"].watch(FOLLOWED, after="ev0") as items:
        told: Any = await anext(items)
    assert (told["type"], told["thread"]["id"]) == ("thread.asked", thread["id"])
