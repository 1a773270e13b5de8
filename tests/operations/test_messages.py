"""Messages of a match: for its two alone, in order, as long as the match takes them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.ids import new_id
from tests.api import Person, World
from tests.market import Market, open_market

SEND = """
mutation M($match: ID!, $text: String!, $key: String) {
  sendMessage(input: {match: $match, text: $text, idempotencyKey: $key}) {
    __typename
    ... on Message { id number text author { id } match { id } }
    ... on Error { message code }
    ... on NotAllowed { missing }
    ... on InvalidInput { problems { path } }
  }
}
"""
READ = """
query Q($match: ID!, $after: String, $first: Int) {
  messages(match: $match, after: $after, first: $first) {
    nodes { number text author { name } } pageInfo { endCursor hasNextPage } totalCount } }
"""


class Two:
    """Ada, who needs, and Ben, who offers, in a market; and a match of theirs."""

    def __init__(self, market: Market, ada: Person, ben: Person, match: str) -> None:
        self.market = market
        self.ada = ada
        self.ben = ben
        self.match = match

    async def set(self, **changes: Any) -> None:
        """Change the match as it is stored."""
        await self.market.world.db["matches"].update_one({"_id": self.match}, {"$set": changes})


async def send(person: Person, match: str, text: str = "Hello", key: str | None = None) -> Any:
    """Write into a match; return the message, or why not."""
    return await person.do(SEND, match=match, text=text, key=key)


@pytest.fixture
async def two(world: World) -> Two:
    """Ada and Ben, whom the space has proposed to each other."""
    market = await open_market(world)
    ada, ben = await market.member("ada"), await market.member("ben")
    return Two(market, ada, ben, await market.match(ada, ben))


async def test_the_two_write_to_each_other(two: Two) -> None:
    """What both wrote is read by both in the order in which it was written, page by page."""
    for number, person in enumerate((two.ada, two.ben, two.ada), 1):
        sent = await send(person, two.match, f"  {number}. ")
        assert (sent["number"], sent["text"]) == (number, f"{number}.")
        assert sent["author"] == {"id": person.id}
        assert sent["match"] == {"id": two.match}
    for person in (two.ada, two.ben):
        page = (await person.ask(READ, match=two.match, first=2))["messages"]
        assert [(one["number"], one["author"]["name"]) for one in page["nodes"]] == [
            (1, "ada"),
            (2, "ben"),
        ]
        assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
        rest = await person.ask(READ, match=two.match, after=page["pageInfo"]["endCursor"])
        assert [one["text"] for one in rest["messages"]["nodes"]] == ["3."]


async def test_messages_sent_at_once_have_an_order(two: Two) -> None:
    """Of twenty at the same moment none has the number of another, and none is missing."""
    sent = await asyncio.gather(
        *(send(person, two.match) for person in (two.ada, two.ben) for _ in range(10))
    )
    assert sorted(one["number"] for one in sent) == list(range(1, 21))


async def test_a_message_is_sent_once(two: Two) -> None:
    """The same key sends one message, and takes no other text."""
    sent = await asyncio.gather(*(send(two.ada, two.match, "Hi", "k") for _ in range(5)))
    assert {(one["id"], one["number"]) for one in sent} == {(sent[0]["id"], 1)}
    assert (await send(two.ada, two.match, "Ho", "k"))["code"] == "CONFLICT"


async def test_nobody_else_reads_or_writes(two: Two) -> None:
    """A member, a moderator and the operator find no such match; nor does who is not signed in."""
    sent = await send(two.ada, two.match)
    cleo = await two.market.member("cleo")
    mo = await two.market.world.person("mo", operator=True)
    for person in (cleo, two.market.mia, mo, two.market.world.anonymous):
        assert (await send(person, two.match))["code"] == "NOT_FOUND"
        body = await person.send(READ, match=two.match)
        assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        node = await person.ask("query Q($id: ID!) { node(id: $id) { id } }", id=sent["id"])
        assert node == {"node": None}
    for person in (two.ada, two.ben):
        node = await person.ask("query Q($id: ID!) { node(id: $id) { id } }", id=sent["id"])
        assert node == {"node": {"id": sent["id"]}}


async def test_a_moderator_who_judges_a_match_reads_no_messages(two: Two) -> None:
    """A dispute shows the moderators the match, and not what the two wrote."""
    sent = await send(two.ada, two.match)
    await two.set(state="DISPUTED", disputed_from="IN_PROGRESS")
    mia = two.market.mia
    assert (await send(mia, two.match))["missing"] == "one of the two of the match"
    body = await mia.send(READ, match=two.match)
    assert body["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
    node = await mia.ask("query Q($id: ID!) { node(id: $id) { id } }", id=sent["id"])
    assert node == {"node": None}


@pytest.mark.parametrize("state", ["DECLINED", "EXPIRED", "CANCELLED", "COMPLETED", "RESOLVED"])
async def test_messages_end_a_while_after_the_match(two: Two, clock: Any, state: str) -> None:
    """For thirty days after its end a match takes messages; then it can only be read."""
    await two.set(state=state, ended_at=clock())
    clock.turn(timedelta(days=30).total_seconds() - 1)
    assert (await send(two.ada, two.match))["number"] == 1
    clock.turn(1)
    refused = await send(two.ben, two.match)
    assert refused["message"] == "This match takes no messages."
    assert refused["code"] == "NOT_ALLOWED"
    page = await two.ben.ask(READ, match=two.match)
    assert page["messages"]["totalCount"] == 1
    await two.set(state="DISPUTED")
    assert (await send(two.ben, two.match))["number"] == 2


async def test_blocked_people_do_not_write(two: Two, clock: Any) -> None:
    """Neither can write, whoever blocked whom, and neither is told more than when it is over."""
    await two.set(state="COMPLETED", ended_at=clock())
    block = "mutation M($user: ID!) { blockUser(input: {user: $user}) { __typename } }"
    assert await two.ben.do(block, user=two.ada.id) == {"__typename": "Block"}
    refused = [await send(person, two.match) for person in (two.ada, two.ben)]
    clock.turn(timedelta(days=31).total_seconds())
    over = await send(two.ada, two.match)
    assert refused == [over, over]
    assert over["message"] == "This match takes no messages."


async def test_nobody_writes_in_a_closed_space(two: Two) -> None:
    """What was written before can be read still."""
    await send(two.ada, two.match)
    world, closed = two.market.world, {"$set": {"closed_at": two.market.world.clock()}}
    await world.db["spaces"].update_one({"_id": two.market.space}, closed)
    world.engine.services.spaces.forget(two.market.space)
    for person in (two.ada, two.ben):
        refused = await send(person, two.match)
        assert (refused["code"], refused["message"]) == ("NOT_ALLOWED", "This space is closed.")
        assert (await person.ask(READ, match=two.match))["messages"]["totalCount"] == 1


async def test_a_text_has_its_bounds(two: Two) -> None:
    """Nothing but blanks, and more than 4,000 characters, are refused, also with a wrong key."""
    for text in ("", " \n ", "x" * 4_001):
        refused = await send(two.ada, two.match, text, "")
        assert [one["path"] for one in refused["problems"]] == ["idempotencyKey", "text"]
    assert (await send(two.ada, two.match, "x" * 4_000))["number"] == 1


async def test_the_log_has_no_text(two: Two) -> None:
    """The event of a message names the match and the message; only the two may read it."""
    sent = await send(two.ada, two.match, "A secret")
    [event] = await two.market.events(two.match)
    assert event["type"] == "match.message_sent"
    assert event["after"] == {"message": sent["id"]}
    assert set(event["to"]) == {two.ada.id, two.ben.id}
    assert event["within"] == two.match
    assert "secret" not in str(event)


async def test_there_is_no_such_match(two: Two) -> None:
    """An identifier of nothing, or of something else, names no match."""
    for id in (new_id("matches"), two.market.space, "x"):
        assert (await send(two.ada, id))["code"] == "NOT_FOUND"
