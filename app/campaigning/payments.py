"""What a payment provider tells, and what it means for a contribution, in whatever order it comes.

Providers repeat themselves, and later news can arrive before earlier ones. What is told is taken
as a fact of the provider's; what it implies is done with it: who has captured has confirmed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.campaigning.campaign_states import is_running
from app.campaigning.pledge_states import OVER, PROVIDER, TABLE, Deed, Moment, asking
from app.campaigning.words import PledgeState as S
from app.db.campaign_documents import Contribution


class Told(StrEnum):
    """What a provider can tell of a payment; RELEASED is a promise let go, asked for or lapsed."""

    CONFIRMED = "CONFIRMED"
    CAPTURED = "CAPTURED"
    DECLINED = "DECLINED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"
    WON = "WON"
    LOST = "LOST"


class Verdict(StrEnum):
    """What is to be done about what was told.

    APPLY it; it is DONE already; it is STALE, since later news were heard; GIVE_BACK what came for
    a contribution that is over; or it is STRANGE: it contradicts what is known, so somebody has
    to look.
    """

    APPLY = "APPLY"
    DONE = "DONE"
    STALE = "STALE"
    GIVE_BACK = "GIVE_BACK"
    STRANGE = "STRANGE"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message means.

    Attributes:
        verdict: what is to be done.
        state: in which the contribution is then.
        deeds: what the provider has done, in order; of several, the last is what was told.
        changes: the fields of the contribution that change; empty for what changes nothing.

    """

    verdict: Verdict
    state: S
    deeds: tuple[Deed, ...]
    changes: dict[str, Any]


MEANS = {
    Told.CONFIRMED: Deed.CONFIRM,
    Told.CAPTURED: Deed.CAPTURE,
    Told.DECLINED: Deed.DECLINE,
    Told.RELEASED: Deed.EXPIRE,
    Told.REFUNDED: Deed.REFUND,
    Told.DISPUTED: Deed.DISPUTE,
    Told.WON: Deed.WIN,
    Told.LOST: Deed.LOSE,
}
# What a later deed says to have happened before it.
IMPLIED = (Deed.CONFIRM, Deed.CAPTURE, Deed.DISPUTE)

_CAPTURED = frozenset({Told.CONFIRMED, Told.CAPTURED})
_NOTHING_LEFT = frozenset({Told.DECLINED, Told.RELEASED, Told.REFUNDED, Told.DISPUTED, Told.LOST})
# What is no news in a state.
KNOWN: dict[S, frozenset[Told]] = {
    S.PLEDGED: frozenset(),
    S.CONFIRMED: frozenset({Told.CONFIRMED}),
    S.CAPTURED: _CAPTURED | {Told.WON},
    S.DISPUTED: _CAPTURED | {Told.DISPUTED},
    S.REFUNDED: _CAPTURED | {Told.REFUNDED, Told.LOST, Told.RELEASED},
    **dict.fromkeys(OVER, _NOTHING_LEFT),
}
# What ends the wait for what was asked.
ANSWERS: dict[Deed, frozenset[Told]] = {
    Deed.CONFIRM: frozenset(Told),
    Deed.CAPTURE: frozenset(Told) - {Told.CONFIRMED},
    Deed.RELEASE: _NOTHING_LEFT,
    Deed.REFUND: _NOTHING_LEFT - {Told.DECLINED},
}


def reading(contribution: Contribution, told: Told, sequence: int, moment: Moment) -> Reading:
    """Return what a provider's message means for a contribution as it stands.

    Args:
        contribution: the one that the message is about.
        told: what it says.
        sequence: its place in the provider's own order; of equal ones the state decides.
        moment: when it is read, and the campaign as it stands then.

    """
    found = S(contribution["state"])
    if sequence < contribution["sequence"]:
        return Reading(Verdict.STALE, found, (), {})
    changes: dict[str, Any] = {"sequence": sequence}
    asked = contribution["asked"]
    if asked == Deed.REFUND and found not in OVER and told in {Told.DISPUTED, Told.WON}:
        # Nothing can be given back while it is contested: it is asked for once that is over.
        changes |= {"due_at": None} if told is Told.DISPUTED else asking(Deed.REFUND, moment.at)
    elif asked is not None and told in ANSWERS[Deed(asked)]:
        changes |= asking(None, moment.at)
    if told in KNOWN[found]:
        return Reading(Verdict.DONE, found, (), changes)
    path = _path(found, MEANS[told])
    late = bool(path) and path[0] is Deed.CONFIRM and not is_running(moment.campaign)
    if found in OVER or late:
        return _given_back(contribution, told, changes, moment)
    if not path:
        return Reading(Verdict.STRANGE, found, (), {})
    state = _after(found, path)
    return Reading(Verdict.APPLY, state, path, {**changes, "state": state})


def _path(found: S, deed: Deed) -> tuple[Deed, ...]:
    """Return what must have happened for a deed to be told, with the deed; nothing if it cannot."""
    path: list[Deed] = []
    while not _is_told(found, deed):
        implied = next((one for one in IMPLIED if _is_told(found, one)), None)
        if implied is None:
            return ()
        path.append(implied)
        found = _after(found, (implied,))
    return (*path, deed)


def _is_told(found: S, deed: Deed) -> bool:
    row = TABLE.get((found, deed))
    return row is not None and row.by >= PROVIDER


def _after(found: S, deeds: tuple[Deed, ...]) -> S:
    for deed in deeds:
        found = S(TABLE[found, deed].to[0])
    return found


def _given_back(
    contribution: Contribution, told: Told, changes: dict[str, Any], moment: Moment
) -> Reading:
    """Return that money or a promise of it came too late: let go of, or given back if taken."""
    found = S(contribution["state"])
    deeds = () if found in OVER else (Deed.EXPIRE,)
    state = found if found in OVER else S.EXPIRED
    if told in _NOTHING_LEFT:
        return Reading(Verdict.APPLY, state, deeds, {**changes, "state": state})
    ask = Deed.RELEASE if told is Told.CONFIRMED else Deed.REFUND
    if ask == contribution["asked"]:
        return Reading(Verdict.DONE, found, (), changes)
    changes = {**changes, "state": state, **asking(ask, moment.at)}
    return Reading(Verdict.GIVE_BACK, state, deeds, changes)
