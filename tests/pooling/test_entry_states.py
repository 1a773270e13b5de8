"""The life of an entry: every state with every deed, and what the table alone cannot say."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pooling.states import (
    LIVE,
    TABLE,
    Actor,
    Cause,
    Deed,
    Moment,
    Refused,
    Step,
    following,
    is_untouched,
    possible,
    settled,
    step,
)
from app.pooling.words import State
from tests.pooling.entries import NOON, agreed, day, entry, facet

FRESH = {"WHEELCHAIR": facet()}
VERIFIED = {"WHEELCHAIR": facet(consensus=agreed(verified=True))}
DISPUTED = {"BLIND": facet(consensus=agreed(disputed=True))}
OTHER = entry("ent_two")
# Who may do what from where, and what comes of it; "=" is what follows from the facets.
# a: anyone, c: contributor, m: moderator, t: time.
EXPECTED = """
             | LIVE        | GONE       | MERGED    | HIDDEN
EDIT         | cm =        | cm GONE    |           | m HIDDEN
REVERT       | cm =        | cm =       | cm =      | m HIDDEN
CONFIRM      | cm =        |            |           |
RENEW        | cm =        |            |           |
SIGNAL       | acm =       | acm GONE   |           |
SETTLE       | t =         |            |           |
AGE          | t =         |            |           |
MERGE        | cm MERGED   | cm MERGED  |           |
DECLARE_GONE | cm GONE     |            |           |
RETURN       |             | cm =       |           |
HIDE         | m HIDDEN    | m HIDDEN   | m HIDDEN  |
RESTORE      |             |            |           | m =
UNDO         | cm HIDDEN   | cm HIDDEN  |           |
"""
WHO = {"a": Actor.ANYONE, "c": Actor.CONTRIBUTOR, "m": Actor.MODERATOR, "t": Actor.TIME}


def expected(state: State, deed: Deed) -> tuple[set[Actor], str] | None:
    """Return who may do a deed in a state, and what comes of it; None: nobody."""
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in EXPECTED.split("\n")[1:]]
    column = head.index("LIVE" if state in LIVE else state)
    cell = next(row for row in rows if row[0] == deed)[column].split()
    return ({WHO[letter] for letter in cell[0]}, cell[1]) if cell else None


def ripe(state: State, **changes: Any) -> Any:
    """Return an entry of Ada's in a state in which nothing but the table decides."""
    hidden_from = "PUBLISHED" if state is State.HIDDEN else None
    return entry(state=state, hidden_from=hidden_from, imported_by="ada", **changes)


def moment(at: float = 1, **changes: Any) -> Moment:
    """Return a moment so many days after noon, of Ada's."""
    return Moment(day(at), **{"by": "ada", "into": OTHER, **changes})


def do(found: Any, deed: Deed, actor: Actor, **changes: Any) -> Any:
    """Do a deed; return the entry after it."""
    result = step(found, deed, actor, moment(**changes))
    assert isinstance(result, Step), result
    return found | result.changes


def refused(found: Any, deed: Deed, actor: Actor, **changes: Any) -> Cause:
    """Return why a deed is refused."""
    result = step(found, deed, actor, moment(**changes))
    assert isinstance(result, Refused), result
    return result.cause


@pytest.mark.parametrize(("state", "deed"), list(itertools.product(State, Deed)))
def test_a_deed_leads_where_the_table_says_or_is_refused_with_the_state(
    state: State, deed: Deed
) -> None:
    """What follows from facets is tried with those of each kind; all others are refused."""
    row = expected(state, deed)
    for actor, facets in itertools.product(Actor, [FRESH, VERIFIED, DISPUTED]):
        result = step(ripe(state, facets=facets), deed, actor, moment())
        if row is not None and actor in row[0]:
            assert isinstance(result, Step), (actor, result)
            assert result.state == (following(facets, day(1)) if row[1] == "=" else row[1])
            assert result.changes["state"] == result.state
        else:
            assert isinstance(result, Refused)
            assert result.found is state
            assert result.cause is (Cause.STATE if row is None else Cause.ACTOR)
            assert state in result.sentence


def test_the_table_has_no_row_more_than_is_expected() -> None:
    """And every state can be left: nothing that happens to an entry is for ever."""
    listed = {pair for pair in itertools.product(State, Deed) if expected(*pair) is not None}
    assert set(TABLE) == listed
    assert {state for state, _ in TABLE} == set(State)


