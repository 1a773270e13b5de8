"""Cases for research: consented ones alone, nobody's name on them, and every use seen for good."""

import asyncio
import re
from typing import Any

import orjson
import pytest

from app.db import consents as consents_db
from tests.api import World
from tests.clinic import PEOPLE, Clinic, open_clinic
from tests.conftest import TurnedClock
from tests.consulting import decide
from tests.giving import EXPORT, USES, export, exported, further, give, revoke, use, uses

TIERS = ["PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR"]
EVERYBODY = [*PEOPLE, "olga", "mo", "stranger", "anonymous"]
WITHDRAW = "mutation M($id: ID!) { withdrawThread(input: {thread: $id}) { __typename } }"
EVENTS = """
query Q($space: ID!) { events(filter: {space: $space, types: ["research.exported",
  "research.used", "consent.given", "consent.revoked"]}, first: 100) {
  nodes { type actor subject } } }
"""
TOLD = """
subscription S { events(filter: {types: ["research.exported", "research.used"]}) {
  ... on Event { type actor } } }
"""
TRAITS = [
    {"name": "nausea", "presence": "PRESENT", "onset": "2025-11-29T00:00:00Z"},
    {"name": "fever", "presence": "ABSENT"},
]


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with people of every standing."""
    return await open_clinic(world)


async def case(clinic: Clinic, who: str = "ana", **changes: Any) -> tuple[str, dict[str, Any]]:
    """Return a fresh thread whose asker lets it be used, and the consent."""
    with_free_text = changes.pop("with_free_text", False)
    thread = await clinic.asked(who, **({"visibility": "SPACE"} | changes))
    consent = await give(clinic[who], thread, withFreeText=with_free_text)
    assert consent["__typename"] == "Consent", consent
    return thread, consent


async def test_an_export_holds_what_was_let_go_and_nothing_else(clinic: Clinic) -> None:
    """No case without consent, none for another purpose, and of each what is in it, and how."""
    await clinic.asked(title="Not to be used")
    await case(clinic, facets=TRAITS)
    page = await export(clinic)
    assert (page["purpose"], page["whole"]) == ("RESEARCH", True)
    assert page["cases"]["totalCount"] == 1
    [one] = page["cases"]["nodes"]
    assert one == {
        "pseudonym": one["pseudonym"],
        "subject": "migraine",
        "tags": ["aura"],
        "onBehalfOf": "SELF",
        "language": "en",
        "askedIn": 2026,
        "title": None,
        "text": None,
        "textVersion": 1,
        "facets": [
            {"name": "nausea", "presence": "PRESENT", "onsetMonthsBefore": 3},
            {"name": "fever", "presence": "ABSENT", "onsetMonthsBefore": None},
        ],
    }
    assert await exported(clinic, purpose="TEACHING") == []


async def test_free_text_is_held_where_it_was_let_go(clinic: Clinic) -> None:
    """Beside the same case of somebody who kept their words."""
    await case(clinic, with_free_text=True)
    await case(clinic, "sam", title="My own words", text="Kept.")
    texts = sorted(str(one["text"]) for one in await exported(clinic))
    assert texts == ["Each attack begins with zigzags at the edge of what I see.", "None"]


async def test_no_export_tells_whose_a_case_is(clinic: Clinic) -> None:
    """No identifier, no name, no address, no pseudonym of the space, no date but the year."""
    thread, consent = await case(clinic, facets=TRAITS, pseudonym="Night heron")
    stored = await clinic.stored(thread)
    page = await export(clinic)
    said = orjson.dumps(page["cases"]["nodes"]).decode()
    for secret in (thread, consent["id"], clinic.space, clinic["ana"].id, stored["pseudonym"]):
        assert str(secret) not in said
    assert not re.search(r"\d{4}-\d\d|ana|@|_", said)
    assert re.findall(r"20\d\d", said) == ["2026"]


async def test_after_revoking_no_export_has_the_case(clinic: Clinic) -> None:
    """Neither the next one, nor a later page of one that is under way."""
    await case(clinic, "sam", subject="kept")
    _, consent = await case(clinic, subject="gone")
    begun = [await export(clinic, first=1) for _ in range(6)]
    await revoke(clinic["ana"], consent)
    assert [one["subject"] for one in await exported(clinic)] == ["kept"]
    for held in begun:
        [first] = held["cases"]["nodes"]
        rest = (await further(clinic, held))["cases"]["nodes"]
        expected = [] if first["subject"] == "kept" else ["kept"]
        assert [one["subject"] for one in rest] == expected
        again = (await further(clinic, held, after=None))["cases"]["nodes"]
        assert [one["subject"] for one in again] == ["kept"]


async def test_what_was_withdrawn_is_in_no_export(clinic: Clinic) -> None:
    """Though nobody took the consent back."""
    thread, _ = await case(clinic)
    await clinic["ana"].do(WITHDRAW, id=thread)
    assert await exported(clinic) == []


async def test_a_text_that_counts_no_more_lets_nothing_go(clinic: Clinic) -> None:
    """A new text leaves older consents standing, until the space says that they count no more."""
    await case(clinic)
    await decide(clinic, consents=[{"purpose": "RESEARCH", "text": "All of it."}])
    assert [one["textVersion"] for one in await exported(clinic)] == [1]
    await decide(clinic, consents=[{"purpose": "RESEARCH", "leastVersion": 2}])
    assert await exported(clinic) == []


async def test_two_exports_cannot_be_joined(clinic: Clinic) -> None:
    """No pseudonym comes twice, and the order of one says nothing of the order of another."""
    for n in range(12):
        await case(clinic, subject=f"subject {n:02}")
    one, other = await exported(clinic), await exported(clinic)
    names = [{item["pseudonym"] for item in cases} for cases in (one, other)]
    assert names[0].isdisjoint(names[1])
    orders = [[item["subject"] for item in cases] for cases in (one, other)]
    assert sorted(orders[0]) == sorted(orders[1]) == [f"subject {n:02}" for n in range(12)]
    assert orders[0] != orders[1]


async def test_an_export_is_one_snapshot_in_pages(clinic: Clinic) -> None:
    """What is given later is not in it; no case comes twice; each page leads to the next."""
    for n in range(5):
        await case(clinic, subject=f"subject {n}")
    held = await export(clinic, first=2)
    await case(clinic, subject="late")
    found, at = list(held["cases"]["nodes"]), held["at"]
    while held["cases"]["pageInfo"]["hasNextPage"]:
        clinic.world.clock.turn(60)  # type: ignore[attr-defined]
        held = await further(clinic, held, first=2)
        assert (held["at"], held["cases"]["totalCount"]) == (at, 5)
        found += held["cases"]["nodes"]
    assert sorted(one["subject"] for one in found) == [f"subject {n}" for n in range(5)]
    assert len({one["pseudonym"] for one in found}) == 5
    back = "query Q($space: ID!, $id: ID!) { researchExport(space: $space, export: $id) { %s } }"
    last = back % "cases(last: 2) { nodes { pseudonym } pageInfo { hasPreviousPage } }"
    ends = (await clinic["eva"].ask(last, space=clinic.space, id=held["id"]))["researchExport"]
    assert [one["pseudonym"] for one in ends["cases"]["nodes"]] == [
        one["pseudonym"] for one in found[-2:]
    ]
    assert ends["cases"]["pageInfo"]["hasPreviousPage"] is True


async def test_pages_are_full_though_cases_were_taken_back(clinic: Clinic) -> None:
    """A page goes on past them, so that its cursor leads on."""
    consents = [(await case(clinic, subject=f"subject {n}"))[1] for n in range(6)]
    held = await export(clinic, first=1)
    seen = held["cases"]["nodes"][0]["subject"]
    gone = [n for n in range(6) if f"subject {n}" != seen][:3]
    for n in gone:
        await revoke(clinic["ana"], consents[n])
    rest = (await further(clinic, held, first=2))["cases"]
    assert len(rest["nodes"]) == 2
    left = {f"subject {n}" for n in range(6)} - {f"subject {n}" for n in gone} - {seen}
    assert {one["subject"] for one in rest["nodes"]} == left


async def test_an_export_is_for_who_began_it_and_for_a_day(clinic: Clinic) -> None:
    """For nobody else, for no other purpose, and not for ever; a cursor is one of ours."""
    await case(clinic)
    held = await export(clinic)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("emil", {"export": held["id"]}),
        ("eva", {"export": held["id"], "purpose": "TEACHING"}),
        ("eva", {"export": "xpt_x"}),
        ("eva", {"export": held["id"], "after": "nonsense"}),
        ("eva", {"export": held["id"], "first": 101}),
    ]
    for who, given in wrong:
        body = await clinic[who].send(EXPORT, space=clinic.space, **({"first": 1} | given))
        assert body["errors"][0]["extensions"]["code"] in {"INVALID_INPUT", "QUERY_TOO_COMPLEX"}
    assert (await export(clinic, export=held["id"]))["id"] == held["id"]
    clinic.world.clock.turn(25 * 3_600)  # type: ignore[attr-defined]
    body = await clinic["eva"].send(EXPORT, space=clinic.space, export=held["id"])
    assert body["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_who_exports_what(clinic: Clinic) -> None:
    """Experts and the operator, of the threads that they see: consent shows a thread to no more."""
    for tier in TIERS:
        await case(clinic, visibility=tier, subject=tier)
    found: dict[str, Any] = {}
    for who in EVERYBODY:
        body = await clinic[who].send(EXPORT, space=clinic.space)
        errors = body.get("errors")
        found[who] = (
            errors[0]["extensions"]["code"]
            if errors
            else sorted(one["subject"] for one in body["data"]["researchExport"]["cases"]["nodes"])
        )
    experts = dict.fromkeys(("eva", "emil", "bo"), sorted(TIERS[:3]))
    refused = dict.fromkeys(("ana", "sam", "max", "mia", "olga", "stranger"), "NOT_ALLOWED")
    others = {"mo": ["PUBLIC", "SPACE"], "anonymous": "NOT_SIGNED_IN"}
    assert found == experts | refused | others


async def test_whoever_leaves_the_experts_exports_nothing_more(clinic: Clinic) -> None:
    """Not even the next page."""
    await case(clinic)
    await case(clinic, "sam")
    held = await export(clinic, first=1)
    leave = """mutation M($space: ID!) {
      leaveGroup(input: {space: $space, side: EXPERTS}) { __typename } }"""
    await clinic["eva"].do(leave, space=clinic.space)
    await clinic.world.engine.services.log.caught_up()
    for id in (None, held["id"]):
        body = await clinic["eva"].send(EXPORT, space=clinic.space, export=id)
        assert body["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"


async def test_the_space_reads_that_somebody_exported_and_no_number(clinic: Clinic) -> None:
    """Who did is open; how many cases there are, of which experts alone see some, is not."""
    await case(clinic, visibility="EXPERTS_ONLY")
    await export(clinic)
    events = (await clinic["anonymous"].ask(EVENTS, space=clinic.space))["events"]["nodes"]
    assert [(event["type"], event["actor"]) for event in events] == [
        ("research.exported", clinic["eva"].id)
    ]
    stored = await clinic.world.db["events"].find({"space": clinic.space}).to_list(None)
    [logged] = [event for event in stored if event["type"] == "research.exported"]
    assert logged.get("after") is None
    assert logged["to"] == []


async def test_the_giver_learns_of_each_use(clinic: Clinic) -> None:
    """That it was exported, at once; what for, when somebody says so; nobody else hears of it."""
    thread, consent = await case(clinic)
    async with clinic["ana"].watch(TOLD) as told:
        first = asyncio.ensure_future(anext(told))
        await asyncio.sleep(0)
        [one] = await exported(clinic)
        public = await first  # that of the space, which all can read
        assert public == {"type": "research.exported", "actor": clinic["eva"].id}
        assert await anext(told) == public
        done = await use(clinic["eva"], one["pseudonym"])
        assert await anext(told) == {"type": "research.used", "actor": clinic["eva"].id}
    assert done == {
        "__typename": "RecordedUse",
        "case": one["pseudonym"],
        "purpose": "RESEARCH",
        "description": "A study of onsets.",
        "exportedAt": "2026-03-01T12:00:00.000Z",
        "usedAt": "2026-03-01T12:00:00.000Z",
        "recordedAt": "2026-03-01T12:00:00.000Z",
    }
    found = await uses(clinic["ana"])
    assert {one["kind"] for one in found} == {"EXPORTED", "USED"}
    assert {one["usedBy"]["name"] for one in found} == {"eva"}
    assert {one["thread"]["id"] for one in found} == {thread}
    assert {one["consent"]["id"] for one in found} == {consent["id"]}
    assert await uses(clinic["sam"]) == []
    node = "query Q($id: ID!) { node(id: $id) { id } }"
    for who in ("eva", "max", "mo", "anonymous"):
        assert (await clinic[who].ask(node, id=found[0]["id"]))["node"] is None
    body = await clinic["anonymous"].send(USES)
    assert body["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_uses_stay_whatever_is_taken_back(clinic: Clinic) -> None:
    """After revoking, withdrawing and leaving; and a use that comes to light later is added."""
    thread, consent = await case(clinic)
    [one] = await exported(clinic)
    clinic.world.clock.turn(3_600)  # type: ignore[attr-defined]
    await revoke(clinic["ana"], consent)
    await clinic["ana"].do(WITHDRAW, id=thread)
    leave = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
    await clinic["ana"].do(leave, space=clinic.space)
    done = await use(clinic["eva"], one["pseudonym"], usedAt="2026-03-01T12:30:00Z")
    assert done["usedAt"] == "2026-03-01T12:30:00.000Z"
    found = await uses(clinic["ana"])
    assert [one["kind"] for one in found] == ["USED", "EXPORTED"]
    assert found[0]["consent"]["revokedAt"] == "2026-03-01T13:00:00.000Z"


async def test_a_page_that_is_fetched_twice_was_taken_once(clinic: Clinic) -> None:
    """Also at the same moment."""
    await case(clinic)
    await case(clinic, "sam")
    held = await export(clinic, first=1)
    pages = await asyncio.gather(*(further(clinic, held) for _ in range(5)))
    assert len({page["cases"]["nodes"][0]["pseudonym"] for page in pages}) == 1
    assert len(await uses(clinic["ana"])) + len(await uses(clinic["sam"])) == 2


async def test_who_may_say_what_a_case_was_used_for(clinic: Clinic) -> None:
    """Who exported it, and their fellow experts; to anybody else there is no such case."""
    await case(clinic)
    [one] = await exported(clinic)
    name = one["pseudonym"]
    found = {who: (await use(clinic[who], name))["__typename"] for who in EVERYBODY}
    said = dict.fromkeys(("eva", "emil", "bo", "mo"), "RecordedUse")
    absent = dict.fromkeys(("ana", "sam", "max", "mia", "olga", "stranger"), "NotFound")
    assert found == said | absent | {"anonymous": "NotSignedIn"}
    assert (await use(clinic["eva"], "made-up"))["__typename"] == "NotFound"


async def test_what_is_said_of_a_use_is_checked_and_said_once(clinic: Clinic) -> None:
    """A description, an instant after the export that is not to come; one use for a key."""
    await case(clinic)
    clinic.world.clock.turn(60)  # type: ignore[attr-defined]
    [one] = await exported(clinic)
    name = one["pseudonym"]
    refused = await use(
        clinic["eva"], name, description=" ", usedAt="2026-03-01T12:00:00Z", idempotencyKey=""
    )
    paths = [problem["path"] for problem in refused["problems"]]
    assert paths == ["idempotencyKey", "description", "usedAt"]
    late = await use(clinic["eva"], name, usedAt="2026-03-01T12:01:01Z")
    assert [problem["path"] for problem in late["problems"]] == ["usedAt"]
    await asyncio.gather(*(use(clinic["eva"], name, idempotencyKey="k") for _ in range(6)))
    other = await use(clinic["eva"], name, description="Another.", idempotencyKey="k")
    assert other["code"] == "CONFLICT"
    assert [one["kind"] for one in await uses(clinic["ana"])].count("USED") == 1


async def test_a_small_page_reads_on_in_large_steps(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past however many that were taken back, and leaves no trace of what it does not show."""
    threads = [await clinic.asked() for _ in range(8)]
    consents = [await give(clinic["ana"], thread) for thread in threads]
    held = await export(clinic, first=0)
    for consent in consents[:6]:
        await revoke(clinic["ana"], consent)
    steps: list[list[str]] = []
    read = consents_db.list_consents

    async def counted(db: Any, ids: list[str]) -> Any:
        steps.append(ids)
        return await read(db, ids)

    monkeypatch.setattr(consents_db, "list_consents", counted)
    page = await export(clinic, export=held["id"], first=1)
    assert len(steps) == 1
    assert len(page["cases"]["nodes"]) == 1
    assert len(await uses(clinic["ana"])) == 1
    rest = await further(clinic, page, first=2)
    assert len(rest["cases"]["nodes"]) == 1
    assert rest["cases"]["nodes"] != page["cases"]["nodes"]
    assert rest["cases"]["pageInfo"]["hasNextPage"] is False


async def test_nobody_begins_exports_without_end(clinic: Clinic, clock: TurnedClock) -> None:
    """Each is kept for good: whoever began twenty in a day waits, or goes on with an open one."""
    begin = "query Q($space: ID!) { researchExport(space: $space, purpose: RESEARCH) { id } }"
    for _ in range(20):
        await clinic["eva"].ask(begin, space=clinic.space)
        clock.turn(60)
    refused = await clinic["eva"].send(begin, space=clinic.space)
    [error] = refused["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["retryAt"] == "2026-03-02T12:00:00Z"
    await clinic["emil"].ask(begin, space=clinic.space)
    clock.turn(86_400 - 20 * 60 + 1)
    await clinic["eva"].ask(begin, space=clinic.space)
