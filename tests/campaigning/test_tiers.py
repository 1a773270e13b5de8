"""At which level somebody supports a campaign now, and which tier a new contribution can have."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning.tiers import (
    NONE,
    TEAM,
    Choice,
    choice_problems,
    common_rights,
    find_tier,
    level,
    level_of,
    may,
    missing,
    why,
)
from app.campaigning.words import PledgeState, Right, SupportState
from tests.campaigning.seeking import (
    COMMENT,
    READ,
    SUGGEST,
    VOTE,
    campaign,
    contribution,
    goal,
    tier,
)

TIERS = [
    tier(1, 10, READ),
    tier(2, 50, READ, COMMENT, VOTE, limit=2),
    tier(3, 100, READ, COMMENT, VOTE),
    tier(4, 60, READ, COMMENT, VOTE, SUGGEST, kind="TIME"),
]
CAMPAIGN = campaign(goals=[goal(), goal("TIME")], tiers=TIERS)


@pytest.mark.parametrize(
    ("given", "rank"),
    [
        ([], 0),
        ([contribution(9)], 0),
        ([contribution(10)], 1),
        ([contribution(4), contribution(6)], 1),
        ([contribution(60)], 1),
        ([contribution(50, "tir_2")], 2),
        ([contribution(49, "tir_2")], 1),
        ([contribution(50, "tir_2"), contribution(50)], 3),
        ([contribution(50, "tir_2"), contribution(49)], 2),
        ([contribution(100, "tir_gone")], 3),
        ([contribution(100, state="PLEDGED")], 0),
        ([contribution(100), contribution(60, kind="TIME", state="DELIVERED")], 4),
        ([contribution(60, kind="TIME", state="ACCEPTED")], 0),
    ],
)
def test_the_level_follows_from_what_counts_now(given: list[Any], rank: int) -> None:
    """Unlimited tiers by the sum of their kind, limited ones by a pledge that chose them."""
    found = level(CAMPAIGN, given)
    assert (found.rank, found.tier) == (rank, f"tir_{rank}" if rank else None)
    tiers = {tier["rank"]: frozenset(tier["rights"]) for tier in TIERS}
    assert found.rights == tiers.get(rank, frozenset())


@pytest.mark.parametrize("state", PledgeState)
def test_money_counts_once_it_is_confirmed(state: PledgeState) -> None:
    """And no more when it is gone back, or somebody disputes it."""
    found = level(CAMPAIGN, [contribution(100, state=state.value)])
    counts = state in {PledgeState.CONFIRMED, PledgeState.CAPTURED}
    assert (found.supports, found.rank) == ((True, 3) if counts else (False, 0))


@pytest.mark.parametrize("state", SupportState)
def test_other_support_counts_once_it_is_delivered(state: SupportState) -> None:
    """A promise is none yet."""
    found = level(CAMPAIGN, [contribution(60, kind="TIME", state=state.value)])
    assert found.supports == (state in {SupportState.DELIVERED, SupportState.ACKNOWLEDGED})


def test_a_signature_is_support_of_its_own() -> None:
    """With a tier for signers, and without one."""
    signers = [tier(1, 1, READ, kind="SIGNATURE")]
    petition = campaign(goals=[goal("SIGNATURE")], tiers=signers)
    assert level(petition, []) == NONE
    assert level(petition, [], signed=True).rank == 1
    assert level(CAMPAIGN, [], signed=True).supports


def test_what_no_tier_speaks_of_is_for_every_supporter() -> None:
    """Reading, commenting and suggesting, and never voting."""
    plain = campaign()
    assert common_rights(plain) == [Right.READ_UPDATES, Right.COMMENT, Right.SUGGEST]
    assert level(plain, [contribution(1)]).rights == {READ, COMMENT, SUGGEST}
    readers = campaign(tiers=[tier(1, 10, READ)])
    assert level(readers, [contribution(1)]).rights == {COMMENT, SUGGEST}
    assert level(readers, [contribution(10)]).rights == {READ, COMMENT, SUGGEST}


@st.composite
def gifts(draw: st.DrawFn) -> list[Any]:
    """Draw what somebody gave, and how it stands."""
    return [
        contribution(
            draw(st.integers(1, 120)),
            draw(st.sampled_from([None, "tir_1", "tir_2", "tir_3"])),
            state=draw(st.sampled_from(["PLEDGED", "CONFIRMED", "CAPTURED", "REFUNDED"])),
        )
        for _ in range(draw(st.integers(0, 4)))
    ]


@settings(max_examples=100, deadline=None)
@given(gifts())
def test_the_level_depends_on_what_counts_and_on_nothing_else(given: list[Any]) -> None:
    """In whatever order it came, and whatever was given back before."""
    now = level(CAMPAIGN, given)
    counting = [one for one in given if one["state"] in {"CONFIRMED", "CAPTURED"}]
    assert all(level(CAMPAIGN, order) == now for order in permutations(counting))


@settings(max_examples=100, deadline=None)
@given(gifts(), st.integers(1, 120))
def test_more_support_never_lowers_a_level_and_a_refund_never_raises_it(
    given: list[Any], amount: int
) -> None:
    """Neither the rank nor any right."""
    before, after = level(CAMPAIGN, given), level(CAMPAIGN, [*given, contribution(amount)])
    assert after.rank >= before.rank
    assert after.rights >= before.rights


@settings(max_examples=100, deadline=None)
@given(gifts(), st.sampled_from(TIERS))
def test_what_is_missing_is_just_enough(given: list[Any], wanted: Any) -> None:
    """With it one reaches the tier, and with one less one does not."""

    def reaches(amount: int) -> bool:
        state = "DELIVERED" if wanted["kind"] == "TIME" else "CONFIRMED"
        more = contribution(amount, wanted["id"], kind=wanted["kind"], state=state)
        only = campaign(tiers=[wanted])
        reached = level(only, [*given, more] if amount else given)
        return reached.tier == f"tir_{wanted['rank']}"

    lacking = missing(wanted, given)
    assert reaches(lacking)
    assert lacking == 0 or not reaches(lacking - 1)


@pytest.mark.parametrize(
    ("choice", "paths"),
    [
        (Choice("tir_1", "MONEY", 10), []),
        (Choice("tir_1", "MONEY", 9), ["amount"]),
        (Choice("tir_1", "MONEY", 9, given=1), []),
        (Choice("tir_2", "MONEY", 49, given=100), ["amount"]),
        (Choice("tir_2", "MONEY", 50), []),
        (Choice("tir_2", "MONEY", 50, left=1), []),
        (Choice("tir_2", "MONEY", 50, left=0), ["tier"]),
        (Choice("tir_4", "MONEY", 60), ["tier"]),
        (Choice("tir_9", "MONEY", 60), ["tier"]),
    ],
)
def test_a_tier_is_chosen_with_enough_of_its_kind_and_while_there_are_places(
    choice: Choice, paths: list[str]
) -> None:
    """A limited one by one pledge; an unlimited one with what was given before."""
    assert [problem.path for problem in choice_problems(CAMPAIGN, choice)] == paths


def test_the_team_may_everything_and_strangers_nothing() -> None:
    """Whatever the tiers say."""
    assert all(may(TEAM, right) and not may(NONE, right) for right in Right)


def test_a_stored_level_is_the_level() -> None:
    """As far as rights and rank go."""
    now = level(CAMPAIGN, [contribution(100)])
    stored = level_of(now.rank, sorted(now.rights))
    assert (stored.rank, stored.rights, stored.supports) == (3, now.rights, True)


def test_a_tier_is_found_by_its_identifier() -> None:
    """Or it is not there."""
    assert find_tier(CAMPAIGN, "tir_2") == TIERS[1]
    assert find_tier(CAMPAIGN, None) is None


@pytest.mark.parametrize(
    ("who", "right", "said"),
    [
        (TEAM, VOTE, "The team may do everything in its campaign."),
        (NONE, VOTE, "It takes the level “level 2” or “level 3” or “level 4”."),
        (level(CAMPAIGN, [contribution(100)]), VOTE, "Your level gives it: “level 3”."),
        (NONE, "PREVIEW", "No level of this campaign gives it; it is for the team alone."),
    ],
)
def test_why_somebody_may_or_what_it_takes(who: Any, right: str, said: str) -> None:
    """In a sentence that names the levels and no sums."""
    assert why(CAMPAIGN, who, right) == said


def test_why_every_supporter_may() -> None:
    """Where no tier speaks of it."""
    plain = campaign()
    assert why(plain, level(plain, [contribution(1)]), READ) == "Everybody who supports it may."
    assert why(plain, NONE, READ) == "It takes support that counts at present, of any kind."
