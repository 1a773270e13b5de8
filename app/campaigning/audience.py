"""Who reads, writes and votes in a campaign's room: one table, and the filter that means the same.

Whether somebody may see the campaign itself is asked before. News for ALL that has a day on which
it becomes public is for those who may PREVIEW until then. Any other news is for its audience at
once, and for everybody from its day on, if it has one.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.campaigning.tiers import Level, may, why
from app.campaigning.words import Audience, CampaignState, Right
from app.db.campaign_documents import Campaign, Update
from app.failures import Problem


class Who(StrEnum):
    """Who may do something: nobody, the team, or besides the team whoever's level gives it."""

    NOBODY = "NOBODY"
    TEAM = "TEAM"
    LEVEL = "LEVEL"


class Situation(StrEnum):
    """How a campaign's room stands: before it opens, alive, held by moderators, or over."""

    AHEAD = "AHEAD"
    ALIVE = "ALIVE"
    HELD = "HELD"
    OVER = "OVER"


SITUATIONS: Mapping[str, Situation] = {
    CampaignState.DRAFT: Situation.AHEAD,
    CampaignState.IN_REVIEW: Situation.AHEAD,
    CampaignState.OPEN: Situation.ALIVE,
    CampaignState.SUCCEEDED: Situation.ALIVE,
    CampaignState.FULFILLING: Situation.ALIVE,
    CampaignState.SUSPENDED: Situation.HELD,
    CampaignState.FULFILLED: Situation.OVER,
    CampaignState.FAILED: Situation.OVER,
    CampaignState.CANCELLED: Situation.OVER,
}
_COLUMNS = (Situation.AHEAD, Situation.ALIVE, Situation.HELD, Situation.OVER)
_ROWS = {
    Right.READ_UPDATES: (Who.TEAM, Who.LEVEL, Who.LEVEL, Who.LEVEL),
    Right.COMMENT: (Who.TEAM, Who.LEVEL, Who.NOBODY, Who.LEVEL),
    Right.SUGGEST: (Who.TEAM, Who.LEVEL, Who.NOBODY, Who.NOBODY),
    Right.PREVIEW: (Who.TEAM, Who.LEVEL, Who.LEVEL, Who.LEVEL),
    Right.VOTE: (Who.NOBODY, Who.LEVEL, Who.NOBODY, Who.NOBODY),
    Right.CO_CREATE: (Who.TEAM, Who.LEVEL, Who.NOBODY, Who.NOBODY),
}
TABLE: Mapping[tuple[Right, Situation], Who] = {
    (right, situation): who
    for right, row in _ROWS.items()
    for situation, who in zip(_COLUMNS, row, strict=True)
}
_SAID = {
    Situation.AHEAD: "The campaign is not open yet.",
    Situation.ALIVE: "",
    Situation.HELD: "The campaign is suspended.",
    Situation.OVER: "The campaign is over.",
}


def allowed(right: Right, state: str, level: Level) -> bool:
    """Say whether somebody may use a right in a campaign in this state."""
    who = TABLE[right, SITUATIONS[state]]
    return who is not Who.NOBODY and (level.is_team or (who is Who.LEVEL and may(level, right)))


def refusal(campaign: Campaign, right: Right, level: Level) -> str | None:
    """Return in a sentence why somebody may not use a right now, or what it takes; None if not."""
    if allowed(right, campaign["state"], level):
        return None
    situation = SITUATIONS[campaign["state"]]
    if TABLE[right, situation] is not Who.LEVEL:
        return _SAID[situation]
    return why(campaign, level, right)


def may_read(update: Update, level: Level, at: datetime) -> bool:
    """Say whether somebody may read news of a campaign now; means the same as `readable`."""
    audience, public_at = update["audience"], update["public_at"]
    if level.is_team or (public_at is not None and public_at <= at):
        return True
    if audience == Audience.ALL:
        return public_at is None or may(level, Right.PREVIEW)
    if not may(level, Right.READ_UPDATES):
        return False
    if audience == Audience.SUPPORTERS:
        return level.supports
    return audience == Audience.TIER and level.rank >= update["rank"]


def readable(level: Level, at: datetime) -> dict[str, Any]:
    """Return the MongoDB filter of the news of one campaign that somebody may read now.

    Every list, count and live item of news goes through it or through `may_read`.
    """
    if level.is_team:
        return {}
    ways: list[dict[str, Any]] = [
        {"public_at": {"$lte": at}},
        {"audience": Audience.ALL.value, "public_at": None},
    ]
    if may(level, Right.PREVIEW):
        ways.append({"audience": Audience.ALL.value})
    if may(level, Right.READ_UPDATES):
        ways.append({"audience": Audience.TIER.value, "rank": {"$lte": level.rank}})
        if level.supports:
            ways.append({"audience": Audience.SUPPORTERS.value})
    return {"$or": ways}


def problems(
    campaign: Campaign, audience: str, rank: int, public_at: datetime | None, at: datetime
) -> list[Problem]:
    """Return what is wrong with whom news is for, each with how to mend it.

    `rank` is that of the lowest tier of the audience TIER, and 0 for any other.
    """
    found: list[Problem] = []
    if audience not in set(Audience):
        found.append(Problem("audience", f"Give one of {', '.join(Audience)}."))
    ranks = sorted(tier["rank"] for tier in campaign["tiers"])
    if audience == Audience.TIER and rank not in ranks:
        known = ", ".join(map(str, ranks)) or "none"
        found.append(Problem("rank", f"Give the rank of a tier of the campaign: {known}."))
    if audience != Audience.TIER and rank != 0:
        found.append(Problem("rank", "Leave it out: it is for the audience TIER alone."))
    if public_at is not None and public_at <= at:
        found.append(Problem("public_at", "Give an instant to come, or leave it out."))
    return found
