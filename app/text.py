"""Words: folded, cut into tokens and n-grams, for prefixes and for scripts without spaces.

MongoDB's text index stems English and French, ignores accents, and knows neither prefixes nor
Chinese, Japanese, Thai and their like. The field `ngrams` fills that gap: the beginnings of each
word, and single characters and pairs of neighbours where words are not set apart, found by a plain
multikey index. Bigrams for Chinese and Japanese: Nie, Gao, Zhang and Zhou, "On the use of words
and n-grams for Chinese information retrieval" (2000).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

LONGEST_TEXT, LONGEST_QUERY = 20_000, 200  # characters that are looked at
MOST_GRAMS, MOST_QUERY_GRAMS = 1_000, 24
SHORTEST_EDGE, LONGEST_EDGE = 2, 8
# In the normal form, four signs at most become one.
SHRINKS = 4
# No language writes more marks on one letter (Unicode Standard Annex 15, "Stream-Safe Text
# Format").
MOST_MARKS, SHORT = 30, 1_000
TOWERS = f"Put at most {MOST_MARKS} marks on one letter."
TEXT_LANGUAGES = {"en": "english", "fr": "french"}

# Letters that are read as two or as another one, and do not decompose.
_SPELLED = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
# Marks that people leave out when they search: accents of Latin, Greek and Cyrillic, Hebrew
# points, Arabic vowels and the stroke that stretches a word. Those of Indic and Thai are letters.
_LEFT_OUT = ((0x0300, 0x036F), (0x0591, 0x05C7), (0x064B, 0x065F))
_OMITTED = dict.fromkeys(
    [
        ord("\N{ARABIC TATWEEL}"),
        *(
            code
            for low, high in _LEFT_OUT
            for code in range(low, high + 1)
            if unicodedata.combining(chr(code))
        ),
    ]
)
_SPACELESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
_PLAIN_WORD = re.compile("[0-9A-Za-z]+")


class _Class(Enum):
    GAP = 0
    WORD = 1
    SPACELESS = 2


class Token(NamedTuple):
    """A folded word, or a run of a script without spaces."""

    text: str
    spaceless: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched.

    Attributes:
        words: for the text index: words alone, so that no sign of the search language remains.
        grams: what the field `ngrams` must hold, all of them; empty if nothing can be found.

    """

    words: str
    grams: tuple[str, ...]


def composed(text: str, longest: int) -> str:
    """Return a text without blanks around it, in its normal form (NFC).

    One that is refused anyhow stays as it is: it is too long in any form, or has towers.
    """
    bare = text.strip()
    if len(bare) > SHRINKS * longest or has_towers(bare):
        return bare
    return unicodedata.normalize("NFC", bare).strip()


def has_towers(text: str) -> bool:
    """Say whether a text has more marks on one letter than any language writes.

    The time that it takes to put marks in order grows with the square of their number, which short
    texts do not notice.
    """
    if len(text) <= SHORT:
        return False
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > MOST_MARKS:
            return True
    return False


def fold(text: str) -> str:
    """Return a text as it is compared: without case, width, accents and ligatures.

    Folding a folded text changes nothing. Unicode's compatibility case folding (NFKC_Casefold),
    less the marks that people leave out.
    """
    folded = _fold_once(text)
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _fold_once(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_SPELLED)
    if plain.isascii():
        return plain
    bare = unicodedata.normalize("NFD", plain).translate(_OMITTED)
    return unicodedata.normalize("NFKC", bare)


def tokens(text: str, longest: int = LONGEST_TEXT) -> list[Token]:
    """Return the tokens of the first `longest` characters, in order, with repetitions."""
    return list(_tokens(fold(text[:longest])))


def grams_of_document(texts: Iterable[str]) -> list[str]:
    """Return the field `ngrams`: distinct, sorted, at most `MOST_GRAMS`.

    What does not fit is left out from the end, so the texts come in order of weight: title,
    subject and tags before what was written freely.
    """
    found: dict[str, None] = {}
    for gram in (gram for text in texts for token in tokens(text) for gram in _grams(token)):
        if len(found) >= MOST_GRAMS:
            break
        found[gram] = None
    return sorted(found)


def read_query(text: str) -> Query:
    """Return what to search for; a word stands for all that begin with it."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_QUERY])
    words = " ".join(token.text for token in _tokens(plain))
    grams = dict.fromkeys(
        gram for token in tokens(text, LONGEST_QUERY) for gram in _query_grams(token)
    )
    return Query(words, tuple(grams)[:MOST_QUERY_GRAMS])


def grams_filter(query: Query) -> dict[str, Any] | None:
    """Return the MongoDB filter for documents that hold all grams; None if there are none."""
    return {"ngrams": {"$all": list(query.grams)}} if query.grams else None


def grams_score(query: Query, texts: Sequence[str]) -> float:
    """Return in [0, 1] how well texts hold a query, for a ranking of what the filter found.

    Each gram counts by the earliest text that holds it, 1 for the first, 1/2 for the second and so
    on, and a word that is matched whole counts double one that is only begun.
    """
    if not query.grams:
        return 0.0
    best = dict.fromkeys(query.grams, 0.0)
    for place, text in enumerate(texts, start=1):
        held = tokens(text)
        whole = {token.text for token in held}
        begun = {gram for token in held for gram in _grams(token)}
        for gram in query.grams:
            worth = 1.0 if gram in whole else 0.5 * (gram in begun)
            best[gram] = max(best[gram], worth / place)
    return sum(best.values()) / len(best)


def text_language(tag: str) -> str:
    """Return the text index's name for a BCP 47 tag: what it cannot stem is `none`.

    Writing another word than its own into the index's language field makes an insert fail.
    """
    return TEXT_LANGUAGES.get(primary(tag), "none")


def primary(tag: str) -> str:
    """Return the language of a BCP 47 tag without region and script: `fr` of `fr-CH`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def _grams(token: Token) -> Iterator[str]:
    text = token.text
    if token.spaceless:
        yield from text
        yield from _pairs(text)
    elif len(text) < SHORTEST_EDGE:
        yield text
    else:
        yield from (text[:n] for n in range(SHORTEST_EDGE, min(len(text), LONGEST_EDGE) + 1))


def _query_grams(token: Token) -> Iterator[str]:
    if token.spaceless:
        yield from _pairs(token.text) if len(token.text) > 1 else token.text
    else:
        yield token.text[:LONGEST_EDGE]


def _pairs(text: str) -> Iterator[str]:
    return (text[n : n + 2] for n in range(len(text) - 1))


def _tokens(text: str) -> Iterator[Token]:
    # English and French are plain once they are folded; this takes a third of the time.
    if text.isascii():
        yield from (Token(word, spaceless=False) for word in _PLAIN_WORD.findall(text))
        return
    for kind, run in groupby(text, key=_classify):
        if kind is not _Class.GAP:
            yield Token("".join(run), kind is _Class.SPACELESS)


@lru_cache(maxsize=4096)
def _classify(character: str) -> _Class:
    if unicodedata.category(character)[0] not in "LNM":
        return _Class.GAP
    is_spaceless = any(low <= ord(character) <= high for low, high in _SPACELESS)
    return _Class.SPACELESS if is_spaceless else _Class.WORD
