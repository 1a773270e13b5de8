"""Alerts, and all that belongs to them, as the client sees them."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from app.resolvers import alert_subscriptions, alerts, events
from app.schema.context import Info
from app.schema.enums import NoDataPolicy, Operator, Phase, Reason, Severity
from app.schema.events import Event, cursor_by
from app.schema.nodes import Node, SpaceId, reference, references
from app.schema.paging import After, Before, Connection, First, Last, pages_below, window
from app.schema.scalars import Duration
from app.schema.series import Series
from app.schema.spaces import Space, value
from app.schema.users import User


@strawberry.enum(description="What has become of an alert.")
class AlertStatus(Enum):
    OPEN = value("OPEN", "The condition is met, and nobody has taken it on.")
    ACKNOWLEDGED = value("ACKNOWLEDGED", "Somebody takes care of it.")
    RESOLVED = value("RESOLVED", "It is over.")


@strawberry.enum(description="What has become of an alert subscription.")
class SubscriptionStatus(Enum):
    ACTIVE = value("ACTIVE", "You are told.")
    PAUSED = value("PAUSED", "You are told nothing for the time being.")
    EXPIRED = value("EXPIRED", "Its time is over.")
    DELETED = value("DELETED", "You took it back.")


@strawberry.type(description="Fires when the latest value passes a threshold.")
class ThresholdTrigger:
    operator: Operator = strawberry.field(description="How values are compared.")
    value: float = strawberry.field(description="The threshold, or the lower bound.")
    upper: float | None = strawberry.field(description="The upper bound of a range.")
    recovery: float | None = strawberry.field(
        description="The alert closes only when the value is back at this one, or within it."
    )
    recovery_upper: float | None = strawberry.field(
        description="The same, for the upper bound of a range."
    )
    hold_for: Duration = strawberry.field(
        name="for", description="How long the condition must be met before it fires."
    )
    keep_firing_for: Duration = strawberry.field(
        description="How long the value must be back before the alert closes."
    )
    no_data_after: Duration | None = strawberry.field(
        description="Silence longer than this is told, or judged as `noDataPolicy` says."
    )
    no_data_policy: NoDataPolicy = strawberry.field(description="What silence means.")
    repeat_every: Duration | None = strawberry.field(
        description="How often an alert is told again while nobody acknowledges it."
    )
    severity: Severity = strawberry.field(description="How grave it is.")


@strawberry.type(description="Whether a condition holds for its series now.")
class AlertInstance(Node):
    kind = "instances"

    trigger: ThresholdTrigger = strawberry.field(description="The condition.")
    phase: Phase = strawberry.field(
        resolver=lambda self: self["state"]["phase"],
        graphql_type=Phase,
        description="Where it stands.",
        metadata={"needs": ("state",)},
    )
    since: datetime = strawberry.field(
        resolver=lambda self: self["state"]["since"],
        graphql_type=datetime,
        description="When it came there.",
        metadata={"needs": ("state",)},
    )
    series: Series | None = reference(
        "series", "series", type=Series | None, description="The series that it watches."
    )
    alert: Annotated["Alert", strawberry.lazy("app.schema.alerts")] | None = reference(
        "alert",
        "alerts",
        type=Annotated["Alert", strawberry.lazy("app.schema.alerts")] | None,
        description="The alert that is open, if one is.",
    )

    timeline: Connection[Event] = pages_below(
        events.list_timeline,
        needs=("_id",),
        type=Connection[Event],
        description="Every transition, oldest first; nobody can change it.",
    )


@strawberry.type(description="One continuous firing of a condition.")
class Alert(Node):
    kind = "alerts"

    status: AlertStatus = strawberry.field(description="What has become of it.")
    severity: Severity = strawberry.field(description="How grave it is.")
    ordinal: int = strawberry.field(description="Its number among those of its condition, from 1.")
    opened_at: datetime = strawberry.field(description="When the condition began to fire.")
    opened_value: float | None = strawberry.field(description="The value that opened it.")
    last_value: float | None = strawberry.field(description="The value at its last transition.")
    resolved_at: datetime | None = strawberry.field(description="When it was over.")
    resolution: Reason | None = strawberry.field(description="How it ended.")
    acknowledged_at: datetime | None = strawberry.field(description="When somebody took it on.")
    acknowledgement: str | None = strawberry.field(description="What they said.")
    recorded_at: datetime = strawberry.field(description="When this server learnt of it.")
    version: int = strawberry.field(description="Grows with each change.")
    acknowledged_by: User | None = reference(
        "acknowledged_by", "users", type=User | None, description="Who takes care of it."
    )
    series: Series | None = reference(
        "series", "series", type=Series | None, description="The series that it is about."
    )
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space that it belongs to."
    )
    instance: AlertInstance | None = reference(
        "instance",
        "instances",
        type=AlertInstance | None,
        description="The condition that fired.",
    )


@strawberry.type(description="What somebody wants to be told; seen by them alone.")
class AlertSubscription(Node):
    kind = "subscriptions"

    name: str = strawberry.field(description="What they call it.")
    status: SubscriptionStatus = strawberry.field(description="Whether they are told.")
    trigger: ThresholdTrigger = strawberry.field(description="When they want to be told.")
    paused_until: datetime | None = strawberry.field(description="When a pause ends.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself.")
    created_at: datetime = strawberry.field(description="When it was made.")
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")
    series: Series | None = reference(
        "series", "series", type=Series | None, description="The series that it is about."
    )
    instance: AlertInstance | None = reference(
        "instance",
        "instances",
        type=AlertInstance | None,
        description="The condition, which is shared by all who asked for the same.",
    )


@strawberry.type(description="That you were told something.")
class Notice(Node):
    kind = "notices"

    cursor: str = strawberry.field(
        resolver=cursor_by("seq"),
        graphql_type=str,
        description="`alerts(after:)` resumes after it.",
        metadata={"needs": ("seq",), "shared": True},
    )
    reason: Reason = strawberry.field(description="Why you were told.")
    value: float | None = strawberry.field(description="The value at that time.")
    at: datetime = strawberry.field(description="When it happened.")
    recorded_at: datetime = strawberry.field(description="When you were told.")
    received_at: datetime | None = strawberry.field(description="When a device of yours had it.")
    seen_at: datetime | None = strawberry.field(description="When you saw it.")
    alert: Alert | None = reference(
        "alert", "alerts", type=Alert | None, description="The alert; null for news of no alert."
    )
    instance: AlertInstance | None = reference(
        "instance", "instances", type=AlertInstance | None, description="The condition."
    )
    series: Series | None = reference(
        "series", "series", type=Series | None, description="The series that it is about."
    )

    subscriptions: list[AlertSubscription] = references(
        "subscriptions",
        "subscriptions",
        type=list[AlertSubscription],
        description="The subscriptions of yours because of which you were told.",
    )


@strawberry.type(description="Why an instance stands where it stands.")
class StateExplanation:
    instance: AlertInstance = strawberry.field(description="The instance.")
    reasons: list[str] = strawberry.field(description="In words, the most telling first.")
    due_at: datetime | None = strawberry.field(description="When time alone would move it next.")
    last_value: float | None = strawberry.field(description="The latest value of the series.")
    last_at: datetime | None = strawberry.field(description="When that was measured.")


@strawberry.type
class AlertQuery:
    """Reading alerts."""

    @strawberry.field(
        graphql_type=Connection[Alert],
        description="The alerts of a space, or of one of its series, the latest first.",
    )
    async def alerts(
        self,
        info: Info,
        space: SpaceId,
        series: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only those of this series.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return alerts."""
        found = await info.context.ctx.visible_space(space)
        return await alerts.list_alerts(
            info.context.ctx, window(info, first, after, last, before), space=found, series=series
        )

    @strawberry.field(
        graphql_type=Connection[Notice],
        description="What you were told, newest first: the items of the subscription `alerts`.",
    )
    async def inbox(
        self,
        info: Info,
        unseen: Annotated[
            bool, strawberry.argument(description="Only what you have not seen.")
        ] = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the inbox."""
        return await alerts.list_inbox(
            info.context.ctx, window(info, first, after, last, before), unseen=unseen
        )

    @strawberry.field(
        graphql_type=Connection[AlertSubscription],
        description="What you asked to be told, newest first.",
    )
    async def alert_subscriptions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the viewer's alert subscriptions."""
        return await alert_subscriptions.list_my_subscriptions(
            info.context.ctx, window(info, first, after, last, before)
        )

    @strawberry.field(
        graphql_type=StateExplanation | None,
        description="Why an instance stands where it stands; null if you may not see it.",
    )
    async def why_state(
        self,
        info: Info,
        instance: Annotated[strawberry.ID, strawberry.argument(description="The instance.")],
    ) -> Any:
        """Explain the state of an instance."""
        return await alerts.why_state(info.context.ctx, id=instance)
