"""The rules by which a space matches: reading and changing them, and the grid that they blur by."""

from typing import Any

import pytest

from tests.api import Person, World
from tests.market import Market, open_market
from tests.posted import BLURRED, HERE, change, post, read, titles, viewers

RULES = """
  weights { part weight } leastScore mostCandidates shortlist farM gridM answerWithin holdSeatFor
  cancelUntil reviewWithin lowRating prior priorWeight halfLife repeatShare longTermTrust
"""
READ = f"query Q($space: ID!) {{ space(id: $space) {{ version matchingRules {{ {RULES} }} }} }}"
UPDATE = f"""
mutation M($input: UpdateMatchingRulesInput!) {{
  updateMatchingRules(input: $input) {{
    __typename
    ... on Space {{ version matchingRules {{ {RULES} }} }}
    ... on Error {{ message code }}
    ... on Conflict {{ currentVersion }}
    ... on InvalidInput {{ problems {{ path message }} }} }} }}
"""
DEFAULTS = {
    "weights": [
        {"part": "CATEGORY", "weight": 3},
        {"part": "SKILLS", "weight": 2},
        {"part": "DISTANCE", "weight": 2},
        {"part": "TIME", "weight": 2},
        {"part": "LANGUAGE", "weight": 1},
        {"part": "REPUTATION", "weight": 1},
    ],
    "leastScore": 0.2,
    "mostCandidates": 50,
    "shortlist": 100,
    "farM": 5000,
    "gridM": 1000,
    "answerWithin": "P3D",
    "holdSeatFor": "PT2H",
    "cancelUntil": "P1D",
    "reviewWithin": "P14D",
    "lowRating": 1,
    "prior": 0.6,
    "priorWeight": 4,
    "halfLife": "P365D",
    "repeatShare": 0.5,
    "longTermTrust": 0.5,
}


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


async def rules(market: Market, who: Person | None = None) -> Any:
    """Return the rules and the version of the space."""
    found = await (who or market.owner).ask(READ, space=market.space)
    return found["space"]["matchingRules"], found["space"]["version"]


async def update(market: Market, who: Person, version: int | None = None, **changes: Any) -> Any:
    """Change the rules; return the space, or why not."""
    seen = (await rules(market))[1] if version is None else version
    given = {"space": market.space, "expectedVersion": seen, **changes}
    return await who.do(UPDATE, input=given)


async def test_the_rules_are_there_for_all_to_read(market: Market) -> None:
    """What holds where the space says nothing; none in a space that does not match."""
    assert (await rules(market, market.world.anonymous))[0] == DEFAULTS
    other = await market.world.space(market.owner)
    asked = await market.owner.ask(READ, space=other)
    assert asked["space"]["matchingRules"] is None


async def test_what_is_left_out_stays(market: Market) -> None:
    """Of the weights too; and others read it at once."""
    first = await update(market, market.owner, leastScore=0.5, answerWithin="PT90M")
    assert first["matchingRules"] == DEFAULTS | {"leastScore": 0.5, "answerWithin": "PT1H30M"}
    weights = [{"part": "SKILLS", "weight": 5.0}, {"part": "TIME", "weight": 0.0}]
    await update(market, market.owner, weights=weights, halfLife="P30D", lowRating=2)
    found, version = await rules(market)
    assert found["weights"] == [
        {"part": part["part"], "weight": {"SKILLS": 5, "TIME": 0}.get(part["part"], part["weight"])}
        for part in DEFAULTS["weights"]  # type: ignore[attr-defined]
    ]
    assert (found["leastScore"], found["halfLife"], found["lowRating"]) == (0.5, "P30D", 2)
    assert version == first["version"] + 1
    stored = await market.world.db["spaces"].find_one({"_id": market.space})
    assert stored is not None
    assert stored["matching"]["answer_hours"] == 1.5
    assert "prior" not in stored["matching"]
    [one, other] = [e for e in await market.events(market.space) if e["type"] == "space.updated"]
    assert one["after"] == {"fields": ["matching.answer_hours", "matching.least_score"]}
    changed = ("half_life_days", "low_rating", "weights")
    assert other["after"]["fields"] == [f"matching.{name}" for name in changed]


async def test_owners_change_them(market: Market) -> None:
    """Nobody else, moderators neither; the operator may."""
    came = {
        name: (await update(market, who, leastScore=0.3))["__typename"]
        for name, who in (await viewers(market)).items()
    }
    assert came == {
        "anonymous": "NotSignedIn",
        "owner": "Space",
        "operator": "Space",
        **dict.fromkeys(("stranger", "key", "member", "moderator"), "NotAllowed"),
    }


async def test_all_that_is_unsound_comes_at_once(market: Market) -> None:
    """By the names and in the units of the input; and nothing changes."""
    refused = await update(
        market,
        market.owner,
        weights=[{"part": "SKILLS", "weight": -1.0}],
        shortlist=1001,
        gridM=9.0,
        farM=0.5,
        answerWithin="PT59M",
        holdSeatFor="P8D",
        cancelUntil="P367D",
        reviewWithin="PT1H",
        halfLife="PT1S",
        prior=2.0,
    )
    problems = {problem["path"]: problem["message"] for problem in refused["problems"]}
    assert problems.keys() == {
        "weights.SKILLS", "shortlist", "gridM", "farM", "answerWithin", "holdSeatFor",
        "cancelUntil", "reviewWithin", "halfLife", "prior",
    }  # fmt: skip
    assert problems["answerWithin"] == "Give 1 to 8784 hours."
    assert (await rules(market))[0] == DEFAULTS


