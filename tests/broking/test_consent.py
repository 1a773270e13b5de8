"""Consent: which cases an export holds at which instant, and what they do not tell."""

import dataclasses
import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.broking.consent import (
    Case,
    CaseFacet,
    Export,
    cases,
    consent_for,
    deidentify,
    not_givable,
    not_recordable,
    uses_of,
)
from app.broking.words import Purpose
from app.db.thread_documents import Consent, ResearchUse
from tests.broking.threads import consent, facet, hour, rules, thread

SALT, OTHER_SALT = b"0123456789abcdef", b"fedcba9876543210"
RULES = rules()


def held(at: float, *given: Consent, **changes: Any) -> bool:
    """Say whether a research export at an hour holds Ana's case."""
    export = Export(Purpose.RESEARCH, hour(at), SALT)
    return len(cases([thread(**changes)], given, RULES, export)) == 1


def use(**changes: Any) -> ResearchUse:
    """Return a use of Ana's case, with some of it changed."""
    plain = ResearchUse(
        _id="use_one",
        space="spc_one",
        thread="thr_one",
        consent="con_one",
        giver="ana",
        used_by="ben",
        kind="USED",
        purpose="RESEARCH",
        description="Onset of auras",
        exported_at=hour(2),
        used_at=hour(3),
        recorded_at=hour(4),
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("at", "changes", "expected"),
    [
        (0.999, {}, False),
        (1, {}, True),
        (999, {}, True),
        (4.999, {"revoked_at": hour(5)}, True),
        (5, {"revoked_at": hour(5)}, False),
        (9, {"revoked_at": hour(5)}, False),
        (9, {"purpose": "TEACHING"}, False),
        (9, {"giver": "cleo"}, False),
        (9, {"thread": "thr_two"}, False),
        (9, {"text_version": 0}, False),
    ],
)
def test_an_export_holds_what_is_consented_at_its_instant(
    at: float, changes: dict[str, Any], expected: bool
) -> None:
    """From the instant of giving to before that of revoking; by its asker, for this purpose."""
    assert held(at, consent(**changes)) == expected


def test_the_export_after_a_revocation_leaves_the_case_out() -> None:
    """And one after consent was given again holds it again."""
    revoked = consent(revoked_at=hour(5))
    again = consent(_id="con_two", given_at=hour(7))
    hours = [4, 5, 6, 7]
    assert [held(at, revoked, again) for at in hours] == [True, False, False, True]


def test_what_was_taken_back_is_never_exported() -> None:
    """Nor what nobody gave, nor for a purpose that the space does not ask for."""
    assert not held(9, consent(), state="WITHDRAWN")
    assert not held(9)
    teaching = consent(purpose="TEACHING")
    assert consent_for(thread(), [teaching], Purpose.TEACHING, RULES, hour(9)) is None


def test_a_new_text_can_ask_everybody_anew() -> None:
    """Consents to versions that do not count any more are passed over."""
    asked = {"text": "New.", "version": 3, "least_version": 2}
    by = rules(consents={Purpose.RESEARCH: asked})
    first, second = consent(text_version=1), consent(_id="con_two", text_version=2)
    assert consent_for(thread(), [first], Purpose.RESEARCH, by, hour(9)) is None
    assert consent_for(thread(), [first, second], Purpose.RESEARCH, by, hour(9)) == second


def test_the_latest_consent_decides_about_free_text() -> None:
    """Whoever later gives less has given less."""
    wide, narrow = consent(with_free_text=True), consent(_id="con_a", given_at=hour(2))
    assert consent_for(thread(), [wide, narrow], Purpose.RESEARCH, RULES, hour(9)) == narrow
    assert consent_for(thread(), [narrow, wide], Purpose.RESEARCH, RULES, hour(9)) == narrow


def test_a_case_tells_only_what_research_needs() -> None:
    """Years instead of dates, months instead of days, and no words of the asker's."""
    asked = thread(
        facets=[facet("aura", "PRESENT", datetime(2025, 12, 24)), facet("fever", "ABSENT")]
    )
    case = deidentify(asked, consent(), SALT)
    assert case == Case(
        pseudonym=case.pseudonym,
        subject="migraine",
        tags=("aura",),
        facets=(CaseFacet("aura", "PRESENT", 2), CaseFacet("fever", "ABSENT", None)),
        on_behalf_of="SELF",
        language="en",
        asked_in=2026,
        title=None,
        text=None,
        text_version=1,
    )


