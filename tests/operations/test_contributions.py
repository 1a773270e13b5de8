"""Contributions: given once, counted exactly, taken and let go by what becomes of the campaign."""

import asyncio
from typing import Any

import pytest

from tests.api import World
from tests.funding import CONTRIBUTE, Scene, campaign, goal, tier

PUBLIC = """
query Q($id: ID!, $given: ID!) {
  node(id: $given) { id ... on Contribution { amount anonymous message state reason version
    supporter { id name } payment { reference } campaign { id } formatted } }
  campaign(id: $id) {
    contributions { totalCount nodes { id message supporter { id name } payment { provider } } }
    ledger { nodes { amount debit credit cause contribution expense } }
    goals { progress { supporters } }
  }
  events(filter: {subject: $given}) { nodes { type subject actor } }
  within: events(filter: {subject: $id}) { nodes { type subject actor } }
}
"""
LEVEL = "query Q($id: ID!) { campaign(id: $id) { myLevel { rank rights } } }"
FORMATTED = """
query Q($id: ID!) { node(id: $id) { ... on Contribution {
  en: formatted de: formatted(locale: "de") odd: formatted(locale: "xx-YY") } } }
"""


async def level(scene: Scene, who: str) -> dict[str, Any] | None:
    """Return at which level somebody supports the campaign, by what this process has heard."""
    await scene.world.engine.services.log.caught_up()
    found = await scene[who].ask(LEVEL, id=scene.id)
    return found["campaign"]["myLevel"]  # type: ignore[no-any-return]


async def money(scene: Scene) -> tuple[int, int, int]:
    """Return what counts, what is pending, and how many people gave it."""
    seen = await scene.read()
    assert seen is not None
    progress = seen["goals"][0]["progress"]
    return progress["counted"], progress["pending"], progress["supporters"]


async def states(scene: Scene, *ids: str) -> list[str]:
    """Return where contributions stand."""
    return [(await scene.contribution(id))["state"] for id in ids]


def paths(done: dict[str, Any]) -> set[str]:
    """Return the paths of all that was wrong."""
    assert done["__typename"] == "InvalidInput", done
    return {problem["path"] for problem in done["problems"]}


async def test_totals_are_those_of_the_ledger_after_every_deed(world: World) -> None:
    """Given, declined, taken back, paid by hand, sent back: all sums say the same at any time."""
    scene = await campaign(world, goals=[goal(), goal("TIME", 600)])
    steps: list[tuple[str, tuple[int, int, int]]] = []

    async def after(what: str) -> None:
        await scene.check_sums()
        steps.append((what, await money(scene)))

    first = await scene.given("ana", 1_000)
    await after("given")
    second = await scene.given("ana", 500)
    await after("given again")
    assert (await scene.give("bo", 1_013))["state"] == "DECLINED"
    await after("declined")
    transfer = await scene.given("bo", 2_000, provider="TRANSFER")
    await after("to be transferred")
    await scene.note("mate", transfer, "RECEIVED")
    await after("received")
    await scene.cancel("ana", first)
    await after("taken back")
    await scene.cancel("ana", second)
    await after("taken back again")
    await scene.given("cleo", 120, kind="TIME")
    await after("time offered")
    assert steps == [
        ("given", (1_000, 0, 1)),
        ("given again", (1_500, 0, 1)),
        ("declined", (1_500, 0, 1)),
        ("to be transferred", (1_500, 2_000, 1)),
        ("received", (3_500, 0, 2)),
        ("taken back", (2_500, 0, 2)),
        ("taken back again", (2_000, 0, 1)),
        ("time offered", (2_000, 0, 1)),
    ]


async def test_pledges_at_a_moment_with_retries_sum_exactly(world: World) -> None:
    """Each key counts once, however often it is sent, and another input under it is refused."""
    scene = await campaign(world)
    sent = [
        (who, {"campaign": scene.id, "amount": amount, "provider": "DEVELOPMENT"} | {
            "idempotencyKey": f"{who} {amount}"
        })
        for who in ("ana", "bo", "cleo")
        for amount in (100, 201, 302)
    ]  # fmt: skip
    made = await asyncio.gather(
        *(scene[who].do(CONTRIBUTE, input=given) for who, given in sent for _ in range(2))
    )
    assert {one["__typename"] for one in made} == {"Contribution"}
    assert len({one["id"] for one in made}) == 9
    assert await money(scene) == (3 * 603, 0, 3)
    await scene.check_sums()
    who, given = sent[0]
    other = await scene[who].do(CONTRIBUTE, input=given | {"amount": 101})
    assert other["__typename"] == "Conflict"
    same = await scene["bo"].do(CONTRIBUTE, input=given)
    assert same["__typename"] == "Contribution"


