"""Whole spaces: stable, optimal and fair against brute force, and the same in any order."""

import itertools
import math
import pickle
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.failures import InvalidInput
from app.matching import assignment
from app.matching.candidates import Candidate, among_all, needs_for, offers_for, rank
from app.matching.fair import match_fairly
from app.matching.grid import Nearby
from app.matching.optimal import match_optimally
from app.matching.pairing import pair
from app.matching.parcels import packed, pair_parcels
from app.matching.parties import party
from app.matching.scoring import Worth
from app.matching.stable import match_stably, need_rank, offer_rank
from app.matching.terms import Mode
from app.places import metres_between
from tests.matching.postings import HERE, facts, markets, place, posting, rules

Market = tuple[list[Candidate], dict[str, int]]
SOLVERS = [match_stably, match_optimally, match_fairly]
LINES = st.tuples(st.integers(-60, 60), st.integers(-60, 60))


def load(pairs: Sequence[Candidate]) -> Counter[str]:
    """Return how many partners everybody has."""
    return Counter(id for one in pairs for id in (one.need, one.offer))


def fits(pairs: Sequence[Candidate], seats: Mapping[str, int]) -> bool:
    """Say whether nobody has more partners than seats."""
    return all(count <= seats[id] for id, count in load(pairs).items())


def every_matching(candidates: Sequence[Candidate], seats: Mapping[str, int]) -> Iterator[Any]:
    """Yield every matching there is."""
    for size in range(len(candidates) + 1):
        for pairs in itertools.combinations(candidates, size):
            if fits(pairs, seats):
                yield pairs


def total(pairs: Sequence[Candidate]) -> float:
    """Return the sum of the scores."""
    return math.fsum(one.worth.total for one in pairs)


def blocking(
    pairs: Sequence[Candidate], candidates: Sequence[Candidate], seats: Mapping[str, int]
) -> list[Candidate]:
    """Return the pairs that would both rather have each other than what they were given."""
    by_need: dict[str, list[Candidate]] = {id: [] for id in seats}
    by_offer: dict[str, list[Candidate]] = {id: [] for id in seats}
    for one in pairs:
        by_need[one.need].append(one)
        by_offer[one.offer].append(one)

    def wants(own: list[Candidate], rank: Any, one: Candidate, count: int) -> bool:
        return len(own) < count or (count > 0 and rank(one) < max(map(rank, own)))

    return [
        one
        for one in set(candidates) - set(pairs)
        if wants(by_need[one.need], need_rank, one, seats[one.need])
        and wants(by_offer[one.offer], offer_rank, one, seats[one.offer])
    ]


@settings(max_examples=150, deadline=None)
@given(markets(seats_up_to=3))
def test_stable_leaves_no_blocking_pair(market: Market) -> None:
    """With seats on both sides, with ties, with people who fit nobody."""
    pairs = match_stably(*market)
    assert fits(pairs, market[1])
    assert blocking(pairs, *market) == []


@settings(max_examples=80, deadline=None)
@given(markets(most=3, seats_up_to=1))
def test_stable_is_the_best_stable_one_for_every_need(market: Market) -> None:
    """No need has a better partner in any other stable matching."""
    candidates, seats = market
    mine = {one.need: need_rank(one) for one in match_stably(candidates, seats)}
    for pairs in every_matching(candidates, seats):
        if not blocking(pairs, candidates, seats):
            assert {one.need for one in pairs} == set(mine)
            assert all(mine[one.need] <= need_rank(one) for one in pairs)


@settings(max_examples=100, deadline=None)
@given(markets(seats_up_to=2))
def test_optimal_equals_brute_force(market: Market) -> None:
    """No matching has a greater sum of scores."""
    pairs = match_optimally(*market)
    assert fits(pairs, market[1])
    assert len(set(pairs)) == len(pairs)
    best = max(total(other) for other in every_matching(*market))
    assert total(pairs) == pytest.approx(best)


@settings(max_examples=100, deadline=None)
@given(markets(seats_up_to=2))
def test_fair_equals_brute_force(market: Market) -> None:
    """As many as can be; of these the lowest score as high as can be; of these the most in sum."""

    def merit(pairs: Sequence[Candidate]) -> tuple[int, float, float]:
        lowest = min((one.worth.total for one in pairs), default=0)
        return len(pairs), round(lowest, 9), round(total(pairs), 9)

    pairs = match_fairly(*market)
    assert fits(pairs, market[1])
    assert merit(pairs) == max(merit(other) for other in every_matching(*market))


@pytest.mark.parametrize("solve", SOLVERS)
@settings(max_examples=40, deadline=None)
@given(market=markets(seats_up_to=2), seed=st.integers(0, 99))
def test_the_order_of_candidates_does_not_matter(solve: Any, market: Market, seed: int) -> None:
    """The same pairs come out, in the same order."""
    candidates, seats = market
    shuffled = random.Random(seed).sample(candidates, len(candidates))  # noqa: S311 -- a shuffle
    found = solve(candidates, seats)
    assert found == solve(shuffled, seats)
    assert found == sorted(found, key=lambda one: (one.need, one.offer))


def lot(count: int, name: str, **changes: Any) -> list[Any]:
    """Return many postings around a town, the same on each run."""
    chance = random.Random(name)  # noqa: S311 -- a town, no secret
    return [
        posting(
            f"{name}_{n:04}",
            category=chance.choice(["care", "food", "repair"]),
            skills=chance.sample("abcdef", chance.randint(0, 3)),
            place=place(HERE[0] + chance.uniform(-0.3, 0.3), HERE[1] + chance.uniform(-0.2, 0.2)),
            radius_metres=chance.choice([None, 3_000.0, 10_000.0]),
            capacity=chance.randint(1, 3),
        )
        | changes
        for n in range(count)
    ]


