"""How alike two threads are: a score in [0, 1] with its parts, weights and reasons.

Text: the cosine of logarithmic term counts (Salton and Buckley, "Term-weighting approaches in
automatic text retrieval", 1988) over words cut to their beginnings, which does for many languages
what stemming does for one. Facets: Gower's coefficient (1971), in which what is unknown of either
does not count. Tags, with the subject: Jaccard's. Meaning, where it was read: the cosine of their
vectors (app.broking.meaning). A part about which nothing is known is left out, and the weights of
the others carry the score.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.broking.words import Part, Presence, score_of, share
from app.db.thread_documents import BrokingRules, Thread
from app.text import fold, tokens

STEM = 6  # letters of a word that are compared
SHARED_ABSENCE = 0.5  # that both lack a trait says less than that both have it
MOST_SHOWN = 5
MOST_SIMILAR = 50
ALIKE_IN_MEANING = 0.5

ENGLISH = """
a about after all also an and any are as at be been but by can could did do does for from had has
have he her his how i if in into is it its me my no not of on or our she should so some than that
the their them then there they this to us was we were what when where which who why will with would
you your
"""
FRENCH = """
à ai au aux avec c ce ces cet cette d dans de des du elle elles en est et eu il ils j je l la le
les leur lui m ma mais me mes mon n ne nos notre nous on ont ou où par pas plus pour qu que quel
quelle qui s sa se ses si son sont sur t ta te tes toi ton tu un une vos votre vous y
"""
STOP_WORDS = frozenset(map(fold, f"{ENGLISH} {FRENCH}".split()))


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike a thread is to the one asked about.

    Attributes:
        thread: identifier of the other thread.
        score: in [0, 1]: the sum of the parts by their weights.
        parts: `text`, `facets` and `tags`, and `meaning` if it is known, with their weights.
        reasons: sentences that say what they share.

    """

    thread: str
    score: float
    parts: dict[str, Part]
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class _Traits:
    """What is compared of a thread."""

    terms: Counter[str]
    facets: dict[str, Presence]
    tags: frozenset[str]


def similarity(
    thread: Thread, other: Thread, weights: Mapping[str, float], near: float | None = None
) -> Similarity:
    """Return how alike another thread is; the score is the same either way round.

    `near` is how near their meanings are, in [0, 1], if that is known.
    """
    return _compare(_traits(thread), other, weights, near)


def _compare(
    one: _Traits, thread: Thread, weights: Mapping[str, float], near: float | None
) -> Similarity:
    other = _traits(thread)
    known = {
        "text": Part(_cosine(one.terms, other.terms), weights["text"]),
        "facets": Part(_gower(one.facets, other.facets), weights["facets"]),
        "tags": Part(_jaccard(one.tags, other.tags), weights["tags"]),
    }
    if near is not None:
        known["meaning"] = Part(near, weights["meaning"])
    parts = share(known)
    reasons = [
        *_shared("Both speak of", _heaviest(one.terms, other.terms)),
        *_facet_reasons(one.facets, other.facets),
        *_shared("Both are about", sorted(one.tags & other.tags)),
        *_meaning_reasons(near),
        *(f"Nothing is known of {name}." for name, part in parts.items() if part.value is None),
    ]
    return Similarity(thread["_id"], score_of(parts), parts, reasons)


def similar(
    thread: Thread,
    others: Iterable[Thread],
    rules: BrokingRules,
    limit: int = MOST_SIMILAR,
    near: Mapping[str, float] | None = None,
) -> list[Similarity]:
    """Return the threads at or above the space's threshold, the most alike first, then by id.

    `others` are those that the viewer sees; the thread itself and its duplicates are passed over.
    `near` is how near the meanings of some are.
    """
    near = near or {}
    weights, least = rules["similarity_weights"], rules["similarity_threshold"]
    traits = _traits(thread)
    found = [
        _compare(traits, other, weights, near.get(other["_id"]))
        for other in others
        if other["_id"] != thread["_id"] and other["duplicate_of"] != thread["_id"]
    ]
    found = [one for one in found if one.score >= least]
    return sorted(found, key=lambda one: (-one.score, one.thread))[: max(limit, 0)]


def _traits(thread: Thread) -> _Traits:
    return _Traits(_terms(thread), _facets(thread), _tags(thread))


def _terms(thread: Thread) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in (thread["title"], thread["text"]):
        for token in tokens(text):
            if token.spaceless and len(token.text) > 1:
                counts.update(token.text[n : n + 2] for n in range(len(token.text) - 1))
            elif token.text not in STOP_WORDS:
                counts[token.text[:STEM]] += 1
    return counts


def _cosine(one: Counter[str], other: Counter[str]) -> float | None:
    if not one or not other:
        return None
    # Sums are exact (fsum), so that the order of the words does not show in the last digit.
    dot = math.fsum(_worth(one[term]) * _worth(other[term]) for term in one.keys() & other.keys())
    return min(1.0, dot / math.sqrt(_norm(one) * _norm(other)))


def _norm(counts: Counter[str]) -> float:
    return math.fsum(_worth(count) ** 2 for count in counts.values())


def _worth(count: int) -> float:
    return 1 + math.log(count)


def _facets(thread: Thread) -> dict[str, Presence]:
    return {
        fold(facet["name"]): Presence(facet["presence"])
        for facet in thread["facets"]
        if facet["presence"] != Presence.UNKNOWN
    }


def _gower(one: Mapping[str, Presence], other: Mapping[str, Presence]) -> float | None:
    known = one.keys() & other.keys()
    if not known:
        return None
    weights = {name: _facet_weight(one[name], other[name]) for name in known}
    agreed = math.fsum(weights[name] for name in known if one[name] is other[name])
    return agreed / math.fsum(weights.values())


def _facet_weight(one: Presence, other: Presence) -> float:
    return SHARED_ABSENCE if one is other is Presence.ABSENT else 1.0


def _tags(thread: Thread) -> frozenset[str]:
    return frozenset(filter(None, map(fold, [thread["subject"], *thread["tags"]])))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float | None:
    return len(one & other) / len(one | other) if one or other else None


def _heaviest(one: Counter[str], other: Counter[str]) -> list[str]:
    shared = one.keys() & other.keys()
    ordered = sorted(shared, key=lambda term: (-min(one[term], other[term]), term))
    return [f"{term}-" if len(term) == STEM else term for term in ordered]


def _facet_reasons(one: Mapping[str, Presence], other: Mapping[str, Presence]) -> list[str]:
    known = sorted(one.keys() & other.keys())
    agreed = {p: [n for n in known if one[n] is other[n] is p] for p in Presence}
    return [
        *_shared("Present in both:", agreed[Presence.PRESENT]),
        *_shared("Absent in both:", agreed[Presence.ABSENT]),
        *_shared(
            "Present in one and absent in the other:", [n for n in known if one[n] != other[n]]
        ),
    ]


def _meaning_reasons(near: float | None) -> list[str]:
    return ["They mean much the same."] if near is not None and near >= ALIKE_IN_MEANING else []


def _shared(words: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = len(names) - MOST_SHOWN
    tail = f" and {more} more" if more > 0 else ""
    return [f"{words} {', '.join(names[:MOST_SHOWN])}{tail}."]
