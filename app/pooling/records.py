"""Records: what a pool itself knows of those who speak in it, and who of them are tied.

1. **A voice's weight** comes from what became of one's words: how often a value that one gave or
   spoke for was verified by others later, and how often another one was.
2. **A newcomer** has agreed with what was verified of fewer than three entries.
3. **Two people are tied** if more than half of all that each of them has ever confirmed is the
   other's: whoever looks around among others too is bound to nobody. Those who came together in
   another way (two who were matched, say) are tied besides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.db.pool_documents import Accord, Finding, PoolRules, Value
from app.pooling.consensus import Ties, weight_of

# Entries on which somebody has to have been right before their voice is a full one.
KNOWN_AFTER = 3
# Different entries at which the confidence in a record is one half.
ENTRIES_FOR_HALF = 5
# Fewer confirmations of one another's values than these say nothing about two people.
LEAST_ACCORDS = 3


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a person's words: the share that was right, on how many entries."""

    score: float | None
    entries: int
    right: int

    @property
    def confidence(self) -> float:
        """Return how much of the score is evidence, in [0, 1)."""
        return self.entries / (self.entries + ENTRIES_FOR_HALF)


def record_of(findings: Iterable[Finding]) -> Record:
    """Return what findings on one person amount to; on how many entries they are counts.

    Many facets of one entry are seen at one glance: they are no more evidence than one.
    """
    found = list(findings)
    agreed = [one for one in found if one["agreed"]]
    return Record(
        score=len(agreed) / len(found) if found else None,
        entries=len({one["entry"] for one in found}),
        right=len({one["entry"] for one in agreed}),
    )


def weight(record: Record, rules: PoolRules, *, trusted: bool) -> float:
    """Return what a person's voice weighs; those whom the space trusts are no newcomers."""
    is_newcomer = record.right < KNOWN_AFTER and not trusted
    return weight_of(record.score, record.confidence, is_newcomer, rules)


def agrees(said: Value | None, verified: Value) -> bool:
    """Say whether somebody was right; None: they only said what it is not."""
    return said is not None and said == verified


def ties_of(accords: Iterable[Accord]) -> Ties:
    """Return the pairs of people who mostly confirm each other.

    Args:
        accords: how often each of some people has confirmed what each of them gave, and (without a
            giver) what anybody gave.

    """
    counts = {(one["user"], one["giver"]): one["count"] for one in accords}
    return [
        (user, giver)
        for user, giver in counts
        if giver is not None and user < giver
        if _leans(counts, user, giver) and _leans(counts, giver, user)
    ]


def _leans(counts: Mapping[tuple[str, str | None], int], one: str, other: str) -> bool:
    theirs = counts.get((one, other), 0)
    return theirs >= LEAST_ACCORDS and 2 * theirs > counts.get((one, None), 0)
