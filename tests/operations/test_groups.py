"""Groups of a space, who may join and assign them, and the rules that its owner decides."""

import asyncio
from typing import Any

import pytest

from tests.api import Person, World
from tests.clinic import ASSIGN_GROUP, JOIN_GROUP, Clinic, open_clinic

LACKS = "... on Error { message code } ... on NotAllowed { missing }"
WRONG = "... on Conflict { currentVersion } ... on InvalidInput { problems { path message } }"
MEMBERSHIP = "__typename ... on Membership { role groups }"
JOIN = f"""
mutation M($input: JoinGroupInput!) {{ joinGroup(input: $input) {{ {MEMBERSHIP} {LACKS} }} }}
"""
LEAVE = f"""
mutation M($input: LeaveGroupInput!) {{ leaveGroup(input: $input) {{ {MEMBERSHIP} {LACKS} }} }}
"""
ASSIGN = f"""
mutation M($input: AssignGroupInput!) {{
  assignGroup(input: $input) {{ {MEMBERSHIP} {LACKS} }} }}
"""
RULES = """
  groups { seekers experts } direction expertsJoin leastTrust { score orLevel } endorsementsNeeded
  similarityWeights { text facets tags } similarityThreshold
  expertWeights { subject level acceptance load language } mostLoad rankingWeights { text ngrams }
  routing { firstAfter expertFor groupFor mostExperts }
  reputation { gives { merit points } dailyCap }
  consents { purpose text version leastVersion } version
"""
UPDATE = f"""
mutation M($input: UpdateBrokingRulesInput!) {{ updateBrokingRules(input: $input) {{
  __typename ... on Space {{ version brokingRules {{ {RULES} }} }} {LACKS} {WRONG} }} }}
"""
READ = f"query Q($id: ID!) {{ space(id: $id) {{ version brokingRules {{ {RULES} }} }} }}"
EVENTS = """
subscription S($space: ID) { events(filter: {space: $space}) {
  ... on Event { type subject actor } } }
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


async def join(clinic: Clinic, who: str, side: str) -> dict[str, Any]:
    """Return what comes of joining a group."""
    joined: dict[str, Any] = await clinic[who].do(JOIN, input={"space": clinic.space, "side": side})
    return joined


async def leave(clinic: Clinic, who: str, side: str) -> dict[str, Any]:
    """Return what comes of leaving a group."""
    left: dict[str, Any] = await clinic[who].do(LEAVE, input={"space": clinic.space, "side": side})
    return left


async def assign(clinic: Clinic, who: str, whom: str | None, *sides: str) -> dict[str, Any]:
    """Return what comes of assigning somebody to groups."""
    given = {"space": clinic.space, "user": whom, "sides": list(sides)}
    assigned: dict[str, Any] = await clinic[who].do(ASSIGN, input=given)
    return assigned


async def update(clinic: Clinic, who: str = "olga", **changes: Any) -> dict[str, Any]:
    """Return what comes of changing the rules as they are now."""
    if "expectedVersion" not in changes:
        changes["expectedVersion"] = (await read(clinic))["version"]
    updated: dict[str, Any] = await clinic[who].do(UPDATE, input={"space": clinic.space, **changes})
    return updated


async def read(clinic: Clinic, who: str = "anonymous") -> dict[str, Any]:
    """Return the space with its rules."""
    found: dict[str, Any] = (await clinic[who].ask(READ, id=clinic.space))["space"]
    return found


async def test_every_member_may_seek(clinic: Clinic) -> None:
    """Joining twice is joining once, and leaving twice is leaving once."""
    first = await join(clinic, "mia", "SEEKERS")
    assert first == {"__typename": "Membership", "role": "MEMBER", "groups": ["SEEKERS"]}
    assert await join(clinic, "mia", "SEEKERS") == first
    for _ in range(2):
        assert (await leave(clinic, "mia", "SEEKERS"))["groups"] == []
    changed = await clinic.world.db["events"].count_documents(
        {"space": clinic.space, "type": "member.groups_changed", "actor": clinic["mia"].id}
    )
    assert changed == 2


async def test_moderators_say_who_is_an_expert(clinic: Clinic) -> None:
    """Unless the space's rule is another, nobody joins the experts by themselves."""
    refused = await join(clinic, "mia", "EXPERTS")
    assert (refused["code"], refused["missing"]) == ("NOT_ALLOWED", "a moderator who assigns you")
    assert refused["message"] == "Here a moderator says who belongs to experts."
    assert (await assign(clinic, "max", clinic["mia"].id, "EXPERTS"))["groups"] == ["EXPERTS"]
    await clinic.world.engine.services.log.caught_up()
    assert (await join(clinic, "mia", "EXPERTS"))["groups"] == ["EXPERTS"]


