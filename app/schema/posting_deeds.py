"""What is done with needs and offers, and with the rules of matching, as the client sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from app.matching.terms import Commitment, Kind
from app.resolvers import matching_rules, postings
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
from app.schema.matching_rules import UpdateMatchingRulesInput
from app.schema.nodes import ThingId
from app.schema.postings import Need, Offer, TimeWindowInput, window_document
from app.schema.series import PointInput
from app.schema.spaces import SpaceResult

# What is stored as it is given, under this name.
PLAIN = ("title", "description", "category", "skills", "languages", "capacity", "verified_only")
# What can be taken away by null, and under which name it is stored.
REMOVABLE = {
    "radius_m": "radius_metres",
    "least_trust": "least_trust",
    "expires_at": "expires_at",
    "notify_above": "notify_above",
}


@strawberry.input(description="What a new need and a new offer have in common.")
class NewPosting:
    space: strawberry.ID = strawberry.field(description="The space in which it is posted.")
    title: str = strawberry.field(description="What it is, 1 to 140 characters.")
    description: str = strawberry.field(default="", description="At most 4,000 characters.")
    category: str = strawberry.field(
        description="One of the space's categories, if it lists any, or a path that begins with "
        "one: `care/elderly`; 1 to 60 characters."
    )
    skills: list[str] = strawberry.field(
        default_factory=list, description="The skills that it takes, or brings; at most 20."
    )
    languages: list[str] = strawberry.field(
        default_factory=list, description="BCP 47 tags such as `en` or `fr-BE`, at most 10."
    )
    kind: Kind = strawberry.field(description="What is given.")
    place: PointInput | None = strawberry.field(
        default=None,
        description="Where; if left out, anywhere. Others see it blurred until a match is "
        "confirmed.",
    )
    radius_m: float | None = strawberry.field(
        default=None,
        description="How far from the place it may be, in metres, up to 20,000,000; if left out, "
        "at any distance.",
    )
    windows: list[TimeWindowInput] = strawberry.field(
        default_factory=list, description="When, at most 50; if left out, at any time."
    )
    capacity: int = strawberry.field(
        default=1, description="With how many partners at once, 1 to 10,000."
    )
    commitment: Commitment = strawberry.field(
        default=Commitment.SPOT, description="How long the two will have to do with each other."
    )
    least_trust: float | None = strawberry.field(
        default=None, description="The trust asked of whoever answers, 0 to 1."
    )
    verified_only: bool = strawberry.field(
        default=False, description="Whether only verified people may answer."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends by itself; in the future."
    )
    notify_above: float | None = strawberry.field(
        default=None, description="Tell you of suggestions with at least this score, 0 to 1."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input make one posting, however often."
    )

    def given(self) -> dict[str, Any]:
        """Return what is given, as it is stored."""
        return {
            **{name: getattr(self, name) for name in PLAIN},
            **{stored: getattr(self, name) for name, stored in REMOVABLE.items()},
            "kind": self.kind.value,
            "commitment": self.commitment.value,
            "place": self.place.document() if self.place else None,
            "windows": [window_document(one) for one in self.windows],
        }


@strawberry.input(description="What somebody lacks.")
class CreateNeedInput(NewPosting):
    pass


@strawberry.input(description="What somebody has to give.")
class CreateOfferInput(NewPosting):
    pass


@strawberry.input(description="What changes in a need or an offer.")
class PostingChange:
    expected_version: int = strawberry.field(description="The version that you saw.")
    title: str | None = strawberry.field(default=None, description="What it is, in a few words.")
    description: str | None = strawberry.field(default=None, description="In many words.")
    category: str | None = strawberry.field(default=None, description="Its category.")
    skills: list[str] | None = strawberry.field(default=None, description="The skills.")
    languages: list[str] | None = strawberry.field(default=None, description="The languages.")
    kind: Kind | None = strawberry.field(default=None, description="What is given.")
    place: PointInput | None = strawberry.field(default=UNSET, description="Where; null: anywhere.")
    radius_m: float | None = strawberry.field(
        default=UNSET, description="How far from the place, in metres; null: at any distance."
    )
    windows: list[TimeWindowInput] | None = strawberry.field(
        default=None, description="When; none: at any time."
    )
    capacity: int | None = strawberry.field(
        default=None, description="With how many partners at once; not fewer than are taken."
    )
    commitment: Commitment | None = strawberry.field(
        default=None, description="How long the two will have to do with each other."
    )
    least_trust: float | None = strawberry.field(
        default=UNSET, description="The trust asked of whoever answers; null: none."
    )
    verified_only: bool | None = strawberry.field(
        default=None, description="Whether only verified people may answer."
    )
    expires_at: datetime | None = strawberry.field(
        default=UNSET, description="When it ends by itself; null: never."
    )
    notify_above: float | None = strawberry.field(
        default=UNSET, description="Tell you of suggestions from this score on; null: of none."
    )

    def changes(self) -> dict[str, Any]:
        """Return what changes, as it is stored."""
        changes = {name: getattr(self, name) for name in PLAIN if getattr(self, name) is not None}
        for name, stored in REMOVABLE.items():
            if getattr(self, name) is not UNSET:
                changes[stored] = getattr(self, name)
        for name, word in (("kind", self.kind), ("commitment", self.commitment)):
            if word is not None:
                changes[name] = word.value
        if self.place is not UNSET:
            changes["place"] = self.place.document() if self.place else None
        if self.windows is not None:
            changes["windows"] = [window_document(one) for one in self.windows]
        return changes


@strawberry.input(description="What changes in a need; what is left out stays.")
class UpdateNeedInput(PostingChange):
    need: strawberry.ID = strawberry.field(description="The need.")


@strawberry.input(description="What changes in an offer; what is left out stays.")
class UpdateOfferInput(PostingChange):
    offer: strawberry.ID = strawberry.field(description="The offer.")


NeedResult = Annotated[
    Need | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("NeedResult", description="The need as it is now, or why not."),
]
OfferResult = Annotated[
    Offer | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("OfferResult", description="The offer as it is now, or why not."),
]


@strawberry.type
class PostingMutation:
    """What is done with needs and offers, and with the rules of matching."""

    @mutation(result=NeedResult, description="Say what you lack; for members of the space.")
    async def create_need(self, info: Info, input: CreateNeedInput) -> Any:
        """Create a need."""
        return await postings.create_posting(
            info.context.ctx,
            "needs",
            space_id=input.space,
            idempotency_key=input.idempotency_key,
            given=input.given(),
        )

    @mutation(result=OfferResult, description="Say what you give; for members of the space.")
    async def create_offer(self, info: Info, input: CreateOfferInput) -> Any:
        """Create an offer."""
        return await postings.create_posting(
            info.context.ctx,
            "offers",
            space_id=input.space,
            idempotency_key=input.idempotency_key,
            given=input.given(),
        )

    @mutation(
        result=NeedResult,
        description="Change a need of yours. With more capacity, whoever waits moves up.",
    )
    async def update_need(self, info: Info, input: UpdateNeedInput) -> Any:
        """Update a need."""
        return await postings.update_posting(
            info.context.ctx,
            "needs",
            id=input.need,
            expected_version=input.expected_version,
            given=input.changes(),
        )

    @mutation(
        result=OfferResult,
        description="Change an offer of yours. With more capacity, whoever waits moves up.",
    )
    async def update_offer(self, info: Info, input: UpdateOfferInput) -> Any:
        """Update an offer."""
        return await postings.update_posting(
            info.context.ctx,
            "offers",
            id=input.offer,
            expected_version=input.expected_version,
            given=input.changes(),
        )

    @mutation(
        result=NeedResult,
        description="Take a need back: open proposals end, confirmed matches stay; for its owner "
        "and for moderators.",
    )
    async def withdraw_need(self, info: Info, id: ThingId) -> Any:
        """Withdraw a need."""
        return await postings.withdraw_posting(info.context.ctx, "needs", id=id)

    @mutation(
        result=OfferResult,
        description="Take an offer back: open proposals end, confirmed matches stay; for its owner "
        "and for moderators.",
    )
    async def withdraw_offer(self, info: Info, id: ThingId) -> Any:
        """Withdraw an offer."""
        return await postings.withdraw_posting(info.context.ctx, "offers", id=id)

    @mutation(
        result=SpaceResult,
        description="Change the rules by which a space matches; for its owners.",
    )
    async def update_matching_rules(self, info: Info, input: UpdateMatchingRulesInput) -> Any:
        """Update the rules."""
        return await matching_rules.update_rules(
            info.context.ctx,
            space_id=input.space,
            expected_version=input.expected_version,
            changes=input.changes(),
        )
