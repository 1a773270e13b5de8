"""The words of crowdsourcing: kinds of campaigns and of support, levels, rights, states."""

from enum import StrEnum


class Type(StrEnum):
    """What a campaign is for."""

    PROJECT = "PROJECT"
    CAUSE = "CAUSE"


class Support(StrEnum):
    """What can be given: money in minor units, time in minutes, all else in pieces."""

    MONEY = "MONEY"
    TIME = "TIME"
    SKILL = "SKILL"
    GOODS = "GOODS"
    SPACE = "SPACE"
    SIGNATURE = "SIGNATURE"


class Mode(StrEnum):
    """When money is taken, and whether it is if too little comes together."""

    ALL_OR_NOTHING = "ALL_OR_NOTHING"
    KEEP_IT_ALL = "KEEP_IT_ALL"
    ROUNDS = "ROUNDS"


class Right(StrEnum):
    """What a level of support lets somebody do in a campaign."""

    READ_UPDATES = "READ_UPDATES"
    COMMENT = "COMMENT"
    SUGGEST = "SUGGEST"
    PREVIEW = "PREVIEW"
    VOTE = "VOTE"
    CO_CREATE = "CO_CREATE"


class Audience(StrEnum):
    """Whom news of a campaign is for."""

    ALL = "ALL"
    SUPPORTERS = "SUPPORTERS"
    TIER = "TIER"
    TEAM = "TEAM"


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    OPEN = "OPEN"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FULFILLING = "FULFILLING"
    FULFILLED = "FULFILLED"
    SUSPENDED = "SUSPENDED"
    CANCELLED = "CANCELLED"


class PledgeState(StrEnum):
    """Where a contribution of money stands."""

    PLEDGED = "PLEDGED"
    CONFIRMED = "CONFIRMED"
    CAPTURED = "CAPTURED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class SupportState(StrEnum):
    """Where a contribution of anything but money stands."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DELIVERED = "DELIVERED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class SignatureState(StrEnum):
    """Where a signature stands."""

    PENDING = "PENDING"
    VALIDATED = "VALIDATED"
    INVALIDATED = "INVALIDATED"
    WITHDRAWN = "WITHDRAWN"


class Direction(StrEnum):
    """Which way a total went through a threshold."""

    CROSSED_UP = "CROSSED_UP"
    CROSSED_DOWN = "CROSSED_DOWN"


class Remark(StrEnum):
    """What somebody writes in a campaign's room."""

    COMMENT = "COMMENT"
    SUGGESTION = "SUGGESTION"
