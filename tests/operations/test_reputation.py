"""Reputation and reliability: evidence of what was completed, and no verdict on a newcomer."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from app.db.standings import list_standings
from app.ids import derived_id
from app.matching.parties import Standing
from tests.api import Person, World
from tests.completed import Stage, review, set_the_stage
from tests.conftest import TurnedClock

DAY = 86_400
REPUTATION = """
query Q($person: ID!, $space: ID!, $category: String) {
  reputation(person: $person, space: $space, category: $category) {
    score trust confidence count evidence reasons verified user { id }
    categories { category score trust confidence count evidence reasons }
    rules { prior priorWeight halfLifeDays repeatShare }
  }
}
"""
RELIABILITY = """
query Q($person: ID!, $space: ID!) {
  reliability(person: $person, space: $space) {
    score confidence kept lateCancels noShows reasons user { id }
  }
}
"""
VERIFY = """
mutation M($space: ID!, $user: ID!, $verified: Boolean!) {
  verifyMember(input: {space: $space, user: $user, verified: $verified}) {
    __typename
    ... on MemberStanding { id verified verifiedAt verifiedBy { id } user { id } trust score }
    ... on Error { code message }
  }
}
"""
READERS = ("anonymous", "stranger", "member", "moderator", "operator")


@pytest.fixture
async def stage(world: World) -> Stage:
    """A space for everybody."""
    return await set_the_stage(world)


async def people(stage: Stage, *names: str) -> list[Person]:
    """Return people."""
    return [await stage.world.person(name) for name in names]


async def known(stage: Stage, person: Person, category: str | None = None) -> dict[str, Any]:
    """Return a reputation as anybody reads it."""
    asked = {"person": person.id, "space": stage.space, "category": category}
    found: dict[str, Any] = (await stage.world.anonymous.ask(REPUTATION, **asked))["reputation"]
    return found


async def kept(stage: Stage, person: Person) -> dict[str, Any]:
    """Return a reliability as anybody reads it."""
    asked = {"person": person.id, "space": stage.space}
    found: dict[str, Any] = (await stage.world.anonymous.ask(RELIABILITY, **asked))["reliability"]
    return found


async def standing(stage: Stage, person: Person) -> Standing | None:
    """Return what the matchmaker is told of a person."""
    id = person.id or ""
    return (await list_standings(stage.world.db, stage.space, [id, "usr_none"])).get(id)


async def test_a_newcomer_is_unknown_and_not_bad(stage: Stage) -> None:
    """The score is what the space supposes, without confidence, and trust is no number."""
    [ada] = await people(stage, "ada")
    nothing = "Nothing is known yet: 0.60 is supposed, which is neither good nor bad."
    assert await known(stage, ada) == {
        "score": 0.6,
        "trust": None,
        "confidence": 0,
        "count": 0,
        "evidence": 0,
        "reasons": [nothing],
        "verified": False,
        "user": {"id": ada.id},
        "categories": [],
        "rules": {"prior": 0.6, "priorWeight": 4, "halfLifeDays": 365, "repeatShare": 0.5},
    }
    assert await standing(stage, ada) is None
    found = await kept(stage, ada)
    assert (found["score"], found["confidence"], found["kept"]) == (0.6, 0, 0)
    assert found["reasons"] == ["Nothing is known yet: 0.60 is supposed."]


async def test_only_what_is_shown_counts(stage: Stage) -> None:
    """A hidden review changes nothing; when the other side has written, it counts at once."""
    ada, ben = await people(stage, "ada", "ben")
    match = await stage.completed(ada, ben)
    unknown = await known(stage, ben)
    await review(ada, match, 5)
    assert await known(stage, ben) == unknown
    assert await standing(stage, ben) is None
    await review(ben, match, 2)
    for_ben, for_ada = await known(stage, ben), await known(stage, ada)
    assert (for_ben["count"], for_ada["count"]) == (1, 1)
    assert for_ada["score"] < 0.6 < for_ben["score"]
    assert for_ben["reasons"][0] == "1 reviews, 5.0 of 5 on average."
    assert await standing(stage, ben) == Standing(
        trust=for_ben["trust"], reputation={"care": for_ben["score"]}
    )
    assert await standing(stage, ada) == Standing(
        trust=for_ada["trust"], reputation={"care": for_ada["score"]}
    )


async def test_reputation_is_kept_by_category(stage: Stage) -> None:
    """Who is good with children need not be good with bicycles; words may have signs in them."""
    ada, ben = await people(stage, "ada", "ben")
    for category, rating in (("care/children", 5), ("bi.cycles/$all", 1)):
        [other] = await people(stage, "other")
        await stage.praise(other, ben, rating, category=category)
    await stage.praise(ada, ben, 5, category="care/children")
    found = await known(stage, ben)
    scores = {each["category"]: each["score"] for each in found["categories"]}
    assert list(scores) == ["bi.cycles/$all", "care/children"]
    assert scores["bi.cycles/$all"] < found["score"] < scores["care/children"]
    told = await standing(stage, ben)
    assert told == Standing(trust=found["trust"], reputation=scores)
    one = await known(stage, ben, "care/children")
    assert (one["count"], one["score"]) == (2, scores["care/children"])
    assert [each["category"] for each in one["categories"]] == ["care/children"]
    none = await known(stage, ben, "gardening")
    assert (none["count"], none["trust"], none["score"]) == (0, None, 0.6)


async def test_repeated_praise_of_the_same_two_counts_less_and_less(stage: Stage) -> None:
    """Four reviews of one friend are worth less than two of strangers."""
    friend, ada, ben, *strangers = await people(stage, "f", "ada", "ben", "x", "y")
    for _ in range(4):
        await stage.praise(friend, ada)
    for stranger in strangers:
        await stage.praise(stranger, ben)
    of_friend, of_strangers = await known(stage, ada), await known(stage, ben)
    assert (of_friend["count"], of_strangers["count"]) == (4, 2)
    assert of_friend["evidence"] == 1.875
    assert of_friend["score"] < of_strangers["score"]
    assert "3 are repeated ones of the same person." in of_friend["reasons"]


async def test_a_ring_that_praises_itself_counts_less(stage: Stage) -> None:
    """Four who review each other around are worth less to each than strangers' reviews."""
    ring = await people(stage, "a", "b", "c", "d")
    for one, other in itertools.combinations(ring, 2):
        for writer, about in ((one, other), (other, one)):
            await review(writer, match := await stage.completed(writer, about), 5)
            await review(about, match, 5)
    [honest, *strangers] = await people(stage, "h", "x", "y", "z")
    for stranger in strangers:
        await stage.praise(stranger, honest)
        await stage.praise(stranger, honest)
    in_ring, among_strangers = await known(stage, ring[0]), await known(stage, honest)
    assert in_ring["count"] == among_strangers["count"] == 6
    assert in_ring["evidence"] < among_strangers["evidence"]
    assert in_ring["score"] < among_strangers["score"]
    assert "4 come from people who know each other." in in_ring["reasons"]


