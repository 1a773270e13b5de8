"""What English texts mean: nearness without common words, the shelf of vectors, and no network."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.broking.meaning import DIMENSIONS, LEAST, Shelf, is_readable, meaning_of
from app.text import tokens

# What is asked, what is said about it, and how somebody else looks for it, in other words.
SAID = [
    ("Who knows a good cardiologist?", "Palpitations keep me awake.", "my heart races at night"),
    ("Looking for somebody to repair my bicycle", "The chain jumps off.", "fix a bike"),
    ("How do I apply for a housing benefit?", "The form is beyond me.", "help paying the rent"),
    ("Peanut butter gave me a rash", "My lips swelled at once.", "food allergy"),
    ("Ringing in my ears after a concert", "For three weeks by now.", "tinnitus"),
    ("Insulin pump fails in the cold", "It goes dark when I ski.", "diabetes device and winter"),
    ("My toddler wakes every hour", "Warm milk is no use.", "baby sleep problems"),
]
VECTORS = [meaning_of(title, text) for title, text, _ in SAID]


def shelf() -> Shelf:
    """Return a shelf with all that was said."""
    full = Shelf()
    full.put({str(n): vector for n, vector in enumerate(VECTORS)})
    return full


@pytest.mark.parametrize("number", range(len(SAID)))
def test_what_is_meant_is_found_in_other_words(number: int) -> None:
    """No word is common to both, and yet it is the nearest."""
    title, text, wanted = SAID[number]
    words = {token.text for token in tokens(wanted)} - {"my", "at", "the", "in", "and", "a"}
    assert words.isdisjoint(token.text for token in tokens(f"{title} {text}"))
    [nearest, *_] = shelf().nearest(meaning_of(wanted))
    assert nearest == str(number)


def test_what_means_nothing_like_it_is_not_near() -> None:
    """Below the bar there is nothing to be found, and of no text there is no vector."""
    assert shelf().nearest(meaning_of("a treaty on the law of the sea")) == []
    assert meaning_of("") == meaning_of(" \n") == b""
    assert shelf().nearest(b"") == []
    assert Shelf().nearest(VECTORS[0]) == []


def test_a_vector_is_small_and_always_the_same() -> None:
    """As many bytes as numbers; in another process it is not another one."""
    assert {len(vector) for vector in VECTORS} == {DIMENSIONS}
    code = f"from app.broking.meaning import meaning_of as m; print(m{SAID[0][:2]!r}.hex())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert bytes.fromhex(said.stdout) == VECTORS[0]


def test_english_alone_is_read() -> None:
    """Other languages are told apart too badly: they are left to the words."""
    assert [tag for tag in ("en", "en-GB", "EN", "fr", "de", "zh", "") if is_readable(tag)] == [
        "en", "en-GB", "EN",
    ]  # fmt: skip


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, len(SAID) - 1) | st.none())))
def test_a_shelf_holds_the_last_that_was_put(changes: list[tuple[int, int | None]]) -> None:
    """Whatever is put in place of what: nearness is that of the last, the nearest come first."""
    tried, last = Shelf(), dict[str, bytes]()
    for id, number in changes:
        vector = b"" if number is None else VECTORS[number]
        tried.put({str(id): vector})
        last[str(id)] = vector
    fresh = Shelf()
    fresh.put(last)
    asked = VECTORS[0]
    near = tried.nearness(asked, [*last, "none"])
    assert near == fresh.nearness(asked, last)
    assert near.keys() == {id for id, vector in last.items() if vector}
    found = tried.nearest(asked)
    assert set(found) == {id for id, cosine in near.items() if cosine >= LEAST}
    assert [near[id] for id in found] == sorted((near[id] for id in found), reverse=True)
    assert tried.nearest(asked, most=1) == found[:1]


def test_nothing_is_loaded_before_it_is_needed_and_nothing_is_fetched() -> None:
    """The server starts without it; and a process that may open no socket reads all the same."""
    code = """
import sys
import app.server
heavy = {"numpy", "safetensors", "tokenizers", "wordllama", "requests"}
assert heavy.isdisjoint(sys.modules), heavy & sys.modules.keys()
sys.addaudithook(lambda event, _: sys.exit(event) if event.startswith("socket.") else None)
from app.broking.meaning import meaning_of
assert meaning_of("my heart races")
assert {"wordllama", "requests"}.isdisjoint(sys.modules)
print("read")
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.stdout == "read\n", said.stderr
