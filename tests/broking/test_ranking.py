"""The fused ranking: by rank, not by score; deterministic, and with its reasons."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.broking.ranking import fuse, ranks_by_score, top
from app.broking.words import Part

WEIGHTS = {"text": 1.0, "ngrams": 1.0}
found = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([0.1, 0.5, 2.0, 9.0]))


def test_ties_share_a_rank() -> None:
    """And the next one has as many before it."""
    assert ranks_by_score({"a": 2, "b": 5, "c": 5, "d": 1}) == {"b": 1, "c": 1, "a": 3, "d": 4}


def test_the_formula_is_that_of_the_paper() -> None:
    """1/(60 + rank), summed; shown as a share of the best that there could be."""
    fused = fuse({"text": {"a": 7.1, "b": 3.3}, "ngrams": {"b": 0.5, "c": 0.2}}, WEIGHTS)
    best = 2 / 61
    assert [one.id for one in fused] == ["b", "a", "c"]
    assert [one.score for one in fused] == pytest.approx(
        [(1 / 62 + 1 / 61) / best, (1 / 61) / best, (1 / 62) / best]
    )
    assert fused[1].parts == {"text": Part(1, 0.5), "ngrams": Part(0, 0.5)}
    assert fused[0].ranks == {"ngrams": 1, "text": 2}
    assert fused[0].reasons == ["Number 1 of 2 by ngrams.", "Number 2 of 2 by text."]


def test_what_every_search_has_first_scores_one() -> None:
    """Found by both beats found by one; weights decide what a search counts."""
    searches = {"text": {"a": 1.0, "b": 0.5}, "ngrams": {"a": 3.0, "c": 2.0}}
    assert fuse(searches, WEIGHTS)[0].score == 1
    heavier = fuse(searches, {"text": 1.0, "ngrams": 2.0})
    assert [one.id for one in heavier] == ["a", "c", "b"]


def test_equal_scores_stand_by_id() -> None:
    """Whichever search found them."""
    fused = fuse({"text": {"z": 1.0}, "ngrams": {"b": 9.0}}, WEIGHTS)
    assert [(one.id, one.score) for one in fused] == [("b", 0.5), ("z", 0.5)]


def test_nothing_found_is_an_empty_list() -> None:
    """Whether there were searches or not."""
    assert fuse({}, WEIGHTS) == []
    assert fuse({"text": {}, "ngrams": {}}, WEIGHTS) == []


def test_a_page_begins_after_a_place() -> None:
    """From the first, if that place is not there any more."""
    fused = fuse({"text": {"a": 3, "b": 2, "c": 1}}, WEIGHTS)
    assert [one.id for one in top(fused, 2)] == ["a", "b"]
    assert [one.id for one in top(fused, 2, after="a")] == ["b", "c"]
    assert [one.id for one in top(fused, 1, after="gone")] == ["a"]


@settings(max_examples=150, deadline=None)
@given(found, found)
def test_the_order_in_which_it_was_found_does_not_matter(
    text: dict[str, float], ngrams: dict[str, float]
) -> None:
    """The same scores give the same ranking, of all that was found and nothing else."""
    shuffled = dict(reversed(text.items()))
    fused = fuse({"text": text, "ngrams": ngrams}, WEIGHTS)
    assert fused == fuse({"ngrams": ngrams, "text": shuffled}, WEIGHTS)
    assert {one.id for one in fused} == text.keys() | ngrams.keys()
    assert all(0 < one.score <= 1 for one in fused)


@settings(max_examples=100, deadline=None)
@given(found, found, st.sampled_from("abcdefgh"))
def test_being_found_better_never_harms(
    text: dict[str, float], ngrams: dict[str, float], id: str
) -> None:
    """A document that one search now has first stands no lower than before."""
    before = [one.id for one in fuse({"text": text, "ngrams": ngrams}, WEIGHTS)]
    after = [one.id for one in fuse({"text": text | {id: 99.0}, "ngrams": ngrams}, WEIGHTS)]
    if id in before:
        assert after.index(id) <= before.index(id)
