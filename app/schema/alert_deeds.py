"""What is done with alerts, and how they come live, as the client sees it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.alerts import triggers
from app.resolvers import alert_subscriptions, alerts
from app.schema.alerts import Alert, AlertSubscription, Notice
from app.schema.context import Info
from app.schema.enums import NoDataPolicy, Operator, Severity
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    mutation,
)
from app.schema.events import Discontinuity, Resume
from app.schema.nodes import NoticeIds, ThingId
from app.schema.scalars import Duration


@strawberry.input(description="Fires when the latest value passes a threshold.")
class ThresholdTriggerInput:
    operator: Operator = strawberry.field(description="How values are compared.")
    value: float = strawberry.field(description="The threshold, or the lower bound of a range.")
    upper: float | None = strawberry.field(
        default=None, description="The upper bound, for BETWEEN and OUTSIDE."
    )
    recovery: float | None = strawberry.field(
        default=None,
        description="The alert closes only when the value is back at this one, or within it; "
        "it lies on the safe side of the threshold.",
    )
    recovery_upper: float | None = strawberry.field(
        default=None, description="The same, for the upper bound of a range."
    )
    hold_for: Duration = strawberry.field(
        default=Duration(0.0),
        name="for",
        description="How long the condition must be met before it fires.",
    )
    keep_firing_for: Duration = strawberry.field(
        default=Duration(0.0),
        description="How long the value must be back before the alert closes.",
    )
    no_data_after: Duration | None = strawberry.field(
        default=None,
        description="Silence longer than this is told, or judged as `noDataPolicy` says.",
    )
    no_data_policy: NoDataPolicy = strawberry.field(
        default=NoDataPolicy.NO_DATA, description="What silence means."
    )
    repeat_every: Duration | None = strawberry.field(
        default=None,
        description="Tell an alert again so often while nobody acknowledges it; from `PT1M` on.",
    )
    severity: Severity = strawberry.field(default=Severity.MODERATE, description="How grave it is.")

    def document(self) -> triggers.Threshold:
        """Return the trigger as it is stored."""
        return triggers.Threshold(
            kind="THRESHOLD",
            operator=self.operator,
            value=float(self.value),
            upper=None if self.upper is None else float(self.upper),
            recovery=None if self.recovery is None else float(self.recovery),
            recovery_upper=None if self.recovery_upper is None else float(self.recovery_upper),
            for_seconds=self.hold_for,
            keep_firing_for_seconds=self.keep_firing_for,
            no_data_after_seconds=self.no_data_after,
            no_data_policy=self.no_data_policy,
            repeat_every_seconds=self.repeat_every,
            severity=self.severity,
        )


@strawberry.input(description="When to be told; exactly one kind of trigger.", one_of=True)
class TriggerInput:
    threshold: ThresholdTriggerInput | None = strawberry.field(
        default=strawberry.UNSET, description="The latest value passes a threshold."
    )


@strawberry.input(description="What you want to be told.")
class CreateAlertSubscriptionInput:
    series: strawberry.ID = strawberry.field(description="The series to watch.")
    trigger: TriggerInput = strawberry.field(description="When to tell you.")
    name: str = strawberry.field(default="", description="What you call it.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends by itself."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input make one subscription, however often."
    )


@strawberry.input(description="What changes; what is left out stays.")
class UpdateAlertSubscriptionInput:
    subscription: strawberry.ID = strawberry.field(description="The alert subscription.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    name: str | None = strawberry.field(default=None, description="What you call it.")
    trigger: TriggerInput | None = strawberry.field(
        default=None, description="When to tell you; begins anew and closes what was open."
    )


@strawberry.input(description="Which alert subscription rests, and for how long.")
class PauseAlertSubscriptionInput:
    subscription: strawberry.ID = strawberry.field(description="The alert subscription.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    until: datetime | None = strawberry.field(
        default=None, description="When the pause ends; if left out, when you resume."
    )


@strawberry.input(description="Which alert subscription goes on.")
class ResumeAlertSubscriptionInput:
    subscription: strawberry.ID = strawberry.field(description="The alert subscription.")
    expected_version: int = strawberry.field(description="The version that you saw.")


@strawberry.input(description="Which alert you take on.")
class AcknowledgeInput:
    alert: strawberry.ID = strawberry.field(description="The alert.")
    note: str = strawberry.field(default="", description="What you do about it; all see it.")


@strawberry.type(description="Your notices, as they are marked now.")
class MarkedNotices:
    notices: list[Notice] = strawberry.field(description="The notices.")


AlertSubscriptionResult = Annotated[
    AlertSubscription | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict,
    strawberry.union(
        "AlertSubscriptionResult", description="The alert subscription as it is now, or why not."
    ),
]
AcknowledgeResult = Annotated[
    Alert | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict,
    strawberry.union("AcknowledgeResult", description="The alert as it is now, or why not."),
]
MarkNoticesResult = Annotated[
    MarkedNotices | NotFound | NotSignedIn | InvalidInput,
    strawberry.union("MarkNoticesResult", description="The notices as they are now, or why not."),
]
AlertsItem = Annotated[
    Notice | Discontinuity,
    strawberry.union("AlertsItem", description="A notice, or that history is missing."),
]


@strawberry.type
class AlertMutation:
    """What is done with alerts."""

    @mutation(
        result=AlertSubscriptionResult,
        description="Ask to be told when a series passes a threshold. It is judged at once; what "
        "fires already is told at once.",
    )
    async def create_alert_subscription(
        self, info: Info, input: CreateAlertSubscriptionInput
    ) -> Any:
        """Create an alert subscription."""
        return await alert_subscriptions.create_subscription(
            info.context.ctx,
            series_id=input.series,
            name=input.name,
            trigger=input.trigger.threshold.document(),  # type: ignore[union-attr]
            expires_at=input.expires_at,
            idempotency_key=input.idempotency_key,
        )

    @mutation(result=AlertSubscriptionResult, description="Change what you want to be told.")
    async def update_alert_subscription(
        self, info: Info, input: UpdateAlertSubscriptionInput
    ) -> Any:
        """Update an alert subscription."""
        trigger = input.trigger.threshold if input.trigger else None
        return await alert_subscriptions.update_subscription(
            info.context.ctx,
            id=input.subscription,
            expected_version=input.expected_version,
            name=input.name,
            trigger=trigger.document() if trigger else None,
        )

    @mutation(result=AlertSubscriptionResult, description="Be told nothing for a while.")
    async def pause_alert_subscription(self, info: Info, input: PauseAlertSubscriptionInput) -> Any:
        """Pause an alert subscription."""
        return await alert_subscriptions.pause_subscription(
            info.context.ctx,
            id=input.subscription,
            expected_version=input.expected_version,
            until=input.until,
        )

    @mutation(result=AlertSubscriptionResult, description="Be told again after a pause.")
    async def resume_alert_subscription(
        self, info: Info, input: ResumeAlertSubscriptionInput
    ) -> Any:
        """Resume an alert subscription."""
        return await alert_subscriptions.resume_subscription(
            info.context.ctx, id=input.subscription, expected_version=input.expected_version
        )

    @mutation(
        result=AlertSubscriptionResult,
        description="Be told no more; what you were told stays in your inbox.",
    )
    async def delete_alert_subscription(self, info: Info, id: ThingId) -> Any:
        """Delete an alert subscription."""
        return await alert_subscriptions.delete_subscription(info.context.ctx, id=id)

    @mutation(
        result=AcknowledgeResult,
        description="Take an open alert on: it is not told again to anybody, and all see who did.",
    )
    async def acknowledge(self, info: Info, input: AcknowledgeInput) -> Any:
        """Acknowledge an alert."""
        return await alerts.acknowledge(info.context.ctx, id=input.alert, note=input.note)

    @mutation(result=MarkNoticesResult, description="Say that a device of yours has notices.")
    async def mark_received(self, info: Info, notices: NoticeIds) -> Any:
        """Mark notices as received."""
        ids = [str(id) for id in notices]
        marked = await alerts.mark_notices(info.context.ctx, ids=ids, seen=False)
        return MarkedNotices(notices=marked)  # type: ignore[arg-type]

    @mutation(
        result=MarkNoticesResult,
        description="Say that you saw notices, which clears them on your other devices.",
    )
    async def mark_seen(self, info: Info, notices: NoticeIds) -> Any:
        """Mark notices as seen."""
        ids = [str(id) for id in notices]
        marked = await alerts.mark_notices(info.context.ctx, ids=ids, seen=True)
        return MarkedNotices(notices=marked)  # type: ignore[arg-type]


@strawberry.type
class AlertLive:
    """Alerts as they come."""

    @strawberry.subscription(
        graphql_type=AlertsItem,
        description="What you are told: everything after the cursor, and then as it comes, without "
        "a gap. `inbox` gives the same items.",
    )
    async def alerts(self, info: Info, after: Resume = None) -> AsyncIterator[Any]:
        """Return a stream of notices, which begins now."""
        return await alerts.watch_notices(info.context.ctx, after)
