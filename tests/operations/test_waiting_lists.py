"""Seats: who is too late waits, moves up by themselves, and takes up what is held for them."""

from datetime import timedelta
from typing import Any

import pytest

from app.db.seats import list_with_room
from app.db.writing import write
from app.ids import derived_id
from app.resolvers.match_endings import end_open_between, end_open_of
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.market import Market, act, open_market, propose, said
from tests.matching.postings import hour, window

WAITING = """
query Q($id: ID!) {
  node(id: $id) { ... on Match { state possible waiting { since ahead heldUntil } } } }
"""


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


class Queue:
    """An offer of Ben's, and people who want a seat of it, one after the other."""

    def __init__(self, market: Market, ben: Person, offer: str) -> None:
        self.market = market
        self.ben = ben
        self.offer = offer
        self.people: list[Person] = []
        self.matches: list[str] = []

    async def join(self, name: str, **need: Any) -> dict[str, Any]:
        """Let somebody propose and Ben accept, a minute after who came before."""
        clock: Any = self.market.world.clock
        clock.turn(60)
        person = await self.market.member(name)
        made = await propose(person, await self.market.need(person, **need), self.offer)
        self.people.append(person)
        self.matches.append(made["id"])
        return await act(self.ben, "ACCEPT", made["id"])

    async def stands(self) -> list[str]:
        """Return how the matches stand: their state, or how they wait."""
        found = []
        for person, id in zip(self.people, self.matches, strict=True):
            seen = (await person.ask(WAITING, id=id))["node"]
            wait = seen["waiting"]
            if wait is None:
                found.append(seen["state"])
            else:
                found.append("HELD" if wait["heldUntil"] else f"WAITS {wait['ahead']}")
        return found

    async def seats(self) -> tuple[int, str]:
        """Return how many seats are taken, and how the offer stands."""
        offer = await self.market.find(self.offer)
        return offer["taken"], offer["status"]


@pytest.fixture
async def queue(market: Market) -> Queue:
    """Two seats, taken by Ada and Bea; Cleo, Dora and Eve wait for one."""
    ben = await market.member("ben")
    queue = Queue(market, ben, await market.offer(ben, capacity=2))
    for name in ("ada", "bea", "cleo", "dora", "eve"):
        await queue.join(name)
    return queue


def types(events: list[Any]) -> list[str]:
    """Return what events tell."""
    return [event["type"] for event in events]


async def test_who_is_too_late_waits_in_order(queue: Queue) -> None:
    """Both have accepted, no seat is left: it waits, and can be withdrawn, and no more."""
    assert await queue.stands() == ["CONFIRMED", "CONFIRMED", "WAITS 0", "WAITS 1", "WAITS 2"]
    assert await queue.seats() == (2, "FULFILLED")
    assert types(await queue.market.events(queue.matches[2])) == ["match.proposed", "match.waiting"]
    seen = (await queue.people[2].ask(WAITING, id=queue.matches[2]))["node"]
    assert (seen["state"], seen["possible"]) == ("ACCEPTED_BY_ONE", ["WITHDRAW"])
    assert seen["waiting"]["since"] == said(hour(3 / 60))
    assert (await act(queue.ben, "ACCEPT", queue.matches[2]))["code"] == "WRONG_STATE"


async def test_a_seat_that_is_freed_is_held_for_the_next(queue: Queue) -> None:
    """At once, and told to both; whichever of the two accepts once more has it."""
    await act(queue.people[0], "CANCEL", queue.matches[0])
    assert await queue.stands() == ["CANCELLED", "CONFIRMED", "HELD", "WAITS 0", "WAITS 1"]
    assert await queue.seats() == (2, "FULFILLED")
    [*_, held] = await queue.market.events(queue.matches[2])
    assert (held["type"], held["actor"]) == ("match.held", None)
    assert held["to"] == [queue.people[2].id, queue.ben.id]
    assert (await act(queue.people[2], "ACCEPT", queue.matches[2]))["state"] == "CONFIRMED"
    assert await queue.seats() == (2, "FULFILLED")
    assert types(await queue.market.events(queue.offer)) == ["offer.fulfilled"]


