"""The life of a match from the client's side: each state with each deed, and who may do it."""

from typing import Any

import pytest

from tests.api import Person, World
from tests.market import Market, act, open_market

# From each state: what a side can do, where that leads, and which event tells of it.
LIFE: dict[str, dict[str, tuple[str, str]]] = {
    "PROPOSED": {
        "ACCEPT": ("ACCEPTED_BY_ONE", "match.accepted"),
        "DECLINE": ("DECLINED", "match.declined"),
    },
    "ACCEPTED_BY_ONE": {
        "ACCEPT": ("CONFIRMED", "match.confirmed"),
        "DECLINE": ("DECLINED", "match.declined"),
        "WITHDRAW": ("WITHDRAWN", "match.withdrawn"),
    },
    "CONFIRMED": {
        "START": ("IN_PROGRESS", "match.started"),
        "CANCEL": ("CANCELLED", "match.cancelled"),
        "REPORT_NO_SHOW": ("NO_SHOW", "match.no_show"),
    },
    "IN_PROGRESS": {
        "COMPLETE": ("COMPLETED", "match.completed"),
        "REPORT_NO_SHOW": ("NO_SHOW", "match.no_show"),
        "DISPUTE": ("DISPUTED", "match.disputed"),
    },
    "COMPLETED": {"DISPUTE": ("DISPUTED", "match.disputed")},
    "CANCELLED": {"DISPUTE": ("DISPUTED", "match.disputed")},
    "NO_SHOW": {"DISPUTE": ("DISPUTED", "match.disputed")},
    "DISPUTED": {},
    "REVIEWED": {},
    "DECLINED": {},
    "WITHDRAWN": {},
    "EXPIRED": {},
    "RESOLVED": {},
}
DEEDS = [
    "ACCEPT", "DECLINE", "WITHDRAW", "CANCEL", "START", "COMPLETE", "REPORT_NO_SHOW", "DISPUTE",
]  # fmt: skip
# Deeds of somebody else in that state.
NOT_THEIRS = {("PROPOSED", "WITHDRAW")}
SEATED = {"CONFIRMED", "IN_PROGRESS", "COMPLETED", "REVIEWED", "DISPUTED", "RESOLVED"}
FREED = {"CANCELLED", "NO_SHOW"}


async def in_state(
    market: Market, state: str, side: str, deed: str, people: tuple[Person, Person]
) -> str:
    """Return a match in a state, at which nothing but the state stands in the way of the deed."""
    other = "OFFER" if side == "NEED" else "NEED"
    taken = int(state in SEATED)
    status = "FULFILLED" if taken else "OPEN"
    need = await market.need(people[0], taken=taken, status=status)
    offer = await market.offer(people[1], taken=taken, status=status)
    accepted = [side if deed == "WITHDRAW" else other] if state == "ACCEPTED_BY_ONE" else []
    return await market.match(
        *people, need=need, offer=offer, state=state, accepted_by=accepted, window=None
    )


@pytest.mark.parametrize("state", LIFE)
async def test_a_deed_leads_where_it_should_or_is_refused(world: World, state: str) -> None:
    """Each deed of either side: the state after it and its event, or the state that was found."""
    market = await open_market(world)
    people = await market.member("ada"), await market.member("ben")
    for deed in DEEDS:
        for person, side in zip(people, ("NEED", "OFFER"), strict=True):
            id = await in_state(market, state, side, deed, people)
            before = await market.find(id)
            done = await act(person, deed, id)
            if deed in LIFE[state]:
                await follows(market, before, done, LIFE[state][deed], person)
            else:
                refused = (state, deed) in NOT_THEIRS
                code = "NOT_ALLOWED" if refused else "WRONG_STATE"
                assert done["code"] == code, (side, deed, done)
                assert refused or done["found"] == state, (side, deed, done)
                assert await market.find(id) == before
                assert await market.events(id) == []


