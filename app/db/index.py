"""An index: what each list of indexes is made of."""

from typing import Any, NamedTuple

from pymongo import ASCENDING, DESCENDING

UP, DOWN = ASCENDING, DESCENDING


class Index(NamedTuple):
    """An index: where, on which fields, for which question."""

    collection: str
    keys: list[tuple[str, int | str]]
    serves: str
    options: dict[str, Any] = {}  # noqa: RUF012 - read only
