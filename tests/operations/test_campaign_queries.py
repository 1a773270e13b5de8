"""Campaigns are looked for and read: filters, orders, pages, figures, and what was given."""

from typing import Any

import pytest

from tests.api import World
from tests.commands import count_again, counted_process
from tests.conftest import TurnedClock
from tests.databases import Databases
from tests.funding import Scene, campaign, goal, open_scene, tier

LIST = """
query Q($space: ID!, $filter: CampaignFilterInput, $orderBy: CampaignOrder! = NEWEST,
    $first: Int, $after: String) {
  campaigns(space: $space, filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount nodes { title } pageInfo { endCursor hasNextPage } } }
"""
FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "edcba"),
    ({"category": "ENERGY"}, "eba"),
    ({"category": "energy/solar"}, "b"),
    ({"types": ["CAUSE"]}, "d"),
    ({"states": ["SUCCEEDED", "CANCELLED"]}, "e"),
    ({"states": ["OPEN"]}, "dcba"),
    ({"states": []}, ""),
    ({"shareFrom": 0.5}, "eb"),
    ({"shareBelow": 0.5, "kinds": ["MONEY"]}, "ca"),
    ({"kinds": ["SIGNATURE"]}, "d"),
    ({"endsBefore": "2026-03-15T00:00:00Z"}, "ec"),
    ({"endsFrom": "2026-03-15T00:00:00Z"}, "ba"),
    ({"text": "PANELS les"}, "ba"),
    ({"text": "énergie"}, "c"),
    ({"near": {"point": {"longitude": 5.6, "latitude": 50.6}, "radiusM": 1_000}}, "c"),
    ({"withinBox": {"west": 5, "south": 50, "east": 6, "north": 51}}, "c"),
]
LEAN = """
query Q($space: ID!) { campaigns(space: $space, first: 20) { nodes {
  title share state deadline owner { name } goals { kind progress { counted share } }
  contributions(first: 3) { nodes { amount formatted createdAt message supporter { name } } } } } }
"""
WHOLE = """
query Q($space: ID!) { campaigns(space: $space, first: 20) { nodes {
  tiers { name left } team { name } forecast { outlook } statement { cameIn { amount } }
  ledger(first: 3) { nodes { amount } } can takesSupport } } }
"""
FIGURES = """
query Q($id: ID!, $after: String) { campaign(id: $id) {
  forecast { kind share perDay projected low high daysToGoal outlook words }
  statement { promised { amount } held { amount } cameIn { amount currency formatted(locale: "fr") }
    givenBack { amount } disputed { amount } reserved { amount } paid { amount }
    available { amount } owed { amount } }
  ledger(first: 50, after: $after) { totalCount pageInfo { startCursor } nodes {
    kind amount currency credit debit cause contribution expense at } }
  goals { formatted progress { formatted } } } }
"""
GIVEN = """
query Q($id: ID!, $first: Int, $after: String) { campaign(id: $id) {
  contributions(first: $first, after: $after) {
    totalCount nodes { id state supporter { name } } pageInfo { endCursor } } } }
"""
MINE = """
query Q($first: Int, $after: String, $other: ID!) {
  me { contributions(first: $first, after: $after) {
    totalCount nodes { id state message campaign { title } } pageInfo { endCursor } } }
  node(id: $other) { ... on User { contributions { totalCount } } } }
"""
PROVIDERS = "query Q($id: ID!) { paymentProviders(space: $id) { name byHand pretends } }"


async def listed(scene: Scene, who: str = "anonymous", **more: Any) -> str:
    """Return the titles of the campaigns that somebody finds, in order."""
    found = (await scene[who].ask(LIST, space=scene.space, **more))["campaigns"]
    return "".join(one["title"] for one in found["nodes"])


