"""Signatures under petitions, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.campaigning.words import SignatureState
from app.resolvers import signatures, signing, validating
from app.schema.campaign_parts import campaign_field
from app.schema.context import Info
from app.schema.enums import declare, values_of
from app.schema.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    WrongState,
    mutation,
)
from app.schema.nodes import Node, ThingId, below
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.users import User

declare(
    SignatureState,
    "Where a signature stands.",
    PENDING="It waits to be validated, and does not count yet.",
    VALIDATED="It counts.",
    INVALIDATED="A moderator found it invalid: it does not count.",
    WITHDRAWN="Its signer took it back.",
)
WHOSE = ("signer", "space")


async def _signers(parents: list[Any], info: Info) -> Any:
    told = await signatures.list_told(info.context.ctx, parents)
    shown = [
        parent["signer"] if is_told or not parent["anonymous"] else None
        for parent, is_told in zip(parents, told, strict=True)
    ]
    return await info.context.load("users").load_each(shown)


def _for_some(key: str, description: str) -> Any:
    """Declare a field that is null for all but the signer and moderators."""

    async def find(parents: list[Any], info: Info) -> Any:
        told = await signatures.list_told(info.context.ctx, parents)
        pairs = zip(parents, told, strict=True)
        return [parent[key] if is_told else None for parent, is_told in pairs]

    return below(find, needs=(key, *WHOSE), type=str | None, description=description)


async def _missing(parents: list[Any], info: Info) -> Any:
    return await signatures.list_missing(info.context.ctx, parents)


@strawberry.type(description="One person's name under a petition. Valid ones are for all to see.")
class Signature(Node):
    kind = "signatures"

    state: SignatureState = strawberry.field(description="Where it stands.")
    anonymous: bool = strawberry.field(description="Whether its signer is not to be shown.")
    comment: str = strawberry.field(description="Why they signed, if they said so.")
    created_at: datetime = strawberry.field(description="When it was signed.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Grows with each change.")
    signer: User | None = below(
        _signers,
        needs=("anonymous", *WHOSE),
        type=User | None,
        gathers="users",
        description="Who signed; null if that is anonymous to you: moderators know it.",
    )
    area: str | None = _for_some(
        "area",
        "The area that the signer named; for them and moderators: see `signaturesByArea`.",
    )
    reason: str | None = _for_some(
        "reason", "Why it was found invalid; for its signer and moderators."
    )
    missing: str | None = below(
        _missing,
        needs=("_id", "campaign", "state", *WHOSE),
        type=str | None,
        description="What it waits for until it counts, in a sentence; null if it does not wait. "
        "For its signer and moderators.",
    )
    campaign = campaign_field("The petition.")


@strawberry.type(description="How many people of an area signed.")
class AreaSignatures:
    area: str | None = strawberry.field(
        description="The area; null stands for all others together, and for those of none."
    )
    people: int = strawberry.field(description="How many.")


async def _areas(parents: list[Any], info: Info) -> Any:
    return await signatures.count_areas(info.context.ctx, parents)


async def _mine(parents: list[Any], info: Info) -> Any:
    return await signatures.list_mine(info.context.ctx, parents)


def areas_below() -> Any:
    """Declare how many signatures of a campaign are of which area."""
    return below(
        _areas,
        needs=("_id", "space"),
        type=list[AreaSignatures],
        description="How many valid signatures are of which area, the most first. Areas with fewer "
        "than the space says are not told apart.",
    )


def my_signature_below() -> Any:
    """Declare the viewer's own signature under a campaign."""
    return below(
        _mine,
        needs=("_id",),
        type=Signature | None,
        description="Your signature, also if it was taken back; null if you have not signed.",
    )


@strawberry.input(description="What to sign, and how.")
class SignPetitionInput:
    campaign: strawberry.ID = strawberry.field(description="The petition.")
    area: str | None = strawberry.field(
        default=None, description="Where you are: one of the areas of the space, if it names any."
    )
    anonymous: bool = strawberry.field(
        default=False, description="Whether you are not to be shown; moderators see who signed."
    )
    comment: str = strawberry.field(
        default="", description="Why you sign, at most 500 characters; for all to read."
    )