async def follows(
    market: Market, before: Any, done: Any, row: tuple[str, str], person: Person
) -> None:
    """Say that a step was taken: seen, kept, told to both, and its seats counted."""
    state, told = row
    assert (done["__typename"], done.get("state")) == ("Match", state), done
    assert done["version"] == before["version"] + 1
    after = await market.find(before["_id"])
    assert after["state"] == state
    [event] = await market.events(before["_id"])
    assert event["type"] == told
    assert event["before"] == {"state": before["state"]}
    assert event["after"]["state"] == state
    assert event["to"] == [before["need_owner"], before["offer_owner"]]
    assert (event["within"], event["space"]) == (before["_id"], market.space)
    assert event["actor"] == person.id
    seated = state in SEATED and before["state"] not in FREED
    for id in (before["need"], before["offer"]):
        posting = await market.find(id)
        expected = (1, "FULFILLED") if seated else (0, "OPEN")
        assert (posting["taken"], posting["status"]) == expected


@pytest.mark.parametrize("state", LIFE)
async def test_a_moderator_judges_what_is_disputed(world: World, state: str) -> None:
    """Only what is, or was, in dispute is there for moderators; the two cannot judge it."""
    market = await open_market(world)
    people = await market.member("ada"), await market.member("ben")
    id = await in_state(market, state, "NEED", "RESOLVE", people)
    for person in people:
        assert (await act(person, "RESOLVE", id))["code"] == "NOT_ALLOWED"
    done = await act(market.mia, "RESOLVE", id)
    if state == "DISPUTED":
        assert (done["__typename"], done["state"]) == ("Match", "RESOLVED")
        [event] = await market.events(id)
        assert (event["type"], event["actor"]) == ("match.resolved", market.mia.id)
    elif state == "RESOLVED":
        assert (done["code"], done["found"]) == ("WRONG_STATE", "RESOLVED")
    else:
        assert done["code"] == "NOT_FOUND"


@pytest.mark.parametrize("state", LIFE)
async def test_a_stranger_finds_no_match(world: World, state: str) -> None:
    """Whatever they do, and even if they manage the space: as if there were none."""
    market = await open_market(world)
    people = await market.member("ada"), await market.member("ben")
    cleo = await market.member("cleo")
    id = await in_state(market, state, "NEED", "ACCEPT", people)
    judged = state in {"DISPUTED", "RESOLVED"}
    for stranger in (cleo, world.anonymous, *(() if judged else (market.mia, market.owner))):
        for deed in (*DEEDS, "RESOLVE"):
            assert (await act(stranger, deed, id))["code"] == "NOT_FOUND", (stranger.name, deed)
        seen = await stranger.ask("query Q($id: ID!) { node(id: $id) { id } }", id=id)
        assert seen == {"node": None}
    if judged:
        for deed in DEEDS:
            assert (await act(market.mia, deed, id))["code"] == "NOT_ALLOWED"
    assert await market.events(id) == []


@pytest.mark.parametrize("state", LIFE)
async def test_what_is_possible_is_what_is_not_refused(world: World, state: str) -> None:
    """`possible` lists the very deeds that the table allows, for each side and for moderators."""
    market = await open_market(world)
    people = await market.member("ada"), await market.member("ben")
    listed = "query Q($id: ID!) { node(id: $id) { ... on Match { possible mySide } } }"
    for person, side in zip(people, ("NEED", "OFFER"), strict=True):
        id = await in_state(market, state, side, "ACCEPT", people)
        seen = (await person.ask(listed, id=id))["node"]
        possible = set(LIFE[state]) - ({"WITHDRAW"} if state == "ACCEPTED_BY_ONE" else set())
        possible |= {"REVIEW"} if state == "COMPLETED" else set()
        assert set(seen["possible"]) == possible
        assert seen["mySide"] == side
    if state in {"DISPUTED", "RESOLVED"}:
        seen = (await market.mia.ask(listed, id=id))["node"]
        judging = ["RESOLVE"] if state == "DISPUTED" else []
        assert seen == {"possible": judging, "mySide": None}
