"""Signatures by area: how many came from where, without pointing at the few."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.text import fold

MOST_AREAS = 1_000


class AreaCount(NamedTuple):
    """How many people are of an area; `area` is None for all others taken together."""

    area: str | None
    people: int


def by_area(counts: Mapping[str | None, int], floor: int) -> list[AreaCount]:
    """Return the counts of areas, the greatest first, and last what is not told apart.

    An area with fewer than `floor` people is counted with the others, and so are people of no
    area. As long as the others are fewer than that themselves, the smallest area joins them: else
    who knows the sum could subtract. At most `MOST_AREAS` are told apart. The sum stays the same.
    """
    named = [(area, count) for area, count in counts.items() if area is not None and count > 0]
    named.sort(key=lambda pair: (-pair[1], pair[0]))
    shown = [AreaCount(area, count) for area, count in named[:MOST_AREAS] if count >= floor]
    others = sum(max(count, 0) for count in counts.values()) - sum(one.people for one in shown)
    while shown and 0 < others < floor:
        others += shown.pop().people
    return [*shown, AreaCount(None, others)] if others else list(shown)


def spelled(area: str, areas: Sequence[str]) -> str | None:
    """Return an area as the space spells it; None if it is none of the space's areas.

    Where a space names no areas, any will do, as it was written.
    """
    if not areas:
        return area.strip()
    return next((known for known in areas if fold(known) == fold(area.strip())), None)
