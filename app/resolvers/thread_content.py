"""What a thread says: checked as it comes in, and what searching makes of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from app.broking.words import Presence
from app.db.thread_documents import Facet
from app.resolvers.inputs import Checks
from app.text import fold, grams_of_document, text_language

# What a revision keeps.
CONTENT = (
    "subject",
    "tags",
    "facets",
    "title",
    "text",
    "language",
    "on_behalf_of",
    "visibility",
)
LIMITS = {"subject": (1, 100), "title": (1, 200), "text": (1, 20_000)}
MOST_TAGS, LONGEST_TAG = 10, 60
MOST_FACETS, LONGEST_FACET = 50, 100
EARLIEST = datetime(1900, 1, 1)


class Derived(TypedDict):
    """What is kept of a thread so that it is found."""

    subject_folded: str
    tags_folded: list[str]
    text_language: str
    ngrams: list[str]
    meant: int


def check_content(checks: Checks, now: datetime, given: dict[str, Any]) -> dict[str, Any]:
    """Return what was said, checked and cleaned; what was not given is left out."""
    said: dict[str, Any] = {
        field: checks.text(field, given[field], least=least, most=most)
        for field, (least, most) in LIMITS.items()
        if given.get(field) is not None
    }
    if given.get("tags") is not None:
        tags = checks.texts("tags", given["tags"], most=MOST_TAGS, longest=LONGEST_TAG)
        said["tags"] = list({fold(tag): tag for tag in reversed(tags)}.values())[::-1]
    if given.get("facets") is not None:
        said["facets"] = _check_facets(checks, now, given["facets"])
    if given.get("language") is not None:
        said["language"] = checks.locale("language", given["language"])
    return said


def derived(thread: dict[str, Any]) -> Derived:
    """Return what searching makes of what a thread says; its weight goes down from the title on."""
    texts = [thread["title"], thread["subject"], *thread["tags"], thread["text"]]
    return Derived(
        subject_folded=fold(thread["subject"]),
        tags_folded=list(map(fold, thread["tags"])),
        text_language=text_language(thread["language"]),
        ngrams=grams_of_document(texts),
        meant=0,  # it is read later: see app.resolvers.meanings
    )


def _check_facets(checks: Checks, now: datetime, facets: Sequence[Facet]) -> list[Facet]:
    if len(facets) > MOST_FACETS:
        checks.add("facets", f"Give at most {MOST_FACETS}, not {len(facets)}.")
    cleaned: list[Facet] = []
    known: set[str] = set()
    for n, facet in enumerate(facets[:MOST_FACETS]):
        path = f"facets.{n}"
        name = checks.text(f"{path}.name", facet["name"], least=1, most=LONGEST_FACET)
        if fold(name) in known:
            checks.add(f"{path}.name", "It is named already.")
        known.add(fold(name))
        _check_onset(checks, f"{path}.onset", now, facet)
        cleaned.append(Facet(name=name, presence=facet["presence"], onset=facet["onset"]))
    return cleaned


def _check_onset(checks: Checks, path: str, now: datetime, facet: Facet) -> None:
    onset = facet["onset"]
    if onset is None:
        return
    if facet["presence"] != Presence.PRESENT:
        checks.add(path, "Only what is present has begun.")
    elif not EARLIEST <= onset <= now:
        checks.add(path, f"Give an instant from {EARLIEST.year} on that is not in the future.")
