"""Blocks: both ways, at once, in open streams too; and the blocked one is not told."""

import asyncio
from typing import Any

import pytest

from app.db.client import Database
from app.ids import fingerprint
from app.resolvers.identity import MOST_BLOCKS
from app.settings import Settings
from tests.api import Person, World, one_process
from tests.market import Market, open_market, propose

BLOCK = """
mutation M($user: ID!) { blockUser(input: {user: $user}) {
  __typename ... on Block { id createdAt blocked { id name } } ... on Error { message code } } }
"""
UNBLOCK = """
mutation M($user: ID!) { unblockUser(input: {user: $user}) {
  __typename ... on UnblockedUser { user { id } } ... on Error { code } } }
"""
MINE = "{ blocks { nodes { id blocked { name } } totalCount } }"
NEEDS = "query Q($space: ID!) { needs(space: $space) { nodes { id } } }"
SUGGEST = "query Q($offer: ID!) { suggestMatches(offer: $offer) { need { id } } }"
NODE = "query Q($id: ID!) { node(id: $id) { id } }"
PARTED = """
query Q($id: ID!) { node(id: $id) { ... on Match {
  state mySide possible contact { name email } need { placeIsExact } offer { placeIsExact } } } }
"""
SAY = """
mutation M($match: ID!) { sendMessage(input: {match: $match, text: "Hello"}) {
  __typename ... on NotAllowed { message missing } } }
"""
EVENTS = """
subscription S($after: String) { events(after: $after) { ... on Event { type subject } } }
"""


class Neighbours:
    """Ada, who needs, and Ben, who offers, in a market."""

    def __init__(self, market: Market, ada: Person, ben: Person) -> None:
        self.market = market
        self.ada = ada
        self.ben = ben

    async def caught_up(self) -> None:
        """Return when the process has heard of all that was done."""
        await self.market.world.engine.services.log.caught_up()


@pytest.fixture
async def neighbours(world: World) -> Neighbours:
    """Ada and Ben."""
    market = await open_market(world)
    return Neighbours(market, await market.member("ada"), await market.member("ben"))


async def block(one: Person, other: Person) -> Any:
    """Let one block another; return the block, or why not."""
    return await one.do(BLOCK, user=other.id)


async def test_a_block_is_made_once(neighbours: Neighbours) -> None:
    """Five times at once is once, and the list of blocks names the other."""
    ada, ben = neighbours.ada, neighbours.ben
    made = await asyncio.gather(*(block(ada, ben) for _ in range(5)))
    assert {one["id"] for one in made} == {made[0]["id"]}
    assert made[0]["blocked"] == {"id": ben.id, "name": "ben"}
    listed = await ada.ask(MINE)
    assert listed["blocks"] == {
        "nodes": [{"id": made[0]["id"], "blocked": {"name": "ben"}}],
        "totalCount": 1,
    }
    assert len(await neighbours.market.events(ada.id or "")) == 1


async def test_it_can_be_taken_back(neighbours: Neighbours) -> None:
    """Also when there is none; and then another one can be made."""
    ada, ben = neighbours.ada, neighbours.ben
    for _ in range(2):
        await block(ada, ben)
        for _ in range(2):
            undone = await ada.do(UNBLOCK, user=ben.id)
            assert undone == {"__typename": "UnblockedUser", "user": {"id": ben.id}}
        assert (await ada.ask(MINE))["blocks"]["totalCount"] == 0
    events = await neighbours.market.events(ada.id or "")
    assert [event["type"] for event in events] == ["user.blocked", "user.unblocked"] * 2