async def test_some_part_must_count(market: Market) -> None:
    """Without any weight there is no score."""
    none = [{"part": part["part"], "weight": 0.0} for part in DEFAULTS["weights"]]  # type: ignore[attr-defined]
    refused = await update(market, market.owner, weights=none)
    assert [problem["path"] for problem in refused["problems"]] == ["weights"]


async def test_a_change_needs_the_version_that_was_seen(market: Market) -> None:
    """The refusal says the current one."""
    version = (await rules(market))[1]
    await update(market, market.owner, version, prior=0.5)
    late = await update(market, market.owner, version, prior=0.7)
    assert (late["code"], late["currentVersion"]) == ("CONFLICT", version + 1)


async def test_a_space_that_does_not_match_or_is_closed_has_none_to_change(market: Market) -> None:
    """Each says what is missing."""
    other = await market.world.space(market.owner)
    given = {"space": other, "expectedVersion": 1, "prior": 0.5}
    assert (await market.owner.do(UPDATE, input=given))["code"] == "NOT_ALLOWED"
    await market.world.db["spaces"].update_one(
        {"_id": market.space}, {"$set": {"closed_at": market.world.clock()}}
    )
    market.world.engine.services.spaces.forget(market.space)
    assert (await update(market, market.owner, prior=0.5))["code"] == "NOT_ALLOWED"


async def test_with_another_grid_places_are_blurred_anew(market: Market) -> None:
    """Shown so at once; found so when the sweep has come by, needs and offers, page by page."""
    ada, ben = await market.member("ada"), await market.member("ben")
    needs = [await post(market, ada, place=HERE, title=str(n)) for n in range(3)]
    offer = await post(market, ada, "offer", place=HERE)
    await post(market, ada, title="nowhere")
    await market.world.db["needs"].insert_many(
        [
            await market.find(needs[0]["id"]) | {"_id": f"ned_{n}", "owner": "usr_x"}
            for n in range(97)
        ]
    )
    before: Any = {"point": BLURRED, "radiusM": 1.0}
    assert len(await titles(ben, market, near=before)) == 100
    await update(market, market.owner, gridM=20_000.0)
    await market.world.engine.services.log.caught_up()
    shown = (await read(ben, needs[0]["id"]))["place"]
    assert shown != BLURRED
    await market.world.tick()
    assert await titles(ben, market, near=before) == []
    assert (await read(ada, offer["id"]))["version"] == 1
    for kind, count in (("needs", 100), ("offers", 1)):
        area = {"type": "Point", "coordinates": [shown["longitude"], shown["latitude"]]}
        found = {"space": market.space, "traits.area": area}
        assert await market.world.db[kind].count_documents(found) == count
    assert await market.world.db["sweeps"].count_documents({"_id": market.space}) == 0


async def test_a_finer_grid_shows_no_finer_cell_of_what_was_posted_before(market: Market) -> None:
    """Whatever grids an owner tries, before and after the sweep: all is made of the first cell."""
    ada, ben = await market.member("ada"), await market.member("ben")
    near = {"longitude": HERE["longitude"] + 0.002, "latitude": HERE["latitude"] + 0.001}
    made, other = [await post(market, ada, place=where) for where in (HERE, near)]
    assert made["place"] != other["place"], "the owner sees the exact ones"
    for metres in (10.0, 3_000.0, 700.0, 1_000.0, 20.0):
        await update(market, market.owner, gridM=metres)
        await market.world.engine.services.log.caught_up()
        for _ in range(2):
            shown = [(await read(ben, one["id"]))["place"] for one in (made, other)]
            assert shown[0] == shown[1], "two places of one cell are told apart"
            await market.world.tick()
        [one, two] = [await market.find(id) for id in (made["id"], other["id"])]
        assert one["traits"]["area"] == two["traits"]["area"]
    exact: Any = {"point": HERE, "radiusM": 200.0}
    assert await titles(ben, market, near=exact) == []


async def test_changing_a_posting_in_place_does_not_blur_it_anew(market: Market) -> None:
    """Else another word would tell the house, by the finer grid of now. Another place is new."""
    ada, ben = await market.member("ada"), await market.member("ben")
    made = await post(market, ada, place=HERE)
    await update(market, market.owner, gridM=10.0)
    await market.world.tick()
    before = (await read(ben, made["id"]))["place"]
    changed = await change(ada, made, title="Other words", place=HERE)
    assert (await read(ben, made["id"]))["place"] == before
    moved = {**HERE, "latitude": HERE["latitude"] + 0.01}
    await change(ada, changed, place=moved)
    shown = (await read(ben, made["id"]))["place"]
    assert abs(shown["latitude"] - moved["latitude"]) < 0.0002


async def test_a_sweep_begins_anew_when_the_grid_changes_again(market: Market) -> None:
    """Whatever was done by the grid between is done by the last one."""
    ada = await market.member("ada")
    made = await post(market, ada, place=HERE)
    await update(market, market.owner, gridM=20_000.0)
    await update(market, market.owner, gridM=1_000.0)
    await market.world.tick()
    area = (await market.find(made["id"]))["traits"]["area"]["coordinates"]
    assert area == [BLURRED["longitude"], BLURRED["latitude"]]
    assert await market.world.db["sweeps"].count_documents({"_id": market.space}) == 0
