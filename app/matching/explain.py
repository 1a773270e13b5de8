"""Why two were matched, or were not: the score with its parts, or the constraints that failed."""

from dataclasses import dataclass

from app.db.match_documents import Posting
from app.matching.constraints import Broken, Constraint, broken
from app.matching.parties import Facts, party
from app.matching.scoring import PartScore, Score, score
from app.matching.traits import area_of

GOOD, FAIR = 0.7, 0.4


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a pair may be, what it would score, what forbids it, and all of it in words.

    `hidden` says that it must look as if there were no such pair: one has blocked the other, and
    neither is to learn it.
    """

    permitted: bool
    hidden: bool
    score: Score
    broken: tuple[Broken, ...]
    sentences: tuple[str, ...]


def explain(need: Posting, offer: Posting, facts: Facts) -> Explanation:
    """Return why, the most telling first: what forbids the pair, then parts by their weight."""
    one, other = party(need, facts), party(offer, facts)
    found, scored = broken(one, other, facts), score(one, other, facts)
    parts = sorted(scored.parts, key=lambda part: -part.weight)
    return Explanation(
        permitted=not found,
        hidden=any(item.constraint is Constraint.BLOCKED for item in found),
        score=scored,
        broken=tuple(found),
        sentences=(
            *(item.sentence for item in found),
            _total(scored, below=scored.worth.total < facts.rules["least_score"]),
            *(_phrase(part) for part in parts if part.weight),
        ),
    )


def shown(posting: Posting, facts: Facts) -> Posting:
    """Return a posting as somebody may know it before a match is confirmed: its place blurred."""
    if posting["place"] is None:
        return posting
    return {**posting, "place": area_of(posting, facts.rules["grid_metres"])}


def _total(scored: Score, *, below: bool) -> str:
    total, serves, suits = scored.worth
    mark = " That is less than the space asks for." if below else ""
    return (
        f"The score is {total:.2f}: the offer serves the need {_grade(serves)} ({serves:.2f}), and "
        f"the need suits the offer {_grade(suits)} ({suits:.2f}).{mark}"
    )


def _grade(value: float) -> str:
    if value >= GOOD:
        return "well"
    return "fairly" if value >= FAIR else "poorly"


def _phrase(part: PartScore) -> str:
    values = f"{part.serves:.2f}"
    if round(part.serves, 2) != round(part.suits, 2):
        values = f"{part.serves:.2f} for the need, {part.suits:.2f} for the offer"
    return f"{part.part.title()}, {part.weight:.0%} of the weight: {values}. {part.reason}"