async def five(world: World) -> Scene:
    """Return a scene with campaigns of many kinds, titled by letters in the order of their age."""
    scene = await open_scene(world, "OPEN", {"review": False})
    place = {"longitude": 5.6, "latitude": 50.6}
    asked: dict[str, dict[str, Any]] = {
        "a": {"category": "energy"},
        "b": {"category": "energy/solar"},
        "c": {"category": "food", "story": "Énergies.", "place": place, "deadline": scene.day(9)},
        "d": {"type": "CAUSE", "category": "rights", "story": "Sign.", "mode": "KEEP_IT_ALL",
              "deadline": None, "goals": [goal("SIGNATURE", 10)]},
        "e": {"deadline": scene.day(2), "story": "Bricks."},
    }  # fmt: skip
    for name, changes in asked.items():
        world.clock.turn(1)  # type: ignore[attr-defined]
        scene.id = (await scene.create(title=name, **changes))["id"]
        for deed in ("SUBMIT", "OPEN"):
            done = await scene.act(deed)
        assert done["state"] == "OPEN", done
        if name in "be":
            await scene.given("ana", 5_000 if name == "b" else 20_000)
    await scene.create(title="draft")
    await scene.pass_days(3)
    return scene


async def test_campaigns_are_filtered_and_ordered(world: World) -> None:
    """Every part that is given holds; by age, by deadline, and by what has come in."""
    scene = await five(world)
    for filter, expected in FILTERS:
        found = (await scene["ana"].ask(LIST, space=scene.space, filter=filter))["campaigns"]
        titles = "".join(one["title"] for one in found["nodes"])
        assert (titles, found["totalCount"]) == (expected, len(expected)), filter
    assert await listed(scene, orderBy="ENDING_SOON") == "cab"
    ended = {"states": ["SUCCEEDED", "OPEN"]}
    assert await listed(scene, orderBy="ENDING_SOON", filter=ended) == "ecab"
    progress = await listed(scene, orderBy="PROGRESS")
    assert (progress[:2], sorted(progress[2:])) == ("eb", ["a", "c", "d"])
    drafts = {"states": ["DRAFT"]}
    assert await listed(scene, "owner", filter=drafts) == "draft"
    assert await listed(scene, "moderator", filter=drafts) == "draft"
    assert await listed(scene, "ana", filter=drafts) == ""
    for order in ("NEWEST", "ENDING_SOON", "PROGRESS"):
        whole, found, after = await listed(scene, orderBy=order), "", None
        while len(found) < len(whole):
            page = await scene["ana"].ask(
                LIST, space=scene.space, orderBy=order, first=2, after=after
            )
            found += "".join(one["title"] for one in page["campaigns"]["nodes"])
            after = page["campaigns"]["pageInfo"]["endCursor"]
        assert found == whole
        assert not page["campaigns"]["pageInfo"]["hasNextPage"]


async def test_a_filter_that_nothing_can_match_is_refused(world: World) -> None:
    """Each problem by its path; and a space that is not seen has no campaigns."""
    scene = await open_scene(world, "MEMBERS", {})
    wrong: dict[str, Any] = {
        "near": {"point": {"longitude": 0, "latitude": 99}, "radiusM": 0},
        "shareFrom": -1,
        "text": "?",
        "category": "a//b",
    }
    body = await scene["owner"].send(LIST, space=scene.space, filter=wrong)
    extensions = body["errors"][0]["extensions"]
    assert extensions["code"] == "INVALID_INPUT"
    assert {problem["path"] for problem in extensions["problems"]} == {
        "filter.near.point.latitude", "filter.near.radiusM", "filter.shareFrom", "filter.text",
        "filter.category",
    }  # fmt: skip
    for who, code in (("stranger", "NOT_ALLOWED"), ("anonymous", "NOT_SIGNED_IN")):
        body = await scene[who].send(LIST, space=scene.space)
        assert body["errors"][0]["extensions"]["code"] == code
    body = await scene["owner"].send(LIST, space="spc_none")
    assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_lists_take_one_command_for_each_level(
    databases: Databases, clock: TurnedClock
) -> None:
    """However many campaigns there are: owners are read with the supporters one level below."""
    async with counted_process(databases, clock) as world:
        scene = await five(world)
        for who in ("bo", "owner"):
            commands = await count_again(world, scene[who], LEAN, space=scene.space)
            assert dict(commands) == {
                "find campaigns": 1,
                "find users": 1,
                "aggregate campaigns": 1,
            }, who
        commands = await count_again(world, scene["bo"], WHOLE, space=scene.space)
        assert dict(commands) == {
            "find campaigns": 1,
            "aggregate ledger": 2,
            "aggregate campaigns": 1,
        }


