"""The rules by which a space lets campaigns be made."""

from typing import Any

import pytest

from app.campaigning.rules import DEFAULTS, is_provider_allowed, may_create, problems, rules_of
from tests.campaigning.seeking import rules

KNOWN = frozenset({"built-in", "transfer"})


def test_a_space_that_says_nothing_has_the_defaults() -> None:
    """And one that says something has the rest of them; they are sound."""
    assert rules_of(None) == DEFAULTS
    assert rules_of({"longest_days": 40}) == rules(longest_days=40)
    assert problems(DEFAULTS, [], KNOWN) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"breadth": "WIDE"}, "rules.breadth"),
        ({"breadth": "SPECIALISED"}, "rules.breadth"),
        ({"creators": "ANYBODY"}, "rules.creators"),
        ({"longest_days": 0}, "rules.longest_days"),
        ({"longest_days": 367}, "rules.longest_days"),
        ({"providers": ["transfer"]}, ""),
        ({"providers": ["transfer", "barter"]}, "rules.providers.1"),
        ({"providers": ["transfer"] * 11}, "rules.providers"),
        ({"areas": ["Bern", " "]}, "rules.areas.1"),
        ({"areas": ["Bern"] * 1_001}, "rules.areas"),
        ({"area_floor": 0}, "rules.area_floor"),
    ],
)
def test_what_is_unsound_is_told_by_its_path(changes: dict[str, Any], path: str) -> None:
    """Each rule by itself."""
    assert [one.path for one in problems(rules(**changes), [], KNOWN)] == [path] * bool(path)


def test_a_specialised_space_needs_categories() -> None:
    """With one it is sound."""
    assert problems(rules(breadth="SPECIALISED"), ["energy"], KNOWN) == []


@pytest.mark.parametrize(
    ("creators", "is_member", "is_moderator", "may"),
    [
        ("MEMBER", False, False, False),
        ("MEMBER", True, False, True),
        ("MEMBER", False, True, True),
        ("MODERATOR", True, False, False),
        ("MODERATOR", True, True, True),
    ],
)
def test_who_may_make_campaigns(
    creators: str, is_member: bool, is_moderator: bool, may: bool
) -> None:
    """As the space says; strangers never."""
    given = rules(creators=creators)
    assert may_create(given, is_member=is_member, is_moderator=is_moderator) is may


def test_a_space_that_names_no_provider_takes_all() -> None:
    """And one that names some takes those alone."""
    assert is_provider_allowed(rules(), "transfer")
    assert is_provider_allowed(rules(providers=["transfer"]), "transfer")
    assert not is_provider_allowed(rules(providers=["transfer"]), "built-in")
