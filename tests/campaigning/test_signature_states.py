"""The life of a signature: every state with every deed, and signing again."""

import itertools
from typing import Any

import pytest

from app.campaigning.signature_states import (
    COUNTED,
    PENDING,
    TABLE,
    Actor,
    Deed,
    Moment,
    possible,
    signing,
    step,
)
from app.campaigning.steps import Cause, Refused, Step
from app.campaigning.words import SignatureState as S
from tests.campaigning.seeking import campaign, day

CLOSED = campaign(state="SUCCEEDED")


def signature(state: str) -> Any:
    """Return a name under a petition, as far as its life asks for it."""
    return {"_id": "sig_one", "campaign": "cam_one", "signer": "cleo", "state": state}


def moment(at: float = 1, where: Any = None, **changes: Any) -> Moment:
    """Return a moment at which the campaign is open, if nothing else is said."""
    return Moment(day(at), where or campaign(), **{"reason": "So it is.", **changes})


@pytest.mark.parametrize(("state", "deed"), list(itertools.product(S, Deed)))
def test_a_deed_leads_where_the_table_says_or_is_refused_with_the_state(
    state: S, deed: Deed
) -> None:
    """What is not listed is refused and names the state found; signing twice is told as such."""
    row = TABLE.get((state, deed))
    for actor in Actor:
        result = step(signature(state), deed, actor, moment())
        if row is not None and actor in row.by:
            assert isinstance(result, Step), (actor, result)
            assert (result.state, result.changes["state"]) == (row.to[0], row.to[0])
        else:
            assert isinstance(result, Refused)
            assert result.found is state
            signed = deed is Deed.SIGN and actor is Actor.SIGNER and state in COUNTED | PENDING
            expected = Cause.STATE if row is None else Cause.ACTOR
            assert result.cause is (Cause.TWICE if signed else expected)


def test_signing_counts_at_once_only_for_whom_is_verified() -> None:
    """The others wait; it is the same for those who sign again."""
    for found in (None, signature("WITHDRAWN")):
        for verified, state in ((True, S.VALIDATED), (False, S.PENDING)):
            signed = signing(found, moment(verified=verified))
            assert isinstance(signed, Step)
            assert (signed.state, signed.changes) == (state, {"state": state, "reason": None})


@pytest.mark.parametrize("found", [None, signature("WITHDRAWN")])
def test_nobody_signs_after_the_end(found: Any) -> None:
    """Neither past the deadline, nor once it is closed; what waits is then not counted either."""
    for late in (moment(30), moment(1, CLOSED)):
        result = signing(found, late)
        assert isinstance(result, Refused)
        assert result.cause is Cause.LATE
    waits = step(signature("PENDING"), Deed.VALIDATE, Actor.VERIFIER, moment(1, CLOSED))
    assert isinstance(waits, Refused)
    assert waits.cause is Cause.LATE


def test_what_was_found_invalid_is_the_moderators() -> None:
    """They say why; its signer can neither sign again nor get round it by taking it back."""
    for reason, is_done in (("", False), ("Not a resident.", True)):
        result = step(
            signature("VALIDATED"), Deed.INVALIDATE, Actor.MODERATOR, moment(reason=reason)
        )
        assert isinstance(result, Step) is is_done
    found = signature("INVALIDATED")
    for again in (signing(found, moment()), step(found, Deed.WITHDRAW, Actor.SIGNER, moment())):
        assert isinstance(again, Refused)
        assert again.cause is Cause.STATE
    righted = step(found, Deed.VALIDATE, Actor.MODERATOR, moment(reason=""))
    assert isinstance(righted, Step)
    assert righted.changes == {"state": S.VALIDATED, "reason": None}


def test_taking_it_back_is_possible_at_any_time() -> None:
    """Also after the end: it is the signer's name."""
    assert possible(signature("VALIDATED"), Actor.SIGNER, moment(40, CLOSED)) == [Deed.WITHDRAW]
    unsaid = moment(reason="")
    assert possible(signature("PENDING"), Actor.MODERATOR, unsaid) == [
        Deed.VALIDATE,
        Deed.INVALIDATE,
    ]
