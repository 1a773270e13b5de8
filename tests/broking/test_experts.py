"""Whom to ask: who is passed over, what counts, and why."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.broking.experts import Candidate, rate, suggest
from app.broking.words import Level
from tests.broking.threads import rules, thread

KNOWS = {"migraine": Level.ENDORSED}
candidates = st.builds(
    Candidate,
    person=st.sampled_from(["ana", "ben", "cleo", "dev", "eli"]),
    levels=st.dictionaries(
        st.sampled_from(["Migraine", "aura", "garden"]), st.sampled_from(list(Level))
    ),
    advised=st.integers(0, 50),
    accepted=st.just(0),
    load=st.integers(0, 15),
    languages=st.sampled_from([(), ("en",), ("fr-CH", "de"), ("en-GB", "fr")]),
)


def expert(person: str = "ben", **changes: Any) -> Candidate:
    """Return an expert in the thread's subject who reads its language and has time."""
    plain: dict[str, Any] = {
        "levels": KNOWS,
        "advised": 0,
        "accepted": 0,
        "load": 0,
        "languages": ("en-GB",),
    }
    return Candidate(person, **plain | changes)


def order(*experts: Candidate, **changes: Any) -> list[str]:
    """Return in which order they are suggested for a thread."""
    return [one.person for one in suggest(thread(**changes), experts, rules())]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"levels": {"migraine": Level.VERIFIED}}, {"levels": {"migraine": Level.ENDORSED}}),
        ({"levels": {"MIGRAINE": Level.ENDORSED}}, {"levels": {"aura": Level.VERIFIED}}),
        ({"advised": 4, "accepted": 4}, {"advised": 4, "accepted": 1}),
        ({"advised": 9, "accepted": 9}, {"advised": 1, "accepted": 1}),
        ({}, {"advised": 4, "accepted": 1}),
        ({"load": 1}, {"load": 2}),
        ({"languages": ("en",)}, {"languages": ("fr",)}),
    ],
)
def test_each_part_counts(better: dict[str, Any], worse: dict[str, Any]) -> None:
    """All else being equal, the part decides, whatever the names are."""
    assert order(expert("zoe", **better), expert("abe", **worse)) == ["zoe", "abe"]


@pytest.mark.parametrize(
    ("passed", "changes"),
    [
        (expert("ana"), {}),
        (expert("ben"), {"route": {"asked": ["ben"]}}),
        (expert("ben", load=10), {}),
        (expert("ben", levels={"garden": Level.VERIFIED}), {}),
        (expert("ben", levels={}), {}),
    ],
)
def test_some_are_passed_over(passed: Candidate, changes: dict[str, Any]) -> None:
    """The asker, who was asked, who has enough to do, and who knows nothing of it."""
    assert order(passed, expert("cleo"), **changes) == ["cleo"]


def test_a_suggestion_says_why() -> None:
    """Each part with its share of the score, and sentences."""
    found = rate(thread(), expert(advised=4, accepted=3, load=1), rules())
    assert found is not None
    assert {name: part.value for name, part in found.parts.items()} == {
        "subject": 1,
        "level": 0.6,
        "acceptance": 4 / 6,
        "load": 0.9,
        "language": 1,
    }
    assert found.score == round(0.35 + 0.25 * 0.6 + 0.15 * 4 / 6 + 0.15 * 0.9 + 0.1, 9)
    assert found.reasons == [
        "They know migraine: ENDORSED.",
        "Of their 4 replies with advice in this subject, 3 were accepted.",
        "1 thread waits for them, of at most 10.",
        "They read en.",
    ]


def test_a_newcomer_is_unknown_and_not_bad() -> None:
    """They stand between those who helped and those who did not; what is not said is not held."""
    found = rate(thread(), expert(languages=(), levels={"aura": Level.SELF_DECLARED}), rules())
    assert found is not None
    assert found.parts["acceptance"].value == 0.5
    assert found.parts["language"].value is None
    assert found.parts["language"].weight == 0
    assert found.reasons == [
        "They know aura, though not migraine itself: SELF_DECLARED.",
        "They have not advised in this subject yet: neither good nor bad.",
        "0 threads wait for them, of at most 10.",
        "They did not say which languages they read.",
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(candidates, max_size=6, unique_by=lambda one: one.person), st.integers(0, 4))
def test_suggestions_are_ordered_explained_and_the_same_for_any_order(
    found: list[Candidate], limit: int
) -> None:
    """Scores are in [0, 1], fall, and are the sum of their parts by the shares shown."""
    suggested = suggest(thread(), found, rules(), limit)
    assert suggested == suggest(thread(), reversed(found), rules(), limit)
    assert len(suggested) <= limit
    assert [one.score for one in suggested] == sorted((o.score for o in suggested), reverse=True)
    for one in suggested:
        total = sum((part.value or 0) * part.weight for part in one.parts.values())
        assert math.isclose(one.score, total, abs_tol=1e-9)
        assert 0 <= one.score <= 1
        assert one.person != "ana"
