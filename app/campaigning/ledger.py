"""The ledger of a campaign: what each change moves from one account to another, and the sums.

Every movement takes an amount from one account (credit) and puts the same into another (debit), so
the balances of all accounts of a kind of support add up to 0 at any time. An account says where
the support is; the same chart serves money (minor units), time (minutes), pieces and signatures:

| account | what is there | counts |
| --- | --- | --- |
| `supporter:OWN` | less all that is elsewhere: what was promised and let go is here again | |
| `supporter:PROMISED` | pledged, offered, signed, and not yet sure | pending |
| `provider:HELD` | money that a payment provider is sure of and has not yet handed over | counted |
| `campaign:FUNDS` | money taken and not yet spent; what was delivered; valid signatures | counted |
| `campaign:RESERVED` | money of expenses that are recorded and not yet approved | counted |
| `payee:PAID` | money that was paid out, and approved | counted |
| `provider:DISPUTED` | money that was taken and is contested | |
| `supporter:REFUNDED` | money that was taken and has been given back | |
| `campaign:OWED` | money that came by hand for what is over, and is to be sent back | |

So what counts towards a goal is the sum of four balances, what is pending is one, and the money
that is available is `campaign:FUNDS`: taken, less what was given back, is contested, reserved or
paid. Spending moves nothing that counts. FUNDS can fall below 0 if money goes back that was spent.
What is OWED never was taken; sent back, it is with its supporter (OWN) as if it had not come.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from app.campaigning import pledge_states
from app.campaigning.goals import MOST
from app.campaigning.words import PledgeState, SignatureState, Support, SupportState
from app.db.campaign_documents import Contribution, LedgerEntry, Progress


class Account(StrEnum):
    """Where support is."""

    OWN = "supporter:OWN"
    PROMISED = "supporter:PROMISED"
    HELD = "provider:HELD"
    FUNDS = "campaign:FUNDS"
    RESERVED = "campaign:RESERVED"
    PAID = "payee:PAID"
    DISPUTED = "provider:DISPUTED"
    REFUNDED = "supporter:REFUNDED"
    OWED = "campaign:OWED"


class ExpenseState(StrEnum):
    """Where an expense stands."""

    RECORDED = "RECORDED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


COUNTED = frozenset({Account.HELD, Account.FUNDS, Account.RESERVED, Account.PAID})
PENDING = frozenset({Account.PROMISED})
# How money stands that somebody holds though its pledge is over.
OWED = "OWED"

Places = Mapping[str | None, Account]
_MONEY: Places = {
    None: Account.OWN,
    PledgeState.PLEDGED: Account.PROMISED,
    PledgeState.CONFIRMED: Account.HELD,
    PledgeState.CAPTURED: Account.FUNDS,
    PledgeState.DISPUTED: Account.DISPUTED,
    PledgeState.REFUNDED: Account.REFUNDED,
    PledgeState.DECLINED: Account.OWN,
    PledgeState.CANCELLED: Account.OWN,
    PledgeState.EXPIRED: Account.OWN,
    OWED: Account.OWED,
}
_OTHER: Places = {
    None: Account.OWN,
    SupportState.OFFERED: Account.PROMISED,
    SupportState.ACCEPTED: Account.PROMISED,
    SupportState.DELIVERED: Account.FUNDS,
    SupportState.ACKNOWLEDGED: Account.FUNDS,
    SupportState.DECLINED: Account.OWN,
    SupportState.CANCELLED: Account.OWN,
    SupportState.EXPIRED: Account.OWN,
}
_SIGNATURE: Places = {
    None: Account.OWN,
    SignatureState.PENDING: Account.PROMISED,
    SignatureState.VALIDATED: Account.FUNDS,
    SignatureState.INVALIDATED: Account.OWN,
    SignatureState.WITHDRAWN: Account.OWN,
}
_EXPENSE: Places = {
    None: Account.FUNDS,
    ExpenseState.RECORDED: Account.RESERVED,
    ExpenseState.APPROVED: Account.PAID,
    ExpenseState.REJECTED: Account.FUNDS,
}
PLACES: Mapping[Support, Places] = {
    **dict.fromkeys(Support, _OTHER),
    Support.MONEY: _MONEY,
    Support.SIGNATURE: _SIGNATURE,
}


@dataclass(frozen=True, slots=True)
class Movement:
    """So much from the account `credit` to the account `debit`, and by how many more count."""

    debit: Account
    credit: Account
    amount: int
    supporters: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What became of a campaign's money, in minor units.

    `came_in` is all that was ever taken; it is what was `given_back`, is `disputed`, `reserved`,
    `paid` and `available` together. `promised` and `held` are not taken yet; `owed` came for
    pledges that are over, and is to be sent back.
    """

    promised: int
    held: int
    came_in: int
    given_back: int
    disputed: int
    reserved: int
    paid: int
    available: int
    owed: int


class Held(NamedTuple):
    """A contribution or signature as it stands: its kind, amount, state, and whose it is.

    Who gives by name and anonymously counts as two, as if they were: otherwise the number of
    supporters would tell who is behind what is anonymous.
    """

    kind: str
    amount: int
    state: str
    person: str


class Difference(NamedTuple):
    """A figure that was kept and is not what it should be."""

    kind: str
    figure: str
    recorded: int
    recomputed: int


