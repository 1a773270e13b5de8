"""What the tests of agreement and ageing share: a noon, facets, what people say, entries."""

from datetime import datetime, timedelta
from typing import Any

from app.db.documents import Place
from app.db.pool_documents import (
    Confirmation,
    Consensus,
    Entry,
    FacetValue,
    PoolRules,
    Signal,
    Value,
)
from app.pooling.consensus import unheard
from app.pooling.freshness import Giving, given
from app.pooling.rules import DEFAULTS, facet_kind
from app.pooling.words import Tap, Verdict

NOON = datetime(2026, 3, 1, 12)
HERE = (13.40, 52.52)
WHEELCHAIR = facet_kind({"name": "WHEELCHAIR"})
AGREED: Any = unheard(None)


def day(count: float) -> datetime:
    """Return the instant so many days after noon."""
    return NOON + timedelta(days=count)


def rules(**changes: Any) -> PoolRules:
    """Return the default rules under a licence, with some of them changed."""
    changed: Any = DEFAULTS | {"licence": "CC0-1.0"} | changes
    return changed  # type: ignore[no-any-return]


def facet(value: Value = "SUITABLE", by: str | None = "ada", **changes: Any) -> FacetValue:
    """Return a facet that Ada gave at noon."""
    new: Any = given(WHEELCHAIR, value, Giving(by, False, NOON, NOON, round=1))
    return new | changes  # type: ignore[no-any-return]


def agreed(**changes: Any) -> Consensus:
    """Return what people agree on, nothing unless said otherwise."""
    return AGREED | changes  # type: ignore[no-any-return]


def says(user: str, value: Value | None = None, weight: float = 1, **changes: Any) -> Confirmation:
    """Return what somebody says: another value, or that it is as it says."""
    plain = Confirmation(
        _id=f"cnf_{user}",
        entry="ent_one",
        space="spc_one",
        facet="WHEELCHAIR",
        round=1,
        user=user,
        anonymous=False,
        verdict=Verdict.CONFIRM if value is None else Verdict.DISPUTE,
        value=value,
        weight=weight,
        at=NOON,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def tap(kind: Tap, user: str | None = None, at: float = 0, **changes: Any) -> Signal:
    """Return a tap, so many days after noon, by somebody or from an address."""
    plain = Signal(
        _id=f"sig_{user}_{changes.get('address')}_{at}",
        entry="ent_one",
        space="spc_one",
        kind=kind,
        facet=None,
        user=user,
        address=None,
        at=day(at),
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def entry(id: str = "ent_one", **changes: Any) -> Entry:
    """Return an entry that Ada alone has contributed, at noon, here."""
    spot = changes.pop("spot", Place(type="Point", coordinates=[*HERE]))
    plain: dict[str, Any] = {
        "_id": id,
        "space": "spc_one",
        "title": "Lift",
        "facets": {},
        "state": "PUBLISHED",
        "hidden_from": None,
        "merged_into": None,
        "gone": 0.0,
        "there_at": NOON,
        "matched": {"spot": spot},
        "contributors": ["ada"],
        "created_by": "ada",
        "imported_by": None,
        "version": 1,
    }
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]
