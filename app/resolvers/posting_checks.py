"""What is wrong with a need or an offer as it was sent, all of it at once."""

from datetime import datetime
from typing import Any

from app.db.documents import Space
from app.db.driver import Document
from app.db.match_documents import TimeWindow
from app.regions import FARTHEST_METRES
from app.resolvers.inputs import Checks

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_WORD = 140, 4_000, 60
MOST_SKILLS, MOST_LANGUAGES, MOST_WINDOWS, MOST_SEATS = 20, 10, 50, 10_000


def check_posting(
    now: datetime, space: Space, given: Document, *, idempotency_key: str | None = None
) -> Document:
    """Return the fields that were given, as they are stored.

    Raises:
        InvalidInput: with every problem.

    """
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    checked = {**given}
    if "title" in given:
        checked["title"] = checks.text("title", given["title"], least=1, most=LONGEST_TITLE)
    if "description" in given:
        text = checks.text("description", given["description"], most=LONGEST_DESCRIPTION)
        checked["description"] = text
    if "category" in given:
        checked["category"] = _category(checks, space, given["category"])
    if "skills" in given:
        checked["skills"] = checks.texts(
            "skills", given["skills"], most=MOST_SKILLS, longest=LONGEST_WORD
        )
    if "languages" in given:
        checked["languages"] = _languages(checks, given["languages"])
    checks.place("place", given.get("place"))
    _check_numbers(checks, given)
    _check_times(checks, now, given)
    checks.done()
    return checked


def _category(checks: Checks, space: Space, given: str) -> str:
    """Return a category as the space spells it: one of its words, or a path that begins with it."""
    path = checks.text("category", given, least=1, most=LONGEST_WORD)
    words = [word.strip() for word in path.split("/")]
    if path and not all(words):
        checks.add("category", "Leave no word of the path empty: `care/elderly`.")
    listed = {category.casefold(): category for category in space["categories"]}
    whole = "/".join(words)
    if not listed or not path:
        return whole
    if whole.casefold() in listed:
        return listed[whole.casefold()]
    if words[0].casefold() in listed:
        return "/".join([listed[words[0].casefold()], *words[1:]])
    known = ", ".join(space["categories"])
    checks.add("category", f"Give a category of the space, or a path that begins with it: {known}.")
    return whole


def _languages(checks: Checks, given: list[str]) -> list[str]:
    if len(given) > MOST_LANGUAGES:
        checks.add("languages", f"Give at most {MOST_LANGUAGES}, not {len(given)}.")
    tags = [checks.locale(f"languages.{n}", tag) for n, tag in enumerate(given[:MOST_LANGUAGES])]
    return list(dict.fromkeys(tags))


def _check_numbers(checks: Checks, given: Document) -> None:
    radius = given.get("radius_metres")
    if radius is not None and not 0 < radius <= FARTHEST_METRES:
        checks.add("radius_metres", f"Give metres above 0, up to {FARTHEST_METRES}.")
    if not 1 <= given.get("capacity", 1) <= MOST_SEATS:
        checks.add("capacity", f"Give 1 to {MOST_SEATS}.")
    for share in ("least_trust", "notify_above"):
        if given.get(share) is not None and not 0 <= given[share] <= 1:
            checks.add(share, "Give 0 to 1.")


def _check_times(checks: Checks, now: datetime, given: Document) -> None:
    windows: list[TimeWindow] = given.get("windows", [])
    if len(windows) > MOST_WINDOWS:
        checks.add("windows", f"Give at most {MOST_WINDOWS}, not {len(windows)}.")
    for n, window in enumerate(windows[:MOST_WINDOWS]):
        if window["ends_at"] <= window["starts_at"]:
            checks.add(f"windows.{n}.ends_at", "Give an instant after `startsAt`.")
        elif window["ends_at"] <= now:
            checks.add(f"windows.{n}.ends_at", "This time is over; give an instant in the future.")
    expires_at: Any = given.get("expires_at")
    if expires_at is not None and expires_at <= now:
        checks.add("expires_at", "Give an instant in the future.")