def is_to_be_returned(given: Contribution) -> bool:
    """Say whether money that came by hand has to be sent back by hand."""
    by_hand = given["provider"] == pledge_states.BY_HAND
    return by_hand and given["asked"] in {pledge_states.Deed.RELEASE, pledge_states.Deed.REFUND}


def standing(given: Contribution) -> str:
    """Return as what a contribution is booked: its state, or OWED if it is over, and money is not.

    Whatever comes by hand lies with the campaign's team until it is sent back by hand.
    """
    over = given["state"] in pledge_states.OVER
    return OWED if over and is_to_be_returned(given) else given["state"]


def movements(
    kind: str, amount: int, before: str | None, after: str, *, alone: bool = True
) -> list[Movement]:
    """Return what a contribution or signature moves when it goes from one state to another.

    Args:
        kind: of support.
        amount: of it, from 1 to 10^12; 1 for a signature.
        before: the state that it comes from, None if it is new.
        after: the state that it is in then, however many steps it took.
        alone: whether nothing else of this kind that counts is the same person's, so that somebody
            is added or taken away.

    Raises:
        ValueError: no whole number of that size.
        KeyError: no such kind, or no state of it.

    """
    places = PLACES[Support(kind)]
    return _moved(amount, places[before], places[after], 1 if alone else 0)


def spending(amount: int, before: str | None, after: str) -> list[Movement]:
    """Return what an expense moves when it is recorded (from None), approved or rejected.

    Raises:
        ValueError: no whole number from 1 to 10^12.
        KeyError: no state of an expense.

    """
    return _moved(amount, _EXPENSE[before], _EXPENSE[after], 0)


def _moved(amount: int, source: Account, target: Account, people: int) -> list[Movement]:
    # From the database, what needs more than 32 bits comes as a kind of whole number of its own.
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= MOST:
        raise ValueError(f"{amount!r} is no whole number from 1 to {MOST}")
    if source is target:
        return []
    return [Movement(target, source, amount, people * ((target in COUNTED) - (source in COUNTED)))]


def fold(progress: Mapping[str, Progress], entries: Iterable[LedgerEntry]) -> dict[str, Progress]:
    """Return progress by kind after entries that it does not hold yet; `progress` stays as it is.

    The order of entries does not matter, so that any split of them gives the same.
    """
    folded = {kind: Progress(**one) for kind, one in progress.items()}
    for entry in entries:
        one = folded.setdefault(entry["kind"], Progress(counted=0, pending=0, supporters=0))
        debit, credit, amount = entry["debit"], entry["credit"], entry["amount"]
        one["counted"] += amount * ((debit in COUNTED) - (credit in COUNTED))
        one["pending"] += amount * ((debit in PENDING) - (credit in PENDING))
        one["supporters"] += entry["supporters"]
    return folded


def totals(entries: Iterable[LedgerEntry]) -> dict[str, dict[str, int]]:
    """Return the balance of each account by kind of support; those of a kind add up to 0."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(map(str, Account), 0))
    for entry in entries:
        accounts = sums[entry["kind"]]
        accounts[entry["debit"]] += entry["amount"]
        accounts[entry["credit"]] -= entry["amount"]
    return dict(sums)


def available(entries: Iterable[LedgerEntry]) -> int:
    """Return how much money can be spent, in minor units; less than 0 if too much was."""
    return statement(entries).available


def statement(entries: Iterable[LedgerEntry]) -> Statement:
    """Return what became of the money, by the ledger."""
    money = totals(entries).get(Support.MONEY) or dict.fromkeys(map(str, Account), 0)
    taken = (
        Account.REFUNDED, Account.DISPUTED, Account.RESERVED, Account.PAID, Account.FUNDS,
    )  # fmt: skip
    return Statement(
        promised=money[Account.PROMISED],
        held=money[Account.HELD],
        came_in=sum(money[account] for account in taken),
        given_back=money[Account.REFUNDED],
        disputed=money[Account.DISPUTED],
        reserved=money[Account.RESERVED],
        paid=money[Account.PAID],
        available=money[Account.FUNDS],
        owed=money[Account.OWED],
    )


def recount(everything: Iterable[Held]) -> dict[str, Progress]:
    """Return progress by kind as the contributions and signatures themselves say it."""
    progress: dict[str, Progress] = {}
    people: dict[str, set[str]] = defaultdict(set)
    for kind, amount, state, person in everything:
        one = progress.setdefault(kind, Progress(counted=0, pending=0, supporters=0))
        place = PLACES[Support(kind)][state]
        if place in COUNTED:
            one["counted"] += amount
            people[kind].add(person)
            one["supporters"] = len(people[kind])
        elif place in PENDING:
            one["pending"] += amount
    return progress


def differences(
    recorded: Mapping[str, Progress], recomputed: Mapping[str, Progress]
) -> list[Difference]:
    """Return every figure in which two accounts of progress differ; what one lacks is 0 there."""
    found: list[Difference] = []
    for kind in sorted({*recorded, *recomputed}):
        one, other = (_figures(progress.get(kind)) for progress in (recorded, recomputed))
        pairs = zip(FIGURES, one, other, strict=True)
        found += [Difference(kind, name, was, is_) for name, was, is_ in pairs if was != is_]
    return found


FIGURES = ("counted", "pending", "supporters")


def _figures(progress: Progress | None) -> tuple[int, int, int]:
    if progress is None:
        return 0, 0, 0
    return progress["counted"], progress["pending"], progress["supporters"]
