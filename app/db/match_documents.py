"""The shapes of what a matchmaker keeps: needs, offers, matches, reviews, a space's rules.

As in app.db.documents: plain dictionaries, naive UTC instants, `_id` the global identifier. Words
such as kinds and states are listed in app.matching.terms and stand here as text. `Standing` is
what judges are handed instead of a document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NotRequired, TypedDict

from app.db.documents import Place


class TimeWindow(TypedDict):
    """A span of time: from its start up to, but without, its end."""

    starts_at: datetime
    ends_at: datetime


class Traits(TypedDict):
    """What a posting is found by: its place blurred to the space's grid, its words casefolded.

    Another grid of the space blurs `area` anew, never the place: see app.matching.traits.

    `category` ends with a slash, so that all below a word begin with it: `care/elderly/`.
    """

    area: Place | None
    category: str
    skills: list[str]


class Posting(TypedDict):
    """What a need and an offer have in common: what somebody seeks or gives, where and when.

    Attributes:
        category: a word of the space's, or a path of them from the widest: `care/elderly`.
        languages: BCP 47 tags; none means that no language is needed.
        radius_metres: how far from `place` it may be; None: any distance.
        windows: when; none means at any time.
        capacity: with how many partners at once; `taken` of them are confirmed or held.
        waiting: how many matches wait for a seat of it.
        traits: follow from the rest; what others see of it is found by these alone.
        least_trust: in [0, 1], asked of whoever answers; None: of nobody.
        verified_only: whether only verified people may answer.
        notify_above: suggestions of at least this score are told to the owner; None: none are.

    """

    _id: str
    space: str
    owner: str
    title: str
    description: str
    category: str
    skills: list[str]
    languages: list[str]
    kind: str
    place: Place | None
    traits: NotRequired[Traits]
    radius_metres: float | None
    windows: list[TimeWindow]
    capacity: int
    taken: int
    waiting: NotRequired[int]
    commitment: str
    least_trust: float | None
    verified_only: bool
    notify_above: NotRequired[float | None]
    status: str
    expires_at: datetime | None
    created_at: datetime
    version: int


class Need(Posting):
    """What somebody lacks."""


class Offer(Posting):
    """What somebody gives."""


class MatchPart(TypedDict):
    """One part of a score, as it was when the match was proposed; all in [0, 1]."""

    part: str
    weight: float
    serves: float
    suits: float
    reason: str


class Dispute(TypedDict):
    """What a side objects to, for the moderators to read, and what they found.

    `by` is the side; `note`, `resolved_by` and `resolved_at` are None until it is resolved.
    """

    by: str
    reason: str
    at: datetime
    note: str | None
    resolved_by: str | None
    resolved_at: NotRequired[datetime | None]


class Areas(TypedDict):
    """Where need and offer of a match were for others when it was proposed."""

    need: Place | None
    offer: Place | None


class MatchTraits(TypedDict):
    """What a match is found by: its category, as in `Traits`, and its places, blurred."""

    category: str
    areas: Areas


class Match(TypedDict):
    """One need and one offer of two different people, from proposal to review.

    Attributes:
        proposed_by: the side that proposed it; None: the space did, by matching everybody.
        accepted_by: the sides that accepted; `reviewed_by` and `agreed_by` (to this text of the
            agreement) likewise.
        window: when it takes place; None: whenever the two like.
        answer_by: when a proposal without its second answer expires.
        waiting_since: since when it waits for a seat that was taken.
        held_until: until when a seat that became free is held for it.
        ended_by: the side that declined, withdrew or cancelled; `absent` the one not there.
        charged_to: the side on whose reliability its end counts, if it does.
        disputed_from: the state in which it was disputed.
        due_at: when time alone would end it (app.matching.opening); None: never.
        waits_for: the need, the offer or both, whose seats were all taken when it began to wait.
        messages: how many the two have written to each other.

    """

    _id: str
    space: str
    need: str
    offer: str
    need_owner: str
    offer_owner: str
    category: str
    traits: NotRequired[MatchTraits]
    commitment: str
    state: str
    score: float
    parts: list[MatchPart]
    proposed_by: str | None
    accepted_by: list[str]
    window: TimeWindow | None
    answer_by: datetime | None
    waiting_since: datetime | None
    held_until: datetime | None
    joint_objective: str | None
    agreement: str | None
    agreed_by: list[str]
    reviewed_by: list[str]
    ended_by: str | None
    absent: str | None
    charged_to: str | None
    disputed_from: str | None
    dispute: NotRequired[Dispute | None]
    due_at: NotRequired[datetime | None]
    waits_for: NotRequired[list[str]]
    messages: NotRequired[int]
    confirmed_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    version: int


class Review(TypedDict):
    """What one side says of the other, once; hidden until `shown_at`.

    `rating` is from 1 to 5; `private_note` is for the moderators alone, `reported` says that they
    were called. The identifier is one that nobody can guess: who could work it out from the match
    could ask the log whether anything has happened to it.
    """

    _id: str
    match: str
    space: str
    reviewer: str
    subject: str
    side: str
    category: str
    rating: int
    text: str
    private_note: str | None
    reported: NotRequired[bool]
    written_at: datetime
    shown_at: datetime | None


class Envelope(TypedDict):
    """What the reviews of a match lie in until they are opened; `_id` is the match's.

    The match itself does not change before: it would tell that somebody has written.
    """

    _id: str
    space: str
    written_by: list[str]
    opens_at: datetime
    version: int


class Report(TypedDict):
    """What was brought to the moderators; `about` are the people whom they do not judge."""

    _id: str
    space: str
    subject: str
    match: str
    about: list[str]
    cause: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a person: `trust` and `reputation` (by category) in [0, 1].

    Without evidence trust is None, and a category is missing: that is *unknown*, not bad.
    """

    trust: float | None = None
    verified: bool = False
    reputation: Mapping[str, float] = field(default_factory=dict)


