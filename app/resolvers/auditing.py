"""Auditing: every figure of crowdsourcing, worked out anew from what it rests on, and compared.

The totals of a campaign rest on its ledger; the ledger on contributions, signatures and expenses;
places on who holds them; levels on what counts of each person; gates on the state; the sums of a
poll on its ballots. What differs is said, and nothing is changed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from app.campaigning.ledger import (
    Account,
    Held,
    Movement,
    differences,
    fold,
    movements,
    recount,
    spending,
    standing,
    totals,
)
from app.campaigning.tiers import level
from app.campaigning.words import CampaignState, SignatureState, Support
from app.db import books as books_db
from app.db import gates as gates_db
from app.db import ledger as ledger_db
from app.db.books import Books
from app.db.campaign_documents import Campaign, Contribution, LedgerEntry
from app.db.client import Database
from app.resolvers.folding import folded, share_of
from app.resolvers.giving import HOLDING

SIGNATURE = Support.SIGNATURE.value


class Finding(NamedTuple):
    """A figure that is kept and is not what it should be."""

    campaign: str
    figure: str
    kept: Any
    due: Any

    def __str__(self) -> str:
        return f"{self.campaign}  {self.figure}: kept {self.kept}, should be {self.due}"


class Audit(NamedTuple):
    """What an audit came to: how much was looked at, and all that differs."""

    campaigns: int
    movements: int
    findings: list[Finding]


async def audit(db: Database) -> Audit:
    """Look at every campaign, each as it is at one moment; the server can go on meanwhile."""
    strays = await books_db.list_strays(db)
    findings = [Finding(id, kind, "something", "nothing: it is gone") for kind, id in strays]
    campaigns, counted, after = 0, 0, ""
    while ids := await books_db.list_ids(db, after):
        after = ids[-1]
        for id in ids:
            books = await books_db.read_books(db, id)
            if books is not None:
                campaigns, counted = campaigns + 1, counted + len(books.entries)
                findings += look_at(books)
    return Audit(campaigns, counted, findings)


def look_at(books: Books) -> list[Finding]:
    """Return all that differs in the books of a campaign."""
    unsound = list(_entries(books))
    if unsound:  # nothing can be worked out from these
        return [_finding(books, *one) for one in unsound]
    looks = (_progress, _sources, _accounts, _places, _gates, _levels, _polls)
    return [_finding(books, *one) for look in looks for one in look(books)]


Found = Iterator[tuple[str, Any, Any]]


def _finding(books: Books, figure: str, kept: Any, due: Any) -> Finding:
    return Finding(books.campaign["_id"], figure, kept, due)


def _entries(books: Books) -> Found:
    """Each movement is between two accounts that there are, and of a whole number above 0."""
    for entry in books.entries:
        if not {entry["debit"], entry["credit"]} <= set(Account):
            yield f"ledger {entry['_id']}", f"{entry['credit']} to {entry['debit']}", "two accounts"
        if type(entry["amount"]) is not int or entry["amount"] < 1:
            yield f"ledger {entry['_id']}", entry["amount"], "a whole number above 0"


def _progress(books: Books) -> Found:
    """Progress, share and crossings are what the ledger comes to, as far as it was folded."""
    campaign = books.campaign
    early = [one for one in books.entries if ledger_db.number_of(one) <= campaign["folded"]]
    fresh = cast("Campaign", {**campaign, "progress": {}, "crossed": {}})
    progress, crossed, _ = folded(fresh, early)
    for one in differences(campaign["progress"], progress):
        yield f"progress of {one.kind}, {one.figure}", one.recorded, one.recomputed
    share = share_of(campaign, progress)
    if campaign["share"] != share:
        yield "share", campaign["share"], share
    for id in sorted(campaign["crossed"].keys() | crossed):
        kept, due = campaign["crossed"].get(id, 0), crossed.get(id, 0)
        if kept != due:
            yield f"crossings of threshold {id}", kept, due


def _sources(books: Books) -> Found:
    """The whole ledger comes to what contributions and signatures themselves say."""
    given = [
        Held(one["kind"], one["amount"], one["state"], f"{one['supporter']} {one['anonymous']}")
        for one in books.contributions
    ]
    signed = [Held(SIGNATURE, 1, one["state"], one["signer"]) for one in books.signatures]
    for one in differences(fold({}, books.entries), recount([*given, *signed])):
        yield f"ledger of {one.kind}, {one.figure}", one.recorded, one.recomputed


def _accounts(books: Books) -> Found:
    """Each account has what contributions, signatures and expenses put there by their states."""
    kept, due = totals(books.entries), totals(_due_entries(books))
    for kind in sorted({*kept, *due}):
        for account in Account:
            was, is_ = (sums.get(kind, {}).get(account, 0) for sums in (kept, due))
            if was != is_:
                yield f"account {account} of {kind}", was, is_


def _due_entries(books: Books) -> Iterable[LedgerEntry]:
    """Yield movements that lead each thing to where it is at once."""
    for one in books.contributions:
        yield from _as_entries(
            one["kind"], movements(one["kind"], one["amount"], None, standing(one))
        )
    for signature in books.signatures:
        yield from _as_entries(SIGNATURE, movements(SIGNATURE, 1, None, signature["state"]))
    for expense in books.expenses:
        yield from _as_entries(
            Support.MONEY.value, spending(expense["amount"], None, expense["state"])
        )


def _as_entries(kind: str, moved: Iterable[Movement]) -> Iterable[LedgerEntry]:
    for one in moved:
        entry: Any = {
            "kind": kind,
            "debit": one.debit.value,
            "credit": one.credit.value,
            "amount": one.amount,
            "supporters": one.supporters,
        }
        yield entry


def _places(books: Books) -> Found:
    """What is left of a limited level, and what is held of it, are its limit."""
    held = Counter(one["tier"] for one in books.contributions if one["state"] in HOLDING)
    for tier in books.campaign["tiers"]:
        if tier["limit"] is not None:
            left = books.places.get(tier["id"])
            due = tier["limit"] - held[tier["id"]]
            if left != due:
                yield f"places left of tier {tier['id']}", left, due


def _gates(books: Books) -> Found:
    """All gates are there, and open while the campaign is."""
    if len(books.gates) != gates_db.GATES:
        yield "gates", len(books.gates), gates_db.GATES
    is_open = books.campaign["state"] == CampaignState.OPEN
    wrong = sum(gate["open"] != is_open for gate in books.gates)
    if wrong:
        yield f"gates that are {'shut' if is_open else 'open'}", wrong, 0


def _levels(books: Books) -> Found:
    """Everybody's level is what counts of theirs at present."""
    given: dict[str, list[Contribution]] = defaultdict(list)
    for one in books.contributions:
        given[one["supporter"]].append(one)
    counts = any(goal["kind"] == SIGNATURE for goal in books.campaign["goals"])
    signers = {
        one["signer"]
        for one in books.signatures
        if counts and one["state"] == SignatureState.VALIDATED
    }
    stored = {one["user"]: (one["rank"], sorted(one["rights"])) for one in books.levels}
    for person in sorted(given.keys() | signers | stored.keys()):
        now = level(books.campaign, given.get(person, []), signed=person in signers)
        due = (now.rank, sorted(now.rights)) if now.supports else None
        if stored.get(person) != due:
            yield f"level of {person}", stored.get(person), due


def _polls(books: Books) -> Found:
    """The sums of a poll are its ballots."""
    for poll in books.polls:
        due = [books.votes.get((poll["_id"], n), 0) for n in range(len(poll["options"]))]
        if poll["counts"] != due:
            yield f"votes in {poll['_id']}", poll["counts"], due
