"""What deeds of the matchmaker share: that a space is one, its rules, and how a score is told."""

from typing import TypedDict

from app.db.documents import Space
from app.db.match_documents import MatchingRules, MatchPart
from app.failures import NotAllowed
from app.matching.rules import rules_of
from app.matching.scoring import Score

MATCHMAKER = "MATCHMAKER"
# What is open of a need or an offer ends with it, in one transaction.
MOST_OPEN_OF_POSTING = 500
# What is open between two ends in one transaction by a block.
MOST_OPEN_BETWEEN = 20


class Scored(TypedDict):
    """A score as a plain document: the fields of `Worth`, and the parts."""

    total: float
    serves: float
    suits: float
    parts: list[MatchPart]


def insist_on_matchmaker(space: Space) -> None:
    """Let a deed pass only in a space that matches needs and offers.

    Raises:
        NotAllowed: it does not.

    """
    if MATCHMAKER not in space["enabled_models"]:
        message = "This space does not match needs and offers."
        raise NotAllowed(message, missing=f"{MATCHMAKER} among the models of the space")


def rules_in(space: Space) -> MatchingRules:
    """Return the rules by which a space matches."""
    return rules_of(space.get("matching"))


def scored(score: Score) -> Scored:
    """Return a score as a plain document."""
    parts = [part.document() for part in score.parts]
    total, serves, suits = score.worth
    return Scored(total=total, serves=serves, suits=suits, parts=parts)
