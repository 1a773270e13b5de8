"""What concerns somebody in the matchmaker, as it comes: the same live and on replay."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson
import pytest

from app.auth.roles import Role
from app.auth.viewer import Viewer
from app.db.client import Database
from app.db.watching import Batch
from app.ports import Credentials, GraphQLRequest, Item, Refused
from app.resolvers.context import Context
from app.resolvers.match_events import MatchFeed
from app.settings import Settings
from tests.api import Person, World, one_process
from tests.market import Market, act, open_market, propose

WATCH = """
subscription S($after: String) {
  matchEvents(after: $after) {
    __typename
    ... on MatchEvent { cursor type at match { id state mySide } message { text } }
    ... on SuggestionEvent {
      cursor at score posting { __typename id title place { longitude } }
      suited { score serves suits mine { id } }
    }
    ... on Discontinuity { cause fromCursor toCursor }
  }
}
"""
BARE = """subscription S($after: String) { matchEvents(after: $after) {
  ... on MatchEvent { cursor type } ... on SuggestionEvent { cursor score } } }"""
CREATE = """
mutation M($input: CreateOfferInput!) { createOffer(input: $input) {
  __typename ... on Offer { id version } ... on InvalidInput { problems { path message } } } }
"""
UPDATE = """
mutation M($input: UpdateOfferInput!) { updateOffer(input: $input) { __typename
  ... on Offer { id version } } }
"""
WITHDRAW = "mutation M($id: ID!) { withdrawOffer(id: $id) { __typename } }"
BLOCK = "mutation M($user: ID!) { blockUser(input: {user: $user}) { __typename } }"
SEND = """mutation M($match: ID!) { sendMessage(input: {match: $match, text: "Hello"}) {
  __typename } }"""
JOIN = "mutation M($space: ID!) { joinSpace(space: $space) { __typename } }"


class Follower:
    """Somebody's open stream, from which one item is asked for in advance."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._next = asyncio.ensure_future(anext(stream))

    async def next(self) -> Any:
        """Return the next item."""
        item = await self._next
        self._next = asyncio.ensure_future(anext(self._stream))
        return item

    async def some(self, count: int) -> list[Any]:
        """Return so many items."""
        return [await self.next() for _ in range(count)]

    async def close(self) -> None:
        """Ask for nothing more."""
        self._next.cancel()
        await asyncio.gather(self._next, return_exceptions=True)


async def follow(stack: AsyncExitStack, person: Person, query: str = WATCH, **given: Any) -> Any:
    """Return a person's stream, which is open until the stack is left."""
    follower = Follower(await stack.enter_async_context(person.watch(query, **given)))
    stack.push_async_callback(follower.close)
    await asyncio.sleep(0)
    return follower


@asynccontextmanager
async def poured(person: Person, query: str) -> AsyncIterator[Any]:
    """Follow as a transport does, which takes what is shared without being woken; yield items."""
    visitor = await person.engine.admit(Credentials(person.token, "127.0.0.1", "req_stream"))
    _ = visitor.ended
    items = await (await visitor.prepare(GraphQLRequest(query, {}))).stream()
    told: asyncio.Queue[Any] = asyncio.Queue()

    def take(item: Item) -> bool:
        told.put_nowait(orjson.loads(item.body)["data"]["matchEvents"])
        return True

    async def pull() -> None:
        async for item in items:
            take(item)

    items.pour(take)
    pulling = asyncio.create_task(pull())
    await asyncio.sleep(0)
    yield told
    pulling.cancel()
    await asyncio.gather(pulling, return_exceptions=True)
    await items.aclose()
    await visitor.leave()


async def offers(person: Person, market: Market, **more: Any) -> str:
    """Post an offer that every need of the tests suits, as a client does; return it."""
    given = {"space": market.space, "title": "Help", "category": "care", "kind": "SERVICE"}
    made = await person.do(CREATE, input=given | more)
    assert made["__typename"] == "Offer", made
    id: str = made["id"]
    return id


@pytest.fixture
async def market(world: World) -> Market:
    """A market."""
    return await open_market(world)


async def replayed(person: Person, count: int, after: str = "ev0") -> list[Any]:
    """Return the first so many items after a cursor, read back."""
    async with AsyncExitStack() as stack:
        follower = await follow(stack, person, after=after)
        found: list[Any] = await follower.some(count)
        return found


