"""How alike threads are: a symmetric score whose parts explain it."""

import math

import pytest
from hypothesis import given, settings

from app.broking.similarity import similar, similarity
from app.broking.words import Part
from app.db.thread_documents import Facet, Thread
from tests.broking.threads import contents, facet, rules, thread

WEIGHTS = rules()["similarity_weights"]


def of_facets(one: list[Facet], other: list[Facet]) -> float | None:
    """Return the part of the facets of two threads."""
    return similarity(thread(facets=one), thread(facets=other), WEIGHTS).parts["facets"].value


def test_a_thread_is_as_like_itself_as_can_be() -> None:
    """All parts are 1, and so is the score."""
    one = thread(facets=[facet("aura"), facet("fever", "ABSENT")])
    found = similarity(one, one, WEIGHTS)
    assert found.score == 1
    assert found.parts == {"text": Part(1, 0.5), "facets": Part(1, 0.3), "tags": Part(1, 0.2)}


def test_the_reasons_name_what_is_shared() -> None:
    """And what speaks against it, and what is not known."""
    one = thread(facets=[facet("Aura"), facet("fever", "ABSENT"), facet("nausea")])
    two = thread(
        facets=[facet("aura"), facet("fever", "ABSENT"), facet("nausea", "ABSENT")],
        title="Zigzags",
        text="and pain",
        tags=[],
    )
    assert similarity(one, two, WEIGHTS).reasons == [
        "Both speak of pain, zigzag-.",
        "Present in both: aura.",
        "Absent in both: fever.",
        "Present in one and absent in the other: nausea.",
        "Both are about migraine.",
    ]
    assert similarity(one, thread(), WEIGHTS).reasons[-1] == "Nothing is known of facets."


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("PRESENT", "PRESENT", 1),
        ("ABSENT", "ABSENT", 1),
        ("PRESENT", "ABSENT", 0),
        ("PRESENT", "UNKNOWN", None),
        ("UNKNOWN", "UNKNOWN", None),
    ],
)
def test_what_is_unknown_does_not_count(one: str, other: str, value: float | None) -> None:
    """As in Gower's coefficient."""
    assert of_facets([facet("aura", one)], [facet("aura", other)]) == value


def test_that_both_lack_something_says_less() -> None:
    """A trait that both have weighs twice as much as one that both lack."""
    here = [facet("aura"), facet("fever", "ABSENT")]
    assert of_facets(here, [facet("aura"), facet("fever")]) == 0.5
    assert of_facets(here, [facet("aura", "ABSENT"), facet("fever", "ABSENT")]) == pytest.approx(
        1 / 3
    )


def test_words_are_compared_across_their_endings_and_accents() -> None:
    """Plurals and accents do not part them, in French and English; small words do not join them."""
    one = thread(title="Douleurs de l'épaule", text="")
    two = thread(title="la douleur a l epaule", text="")
    three = thread(title="de la dans le", text="")
    assert similarity(one, two, WEIGHTS).parts["text"].value == pytest.approx(1)
    assert similarity(one, three, WEIGHTS).parts["text"].value is None


def test_scripts_without_spaces_are_compared_by_neighbours() -> None:
    """Two sentences that share a word share its pairs of characters."""
    one = thread(title="頭痛がひどい", text="")
    two = thread(title="朝から頭痛", text="")
    value = similarity(one, two, WEIGHTS).parts["text"].value
    assert value is not None
    assert 0 < value < 1


def test_the_list_has_threshold_limit_and_a_firm_order() -> None:
    """The most alike first, then by id; without itself and what was merged into it."""
    one = thread()
    twins = [thread(_id=f"thr_{name}") for name in "cab"]
    merged = thread(_id="thr_d", duplicate_of="thr_one")
    far = thread(_id="thr_e", title="Seeds", text="Which soil?", subject="garden", tags=[])
    found = similar(one, [far, one, merged, *twins], rules())
    assert [each.thread for each in found] == ["thr_a", "thr_b", "thr_c"]
    assert len(similar(one, twins, rules(), limit=2)) == 2
    assert similar(one, twins, rules(), limit=-1) == []
    everything = similar(one, [far], rules(similarity_threshold=0))
    assert [each.score for each in everything] == [0]


@settings(max_examples=100, deadline=None)
@given(contents, contents)
def test_the_parts_explain_the_score_either_way_round(one: Thread, other: Thread) -> None:
    """The score is in [0, 1], the same both ways, and the sum of its parts by their weights."""
    found, back = similarity(one, other, WEIGHTS), similarity(other, one, WEIGHTS)
    assert 0 <= found.score <= 1
    assert (found.score, found.parts) == (back.score, back.parts)
    known = [part for part in found.parts.values() if part.value is not None]
    assert all(0 <= (part.value or 0) <= 1 for part in known)
    assert math.isclose(sum(part.weight for part in known), 1 if known else 0)
    total = sum((part.value or 0) * part.weight for part in known)
    assert math.isclose(found.score, total, abs_tol=1e-9)
