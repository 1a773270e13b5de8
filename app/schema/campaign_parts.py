"""What belongs to a campaign, as its own types declare it."""

from typing import Annotated, Any

import strawberry

from app.schema.nodes import reference


def campaign_field(description: str) -> Any:
    """Declare to which campaign something belongs; campaigns come after what belongs to them."""
    return reference(
        "campaign",
        "campaigns",
        type=Annotated["Campaign", strawberry.lazy("app.schema.campaigns")] | None,  # noqa: F821
        description=description,
    )
