"""Campaigns, as the client sees them: what they seek, how far they have come, and what is open."""

from datetime import datetime
from typing import Any

import strawberry

from app.campaigning.campaign_states import takes_support
from app.campaigning.goals import minimums
from app.resolvers import campaigns
from app.resolvers.sight import level_in, renew_levels
from app.schema.campaign_enums import CampaignState, Deed, Mode, Right, Support, Type
from app.schema.campaign_figures import forecasts_below, ledger_below, statement_below
from app.schema.context import Info
from app.schema.contributions import contributions_below, formatted_field
from app.schema.expenses import expenses_below
from app.schema.nodes import Node, below, own_field, reference, references
from app.schema.polls import polls_below
from app.schema.room import comments_below
from app.schema.scalars import Amount
from app.schema.series import Point
from app.schema.signatures import areas_below, my_signature_below
from app.schema.spaces import Space
from app.schema.updates import updates_below
from app.schema.users import User

# What the table of a campaign's life asks of it, and by what its people are told.
WHAT_STANDS = (
    "_id", "approved_at", "closed_at", "deadline", "extended", "goals", "mode", "opened_at",
    "opens_at", "owner", "progress", "round", "round_days", "space", "state", "suspended_from",
    "team",
)  # fmt: skip
NOTHING = {"counted": 0, "pending": 0, "supporters": 0}


@strawberry.type(description="How far one kind of support has come.")
class CampaignProgress:
    counted: Amount = strawberry.field(description="What counts towards the goal.")
    pending: Amount = strawberry.field(description="What is promised, and does not count yet.")
    supporters: int = strawberry.field(description="How many people gave what counts.")
    share: float = strawberry.field(
        description="What counts, of all that is needed of this kind; 1 is all of it."
    )
    formatted: str | None = formatted_field("counted", "What counts, as people write it")


@strawberry.type(description="How much of one kind of support is sought.")
class CampaignGoal:
    kind: Support = strawberry.field(description="What is sought.")
    minimum: Amount = strawberry.field(description="What is needed.")
    optimum: Amount | None = strawberry.field(description="What would be best.")
    currency: str | None = strawberry.field(description="Of money: its code in ISO 4217.")
    what: str = strawberry.field(description="Which skill, which goods, what kind of room.")
    progress: CampaignProgress = strawberry.field(
        description="How far it has come; several goals of one kind share it."
    )
    formatted: str | None = formatted_field("minimum", "The minimum, as people write it")


async def _left(parents: list[Any], info: Info) -> Any:
    return await campaigns.list_places_left(info.context.ctx, parents)


@strawberry.type(description="A level of support: the least that it takes, and what it gives.")
class CampaignTier:
    id: strawberry.ID = own_field(
        "id", strawberry.ID, "What `contribute` calls it, in its campaign."
    )
    rank: int = strawberry.field(description="Its place among the levels; 1 is the lowest.")
    name: str = strawberry.field(description="What it is called.")
    kind: Support = strawberry.field(description="What is to be given for it.")
    least: Amount = strawberry.field(
        description="How much of it at least: in one gift if it is limited, else in all."
    )
    currency: str | None = strawberry.field(description="Of money: its code in ISO 4217.")
    formatted: str | None = formatted_field("least", "The least, as people write it")
    limit: int | None = strawberry.field(description="How many can have it; null: any number.")
    left: int | None = below(
        _left,
        needs=("id", "campaign", "limit"),
        type=int | None,
        description="How many places are left; null: any number.",
    )
    reward: str = strawberry.field(description="What its supporters get.")
    rights: list[Right] = strawberry.field(description="What they may do.")


@strawberry.type(description="What an official answered to a threshold.")
class ThresholdResponse:
    text: str = strawberry.field(description="The answer.")
    at: datetime = strawberry.field(description="When it was given.")
    author: User | None = reference("by", "users", type=User | None, description="Who gave it.")


@strawberry.type(description="A mark on the way of one kind of support.")
class CampaignThreshold:
    id: strawberry.ID = own_field("id", strawberry.ID, "What it is called in its campaign.")
    kind: Support = strawberry.field(description="Of what.")
    name: str = strawberry.field(description="What it stands for.")
    percent: int | None = strawberry.field(description="At how many percent of the minimum.")
    amount: Amount | None = strawberry.field(description="Or at how much.")
    every: bool = strawberry.field(description="Whether each multiple of it is one, too.")
    crossed_times: int = strawberry.field(
        description="How many times over it is crossed now: 0 or 1, or more if `every`."
    )
    response: ThresholdResponse | None = strawberry.field(
        description="What an official answered to it."
    )


@strawberry.type(description="At which level somebody supports a campaign.")
class CampaignLevel:
    rank: int = strawberry.field(
        description="The rank of the highest tier that is reached; 0: below every tier."
    )
    rights: list[Right] = strawberry.field(
        resolver=lambda self: sorted(self.rights),
        graphql_type=list[Right],
        description="What they may do.",
    )


def goals_of(self: Any) -> Any:
    """Return the goals of a campaign, each with how far it has come."""
    needed, found = minimums(self["goals"]), []
    for goal in self["goals"]:
        kind = goal["kind"]
        progress = self["progress"].get(kind, NOTHING)
        share = max(progress["counted"], 0) / needed[kind]
        shown = {**progress, "share": share, "currency": goal["currency"]}
        found.append({**goal, "progress": shown})
    return found