async def test_the_experts_are_open_where_the_space_says_so(clinic: Clinic) -> None:
    """From the change of the rule on, every member may join them, and be in both groups."""
    assert (await update(clinic, expertsJoin="FREELY"))["__typename"] == "Space"
    assert (await join(clinic, "sam", "EXPERTS"))["groups"] == ["SEEKERS", "EXPERTS"]


@pytest.mark.parametrize(
    ("who", "passes"),
    [("max", True), ("olga", True), ("mo", True), ("eva", False), ("stranger", False)],
)
async def test_only_who_looks_after_a_space_assigns(
    clinic: Clinic, who: str, *, passes: bool
) -> None:
    """Moderators, owners and the operator; assigned groups replace those that somebody had."""
    assigned = await assign(clinic, who, clinic["bo"].id, "SEEKERS")
    if passes:
        assert assigned["groups"] == ["SEEKERS"]
    else:
        assert assigned["code"] == "NOT_ALLOWED"


async def test_groups_are_for_members(clinic: Clinic) -> None:
    """A stranger joins the space first; who is no member cannot be assigned, nor found out."""
    assert (await join(clinic, "stranger", "SEEKERS"))["missing"] == "membership of the space"
    assert (await join(clinic, "anonymous", "SEEKERS"))["code"] == "NOT_SIGNED_IN"
    absent = await assign(clinic, "max", "usr_x", "EXPERTS")
    assert await assign(clinic, "max", clinic["stranger"].id, "EXPERTS") == absent
    assert absent["code"] == "NOT_FOUND"


async def test_a_space_without_the_model_has_no_groups(world: World) -> None:
    """A space of alerts refuses them by name of the model, and has no such rules."""
    ada = await world.person("ada")
    space = await world.space(ada)
    refused = await ada.do(JOIN, input={"space": space, "side": "SEEKERS"})
    assert refused["missing"] == "a space with the model KNOWLEDGE_BROKER"
    refused = await ada.do(UPDATE, input={"space": space, "expectedVersion": 1, "mostLoad": 3})
    assert refused["missing"] == "a space with the model KNOWLEDGE_BROKER"
    assert (await ada.ask(READ, id=space))["space"]["brokingRules"] is None


async def test_members_see_who_is_in_which_group(clinic: Clinic) -> None:
    """The groups stand beside the role in the list of members."""
    query = """query Q($id: ID!) { space(id: $id) { members(first: 20) {
      nodes { groups user { id } } } } }"""
    listed = (await clinic["sam"].ask(query, id=clinic.space))["space"]["members"]["nodes"]
    groups = {member["user"]["id"]: member["groups"] for member in listed}
    assert groups[clinic["bo"].id] == ["SEEKERS", "EXPERTS"]
    assert (groups[clinic["eva"].id], groups[clinic["olga"].id]) == (["EXPERTS"], [])


