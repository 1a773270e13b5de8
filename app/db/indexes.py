"""Every index, beside the query that it serves. The tests run MongoDB with `notablescan`."""

from pymongo import GEOSPHERE, IndexModel

from app.db.campaign_indexes import CAMPAIGN_INDEXES
from app.db.client import Database
from app.db.index import DOWN, UP, Index
from app.db.matches import ALIVE, ENGAGED
from app.db.matches import OPEN as UNCONFIRMED
from app.db.pool_indexes import POOL_INDEXES
from app.db.postings import ALIKE, CATEGORY_NEAR, LIVING, NEAR
from app.db.writing import KEPT_FOR

ONLY_OPEN = {"partialFilterExpression": {"status": "OPEN"}}


def _of_postings(kind: str) -> list[Index]:
    """Return the indexes of needs, or of offers."""
    due = {"status": {"$in": LIVING}, "expires_at": {"$type": "date"}}
    return [
        Index(kind, [("space", UP), ("created_at", DOWN), ("_id", DOWN)], f"the {kind} of a space"),
        Index(
            kind,
            [("space", UP), ("owner", UP), ("created_at", DOWN), ("_id", DOWN)],
            f"the {kind} of a person in a space",
        ),
        Index(kind, [("space", UP), ("traits.area", GEOSPHERE)], f"the {kind} around a place"),
        Index(kind, CATEGORY_NEAR, f"{kind} near, of one category", ONLY_OPEN),
        Index(kind, NEAR, f"{kind} near", ONLY_OPEN),
        Index(kind, ALIKE, f"{kind} alike, wherever", ONLY_OPEN),
        Index(
            kind,
            [("expires_at", UP)],
            f"{kind} whose time is over",
            {"partialFilterExpression": due},
        ),
        Index(kind, [("space", UP), ("_id", UP)], f"{kind} to pair", ONLY_OPEN),
        Index(
            kind,
            [("owner", UP), ("space", UP)],
            f"{kind} whose owners want to hear of what suits them",
            {"partialFilterExpression": {"notify_above": {"$type": "number"}}},
        ),
    ]


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
    Index("blocks", [("blocked", UP), ("created_at", DOWN), ("_id", DOWN)], "who blocked me?"),
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
    # the matchmaker
    *_of_postings("needs"),
    *_of_postings("offers"),
    Index(
        "matches",
        [("need", UP), ("offer", UP)],
        "one match of a pair at a time",
        {"unique": True, "partialFilterExpression": {"state": {"$in": ALIVE}}},
    ),
    Index(
        "matches",
        [("need_owner", UP), ("created_at", DOWN), ("_id", DOWN)],
        "my matches, where I need",
    ),
    Index(
        "matches",
        [("offer_owner", UP), ("created_at", DOWN), ("_id", DOWN)],
        "my matches, where I offer",
    ),
    Index(
        "matches",
        [("need_owner", UP), ("offer_owner", UP)],
        "what is open between two people",
        {"partialFilterExpression": {"state": {"$in": UNCONFIRMED}}},
    ),
    Index(
        "matches",
        [("need_owner", UP), ("window.ends_at", UP)],
        "is who needs engaged elsewhere?",
        {"partialFilterExpression": {"state": {"$in": ENGAGED}}},
    ),
    Index(
        "matches",
        [("offer_owner", UP), ("window.ends_at", UP)],
        "is who offers engaged elsewhere?",
        {"partialFilterExpression": {"state": {"$in": ENGAGED}}},
    ),
    Index(
        "matches",
        [("need", UP), ("state", UP), ("waiting_since", UP)],
        "what is open of a need, and who waits for it",
    ),
    Index(
        "matches",
        [("offer", UP), ("state", UP), ("waiting_since", UP)],
        "what is open of an offer, and who waits for it",
    ),
    Index(
        "matches",
        [("space", UP), ("state", UP), ("created_at", DOWN), ("_id", DOWN)],
        "the disputes of a space",
    ),
    Index(
        "matches",
        [("due_at", UP)],
        "which matches has time ended?",
        {"partialFilterExpression": {"due_at": {"$type": "date"}}},
    ),
    Index(
        "needs",
        [("status", UP), ("_id", UP)],
        "which needs have a seat for who waits?",
        {"partialFilterExpression": {"waiting": {"$gt": 0}}},
    ),
    Index(
        "offers",
        [("status", UP), ("_id", UP)],
        "which offers have a seat for who waits?",
        {"partialFilterExpression": {"waiting": {"$gt": 0}}},
    ),
    Index("messages", [("match", UP), ("number", UP), ("_id", UP)], "what two wrote"),
    Index(
        "events",
        [("to", UP), ("_id", UP)],
        "what happened in things that concern a person",
        {"partialFilterExpression": {"within": {"$type": "string"}}},
    ),
    Index(
        "events",
        [("space", UP), ("type", UP), ("_id", UP)],
        "what happened in things of a space",
        {"partialFilterExpression": {"within": {"$type": "string"}}},
    ),
    Index("matches", [("need_owner", UP), ("space", UP), ("ended_at", DOWN)], "how needs ended"),
    Index("matches", [("offer_owner", UP), ("space", UP), ("ended_at", DOWN)], "how offers ended"),
    Index("reviews", [("match", UP), ("side", UP)], "the reviews of a match", {"unique": True}),
    Index(
        "reviews",
        [("space", UP), ("subject", UP), ("written_at", DOWN), ("_id", DOWN)],
        "what is said of a person",
    ),
    Index("reviews", [("space", UP), ("reviewer", UP)], "of whom has a person written?"),
    Index("envelopes", [("opens_at", UP)], "which reviews are to be shown by now?"),
    Index("departures", [("due_at", UP)], "who has left and has something open?"),
    Index("reports", [("space", UP), ("created_at", DOWN), ("_id", DOWN)], "what moderators judge"),
    Index(
        "standings",
        [("due_at", UP)],
        "whose evidence is to be weighed anew?",
        {"partialFilterExpression": {"due_at": {"$type": "date"}}},
    ),
    # the knowledge broker: threads
    Index("threads", [("space", UP), ("created_at", DOWN), ("_id", DOWN)], "threads of a space"),
    Index(
        "threads",
        [("space", UP), ("visibility", UP), ("created_at", DOWN), ("_id", DOWN)],
        "threads that many may see",
    ),
    Index(
        "threads",
        [("space", UP), ("asker", UP), ("created_at", DOWN), ("_id", DOWN)],
        "what a person asked",
    ),
    Index(
        "threads",
        [("space", UP), ("invited", UP), ("created_at", DOWN), ("_id", DOWN)],
        "threads to which an expert was invited",
    ),
    Index(
        "threads",
        [("space", UP), ("escalated_at", UP), ("created_at", DOWN), ("_id", DOWN)],
        "threads that came to the operator",
    ),
    Index(
        "threads",
        [("space", UP), ("subject_folded", UP), ("created_at", DOWN), ("_id", DOWN)],
        "threads about a subject",
    ),
    Index(
        "threads",
        [("space", UP), ("tags_folded", UP), ("created_at", DOWN), ("_id", DOWN)],
        "threads with a tag",
    ),
    Index(
        "threads",
        [("space", UP), ("ngrams", UP), ("created_at", DOWN)],
        "threads in which words begin so",
    ),
    Index(
        "threads",
        [("space", UP), ("title", "text"), ("subject", "text"), ("tags", "text"), ("text", "text")],
        "threads with these words, whatever their endings",
        {
            "name": "words",
            "weights": {"title": 8, "subject": 4, "tags": 4, "text": 1},
            "default_language": "none",
            "language_override": "text_language",
        },
    ),
    Index(
        "threads",
        [("route.due_at", UP)],
        "threads that nobody answered in time, anywhere",
        {"partialFilterExpression": {"route.due_at": {"$type": "date"}}},
    ),
    Index("threads", [("meant", UP)], "threads whose meaning is still to be read"),
    Index(
        "meanings",
        [("space", UP), ("version", UP), ("at", DOWN)],
        "what the threads of a space mean",
    ),
    Index(
        "revisions",
        [("of", UP), ("number", DOWN), ("_id", DOWN)],
        "what a thread or a reply said before",
    ),
    # the knowledge broker: replies, votes, trust
    Index("replies", [("thread", UP), ("created_at", UP), ("_id", UP)], "the replies of a thread"),
    Index("replies", [("author", UP), ("thread", UP), ("side", UP)], "whose side somebody took"),
    Index(
        "credits",
        [
            ("space", UP),
            ("person", UP),
            ("subject", UP),
            ("undone_at", UP),
            ("at", UP),
            ("act", UP),
        ],
        "how somebody stands in a subject",
    ),
    Index("expertise", [("space", UP), ("created_at", DOWN), ("_id", DOWN)], "what people know"),
    Index(
        "expertise",
        [("space", UP), ("subject_folded", UP), ("created_at", DOWN), ("_id", DOWN)],
        "who knows a subject",
    ),
    Index(
        "expertise",
        [
            ("space", UP),
            ("subject_folded", UP),
            ("state", UP),
            ("created_at", DOWN),
            ("_id", DOWN),
        ],
        "who is vouched for in a subject",
    ),
    Index(
        "expertise",
        [("space", UP), ("person", UP), ("created_at", DOWN), ("_id", DOWN)],
        "what somebody knows",
    ),
    Index(
        "expertise",
        [("state", UP), ("verified_until", UP)],
        "which verifications are over?",
        {"partialFilterExpression": {"verified_until": {"$type": "date"}}},
    ),
    # the knowledge broker: what happens in threads, and who follows
    Index(
        "events",
        [("within", UP), ("_id", UP)],
        "what happened within a thing",
        {"partialFilterExpression": {"within": {"$exists": True}}},
    ),
    Index("follows", [("person", UP), ("created_at", DOWN), ("_id", DOWN)], "what I follow"),
    # the knowledge broker: invitations, consents and research
    Index(
        "replies",
        [("author", UP), ("space", UP), ("act", UP), ("created_at", DOWN)],
        "what an expert has advised lately",
    ),
    Index(
        "invitations",
        [("thread", UP), ("expert", UP)],
        "one invitation at a time that waits for its expert",
        {"unique": True, "partialFilterExpression": {"state": "PENDING"}},
    ),
    Index("invitations", [("expert", UP), ("created_at", DOWN), ("_id", DOWN)], "my invitations"),
    Index(
        "invitations",
        [("expert", UP), ("state", UP), ("created_at", DOWN), ("_id", DOWN)],
        "my invitations that wait",
    ),
    Index(
        "consents",
        [("thread", UP), ("purpose", UP)],
        "one consent at a time that stands",
        {"unique": True, "partialFilterExpression": {"revoked_at": None}},
    ),
    Index("consents", [("giver", UP), ("given_at", DOWN), ("_id", DOWN)], "what I let be used"),
    Index(
        "consents",
        [("space", UP), ("purpose", UP), ("revoked_at", UP), ("given_at", DOWN)],
        "which cases may be used?",
    ),
    Index("uses", [("giver", UP), ("used_at", DOWN), ("_id", DOWN)], "what my cases were used for"),
    Index("exports", [("by", UP), ("at", DOWN)], "how often somebody exported of late"),
    Index("exports", [("cases.handle", UP)], "which case is meant?"),
    *CAMPAIGN_INDEXES,
    *POOL_INDEXES,
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
