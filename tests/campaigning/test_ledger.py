"""The ledger: each change moves an amount, and every sum is what the things themselves say."""

from collections.abc import Iterable
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning import pledge_states, signature_states, support_states
from app.campaigning.ledger import (
    COUNTED,
    PENDING,
    PLACES,
    Account,
    Difference,
    ExpenseState,
    Held,
    Movement,
    available,
    differences,
    fold,
    movements,
    recount,
    spending,
    statement,
    totals,
)
from app.campaigning.steps import Row
from app.campaigning.words import Support
from app.db.campaign_documents import LedgerEntry, Progress
from tests.campaigning.seeking import NOON

LIVES: dict[Support, Any] = dict.fromkeys(Support, support_states) | {
    Support.MONEY: pledge_states,
    Support.SIGNATURE: signature_states,
}
STATES = [(kind, state) for kind in Support for state in PLACES[kind] if state is not None]


def entry(kind: str, movement: Movement) -> LedgerEntry:
    """Return a movement as the ledger keeps it."""
    return LedgerEntry(
        _id=1_000,
        campaign="cam_one",
        space="spc_one",
        kind=kind,
        currency="EUR" if kind == "MONEY" else None,
        debit=movement.debit,
        credit=movement.credit,
        amount=movement.amount,
        supporters=movement.supporters,
        cause="",
        contribution=None,
        expense=None,
        at=NOON,
    )


def entries(kind: str, moved: Iterable[Movement]) -> list[LedgerEntry]:
    """Return movements as the ledger keeps them."""
    return [entry(kind, one) for one in moved]


def progress(counted: int = 0, pending: int = 0, supporters: int = 0) -> Progress:
    """Return how far a kind of support has come."""
    return Progress(counted=counted, pending=pending, supporters=supporters)


@pytest.mark.parametrize(("kind", "state"), STATES)
def test_every_state_of_support_has_its_account(kind: Support, state: str) -> None:
    """What counts in the tables of states counts in the ledger, and what is pending is pending."""
    place = PLACES[kind][state]
    assert (place in COUNTED) is (state in LIVES[kind].COUNTED)
    assert (place in PENDING) is (state in LIVES[kind].PENDING)


@pytest.mark.parametrize("kind", [Support.MONEY, Support.TIME, Support.SIGNATURE])
def test_every_change_moves_what_it_should(kind: Support) -> None:
    """From any state to any other, in one step: the difference of what the two say."""
    for (before, source), (after, target) in product(PLACES[kind].items(), repeat=2):
        if after is None:
            continue
        moved = movements(kind, 7, before, after)
        assert len(moved) == (source is not target)
        folded = fold({}, entries(kind, moved)).get(kind, progress())
        assert folded["counted"] == 7 * ((target in COUNTED) - (source in COUNTED))
        assert folded["pending"] == 7 * ((target in PENDING) - (source in PENDING))
        assert folded["supporters"] == (target in COUNTED) - (source in COUNTED)


def test_a_payment_from_pledge_to_refund() -> None:
    """What is read in a ledger: from where to where, and when somebody counts."""
    walk = [None, "PLEDGED", "CONFIRMED", "CAPTURED", "DISPUTED", "REFUNDED"]
    moved = [movements("MONEY", 500, a, b) for a, b in pairwise(walk) if b]
    assert [one for step in moved for one in step] == [
        Movement(Account.PROMISED, Account.OWN, 500, 0),
        Movement(Account.HELD, Account.PROMISED, 500, 1),
        Movement(Account.FUNDS, Account.HELD, 500, 0),
        Movement(Account.DISPUTED, Account.FUNDS, 500, -1),
        Movement(Account.REFUNDED, Account.DISPUTED, 500, 0),
    ]
    assert movements("MONEY", 500, None, "CAPTURED") == [
        Movement(Account.FUNDS, Account.OWN, 500, 1)
    ]
    assert movements("TIME", 60, "OFFERED", "ACCEPTED") == []


def test_somebody_who_counts_already_is_not_counted_again() -> None:
    """Nor taken away while something else of theirs counts."""
    assert movements("MONEY", 5, "PLEDGED", "CONFIRMED", alone=False)[0].supporters == 0
    assert movements("MONEY", 5, "CAPTURED", "REFUNDED", alone=False)[0].supporters == 0


def test_spending_takes_from_what_is_available_and_from_nothing_that_counts() -> None:
    """A recorded expense is reserved, an approved one is paid, a rejected one is free again."""
    book = entries("MONEY", movements("MONEY", 1_000, None, "CAPTURED"))
    book += entries("MONEY", spending(300, None, "RECORDED"))
    assert available(book) == 700
    book += entries("MONEY", spending(300, "RECORDED", "APPROVED"))
    book += entries("MONEY", spending(200, None, "RECORDED"))
    said = statement(book)
    assert (said.came_in, said.paid, said.reserved, said.available) == (1_000, 300, 200, 500)
    book += entries("MONEY", spending(200, "RECORDED", "REJECTED"))
    assert available(book) == 700
    assert fold({}, book)["MONEY"] == progress(1_000, 0, 1)
    book += entries("MONEY", movements("MONEY", 1_000, "CAPTURED", "REFUNDED"))
    assert (available(book), fold({}, book)["MONEY"]) == (-300, progress())
    assert available([]) == 0


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1, True, 1.0, "1"])
def test_an_amount_is_a_whole_number_within_limits(amount: Any) -> None:
    """Nothing else can be moved, so no sum is ever anything but exact."""
    with pytest.raises(ValueError, match="no whole number"):
        movements("MONEY", amount, None, "PLEDGED")
    with pytest.raises(ValueError, match="no whole number"):
        spending(amount, None, "RECORDED")


