"""The shapes of what a pool keeps: entries and their revisions, confirmations, signals, imports.

As in `app/db/documents.py`: plain dictionaries, instants as naive UTC datetimes, `_id` the global
identifier, `version` grown by one with each change. Words in capitals stand in
`app/pooling/words.py`. Suitability for a need is a facet of the kind SUITABILITY.
"""

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from app.db.documents import Place

Value = str | float | bool


class FacetKind(TypedDict):
    """A facet that entries of a pool may carry, and how long a value of it stays fresh.

    `kind` is SUITABILITY, CHOICE (one of `choices`), NUMBER (from `least` to `most`, in `unit`),
    FLAG or TEXT.
    """

    name: str
    kind: str
    description: str
    choices: list[str]
    least: float | None
    most: float | None
    unit: str | None
    fresh_days: float


class PoolRules(TypedDict):
    """What a space says about its pool; `openness` is OPEN, REGISTERED or MEMBERS, to read it."""

    licence: str
    attribution: str
    openness: str
    facets: list[FacetKind]
    sensitive_categories: list[str]
    grid_metres: float
    duplicate_metres: float
    patrol: bool
    weight_cap: float
    newcomer_weight: float
    least_confirmations: int


class Geometry(TypedDict):
    """A GeoJSON Point, LineString or Polygon: longitude first, degrees, WGS 84."""

    type: str
    coordinates: list[Any]


class Consensus(TypedDict):
    """What those who looked at a value of a facet agree on; weights, not heads, make confidence."""

    value: Value | None
    confidence: float
    supporters: int
    dissenters: int
    disputed: bool
    verified: bool


class FacetValue(TypedDict):
    """The value of one facet of an entry: who gave it, when it was seen, and who agrees.

    `round` grows with each new value, so that what was said about an earlier one does not count.
    It is the version of the entry with which it began: so it grows though the facet was taken away
    in between. `claim` and `claimed_by` are what it began with; `value` differs from `claim`, and
    `by` is None, if consensus has set another value since.
    `checked_at` is when somebody last said that it is so; `stale_at` is when it asks to be checked.
    """

    value: Value
    by: str | None
    claim: Value
    claimed_by: str | None
    anonymous: bool
    observed_at: datetime
    checked_at: datetime
    stale_at: datetime
    stale: bool
    round: int
    consensus: Consensus


class Content(TypedDict):
    """What of an entry people write, and what a revision keeps: enough to show and to revert.

    `facets` holds the plain values by name.
    """

    title: str
    category: str
    place: Geometry
    accuracy_metres: float | None
    facets: dict[str, Value]
    evidence: list[str]
    observed_at: datetime


class Matched(TypedDict):
    """What filters look at: the same of an entry as it is, and of each revision of it.

    `spot` is the middle of its place, blurred if its category is sensitive; `cell` is the quadkey
    of `spot` (app/pooling/cells.py); `words` are what `app/text.py` makes of title and texts;
    `stale` says that one facet at least asks to be checked.
    """

    category: str
    spot: Place
    cell: str
    words: list[str]
    facets: dict[str, Value]
    stale: bool
    state: str
    observed_at: datetime


class Source(TypedDict):
    """Where an import took an entry from: the import, what its source is called, and `id` there."""

    imported: str
    name: str
    licence: str
    id: str | None


