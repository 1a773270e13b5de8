"""A pairing sent to another process in parcels, so that packing them holds nobody up for long.

Thousands of postings pickled at once take the interpreter for tenths of a second, in whichever
thread it is done. Whoever sends them lets others go on between two parcels:

    for parcel in packed(needs, offers):
        parcels.append(parcel)
        await asyncio.sleep(0)
    outcome = await workers.run(pair_known, parcels, known, mode)

The people come along in parcels too, and so do the pairs come back.
"""

import math
import pickle
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.db.match_documents import MatchingRules, Need, Offer, Posting
from app.matching.candidates import Candidate, rank
from app.matching.explain import shown
from app.matching.pairing import Pairing, pair
from app.matching.parties import Facts, Standing
from app.matching.terms import Mode, Side

PARCEL_SIZE = 200

Parcel = tuple[Side, bytes]


@dataclass(frozen=True, slots=True)
class Known:
    """The same as `Facts`, with the people in parcels (`pack_people`), and what is to stay apart.

    Among `blocks` may be whom anything else keeps from each other.
    """

    at: datetime
    rules: MatchingRules
    people: Sequence[bytes] = ()
    blocks: AbstractSet[tuple[str, str]] = frozenset()
    apart: AbstractSet[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of a `Pairing`, and its pairs in parcels (`unpack_pairs`), the best pair first.

    `lone_needs` and `lone_offers` say how many there are. Nothing here says more of a place than
    the place that is shown: by exact ones, ever smaller circles would find out where somebody is.
    """

    count: int
    lone_needs: int
    lone_offers: int
    considered: int
    total: float
    lowest: float | None
    parcels: tuple[bytes, ...]


def packed(needs: Sequence[Posting], offers: Sequence[Posting]) -> Iterator[Parcel]:
    """Yield the postings of a space in parcels, each packed in about a millisecond."""
    for side, postings in ((Side.NEED, needs), (Side.OFFER, offers)):
        for start in range(0, len(postings), PARCEL_SIZE):
            yield side, pack_postings(postings[start : start + PARCEL_SIZE])


def pack_postings(postings: Sequence[Posting]) -> bytes:
    """Return some postings of one side as what is in a parcel."""
    return pickle.dumps(postings)


def pack_people(people: Mapping[str, Standing]) -> bytes:
    """Return what is known of some people as a parcel."""
    return pickle.dumps(people)


def unpack_pairs(parcel: bytes) -> list[Candidate]:
    """Return the pairs of a parcel of `pair_known`; it must come from there alone."""
    pairs: list[Candidate] = pickle.loads(parcel)  # noqa: S301 -- packed by our own process
    return pairs


def pair_known(parcels: Sequence[Parcel], known: Known, mode: Mode) -> Outcome:
    """Return what `pair` returns for these postings with their places blurred, in parcels."""
    people: dict[str, Standing] = {}
    for parcel in known.people:
        people |= pickle.loads(parcel)  # noqa: S301 -- packed by the process that sent it
    facts = Facts(known.at, known.rules, people, known.blocks)
    needs, offers = ([shown(one, facts) for one in side] for side in _unpack(parcels))
    pairing = pair(needs, offers, facts, mode, known.apart)
    pairs = rank(pairing.pairs)
    totals = [one.worth.total for one in pairs]
    slices = (pairs[start : start + PARCEL_SIZE] for start in range(0, len(pairs), PARCEL_SIZE))
    return Outcome(
        count=len(pairs),
        lone_needs=len(pairing.lone_needs),
        lone_offers=len(pairing.lone_offers),
        considered=pairing.considered,
        total=math.fsum(totals),
        lowest=min(totals, default=None),
        parcels=tuple(pickle.dumps(some) for some in slices),
    )


def pair_parcels(parcels: Sequence[Parcel], facts: Facts, mode: Mode) -> Pairing:
    """Return what `pair` returns for the postings of these parcels.

    Parcels are unpickled, which runs what they say: they must come from `packed` alone.
    """
    return pair(*_unpack(parcels), facts, mode)


def _unpack(parcels: Sequence[Parcel]) -> tuple[list[Need], list[Offer]]:
    sides: dict[Side, list[Any]] = {side: [] for side in Side}
    for side, parcel in parcels:
        sides[side] += pickle.loads(parcel)  # noqa: S301 -- packed by the process that sent it
    return sides[Side.NEED], sides[Side.OFFER]
