"""Pages by keyset: every item once, in one order, in both directions, whatever comes meanwhile."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.client import Database
from app.db.paging import Order, Page, Window, decode_cursor, encode_cursor, find_page
from app.failures import InvalidInput

START = datetime(2026, 3, 1)
OPENED = Order("opened_at")
RISING = Order("_id", descending=False)
ORDERS = (OPENED, RISING)
SIZES = (1, 3, 7, 20, 21)
# Several open at the same instant, so that ties are broken by the identifier.
ALERTS = [
    {"_id": f"alr_{n:02}", "space": "spc_a", "opened_at": START + timedelta(milliseconds=n // 3)}
    for n in range(20)
]
NEWEST_FIRST = [alert["_id"] for alert in reversed(ALERTS)]
SENSELESS: list[tuple[dict[str, Any], str]] = [
    ({"first": 101}, "first"),
    ({"first": -1}, "first"),
    ({"last": 101}, "last"),
    ({"first": 1, "last": 1}, "last"),
    ({"after": "x"}, "after"),
    ({"after": "!!!"}, "after"),
    ({"before": "e30"}, "before"),
    ({"before": "W251bGwsMV0"}, "before"),
    ({"after": "W3siJGd0IjoxfSwiYSJd"}, "after"),
    ({"after": "W3sidCI6OTk5OTk5OTk5OTk5OTk5OTk5fSwiYSJd"}, "after"),
]


@pytest.fixture
async def alerts(db: Database) -> Database:
    """Twenty alerts of one space, and one of another."""
    await db["alerts"].insert_many([dict(alert) for alert in ALERTS])
    await db["alerts"].insert_one({"_id": "alr_zz", "space": "spc_b", "opened_at": START})
    return db


async def page(db: Database, order: Order = OPENED, **window: Any) -> Page:
    return await find_page(db, "alerts", {"space": "spc_a"}, order, Window(**window))


async def test_going_on_shows_every_item_once(alerts: Database, subtests: pytest.Subtests) -> None:
    """From the start to the end, page after page."""
    for order, size in product(ORDERS, SIZES):
        with subtests.test(order=order.field, size=size):
            seen: list[str] = []
            after, more = None, True
            while more:
                found = await page(alerts, order, first=size, after=after)
                assert found.has_previous == bool(seen)
                seen += [item["_id"] for item in found.items]
                after, more = found.cursor(found.items[-1]), found.has_next
            assert seen == (NEWEST_FIRST if order is OPENED else NEWEST_FIRST[::-1])


async def test_going_back_shows_the_same(alerts: Database, subtests: pytest.Subtests) -> None:
    """From the end to the start; within a page the order stays that of the list."""
    for order, size in product(ORDERS, SIZES):
        with subtests.test(order=order.field, size=size):
            seen: list[str] = []
            before, more = None, True
            while more:
                found = await page(alerts, order, last=size, before=before)
                assert found.has_next == bool(seen)
                seen = [item["_id"] for item in found.items] + seen
                before, more = found.cursor(found.items[0]), found.has_previous
            assert seen == (NEWEST_FIRST if order is OPENED else NEWEST_FIRST[::-1])


async def test_what_comes_or_goes_meanwhile_shifts_nothing(alerts: Database) -> None:
    """An offset would show an item twice or skip one; a cursor names a place."""
    first = await page(alerts, first=5)
    await alerts["alerts"].insert_one(
        {"_id": "alr_new", "space": "spc_a", "opened_at": START + timedelta(days=1)}
    )
    await alerts["alerts"].delete_one({"_id": NEWEST_FIRST[4]})
    second = await page(alerts, first=5, after=first.cursor(first.items[-1]))
    assert [item["_id"] for item in second.items] == NEWEST_FIRST[5:10]


async def test_between_two_cursors_is_what_lies_between(alerts: Database) -> None:
    """Both bounds hold at once."""
    whole = await page(alerts, first=20)
    a, b = whole.cursor(whole.items[3]), whole.cursor(whole.items[7])
    found = await page(alerts, first=20, after=a, before=b)
    assert [item["_id"] for item in found.items] == NEWEST_FIRST[4:7]


async def test_a_page_can_be_empty_and_the_list_is_still_counted(alerts: Database) -> None:
    """`first: 0` asks for the count alone; behind the last item there is nothing."""
    none = await page(alerts, first=0)
    assert (none.items, none.has_next, await none.count()) == ([], True, 20)
    whole = await page(alerts, first=20)
    beyond = await page(alerts, first=5, after=whole.cursor(whole.items[-1]))
    assert (beyond.items, beyond.has_next, beyond.has_previous) == ([], False, True)


async def test_windows_that_make_no_sense_are_refused(
    db: Database, subtests: pytest.Subtests
) -> None:
    """Sizes out of bounds, both directions, and cursors that are none of ours."""
    for window, path in SENSELESS:
        with subtests.test(**window):
            with pytest.raises(InvalidInput) as refused:
                await page(db, **window)
            assert [problem.path for problem in refused.value.problems] == [path]


@given(
    st.one_of(
        st.integers(-(2**53), 2**53),
        st.text(max_size=40),
        st.floats(allow_nan=False, allow_infinity=False),
        st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9998, 1, 1)).map(
            lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
        ),
    ),
    st.text(min_size=1, max_size=40),
)
def test_a_cursor_comes_back_as_it_went(value: Any, id: str) -> None:
    """Whatever a list is ordered by, its place is found again to the millisecond."""
    assert decode_cursor(encode_cursor({"at": value, "_id": id}, Order("at")), "after") == [
        value,
        id,
    ]


@given(st.text(max_size=60))
def test_any_other_text_is_refused_or_a_place(cursor: str) -> None:
    """No text makes it fail otherwise."""
    try:
        value, id = decode_cursor(cursor, "after")
    except InvalidInput:
        return
    assert isinstance(value, str | int | float | datetime)
    assert isinstance(id, str | int)
