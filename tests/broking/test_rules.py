"""The rules of a space: those that it begins with are sound, and each fault is named."""

from typing import Any

import pytest

from app.broking.reputation import Merit
from app.broking.rules import problems
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
        ({"reputation": {"gives": {"SMILED": 1}, "daily_cap": 1}}, "rules.reputation.gives"),
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


def test_all_faults_are_named_at_once() -> None:
    """So that one need not mend them one by one."""
    found = problems(rules(direction="", most_load=-1, similarity_weights={}))
    assert len(found) == 3
