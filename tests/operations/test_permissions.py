"""The permission matrix, from the client's side: every kind of viewer at every way in."""

from dataclasses import dataclass
from typing import Any

import pytest

from app.auth.permissions import MATRIX, Standing, allowed, standings
from app.auth.roles import Role, Scope
from app.auth.viewer import Viewer
from tests.api import ALERTS, Person, World, record, subscribe

KINDS = (
    "anonymous",
    "stranger",
    "member",
    "moderator",
    "owner",
    "operator",
    "write_key",
    "read_key",
    "foreign_key",
)
MEMBERS = {"member", "moderator", "owner", "operator"}
KEYS = {"write_key", "read_key"}
EVERYBODY = set(KINDS)
SIGNED_IN = {"stranger", *MEMBERS}

READ_SPACE = "query Q($space: ID!) { space(id: $space) { name } }"
READ_NODE = "query Q($id: ID!) { node(id: $id) { id } }"


@dataclass(frozen=True)
class Case:
    """An operation, and who gets through it, in an open space and in one for members."""

    name: str
    query: str
    open: set[str]
    closed: set[str]


CASES = [
    Case("space", READ_SPACE, EVERYBODY, MEMBERS | KEYS),
    Case(
        "space by node",
        "query Q($space: ID!) { node(id: $space) { id } }",
        EVERYBODY,
        MEMBERS | KEYS,
    ),
    Case(
        "series by key",
        'query Q($space: ID!) { series(space: $space, key: "level") { id } }',
        EVERYBODY,
        MEMBERS | KEYS,
    ),
    Case(
        "series by node",
        "query Q($series: ID!) { node(id: $series) { id } }",
        EVERYBODY,
        MEMBERS | KEYS,
    ),
    Case(
        "observations",
        "query Q($series: ID!) { node(id: $series) { ... on Series { observations { nodes { id } }"
        " } } }",
        EVERYBODY,
        MEMBERS | {"read_key"},
    ),
    Case(
        "alerts",
        "query Q($space: ID!) { alerts(space: $space) { nodes { id } } }",
        EVERYBODY,
        MEMBERS,
    ),
    Case("alert by node", "query Q($alert: ID!) { node(id: $alert) { id } }", EVERYBODY, MEMBERS),
    Case(
        "why",
        "query Q($instance: ID!) { whyState(instance: $instance) { reasons } }",
        EVERYBODY,
        MEMBERS,
    ),
    Case(
        "members",
        "query Q($space: ID!) { space(id: $space) { members { nodes { role } } } }",
        MEMBERS,
        MEMBERS,
    ),
    Case(
        "api keys",
        "query Q($space: ID!) { space(id: $space) { apiKeys { nodes { name } } } }",
        {"owner", "operator"},
        {"owner", "operator"},
    ),
    Case(
        "create series",
        """mutation M($space: ID!, $fresh: String!) {
          createSeries(input: {space: $space, key: $fresh, name: "x"}) { __typename } }""",
        {"moderator", "owner", "operator", "write_key"},
        {"moderator", "owner", "operator", "write_key"},
    ),
    Case(
        "record",
        """mutation M($series: ID!, $fresh: String!) {
          recordObservations(input: {observations: [
            {series: $series, at: "2026-03-01T11:59:00Z", value: 1, key: $fresh}]}) {
            __typename } }""",
        {"moderator", "owner", "operator", "write_key"},
        {"moderator", "owner", "operator", "write_key"},
    ),
    Case(
        "subscribe to alerts",
        """mutation M($series: ID!) { createAlertSubscription(input: {
          series: $series, trigger: {threshold: {operator: GT, value: 9}}}) { __typename } }""",
        SIGNED_IN,
        MEMBERS,
    ),
    Case(
        "acknowledge",
        "mutation M($alert: ID!) { acknowledge(input: {alert: $alert}) { __typename } }",
        {"moderator", "owner", "operator"},
        {"moderator", "owner", "operator"},
    ),
    Case(
        "create API key",
        """mutation M($space: ID!) { createApiKey(input: {
          space: $space, name: "k", scopes: [OBSERVATIONS_READ]}) { __typename } }""",
        {"owner", "operator"},
        {"owner", "operator"},
    ),
    Case(
        "give a role",
        """mutation M($space: ID!, $somebody: ID!) { setMemberRole(input: {
          space: $space, user: $somebody, role: MEMBER}) { __typename } }""",
        {"owner", "operator"},
        {"owner", "operator"},
    ),
    Case(
        "update space",
        """mutation M($space: ID!, $version: Int!) { updateSpace(input: {
          space: $space, expectedVersion: $version, rules: "Be kind."}) { __typename } }""",
        {"owner", "operator"},
        {"owner", "operator"},
    ),
    Case(
        "create space",
        """mutation M { createSpace(input: {
          name: "x", model: POOL, domain: SOCIAL}) { __typename } }""",
        {"operator"},
        {"operator"},
    ),
    Case(
        "join space",
        "mutation M($space: ID!) { joinSpace(space: $space) { __typename } }",
        SIGNED_IN,
        MEMBERS - {"operator"},
    ),
    Case(
        "suspend",
        "mutation M($somebody: ID!) { suspendUser(input: {user: $somebody}) { __typename } }",
        {"operator"},
        {"operator"},
    ),
]
LISTED = {"space", "space by node"}
REFUSALS = {"NotFound", "NotAllowed", "NotSignedIn"}


