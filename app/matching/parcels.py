"""A pairing sent to another process in parcels, so that packing them holds nobody up for long.

Thousands of postings pickled at once take the interpreter for tenths of a second, in whichever
thread it is done. Whoever sends them lets others go on between two parcels:

    for parcel in packed(needs, offers):
        parcels.append(parcel)
        await asyncio.sleep(0)
    pairing = await loop.run_in_executor(processes, pair_parcels, parcels, facts, mode)
"""

import pickle
from collections.abc import Iterator, Sequence

from app.db.match_documents import Need, Offer
from app.matching.pairing import Pairing, pair
from app.matching.parties import Facts
from app.matching.terms import Mode, Side

PARCEL_SIZE = 200

Parcel = tuple[Side, bytes]


def packed(needs: Sequence[Need], offers: Sequence[Offer]) -> Iterator[Parcel]:
    """Yield the postings of a space in parcels, each packed in about a millisecond."""
    sides: tuple[tuple[Side, Sequence[Need | Offer]], ...] = (
        (Side.NEED, needs),
        (Side.OFFER, offers),
    )
    for side, postings in sides:
        for start in range(0, len(postings), PARCEL_SIZE):
            yield side, pickle.dumps(postings[start : start + PARCEL_SIZE])


def pair_parcels(parcels: Sequence[Parcel], facts: Facts, mode: Mode) -> Pairing:
    """Return what `pair` returns for the postings of these parcels.

    Parcels are unpickled, which runs what they say: they must come from `packed` alone.
    """
    sides: dict[Side, list[Need | Offer]] = {side: [] for side in Side}
    for side, parcel in parcels:
        sides[side] += pickle.loads(parcel)  # noqa: S301 -- packed by the process that sent it
    needs, offers = sides[Side.NEED], sides[Side.OFFER]
    return pair(needs, offers, facts, mode)