class CategoryScore(TypedDict):
    """A person's score in one category."""

    category: str
    score: float


class StoredStanding(TypedDict):
    """What is known of a person in a space, as it was last worked out; `due_at` says when next.

    `verified_by` is the moderator who last said whether the person is verified.
    """

    _id: str
    space: str
    user: str
    score: float
    trust: float | None
    confidence: float
    count: int
    evidence: float
    reputation: list[CategoryScore]
    verified: bool
    verified_by: str | None
    verified_at: datetime | None
    computed_at: datetime | None
    due_at: datetime | None
    version: int


class Message(TypedDict):
    """What one of the two of a match wrote to the other; `number` counts within the match."""

    _id: str
    match: str
    number: int
    author: str
    text: str
    created_at: datetime


class Block(TypedDict):
    """That a person wants nothing to do with another; it works both ways."""

    _id: str
    blocker: str
    blocked: str
    created_at: datetime


class MatchingRules(TypedDict):
    """How a space matches; app.matching.rules has what holds where it says nothing.

    Attributes:
        weights: how much each part of the score counts; only their proportions matter.
        least_score: pairs below it are neither suggested nor paired, in [0, 1].
        most_candidates: how many of the best partners of a posting are kept.
        shortlist: how many of the nearest partners of a posting are scored.
        far_metres: the distance that is half as good as none, where a posting names no radius.
        grid_metres: the grid to which places are blurred until a match is confirmed.
        answer_hours: how long a proposal waits for its answers.
        hold_minutes: how long a seat that became free is held for who waits.
        cancel_limit_hours: how long before its start a match can be cancelled freely.
        review_days: how long after completion reviews can be written.
        low_rating: ratings at or below it are reported to the moderators.
        prior: what is supposed of somebody unknown, in [0, 1].
        prior_weight: how many full reviews this supposition is worth.
        half_life_days: after which time evidence counts half.
        repeat_share: what a review counts against the one after it between the same two.
        long_term_trust: the trust that a LONG_TERM match asks of both, in [0, 1].

    """

    weights: dict[str, float]
    least_score: float
    most_candidates: int
    shortlist: int
    far_metres: float
    grid_metres: float
    answer_hours: float
    hold_minutes: float
    cancel_limit_hours: float
    review_days: float
    low_rating: int
    prior: float
    prior_weight: float
    half_life_days: float
    repeat_share: float
    long_term_trust: float
