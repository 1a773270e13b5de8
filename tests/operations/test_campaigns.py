"""Campaigns are drafted, changed and opened, and have a team, rules, and official answers."""

import asyncio
from typing import Any

from tests.api import World
from tests.clinic import FAILURES
from tests.funding import CREATE, SET_TEAM, UPDATE, Scene, campaign, goal, open_scene, tier

RULES = """
    __typename
    ... on Space { version crowdsourcingRules { breadth creators review longestDays providers
      validation anonymous areas areaFloor } }
"""
SPACE = f"query Q($id: ID!) {{ space(id: $id) {{ {RULES} }} }}"
SET_RULES = f"""
mutation M($input: UpdateCrowdsourcingRulesInput!) {{
  updateCrowdsourcingRules(input: $input) {{ {RULES}
    ... on Error {{ message code }} ... on Conflict {{ currentVersion }}
    ... on InvalidInput {{ problems {{ path message }} }} }} }}
"""
CLOSE_SPACE = """
mutation M($space: ID!, $version: Int!) {
  closeSpace(input: {space: $space, expectedVersion: $version}) { __typename } }
"""
RESPOND = f"""
mutation M($id: ID!, $threshold: ID!, $text: String!) {{
  respondToThreshold(input: {{campaign: $id, threshold: $threshold, text: $text}}) {{
    __typename ... on Campaign {{ thresholds {{ id response {{ text author {{ name }} }} }} }}
    {FAILURES} }} }}
"""
SEEN = """
query Q($id: ID!, $space: ID!) {
  campaign(id: $id) { id }
  node(id: $id) { id }
  campaigns(space: $space, filter: {states: [DRAFT, IN_REVIEW, OPEN]}) {
    totalCount nodes { id } edges { node { id } } }
  about: events(filter: {subject: $id}) { nodes { type } }
  within: events(filter: {space: $space, types: ["campaign.created"]}) { nodes { type } }
}
"""


async def update(scene: Scene, version: int, who: str = "owner", **changes: Any) -> dict[str, Any]:
    """Return what comes of changing the campaign."""
    given = {"campaign": scene.id, "expectedVersion": version} | changes
    done: dict[str, Any] = await scene[who].do(UPDATE, input=given)
    return done


async def set_team(scene: Scene, who: str, *team: str, version: int = 2) -> dict[str, Any]:
    """Return what comes of choosing the campaign's team."""
    people = [scene[name].id for name in team]
    given = {"campaign": scene.id, "expectedVersion": version, "team": people}
    done: dict[str, Any] = await scene[who].do(SET_TEAM, input=given)
    return done


def problems(done: dict[str, Any]) -> set[str]:
    """Return the paths of all that was wrong."""
    assert done["__typename"] == "InvalidInput", done
    return {problem["path"] for problem in done["problems"]}


async def test_a_draft_has_what_was_written_and_nothing_yet(world: World) -> None:
    """It begins without progress; its gates are there, and shut; so are limited places."""
    scene = await open_scene(world, "OPEN", {})
    made = await scene.create(
        category=" Energy / solar ",
        goals=[goal(optimum=20_000), goal("TIME", 600), goal("SKILL", 2, what="roofing")],
        tiers=[tier(1, 500), tier(2, 2_000, "READ_UPDATES", limit=3, reward="A brick.")],
        thresholds=[{"kind": "MONEY", "name": "half", "percent": 50}],
        place={"longitude": 5.6, "latitude": 50.6},
    )
    assert made["state"] == "DRAFT", made
    assert made["category"] == "energy/solar"
    assert [one["progress"]["counted"] for one in made["goals"]] == [0, 0, 0]
    assert [(one["id"], one["left"]) for one in made["tiers"]] == [("t1", None), ("t2", 3)]
    assert made["thresholds"][0] | {"name": ""} == {
        "id": "h1", "kind": "MONEY", "name": "", "percent": 50, "amount": None, "every": False,
        "crossedTimes": 0, "response": None,
    }  # fmt: skip
    assert made["can"] == ["SUBMIT", "CANCEL"]
    assert not made["takesSupport"]
    gates = await world.db["gates"].find({"campaign": made["id"]}).to_list(None)
    assert [gate["open"] for gate in gates] == [False] * 16
    assert await scene.events(made["id"]) == ["campaign.created"]


