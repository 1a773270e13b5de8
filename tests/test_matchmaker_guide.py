"""The matchmaker's guide keeps its word: its walk happens, its tables are those of the code."""

import re
from datetime import datetime
from typing import Any

import pytest

from app.matching.rules import DEFAULTS
from app.matching.states import TABLE, Actor
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.market import MATCH, Market, open_market
from tests.posted import post
from tests.test_manual import ROOT, blocks

PAGE = ROOT / "docs/matchmaker.md"
TEXT = PAGE.read_text()
[NEED, FITS, PROPOSE, ACCEPT, START, COMPLETE, REVIEW, MINE, WARNING, TERMS, AGREE] = blocks(
    PAGE, "graphql"
)
OFFER = {
    "title": "French, read and written", "category": "languages", "skills": ["French"],
    "languages": ["fr"], "place": {"longitude": 7.759, "latitude": 48.58},
    "windows": [{"startsAt": "2030-05-04T09:00:00Z", "endsAt": "2030-05-04T13:00:00Z"}],
}  # fmt: skip
ACTORS = {
    "a side": {Actor.NEED, Actor.OFFER},
    "a moderator": {Actor.MODERATOR},
    "time": {Actor.TIME},
    "a side or a moderator": {Actor.NEED, Actor.OFFER, Actor.MODERATOR},
}
RULES = {
    "leastScore": ["least_score"],
    "shortlist, mostCandidates": ["shortlist", "most_candidates"],
    "farM, gridM": ["far_metres", "grid_metres"],
    "answerWithin, holdSeatFor": ["answer_hours", "hold_minutes"],
    "cancelUntil, reviewWithin": ["cancel_limit_hours", "review_days"],
    "lowRating": ["low_rating"],
    "prior, priorWeight": ["prior", "prior_weight"],
    "halfLife, repeatShare": ["half_life_days", "repeat_share"],
    "longTermTrust": ["long_term_trust"],
}


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches by the rules that hold unless it says otherwise."""
    return await open_market(world)


def cells(*first: str) -> list[list[str]]:
    """Return the rows of the page's tables whose first cell is one of these."""
    rows = re.findall(r"^\| (.+) \|$", TEXT, re.MULTILINE)
    split = [[cell.strip() for cell in re.split(r" ?\| ?", row)] for row in rows]
    return [row for row in split if re.sub("[`*]", "", row[0]) in first]


def parts() -> dict[str, tuple[float, float, float]]:
    """Return what the page says of the parts of a score: weight, and both measures."""
    rows = [row for row in cells(*DEFAULTS["weights"]) if re.fullmatch(r"\d", row[1])]
    return {row[0]: (float(row[1]), float(row[2]), float(row[3])) for row in rows}


async def reputation(market: Market, person: Person) -> Any:
    """Return somebody's reputation as the page rounds it."""
    found = await market.world.anonymous.do(
        """query Q($person: ID!, $space: ID!) {
             reputation(person: $person, space: $space) { score } }""",
        person=person.id,
        space=market.space,
    )
    return round(found["score"], 2)


def test_the_life_of_a_match_is_that_of_the_code() -> None:
    """Every row of the page is one of the table of states, and there are no others."""
    rows = cells(*{state for state, _ in TABLE})
    said = {(row[0], row[1]): (row[3], ACTORS[row[2]]) for row in rows}
    assert said == {
        (str(state), str(deed)): (str(after), set(actors))
        for (state, deed), (after, actors) in TABLE.items()
    }


def test_the_rules_are_those_of_the_code() -> None:
    """Each number of the page is what holds unless a space says otherwise."""
    rules: dict[str, Any] = dict(DEFAULTS)
    assert {part: weight for part, (weight, _, _) in parts().items()} == rules["weights"]
    for named, fields in RULES.items():
        [(_, said)] = cells(named)
        numbers = re.findall(r"\d[\d,.]*(?<![,.])", said)
        assert [float(number.replace(",", "")) for number in numbers] == [
            float(rules[field]) for field in fields
        ], named


async def test_the_walk_ends_with_two_reviews(world: World, clock: TurnedClock) -> None:
    """Each operation of the page gives what it says, from the need to Ada's reputation."""
    clock.at = datetime(2030, 5, 3, 9)
    market = await open_market(world)
    ben, ada = await market.member("ben"), await market.member("ada")
    need = await ben.do(NEED, space=market.space)
    offer = await post(market, ada, "offer", **OFFER)
    [fits] = await ben.do(FITS, need=need["id"])
    assert fits["offer"]["id"] == offer["id"]
    measured = {
        one["part"]: (round(one["serves"], 2), round(one["suits"], 2))
        for one in fits["score"]["parts"]
    }
    assert measured == {part: (serves, suits) for part, (_, serves, suits) in parts().items()}
    total = [f"**{fits['score'][name]:.2f}**" for name in ("serves", "suits", "total")]
    assert cells("total")[0][2:] == total
    match = await ben.do(PROPOSE, need=need["id"], offer=offer["id"])
    assert match["window"]["startsAt"] == "2030-05-04T09:00:00.000Z"
    assert match["window"]["endsAt"] == "2030-05-04T11:00:00.000Z"
    assert match["contact"] is None
    accepted = await ada.do(ACCEPT, match=match["id"])
    assert accepted["contact"]["name"] == "ben"
    clock.turn(86_400)
    assert await ben.do(START, match=match["id"]) == {"state": "IN_PROGRESS"}
    done = await ada.do(COMPLETE, match=match["id"])
    assert done == {"state": "COMPLETED", "possible": ["REVIEW", "DISPUTE"]}
    assert (await ben.do(REVIEW, match=match["id"]))["shownAt"] is None
    assert await reputation(market, ada) == 0.60
    assert (await ada.do(REVIEW, match=match["id"]))["shownAt"] is not None
    assert await reputation(market, ada) == 0.68


async def test_the_stream_of_the_page_brings_what_happened(market: Market) -> None:
    """It replays after a cursor."""
    ben, ada = await market.member("ben"), await market.member("ada")
    need, offer = await market.need(ben), await market.offer(ada)
    match = await ben.do(PROPOSE, need=need, offer=offer)
    await market.world.engine.services.log.caught_up()
    async with ada.watch(MINE, after="ev0") as items:
        told = await anext(items)
    assert (told["type"], told["match"]["id"]) == ("match.proposed", match["id"])


async def test_a_long_relation_needs_terms(market: Market) -> None:
    """It is warned of with all three reasons, and confirmed once both have agreed."""
    ben, ada = await market.member("ben"), await market.member("ada")
    need = await market.need(ben, commitment="LONG_TERM")
    match = (await ben.do(PROPOSE, need=need, offer=await market.offer(ada)))["id"]
    warned = (await ada.do(WARNING, match=match))["warning"]
    assert warned["reasons"] == [row[0] for row in cells(*warned["reasons"])]
    assert len(warned["reasons"]) == 3
    respond = f"""mutation M($id: ID!) {{
      respondToMatch(input: {{match: $id, answer: ACCEPT}}) {{ {MATCH} }} }}"""
    refused = await ada.do(respond, id=match)
    assert refused["__typename"] == "NotAllowed"
    written = await ben.do(TERMS, match=match, version=1)
    for person in (ben, ada):
        await person.do(AGREE, match=match, version=written["version"])
        written["version"] += 1
    assert (await ada.do(respond, id=match))["state"] == "CONFIRMED"
    after = (await ada.do(WARNING, match=match))["warning"]
    assert after["reasons"] == ["TRUST_TOO_LOW", "NO_COMMUNITY"]