async def test_a_hold_that_is_not_taken_goes_on(queue: Queue, clock: TurnedClock) -> None:
    """When its time is over it expires, and the seat is held for the one after."""
    await act(queue.people[0], "CANCEL", queue.matches[0])
    clock.turn(120 * 60 - 1)
    await queue.market.world.tick()
    assert (await queue.stands())[2:] == ["HELD", "WAITS 0", "WAITS 1"]
    clock.turn(1)
    assert (await act(queue.people[2], "ACCEPT", queue.matches[2]))["code"] == "WRONG_STATE"
    await queue.market.world.tick()
    assert (await queue.stands())[2:] == ["EXPIRED", "HELD", "WAITS 0"]
    assert await queue.seats() == (2, "FULFILLED")
    assert types(await queue.market.events(queue.matches[2]))[-1] == "match.expired"
    [need] = [(await queue.market.find(queue.matches[2]))["need"]]
    assert (await queue.market.find(need))["taken"] == 0


async def test_a_hold_that_is_given_back_goes_on(queue: Queue) -> None:
    """Who does not want the seat any more withdraws, as who still waits can."""
    await act(queue.people[0], "CANCEL", queue.matches[0])
    await act(queue.people[3], "WITHDRAW", queue.matches[3])
    await act(queue.ben, "WITHDRAW", queue.matches[2])
    assert (await queue.stands())[2:] == ["WITHDRAWN", "WITHDRAWN", "HELD"]


async def test_an_offer_seeks_again_when_nobody_waits(queue: Queue) -> None:
    """A seat that nobody takes is free for all, and that is told."""
    for n in (4, 3, 2):
        await act(queue.people[n], "WITHDRAW", queue.matches[n])
    await act(queue.people[1], "CANCEL", queue.matches[1])
    assert await queue.seats() == (1, "OPEN")
    events = await queue.market.events(queue.offer)
    assert [event["after"] for event in events] == [{"status": "FULFILLED"}, {"status": "OPEN"}]


async def test_a_missed_seat_is_free_again_and_a_kept_one_is_not(queue: Queue) -> None:
    """Who was there had what the seat was for."""
    await act(queue.people[0], "START", queue.matches[0])
    await act(queue.people[0], "COMPLETE", queue.matches[0])
    assert (await queue.stands())[2:] == ["WAITS 0", "WAITS 1", "WAITS 2"]
    await act(queue.ben, "REPORT_NO_SHOW", queue.matches[1])
    assert (await queue.stands())[1:] == ["NO_SHOW", "HELD", "WAITS 0", "WAITS 1"]


async def test_with_more_room_who_waits_moves_up(queue: Queue) -> None:
    """By itself, soon after an offer was changed."""
    more = {"$set": {"capacity": 4, "status": "OPEN"}, "$inc": {"version": 1}}
    await queue.market.world.db["offers"].update_one({"_id": queue.offer}, more)
    await queue.market.world.tick()
    assert (await queue.stands())[2:] == ["HELD", "HELD", "WAITS 0"]
    assert await queue.seats() == (4, "FULFILLED")


async def test_a_match_waits_for_a_seat_of_each_side(queue: Queue, clock: TurnedClock) -> None:
    """Whose own need is taken meanwhile is passed over, and comes in when that is free again."""
    cleo, match = queue.people[2], queue.matches[2]
    need = (await queue.market.find(match))["need"]
    gil = await queue.market.member("gil")
    other = await propose(cleo, need, await queue.market.offer(gil))
    await act(gil, "ACCEPT", other["id"])
    await act(queue.people[0], "CANCEL", queue.matches[0])
    assert (await queue.stands())[2:] == ["WAITS 0", "HELD", "WAITS 1"]
    clock.turn(121 * 60)
    await queue.market.world.tick()
    assert (await queue.stands())[2:] == ["WAITS 0", "EXPIRED", "HELD"]
    await act(queue.people[4], "WITHDRAW", queue.matches[4])
    assert await queue.seats() == (1, "OPEN")
    await act(cleo, "CANCEL", other["id"])
    assert (await queue.stands())[2] == "HELD"
    assert await queue.seats() == (2, "FULFILLED")