def _tiers(self: Any) -> Any:
    currency = next((g["currency"] for g in self["goals"] if g["kind"] == Support.MONEY), None)
    return [
        {
            **tier,
            "campaign": self["_id"],
            "currency": currency if tier["kind"] == Support.MONEY else None,
        }
        for tier in self["tiers"]
    ]


def thresholds_of(self: Any) -> Any:
    """Return the thresholds of a campaign, each with how often it is crossed."""
    crossed = self["crossed"]
    return [{**one, "crossed_times": crossed.get(one["id"], 0)} for one in self["thresholds"]]


async def _can(parents: list[Any], info: Info) -> Any:
    return await campaigns.list_possible(info.context.ctx, parents)


async def _takes_support(self: Any, info: Info) -> bool:
    return takes_support(self, info.context.ctx.now)


async def _my_level(self: Any, info: Info) -> Any:
    await renew_levels(info.context.ctx)
    level = level_in(info.context.ctx, self)
    return level if level.is_team or level.supports else None


@strawberry.type(description="A project or a cause that seeks support, and how far it has come.")
class Campaign(Node):
    kind = "campaigns"

    type: Type = strawberry.field(description="What it is for.")
    category: str = strawberry.field(
        description="A word, or a path of them from the widest: `energy/solar`."
    )
    title: str = strawberry.field(description="What it is, in a line.")
    story: str = strawberry.field(description="What it is, at length.")
    place: Point | None = strawberry.field(description="Where it is, if anywhere.")
    area: str | None = strawberry.field(description="In which area, if in any.")
    mode: Mode = strawberry.field(description="When money is taken.")
    state: CampaignState = strawberry.field(description="Where it stands.")
    outcome: CampaignState | None = strawberry.field(
        description="SUCCEEDED or FAILED, once that is decided."
    )
    opens_at: datetime | None = strawberry.field(description="When it opens by itself, if it does.")
    deadline: datetime | None = strawberry.field(
        description="When the present round ends; null: when its owner says so."
    )
    round: int = strawberry.field(description="In which round it is: 1, or 2 of ROUNDS.")
    round_days: int | None = strawberry.field(
        description="How many days the second round has, of ROUNDS."
    )
    extended: bool = strawberry.field(description="Whether it was given more time, which is once.")
    settling: bool = strawberry.field(
        description="Whether something is left to be taken or let go after its end."
    )
    reason: str | None = strawberry.field(
        description="Why it stands so, if somebody said: why it was returned, say, or cancelled."
    )
    share: float = strawberry.field(
        description="How much of its minimums has come in, of the kind that is furthest behind; 1 "
        "is all."
    )
    created_at: datetime = strawberry.field(description="When it was drafted.")
    approved_at: datetime | None = strawberry.field(description="When it was let to be opened.")
    opened_at: datetime | None = strawberry.field(description="When it opened.")
    closed_at: datetime | None = strawberry.field(description="When it ended.")
    updated_at: datetime = strawberry.field(description="When it last changed, support aside.")
    version: int = strawberry.field(
        description="Grows with each change, support aside; for `expectedVersion`."
    )
    owner: User | None = reference("owner", "users", type=User | None, description="Whose it is.")
    team: list[User] = references(
        "team", "users", type=list[User], description="Who runs it with its owner."
    )
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space that it belongs to."
    )
    goals: list[CampaignGoal] = strawberry.field(
        resolver=goals_of,
        graphql_type=list[CampaignGoal],
        description="What it seeks, and how far each has come.",
        metadata={"needs": ("goals", "progress")},
    )
    tiers: list[CampaignTier] = strawberry.field(
        resolver=_tiers,
        graphql_type=list[CampaignTier],
        description="The levels of support.",
        metadata={"needs": ("_id", "goals", "tiers")},
    )
    thresholds: list[CampaignThreshold] = strawberry.field(
        resolver=thresholds_of,
        graphql_type=list[CampaignThreshold],
        description="The marks on its way.",
        metadata={"needs": ("crossed", "thresholds")},
    )
    takes_support: bool = strawberry.field(
        resolver=_takes_support,
        graphql_type=bool,
        description="Whether anybody can support it now.",
        metadata={"needs": ("deadline", "state")},
    )
    can: list[Deed] = below(
        _can,
        needs=WHAT_STANDS,
        type=list[Deed],
        description="What you could do with it now, if need be with a reason.",
    )
    my_level: CampaignLevel | None = strawberry.field(
        resolver=_my_level,
        graphql_type=CampaignLevel | None,
        description="At which level you support it at present, and what that lets you do; its "
        "team may do everything. Null if you do not.",
        metadata={"needs": ("_id", "owner", "team")},
    )
    contributions = contributions_below()
    forecast = forecasts_below()
    ledger = ledger_below()
    statement = statement_below()
    updates = updates_below()
    comments = comments_below()
    polls = polls_below()
    expenses = expenses_below()
    my_signature = my_signature_below()
    signatures_by_area = areas_below()
