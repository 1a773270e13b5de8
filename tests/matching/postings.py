"""What the tests of matching share: a day that starts at noon, postings, matches, reviews."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from app.db.documents import Place
from app.db.match_documents import Match, MatchingRules, Posting, Review, TimeWindow
from app.matching.candidates import Candidate
from app.matching.parties import Facts
from app.matching.rules import DEFAULTS
from app.matching.scoring import Worth
from app.matching.terms import PostingStatus

NOON = datetime(2026, 3, 1, 12)
HERE = (13.40, 52.52)


def hour(count: float) -> datetime:
    """Return the instant so many hours after noon."""
    return NOON + timedelta(hours=count)


def window(start: float, end: float) -> TimeWindow:
    """Return the time between two hours after noon."""
    return TimeWindow(starts_at=hour(start), ends_at=hour(end))


def place(longitude: float, latitude: float) -> Place:
    """Return a point."""
    return Place(type="Point", coordinates=[longitude, latitude])


def rules(**changes: Any) -> MatchingRules:
    """Return the default rules with some of them changed."""
    changed: Any = DEFAULTS | changes
    return changed  # type: ignore[no-any-return]


def facts(**changes: Any) -> Facts:
    """Return what holds at noon, with nothing known of anybody."""
    given: dict[str, Any] = {"at": NOON, "rules": DEFAULTS}
    return Facts(**(given | changes))


def posting(id: str, **changes: Any) -> Any:
    """Return an open need or offer that any other of its kind fits."""
    plain = Posting(
        _id=id,
        space="spc_one",
        owner=f"usr_{id}",
        title=id,
        description="",
        category="care",
        skills=[],
        languages=[],
        kind="SERVICE",
        place=None,
        radius_metres=None,
        windows=[],
        capacity=1,
        taken=0,
        commitment="SPOT",
        least_trust=None,
        verified_only=False,
        status=PostingStatus.OPEN,
        expires_at=None,
        created_at=NOON,
        version=1,
    )
    return plain | changes


def match(id: str = "mat_one", **changes: Any) -> Match:
    """Return a match that the space has just proposed, for a time two days from noon."""
    plain = Match(
        _id=id,
        space="spc_one",
        need="need",
        offer="offer",
        need_owner="ada",
        offer_owner="ben",
        category="care",
        commitment="SPOT",
        state="PROPOSED",
        score=0.8,
        parts=[],
        proposed_by=None,
        accepted_by=[],
        window=window(48, 50),
        answer_by=hour(24),
        waiting_since=None,
        held_until=None,
        joint_objective=None,
        agreement=None,
        agreed_by=[],
        reviewed_by=[],
        ended_by=None,
        absent=None,
        charged_to=None,
        disputed_from=None,
        confirmed_at=None,
        ended_at=None,
        created_at=NOON,
        version=1,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def review(reviewer: str, rating: int = 5, **changes: Any) -> Review:
    """Return a review of Ada that everybody can read."""
    plain = Review(
        _id=f"rev_{reviewer}",
        match="mat_one",
        space="spc_one",
        reviewer=reviewer,
        subject="ada",
        side="NEED",
        category="care",
        rating=rating,
        text="",
        private_note=None,
        written_at=NOON,
        shown_at=NOON,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


WORDS = st.lists(st.sampled_from("abcde"), max_size=4, unique=True)


@st.composite
def postings(draw: st.DrawFn, id: str) -> Any:
    """Draw a need or an offer near Berlin, with skills, hours and a radius that may be missing."""
    starts = draw(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 8)), max_size=3))
    east, north = draw(st.tuples(st.integers(0, 40), st.integers(0, 40)))
    return posting(
        id,
        category=draw(st.sampled_from(["care", "care/elderly", "care/children", "food"])),
        skills=draw(WORDS),
        languages=draw(st.lists(st.sampled_from(["de", "de-AT", "en", "tr"]), max_size=2)),
        place=draw(st.sampled_from([None, place(HERE[0] + east / 1000, HERE[1] + north / 1000)])),
        radius_metres=draw(st.sampled_from([None, 500.0, 3_000.0, 20_000.0])),
        windows=[window(start, start + long) for start, long in starts],
    )


TENTHS = st.integers(0, 10).map(lambda tenths: tenths / 10)


@st.composite
def markets(
    draw: st.DrawFn, most: int = 4, seats_up_to: int = 2
) -> tuple[list[Candidate], dict[str, int]]:
    """Draw a few pairs with many ties, in any order, and the seats of everybody."""
    pairs = [(f"n{i}", f"o{j}") for i in range(most) for j in range(most)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=9, unique=True))
    candidates = []
    for need, offer in chosen:
        serves, suits = draw(TENTHS), draw(TENTHS)
        total = (serves * suits) ** 0.5
        candidates.append(Candidate(need, offer, Worth(total, serves, suits)))
    people = sorted({one for pair in chosen for one in pair})
    return candidates, {one: draw(st.integers(0, seats_up_to)) for one in people}
