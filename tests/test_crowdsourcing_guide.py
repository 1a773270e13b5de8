"""The guide of crowdsourcing keeps its word: its walk happens, its tables are those of the code."""

import json
import re
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import orjson
import pytest

from app.campaigning import campaign_states, pledge_states, signature_states, support_states
from app.campaigning.audience import TABLE, Situation, Who
from app.campaigning.goals import MOST, MOST_GOALS
from app.campaigning.ledger import COUNTED, PENDING, Account
from app.campaigning.payments import Told, reading
from app.campaigning.rules import DEFAULTS
from app.campaigning.thresholds import MOST_REPEATING, MOST_STEPS, MOST_THRESHOLDS
from app.campaigning.tier_checks import MOST_PLACES, MOST_TIERS
from app.campaigning.words import Audience, Mode, Right
from app.db.contributions import MOST_EACH
from app.payments import answers, port, reception, remote, signatures
from app.payments.development import UNLUCKY
from app.payments.messages import TYPES, read_message
from app.resolvers import collecting
from app.resolvers.campaign_content import MOST_TEAM
from app.resolvers.expenses import MOST_EVIDENCE
from app.resolvers.polls import LEAST_OPTIONS, MOST_OPTIONS
from app.resolvers.validating import MOST_JUDGED
from app.web import webhooks
from tests.api import World
from tests.campaigning.seeking import campaign, contribution
from tests.clients.place import BEGINNING
from tests.funding import Scene, open_scene
from tests.supporting import PETITION, follow, validate
from tests.test_manual import ROOT, blocks

PAGE = ROOT / "docs/crowdsourcing.md"
TEXT = PAGE.read_text()
[
    DRAFT, PLEDGE, STANDING, TELL, CHOOSE, SPEND, BOOKS, SIGN, ANSWER, PROGRESS, HAPPENINGS,
] = blocks(PAGE, "graphql")  # fmt: skip
LIVES = {
    "The life of a campaign": campaign_states,
    "The life of a pledge": pledge_states,
    "The life of other support": support_states,
    "The life of a signature": signature_states,
}
IMPLIED = {"confirmed": "CONFIRM", "captured": "CAPTURE", "disputed": "DISPUTE"}
DEED = "mutation M($id: ID!) {{ {}(id: $id) {{ __typename }} }}"
APPROVE = "mutation M($id: ID!) { approveExpense(id: $id) { ... on Expense { state } } }"


def section(title: str) -> str:
    """Return what stands below a heading, up to the next one."""
    [found] = re.findall(
        rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL
    )
    return str(found)


def table(text: str, number: int = 0) -> list[list[str]]:
    """Return the rows of a table in a text, without its head."""
    found = re.findall(r"^\|.*\|\n\| -.*\|\n((?:\|.*\|\n)+)", text, re.MULTILINE)
    rows = found[number].splitlines()
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows]


def said(amount: int) -> str:
    """Return a number as the page says it."""
    return f"{amount:,}"


@pytest.mark.parametrize("title", LIVES)
def test_a_life_is_that_of_the_code(title: str) -> None:
    """Every row of the page is one of the table of states, with whose deed it is."""
    module: ModuleType = LIVES[title]
    rows: dict[Any, tuple[Any, Any]] = {}
    for deed, of, states, leads_to in table(section(title)):
        by = {module.Actor(one.upper()) for one in of.split(", ")}
        if module is campaign_states and module.Actor.TEAM in by:
            by |= module.TEAM
        for state in states.split(", "):
            rows[state, deed] = (set(leads_to.split(", ")), by)
    assert rows == {
        (str(state), str(deed)): (set(map(str, row.to)), set(row.by))
        for (state, deed), row in module.TABLE.items()
    }


def test_rights_and_audiences_are_those_of_the_code() -> None:
    """Every cell says who may: nobody, the team, or whose level gives it."""
    text = section("Levels and what they let do")
    order = (Situation.AHEAD, Situation.ALIVE, Situation.HELD, Situation.OVER)
    assert {
        (Right(right), situation): Who(cell.upper())
        for right, *cells in table(text)
        for situation, cell in zip(order, cells, strict=True)
    } == TABLE
    assert [row[0] for row in table(text, 1)] == list(Audience)
    assert [row[0] for row in table(section("Modes of funding"))] == list(Mode)


def test_the_accounts_are_those_of_the_ledger() -> None:
    """With what counts, and what is pending."""
    counts = {"yes": COUNTED, "pending": PENDING, "": set(Account) - COUNTED - PENDING}
    rows = table(section("The books"))
    assert [name for name, *_ in rows] == [account.name for account in Account]
    assert all(Account[name] in counts[cell] for name, _, cell in rows)


