"""What is done with campaigns, as the client sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import campaign_content, campaign_deeds, crowdsourcing_rules
from app.schema.campaign_enums import Deed
from app.schema.campaign_inputs import CreateCampaignInput, UpdateCampaignInput
from app.schema.campaign_rules import UpdateCrowdsourcingRulesInput
from app.schema.campaigns import Campaign
from app.schema.context import Info
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    WrongState,
    mutation,
)
from app.schema.nodes import ThingId
from app.schema.spaces import SpaceResult


@strawberry.input(description="Which campaign to give back, and why.")
class ReturnCampaignInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    reason: str = strawberry.field(
        default="",
        description="Why, for its team to read; at most 1,000 characters. Moderators have to say.",
    )


@strawberry.input(description="Which campaign to give up, and why.")
class CancelCampaignInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    reason: str = strawberry.field(
        default="",
        description="Why, for its supporters to read; at most 1,000 characters. It can be left "
        "out by the team of one that never opened.",
    )


@strawberry.input(description="Which campaign to stop for now, and why.")
class SuspendCampaignInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    reason: str = strawberry.field(description="Why, for all to read; 1 to 1,000 characters.")


@strawberry.input(description="Which campaign gets more time.")
class ExtendCampaignInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    deadline: datetime = strawberry.field(
        description="Its new deadline: later than the present one, by 30 days at most."
    )


@strawberry.input(description="Who runs a campaign together with its owner.")
class SetCampaignTeamInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    team: list[strawberry.ID] = strawberry.field(
        description="All of them but the owner: members of the space, at most 20."
    )


@strawberry.input(description="An official answer to a threshold.")
class RespondToThresholdInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    threshold: strawberry.ID = strawberry.field(
        description="The threshold: an `id` of the campaign's `thresholds`."
    )
    text: str = strawberry.field(description="The answer, 1 to 5,000 characters.")


CampaignResult = Annotated[
    Campaign | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("CampaignResult", description="The campaign as it is now, or why not."),
]


@strawberry.type
class CampaignMutation:
    """What is done with campaigns, and with the rules of making them."""

    @mutation(
        result=CampaignResult,
        description="Draft a campaign: its team alone sees it. For members of the space.",
    )
    async def create_campaign(self, info: Info, input: CreateCampaignInput) -> Any:
        """Create a campaign."""
        return await campaign_content.create_campaign(
            info.context.ctx,
            space_id=input.space,
            idempotency_key=input.idempotency_key,
            given=input.given(),
        )

    @mutation(
        result=CampaignResult,
        description="Change a campaign that is a draft or open; for its team.",
    )
    async def update_campaign(self, info: Info, input: UpdateCampaignInput) -> Any:
        """Update a campaign."""
        return await campaign_content.update_campaign(
            info.context.ctx,
            id=input.campaign,
            expected_version=input.expected_version,
            given=input.changes(),
        )

    @mutation(
        result=CampaignResult,
        description="Say who runs a campaign, from this moment on; for its owner.",
    )
    async def set_campaign_team(self, info: Info, input: SetCampaignTeamInput) -> Any:
        """Set the team."""
        return await campaign_content.set_team(
            info.context.ctx,
            id=input.campaign,
            expected_version=input.expected_version,
            team=list(input.team),
        )

    @mutation(
        result=CampaignResult,
        description="Ask for a draft to be reviewed, or to be opened where no review is needed; "
        "for its team.",
    )
    async def submit_campaign(self, info: Info, id: ThingId) -> Any:
        """Submit a campaign."""
        return await campaign_deeds.act(info.context.ctx, Deed.SUBMIT, id=id)

    @mutation(
        result=CampaignResult,
        description="Let a campaign be opened, or open by itself at its time; for moderators.",
    )
    async def approve_campaign(self, info: Info, id: ThingId) -> Any:
        """Approve a campaign."""
        return await campaign_deeds.act(info.context.ctx, Deed.APPROVE, id=id)

    @mutation(
        result=CampaignResult,
        description="Make a campaign in review a draft again, to be changed; for moderators, and "
        "for its team.",
    )
    async def return_campaign(self, info: Info, input: ReturnCampaignInput) -> Any:
        """Return a campaign."""
        ctx = info.context.ctx
        return await campaign_deeds.act(ctx, Deed.RETURN, id=input.campaign, reason=input.reason)

    @mutation(
        result=CampaignResult,
        description="Open an approved campaign for support; for its team.",
    )
    async def open_campaign(self, info: Info, id: ThingId) -> Any:
        """Open a campaign."""
        return await campaign_deeds.act(info.context.ctx, Deed.OPEN, id=id)

    @mutation(
        result=CampaignResult,
        description="Give an open campaign more time, once and before its end; for its team.",
    )
    async def extend_campaign(self, info: Info, input: ExtendCampaignInput) -> Any:
        """Extend a campaign."""
        ctx = info.context.ctx
        return await campaign_deeds.act(
            ctx, Deed.EXTEND, id=input.campaign, deadline=input.deadline
        )

    @mutation(
        result=CampaignResult,
        description="End a campaign that keeps all and has no deadline; for its owner.",
    )
    async def close_campaign(self, info: Info, id: ThingId) -> Any:
        """Close a campaign."""
        return await campaign_deeds.act(info.context.ctx, Deed.CLOSE, id=id)

    @mutation(
        result=CampaignResult,
        description="Give a campaign up: what was given goes back. For its team until it has "
        "succeeded, and for moderators.",
    )
    async def cancel_campaign(self, info: Info, input: CancelCampaignInput) -> Any:
        """Cancel a campaign."""
        ctx = info.context.ctx
        return await campaign_deeds.act(ctx, Deed.CANCEL, id=input.campaign, reason=input.reason)

    @mutation(
        result=CampaignResult,
        description="Stop a campaign for now: it takes nothing, and no money moves. Its deadline "
        "goes on. For moderators.",
    )
    async def suspend_campaign(self, info: Info, input: SuspendCampaignInput) -> Any:
        """Suspend a campaign."""
        ctx = info.context.ctx
        return await campaign_deeds.act(ctx, Deed.SUSPEND, id=input.campaign, reason=input.reason)

    @mutation(
        result=CampaignResult,
        description="Let a suspended campaign go on where it was; for moderators.",
    )
    async def resume_campaign(self, info: Info, id: ThingId) -> Any:
        """Resume a campaign."""
        return await campaign_deeds.act(info.context.ctx, Deed.RESUME, id=id)

    @mutation(
        result=CampaignResult,
        description="Say that a campaign which succeeded begins to give what it promised; for its "
        "team.",
    )
    async def begin_fulfilment(self, info: Info, id: ThingId) -> Any:
        """Begin fulfilment."""
        return await campaign_deeds.act(info.context.ctx, Deed.FULFIL_BEGIN, id=id)

    @mutation(
        result=CampaignResult,
        description="Say that a campaign gave all that it promised; for its team.",
    )
    async def complete_fulfilment(self, info: Info, id: ThingId) -> Any:
        """Complete fulfilment."""
        return await campaign_deeds.act(info.context.ctx, Deed.FULFIL, id=id)

    @mutation(
        result=CampaignResult,
        description="Answer officially to a threshold that is crossed; a later answer replaces an "
        "earlier one. For moderators.",
    )
    async def respond_to_threshold(self, info: Info, input: RespondToThresholdInput) -> Any:
        """Respond to a threshold."""
        return await campaign_deeds.respond(
            info.context.ctx, id=input.campaign, threshold=input.threshold, text=input.text
        )

    @mutation(
        result=SpaceResult,
        description="Change the rules by which a space lets campaigns be made; for its owners.",
    )
    async def update_crowdsourcing_rules(
        self, info: Info, input: UpdateCrowdsourcingRulesInput
    ) -> Any:
        """Update the rules."""
        return await crowdsourcing_rules.update_rules(
            info.context.ctx,
            space_id=input.space,
            expected_version=input.expected_version,
            changes=input.changes(),
        )
