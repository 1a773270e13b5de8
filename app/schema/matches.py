"""Matches, as the two of them see them, and the moderators who judge what is disputed."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.matching.states import Deed, State
from app.matching.terms import Commitment, Side
from app.resolvers import matches
from app.resolvers.match_filter import MatchFilter
from app.schema.context import Info
from app.schema.enums import declare, values_of
from app.schema.matching_rules import MatchPartScore
from app.schema.nodes import Node, SpaceId, below, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.postings import (
    ModelMisfit,
    NearInput,
    Need,
    Offer,
    TimeWindow,
    TimeWindowInput,
    window_document,
)
from app.schema.reviews import Review, reviews_of_match
from app.schema.spaces import Space
from app.schema.users import User

declare(
    Side,
    "Which of the two somebody is in a match.",
    name="MatchSide",
    NEED="Who needs.",
    OFFER="Who offers.",
)
declare(
    State,
    "Where a match stands.",
    name="MatchState",
    PROPOSED="The space proposes it to both.",
    ACCEPTED_BY_ONE="One side has accepted; or both have, and it waits for a seat (`waiting`).",
    CONFIRMED="Both sides have accepted, and their seats are taken.",
    IN_PROGRESS="It is under way.",
    COMPLETED="It is done; each side can review the other.",
    REVIEWED="It is done, and its reviews are shown.",
    DECLINED="A side did not want it.",
    WITHDRAWN="A side took its acceptance back, or its need or offer.",
    EXPIRED="It was not answered, or a held seat not taken, in time.",
    CANCELLED="It was confirmed, and then cancelled.",
    NO_SHOW="One side says that the other was not there.",
    DISPUTED="A side objects; a moderator will decide.",
    RESOLVED="A moderator has decided.",
)
declare(
    Deed,
    "What can be done with a match.",
    name="MatchDeed",
    ACCEPT="Accept it: `respondToMatch`. For a held seat, either side once more.",
    DECLINE="Decline it: `respondToMatch`.",
    WITHDRAW="Take an acceptance back: `withdrawMatch`.",
    EXPIRE="Time alone does this.",
    CANCEL="Cancel what is confirmed: `cancelMatch`.",
    START="Say that it is under way: `startMatch`.",
    COMPLETE="Say that it is done: `completeMatch`.",
    REPORT_NO_SHOW="Say that the other was not there: `reportNoShow`.",
    REVIEW="Review the other: `reviewMatch`.",
    CLOSE_REVIEWS="Time alone does this.",
    DISPUTE="Object: `disputeMatch`.",
    RESOLVE="Decide a dispute: `resolveDispute`; for moderators.",
)


@strawberry.type(description="That both sides have accepted a match, and it waits for a seat.")
class MatchWaiting:
    since: datetime = strawberry.field(description="Since when.")
    ahead: int = strawberry.field(description="How many are served before it.")
    held_until: datetime | None = strawberry.field(
        description="Until when a seat that became free is held for it: either side takes it by "
        "accepting once more. Null while none is held."
    )


@strawberry.type(description="How the other side of a confirmed match is reached.")
class MatchContact:
    name: str = strawberry.field(description="Their name.")
    email: str = strawberry.field(description="Their e-mail address.")


@strawberry.type(description="What a side objects to, and what a moderator found.")
class MatchDispute:
    by: Side = strawberry.field(description="The side that objects.")
    at: datetime = strawberry.field(description="When it did.")
    reason: str | None = strawberry.field(
        description="Why; for the moderators, and for whoever wrote it."
    )
    note: str | None = strawberry.field(description="What the moderator says to both sides.")


async def _possible(parents: list[Any], info: Info) -> Any:
    return await matches.list_possible(info.context.ctx, parents)


async def _contacts(parents: list[Any], info: Info) -> Any:
    return await matches.list_contacts(info.context.ctx, parents)


async def _waiting(parents: list[Any], info: Info) -> Any:
    return await matches.list_waiting(info.context.ctx, parents)


async def _warnings(parents: list[Any], info: Info) -> Any:
    return await matches.list_warnings(info.context.ctx, parents)


def _dispute(self: Any, info: Info) -> Any:
    return matches.shown_dispute(info.context.ctx, self)


def _my_side(self: Any, info: Info) -> Any:
    return matches.side_of(info.context.ctx, self)


@strawberry.type(
    description="One need and one offer of two different people, from proposal to review. The two "
    "see it, and moderators of the space once it is disputed; nobody else."
)
class Match(Node):
    kind = "matches"

    state: State = strawberry.field(description="Where it stands.")
    category: str = strawberry.field(description="What it is about.")
    commitment: Commitment = strawberry.field(
        description="How long the two will have to do with each other: the longer of what need "
        "and offer say."
    )
    score: float = strawberry.field(description="How well the two fit each other, 0 to 1.")
    parts: list[MatchPartScore] = strawberry.field(
        description="What the score was made of when the match was proposed."
    )
    window: TimeWindow | None = strawberry.field(
        description="When it takes place; null: whenever the two like."
    )
    proposed_by: Side | None = strawberry.field(
        description="The side that proposed it; null: the space did."
    )
    accepted_by: list[Side] = strawberry.field(description="The sides that have accepted it.")
    answer_by: datetime | None = strawberry.field(
        description="When it expires, unless both have accepted it by then."
    )
    joint_objective: str | None = strawberry.field(
        description="What the two want to reach together."
    )
    agreement: str | None = strawberry.field(description="On which terms they do.")
    agreed_by: list[Side] = strawberry.field(
        description="The sides that have accepted the agreement as it is written now."
    )
    ended_by: Side | None = strawberry.field(
        description="The side that declined, withdrew or cancelled it."
    )
    absent: Side | None = strawberry.field(description="The side that is said to have been absent.")
    charged_to: Side | None = strawberry.field(
        description="The side on whose reliability its end counts, if on anyone's."
    )
    confirmed_at: datetime | None = strawberry.field(description="When it was confirmed.")
    ended_at: datetime | None = strawberry.field(description="When it was completed, or ended.")
    created_at: datetime = strawberry.field(description="When it was proposed.")
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")
    my_side: Side | None = strawberry.field(
        resolver=_my_side,
        graphql_type=Side | None,
        description="Which side is yours; null for moderators.",
        metadata={"needs": ("need_owner", "offer_owner")},
    )
    dispute: MatchDispute | None = strawberry.field(
        resolver=_dispute,
        graphql_type=MatchDispute | None,
        description="What was objected to, if anything.",
        metadata={"needs": ("dispute", "need_owner", "offer_owner")},
    )
    need: Need | None = reference("need", "needs", type=Need | None, description="The need.")
    offer: Offer | None = reference("offer", "offers", type=Offer | None, description="The offer.")
    need_owner: User | None = reference(
        "need_owner", "users", type=User | None, description="Who needs."
    )
    offer_owner: User | None = reference(
        "offer_owner", "users", type=User | None, description="Who offers."
    )
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space that it belongs to."
    )
    possible: list[Deed] = below(
        _possible,
        needs=matches.JUDGED,
        type=list[Deed],
        description="What you could do with it now. A seat may still be lacking.",
    )
    waiting: MatchWaiting | None = below(
        _waiting,
        needs=("need", "offer", "waiting_since", "held_until", "waits_for", "created_at"),
        type=MatchWaiting | None,
        description="That it waits for a seat, if it does.",
    )
    contact: MatchContact | None = below(
        _contacts,
        needs=("state", "need_owner", "offer_owner"),
        type=MatchContact | None,
        description="How you reach the other side: once it is confirmed, and not before.",
    )
    warning: ModelMisfit | None = below(
        _warnings,
        needs=("space", "commitment", "need_owner", "offer_owner", "joint_objective"),
        type=ModelMisfit | None,
        description="What speaks against a long relation here, if it is to be one.",
    )
    reviews: list[Review] = reviews_of_match()


@strawberry.input(description="Which matches; every part that is given must hold.")
class MatchFilterInput:
    near: NearInput | None = strawberry.field(
        default=None,
        description="Those whose need or offer lies within a circle. Measured to the places as "
        "they were blurred when the match was proposed, also once it is confirmed.",
    )
    window: TimeWindowInput | None = strawberry.field(
        default=None, description="Those with some time in common, or with time at any time."
    )
    category: str | None = strawberry.field(
        default=None, description="Those of this category and of all below it, in any case."
    )

    def filter(self, space: str | None, states: list[State] | None) -> MatchFilter:
        """Return the filter as the resolvers take it."""
        return MatchFilter(
            space=space,
            states=values_of(states),
            near=self.near.circle() if self.near else None,
            window=window_document(self.window) if self.window else None,
            category=self.category,
        )


@strawberry.type
class MatchQuery:
    """Reading matches."""

    @strawberry.field(
        graphql_type=Connection[Match],
        description="Your matches, on either side, newest first.",
    )
    async def matches(
        self,
        info: Info,
        space: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only those of this space.")
        ] = None,
        states: Annotated[
            list[State] | None, strawberry.argument(description="Only those in one of these.")
        ] = None,
        filter: Annotated[
            MatchFilterInput | None, strawberry.argument(description="Which of them are wanted.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the viewer's matches."""
        asked = window(info, first, after, last, before)
        wanted = (filter or MatchFilterInput()).filter(space, states)
        return await matches.list_matches(info.context.ctx, wanted, asked)

    @strawberry.field(
        graphql_type=Connection[Match],
        description="The matches of a space that wait for a moderator, newest first.",
    )
    async def disputes(
        self,
        info: Info,
        space: SpaceId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return disputed matches."""
        asked = window(info, first, after, last, before)
        return await matches.list_disputes(info.context.ctx, space, asked)
