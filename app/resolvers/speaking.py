"""Speaking: what somebody says of facets is kept, and what all agree on is worked out anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.db import confirmations as confirmations_db
from app.db.documents import Space
from app.db.pool_documents import Confirmation, Entry, FacetValue, PoolRules, Value
from app.db.writing import Writing
from app.pooling.consensus import consensus, unheard
from app.pooling.freshness import renewed, returned, turned
from app.pooling.rules import kinds_of
from app.pooling.words import Verdict
from app.resolvers.pooling import rules_in
from app.resolvers.voices import count_accord, find_out, find_ties, weigh

# The round of a facet that has no value.
NO_ROUND = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a facet; with DISPUTE, `value` is what they found instead, if given."""

    facet: str
    verdict: Verdict
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something, whether their name is withheld, and when they saw it, if not now."""

    person: str
    anonymous: bool = False
    observed_at: datetime | None = None


async def speak(
    writing: Writing, space: Space, entry: Entry, speaker: Speaker, said: Sequence[Said]
) -> dict[str, FacetValue]:
    """Keep what somebody says of an entry's facets; return all its facets as they are by that.

    What was seen before it was last checked renews nothing.

    Whoever confirms a value renews it, also if it is their own, which is not heard otherwise.
    """
    rules = rules_in(space)
    weight = (await weigh(writing, space, [speaker.person], rules))[speaker.person]
    kept = [_confirmation(writing, entry, speaker, one, weight) for one in said]
    ids = [one["_id"] for one in kept]
    seen_at = min(speaker.observed_at or writing.at, writing.at)
    before = await confirmations_db.list_confirmations(writing.db, ids, writing.session)
    facets, kinds = dict(entry["facets"]), kinds_of(rules)
    for one in kept:
        await confirmations_db.upsert_confirmation(writing, one)
        name = one["facet"]
        if name not in facets:
            continue
        await count_accord(writing, facets[name], before.get(one["_id"]), one)
        is_for = one["verdict"] == Verdict.CONFIRM and seen_at >= facets[name]["checked_at"]
        if is_for and name in kinds:
            facets[name] = renewed(facets[name], kinds[name], seen_at)
    return await agree(writing, space, {**entry, "facets": facets}, [one["facet"] for one in kept])


async def agree(
    writing: Writing, space: Space, entry: Entry, names: Iterable[str]
) -> dict[str, FacetValue]:
    """Return the facets of an entry, those named with what all agree on who speak at present."""
    rules, facets = rules_in(space), dict(entry["facets"])
    for name in dict.fromkeys(names):
        if name in facets:
            facets[name] = await _agreed(writing, space, entry, name, rules)
    return facets


async def _agreed(
    writing: Writing, space: Space, entry: Entry, name: str, rules: PoolRules
) -> FacetValue:
    facet = entry["facets"][name]
    kind = kinds_of(rules).get(name)
    if kind is None:
        return facet
    said = await confirmations_db.list_in_round(writing, entry["_id"], name, facet["round"])
    giver = facet["claimed_by"]
    people = {one["user"] for one in said} | ({giver} if giver is not None else set())
    ties = await find_ties(writing, space, people)
    found = consensus(facet, said, ties, rules)
    if facet["value"] != facet["claim"] and not found["supporters"]:
        # Nobody says so any more of those who set another value than was given.
        facet = returned(facet)
        found = consensus(facet, said, ties, rules)
    # Nobody says anything of it any more: then it is as if nobody had.
    after = turned(facet, found if said else unheard(facet["value"]), kind, writing.at)
    await find_out(writing, entry, name, after, said)
    return after


def _confirmation(
    writing: Writing, entry: Entry, speaker: Speaker, said: Said, weight: float
) -> Confirmation:
    facet = entry["facets"].get(said.facet)
    round = NO_ROUND if facet is None else facet["round"]
    confirmed = None if facet is None else facet["value"]
    values = {
        Verdict.CONFIRM: confirmed,
        Verdict.DISPUTE: said.value,
        Verdict.CANNOT_TELL: None,
    }
    return Confirmation(
        _id=confirmations_db.confirmation_id(entry["_id"], said.facet, round, speaker.person),
        entry=entry["_id"],
        space=entry["space"],
        facet=said.facet,
        round=round,
        user=speaker.person,
        anonymous=speaker.anonymous,
        verdict=said.verdict.value,
        value=values[said.verdict],
        weight=weight,
        at=writing.at,
    )
