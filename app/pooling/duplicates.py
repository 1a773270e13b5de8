"""Possible duplicates: entries of the same category, near, and similarly named.

Names are compared word by word in any order, as "soft" token measures do: Cohen, Ravikumar and
Fienberg, "A comparison of string distance metrics for name-matching tasks" (2003). Small
differences within a word count little, numbers are the same or not.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from app.db.documents import Place
from app.places import metres_between, point, said
from app.pooling.matched import category_key
from app.text import tokens

THRESHOLD = 0.6
MOST_SHOWN = 10
LONGEST_TITLE, MOST_WORDS = 200, 12  # characters and distinct words that are compared
# Beyond the distance that a pool gives, nearness falls to nought at so many times that distance.
REACH = 3
ALIKE_WORDS = 0.8  # from here on, two words are one with small differences
ALIKE_NAMES = 0.85  # from here on, two names written without gaps are one
PART_OF = 0.8  # what a name is worth that is all within another
OTHER_NUMBER = 0.5  # what remains of it if both hold numbers, and others
ALMOST = 0.9


@dataclass(frozen=True, slots=True)
class Named:
    """What is compared of an entry; its place is what the viewer may know of it."""

    id: str
    title: str
    category: str
    place: Place


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely an entry is the one that somebody wants to add.

    Attributes:
        id: the entry.
        score: in [0, 1]: nearness times likeness of names.
        nearness: in [0, 1]: 1 within the distance that the pool gives.
        names: in [0, 1]: 1 if the words are the same, in any order.
        metres: how far apart they are.
        reasons: sentences that say why.

    """

    id: str
    score: float
    nearness: float
    names: float
    metres: float
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class _Name:
    """The distinct words of a title, and the title without what is between them."""

    words: frozenset[str]
    written: str

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(filter(_has_digit, self.words))


def reach(duplicate_metres: float) -> float:
    """Return how far from an entry its duplicates can be, in metres."""
    return REACH * duplicate_metres


def likeness(one: Named, other: Named, duplicate_metres: float) -> Likeness:
    """Return how likely two entries are the same thing; it is the same either way round."""
    metres = metres_between(point(one.place), point(other.place))
    nearness, names = _nearness(metres, duplicate_metres), names_alike(one.title, other.title)
    is_same = category_key(one.category) == category_key(other.category)
    reasons = [
        f"Both are {other.category}." if is_same else "They are of different categories.",
        f"They are {said(metres)} apart.",
        _say_names(one.title, other.title, names),
    ]
    score = round(nearness * names, 4) if is_same else 0.0
    return Likeness(other.id, score, nearness, names, metres, reasons)


def possible_duplicates(
    one: Named,
    others: Iterable[Named],
    duplicate_metres: float,
    *,
    threshold: float = THRESHOLD,
    most: int = MOST_SHOWN,
) -> list[Likeness]:
    """Return the entries at or above a threshold, the likeliest first, then the nearest."""
    found = [
        likeness(one, other, duplicate_metres)
        for other in others
        if other.id != one.id and _can_reach(one, other, duplicate_metres, threshold)
    ]
    found = [alike for alike in found if alike.score >= threshold]
    return sorted(found, key=lambda alike: (-alike.score, alike.metres, alike.id))[:most]


def _can_reach(one: Named, other: Named, duplicate_metres: float, threshold: float) -> bool:
    """Say whether a threshold can be reached at all: comparing names takes much longer."""
    if category_key(one.category) != category_key(other.category):
        return threshold <= 0
    metres = metres_between(point(one.place), point(other.place))
    return round(_nearness(metres, duplicate_metres), 4) >= threshold


def names_alike(one: str, other: str) -> float:
    """Return in [0, 1] how alike two titles are; 0 if one of them has no word."""
    first, second = _name(one), _name(other)
    if not first.words or not second.words:
        return 0.0
    if first.words == second.words:
        return 1.0
    common = _common(first.words, second.words)
    here, there = _weight(first.words), _weight(second.words)
    alike = max(2 * common / (here + there), PART_OF * common / min(here, there))
    if first.numbers == second.numbers:
        ratio = _ratio(first.written, second.written)
        return max(alike, ratio if ratio >= ALIKE_NAMES else 0.0)
    is_other = first.numbers and second.numbers
    return alike * OTHER_NUMBER if is_other else alike


def _name(title: str) -> _Name:
    found = [token.text for token in tokens(title, LONGEST_TITLE)]
    return _Name(frozenset(list(dict.fromkeys(found))[:MOST_WORDS]), "".join(found))


def _nearness(metres: float, duplicate_metres: float) -> float:
    beyond = max(0.0, metres - duplicate_metres)
    falling = reach(duplicate_metres) - duplicate_metres
    if not falling:
        return float(not beyond)
    return max(0.0, 1 - beyond / falling)


def _common(some: frozenset[str], others: frozenset[str]) -> float:
    """Return the weight of the words that two names share, each of them paired once, best first."""
    pairs = [(_words_alike(a, b), a, b) for a in some for b in others]
    pairs = [pair for pair in pairs if pair[0]]
    left, right, weights = set(some), set(others), []
    # Equal ones in the order of the words, whichever side they are on.
    for alike, a, b in sorted(pairs, key=lambda pair: (-pair[0], *sorted(pair[1:]))):
        if a in left and b in right:
            left.remove(a)
            right.remove(b)
            weights.append(alike * (len(a) + len(b)) / 2)
    return math.fsum(weights)


def _words_alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if _has_digit(one) or _has_digit(other):
        return 0.0
    ratio = _ratio(one, other)
    return ratio if ratio >= ALIKE_WORDS else 0.0


def _ratio(one: str, other: str) -> float:
    """Return how much two texts share; difflib's ratio depends on which of them comes first."""
    # What can be told at once by their lengths, then by their letters, needs no comparing.
    both = len(one) + len(other)
    if 2 * min(len(one), len(other)) < ALIKE_WORDS * both:
        return 0.0
    if 2 * (_letters(one) & _letters(other)).total() < ALIKE_WORDS * both:
        return 0.0
    return SequenceMatcher(None, min(one, other), max(one, other), autojunk=False).ratio()


@lru_cache(maxsize=4096)
def _letters(text: str) -> Counter[str]:
    return Counter(text)


def _weight(words: frozenset[str]) -> float:
    return sum(map(len, words))


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _say_names(one: str, other: str, alike: float) -> str:
    if alike == 1:
        return "Their names have the same words."
    if alike >= ALMOST:
        return "Their names are almost the same."
    shared = sorted(_name(one).words & _name(other).words)
    if shared:
        return f"Their names share: {', '.join(shared)}."
    return "Their names are alike." if alike else "Their names have nothing in common."