async def test_who_leaves_the_space_leaves_its_groups(clinic: Clinic) -> None:
    """Whoever comes back is in none of them."""
    deed = "mutation M($space: ID!) {{ {}Space(space: $space) {{ __typename }} }}"
    for what in ("leave", "join"):
        await clinic["eva"].do(deed.format(what), space=clinic.space)
        await clinic.world.engine.services.log.caught_up()
    assert (await join(clinic, "eva", "SEEKERS"))["groups"] == ["SEEKERS"]


async def test_nothing_is_lost_when_many_change_groups_at_once(clinic: Clinic) -> None:
    """Joining one group while a moderator assigns others leaves one of the two orders."""
    await update(clinic, expertsJoin="FREELY")
    for _ in range(5):
        await assign(clinic, "max", clinic["mia"].id)
        await asyncio.gather(
            join(clinic, "mia", "SEEKERS"),
            join(clinic, "mia", "EXPERTS"),
            assign(clinic, "max", clinic["mia"].id, "EXPERTS"),
        )
        stored = await clinic.world.db["memberships"].find_one(
            {"space": clinic.space, "user": clinic["mia"].id}
        )
        assert stored is not None
        assert stored["sides"] in (["SEEKERS", "EXPERTS"], ["EXPERTS"])


async def test_a_group_that_is_lost_is_lost_at_once(clinic: Clinic) -> None:
    """An expert's next request sees what they may see now, without signing in anew."""
    thread = await clinic.asked(visibility="EXPERTS_ONLY")
    assert await clinic.read("eva", thread) is not None
    await leave(clinic, "eva", "EXPERTS")
    await clinic.world.engine.services.log.caught_up()
    assert await clinic.read("eva", thread) is None


async def test_a_change_of_groups_is_an_event(clinic: Clinic) -> None:
    """It concerns the person, says who did it, and which groups they were in and are in."""
    async with clinic["sam"].watch(EVENTS, space=clinic.space) as stream:
        await assign(clinic, "max", clinic["mia"].id, "EXPERTS")
        told = await anext(stream)
    assert (told["type"], told["actor"]) == ("member.groups_changed", clinic["max"].id)
    stored = await clinic.world.db["events"].find_one(sort=[("_id", -1)])
    assert stored is not None
    assert stored["to"] == [clinic["mia"].id]
    assert (stored["before"], stored["after"]) == ({"sides": []}, {"sides": ["EXPERTS"]})


async def test_everybody_who_finds_a_space_reads_its_rules(clinic: Clinic) -> None:
    """They are those that a space begins with, whole and with durations as text."""
    rules = (await read(clinic))["brokingRules"]
    assert rules["groups"] == {"seekers": "seekers", "experts": "experts"}
    assert (rules["direction"], rules["expertsJoin"]) == ("SEEKERS_TO_EXPERTS", "BY_MODERATOR")
    assert rules["routing"] == {
        "firstAfter": "PT12H",
        "expertFor": "P1D",
        "groupFor": "P2D",
        "mostExperts": 3,
    }
    assert {"merit": "ADVICE_ACCEPTED", "points": 15.0} in rules["reputation"]["gives"]
    assert rules["leastTrust"] == {"score": 0.0, "orLevel": None}
    [asked] = rules["consents"]
    assert (asked["purpose"], asked["version"], asked["leastVersion"]) == ("RESEARCH", 1, 1)


