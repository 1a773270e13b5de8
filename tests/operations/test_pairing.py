"""A whole space paired at once: whom it proposes, what it leaves alone, and in another process."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import pytest

from app.auth.viewer import ANONYMOUS
from app.db.client import Database
from app.matching import assignment
from app.patience import Patience
from app.resolvers.context import Context
from app.settings import Settings
from tests.api import Person, World, one_process
from tests.market import Market, act, open_market, propose
from tests.matching.postings import place

RUN = """
mutation M($input: RunMatchingInput!) {
  runMatching(input: $input) {
    __typename
    ... on MatchingRun {
      mode dryRun at pairCount proposed considered total lowest loneNeeds loneOffers
      weights { part weight } space { id }
      pairs(first: 100) { score serves suits need { id } offer { id } }
    }
    ... on Error { message code }
    ... on NotAllowed { missing }
    ... on InvalidInput { problems { path message } }
  }
}
"""
MATCHES = "{ matches { nodes { id state proposedBy acceptedBy score } } }"


async def run(person: Person, market: Market, **given: Any) -> Any:
    """Pair a market; return what came of it, or why nothing did."""
    return await person.do(RUN, input={"space": market.space, **given})


def paired(run: Any) -> set[tuple[str, str]]:
    """Return the pairs of a run."""
    return {(pair["need"]["id"], pair["offer"]["id"]) for pair in run["pairs"]}


async def proposed(market: Market) -> list[Any]:
    """Return the matches that there are, as they are stored."""
    return await market.world.db["matches"].find({"space": market.space}).to_list(None)


async def runs(market: Market) -> list[Any]:
    """Return the events of runs."""
    return [one for one in await market.events(market.space) if one["type"] == "matching.run"]


@pytest.fixture
async def market(world: World) -> Market:
    """A market where everybody is unknown to everybody."""
    return await open_market(world)


class Fit(NamedTuple):
    """A need and an offer that suit each other better than any other of their street."""

    seeker: Person
    need: str
    giver: Person
    offer: str


async def street(market: Market, count: int) -> list[Fit]:
    """Return so many needs and offers, each of another person."""
    fits = []
    for n in range(count):
        skills = [f"skill {k}" for k in range(n, count)]
        seeker, giver = await market.member(f"seeker {n}"), await market.member(f"giver {n}")
        need = await market.need(seeker, skills=skills)
        fits.append(Fit(seeker, need, giver, await market.offer(giver, skills=skills)))
    return fits


@pytest.mark.parametrize("mode", ["STABLE", "OPTIMAL", "FAIR"])
async def test_each_pair_becomes_a_proposal_of_the_space(market: Market, mode: str) -> None:
    """Both sides of a pair are asked, neither has accepted, and the log tells both."""
    if mode != "STABLE" and not assignment.can_solve():
        pytest.skip("the extra `matching` is not installed")
    fits = await street(market, 3)
    done = await run(market.mia, market, mode=mode)
    assert (done["mode"], done["dryRun"], done["space"]) == (mode, False, {"id": market.space})
    assert (done["pairCount"], done["proposed"], done["considered"]) == (3, 3, 9)
    assert (done["loneNeeds"], done["loneOffers"]) == (0, 0)
    assert paired(done) == {(fit.need, fit.offer) for fit in fits}
    scores = [pair["score"] for pair in done["pairs"]]
    assert scores == sorted(scores, reverse=True)
    assert (done["total"], done["lowest"]) == (pytest.approx(sum(scores)), min(scores))
    assert {part["part"]: part["weight"] for part in done["weights"]}["CATEGORY"] == 3
    matches = await proposed(market)
    assert {(match["need"], match["offer"]) for match in matches} == paired(done)
    for match in matches:
        assert (match["state"], match["proposed_by"], match["accepted_by"]) == (
            "PROPOSED",
            None,
            [],
        )
        [event] = await market.events(match["_id"])
        assert (event["type"], event["within"]) == ("match.proposed", match["_id"])
        assert set(event["to"]) == {match["need_owner"], match["offer_owner"]}
    [event] = await runs(market)
    assert event["actor"] == market.mia.id
    assert event["after"] == {
        "mode": mode,
        "pair_count": 3,
        "proposed": 3,
        "lone_needs": 0,
        "lone_offers": 0,
    }


async def test_the_two_can_take_it_from_there(market: Market) -> None:
    """Both see the proposal with its score among their matches, and accepting it confirms it."""
    ada, ben = await market.member("ada"), await market.member("ben")
    await market.need(ada)
    await market.offer(ben)
    done = await run(market.mia, market)
    [match] = (await ada.ask(MATCHES))["matches"]["nodes"]
    assert (match["state"], match["proposedBy"], match["acceptedBy"]) == ("PROPOSED", None, [])
    assert match["score"] == done["pairs"][0]["score"]
    assert (await act(ada, "ACCEPT", match["id"]))["state"] == "ACCEPTED_BY_ONE"
    assert (await act(ben, "ACCEPT", match["id"]))["state"] == "CONFIRMED"


async def test_a_dry_run_changes_nothing(market: Market, db: Database) -> None:
    """It says the same as the run after it, twice, and leaves neither a match nor an event."""
    await street(market, 3)
    before = await _everything(db)
    first = await run(market.mia, market, dryRun=True, idempotencyKey="k")
    again = await run(market.mia, market, dryRun=True, idempotencyKey="k")
    assert await _everything(db) == before
    assert first == again
    done = await run(market.mia, market, idempotencyKey="k")
    assert done == first | {"dryRun": False, "proposed": 3}


async def _everything(db: Database) -> dict[str, list[Any]]:
    """Return all that is stored, but for when somebody was last here."""
    kinds = ("needs", "offers", "matches", "events", "idempotency", "bookings", "counters")
    return {kind: await db[kind].find({}).sort("_id").to_list(None) for kind in kinds}


async def test_a_run_is_done_once(market: Market) -> None:
    """The same key gives the same run, five times at once and later."""
    await street(market, 2)
    done = await asyncio.gather(*(run(market.mia, market, idempotencyKey="k") for _ in range(5)))
    assert all(one == done[0] for one in done)
    assert done[0]["proposed"] == 2
    await street(market, 2)
    assert await run(market.mia, market, idempotencyKey="k") == done[0]
    assert len(await proposed(market)) == 2
    assert len(await runs(market)) == 1


async def test_another_run_adds_what_is_new(market: Market) -> None:
    """What was proposed is neither proposed again, nor are its seats given to somebody else."""
    await street(market, 2)
    assert (await run(market.mia, market))["proposed"] == 2
    await market.offer(await market.member("late giver"))
    again = await run(market.mia, market)
    assert (again["pairCount"], again["loneNeeds"], again["loneOffers"]) == (0, 0, 1)
    late = await market.need(await market.member("late seeker"))
    once_more = await run(market.mia, market)
    assert once_more["proposed"] == 1
    assert {need for need, _ in paired(once_more)} == {late}


@pytest.mark.parametrize("state", ["DECLINED", "WITHDRAWN", "COMPLETED", "EXPIRED"])
async def test_who_has_met_is_not_proposed_again(market: Market, state: str) -> None:
    """Whatever came of a match of the same two, unless it expired unanswered."""
    ada, ben = await market.member("ada"), await market.member("ben")
    await market.match(ada, ben, state=state)
    done = await run(market.mia, market)
    assert done["proposed"] == (state == "EXPIRED")


async def test_what_cannot_be_paired_is_left_alone(market: Market, clock: Any) -> None:
    """Nothing that is full, over or withdrawn, of the same person, or of people who are blocked."""
    ada, ben = await market.member("ada"), await market.member("ben")
    await market.need(ada)
    await market.offer(ada)
    for changes in (
        {"taken": 1, "status": "FULFILLED"},
        {"taken": 1},
        {"status": "WITHDRAWN"},
        {"expires_at": clock()},
    ):
        await market.offer(ben, **changes)
    assert (await run(market.mia, market))["pairCount"] == 0
    await market.offer(ben)
    assert (await run(market.mia, market, dryRun=True))["pairCount"] == 1
    block = "mutation M($user: ID!) { blockUser(input: {user: $user}) { __typename } }"
    await ben.do(block, user=ada.id)
    done = await run(market.mia, market)
    assert (done["pairCount"], done["loneNeeds"], done["loneOffers"]) == (0, 1, 2)


async def test_every_seat_is_given_once(market: Market) -> None:
    """An offer with two seats, one of which is taken, is proposed to one more."""
    offer = await market.offer(await market.member("giver"), capacity=3, taken=1)
    for n in range(3):
        await market.need(await market.member(f"seeker {n}"))
    done = await run(market.mia, market)
    assert (done["proposed"], done["loneNeeds"]) == (2, 1)
    assert {found for _, found in paired(done)} == {offer}
    assert (await market.find(offer))["taken"] == 1


async def test_it_is_for_moderators(market: Market) -> None:
    """And the operator; members and strangers hear what is missing, others that they sign in."""
    member, stranger = await market.member("ada"), await market.world.person("eve")
    mo = await market.world.person("mo", operator=True)
    for person in (member, stranger):
        refused = await run(person, market)
        assert (refused["code"], "moderator" in refused["missing"]) == ("NOT_ALLOWED", True)
    assert (await run(market.world.anonymous, market))["code"] == "NOT_SIGNED_IN"
    for person in (market.mia, market.owner, mo):
        assert (await run(person, market))["__typename"] == "MatchingRun"


async def test_it_is_for_matchmakers_that_are_open(market: Market, world: World) -> None:
    """A space of another model, a closed one and one that does not exist are refused."""
    plain = await world.space(market.owner)
    refused = await market.owner.do(RUN, input={"space": plain})
    assert (refused["code"], refused["missing"][:10]) == ("NOT_ALLOWED", "MATCHMAKER")
    assert (await market.mia.do(RUN, input={"space": "spc_none"}))["code"] == "NOT_FOUND"
    await world.db["spaces"].update_one(
        {"_id": market.space}, {"$set": {"closed_at": world.clock()}}
    )
    world.engine.services.spaces.forget(market.space)
    assert (await run(market.mia, market))["code"] == "NOT_ALLOWED"


@pytest.mark.skipif(assignment.can_solve(), reason="the extra `matching` is installed")
@pytest.mark.parametrize("mode", ["OPTIMAL", "FAIR"])
async def test_without_a_solver_two_modes_are_refused(market: Market, mode: str) -> None:
    """It says which extra to install."""
    refused = await run(market.mia, market, mode=mode)
    [problem] = refused["problems"]
    assert problem["path"] == "mode"
    assert "fivefold[matching]" in problem["message"]


@contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    """Let a process rest for the time of the block."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def computes(world: World) -> None:
    """Return as soon as the worker has something to do."""
    while not world.engine.services.workers.is_busy:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0)


