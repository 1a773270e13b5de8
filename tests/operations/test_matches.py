"""Matches from the client's side: proposed, answered, seen, agreed on, and ended by time."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db.match_documents import TimeWindow
from app.ids import new_id
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.market import AGREE, MATCH, SEEN, WRITE, Market, act, open_market, propose, said
from tests.matching.postings import hour, window

MINE = """
query Q($space: ID, $states: [MatchState!], $first: Int, $after: String) {
  matches(space: $space, states: $states, first: $first, after: $after) {
    nodes { id state } pageInfo { hasNextPage endCursor } totalCount } }
"""
DISPUTES = "query Q($space: ID!) { disputes(space: $space) { nodes { id dispute { reason } } } }"


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


@pytest.fixture
async def ada(market: Market) -> Person:
    """Somebody who needs."""
    return await market.member("ada")


@pytest.fixture
async def ben(market: Market) -> Person:
    """Somebody who offers."""
    return await market.member("ben")


def named(done: Any) -> list[str]:
    """Return which constraints a refusal names."""
    return [problem["path"] for problem in done["problems"]]


async def test_a_match_goes_from_proposal_to_its_end(
    market: Market, ada: Person, ben: Person
) -> None:
    """Proposed by one and accepted by the other it is confirmed; they begin, and complete it."""
    need, offer = await market.need(ada), await market.offer(ben)
    made = await propose(ada, need, offer)
    assert (made["state"], made["proposedBy"]) == ("ACCEPTED_BY_ONE", "NEED")
    assert made["acceptedBy"] == ["NEED"]
    assert made["answerBy"] == said(hour(72))
    states = [
        (await act(who, deed, made["id"]))["state"]
        for who, deed in ((ben, "ACCEPT"), (ada, "START"), (ben, "COMPLETE"))
    ]
    assert states == ["CONFIRMED", "IN_PROGRESS", "COMPLETED"]
    told = [event["type"] for event in await market.events(made["id"])]
    assert told == ["match.proposed", "match.confirmed", "match.started", "match.completed"]
    for id, type in ((need, "need.fulfilled"), (offer, "offer.fulfilled")):
        [event] = await market.events(id)
        assert (event["type"], event["after"]) == (type, {"status": "FULFILLED"})
        assert (event["actor"], event["within"]) == (None, id)


@pytest.mark.parametrize(
    ("state", "shared"),
    [
        ("PROPOSED", False), ("ACCEPTED_BY_ONE", False), ("CONFIRMED", True),
        ("IN_PROGRESS", True), ("COMPLETED", True), ("REVIEWED", True), ("DISPUTED", True),
        ("DECLINED", False), ("CANCELLED", False),
    ],
)  # fmt: skip
async def test_how_to_reach_each_other_is_known_once_confirmed(
    market: Market, ada: Person, ben: Person, *, state: str, shared: bool
) -> None:
    """To each the other's name and address, and to no moderator."""
    id = await market.match(ada, ben, state=state)
    for person, other in ((ada, ben), (ben, ada)):
        seen = (await person.ask(SEEN, id=id))["node"]
        user = await market.world.db["users"].find_one({"_id": other.id})
        assert user is not None
        known = {"name": other.name, "email": user["email"]} if shared else None
        assert seen["contact"] == known
    if state == "DISPUTED":
        assert (await market.mia.ask(SEEN, id=id))["node"]["contact"] is None


async def test_an_unanswered_proposal_expires_and_both_hear_of_it(
    market: Market, ada: Person, ben: Person, clock: TurnedClock
) -> None:
    """Not a moment before; a match whose time has begun is over, too."""
    first = await propose(ada, await market.need(ada), await market.offer(ben))
    soon = {"startsAt": said(hour(10)), "endsAt": said(hour(12))}
    need = await market.need(ada)
    second = await propose(ada, need, await market.offer(ben), window=soon)
    for at, states in (
        (9, ["ACCEPTED_BY_ONE", "ACCEPTED_BY_ONE"]),
        (10, ["ACCEPTED_BY_ONE", "EXPIRED"]),
        (71, ["ACCEPTED_BY_ONE", "EXPIRED"]),
        (72, ["EXPIRED", "EXPIRED"]),
    ):
        clock.at = hour(at)
        await market.world.tick()
        found = [(await market.find(match["id"]))["state"] for match in (first, second)]
        assert found == states, at
    for match in (first, second):
        event = (await market.events(match["id"]))[-1]
        assert (event["type"], event["to"]) == ("match.expired", [ada.id, ben.id])
        assert event["actor"] is None
    late = await act(ben, "ACCEPT", first["id"])
    assert (late["code"], late["found"]) == ("WRONG_STATE", "EXPIRED")


