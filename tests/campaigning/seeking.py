"""What the tests of campaigns share: a noon, campaigns, goals, tiers, thresholds, support, news."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from app.campaigning.rules import DEFAULTS
from app.campaigning.tiers import Level
from app.campaigning.words import Right
from app.db.campaign_documents import (
    Campaign,
    CampaignContent,
    CampaignRules,
    Contribution,
    Goal,
    Threshold,
    Tier,
    Update,
)
from app.db.documents import Place

NOON = datetime(2026, 3, 1, 12)
READ, COMMENT, SUGGEST, VOTE, PREVIEW, CO_CREATE = (
    Right.READ_UPDATES.value,
    Right.COMMENT.value,
    Right.SUGGEST.value,
    Right.VOTE.value,
    Right.PREVIEW.value,
    Right.CO_CREATE.value,
)


def day(count: float) -> datetime:
    """Return the instant so many days after noon."""
    return NOON + timedelta(days=count)


def place(longitude: float, latitude: float) -> Place:
    """Return a point."""
    return Place(type="Point", coordinates=[longitude, latitude])


def rules(**changes: Any) -> CampaignRules:
    """Return the rules that a space begins with, with some of them changed."""
    changed: Any = DEFAULTS | changes
    return changed  # type: ignore[no-any-return]


def goal(kind: str = "MONEY", minimum: int = 1_000, **changes: Any) -> Goal:
    """Return a goal without an optimum."""
    currency = "EUR" if kind == "MONEY" else None
    plain = Goal(kind=kind, minimum=minimum, optimum=None, currency=currency, what="")
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def tier(rank: int, least: int, *rights: str, **changes: Any) -> Tier:
    """Return an unlimited tier of money, named after its rank."""
    plain = Tier(
        id=f"tir_{rank}",
        rank=rank,
        name=f"level {rank}",
        kind="MONEY",
        least=least,
        limit=None,
        reward="",
        rights=list(rights),
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def threshold(id: str, **changes: Any) -> Threshold:
    """Return a threshold of money that is crossed once."""
    plain = Threshold(
        id=id, kind="MONEY", percent=None, amount=None, every=False, name=id, response=None
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def content(**changes: Any) -> CampaignContent:
    """Return what is written of a sound campaign for money."""
    plain = CampaignContent(
        type="PROJECT",
        category="energy",
        title="Sun on the school roof",
        story="Forty panels, and lessons under them.",
        place=None,
        area=None,
        mode="ALL_OR_NOTHING",
        opens_at=None,
        deadline=day(30),
        round_days=None,
        goals=[goal()],
        tiers=[],
        thresholds=[],
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def campaign(**changes: Any) -> Campaign:
    """Return an open campaign for money that nobody has supported yet."""
    plain: Any = {
        "_id": "cam_one",
        "space": "spc_one",
        "owner": "ana",
        "team": ["ben"],
        **content(),
        "title_folded": "sun on the school roof",
        "category_folded": "energy/",
        "words": [],
        "round": 1,
        "extended": False,
        "progress": {},
        "share": 0.0,
        "folded": 0,
        "crossed": {},
        "state": "OPEN",
        "suspended_from": None,
        "outcome": None,
        "settling": False,
        "reason": None,
        "due_at": day(30),
        "created_at": NOON,
        "approved_at": NOON,
        "opened_at": NOON,
        "closed_at": None,
        "updated_at": NOON,
        "version": 1,
    }
    return plain | changes  # type: ignore[no-any-return]


def contribution(amount: int, tier: str | None = None, **changes: Any) -> Contribution:
    """Return money that counts."""
    plain = Contribution(
        _id="con_one",
        campaign="cam_one",
        space="spc_one",
        supporter="cleo",
        kind="MONEY",
        amount=amount,
        currency="EUR",
        tier=tier,
        rank=0,
        anonymous=False,
        message="",
        state="CONFIRMED",
        provider="built-in",
        reference=None,
        sequence=0,
        round=1,
        reason=None,
        asked=None,
        due_at=None,
        attempts=0,
        created_at=NOON,
        updated_at=NOON,
        version=1,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def update(audience: str, rank: int = 0, public_at: datetime | None = None) -> Update:
    """Return news for an audience."""
    return Update(
        _id=f"upd_{audience}_{rank}_{public_at}",
        campaign="cam_one",
        space="spc_one",
        author="ana",
        title="News",
        text="The panels have come.",
        audience=audience,
        rank=rank,
        public_at=public_at,
        created_at=NOON,
        version=1,
    )


# Few enough days and ranks that news and readers often meet on an edge.
instants = st.one_of(st.none(), st.integers(-1, 1).map(day))
news = st.builds(
    update, st.sampled_from(["ALL", "SUPPORTERS", "TIER", "TEAM"]), st.integers(0, 3), instants
)
levels = st.builds(
    Level,
    rank=st.integers(0, 3),
    rights=st.frozensets(st.sampled_from(list(Right))),
    supports=st.booleans(),
    is_team=st.booleans(),
)
