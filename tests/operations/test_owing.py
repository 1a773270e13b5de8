"""Money that came by hand for a pledge that is over: it counts no more, and nobody loses it."""

from typing import Any

from app.resolvers.auditing import audit
from tests.api import World
from tests.funding import Scene, campaign, goal

BOOKS = """
query Q($id: ID!) { campaign(id: $id) {
  statement { held { amount } cameIn { amount } givenBack { amount } available { amount }
    owed { amount } }
  forecast { kind perDay }
  ledger(first: 100) { nodes { contribution amount credit debit cause } } } }
"""
PAYMENT = "query Q($id: ID!) { node(id: $id) { ... on Contribution { payment { toBeReturned } } } }"
TRANSFER: dict[str, Any] = {"provider": "TRANSFER"}


async def books(scene: Scene) -> dict[str, Any]:
    """Return the statement of the campaign, as anybody reads it; its books are in order."""
    assert (await audit(scene.world.db)).findings == []
    await scene.check_sums()
    read = (await scene["anonymous"].ask(BOOKS, id=scene.id))["campaign"]
    return {name: one["amount"] for name, one in read["statement"].items()}


async def moved(scene: Scene, id: str) -> list[tuple[str, str, str]]:
    """Return from where to where the money of a contribution went, and by what."""
    read = (await scene["anonymous"].ask(BOOKS, id=scene.id))["campaign"]["ledger"]["nodes"]
    return [
        (one["credit"], one["debit"], one["cause"]) for one in read if one["contribution"] == id
    ]


async def owes(scene: Scene, id: str) -> bool:
    """Say whether the team is told to send the money of a contribution back."""
    payment = (await scene["mate"].ask(PAYMENT, id=id))["node"]["payment"]
    return bool(payment["toBeReturned"])


NOTHING = {"held": 0, "cameIn": 0, "givenBack": 0, "available": 0, "owed": 0}


async def test_a_transfer_that_is_taken_back_is_owed_until_it_is_sent(world: World) -> None:
    """Whether it came before or after: each cent that the team holds stands in the ledger."""
    scene = await campaign(world)
    came = await scene.given("ana", 900, **TRANSFER)
    late = await scene.given("bo", 50, **TRANSFER)
    await scene.note("mate", came, "RECEIVED")
    assert await books(scene) == NOTHING | {"held": 900}
    for who, id in (("ana", came), ("bo", late)):
        assert (await scene.cancel(who, id))["state"] == "CANCELLED"
    assert (await owes(scene, came), await owes(scene, late)) == (True, False)
    assert await books(scene) == NOTHING | {"owed": 900}
    assert (await scene.note("mate", late, "RECEIVED"))["state"] == "CANCELLED"
    assert (await scene.note("mate", late, "RECEIVED"))["__typename"] == "WrongState"
    assert await books(scene) == NOTHING | {"owed": 950}
    await scene.pass_days(4)
    read = (await scene["anonymous"].ask(BOOKS, id=scene.id))["campaign"]
    assert read["forecast"] == [{"kind": "MONEY", "perDay": 0}]
    for id in (came, late):
        assert (await scene.note("mate", id, "RETURNED"))["state"] == "CANCELLED"
        assert not await owes(scene, id)
    assert await books(scene) == NOTHING
    sent = ("OWED", "OWN", "CANCELLED")
    assert (await moved(scene, came))[-2:] == [("HELD", "OWED", "OWED"), sent]
    taken_back = ("PROMISED", "OWN", "CANCELLED")
    assert (await moved(scene, late))[-3:] == [taken_back, ("OWN", "OWED", "OWED"), sent]


async def test_a_transfer_that_comes_after_the_end_is_owed(world: World) -> None:
    """It never counts, in no forecast either, whether its pledge was let go before or not."""
    scene = await campaign(world, goals=[goal(minimum=100)])
    ids = [await scene.given(who, 300, **TRANSFER) for who in ("ana", "bo")]
    await scene.given("cleo", 100)
    await scene.pass_days(29)
    await scene.act("SUSPEND", "moderator")
    world.clock.turn(2 * 86_400)  # type: ignore[attr-defined]
    assert (await scene.note("mate", ids[0], "RECEIVED"))["state"] == "CONFIRMED"
    assert (await scene.cancel("ana", ids[0]))["__typename"] == "WrongState"
    await scene.act("RESUME", "moderator")
    await scene.pass_days(1)
    assert (await scene.stored())["state"] == "SUCCEEDED"
    assert (await scene.note("mate", ids[1], "RECEIVED"))["state"] == "EXPIRED"
    assert await books(scene) == NOTHING | {"cameIn": 400, "available": 400, "owed": 300}
    await scene.note("mate", ids[1], "RETURNED")
    assert await books(scene) == NOTHING | {"cameIn": 400, "available": 400}


async def test_what_is_held_and_not_booked_is_found(world: World) -> None:
    """The checker compares what is owed with what the ledger says of it."""
    scene = await campaign(world)
    id = await scene.given("ana", 900, **TRANSFER)
    await scene.cancel("ana", id)
    await scene.note("mate", id, "RECEIVED")
    await world.db["ledger"].delete_one({"campaign": scene.id, "debit": "campaign:OWED"})
    found = {one.figure: (one.kept, one.due) for one in (await audit(world.db)).findings}
    assert found == {
        "account supporter:OWN of MONEY": (0, -900),
        "account campaign:OWED of MONEY": (0, 900),
    }