@strawberry.input(description="Which signatures are valid.")
class ValidateSignaturesInput:
    ids: list[strawberry.ID] = strawberry.field(description="The signatures, 1 to 100.")


@strawberry.input(description="Which signatures are invalid, and why.")
class InvalidateSignaturesInput:
    ids: list[strawberry.ID] = strawberry.field(description="The signatures, 1 to 100.")
    reason: str = strawberry.field(
        description="Why, 1 to 500 characters; the signers read it, and nobody else does."
    )


@strawberry.type(description="A signature that could not be judged so.")
class RefusedSignature:
    id: strawberry.ID = strawberry.field(description="Which one.")
    found: SignatureState = strawberry.field(description="The state that was found.")
    message: str = strawberry.field(description="Why not, for a person to read.")


@strawberry.type(description="What came of judging signatures.")
class JudgedSignatures:
    signatures: list[Signature] = strawberry.field(
        description="Those that are so now, also if they were before."
    )
    refused: list[RefusedSignature] = strawberry.field(
        description="Those that could not be judged so; nothing was done to them."
    )


SignatureResult = Annotated[
    Signature | NotFound | NotAllowed | NotSignedIn | InvalidInput | WrongState,
    strawberry.union("SignatureResult", description="The signature as it is now, or why not."),
]
JudgedSignaturesResult = Annotated[
    JudgedSignatures | NotAllowed | NotSignedIn | InvalidInput,
    strawberry.union("JudgedSignaturesResult", description="What came of it, or why not."),
]


@strawberry.type
class SignatureQuery:
    """Reading signatures."""

    @strawberry.field(
        graphql_type=Connection[Signature],
        description="The signatures under a petition that you see, newest first.",
    )
    async def signatures(
        self,
        info: Info,
        campaign: Annotated[strawberry.ID, strawberry.argument(description="The petition.")],
        states: Annotated[
            list[SignatureState] | None,
            strawberry.argument(
                description="Those in one of these states: valid ones if left out; all others are "
                "for moderators."
            ),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the signatures under a petition."""
        asked = window(info, first, after, last, before)
        return await signatures.list_signatures(
            info.context.ctx, campaign, values_of(states), asked
        )


@strawberry.type
class SignatureMutation:
    """What is done with signatures."""

    @mutation(
        result=SignatureResult,
        description="Sign a petition, once; the same again changes nothing. It counts at once if "
        "you are verified in the space and it asks for no more; else when a moderator validated "
        "it, or when you were verified and sign again in the same words: see `missing`.",
    )
    async def sign_petition(self, info: Info, input: SignPetitionInput) -> Any:
        """Sign a petition."""
        return await signing.sign_petition(
            info.context.ctx,
            campaign_id=input.campaign,
            area=input.area,
            anonymous=input.anonymous,
            comment=input.comment,
        )

    @mutation(
        result=SignatureResult,
        description="Take your signature back, at any time; while the petition is open you can "
        "sign it again.",
    )
    async def withdraw_signature(self, info: Info, id: ThingId) -> Any:
        """Withdraw a signature."""
        return await signing.withdraw_signature(info.context.ctx, id=id)

    @mutation(
        result=JudgedSignaturesResult,
        description="Say that signatures are valid, so that they count; for moderators.",
    )
    async def validate_signatures(self, info: Info, input: ValidateSignaturesInput) -> Any:
        """Validate signatures."""
        done = await validating.validate_signatures(info.context.ctx, ids=list(input.ids))
        return _judged(done)

    @mutation(
        result=JudgedSignaturesResult,
        description="Say that signatures are invalid, so that they count no more; for moderators. "
        "Thresholds can be un-crossed by it.",
    )
    async def invalidate_signatures(self, info: Info, input: InvalidateSignaturesInput) -> Any:
        """Invalidate signatures."""
        done = await validating.invalidate_signatures(
            info.context.ctx, ids=list(input.ids), reason=input.reason
        )
        return _judged(done)


def _judged(done: validating.Judged) -> JudgedSignatures:
    return JudgedSignatures(signatures=done.signatures, refused=done.refused)  # type: ignore[arg-type]
