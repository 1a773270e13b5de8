"""Support other than money: offered, accepted, delivered and thanked for; delivered, it counts."""

import asyncio
from typing import Any

import pytest

from app.settings import Settings
from tests.api import Person, World, at, second_server
from tests.funding import CONTRIBUTION, Scene, campaign, goal
from tests.supporting import WITHOUT_CLASH, counted

DEEDS = {
    "ACCEPT": ("acceptSupport", False),
    "DECLINE": ("declineSupport", True),
    "DELIVER": ("deliverSupport", False),
    "DENY": ("denyDelivery", True),
    "ACKNOWLEDGE": ("acknowledgeSupport", False),
}
HOURS: dict[str, Any] = {"goals": [goal("TIME", 600)], "mode": "KEEP_IT_ALL"}


async def do(person: Person, deed: str, id: str, reason: str = "So it is.") -> dict[str, Any]:
    """Return what comes of a deed with an offer."""
    name, has_reason = DEEDS[deed]
    given = "input: {contribution: $id, reason: $reason}" if has_reason else "id: $id"
    more, said = (", $reason: String!", {"reason": reason}) if has_reason else ("", {})
    query = f"mutation M($id: ID!{more}) {{ {name}({given}) {{ {CONTRIBUTION} {WITHOUT_CLASH} }} }}"
    done: dict[str, Any] = await person.do(query, id=id, **said)
    return done


@pytest.fixture
async def scene(world: World) -> Scene:
    """A campaign that seeks ten hours."""
    return await campaign(world, **HOURS)


async def test_it_counts_when_it_is_delivered(scene: Scene) -> None:
    """Offered and accepted it is pending; the supporter or the team says that it is delivered."""
    id = await scene.given("ana", 120, kind="TIME")
    assert await counted(scene, "TIME") == (0, 120, 0)
    assert (await do(scene["owner"], "ACCEPT", id))["state"] == "ACCEPTED"
    assert await counted(scene, "TIME") == (0, 120, 0)
    done = await do(scene["ana"], "DELIVER", id)
    assert (done["state"], done["supporter"]["id"]) == ("DELIVERED", scene["ana"].id)
    assert await counted(scene, "TIME") == (120, 0, 1)
    denied = await do(scene["mate"], "DENY", id, "Nobody came.")
    assert (denied["state"], denied["reason"]) == ("ACCEPTED", "Nobody came.")
    assert await counted(scene, "TIME") == (0, 120, 0)
    assert (await do(scene["mate"], "DELIVER", id))["state"] == "DELIVERED"
    assert (await do(scene["owner"], "ACKNOWLEDGE", id))["state"] == "ACKNOWLEDGED"
    assert await counted(scene, "TIME") == (120, 0, 1)
    assert (await do(scene["owner"], "DENY", id))["found"] == "ACKNOWLEDGED"
    assert await scene.events(id) == ["contribution.made", *["contribution.changed"] * 5]
    await scene.check_sums()


async def test_an_offer_is_declined_or_taken_back(scene: Scene) -> None:
    """The team can also do without what it accepted; a supporter takes it back until delivered."""
    first, second, third = [await scene.given("ana", 60, kind="TIME") for _ in range(3)]
    declined = await do(scene["owner"], "DECLINE", first, "We have enough.")
    assert (declined["state"], declined["reason"]) == ("DECLINED", "We have enough.")
    await do(scene["owner"], "ACCEPT", second)
    assert (await do(scene["owner"], "DECLINE", second))["state"] == "CANCELLED"
    await do(scene["owner"], "ACCEPT", third)
    assert (await scene.cancel("ana", third))["state"] == "CANCELLED"
    assert await counted(scene, "TIME") == (0, 0, 0)
    assert (await do(scene["owner"], "ACCEPT", first))["found"] == "DECLINED"
    await scene.check_sums()


async def test_who_does_what(scene: Scene) -> None:
    """The team answers; its supporter delivers; to others an offer looks absent."""
    id = await scene.given("ana", 60, kind="TIME")
    table = {
        "owner": "Contribution",
        "mate": "WRONG_STATE",
        "ana": "NOT_ALLOWED",
        "operator": "NOT_ALLOWED",
        "moderator": "NOT_FOUND",
        "bo": "NOT_FOUND",
        "stranger": "NOT_FOUND",
        "anonymous": "NOT_FOUND",
    }
    for who, outcome in table.items():
        done = await do(scene[who], "ACCEPT", id)
        assert done.get("code", done["__typename"]) == outcome, who
    table = {"bo": "NOT_FOUND", "operator": "NOT_ALLOWED", "ana": "Contribution"}
    for who, outcome in table.items():
        done = await do(scene[who], "DELIVER", id)
        assert done.get("code", done["__typename"]) == outcome, who
    silent = await do(scene["owner"], "DENY", id, " ")
    assert [one["path"] for one in silent["problems"]] == ["reason"]


async def test_money_is_not_delivered(world: World) -> None:
    """It is refused in the state that it is in."""
    scene = await campaign(world)
    id = await scene.given("ana")
    for deed in ("ACCEPT", "DECLINE", "DELIVER", "ACKNOWLEDGE"):
        done = await do(scene["owner"], deed, id)
        assert (done["__typename"], done["found"]) == ("WrongState", "CONFIRMED")


async def test_after_success_it_can_be_delivered_and_after_failure_it_is_let_go(
    world: World,
) -> None:
    """What was accepted is still welcome while a campaign fulfils; a failed one needs nothing."""
    scene = await campaign(world, goals=[goal("TIME", 60)])
    done, late, offered = [await scene.given(who, 60, kind="TIME") for who in ("ana", "bo", "cleo")]
    for id in (done, late):
        await do(scene["owner"], "ACCEPT", id)
    await do(scene["ana"], "DELIVER", done)
    await scene.pass_days(31)
    assert (await scene.stored())["state"] == "SUCCEEDED"
    assert (await do(scene["bo"], "DELIVER", late))["state"] == "DELIVERED"
    assert (await do(scene["owner"], "ACCEPT", offered))["state"] == "ACCEPTED"
    assert await counted(scene, "TIME") == (120, 60, 2)
    await scene.check_sums()


async def test_a_failed_campaign_lets_offers_go(scene: Scene) -> None:
    """Time lets them expire."""
    id = await scene.given("ana", 60, kind="TIME")
    await do(scene["owner"], "ACCEPT", id)
    await scene.pass_days(31)
    assert (await scene.contribution(id))["state"] == "EXPIRED"
    assert (await do(scene["ana"], "DELIVER", id))["found"] == "EXPIRED"
    await scene.check_sums()


async def test_delivered_and_denied_at_once_on_two_servers(
    scene: Scene, settings: Settings
) -> None:
    """Whatever comes first, progress is that of the state in the end."""
    ids = [await scene.given("ana", 60, kind="TIME") for _ in range(5)]
    for id in ids:
        await do(scene["owner"], "ACCEPT", id)
    async with second_server(scene.world, settings) as other:
        asking = [
            do(person, deed, id)
            for id in ids
            for person, deed in (
                (scene["ana"], "DELIVER"),
                (at(other, scene["mate"]), "DELIVER"),
                (at(other, scene["owner"]), "DENY"),
                (scene["owner"], "ACKNOWLEDGE"),
            )
        ]
        done = await asyncio.gather(*asking)
    assert {one["__typename"] for one in done} <= {"Contribution", "WrongState"}
    await scene.world.engine.services.folding.count(scene.id)
    await scene.check_sums()
