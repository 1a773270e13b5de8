"""The words of crowdsourcing, as the client sees them: each value with what it means."""

from enum import StrEnum

from app.campaigning.campaign_states import Deed
from app.campaigning.forecast import Outlook
from app.campaigning.rules import Breadth, Creators
from app.campaigning.words import CampaignState, Mode, Right, Support, Type
from app.schema.enums import declare

__all__ = [
    "Breadth",
    "CampaignState",
    "ContributionState",
    "Creators",
    "Deed",
    "Mode",
    "Noted",
    "Outlook",
    "Right",
    "Sorting",
    "Support",
    "Type",
]


class ContributionState(StrEnum):
    """Where a contribution stands: the states of money, and those of all other support."""

    PLEDGED = "PLEDGED"
    CONFIRMED = "CONFIRMED"
    CAPTURED = "CAPTURED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DELIVERED = "DELIVERED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class Sorting(StrEnum):
    """In which order campaigns are listed."""

    NEWEST = "NEWEST"
    ENDING_SOON = "ENDING_SOON"
    PROGRESS = "PROGRESS"


class Noted(StrEnum):
    """What somebody noted of a transfer."""

    RECEIVED = "RECEIVED"
    RETURNED = "RETURNED"


declare(
    Type,
    "What a campaign is for.",
    name="CampaignType",
    PROJECT="Something that is to be made or done.",
    CAUSE="Something that is to be known, or acknowledged: a petition, say.",
)
declare(
    Support,
    "What can be given.",
    name="SupportKind",
    MONEY="Money, in minor units of the goal's currency.",
    TIME="Time, in minutes.",
    SKILL="Work that takes a skill, in pieces.",
    GOODS="Things, in pieces.",
    SPACE="Rooms or ground, in pieces.",
    SIGNATURE="A signature: one of each person.",
)
declare(
    Mode,
    "When money is taken, and whether it is if too little comes together.",
    name="FundingMode",
    ALL_OR_NOTHING="At the deadline, if every minimum is reached; else all is let go.",
    KEEP_IT_ALL="At once; the campaign keeps whatever comes.",
    ROUNDS="After a first round, if every minimum is reached; then a second one begins, for the "
    "optimum, and keeps whatever comes.",
)
declare(
    Right,
    "What a level of support lets somebody do in a campaign.",
    name="SupporterRight",
    READ_UPDATES="Read the news that is for supporters.",
    COMMENT="Comment in the campaign's room.",
    SUGGEST="Suggest something there.",
    PREVIEW="Read news before it becomes public.",
    VOTE="Vote in its polls.",
    CO_CREATE="Make along.",
)
declare(
    CampaignState,
    "Where a campaign stands.",
    DRAFT="It is being written; its team alone sees it.",
    IN_REVIEW="It waits for a moderator's word, or for its opening.",
    OPEN="It takes support.",
    SUCCEEDED="It ended and reached what it needed.",
    FAILED="It ended without that: what was pledged is let go.",
    FULFILLING="Its team gives what it promised.",
    FULFILLED="It gave what it promised.",
    SUSPENDED="A moderator stopped it for now.",
    CANCELLED="It was cancelled: what was given goes back.",
)
declare(
    Deed,
    "What can be done with a campaign.",
    name="CampaignDeed",
    SUBMIT="Ask for review: `submitCampaign`.",
    APPROVE="Let it be opened: `approveCampaign`.",
    RETURN="Give it back, or take it back, to be changed: `returnCampaign`.",
    OPEN="Open it for support: `openCampaign`.",
    EXTEND="Give it more time, once: `extendCampaign`.",
    CLOSE="End it, if it keeps all and has no deadline: `closeCampaign`.",
    CANCEL="Give it up: `cancelCampaign`.",
    SUSPEND="Stop it for now: `suspendCampaign`.",
    RESUME="Let it go on: `resumeCampaign`.",
    FULFIL_BEGIN="Begin to give what was promised: `beginFulfilment`.",
    FULFIL="Say that all of it was given: `completeFulfilment`.",
)
declare(
    Breadth,
    "Which campaigns a space is for.",
    name="CampaignBreadth",
    GENERAL="Those of any category.",
    SPECIALISED="Those of its categories, and of what is below them.",
)
declare(
    Creators,
    "Who may make campaigns in a space.",
    name="CampaignCreators",
    MEMBER="Every member.",
    MODERATOR="Its moderators.",
)
declare(
    Outlook,
    "What a forecast comes to.",
    name="CampaignOutlook",
    OVER="It is over.",
    REACHED="The goal is reached.",
    TOO_LITTLE_KNOWN="It is too young to tell.",
    STANDING_STILL="Nothing came of late.",
    LIKELY="It will probably be reached.",
    OPEN="It may be reached, or not.",
    UNLIKELY="It will probably be missed.",
    WITHOUT_END="It has no deadline by which it has to be reached.",
)
declare(
    ContributionState,
    "Where a contribution stands. It counts while it is CONFIRMED, CAPTURED, DELIVERED or "
    "ACKNOWLEDGED.",
    PLEDGED="Money was promised, and its provider is not yet sure of it.",
    CONFIRMED="The provider is sure of the money and has not yet taken it.",
    CAPTURED="The money was taken.",
    REFUNDED="The money was given back.",
    DISPUTED="The money is contested.",
    OFFERED="Something was offered.",
    ACCEPTED="The team accepted the offer.",
    DELIVERED="It was delivered.",
    ACKNOWLEDGED="The team said thanks for it.",
    DECLINED="The provider, or the team, declined it.",
    CANCELLED="It was taken back, or the campaign was cancelled.",
    EXPIRED="It was let go, since it was not confirmed or delivered in time.",
)
declare(
    Sorting,
    "In which order campaigns are listed.",
    name="CampaignOrder",
    NEWEST="The newest first.",
    ENDING_SOON="By deadline, the next first: those that are open, unless the filter names other "
    "states; those without a deadline are left out.",
    PROGRESS="By share of what they need, the greatest first.",
)
declare(
    Noted,
    "What somebody notes of a transfer.",
    name="TransferNote",
    RECEIVED="The money has come.",
    RETURNED="The money was sent back.",
)