async def test_all_that_is_wrong_with_a_draft_is_told_at_once(world: World) -> None:
    """Each by its path in the input; nothing is written."""
    scene = await open_scene(world, "OPEN", {"breadth": "SPECIALISED", "areas": ["North"]})
    done = await scene.create(
        title=" ",
        category="cooking",
        area="South",
        deadline="2026-03-01T11:00:00Z",
        roundDays=3,
        goals=[goal(minimum=0, currency="XXX"), goal("SKILL", 1, what="")],
        tiers=[tier(1, 5, "VOTE"), tier(1, 5, kind="GOODS")],
        thresholds=[{"kind": "MONEY", "name": "both", "percent": 50, "amount": 1}],
    )
    assert problems(done) >= {
        "title", "category", "area", "deadline", "roundDays", "goals.0.minimum",
        "goals.0.currency", "goals.1.what", "tiers.0.rights", "tiers.1.rank", "tiers.1.kind",
        "thresholds.0.percent",
    }  # fmt: skip
    assert await world.db["campaigns"].find_one({"_id": {"$gt": ""}}) is None
    strange = await scene.create(tiers=[tier(1, 500, id="t7")])
    assert problems(strange) == {"tiers.0.id"}
    inside = await scene.create(category="Energy/Wind", area="north")
    assert (inside["category"], inside["__typename"]) == ("energy/Wind", "Campaign")


async def test_whoever_may_make_campaigns(world: World) -> None:
    """Members do, or moderators alone; not where the model is off, nor in a closed space."""
    scene = await open_scene(world, "OPEN", {})
    made = {who: (await scene.create(who))["__typename"] for who in scene.people}
    assert made == dict.fromkeys(("stranger", "ana", "bo", "cleo"), "NotAllowed") | {
        "anonymous": "NotSignedIn"
    } | dict.fromkeys(("host", "operator", "moderator", "owner", "mate", "member"), "Campaign")
    rules = {"space": scene.space, "expectedVersion": 1, "creators": "MODERATOR"}
    assert (await scene["host"].do(SET_RULES, input=rules))["__typename"] == "Space"
    done = await scene.create("member")
    assert (done["__typename"], done["missing"]) == (
        "NotAllowed",
        "the role of moderator in the space",
    )
    assert (await scene.create("moderator"))["__typename"] == "Campaign"
    await scene["operator"].do(CLOSE_SPACE, space=scene.space, version=2)
    assert (await scene.create("moderator"))["code"] == "NOT_ALLOWED"
    other = await world.space(scene["host"])
    assert (await scene.create("host", space=other))["missing"].endswith("is switched on")
    hidden = await world.space(scene["host"], openness="HIDDEN")
    assert (await scene.create("owner", space=hidden))["code"] == "NOT_FOUND"


async def test_a_draft_is_made_once_for_each_key(world: World) -> None:
    """However often and however quickly it is sent; the same key for another input is refused."""
    scene = await open_scene(world, "OPEN", {})
    sent = scene.content(idempotencyKey="one", tiers=[tier(1, 500, limit=1)])
    made = await asyncio.gather(*(scene["owner"].do(CREATE, input=sent) for _ in range(4)))
    again = await scene["owner"].do(CREATE, input=sent)
    assert len({one["id"] for one in [*made, again]}) == 1
    assert await world.db["gates"].count_documents({"campaign": again["id"]}) == 16
    other = await scene["owner"].do(CREATE, input=sent | {"title": "Another one"})
    assert other["__typename"] == "Conflict"


async def test_drafts_are_invisible_to_strangers(world: World) -> None:
    """To all but the team, moderators and the operator; by identifier, in lists, in the log."""
    scene = await campaign(world, state="IN_REVIEW")

    async def look(who: str) -> list[int]:
        found = await scene[who].ask(SEEN, id=scene.id, space=scene.space)
        listed = found["campaigns"]
        lists = [
            listed["nodes"],
            listed["edges"],
            found["about"]["nodes"],
            found["within"]["nodes"],
        ]
        single = [found["campaign"] is not None, found["node"] is not None, listed["totalCount"]]
        return [*map(int, single), *map(len, lists)]

    for who in ("owner", "mate", "moderator", "operator"):
        assert await look(who) == [1, 1, 1, 1, 1, 3, 1], who
    for who in ("member", "stranger", "anonymous"):
        assert await look(who) == [0] * 7, who
        assert (await update(scene, 1, who, title="Mine"))["__typename"] == "NotFound"
    await scene.act("OPEN")
    assert await look("anonymous") == [1, 1, 1, 1, 1, 4, 1]


