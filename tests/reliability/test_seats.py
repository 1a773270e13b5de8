"""Seats under pressure: two servers, many at once, and never one too many."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random
from typing import Any

import httpx2
import pytest

from app.clock import now
from app.db.client import Database
from app.ids import kind_of
from app.matching.states import State, clashes
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.market import Market, act, open_market, propose
from tests.matching.postings import window
from tests.reliability.crowd import Crowd, Member
from tests.reliability.scene import Scene

SEEKERS, SEATS = 200, 7
AHEAD = "query Q($id: ID!) { node(id: $id) { ... on Match { waiting { ahead heldUntil } } } }"
DEEDS = {
    "ACCEPTED_BY_ONE": ["ACCEPT"] * 9 + ["WITHDRAW"],
    "CONFIRMED": ["CANCEL"] * 4 + ["START", "REPORT_NO_SHOW"],
    "IN_PROGRESS": ["COMPLETE", "CANCEL", "ACCEPT"],
}
TAKES_A_SEAT = {State.CONFIRMED, State.IN_PROGRESS, State.COMPLETED, State.REVIEWED}


@pytest.fixture
async def crowd(scene: Scene, mongodb_uri: str) -> AsyncIterator[Crowd]:
    """A space at two servers."""
    db = Database(mongodb_uri, scene.servers.database)
    limits = httpx2.Limits(max_connections=SEEKERS)
    async with httpx2.AsyncClient(timeout=60, limits=limits) as client:
        crowd = Crowd(scene, client, db)
        await crowd.open()
        yield crowd
    await db.close()


async def test_of_two_hundred_at_once_on_seven_seats_seven_are_confirmed(crowd: Crowd) -> None:
    """The others wait, each in a place of their own; who is next is served when one is free."""
    [giver, *seekers] = await crowd.members(1 + SEEKERS)
    offer = await crowd.posts("offers", giver, capacity=SEATS)
    asked = [await crowd.wants(one, giver, one, offer=offer) for one in seekers]
    await crowd.accept(asked)
    confirmed = await crowd.matches(state="CONFIRMED")
    waiting = await crowd.matches(waiting_since={"$ne": None})
    assert (len(confirmed), len(waiting)) == (SEATS, SEEKERS - SEATS)
    for match in confirmed:
        assert (await crowd.stored(match["need"]))["taken"] == 1
    stored = await crowd.stored(offer)
    assert (stored["taken"], stored["waiting"]) == (SEATS, SEEKERS - SEATS)
    assert stored["status"] == "FULFILLED"

    waiting.sort(key=lambda match: (match["waiting_since"], match["_id"]))
    by_match = {one.match: one.by for one in asked}
    line = [(match["_id"], by_match[match["_id"]]) for match in waiting]
    seen = await asyncio.gather(*(by.do(AHEAD, id=id) for id, by in line))
    assert [one["waiting"]["ahead"] for one in seen] == list(range(SEEKERS - SEATS))

    await asyncio.gather(*(act(giver, "CANCEL", match["_id"]) for match in confirmed[:3]))
    held = {match["_id"] for match in await crowd.matches(held_until={"$ne": None})}
    assert held == {id for id, _ in line[:3]}
    taken = await asyncio.gather(*(act(by, "ACCEPT", id) for id, by in line[:3]))
    assert [match["state"] for match in taken] == ["CONFIRMED"] * 3
    stored = await crowd.stored(offer)
    assert (stored["taken"], stored["waiting"]) == (SEATS, SEEKERS - SEATS - 3)


async def test_nobody_is_booked_twice_by_accepting_twice_at_once(crowd: Crowd) -> None:
    """Ten matches of one person at the same time, on either side: one is confirmed."""
    [ada, *others] = await crowd.members(11)
    start = now().replace(microsecond=0) + timedelta(days=30)
    window = {"starts_at": start, "ends_at": start + timedelta(hours=1)}
    asked = []
    for n, other in enumerate(others):
        pair = (ada, other) if n % 2 else (other, ada)
        by = ada if n % 3 else other
        asked.append(await crowd.wants(*pair, by, window=window))
    done = await crowd.accept(asked)
    assert Counter(match["__typename"] for match in done) == {"Match": 1, "Conflict": 9}
    assert len(await crowd.matches(state="CONFIRMED")) == 1


async def test_a_need_and_an_offer_of_one_seat_are_taken_by_one_match(crowd: Crowd) -> None:
    """All sixteen matches of four needs and four offers at once: four, and each of them alone."""
    seekers, givers = await crowd.members(4), await crowd.members(4)
    needs = [await crowd.posts("needs", one) for one in seekers]
    offers = [await crowd.posts("offers", one) for one in givers]
    asked = [
        await crowd.wants(seeker, giver, by, need=need, offer=offer)
        for seeker, need in zip(seekers, needs, strict=True)
        for giver, offer in zip(givers, offers, strict=True)
        for by in (_either(seeker, giver),)
    ]
    done = await crowd.accept(asked)
    assert {match["__typename"] for match in done} == {"Match"}
    confirmed = await crowd.matches(state="CONFIRMED")
    assert len(confirmed) == len(needs)
    for side, ids in (("need", needs), ("offer", offers)):
        assert sorted(match[side] for match in confirmed) == sorted(ids)
        assert [(await crowd.stored(id))["taken"] for id in ids] == [1] * len(ids)


def _either(one: Member, other: Member) -> Member:
    return one if (hash(one.id) + hash(other.id)) % 2 else other


class Walk:
    """A market in which anything happens, by chance, and its accounts are looked at each time."""

    def __init__(self, market: Market, clock: TurnedClock, chance: Random) -> None:
        self.market = market
        self.clock = clock
        self.chance = chance
        self.people: dict[str, Person] = {}
        self.needs: list[str] = []
        self.offers: list[str] = []

    async def begin(self) -> None:
        """Let six people post needs of one seat and offers of up to three, some for one time."""
        for n in range(6):
            person = await self.market.member(f"person{n}")
            self.people[str(person.id)] = person
            times = [window(40, 43)] if n % 3 == 0 else []
            seats = 1 + n % 3
            self.needs.append(await self.market.need(person, windows=times))
            self.offers.append(await self.market.offer(person, windows=times, capacity=seats))

    async def step(self) -> None:
        """Do something, which may be refused."""
        kind = self.chance.random()
        if kind < 0.03:
            self.clock.turn(self.chance.choice([60, 3_600, 3 * 3_600]))
            await self.market.world.tick()
        elif kind < 0.035:
            id = self.chance.choice([*self.needs, *self.offers])
            await withdraw(self.people[(await self.market.find(id))["owner"]], id)
        elif kind < 0.3:
            need, offer = self.chance.choice(self.needs), self.chance.choice(self.offers)
            posting = await self.market.find(self.chance.choice([need, offer]))
            await propose(self.people[posting["owner"]], need, offer)
        else:
            await self.touch_a_match()

    async def touch_a_match(self) -> None:
        """Do a deed with a match that is not over."""
        found = self.market.world.db["matches"].find(
            {"space": self.market.space, "state": {"$in": list(DEEDS)}}
        )
        matches = sorted(await found.to_list(None), key=lambda match: match["_id"])
        if matches:
            match = self.chance.choice(matches)
            side = self.chance.choice(["need_owner", "offer_owner"])
            deed = self.chance.choice(DEEDS[match["state"]])
            await act(self.people[match[side]], deed, match["_id"])

    async def check(self) -> None:
        """See that the seats add up, and that nobody waits beside a free seat."""
        matches, postings = await self.add_up()
        if passed_over(matches, postings):
            # Two who free the two seats of a match at the same moment do not see each other's.
            await self.market.world.tick()
            matches, postings = await self.add_up()
        assert passed_over(matches, postings) == []
        engaged = [one for one in matches if one["state"] in {"CONFIRMED", "IN_PROGRESS"}]
        for one, other in itertools.combinations(engaged, 2):
            for person in _two(one) & _two(other):
                assert not clashes(one, other, person)

    async def add_up(self) -> tuple[list[Any], dict[str, Any]]:
        """Return matches, and needs and offers by identifier, whose accounts are right."""
        found = self.market.world.db["matches"].find({"space": self.market.space})
        matches: list[Any] = await found.to_list(None)
        ids = (*self.needs, *self.offers)
        postings: dict[str, Any] = {id: await self.market.find(id) for id in ids}
        for id, posting in postings.items():
            own = [match for match in matches if id in {match["need"], match["offer"]}]
            seated = [one for one in own if one["state"] in TAKES_A_SEAT or one["held_until"]]
            assert posting["taken"] == len(seated) <= posting["capacity"]
            full = posting["taken"] == posting["capacity"]
            assert posting["status"] in {"WITHDRAWN", "FULFILLED" if full else "OPEN"}
            waiting = [one for one in own if _waits(one) and id in one["waits_for"]]
            assert posting.get("waiting", 0) == len(waiting)
        return matches, postings


def passed_over(matches: list[Any], postings: dict[str, Any]) -> list[Any]:
    """Return the matches that wait although no side of theirs is full."""
    return [
        match
        for match in matches
        if _waits(match)
        and all(postings[match[side]]["status"] != "FULFILLED" for side in ("need", "offer"))
    ]


async def withdraw(person: Person, id: str) -> None:
    """Take a need or an offer back."""
    deed = "withdrawNeed" if kind_of(id) == "needs" else "withdrawOffer"
    query = f"mutation M($id: ID!) {{ {deed}(id: $id) {{ __typename }} }}"
    done = await person.do(query, id=id)
    assert done["__typename"] in {"Need", "Offer", "WrongState"}


def _two(match: Any) -> set[str]:
    return {match["need_owner"], match["offer_owner"]}


def _waits(match: Any) -> bool:
    return match["waiting_since"] is not None and match["held_until"] is None


@pytest.mark.parametrize("seed", [12, 30, 37, 38])
async def test_whatever_happens_the_seats_add_up(
    world: World, clock: TurnedClock, seed: int
) -> None:
    """Three at once, again and again: none is lost, none is given twice, none is left empty."""
    walk = Walk(await open_market(world), clock, Random(seed))  # noqa: S311 - no secret
    await walk.begin()
    for _ in range(60):
        await asyncio.gather(*(walk.step() for _ in range(3)))
        await walk.check()
