"""Rows of an import, whatever file they come from, with all that is wrong with them.

Nothing here raises: what a file holds comes out as rows, errors and warnings.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.db.pool_documents import Content
from app.failures import Problem
from app.pooling.columns import CONTENT_NAMES, FACET, Fields
from app.pooling.contents import Expected, Raw, read_content, read_source_id

MOST_TOLD, MOST_TOLD_OF_A_ROW, MOST_NAMES_TOLD = 10_000, 20, 100
LONGEST_PATH, LONGEST_MESSAGE = 120, 500


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong or not taken over: the line where the row begins, the column or path in it."""

    line: int
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One entry to be: where it stands in the file, and how its source calls it."""

    line: int
    source_id: str | None
    content: Content


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a file.

    Attributes:
        rows: those with which nothing is wrong.
        errors: what is wrong with the others, and with the file.
        warnings: what is not taken over and would otherwise be lost silently.
        found: how many rows there were, good and bad.
        untold: how many errors and warnings there were beyond those that are listed.

    """

    rows: list[Row]
    errors: list[RowProblem]
    warnings: list[RowProblem]
    found: int
    untold: int


class Intake:
    """Takes the rows of one file, one after the other."""

    def __init__(self, expected: Expected, *names: Mapping[str, str]) -> None:
        self.expected = expected
        self.fields = Fields((kind["name"] for kind in expected.facets), CONTENT_NAMES, *names)
        self.kinds = {FACET + kind["name"]: kind for kind in expected.facets}
        self._rows: list[Row] = []
        self._errors: list[RowProblem] = []
        self._ignored: dict[tuple[str, str], tuple[int, int]] = {}
        self._lines: dict[str, int] = {}
        self._found = 0
        self._untold = 0

    def refuses(self, text: str) -> bool:
        """Say whether a text is too long to be looked at, which is an error."""
        most = self.expected.most_characters
        if len(text) > most:
            self.error(1, "", f"Give at most {most} characters at once, not {len(text)}.")
        return len(text) > most

    def is_full(self, line: int) -> bool:
        """Say whether a further row, at this line, is one too many, which is an error."""
        most = self.expected.most_rows
        if self._found >= most:
            self.error(line, "", f"Give at most {most} rows at once: none was read from here on.")
        return self._found >= most

    def error(self, line: int, path: str, message: str) -> None:
        """Note what is wrong."""
        if len(self._errors) < MOST_TOLD:
            self._errors.append(_shown(line, path, message))
        else:
            self._untold += 1

    def ignore(self, line: int, path: str, why: str) -> None:
        """Note what is not taken over; where several rows have it, the first is told."""
        first, count = self._ignored.get((path, why), (line, 0))
        if count or len(self._ignored) < MOST_NAMES_TOLD:
            self._ignored[path, why] = first, count + 1
        else:
            self._untold += 1

    def refuse(self, line: int, path: str, message: str) -> None:
        """Count a row that cannot be read at all, and note why."""
        self._found += 1
        self.error(line, path, message)

    def take(self, raw: Raw) -> None:
        """Keep a row with which nothing is wrong, or note what is."""
        self._found += 1
        content, problems = read_content(raw, self.kinds, self.expected.now)
        source_id = self._source_id(raw, problems)
        if not problems:
            self._rows.append(Row(raw.line, source_id, content))
        for problem in problems[:MOST_TOLD_OF_A_ROW]:
            self.error(raw.line, problem.path, problem.message)
        self._untold += len(problems[MOST_TOLD_OF_A_ROW:])

    def reading(self) -> Reading:
        """Return what came of the rows so far."""
        warnings = [
            _shown(line, path, why if count == 1 else f"{why} So in {count} rows.")
            for (path, why), (line, count) in self._ignored.items()
        ]
        return Reading(self._rows, self._errors, warnings, self._found, self._untold)

    def _source_id(self, raw: Raw, problems: list[Problem]) -> str | None:
        source_id = read_source_id(raw)
        if isinstance(source_id, Problem):
            problems.append(source_id)
            return None
        if source_id is not None and source_id in self._lines:
            said = f"Line {self._lines[source_id]} has the same id: keep one of the two."
            problems.append(Problem(raw.name("id"), said))
        elif source_id is not None:
            self._lines[source_id] = raw.line
        return source_id


def _shown(line: int, path: str, message: str) -> RowProblem:
    """Return a problem that can be sent: names in a file can be long, and halves of letters."""
    plain = [text.encode("utf-8", "replace").decode() for text in (path, message)]
    return RowProblem(line, plain[0][:LONGEST_PATH], plain[1][:LONGEST_MESSAGE])