async def test_a_draft_can_be_changed_as_a_whole(world: World) -> None:
    """By its team, who saw its latest version; a tier that is named stays the same one."""
    scene = await campaign(world, state="DRAFT", tiers=[tier(1, 500), tier(2, 2_000, limit=3)])
    kept = tier(3, 3_000, id="t2", limit=5)
    done = await update(
        scene,
        2,
        "mate",
        title="Wind",
        mode="KEEP_IT_ALL",
        deadline=None,
        goals=[goal(minimum=5_000), goal("SIGNATURE", 100)],
        tiers=[kept, tier(1, 100, name="new")],
        thresholds=[{"kind": "SIGNATURE", "name": "each ten", "amount": 10, "every": True}],
    )
    assert done["__typename"] == "Campaign", done
    assert (done["title"], done["mode"], done["deadline"]) == ("Wind", "KEEP_IT_ALL", None)
    assert done["story"] == "Forty panels, and lessons under them."
    assert [(one["id"], one["name"], one["left"]) for one in done["tiers"]] == [
        ("t2", "level 3", 5),
        ("t3", "new", None),
    ]
    assert (await update(scene, 2, title="Late"))["currentVersion"] == 3
    assert problems(await update(scene, 3, mode="ROUNDS")) == {
        "deadline",
        "roundDays",
        "goals.0.optimum",
    }
    assert (await update(scene, 3, "moderator", title="Mine"))["__typename"] == "NotAllowed"
    assert await scene.events() == ["campaign.created", "campaign.updated", "campaign.updated"]
    await scene.act("SUBMIT")
    assert (await update(scene, 4, title="Late"))["found"] == "IN_REVIEW"


async def test_of_an_open_campaign_little_can_be_changed(world: World) -> None:
    """Its title, story and place, by which it is found then; and words of tiers nobody has."""
    levels = [tier(1, 500), tier(2, 900, limit=2), tier(3, 2_000, limit=2)]
    scene = await campaign(world, tiers=levels)
    levels = [one | {"id": f"t{n}"} for n, one in enumerate(levels, start=1)]
    place = {"longitude": 5.6, "latitude": 50.6}
    done = await update(scene, 4, title="Windmill", story="Wings.", place=place)
    assert (done["title"], done["version"]) == ("Windmill", 5)
    found = await scene["ana"].ask(
        """query Q($space: ID!, $text: String!) {
             new: campaigns(space: $space, filter: {text: $text}) { nodes { place { latitude } } }
             old: campaigns(space: $space, filter: {text: "panels"}) { totalCount } }""",
        space=scene.space,
        text="wing",
    )
    assert found == {"new": {"nodes": [{"place": {"latitude": 50.6}}]}, "old": {"totalCount": 0}}
    fixed = await update(scene, 5, title="", deadline=scene.day(40), goals=[goal(minimum=1)])
    assert problems(fixed) == {"deadline", "goals"}
    reworded = [one | {"reward": "A brick."} for one in levels]
    assert (await update(scene, 5, tiers=reworded))["tiers"][0]["reward"] == "A brick."
    assert problems(await update(scene, 6, tiers=reworded[1:])) == {"tiers"}
    cheaper = [reworded[0] | {"least": 1, "limit": 9}, *reworded[1:]]
    assert problems(await update(scene, 6, tiers=cheaper)) == {"tiers.0.least", "tiers.0.limit"}
    await scene.given("ana", 900, tier="t2")
    assert problems(await update(scene, 6, tiers=levels)) == {"tiers.0", "tiers.1"}
    assert (await update(scene, 6, tiers=[*reworded[:2], levels[2]]))["version"] == 7
    assert (await scene.give("bo", 2_000, tier="t3"))["state"] == "CONFIRMED"


async def test_what_is_submitted_still_fits(world: World) -> None:
    """A draft whose deadline has passed, or whose category the space gave up, is to be mended."""
    scene = await campaign(world, state="DRAFT", category="energy")
    scene.world.clock.turn(31 * 86_400)  # type: ignore[attr-defined]
    change = {"categories": ["water"], "crowdsourcing.breadth": "SPECIALISED"}
    await world.db["spaces"].update_one({"_id": scene.space}, {"$set": change})
    world.engine.services.spaces.forget(scene.space)
    assert problems(await scene.act("SUBMIT")) == {"category", "deadline"}
    await update(scene, 2, category="water/rain", deadline=scene.day(20))
    assert (await scene.act("SUBMIT"))["state"] == "IN_REVIEW"


async def test_the_owner_chooses_the_team(world: World) -> None:
    """Of members; who is of it has its rights at once, and who is not has them no more."""
    scene = await campaign(world)
    posted = {"_id": "upd_x", "campaign": scene.id, "team": [scene["owner"].id, scene["mate"].id]}
    await world.db["updates"].insert_one(posted)
    assert (await set_team(scene, "mate", "member"))["missing"] == "the owner of the campaign"
    assert (await set_team(scene, "moderator", "member"))["__typename"] == "NotAllowed"
    assert problems(await set_team(scene, "owner", "ana", "owner", version=4)) == {
        "team.0",
        "team.1",
    }
    assert (await set_team(scene, "owner", "member"))["currentVersion"] == 4
    done = await set_team(scene, "owner", "member", "member", version=4)
    assert [one["name"] for one in done["team"]] == ["member"]
    assert (await update(scene, 5, "mate", title="Mine"))["__typename"] == "NotAllowed"
    assert (await update(scene, 5, "member", title="Ours"))["title"] == "Ours"
    news = await world.db["updates"].find_one({"_id": "upd_x"})
    assert news is not None
    assert news["team"] == [scene["owner"].id, scene["member"].id]