async def test_others_are_answered_while_it_computes(market: Market, world: World) -> None:
    """The worker rests, so the run cannot end; a question that comes after it is answered."""
    await street(market, 2)
    await run(market.mia, market, dryRun=True)
    with stopped(world.engine.services.workers.pid):
        paired = asyncio.create_task(run(market.mia, market))
        await computes(world)
        assert await market.mia.ask(
            "query Q($id: ID!) { space(id: $id) { name } }", id=market.space
        )
        assert not paired.done()
    assert (await paired)["proposed"] == 2


async def test_what_changes_while_it_computes_is_passed_over(market: Market, world: World) -> None:
    """What is withdrawn, taken, or between people who are blocked by then is not proposed."""
    one, two, three, four, five = await street(market, 5)
    await run(market.mia, market, dryRun=True)
    withdraw = "mutation M($id: ID!) { withdrawNeed(id: $id) { __typename } }"
    block = "mutation M($user: ID!) { blockUser(input: {user: $user}) { __typename } }"
    with stopped(world.engine.services.workers.pid):
        paired_by_then = asyncio.create_task(run(market.mia, market))
        await computes(world)
        await one.seeker.do(withdraw, id=one.need)
        await two.giver.do(block, user=two.seeker.id)
        full = {"$set": {"taken": 1, "status": "FULFILLED"}, "$inc": {"version": 1}}
        await world.db["offers"].update_one({"_id": three.offer}, full)
        assert (await propose(four.seeker, four.need, four.offer))["__typename"] == "Match"
    done = await paired_by_then
    assert (done["pairCount"], done["proposed"]) == (5, 1)
    by_space = [match for match in await proposed(market) if match["proposed_by"] is None]
    assert [(match["need"], match["offer"]) for match in by_space] == [(five.need, five.offer)]