async def test_a_late_answer_is_none(
    market: Market, ada: Person, ben: Person, clock: TurnedClock
) -> None:
    """Also before anything has noted that the time is over."""
    made = await propose(ada, await market.need(ada), await market.offer(ben))
    clock.at = hour(72)
    assert (await act(ben, "ACCEPT", made["id"]))["code"] == "WRONG_STATE"


@pytest.mark.parametrize(("at", "charged"), [(23.9, None), (24, "OFFER"), (40, "OFFER")])
async def test_cancelling_is_late_from_the_limit_on(
    market: Market, ada: Person, ben: Person, clock: TurnedClock, at: float, charged: str | None
) -> None:
    """A day before it begins, if the space says nothing else; then it counts for who cancels."""
    id = await market.match(ada, ben, state="CONFIRMED", window=window(48, 50))
    clock.at = hour(at)
    done = await act(ben, "CANCEL", id)
    assert (done["state"], done["endedBy"], done["chargedTo"]) == ("CANCELLED", "OFFER", charged)


async def test_nobody_has_missed_what_has_not_begun(
    market: Market, ada: Person, ben: Person, clock: TurnedClock
) -> None:
    """From its beginning on, the other can be reported; that counts for them."""
    id = await market.match(ada, ben, state="CONFIRMED", window=window(48, 50))
    assert (await act(ada, "REPORT_NO_SHOW", id))["code"] == "WRONG_STATE"
    clock.at = hour(48)
    done = await act(ada, "REPORT_NO_SHOW", id)
    assert (done["state"], done["absent"], done["chargedTo"]) == ("NO_SHOW", "OFFER", "OFFER")


async def test_nobody_escapes_a_no_show_by_starting(
    market: Market, ada: Person, ben: Person, clock: TurnedClock
) -> None:
    """Not long before it begins; and who is said to have begun can be missed, which frees seats."""
    need = await market.need(ada, taken=1, status="FULFILLED")
    offer = await market.offer(ben, taken=1, status="FULFILLED")
    given = {"need": need, "offer": offer, "state": "CONFIRMED", "window": window(48, 50)}
    id = await market.match(ada, ben, **given)
    clock.at = hour(46.9)
    early = await act(ben, "START", id)
    assert (early["code"], early["found"]) == ("WRONG_STATE", "CONFIRMED")
    clock.at = hour(47)
    assert (await act(ben, "START", id))["state"] == "IN_PROGRESS"
    assert (await act(ada, "REPORT_NO_SHOW", id))["code"] == "WRONG_STATE"
    clock.at = hour(48)
    done = await act(ada, "REPORT_NO_SHOW", id)
    assert (done["state"], done["absent"], done["chargedTo"]) == ("NO_SHOW", "OFFER", "OFFER")
    for posting in (need, offer):
        found = await market.find(posting)
        assert (found["taken"], found["status"]) == (0, "OPEN")


