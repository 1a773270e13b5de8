"""Tables are read as they are seen."""

import pytest

from app.broking.tables import cells


def test_a_folded_table_is_read_block_by_block() -> None:
    """Each block has its own columns; empty cells are passed over."""
    table = """
      | a | b
one   | 1 |
two   |   | 4

      | c
one   | 5
"""
    assert [*cells(table)] == [("one", "a", "1"), ("two", "b", "4"), ("one", "c", "5")]


def test_a_row_that_does_not_fit_is_an_error() -> None:
    """So that no cell slips into the next column."""
    with pytest.raises(ValueError, match="zip"):
        list(cells("    | a | b\none | 1"))
