"""The life of a campaign through the API: each deed in each state, and what follows from it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.api import World
from tests.funding import DEEDS, Scene, campaign

# For each state and deed: where it leads, and who may do it. All else is refused.
TABLE = {
    ("DRAFT", "SUBMIT"): ("IN_REVIEW", "owner mate"),
    ("DRAFT", "CANCEL"): ("CANCELLED", "owner mate moderator"),
    ("IN_REVIEW", "APPROVE"): ("IN_REVIEW", "moderator"),
    ("IN_REVIEW", "RETURN"): ("DRAFT", "owner mate moderator"),
    ("IN_REVIEW", "OPEN"): ("OPEN", "owner mate"),
    ("IN_REVIEW", "CANCEL"): ("CANCELLED", "owner mate moderator"),
    ("OPEN", "EXTEND"): ("OPEN", "owner mate"),
    ("OPEN", "CLOSE"): ("SUCCEEDED", "owner"),
    ("OPEN", "SUSPEND"): ("SUSPENDED", "moderator"),
    ("OPEN", "CANCEL"): ("CANCELLED", "owner mate moderator"),
    ("SUSPENDED", "RESUME"): ("OPEN", "moderator"),
    ("SUSPENDED", "CANCEL"): ("CANCELLED", "owner mate moderator"),
    ("SUCCEEDED", "FULFIL_BEGIN"): ("FULFILLING", "owner mate"),
    ("SUCCEEDED", "SUSPEND"): ("SUSPENDED", "moderator"),
    ("SUCCEEDED", "CANCEL"): ("CANCELLED", "moderator"),
    ("FULFILLING", "FULFIL"): ("FULFILLED", "owner mate"),
    ("FULFILLING", "SUSPEND"): ("SUSPENDED", "moderator"),
    ("FULFILLING", "CANCEL"): ("CANCELLED", "moderator"),
}
STATES = (
    "DRAFT", "IN_REVIEW", "OPEN", "SUCCEEDED", "FAILED", "FULFILLING", "FULFILLED", "SUSPENDED",
    "CANCELLED",
)  # fmt: skip
TOLD = {
    "SUBMIT": "submitted", "APPROVE": "approved", "RETURN": "returned", "OPEN": "opened",
    "EXTEND": "extended", "CLOSE": "succeeded", "CANCEL": "cancelled", "SUSPEND": "suspended",
    "RESUME": "resumed", "FULFIL_BEGIN": "fulfilling", "FULFIL": "fulfilled",
}  # fmt: skip
PEOPLE = ("owner", "mate", "moderator", "member")
JUDGED = {"APPROVE", "SUSPEND", "RESUME"}
NEVER_OPENED = {"DRAFT", "IN_REVIEW"}
CLOSE_SPACE = """
mutation M($space: ID!) { closeSpace(input: {space: $space, expectedVersion: 1}) { __typename } }
"""


async def put(scene: Scene, state: str, deed: str) -> None:
    """Let the campaign be in a state, otherwise so that a deed can be done in it."""
    now = scene.world.clock()
    fields: dict[str, Any] = {
        "state": state,
        "opened_at": None if state in NEVER_OPENED else now,
        "approved_at": None if deed == "APPROVE" else now,
        "suspended_from": "OPEN" if state == "SUSPENDED" else None,
        "mode": "KEEP_IT_ALL" if deed == "CLOSE" else "ALL_OR_NOTHING",
        "deadline": None if deed == "CLOSE" else now + timedelta(days=30),
        "progress": {"MONEY": {"counted": 10_000, "pending": 0, "supporters": 1}},
        "extended": False,
        "settling": False,
        "due_at": None,
    }
    await scene.world.db["campaigns"].update_one({"_id": scene.id}, {"$set": fields})


async def doors(scene: Scene) -> set[bool]:
    """Return whether the gates are open, which they are all or none."""
    gates = await scene.world.db["gates"].find({"campaign": scene.id}).to_list(None)
    return {gate["open"] for gate in gates}


@pytest.mark.parametrize("state", STATES)
async def test_a_deed_leads_where_the_table_says(world: World, state: str) -> None:
    """And is for whom it says, with one event; what it does not list is refused by its state."""
    scene = await campaign(world, state="DRAFT")
    for deed in DEEDS:
        to, who = TABLE.get((state, deed), ("", ""))
        await put(scene, state, deed)
        if not to:
            refused = await scene.act(deed, "moderator" if deed in JUDGED else "owner")
            assert (refused["__typename"], refused["found"]) == ("WrongState", state), deed
            continue
        for name in set(PEOPLE) - set(who.split()):
            hidden = name == "member" and state in NEVER_OPENED
            refused = await scene.act(deed, name)
            assert refused["__typename"] == ("NotFound" if hidden else "NotAllowed"), (deed, name)
        for name in who.replace("moderator", "moderator operator").split():
            await put(scene, state, deed)
            done = await scene.act(deed, name)
            assert done.get("state") == to, (deed, name, done)
            assert (await scene.events())[-1] == f"campaign.{TOLD[deed]}"
            assert await doors(scene) == {deed in {"OPEN", "RESUME"}} or deed == "EXTEND"


async def test_what_can_be_done_is_what_the_table_says(world: World) -> None:
    """`can` lists for each person what is theirs to do, in any state."""
    scene = await campaign(world, state="DRAFT")
    for state in STATES:
        await put(scene, state, "")
        for name in ("owner", "mate", "moderator", "member"):
            seen = await scene.read(name)
            if seen is None:
                continue
            rows = {(s, deed): who for (s, deed), (_, who) in TABLE.items() if s == state}
            theirs = {deed for (_, deed), who in rows.items() if name in who.split()}
            # It is approved already, and its deadline ends it.
            assert set(seen["can"]) == theirs - {"APPROVE", "CLOSE"}, (state, name)


async def test_reasons_and_deadlines_are_asked_for(world: World) -> None:
    """Who suspends, cancels what has opened or gives back says why; more time is given once."""
    scene = await campaign(world, state="IN_REVIEW")
    refused = await scene.act("RETURN", "moderator", reason=" ")
    assert refused["problems"][0]["path"] == "reason"
    returned = await scene.act("RETURN", "moderator", reason=" Say more. ")
    assert (returned["state"], returned["reason"]) == ("DRAFT", "Say more.")
    await scene.act("SUBMIT")
    assert (await scene.act("RETURN", "owner", reason=""))["state"] == "DRAFT"
    await scene.act("SUBMIT")
    assert (await scene.act("OPEN"))["state"] == "OPEN"
    for deed, who in (("SUSPEND", "moderator"), ("CANCEL", "owner"), ("CANCEL", "moderator")):
        refused = await scene.act(deed, who, reason="")
        assert refused["problems"][0]["path"] == "reason", deed
    long = await scene.act("CANCEL", reason="x" * 1_001)
    assert long["problems"][0]["path"] == "reason"
    for days in (29, 30, 61):
        refused = await scene.act("EXTEND", deadline=scene.day(days))
        assert refused["problems"][0]["path"] == "deadline", days
    extended = await scene.act("EXTEND", deadline=scene.day(60))
    assert (extended["extended"], extended["deadline"]) == (True, scene.day(60))
    assert (await scene.act("EXTEND", deadline=scene.day(70)))["__typename"] == "WrongState"
    assert (await scene.stored())["due_at"] == world.clock() + timedelta(days=60)
    cancelled = await scene.act("CANCEL", reason="We moved.")
    assert (cancelled["state"], cancelled["reason"]) == ("CANCELLED", "We moved.")
    seen = await scene.read("anonymous")
    assert seen is not None
    assert seen["reason"] == "We moved."


async def test_a_space_that_is_closed_begins_nothing(world: World) -> None:
    """What was begun in it can be brought to its end."""
    scene = await campaign(world, mode="KEEP_IT_ALL", deadline=None)
    await scene.given("ana", 10_000)
    other = (await scene.create())["id"]
    await scene["operator"].do(CLOSE_SPACE, space=scene.space)
    assert (await scene.act("SUBMIT", id=other))["code"] == "NOT_ALLOWED"
    seen = await scene.read("owner", other)
    assert seen is not None
    assert seen["can"] == ["CANCEL"]
    assert (await scene.give("bo"))["code"] == "NOT_ALLOWED"
    for deed, state in (
        ("CLOSE", "SUCCEEDED"),
        ("FULFIL_BEGIN", "FULFILLING"),
        ("FULFIL", "FULFILLED"),
    ):
        assert (await scene.act(deed))["state"] == state


async def test_while_it_is_suspended_nothing_moves(world: World) -> None:
    """Nobody gives, no round ends; when it goes on after its deadline, it ends at once."""
    scene = await campaign(world)
    await scene.given("ana", 10_000)
    await scene.act("SUSPEND", "moderator")
    refused = await scene.give("bo")
    assert (refused["__typename"], refused["found"]) == ("WrongState", "SUSPENDED")
    await scene.pass_days(40)
    assert (await scene.stored())["state"] == "SUSPENDED"
    assert (await scene.act("RESUME", "moderator"))["state"] == "OPEN"
    await scene.pass_days(0)
    assert (await scene.stored())["outcome"] == "SUCCEEDED"
    await scene.act("SUSPEND", "moderator")
    assert (await scene.act("CANCEL", "owner"))["__typename"] == "NotAllowed"
    assert (await scene.act("RESUME", "operator"))["state"] == "SUCCEEDED"
    assert await doors(scene) == {False}


async def test_of_gifts_at_the_closing_each_counts_or_is_refused(world: World) -> None:
    """Whoever came before is counted, whoever came later is told so; nothing is in between."""
    scene = await campaign(world, mode="KEEP_IT_ALL", deadline=None)
    people = ("ana", "bo", "cleo", "member", "stranger", "mate")
    done = await asyncio.gather(
        *(scene.give(who, 1_000) for who in people[:3]),
        scene.act("CLOSE"),
        *(scene.give(who, 1_000) for who in people[3:]),
    )
    closed = done.pop(3)
    kinds = [one["__typename"] for one in done]
    assert set(kinds) <= {"Contribution", "WrongState"}
    came = kinds.count("Contribution")
    assert closed["state"] == ("SUCCEEDED" if came else "FAILED"), closed
    await scene.pass_days(0)
    await scene.check_sums()
    stored = await scene.stored()
    assert stored["progress"].get("MONEY", {"counted": 0})["counted"] == 1_000 * came
    assert await scene.give("ana") | {"message": ""} == {
        "__typename": "WrongState", "code": "WRONG_STATE", "found": stored["state"], "message": "",
    }  # fmt: skip


async def test_of_two_deeds_at_a_moment_one_finds_the_other_done(world: World) -> None:
    """Whatever both saw before, a campaign opens once and is cancelled once."""
    scene = await campaign(world, state="IN_REVIEW")
    both = await asyncio.gather(scene.act("OPEN"), scene.act("OPEN", "mate"))
    assert sorted(one["__typename"] for one in both) == ["Campaign", "WrongState"]
    both = await asyncio.gather(scene.act("CANCEL"), scene.act("CANCEL", "moderator"))
    assert sorted(one["__typename"] for one in both) == ["Campaign", "WrongState"]
    assert (await scene.events()).count("campaign.cancelled") == 1
