"""How a field is read from what resolvers return: documents as they come from the driver.

A GraphQL type only declares; its values are read by name from a document (a dictionary), or from
an attribute where something else than a document was returned.
"""

from typing import Any

from strawberry.utils.str_converters import to_camel_case

# Fields that are stored under another name than they are shown.
STORED_AS = {
    "id": "_id",
    "expected_every": "expected_every_seconds",
    "late_tolerance": "late_tolerance_seconds",
    "hold_for": "for_seconds",
    "keep_firing_for": "keep_firing_for_seconds",
    "no_data_after": "no_data_after_seconds",
    "repeat_every": "repeat_every_seconds",
    "radius_m": "radius_metres",
    "far_m": "far_metres",
    "grid_m": "grid_metres",
    "accuracy_m": "accuracy_metres",
    "duplicate_m": "duplicate_metres",
    "answer_within": "answer_hours",
    "hold_seat_for": "hold_minutes",
    "cancel_until": "cancel_limit_hours",
    "review_within": "review_days",
    "half_life": "half_life_days",
    "fresh_for": "fresh_days",
    "first_after": "first_seconds",
    "expert_for": "expert_seconds",
    "group_for": "group_seconds",
}


SHOWN_AS = {
    "for_seconds": "for",
    **{stored: shown for shown, stored in STORED_AS.items() if shown not in {"id", "hold_for"}},
}


def shown_path(path: str) -> str:
    """Return the path of a problem in the names that the client knows: `trigger.repeatEvery`.

    Names in capitals were given by people and stay: `facets.STEP_FREE`.
    """
    return ".".join(
        word if word.isupper() else to_camel_case(SHOWN_AS.get(word, word))
        for word in path.split(".")
    )


def stored_as(name: str) -> str:
    """Return the key under which a document keeps a field."""
    return STORED_AS.get(name, name)


def read_field(source: Any, name: str) -> Any:
    """Return the value of a field of a source."""
    if type(source) is dict:
        return source.get(STORED_AS.get(name, name))
    return getattr(source, name)