async def test_both_hear_what_happens_to_their_match(market: Market) -> None:
    """From the proposal to a message, in order, each with their side; and others hear nothing."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    need, offer = await market.need(ada), await market.offer(ben)
    async with AsyncExitStack() as stack:
        hers, his, theirs = [await follow(stack, one) for one in (ada, ben, cleo)]
        match = (await propose(ada, need, offer))["id"]
        await act(ben, "ACCEPT", match)
        await ada.do(SEND, match=match)
        heard = [await one.some(3) for one in (hers, his)]
        assert [item["type"] for item in heard[0]] == [
            "match.proposed",
            "match.confirmed",
            "match.message_sent",
        ]
        for items, side in zip(heard, ("NEED", "OFFER"), strict=True):
            assert {(item["match"]["id"], item["match"]["mySide"]) for item in items} == {
                (match, side)
            }
            assert [item["message"] for item in items] == [None, None, {"text": "Hello"}]
        assert [item["cursor"] for item in heard[0]] == [item["cursor"] for item in heard[1]]
        own = (await propose(cleo, await market.need(cleo), await market.offer(ben)))["id"]
        assert (await theirs.next())["match"]["id"] == own
    for person, items in zip((ada, ben), heard, strict=True):
        again = await replayed(person, 3)
        assert [item["cursor"] for item in again] == [item["cursor"] for item in items]
        rest = await replayed(person, 2, after=items[0]["cursor"])
        assert rest == again[1:]


async def test_a_new_posting_is_told_to_whom_it_suits(market: Market) -> None:
    """With its score for each of theirs above its own bar, the best first; others hear nothing."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    close = await market.need(ada, skills=["cook"], notify_above=0.5)
    closer = await market.need(ada, notify_above=0.5)
    await market.need(ada, category="art", skills=["paint"], notify_above=0.9)
    await market.need(ada)
    unwatched = await market.need(cleo)
    await market.offer(cleo, notify_above=0.0)
    async with AsyncExitStack() as stack:
        hers, his, theirs = [await follow(stack, one) for one in (ada, ben, cleo)]
        offer = await offers(ben, market)
        item = await hers.next()
        assert item["__typename"] == "SuggestionEvent"
        assert item["posting"] == {
            "__typename": "Offer",
            "id": offer,
            "title": "Help",
            "place": None,
        }
        assert [one["mine"]["id"] for one in item["suited"]] == [closer, close]
        scores = [one["score"] for one in item["suited"]]
        assert scores == sorted(scores, reverse=True)
        assert item["score"] == scores[0] > scores[1]
        await propose(cleo, unwatched, offer)
        for other in (his, theirs):
            assert (await other.next())["type"] == "match.proposed"
    suggest = """query Q($need: ID!) { suggestMatches(need: $need) {
      offer { id } score { total serves suits } } }"""
    for one in item["suited"]:
        suggested = (await ada.ask(suggest, need=one["mine"]["id"]))["suggestMatches"]
        [same] = [found["score"] for found in suggested if found["offer"]["id"] == offer]
        assert (one["score"], one["serves"], one["suits"]) == tuple(same.values())
    assert await replayed(ada, 1) == [item]


async def test_a_changed_posting_is_told_too(market: Market) -> None:
    """As soon as it suits, and again whenever it changes; not when it is taken back."""
    ada, ben = await market.member("ada"), await market.member("ben")
    await market.need(ada, notify_above=0.95)
    async with AsyncExitStack() as stack:
        hers = await follow(stack, ada)
        offer = await offers(ben, market, category="art")
        for version, change in enumerate(({"category": "care"}, {"title": "More"}), 1):
            await ben.do(UPDATE, input={"offer": offer, "expectedVersion": version, **change})
            item = await hers.next()
            assert item["posting"]["id"] == offer
            assert item["score"] >= 0.95
        await ben.do(WITHDRAW, id=offer)
        another = await offers(ben, market)
        item = await hers.next()
        if item["posting"]["id"] == offer:  # told of its creation, when it suited already
            item = await hers.next()
        assert item["posting"]["id"] == another
    assert [item["posting"]["id"] for item in await replayed(ada, 1)] == [another]


