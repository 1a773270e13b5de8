"""The rules of a pool: reading and changing them, and the places that they blur."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api import Person, World
from tests.pool import (
    HERE,
    edited,
    entry,
    facets,
    joined,
    point,
    pool,
    read,
    set_rules,
)

RULES = """
  licence licenceUrl ready attribution openness sensitiveCategories gridM duplicateM patrol
  weightCap newcomerWeight leastConfirmations
  facets { name kind description choices least most unit freshFor }
"""
READ = f"query Q($space: ID!) {{ space(id: $space) {{ version poolRules {{ {RULES} }} }} }}"
UPDATE = f"""
mutation M($input: UpdatePoolRulesInput!) {{ updatePoolRules(input: $input) {{
  __typename ... on Space {{ version poolRules {{ {RULES} }} }}
  ... on Error {{ message code }} ... on NotAllowed {{ missing }}
  ... on Conflict {{ currentVersion }} ... on InvalidInput {{ problems {{ path message }} }} }} }}
"""
FIRST = datetime(1970, 1, 1)
PLAIN: dict[str, Any] = {
    "choices": [],
    "least": None,
    "most": None,
    "unit": None,
    "freshFor": "P365D",
}
DEFAULTS: dict[str, Any] = {
    "licence": "",
    "licenceUrl": None,
    "ready": False,
    "attribution": "",
    "openness": "OPEN",
    "sensitiveCategories": [],
    "gridM": 1000,
    "duplicateM": 60,
    "patrol": True,
    "weightCap": 3,
    "newcomerWeight": 0.5,
    "leastConfirmations": 2,
}


@pytest.fixture
async def owner(world: World) -> Person:
    """Somebody who owns a pool."""
    return await world.person("olga")


async def rules(person: Person, space: str) -> Any:
    """Return the rules of a pool and the version of its space."""
    found = await person.ask(READ, space=space)
    return found["space"]["poolRules"], found["space"]["version"]


async def update(person: Person, space: str, version: int | None = None, **changes: Any) -> Any:
    """Change the rules; return the space, or why not."""
    seen = (await rules(person, space))[1] if version is None else version
    given = {"space": space, "expectedVersion": seen, **changes}
    return await person.do(UPDATE, input=given)


async def test_the_rules_are_there_for_all_to_read(world: World, owner: Person) -> None:
    """What holds where the space says nothing; none in a space without a pool."""
    space = await world.space(owner)
    assert (await rules(owner, space))[0] is None
    assert (await update(owner, space, licence="CC0-1.0"))["missing"] == (
        "a space in which POOL is switched on"
    )
    await world.db["spaces"].update_one({"_id": space}, {"$set": {"enabled_models": ["POOL"]}})
    world.engine.services.spaces.forget(space)
    found, version = await rules(world.anonymous, space)
    kinds = found.pop("facets")
    assert found == DEFAULTS
    assert [kind["name"] for kind in kinds] == ["WHEELCHAIR", "BLIND", "DEAF", "STROLLER"]
    assert kinds[0] == {
        **PLAIN,
        "name": "WHEELCHAIR",
        "kind": "SUITABILITY",
        "description": "Whether people in a wheelchair can use it.",
    }
    refused = await update(owner, space, patrol=False)
    assert refused["problems"][0]["path"] == "licence"
    done = await update(owner, space, licence="CC-BY-4.0", attribution="© many", gridM=500)
    assert done["version"] == version + 1
    assert done["poolRules"] == {
        **DEFAULTS,
        "licence": "CC-BY-4.0",
        "licenceUrl": "https://creativecommons.org/licenses/by/4.0/",
        "ready": True,
        "attribution": "© many",
        "gridM": 500,
        "facets": kinds,
    }
    assert (await rules(world.anonymous, space))[0] == done["poolRules"]


async def test_only_owners_change_the_rules(world: World, owner: Person) -> None:
    """And only those that they saw."""
    space = await pool(world, owner)
    moderator = await joined(world, space, await world.person("mod"), "MODERATOR")
    for person, kind in (
        (world.anonymous, "NotSignedIn"),
        (await world.person("stu"), "NotAllowed"),
        (moderator, "NotAllowed"),
    ):
        assert (await update(person, space, patrol=False))["__typename"] == kind
    _, version = await rules(owner, space)
    assert (await update(owner, space, version, patrol=False))["__typename"] == "Space"
    late = await update(owner, space, version, patrol=True)
    assert (late["__typename"], late["currentVersion"]) == ("Conflict", version + 1)
    assert (await update(owner, "spc_absent", 1, patrol=True))["__typename"] == "NotFound"
    await world.db["spaces"].update_one(
        {"_id": space}, {"$set": {"closed_at": world.clock()}, "$inc": {"version": 1}}
    )
    world.engine.services.spaces.forget(space)
    assert (await update(owner, space, patrol=True))["__typename"] == "NotAllowed"


async def test_all_that_is_wrong_with_rules_is_told(world: World, owner: Person) -> None:
    """By its path in the input; names that files need are refused."""
    space = await pool(world, owner)
    wrong: dict[str, Any] = {
        "licence": " ",
        "attribution": "a" * 501,
        "sensitiveCategories": ["nest", "Nest"],
        "gridM": 1,
        "duplicateM": -1,
        "weightCap": 0.5,
        "newcomerWeight": 1,
        "leastConfirmations": 1,
        "facets": [
            {"name": "TITLE", "kind": "TEXT"},
            {"name": "low", "kind": "TEXT", "unit": "m"},
            {"name": "DOOR", "kind": "CHOICE", "choices": ["One"], "freshFor": "PT1H"},
            {"name": "DOOR", "kind": "NUMBER", "least": 2, "most": 1},
        ],
    }
    refused = await update(owner, space, None, **wrong)
    told = {problem["path"]: problem["message"] for problem in refused["problems"]}
    assert sorted(told) == [
        "attribution",
        "duplicateM",
        "facets.0.name",
        "facets.1.name",
        "facets.1.unit",
        "facets.2.choices",
        "facets.2.freshFor",
        "facets.2.name",
        "facets.3.most",
        "facets.3.name",
        "gridM",
        "leastConfirmations",
        "licence",
        "newcomerWeight",
        "sensitiveCategories.1",
        "weightCap",
    ]
    assert told["gridM"] == "Give 10 to 100000 metres."
    assert told["facets.2.freshFor"] == "Give 1 to 36600 days."


async def test_facets_keep_their_kind_and_what_is_said_of_them(world: World, owner: Person) -> None:
    """No facet becomes another kind, and none goes of which an entry says something."""
    space = await pool(world, owner)
    made = await entry(owner, space, facets=facets(WHEELCHAIR="SUITABLE", STEPS=2))
    new = {"name": "QUIET", "kind": "FLAG", "description": "Whether it is quiet."}
    kept = [
        {"name": "WHEELCHAIR", "kind": "SUITABILITY"},
        {"name": "STEPS", "kind": "NUMBER", "freshFor": "P30D"},
    ]
    refused = await update(owner, space, facets=[{**kept[0], "kind": "TEXT"}, kept[1]])
    assert [one["path"] for one in refused["problems"]] == ["facets.0.kind"]
    refused = await update(owner, space, facets=[kept[0], new])
    assert [one["path"] for one in refused["problems"]] == ["facets"]
    assert "STEPS" in refused["problems"][0]["message"]
    done = await update(owner, space, facets=[new, *kept])
    named = [(one["name"], one["freshFor"]) for one in done["poolRules"]["facets"]]
    assert named == [("QUIET", "P365D"), ("WHEELCHAIR", "P365D"), ("STEPS", "P30D")]
    changed = await edited(owner, made, facets=facets(QUIET=True, STEPS=3))
    assert [one["name"] for one in changed["facets"]] == ["QUIET", "WHEELCHAIR", "STEPS"]
    steps = changed["facets"][2]
    month = (world.clock() + timedelta(days=30)).isoformat()
    assert steps["staleAt"][:19] == month[:19]


async def test_what_becomes_sensitive_by_the_rules_is_blurred_at_once(
    world: World, owner: Person
) -> None:
    """Where it is shown at once; what it is found by follows in pieces, and back again."""
    space = await pool(world, owner, sensitive_categories=[])
    ada, stranger = await world.person("ada"), await world.person("stu")
    made = [
        await entry(ada, space, category="nest/owl", title=f"Nest {n}", place=point(n * 100))
        for n in range(3)
    ]
    await edited(ada, made[0], place=point(50))
    other = await entry(ada, space, title="Café", place=point(0))

    async def spots() -> set[tuple[float, ...]]:
        found = set()
        for kind in ("entries", "entry_revisions"):
            async for one in world.db[kind].find({"space": space}, {"matched": 1}):
                found.add(tuple(one["matched"]["spot"]["coordinates"]))
        return found

    exact = await spots()
    assert len(exact) == 4
    done = await update(owner, space, sensitiveCategories=["nest"], gridM=10_000)
    assert done["__typename"] == "Space"
    seen = await read(stranger, made[1]["id"])
    assert (seen["blurred"], (await read(ada, made[1]["id"]))["blurred"]) == (True, False)
    for _ in range(3):
        await world.tick()
    assert await spots() == {tuple(HERE), tuple(seen["place"]["coordinates"])}
    assert (await read(stranger, other["id"]))["blurred"] is False
    # Once more, for what another process wrote before it had heard of the rules.
    await world.db["entries"].update_one(
        {"_id": made[2]["id"]}, {"$set": {"matched.spot": made[2]["place"]}}
    )
    world.clock.turn(61)  # type: ignore[attr-defined]
    await world.tick()
    assert await spots() == {tuple(HERE), tuple(seen["place"]["coordinates"])}
    assert await world.db["pool_sweeps"].count_documents({"due_at": {"$gt": FIRST}}) == 0
    await set_rules(world, space, grid_metres=1_000)
    await update(owner, space, sensitiveCategories=[])
    await world.tick()
    assert await spots() == exact
