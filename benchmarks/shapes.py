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
        "one campaign by its id, 8 fields",
        """query Q1($id: ID!) {
  campaign(id: $id) { id title category state mode share deadline createdAt }
}""",
        {"id": "@campaign"},
    ),
    Shape(
        "Q2",
        "20 campaigns, each with its owner and the 3 latest contributions with their supporters",
        """query Q2($space: ID!) {
  campaigns(space: $space, first: 20) {
    nodes {
      id title state share
      owner { name }
      contributions(first: 3) { nodes { amount createdAt supporter { name } } }
    }
  }
}""",
        {"space": "@space"},
    ),
    Shape(
        "Q3",
        "200 campaigns in two pages, 10 fields",
        """query Q3($space: ID!, $after: String!) {
  newest: campaigns(space: $space, first: 100) { nodes { ...Row } }
  next: campaigns(space: $space, first: 100, after: $after) { nodes { ...Row } }
}
fragment Row on Campaign {
  id title category type mode state round share deadline createdAt
}""",
        {"space": "@space", "after": "@cursor"},
    ),
    Shape(
        "M1",
        "somebody pledges money, which counts at once",
        """mutation M1($input: ContributeInput!) {
  contribute(input: $input) {
    __typename
    ... on Contribution { id amount currency state createdAt }
    ... on Error { code message }
  }
}""",
        {
            "input": {
                "campaign": "@campaign",
                "kind": "MONEY",
                "amount": 2_500,
                "currency": "EUR",
                "provider": "DEVELOPMENT",
                # Mercurius' compiler takes no defaults for what an input leaves out.
                "anonymous": False,
                "message": "",
            }
        },
        differs=frozenset({"id", "createdAt"}),
    ),
]
