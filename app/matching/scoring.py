"""The mutual score of a need and an offer, out of named parts, each in [0, 1] with its reason.

`serves` is how well the offer serves the need, `suits` how well the need suits the offer: each a
weighted mean of the parts. The total is their geometric mean, so that both must be good.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.db.match_documents import MatchPart
from app.matching.parties import Facts, Party
from app.matching.spans import overlap
from app.matching.terms import Part
from app.places import metres_between, said

HOUR_SECONDS = 3600


class Worth(NamedTuple):
    """What a pair is worth, in [0, 1]: together, to the need, to the offer."""

    total: float
    serves: float
    suits: float


@dataclass(frozen=True, slots=True)
class PartScore:
    """One part: its share of the weight (all sum to 1), both its values, and why."""

    part: Part
    weight: float
    serves: float
    suits: float
    reason: str

    def document(self) -> MatchPart:
        """Return the part as a match keeps it."""
        return MatchPart(
            part=self.part,
            weight=self.weight,
            serves=self.serves,
            suits=self.suits,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True)
class Score:
    """A score with the parts that make it: `serves` is the sum of weight times part."""

    worth: Worth
    parts: tuple[PartScore, ...]


def worth(need: Party, offer: Party, facts: Facts) -> Worth:
    """Return the score without its reasons, for the many pairs that nobody will read."""
    serves = suits = 0.0
    for part, weight in facts.shares.items():
        if weight:
            served, suited = _PARTS[part].measure(need, offer, facts)
            serves += weight * served
            suits += weight * suited
    return _together(serves, suits)


def score(need: Party, offer: Party, facts: Facts) -> Score:
    """Return the score with every part, also those without weight, and why it is what it is.

    Distances are taken between the places as the postings name them (see `constraints.broken`).
    """
    parts = []
    for part, weight in facts.shares.items():
        serves, suits = _PARTS[part].measure(need, offer, facts)
        reason = _PARTS[part].say(need, offer, facts)
        parts.append(PartScore(part, weight, serves, suits, reason))
    return Score(worth(need, offer, facts), tuple(parts))


def _together(serves: float, suits: float) -> Worth:
    """Combine both directions; sums of shares may pass 1 by a rounding."""
    serves, suits = min(serves, 1.0), min(suits, 1.0)
    return Worth(math.sqrt(serves * suits), serves, suits)


class _Measured(NamedTuple):
    measure: Callable[[Party, Party, Facts], tuple[float, float]]
    say: Callable[[Party, Party, Facts], str]


def _category(need: Party, offer: Party, facts: Facts) -> tuple[float, float]:
    """Compare paths from the widest word on: `care/elderly` and `care/children` are half alike."""
    if need.category == offer.category:
        return 1.0, 1.0
    common = 0
    for one, other in zip(need.category, offer.category, strict=False):
        if one != other:
            break
        common += 1
    alike = common / max(len(need.category), len(offer.category))
    return alike, alike


def _say_category(need: Party, offer: Party, facts: Facts) -> str:
    alike, _ = _category(need, offer, facts)
    names = f"{need.posting['category']} and {offer.posting['category']}"
    if alike == 1:
        return f"Both are about {offer.posting['category']}."
    return f"{names} are {'related' if alike else 'different things'}."


def _skills(need: Party, offer: Party, facts: Facts) -> tuple[float, float]:
    """Say which share of what is needed is offered, and of what is offered is needed."""
    common = len(need.skills & offer.skills)
    return (
        common / len(need.skills) if need.skills else 1.0,
        common / len(offer.skills) if offer.skills else 1.0,
    )


def _say_skills(need: Party, offer: Party, facts: Facts) -> str:
    if not need.skills:
        return "The need asks for no skill."
    common = sorted(need.skills & offer.skills)
    if not common:
        return "None of the skills that are needed is offered."
    listed = ", ".join(common)
    return f"{len(common)} of {len(need.skills)} skills that are needed are offered: {listed}."


def _distance(need: Party, offer: Party, facts: Facts) -> tuple[float, float]:
    """Fall from 1 here to 0 at one's radius; without a radius, to a half at `far_metres`."""
    if need.point is None or offer.point is None:
        return 1.0, 1.0
    metres = metres_between(need.point, offer.point)
    far = facts.rules["far_metres"]
    return _near(metres, need.radius_metres, far), _near(metres, offer.radius_metres, far)


def _near(metres: float, radius: float | None, far: float) -> float:
    if radius is None:
        return far / (far + metres)
    return max(0.0, 1 - metres / radius) if radius else float(not metres)


def _say_distance(need: Party, offer: Party, facts: Facts) -> str:
    if need.point is None or offer.point is None:
        return "At least one of them is bound to no place."
    return f"They are about {said(metres_between(need.point, offer.point))} apart."


def _time(need: Party, offer: Party, facts: Facts) -> tuple[float, float]:
    """Say which share of the need's time is covered, and of what the offer could give of it."""
    if need.any_time or offer.any_time:
        return 1.0, 1.0
    common = overlap(need.spans, offer.spans)
    if not common:
        return 0.0, 0.0
    return common / need.seconds, common / min(need.seconds, offer.seconds)


def _say_time(need: Party, offer: Party, facts: Facts) -> str:
    if need.any_time or offer.any_time:
        return "At least one of them has time at any time."
    common = overlap(need.spans, offer.spans)
    if not common:
        return "They have no time in common."
    hours, of = common / HOUR_SECONDS, need.seconds / HOUR_SECONDS
    return f"{hours:.1f} of the {of:.1f} hours of the need lie within those of the offer."


def _language(need: Party, offer: Party, facts: Facts) -> tuple[float, float]:
    if not need.languages or not offer.languages or need.languages & offer.languages:
        return 1.0, 1.0
    return 0.0, 0.0


def _say_language(need: Party, offer: Party, facts: Facts) -> str:
    if not need.languages or not offer.languages:
        return "At least one of them asks for no language."
    common = sorted(need.languages & offer.languages)
    return f"Both speak {', '.join(common)}." if common else "They have no language in common."


def _reputation(need: Party, offer: Party, facts: Facts) -> tuple[float, float]:
    """Take each side's reputation as the other sees it."""
    return offer.reputation, need.reputation


def _say_reputation(need: Party, offer: Party, facts: Facts) -> str:
    said_of = []
    for name, party in (("who offers", offer), ("who needs", need)):
        known = party.posting["category"] in party.standing.reputation
        as_what = (
            f"{party.reputation:.2f}" if known else f"unknown, taken as {party.reputation:.2f}"
        )
        said_of.append(f"of {name}: {as_what}")
    return f"Reputation {'; '.join(said_of)}."


_PARTS: dict[Part, _Measured] = {
    Part.CATEGORY: _Measured(_category, _say_category),
    Part.SKILLS: _Measured(_skills, _say_skills),
    Part.DISTANCE: _Measured(_distance, _say_distance),
    Part.TIME: _Measured(_time, _say_time),
    Part.LANGUAGE: _Measured(_language, _say_language),
    Part.REPUTATION: _Measured(_reputation, _say_reputation),
}
