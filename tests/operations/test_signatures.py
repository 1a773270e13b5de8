"""Signatures: one a person, verified before they count, withdrawn at will, and counted by area."""

import asyncio
from functools import partial
from typing import Any

import pytest

from app.auth.viewer import Viewer
from app.db.writing import write
from app.failures import WrongState
from app.resolvers.closing import do_due
from app.resolvers.context import Context
from app.resolvers.signing import sign_petition
from app.settings import Settings
from tests.api import World, at, second_server
from tests.funding import Scene, campaign, goal
from tests.supporting import (
    AREAS,
    PETITION,
    SIGNATURES,
    WITHDRAW,
    counted,
    crowd,
    invalidate,
    listed,
    sign,
    signed,
    validate,
    verified,
)

ASKED = {"validation": False}


@pytest.fixture
async def scene(world: World) -> Scene:
    """A petition in a space where verified people's signatures count at once."""
    return await campaign(world, rules=ASKED, **PETITION)


async def test_a_signature_counts_once_its_signer_is_verified(scene: Scene) -> None:
    """At once, by a moderator's word, or when the signer was verified and signs again."""
    await verified(scene, "ana")
    states = [(await sign(scene[name], scene.id))["state"] for name in ("ana", "bo", "cleo")]
    assert states == ["VALIDATED", "PENDING", "PENDING"]
    assert await counted(scene) == (1, 2, 1)
    await verified(scene, "cleo")
    again = await sign(scene["cleo"], scene.id)
    assert (again["state"], again["version"]) == ("VALIDATED", 2)
    [bo] = await listed(scene["moderator"], scene.id, "PENDING")
    assert (await validate(scene["moderator"], bo["id"]))["signatures"][0]["state"] == "VALIDATED"
    assert await counted(scene) == (3, 0, 3)
    await scene.check_sums()


async def test_a_space_can_want_every_signature_validated(world: World) -> None:
    """Then those of verified people wait, too."""
    scene = await campaign(world, **PETITION)
    await verified(scene, "ana")
    assert (await sign(scene["ana"], scene.id))["state"] == "PENDING"
    assert await counted(scene) == (0, 1, 0)


async def test_what_waits_says_for_what(world: World) -> None:
    """By the space's rule, and by whether its signer was verified meanwhile; to no stranger."""
    asked = "query Q($id: ID!) { node(id: $id) { ... on Signature { state missing } } }"
    scene = await campaign(world, rules=ASKED, **PETITION)
    [id] = await signed(scene, "member")

    async def missing(who: str = "member") -> str | None:
        found = (await scene[who].ask(asked, id=id))["node"]
        return None if found is None else found["missing"]

    assert "A moderator has to validate it; or its signer" in (await missing() or "")
    await verified(scene, "member")
    assert await missing() == await missing("moderator")
    assert "sign again in the same words, and it counts" in (await missing() or "")
    await world.db["spaces"].update_one({"_id": scene.space}, {"$unset": {"crowdsourcing": ""}})
    world.engine.services.spaces.forget(scene.space)
    assert await missing() == "A moderator of the space has to validate it."
    await scene.act("CANCEL", "owner")
    assert "the campaign is closed" in (await missing() or "")
    await world.db["signatures"].update_one({"_id": id}, {"$set": {"state": "VALIDATED"}})
    assert [await missing(who) for who in ("member", "stranger")] == [None, None]


async def test_one_person_signs_once(scene: Scene) -> None:
    """The same again changes nothing; something else is refused until the first is taken back."""
    first = await sign(scene["ana"], scene.id, comment="For the river.")
    assert await sign(scene["ana"], scene.id, comment="For the river.") == first
    other = await sign(scene["ana"], scene.id, anonymous=True)
    assert (other["__typename"], other["found"]) == ("WrongState", "PENDING")
    gone = await scene["ana"].do(WITHDRAW, id=first["id"])
    assert gone["state"] == "WITHDRAWN"
    assert await counted(scene) == (0, 0, 0)
    anew = await sign(scene["ana"], scene.id, anonymous=True)
    assert (anew["id"], anew["state"], anew["anonymous"]) == (first["id"], "PENDING", True)
    assert await scene.world.db["signatures"].estimated_document_count() == 1
    assert await scene.events(first["id"]) == [
        "signature.given",
        "signature.changed",
        "signature.given",
    ]
    await scene.check_sums()


async def test_at_once_on_two_servers_it_is_one_signature(scene: Scene, settings: Settings) -> None:
    """Thirty people who each sign four times count thirty."""
    people = await crowd(scene, 30)
    scene.people |= {f"one{n}": one for n, one in enumerate(people)}
    await verified(scene, *(f"one{n}" for n in range(30)))
    async with second_server(scene.world, settings) as other:
        asking = [at(other, one) if n % 2 else one for one in people for n in range(4)]
        done = await asyncio.gather(*(sign(one, scene.id) for one in asking))
    assert {one["__typename"] for one in done} == {"Signature"}
    await scene.world.engine.services.folding.count(scene.id)
    assert await counted(scene) == (30, 0, 30)
    await scene.check_sums()