def test_a_refusal_says_what_is_possible_instead() -> None:
    """Whoever confirms what is gone learns that it can be said to be there again."""
    result = step(ripe(State.GONE), Deed.CONFIRM, Actor.CONTRIBUTOR, moment())
    assert isinstance(result, Refused)
    assert result.sentence == (
        "Confirm is not possible: it is GONE. "
        "Possible are: EDIT, REVERT, SIGNAL, MERGE, RETURN, HIDE, UNDO."
    )


@pytest.mark.parametrize(
    ("facets", "state"),
    [
        ({}, State.PUBLISHED),
        (FRESH, State.PUBLISHED),
        (VERIFIED, State.VERIFIED),
        ({**VERIFIED, "DEAF": facet()}, State.VERIFIED),
        ({**VERIFIED, "DEAF": facet("UNKNOWN", stale_at=NOON)}, State.VERIFIED),
        ({**VERIFIED, "DEAF": facet(stale_at=NOON)}, State.STALE),
        ({**VERIFIED, **DISPUTED}, State.DISPUTED),
        ({**DISPUTED, "DEAF": facet(stale_at=NOON)}, State.DISPUTED),
    ],
)
def test_the_state_follows_from_the_facets(facets: Any, state: State) -> None:
    """Dispute comes before age, age before agreement; and gone before them all."""
    assert following(facets, NOON) is state
    assert following(facets, NOON, gone=True) is State.GONE
    for found in State:
        stays = found in {State.GONE, State.MERGED, State.HIDDEN}
        assert settled(found, facets, NOON) is (found if stays else state)
        assert settled(found, facets, NOON, gone=True) is (found if stays else State.GONE)


def test_taps_of_many_make_it_gone_and_one_can_say_that_it_is_there_again() -> None:
    """From then on what was tapped before does not count any more."""
    there = ripe(State.VERIFIED, facets=VERIFIED)
    after = do(there, Deed.SIGNAL, Actor.ANYONE, gone=True) | {"gone": 2.5}
    assert (after["state"], after["due_at"]) == (State.GONE, None)
    back = do(after, Deed.RETURN, Actor.CONTRIBUTOR, at=3)
    assert (back["state"], back["there_at"], back["gone"]) == (State.VERIFIED, day(3), 0)
    assert back["due_at"] == day(365)


def test_what_others_have_contributed_to_is_not_declared_gone_by_one() -> None:
    """A moderator can; who gave it alone can take that back; others tap."""
    shared = ripe(State.PUBLISHED, contributors=["ada", "ben"])
    assert refused(shared, Deed.DECLARE_GONE, Actor.CONTRIBUTOR) is Cause.SHARED
    assert refused(ripe(State.PUBLISHED), Deed.DECLARE_GONE, Actor.CONTRIBUTOR, by="ben") is (
        Cause.SHARED
    )
    assert do(shared, Deed.DECLARE_GONE, Actor.MODERATOR, by="mo")["state"] == State.GONE
    assert do(ripe(State.PUBLISHED), Deed.DECLARE_GONE, Actor.CONTRIBUTOR)["state"] == State.GONE


def test_an_entry_is_untouched_until_somebody_else_says_anything_of_it() -> None:
    """By a contribution, for a value, or against it."""
    assert is_untouched(entry(facets=FRESH), "ada")
    assert not is_untouched(entry(), None)
    assert not is_untouched(entry(created_by=None), None)
    assert not is_untouched(entry(contributors=["ada", "ben"]), "ada")
    for said in ({"supporters": 1}, {"dissenters": 1}):
        heard = {"A": facet(consensus=agreed(**said))}
        assert not is_untouched(entry(facets=heard), "ada")


@pytest.mark.parametrize(
    ("into", "sentence"),
    [
        (None, "Name the entry of the same pool into which it is to be merged."),
        (entry("ent_two", space="spc_two"),
         "Name the entry of the same pool into which it is to be merged."),
        (entry("ent_one"), "An entry cannot be merged into itself."),
        (entry("ent_two", state="MERGED"), "The other entry is MERGED: name one that is there."),
        (entry("ent_two", state="GONE"), "The other entry is GONE: name one that is there."),
    ],
)  # fmt: skip
def test_an_entry_is_merged_only_into_another_that_is_there(into: Any, sentence: str) -> None:
    """So no entry leads to itself, and none to nothing."""
    result = step(ripe(State.STALE), Deed.MERGE, Actor.CONTRIBUTOR, moment(into=into))
    assert isinstance(result, Refused)
    assert (result.cause, result.sentence) == (Cause.TARGET, sentence)


