"""Reports to the moderators, as they see them."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from app.resolvers import reports
from app.schema.context import Info
from app.schema.nodes import Node, SpaceId, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.reviews import Review
from app.schema.spaces import Space, value


@strawberry.enum(description="Why something was brought to the moderators.")
class ReportCause(Enum):
    LOW_RATING = value("LOW_RATING", "A review rates at or below what the space's rules call low.")


@strawberry.enum(description="What has become of a report.")
class ReportState(Enum):
    OPEN = value("OPEN", "It waits for a moderator.")


@strawberry.type(description="That something was brought to the moderators of a space.")
class Report(Node):
    kind = "reports"

    cause: ReportCause = strawberry.field(description="Why.")
    state: ReportState = strawberry.field(description="What has become of it.")
    created_at: datetime = strawberry.field(description="When it was made.")
    review: Review | None = reference(
        "subject", "reviews", type=Review | None, description="The review that it is about."
    )
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space whose moderators judge it."
    )


@strawberry.type
class ReportQuery:
    """Reading reports."""

    @strawberry.field(
        graphql_type=Connection[Report],
        description="What was brought to the moderators of a space, newest first; for them to see, "
        "without what is about themselves.",
    )
    async def reports(
        self,
        info: Info,
        space: SpaceId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return reports."""
        asked = window(info, first, after, last, before)
        return await reports.list_reports(info.context.ctx, space_id=space, window=asked)
