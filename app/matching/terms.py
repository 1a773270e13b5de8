"""The words of the matchmaker: sides, kinds, commitments, statuses, parts of a score, modes."""

from enum import StrEnum


class Side(StrEnum):
    """Which of the two somebody is in a match."""

    NEED = "NEED"
    OFFER = "OFFER"

    @property
    def other(self) -> "Side":
        """Return the side across."""
        return Side.OFFER if self is Side.NEED else Side.NEED


class Kind(StrEnum):
    """What is given."""

    ITEM = "ITEM"
    SERVICE = "SERVICE"
    TIME = "TIME"
    SPACE = "SPACE"


class Commitment(StrEnum):
    """How long the two will have to do with each other."""

    SPOT = "SPOT"
    RECURRENT = "RECURRENT"
    LONG_TERM = "LONG_TERM"


class PostingStatus(StrEnum):
    """Whether a need or an offer still seeks a partner."""

    OPEN = "OPEN"
    FULFILLED = "FULFILLED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class Part(StrEnum):
    """What a score is made of."""

    CATEGORY = "CATEGORY"
    SKILLS = "SKILLS"
    DISTANCE = "DISTANCE"
    TIME = "TIME"
    LANGUAGE = "LANGUAGE"
    REPUTATION = "REPUTATION"


class Mode(StrEnum):
    """What is best for a whole space."""

    STABLE = "STABLE"
    OPTIMAL = "OPTIMAL"
    FAIR = "FAIR"
