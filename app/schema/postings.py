"""Needs and offers, as the client sees them and looks for them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.matching.commitment import Misfit
from app.matching.terms import Commitment, Kind, PostingStatus
from app.regions import Box, Circle
from app.resolvers import postings
from app.resolvers.posting_filters import PostingFilter
from app.schema.context import Info
from app.schema.enums import declare, values_of
from app.schema.nodes import Node, SpaceId, below, own_field, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.series import Point, PointInput
from app.schema.spaces import PlatformModel, Space
from app.schema.users import User

declare(
    Kind,
    "What is given.",
    name="PostingKind",
    ITEM="A thing, to have or to borrow.",
    SERVICE="Something that one does for the other.",
    TIME="Company, or a hand.",
    SPACE="A room, or ground.",
)
declare(
    Commitment,
    "How long the two will have to do with each other.",
    SPOT="Once.",
    RECURRENT="Again and again.",
    LONG_TERM="For long, and bound to each other: a matchmaker alone does this badly.",
)
declare(
    PostingStatus,
    "Whether a need or an offer still seeks a partner.",
    OPEN="It does.",
    FULFILLED="Every place is taken; when one becomes free, it seeks again.",
    WITHDRAWN="It was taken back.",
    EXPIRED="Its time is over.",
)
declare(
    Misfit,
    "Why a long relation may fail in a matchmaker.",
    name="MisfitReason",
    TRUST_TOO_LOW="It asks for more trust than is known of them.",
    NO_JOINT_OBJECTIVE="They have not said what they want to reach together.",
    NO_COMMUNITY="The space is for matching alone: nothing that people do there together would "
    "carry them.",
)


@strawberry.type(description="A span of time: from its start up to, but without, its end.")
class TimeWindow:
    starts_at: datetime = strawberry.field(description="When it begins.")
    ends_at: datetime = strawberry.field(description="When it is over.")


@strawberry.input(description="A span of time: from its start up to, but without, its end.")
class TimeWindowInput:
    starts_at: datetime = strawberry.field(description="When it begins.")
    ends_at: datetime = strawberry.field(description="When it is over; after `startsAt`.")


@strawberry.type(
    description="A warning, not a refusal: a matchmaker is good for spot exchanges, and longer "
    "relations fail in it for want of trust or of joint objectives."
)
class ModelMisfit:
    code: str = strawberry.field(
        resolver=lambda: "MODEL_MISFIT",
        graphql_type=str,
        description="For a program: always MODEL_MISFIT.",
        metadata={"needs": ()},
    )
    reasons: list[Misfit] = strawberry.field(description="What speaks against it.")
    sentences: list[str] = strawberry.field(description="The same in words, one for each.")
    recommended_model: PlatformModel = strawberry.field(
        description="The model that suits long relations more."
    )


async def _exactly(parents: list[Any], info: Info) -> list[bool]:
    """Say for each posting whether the viewer knows its place: by one command for all of them."""
    me = info.context.ctx.viewer.user
    others = list(dict.fromkeys(one["_id"] for one in parents if one["owner"] != me))
    found = await info.context.load("shown_exactly").load_many(others) if others and me else []
    known = {id for id, shown in zip(others, found, strict=False) if shown}
    return [posting["_id"] in known or posting["owner"] == me for posting in parents]


async def _places(parents: list[Any], info: Info) -> Any:
    exactly = await _exactly(parents, info)
    return await postings.list_places(info.context.ctx, parents, exactly)


async def _warnings(parents: list[Any], info: Info) -> Any:
    return await postings.list_warnings(info.context.ctx, parents)


async def _bar(self: Any, info: Info) -> float | None:
    return self.get("notify_above") if self["owner"] == info.context.ctx.viewer.user else None


@strawberry.interface(description="What a need and an offer have in common.")
class Posting(Node):
    title: str = strawberry.field(description="What it is, in a few words.")
    description: str = strawberry.field(description="What it is, in many words.")
    category: str = strawberry.field(
        description="A word, or a path of them from the widest: `care/elderly`."
    )
    skills: list[str] = strawberry.field(description="The skills that it takes, or brings.")
    languages: list[str] = strawberry.field(
        description="BCP 47 tags; none means that no language is needed."
    )
    posting_kind: Kind = own_field("kind", Kind, "What is given.")
    place: Point | None = below(
        _places,
        needs=("_id", "owner", "space", "place", "traits"),
        type=Point | None,
        description="Where; null: anywhere. The middle of a cell of the space's grid, unless "
        "`placeIsExact`.",
    )
    place_is_exact: bool = below(
        _exactly,
        needs=("_id", "owner"),
        type=bool,
        description="Whether you see the place as it is: your own, and that of somebody with whom "
        "you have, or had, a confirmed match about it.",
    )
    radius_m: float | None = strawberry.field(
        description="How far from the place it may be, in metres; null: any distance."
    )
    windows: list[TimeWindow] = strawberry.field(description="When; none means at any time.")
    capacity: int = strawberry.field(description="With how many partners at once.")
    taken: int = strawberry.field(description="How many of these places are taken, or held.")
    commitment: Commitment = strawberry.field(
        description="How long the two will have to do with each other."
    )
    least_trust: float | None = strawberry.field(
        description="The trust asked of whoever answers, 0 to 1; null: none."
    )
    verified_only: bool = strawberry.field(description="Whether only verified people may answer.")
    status: PostingStatus = strawberry.field(description="Whether it still seeks a partner.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself.")
    created_at: datetime = strawberry.field(description="When it was posted.")
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")
    notify_above: float | None = strawberry.field(
        resolver=_bar,
        graphql_type=float | None,
        description="Suggestions with at least this score are told to you; shown to its owner.",
        metadata={"needs": ("owner", "notify_above")},
    )
    owner: User | None = reference("owner", "users", type=User | None, description="Whose it is.")
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space that it belongs to."
    )
    warning: ModelMisfit | None = below(
        _warnings,
        needs=("space", "owner", "commitment"),
        type=ModelMisfit | None,
        description="What speaks against it in a matchmaker, if it is to be LONG_TERM.",
    )


@strawberry.type(description="What somebody lacks, and seeks from others.")
class Need(Posting):
    kind = "needs"


@strawberry.type(description="What somebody has, and gives to others.")
class Offer(Posting):
    kind = "offers"


@strawberry.input(description="What lies within so many metres of a point.")
class NearInput:
    point: PointInput = strawberry.field(description="The middle.")
    radius_m: float = strawberry.field(description="Metres, above 0 and up to 20,000,000.")

    def circle(self) -> Circle:
        """Return the circle as the resolvers take it."""
        return Circle(self.point.document(), self.radius_m)


@strawberry.input(
    description="What lies between two meridians and two parallels, from west eastwards to east."
)
class BoxInput:
    west: float = strawberry.field(
        description="Degrees east, −180 to 180; greater than `east` across the date line."
    )
    south: float = strawberry.field(description="Degrees north, −90 to 90.")
    east: float = strawberry.field(description="Degrees east, −180 to 180.")
    north: float = strawberry.field(description="Degrees north, −90 to 90; not below `south`.")

    def box(self) -> Box:
        """Return the box as the resolvers take it."""
        return Box(self.west, self.south, self.east, self.north)


@strawberry.input(description="Which needs or offers; every part that is given must hold.")
class PostingFilterInput:
    near: NearInput | None = strawberry.field(
        default=None,
        description="Those within a circle. Measured to the places as they are blurred for "
        "everybody; what has no place is in no circle. The order stays that of the list.",
    )
    within_box: BoxInput | None = strawberry.field(
        default=None, description="Those within a box, by their blurred places."
    )
    window: TimeWindowInput | None = strawberry.field(
        default=None, description="Those with some time in common, or with time at any time."
    )
    category: str | None = strawberry.field(
        default=None, description="Those of this category and of all below it, in any case."
    )
    kinds: list[Kind] | None = strawberry.field(default=None, description="Those of these kinds.")
    statuses: list[PostingStatus] | None = strawberry.field(
        default=None, description="Those in one of these."
    )
    skills: list[str] = strawberry.field(
        default_factory=list, description="Those with all of these skills, in any case; at most 20."
    )

    def filter(self, space: str) -> PostingFilter:
        """Return the filter as the resolvers take it."""
        near, box = self.near, self.within_box
        return PostingFilter(
            space=space,
            near=near.circle() if near else None,
            within=box.box() if box else None,
            window=window_document(self.window) if self.window else None,
            category=self.category,
            kinds=values_of(self.kinds),
            statuses=values_of(self.statuses),
            skills=self.skills,
        )


def window_document(given: TimeWindowInput) -> Any:
    """Return a span of time as it is stored."""
    return {"starts_at": given.starts_at, "ends_at": given.ends_at}


Filter = Annotated[
    PostingFilterInput | None, strawberry.argument(description="Which of them are wanted.")
]
Mine = Annotated[bool, strawberry.argument(description="Only your own.")]


@strawberry.type
class PostingQuery:
    """Looking for needs and offers."""

    @strawberry.field(
        graphql_type=Connection[Need],
        description="The needs of a space that you may see, newest first.",
    )
    async def needs(
        self,
        info: Info,
        space: SpaceId,
        filter: Filter = None,
        mine: Mine = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return needs."""
        wanted = (filter or PostingFilterInput()).filter(space)
        asked = window(info, first, after, last, before)
        return await postings.list_postings(info.context.ctx, "needs", wanted, asked, mine=mine)

    @strawberry.field(
        graphql_type=Connection[Offer],
        description="The offers of a space that you may see, newest first.",
    )
    async def offers(
        self,
        info: Info,
        space: SpaceId,
        filter: Filter = None,
        mine: Mine = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return offers."""
        wanted = (filter or PostingFilterInput()).filter(space)
        asked = window(info, first, after, last, before)
        return await postings.list_postings(info.context.ctx, "offers", wanted, asked, mine=mine)
