"""What is done with threads, as the client sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.db.thread_documents import Facet
from app.resolvers import thread_deeds
from app.schema.broking_enums import Behalf, Kind, Presence, Tier
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
from app.schema.threads import Thread


@strawberry.input(description="One structured trait of a case.")
class ThreadFacetInput:
    name: str = strawberry.field(description="What it is, 1 to 100 characters.")
    presence: Presence = strawberry.field(description="Whether it is there.")
    onset: datetime | None = strawberry.field(
        default=None, description="When it began, if it is there and that is known."
    )

    def document(self) -> Facet:
        """Return the trait as it is stored."""
        return Facet(name=self.name, presence=self.presence.value, onset=self.onset)


@strawberry.input(description="What somebody asks.")
class AskInput:
    space: strawberry.ID = strawberry.field(description="The space in which to ask.")
    subject: str = strawberry.field(description="What it is about, 1 to 100 characters.")
    title: str = strawberry.field(description="What you ask, in a line; 1 to 200 characters.")
    text: str = strawberry.field(description="What you ask, at length; 1 to 20,000 characters.")
    tags: list[str] = strawberry.field(
        default_factory=list, description="Words to find it by, at most 10 of 60 characters."
    )
    facets: list[ThreadFacetInput] = strawberry.field(
        default_factory=list, description="The traits of the case, at most 50."
    )
    language: str | None = strawberry.field(
        default=None, description="Its language, such as `fr-BE`; if left out, your own."
    )
    on_behalf_of: Behalf = strawberry.field(default=Behalf.SELF, description="For whom you ask.")
    visibility: Tier | None = strawberry.field(
        default=None,
        description="Who sees it; if left out, the space sees a question, and experts a case.",
    )
    pseudonym: str | None = strawberry.field(
        default=None,
        description="What you are called where you are not known, 1 to 60 characters; if left "
        "out, a name is drawn.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give the same thread, however often."
    )


@strawberry.input(description="What changes in a thread; what is left out stays.")
class ReviseThreadInput:
    thread: strawberry.ID = strawberry.field(description="The thread.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    subject: str | None = strawberry.field(default=None, description="What it is about.")
    title: str | None = strawberry.field(default=None, description="What you ask, in a line.")
    text: str | None = strawberry.field(default=None, description="What you ask, at length.")
    tags: list[str] | None = strawberry.field(default=None, description="All its tags.")
    facets: list[ThreadFacetInput] | None = strawberry.field(
        default=None, description="All its traits."
    )
    language: str | None = strawberry.field(default=None, description="Its language.")
    on_behalf_of: Behalf | None = strawberry.field(default=None, description="For whom you ask.")
    visibility: Tier | None = strawberry.field(
        default=None, description="Who sees it from now on: fewer than until now."
    )


@strawberry.input(description="Which thread.")
class ThreadInput:
    thread: strawberry.ID = strawberry.field(description="The thread.")


@strawberry.input(description="Which thread asks what another one asked before.")
class MarkDuplicateInput:
    thread: strawberry.ID = strawberry.field(description="The thread.")
    of: strawberry.ID = strawberry.field(description="The one that asked before, which you see.")


ThreadResult = Annotated[
    Thread | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("ThreadResult", description="The thread as it is now, or why not."),
]


async def _ask(info: Info, kind: Kind, input: AskInput) -> Any:
    return await thread_deeds.ask(
        info.context.ctx,
        kind=kind,
        space_id=input.space,
        idempotency_key=input.idempotency_key,
        subject=input.subject,
        title=input.title,
        text=input.text,
        tags=input.tags,
        facets=[facet.document() for facet in input.facets],
        language=input.language,
        on_behalf_of=input.on_behalf_of.value,
        visibility=None if input.visibility is None else input.visibility.value,
        pseudonym=input.pseudonym,
    )


@strawberry.type
class ThreadMutation:
    """What is done with threads."""

    @mutation(
        result=ThreadResult,
        description="Ask something that many could ask; for those who seek in the space.",
    )
    async def ask_question(self, info: Info, input: AskInput) -> Any:
        """Ask a question."""
        return await _ask(info, Kind.QUESTION, input)

    @mutation(
        result=ThreadResult,
        description="Describe a case of your own, or of somebody close, with its traits; for those "
        "who seek in the space.",
    )
    async def open_case(self, info: Info, input: AskInput) -> Any:
        """Open a case."""
        return await _ask(info, Kind.CASE, input)

    @mutation(
        result=ThreadResult,
        description="Change what your thread says, or show it to fewer; what it said is kept.",
    )
    async def revise_thread(self, info: Info, input: ReviseThreadInput) -> Any:
        """Revise a thread."""
        facets = input.facets
        return await thread_deeds.revise_thread(
            info.context.ctx,
            id=input.thread,
            expected_version=input.expected_version,
            subject=input.subject,
            title=input.title,
            text=input.text,
            tags=input.tags,
            facets=None if facets is None else [facet.document() for facet in facets],
            language=input.language,
            on_behalf_of=None if input.on_behalf_of is None else input.on_behalf_of.value,
            visibility=None if input.visibility is None else input.visibility.value,
        )

    @mutation(
        result=ThreadResult,
        description="Close a thread; for its asker, and moderators.",
    )
    async def close_thread(self, info: Info, input: ThreadInput) -> Any:
        """Close a thread."""
        return await thread_deeds.close_thread(info.context.ctx, id=input.thread)

    @mutation(
        result=ThreadResult,
        description="Open a thread again: the search for an answer begins anew; for its asker, "
        "and moderators.",
    )
    async def reopen_thread(self, info: Info, input: ThreadInput) -> Any:
        """Reopen a thread."""
        return await thread_deeds.reopen_thread(info.context.ctx, id=input.thread)

    @mutation(
        result=ThreadResult,
        description="Say that a thread asks what another one asked before; for its asker, and "
        "moderators.",
    )
    async def mark_duplicate(self, info: Info, input: MarkDuplicateInput) -> Any:
        """Mark a thread as a duplicate."""
        return await thread_deeds.mark_duplicate(info.context.ctx, id=input.thread, of=input.of)

    @mutation(
        result=ThreadResult,
        description="Take your thread back, for good: nobody else sees it any more.",
    )
    async def withdraw_thread(self, info: Info, input: ThreadInput) -> Any:
        """Withdraw a thread."""
        return await thread_deeds.withdraw_thread(info.context.ctx, id=input.thread)
