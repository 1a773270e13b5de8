"""Freshness: how the value of a facet begins, is renewed or doubted, and ages.

What is UNKNOWN claims nothing, so it does not age. Otherwise a value asks to be checked so many
days after somebody last said that it is so; "still correct" renews it without a new value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db.pool_documents import Consensus, FacetKind, FacetValue, Value
from app.pooling.consensus import unheard
from app.pooling.facets import is_known

Facets = Mapping[str, FacetValue]


@dataclass(frozen=True, slots=True)
class Giving:
    """With what a value is given.

    Attributes:
        by: who gives it; None: somebody without an account.
        anonymous: whether they are named.
        observed_at: when it was seen; an instant still to come counts as `at`.
        at: when it is given.
        round: the version that the entry gets by it.

    """

    by: str | None
    anonymous: bool
    observed_at: datetime
    at: datetime
    round: int


def given(kind: FacetKind, value: Value, giving: Giving) -> FacetValue:
    """Return a facet with a new value, of which nobody else has said anything yet."""
    seen = min(giving.observed_at, giving.at)
    return FacetValue(
        value=value,
        by=giving.by,
        claim=value,
        claimed_by=giving.by,
        anonymous=giving.anonymous,
        observed_at=giving.observed_at,
        checked_at=seen,
        stale_at=stale_at(seen, kind),
        stale=False,
        round=giving.round,
        consensus=unheard(value),
    )


def turned(facet: FacetValue, found: Consensus, kind: FacetKind, at: datetime) -> FacetValue:
    """Return a facet with what is agreed on it, which may be another value: then nobody's own."""
    if found["value"] is None or found["value"] == facet["value"]:
        return {**facet, "consensus": found}
    value = found["value"]
    turned = FacetValue({**facet, "value": value, "by": None, "observed_at": at})
    return renewed({**turned, "consensus": found}, kind, at)


def returned(facet: FacetValue) -> FacetValue:
    """Return a facet with the value with which it began, again that of whoever gave it."""
    return {**facet, "value": facet["claim"], "by": facet["claimed_by"]}


def renewed(facet: FacetValue, kind: FacetKind, at: datetime) -> FacetValue:
    """Return a facet of which somebody says at this instant that it is still so."""
    checked_at = max(facet["checked_at"], at)
    stale = stale_at(checked_at, kind)
    return {**facet, "checked_at": checked_at, "stale_at": stale, "stale": False}


def doubted(facet: FacetValue, at: datetime) -> FacetValue:
    """Return a facet that asks to be checked from this instant on, however new it is."""
    stale_at = min(facet["stale_at"], at)
    return {**facet, "stale_at": stale_at, "stale": is_known(facet["value"])}


def aged(facets: Facets, at: datetime) -> dict[str, FacetValue]:
    """Return all facets, with those marked that ask to be checked at this instant."""
    return {name: {**facet, "stale": is_stale(facet, at)} for name, facet in facets.items()}


def stale_at(checked_at: datetime, kind: FacetKind) -> datetime:
    """Return when a value asks to be checked that was last found to be so at an instant."""
    return checked_at + timedelta(days=kind["fresh_days"])


def is_stale(facet: FacetValue, at: datetime) -> bool:
    """Say whether a facet asks to be checked; at the very instant it does."""
    return is_known(facet["value"]) and facet["stale_at"] <= at


def stale_facets(facets: Facets, at: datetime) -> list[str]:
    """Return which facets ask to be checked, the longest waiting first."""
    waiting = [(facet["stale_at"], name) for name, facet in facets.items() if is_stale(facet, at)]
    return [name for _, name in sorted(waiting)]


def due_at(facets: Facets) -> datetime | None:
    """Return when the next facet becomes stale of those that are not marked yet; None: none."""
    fresh = (one for one in facets.values() if not one["stale"] and is_known(one["value"]))
    return min((facet["stale_at"] for facet in fresh), default=None)
