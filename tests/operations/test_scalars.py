"""Scalars: what is printed is what the standard library prints, and comes back as it went."""

from datetime import datetime

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from app.schema.scalars import parse_amount, parse_instant, print_amount, print_instant


@given(st.datetimes())
def test_an_instant_is_printed_in_iso_8601_to_the_millisecond(at: datetime) -> None:
    """Four digits of the year, two of all else, three of the fraction, cut and not rounded."""
    assert print_instant(at) == at.isoformat(timespec="milliseconds") + "Z"


@given(st.datetimes())
def test_a_printed_instant_is_read_as_the_same(at: datetime) -> None:
    """To the millisecond, which is all that is kept."""
    assert parse_instant(print_instant(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_an_amount_goes_as_it_came(amount: int) -> None:
    """Whatever JSON holds exactly: nothing is rounded."""
    assert print_amount(parse_amount(amount)) == amount


@pytest.mark.parametrize("value", [2**53, -(2**53), 1.0, "1", True, None, [1]])
def test_an_amount_is_a_whole_number(value: object) -> None:
    """No text, no fraction, nothing that some clients would round."""
    with pytest.raises(GraphQLError):
        parse_amount(value)