async def test_what_was_given_is_listed_by_who_looks(world: World) -> None:
    """To the public what counts; to the team and the operator all; to people what they gave."""
    scene = await campaign(world)
    ids = []
    for who, amount, more in (
        ("ana", 1_000, {}),
        ("bo", 1_013, {}),
        ("cleo", 2_000, {"provider": "TRANSFER"}),
        ("ana", 3_000, {"anonymous": True, "message": "Psst."}),
    ):
        world.clock.turn(1)  # type: ignore[attr-defined]
        ids.append(await scene.given(who, amount, **more))

    async def given(who: str, **more: Any) -> list[tuple[str, str | None]]:
        found = await scene[who].ask(GIVEN, id=scene.id, **more)
        nodes = found["campaign"]["contributions"]["nodes"]
        return [(one["id"], (one["supporter"] or {}).get("name")) for one in nodes]

    for who in ("anonymous", "bo", "moderator"):
        assert await given(who) == [(ids[3], None), (ids[0], "ana")], who
    assert await given("ana") == [(ids[3], "ana"), (ids[0], "ana")]
    everything = [(ids[3], "ana"), (ids[2], "cleo"), (ids[1], "bo"), (ids[0], "ana")]
    for who in ("owner", "mate", "operator"):
        assert await given(who) == everything
    page = await scene["mate"].ask(GIVEN, id=scene.id, first=1)
    after = page["campaign"]["contributions"]["pageInfo"]["endCursor"]
    assert await given("mate", first=2, after=after) == everything[1:3]
    mine = await scene["ana"].ask(MINE, other=scene["bo"].id)
    assert mine["node"]["contributions"] is None
    assert [one["id"] for one in mine["me"]["contributions"]["nodes"]] == [ids[3], ids[0]]
    assert mine["me"]["contributions"]["nodes"][0] | {"id": ""} == {
        "id": "", "state": "CONFIRMED", "message": "Psst.",
        "campaign": {"title": "Sun on the school roof"},
    }  # fmt: skip
    theirs = (await scene["bo"].ask(MINE, other=scene["ana"].id))["me"]["contributions"]
    assert [(one["id"], one["state"]) for one in theirs["nodes"]] == [(ids[1], "DECLINED")]
    nobody = await scene["anonymous"].ask(MINE, other=scene["ana"].id)
    assert nobody == {"me": None, "node": {"contributions": None}}


async def test_supporters_keep_sight_of_what_they_gave(world: World) -> None:
    """Also when the space is closed to them; the campaign itself they do not see then."""
    scene = await campaign(world)
    id = await scene.given("ana")
    change = {"$set": {"openness": "MEMBERS"}}
    await world.db["spaces"].update_one({"_id": scene.space}, change)
    world.engine.services.spaces.forget(scene.space)
    found = (await scene["ana"].ask(MINE, other=id))["me"]["contributions"]
    assert found["nodes"][0] | {"message": ""} == {
        "id": id, "state": "CONFIRMED", "message": "", "campaign": None,
    }  # fmt: skip
    assert await scene.read("ana") is None


