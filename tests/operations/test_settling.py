"""What becomes of what was given: however a campaign is stopped, and whoever holds the money."""

from typing import Any

from tests.api import World
from tests.funding import DAY, campaign, goal, tier

PAYMENT = """
query Q($id: ID!) { node(id: $id) { ... on Contribution {
  payment { toBeReturned notedBy { name } } } } }
"""
ROUNDS: dict[str, Any] = {"mode": "ROUNDS", "roundDays": 30}


async def test_what_the_second_round_brings_does_not_keep_the_first_from_being_settled(
    world: World,
) -> None:
    """Pledges of the round that goes on are not looked for; those before it cannot go back."""
    scene = await campaign(world, **ROUNDS, goals=[goal(minimum=1_000, optimum=5_000)])
    first = await scene.given("ana", 1_000)
    await scene.pass_days(31)
    second = await scene.given("bo", 700)
    await world.db["campaigns"].update_one({"_id": scene.id}, {"$set": {"settling": True}})
    await scene.pass_days(1)
    states = [(await scene.contribution(id))["state"] for id in (first, second)]
    assert states == ["CAPTURED", "CONFIRMED"]
    await world.db["contributions"].update_one({"_id": second}, {"$set": {"round": 1}})
    assert (await scene.cancel("bo", second))["__typename"] == "WrongState"


async def test_what_is_resumed_is_settled(world: World) -> None:
    """What came while a campaign was suspended is taken once it goes on."""
    scene = await campaign(world, mode="KEEP_IT_ALL", deadline=None)
    given = await scene.given("ana", 1_000, provider="TRANSFER")
    await scene.act("SUSPEND", "moderator")
    await scene.note("mate", given, "RECEIVED")
    assert (await scene.contribution(given))["state"] == "CONFIRMED"
    await scene.act("RESUME", "moderator")
    await scene.pass_days(0)
    assert (await scene.contribution(given))["state"] == "CAPTURED"


async def test_a_team_does_not_note_its_own_transfers(world: World) -> None:
    """A moderator does, and it is shown who did; sent back is what was asked for alone."""
    scene = await campaign(world, mode="KEEP_IT_ALL")
    own = await scene.given("owner", 9_900, provider="TRANSFER")
    for who in ("owner", "mate"):
        assert (await scene.note(who, own, "RECEIVED"))["__typename"] == "NotAllowed"
    assert (await scene.note("moderator", own, "RECEIVED"))["state"] == "CAPTURED"
    payment = (await scene["owner"].ask(PAYMENT, id=own))["node"]["payment"]
    assert payment == {"toBeReturned": False, "notedBy": {"name": "moderator"}}
    assert (await scene.note("moderator", own, "RETURNED"))["__typename"] == "WrongState"


async def test_transfers_of_a_failed_campaign_count_until_they_are_sent_back(world: World) -> None:
    """The team has the money, and everybody it concerns sees so; what never came is let go."""
    scene = await campaign(world, goals=[goal(minimum=100_000)])
    came = await scene.given("ana", 9_900, provider="TRANSFER")
    never = await scene.given("bo", 500, provider="TRANSFER")
    await scene.note("mate", came, "RECEIVED")
    await scene.pass_days(31)
    await world.tick()
    gone = await scene.contribution(never)
    assert (gone["state"], gone["asked"]) == ("EXPIRED", None)
    assert (await scene.stored())["progress"]["MONEY"]["counted"] == 9_900
    for who in ("ana", "mate", "operator"):
        payment = (await scene[who].ask(PAYMENT, id=came))["node"]["payment"]
        assert payment["toBeReturned"] is True
    assert "campaign.settled" not in await scene.events()
    assert (await scene.note("mate", came, "RETURNED"))["state"] == "REFUNDED"
    await world.tick()
    assert "campaign.settled" in await scene.events()
    await scene.check_sums()


async def test_pledges_that_nobody_pays_give_their_place_back(world: World) -> None:
    """A transfer has thirty days."""
    tiers = [tier(1, 500, limit=1)]
    scene = await campaign(world, deadline=None, mode="KEEP_IT_ALL", tiers=tiers)
    given = await scene.given("ana", 1_000, provider="TRANSFER", tier="t1")
    world.clock.turn(29 * DAY)  # type: ignore[attr-defined]
    await world.tick()
    assert (await scene.contribution(given))["state"] == "PLEDGED"
    world.clock.turn(2 * DAY)  # type: ignore[attr-defined]
    await world.tick()
    assert (await scene.contribution(given))["state"] == "EXPIRED"
    assert (await scene.give("bo", 600, tier="t1"))["__typename"] == "Contribution"


async def test_reasons_of_refunds_are_bounded(world: World) -> None:
    """Nothing is no reason, and a book is too long."""
    scene = await campaign(world, mode="KEEP_IT_ALL")
    given = await scene.given("ana", 1_000)
    for reason in ("x" * 501, " "):
        assert (await scene.refund("mate", given, reason))["__typename"] == "InvalidInput"
