"""The shapes of what the knowledge broker keeps: threads and replies, trust, and consent.

As in `app/db/documents.py`: plain dictionaries, instants as naive UTC datetimes, `_id` the global
identifier, `version` grown by one with each change. Words in capitals stand in
`app/broking/words.py`. Points are points of reputation; spans are seconds.
"""

from datetime import datetime
from typing import Any, NotRequired, TypedDict


class Facet(TypedDict):
    """One structured trait of a case: PRESENT, ABSENT or UNKNOWN, and when it began, if it did."""

    name: str
    presence: str
    onset: datetime | None


class Route(TypedDict):
    """How far a thread has gone in search of an answer.

    `rung` is the last one that it reached, None for none; `since` is when it did, or when the
    thread was asked or reopened. `asked` are the experts whose turn came, in order; `declined`
    says that the last of them said no. `due_at` is when it goes on, None if it does not.
    """

    rung: str | None
    since: datetime
    asked: list[str]
    declined: bool
    due_at: datetime | None


class Thread(TypedDict):
    """A question or a case, and how it stands.

    `invited` are the experts who were invited or asked and did not decline; of a PAIR thread there
    is one at most. `accepted_reply` outlives a reopening: only undoing takes it back.
    `escalated_at` stays, so that the operator whom a thread once came to can follow it.
    `text_language` is the text index's word for `language` (a BCP 47 tag); `ngrams` is what
    `app/text.py` makes, and so is what subject and tags fold to, by which they are found. `named`
    counts how often it was named as the original of a duplicate. `meant` is the version of reading
    by which what it means was read, once it was.
    """

    _id: str
    space: str
    kind: str
    asker: str
    pseudonym: str
    on_behalf_of: str
    subject: str
    subject_folded: NotRequired[str]
    tags: list[str]
    tags_folded: NotRequired[list[str]]
    facets: list[Facet]
    title: str
    text: str
    language: str
    text_language: str
    ngrams: list[str]
    visibility: str
    invited: list[str]
    state: str
    duplicate_of: str | None
    named: NotRequired[int]
    meant: NotRequired[int]
    advised: int
    accepted_reply: str | None
    escalated_at: datetime | None
    route: Route
    revisions: int
    created_at: datetime
    updated_at: datetime
    version: int


class Meaning(TypedDict):
    """What a thread means, as a vector: by which version of reading, and since when.

    `_id` is the thread's; the vector is empty if what it said before holds no more.
    """

    _id: str
    space: str
    version: int
    vector: bytes
    at: datetime


class Reply(TypedDict):
    """What somebody wrote in a thread: ADVICE or CLARIFY, from EXPERIENCE or EXPERTISE.

    `votes_up` and `votes_down` are sums of its votes. Whether expertise stands behind it is not
    written: it is judged when it is read, so that revoking unmarks every reply at once. `version`
    grows with revisions, not with votes: whoever revises is not held up by those who vote.
    """

    _id: str
    space: str
    thread: str
    author: str
    side: str
    act: str
    basis: str
    subject: str
    sources: list[str]
    text: str
    votes_up: int
    votes_down: int
    revisions: int
    created_at: datetime
    updated_at: datetime
    version: int


class Revision(TypedDict):
    """What a thread or a reply said before its revision of this number, from 1."""

    _id: str
    of: str
    number: int
    by: str
    before: dict[str, Any]
    at: datetime


class Vote(TypedDict):
    """One person's vote on a reply, UP or DOWN; its `_id` follows from the two."""

    _id: str
    space: str
    reply: str
    voter: str
    value: str
    at: datetime
    version: int


class Credit(TypedDict):
    """One piece of evidence for somebody's reputation; `_id` follows from act, cause and giver.

    Points are not written: they are the table's, and the day's cap depends on the others. What is
    undone keeps its place and its instant, and counts for nothing. `subject` is folded. `thread` is
    where it was earned, None if in none; `as_asker` says that it was by asking.
    """

    _id: str
    space: str
    person: str
    subject: str
    act: str
    cause: str
    by: str
    thread: str | None
    as_asker: bool
    at: datetime
    undone_at: datetime | None


