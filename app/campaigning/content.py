"""What people write of a campaign: how it is tidied, and all that is wrong with it at once."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.campaigning import areas, goals, thresholds, tier_checks
from app.campaigning.goals import LONGEST_WHAT
from app.campaigning.rules import Breadth
from app.campaigning.tier_checks import LONGEST_REWARD
from app.campaigning.words import Mode, Type
from app.db.campaign_documents import CampaignContent, CampaignRules
from app.failures import Problem
from app.text import SHRINKS, TOWERS, composed, fold, has_towers

LONGEST_TITLE, LONGEST_STORY, LONGEST_CATEGORY, LONGEST_AREA = 200, 20_000, 100, 100
MOST_ROUND_DAYS, MOST_DAYS_AHEAD = 90, 366


@dataclass(frozen=True, slots=True)
class Frame:
    """What a campaign has to fit into.

    Attributes:
        rules: those of the space.
        categories: those of the space.
        is_currency: says whether a text is a code of ISO 4217.
        at: when it opens at the earliest: now, or of one that is open when it was opened.

    """

    rules: CampaignRules
    categories: Sequence[str]
    is_currency: Callable[[str], bool]
    at: datetime


def category_key(category: str) -> str:
    """Return a category as it is compared: `Care/Elderly` is `care/elderly/`.

    The key of a category begins with the keys of those above it.
    """
    return "".join(f"{word.strip()}/" for word in fold(category).split("/"))


def tidied(content: CampaignContent, frame: Frame) -> CampaignContent:
    """Return what was written without blanks around, composed, and spelled as the space spells.

    A text that is too long in any form stays as it is, to be refused.
    """
    tidy: Any = {
        **content,
        "title": composed(content["title"], LONGEST_TITLE),
        "story": composed(content["story"], LONGEST_STORY),
        "category": _spelled(content["category"], frame.categories),
        "goals": [
            {
                **goal,
                "what": composed(goal["what"], LONGEST_WHAT),
                "currency": goal["currency"] and goal["currency"].strip().upper(),
            }
            for goal in content["goals"]
        ],
        "tiers": [
            {
                **tier,
                "name": composed(tier["name"], tier_checks.LONGEST_NAME),
                "reward": composed(tier["reward"], LONGEST_REWARD),
                "rights": list(dict.fromkeys(tier["rights"])),
            }
            for tier in content["tiers"]
        ],
        "thresholds": [
            {**one, "name": composed(one["name"], thresholds.LONGEST_NAME)}
            for one in content["thresholds"]
        ],
    }
    if content["area"] is not None:
        tidy["area"] = area = composed(content["area"], LONGEST_AREA)
        if len(area) <= LONGEST_AREA:
            tidy["area"] = areas.spelled(area, frame.rules["areas"]) or area
    return tidy  # type: ignore[no-any-return]


def problems(content: CampaignContent, frame: Frame) -> list[Problem]:
    """Return all that is wrong with what was written, each by its path and how to mend it.

    It has to be tidied before.
    """
    found = [
        *_words(content),
        *_place(content, frame.rules),
        *_scope(content, frame),
        *_opening(content, frame),
        *_deadline(content, frame),
        *_round(content),
    ]
    return [
        *(Problem(path, message) for path, message in found),
        *goals.problems(content["goals"], content["mode"], frame.is_currency),
        *tier_checks.problems(content["tiers"], content["goals"]),
        *thresholds.problems(content["thresholds"], content["goals"]),
        *_signs(content),
    ]


Found = Iterator[tuple[str, str]]


def _words(content: CampaignContent) -> Found:
    if content["type"] not in set(Type):
        yield "type", f"Give one of {', '.join(Type)}."
    if content["mode"] not in set(Mode):
        yield "mode", f"Give one of {', '.join(Mode)}."
    if not 1 <= len(content["title"]) <= LONGEST_TITLE:
        yield "title", f"Give 1 to {LONGEST_TITLE} characters, not {len(content['title'])}."
    if len(content["story"]) > LONGEST_STORY:
        yield "story", f"Give at most {LONGEST_STORY} characters, not {len(content['story'])}."


def _place(content: CampaignContent, rules: CampaignRules) -> Found:
    if content["place"] is not None:
        longitude, latitude = content["place"]["coordinates"]
        if not -180 <= longitude <= 180:  # noqa: PLR2004 - said below
            yield "place.longitude", "Give degrees from -180 to 180."
        if not -90 <= latitude <= 90:  # noqa: PLR2004 - said below
            yield "place.latitude", "Give degrees from -90 to 90."
    area = content["area"]
    if area is not None and not 1 <= len(area) <= LONGEST_AREA:
        yield "area", f"Give 1 to {LONGEST_AREA} characters, or leave it out."
    elif area is not None and areas.spelled(area, rules["areas"]) is None:
        yield "area", "Give one of the areas of the space."


def _scope(content: CampaignContent, frame: Frame) -> Found:
    """Yield that a campaign is outside what its space is for."""
    category = content["category"]
    if len(category) > LONGEST_CATEGORY:
        yield "category", f"Give at most {LONGEST_CATEGORY} characters."
        return
    if category and not all(word.strip() for word in category.split("/")):
        yield "category", "Leave no word of the path empty: `energy/solar`."
    if frame.rules["breadth"] != Breadth.SPECIALISED:
        return
    key = category_key(category)
    if not any(key.startswith(category_key(known)) for known in frame.categories):
        known = ", ".join(frame.categories) or "none so far"
        yield "category", f"Give a category of the space, or a path that begins with it: {known}."


def _opening(content: CampaignContent, frame: Frame) -> Found:
    opens_at = content["opens_at"]
    if opens_at is not None and opens_at - frame.at > timedelta(days=MOST_DAYS_AHEAD):
        yield "opens_at", f"Give an instant within {MOST_DAYS_AHEAD} days."


def _deadline(content: CampaignContent, frame: Frame) -> Found:
    deadline, longest = content["deadline"], frame.rules["longest_days"]
    if deadline is None:
        if content["mode"] != Mode.KEEP_IT_ALL:
            yield "deadline", f"Give a deadline: {content['mode']} is decided then."
        return
    opens_at = max(content["opens_at"] or frame.at, frame.at)
    if deadline <= opens_at:
        yield "deadline", "Give an instant after the opening."
    elif deadline - opens_at > timedelta(days=longest):
        yield "deadline", f"Give an instant at most {longest} days after the opening."


def _round(content: CampaignContent) -> Found:
    days = content["round_days"]
    if content["mode"] != Mode.ROUNDS:
        if days is not None:
            yield "round_days", "Leave it out: only ROUNDS have a second round."
    elif days is None or not 1 <= days <= MOST_ROUND_DAYS:
        yield "round_days", f"Give 1 to {MOST_ROUND_DAYS} days for the second round."


def _signs(content: CampaignContent) -> Iterator[Problem]:
    """Yield which texts cannot be shown, or have signs that no language writes so."""
    texts = {"title": content["title"], "story": content["story"]}
    texts |= {"category": content["category"], "area": content["area"] or ""}
    texts |= {f"goals.{n}.what": goal["what"] for n, goal in enumerate(content["goals"])}
    for n, tier in enumerate(content["tiers"]):
        texts |= {f"tiers.{n}.name": tier["name"], f"tiers.{n}.reward": tier["reward"]}
    texts |= {f"thresholds.{n}.name": one["name"] for n, one in enumerate(content["thresholds"])}
    for path, text in texts.items():
        if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text if sign not in "\n\t"):
            yield Problem(path, "Leave out control characters.")
        if has_towers(text):
            yield Problem(path, TOWERS)


def _spelled(category: str, categories: Sequence[str]) -> str:
    """Return a category as the space spells it, or the part of a path that it spells."""
    if len(category) > SHRINKS * LONGEST_CATEGORY:
        return category
    words = "/".join(composed(word, LONGEST_CATEGORY) for word in category.split("/"))
    key = category_key(words)
    for known in sorted(categories, key=len, reverse=True):
        if key.startswith(category_key(known)):
            rest = words.split("/")[len(known.split("/")) :]
            return "/".join([known, *rest])
    return words