def test_what_an_adaptor_is_asked_is_what_is_sent() -> None:
    """Each question has its path and its answer; the body of the page is the one that is sent."""
    text = section("What an adaptor is asked")
    payment = port.Payment("ctb_a", 1, "EUR", "cmp_b", "{reference}")
    paths = {deed: remote._path(deed, payment) for deed in port.Deed}
    paths[port.Deed.AUTHORISE] = "/payments"
    assert [tuple(row) for row in table(text)] == [
        (deed, f"POST {{url}}{paths[deed]}", port.DONE[deed]) for deed in port.Deed
    ]
    shown = json.loads(blocks(PAGE, "json")[0])
    assert shown.keys() == orjson.loads(remote._body(payment)).keys()
    fields = {field.alias or name for name, field in answers._Body.model_fields.items()}
    assert {row[0] for row in table(text, 1)} == fields
    patience = remote.Patience()
    for number in (remote.LARGEST_ANSWER, answers.LONGEST_REASON, int(patience.whole)):
        assert said(number) in text
    assert f"waits {collecting.PATIENCE_SECONDS:g} seconds" in text
    assert timedelta(hours=6) == collecting.RECONCILED_AFTER
    assert timedelta(days=1) == collecting.ASKED_AGAIN_AFTER
    waits = (collecting.FIRST_WAIT, collecting.LONGEST_WAIT)
    assert waits == (timedelta(seconds=20), timedelta(hours=1))
    assert f"end in {UNLUCKY}" in section("Payments")