@pytest.mark.parametrize("mode", Mode)
def test_a_space_is_paired_alike_in_any_order(mode: Mode) -> None:
    """It can be sent to another process, and says who stays alone."""
    needs, offers = lot(60, "need"), lot(60, "offer")
    parcels, known, how = pickle.loads(  # noqa: S301 -- ours
        pickle.dumps(([*packed(needs, offers)], facts(), mode))
    )
    result = pair_parcels(parcels, known, how)
    assert result == pair(needs[::-1], offers[::-1], facts(), mode)
    assert result.mode is mode
    chosen = {one.need for one in result.pairs}
    assert chosen.isdisjoint(result.lone_needs)
    assert len(chosen) + len(result.lone_needs) == len(needs)
    assert result.lowest == min(one.worth.total for one in result.pairs)


def test_each_way_of_pairing_is_best_at_what_it_is_for() -> None:
    """OPTIMAL has the greatest sum, FAIR the most pairs."""
    needs, offers = lot(50, "need"), lot(40, "offer")
    stable, optimal, fair = (pair(needs, offers, facts(), mode) for mode in Mode)
    assert optimal.total >= max(stable.total, fair.total) - 1e-9
    assert len(fair.pairs) >= max(len(stable.pairs), len(optimal.pairs))
    assert stable.considered == optimal.considered == fair.considered


@pytest.mark.parametrize("mode", Mode)
def test_a_space_without_partners_is_paired_too(mode: Mode) -> None:
    """Nothing at all, needs alone, and a pair that may not be."""
    assert pair([], [], facts(), mode).pairs == ()
    assert pair(lot(3, "need"), [], facts(), mode).lowest is None
    own = [posting("need", owner="ada")], [posting("offer", owner="ada")]
    assert pair(*own, facts(), mode).pairs == ()


def test_without_a_solver_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure names the extra that is missing."""
    assignment.insist_on_solver()
    monkeypatch.setattr(assignment, "can_solve", lambda: False)
    with pytest.raises(InvalidInput, match=r"fivefold\[matching\]"):
        assignment.insist_on_solver()


def test_candidates_come_best_first_and_ties_by_identifier() -> None:
    """Of equals the first identifier comes first, however they came."""
    found = [
        Candidate(need, offer, Worth(total, total, total))
        for need, offer, total in [("a", "z", 0.5), ("a", "y", 0.5), ("b", "x", 0.9)]
    ]
    assert [one.offer for one in rank(found)] == ["x", "y", "z"]
    assert rank(found) == rank(found[::-1])


def test_suggestions_leave_out_what_may_not_be_and_what_is_poor() -> None:
    """From either side, at most as many as the space wants."""
    need = posting("need", skills=["a"], category="care")
    offers = [
        posting("best", skills=["a"]),
        posting("good", skills=["b"]),
        posting("closed", status="WITHDRAWN"),
        posting("poor", skills=["b"], category="food", languages=["tr"]),
    ]
    bar = facts(rules=rules(least_score=0.7))
    assert [one.offer for one in offers_for(need, offers, bar)] == ["best", "good"]
    one_only = facts(rules=rules(most_candidates=1))
    assert [one.offer for one in offers_for(need, offers, one_only)] == ["best"]
    assert [one.need for one in needs_for(offers[0], [need], bar)] == ["need"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(LINES, max_size=30), LINES, st.sampled_from([900.0, 4_000.0, math.inf]),
    st.integers(1, 12), st.sampled_from([(13.4, 52.5), (180, 0), (0, 89.99), (-180, -89.9)]),
)  # fmt: skip
def test_the_grid_finds_the_nearest(
    spots: list[tuple[int, int]], at: tuple[int, int], reach: float, most: int, town: Any
) -> None:
    """The same as looking at all of them, over the date line and at the poles too."""

    def there(east: int, north: int) -> Any:
        longitude = (town[0] + east / 1000 + 180) % 360 - 180
        return place(longitude, max(-90, min(90, town[1] + north / 1000)))

    now = facts()
    parties = [party(posting(f"o{n:02}", place=there(*spot)), now) for n, spot in enumerate(spots)]
    centre = party(posting("need", place=there(*at)), now).point
    assert centre is not None
    near = Nearby(parties).nearest(centre, reach, most)
    known = [(metres_between(centre, one.point), one.id) for one in parties if one.point]
    everything = sorted((round(metres), id) for metres, id in known if metres <= reach)
    distances = {id: round(metres) for metres, id in known}
    assert [distances[one.id] for one in near] == [metres for metres, _ in everything[:most]]


@pytest.mark.parametrize("somewhere", [True, False])
def test_a_whole_space_is_judged_as_each_need_alone_would_be(somewhere: bool) -> None:
    """With a long enough shortlist the grid leaves nobody out, with places and without."""
    places = {} if somewhere else {"place": None}
    needs, offers = lot(30, "need", **places), lot(40, "offer", **places)
    offers += lot(10, "online", place=None)
    now = facts(rules=rules(shortlist=1_000, most_candidates=500))
    parties = [[party(one, now) for one in side] for side in (needs, offers)]
    alone = [one for need in needs for one in offers_for(need, offers, now)]
    assert among_all(parties[0], parties[1], now) == alone


def test_needs_that_no_place_tells_apart_do_not_all_look_at_the_same_few() -> None:
    """A hundred needs and offers online: nearly every offer is somebody's candidate."""
    plain: dict[str, Any] = {"place": None, "category": "care", "skills": []}
    needs, offers = lot(100, "need", **plain), lot(100, "offer", **plain)
    now = facts(rules=rules(shortlist=10))
    parties = [[party(one, now) for one in side] for side in (needs, offers)]
    assert len({one.offer for one in among_all(parties[0], parties[1], now)}) > 90