async def test_whom_one_can_block(neighbours: Neighbours) -> None:
    """Not oneself, nobody who does not exist, and nobody blocks who is not signed in."""
    ada = neighbours.ada
    assert (await block(ada, ada))["code"] == "INVALID_INPUT"
    assert (await ada.do(BLOCK, user="usr_none"))["code"] == "NOT_FOUND"
    nobody = neighbours.market.world.anonymous
    assert (await block(nobody, ada))["code"] == "NOT_SIGNED_IN"
    assert (await nobody.send(MINE))["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_neither_sees_postings_of_the_other(neighbours: Neighbours) -> None:
    """In lists, by identifier and in suggestions, at once, for both; and again after it is over."""
    ada, ben, market = neighbours.ada, neighbours.ben, neighbours.market
    need, offer = await market.need(ada), await market.offer(ben)
    one, other = (ada, ben, offer), (ben, ada, need)

    async def seen() -> list[bool]:
        listed = await ben.ask(NEEDS, space=market.space)
        suggested = await ben.ask(SUGGEST, offer=offer)
        return [
            {"id": need} in listed["needs"]["nodes"],
            {"need": {"id": need}} in suggested["suggestMatches"],
            *[(await who.ask(NODE, id=what))["node"] is not None for who, _, what in (one, other)],
        ]

    assert await seen() == [True] * 4
    for who, whom, _ in (one, other):
        await block(who, whom)
        await neighbours.caught_up()
        assert await seen() == [False] * 4
        await who.do(UNBLOCK, user=whom.id)
        await neighbours.caught_up()
        assert await seen() == [True] * 4


async def test_what_is_open_between_two_ends(neighbours: Neighbours) -> None:
    """A proposal ends as if the blocker had declined; what is confirmed is left to the two."""
    ada, ben, market = neighbours.ada, neighbours.ben, neighbours.market
    proposed = await market.match(ada, ben)
    confirmed = await market.match(ada, ben, state="CONFIRMED", accepted_by=["NEED", "OFFER"])
    await block(ben, ada)
    ended = await market.find(proposed)
    assert (ended["state"], ended["ended_by"]) == ("DECLINED", "OFFER")
    assert (await market.find(confirmed))["state"] == "CONFIRMED"


async def test_a_late_block_parts_two_who_are_confirmed_and_does_not_tell_whose_it_was(
    neighbours: Neighbours,
) -> None:
    """Messages, contact and places end for both, and both read the same, whoever blocked."""
    ada, ben, market = neighbours.ada, neighbours.ben, neighbours.market
    both = {"state": "CONFIRMED", "accepted_by": ["NEED", "OFFER"]}
    id = await market.match(ada, ben, **both)

    async def learnt(who: Person) -> Any:
        match = (await who.ask(PARTED, id=id))["node"]
        sides = ("need", "offer") if match.pop("mySide") == "NEED" else ("offer", "need")
        [_, other] = [match.pop(side) for side in sides]
        said = await who.do(SAY, match=id)
        return [match, other, said]

    for who in (ada, ben):
        match, other, said = await learnt(who)
        assert match["contact"]["email"]
        assert other["placeIsExact"]
        assert said == {"__typename": "Message"}
    for blocker, blocked in ((ada, ben), (ben, ada)):
        await block(blocker, blocked)
        await neighbours.caught_up()
        theirs, others = await learnt(blocker), await learnt(blocked)
        assert theirs == others
        assert theirs == [
            {"state": "CONFIRMED", "contact": None, "possible": theirs[0]["possible"]},
            None,
            {
                "__typename": "NotAllowed",
                "message": "This match takes no messages.",
                "missing": "a match that takes messages",
            },
        ]
        assert "CANCEL" in theirs[0]["possible"]
        await blocker.do(UNBLOCK, user=blocked.id)
        await neighbours.caught_up()


async def many_blocks(neighbours: Neighbours, field: str, who: Person, count: int) -> None:
    """Let somebody have blocked so many people, or been blocked by them, before this moment."""
    other = "blocked" if field == "blocker" else "blocker"
    at = neighbours.market.world.clock()
    await neighbours.market.world.db["blocks"].insert_many(
        [
            {"_id": f"blk_{n}", field: who.id, other: f"usr_{n}", "created_at": at}
            for n in range(count)
        ]
    )


async def test_nobody_blocks_more_than_a_thousand(neighbours: Neighbours) -> None:
    """The next one is refused with what would help; the same again is no other one."""
    ada, ben = neighbours.ada, neighbours.ben
    await many_blocks(neighbours, "blocker", ada, MOST_BLOCKS - 1)
    assert (await block(ada, ben))["__typename"] == "Block"
    assert (await block(ada, ben))["__typename"] == "Block"
    refused = await block(ada, neighbours.market.mia)
    assert (refused["__typename"], refused["code"]) == ("NotAllowed", "NOT_ALLOWED")
    assert "1,000" in refused["message"]
    assert (await ada.ask(MINE))["blocks"]["totalCount"] == MOST_BLOCKS
    await ada.do(UNBLOCK, user=ben.id)
    assert (await block(ada, neighbours.market.mia))["__typename"] == "Block"


async def test_however_many_block_somebody_their_viewer_stays_small(
    neighbours: Neighbours,
) -> None:
    """And whoever blocked them before all the others is hidden from them as ever."""
    ada, ben, market = neighbours.ada, neighbours.ben, neighbours.market
    need, offer = await market.need(ada), await market.offer(ben)
    confirmed = await market.match(ada, ben, state="CONFIRMED", accepted_by=["NEED", "OFFER"])
    await block(ada, ben)
    market.world.clock.turn(1)  # type: ignore[attr-defined]
    await many_blocks(neighbours, "blocked", ben, MOST_BLOCKS + 5)
    token = fingerprint(ben.token or "")
    ben.engine.identities._known.pop(token, None)
    viewer = await ben.engine.identities.find_viewer(ben.token or "")
    assert viewer is not None
    assert (len(viewer.blocks), viewer.knows_blocks) == (MOST_BLOCKS, False)
    assert ada.id not in viewer.blocks
    assert (await ben.ask(NEEDS, space=market.space))["needs"]["nodes"] == []
    assert (await ben.ask(SUGGEST, offer=offer))["suggestMatches"] == []
    assert (await ben.ask(NODE, id=need))["node"] is None
    assert (await propose(ben, need, offer))["code"] == "NOT_FOUND"
    assert (await ben.ask(PARTED, id=confirmed))["node"]["contact"] is None
    explain = "query Q($n: ID!, $o: ID!) { explainMatch(need: $n, offer: $o) { permitted } }"
    said = await ben.send(explain, n=need, o=offer)
    assert said["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_blocked_people_are_not_matched(neighbours: Neighbours) -> None:
    """The one blocked, and the one who blocked, find no such posting to propose a match with."""
    ada, ben, market = neighbours.ada, neighbours.ben, neighbours.market
    need, offer = await market.need(ada), await market.offer(ben)
    await block(ben, ada)
    await neighbours.caught_up()
    for person in (ada, ben):
        assert (await propose(person, need, offer))["code"] == "NOT_FOUND"


async def test_the_blocked_one_learns_nothing(neighbours: Neighbours) -> None:
    """Neither a list nor the log tells: not while it happens, and not on replay."""
    ada, ben = neighbours.ada, neighbours.ben
    async with ada.watch(EVENTS) as hers, ben.watch(EVENTS) as his:
        mine, yours = (asyncio.ensure_future(anext(stream)) for stream in (hers, his))
        await asyncio.sleep(0)
        await block(ben, ada)
        assert await yours == {"type": "user.blocked", "subject": ben.id}
        await block(ada, neighbours.market.mia)
        assert await mine == {"type": "user.blocked", "subject": ada.id}
    async with ada.watch(EVENTS, after="ev0") as hers:
        replayed = [await anext(hers)]
        while replayed[-1] != {"type": "user.blocked", "subject": ada.id}:
            replayed.append(await anext(hers))
    assert {"type": "user.blocked", "subject": ben.id} not in replayed
    assert (await ada.ask(MINE))["blocks"]["totalCount"] == 1
    [made] = (await ben.ask(MINE))["blocks"]["nodes"]
    assert (await ada.ask(NODE, id=made["id"]))["node"] is None
    assert (await ben.ask(NODE, id=made["id"]))["node"] == {"id": made["id"]}


async def test_an_open_stream_shows_nothing_of_the_other_any_more(
    neighbours: Neighbours, db: Database, settings: Settings, clock: Any
) -> None:
    """Both see what the other posts until one blocks, and not after, on another process too."""
    ada, ben, market = neighbours.ada, neighbours.ben, neighbours.market
    offer = await market.offer(ben)
    update = """mutation M($offer: ID!, $version: Int!) {
      updateOffer(input: {offer: $offer, expectedVersion: $version, title: "New"}) {
        __typename ... on Offer { version } } }"""
    posted = {"type": "offer.updated", "subject": offer}
    async with one_process(db, settings, clock) as other:
        far = Person(other.engine, "ada", ada.token, ada.id)
        async with ada.watch(EVENTS) as near, far.watch(EVENTS) as away:
            firsts = [asyncio.ensure_future(anext(stream)) for stream in (near, away)]
            await asyncio.sleep(0)
            assert (await ben.do(update, offer=offer, version=1))["version"] == 2
            assert [await first for first in firsts] == [posted] * 2
            await block(ben, ada)
            assert (await ben.do(update, offer=offer, version=2))["version"] == 3
            await block(ada, market.mia)
            mine = {"type": "user.blocked", "subject": ada.id}
            assert [await anext(stream) for stream in (near, away)] == [mine] * 2
