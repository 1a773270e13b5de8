"""The gate: whether somebody is told, and if not, why not. One gate decides for every path."""

from enum import StrEnum


class Withheld(StrEnum):
    """Why a notice was not delivered; it is kept with this reason, so that one can ask."""

    NOT_VISIBLE = "NOT_VISIBLE"
    OVERTAKEN = "OVERTAKEN"
    UNSUBSCRIBED = "UNSUBSCRIBED"


def withheld(*, visible: bool, overtaken: bool, left: bool = False) -> Withheld | None:
    """Return why this person is not told, or None to tell them.

    Args:
        visible: whether the person may read the space of the alert at this moment.
        overtaken: whether the alert was over before this person's first notice could be written.
        left: whether the person took their subscription back after they were told of the alert.

    """
    if not visible:
        return Withheld.NOT_VISIBLE
    if overtaken:
        return Withheld.OVERTAKEN
    if left:
        return Withheld.UNSUBSCRIBED
    return None
