"""The rules of a pool, as the client sees and changes them."""

from typing import Any

import strawberry

from app.pooling.rules import FRESH_DAYS, LICENCES, is_set_up
from app.resolvers.pooling import POOL, rules_in
from app.schema.pool_enums import Access, Kind
from app.schema.scalars import Duration

DAY = 86_400
PLAIN = (
    "licence", "attribution", "sensitive_categories", "patrol", "weight_cap", "newcomer_weight",
    "least_confirmations",
)  # fmt: skip


def rules_if_pool(self: Any) -> Any:
    """Return the rules of a space that has a pool, None of any other."""
    return rules_in(self) if POOL in self["enabled_models"] else None


def _ready(self: Any) -> bool:
    return is_set_up(self)


@strawberry.type(description="A facet that the entries of a pool may carry.")
class PoolFacet:
    name: str = strawberry.field(description="Its name: `WHEELCHAIR`, say.")
    kind: Kind = strawberry.field(description="What its values are.")
    description: str = strawberry.field(description="What it says of an entry.")
    choices: list[str] = strawberry.field(description="Of a CHOICE: what can be chosen.")
    least: float | None = strawberry.field(description="Of a NUMBER: the least; null for none.")
    most: float | None = strawberry.field(description="Of a NUMBER: the most; null for none.")
    unit: str | None = strawberry.field(description="Of a NUMBER: in what it is counted.")
    fresh_for: Duration = strawberry.field(
        resolver=lambda self: self["fresh_days"] * DAY,
        graphql_type=Duration,
        description="How long after somebody said that it is so a value asks to be checked.",
    )


@strawberry.type(description="What a space says about its pool.")
class PoolRules:
    licence: str = strawberry.field(
        description="Under what licence everything in it can be used; empty until its owner names "
        "one, without which nothing can be contributed."
    )
    licence_url: str | None = strawberry.field(
        resolver=lambda self: LICENCES.get(self["licence"]),
        graphql_type=str | None,
        description="Where the licence stands, if it is one of the best known.",
    )
    ready: bool = strawberry.field(
        resolver=_ready, graphql_type=bool, description="Whether it has a licence."
    )
    attribution: str = strawberry.field(description="How it asks to be named by who uses it.")
    openness: Access = strawberry.field(
        description="For whom it is, among those who may read its space."
    )
    facets: list[PoolFacet] = strawberry.field(description="What can be said of its entries.")
    sensitive_categories: list[str] = strawberry.field(
        description="Categories, with all below them, whose places are blurred to all but who "
        "added an entry and moderators."
    )
    grid_m: float = strawberry.field(description="The grid, in metres, to which they are blurred.")
    duplicate_m: float = strawberry.field(
        description="Within so many metres, entries of similar names may be the same thing."
    )
    patrol: bool = strawberry.field(
        description="Whether moderators look at what is written anonymously or for the first time."
    )
    weight_cap: float = strawberry.field(description="The most that one voice weighs.")
    newcomer_weight: float = strawberry.field(description="The most that a newcomer's weighs.")
    least_confirmations: int = strawberry.field(
        description="How many independent voices it takes to verify a value."
    )


@strawberry.input(description="A facet that the entries of a pool may carry.")
class PoolFacetInput:
    name: str = strawberry.field(
        description="Its name: 1 to 40 capitals, digits and underscores, a capital first."
    )
    kind: Kind = strawberry.field(description="What its values are; it stays so.")
    description: str = strawberry.field(
        default="", description="What it says of an entry, at most 1,000 characters."
    )
    choices: list[str] = strawberry.field(
        default_factory=list, description="Of a CHOICE, 2 to 50: what can be chosen."
    )
    least: float | None = strawberry.field(default=None, description="Of a NUMBER: the least.")
    most: float | None = strawberry.field(default=None, description="Of a NUMBER: the most.")
    unit: str | None = strawberry.field(
        default=None, description="Of a NUMBER: in what it is counted."
    )
    fresh_for: Duration = strawberry.field(
        default=Duration(FRESH_DAYS * DAY),
        description="How long values stay fresh, `P1D` to `P36600D`; holds for what is given or "
        "checked from then on.",
    )

    def document(self) -> dict[str, Any]:
        """Return the facet as it is stored."""
        stored = {**vars(self), "kind": self.kind.value, "fresh_days": self.fresh_for / DAY}
        del stored["fresh_for"]
        return stored


@strawberry.input(description="What changes in the rules of a pool; what is left out stays.")
class UpdatePoolRulesInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    expected_version: int = strawberry.field(description="The version of the space that you saw.")
    licence: str | None = strawberry.field(
        default=None,
        description="Under what licence everything in it can be used: `ODbL-1.0`, say. What is "
        "there already was given under the licence of its time.",
    )
    attribution: str | None = strawberry.field(
        default=None, description="How it asks to be named, at most 500 characters."
    )
    openness: Access | None = strawberry.field(default=None, description="For whom it is.")
    facets: list[PoolFacetInput] | None = strawberry.field(
        default=None,
        description="All its facets, at most 50. One of which entries say something cannot be "
        "taken away.",
    )
    sensitive_categories: list[str] | None = strawberry.field(
        default=None, description="All categories whose places are blurred, at most 200."
    )
    grid_m: float | None = strawberry.field(
        default=None, description="Blur them to a grid of so many metres, 10 to 100,000."
    )
    duplicate_m: float | None = strawberry.field(
        default=None, description="Look for duplicates within so many metres, 0 to 10,000."
    )
    patrol: bool | None = strawberry.field(
        default=None, description="Let moderators look at first-time and anonymous edits."
    )
    weight_cap: float | None = strawberry.field(
        default=None, description="Let no voice weigh more, 1 to 10."
    )
    newcomer_weight: float | None = strawberry.field(
        default=None, description="Let no newcomer's voice weigh more, 0 to 0.9."
    )
    least_confirmations: int | None = strawberry.field(
        default=None, description="Let it take so many voices to verify a value, 2 to 20."
    )

    def changes(self) -> dict[str, Any]:
        """Return what is named, as the rules have it."""
        changes: dict[str, Any] = {name: getattr(self, name) for name in PLAIN}
        changes |= {"grid_metres": self.grid_m, "duplicate_metres": self.duplicate_m}
        if self.openness is not None:
            changes["openness"] = self.openness.value
        if self.facets is not None:
            changes["facets"] = [facet.document() for facet in self.facets]
        return {name: value for name, value in changes.items() if value is not None}
