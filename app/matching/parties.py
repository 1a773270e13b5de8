"""A party: one posting with what is known of its owner, made ready to be compared with many."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from app.db.match_documents import MatchingRules, Posting, Standing
from app.matching.rules import shares
from app.matching.spans import Spans, length, spans
from app.matching.terms import Part
from app.places import Point, point

__all__ = ["UNKNOWN", "Facts", "Party", "Standing", "party"]

UNKNOWN = Standing()


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds at the moment of judging, besides the postings themselves.

    Attributes:
        at: the instant (naive UTC).
        rules: the rules of the space.
        people: what is known of the owners.
        blocks: who has blocked whom, as (blocker, blocked).
        shares: the weights of the rules, summing to 1; they follow from the rules.

    """

    at: datetime
    rules: MatchingRules
    people: Mapping[str, Standing] = field(default_factory=dict)
    blocks: AbstractSet[tuple[str, str]] = frozenset()
    shares: Mapping[Part, float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", shares(self.rules["weights"]))

    def blocked(self, one: str, other: str) -> bool:
        """Say whether either of two people has blocked the other."""
        return (one, other) in self.blocks or (other, one) in self.blocks


@dataclass(frozen=True, slots=True)
class Party:
    """A posting made ready: its sets, its point, its time still to come, its owner's standing."""

    posting: Posting
    id: str
    owner: str
    kind: str
    category: tuple[str, ...]
    skills: frozenset[str]
    languages: frozenset[str]
    point: Point | None
    radius_metres: float | None
    spans: Spans
    any_time: bool
    seconds: float
    standing: Standing
    reputation: float
    seats: int


def party(posting: Posting, facts: Facts) -> Party:
    """Return a posting made ready; words are compared without regard to case."""
    place, standing = posting["place"], facts.people.get(posting["owner"], UNKNOWN)
    coming = spans(posting["windows"], facts.at)
    return Party(
        posting=posting,
        id=posting["_id"],
        owner=posting["owner"],
        kind=posting["kind"],
        category=tuple(word.strip().casefold() for word in posting["category"].split("/")),
        skills=frozenset(skill.strip().casefold() for skill in posting["skills"]),
        languages=frozenset(tag.partition("-")[0].casefold() for tag in posting["languages"]),
        point=None if place is None else point(place),
        radius_metres=posting["radius_metres"],
        spans=coming,
        any_time=not posting["windows"],
        seconds=length(coming),
        standing=standing,
        reputation=standing.reputation.get(posting["category"], facts.rules["prior"]),
        seats=max(posting["capacity"] - posting["taken"], 0),
    )
