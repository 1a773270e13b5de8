"""Long matches and full ones: warnings, what must be there before, and whose turn it is."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.commitment import Lacking, Misfit, has_community, lacking, misfit
from app.matching.rules import DEFAULTS
from app.matching.waiting import place_in_line, turn
from tests.matching.postings import hour, match, window


@pytest.mark.parametrize("commitment", ["SPOT", "RECURRENT"])
def test_short_matches_are_not_warned_of(commitment: str) -> None:
    """That is what a matchmaker is good at."""
    assert misfit(commitment, [None, 0], DEFAULTS) is None
    assert lacking(match(commitment=commitment)) == []


@pytest.mark.parametrize(
    ("trusts", "objective", "community", "reasons"),
    [
        ([None, 0.9], "A garden", True, {Misfit.TRUST_TOO_LOW}),
        ([0.4, 0.9], "A garden", True, {Misfit.TRUST_TOO_LOW}),
        ([0.5, 0.9], "  ", True, {Misfit.NO_JOINT_OBJECTIVE}),
        ([0.5, 0.9], "A garden", False, {Misfit.NO_COMMUNITY}),
        ([None], None, False, set(Misfit)),
    ],
)
def test_a_long_match_is_warned_of(
    trusts: list[float | None], objective: str | None, community: bool, reasons: set[Misfit]
) -> None:
    """With each reason that holds, in words, and the model that fits more."""
    warning = misfit("LONG_TERM", trusts, DEFAULTS, joint_objective=objective, community=community)
    assert warning is not None
    assert set(warning.reasons) == reasons
    assert len(warning.sentences) == len(warning.reasons)
    assert warning.recommended_model == "KNOWLEDGE_BROKER"


def test_a_long_match_that_is_well_founded_is_not_warned_of() -> None:
    """Trust, an objective and a community are all it takes."""
    founded = {"joint_objective": "A garden", "community": True}
    assert misfit("LONG_TERM", [0.5, 0.6], DEFAULTS, **founded) is None  # type: ignore[arg-type]


def test_what_a_long_match_lacks_is_listed() -> None:
    """All of it, and each says how to mend it."""
    bare = match(commitment="LONG_TERM")
    assert lacking(bare) == list(Lacking)
    assert all(item.sentence.endswith(".") for item in Lacking)
    half: Any = {**bare, "joint_objective": "A garden", "agreement": "…", "agreed_by": ["NEED"]}
    assert lacking(half) == [Lacking.AGREED_BY_OFFER]


def waiting(id: str, since: float, held_until: float | None = None, **changes: Any) -> Any:
    """Return a match that waits since so many hours after noon."""
    until = None if held_until is None else hour(held_until)
    return match(
        id, state="ACCEPTED_BY_ONE", waiting_since=hour(since), held_until=until, **changes
    )


def test_who_waits_longest_is_next() -> None:
    """Of equals the first identifier; each hold ends after the space's time."""
    queue = [waiting("c", 2), waiting("b", 1), waiting("a", 2)]
    found = turn(3, 1, queue, hour(5), DEFAULTS)
    assert [hold.match for hold in found.held] == ["b", "a"]
    assert {hold.until for hold in found.held} == {hour(7)}
    assert [place_in_line(one, queue) for one in queue] == [2, 0, 1]


def test_a_hold_takes_a_seat_until_it_lapses() -> None:
    """Then it expires, and the next one's turn has come, in the same step."""
    queue = [waiting("a", 1, held_until=7), waiting("b", 2)]
    assert turn(1, 0, queue, hour(6.99), DEFAULTS).held == ()
    found = turn(1, 0, queue, hour(7), DEFAULTS)
    assert found.lapsed == ("a",)
    assert [hold.match for hold in found.held] == ["b"]


def test_nothing_is_held_for_what_has_begun() -> None:
    """A hold ends when the match would begin, at the latest; what has begun lapses."""
    soon = waiting("a", 1, window=window(6, 8))
    assert turn(1, 0, [soon], hour(5), DEFAULTS).held[0].until == hour(6)
    assert turn(1, 0, [soon], hour(6), DEFAULTS).lapsed == ("a",)
    whenever = waiting("a", 1, window=None)
    assert turn(1, 0, [whenever], hour(500), DEFAULTS).held[0].until == hour(502)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 4),
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(0, 5), st.none() | st.integers(1, 20)), max_size=8),
    st.integers(5, 20),
)
def test_seats_are_never_given_twice(
    capacity: int, confirmed: int, entries: list[tuple[int, int | None]], at: int
) -> None:
    """Held and confirmed seats stay within the capacity, and asking again changes nothing."""
    queue = [waiting(f"m{n}", since, held) for n, (since, held) in enumerate(entries)]
    found = turn(capacity, confirmed, queue, hour(at), DEFAULTS)
    until = {hold.match: hold.until for hold in found.held}
    after: list[Any] = [
        {**one, "held_until": until.get(one["_id"], one["held_until"])}
        for one in queue
        if one["_id"] not in found.lapsed
    ]
    held_before = sum(one["held_until"] is not None for one in after) - len(until)
    held = sum(one["held_until"] is not None for one in after)
    assert confirmed + held <= max(capacity, confirmed + held_before)
    again = turn(capacity, confirmed, after, hour(at), DEFAULTS)
    assert (again.held, again.lapsed) == ((), ())


@pytest.mark.parametrize(
    ("models", "community"),
    [
        (["MATCHMAKER"], False),
        (["MATCHMAKER", "ALERTER"], False),
        (["MATCHMAKER", "KNOWLEDGE_BROKER"], True),
        (["POOL", "MATCHMAKER"], True),
        (["MATCHMAKER", "ALERTER", "CROWDSOURCING"], True),
    ],
)
def test_where_people_do_something_together_there_is_a_community(
    models: list[str], *, community: bool
) -> None:
    """To be matched, or to be told the same, is not to do something together."""
    assert has_community(models) is community