def test_what_an_adaptor_tells_is_what_is_understood() -> None:
    """The example can be read and verified; each type means what the page says."""
    text = section("What an adaptor tells")
    body, at = blocks(PAGE, "json")[1].encode(), datetime(2026, 3, 1, 12)
    secret = b"0" * 24
    signature = signatures.signature_of(secret, "msg_1", 1772366400, body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1772366400"}
    headers |= {"webhook-signature": signature}
    assert headers.keys() == {row[0] for row in table(text)}
    assert signatures.verify([secret], headers, body, at) == "msg_1"
    message = read_message("REMOTE", "msg_1", body)
    assert message is not None
    assert (message.amount, message.at) == (60000, at)
    rows = {type: (means, implied) for type, means, implied in table(text, 1)}
    assert rows.keys() == TYPES.keys()
    pledged = contribution(60000, state="PLEDGED")
    for type, (means, implied) in rows.items():
        told = collecting.HEARD.get(TYPES[type]) or Told(TYPES[type])
        deeds = reading(pledged, told, 9, pledge_states.Moment(at, campaign())).deeds
        assert deeds[-1] == means
        assert deeds[-2:-1] == tuple(deed for word, deed in IMPLIED.items() if word in implied)
    assert [int(row[0]) for row in table(text, 2)] == sorted({webhooks.OK, *webhooks.CODES})
    assert said(reception.LARGEST_BODY) in text
    assert f"at most {signatures.TOLERANCE // timedelta(minutes=1)} minutes" in text


def test_the_rules_and_limits_are_those_of_the_code() -> None:
    """Each is what holds unless a space says otherwise; each limit is what is refused beyond."""
    rows = {row[0]: row[1] for row in table(section("Rules"))}
    defaults: Any = {
        re.sub("_(.)", lambda found: found[1].upper(), name): value
        for name, value in DEFAULTS.items()
    }
    assert rows.keys() == defaults.keys()
    words = {True: "yes", "providers": "all", "areas": "any"}
    for name, value in defaults.items():
        first = str(words.get(name if value == [] else value, value))
        assert rows[name].replace("`", "").startswith(first), name
    limits = [row[1] for row in table(section("Limits"))]
    assert limits == [
        f"{MOST_GOALS}, {MOST_TIERS}, {MOST_THRESHOLDS}", said(MOST_REPEATING), said(MOST_TEAM),
        said(MOST), said(MOST_PLACES), said(MOST_EACH), said(MOST_JUDGED),
        f"{LEAST_OPTIONS} to {MOST_OPTIONS}", said(MOST_EVIDENCE),
    ]  # fmt: skip
    assert f"up to {said(MOST_STEPS)}" in section("Thresholds and official answers")
    days = campaign_states.MOST_EXTENSION.days
    assert f"by {days} days at most" in section("The life of a campaign")
    lasts = pledge_states.LASTS.days, pledge_states.LASTS_BY_HAND.days
    for span in lasts:
        assert f"after {span}" in section("The life of a pledge")


@pytest.fixture
async def scene(world: World) -> Scene:
    """A space that makes campaigns by the rules of the page, with some areas."""
    return await open_scene(world, "OPEN", {"areas": ["Krutenau", "Neudorf"]})


async def test_the_walk_goes_from_a_draft_to_the_books(scene: Scene) -> None:
    """Each operation of the page gives what it says."""
    ada, ben = scene["owner"], scene["ana"]
    await _open(scene, await ada.do(DRAFT, space=scene.space, deadline=scene.day(30)))
    pledges = [await ben.do(PLEDGE, campaign=scene.id, key="once") for _ in range(2)]
    assert pledges[0] == pledges[1]
    assert (pledges[0]["state"], pledges[0]["formatted"]) == ("CONFIRMED", "€600.00")
    await scene.given("cleo", 50_000, anonymous=True)
    hours = await scene.given("cleo", 600, kind="TIME")
    await ada.do(DEED.format("acceptSupport"), id=hours)
    await scene["cleo"].do(DEED.format("deliverSupport"), id=hours)
    seen = (await ben.ask(STANDING, campaign=scene.id))["campaign"]
    assert (seen["share"], seen["thresholds"][0]["crossedTimes"]) == (1.0, 1)
    assert (seen["myLevel"]["rank"], seen["tiers"][1]["left"]) == (2, 39)
    shown = [one["supporter"] for one in seen["contributions"]["nodes"]]
    assert sorted(one["name"] if one else "" for one in shown) == ["", "ana", "cleo"]
    told = await ada.ask(TELL, campaign=scene.id)
    assert (told["postUpdate"]["audience"], told["openPoll"]["counts"]) == ("TIER", [0, 0])
    poll = told["openPoll"]["id"]
    assert await ben.do(CHOOSE, poll=poll) == {"counts": [0, 1], "myVote": 1}
    # Who gave less than a tier takes has what every supporter has, which is nothing here.
    assert (await scene["bo"].do(CHOOSE, poll=poll))["code"] == "NOT_FOUND"
    await _keep_books(scene)


async def _open(scene: Scene, drafted: dict[str, Any]) -> None:
    assert (drafted["state"], drafted["can"]) == ("DRAFT", ["SUBMIT", "CANCEL"])
    scene.id = drafted["id"]
    for deed, who in {"SUBMIT": "owner", "APPROVE": "moderator", "OPEN": "owner"}.items():
        await scene.act(deed, who)


async def _keep_books(scene: Scene) -> None:
    await scene.pass_days(30)
    spent = await scene["owner"].do(SPEND, campaign=scene.id)
    assert spent["state"] == "RECORDED"
    assert await scene["moderator"].do(APPROVE, id=spent["id"]) == {"state": "APPROVED"}
    books = (await scene["anonymous"].ask(BOOKS, campaign=scene.id))["campaign"]
    assert {name: sum.get("formatted") for name, sum in books["statement"].items()} == {
        "cameIn": "€1,100.00", "givenBack": None, "disputed": None, "reserved": None,
        "paid": "€300.00", "available": "€800.00",
    }  # fmt: skip
    assert books["expenses"]["nodes"][0]["approvedBy"] == {"name": "moderator"}
    causes = [entry["cause"] for entry in books["ledger"]["nodes"] if entry["kind"] == "MONEY"]
    assert causes == ["CONFIRMED"] * 2 + ["CAPTURED"] * 2 + ["RECORDED", "APPROVED"]


async def test_a_petition_is_signed_answered_and_watched(scene: Scene) -> None:
    """A signature counts once it is validated, which crosses the threshold; both streams tell."""
    mark = {"kind": "SIGNATURE", "name": "The council answers", "amount": 1}
    await _open(scene, await scene.create(**PETITION, thresholds=[mark]))
    signed = await scene["ana"].do(SIGN, petition=scene.id)
    assert signed["state"] == "PENDING"
    moderator = scene["moderator"]
    assert (await moderator.do(ANSWER, petition=scene.id))["found"] == "OPEN"
    async with AsyncExitStack() as stack:
        progress = await follow(stack, scene["anonymous"], PROGRESS, campaign=scene.id)
        assert (await progress.next())["thresholds"][0]["crossedTimes"] == 0
        await validate(moderator, signed["id"])
        standing = await progress.next()
        while standing["goals"][0]["progress"]["counted"] == 0:
            standing = await progress.next()
        assert standing["thresholds"][0]["crossedTimes"] == 1
    answered = await moderator.do(ANSWER, petition=scene.id)
    assert answered["thresholds"][0]["response"]["author"] == {"name": "moderator"}
    async with AsyncExitStack() as stack:
        past = await follow(
            stack, scene["anonymous"], HAPPENINGS, campaign=scene.id, after=BEGINNING
        )
        told = await past.until("campaign.responded")
    [crossing] = [item["crossing"] for item in told if item["crossing"]]
    assert (crossing["direction"], crossing["step"], crossing["total"]) == ("CROSSED_UP", 1, 1)
