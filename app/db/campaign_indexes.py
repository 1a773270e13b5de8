"""Every index of crowdsourcing, beside the query that it serves."""

from pymongo import GEOSPHERE

from app.db.index import DOWN, UP, Index

CAMPAIGN_INDEXES = [
    Index("levels", [("user", UP)], "what somebody supports, and how"),
    Index("gates", [("campaign", UP)], "the gates of a campaign"),
    Index("tiers", [("campaign", UP)], "places of limited levels"),
    Index("ledger", [("campaign", UP), ("_id", UP)], "a campaign's ledger, in order"),
    Index("ledger", [("campaign", UP), ("at", UP)], "what came in of late"),
    Index("contributions", [("campaign", UP), ("supporter", UP)], "what somebody gives to it"),
    Index(
        "contributions",
        [("campaign", UP), ("state", UP), ("created_at", DOWN), ("_id", DOWN)],
        "what counts, or waits, of a campaign",
    ),
    Index(
        "contributions",
        [("campaign", UP), ("created_at", DOWN), ("_id", DOWN)],
        "the newest of a campaign",
    ),
    Index(
        "contributions",
        [("supporter", UP), ("created_at", DOWN), ("_id", DOWN)],
        "what I give",
    ),
    Index(
        "contributions",
        [("provider", UP), ("reference", UP)],
        "what a payment provider means",
        {"partialFilterExpression": {"reference": {"$type": "string"}}},
    ),
    Index(
        "contributions",
        [("due_at", UP)],
        "what is a payment provider to be asked?",
        {"partialFilterExpression": {"due_at": {"$type": "date"}}},
    ),
    Index(
        "contributions",
        [("campaign", UP), ("asked", UP), ("state", UP), ("_id", UP)],
        "what does a campaign's end decide?",
    ),
    Index(
        "contributions",
        [("state", UP), ("provider", UP), ("created_at", UP)],
        "which pledges were never confirmed?",
        {"partialFilterExpression": {"state": "PLEDGED"}},
    ),
    Index(
        "campaigns",
        [("untold", UP)],
        "of which are answers awaited?",
        {"partialFilterExpression": {"untold": True}},
    ),
    Index(
        "campaigns",
        [("due_at", UP)],
        "which rounds are over?",
        {"partialFilterExpression": {"due_at": {"$type": "date"}}},
    ),
    Index(
        "campaigns",
        [("settling", UP)],
        "of which is something to be settled?",
        {"partialFilterExpression": {"settling": True}},
    ),
    # crowdsourcing: campaigns are looked for, and their news
    Index(
        "campaigns",
        [("space", UP), ("created_at", DOWN), ("_id", DOWN)],
        "the campaigns of a space",
    ),
    Index(
        "campaigns",
        [("space", UP), ("state", UP), ("deadline", UP), ("_id", UP)],
        "campaigns of a space that end soon",
    ),
    Index(
        "campaigns",
        [("space", UP), ("share", DOWN), ("_id", DOWN)],
        "the campaigns of a space that have come furthest",
    ),
    Index("campaigns", [("space", UP), ("place", GEOSPHERE)], "campaigns around a place"),
    Index(
        "campaigns",
        [("space", UP), ("category_folded", UP), ("created_at", DOWN), ("_id", DOWN)],
        "campaigns of a category",
    ),
    Index(
        "campaigns",
        [("space", UP), ("words", UP), ("created_at", DOWN)],
        "campaigns in which words begin so",
    ),
    Index("updates", [("campaign", UP), ("created_at", DOWN), ("_id", DOWN)], "news of a campaign"),
    # crowdsourcing: signatures, the room, polls, expenses
    Index(
        "signatures",
        [("campaign", UP), ("signer", UP)],
        "one a person and petition",
        {"unique": True},
    ),
    Index(
        "signatures",
        [("campaign", UP), ("state", UP), ("created_at", DOWN), ("_id", DOWN)],
        "the signatures of a petition",
    ),
    Index("signatures", [("campaign", UP), ("state", UP), ("area", UP)], "how many of which area"),
    Index("comments", [("campaign", UP), ("created_at", DOWN), ("_id", DOWN)], "what was said"),
    Index(
        "comments",
        [("campaign", UP), ("update", UP), ("created_at", DOWN), ("_id", DOWN)],
        "what was said under news",
    ),
    Index("polls", [("campaign", UP), ("created_at", DOWN), ("_id", DOWN)], "what was asked"),
    Index("ballots", [("poll", UP)], "the votes in a poll, to count them again"),
    Index("expenses", [("campaign", UP), ("created_at", DOWN), ("_id", DOWN)], "what was spent"),
    Index("levels", [("campaign", UP)], "the levels of a campaign, to work them out again"),
]