async def test_all_that_is_wrong_with_a_gift_is_told_at_once(world: World) -> None:
    """Each by its path; nothing of it is written."""
    rules = {"anonymous": False, "providers": ["TRANSFER"]}
    scene = await campaign(
        world, rules=rules, tiers=[tier(1, 500, limit=1)], goals=[goal(), goal("GOODS", 3)]
    )
    wrong = await scene.give(amount=0, currency="CHF", tier="t9", anonymous=True, message="x" * 501)
    assert paths(wrong) == {"amount", "currency", "provider", "tier", "anonymous", "message"}
    assert paths(await scene.give(kind="SKILL")) == {"kind"}
    assert paths(await scene.give(kind="SIGNATURE", amount=1)) == {"kind"}
    goods = await scene.give(kind="GOODS", amount=10**12 + 1, currency="EUR", provider="TRANSFER")
    assert paths(goods) == {"amount", "currency", "provider"}
    transfer: dict[str, Any] = {"provider": "TRANSFER"}
    assert paths(await scene.give(amount=499, tier="t1", **transfer)) == {"amount"}
    assert paths(await scene.give(kind="GOODS", amount=500, tier="t1")) == {"tier"}
    assert (await scene.give("anonymous", **transfer))["__typename"] == "NotSignedIn"
    assert (await scene.give(campaign="cmp_none", **transfer))["__typename"] == "NotFound"
    assert await world.db["contributions"].find_one({"_id": {"$gt": ""}}) is None


async def test_amounts_are_whole_numbers_up_to_a_million_millions(world: World) -> None:
    """Above what GraphQL's own integers hold; nothing but whole numbers is taken for one."""
    scene = await campaign(world, goals=[goal(minimum=10**12)])
    id = await scene.given(amount=10**12)
    seen = await scene.read()
    assert seen is not None
    assert (seen["goals"][0]["progress"]["counted"], seen["share"]) == (10**12, 1.0)
    assert await scene["ana"].ask(FORMATTED, id=id) == {
        "node": {
            "en": "€10,000,000,000.00",
            "de": "10.000.000.000,00\N{NO-BREAK SPACE}€",
            "odd": "€10,000,000,000.00",
        }
    }
    for amount in (1.5, "1000", True, 2**53, None):
        given = {"campaign": scene.id, "amount": amount, "provider": "DEVELOPMENT"}
        body = await scene["ana"].send(CONTRIBUTE, input=given)
        assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", amount


async def test_thresholds_are_crossed_up_and_down(world: World) -> None:
    """Each once per crossing; giving back crosses them the other way."""
    scene = await campaign(
        world,
        mode="KEEP_IT_ALL",
        thresholds=[
            {"kind": "MONEY", "name": "half", "percent": 50},
            {"kind": "MONEY", "name": "each 2,000", "amount": 2_000, "every": True},
        ],
    )
    counts = []

    async def count() -> None:
        await world.engine.services.log.caught_up()
        seen = await scene.read()
        assert seen is not None
        counts.append([one["crossedTimes"] for one in seen["thresholds"]])

    small = await scene.given("ana", 3_000)
    await count()
    large = await scene.given("bo", 6_000)
    await count()
    assert (await scene.refund("mate", large))["state"] == "REFUNDED"
    await count()
    await scene.given("bo", 6_000)
    await scene.refund("owner", small)
    await count()
    assert counts == [[0, 1], [1, 4], [0, 1], [1, 3]]
    told = world.db["events"].find({"subject": scene.id, "type": "campaign.threshold_crossed"})
    crossings = [one["after"] for one in await told.sort("_id").to_list(None)]
    half = [one["direction"] for one in crossings if one["threshold"] == "h1"]
    assert half == ["CROSSED_UP", "CROSSED_DOWN", "CROSSED_UP"]
    assert len(crossings) == len(half) + 1 + 3 + 3 + 3 + 1
    await scene.check_sums()


async def test_limited_tiers_are_never_oversold(world: World) -> None:
    """However many come at once; a place that is given back can be had again."""
    scene = await campaign(world, tiers=[tier(1, 500, limit=2)])
    people = ("ana", "bo", "cleo", "stranger", "member")
    done = await asyncio.gather(*(scene.give(who, 500, tier="t1") for who in people))
    kinds = [one["__typename"] for one in done]
    assert sorted(kinds) == ["Contribution"] * 2 + ["WrongState"] * 3
    assert {one.get("found") for one in done} == {None, "SOLD_OUT"}
    assert await money(scene) == (1_000, 0, 2)
    lucky = kinds.index("Contribution")
    await scene.cancel(people[lucky], done[lucky]["id"])
    seen = await scene.read()
    assert seen is not None
    assert seen["tiers"][0]["left"] == 1
    assert (await scene.give(people[kinds.index("WrongState")], 500, tier="t1"))["tier"] == "t1"
    assert (await scene.give(people[lucky], 500, tier="t1"))["found"] == "SOLD_OUT"
    await scene.check_sums()


