"""What the tests of broking share: a calendar that starts at 0, documents, people, strategies."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from app.broking.routing import fresh_route
from app.broking.rules import default_rules
from app.broking.states import State
from app.broking.visibility import Onlooker
from app.broking.words import Act, Basis, Presence, Purpose, Tier
from app.db.thread_documents import BrokingRules, Consent, Credit, Expertise, Facet, Reply, Thread

START = datetime(2026, 3, 1)
SPACES = ("spc_one", "spc_two")
PEOPLE = ("ana", "ben", "cleo", "dev")


def hour(count: float) -> datetime:
    """Return the instant so many hours after the start."""
    return START + timedelta(hours=count)


def rules(**changes: Any) -> BrokingRules:
    """Return the rules that a space begins with, with some of them changed."""
    changed: Any = default_rules() | changes
    return changed  # type: ignore[no-any-return]


def facet(name: str, presence: str = "PRESENT", onset: datetime | None = None) -> Facet:
    """Return a trait of a case."""
    return Facet(name=name, presence=presence, onset=onset)


def thread(**changes: Any) -> Thread:
    """Return an open question of Ana's, with some of it changed."""
    plain = Thread(
        _id="thr_one",
        space="spc_one",
        kind="CASE",
        asker="ana",
        pseudonym="Heron",
        on_behalf_of="SELF",
        subject="migraine",
        tags=["aura"],
        facets=[],
        title="Bright zigzags before the pain",
        text="Each attack begins with zigzags at the edge of what I see.",
        language="en",
        text_language="english",
        ngrams=[],
        visibility="PUBLIC",
        invited=[],
        state="OPEN",
        duplicate_of=None,
        advised=0,
        accepted_reply=None,
        escalated_at=None,
        route=fresh_route(START, default_rules()),
        revisions=0,
        created_at=START,
        updated_at=START,
        version=1,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def reply(**changes: Any) -> Reply:
    """Return advice of Ben's in Ana's thread, with some of it changed."""
    plain = Reply(
        _id="rep_one",
        space="spc_one",
        thread="thr_one",
        author="ben",
        side="EXPERTS",
        act=Act.ADVICE,
        basis=Basis.EXPERIENCE,
        subject="migraine",
        sources=[],
        text="Keep a diary of them.",
        votes_up=0,
        votes_down=0,
        revisions=0,
        created_at=START,
        updated_at=START,
        version=1,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def expertise(**changes: Any) -> Expertise:
    """Return what Ben declared to know, with some of it changed."""
    plain = Expertise(
        _id="exp_one",
        space="spc_one",
        person="ben",
        subject="migraine",
        subject_folded="migraine",
        statement="Twelve years in a headache clinic.",
        state="SELF_DECLARED",
        endorsers=[],
        verified_by=None,
        verified_at=None,
        verified_until=None,
        revoked_by=None,
        revoked_at=None,
        revoked_because="",
        created_at=START,
        version=1,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def consent(**changes: Any) -> Consent:
    """Return Ana's consent to research with her case from hour 1 on, with some of it changed."""
    plain = Consent(
        _id="con_one",
        space="spc_one",
        thread="thr_one",
        giver="ana",
        purpose=Purpose.RESEARCH,
        text_version=1,
        with_free_text=False,
        given_at=hour(1),
        revoked_at=None,
        version=1,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def credit(act: str, at: float = 0, **changes: Any) -> Credit:
    """Return evidence for Ben, so many hours after the start, with some of it changed."""
    plain = Credit(
        _id=f"crd_{act}_{at}",
        space="spc_one",
        person="ben",
        subject="migraine",
        act=act,
        cause="rep_one",
        by="ana",
        thread="thr_one",
        as_asker=False,
        at=hour(at),
        undone_at=None,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


some_spaces = st.frozensets(st.sampled_from(SPACES))
words = st.sampled_from(["douleur", "épaule", "knee", "the", "頭痛", "pain", "zigzag", "œdème"])
texts = st.lists(words, max_size=8).map(" ".join)
facets = st.builds(
    facet, st.sampled_from(["nausea", "Aura", "fever"]), st.sampled_from(list(Presence))
)
standings = st.builds(
    thread,
    space=st.sampled_from(SPACES),
    asker=st.sampled_from(PEOPLE),
    visibility=st.sampled_from(list(Tier)),
    state=st.sampled_from(list(State)),
    invited=st.sampled_from([[], ["ben"], ["cleo"], ["dev", "ana"]]),
    escalated_at=st.sampled_from([None, hour(1)]),
)
contents = st.builds(
    thread,
    _id=st.sampled_from(["thr_one", "thr_two", "thr_three"]),
    title=texts,
    text=texts,
    subject=st.sampled_from(["", "migraine", "Épaule"]),
    tags=st.lists(words, max_size=3),
    facets=st.lists(facets, max_size=3, unique_by=lambda one: one["name"]),
)
onlookers = st.just(Onlooker()) | st.builds(
    Onlooker,
    person=st.sampled_from(PEOPLE),
    is_operator=st.booleans(),
    seeks_in=some_spaces,
    expert_in=some_spaces,
    moderates=some_spaces,
)
