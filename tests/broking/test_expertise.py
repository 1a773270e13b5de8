"""The life of an expertise: every pair of proof and attestation, and its level in time."""

from itertools import product

import pytest

from app.broking.expertise import MOST_ENDORSERS, Attestation, Proof, level_at, next_proof
from app.broking.rules import MOST_ENDORSEMENTS
from app.broking.words import Code, Lack
from tests.broking.threads import expertise, hour

EXPECTED = {
    "SELF_DECLARED": {"ENDORSE": "ENDORSED", "VERIFY": "VERIFIED", "REVOKE": "REVOKED"},
    "ENDORSED": {"ENDORSE": "ENDORSED", "VERIFY": "VERIFIED", "REVOKE": "REVOKED"},
    "VERIFIED": {
        "ENDORSE": "VERIFIED",
        "VERIFY": "VERIFIED",
        "EXPIRE": "EXPIRED",
        "REVOKE": "REVOKED",
    },
    "EXPIRED": {"ENDORSE": "EXPIRED", "VERIFY": "VERIFIED", "REVOKE": "REVOKED"},
    "REVOKED": {"VERIFY": "VERIFIED"},
}


@pytest.mark.parametrize(("proof", "attestation"), [*product(Proof, Attestation)])
def test_every_attestation_to_every_proof(proof: Proof, attestation: Attestation) -> None:
    """What is not in the table is refused, with the proof found."""
    after = next_proof(expertise(state=proof), attestation, "cleo", 1)
    expected = EXPECTED[proof].get(attestation)
    if expected is None:
        assert isinstance(after, Lack)
        assert f"The expertise is {proof}" in after.message
    else:
        assert after == expected


@pytest.mark.parametrize("attestation", Attestation)
def test_only_declaring_begins_it(attestation: Attestation) -> None:
    """Nobody is endorsed for what they never claimed."""
    after = next_proof(None, attestation, "ben", 1)
    if attestation is Attestation.DECLARE:
        assert after is Proof.SELF_DECLARED
    else:
        assert isinstance(after, Lack)


def test_it_takes_as_many_different_people_as_the_space_says() -> None:
    """The same person twice counts once; one's own word does not count."""
    one = expertise(endorsers=["ana", "cleo"])
    assert next_proof(one, Attestation.ENDORSE, "cleo", 3) is Proof.SELF_DECLARED
    assert next_proof(one, Attestation.ENDORSE, "dev", 3) is Proof.ENDORSED
    own = next_proof(one, Attestation.ENDORSE, "ben", 3)
    assert isinstance(own, Lack)
    assert own.code is Code.NOT_ALLOWED


@pytest.mark.parametrize(
    ("state", "endorsers", "at", "level"),
    [
        ("SELF_DECLARED", [], 0, "SELF_DECLARED"),
        ("ENDORSED", ["ana", "cleo"], 0, "ENDORSED"),
        ("ENDORSED", ["ana"], 0, "SELF_DECLARED"),  # the space asks for more than it did
        ("VERIFIED", [], 9.999, "VERIFIED"),
        ("VERIFIED", [], 10, "SELF_DECLARED"),  # though nobody has written its end yet
        ("VERIFIED", ["ana", "cleo"], 10, "ENDORSED"),
        ("EXPIRED", ["ana", "cleo"], 5, "ENDORSED"),
        ("REVOKED", ["ana", "cleo"], 5, None),
    ],
)
def test_its_level_in_time(state: str, endorsers: list[str], at: float, level: str | None) -> None:
    """A verification lasts to its end, and then endorsements count again."""
    one = expertise(state=state, endorsers=endorsers, verified_until=hour(10))
    assert level_at(one, hour(at), 2) == level


def test_without_an_end_a_verification_lasts() -> None:
    """And without a declaration there is no level."""
    assert level_at(expertise(state="VERIFIED"), hour(99_999), 2) == "VERIFIED"
    assert level_at(None, hour(0), 2) is None


def test_only_so_many_vouch_for_the_same() -> None:
    """Whoever is one of them can say so again; the next one is told that it would add nothing."""
    many = [f"p{n}" for n in range(MOST_ENDORSERS)]
    full = expertise(state="ENDORSED", endorsers=many)
    assert next_proof(full, Attestation.ENDORSE, "p0", 3) is Proof.ENDORSED
    lack = next_proof(full, Attestation.ENDORSE, "one more", 3)
    assert isinstance(lack, Lack)
    assert (lack.code, str(MOST_ENDORSERS) in lack.message) == (Code.CONFLICT, True)
    assert MOST_ENDORSERS >= 2 * MOST_ENDORSEMENTS