async def test_what_is_not_named_stays(clinic: Clinic) -> None:
    """Each rule, each weight and each line of a table can be changed by itself."""
    before = await read(clinic)
    changes: dict[str, Any] = {
        "groups": {"seekers": "patients"},
        "direction": "MUTUAL",
        "leastTrust": {"score": 5, "orLevel": "ENDORSED"},
        "endorsementsNeeded": 2,
        "similarityWeights": {"tags": 1},
        "similarityThreshold": 0.5,
        "expertWeights": {"load": 0},
        "mostLoad": 4,
        "rankingWeights": {"ngrams": 0.5},
        "routing": {"firstAfter": "PT30M", "mostExperts": 1},
        "reputation": {"gives": [{"merit": "ADVICE_UP", "points": 7}], "dailyCap": 20},
        "consents": [{"purpose": "TEACHING", "text": "Teach with it."}],
    }
    after = await update(clinic, **changes)
    assert (after["version"], after["brokingRules"]["version"]) == (before["version"] + 1, 2)
    rules, had = after["brokingRules"], before["brokingRules"]
    assert rules["groups"] == {"seekers": "patients", "experts": "experts"}
    assert rules["leastTrust"] == {"score": 5.0, "orLevel": "ENDORSED"}
    assert rules["similarityWeights"] == had["similarityWeights"] | {"tags": 1.0}
    assert rules["expertWeights"] == had["expertWeights"] | {"load": 0.0}
    assert rules["routing"] == had["routing"] | {"firstAfter": "PT30M", "mostExperts": 1}
    gives = {one["merit"]: one["points"] for one in rules["reputation"]["gives"]}
    assert (gives["ADVICE_UP"], gives["ADVICE_ACCEPTED"]) == (7.0, 15.0)
    assert [one["purpose"] for one in rules["consents"]] == ["RESEARCH", "TEACHING"]
    assert (rules["direction"], rules["expertsJoin"]) == ("MUTUAL", "BY_MODERATOR")
    assert (await read(clinic))["brokingRules"] == rules


async def test_another_text_of_consent_is_another_version(clinic: Clinic) -> None:
    """The owner says which versions still count."""
    other: dict[str, Any] = {"purpose": "RESEARCH", "text": "Use my case for five years."}
    [asked] = (await update(clinic, consents=[other]))["brokingRules"]["consents"]
    assert (asked["version"], asked["leastVersion"]) == (2, 1)
    strict: dict[str, Any] = {"purpose": "RESEARCH", "leastVersion": 2}
    [asked] = (await update(clinic, consents=[strict]))["brokingRules"]["consents"]
    assert (asked["version"], asked["leastVersion"]) == (2, 2)


async def test_all_that_is_wrong_with_rules_is_told_by_its_place(clinic: Clinic) -> None:
    """Places are those of the input, lists by number; nothing of it is written."""
    refused = await update(
        clinic,
        groups={"experts": " "},
        leastTrust={"score": -1},
        similarityWeights={"text": -1},
        routing={"mostExperts": 99, "expertFor": "PT1S"},
        reputation={
            "gives": [
                {"merit": "ADVICE_UP", "points": 1},
                {"merit": "ADVICE_DOWN", "points": -1e9},
            ]
        },
        consents=[{"purpose": "RESEARCH", "leastVersion": 9}, {"purpose": "TEACHING"}],
    )
    assert {problem["path"] for problem in refused["problems"]} == {
        "groups",
        "leastTrust.score",
        "similarityWeights",
        "routing.expertFor",
        "routing.mostExperts",
        "reputation.gives.1.points",
        "consents.0.leastVersion",
        "consents.1.text",
    }
    assert (await read(clinic))["brokingRules"]["version"] == 1


async def test_a_text_that_is_too_long_is_refused_by_its_place(clinic: Clinic) -> None:
    """Names of groups and texts of consent have a greatest length."""
    refused = await update(
        clinic,
        groups={"seekers": "x" * 61},
        consents=[{"purpose": "RESEARCH", "text": "x" * 10_001}],
    )
    paths = [problem["path"] for problem in refused["problems"]]
    assert paths == ["groups.seekers", "consents.0.text"]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("mo", None),
        ("max", "NOT_ALLOWED"),
        ("eva", "NOT_ALLOWED"),
        ("stranger", "NOT_ALLOWED"),
        ("anonymous", "NOT_SIGNED_IN"),
    ],
)
async def test_only_owners_decide_the_rules(clinic: Clinic, who: str, code: str | None) -> None:
    """And the operator of the server."""
    assert (await update(clinic, who, mostLoad=2)).get("code") == code


