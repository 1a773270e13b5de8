"""The words of a pool: what can be said of an entry, how it stands, and what happens to it."""

from enum import StrEnum


class Suitability(StrEnum):
    """Whether something suits a need. Unknown is a value, and never means unsuitable."""

    SUITABLE = "SUITABLE"
    PARTLY = "PARTLY"
    UNSUITABLE = "UNSUITABLE"
    UNKNOWN = "UNKNOWN"


class Need(StrEnum):
    """The needs that every pool knows; a pool can add its own."""

    WHEELCHAIR = "WHEELCHAIR"
    BLIND = "BLIND"
    DEAF = "DEAF"
    STROLLER = "STROLLER"


class Kind(StrEnum):
    """What the values of a facet are."""

    SUITABILITY = "SUITABILITY"
    CHOICE = "CHOICE"
    NUMBER = "NUMBER"
    FLAG = "FLAG"
    TEXT = "TEXT"


class Access(StrEnum):
    """Who reads a pool and signals in it."""

    OPEN = "OPEN"
    REGISTERED = "REGISTERED"
    MEMBERS = "MEMBERS"


class State(StrEnum):
    """Where an entry stands."""

    PUBLISHED = "PUBLISHED"
    DISPUTED = "DISPUTED"
    VERIFIED = "VERIFIED"
    STALE = "STALE"
    GONE = "GONE"
    MERGED = "MERGED"
    HIDDEN = "HIDDEN"


class Verdict(StrEnum):
    """What somebody says of a value that they went and looked at."""

    CONFIRM = "CONFIRM"
    DISPUTE = "DISPUTE"
    CANNOT_TELL = "CANNOT_TELL"


class Tap(StrEnum):
    """What can be signalled with one tap."""

    SUITABLE = "SUITABLE"
    UNSUITABLE = "UNSUITABLE"
    CHANGED = "CHANGED"
    GONE = "GONE"


class Cause(StrEnum):
    """Why there is a revision of an entry."""

    CONTRIBUTED = "CONTRIBUTED"
    EDITED = "EDITED"
    REVERTED = "REVERTED"
    MERGED = "MERGED"
    SIGNALLED = "SIGNALLED"
    CONFIRMED = "CONFIRMED"
    AGED = "AGED"
    HIDDEN = "HIDDEN"
    RESTORED = "RESTORED"
    IMPORTED = "IMPORTED"


class Change(StrEnum):
    """How an entry came to stand to a filter."""

    ENTERED = "ENTERED"
    UPDATED = "UPDATED"
    LEFT = "LEFT"
