"""What a matchmaker does badly: long and committed relations, and what they ask for beforehand.

The research (M. Ozman and C. Gossart, "5 Platform Models for Social Businesses"): matching is good
for spot exchanges; longer relations fail for lack of trust or of joint objectives.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.db.match_documents import Match, MatchingRules
from app.matching.terms import Commitment, Side

RECOMMENDED_MODEL = "KNOWLEDGE_BROKER"
# In these, people of a space do something together; alerts only tell them the same.
COMMUNAL = frozenset({"KNOWLEDGE_BROKER", "POOL", "CROWDSOURCING"})


class Misfit(StrEnum):
    """Why a long relation may fail in a matchmaker."""

    TRUST_TOO_LOW = "TRUST_TOO_LOW"
    NO_JOINT_OBJECTIVE = "NO_JOINT_OBJECTIVE"
    NO_COMMUNITY = "NO_COMMUNITY"


@dataclass(frozen=True, slots=True)
class ModelMisfit:
    """A warning, not a refusal: the reasons, a sentence for each, and the model that fits more."""

    reasons: tuple[Misfit, ...]
    sentences: tuple[str, ...]
    recommended_model: str


class Lacking(StrEnum):
    """What a long match must have before it is confirmed."""

    JOINT_OBJECTIVE = "JOINT_OBJECTIVE"
    AGREEMENT = "AGREEMENT"
    AGREED_BY_NEED = "AGREED_BY_NEED"
    AGREED_BY_OFFER = "AGREED_BY_OFFER"

    @property
    def sentence(self) -> str:
        """Return how to mend it."""
        return _SENTENCES[self]


_SENTENCES: dict[str, str] = {
    Misfit.TRUST_TOO_LOW: "A long relation asks for more trust than is known of them.",
    Misfit.NO_JOINT_OBJECTIVE: "They have not said what they want to reach together.",
    Misfit.NO_COMMUNITY: "There is no community in the space that would carry them.",
    Lacking.JOINT_OBJECTIVE: "State the joint objective.",
    Lacking.AGREEMENT: "Write the text of the agreement.",
    Lacking.AGREED_BY_NEED: "Whoever needs must accept the text of the agreement.",
    Lacking.AGREED_BY_OFFER: "Whoever offers must accept the text of the agreement.",
}


def misfit(
    commitment: str,
    trusts: Sequence[float | None],
    rules: MatchingRules,
    *,
    joint_objective: str | None = None,
    community: bool = False,
) -> ModelMisfit | None:
    """Return what speaks against a LONG_TERM posting or match; None if nothing does.

    Args:
        commitment: only LONG_TERM is warned of.
        trusts: the trust in each person concerned, in [0, 1]; None is unknown, and too low.
        rules: those of the space.
        joint_objective: what the two want to reach together, if they have said it.
        community: whether there is one in the space (`has_community`).

    """
    if commitment != Commitment.LONG_TERM:
        return None
    least = rules["long_term_trust"]
    found = {
        Misfit.TRUST_TOO_LOW: any(trust is None or trust < least for trust in trusts),
        Misfit.NO_JOINT_OBJECTIVE: _blank(joint_objective),
        Misfit.NO_COMMUNITY: not community,
    }
    reasons = tuple(reason for reason, holds in found.items() if holds)
    if not reasons:
        return None
    return ModelMisfit(reasons, tuple(_SENTENCES[one] for one in reasons), RECOMMENDED_MODEL)


def has_community(models: Iterable[str]) -> bool:
    """Say whether people of a space with these models do anything together besides being matched.

    Who asks and advises, keeps a pool or supports something with others there has company in which
    a long relation can be carried.
    """
    return not COMMUNAL.isdisjoint(models)


def lacking(match: Match) -> list[Lacking]:
    """Return what a match must still have before it can be CONFIRMED; only LONG_TERM asks for it.

    `agreed_by` counts for the present text: whoever changes the text empties it.
    """
    if match["commitment"] != Commitment.LONG_TERM:
        return []
    found = {
        Lacking.JOINT_OBJECTIVE: _blank(match["joint_objective"]),
        Lacking.AGREEMENT: _blank(match["agreement"]),
        Lacking.AGREED_BY_NEED: Side.NEED not in match["agreed_by"],
        Lacking.AGREED_BY_OFFER: Side.OFFER not in match["agreed_by"],
    }
    return [one for one, holds in found.items() if holds]


def _blank(text: str | None) -> bool:
    return text is None or not text.strip()
