"""What a payment provider tells: in any order, more than once, too late, and against all reason."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning.payments import MEANS, Told, Verdict, reading
from app.campaigning.pledge_states import OVER, PROVIDER, TABLE, Deed, Moment
from app.campaigning.words import PledgeState as S
from tests.campaigning.seeking import campaign, contribution, day

OPEN, FAILED = Moment(day(1), campaign()), Moment(day(31), campaign(state="FAILED"))
A, D, STRANGE = Verdict.APPLY, Verdict.DONE, Verdict.STRANGE
BACK = Verdict.GIVE_BACK

# In the order of `Told`: confirmed, captured, declined, released, refunded, disputed, won, lost.
EXPECTED: dict[S, list[tuple[Verdict, S]]] = {
    S.PLEDGED: [
        (A, S.CONFIRMED), (A, S.CAPTURED), (A, S.DECLINED), (A, S.EXPIRED),
        (A, S.REFUNDED), (A, S.DISPUTED), (A, S.CAPTURED), (A, S.REFUNDED),
    ],
    S.CONFIRMED: [
        (D, S.CONFIRMED), (A, S.CAPTURED), (A, S.DECLINED), (A, S.EXPIRED),
        (A, S.REFUNDED), (A, S.DISPUTED), (A, S.CAPTURED), (A, S.REFUNDED),
    ],
    S.CAPTURED: [
        (D, S.CAPTURED), (D, S.CAPTURED), (STRANGE, S.CAPTURED), (STRANGE, S.CAPTURED),
        (A, S.REFUNDED), (A, S.DISPUTED), (D, S.CAPTURED), (A, S.REFUNDED),
    ],
    S.DISPUTED: [
        (D, S.DISPUTED), (D, S.DISPUTED), (STRANGE, S.DISPUTED), (STRANGE, S.DISPUTED),
        (A, S.REFUNDED), (D, S.DISPUTED), (A, S.CAPTURED), (A, S.REFUNDED),
    ],
    S.REFUNDED: [
        (D, S.REFUNDED), (D, S.REFUNDED), (STRANGE, S.REFUNDED), (D, S.REFUNDED),
        (D, S.REFUNDED), (STRANGE, S.REFUNDED), (STRANGE, S.REFUNDED), (D, S.REFUNDED),
    ],
    **{
        state: [
            (BACK, state), (BACK, state), (D, state), (D, state),
            (D, state), (D, state), (BACK, state), (D, state),
        ]
        for state in OVER
    },
}  # fmt: skip


@pytest.mark.parametrize(("state", "told"), list(itertools.product(S, Told)))
def test_what_news_mean_in_each_state(state: S, told: Told) -> None:
    """They are applied, known already, too late, or strange; what changes nothing moves nothing."""
    read = reading(contribution(500, state=state, sequence=1), told, 2, OPEN)
    assert (read.verdict, read.state) == EXPECTED[state][list(Told).index(told)]
    if read.verdict is Verdict.APPLY:
        assert read.deeds[-1] is MEANS[told]
        assert read.changes["state"] == read.state
    if read.verdict in {Verdict.DONE, Verdict.STRANGE}:
        assert not read.deeds
        assert "state" not in read.changes
    assert read.changes.get("sequence") == (None if read.verdict is Verdict.STRANGE else 2)


def test_who_has_captured_has_confirmed() -> None:
    """What is told implies what came before it, and the deeds are all there, in order."""
    pledged = contribution(500, state="PLEDGED")
    assert reading(pledged, Told.CAPTURED, 2, OPEN).deeds == (Deed.CONFIRM, Deed.CAPTURE)
    lost = reading(pledged, Told.LOST, 4, OPEN)
    assert lost.deeds == (Deed.CONFIRM, Deed.CAPTURE, Deed.DISPUTE, Deed.LOSE)
    earlier = reading({**pledged, **lost.changes}, Told.CAPTURED, 2, OPEN)  # type: ignore[typeddict-item]
    assert (earlier.verdict, earlier.changes) == (Verdict.STALE, {})


def test_what_comes_for_a_pledge_that_is_over_is_given_back() -> None:
    """A promise is let go of, money is refunded, and it is asked for once."""
    gone = contribution(500, state="CANCELLED", asked="RELEASE", due_at=day(0))
    taken = reading(gone, Told.CAPTURED, 2, OPEN)
    assert (taken.verdict, taken.deeds) == (Verdict.GIVE_BACK, ())
    assert (taken.changes["asked"], taken.changes["due_at"]) == (Deed.REFUND, day(1))
    again = reading({**gone, **taken.changes}, Told.CAPTURED, 2, OPEN)  # type: ignore[typeddict-item]
    assert (again.verdict, again.changes) == (Verdict.DONE, {"sequence": 2})
    refunded = reading({**gone, **taken.changes}, Told.REFUNDED, 3, OPEN)  # type: ignore[typeddict-item]
    assert (refunded.verdict, refunded.changes["asked"]) == (Verdict.DONE, None)
    late = contribution(500, state="EXPIRED", asked="CONFIRM")
    promised = reading(late, Told.CONFIRMED, 2, OPEN)
    assert promised.changes["asked"] == Deed.RELEASE


@pytest.mark.parametrize(
    ("told", "asked"), [(Told.CONFIRMED, Deed.RELEASE), (Told.CAPTURED, Deed.REFUND)]
)
def test_what_is_confirmed_after_the_closing_comes_too_late(told: Told, asked: Deed) -> None:
    """The pledge ends without ever having counted."""
    read = reading(contribution(500, state="PLEDGED"), told, 2, FAILED)
    assert (read.verdict, read.state, read.deeds) == (BACK, S.EXPIRED, (Deed.EXPIRE,))
    assert read.changes["asked"] == asked


def test_what_was_confirmed_in_time_is_captured_after_the_closing() -> None:
    """So that success can take it; money that is back already needs nothing."""
    read = reading(contribution(500, asked="CAPTURE"), Told.CAPTURED, 2, FAILED)
    assert (read.verdict, read.state, read.changes["asked"]) == (A, S.CAPTURED, None)
    back = reading(contribution(500, state="PLEDGED"), Told.REFUNDED, 2, FAILED)
    assert (back.verdict, back.state, back.deeds) == (A, S.EXPIRED, (Deed.EXPIRE,))


@pytest.mark.parametrize(
    ("state", "asked", "told", "left"),
    [
        ("PLEDGED", "CONFIRM", Told.CONFIRMED, None),
        ("PLEDGED", "CONFIRM", Told.DECLINED, None),
        ("CONFIRMED", "CAPTURE", Told.CONFIRMED, "CAPTURE"),
        ("CONFIRMED", "CAPTURE", Told.DECLINED, None),
        ("CAPTURED", "REFUND", Told.CAPTURED, "REFUND"),
        ("CAPTURED", "REFUND", Told.REFUNDED, None),
        ("CANCELLED", "RELEASE", Told.RELEASED, None),
        ("CANCELLED", "RELEASE", Told.CONFIRMED, "RELEASE"),
    ],
)
def test_an_answer_ends_the_wait_and_other_news_do_not(
    state: str, asked: str, told: Told, left: str | None
) -> None:
    """What was asked is asked again until the provider says what became of it."""
    found: Any = contribution(500, state=state, asked=asked, due_at=day(0), attempts=2)
    after = found | reading(found, told, 2, OPEN).changes
    assert (after["asked"], after["due_at"] is None) == (left, left is None)


def test_what_is_contested_is_given_back_when_that_is_over() -> None:
    """A refund that was asked for waits for the end of a dispute, and is asked for again then."""
    found: Any = contribution(500, state="CAPTURED", asked="REFUND", due_at=day(0), attempts=2)
    contested = found | reading(found, Told.DISPUTED, 2, OPEN).changes
    assert (contested["asked"], contested["due_at"]) == ("REFUND", None)
    won = contested | reading(contested, Told.WON, 3, OPEN).changes
    assert (won["asked"], won["due_at"]) == ("REFUND", OPEN.at)
    assert (contested | reading(contested, Told.LOST, 3, OPEN).changes)["asked"] is None


def histories(draw: st.DrawFn) -> list[Told]:
    """Return what a provider tells of one payment, in its own order."""
    says = {deed: told for told, deed in MEANS.items()}
    state, told = S.PLEDGED, list[Told]()
    for _ in range(draw(st.integers(1, 7))):
        news = [d for s, d in TABLE if s is state and TABLE[s, d].by >= PROVIDER]
        if not news:
            break
        deed = draw(st.sampled_from(news))
        told.append(says[deed])
        state = S(TABLE[state, deed].to[0])
    return told


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_order_and_repetition_make_no_difference(data: st.DataObject) -> None:
    """Whatever comes late or twice, in the end the contribution stands as the provider has it."""
    told = data.draw(st.composite(histories)())
    messages = list(enumerate(told, start=1))
    wanted: Any = contribution(500, state="PLEDGED")
    for sequence, news in messages:
        wanted |= reading(wanted, news, sequence, OPEN).changes
    found: Any = contribution(500, state="PLEDGED")
    repeated = data.draw(st.lists(st.sampled_from(messages), max_size=4))
    for sequence, news in data.draw(st.permutations(messages + repeated)):
        found |= reading(found, news, sequence, OPEN).changes
    assert found == wanted