async def test_who_gets_to_know_each_other_later_counts_as_a_ring_soon(
    stage: Stage, clock: TurnedClock
) -> None:
    """Two praise somebody first and each other afterwards: it is found within a day, not at once.

    So who has reviewed many, and meets somebody new each hour, lets them be weighed once a day.
    """
    ada, ben, cleo = await people(stage, "ada", "ben", "cleo")
    await stage.praise(ben, ada)
    await stage.praise(cleo, ada)
    before, told = await known(stage, ada), await standing(stage, ada)
    await stage.praise(ben, cleo)
    assert (await known(stage, ada))["evidence"] == 1.5 < before["evidence"]
    clock.turn(DAY - 1)
    await stage.praise(ben, (await people(stage, "dan"))[0])
    await stage.world.tick()
    assert await standing(stage, ada) == told
    clock.turn(1)
    await stage.world.tick()
    after = await known(stage, ada)
    assert await standing(stage, ada) == Standing(
        trust=after["trust"], reputation={"care": after["score"]}
    )


async def test_evidence_fades_and_the_matchmaker_hears_of_it(
    stage: Stage, clock: TurnedClock
) -> None:
    """What is asked is weighed at the moment; what is kept for matching, every 30 days."""
    ada, ben = await people(stage, "ada", "ben")
    await stage.praise(ada, ben)
    fresh, told = await known(stage, ben), await standing(stage, ben)
    clock.turn(29 * DAY)
    await stage.world.tick()
    assert (await known(stage, ben))["trust"] < fresh["trust"]
    assert await standing(stage, ben) == told
    clock.turn(DAY)
    await stage.world.tick()
    later = await known(stage, ben)
    assert await standing(stage, ben) == Standing(
        trust=later["trust"], reputation={"care": later["score"]}
    )
    clock.turn(365 * DAY)
    assert (await known(stage, ben))["evidence"] == pytest.approx(later["evidence"] / 2)


