"""Contents of an imported row: what a file says of one entry, read and checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from app.db.pool_documents import Content, FacetKind, Geometry, Value
from app.failures import Problem
from app.pooling import diffs
from app.pooling.facets import checked, from_text
from app.pooling.values import read_instant, read_number, read_text, split_links

MOST_CHARACTERS, MOST_ROWS = 5_000_000, 5_000
LONGEST_SOURCE_ID = 200
EARLIEST, AHEAD = datetime(1900, 1, 1), timedelta(days=1)
LINE_END = re.compile(r"\r\n?")
NOWHERE = Geometry(type="Point", coordinates=[0.0, 0.0])
# As contents are checked for all, by the names that inputs of the API have.
FIELDS = {"accuracyM": "accuracy_m", "observedAt": "observed_at"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file is read against: the facets of the pool, the present time, and the limits."""

    facets: Sequence[FacetKind]
    now: datetime
    most_characters: int = MOST_CHARACTERS
    most_rows: int = MOST_ROWS


class Raw(NamedTuple):
    """A row as a file has it: by field, where it stands in the row and what it says.

    `path` stands before the names of fields that are missing. `place` is read already; if it is
    None, `problems` say why.
    """

    line: int
    path: str
    place: Geometry | None
    given: Mapping[str, tuple[str, object]]
    problems: Sequence[Problem] = ()

    def name(self, field: str) -> str:
        """Return where a field stands, or would."""
        return self.given[field][0] if field in self.given else self.path + field

    def said(self, field: str) -> object:
        """Return what is said of a field, None if nothing."""
        return self.given[field][1] if field in self.given else None


def read_content(
    raw: Raw, kinds: Mapping[str, FacetKind], now: datetime
) -> tuple[Content, list[Problem]]:
    """Return what a row says of an entry, and all that is wrong with it.

    `kinds` are the kinds of facets by field. What was seen at no known time was seen now; of times
    less than a day ahead, which differing clocks and zones bring about, the same is assumed.
    """
    row = _Row(raw)
    content = Content(
        title=row.text("title"),
        category=row.text("category"),
        place=raw.place or NOWHERE,
        accuracy_metres=row.number("accuracy_m"),
        facets={
            kind["name"]: value
            for field, kind in kinds.items()
            if (value := row.facet(field, kind)) is not None
        },
        evidence=row.links("evidence"),
        observed_at=row.instant("observed_at", now),
    )
    wrong = set(row.wrong)
    for problem in diffs.problems(content, now):
        field = problem.path.partition(".")[0]
        if (field := FIELDS.get(field, field)) not in wrong:
            row.add(field, problem.message)
    return content, [*raw.problems, *row.problems]


def read_source_id(raw: Raw) -> str | Problem | None:
    """Return how its source calls a row; None if it does not."""
    given = raw.said("id")
    if given is None:
        return None
    is_plain = isinstance(given, str | int | float) and not isinstance(given, bool)
    text = read_text(str(given)) if is_plain else None
    if text is None or len(text) > LONGEST_SOURCE_ID:
        said = f"Give a number, or a text of at most {LONGEST_SOURCE_ID} characters."
        return Problem(raw.name("id"), said)
    return text or None


class _Row:
    """Reads the fields of a row and gathers what is wrong with them."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.problems: list[Problem] = []
        self.wrong: list[str] = []

    def add(self, field: str, message: str) -> None:
        """Note what is wrong with a field."""
        self.wrong.append(field)
        self.problems.append(Problem(self.raw.name(field), message))

    def text(self, field: str) -> str:
        """Return a text; one that is missing is empty."""
        given = self.raw.said(field)
        if not isinstance(given, str | None):
            self.add(field, "Give a text.")
            return ""
        text = _lines(given or "")
        if text is None:
            self.add(field, "Leave out control characters.")
        return text or ""

    def number(self, field: str) -> float | None:
        """Return a number, if there is one."""
        given = self.raw.said(field)
        number = read_number(given)
        if number is None and given is not None:
            self.add(field, "Give a number, or nothing.")
        return number

    def links(self, field: str) -> list[str]:
        """Return the links in a list, or in a text with bars between them; equal ones count once.

        Empty ones count as none.
        """
        given = self.raw.said(field)
        listed = split_links(given) if isinstance(given, str) else given
        if not isinstance(listed, list | None):
            self.add(field, "Give links in a list, or with bars | between them.")
            return []
        links = [read_text(link) if isinstance(link, str) else None for link in listed or ()]
        if None in links:
            self.add(field, "Give links, which are texts without control characters.")
        return list(dict.fromkeys(link for link in links if link))

    def instant(self, field: str, now: datetime) -> datetime:
        """Return when something was seen."""
        given = self.raw.said(field)
        instant = now if given is None else read_instant(given)
        if instant is None:
            self.add(
                field,
                "Give a date such as 2026-05-01, or an instant with its zone such as "
                "2026-05-01T09:30:00Z.",
            )
        elif not EARLIEST <= instant <= now + AHEAD:
            self.add(field, f"Give a time from {EARLIEST.year} on that is not in the future.")
        return min(instant or now, now)

    def facet(self, field: str, kind: FacetKind) -> Value | None:
        """Return the value of a facet, None if none is given."""
        given, name = self.raw.said(field), self.raw.name(field)
        if given is None:
            return None
        if not isinstance(given, str):
            found = checked(kind, given, name)
        elif (text := _lines(given)) == "":
            return None
        elif text is None:
            found = Problem(name, "Leave out control characters.")
        else:
            found = from_text(kind, text, name)
        if isinstance(found, Problem):
            self.add(field, found.message)
            return None
        return found


def _lines(text: str) -> str | None:
    """Return a text with plain ends of lines; None if it cannot be shown."""
    return read_text(LINE_END.sub("\n", text))
