"""Pages of many lists at once: each equals the page that is read alone."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from app.db.client import Database
from app.db.paging import (
    Children,
    Order,
    Page,
    Window,
    count_pages,
    encode_cursor,
    find_page,
    find_pages,
)
from app.failures import InvalidInput

START = datetime(2026, 3, 1)
ALERTS = Children("alerts", key="space", owners="spaces", order=Order("opened_at"))
EVENTS = Children("events", key="instance", owners="instances", order=Order("_id", False))
# How many items each owner has; of the last one there is nothing at all.
SPACES = {"spc_a": 9, "spc_b": 4, "spc_c": 0, "spc_gone": 0}
INSTANCES = {"ins_a": 9, "ins_b": 4, "ins_c": 0, "ins_gone": 0}
SIZES = (None, 0, 1, 4, 9)


@pytest.fixture
async def lists(db: Database) -> Database:
    """Alerts of spaces, some at the same instant, and events of instances, interleaved."""
    for owners, collection in ((SPACES, "spaces"), (INSTANCES, "instances")):
        await db[collection].insert_many(
            [{"_id": id, "created_at": START} for id in owners if "gone" not in id]
        )
    await db["alerts"].insert_many(
        [
            {
                "_id": f"alr_{space}_{n}",
                "space": space,
                "opened_at": START + timedelta(milliseconds=n // 2),
            }
            for space, count in SPACES.items()
            for n in range(count)
        ]
    )
    await db["events"].insert_many(
        [
            {"_id": n * 10 + k, "instance": instance, "subject": "", "at": START}
            for k, (instance, count) in enumerate(INSTANCES.items())
            for n in range(count)
        ]
    )
    return db


def windows(children: Children) -> list[Window]:
    """Return windows in both directions, of all sizes, from places of every kind."""
    a, b = (
        ({"opened_at": START + timedelta(milliseconds=at), "_id": f"alr_spc_a_{2 * at}"})
        if children is ALERTS
        else {"_id": 60 - 10 * at}
        for at in (3, 1)
    )
    first, last = encode_cursor(a, children.order), encode_cursor(b, children.order)
    return [
        Window(None if backwards else size, after, size if backwards else None, before)
        for size, backwards, after, before in product(
            SIZES, (False, True), (None, first), (None, last)
        )
    ]


def shown(page: Page) -> tuple[Any, ...]:
    """Return all that a client sees of a page."""
    cursors = [page.cursor(item) for item in page.items]
    return page.items, cursors, page.has_next, page.has_previous


@pytest.mark.parametrize("children", [ALERTS, EVENTS], ids=lambda children: children.collection)
async def test_a_page_among_many_is_the_page_alone(lists: Database, children: Children) -> None:
    """In every window: its items, whether there are others before and after it, and their count."""
    owners = list(SPACES if children is ALERTS else INSTANCES)
    for window in windows(children):
        together = await find_pages(lists, children, owners, window)
        for owner in owners:
            alone = await find_page(
                lists, children.collection, {children.key: owner}, children.order, window
            )
            assert shown(together[owner]) == shown(alone), (owner, window)
            assert await together[owner].count() == await alone.count()


async def test_a_filter_holds_for_all(lists: Database) -> None:
    """What is filtered out is neither shown nor counted."""
    upto = {"_id": {"$lte": 30}}
    found = await find_pages(lists, EVENTS, list(INSTANCES), Window(first=3), upto)
    assert [[item["_id"] for item in page.items] for page in found.values()] == [
        [0, 10, 20],
        [1, 11, 21],
        [],
        [],
    ]
    assert await count_pages(list(found.values())) == [4, 3, 0, 0]


async def test_counts_of_many_are_the_counts_of_each(lists: Database) -> None:
    """One page or several, the same one twice: each has its own count, in order."""
    found = await find_pages(lists, ALERTS, list(SPACES), Window(first=1))
    pages = [*found.values(), found["spc_a"]]
    assert await count_pages(pages) == [9, 4, 0, 0, 9]
    assert await count_pages(pages[:1]) == [9]


async def test_a_window_that_makes_no_sense_is_refused_for_all(db: Database) -> None:
    """As it is for one."""
    for window in (Window(first=1, last=1), Window(after="x")):
        with pytest.raises(InvalidInput):
            await find_pages(db, ALERTS, ["spc_a", "spc_b"], window)
