"""Cursors of the log: they tell no number, are everywhere the same, and are nobody else's."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.client import Database
from app.db.seals import BEGINNING, Seal
from app.settings import Settings

SEAL, OTHER = Seal(b"one" * 9), Seal(b"two" * 9)
NUMBERS = st.integers(1, 2**63)


@settings(max_examples=100)
@given(NUMBERS, NUMBERS)
def test_what_was_closed_opens_as_it_was_and_for_nobody_else(one: int, two: int) -> None:
    """Always by the same text, another one for another number, and with no other secret."""
    text = SEAL.close(one)
    assert SEAL.open(text) == one
    assert Seal(b"one" * 9).close(one) == text
    assert (SEAL.close(two) == text) is (one == two)
    assert OTHER.open(text) is None


@settings(max_examples=100)
@given(NUMBERS, st.integers(2, 27), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_text_that_was_changed_is_none(number: int, place: int, letter: str) -> None:
    """Each letter counts, also the bits of the last one that carry nothing."""
    text = SEAL.close(number)
    changed = text[:place] + letter + text[place + 1 :]
    assert (SEAL.open(changed) is None) is (changed != text)


@settings(max_examples=100)
@given(st.text())
def test_nothing_else_is_a_cursor(text: str) -> None:
    """Whatever somebody sends; only the beginning is known to all."""
    assert SEAL.open(text) == (0 if text == BEGINNING else None)
    assert SEAL.open(f"ev{text}") in {None, 0}


@pytest.mark.parametrize("text", ["ev1", "ev4e20", "ev", "", "EV0", SEAL.close(7).upper()])
def test_plain_numbers_and_other_spellings_are_none(text: str) -> None:
    """Those of servers before, too."""
    assert SEAL.open(text) is None


def test_neighbours_have_nothing_in_common() -> None:
    """Neither their order nor their distance is to be seen: letters agree as by chance."""
    texts = [SEAL.close(number) for number in range(1, 400)]
    assert len({len(text) for text in texts}) == 1
    assert texts != sorted(texts)
    for place in range(2, len(texts[0]) - 1):
        same = sum(a[place] == b[place] for a, b in pairwise(texts))
        assert same < 40, "about 12 of 398 by chance"


async def test_all_processes_have_the_same_seal_and_each_database_its_own(
    db: Database, settings: Settings
) -> None:
    """Also those that start at the same moment, and after a restart."""
    uri, driver = settings.mongodb_uri or "", settings.mongo_driver
    processes = [Database(uri, db.name, driver) for _ in range(5)]
    elsewhere = Database(uri, f"{db.name}_2", driver)
    try:
        seals = await asyncio.gather(*(one.find_seal() for one in processes))
        assert len({seal.close(7) for seal in seals}) == 1
        assert (await elsewhere.find_seal()).open(seals[0].close(7)) is None
    finally:
        await elsewhere.drop()
        for one in (*processes, elsewhere):
            await one.close()
