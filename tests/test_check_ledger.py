"""`fivefold check-ledger`: each figure that is not what it rests on is found, and none besides."""

import asyncio
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from app.resolvers.auditing import audit
from app.settings import Settings
from tests.api import World
from tests.funding import Scene, campaign, goal, tier
from tests.processes import environment
from tests.supporting import sign, verified

EXPENSE = """
mutation M($id: ID!) { recordExpense(input: {
  campaign: $id, amount: 700, payee: "Sun Ltd", purpose: "Panels"}) { __typename } }
"""
POLL = """
mutation M($id: ID!) {
  openPoll(input: {campaign: $id, question: "Which?", options: ["East", "West"]}) {
    ... on Poll { id } } }
"""
VOTE = "mutation M($id: ID!) { votePoll(input: {poll: $id, option: 1}) { __typename } }"
SEEKS: dict[str, Any] = {
    "mode": "KEEP_IT_ALL",
    "goals": [goal(), goal("SIGNATURE", 5), goal("TIME", 60)],
    "tiers": [tier(1, 1_000, "READ_UPDATES", limit=3)],
    "thresholds": [{"kind": "MONEY", "amount": 500, "every": True, "name": "step"}],
}
# What is broken, in which collection and document, and what is said of it.
BROKEN: list[tuple[str, dict[str, Any], dict[str, Any], set[str]]] = [
    ("campaigns", {}, {"progress.MONEY.counted": 1}, {"progress of MONEY, counted"}),
    ("campaigns", {}, {"progress.TIME.pending": 1}, {"progress of TIME, pending"}),
    (
        "campaigns",
        {},
        {"progress.SIGNATURE.supporters": 9},
        {"progress of SIGNATURE, supporters"},
    ),
    ("campaigns", {}, {"share": 0.5}, {"share"}),
    ("campaigns", {}, {"crossed": {}}, {"crossings of threshold"}),
    (
        "contributions",
        {"state": "CAPTURED"},
        {"amount": 1_001},
        {"ledger of MONEY, counted", "account supporter:OWN", "account campaign:FUNDS"},
    ),
    (
        "contributions",
        {"state": "REFUNDED"},
        {"state": "DISPUTED"},
        {"account provider:DISPUTED", "account supporter:REFUNDED", "places left of tier"},
    ),
    (
        "signatures",
        {"state": "VALIDATED"},
        {"state": "PENDING"},
        {
            "ledger of SIGNATURE, counted",
            "ledger of SIGNATURE, pending",
            "ledger of SIGNATURE, supporters",
            "account supporter:PROMISED of SIGNATURE",
            "account campaign:FUNDS of SIGNATURE",
            "level of",
        },
    ),
    (
        "expenses",
        {},
        {"state": "APPROVED"},
        {"account campaign:RESERVED of MONEY", "account payee:PAID of MONEY"},
    ),
    ("ledger", {"kind": "MONEY"}, {"debit": "payee:LOST"}, {"ledger "}),
    ("ledger", {"kind": "MONEY"}, {"amount": 0}, {"ledger "}),
    ("tiers", {}, {"left": 3}, {"places left of tier"}),
    ("gates", {}, {"open": False}, {"gates that are shut"}),
    ("levels", {"rank": 1}, {"rank": 2}, {"level of"}),
    ("levels", {"rank": 0}, {"rights": ["VOTE"]}, {"level of"}),
    ("polls", {}, {"counts": [1, 0]}, {"votes in"}),
    ("ballots", {}, {"option": 0}, {"votes in"}),
]