async def test_the_ledger_and_its_sums_are_for_all(world: World) -> None:
    """Every movement in order, without persons; and what became of the money."""
    scene = await campaign(
        world, mode="KEEP_IT_ALL", goals=[goal(), goal("TIME", 600)], openness="OPEN"
    )
    first = await scene.given("ana", 6_000, anonymous=True)
    second = await scene.given("bo", 2_000)
    await scene.given("cleo", 1_000, provider="TRANSFER")
    await scene.given("cleo", 60, kind="TIME")
    await scene.refund("mate", second)
    found = (await scene["anonymous"].ask(FIGURES, id=scene.id))["campaign"]
    moved = [
        (one["kind"], one["amount"], one["credit"], one["debit"], one["cause"])
        for one in found["ledger"]["nodes"]
    ]
    assert moved == [
        ("MONEY", 6_000, "OWN", "FUNDS", "CAPTURED"),
        ("MONEY", 2_000, "OWN", "FUNDS", "CAPTURED"),
        ("MONEY", 1_000, "OWN", "PROMISED", "PLEDGED"),
        ("TIME", 60, "OWN", "PROMISED", "OFFERED"),
        ("MONEY", 2_000, "FUNDS", "REFUNDED", "REFUNDED"),
    ]
    ids = [one["contribution"] for one in found["ledger"]["nodes"]]
    assert ids[:2] == [first, second]
    after = found["ledger"]["pageInfo"]["startCursor"]
    number = (await world.db["ledger"].find_one(sort=[("_id", 1)]) or {})["_id"]
    assert (after[:2], world.db.seal.open(after)) == ("ev", number)
    rest = (await scene["anonymous"].ask(FIGURES, id=scene.id, after=after))["campaign"]["ledger"]
    assert [one["contribution"] for one in rest["nodes"]] == ids[1:]
    figures = {name: one["amount"] for name, one in found["statement"].items()}
    assert figures == {
        "promised": 1_000, "held": 0, "cameIn": 8_000, "givenBack": 2_000, "disputed": 0,
        "reserved": 0, "paid": 0, "available": 6_000, "owed": 0,
    }  # fmt: skip
    assert found["statement"]["cameIn"]["formatted"] == "80,00\N{NO-BREAK SPACE}€"
    assert found["goals"] == [
        {"formatted": "€100.00", "progress": {"formatted": "€60.00"}},
        {"formatted": None, "progress": {"formatted": None}},
    ]
    assert str(scene["ana"].id) not in str(found)
    await scene.check_sums()


async def test_a_forecast_follows_the_last_whole_days(world: World) -> None:
    """It says nothing before three of them are over, and that it is over when it is."""
    scene = await campaign(world, state="IN_REVIEW", deadline="2026-03-11T12:00:00Z")

    async def outlook(who: str = "owner") -> dict[str, Any]:
        found = (await scene[who].ask(FIGURES, id=scene.id))["campaign"]["forecast"]
        return found[0] if found else {}

    assert await outlook() == {}
    await scene.act("OPEN")
    seen = []
    for amount in (900, 1_100, 1_000, 1_000):
        await scene.given("ana", amount)
        seen.append(await outlook("anonymous"))
        await scene.pass_days(1)
    assert [one["outlook"] for one in seen[:3]] == ["TOO_LITTLE_KNOWN"] * 3
    assert {key: seen[3][key] for key in ("share", "perDay", "projected", "daysToGoal")} == {
        "share": 0.4, "perDay": 1_000, "projected": 11_000, "daysToGoal": 6,
    }  # fmt: skip
    assert seen[3]["low"] < 11_000 < seen[3]["high"]
    assert seen[3]["outlook"] == "LIKELY"
    await scene.pass_days(7)
    assert (await outlook())["outlook"] == "OVER"


async def test_providers_are_those_that_the_space_takes(world: World) -> None:
    """All that the server has, unless the space names some."""
    scene = await open_scene(world, "OPEN", {})
    found = (await scene["anonymous"].ask(PROVIDERS, id=scene.space))["paymentProviders"]
    assert found == [
        {"name": "DEVELOPMENT", "byHand": False, "pretends": True},
        {"name": "TRANSFER", "byHand": True, "pretends": False},
    ]
    change = {"$set": {"crowdsourcing.providers": ["TRANSFER"]}}
    await world.db["spaces"].update_one({"_id": scene.space}, change)
    world.engine.services.spaces.forget(scene.space)
    found = (await scene["anonymous"].ask(PROVIDERS, id=scene.space))["paymentProviders"]
    assert [one["name"] for one in found] == ["TRANSFER"]


@pytest.mark.parametrize("query", [LEAN, WHOLE, FIGURES, GIVEN])
async def test_compiled_and_interpreted_it_is_the_same(world: World, query: str) -> None:
    """The first time an operation is interpreted, and then it is compiled."""
    scene = await campaign(world, tiers=[tier(1, 500, limit=3)])
    await scene.given("ana", 500, tier="t1")
    given = {"space": scene.space} if "$space" in query else {"id": scene.id}
    first = await scene["owner"].ask(query, **given)
    assert await scene["owner"].ask(query, **given) == first
    assert await scene["owner"].ask(query, **given) == first
