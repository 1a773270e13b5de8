"""By which rules a space lets campaigns be made, as the client sees and changes them."""

from dataclasses import fields
from typing import Any

import strawberry

from app.resolvers.campaigning import CROWDSOURCING, rules_in
from app.schema.campaign_enums import Breadth, Creators


def rules_if_crowdsourcing(self: Any) -> Any:
    """Return the rules of a space in which campaigns are made, None of any other."""
    return rules_in(self) if CROWDSOURCING in self["enabled_models"] else None


@strawberry.type(description="By which rules a space lets campaigns be made.")
class CrowdsourcingRules:
    breadth: Breadth = strawberry.field(
        description="Whether campaigns are of any category, or of the space's alone."
    )
    creators: Creators = strawberry.field(description="Who makes campaigns.")
    review: bool = strawberry.field(
        description="Whether a moderator has to approve a campaign before it opens."
    )
    longest_days: int = strawberry.field(
        description="How many days a campaign is open at most, extensions aside."
    )
    providers: list[str] = strawberry.field(
        description="Through whom money comes; if none is named, through all that there are."
    )
    validation: bool = strawberry.field(
        description="Whether every signature counts only once a moderator has validated it. If "
        "not, that of a member whom a moderator has verified counts at once; any other waits until "
        "a moderator validates it, or its signer is verified and signs again."
    )
    anonymous: bool = strawberry.field(
        description="Whether supporters may ask not to be shown to the public."
    )
    areas: list[str] = strawberry.field(
        description="Where campaigns and signatures can be from; if none is named, from anywhere."
    )
    area_floor: int = strawberry.field(
        description="Areas with fewer signatures than this are counted together."
    )


@strawberry.input(
    description="What changes in the rules by which a space lets campaigns be made; what is left "
    "out stays."
)
class UpdateCrowdsourcingRulesInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    expected_version: int = strawberry.field(description="The version of the space that you saw.")
    breadth: Breadth | None = strawberry.field(
        default=None, description="Any category, or the space's alone."
    )
    creators: Creators | None = strawberry.field(default=None, description="Who makes campaigns.")
    review: bool | None = strawberry.field(
        default=None, description="Whether a moderator has to approve a campaign."
    )
    longest_days: int | None = strawberry.field(
        default=None, description="How many days a campaign is open at most, 1 to 366."
    )
    providers: list[str] | None = strawberry.field(
        default=None, description="Through whom money comes, at most 10; none: through all."
    )
    validation: bool | None = strawberry.field(
        default=None,
        description="Whether every signature has to be validated by a moderator, also those of "
        "verified members.",
    )
    anonymous: bool | None = strawberry.field(
        default=None, description="Whether supporters may be anonymous to the public."
    )
    areas: list[str] | None = strawberry.field(
        default=None, description="Where from, at most 1,000 of 100 characters; none: anywhere."
    )
    area_floor: int | None = strawberry.field(
        default=None, description="Count smaller areas together, 1 to 1,000."
    )

    def changes(self) -> dict[str, Any]:
        """Return what is named, as the rules have it."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: value.value if isinstance(value, Breadth | Creators) else value
            for name, value in named.items()
            if value is not None and name not in {"space", "expected_version"}
        }
