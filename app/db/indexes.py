"""Every index, beside the query that it serves. The tests run MongoDB with `notablescan`."""

from typing import Any, NamedTuple

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.db.client import Database
from app.db.writing import KEPT_FOR

UP, DOWN = ASCENDING, DESCENDING


class Index(NamedTuple):
    """An index: where, on which fields, for which question."""

    collection: str
    keys: list[tuple[str, int | str]]
    serves: str
    options: dict[str, Any] = {}  # noqa: RUF012 - read only


INDEXES = [
    Index("users", [("email", UP)], "sign in by e-mail", {"unique": True}),
    Index("users", [("is_operator", UP)], "is there an operator yet?"),
    Index("sessions", [("token_hash", UP)], "who comes with this token?", {"unique": True}),
    Index("sessions", [("user", UP), ("created_at", DOWN)], "the sessions of a person"),
    Index("sessions", [("ends_at", UP)], "forgets ended sessions", {"expireAfterSeconds": 0}),
    Index("keys", [("token_hash", UP)], "which key is this?", {"unique": True}),
    Index("keys", [("space", UP), ("created_at", DOWN), ("_id", DOWN)], "the keys of a space"),
    Index("spaces", [("openness", UP), ("created_at", DOWN), ("_id", DOWN)], "spaces to find"),
    Index("spaces", [("created_at", DOWN), ("_id", DOWN)], "all spaces, for the operator"),
    Index("memberships", [("user", UP)], "the roles of a person"),
    Index(
        "memberships",
        [("space", UP), ("created_at", DOWN), ("_id", DOWN)],
        "the members of a space",
    ),
    Index("blocks", [("blocker", UP), ("created_at", DOWN), ("_id", DOWN)], "whom I blocked"),
    Index("blocks", [("blocked", UP)], "who blocked me?"),
    Index("series", [("space", UP), ("key", UP)], "a series by its key", {"unique": True}),
    Index("series", [("space", UP), ("created_at", DOWN), ("_id", DOWN)], "the series of a space"),
    Index(
        "series",
        [("no_data_due_at", UP)],
        "which series have been silent for too long?",
        {"partialFilterExpression": {"no_data_due_at": {"$type": "date"}}},
    ),
    Index("observations", [("series", UP), ("at", DOWN), ("_id", DOWN)], "a series over time"),
    Index("conditions", [("series", UP)], "the conditions on a series"),
    Index("instances", [("condition", UP)], "the instances of a condition"),
    Index("instances", [("series", UP), ("wake_above", UP)], "what a rising value wakes"),
    Index("instances", [("series", UP), ("wake_below", UP)], "what a falling value wakes"),
    Index(
        "instances",
        [("due_at", UP)],
        "what time alone wakes, anywhere",
        {"partialFilterExpression": {"due_at": {"$type": "date"}}},
    ),
    Index("instances", [("series", UP), ("due_at", UP)], "what time alone wakes in a series"),
    Index(
        "instances", [("series", UP), ("no_data_after_seconds", UP)], "who waits for data, how long"
    ),
    Index("subscriptions", [("user", UP), ("created_at", DOWN), ("_id", DOWN)], "what I asked for"),
    Index("subscriptions", [("condition", UP), ("status", UP), ("user", UP)], "who follows this?"),
    Index(
        "subscriptions",
        [("ends_at", UP)],
        "pauses and subscriptions whose end has come",
        {"partialFilterExpression": {"ends_at": {"$type": "date"}}},
    ),
    Index("alerts", [("space", UP), ("opened_at", DOWN), ("_id", DOWN)], "the alerts of a space"),
    Index("alerts", [("series", UP), ("opened_at", DOWN), ("_id", DOWN)], "the alerts of a series"),
    Index("alerts", [("instance", UP), ("ordinal", DOWN)], "the alerts of an instance"),
    Index("notices", [("user", UP), ("seq", DOWN)], "an inbox, and its replay", {"unique": True}),
    Index("notices", [("user", UP), ("status", UP), ("seq", DOWN)], "an inbox, what is unseen"),
    Index("notices", [("alert", UP), ("reason", UP), ("user", UP)], "who was told of an alert?"),
    Index("fanouts", [("due_at", UP)], "notices that are still to be written"),
    Index("events", [("space", UP), ("_id", UP)], "the events of a space"),
    Index("events", [("subject", UP), ("_id", UP)], "the history of a thing"),
    Index("events", [("instance", UP), ("_id", UP)], "the timeline of an instance"),
    Index("events", [("recorded_at", UP)], "which events are old enough to forget?"),
    Index(
        "idempotency",
        [("at", UP)],
        "forgets used keys",
        {"expireAfterSeconds": int(KEPT_FOR.total_seconds())},
    ),
    Index("guesses", [("full_at", UP)], "forgets who guessed", {"expireAfterSeconds": 3600}),
]


async def ensure_indexes(db: Database) -> None:
    """Create every index that is missing; those that exist are left as they are."""
    by_collection: dict[str, list[IndexModel]] = {}
    for index in INDEXES:
        by_collection.setdefault(index.collection, []).append(
            IndexModel(index.keys, **index.options)
        )
    for collection, models in by_collection.items():
        await db[collection].create_indexes(models)
