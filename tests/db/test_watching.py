"""What those who watch the log are handed: in order, bounded, and worked out once."""

import asyncio
from datetime import datetime

import pytest

from app.db import handing as handing_module
from app.db.documents import Event
from app.db.handing import Handing
from app.db.watching import MOST_TOLD, MOST_WAITING, Batch, Watcher, batches, touch


def event(number: int, *to: str) -> Event:
    """Return an event on space `spc_1` that tells these people."""
    at = datetime(2026, 3, 1)
    return {
        "_id": number,
        "type": "alert.opened",
        "space": "spc_1",
        "subject": "alr_1",
        "actor": None,
        "at": at,
        "recorded_at": at,
        "to": list(to),
    }


def batch(number: int) -> Batch:
    """Return a batch of one event."""
    return Batch(number - 1, [event(number)])


async def test_batches_come_in_the_order_in_which_they_were_handed() -> None:
    """Each comes once."""
    watcher = Watcher(frozenset({"spc_1"}))
    for number in range(1, MOST_WAITING + 1):
        watcher.hand(batch(number))
    got = [await watcher.next() for _ in range(MOST_WAITING)]
    assert [one.upto for one in got if one] == list(range(1, MOST_WAITING + 1))


async def test_a_watcher_that_was_handed_too_many_is_told_to_read() -> None:
    """Nothing is kept for it then; what comes afterwards is handed to it again."""
    watcher = Watcher(frozenset({"spc_1"}))
    for number in range(1, MOST_WAITING + 5):
        watcher.hand(batch(number))
    assert await watcher.next() is None
    watcher.hand(batch(99))
    later = await watcher.next()
    assert later is not None
    assert later.upto == 99


async def test_what_is_made_for_a_batch_is_made_once() -> None:
    """All who ask get the same; one who leaves harms nobody."""
    one, calls, gate = batch(1), [], asyncio.Event()

    async def make() -> object:
        calls.append(1)
        await gate.wait()
        return object()

    for _ in range(3):
        one.begin("key", make)
    leaver, stayer = [asyncio.create_task(one.made("key")) for _ in range(2)]
    await asyncio.sleep(0)
    assert one.result_or_none("key") is None
    leaver.cancel()
    gate.set()
    await stayer
    assert one.result("key") is one.result_or_none("key") is not None
    assert calls == [1]
    assert one.result_or_none("another key") is None


async def test_what_cannot_be_made_is_said_to_each_who_asks() -> None:
    """Nobody takes nothing for an answer, and nobody waits for ever."""
    one = batch(1)

    async def fail() -> None:
        raise ConnectionError

    one.begin("key", fail)
    await one.made("key")
    assert one.result_or_none("key") is None
    with pytest.raises(ConnectionError):
        one.result("key")


class Basket:
    """A shortcut that takes batches up to a number."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.planned: list[int] = []
        self.taken: list[int] = []

    def plan(self, batch: Batch) -> None:
        """Take note."""
        self.planned.append(batch.upto)

    def take(self, batch: Batch) -> bool:
        """Take the batch unless it comes too late."""
        if batch.upto > self.most:
            return False
        self.taken.append(batch.upto)
        return True


async def test_a_shortcut_takes_what_comes_while_its_watcher_waits() -> None:
    """What it leaves wakes the watcher; while that has something to do, nothing passes it by."""
    handing, watcher = Handing(), Watcher(frozenset({"spc_1"}))
    watcher.shortcut = basket = Basket(2)
    going_on = asyncio.create_task(handing.go_on())
    waiting = asyncio.create_task(watcher.next())
    await asyncio.sleep(0)
    for number in range(1, 5):
        handing.add(batch(number), [watcher])
    async with asyncio.timeout(5):
        third, fourth = await waiting, await watcher.next()
    assert third is not None
    assert fourth is not None
    assert (basket.taken, third.upto, fourth.upto) == ([1, 2], 3, 4)
    assert basket.planned[:3] == [1, 2, 3]
    going_on.cancel()


async def test_what_must_be_looked_up_is_there_when_a_batch_is_handed_over() -> None:
    """It is looked up once for all; one whose part fails is left to read for itself."""
    handing, calls = Handing(), []
    watchers = [Watcher(frozenset({"spc_1"})) for _ in range(3)]

    async def find() -> str:
        calls.append(1)
        return "found"

    def broken(_batch: Batch) -> None:
        raise RuntimeError

    for watcher in watchers[:2]:
        watcher.look_up = lambda batch: batch.begin("key", find)
    watchers[2].look_up = broken
    going_on = asyncio.create_task(handing.go_on())
    handing.add(batch(1), watchers)
    async with asyncio.timeout(5):
        got = [await watcher.next() for watcher in watchers]
    assert [one and one.result("key") for one in got] == ["found", "found", None]
    assert calls == [1]
    going_on.cancel()


async def test_too_much_to_hand_over_is_left_to_be_read() -> None:
    """The batches that wait are bounded, and so is what they pin in memory."""
    handing, watcher = Handing(), Watcher(frozenset({"spc_1"}))
    for number in range(1, handing_module.MOST_WAITING + 2):
        handing.add(batch(number), [watcher])
    assert await watcher.next() is None


def test_no_batch_tells_too_many_people() -> None:
    """Events that tell many are divided, without a gap between the batches."""
    people = [f"usr_{n}" for n in range(MOST_TOLD // 2)]
    found = list(batches(6, [event(7, *people), event(8, *people), event(9), event(10, *people)]))
    assert [(one.after, one.upto) for one in found] == [(6, 8), (8, 10)]
    assert [len(one.events) for one in found] == [2, 2]
    assert list(batches(6, [])) == []


def test_a_batch_knows_which_of_its_topics_are_watched() -> None:
    """What nobody watches need not be looked up."""
    one, watcher = batch(1), Watcher(frozenset({"spc_1", "usr_1"}))
    watchers = {topic: {watcher} for topic in watcher.topics}
    assert touch(one, ["alr_1", "spc_1"], watchers) == {watcher}
    assert one.touched == {"spc_1"}