@pytest.fixture
async def scene(world: World) -> Scene:
    """A campaign in which something of everything has happened."""
    scene = await campaign(world, rules={"validation": False}, **SEEKS)
    tiers = (await scene.stored())["tiers"]
    await scene.given("ana", 1_000, tier=tiers[0]["id"])
    gone = await scene.given("bo", 1_000, tier=tiers[0]["id"])
    await scene.given("bo", 60, kind="TIME")
    await verified(scene, "cleo")
    for who in ("cleo", "member"):
        assert (await sign(scene[who], scene.id))["__typename"] == "Signature"
    await world.engine.services.collecting.rest()
    await scene.refund("owner", gone)
    await world.engine.services.collecting.rest()
    assert (await scene["owner"].do(EXPENSE, id=scene.id))["__typename"] == "Expense"
    poll = (await scene["owner"].do(POLL, id=scene.id))["id"]
    assert (await scene["mate"].do(VOTE, id=poll))["__typename"] == "Poll"
    await world.engine.services.folding.count(scene.id)
    return scene


async def test_every_figure_that_is_broken_is_found(scene: Scene) -> None:
    """Each is broken on purpose, said with what it should be, and mended again."""
    db = scene.world.db
    whole = await audit(db)
    assert (whole.campaigns, whole.findings) == (1, [])
    assert whole.movements == await db["ledger"].estimated_document_count()
    for collection, which, change, said in BROKEN:
        is_itself = collection in {"campaigns", "ballots"}
        its = {"_id": {"$gt": ""}} if is_itself else {"campaign": scene.id}
        before = await db[collection].find_one(its | which)
        assert before is not None, (collection, which)
        await db[collection].update_one({"_id": before["_id"]}, {"$set": change})
        found = (await audit(db)).findings
        for figure in said:
            assert any(one.figure.startswith(figure) for one in found), (figure, found)
        strange = [one for one in found if not one.figure.startswith(tuple(said))]
        assert strange == [], (collection, change)
        await db[collection].replace_one({"_id": before["_id"]}, before)
    assert (await audit(db)).findings == []


async def test_what_is_missing_or_too_much_is_found(scene: Scene) -> None:
    """A movement, a gate, or a level that is gone; and what belongs to no campaign."""
    db = scene.world.db
    for collection, figure in (
        ("ledger", "ledger of"),
        ("gates", "gates"),
        ("tiers", "places left of tier"),
        ("levels", "level of"),
    ):
        gone: Any = await db[collection].find_one_and_delete({"campaign": scene.id})
        found = (await audit(db)).findings
        assert any(one.figure.startswith(figure) for one in found), (collection, found)
        await db[collection].insert_one(gone)
    await db["ledger"].insert_one({"_id": 1, "campaign": "cmp_gone"})
    assert [(one.campaign, one.figure) for one in (await audit(db)).findings] == [
        ("cmp_gone", "ledger")
    ]


async def test_it_looks_while_others_give(scene: Scene) -> None:
    """Each campaign is read as it was at one moment: what is on its way is no difference."""
    scene.people |= {f"one{n}": await scene.world.person(f"one{n}") for n in range(20)}
    giving = asyncio.gather(*(scene.given(f"one{n}", 500) for n in range(20)))
    looked = 0
    while not giving.done():
        assert (await audit(scene.world.db)).findings == []
        looked += 1
    await giving
    assert looked


async def test_the_command_says_so_and_exits_by_it(scene: Scene, settings: Settings) -> None:
    """0 if all agrees, 1 and a line for each figure if not."""

    def run() -> Any:
        given = {"mongodb_uri": settings.mongodb_uri, "database": scene.world.db.name}
        return CliRunner(env=environment(**given)).invoke(main, ["check-ledger"])

    moved = await scene.world.db["ledger"].estimated_document_count()
    done = await asyncio.to_thread(run)
    assert (done.exit_code, done.stdout) == (
        0,
        f"campaigns: 1, movements: {moved}, figures that differ: 0\n",
    )
    change = {"$set": {"progress.MONEY.counted": 7}}
    await scene.world.db["campaigns"].update_one({"_id": scene.id}, change)
    done = await asyncio.to_thread(run)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{scene.id}  progress of MONEY, counted: kept 7, should be 1000",
        f"campaigns: 1, movements: {moved}, figures that differ: 1",
    ]
