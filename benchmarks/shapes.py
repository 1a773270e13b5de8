"""The shapes that are measured, as data: what is asked, with which variables, and what may differ.

To add one: an entry here, and its twin by hand in `floor.py` under the same name. A text that
begins with `@` stands for the values of that pool of the dataset, one after the other; `{n}` in a
text stands for the number of the request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Pools = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Shape:
    """One operation: `differs` names the keys of the answer that no two servers give alike."""

    name: str
    title: str
    operation: str
    variables: Mapping[str, Any]
    differs: frozenset[str] = frozenset()

    @property
    def writes(self) -> bool:
        """Whether it changes the database."""
        return self.operation.lstrip().startswith("mutation")

    def request(self, pools: Pools, number: int) -> dict[str, Any]:
        """Return the JSON of the request with this number."""
        return {
            "query": self.operation,
            "operationName": self.name,
            "variables": filled(self.variables, pools, number),
        }


def filled(template: Any, pools: Pools, number: int) -> Any:
    """Return a template with its pools and numbers filled in."""
    if isinstance(template, Mapping):
        return {key: filled(value, pools, number) for key, value in template.items()}
    if not isinstance(template, str):
        return template
    if template.startswith("@"):
        pool = pools[template[1:]]
        return pool[number % len(pool)]
    return template.replace("{n}", str(number))


SHAPES = [
    Shape(
        "Q1",
        "one series by its id, 8 fields",
        """query Q1($id: ID!) {
  node(id: $id) { ... on Series { id key name unit tags count lastAt lastValue } }
}""",
        {"id": "@series"},
    ),
    Shape(
        "Q2",
        "20 alerts, each with who took it on, its series and the 3 latest observations",
        """query Q2($space: ID!) {
  alerts(space: $space, first: 20) {
    nodes {
      id status severity openedAt openedValue
      acknowledgedBy { name }
      series { name unit observations(first: 3) { nodes { at value } } }
    }
  }
}""",
        {"space": "@space"},
    ),
    Shape(
        "Q2b",
        "20 spaces, each with its 3 newest members, each with the person",
        """query Q2b {
  spaces(first: 20) {
    nodes { id name model openness createdAt members(first: 3) { nodes { role user { name } } } }
  }
}""",
        {},
    ),
    Shape(
        "Q3",
        "200 series in two pages, 10 fields",
        """query Q3($space: ID!, $after: String!) {
  newest: seriesIn(space: $space, first: 100) { nodes { ...Row } }
  next: seriesIn(space: $space, first: 100, after: $after) { nodes { ...Row } }
}
fragment Row on Series {
  id key name unit subject tags count lastAt lastValue createdAt
}""",
        {"space": "@space", "after": "@cursor"},
    ),
    Shape(
        "M1",
        "a series is created, with its event",
        """mutation M1($input: CreateSeriesInput!) {
  createSeries(input: $input) {
    __typename
    ... on Series { id key name unit createdAt }
    ... on Error { code message }
  }
}""",
        {
            "input": {
                "space": "@workshop",
                "key": "s{n}",
                "name": "Series {n}",
                "unit": "m",
                "tags": [],
                "lateTolerance": "P1D",
            }
        },
        differs=frozenset({"id", "createdAt"}),
    ),
]
