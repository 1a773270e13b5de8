"""Standings: what a space knows of a person, weighed when reviews are shown and as they fade."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.db import reviews as reviews_db
from app.db import spaces as spaces_db
from app.db import standings as standings_db
from app.db.client import Database
from app.db.documents import Space
from app.db.driver import Session
from app.db.match_documents import MatchingRules, Review, StoredStanding
from app.db.writing import Writing
from app.matching.reputation import Reputation, reputation
from app.resolvers.matchmaking import rules_in

WEIGHED_EVERY = timedelta(days=30)
TIES_GATHER = timedelta(days=1)


class Evidence(NamedTuple):
    """What there is to judge a person by: reviews that are shown, and who knows whom."""

    reviews: list[Review]
    ties: Mapping[str, AbstractSet[str]]

    def by_category(self) -> dict[str, "Evidence"]:
        """Return the evidence in each category in which there are reviews, in order."""
        found: dict[str, list[Review]] = {}
        for review in self.reviews:
            found.setdefault(review["category"], []).append(review)
        return {category: Evidence(found[category], self.ties) for category in sorted(found)}

    def weigh(self, rules: MatchingRules, at: datetime, category: str | None = None) -> Reputation:
        """Return what it vouches for."""
        return reputation(self.reviews, self.ties, rules, at, category)


async def find_evidence(
    db: Database, space: str, person: str, session: Session | None = None
) -> Evidence:
    """Return the evidence on a person in a space: that of the latest reviews."""
    reviews = await reviews_db.list_evidence(db, space, person, session)
    reviewers = sorted({review["reviewer"] for review in reviews})
    return Evidence(reviews, await reviews_db.list_ties(db, space, reviewers, session))


async def renew_standing(
    writing: Writing, space: Space, person: str, **change: Any
) -> StoredStanding:
    """Weigh the evidence on a person as this transaction finds it, and keep what comes of it."""
    evidence = await find_evidence(writing.db, space["_id"], person, writing.session)
    rules, at = rules_in(space), writing.at
    found = evidence.weigh(rules, at)
    known = {
        "score": found.score,
        "trust": found.trust,
        "confidence": found.confidence,
        "count": found.count,
        "evidence": found.evidence,
        "reputation": [
            {"category": category, "score": part.weigh(rules, at, category).score}
            for category, part in evidence.by_category().items()
        ],
        "computed_at": at,
        "due_at": at + WEIGHED_EVERY if found.count else None,
    }
    return await standings_db.upsert_standing(writing, space["_id"], person, {**known, **change})


async def note_tie(writing: Writing, space: str, one: str, other: str) -> None:
    """Note that two people are going to know each other; call it before their reviews are shown.

    The first time, what is known of those whom either has reviewed is weighed anew within a day:
    others who reviewed them may belong to a ring with these two now. Not at once, so that who meets
    many people in a day, and has reviewed many, lets each of these be weighed once.
    """
    pairs = await reviews_db.list_reviewed(writing, space, [one, other])
    if pairs.isdisjoint({(one, other), (other, one)}):
        subjects = {subject for _, subject in pairs}
        await standings_db.make_due(writing, space, subjects, writing.at + TIES_GATHER)


async def reweigh_standing(writing: Writing, id: str) -> None:
    """Weigh again what has faded; time has come."""
    known = await standings_db.find_standing(writing, id)
    if known is None or known["due_at"] is None or known["due_at"] > writing.at:
        return
    space = await spaces_db.find_space(writing.db, known["space"])
    if space is not None:
        await renew_standing(writing, space, known["user"])
