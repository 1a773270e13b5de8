"""Every index of the pool, beside the query that it serves."""

from pymongo import GEOSPHERE

from app.db.index import DOWN, UP, Index

# Holds all that maps count, so that no entry is read for it; pools' own needs alone are not there.
CELLS = "entries by cell"
_NEEDS = ("WHEELCHAIR", "BLIND", "DEAF", "STROLLER")

POOL_INDEXES = [
    Index("entries", [("space", UP), ("matched.spot", GEOSPHERE)], "entries around a place"),
    Index(
        "entries",
        [
            ("space", UP),
            ("matched.cell", UP),
            ("matched.state", UP),
            ("matched.stale", UP),
            ("matched.observed_at", UP),
            *((f"matched.facets.{need}", UP) for need in _NEEDS),
        ],
        "entries on a piece of the map, and how many there are",
        {"name": CELLS},
    ),
    Index("entries", [("space", UP), ("matched.words", UP)], "entries in which words begin so"),
    Index("entries", [("space", UP), ("created_at", UP), ("_id", UP)], "entries by age"),
    Index("entry_revisions", [("entry", UP), ("version", UP), ("_id", UP)], "what an entry was"),
    Index("areas", [("user", UP), ("created_at", DOWN), ("_id", DOWN)], "what I watch"),
    Index(
        "entries",
        [("space", UP), ("matched.spot", GEOSPHERE)],
        "entries around a place that ask to be checked",
        {"name": "stale_near", "partialFilterExpression": {"matched.stale": True}},
    ),
    Index(
        "entries",
        [("space", UP), ("matched.spot", GEOSPHERE)],
        "entries around a place that are disputed",
        {"name": "disputed_near", "partialFilterExpression": {"matched.state": "DISPUTED"}},
    ),
    Index(
        "entries",
        [("due_at", UP)],
        "entries of which a facet has become stale, anywhere",
        {"partialFilterExpression": {"due_at": {"$type": "date"}}},
    ),
    Index(
        "entries",
        [("space", UP), ("updated_at", DOWN), ("_id", DOWN)],
        "entries that wait for a moderator's look",
        {"partialFilterExpression": {"patrolled": False}},
    ),
    Index(
        "entry_revisions",
        [("space", UP), ("by", UP), ("at", DOWN), ("_id", DOWN)],
        "what somebody did in a pool",
    ),
    Index(
        "confirmations",
        [("entry", UP), ("at", DOWN), ("_id", DOWN)],
        "what people said of an entry",
    ),
    Index(
        "confirmations",
        [("entry", UP), ("facet", UP), ("round", UP)],
        "what people say of one value",
    ),
    Index("signals", [("entry", UP), ("at", DOWN), ("_id", DOWN)], "the signals on an entry"),
    Index(
        "signals",
        [("space", UP), ("user", UP), ("at", DOWN), ("_id", DOWN)],
        "what somebody signalled in a pool",
        {"partialFilterExpression": {"user": {"$type": "string"}}},
    ),
    Index(
        "signals",
        [("space", UP), ("address", UP), ("at", DOWN), ("_id", DOWN)],
        "what was signalled from an address",
        {"partialFilterExpression": {"address": {"$type": "string"}}},
    ),
    Index(
        "findings",
        [("space", UP), ("person", UP), ("at", DOWN), ("_id", DOWN)],
        "what became of somebody's words",
    ),
    Index(
        "findings",
        [("entry", UP), ("facet", UP), ("round", UP)],
        "who was right about a value",
    ),
    Index("accords", [("space", UP), ("user", UP), ("giver", UP)], "who confirms whom"),
    Index("reversals", [("space", UP), ("at", DOWN), ("_id", DOWN)], "what was taken back"),
    Index(
        "reversals",
        [("is_open", UP)],
        "what is still to be taken back",
        {"partialFilterExpression": {"is_open": True}},
    ),
    Index("pool_sweeps", [("due_at", UP)], "pools whose entries are to be found otherwise"),
    Index("imports", [("space", UP), ("created_at", DOWN), ("_id", DOWN)], "imports into a pool"),
    Index(
        "entries",
        [("space", UP), ("source.name", UP), ("source.id", UP)],
        "has a source given this before?",
        {"partialFilterExpression": {"source.id": {"$type": "string"}}},
    ),
    Index(
        "entries",
        [("source.imported", UP), ("_id", UP)],
        "what did an import bring?",
        {"partialFilterExpression": {"source.imported": {"$type": "string"}}},
    ),
]
