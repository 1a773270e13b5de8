"""Who may advise and clarify: sides, direction, trust, and what is missing."""

from typing import Any

import pytest

from app.broking.direction import Speaker, lacks, mark_of, side_in
from app.broking.words import Act, Basis, Code, Lack, Level, Side
from tests.broking.threads import expertise, hour, rules, thread

SEEKER, EXPERT = frozenset({Side.SEEKERS}), frozenset({Side.EXPERTS})
BOTH, NEITHER = SEEKER | EXPERT, frozenset[Side]()
PATIENTS = {Side.SEEKERS: "patients", Side.EXPERTS: "researchers"}


def refused(
    act: str, person: str, groups: frozenset[Side], direction: str = "SEEKERS_TO_EXPERTS"
) -> Lack | None:
    """Return what somebody lacks to speak from experience in Ana's thread."""
    speaker = Speaker(person, groups, score=0, expertise=None)
    by = rules(groups=PATIENTS, direction=direction)
    return lacks(thread(), Act(act), Basis.EXPERIENCE, speaker, by, hour(0))


@pytest.mark.parametrize(
    ("act", "person", "groups", "direction", "code"),
    [
        ("ADVICE", "ben", EXPERT, "SEEKERS_TO_EXPERTS", None),
        ("ADVICE", "ben", BOTH, "SEEKERS_TO_EXPERTS", None),
        ("ADVICE", "cleo", SEEKER, "SEEKERS_TO_EXPERTS", "WRONG_DIRECTION"),
        ("ADVICE", "ana", SEEKER, "SEEKERS_TO_EXPERTS", "WRONG_DIRECTION"),
        ("ADVICE", "ana", BOTH, "SEEKERS_TO_EXPERTS", "WRONG_DIRECTION"),
        ("ADVICE", "dev", NEITHER, "SEEKERS_TO_EXPERTS", "NOT_ALLOWED"),
        ("ADVICE", "cleo", SEEKER, "MUTUAL", None),
        ("ADVICE", "ana", BOTH, "MUTUAL", "WRONG_DIRECTION"),
        ("ADVICE", "dev", NEITHER, "MUTUAL", "NOT_ALLOWED"),
        ("CLARIFY", "ben", EXPERT, "SEEKERS_TO_EXPERTS", None),
        ("CLARIFY", "cleo", SEEKER, "SEEKERS_TO_EXPERTS", None),
        ("CLARIFY", "ana", SEEKER, "SEEKERS_TO_EXPERTS", None),
        ("CLARIFY", "dev", NEITHER, "SEEKERS_TO_EXPERTS", "NOT_ALLOWED"),
    ],
)
def test_direction_is_a_table(
    act: str, person: str, groups: frozenset[Side], direction: str, code: str | None
) -> None:
    """Advice goes one way, clarification both, and strangers do neither."""
    lack = refused(act, person, groups, direction)
    assert (lack.code if lack else None) == code


def test_a_refusal_speaks_the_words_of_the_space() -> None:
    """It names the groups as their people do."""
    lack = refused("ADVICE", "cleo", SEEKER)
    assert lack == Lack(
        Code.WRONG_DIRECTION,
        "Advice goes from researchers to patients here, and you are one of patients.",
        "the side of researchers in this thread",
    )


@pytest.mark.parametrize(
    ("person", "groups", "taken", "side"),
    [
        ("ana", BOTH, None, "SEEKERS"),
        ("ana", BOTH, "SEEKERS", "SEEKERS"),
        ("ben", BOTH, None, "EXPERTS"),
        ("ben", BOTH, "SEEKERS", "SEEKERS"),
        ("ben", EXPERT, "SEEKERS", None),
        ("ben", SEEKER, None, "SEEKERS"),
        ("ben", NEITHER, None, None),
    ],
)
def test_a_person_has_one_side_in_a_thread(
    person: str, groups: frozenset[Side], taken: str | None, side: str | None
) -> None:
    """It is kept while they belong to that group; the asker seeks."""
    first = None if taken is None else Side(taken)
    assert side_in(thread(), Speaker(person, groups, 0, None, first)) == side


@pytest.mark.parametrize(
    ("score", "state", "or_level", "missing"),
    [
        (20, None, None, None),
        (12.5, None, None, "7.5 more points of reputation in this subject"),
        (0, "VERIFIED", "VERIFIED", None),
        (0, "VERIFIED", "ENDORSED", None),
        (
            5,
            "SELF_DECLARED",
            "ENDORSED",
            "15 more points of reputation in this subject, or an expertise that is ENDORSED",
        ),
        (0, "VERIFIED", None, "20 more points of reputation in this subject"),
    ],
)
def test_a_refusal_says_how_much_trust_is_missing(
    score: float, state: str | None, or_level: str | None, missing: str | None
) -> None:
    """Points, or the expertise that would do instead; CLARIFY asks for neither."""
    by = rules(least_trust={"score": 20, "or_level": or_level})
    claimed = expertise(state=state) if state else None
    speaker = Speaker("ben", EXPERT, score, claimed)
    lack = lacks(thread(), Act.ADVICE, Basis.EXPERIENCE, speaker, by, hour(0))
    assert (lack.missing if lack else None) == missing
    if lack:
        assert lack.points == 20 - score
    assert lacks(thread(), Act.CLARIFY, Basis.EXPERIENCE, speaker, by, hour(0)) is None


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize(
    ("claimed", "may"),
    [
        (None, False),
        ({"state": "REVOKED"}, False),
        ({"subject": "gardens"}, False),
        ({"subject": "Aura"}, True),
        ({}, True),
    ],
)
def test_who_speaks_from_expertise_has_declared_it(
    act: Act, claimed: dict[str, Any] | None, may: bool
) -> None:
    """In the subject or a tag of the thread; what was revoked is not there."""
    own = None if claimed is None else expertise(**claimed)
    speaker = Speaker("ben", EXPERT, 0, own)
    lack = lacks(thread(), act, Basis.EXPERTISE, speaker, rules(), hour(0))
    assert (lack is None) == may


def test_revoking_unmarks_what_was_said() -> None:
    """The mark is judged when it is read, and experience never bears one."""
    verified = expertise(state="VERIFIED", verified_until=hour(5))
    revoked = expertise(state="REVOKED")
    assert mark_of(Basis.EXPERTISE, verified, hour(0), 3) is Level.VERIFIED
    assert mark_of(Basis.EXPERTISE, verified, hour(5), 3) is Level.SELF_DECLARED
    assert mark_of(Basis.EXPERTISE, revoked, hour(0), 3) is None
    assert mark_of(Basis.EXPERIENCE, verified, hour(0), 3) is None