async def test_of_two_who_change_the_rules_one_learns_of_the_other(clinic: Clinic) -> None:
    """Neither undoes what the other wrote, though both saw the same version."""
    version = (await read(clinic))["version"]
    first, second = await asyncio.gather(
        update(clinic, expectedVersion=version, mostLoad=2),
        update(clinic, "mo", expectedVersion=version, endorsementsNeeded=7),
    )
    failed = next(one for one in (first, second) if one["__typename"] != "Space")
    assert (failed["code"], failed["currentVersion"]) == ("CONFLICT", version + 1)
    rules = (await read(clinic))["brokingRules"]
    assert (rules["mostLoad"], rules["endorsementsNeeded"]) in ((2, 3), (10, 7))


async def test_a_change_of_rules_is_an_event_without_texts(clinic: Clinic) -> None:
    """It names what changed, and nothing of what it says."""
    await update(clinic, consents=[{"purpose": "TEACHING", "text": "Secret."}], mostLoad=3)
    stored = await clinic.world.db["events"].find_one(sort=[("_id", -1)])
    assert stored is not None
    assert stored["type"] == "space.updated"
    assert stored["after"] == {"fields": ["broking.consents", "broking.most_load"]}


async def test_a_closed_space_keeps_its_rules_and_groups(clinic: Clinic) -> None:
    """Nothing of them changes any more, save that people may leave."""
    close = """mutation M($space: ID!, $version: Int!) {
      closeSpace(input: {space: $space, expectedVersion: $version}) { __typename } }"""
    version = (await read(clinic))["version"]
    await clinic["mo"].do(close, space=clinic.space, version=version)
    await clinic.world.engine.services.log.caught_up()
    wanted = "a space that is open for changes"
    refused = [
        await join(clinic, "mia", "SEEKERS"),
        await assign(clinic, "max", clinic["mia"].id, "EXPERTS"),
        await update(clinic, mostLoad=2),
    ]
    assert [one["missing"] for one in refused] == [wanted] * 3
    assert (await leave(clinic, "eva", "EXPERTS"))["groups"] == []


async def test_nobody_learns_of_a_hidden_space_by_its_groups(world: World) -> None:
    """To a stranger, a hidden space and none at all are alike."""
    clinic = await open_clinic(world, "HIDDEN")
    stranger: Person = clinic["stranger"]
    hidden = await join(clinic, "stranger", "SEEKERS")
    assert hidden == await stranger.do(JOIN, input={"space": "spc_x", "side": "SEEKERS"})
    assert hidden["code"] == "NOT_FOUND"


async def test_nobody_takes_themselves_among_the_experts(clinic: Clinic) -> None:
    """A moderator who could would read what is for experts alone; another one has to say so."""
    max_, olga = clinic["max"], clinic["olga"]
    given = {"space": clinic.space, "user": max_.id, "sides": ["SEEKERS", "EXPERTS"]}
    assert (await max_.do(ASSIGN_GROUP, **given))["__typename"] == "NotAllowed"
    assert (await olga.do(ASSIGN_GROUP, **given))["__typename"] == "Membership"
    await clinic.world.engine.services.log.caught_up()
    kept = {**given, "sides": ["EXPERTS"]}
    assert (await max_.do(ASSIGN_GROUP, **kept))["__typename"] == "Membership"


async def test_a_right_that_was_given_is_there_at_the_next_request(world: World) -> None:
    """Whoever joins a space can join its group at once, and ask at once."""
    clinic = await open_clinic(world)
    stranger, space = clinic["stranger"], clinic.space
    join = "mutation M($space: ID!) { joinSpace(space: $space) { __typename } }"
    assert (await stranger.do(join, space=space))["__typename"] == "Membership"
    joined = await stranger.do(JOIN_GROUP, space=space, side="SEEKERS")
    assert joined["__typename"] == "Membership"
    assert (await clinic.ask("stranger"))["__typename"] == "Thread"