async def test_nobody_waits_for_what_has_begun(market: Market, clock: TurnedClock) -> None:
    """A hold ends when it would begin at the latest, and so does the waiting."""
    ben = await market.member("ben")
    offer = await market.offer(ben, windows=[window(1, 5)])
    queue = Queue(market, ben, offer)
    for name in ("ada", "bea", "cleo"):
        await queue.join(name)
    await act(ben, "CANCEL", queue.matches[0])
    seen = (await ben.ask(WAITING, id=queue.matches[1]))["node"]
    assert seen["waiting"]["heldUntil"] == said(hour(1))
    clock.at = hour(1)
    await market.world.tick()
    assert await queue.stands() == ["CANCELLED", "EXPIRED", "EXPIRED"]
    assert await queue.seats() == (0, "OPEN")


async def test_what_is_withdrawn_takes_its_open_matches_along(queue: Queue) -> None:
    """Of a need with a held seat, that goes to the next; what is confirmed stays so."""
    await act(queue.people[0], "CANCEL", queue.matches[0])
    db, now = queue.market.world.db, queue.market.world.clock()
    need = await queue.market.find((await queue.market.find(queue.matches[2]))["need"])
    gone = {"$set": {"status": "WITHDRAWN"}}
    await db["needs"].update_one({"_id": need["_id"]}, gone)
    owner = need["owner"]
    await write(db, now, lambda w: end_open_of(w, need | {"status": "WITHDRAWN"}, owner))
    assert (await queue.stands())[1:] == ["CONFIRMED", "WITHDRAWN", "HELD", "WAITS 0"]
    assert (await queue.market.find(queue.matches[2]))["ended_by"] == "NEED"
    await db["offers"].update_one({"_id": queue.offer}, {"$set": {"status": "EXPIRED"}})
    offer = await queue.market.find(queue.offer)
    await write(db, now, lambda w: end_open_of(w, offer))
    assert (await queue.stands())[1:] == ["CONFIRMED", "WITHDRAWN", "EXPIRED", "EXPIRED"]
    assert await queue.seats() == (1, "EXPIRED")


async def test_a_block_ends_what_is_open_between_two(queue: Queue) -> None:
    """It looks as if who blocked had withdrawn or declined; what is confirmed stays."""
    market, [_, bea, cleo, *_] = queue.market, queue.people
    db, now = market.world.db, market.world.clock()
    asked = await propose(cleo, await market.need(cleo), await market.offer(queue.ben))
    ben = str(queue.ben.id)
    await write(db, now, lambda w: end_open_between(w, ben, str(bea.id)))
    await write(db, now, lambda w: end_open_between(w, ben, str(cleo.id)))
    assert (await queue.stands())[1:] == ["CONFIRMED", "WITHDRAWN", "WAITS 0", "WAITS 1"]
    declined = await market.find(asked["id"])
    assert (declined["state"], declined["ended_by"]) == ("DECLINED", "OFFER")
    [*_, event] = await market.events(asked["id"])
    assert event["actor"] == queue.ben.id


async def test_time_that_passes_does_what_it_causes_once(queue: Queue, clock: TurnedClock) -> None:
    """However often it is looked after, and after the longest pause."""
    await act(queue.people[0], "CANCEL", queue.matches[0])
    clock.at += timedelta(days=30)
    for _ in range(6):
        await queue.market.world.tick()
    assert (await queue.stands())[2:] == ["EXPIRED", "HELD", "WAITS 0"]
    for id in queue.matches[2:]:
        told = types(await queue.market.events(id))
        assert len(told) == len(set(told))


async def test_nobody_is_kept_from_their_turn_by_others_who_are_stuck(market: Market) -> None:
    """Of more than fit into one round, each comes up; those that expired do not."""
    ben = await market.member("ben")
    stuck = {"status": "OPEN", "waiting": 1}
    made = [
        await post(ben, _id=derived_id(kind, n), **stuck)
        for kind, post in (("needs", market.need), ("offers", market.offer))
        for n in range(12)
    ]
    await market.need(ben, **stuck, expires_at=market.world.clock())
    found, now = set[str](), market.world.clock()
    for second in range(60):
        some = await list_with_room(market.world.db, now + timedelta(seconds=second), 5)
        assert len(some) == len(set(some)) == 6
        found |= set(some)
    assert found == set(made)
    assert set(await list_with_room(market.world.db, now, 100)) == set(made)
