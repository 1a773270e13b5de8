"""The shapes of what crowdsourcing keeps: campaigns, contributions, signatures, ledger, updates.

As in `app/db/documents.py`: plain dictionaries, instants as naive UTC datetimes, `_id` the global
identifier, `version` grown by one with each change. Words in capitals stand in
`app/campaigning/words.py`. Money is an integer of minor units (cents) of the goal's currency, ISO
4217; time is an integer of minutes; everything else is counted in whole pieces.
"""

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from app.db.documents import Place


class Goal(TypedDict):
    """How much of one kind of support is sought: MONEY, TIME, SKILL, GOODS, SPACE or SIGNATURE.

    `minimum` is what is needed, `optimum` what would be best; `currency` is of money alone;
    `what` says which skill, goods or space.
    """

    kind: str
    minimum: int
    optimum: int | None
    currency: str | None
    what: str


class Tier(TypedDict):
    """A level of support: the least that it takes, what it gives, and how many can have it.

    `rank` orders tiers: 1 is the lowest. `taken` of a limited tier stands in the collection
    `tiers`, so that it is never oversold; here it is what was last counted.
    """

    id: str
    rank: int
    name: str
    kind: str
    least: int
    limit: int | None
    reward: str
    rights: list[str]


class Threshold(TypedDict):
    """A mark on the way: at `percent` of a goal's minimum or at an `amount`, once or at every n-th.

    `every` repeats it at each multiple of what percent or amount says. `response` is what an
    official answered to it, if anybody did.
    """

    id: str
    kind: str
    percent: int | None
    amount: int | None
    every: bool
    name: str
    response: dict[str, Any] | None


class CampaignRules(TypedDict):
    """What a space says about campaigns in it.

    `breadth` is GENERAL, or SPECIALISED: then a category is one of the space's or below one.
    `creators` is MEMBER or MODERATOR; `review` asks for a moderator's word before opening.
    `providers` names those through whom money may come, all if it is empty; `validation` says that
    a signature counts only once it was validated. Signatures are of one of `areas`, or of any if
    there are none; areas with fewer than `area_floor` of them are not told apart.
    """

    breadth: str
    creators: str
    review: bool
    longest_days: int
    providers: list[str]
    validation: bool
    anonymous: bool
    areas: list[str]
    area_floor: int


class CampaignContent(TypedDict):
    """What people write of a campaign; a `Campaign` has all of it."""

    type: str
    category: str
    title: str
    story: str
    place: Place | None
    area: str | None
    mode: str
    opens_at: datetime | None
    deadline: datetime | None
    round_days: int | None
    goals: list[Goal]
    tiers: list[Tier]
    thresholds: list[Threshold]


class Progress(TypedDict):
    """How far one kind of support has come, as far as the ledger was read.

    `counted` counts towards the goal; `pending` is promised and does not yet.
    """

    counted: int
    pending: int
    supporters: int


class Campaign(TypedDict):
    """A project or cause that seeks support, and how far it has come.

    `title_folded`, `category_folded` and `words` are what it is found by: `found_by` in
    `app/campaigning/filters.py`. `share` is how much of its minimums has come in, of the kind that
    is furthest behind.
    `progress` is by kind, folded from the ledger up to `folded` (a number of the log, exclusive of
    later ones); `crossed` is how many times over each threshold is crossed at that point.
    `deadline` is the end of the present round. `outcome` is SUCCEEDED or FAILED once decided.
    `settling` says that money is still to be captured or released, which is done in the order of
    identifiers and has come to `settled_to`; `untold`, that all of that was asked, and not all is
    answered. `approved_at` is when a moderator approved it for opening, None after it went back to
    its team.
    """

    _id: str
    space: str
    owner: str
    team: list[str]
    type: str
    category: str
    title: str
    title_folded: str
    category_folded: str
    words: list[str]
    story: str
    place: Place | None
    area: str | None
    mode: str
    opens_at: datetime | None
    deadline: datetime | None
    round: int
    round_days: int | None
    extended: bool
    goals: list[Goal]
    tiers: list[Tier]
    thresholds: list[Threshold]
    progress: dict[str, Progress]
    share: float
    folded: int
    crossed: dict[str, int]
    state: str
    suspended_from: str | None
    outcome: str | None
    settling: bool
    settled_to: NotRequired[str | None]
    untold: NotRequired[bool]
    reason: str | None
    due_at: datetime | None
    created_at: datetime
    approved_at: datetime | None
    opened_at: datetime | None
    closed_at: datetime | None
    updated_at: datetime
    version: int


