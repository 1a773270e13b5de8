"""Expenses: never more than there is, looked at by somebody else, and public to whom and why."""

import asyncio
from typing import Any

import pytest

from app.settings import Settings
from tests.api import World, at, second_server
from tests.clinic import FAILURES
from tests.funding import Scene, campaign, goal

EXPENSE = """
    __typename
    ... on Expense { id amount currency formatted payee purpose evidence state spentAt
      recordedBy { id } approvedBy { id } }
"""
RECORD = f"""
mutation M($input: RecordExpenseInput!) {{ recordExpense(input: $input) {{
  {EXPENSE} {FAILURES} }} }}
"""
JUDGE = f"mutation M($id: ID!) {{ DEED(id: $id) {{ {EXPENSE} {FAILURES} }} }}"
PUBLIC = f"""
query Q($id: ID!) {{ campaign(id: $id) {{ state
  expenses {{ totalCount nodes {{ {EXPENSE} }} }}
  statement {{ available {{ amount }} reserved {{ amount }} paid {{ amount }} }} }} }}
"""


async def record(scene: Scene, amount: int, who: str = "owner", **more: Any) -> dict[str, Any]:
    """Return what comes of an expense."""
    done: dict[str, Any] = await scene[who].do(RECORD, input=payment(scene, amount) | more)
    return done


async def judge(scene: Scene, deed: str, id: str, who: str = "mate") -> dict[str, Any]:
    """Return what comes of approving or rejecting."""
    done: dict[str, Any] = await scene[who].do(JUDGE.replace("DEED", deed), id=id)
    return done


async def sums(scene: Scene) -> tuple[int, ...]:
    """Return what is available, reserved and paid, as the public reads it."""
    found = (await scene["anonymous"].ask(PUBLIC, id=scene.id))["campaign"]["statement"]
    return tuple(found[key]["amount"] for key in ("available", "reserved", "paid"))


@pytest.fixture
async def scene(world: World) -> Scene:
    """A campaign with 100 EUR to spend."""
    scene = await campaign(world, mode="KEEP_IT_ALL")
    await scene.given("ana", 10_000)
    await scene.world.engine.services.collecting.rest()
    assert (await sums(scene))[0] == 10_000
    return scene


async def test_what_is_spent_is_reserved_then_paid(scene: Scene) -> None:
    """Approved it is paid; rejected its money is there again; the ledger says both."""
    first, second = await record(scene, 6_000), await record(scene, 3_000, "mate")
    assert (first["state"], first["formatted"]) == ("RECORDED", "€60.00")
    assert await sums(scene) == (1_000, 9_000, 0)
    done = await judge(scene, "approveExpense", first["id"])
    assert (done["state"], done["approvedBy"]["id"]) == ("APPROVED", scene["mate"].id)
    assert (await judge(scene, "rejectExpense", second["id"], "owner"))["state"] == "REJECTED"
    assert await sums(scene) == (4_000, 0, 6_000)
    for deed in ("approveExpense", "rejectExpense"):
        again = await judge(scene, deed, first["id"])
        assert (again["__typename"], again["found"]) == ("WrongState", "APPROVED")
    assert await scene.events(first["id"]) == ["expense.recorded", "expense.approved"]
    assert await scene.events(second["id"]) == ["expense.recorded", "expense.rejected"]
    assert (await scene.stored())["progress"]["MONEY"]["counted"] == 10_000
    await scene.check_sums()


async def test_no_more_is_spent_than_there_is(scene: Scene) -> None:
    """What is promised or reserved is not there; what goes back is gone."""
    await record(scene, 9_999)
    wrong = await record(scene, 2)
    assert wrong["problems"] == [{"path": "amount", "message": "There is 1 to be spent."}]
    assert (await record(scene, 1))["__typename"] == "Expense"
    assert (await record(scene, 1))["problems"][0]["message"] == "There is 0 to be spent."
    assert await sums(scene) == (0, 10_000, 0)


