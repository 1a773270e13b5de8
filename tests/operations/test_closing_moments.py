"""Gifts beside a closing, whatever comes in between; and sums of any size."""

import asyncio
from typing import Any

import pytest

from app.alerts.due import Due
from app.db import gates as gates_db
from app.resolvers.chores import DO_CAMPAIGNS
from tests.api import World
from tests.funding import CONTRIBUTE, DAY, Scene, campaign, goal, tier

ROUNDS: dict[str, Any] = {
    "mode": "ROUNDS",
    "roundDays": 30,
    "goals": [goal(minimum=1_000, optimum=5_000)],
}
EXPENSE = """
mutation M($id: ID!) { recordExpense(input: {
  campaign: $id, amount: 2147483648, payee: "Sun Ltd", purpose: "Panels"}) {
    __typename ... on Expense { id } } }
"""
JUDGE = "mutation M($id: ID!) {{ {}(id: $id) {{ __typename ... on Expense {{ state }} }} }}"
SUPPORT = "mutation M($id: ID!) {{ {}(id: $id) {{ ... on Contribution {{ state }} }} }}"
DENY = """
mutation M($id: ID!) { denyDelivery(input: {contribution: $id, reason: "No."}) { __typename } }
"""


async def close(scene: Scene, days: float = 31) -> None:
    """Turn the clock and do what time does with campaigns, and nothing that follows from it."""
    world = scene.world
    world.clock.turn(days * DAY)  # type: ignore[attr-defined]
    nudge = world.engine.services.log.nudge
    await Due(world.db, world.clock, "tests", [], nudge).do(DO_CAMPAIGNS)


async def test_what_is_suspended_while_it_settles_is_settled_later(world: World) -> None:
    """Nothing is forgotten: it goes on where it was."""
    scene = await campaign(world, goals=[goal(minimum=1_000)])
    ids = [await scene.given(who, 1_000) for who in ("ana", "bo")]
    await close(scene)
    assert (await scene.stored())["settling"] is True
    assert (await scene.act("SUSPEND", "moderator"))["state"] == "SUSPENDED"
    await world.tick()
    assert {(await scene.contribution(id))["state"] for id in ids} == {"CONFIRMED"}
    assert (await scene.stored())["settling"] is True
    assert (await scene.act("RESUME", "moderator"))["state"] == "SUCCEEDED"
    await scene.pass_days(0)
    assert {(await scene.contribution(id))["state"] for id in ids} == {"CAPTURED"}


@pytest.mark.parametrize("key", [{}, {"idempotencyKey": "late"}])
async def test_nobody_gives_after_the_deadline(world: World, key: dict[str, Any]) -> None:
    """Also while nobody has come to close it; what was given before is answered as it was."""
    scene = await campaign(world, goals=[goal(minimum=1_000)])
    given = await scene.give("bo", 999, idempotencyKey="early")
    world.clock.turn(30 * DAY + 3_600)  # type: ignore[attr-defined]
    assert (await scene.give("ana", 1_000, **key))["__typename"] == "WrongState"
    assert (await scene.give("bo", 999, idempotencyKey="early"))["id"] == given["id"]
    await scene.pass_days(0)
    assert (await scene.stored())["state"] == "FAILED"


async def test_who_waited_for_a_closing_gives_to_the_round_after_it(world: World) -> None:
    """As the campaign is when the gift is written, not when it was asked for."""
    scene = await campaign(world, **ROUNDS)
    await scene.given("bo", 1_000)
    gift = {"campaign": scene.id, "amount": 700, "provider": "DEVELOPMENT"}
    async with world.db.turns.take(gates_db.hot_spots(scene.id, scene["ana"].id or "")):
        giving = asyncio.create_task(scene["ana"].do(CONTRIBUTE, input=gift))
        await close(scene)
    one = await giving
    assert (await scene.stored())["round"] == (await scene.contribution(one["id"]))["round"] == 2
    await scene.pass_days(1)
    assert (await scene.contribution(one["id"]))["state"] == "CONFIRMED"
    assert (await scene.cancel("ana", one["id"]))["state"] == "CANCELLED"


async def test_what_is_declined_at_once_takes_no_place(world: World) -> None:
    """The next one has it."""
    scene = await campaign(world, tiers=[tier(1, 500, limit=1)])
    assert (await scene.give("ana", 513, tier="t1"))["state"] == "DECLINED"
    assert (await scene.give("bo", 600, tier="t1"))["__typename"] == "Contribution"
    assert (await scene.give("ana", 600, tier="t1"))["found"] == "SOLD_OUT"


async def test_who_gives_by_name_and_without_is_counted_as_two(world: World) -> None:
    """Or the number would tell who is behind what is anonymous."""
    scene = await campaign(world)
    for more in ({}, {"anonymous": True}, {"anonymous": True}):
        await scene.given("ana", 1_000, **more)
    seen = await scene.read("stranger")
    assert seen is not None
    assert seen["goals"][0]["progress"]["supporters"] == 2
    await scene.check_sums()


async def test_sums_above_32_bits_move_as_all_others(world: World) -> None:
    """They are taken back, let go and spent; one that is let go does not stop what follows."""
    scene = await campaign(world, mode="KEEP_IT_ALL")
    large = await scene.given("ana", 2**32)
    made = await scene["owner"].do(EXPENSE, id=scene.id)
    done = await scene["mate"].do(JUDGE.format("approveExpense"), id=made["id"])
    assert done["state"] == "APPROVED"
    assert (await scene.refund("mate", large))["state"] == "REFUNDED"
    await scene.check_sums()
    other = await campaign(world)
    back, never, small = [
        await other.given("ana", 2**31),
        await other.given("bo", 2**31, provider="TRANSFER"),
        await other.given("cleo", 1_000),
    ]
    assert (await other.cancel("ana", back))["state"] == "CANCELLED"
    await other.pass_days(31)
    assert (await other.stored())["state"] == "FAILED"
    assert {(await other.contribution(id))["state"] for id in (never, small)} == {"EXPIRED"}
    await other.check_sums()


async def test_what_was_delivered_is_not_denied_after_the_end(world: World) -> None:
    """It was counted when the outcome was decided."""
    scene = await campaign(world, goals=[goal(), goal("TIME", 600)])
    id = await scene.given("ana", 60, kind="TIME")
    for who, deed in (("mate", "acceptSupport"), ("ana", "deliverSupport")):
        done = await scene[who].do(SUPPORT.format(deed), id=id)
    assert done["state"] == "DELIVERED"
    await scene.pass_days(31)
    assert (await scene["mate"].do(DENY, id=id))["__typename"] == "WrongState"
    assert (await scene.stored())["progress"]["TIME"]["counted"] == 60
    await scene.check_sums()