@dataclass
class Stage:
    """A space with everything in it, and one viewer of each kind."""

    world: World
    viewers: dict[str, Person]
    variables: dict[str, Any]


async def set_the_stage(world: World, openness: str) -> Stage:
    """Return a space of this openness, with an open alert that no case's viewer was told of."""
    owner = await world.person("owner")
    space = await world.space(owner, openness=openness)
    viewers = {"anonymous": world.anonymous, "owner": owner}
    for name in ("stranger", "member", "moderator"):
        viewers[name] = await world.person(name)
    viewers["operator"] = await world.person("operator", operator=True)
    for name in ("member", "moderator"):
        await world.role(owner, space, viewers[name], name.upper())
    elsewhere = await world.person("elsewhere")
    other = await world.space(elsewhere)
    viewers["write_key"] = await world.key(owner, space, Scope.OBSERVATIONS_WRITE)
    viewers["read_key"] = await world.key(owner, space, Scope.OBSERVATIONS_READ)
    viewers["foreign_key"] = await world.key(elsewhere, other, Scope.OBSERVATIONS_WRITE)
    series = await world.series(owner, space)
    watcher = await world.person("watcher")
    await world.role(owner, space, watcher, "MEMBER")
    made = await subscribe(watcher, series, operator="GTE", value=3)
    await record(owner, series, ("2026-03-01T11:00:00Z", 4))
    alert = (await watcher.ask("{ inbox { nodes { alert { id } } } }"))["inbox"]["nodes"][0]
    somebody = await world.person("somebody")
    variables = {
        "space": space,
        "series": series,
        "alert": alert["alert"]["id"],
        "instance": made["instance"]["id"],
        "somebody": somebody.id,
    }
    return Stage(world, viewers, variables)


def got_through(body: dict[str, Any]) -> bool:
    """Say whether an answer is the thing itself and not a refusal, an error or an empty place."""
    if body.get("errors"):
        codes = {error["extensions"]["code"] for error in body["errors"]}
        assert codes <= {"NOT_SIGNED_IN", "NOT_ALLOWED", "NOT_FOUND"}, body
        return False
    [value] = body["data"].values()
    return value is not None and value.get("__typename") not in REFUSALS


@pytest.mark.parametrize("openness", ["OPEN", "MEMBERS", "HIDDEN"])
async def test_every_viewer_at_every_way_in(world: World, openness: str) -> None:
    """Each case lets through whom it names and nobody else."""
    stage = await set_the_stage(world, openness)
    wrong = []
    for case in CASES:
        expected = case.open if openness == "OPEN" else case.closed
        for kind in KINDS:
            space = await world.db["spaces"].find_one({"_id": stage.variables["space"]})
            fresh = {"fresh": f"{case.name}-{kind}".replace(" ", "-"), "version": space["version"]}  # type: ignore[index]
            known = {**stage.variables, **fresh}
            used = {name: value for name, value in known.items() if f"${name}:" in case.query}
            body = await stage.viewers[kind].send(case.query, **used)
            if openness == "MEMBERS" and case.name in LISTED:
                expected = EVERYBODY
            if got_through(body) != (kind in expected):
                wrong.append((case.name, kind, body))
            if case.name == "join space" and kind == "stranger":
                await stage.viewers[kind].send(
                    "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }",
                    space=stage.variables["space"],
                )
                await world.engine.services.log.caught_up()
    assert wrong == []