def test_free_text_goes_only_with_consent() -> None:
    """Title and text alike."""
    told = deidentify(thread(), consent(with_free_text=True), SALT)
    assert (told.title, told.text) == (thread()["title"], thread()["text"])


def test_pseudonyms_tie_nothing_together() -> None:
    """Neither two exports, nor two cases of one person, and a salt cannot be guessed."""
    one = deidentify(thread(), consent(), SALT).pseudonym
    assert one == deidentify(thread(), consent(), SALT).pseudonym
    assert one != deidentify(thread(), consent(), OTHER_SALT).pseudonym
    assert one != deidentify(thread(_id="thr_two"), consent(), SALT).pseudonym
    with pytest.raises(ValueError, match="16 bytes"):
        deidentify(thread(), consent(), b"short")


def test_an_export_is_sorted_by_what_says_nothing() -> None:
    """The order in which cases were asked does not show, whatever order they came in."""
    asked = [thread(_id=f"thr_{n}") for n in range(20)]
    given = [consent(_id=f"con_{n}", thread=f"thr_{n}") for n in range(20)]
    export = Export(Purpose.RESEARCH, hour(9), SALT)
    found = cases(asked, given, RULES, export)
    assert found == cases(asked[::-1], given[::-1], RULES, export)
    assert [by["thread"] for _, by in found] != [one["_id"] for one in asked]
    assert len({case.pseudonym for case, _ in found}) == 20


def test_past_uses_stay_with_the_giver() -> None:
    """The latest first, whatever became of consent and thread; nobody else's are among them."""
    uses = [use(_id="use_a", used_at=hour(2)), use(_id="use_b"), use(_id="use_c", giver="cleo")]
    assert [one["_id"] for one in uses_of("ana", uses)] == ["use_b", "use_a"]


@pytest.mark.parametrize(("exported", "may"), [(0, False), (1, True), (4, True), (5, False)])
def test_a_use_is_recorded_by_when_the_case_was_exported(exported: float, may: bool) -> None:
    """Also if it comes to light after the revocation."""
    revoked = consent(revoked_at=hour(5))
    assert (not_recordable(revoked, hour(exported)) is None) == may


@pytest.mark.parametrize(
    ("person", "purpose", "version", "state", "word"),
    [
        ("ana", Purpose.RESEARCH, 1, "CLOSED", None),
        ("ben", Purpose.RESEARCH, 1, "OPEN", "Only whoever asked"),
        ("ana", Purpose.TEACHING, 1, "OPEN", "TEACHING"),
        ("ana", Purpose.RESEARCH, 2, "OPEN", "version 1"),
        ("ana", Purpose.RESEARCH, 1, "WITHDRAWN", "WITHDRAWN"),
    ],
)
def test_who_can_give_what(
    person: str, purpose: Purpose, version: int, state: str, word: str | None
) -> None:
    """Their own case, for what is asked, having read the text of today."""
    lack = not_givable(thread(state=state), person, purpose, version, RULES)
    assert (lack is None) == (word is None)
    if lack and word:
        assert word in lack.message


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["Zenobia Quill", "usr_zq7"]),
    st.datetimes(datetime(2001, 1, 1), datetime(2026, 12, 31)),
    st.booleans(),
)
def test_nothing_of_the_person_is_in_a_case(name: str, asked: datetime, told: bool) -> None:
    """No identifier, no pseudonym of the space, no version, no date but the year."""
    one = thread(asker=name, pseudonym=f"p-{name}", created_at=asked, updated_at=asked)
    case = deidentify(one, consent(giver=name, with_free_text=told), SALT)
    text = json.dumps(dataclasses.asdict(case))
    assert name not in text
    assert "thr_one" not in text
    assert "spc_one" not in text
    assert "con_one" not in text
    assert asked.date().isoformat() not in text


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 20)), max_size=5),
    st.integers(0, 25),
)
def test_a_case_is_held_just_while_some_consent_stands(
    spans: list[tuple[int, int | None]], at: int
) -> None:
    """However often it was given and revoked, and in whatever order."""
    given = [
        consent(
            _id=f"con_{n}",
            given_at=hour(begin),
            revoked_at=None if end is None else hour(end),
        )
        for n, (begin, end) in enumerate(spans)
    ]
    stands = any(begin <= at and (end is None or at < end) for begin, end in spans)
    assert held(at, *given) == stands
    assert held(at, *reversed(given)) == stands