def test_what_is_unknown_is_not_moved() -> None:
    """A state of another kind of support is none of this one."""
    with pytest.raises(KeyError):
        movements("MONEY", 1, None, "OFFERED")
    with pytest.raises(KeyError):
        spending(1, None, "PAID")


def test_differences_name_each_figure() -> None:
    """A checker says what was kept, and what it should have been."""
    kept = {"MONEY": progress(5, 1, 1), "TIME": progress()}
    assert differences(kept, {"MONEY": progress(5, 1, 1)}) == []
    assert differences(kept, {"MONEY": progress(5, 2, 1), "GOODS": progress(1)}) == [
        Difference("GOODS", "counted", 0, 1),
        Difference("MONEY", "pending", 1, 2),
    ]


SUPPORTS = [Support.MONEY, Support.TIME, Support.SIGNATURE]
PEOPLE = ["ana", "ben", "cleo"]
things = st.lists(
    st.tuples(st.sampled_from(SUPPORTS), st.integers(1, 10**12), st.sampled_from(PEOPLE)),
    min_size=1,
    max_size=5,
)
# For each step: which thing, and which of the deeds of its state; 9 is an expense.
choices = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=40)


def next_states(kind: Support, state: str | None) -> list[str]:
    """Return the states that a deed leads to from one; where it begins, if it has not begun."""
    if state is None:
        return ["PENDING", "VALIDATED"] if kind is Support.SIGNATURE else [LIVES[kind].FIRST]
    table: dict[tuple[str, str], Row] = LIVES[kind].TABLE
    return [to for (found, _), row in table.items() if found == state for to in row.to]


def walked(
    given_things: list[tuple[Support, int, str]], steps: list[tuple[int, int]]
) -> tuple[list[LedgerEntry], list[Held], int]:
    """Return a ledger of a random history, how each thing stands, and what was spent."""
    states: list[str | None] = [None] * len(given_things)
    book: list[LedgerEntry] = []
    spent = 0
    for which, choice in steps:
        if which == 9:
            book += entries("MONEY", spending(choice + 1, None, ExpenseState.RECORDED))
            spent += choice + 1
            continue
        n = which % len(given_things)
        kind, amount, person = given_things[n]
        options = next_states(kind, states[n])
        if not options:
            continue
        after = options[choice % len(options)]
        alone = not any(
            other[0] is kind and other[2] == person and states[m] in LIVES[kind].COUNTED
            for m, other in enumerate(given_things)
            if m != n
        )
        book += entries(kind, movements(kind, amount, states[n], after, alone=alone))
        states[n] = after
    stand = zip(given_things, states, strict=True)
    held = [Held(kind, amount, state, who) for (kind, amount, who), state in stand if state]
    return book, held, spent


def signed(everything: list[tuple[Support, int, str]]) -> list[tuple[Support, int, str]]:
    """Return things as they can be: a signature is one."""
    return [(kind, 1 if kind is Support.SIGNATURE else n, who) for kind, n, who in everything]


@given(things, choices)
@settings(max_examples=100, deadline=None)
def test_on_any_path_the_ledger_says_what_the_things_say(
    everything: list[tuple[Support, int, str]], steps: list[tuple[int, int]]
) -> None:
    """Balances add up to nothing, progress is what is held, and money is where it should be."""
    book, held, spent = walked(signed(everything), steps)
    recorded = fold({}, book)
    assert differences(recorded, recount(held)) == []
    for kind, accounts in totals(book).items():
        assert sum(accounts.values()) == 0
        assert recorded[kind]["counted"] == sum(accounts[account] for account in COUNTED)
        assert recorded[kind]["pending"] == accounts[Account.PROMISED]
    taken = sum(one.amount for one in held if (one.kind, one.state) == ("MONEY", "CAPTURED"))
    assert available(book) == taken - spent
    money = statement(book)
    used = money.given_back + money.disputed + money.reserved + money.paid
    assert money.came_in == used + money.available


@given(things, choices, st.data())
@settings(max_examples=50, deadline=None)
def test_any_split_and_order_of_the_ledger_gives_the_same(
    everything: list[tuple[Support, int, str]], steps: list[tuple[int, int]], data: st.DataObject
) -> None:
    """So that it can be folded bit by bit, and what was folded is left as it was."""
    book, _, _ = walked(signed(everything), steps)
    cut = data.draw(st.integers(0, len(book)))
    first = fold({}, book[:cut])
    before = {kind: Progress(**one) for kind, one in first.items()}
    assert fold(first, book[cut:]) == fold({}, reversed(book))
    assert first == before