async def test_the_bar_is_ones_own(market: Market) -> None:
    """Only its owner sees it, and can lower it; then less is enough."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await market.need(ada, skills=["cook", "drive"], notify_above=1.0)
    unwatched = await market.need(ada)
    ask = "query Q($id: ID!) { node(id: $id) { ... on Need { notifyAbove } } }"
    assert (await ada.ask(ask, id=need))["node"] == {"notifyAbove": 1}
    assert (await ben.ask(ask, id=need))["node"] == {"notifyAbove": None}
    lower = """mutation M($need: ID!) {
      updateNeed(input: {need: $need, expectedVersion: 1, notifyAbove: 0.3}) { __typename } }"""
    async with AsyncExitStack() as stack:
        hers = await follow(stack, ada)
        await propose(ada, unwatched, await offers(ben, market))
        assert (await hers.next())["type"] == "match.proposed"  # and nothing of the offer before
        await ada.do(lower, need=need)
        offer = await offers(ben, market)
        assert (await hers.next())["posting"]["id"] == offer


async def test_a_block_holds_at_once_and_on_replay(
    market: Market, db: Database, settings: Settings, clock: Any
) -> None:
    """Whoever of the two blocked: nothing of the other comes, on another process neither."""
    ada, ben, cleo = [await market.member(name) for name in ("ada", "ben", "cleo")]
    for person in (ada, ben):
        await market.need(person, notify_above=0.5)
    async with one_process(db, settings, clock) as other, AsyncExitStack() as stack:
        away = [Person(other.engine, one.name, one.token, one.id) for one in (ada, ben)]
        streams = [await follow(stack, one) for one in (ada, ben, *away)]
        firsts = {one.id: await offers(one, market) for one in (ada, ben)}
        for stream, mine in zip(streams, (ada, ben, ada, ben), strict=True):
            theirs = firsts[ben.id if mine is ada else ada.id]
            assert (await stream.next())["posting"]["id"] == theirs
        await ben.do(BLOCK, user=ada.id)
        for person in (ada, ben):
            await offers(person, market)
        last = await offers(cleo, market)
        for stream in streams:
            assert (await stream.next())["posting"]["id"] == last
    for person in (ada, ben):
        assert [one["posting"]["id"] for one in await replayed(person, 1)] == [last]


async def test_who_joins_hears_of_the_space_from_then_on(world: World, market: Market) -> None:
    """The stream that is open already brings it; and nothing any more when they have left."""
    ada, ben, cleo = await world.person("ada"), await market.member("ben"), await world.person("c")
    elsewhere = await open_market(world)
    async with AsyncExitStack() as stack:
        hers, bare = await follow(stack, ada), await follow(stack, ada, BARE)
        await offers(ben, market)
        assert (await ada.do(JOIN, space=market.space))["__typename"] == "Membership"
        await market.need(ada, notify_above=0.5)
        offer = await offers(ben, market)
        assert (await hers.next())["posting"]["id"] == offer
        assert (await bare.next())["score"] > 0.5
        leave = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
        await ada.do(leave, space=market.space)
        await offers(ben, market)
        for person in (ada, cleo):
            await person.do(JOIN, space=elsewhere.space)
        await elsewhere.need(ada, notify_above=0.5)
        last = await offers(cleo, elsewhere)
        assert (await hers.next())["posting"]["id"] == last
        assert (await bare.next())["score"] > 0.5


async def test_replay_equals_live(market: Market, world: World) -> None:
    """Of many matches and offers, read back in parts, from the beginning or from any item on."""
    ada, ben = await market.member("ada"), await market.member("ben")
    await market.need(ada, notify_above=0.5, capacity=500)
    async with AsyncExitStack() as stack:
        hers = await follow(stack, ada)
        for n in range(110):
            need, offer = await market.need(ada), await offers(ben, market)
            if n % 6 == 0:
                assert (await propose(ada, need, offer))["__typename"] == "Match"
        live = await hers.some(110 + 19)
    assert len({item["cursor"] for item in live}) == len(live)
    assert await replayed(ada, len(live)) == live
    for n in (0, 57, 120):
        assert await replayed(ada, len(live) - n - 1, after=live[n]["cursor"]) == live[n + 1 :]


async def test_what_was_trimmed_is_told(market: Market, world: World) -> None:
    """A stream that resumes where history is gone says so, and goes on."""
    ada, ben = await market.member("ada"), await market.member("ben")
    await market.need(ada, notify_above=0.5)
    at = world.clock()
    await world.engine.services.log.caught_up()
    gone = {"$set": {"trimmed": 20_000, "value": 20_000}}
    await world.db["counters"].update_one({"_id": "events"}, gone)
    await world.db["events"].delete_many({"_id": {"$lte": 20_000}})
    fence = {"_id": 20_000, "type": "void", "space": None, "subject": "", "at": at}
    await world.db["events"].insert_one(fence | {"recorded_at": at})
    async with one_process(world.db, world.engine.services.settings, world.clock) as fresh:
        person = Person(fresh.engine, "ada", ada.token, ada.id)
        async with AsyncExitStack() as stack:
            seal = world.db.seal
            hers = await follow(stack, person, after=seal.close(1))
            assert await hers.next() == {
                "__typename": "Discontinuity",
                "cause": "HISTORY_TRIMMED",
                "fromCursor": seal.close(1),
                "toCursor": seal.close(20_000),
            }
            giver = Person(fresh.engine, "ben", ben.token, ben.id)
            offer = await offers(giver, market)
            assert (await hers.next())["posting"]["id"] == offer


async def test_only_people_can_follow(market: Market) -> None:
    """Nobody known has matches."""
    with pytest.raises(Refused) as refused:
        async with market.world.anonymous.watch(WATCH):
            pass
    [error] = orjson.loads(refused.value.answer.body)["errors"]
    assert error["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_many_followers_are_looked_up_once(market: Market) -> None:
    """Of thirty who follow each hears of what suits theirs alone."""
    ben = await market.member("ben")
    people = [await market.member(f"p{n}") for n in range(30)]
    needs = {
        person.id: await market.need(person, category=("care", "art")[n % 2], notify_above=0.9)
        for n, person in enumerate(people)
    }
    async with AsyncExitStack() as stack:
        streams = {person.id: await follow(stack, person) for person in people}
        care, art = await offers(ben, market), await offers(ben, market, category="art")
        for n, person in enumerate(people):
            item = await streams[person.id].next()
            assert item["posting"]["id"] == (care, art)[n % 2]
            assert [one["mine"]["id"] for one in item["suited"]] == [needs[person.id]]


async def test_what_is_shared_is_not_mixed_up(market: Market) -> None:
    """Those who ask alike get what both hear of a match, and each their own score of an offer."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await market.need(ada, skills=["cook"], notify_above=0.1)
    await market.need(ben, skills=["cook", "drive"], notify_above=0.1)
    cleo = await market.member("cleo")
    async with poured(ada, BARE) as hers, poured(ben, BARE) as his:
        for n in range(2):
            await offers(cleo, market, skills=["cook"])
            told = [await queue.get() for queue in (hers, his)]
            assert told[0]["score"] > told[1]["score"]
            assert told[0]["cursor"] == told[1]["cursor"]
            await propose(ada, need, await market.offer(ben, title=str(n)))
            told = [await queue.get() for queue in (hers, his)]
            assert told[0] == told[1]
            assert told[0]["type"] == "match.proposed"
        assert hers.empty()
        assert his.empty()


async def test_other_spaces_are_watched_before_anything_is_shared(world: World) -> None:
    """A feed whose viewer belongs to other spaces by now asks to be woken first."""
    before, now = (Viewer(user="usr_a", roles=roles) for roles in ({}, {"spc_a": Role.MEMBER}))
    ctx = Context(world.engine.services, before)
    feed = MatchFeed(ctx, "usr_a")
    assert list(feed.topics) == ["usr_a"]
    ctx.came_as = now
    batch = Batch(0, [{"_id": 1, "type": "member.joined", "space": "spc_a", "to": ["usr_a"]}])  # type: ignore[typeddict-item]
    with pytest.raises(LookupError, match="other spaces"):
        feed.alike(batch)
    assert list(feed.topics) == ["usr_a", "spc_a needs", "spc_a offers"]
