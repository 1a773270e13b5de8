"""The life of an expertise as a table, and the level that it has at an instant."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from app.broking.words import Code, Lack, Level, conflict
from app.db.thread_documents import Expertise

# As many as a space can ask for, twice over; they are undone together.
MOST_ENDORSERS = 200


class Proof(StrEnum):
    """How an expertise stands."""

    SELF_DECLARED = "SELF_DECLARED"
    ENDORSED = "ENDORSED"
    VERIFIED = "VERIFIED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class Attestation(StrEnum):
    """What can be done to an expertise; ENDORSE counts once for each person who does it."""

    DECLARE = "DECLARE"
    ENDORSE = "ENDORSE"
    VERIFY = "VERIFY"
    EXPIRE = "EXPIRE"
    REVOKE = "REVOKE"


A = Attestation

# What was revoked comes back only if an operator verifies it: declaring anew would launder it.
# An expired proof falls back on its endorsements, see `level_at`.
NEXT_PROOF: Mapping[tuple[Proof, Attestation], Proof] = {
    (Proof.SELF_DECLARED, A.ENDORSE): Proof.ENDORSED,
    (Proof.SELF_DECLARED, A.VERIFY): Proof.VERIFIED,
    (Proof.SELF_DECLARED, A.REVOKE): Proof.REVOKED,
    (Proof.ENDORSED, A.ENDORSE): Proof.ENDORSED,
    (Proof.ENDORSED, A.VERIFY): Proof.VERIFIED,
    (Proof.ENDORSED, A.REVOKE): Proof.REVOKED,
    (Proof.VERIFIED, A.ENDORSE): Proof.VERIFIED,
    (Proof.VERIFIED, A.VERIFY): Proof.VERIFIED,
    (Proof.VERIFIED, A.EXPIRE): Proof.EXPIRED,
    (Proof.VERIFIED, A.REVOKE): Proof.REVOKED,
    (Proof.EXPIRED, A.ENDORSE): Proof.EXPIRED,
    (Proof.EXPIRED, A.VERIFY): Proof.VERIFIED,
    (Proof.EXPIRED, A.REVOKE): Proof.REVOKED,
    (Proof.REVOKED, A.VERIFY): Proof.VERIFIED,
}


def next_proof(
    expertise: Expertise | None, attestation: Attestation, by: str, needed: int
) -> Proof | Lack:
    """Return how an expertise stands after somebody attests to it, or why it cannot be so.

    Whoever writes a revocation empties `endorsers`, so that a later verification stands alone.

    Args:
        expertise: the document before; None if it was never declared.
        attestation: what is done.
        by: who does it.
        needed: how many different people must endorse it, by the space's rule.

    """
    if expertise is None:
        if attestation is A.DECLARE:
            return Proof.SELF_DECLARED
        return conflict(f"The expertise was not declared: {attestation} is not possible.")
    found = Proof(expertise["state"])
    after = NEXT_PROOF.get((found, attestation))
    if after is None:
        return conflict(f"The expertise is {found}: {attestation} is not possible.")
    if attestation is not A.ENDORSE:
        return after
    endorsers = {*expertise["endorsers"], by}
    short = len(endorsers) < needed
    stays = found if found is Proof.SELF_DECLARED and short else after
    return _not_endorsed(expertise, endorsers, by) or stays


def _not_endorsed(expertise: Expertise, endorsers: set[str], by: str) -> Lack | None:
    if by == expertise["person"]:
        return Lack(Code.NOT_ALLOWED, "Nobody endorses their own expertise.", "another person")
    if len(endorsers) > MOST_ENDORSERS:
        return conflict(f"{MOST_ENDORSERS} people vouch for it already: more would add nothing.")
    return None


def level_at(expertise: Expertise | None, at: datetime, needed: int) -> Level | None:
    """Return the level that an expertise has at an instant, None if none stands.

    A verification counts until the instant before `verified_until`, whether or not its end has
    been written yet; after it, endorsements count, if there are as many as the space needs.
    """
    if expertise is None or expertise["state"] == Proof.REVOKED:
        return None
    until = expertise["verified_until"]
    if expertise["state"] == Proof.VERIFIED and (until is None or at < until):
        return Level.VERIFIED
    return Level.ENDORSED if len(set(expertise["endorsers"])) >= needed else Level.SELF_DECLARED