async def test_what_does_not_fade_is_not_weighed_again(stage: Stage, clock: TurnedClock) -> None:
    """A member who is verified, and of whom nothing else is known, is left alone by time."""
    [ada] = await people(stage, "ada")
    await stage.world.role(stage.owner, stage.space, ada, "MEMBER")
    await stage.moderator.do(VERIFY, space=stage.space, user=ada.id, verified=True)
    before = await stage.world.db["standings"].find_one({"_id": standing_of(stage, ada)})
    clock.turn(100 * DAY)
    await stage.world.tick()
    after = await stage.world.db["standings"].find_one({"_id": standing_of(stage, ada)})
    assert before == after


def standing_of(stage: Stage, person: Person) -> str:
    """Return the identifier of a person's standing."""
    return derived_id("standings", stage.space, person.id)


async def test_late_cancels_and_no_shows_tell(stage: Stage) -> None:
    """They count against whom they are charged to; what ended early or is disputed does not."""
    ada, ben = await people(stage, "ada", "ben")
    await stage.completed(ada, ben)
    await stage.completed(ben, ada, state="REVIEWED", reviewed_by=["NEED"])
    good = await kept(stage, ada)
    assert (good["kept"], good["lateCancels"], good["noShows"]) == (2, 0, 0)
    assert good["score"] > 0.6
    await stage.completed(ada, ben, state="CANCELLED", ended_by="NEED", charged_to="NEED")
    once = await kept(stage, ada)
    assert (once["kept"], once["lateCancels"], once["noShows"]) == (2, 1, 0)
    await stage.completed(ada, ben, state="CANCELLED", ended_by="NEED", charged_to=None)
    disputed = {"state": "DISPUTED", "disputed_from": "NO_SHOW", "charged_to": "NEED"}
    await stage.completed(ada, ben, **disputed)
    assert await kept(stage, ada) == once
    await stage.completed(ben, ada, state="NO_SHOW", absent="OFFER", charged_to="OFFER")
    twice = await kept(stage, ada)
    assert (twice["kept"], twice["lateCancels"], twice["noShows"]) == (2, 1, 1)
    assert twice["score"] < once["score"] < good["score"]
    assert twice["reasons"] == [
        "2 confirmed matches were completed.",
        "1 were cancelled late.",
        "1 were missed without a word, or judged so.",
    ]
    assert (await kept(stage, ben))["kept"] == 2
    assert (await kept(stage, ben))["lateCancels"] == 0


async def test_each_space_knows_for_itself(world: World, stage: Stage) -> None:
    """What was done in one space says nothing in another."""
    ada, ben = await people(stage, "ada", "ben")
    await stage.praise(ada, ben)
    elsewhere = await set_the_stage(world)
    assert (await known(elsewhere, ben))["count"] == 0
    assert (await kept(elsewhere, ben))["kept"] == 0


async def test_a_moderator_verifies_members(stage: Stage) -> None:
    """The matchmaker and all who read the space see it, and it can be taken back."""
    ada, ben = await people(stage, "ada", "ben")
    await stage.world.role(stage.owner, stage.space, ada, "MEMBER")
    done = await stage.moderator.do(VERIFY, space=stage.space, user=ada.id, verified=True)
    assert done == {
        "__typename": "MemberStanding",
        "id": standing_of(stage, ada),
        "verified": True,
        "verifiedAt": "2026-03-01T12:00:00.000Z",
        "verifiedBy": {"id": stage.moderator.id},
        "user": {"id": ada.id},
        "trust": None,
        "score": 0.6,
    }
    assert (await known(stage, ada))["verified"] is True
    assert await standing(stage, ada) == Standing(verified=True)
    await stage.praise(ben, ada)
    told = await standing(stage, ada)
    assert told is not None
    assert (told.verified, told.trust is None) == (True, False)
    back = await stage.owner.do(VERIFY, space=stage.space, user=ada.id, verified=False)
    assert (back["verified"], back["verifiedAt"]) == (False, None)
    asked = """query Q($id: ID!) { events(filter: {subject: $id}) { nodes { type actor } } }"""
    events = await stage.world.anonymous.ask(asked, id=standing_of(stage, ada))
    by = [{"type": "member.verified", "actor": who.id} for who in (stage.moderator, stage.owner)]
    assert events["events"]["nodes"] == by


