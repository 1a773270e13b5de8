"""The rules by which a space lets campaigns be made: what holds at first, and what is unsound."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from app.db.campaign_documents import CampaignRules
from app.failures import Problem

LONGEST_DAYS = 366
MOST_PROVIDERS, MOST_AREAS, LONGEST_NAME = 10, 1_000, 100
HIGHEST_FLOOR = 1_000


class Breadth(StrEnum):
    """Whether a space is for campaigns of any kind, or for those of its categories alone."""

    GENERAL = "GENERAL"
    SPECIALISED = "SPECIALISED"


class Creators(StrEnum):
    """Who may make campaigns in a space."""

    MEMBER = "MEMBER"
    MODERATOR = "MODERATOR"


DEFAULTS = CampaignRules(
    breadth=Breadth.GENERAL,
    creators=Creators.MEMBER,
    review=True,
    longest_days=LONGEST_DAYS,
    providers=[],
    validation=True,
    anonymous=True,
    areas=[],
    area_floor=5,
)


def rules_of(stored: Mapping[str, Any] | None) -> CampaignRules:
    """Return a space's rules, with the defaults where it says nothing."""
    given: Any = DEFAULTS | dict(stored or {})
    return given  # type: ignore[no-any-return]


def may_create(rules: CampaignRules, *, is_member: bool, is_moderator: bool) -> bool:
    """Say whether somebody with this standing in a space may make campaigns there."""
    return is_moderator or (is_member and rules["creators"] == Creators.MEMBER)


def is_provider_allowed(rules: CampaignRules, provider: str) -> bool:
    """Say whether money may come through a payment provider."""
    return not rules["providers"] or provider in rules["providers"]


def problems(
    rules: CampaignRules,
    categories: list[str],
    providers: frozenset[str],
    path: str = "rules",
) -> list[Problem]:
    """Return all that is wrong with a space's rules, each with how to mend it.

    Args:
        rules: as they would be.
        categories: those of the space.
        providers: the payment providers that the server knows.
        path: where the rules stand in the input.

    """
    found = [*_words(rules, categories), *_numbers(rules), *_lists(rules, providers)]
    return [Problem(f"{path}.{field}", message) for field, message in found]


Found = Iterator[tuple[str, str]]


def _words(rules: CampaignRules, categories: list[str]) -> Found:
    if rules["breadth"] not in set(Breadth):
        yield "breadth", f"Give one of {', '.join(Breadth)}."
    if rules["breadth"] == Breadth.SPECIALISED and not categories:
        yield "breadth", "Give the space categories first: without any, nothing would be allowed."
    if rules["creators"] not in set(Creators):
        yield "creators", f"Give one of {', '.join(Creators)}."


def _numbers(rules: CampaignRules) -> Found:
    if not 1 <= rules["longest_days"] <= LONGEST_DAYS:
        yield "longest_days", f"Give 1 to {LONGEST_DAYS}."
    if not 1 <= rules["area_floor"] <= HIGHEST_FLOOR:
        yield "area_floor", f"Give 1 to {HIGHEST_FLOOR}."


def _lists(rules: CampaignRules, providers: frozenset[str]) -> Found:
    if len(rules["providers"]) > MOST_PROVIDERS:
        yield "providers", f"Give at most {MOST_PROVIDERS}, not {len(rules['providers'])}."
    for n, provider in enumerate(rules["providers"][:MOST_PROVIDERS]):
        if provider not in providers:
            known = ", ".join(sorted(providers)) or "none"
            yield f"providers.{n}", f"There is no such provider here. There is: {known}."
    if len(rules["areas"]) > MOST_AREAS:
        yield "areas", f"Give at most {MOST_AREAS}, not {len(rules['areas'])}."
    for n, area in enumerate(rules["areas"][:MOST_AREAS]):
        if not 1 <= len(area.strip()) <= LONGEST_NAME:
            yield f"areas.{n}", f"Give 1 to {LONGEST_NAME} characters."