async def test_what_is_invalid_counts_no_more_and_uncrosses(world: World) -> None:
    """A threshold is crossed up once, and down once; the signer cannot sign again."""
    marks = [{"kind": "SIGNATURE", "amount": 2, "name": "heard"}]
    scene = await campaign(world, rules=ASKED, **PETITION, thresholds=marks)
    await verified(scene, "ana", "bo")
    ana, _ = await signed(scene, "ana", "bo")
    assert "campaign.threshold_crossed" in await scene.events()
    done = await invalidate(scene["moderator"], ana)
    assert [(one["state"], one["reason"]) for one in done["signatures"]] == [
        ("INVALIDATED", "Not a person.")
    ]
    assert list((await scene.stored())["crossed"].values()) == [0]
    crossed = scene.world.db["events"].find({"type": "campaign.threshold_crossed"}).sort("_id")
    assert [one["after"]["direction"] for one in await crossed.to_list(None)] == [
        "CROSSED_UP",
        "CROSSED_DOWN",
    ]
    refused = await sign(scene["ana"], scene.id)
    assert (refused["__typename"], refused["found"]) == ("WrongState", "INVALIDATED")
    assert (await scene["ana"].do(WITHDRAW, id=ana))["__typename"] == "WrongState"
    back = await validate(scene["moderator"], ana)
    assert back["signatures"][0]["state"] == "VALIDATED"
    assert await counted(scene) == (2, 0, 2)
    await scene.check_sums()


async def test_moderators_judge_a_hundred_at_a_time(scene: Scene) -> None:
    """What cannot be judged so is told by itself, and the rest is done; doing it twice is once."""
    ids = [(await sign(person, scene.id))["id"] for person in await crowd(scene, 25)]
    await scene.world.db["signatures"].update_one({"_id": ids[3]}, {"$set": {"state": "WITHDRAWN"}})
    for _ in range(2):
        done = await validate(scene["moderator"], *ids)
        assert [one["id"] for one in done["signatures"]] == ids[:3] + ids[4:]
        assert [(one["id"], one["found"]) for one in done["refused"]] == [(ids[3], "WITHDRAWN")]
    assert (await counted(scene))[0] == 24
    assert await scene.events(ids[0]) == ["signature.given", "signature.changed"]
    many = await validate(scene["moderator"], *(f"sgn_{n}" for n in range(101)))
    none = await validate(scene["moderator"])
    missing = await validate(scene["moderator"], ids[0], "sgn_nothing")
    silent = await invalidate(scene["moderator"], ids[0], reason=" ")
    assert [one["problems"][0]["path"] for one in (many, none, missing, silent)] == [
        "ids",
        "ids",
        "ids.1",
        "reason",
    ]


async def test_who_judges(scene: Scene) -> None:
    """Moderators do, and not the team, whose petition it is."""
    await verified(scene, "ana")
    ids = await signed(scene, "ana")
    outcomes = {
        "moderator": "JudgedSignatures",
        "host": "JudgedSignatures",
        "operator": "JudgedSignatures",
        "owner": "NOT_ALLOWED",
        "ana": "NOT_ALLOWED",
        "stranger": "NOT_ALLOWED",
        "anonymous": "NOT_SIGNED_IN",
    }
    for who, outcome in outcomes.items():
        done = await validate(scene[who], *ids)
        assert done.get("code", done["__typename"]) == outcome
        asked = await scene[who].send(SIGNATURES, id=scene.id, states=["PENDING"])
        assert ("errors" not in asked) == (outcome == "JudgedSignatures")


async def test_the_public_reads_valid_names_unless_they_are_anonymous(scene: Scene) -> None:
    """Nobody but the signer and moderators learns who is behind an anonymous one, or from where."""
    await verified(scene, "ana", "bo")
    await signed(scene, "ana", area="North", comment="For the river.")
    scene.world.clock.turn(1)  # type: ignore[attr-defined]
    [bo] = await signed(scene, "bo", area="North", anonymous=True)
    [cleo] = await signed(scene, "cleo")
    for who in ("anonymous", "stranger", "owner"):
        seen = await listed(scene[who], scene.id)
        assert [(one["signer"] or {}).get("id") for one in seen] == [None, scene["ana"].id]
        assert {one["area"] for one in seen} == {None}
    for who, own in (("bo", 0), ("moderator", 0)):
        seen = await listed(scene[who], scene.id)
        assert seen[own]["signer"] == {"id": scene["bo"].id}
        assert seen[own]["area"] == "North"
    node = "query Q($id: ID!) { node(id: $id) { id } }"
    for who, sees in (("anonymous", False), ("owner", False), ("cleo", True), ("moderator", True)):
        assert ((await scene[who].ask(node, id=cleo))["node"] is not None) == sees
    events = scene.world.db["events"].find({"subject": bo})
    assert [(one["actor"], one["after"]) for one in await events.to_list(None)] == [
        (None, {"state": "VALIDATED"})
    ]