class Gate(TypedDict):
    """One of the doors of a campaign through which every contribution goes while it is open.

    A contribution writes to one of them and closing writes to all, so that the database lets none
    slip through beside the closing; there are several, so that they do not wait for each other.
    """

    _id: str
    campaign: str
    open: bool
    passed: int


class Contribution(TypedDict):
    """A pledge of any kind: who gives what, at which level, and how it stands.

    `provider` and `reference` are of money: who pays it in, and what they call it. `sequence` is
    the provider's own order of what it has told (greater is later). `due_at` is when something has
    to be asked of the provider; `asked` is what (a deed of `app/campaigning/pledge_states.py`), and
    `attempts` how often it was tried in vain. `action_url` is where the supporter pays, if there.
    `declined` is how often its provider would not give it back. `noted_by` is who noted last that
    a transfer came or was sent back.
    """

    _id: str
    campaign: str
    space: str
    supporter: str
    kind: str
    amount: int
    currency: str | None
    tier: str | None
    rank: int
    anonymous: bool
    message: str
    state: str
    provider: str | None
    reference: str | None
    sequence: int
    round: int
    reason: str | None
    asked: str | None
    due_at: datetime | None
    attempts: int
    action_url: NotRequired[str]
    declined: NotRequired[int]
    noted_by: NotRequired[str]
    created_at: datetime
    updated_at: datetime
    version: int


class Signature(TypedDict):
    """One person's name under a petition; a person has one at most, which a unique index keeps."""

    _id: str
    campaign: str
    space: str
    signer: str
    area: str | None
    anonymous: bool
    comment: str
    state: str
    reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int


class LedgerEntry(TypedDict):
    """One movement from one account to another; never changed, never deleted.

    `_id` is the number of the event that was written with it times a thousand, plus its place
    beside that event, so that the ledger has the order of the log. `supporters` is 1 or -1 where
    it adds or takes away somebody who counts.
    """

    _id: int
    campaign: str
    space: str
    kind: str
    currency: str | None
    debit: str
    credit: str
    amount: int
    supporters: int
    cause: str
    contribution: str | None
    expense: str | None
    at: datetime


class Expense(TypedDict):
    """What was paid out of a campaign's money: how much, to whom and why.

    `state` is RECORDED, then APPROVED or REJECTED.
    """

    _id: str
    campaign: str
    space: str
    amount: int
    currency: str
    payee: str
    purpose: str
    evidence: list[str]
    state: str
    recorded_by: str
    approved_by: str | None
    spent_at: datetime
    created_at: datetime
    version: int


class SupportLevel(TypedDict):
    """At which level a person supports a campaign at present: the rank of the tier, and rights.

    Its `_id` follows from campaign and person. Rank 0 is support below every tier; who supports no
    more has no level.
    """

    _id: str
    campaign: str
    user: str
    rank: int
    rights: list[str]


class Update(TypedDict):
    """News of a campaign for an audience, and when it becomes public, if it does."""

    _id: str
    campaign: str
    space: str
    author: str
    title: str
    text: str
    audience: str
    rank: int
    public_at: datetime | None
    created_at: datetime
    version: int


class Comment(TypedDict):
    """A comment or suggestion in a campaign's room, under an update or by itself.

    Whom it is for (`audience`, `rank`, `public_at`) is as with its update, which never changes; for
    one by itself it is ALL. So one filter, `readable`, is good for both.
    """

    _id: str
    campaign: str
    space: str
    update: str | None
    author: str
    kind: str
    text: str
    audience: str
    rank: int
    public_at: datetime | None
    created_at: datetime
    version: int


class Poll(TypedDict):
    """A question to those who may vote; `counts` is by option, and one person has one vote.

    Without `closes_at` it ends with the campaign.
    """

    _id: str
    campaign: str
    space: str
    author: str
    question: str
    options: list[str]
    closes_at: datetime | None
    counts: list[int]
    created_at: datetime
    version: int


class Ballot(TypedDict):
    """One person's vote; its `_id` follows from poll and person, and a newer one replaces it."""

    _id: str
    poll: str
    campaign: str
    voter: str
    option: int
    at: datetime


class PaymentMessage(TypedDict):
    """What a payment provider told, by its own identifier: seen once, it counts once."""

    _id: str
    provider: str
    reference: str
    contribution: str
    type: str
    sequence: int
    at: datetime
    received_at: datetime
