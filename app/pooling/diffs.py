"""Differences between two contents of an entry, field by field and facet by facet, and merges."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urlsplit

from app.db.pool_documents import Content
from app.failures import Problem
from app.pooling.values import read_text

FACETS = "facets"
FIELDS = (
    "title", "category", "place", "accuracy_metres", "evidence", "observed_at",
)  # fmt: skip
# Each edit says when it was seen: of two the later holds, or no two edits would ever merge.
LATEST: Final = "observed_at"
LONGEST_TITLE, LONGEST_CATEGORY = 200, 100
MOST_LINKS, LONGEST_LINK = 20, 500
FARTHEST_OFF_METRES = 100_000
# By these a text can look like another: embeddings and overrides; isolates do no harm.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e")

_Flat = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs: a field or a facet (`facets.WHEELCHAIR`), and its values; None is no value."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """An edit laid upon what has become of the entry meanwhile.

    Attributes:
        content: both changes together; of what conflicts, what is current.
        conflicts: the fields and facets that both changed, and to different values.
        changed: what the edit changes of the current content.

    """

    content: Content
    conflicts: list[str]
    changed: list[str]


def diff(before: Content | None, after: Content) -> list[Difference]:
    """Return what differs: fields first, then facets by name; without `before`, all that is said.

    A number is the same with and without a point; yes and no are no numbers.
    """
    old, new = _flat(before), _flat(after)
    return [
        Difference(path, old.get(path), new.get(path))
        for path in _paths(old, new)
        if not is_same(old.get(path), new.get(path))
    ]


def changed(before: Content | None, after: Content) -> list[str]:
    """Return the fields and facets that differ, in the order of `diff`."""
    return [difference.path for difference in diff(before, after)]


def blank(content: Content, facets: Iterable[str] = ()) -> list[str]:
    """Return the fields that say nothing, and those of the facets that have no value."""
    flat = _flat(content)
    paths = [*FIELDS, *(f"{FACETS}.{name}" for name in facets)]
    return [path for path in paths if flat.get(path) in (None, "", [])]


def merge(base: Content, edited: Content, current: Content) -> Merged:
    """Lay what an edit changed of a base upon the current content.

    Whatever only one of them changed is as that one has it, and what both changed alike is so; what
    both changed otherwise conflicts, save when it was observed, of which the later holds.
    """
    old, mine, theirs = _flat(base), _flat(edited), _flat(current)
    merged: _Flat = {}
    conflicts: list[str] = []
    for path in _paths(old, mine, theirs):
        before, here, there = old.get(path), mine.get(path), theirs.get(path)
        is_mine, is_theirs = not is_same(before, here), not is_same(before, there)
        merged[path] = here if is_mine and not is_theirs else there
        if is_mine and is_theirs and not is_same(here, there):
            if path == LATEST:
                merged[path] = max(edited[LATEST], current[LATEST])
            else:
                conflicts.append(path)
    content = _content(merged)
    return Merged(content, conflicts, changed(current, content))


def revert(current: Content, older: Content) -> Merged:
    """Set everything back to an older content; what was changed since is in `changed`."""
    return Merged(_content(_flat(older)), [], changed(current, older))


def problems(content: Content, now: datetime, under: str = "") -> Iterator[Problem]:
    """Yield what is wrong with a content by itself, each by its path `under` an input.

    Its place and the values of its facets are checked where their rules stand.
    """
    yield from _wrong_texts(content, under)
    if len(content["evidence"]) > MOST_LINKS:
        message = f"Give at most {MOST_LINKS} links, not {len(content['evidence'])}."
        yield Problem(f"{under}evidence", message)
    for n, link in enumerate(content["evidence"][:MOST_LINKS]):
        if not _is_link(link):
            message = (
                f"Give a link that begins with https:// or http://, up to {LONGEST_LINK} signs."
            )
            yield Problem(f"{under}evidence.{n}", message)
    accuracy = content["accuracy_metres"]
    if accuracy is not None and not 0 <= accuracy <= FARTHEST_OFF_METRES:
        yield Problem(f"{under}accuracyM", f"Give metres from 0 to {FARTHEST_OFF_METRES}.")
    if content["observed_at"] > now:
        yield Problem(f"{under}observedAt", "Give an instant that is not in the future.")


def holds(content: Content, values: Mapping[str, Any]) -> bool:
    """Say whether a content has one of these values, given by paths."""
    flat = _flat(content)
    return any(path in flat and is_same(flat[path], value) for path, value in values.items())


def _wrong_texts(content: Content, under: str) -> Iterator[Problem]:
    for name, text in (("title", content["title"]), ("category", content["category"])):
        if read_text(text) is None:
            yield Problem(f"{under}{name}", "Leave out control characters.")
        elif TURNING.intersection(text):
            yield Problem(f"{under}{name}", "Leave out signs that turn the direction of letters.")
        elif text.strip() and not any(map(_is_seen, text)):
            yield Problem(f"{under}{name}", "Give letters and signs that can be seen.")
    length = len(content["title"].strip())
    if not 1 <= length <= LONGEST_TITLE:
        yield Problem(f"{under}title", f"Give 1 to {LONGEST_TITLE} characters, not {length}.")
    category = content["category"]
    if not 1 <= len(category) <= LONGEST_CATEGORY:
        message = f"Give 1 to {LONGEST_CATEGORY} characters, not {len(category)}."
        yield Problem(f"{under}category", message)
    elif not all(word.strip() for word in category.split("/")):
        yield Problem(f"{under}category", "Leave no word of the path empty: `food/cafe`.")


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign)[0] not in "CZM"


def _is_link(link: str) -> bool:
    if len(link) > LONGEST_LINK or any(sign.isspace() or not sign.isprintable() for sign in link):
        return False
    try:
        parts = urlsplit(link)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _flat(content: Content | None) -> _Flat:
    """Return fields and facets side by side."""
    if content is None:
        return {}
    known = cast("Mapping[str, Any]", content)
    facets = {f"{FACETS}.{name}": value for name, value in content["facets"].items()}
    return {path: known[path] for path in FIELDS} | facets


def _content(flat: Mapping[str, Any]) -> Content:
    facets = {
        path.removeprefix(f"{FACETS}."): value
        for path, value in flat.items()
        if path not in FIELDS and value is not None
    }
    content: Any = {path: flat[path] for path in FIELDS} | {FACETS: facets}
    return cast("Content", content)


def _paths(*flats: Mapping[str, Any]) -> list[str]:
    """Return the paths that occur: fields in their order, then facets by name."""
    occurring = {path for flat in flats for path in flat}
    fields = [path for path in FIELDS if path in occurring]
    return [*fields, *sorted(occurring.difference(FIELDS))]


def is_same(one: Any, other: Any) -> bool:
    """Say whether two values are the same; yes and no are no numbers."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
