"""The life of a signature: signed, validated so that it counts, taken back at will.

`TABLE` is all of it. Whoever took theirs back may sign again; whoever's was found invalid may
not, and cannot get round that by taking it back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.campaigning.campaign_states import is_running, takes_support
from app.campaigning.steps import Cause, Objection, Refused, Row, Step, can_be, refused, row
from app.campaigning.words import SignatureState as S
from app.db.campaign_documents import Campaign, Signature


class Deed(StrEnum):
    """What can be done with a signature."""

    SIGN = "SIGN"
    VALIDATE = "VALIDATE"
    INVALIDATE = "INVALIDATE"
    WITHDRAW = "WITHDRAW"


class Actor(StrEnum):
    """Who does it: the signer, whatever verifies people, or a moderator."""

    SIGNER = "SIGNER"
    VERIFIER = "VERIFIER"
    MODERATOR = "MODERATOR"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a deed finds besides the signature.

    Attributes:
        at: when it is done (naive UTC).
        campaign: as it stands then.
        verified: whether the signer is verified, or need not be, so that signing is enough.
        reason: why, as whoever does it says.

    """

    at: datetime
    campaign: Campaign
    verified: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """A deed that is looked at: in which state, by whom, when."""

    found: S
    actor: Actor
    moment: Moment


COUNTED, PENDING = frozenset({S.VALIDATED}), frozenset({S.PENDING})
SIGNER, MODERATOR = frozenset({Actor.SIGNER}), frozenset({Actor.MODERATOR})
VERIFIER = frozenset({Actor.VERIFIER})

TABLE: Mapping[tuple[S, Deed], Row] = {
    (S.PENDING, Deed.VALIDATE): Row((S.VALIDATED,), VERIFIER | MODERATOR),
    (S.PENDING, Deed.INVALIDATE): Row((S.INVALIDATED,), MODERATOR),
    (S.PENDING, Deed.WITHDRAW): Row((S.WITHDRAWN,), SIGNER),
    (S.VALIDATED, Deed.INVALIDATE): Row((S.INVALIDATED,), MODERATOR),
    (S.VALIDATED, Deed.WITHDRAW): Row((S.WITHDRAWN,), SIGNER),
    (S.INVALIDATED, Deed.VALIDATE): Row((S.VALIDATED,), MODERATOR),
    (S.WITHDRAWN, Deed.SIGN): Row((S.PENDING, S.VALIDATED), SIGNER),
}


def signing(found: Signature | None, moment: Moment) -> Step | Refused:
    """Return what signing leads to, for the first time (None) or again, or why it is refused."""
    if found is not None:
        return step(found, Deed.SIGN, Actor.SIGNER, moment)
    objection = _may_sign(_Case(S.WITHDRAWN, Actor.SIGNER, moment))
    return _signed(moment) if objection is None else refused(S.WITHDRAWN, objection)


def step(signature: Signature, deed: Deed, actor: Actor, moment: Moment) -> Step | Refused:
    """Return where a deed leads and what it changes, or why not."""
    found = S(signature["state"])
    if deed is Deed.SIGN and actor is Actor.SIGNER and found in COUNTED | PENDING:
        return Refused(Cause.TWICE, found, "It is signed already.")
    one = row(TABLE, found, deed, actor)
    if isinstance(one, Refused):
        return one
    guard = _GUARDS.get(deed)
    if guard is not None and (objection := guard(_Case(found, actor, moment))) is not None:
        return refused(found, objection)
    if deed is Deed.SIGN:
        return _signed(moment)
    state = S(one.to[0])
    changes: dict[str, Any] = {"state": state, "reason": moment.reason.strip() or None}
    return Step(state, changes)


def possible(signature: Signature, actor: Actor, moment: Moment) -> list[Deed]:
    """Return what this actor could do with the signature, if need be with a reason."""
    return [deed for deed in Deed if can_be(step(signature, deed, actor, moment))]


def missing(signature: Signature, moment: Moment, *, validation: bool) -> str | None:
    """Return in a sentence what a signature waits for; None if it does not wait.

    `validation` says whether the space wants every signature to be validated.
    """
    if signature["state"] not in PENDING:
        return None
    if not is_running(moment.campaign):
        return "It was not counted in time: the campaign is closed."
    if validation:
        return "A moderator of the space has to validate it."
    if moment.verified:
        return "Its signer has been verified since: sign again in the same words, and it counts."
    return (
        "A moderator has to validate it; or its signer, as a member of the space whom a moderator "
        "has verified, signs again in the same words."
    )


def _signed(moment: Moment) -> Step:
    state = S.VALIDATED if moment.verified else S.PENDING
    return Step(state, {"state": state, "reason": None})


def _may_sign(case: _Case) -> Objection | None:
    if not takes_support(case.moment.campaign, case.moment.at):
        return Objection(Cause.LATE, "The campaign takes no signatures, or not any more.")
    return None


def _may_validate(case: _Case) -> Objection | None:
    if not is_running(case.moment.campaign):
        return Objection(Cause.LATE, "The campaign is closed: no more are counted.")
    return None


def _may_invalidate(case: _Case) -> Objection | None:
    if not case.moment.reason.strip():
        return Objection(Cause.VALUE, "Say why it is invalid: its signer is told.", "reason")
    return None


_GUARDS: Mapping[Deed, Callable[[_Case], Objection | None]] = {
    Deed.SIGN: _may_sign,
    Deed.VALIDATE: _may_validate,
    Deed.INVALIDATE: _may_invalidate,
}
