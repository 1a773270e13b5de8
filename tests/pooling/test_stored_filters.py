"""Filters that are stored ask the same when they are read again."""

from bson import decode, encode
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pooling.filters import EntryFilter
from app.pooling.stored_filters import restored, stored
from tests.anywhere import place
from tests.pooling.filtering import SPACE, filters


@settings(max_examples=50, deadline=None)
@given(filters([place(13.4, 52.5)]))
def test_a_filter_is_the_same_after_it_was_stored(filter: EntryFilter) -> None:
    """As the database keeps it; what was not given is not stored."""
    kept = stored(filter)
    again = restored(SPACE, decode(encode(kept)))
    assert again.query() == filter.query()
    assert stored(again) == kept
    assert None not in kept.values()


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_filters_that_ask_otherwise_are_stored_otherwise(data: st.DataObject) -> None:
    """So what was found for one is told to nobody who asks for the other."""
    one, other = (data.draw(filters([place(13.4, 52.5)])) for _ in range(2))
    assert (stored(one) == stored(other)) <= (one.query() == other.query())