async def test_areas_with_few_are_not_told_apart(world: World) -> None:
    """Those below the floor are counted together, and never so that one could subtract."""
    rules = ASKED | {"areas": ["North", "South", "West"], "area_floor": 2}
    scene = await campaign(world, rules=rules, **PETITION)
    everybody = ("ana", "bo", "cleo", "stranger", "member", "mate")
    await verified(scene, *everybody)
    for name, area in zip(everybody, ("north", "NORTH", "South", "West", None, None), strict=True):
        await signed(scene, name, area=area)
    found = (await scene["ana"].ask(AREAS, id=scene.id))["campaign"]
    assert found["signaturesByArea"] == [
        {"area": "North", "people": 2},
        {"area": None, "people": 4},
    ]
    assert found["mySignature"] == {"state": "VALIDATED"}
    wrong = await sign(scene["host"], scene.id, area="East")
    assert wrong["problems"] == [{"path": "area", "message": "Give one of North, South, West."}]


async def test_what_does_not_fit_is_refused(world: World) -> None:
    """All problems at once; and who is not signed in, or is late, is told so."""
    scene = await campaign(world, rules={"anonymous": False})
    done = await sign(scene["ana"], scene.id, anonymous=True, area="", comment="x" * 501)
    assert {one["path"] for one in done["problems"]} == {"campaign", "anonymous", "area", "comment"}
    assert (await sign(scene["anonymous"], scene.id))["code"] == "NOT_SIGNED_IN"
    assert (await sign(scene["ana"], "cmp_nothing"))["code"] == "NOT_FOUND"


async def test_nobody_signs_what_is_closed(scene: Scene) -> None:
    """After the deadline it is too late to sign and to validate, and never to withdraw."""
    await verified(scene, "bo")
    ana, bo = await signed(scene, "ana", "bo")
    await scene.pass_days(31)
    assert (await sign(scene["cleo"], scene.id))["__typename"] == "WrongState"
    same = await sign(scene["bo"], scene.id)
    assert (same["id"], same["state"]) == (bo, "VALIDATED")
    late = await validate(scene["moderator"], ana)
    assert (late["signatures"], late["refused"][0]["found"]) == ([], "PENDING")
    assert (await scene["bo"].do(WITHDRAW, id=bo))["state"] == "WITHDRAWN"
    assert await counted(scene) == (0, 1, 0)
    other = await scene["cleo"].do(WITHDRAW, id=ana)
    assert other["__typename"] == "NotFound"
    await scene.check_sums()


async def test_no_signature_slips_in_beside_the_closing(world: World) -> None:
    """Who signed in time and who closes at that moment: the outcome is that of what counts."""
    petition = PETITION | {"mode": "ALL_OR_NOTHING", "goals": [goal("SIGNATURE", 6)]}
    scene = await campaign(world, rules=ASKED, **petition)
    people = await crowd(scene, 12)
    scene.people |= {one.id or "": one for one in people}
    await verified(scene, *(one.id or "" for one in people))
    services = world.engine.services
    before = [Context(services, Viewer(user=one.id)) for one in people]
    world.clock.turn(31 * 86_400)  # type: ignore[attr-defined]
    given: dict[str, Any] = {
        "campaign_id": scene.id,
        "area": None,
        "anonymous": False,
        "comment": "",
    }
    signing = [sign_petition(ctx, **given) for ctx in before]
    closing = write(world.db, world.clock(), partial(do_due, id=scene.id))
    done = await asyncio.gather(*signing[:6], closing, *signing[6:], return_exceptions=True)
    refused = [one for one in done if isinstance(one, BaseException)]
    assert all(isinstance(one, WrongState) for one in refused)
    await services.folding.count(scene.id)
    counts, _, _ = await counted(scene)
    assert counts == 12 - len(refused)
    assert (await scene.stored())["outcome"] == ("SUCCEEDED" if counts >= 6 else "FAILED")
    await scene.check_sums()


async def test_signing_gives_a_level_and_withdrawing_takes_it(scene: Scene) -> None:
    """A valid signature is support: it opens the room, as long as it stands."""
    await verified(scene, "ana")
    [id] = await signed(scene, "ana")
    asked = "query Q($id: ID!) { campaign(id: $id) { myLevel { rank rights } } }"
    level: Any = (await scene["ana"].ask(asked, id=scene.id))["campaign"]["myLevel"]
    assert (level["rank"], "COMMENT" in level["rights"]) == (0, True)
    await scene["ana"].do(WITHDRAW, id=id)
    assert (await scene["ana"].ask(asked, id=scene.id))["campaign"]["myLevel"] is None
