"""The rules of a space: those that it begins with are sound, and each fault is named."""

from typing import Any

import pytest

from app.broking.reputation import Merit
from app.broking.rules import amend, problems
from tests.broking.threads import rules

DEFAULTS = rules()


def test_a_space_begins_with_sound_rules() -> None:
    """They name what every act gives, and are nobody else's: each space has its own."""
    assert problems(DEFAULTS) == []
    assert set(DEFAULTS["reputation"]["gives"]) == set(Merit)
    assert rules() is not rules()
    assert rules()["routing"] is not rules()["routing"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"groups": {"SEEKERS": "patients"}}, "rules.groups"),
        ({"groups": {"SEEKERS": "patients", "EXPERTS": " "}}, "rules.groups"),
        ({"direction": "SIDEWAYS"}, "rules.direction"),
        ({"experts_join": "BY_LOT"}, "rules.experts_join"),
        ({"least_trust": {"score": -1, "or_level": None}}, "rules.least_trust.score"),
        ({"least_trust": {"score": 0, "or_level": "GURU"}}, "rules.least_trust.or_level"),
        ({"endorsements_needed": 0}, "rules.endorsements_needed"),
        ({"similarity_weights": {"text": 1}}, "rules.similarity_weights"),
        ({"ranking_weights": {"text": -1, "ngrams": 2}}, "rules.ranking_weights"),
        ({"ranking_weights": {"text": 0, "ngrams": 0}}, "rules.ranking_weights"),
        ({"ranking_weights": {"text": float("nan"), "ngrams": 1}}, "rules.ranking_weights"),
        ({"similarity_threshold": 1.1}, "rules.similarity_threshold"),
        ({"similarity_threshold": float("nan")}, "rules.similarity_threshold"),
        ({"most_load": 0}, "rules.most_load"),
        (
            {"routing": DEFAULTS["routing"] | {"expert_seconds": 0}},
            "rules.routing.expert_seconds",
        ),
        ({"reputation": {"gives": {"SMILED": 1}, "daily_cap": 1}}, "rules.reputation.gives.SMILED"),
        (
            {"reputation": {"gives": {"ADVICE_UP": float("inf")}, "daily_cap": 1}},
            "rules.reputation.gives.ADVICE_UP",
        ),
        (
            {"consents": {"FUN": {"text": "x", "version": 1, "least_version": 1}}},
            "rules.consents.FUN",
        ),
        (
            {"consents": {"RESEARCH": {"text": " ", "version": 1, "least_version": 1}}},
            "rules.consents.RESEARCH.text",
        ),
        (
            {"consents": {"RESEARCH": {"text": "x", "version": 1, "least_version": 2}}},
            "rules.consents.RESEARCH.least_version",
        ),
    ],
)
def test_a_fault_is_named_where_it_is(changes: dict[str, Any], path: str) -> None:
    """One fault, one problem, with how to mend it."""
    found = problems(rules(**changes))
    assert [problem.path for problem in found] == [path]
    assert found[0].message.endswith(".")


def test_nobody_becomes_an_expert_by_themselves_unless_the_space_says_so() -> None:
    """At first, moderators assign who advises."""
    assert DEFAULTS["experts_join"] == "BY_MODERATOR"
    assert problems(rules(experts_join="FREELY")) == []


def test_all_faults_are_named_at_once() -> None:
    """So that one need not mend them one by one."""
    found = problems(rules(direction="", most_load=-1, similarity_weights={}))
    assert len(found) == 3


def test_a_table_is_changed_line_by_line() -> None:
    """What is not named stays, and the rules have a new version; the old ones are untouched."""
    before = rules()
    changes = {
        "similarity_weights": {"tags": 1.0},
        "routing": {"most_experts": 1},
        "reputation": {"gives": {"ADVICE_UP": 7.0}},
        "least_trust": {"score": 3.0, "or_level": None},
    }
    after = amend(before, changes)
    expected = {"text": 0.5, "facets": 0.3, "tags": 1.0, "meaning": 0.3}
    assert after["similarity_weights"] == expected
    assert after["routing"] == before["routing"] | {"most_experts": 1}
    assert after["reputation"]["gives"] == before["reputation"]["gives"] | {"ADVICE_UP": 7.0}
    assert after["reputation"]["daily_cap"] == before["reputation"]["daily_cap"]
    assert after["least_trust"] == {"score": 3.0, "or_level": None}
    assert (before, after["version"]) == (rules(), 2)


def test_a_text_that_reads_otherwise_is_a_new_version_of_it() -> None:
    """The same text again is the same version; which versions count is changed by itself."""
    first = rules()
    text = first["consents"]["RESEARCH"]["text"]
    same = amend(first, {"consents": {"RESEARCH": {"text": text}}})
    assert same["consents"] == first["consents"]
    other = amend(same, {"consents": {"RESEARCH": {"text": "Use it."}}})
    assert other["consents"]["RESEARCH"] == {"text": "Use it.", "version": 2, "least_version": 1}
    strict = amend(other, {"consents": {"RESEARCH": {"least_version": 2}}})
    assert strict["consents"]["RESEARCH"] == {"text": "Use it.", "version": 2, "least_version": 2}


def test_a_further_purpose_begins_with_version_1() -> None:
    """A purpose without a text is a problem, and named as such."""
    asked = amend(rules(), {"consents": {"TEACHING": {"text": "Teach with it."}}})
    assert asked["consents"]["TEACHING"] == {
        "text": "Teach with it.",
        "version": 1,
        "least_version": 1,
    }
    empty = amend(rules(), {"consents": {"TEACHING": {"least_version": 1}}})
    assert [one.path for one in problems(empty)] == ["rules.consents.TEACHING.text"]