async def test_at_once_on_two_servers_it_is_not_overdrawn(scene: Scene, settings: Settings) -> None:
    """Of twelve who spend most of it at the same moment one can; a retry spends nothing."""
    async with second_server(scene.world, settings) as other:
        servers = [scene["owner"], at(other, scene["owner"])]
        for server in servers:  # both know who asks, and begin at once
            await server.ask(PUBLIC, id=scene.id)
        done = await asyncio.gather(
            *(servers[n % 2].do(RECORD, input=payment(scene, 9_000)) for n in range(12))
        )
        assert sorted(one["__typename"] for one in done) == ["Expense", *["InvalidInput"] * 11]
        again = payment(scene, 600) | {"idempotencyKey": "k"}
        done = await asyncio.gather(*(servers[n % 2].do(RECORD, input=again) for n in range(6)))
    assert len({one["id"] for one in done}) == 1
    assert await sums(scene) == (400, 9_600, 0)


def payment(scene: Scene, amount: int) -> dict[str, Any]:
    """Return the input of an expense."""
    return {"campaign": scene.id, "amount": amount, "payee": "Sun Ltd", "purpose": "Panels"}


async def test_who_records_and_who_approves(scene: Scene) -> None:
    """The team records; somebody else of it approves, or a moderator or operator; all read it."""
    table = {
        "mate": "Expense",
        "host": "NOT_ALLOWED",
        "moderator": "NOT_ALLOWED",
        "operator": "NOT_ALLOWED",
        "ana": "NOT_ALLOWED",
        "anonymous": "NOT_SIGNED_IN",
    }
    for who, outcome in table.items():
        done = await record(scene, 100, who)
        assert done.get("code", done["__typename"]) == outcome, who
    approving = {
        "owner": "NOT_ALLOWED",  # it is their own
        "ana": "NOT_ALLOWED",
        "member": "NOT_ALLOWED",
        "stranger": "NOT_ALLOWED",
        "anonymous": "NOT_SIGNED_IN",
        "mate": "Expense",
        "moderator": "Expense",
        "operator": "Expense",
    }
    for who, outcome in approving.items():
        id = (await record(scene, 100))["id"]
        done = await judge(scene, "approveExpense", id, who)
        assert done.get("code", done["__typename"]) == outcome, who
    for who in ("stranger", "anonymous"):
        found = (await scene[who].ask(PUBLIC, id=scene.id))["campaign"]["expenses"]
        assert found["totalCount"] == 9
        assert {(one["payee"], one["purpose"]) for one in found["nodes"]} == {("Sun Ltd", "Panels")}
    assert (await judge(scene, "approveExpense", "xps_nothing"))["code"] == "NOT_FOUND"


async def test_a_campaign_spends_only_while_its_money_is_its_own(scene: Scene) -> None:
    """Not while it is suspended, nor when all goes back; a rejection is always possible."""
    id = (await record(scene, 100))["id"]
    await scene.act("SUSPEND", "moderator")
    for done in (await record(scene, 100), await judge(scene, "approveExpense", id)):
        assert (done["__typename"], done["found"]) == ("WrongState", "SUSPENDED")
    assert (await judge(scene, "rejectExpense", id))["state"] == "REJECTED"
    assert await sums(scene) == (10_000, 0, 0)


async def test_all_that_is_wrong_is_told_at_once(world: World, scene: Scene) -> None:
    """Amounts, texts and instants; and a campaign that seeks no money has none."""
    wrong = await record(scene, 0, payee=" ", purpose="", evidence=[""] * 11, spentAt=scene.day(1))
    assert {one["path"] for one in wrong["problems"]} >= {
        "amount",
        "payee",
        "purpose",
        "evidence",
        "spentAt",
    }
    other = await record(scene, 1, currency="USD")
    assert [one["path"] for one in other["problems"]] == ["currency"]
    scene.id = (await scene.create(goals=[goal("TIME", 60)]))["id"]
    none = await record(scene, 1)
    assert [one["path"] for one in none["problems"]] == ["campaign"]