async def test_a_dispute_is_decided_by_somebody_else(
    market: Market, ada: Person, ben: Person
) -> None:
    """Moderators list it and read the reason, the other side does not; the note is for both."""
    id = await market.match(ada, ben, state="COMPLETED")
    await act(ada, "DISPUTE", id)
    reasons = [
        (await who.ask(SEEN, id=id))["node"]["dispute"]["reason"] for who in (ada, ben, market.mia)
    ]
    assert reasons == ["It was otherwise.", None, "It was otherwise."]
    listed = await market.mia.ask(DISPUTES, space=market.space)
    assert [one["id"] for one in listed["disputes"]["nodes"]] == [id]
    refused = await ada.send(DISPUTES, space=market.space)
    assert refused["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
    await act(market.mia, "RESOLVE", id)
    seen = (await ben.ask(SEEN, id=id))["node"]
    assert (seen["state"], seen["dispute"]["note"]) == ("RESOLVED", "So be it.")
    listed = await market.mia.ask(DISPUTES, space=market.space)
    assert listed["disputes"]["nodes"] == []


async def test_nobody_judges_a_dispute_of_their_own(market: Market, ben: Person) -> None:
    """A moderator who is one of the two leaves it to another one."""
    id = await market.match(market.mia, ben, state="DISPUTED")
    refused = await act(market.mia, "RESOLVE", id)
    assert refused["missing"] == "a moderator who is not one of the two"
    assert (await act(market.owner, "RESOLVE", id))["state"] == "RESOLVED"


async def test_a_long_match_needs_an_agreement_of_both(
    market: Market, ada: Person, ben: Person
) -> None:
    """It is proposed with a warning, and confirmed when both have accepted the same text."""
    long = await market.need(ada, commitment="LONG_TERM")
    made = await propose(ada, long, await market.offer(ben))
    id = made["id"]
    assert made["commitment"] == "LONG_TERM"
    warning = (await ben.ask(SEEN, id=id))["node"]["warning"]
    assert warning == {
        "reasons": ["TRUST_TOO_LOW", "NO_JOINT_OBJECTIVE", "NO_COMMUNITY"],
        "recommendedModel": "KNOWLEDGE_BROKER",
    }
    refused = await act(ben, "ACCEPT", id)
    assert (refused["code"], refused["missing"]) == (
        "NOT_ALLOWED", "JOINT_OBJECTIVE, AGREEMENT, AGREED_BY_NEED, AGREED_BY_OFFER",
    )  # fmt: skip
    given = {
        "match": id,
        "jointObjective": "A garden",
        "agreement": "We dig.",
        "expectedVersion": 1,
    }
    assert (await ada.do(WRITE, input=given))["version"] == 2
    stale = await ben.do(AGREE, input={"match": id, "expectedVersion": 1})
    assert (stale["code"], stale["currentVersion"]) == ("CONFLICT", 2)
    for person, version in ((ada, 2), (ben, 3)):
        await person.do(AGREE, input={"match": id, "expectedVersion": version})
    again = await ben.do(AGREE, input={"match": id, "expectedVersion": 4})
    assert (again["agreedBy"], again["version"]) == (["NEED", "OFFER"], 4)
    other = {"match": id, "agreement": "Ben digs.", "expectedVersion": 4}
    rewritten = await ada.do(WRITE, input=other)
    assert (rewritten["agreedBy"], rewritten["jointObjective"]) == ([], "A garden")
    assert (await act(ben, "ACCEPT", id))["missing"] == "AGREED_BY_NEED, AGREED_BY_OFFER"
    for person, version in ((ada, 5), (ben, 6)):
        await person.do(AGREE, input={"match": id, "expectedVersion": version})
    assert (await act(ben, "ACCEPT", id))["state"] == "CONFIRMED"
    late = await ada.do(WRITE, input={"match": id, "agreement": "No.", "expectedVersion": 8})
    assert (late["code"], late["found"]) == ("WRONG_STATE", "CONFIRMED")
    assert (await ada.do(AGREE, input={"match": new_id("matches"), "expectedVersion": 1}))[
        "code"
    ] == "NOT_FOUND"


async def test_a_community_in_the_space_carries_a_long_match(
    market: Market, ada: Person, ben: Person
) -> None:
    """Then nobody is warned of there being none, neither on the match nor on the need."""
    long = await market.need(ada, commitment="LONG_TERM")
    id = (await propose(ada, long, await market.offer(ben)))["id"]
    query = "query Q($id: ID!) { node(id: $id) { ... on Posting { warning { reasons } } } }"
    for models, without in ((["MATCHMAKER"], False), (["MATCHMAKER", "POOL"], True)):
        change = {"$set": {"enabled_models": models}}
        await market.world.db["spaces"].update_one({"_id": market.space}, change)
        market.world.engine.services.spaces.forget(market.space)
        seen = [(await ben.ask(SEEN, id=id))["node"], (await ben.ask(query, id=long))["node"]]
        for one in seen:
            assert ("NO_COMMUNITY" not in one["warning"]["reasons"]) is without


async def test_there_is_no_agreement_to_an_empty_page(
    market: Market, ada: Person, ben: Person
) -> None:
    """Nobody accepts a text that has not been written; writing the same again changes nothing."""
    id = await market.match(ada, ben)
    refused = await ada.do(AGREE, input={"match": id, "expectedVersion": 1})
    assert refused["missing"] == "AGREEMENT"
    same = await ada.do(WRITE, input={"match": id, "agreement": " ", "expectedVersion": 1})
    assert (same["version"], same["agreement"]) == (1, None)
    long = await ada.do(WRITE, input={"match": id, "agreement": "x" * 20_001, "expectedVersion": 1})
    assert named(long) == ["agreement"]


async def test_my_matches_come_newest_first_on_either_side(
    market: Market, ada: Person, ben: Person, clock: TurnedClock
) -> None:
    """Page by page, by space and by state, and nobody else's."""
    made = []
    for n in range(5):
        clock.turn(1)
        pair = (ada, ben) if n % 2 else (ben, ada)
        made.append(await market.match(*pair, state="PROPOSED" if n else "EXPIRED"))
    await market.match(ben, await market.member("cleo"))
    page = (await ada.ask(MINE, first=3))["matches"]
    assert [match["id"] for match in page["nodes"]] == made[:1:-1]
    assert page["totalCount"] == 5
    rest = await ada.ask(MINE, first=3, after=page["pageInfo"]["endCursor"])
    assert [match["id"] for match in rest["matches"]["nodes"]] == [made[1], made[0]]
    over = await ada.ask(MINE, space=market.space, states=["EXPIRED"])
    assert [match["id"] for match in over["matches"]["nodes"]] == [made[0]]
    other = await open_market(market.world)
    assert (await ada.ask(MINE, space=other.space))["matches"]["nodes"] == []
    refused = await market.world.anonymous.send(MINE)
    assert refused["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_a_list_says_of_a_match_what_the_match_says(
    market: Market, ada: Person, ben: Person
) -> None:
    """Whatever is asked for, of many at once or of one alone."""
    full = await market.offer(ben, taken=1, status="FULFILLED")
    made = [
        await market.match(ada, ben, state="COMPLETED"),
        await market.match(ada, ben, state="DISPUTED"),
        await market.match(ada, ben, state="CONFIRMED", commitment="LONG_TERM"),
        (await propose(ada, await market.need(ada), full))["id"],
    ]
    await act(ada, "DISPUTE", made[0])
    assert (await act(ben, "ACCEPT", made[3]))["waiting"] is not None
    fields = MATCH.partition("... on Match {")[2].partition("\n  }")[0]
    more = "reviews { id } dispute { by at reason note } warning { reasons } need { title }"
    listed = await ada.ask(f"{{ matches {{ nodes {{ {fields} {more} }} }} }}")
    assert len(listed["matches"]["nodes"]) == len(made)
    one = f"query Q($id: ID!) {{ node(id: $id) {{ ... on Match {{ {fields} {more} }} }} }}"
    for match in listed["matches"]["nodes"]:
        assert (await ada.ask(one, id=match["id"]))["node"] == match


async def test_events_of_a_match_are_for_its_two(market: Market, ada: Person, ben: Person) -> None:
    """Each of the two reads them in the log of the space, and nobody else does."""
    made = await propose(ada, await market.need(ada), await market.offer(ben))
    log = "query Q($id: ID!) { eventLog: events(filter: {subject: $id}) { nodes { type } } }"
    cleo = await market.member("cleo")
    for person, seen in ((ada, 1), (ben, 1), (cleo, 0), (market.mia, 0)):
        found = await person.ask(log, id=made["id"])
        assert len(found["eventLog"]["nodes"]) == seen, person.name


async def test_in_a_closed_space_nothing_changes(market: Market, ada: Person, ben: Person) -> None:
    """Matches can still be seen there; nothing is said to be possible."""
    possible = "query Q($id: ID!) { node(id: $id) { ... on Match { possible } } }"
    id = await market.match(ada, ben, state="CONFIRMED", window=None)
    assert "CANCEL" in (await ada.ask(possible, id=id))["node"]["possible"]
    closed = {"$set": {"closed_at": datetime(2026, 3, 1)}}
    await market.world.db["spaces"].update_one({"_id": market.space}, closed)
    market.world.engine.services.spaces.forget(market.space)
    assert (await act(ada, "CANCEL", id))["code"] == "NOT_ALLOWED"
    assert (await ada.ask(SEEN, id=id))["node"]["state"] == "CONFIRMED"
    assert (await ada.ask(possible, id=id))["node"]["possible"] == []


def at(start: float, end: float) -> TimeWindow:
    """Return the time between two minutes after noon on the second of March."""
    day = datetime(2026, 3, 2, 12)
    return TimeWindow(
        starts_at=day + timedelta(minutes=start), ends_at=day + timedelta(minutes=end)
    )


@pytest.mark.parametrize(
    ("other", "clashes"),
    [(at(0, 60), True), (at(59, 90), True), (at(60, 90), False), (None, False)],
)
async def test_nobody_is_confirmed_in_two_places(
    market: Market, ada: Person, ben: Person, *, other: TimeWindow | None, clashes: bool
) -> None:
    """A match at the same time is refused, whichever side one is on; right after it is not."""
    cleo = await market.member("cleo")
    await market.match(ben, cleo, state="IN_PROGRESS", window=at(0, 60))
    id = await market.match(ada, ben, state="ACCEPTED_BY_ONE", accepted_by=["OFFER"], window=other)
    done = await act(ada, "ACCEPT", id)
    if clashes:
        assert (done["code"], done["currentVersion"]) == ("CONFLICT", 1)
        assert (await market.find(id))["state"] == "ACCEPTED_BY_ONE"
    else:
        assert done["state"] == "CONFIRMED"


async def test_seats_of_one_offer_are_at_the_same_time(
    market: Market, ada: Person, ben: Person
) -> None:
    """Whoever offers a course has several people in it at once."""
    cleo = await market.member("cleo")
    offer = await market.offer(ben, capacity=2)
    for seeker in (ada, cleo):
        made = await propose(seeker, await market.need(seeker), offer, window=api(at(0, 60)))
        assert (await act(ben, "ACCEPT", made["id"]))["state"] == "CONFIRMED"
    assert (await market.find(offer))["status"] == "FULFILLED"


def api(given: TimeWindow) -> dict[str, str]:
    """Return a time as it is sent."""
    return {"startsAt": said(given["starts_at"]), "endsAt": said(given["ends_at"])}
