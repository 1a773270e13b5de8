"""Hearing: what the signals on an entry mean by now, together with what people said of it."""

from collections.abc import Sequence
from datetime import datetime

from app.db import confirmations as confirmations_db
from app.db import signals as signals_db
from app.db.documents import Space
from app.db.pool_documents import Entry, FacetValue, PoolRules, Signal
from app.db.writing import Writing
from app.pooling.freshness import Facets, doubted
from app.pooling.rules import kinds_of
from app.pooling.taps import Gone, gone, is_doubted
from app.pooling.words import Tap
from app.resolvers.pooling import rules_in
from app.resolvers.voices import find_ties, weigh

# People beyond these, who said of one thing that it is gone or is not, weigh what newcomers do.
MOST_WEIGHED = 100


async def find_gone(writing: Writing, space: Space, entry: Entry, heard: Sequence[Signal]) -> Gone:
    """Return how far people agree that an entry is gone, by signals and by what else they said."""
    found = [
        one["at"] for one in heard if one["kind"] == Tap.GONE and one["at"] >= entry["there_at"]
    ]
    if not found:
        return Gone(0.0, 0, settled=False)
    rules, first = rules_in(space), min(found)  # what was said before it went is no objection
    recent = [one for one in heard if one["at"] >= first]
    said = await confirmations_db.list_since(writing, entry["_id"], first)
    people = dict.fromkeys(one["user"] for one in [*recent, *said] if one["user"] is not None)
    weights = await weigh(writing, space, [*people][:MOST_WEIGHED], rules)
    return gone(recent, said, weights, await find_ties(writing, space, people), rules)


async def list_heard(writing: Writing, entry: Entry) -> list[Signal]:
    """Return the signals that may still mean something: since it was there, or last checked."""
    checked = [facet["checked_at"] for facet in entry["facets"].values()]
    return await signals_db.list_since(writing, entry["_id"], min([entry["there_at"], *checked]))


def doubts(facets: Facets, heard: Sequence[Signal], rules: PoolRules, at: datetime) -> Facets:
    """Return facets, with those in doubt that signals since they were checked say are not so."""
    kinds, after = kinds_of(rules), dict[str, FacetValue]()
    for name, facet in facets.items():
        since = [one for one in heard if one["at"] >= facet["checked_at"]]
        is_asked = name in kinds and not facet["stale"]
        in_doubt = is_asked and is_doubted(since, name, facet["value"])
        after[name] = doubted(facet, at) if in_doubt else facet
    return after
