"""Cases as research sees them, and what they were used for, as their giver sees it."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from app.resolvers import research
from app.schema.broking_enums import Behalf, Presence, Purpose
from app.schema.consents import Consent, PurposeAsked
from app.schema.context import Info
from app.schema.errors import Conflict, InvalidInput, NotFound, NotSignedIn, mutation
from app.schema.nodes import Node, SpaceId, own_field, reference
from app.schema.paging import After, Before, Connection, First, Last, pages_below, window
from app.schema.spaces import Space, value
from app.schema.threads import Thread
from app.schema.users import User


@strawberry.enum(description="What became of a case.")
class ResearchUseKind(Enum):
    EXPORTED = value("EXPORTED", "It was exported, without you; nobody has said yet what for.")
    USED = value("USED", "Whoever exported it said what it was used for.")


@strawberry.type(description="What became of a case of yours; nobody can change it.")
class ResearchUse(Node):
    kind = "uses"

    use_kind: ResearchUseKind = own_field("kind", ResearchUseKind, "What it was.")
    purpose: Purpose = strawberry.field(description="What you had let it be used for.")
    description: str = strawberry.field(
        description="What it was used for, in the words of who used it; empty for an export."
    )
    exported_at: datetime = strawberry.field(description="Of which instant the export was.")
    used_at: datetime = strawberry.field(description="When it was used.")
    recorded_at: datetime = strawberry.field(description="When that was written down.")
    used_by: User | None = reference(
        "used_by", "users", type=User | None, description="Who used it."
    )
    thread: Thread | None = reference(
        "thread", "threads", type=Thread | None, description="The case."
    )
    consent: Consent | None = reference(
        "consent", "consents", type=Consent | None, description="The consent by which it was used."
    )
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space in which it was asked."
    )


@strawberry.type(description="A trait of a case.")
class CaseFacet:
    name: str = strawberry.field(description="What it is.")
    presence: Presence = strawberry.field(description="Whether it is there.")
    onset_months_before: int | None = strawberry.field(
        description="How many months before the question it began, if that is known."
    )


@strawberry.type(description="A case as research may hold it: without whom it is from.")
class ResearchCase:
    pseudonym: str = strawberry.field(
        description="What it is called in this export, and in no other; `recordResearchUse` "
        "takes it."
    )
    subject: str = strawberry.field(description="What it is about.")
    tags: list[str] = strawberry.field(description="Its tags.")
    facets: list[CaseFacet] = strawberry.field(description="Its traits.")
    on_behalf_of: Behalf = strawberry.field(description="For whom it was asked.")
    language: str = strawberry.field(description="Its language: a BCP 47 tag.")
    asked_in: int = strawberry.field(description="The year in which it was asked.")
    title: str | None = strawberry.field(
        description="Its title; null unless the giver let free text be used."
    )
    text: str | None = strawberry.field(description="Its text; the same.")
    text_version: int = strawberry.field(
        description="The version of the text of consent that its giver agreed to."
    )


@strawberry.type(description="A snapshot of the cases of a space at one instant.")
class ResearchExport:
    id: strawberry.ID = strawberry.field(
        description="`researchExport(export:)` comes back to it, for a day."
    )
    at: datetime = strawberry.field(description="Of which instant it is.")
    purpose: Purpose = strawberry.field(description="What the cases may be used for.")
    whole: bool = strawberry.field(
        description="Whether it has all cases; of more than 20,000 it has those let go latest."
    )
    cases: Connection[ResearchCase] = pages_below(
        research.list_cases,
        needs=("_id", "space", "purpose", "by", "at", "salt", "cases"),
        type=Connection[ResearchCase],
        description="The cases, in an order that says nothing; what was taken back since the "
        "export began is left out. Each giver is told that their case was taken.",
    )


@strawberry.type(description="What a case was used for is written down, and its giver was told.")
class RecordedUse:
    case: str = strawberry.field(description="What the case was called in its export.")
    purpose: Purpose = strawberry.field(description="What it was let go for.")
    description: str = strawberry.field(description="What it was used for.")
    exported_at: datetime = strawberry.field(description="Of which instant the export was.")
    used_at: datetime = strawberry.field(description="When it was used.")
    recorded_at: datetime = strawberry.field(description="When that was written down.")


@strawberry.input(description="What an exported case was used for.")
class RecordResearchUseInput:
    case: str = strawberry.field(description="What the case is called in an export: `pseudonym`.")
    description: str = strawberry.field(
        description="What it was used for, 1 to 2,000 characters; the giver reads it."
    )
    used_at: datetime | None = strawberry.field(
        default=None, description="When, after the export; if left out, now."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input count once, however often."
    )


RecordResearchUseResult = Annotated[
    RecordedUse | NotFound | NotSignedIn | InvalidInput | Conflict,
    strawberry.union("RecordResearchUseResult", description="What was written down, or why not."),
]


@strawberry.type
class ResearchQuery:
    """Reading cases, and what became of one's own."""

    @strawberry.field(
        graphql_type=ResearchExport,
        description="The cases of a space whose givers let them be used for a purpose, without "
        "whom they are from; for experts, of the threads that they see. An export begins, which "
        "is logged, unless `export` names one of yours.",
    )
    async def research_export(
        self,
        info: Info,
        space: SpaceId,
        purpose: PurposeAsked = Purpose.RESEARCH,
        export: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Come back to this one, for its further pages."),
        ] = None,
    ) -> Any:
        """Return an export."""
        return await research.export(
            info.context.ctx, space_id=space, purpose=purpose, export_id=export
        )

    @strawberry.field(
        graphql_type=Connection[ResearchUse],
        description="What became of your cases, the latest first: for good, whatever you took back "
        "since.",
    )
    async def uses_of_my_cases(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the uses of the viewer's cases."""
        asked = window(info, first, after, last, before)
        return await research.list_uses_of_mine(info.context.ctx, asked)


@strawberry.type
class ResearchMutation:
    """What research says of itself."""

    @mutation(
        result=RecordResearchUseResult,
        description="Say what an exported case was used for: whose it is you do not learn, but "
        "they learn what you did.",
    )
    async def record_research_use(self, info: Info, input: RecordResearchUseInput) -> Any:
        """Record a use."""
        use = await research.record_use(
            info.context.ctx,
            handle=input.case,
            description=input.description,
            used_at=input.used_at,
            idempotency_key=input.idempotency_key,
        )
        return RecordedUse(
            case=input.case,
            purpose=Purpose(use["purpose"]),
            description=use["description"],
            exported_at=use["exported_at"],
            used_at=use["used_at"],
            recorded_at=use["recorded_at"],
        )
