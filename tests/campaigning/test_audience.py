"""Who reads, writes and votes in a campaign's room: the whole table, and the filter of news."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning.audience import (
    SITUATIONS,
    Situation,
    Who,
    allowed,
    may_read,
    problems,
    readable,
    refusal,
)
from app.campaigning.tiers import NONE, TEAM, Level, level
from app.campaigning.words import CampaignState, Right
from app.db.campaign_documents import Update
from tests.campaigning.seeking import (
    COMMENT,
    NOON,
    PREVIEW,
    READ,
    VOTE,
    campaign,
    contribution,
    day,
    levels,
    news,
    tier,
    update,
)

# t: the team alone, l: the team and whose level gives it, dot: nobody.
EXPECTED = """
             | DRAFT | IN_REVIEW | OPEN | SUCCEEDED | FULFILLING | SUSPENDED | FULFILLED | FAILED | CANCELLED
READ_UPDATES | t     | t         | l    | l         | l          | l         | l         | l      | l
COMMENT      | t     | t         | l    | l         | l          | .         | l         | l      | l
SUGGEST      | t     | t         | l    | l         | l          | .         | .         | .      | .
PREVIEW      | t     | t         | l    | l         | l          | l         | l         | l      | l
VOTE         | .     | .         | l    | l         | l          | .         | .         | .      | .
CO_CREATE    | t     | t         | l    | l         | l          | .         | .         | .      | .
"""  # noqa: E501 - a table is read by its columns
SIGNS = {"t": Who.TEAM, "l": Who.LEVEL, ".": Who.NOBODY}
READER = Level(rank=2, rights=frozenset({READ}), supports=True)


def cells() -> list[tuple[str, str, Who]]:
    """Return right, state and who of every cell."""
    head, *rows = (
        [cell.strip() for cell in row.split("|")] for row in EXPECTED.strip("\n").split("\n")
    )
    return [
        (right, state, SIGNS[cell])
        for right, *found in rows
        for state, cell in zip(head[1:], found, strict=True)
    ]


@pytest.mark.parametrize(("right", "state", "who"), cells())
def test_who_may_use_a_right_in_which_state(right: str, state: str, who: Who) -> None:
    """The team, whose level gives it, and who supports without it."""
    able = Level(rank=1, rights=frozenset({right}), supports=True)
    unable = Level(rank=9, rights=frozenset(Right) - {right}, supports=True)
    found = [allowed(Right(right), state, one) for one in (TEAM, able, unable, NONE)]
    assert found == [who is not Who.NOBODY, who is Who.LEVEL, False, False]
    at_it = campaign(state=state)
    said = [refusal(at_it, Right(right), one) for one in (TEAM, able, unable, NONE)]
    assert [one is None for one in said] == found
    assert all(one != "" for one in said)


def test_the_table_is_whole() -> None:
    """Every right and every state has been seen in a cell, and every state is in a situation."""
    assert {(right, state) for right, state, _ in cells()} == {
        (right.value, state.value) for right in Right for state in CampaignState
    }
    assert set(SITUATIONS) == set(CampaignState)
    assert set(SITUATIONS.values()) == set(Situation)


def test_a_right_goes_with_the_support_that_gave_it() -> None:
    """From the moment at which it counts no more."""
    voting = campaign(tiers=[tier(1, 10, READ, VOTE)])
    given = [contribution(10)]
    assert allowed(Right.VOTE, voting["state"], level(voting, given))
    given[0]["state"] = "REFUNDED"
    gone = level(voting, given)
    assert refusal(voting, Right.VOTE, gone) == "It takes the level “level 1”."


ALL, LATER, PAST = update("ALL"), update("ALL", 0, day(1)), update("TEAM", 0, NOON)
SUPPORTERS, SECOND, SOON = update("SUPPORTERS"), update("TIER", 2), update("TIER", 3, day(1))


@pytest.mark.parametrize(
    ("who", "read"),
    [
        (NONE, [ALL, PAST]),
        (Level(rights=frozenset({COMMENT}), supports=True, rank=3), [ALL, PAST]),
        (Level(rights=frozenset({READ}), supports=True), [ALL, PAST, SUPPORTERS]),
        (Level(rights=frozenset({READ})), [ALL, PAST]),
        (READER, [ALL, PAST, SUPPORTERS, SECOND]),
        (Level(3, None, frozenset({READ}), True), [ALL, PAST, SUPPORTERS, SECOND, SOON]),
        (Level(rights=frozenset({PREVIEW})), [ALL, LATER, PAST]),
        (TEAM, [ALL, LATER, PAST, SUPPORTERS, SECOND, SOON, update("TEAM")]),
    ],
)
def test_who_reads_what_at_noon(who: Level, read: list[Update]) -> None:
    """On the day itself it is public; until then it is for its audience."""
    every = [ALL, LATER, PAST, SUPPORTERS, SECOND, SOON, update("TEAM")]
    assert [one for one in every if may_read(one, who, NOON)] == read


def test_on_its_day_news_is_for_all() -> None:
    """Whatever its audience was."""
    for audience in ("ALL", "SUPPORTERS", "TIER", "TEAM"):
        assert may_read(update(audience, 3, day(1)), NONE, day(1))


def holds(filter: dict[str, Any], document: Any) -> bool:
    """Say whether MongoDB would find a document by a filter, of the few operators in use."""
    for key, wanted in filter.items():
        if key == "$or":
            if not any(holds(one, document) for one in wanted):
                return False
        elif isinstance(wanted, dict):
            # What is compared with nothing is not found.
            if document[key] is None or not document[key] <= wanted["$lte"]:
                return False
        elif document[key] != wanted:
            return False
    return True


@settings(max_examples=100, deadline=None)
@given(st.lists(news, min_size=1, max_size=6), levels)
def test_the_filter_means_what_the_judgement_says(every: list[Update], who: Level) -> None:
    """A list of news holds just what somebody may read, one by one."""
    for one in every:
        assert holds(readable(who, NOON), one) == may_read(one, who, NOON)


@settings(max_examples=100, deadline=None)
@given(news, levels, levels)
def test_a_higher_level_never_reads_less(one: Update, low: Level, high: Level) -> None:
    """Nor does waiting take away what could be read."""
    above = Level(
        max(low.rank, high.rank),
        None,
        low.rights | high.rights,
        low.supports or high.supports,
        low.is_team or high.is_team,
    )
    if may_read(one, low, NOON):
        assert may_read(one, above, NOON)
        assert may_read(one, low, day(5))


@pytest.mark.parametrize(
    ("audience", "rank", "public_at", "paths"),
    [
        ("ALL", 0, None, []),
        ("TIER", 1, day(1), []),
        ("TIER", 2, None, ["rank"]),
        ("ALL", 1, None, ["rank"]),
        ("FRIENDS", 0, NOON, ["audience", "public_at"]),
    ],
)
def test_whom_news_can_be_for(audience: str, rank: int, public_at: Any, paths: list[str]) -> None:
    """A tier that there is, and a day to come."""
    with_tier = campaign(tiers=[tier(1, 10, READ)])
    found = problems(with_tier, audience, rank, public_at, NOON)
    assert [problem.path for problem in found] == paths
