"""Scalars: what is printed is what the standard library prints, and comes back as it went."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from app.schema.scalars import parse_instant, print_instant


@given(st.datetimes())
def test_an_instant_is_printed_in_iso_8601_to_the_millisecond(at: datetime) -> None:
    """Four digits of the year, two of all else, three of the fraction, cut and not rounded."""
    assert print_instant(at) == at.isoformat(timespec="milliseconds") + "Z"


@given(st.datetimes())
def test_a_printed_instant_is_read_as_the_same(at: datetime) -> None:
    """To the millisecond, which is all that is kept."""
    assert parse_instant(print_instant(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)