async def test_moderators_answer_to_thresholds(world: World) -> None:
    """Once they are crossed; a later answer replaces an earlier one, and each is an event."""
    scene = await campaign(
        world, thresholds=[{"kind": "MONEY", "name": "a tenth", "percent": 10, "every": True}]
    )
    said = {"id": scene.id, "threshold": "h1", "text": "We heard."}
    assert (await scene["moderator"].do(RESPOND, **said))["__typename"] == "WrongState"
    await scene.given("ana", 2_500)
    assert (await scene["owner"].do(RESPOND, **said))["__typename"] == "NotAllowed"
    assert problems(await scene["moderator"].do(RESPOND, **(said | {"text": " "}))) == {"text"}
    unknown = await scene["moderator"].do(RESPOND, **(said | {"threshold": "h2"}))
    assert unknown["__typename"] == "NotFound"
    await scene["moderator"].do(RESPOND, **said)
    done = await scene["operator"].do(RESPOND, **(said | {"text": "We did."}))
    response = {"text": "We did.", "author": {"name": "operator"}}
    assert done["thresholds"] == [{"id": "h1", "response": response}]
    assert (await scene.events())[-2:] == ["campaign.responded"] * 2
    seen = await scene.read()
    assert seen is not None
    assert seen["thresholds"][0]["crossedTimes"] == 2


async def test_time_opens_what_is_approved_and_returns_what_is_late(world: World) -> None:
    """At `opensAt`, if a moderator has approved it by then; at the deadline it is a draft again."""
    scene = await open_scene(world, "OPEN", {"review": True})
    ids = []
    for _ in range(2):
        made = await scene.create(opensAt=scene.day(1), deadline=scene.day(3))
        ids.append(made["id"])
        await scene.act("SUBMIT", id=made["id"])
    await scene.act("APPROVE", "moderator", id=ids[0])
    early = await scene.act("OPEN", id=ids[0])
    assert early["found"] == "IN_REVIEW"
    states = []
    for _ in range(3):
        await scene.pass_days(1)
        states.append([(await scene.stored(id))["state"] for id in ids])
    assert states == [["OPEN", "IN_REVIEW"], ["OPEN", "IN_REVIEW"], ["FAILED", "DRAFT"]]
    late = await scene.stored(ids[1])
    assert late["reason"] == "Its deadline passed before it was opened."


async def test_owners_change_the_rules_of_a_space(world: World) -> None:
    """What is not named stays; all that is wrong is told; the space's version is expected."""
    scene = await open_scene(world, "OPEN", {})
    usual = (await scene["anonymous"].ask(SPACE, id=scene.space))["space"]["crowdsourcingRules"]
    assert usual == {
        "breadth": "GENERAL", "creators": "MEMBER", "review": True, "longestDays": 366,
        "providers": [], "validation": True, "anonymous": True, "areas": [], "areaFloor": 5,
    }  # fmt: skip
    sent: dict[str, Any] = {"space": scene.space, "expectedVersion": 1}
    changes = {"review": False, "providers": ["TRANSFER"], "areas": [" North", "South", "North "]}
    refused = await scene["moderator"].do(SET_RULES, input=sent | changes)
    assert refused["__typename"] == "NotAllowed"
    done = await scene["host"].do(SET_RULES, input=sent | changes)
    assert done["crowdsourcingRules"] == usual | changes | {"areas": ["North", "South"]}
    late = await scene["host"].do(SET_RULES, input=sent | {"review": True})
    assert (late["__typename"], late["currentVersion"]) == ("Conflict", 2)
    wrong = {"longestDays": 0, "areaFloor": 2_000, "providers": ["BARTER"], "areas": [" "]}
    done = await scene["host"].do(SET_RULES, input=sent | wrong | {"expectedVersion": 2})
    assert problems(done) == {"longestDays", "areaFloor", "providers.0", "areas.0"}
    other = await world.space(scene["host"])
    found = await scene["host"].ask(SPACE, id=other)
    assert found["space"]["crowdsourcingRules"] is None
    done = await scene["host"].do(SET_RULES, input=sent | {"space": other, "review": False})
    assert done["__typename"] == "NotAllowed"
