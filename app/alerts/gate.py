"""The gate: whether somebody is told, and if not, why not. One gate decides for every path."""

from enum import StrEnum


class Withheld(StrEnum):
    """Why a notice was not delivered; it is kept with this reason, so that one can ask."""

    NOT_VISIBLE = "NOT_VISIBLE"
    OVERTAKEN = "OVERTAKEN"


def withheld(*, visible: bool, overtaken: bool) -> Withheld | None:
    """Return why this person is not told, or None to tell them.

    Args:
        visible: whether the person may read the space of the alert at this moment.
        overtaken: whether the alert was over before this person's first notice could be written.

    """
    if not visible:
        return Withheld.NOT_VISIBLE
    if overtaken:
        return Withheld.OVERTAKEN
    return None