async def test_a_worker_that_is_killed_is_told_and_replaced(market: Market, world: World) -> None:
    """The run says that it can be sent again, has changed nothing, and then it goes through."""
    await street(market, 2)
    await run(market.mia, market, dryRun=True)
    killed = world.engine.services.workers.pid
    assert killed is not None
    with stopped(killed):
        body = asyncio.create_task(market.mia.send(RUN, input={"space": market.space}))
        await computes(world)
        os.kill(killed, signal.SIGKILL)
        [error] = (await body)["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "Send the same request again" in error["message"]
    assert await proposed(market) == []
    assert (await run(market.mia, market))["proposed"] == 2
    assert world.engine.services.workers.pid != killed


async def test_a_run_may_last_longer_than_other_operations(world: World) -> None:
    """A deed can prolong the time of its operation, and never shorten it."""
    ctx = Context(world.engine.services, ANONYMOUS)
    ctx.take(60)  # nothing runs, so nothing is prolonged
    with Patience(10) as patience:
        ctx.patience, before = patience, patience.until
        ctx.take(5)
        assert patience.until == before
        ctx.take(60)
        assert patience.until - before > 49


async def test_two_processes_run_once(
    market: Market, db: Database, settings: Settings, clock: Any
) -> None:
    """At the same moment under one key they say the same; without a key, one finds nothing left."""
    await street(market, 3)
    async with one_process(db, settings, clock) as other:
        far = Person(other.engine, "mia", market.mia.token, market.mia.id)
        near_run, far_run = await asyncio.gather(
            *(run(mia, market, idempotencyKey="k") for mia in (market.mia, far))
        )
        assert near_run == far_run
        assert (near_run["proposed"], len(await proposed(market))) == (3, 3)
        await street(market, 2)
        both = await asyncio.gather(*(run(mia, market) for mia in (market.mia, far)))
        assert sorted(one["proposed"] for one in both) == [0, 2]


async def test_every_process_pairs_alike(
    market: Market, db: Database, settings: Settings, clock: Any
) -> None:
    """Another process, with another worker, pairs the same though all score the same."""
    for n in range(4):
        await market.need(await market.member(f"seeker {n}"))
        await market.offer(await market.member(f"giver {n}"))
    async with one_process(db, settings, clock) as other:
        far = Person(other.engine, "mia", market.mia.token, market.mia.id)
        said = [await run(mia, market, dryRun=True) for mia in (market.mia, far)]
    assert said[0] == said[1]
    assert said[0]["pairCount"] == 4


async def test_scores_tell_no_exact_place(market: Market) -> None:
    """Who moves within a cell of the grid sees the same score, though they are nearer by then."""
    ada, ben = await market.member("ada"), await market.member("ben")
    await market.need(ada, place=place(13.4, 52.5))
    scores = set()
    for east in (13.4001, 13.4031):
        offer = await market.offer(ben, place=place(east, 52.5))
        scores.add((await run(market.mia, market, dryRun=True))["pairs"][0]["score"])
        await market.world.db["offers"].delete_one({"_id": offer})
    assert len(scores) == 1