async def test_what_is_invisible_looks_absent(world: World) -> None:
    """A stranger cannot tell a hidden space from one that does not exist."""
    stage = await set_the_stage(world, "HIDDEN")
    stranger = stage.viewers["stranger"]
    for name, made_up in (("space", "spc_x"), ("series", "ser_x"), ("alert", "alr_x")):
        real = await stranger.send(READ_NODE, id=stage.variables[name])
        absent = await stranger.send(READ_NODE, id=made_up)
        assert real["data"] == absent["data"] == {"node": None}
    join = "mutation M($id: ID!) { joinSpace(space: $id) { __typename ... on Error { message } } }"
    assert await stranger.do(join, id=stage.variables["space"]) == await stranger.do(
        join, id="spc_x"
    )


@pytest.mark.parametrize(
    ("openness", "found"), [("OPEN", True), ("MEMBERS", True), ("HIDDEN", False)]
)
async def test_who_finds_a_space(world: World, openness: str, *, found: bool) -> None:
    """A space for members is found by all, for its texts; a hidden one by its members alone."""
    stage = await set_the_stage(world, openness)
    space = {"id": stage.variables["space"]}
    for kind in KINDS:
        listed = (await stage.viewers[kind].ask("{ spaces { nodes { id } } }"))["spaces"]["nodes"]
        assert (space in listed) == (found or kind in MEMBERS | KEYS), kind


async def test_a_role_that_is_lost_stops_an_open_stream(world: World) -> None:
    """Whoever leaves a closed space hears nothing more of it, though the socket stays open."""
    stage = await set_the_stage(world, "MEMBERS")
    member, owner = stage.viewers["member"], stage.viewers["owner"]
    series, space = stage.variables["series"], stage.variables["space"]
    elsewhere = await world.series(owner, await world.space(owner))
    events = "subscription S { events { ... on Event { type subject } } }"
    async with member.watch(events) as stream:
        await subscribe(member, series, operator="GTE", value=100)
        await record(owner, series, ("2026-03-01T11:10:00Z", 101))
        before = {(await anext(stream))["type"] for _ in range(2)}
        assert before == {"subscription.created", "alert.opened"}
        await member.do(
            "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }", space=space
        )
        await record(owner, series, ("2026-03-01T11:20:00Z", 1), ("2026-03-01T11:30:00Z", 102))
        await subscribe(member, elsewhere, operator="GTE", value=5)
        assert (await anext(stream))["type"] == "subscription.created"


async def test_notices_of_a_closed_space_end_with_membership(world: World) -> None:
    """An alert in a space that somebody has left is withheld from them, with its reason."""
    stage = await set_the_stage(world, "MEMBERS")
    member, owner = stage.viewers["member"], stage.viewers["owner"]
    await subscribe(member, stage.variables["series"], operator="GTE", value=100)
    await member.do(
        "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }",
        space=stage.variables["space"],
    )
    await record(owner, stage.variables["series"], ("2026-03-01T11:10:00Z", 101))
    inbox = await member.ask("{ inbox { nodes { id } } }")
    assert inbox["inbox"]["nodes"] == []
    kept = await world.db["notices"].find_one({"user": member.id, "seq": {"$gt": 0}})
    assert kept is not None
    assert kept["withheld"] == "NOT_VISIBLE"


async def test_streams_are_for_people(world: World) -> None:
    """A key and the anonymous have no inbox, so `alerts` refuses them by code."""
    stage = await set_the_stage(world, "OPEN")
    for kind in ("anonymous", "write_key"):
        with pytest.raises(Exception, match="NOT_SIGNED_IN"):
            async with stage.viewers[kind].watch(ALERTS):
                pass


@pytest.mark.parametrize("deed", sorted(MATRIX))
def test_the_matrix_denies_by_default(deed: str) -> None:
    """Nobody without a standing that the deed names may do it, whatever else they are."""
    outsider = Viewer(user="usr_x", roles={"spc_other": Role.OWNER})
    found = standings(outsider, "spc_a", "HIDDEN")
    public = {Standing.ANYONE, Standing.SIGNED_IN}
    assert allowed(deed, found) == (not MATRIX[deed].isdisjoint(public))
