"""What payment providers are asked, and when again: each question until it is answered."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db.client import Database
from app.payments.messages import Message, Told
from app.payments.port import Deed, Outcome, key_of
from app.settings import Settings
from tests.api import World, one_process
from tests.bank import NAME, Bank
from tests.funding import DAY, Scene, campaign, goal, tier

HOUR = 3_600
BANK: dict[str, Any] = {"provider": NAME}
SMALL: dict[str, Any] = {"goals": [goal(minimum=1_000)]}


@pytest.fixture
def bank() -> Bank:
    """A provider that does what it is asked."""
    return Bank()


@pytest.fixture
async def world(db: Database, settings: Settings, clock: Any, bank: Bank) -> AsyncIterator[World]:
    """One server process through which money can be pledged at the bank."""
    async with one_process(db, settings, clock, {NAME: bank}) as world:
        yield world


async def wait(scene: Scene, seconds: float) -> None:
    """Let so much time pass, and do what is due by then."""
    scene.world.clock.turn(seconds)  # type: ignore[attr-defined]
    await scene.world.tick()


async def state(scene: Scene, id: str) -> tuple[str, str | None]:
    """Return where a contribution stands, and what is asked about it."""
    found = await scene.contribution(id)
    return found["state"], found["asked"]


async def unasked(world: World, bank: Bank) -> tuple[Scene, str]:
    """Return a campaign that has succeeded, and a pledge that the bank was not there to take."""
    scene = await campaign(world, **SMALL)
    id = await scene.given("ana", 1_000, **BANK)
    bank.away = 0
    await scene.pass_days(31)
    assert await state(scene, id) == ("CONFIRMED", "CAPTURE")
    bank.away = None
    assert Deed.CAPTURE in bank.deeds()
    return scene, id


async def test_no_money_is_taken_while_a_campaign_is_suspended(world: World, bank: Bank) -> None:
    """The question waits, and is asked once the campaign goes on."""
    scene, id = await unasked(world, bank)
    await scene.act("SUSPEND", "moderator")
    await wait(scene, 2 * HOUR)
    assert (bank.deeds(), await state(scene, id)) == ([], ("CONFIRMED", "CAPTURE"))
    await scene.act("RESUME", "moderator")
    await wait(scene, 2 * HOUR)
    assert (bank.deeds(), await state(scene, id)) == ([Deed.CAPTURE], ("CAPTURED", None))


async def test_no_money_is_taken_for_a_cancelled_campaign(world: World, bank: Bank) -> None:
    """What was still to be taken is let go."""
    scene, id = await unasked(world, bank)
    await scene.act("CANCEL", "moderator")
    await scene.pass_days(0)
    await wait(scene, 2 * HOUR)
    assert (bank.deeds(), await state(scene, id)) == ([Deed.RELEASE], ("CANCELLED", None))


async def test_a_promise_that_is_made_over_the_closing_ends(world: World, bank: Bank) -> None:
    """Its question was under way when the campaign failed; what it secures is let go."""
    scene = await campaign(world, tiers=[tier(1, 500, limit=1)])
    bank.away = 0
    id = await scene.given("ana", 1_000, tier="t1", **BANK)
    await scene.pass_days(31)
    bank.away, bank.says = None, {Deed.AUTHORISE: Outcome.PENDING}
    await wait(scene, 2 * HOUR)
    await world.tick()
    assert await state(scene, id) == ("EXPIRED", None)
    assert bank.deeds()[-2:] == [Deed.AUTHORISE, Deed.RELEASE]
    assert (await scene.stored())["progress"]["MONEY"]["pending"] == 0


async def test_what_a_provider_would_tell_by_itself_is_asked_again(
    world: World, bank: Bank
) -> None:
    """After six hours, and not before."""
    scene = await campaign(world)
    bank.says[Deed.AUTHORISE] = Outcome.PENDING
    id = await scene.given("ana", 1_000, **BANK)
    bank.says.clear()
    bank.deeds()
    await wait(scene, 5 * HOUR)
    assert (bank.deeds(), await state(scene, id)) == ([], ("PLEDGED", "CONFIRM"))
    await wait(scene, 2 * HOUR)
    assert (bank.deeds(), await state(scene, id)) == ([Deed.AUTHORISE], ("CONFIRMED", None))


async def test_what_is_not_given_back_is_asked_for_anew_each_day(world: World, bank: Bank) -> None:
    """Under a key of its own, or it would be answered as before; and not all the time."""
    scene = await campaign(world, mode="KEEP_IT_ALL")
    id = await scene.given("ana", 1_000, **BANK)
    await world.tick()
    assert await state(scene, id) == ("CAPTURED", None)
    bank.deeds()
    bank.says[Deed.REFUND] = Outcome.DECLINED
    await scene.act("CANCEL", "owner")
    for _ in range(4):
        await wait(scene, HOUR)
    asked = bank.asked
    assert [deed for deed, _ in asked] == [Deed.REFUND]
    await wait(scene, DAY)
    assert "campaign.settled" not in await scene.events()
    bank.says.clear()
    await wait(scene, DAY)
    assert await state(scene, id) == ("REFUNDED", None)
    keys = [key_of(deed, payment) for deed, payment in bank.asked]
    assert keys == [f"{id}:refund", f"{id}:refund:2", f"{id}:refund:3"]
    await world.tick()
    assert "campaign.settled" in await scene.events()


async def test_a_refund_outlives_a_dispute(world: World, bank: Bank) -> None:
    """It waits while the money is contested, and is asked for again once that is won."""
    scene = await campaign(world, mode="KEEP_IT_ALL")
    id = await scene.given("ana", 1_000, **BANK)
    await world.tick()
    bank.away = 0
    await scene.refund("mate", id)
    bank.away = None
    bank.deeds()
    for n, told in enumerate((Told.DISPUTED, Told.DISPUTE_WON)):
        at: datetime = world.clock()
        news = Message(f"m{n}", NAME, f"bank:{id}", id, told, 2_100 + n, 1_000, "EUR", at)
        await world.engine.services.collecting.take(news)
        asked = (await scene.contribution(id))["due_at"] is not None
        assert asked is (told is Told.DISPUTE_WON)
    await wait(scene, HOUR)
    assert (bank.deeds(), await state(scene, id)) == ([Deed.REFUND], ("REFUNDED", None))


async def test_a_pause_that_a_provider_wants_is_kept(world: World, bank: Bank) -> None:
    """It is an hour at most; without one the next tick asks again."""
    scene = await campaign(world)
    bank.away = 0
    first = await scene.given("ana", 1_000, **BANK)
    bank.away = 600
    second = await scene.given("bo", 1_000, **BANK)
    bank.away = 10**6
    third = await scene.given("cleo", 1_000, **BANK)
    now = world.clock()
    due = [(await scene.contribution(id))["due_at"] for id in (first, second, third)]
    assert due == [now, now + timedelta(minutes=10), now + timedelta(hours=1)]
    bank.away = None
    await wait(scene, 599)
    states = [(await scene.contribution(id))["state"] for id in (first, second, third)]
    assert states == ["CONFIRMED", "PLEDGED", "PLEDGED"]
