"""The market of a space: all that is there to be paired, gathered without holding anybody up."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from app.db import blocks as blocks_db
from app.db import pairing as pairing_db
from app.db import presence as presence_db
from app.db import standings as standings_db
from app.db.documents import Space
from app.db.matches import OPEN
from app.db.pairing import Met
from app.db.postings import Kind
from app.matching.parcels import Parcel, pack_people, pack_postings
from app.matching.parties import Standing
from app.matching.terms import Side
from app.resolvers.context import Context
from app.resolvers.matchmaking import MOST_OPEN_BETWEEN, MOST_OPEN_OF_POSTING

ASKED_AT_ONCE = 500
SIDES: tuple[tuple[Side, Kind, Literal["need", "offer"]], ...] = (
    (Side.NEED, "needs", "need"),
    (Side.OFFER, "offers", "offer"),
)


@dataclass(slots=True)
class Market:
    """What there is to pair in a space.

    Attributes:
        parcels: the postings that have a free seat, of people who take part in the space.
        people: what is known of their owners, and `packed_people` the same in parcels.
        blocks: which of the owners blocked whom of them.
        crowded: between which two of the owners as much is open as may be.
        apart: pairs of a need and an offer that have met already.

    """

    parcels: list[Parcel] = field(default_factory=list)
    people: dict[str, Standing] = field(default_factory=dict)
    packed_people: list[bytes] = field(default_factory=list)
    blocks: set[tuple[str, str]] = field(default_factory=set)
    crowded: set[tuple[str, str]] = field(default_factory=set)
    apart: set[tuple[str, str]] = field(default_factory=set)


async def gather(ctx: Context, space: Space) -> Market:
    """Return what there is to pair in a space at this instant.

    What the space has proposed already, and nobody has answered yet, keeps its seats; and nothing
    is asked of a posting, or between two people, for which as much is open as may be.
    """
    market, owners = Market(), set[str]()
    for side, kind, name in SIDES:
        async for found in _pages(ctx, space, kind):
            page = await presence_db.keep_present(ctx.db, found)
            met = await pairing_db.list_met(ctx.db, name, [posting["_id"] for posting in page])
            market.apart |= {(one["need"], one["offer"]) for one in met}
            held = Counter(one[name] for one in met if _is_proposed(one))
            opened = Counter(one[name] for one in met if one["state"] in OPEN)
            free = [one for one in page if _keep(one, held[one["_id"]], opened[one["_id"]])]
            owners |= {posting["owner"] for posting in free}
            market.parcels.append((side, pack_postings(free)))
    await _know(ctx, space, owners, market)
    return market


async def _pages(ctx: Context, space: Space, kind: Kind) -> AsyncIterator[list[Any]]:
    after: str | None = None
    while True:
        page = await pairing_db.find_pairable(ctx.db, kind, space["_id"], ctx.now, after)
        if page.items:
            yield page.items
        if not page.has_next:
            return
        after = page.cursor(page.items[-1])


def _is_proposed(met: Met) -> bool:
    return met["state"] in OPEN and met["proposed_by"] is None


def _keep(posting: Any, held: int, opened: int) -> bool:
    """Leave a posting the seats that it may still be asked for; say whether there are any."""
    free = posting["capacity"] - posting["taken"] - held
    left = min(free, MOST_OPEN_OF_POSTING - opened)
    posting["taken"] = posting["capacity"] - left
    return bool(left > 0)


async def _know(ctx: Context, space: Space, owners: set[str], market: Market) -> None:
    """Look up what is known of the owners, some at a time."""
    left = iter(sorted(owners))
    while some := list(islice(left, ASKED_AT_ONCE)):
        people = await standings_db.list_standings(ctx.db, space["_id"], some)
        market.people |= people
        market.packed_people.append(pack_people(people))
        blocks = await blocks_db.list_blocks_by(ctx.db, some)
        market.blocks |= {pair for pair in blocks if pair[1] in owners}
        crowded = await pairing_db.list_crowded(ctx.db, some, MOST_OPEN_BETWEEN)
        market.crowded |= {pair for pair in crowded if pair[1] in owners}