async def test_verifying_twice_is_verifying_once(stage: Stage) -> None:
    """The second time nothing changes, and nothing is written into the log."""
    [ada] = await people(stage, "ada")
    await stage.world.role(stage.owner, stage.space, ada, "MEMBER")
    for who in (stage.moderator, stage.owner):
        done = await who.do(VERIFY, space=stage.space, user=ada.id, verified=True)
        assert done["verifiedBy"] == {"id": stage.moderator.id}
    written = {"type": "member.verified", "subject": standing_of(stage, ada)}
    assert await stage.world.db["events"].count_documents(written) == 1


async def test_who_verifies_whom(stage: Stage) -> None:
    """Moderators and the operator verify members; members, strangers and oneself do not."""
    ada, stranger = await people(stage, "ada", "stranger")
    operator = await stage.world.person("mo", operator=True)
    await stage.world.role(stage.owner, stage.space, ada, "MEMBER")
    expected = {
        (stage.moderator, ada): "MemberStanding",
        (operator, ada): "MemberStanding",
        (stage.moderator, stage.owner): "MemberStanding",
        (stage.moderator, stage.moderator): "NotAllowed",
        (stage.moderator, stranger): "NotFound",
        (ada, stage.moderator): "NotAllowed",
        (stranger, ada): "NotAllowed",
        (stage.world.anonymous, ada): "NotSignedIn",
    }
    for (who, whom), outcome in expected.items():
        done = await who.do(VERIFY, space=stage.space, user=whom.id, verified=True)
        assert done["__typename"] == outcome, (who.name, whom.name)


@pytest.mark.parametrize("openness", ["OPEN", "MEMBERS"])
async def test_who_reads_what_is_known(world: World, openness: str) -> None:
    """All read it in an open space; in one for members, its members and the operator."""
    stage = await set_the_stage(world, openness)
    ada, ben, stranger, member = await people(stage, "ada", "ben", "stranger", "member")
    await world.role(stage.owner, stage.space, member, "MEMBER")
    await stage.praise(ada, ben)
    readers = {
        "anonymous": world.anonymous,
        "stranger": stranger,
        "member": member,
        "moderator": stage.moderator,
        "operator": await world.person("mo", operator=True),
    }
    asked = {"person": ben.id, "space": stage.space}
    for name in READERS:
        for query in (REPUTATION, RELIABILITY):
            body = await readers[name].send(query, **asked)
            refused = openness == "MEMBERS" and name in {"anonymous", "stranger"}
            assert ("errors" in body) == refused, (name, body)
        node = "query Q($id: ID!) { node(id: $id) { id } }"
        found = await readers[name].ask(node, id=standing_of(stage, ben))
        assert (found["node"] is None) == (openness == "MEMBERS" and name in READERS[:2])


async def test_nobody_is_known_of_whom_there_is_no_account(stage: Stage) -> None:
    """A made-up person is not a newcomer."""
    for query in (REPUTATION, RELIABILITY):
        body = await stage.world.anonymous.send(query, person="usr_none", space=stage.space)
        assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_the_latest_thousand_matches_say_how_reliable_somebody_is(stage: Stage) -> None:
    """What lies further back is not read."""
    ada, ben = await people(stage, "ada", "ben")
    id = await stage.completed(ada, ben)
    plain = await stage.match(id)
    now = stage.world.clock()
    many: list[Any] = [
        {
            **plain,
            "_id": f"mat_{n}",
            "ended_at": now - timedelta(minutes=n),
            "need_owner": ada.id if n % 2 else ben.id,
            "offer_owner": ben.id if n % 2 else ada.id,
        }
        for n in range(1, 1_300)
    ]
    await stage.world.db["matches"].insert_many(many)
    missed = {"state": "NO_SHOW", "absent": "NEED", "charged_to": "NEED"}
    await stage.completed(ada, ben, **missed, ended_at=now - timedelta(days=2))
    found = await kept(stage, ada)
    assert (found["kept"], found["noShows"]) == (1_000, 0)