async def test_who_is_anonymous_is_shown_nowhere(world: World) -> None:
    """Neither by the thing itself, nor in lists, ledger and log; the team and the operator know."""
    scene = await campaign(world, mode="KEEP_IT_ALL")
    id = await scene.given("ana", 1_000, anonymous=True, message="From your aunt.")
    other = await scene.given("bo", 1_000, message="Good luck!")
    for who in ("anonymous", "stranger", "bo", "moderator"):
        found = await scene[who].ask(PUBLIC, id=scene.id, given=id)
        assert str(scene["ana"].id) not in str(found), who
        assert "aunt" not in str(found)
        shown = found["node"]
        assert (shown["supporter"], shown["message"], shown["payment"]) == (None, "", None)
        assert (shown["amount"], shown["anonymous"], shown["state"]) == (1_000, True, "CAPTURED")
        assert found["campaign"]["contributions"]["totalCount"] == 2
        assert {one["actor"] for one in found["events"]["nodes"]} == {None}
    seen = await scene["stranger"].ask(PUBLIC, id=scene.id, given=other)
    assert (seen["node"]["supporter"]["name"], seen["node"]["message"]) == ("bo", "Good luck!")
    assert seen["node"]["payment"] is None
    for who in ("ana", "owner", "mate", "operator"):
        found = await scene[who].ask(PUBLIC, id=scene.id, given=id)
        assert found["node"]["supporter"]["name"] == "ana", who
        assert found["node"]["message"] == "From your aunt."
        assert found["node"]["payment"] == {"reference": f"development:{id}"}
    await scene.refund("moderator", id)
    gone = await scene["stranger"].ask(PUBLIC, id=scene.id, given=id)
    assert gone["node"] is None
    assert [one["id"] for one in gone["campaign"]["contributions"]["nodes"]] == [other]
    assert str(scene["ana"].id) not in str(gone)
    for who in ("ana", "mate", "operator"):
        found = await scene[who].ask(PUBLIC, id=scene.id, given=id)
        assert (found["node"]["state"], found["node"]["reason"]) == ("REFUNDED", "As you wish.")


async def test_rights_follow_the_level_at_once(world: World) -> None:
    """Raised by more, and lowered or lost by giving back; the team has every right."""
    rights = ("READ_UPDATES", "COMMENT", "VOTE")
    scene = await campaign(
        world,
        mode="KEEP_IT_ALL",
        tiers=[tier(1, 500, *rights[:1]), tier(2, 1_000, *rights)],
    )
    assert await level(scene, "ana") is None
    small = await scene.given("ana", 600)
    common = ["SUGGEST"]
    found = (await scene["ana"].ask(LEVEL, id=scene.id))["campaign"]["myLevel"]
    assert found == {"rank": 1, "rights": sorted([*rights[:1], *common])}
    large = await scene.given("ana", 600)
    found = (await scene["ana"].ask(LEVEL, id=scene.id))["campaign"]["myLevel"]
    assert found == {"rank": 2, "rights": sorted([*rights, *common])}
    await scene.refund("owner", small)
    assert (await level(scene, "ana") or {})["rank"] == 1
    await scene.refund("owner", large)
    assert await level(scene, "ana") is None
    assert len((await level(scene, "mate") or {})["rights"]) == 6


async def test_keep_it_all_takes_money_at_once(world: World) -> None:
    """And keeps it whatever comes; until it is cancelled, when all goes back."""
    scene = await campaign(world, mode="KEEP_IT_ALL")
    id = await scene.given("ana", 1_000)
    assert await states(scene, id) == ["CAPTURED"]
    assert (await scene.cancel("ana", id))["__typename"] == "WrongState"
    await scene.pass_days(31)
    assert (await scene.stored())["state"] == "SUCCEEDED"
    assert (await scene.act("CANCEL", "moderator"))["settling"] is True
    await scene.pass_days(0)
    assert await states(scene, id) == ["REFUNDED"]
    await world.tick()
    assert (await scene.events()).count("campaign.settled") == 2
    assert await money(scene) == (0, 0, 0)
    await scene.check_sums()