def test_a_merge_leads_on_and_is_undone_by_going_back() -> None:
    """Nothing is lost: the entry stands for itself again."""
    merged = do(ripe(State.VERIFIED, facets=VERIFIED), Deed.MERGE, Actor.CONTRIBUTOR)
    assert (merged["state"], merged["merged_into"]) == (State.MERGED, "ent_two")
    back = do(merged, Deed.REVERT, Actor.CONTRIBUTOR, facets=FRESH)
    assert (back["state"], back["merged_into"]) == (State.PUBLISHED, None)


def test_going_back_to_when_it_was_gone_makes_it_gone() -> None:
    """Who said wrongly that it is there again is reverted as any other; and the other way round."""
    back = do(ripe(State.PUBLISHED), Deed.REVERT, Actor.CONTRIBUTOR, gone=True)
    assert back["state"] == State.GONE
    there = do(back, Deed.REVERT, Actor.CONTRIBUTOR, at=5)
    assert (there["state"], there["there_at"]) == (State.PUBLISHED, day(5))


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (State.PUBLISHED, State.VERIFIED),
        (State.STALE, State.VERIFIED),
        (State.GONE, State.GONE),
        (State.MERGED, State.MERGED),
    ],
)
def test_what_is_restored_is_what_it_was_or_what_its_facets_say_now(
    state: State, after: State
) -> None:
    """Meanwhile it may have aged, or its state may have followed from what was taken out."""
    hidden = do(ripe(state, merged_into="ent_two"), Deed.HIDE, Actor.MODERATOR)
    assert (hidden["state"], hidden["hidden_from"], hidden["due_at"]) == (State.HIDDEN, state, None)
    mended = do(hidden, Deed.EDIT, Actor.MODERATOR, facets=VERIFIED)
    assert mended["state"] == State.HIDDEN
    shown = do(mended, Deed.RESTORE, Actor.MODERATOR, facets=VERIFIED)
    assert (shown["state"], shown["hidden_from"]) == (after, None)
    assert shown["merged_into"] == "ent_two"


def test_an_import_is_undone_only_where_nobody_made_anything_of_it() -> None:
    """What was not imported is not undone; what is undone can be restored."""
    assert refused(entry(), Deed.UNDO, Actor.MODERATOR) is Cause.SHARED
    shared = ripe(State.PUBLISHED, contributors=["ada", "ben"])
    assert refused(shared, Deed.UNDO, Actor.MODERATOR) is Cause.SHARED
    undone = do(ripe(State.PUBLISHED), Deed.UNDO, Actor.MODERATOR, by="mo")
    assert (undone["state"], undone["hidden_from"]) == (State.HIDDEN, State.PUBLISHED)
    assert do(undone, Deed.RESTORE, Actor.MODERATOR)["state"] == State.PUBLISHED


def test_time_makes_stale_and_still_correct_makes_fresh() -> None:
    """Twice the same leaves it where it is."""
    old = ripe(State.VERIFIED, facets=VERIFIED)
    stale = do(old, Deed.AGE, Actor.TIME, at=365)
    assert stale["state"] == State.STALE
    assert do(stale, Deed.AGE, Actor.TIME, at=366)["state"] == State.STALE
    fresh = {"WHEELCHAIR": VERIFIED["WHEELCHAIR"] | {"stale_at": day(800)}}
    after = do(stale, Deed.RENEW, Actor.CONTRIBUTOR, at=366, facets=fresh)
    assert (after["state"], after["due_at"]) == (State.VERIFIED, day(800))


def test_it_is_said_what_somebody_can_do() -> None:
    """Of an entry that others have contributed to, somebody without an account can only tap."""
    shared = entry(contributors=["ada", "ben"])
    assert possible(shared, Actor.ANYONE, moment(by=None)) == [Deed.SIGNAL]
    assert possible(shared, Actor.CONTRIBUTOR, moment(by="cleo")) == [
        Deed.EDIT, Deed.REVERT, Deed.CONFIRM, Deed.RENEW, Deed.SIGNAL, Deed.MERGE,
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(Deed), st.sampled_from(Actor), st.booleans()), max_size=12)
)
def test_an_entry_stays_sound_whatever_is_done_to_it(deeds: list[tuple[Deed, Actor, bool]]) -> None:
    """A merged one leads on, a hidden one knows what it was, and only what is there is due."""
    found = ripe(State.PUBLISHED, facets=FRESH)
    for deed, actor, gone in deeds:
        result = step(found, deed, actor, moment(gone=gone))
        if isinstance(result, Refused):
            continue
        found = found | result.changes
        state = State(found["state"])
        assert (found["merged_into"] is not None) == (State.MERGED in {state, found["hidden_from"]})
        assert (found["hidden_from"] is not None) == (state is State.HIDDEN)
        assert (found["due_at"] is not None) == (state in LIVE)
