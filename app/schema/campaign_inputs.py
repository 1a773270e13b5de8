"""What people write of campaigns, as the client sends it."""

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry import UNSET

from app.schema.campaign_enums import Mode, Right, Support, Type
from app.schema.scalars import Amount
from app.schema.series import PointInput


@strawberry.input(description="How much of one kind of support is sought.")
class CampaignGoalInput:
    kind: Support = strawberry.field(
        description="What is sought: of MONEY, TIME and SIGNATURE there is one goal at most."
    )
    minimum: Amount = strawberry.field(description="What is needed, 1 to 10^12.")
    optimum: Amount | None = strawberry.field(
        default=None, description="What would be best; not less than the minimum."
    )
    currency: str | None = strawberry.field(
        default=None, description="Of money: its code in ISO 4217, such as `EUR`."
    )
    what: str = strawberry.field(
        default="",
        description="Which skill, goods or space is sought, 1 to 200 characters; of others up to "
        "200.",
    )


@strawberry.input(description="A level of support: the least that it takes, and what it gives.")
class CampaignTierInput:
    id: strawberry.ID | None = strawberry.field(
        default=None, description="Which tier of the campaign it is; left out for a new one."
    )
    rank: int = strawberry.field(description="Its place among the levels, 1 to 100; 1 is lowest.")
    name: str = strawberry.field(description="What it is called, 1 to 100 characters.")
    kind: Support = strawberry.field(description="What is to be given for it: of one of the goals.")
    least: Amount = strawberry.field(
        description="How much of it at least: in one gift if it is limited, else in all."
    )
    limit: int | None = strawberry.field(
        default=None, description="How many can have it, 1 to 1,000,000; if left out, any number."
    )
    reward: str = strawberry.field(
        default="", description="What its supporters get, at most 2,000 characters."
    )
    rights: list[Right] = strawberry.field(
        default_factory=list,
        description="What they may do: all that lower levels may, and more if you like.",
    )


@strawberry.input(description="A mark on the way of one kind of support.")
class CampaignThresholdInput:
    kind: Support = strawberry.field(description="Of what: of one of the goals.")
    name: str = strawberry.field(description="What it stands for, 1 to 200 characters.")
    percent: int | None = strawberry.field(
        default=None, description="At how many percent of the minimum, 1 to 100,000."
    )
    amount: Amount | None = strawberry.field(
        default=None, description="Or at how much: one of the two."
    )
    every: bool = strawberry.field(
        default=False, description="Whether each multiple of it is one, too; 1,000 at most."
    )


@strawberry.input(description="A new campaign.")
class CreateCampaignInput:
    space: strawberry.ID = strawberry.field(description="The space in which it is made.")
    type: Type = strawberry.field(default=Type.PROJECT, description="What it is for.")
    category: str = strawberry.field(
        default="",
        description="A word, or a path of them: `energy/solar`; at most 100 characters. In a "
        "SPECIALISED space one of its categories, or a path that begins with one.",
    )
    title: str = strawberry.field(description="What it is, in a line; 1 to 200 characters.")
    story: str = strawberry.field(
        default="", description="What it is, at length; at most 20,000 characters."
    )
    place: PointInput | None = strawberry.field(
        default=None, description="Where it is; everybody sees it as it is."
    )
    area: str | None = strawberry.field(
        default=None, description="In which area; one of the space's, if it names any."
    )
    mode: Mode = strawberry.field(
        default=Mode.ALL_OR_NOTHING, description="When money is taken, if any is sought."
    )
    opens_at: datetime | None = strawberry.field(
        default=None,
        description="When it opens by itself; if left out, when its team says so.",
    )
    deadline: datetime | None = strawberry.field(
        default=None,
        description="When it ends; KEEP_IT_ALL can do without, and ends when its owner says so.",
    )
    round_days: int | None = strawberry.field(
        default=None, description="How many days a second round has, 1 to 90; of ROUNDS."
    )
    goals: list[CampaignGoalInput] = strawberry.field(description="What it seeks, 1 to 10.")
    tiers: list[CampaignTierInput] = strawberry.field(
        default_factory=list, description="Its levels of support, at most 20."
    )
    thresholds: list[CampaignThresholdInput] = strawberry.field(
        default_factory=list, description="The marks on its way, at most 50."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input make one campaign, however often."
    )

    def given(self) -> dict[str, Any]:
        """Return what is written, as it is stored."""
        return _named(self, frozenset({"space", "idempotency_key"}))


@strawberry.input(
    description="What changes in a campaign; what is left out stays. A draft can be changed as a "
    "whole. Of an open campaign title, story and place can, and name and reward of tiers that "
    "nobody has."
)
class UpdateCampaignInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    type: Type | None = strawberry.field(default=None, description="What it is for.")
    category: str | None = strawberry.field(default=None, description="Its category.")
    title: str | None = strawberry.field(default=None, description="What it is, in a line.")
    story: str | None = strawberry.field(default=None, description="What it is, at length.")
    place: PointInput | None = strawberry.field(
        default=UNSET, description="Where it is; null: nowhere."
    )
    area: str | None = strawberry.field(default=UNSET, description="In which area; null: in none.")
    mode: Mode | None = strawberry.field(default=None, description="When money is taken.")
    opens_at: datetime | None = strawberry.field(
        default=UNSET, description="When it opens by itself; null: when its team says so."
    )
    deadline: datetime | None = strawberry.field(
        default=UNSET, description="When it ends; null: when its owner says so."
    )
    round_days: int | None = strawberry.field(
        default=UNSET, description="How many days a second round has; null unless it is of ROUNDS."
    )
    goals: list[CampaignGoalInput] | None = strawberry.field(
        default=None, description="All that it seeks."
    )
    tiers: list[CampaignTierInput] | None = strawberry.field(
        default=None, description="All its levels of support; with its `id`, a tier is the same."
    )
    thresholds: list[CampaignThresholdInput] | None = strawberry.field(
        default=None, description="All marks on its way."
    )

    def changes(self) -> dict[str, Any]:
        """Return what changes, as it is stored."""
        removable = {"place", "area", "opens_at", "deadline", "round_days"}
        left_out = {
            one.name
            for one in fields(self)
            if getattr(self, one.name) is (UNSET if one.name in removable else None)
        }
        return _named(self, frozenset({"campaign", "expected_version", *left_out}))


def _named(given: Any, besides: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the fields of an input as they are stored, but for some."""
    names = (one.name for one in fields(given) if one.name not in besides)
    return {name: _stored(getattr(given, name)) for name in names}


def _stored(given: Any) -> Any:
    if isinstance(given, PointInput):
        return given.document()
    if isinstance(given, Enum):
        return given.value
    if isinstance(given, list):
        return [_stored(one) for one in given]
    return _named(given) if is_dataclass(given) else given