class Entry(TypedDict):
    """One thing that many know something about: a place that suits people or does not, say.

    `point` is the middle of the exact place; `matched` is what it is found by. `gone` counts the
    weight of those who have said since `there_at` that it is gone. `due_at` is when its next facet
    becomes stale. `source` is where an import took it from. `contributors` are all who have a share
    in it; `named` those of them who gave something without wanting to be anonymous. `taps` counts
    the signals that it has had.
    """

    _id: str
    space: str
    title: str
    category: str
    sensitive: bool
    place: Geometry
    point: Place
    accuracy_metres: float | None
    facets: dict[str, FacetValue]
    evidence: list[str]
    observed_at: datetime
    state: str
    hidden_from: str | None
    merged_into: str | None
    gone: float
    taps: NotRequired[int]
    there_at: datetime
    matched: Matched
    contributors: list[str]
    named: list[str]
    created_by: str | None
    anonymous: bool
    patrolled: bool
    imported_by: str | None
    source: Source | None
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class Revision(TypedDict):
    """One version of an entry: what was written, what filters saw, by whom, and how.

    `cause` is CONTRIBUTED, EDITED, REVERTED, MERGED, SIGNALLED, CONFIRMED, AGED, HIDDEN, RESTORED
    or IMPORTED. `changed` names the fields and facets (`facets.WHEELCHAIR`) that differ from the
    version before. `facets` are those that the entry had, with who gave them and who agreed: so
    what is reverted to is whose it was. What of it was taken out while the entry was hidden is
    `withheld` with it: from then on moderators alone read it. `amended` says that filters see it
    otherwise than at its time.
    """

    _id: str
    entry: str
    space: str
    version: int
    cause: str
    content: Content
    facets: dict[str, FacetValue]
    matched: Matched
    changed: list[str]
    by: str | None
    anonymous: bool
    address: NotRequired[str | None]
    summary: str
    withheld: NotRequired[bool]
    amended: NotRequired[bool]
    at: datetime


class Confirmation(TypedDict):
    """What one person says of the present value of a facet: CONFIRM, DISPUTE or CANNOT_TELL.

    Its `_id` follows from entry, facet, round and person: a newer one takes the place of the older,
    and what was said in earlier rounds counts again if an entry is reverted to one of them.
    `value` is the one that it speaks for: with CONFIRM the present one, with DISPUTE another.
    `round` is 0 of a facet that has no value.
    """

    _id: str
    entry: str
    space: str
    facet: str
    round: int
    user: str
    anonymous: bool
    verdict: str
    value: Value | None
    weight: float
    at: datetime


class Finding(TypedDict):
    """That what somebody said of a facet, or gave for it, agrees with what was verified, or not.

    `_id` names entry, facet, round and person; it goes if the value is verified no more.
    """

    _id: str
    space: str
    person: str
    entry: str
    facet: str
    round: int
    agreed: bool
    at: datetime


class Accord(TypedDict):
    """How many values of a giver a person has confirmed in a pool; `giver` None: of all others."""

    _id: str
    space: str
    user: str
    giver: str | None
    count: int


class Signal(TypedDict):
    """One tap: SUITABLE, UNSUITABLE, CHANGED or GONE; of the address only a fingerprint is kept.

    Its `_id` follows from entry, kind, facet, and the person or else the address: the same tap
    again, a day or more later, takes the place of the older.
    """

    _id: str
    entry: str
    space: str
    kind: str
    facet: str | None
    user: str | None
    address: str | None
    at: datetime


class Import(TypedDict):
    """One import of many entries: from where, under what licence, and whether it was undone.

    It can come in several files. `rows` counts those that were read, `created` the entries that
    they made; the others were there already. `taken_back` and `left` count, once it was undone,
    the entries that went and those that stay since others have worked on them. While they are
    being taken back `is_undoing` is true.
    """

    _id: str
    space: str
    by: str
    source: str
    licence: str
    rows: int
    created: int
    taken_back: int
    left: int
    created_at: datetime
    undone_at: datetime | None
    is_undoing: NotRequired[bool]
    version: int


class ImportSource(TypedDict):
    """How many files of a source have come into a pool: what those meet on that come at once."""

    _id: str
    space: str
    files: int


class Reversal(TypedDict):
    """That all which a person wrote, or which came from an address, is taken back, page by page.

    It goes over what was done from `since` to `until`: first over `entry_revisions`, then over
    `signals` (`source`), after the cursor `after`; `step` grows with each page. `entries` counts
    those that it has changed. `is_open` goes when it is done.
    """

    _id: str
    space: str
    person: str | None
    address: str | None
    since: datetime
    until: datetime
    reason: str
    by: str
    source: str
    after: str | None
    step: int
    entries: int
    is_open: NotRequired[bool]
    at: datetime
    ended_at: datetime | None