class Expertise(TypedDict):
    """That somebody knows a subject, and who says so; `_id` follows from space, person, subject.

    `verified_until` None: as long as it is not revoked. `subject_folded` is what the subject is
    found by; `revoked_because` is for the person and those who look after the space.
    """

    _id: str
    space: str
    person: str
    subject: str
    subject_folded: str
    statement: str
    state: str
    endorsers: list[str]
    verified_by: str | None
    verified_at: datetime | None
    verified_until: datetime | None
    revoked_by: str | None
    revoked_at: datetime | None
    revoked_because: str
    created_at: datetime
    version: int


class Consent(TypedDict):
    """That the giver lets a case be used for one purpose; one document for each time it is given.

    `text_version` is the version of the text that was agreed to; `with_free_text` says whether
    title and text may be used too.
    """

    _id: str
    space: str
    thread: str
    giver: str
    purpose: str
    text_version: int
    with_free_text: bool
    given_at: datetime
    revoked_at: datetime | None
    version: int


class ResearchUse(TypedDict):
    """Who used a case for what; it is never changed, and its giver sees it for good.

    Its `kind` is EXPORTED, which is written when a case leaves the house and describes nothing, or
    USED, which is what the researcher says of it.
    """

    _id: str
    space: str
    thread: str
    consent: str
    giver: str
    used_by: str
    kind: str
    purpose: str
    description: str
    exported_at: datetime
    used_at: datetime
    recorded_at: datetime


class ExportedCase(TypedDict):
    """By which consent an export holds a case, and what it is called in that export alone."""

    handle: str
    thread: str
    consent: str


class ResearchExport(TypedDict):
    """A snapshot of the cases that somebody could export; `cases` are in the order of handles.

    It alone knows the way back from a handle, which its exporter does not: so they can say what
    they used a case for, and its giver is told. `whole` says that no case had to be left out.
    """

    _id: str
    space: str
    purpose: str
    by: str
    at: datetime
    salt: bytes
    cases: list[ExportedCase]
    whole: bool


class Invitation(TypedDict):
    """That an expert was asked to look at a thread: PENDING, ACCEPTED or DECLINED.

    `invited_by` is empty where nobody did, and the thread came by itself.
    """

    _id: str
    space: str
    thread: str
    expert: str
    invited_by: str
    message: str
    state: str
    created_at: datetime
    answered_at: datetime | None
    version: int


class Follow(TypedDict):
    """That somebody follows a THREAD, a TAG or a SUBJECT; `target` is its id or its folded name.

    `_id` follows from the rest; `name` is how the person wrote it, empty for a thread.
    """

    _id: str
    space: str
    person: str
    kind: str
    target: str
    name: str
    created_at: datetime


class LeastTrust(TypedDict):
    """What advice asks for: points in the subject, or a standing expertise of this level."""

    score: float
    or_level: str | None


class RoutingTimes(TypedDict):
    """How long each waits before a thread goes on, and how many experts are asked one by one."""

    first_seconds: float
    expert_seconds: float
    group_seconds: float
    most_experts: int


class ReputationTable(TypedDict):
    """What each act gives, in points, and how much a person can gain in a subject a day (UTC)."""

    gives: dict[str, float]
    daily_cap: float


class ConsentText(TypedDict):
    """The text that consent is asked with, and the oldest version of it that still counts."""

    text: str
    version: int
    least_version: int


class BrokingRules(TypedDict):
    """What a space decides about its broking; every weight is shown with the result it decides.

    `groups` names the sides as its people say (`patients`, `researchers`), by SEEKERS and EXPERTS;
    `experts_join` says how somebody becomes an expert. `consents` is by purpose.
    """

    groups: dict[str, str]
    direction: str
    experts_join: str
    least_trust: LeastTrust
    endorsements_needed: int
    similarity_weights: dict[str, float]
    similarity_threshold: float
    expert_weights: dict[str, float]
    most_load: int
    ranking_weights: dict[str, float]
    routing: RoutingTimes
    reputation: ReputationTable
    consents: dict[str, ConsentText]
    version: int
