"""What can be wrong with the items that a follower had, in words."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.reliability.gauges import Told, as_told
from tests.reliability.scene import SEAL

CROSSINGS = {"alert.opened": "FIRST", "alert.resolved": "RESOLVED"}


def faults_of_alerts(items: list[dict[str, Any]], expected: list[Told]) -> Iterator[str]:
    """Yield what is wrong with notices, beside those that the model tells."""
    told = [as_told(item) for item in items]
    missing, spurious = Counter(expected) - Counter(told), Counter(told) - Counter(expected)
    if missing:
        yield f"{missing.total()} missing: {list(missing)[:3]}"
    if spurious:
        yield f"{spurious.total()} too many: {list(spurious)[:3]}"
    if len({item["id"] for item in items}) < len(items):
        yield "an item came twice"
    for series in {one.series for one in expected}:
        mine = [one for one in told if one.series == series]
        if mine != [one for one in expected if one.series == series]:
            yield f"{series} was told of in another order"
    yield from faults_of_cursors(items)


def faults_of_events(items: list[dict[str, Any]], expected: list[Told]) -> Iterator[str]:
    """Yield what is wrong with the alerts among events, beside those that the model tells."""
    found = Counter(
        (CROSSINGS[item["type"]], item["value"]) for item in items if item["type"] in CROSSINGS
    )
    wanted = Counter((told.reason, told.value) for told in expected)
    if found != wanted:
        yield f"{(wanted - found).total()} missing, {(found - wanted).total()} too many"
    yield from faults_of_cursors(items)


def faults_of_cursors(items: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the order of items, as far as their cursors can be read here."""
    cursors = [item["cursor"] for item in items]
    places = [place for cursor in cursors if (place := SEAL.open(cursor)) is not None]
    if any(later <= earlier for earlier, later in pairwise(places)):
        yield "cursors do not ascend"
    if len(set(cursors)) < len(cursors):
        yield "a cursor came twice"
