"""A pairing in parcels: the same as without, but for what it tells of places."""

import itertools
import pickle

from app.matching.candidates import rank
from app.matching.pairing import pair
from app.matching.parcels import (
    PARCEL_SIZE,
    Known,
    pack_people,
    packed,
    pair_known,
    unpack_pairs,
)
from app.matching.parties import Facts, Standing
from app.matching.rules import DEFAULTS
from app.matching.terms import Mode
from tests.matching.postings import HERE, NOON, facts, place, posting, rules


def test_it_is_the_same_pairing() -> None:
    """Postings and people come along in any number of parcels; the best pair comes back first."""
    count = 2 * PARCEL_SIZE + 10
    needs = [posting(f"n{n:03}", skills=["cook", "drive", "paint"][: n % 4]) for n in range(count)]
    offers = [posting(f"o{n:03}", skills=["cook", "drive"][: n % 3]) for n in range(count)]
    people = {f"usr_n{n:03}": Standing(reputation={"care": n / count}) for n in range(count)}
    halves = [dict(itertools.islice(people.items(), n, None, 2)) for n in range(2)]
    known = Known(NOON, DEFAULTS, [pack_people(half) for half in halves])
    parcels, sent = pickle.loads(  # noqa: S301 -- ours
        pickle.dumps(([*packed(needs, offers)], known))
    )
    outcome = pair_known(parcels, sent, Mode.STABLE)
    whole = pair(needs, offers, Facts(NOON, DEFAULTS, people), Mode.STABLE)
    pairs = [one for parcel in outcome.parcels for one in unpack_pairs(parcel)]
    assert pairs == rank(whole.pairs)
    assert max(len(unpack_pairs(parcel)) for parcel in outcome.parcels) <= PARCEL_SIZE
    assert (outcome.count, outcome.considered) == (len(pairs), whole.considered)
    assert (outcome.total, outcome.lowest) == (whole.total, whole.lowest)
    assert outcome.lone_needs == len(whole.lone_needs)
    assert outcome.lone_offers == len(whole.lone_offers)


def test_who_has_met_stays_apart() -> None:
    """Each gets the other offer, though only the best are judged, and those they have met."""
    few = rules(shortlist=1, most_candidates=1)
    needs = [posting("n1", skills=["cook"]), posting("n2", skills=["paint"])]
    offers = [posting("o1", skills=["cook"]), posting("o2", skills=["paint"])]
    met = frozenset({("n1", "o1"), ("n2", "o2")})
    for apart, expected in ((frozenset(), met), (met, {("n1", "o2"), ("n2", "o1")})):
        pairing = pair(needs, offers, facts(rules=few), Mode.STABLE, apart)
        assert {(one.need, one.offer) for one in pairing.pairs} == expected
        known = Known(NOON, few, apart=apart)
        outcome = pair_known([*packed(needs, offers)], known, Mode.STABLE)
        [parcel] = outcome.parcels
        assert {(one.need, one.offer) for one in unpack_pairs(parcel)} == expected


def test_scores_tell_no_exact_place() -> None:
    """Neither does a choice: of two in one cell, who is nearer makes no difference."""
    east, north = HERE
    need = posting("n", place=place(east, north), radius_metres=5_000.0)
    told = set()
    for one, other in ((0.0001, 0.002), (0.002, 0.0001)):
        offers = [posting("a", place=place(east + one, north))]
        offers.append(posting("b", place=place(east + other, north)))
        known = Known(NOON, DEFAULTS)
        [parcel] = pair_known([*packed([need], offers)], known, Mode.STABLE).parcels
        told |= set(unpack_pairs(parcel))
    [only] = told
    assert only.offer == "a"


def test_radii_tell_no_exact_place() -> None:
    """Ever smaller circles reach whoever is in the same cell, and nobody beyond."""
    east, north = HERE
    offers = [posting("o", place=place(east + 0.002, north))]
    for metres in (1.0, 50.0, 400.0):
        need = posting("n", place=place(east, north), radius_metres=metres)
        outcome = pair_known([*packed([need], offers)], Known(NOON, DEFAULTS), Mode.STABLE)
        assert (outcome.considered, outcome.count) == (1, 1)


def test_nothing_is_paired_with_nothing() -> None:
    """An empty space has no pairs, no total and no lowest."""
    outcome = pair_known([], Known(NOON, DEFAULTS), Mode.STABLE)
    assert (outcome.count, outcome.total, outcome.lowest, outcome.parcels) == (0, 0, None, ())
