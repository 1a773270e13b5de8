"""Consents to use a case, as their giver sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import consents
from app.schema.broking_enums import Purpose
from app.schema.broking_rules import ConsentText
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
from app.schema.nodes import Node, SpaceId, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.spaces import Space
from app.schema.threads import Thread

PurposeAsked = Annotated[Purpose, strawberry.argument(description="What the cases are used for.")]


@strawberry.type(description="That you let a case of yours be used for one purpose.")
class Consent(Node):
    kind = "consents"

    purpose: Purpose = strawberry.field(description="What for.")
    text_version: int = strawberry.field(description="The version of the text that you agreed to.")
    with_free_text: bool = strawberry.field(
        description="Whether title and text may be used, beside subject, tags and traits."
    )
    given_at: datetime = strawberry.field(description="When you gave it.")
    revoked_at: datetime | None = strawberry.field(
        description="When you took it back, or gave another one in its place."
    )
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")
    thread: Thread | None = reference(
        "thread", "threads", type=Thread | None, description="The case."
    )
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space in which it was asked."
    )


@strawberry.input(description="What you let a case of yours be used for.")
class GiveConsentInput:
    thread: strawberry.ID = strawberry.field(description="Your thread.")
    purpose: Purpose = strawberry.field(description="What for.")
    text_version: int = strawberry.field(
        description="The version of the text that you read: the present one, of `consentText`."
    )
    with_free_text: bool = strawberry.field(
        default=False,
        description="Whether title and text may be used too. Nobody searches them for names.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give the same consent, however often."
    )


@strawberry.input(description="Which consent you take back.")
class RevokeConsentInput:
    consent: strawberry.ID = strawberry.field(description="The consent.")
    expected_version: int = strawberry.field(description="The version that you saw.")


ConsentResult = Annotated[
    Consent | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("ConsentResult", description="The consent as it is now, or why not."),
]


@strawberry.type
class ConsentQuery:
    """Reading consents."""

    @strawberry.field(
        graphql_type=Connection[Consent],
        description="What you let your cases be used for, the latest first, with what you took "
        "back.",
    )
    async def my_consents(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the viewer's consents."""
        asked = window(info, first, after, last, before)
        return await consents.list_my_consents(info.context.ctx, asked)

    @strawberry.field(
        graphql_type=ConsentText | None,
        description="What a space asks for consent with; null if it does not ask for this purpose.",
    )
    async def consent_text(self, info: Info, space: SpaceId, purpose: PurposeAsked) -> Any:
        """Return the text."""
        return await consents.find_text(info.context.ctx, space_id=space, purpose=purpose)


@strawberry.type
class ConsentMutation:
    """What is done with consents."""

    @mutation(
        result=ConsentResult,
        description="Let your case be used for a purpose. It takes the place of what you gave "
        "before for the same; you can take it back at any time.",
    )
    async def give_consent(self, info: Info, input: GiveConsentInput) -> Any:
        """Give consent."""
        return await consents.give_consent(
            info.context.ctx,
            thread_id=input.thread,
            purpose=input.purpose,
            text_version=input.text_version,
            with_free_text=input.with_free_text,
            idempotency_key=input.idempotency_key,
        )

    @mutation(
        result=ConsentResult,
        description="Take a consent back: from now on the case is in no export. What it was used "
        "for before, you still see.",
    )
    async def revoke_consent(self, info: Info, input: RevokeConsentInput) -> Any:
        """Revoke a consent."""
        return await consents.revoke_consent(
            info.context.ctx, id=input.consent, expected_version=input.expected_version
        )
