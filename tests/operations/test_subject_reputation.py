"""Reputation by subject: what it is made of, its daily cap, and what it must not tell."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api import World
from tests.clinic import Clinic, open_clinic
from tests.conftest import TurnedClock
from tests.consulting import ACCEPT, STANDING, UNDO, give, said, score, standing, voted

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with all its people."""
    return await open_clinic(world)


async def test_of_a_newcomer_nothing_is_known(clinic: Clinic) -> None:
    """Which is said so, with the table by which it would be gained."""
    found = await standing(clinic, "anonymous", "eva")
    assert found["reasons"] == ["There is no evidence yet: unknown, not bad."]
    assert (found["score"], found["confidence"], found["evidence"]) == (0, 0, [])
    assert {"merit": "ADVICE_ACCEPTED", "points": 15} in found["table"]["gives"]
    assert found["table"]["dailyCap"] == 100
    assert found["person"] == {"id": clinic["eva"].id}


async def test_reputation_is_made_of_evidence(clinic: Clinic) -> None:
    """Each kind with how often and how many points; in one subject it says nothing of another."""
    thread = await clinic.asked(subject="Migraine", visibility="PUBLIC")
    reply = await said(clinic["eva"], thread)
    for who in ("ana", "sam"):
        await voted(clinic[who], reply, "UP")
    await voted(clinic["emil"], reply, "DOWN")
    await clinic["ana"].do(ACCEPT, id=reply)
    found = await standing(clinic, "stranger", "eva", "MIGRAINE")
    assert (found["score"], found["count"], found["capped"]) == (23, 4, 0)
    assert found["confidence"] == 3 / 8  # three people gave it: n / (n + 5)
    assert found["evidence"] == [
        {"merit": "ADVICE_ACCEPTED", "count": 1, "points": 15},
        {"merit": "ADVICE_UP", "count": 2, "points": 10},
        {"merit": "ADVICE_DOWN", "count": 1, "points": -2},
    ]
    assert found["reasons"][-1] == "It came from 3 different people."
    assert (await standing(clinic, "stranger", "eva", "gout"))["count"] == 0


async def test_a_day_brings_so_much_and_no_more(clinic: Clinic, clock: TurnedClock) -> None:
    """The rest is kept back and named; the next day brings anew."""
    await give(clinic, "eva", ups=30)
    full = await standing(clinic, "ana", "eva")
    assert (full["score"], full["capped"]) == (100, 50)
    assert full["reasons"][-1] == "50 points are kept back: a day brings 100 at most."
    clock.turn(DAY)
    await give(clinic, "eva", ups=2)
    assert await score(clinic, "eva") == 110


async def test_toggling_moves_no_points_to_another_day(clinic: Clinic, clock: TurnedClock) -> None:
    """A vote that is taken back and cast again counts on the day of the first time."""
    await give(clinic, "eva", ups=20)
    reply = await said(clinic["eva"], await clinic.asked())
    await voted(clinic["sam"], reply, "UP")
    assert await score(clinic, "eva") == 100
    clock.turn(DAY)
    await voted(clinic["sam"], reply, None)
    await voted(clinic["sam"], reply, "UP")
    assert await score(clinic, "eva") == 100


async def test_what_was_earned_by_asking_is_for_oneself_to_see(clinic: Clinic) -> None:
    """Otherwise the evidence would tell who stands behind a pseudonym."""
    thread = await clinic.asked(visibility="PUBLIC")
    advice = await said(clinic["eva"], thread)
    clarification = await said(clinic["ana"], thread, "CLARIFY")
    nothing = await standing(clinic, "stranger", "ana")
    await clinic["ana"].do(ACCEPT, id=advice)
    await voted(clinic["sam"], clarification, "UP")
    for who in ("stranger", "anonymous", "sam", "eva", "max", "mo"):
        assert await standing(clinic, who, "ana") == nothing
    own = await standing(clinic, "ana", "ana")
    assert (own["score"], own["count"]) == (3, 2)
    await clinic["ana"].do(UNDO, id=advice)
    assert await score(clinic, "ana") == 1


@pytest.mark.parametrize(
    ("tier", "seeing"),
    [
        ("PUBLIC", {"eva", "emil", "ana", "sam", "max", "mo", "stranger", "anonymous"}),
        ("SPACE", {"eva", "emil", "ana", "sam", "max", "mo"}),
        ("EXPERTS_ONLY", {"eva", "emil", "ana"}),
        ("PAIR", {"eva", "ana"}),
    ],
)
async def test_what_was_earned_out_of_sight_is_not_counted(
    clinic: Clinic, tier: str, seeing: set[str]
) -> None:
    """Otherwise a count would tell of threads that somebody does not see; trust counts all."""
    thread = await clinic.asked(visibility=tier, invited=[clinic["eva"].id])
    reply = await said(clinic["eva"], thread)
    await voted(clinic["ana"], reply, "UP")
    for who in ("eva", "emil", "ana", "sam", "max", "mo", "stranger", "anonymous"):
        found = await standing(clinic, who, "eva")
        counted = (found["score"], found["count"], found["confidence"])
        assert counted == ((5, 1, 1 / 6) if who in seeing else (0, 0, 0)), who


async def test_who_reads_reputations(world: World) -> None:
    """Everybody whose is what is in the space; and not where nobody asks anything."""
    clinic = await open_clinic(world, "MEMBERS")
    assert (await standing(clinic, "mia", "eva"))["score"] == 0
    given: dict[str, Any] = {"person": clinic["eva"].id, "subject": "migraine"}
    for who, code in (("stranger", "NOT_ALLOWED"), ("anonymous", "NOT_SIGNED_IN")):
        refused = await clinic[who].send(STANDING, space=clinic.space, **given)
        assert refused["errors"][0]["extensions"]["code"] == code
    other = await world.space(clinic["olga"])
    refused = await clinic["olga"].send(STANDING, space=other, **given)
    assert refused["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
    blank = await clinic["mia"].send(STANDING, space=clinic.space, **given | {"subject": " "})
    assert blank["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