@pytest.mark.parametrize(("amount", "outcome"), [(5_000, "SUCCEEDED"), (4_999, "FAILED")])
async def test_all_or_nothing_takes_all_or_nothing(world: World, amount: int, outcome: str) -> None:
    """When its deadline comes, and once: what was promised and not paid is let go in any case."""
    scene = await campaign(world)
    sure = [await scene.given("ana", 5_000), await scene.given("bo", amount)]
    unpaid = await scene.given("cleo", 9_000, provider="TRANSFER")
    assert await states(scene, *sure, unpaid) == ["CONFIRMED", "CONFIRMED", "PLEDGED"]
    await scene.pass_days(29)
    assert (await scene.stored())["state"] == "OPEN"
    await scene.pass_days(1)
    stored = await scene.stored()
    assert (stored["state"], stored["settling"]) == (outcome, False)
    kept = "CAPTURED" if outcome == "SUCCEEDED" else "EXPIRED"
    assert await states(scene, *sure, unpaid) == [kept, kept, "EXPIRED"]
    await world.tick()
    told = await scene.events()
    assert told.count(f"campaign.{outcome.lower()}") == told.count("campaign.settled") == 1
    assert (await scene.give("stranger"))["found"] == outcome
    await scene.check_sums()


async def test_rounds_go_on_for_the_optimum(world: World) -> None:
    """The first round takes what came in it; the second one, whatever comes then."""
    scene = await campaign(world, mode="ROUNDS", roundDays=10, goals=[goal(optimum=20_000)])
    first = await scene.given("ana", 10_000)
    await scene.pass_days(30)
    seen = await scene.read()
    assert seen is not None
    assert (seen["state"], seen["round"], seen["deadline"]) == ("OPEN", 2, scene.day(10))
    second = await scene.given("bo", 1_000)
    assert await states(scene, first, second) == ["CAPTURED", "CONFIRMED"]
    await scene.pass_days(10)
    assert await states(scene, first, second) == ["CAPTURED", "CAPTURED"]
    assert (await scene.stored())["outcome"] == "SUCCEEDED"
    assert (await scene.events()).count("campaign.round_begun") == 1
    await scene.check_sums()


async def test_transfers_are_noted_by_hand(world: World) -> None:
    """Whoever pays is told what to write; the team notes that it came, or went back."""
    scene = await campaign(world)
    made = await scene.give("ana", 10_000, provider="TRANSFER", anonymous=True)
    id, payment = made["id"], made["payment"]
    assert made["state"] == "PLEDGED"
    assert payment["instructions"]["purpose"].replace(" ", "") == payment["reference"]
    for who, kind in (("ana", "NotAllowed"), ("stranger", "NotFound")):
        assert (await scene.note(who, id, "RECEIVED"))["__typename"] == kind
    came = await scene.note("mate", id, "RECEIVED")
    assert (came["state"], came["supporter"]["name"]) == ("CONFIRMED", "ana")
    assert came["payment"]["reference"] == payment["reference"]
    assert (await scene.note("operator", id, "RECEIVED"))["found"] == "CONFIRMED"
    await scene.pass_days(30)
    assert await states(scene, id) == ["CAPTURED"]
    assert (await scene.refund("ana", id))["__typename"] == "NotAllowed"
    asked = await scene.refund("mate", id)
    assert (asked["state"], asked["reason"]) == ("CAPTURED", "As you wish.")
    assert (await scene.refund("owner", id))["__typename"] == "WrongState"
    assert await money(scene) == (10_000, 0, 1)
    assert (await scene.note("mate", id, "RETURNED"))["state"] == "REFUNDED"
    assert await money(scene) == (0, 0, 0)
    await scene.check_sums()
    card = await campaign(world)
    other = await card.given("bo")
    assert (await card.note("mate", other, "RECEIVED"))["message"] == "It is not paid by transfer."


async def test_only_supporters_take_back_and_only_in_time(world: World) -> None:
    """Their own, while the campaign runs; nobody else, and not after its end."""
    scene = await campaign(world)
    id = await scene.given("ana", 10_000)
    kinds = {
        "bo": "NotFound",
        "mate": "NotFound",
        "moderator": "NotFound",
        "anonymous": "NotFound",
    }
    for who, kind in kinds.items():
        assert (await scene.cancel(who, id))["__typename"] == kind, who
    assert (await scene.refund("mate", id))["found"] == "CONFIRMED"
    assert (await scene.cancel("ana", id))["state"] == "CANCELLED"
    assert (await scene.cancel("ana", id))["found"] == "CANCELLED"
    late = await scene.given("ana", 10_000)
    await scene.pass_days(30)
    assert (await scene.cancel("ana", late))["found"] == "CAPTURED"
    assert (await scene.refund("stranger", late))["__typename"] == "NotFound"
