"""Looking after a pool, as the client sees it: patrol, hide, show again, gone, back, revert all."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.ids import PREFIXES
from app.pooling.states import Deed
from app.resolvers import patrol, reversals
from app.schema.context import Info
from app.schema.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn, mutation
from app.schema.nodes import SpaceId, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.pool import PoolEntry
from app.schema.pool_deeds import EntryResult
from app.schema.users import User

BEGINNING = f"{PREFIXES['reversals']}_"


@strawberry.input(description="Which entry was looked at.")
class PatrolEntryInput:
    entry: strawberry.ID = strawberry.field(description="The entry.")
    expected_version: int = strawberry.field(description="The version that you looked at.")


@strawberry.input(description="Which entry, and why.")
class MoveEntryInput:
    entry: strawberry.ID = strawberry.field(description="The entry.")
    summary: str = strawberry.field(
        default="", description="Why, at most 500 characters; it stays in the entry's history."
    )


@strawberry.input(description="Whose work is to be taken back; name a person or an address.")
class RevertAllOfInput:
    space: strawberry.ID = strawberry.field(description="The space whose pool it is.")
    person: strawberry.ID | None = strawberry.field(
        default=None, description="A person: all that they wrote, confirmed and signalled."
    )
    address: str | None = strawberry.field(
        default=None,
        description="Or an address, by its fingerprint: all that was signalled from there without "
        "an account.",
    )
    since: datetime = strawberry.field(description="What was done at this instant or later.")
    reason: str = strawberry.field(
        description="Why, 1 to 500 characters; it stays in the history of each entry."
    )


@strawberry.type(description="That all which a person did, or came from an address, is taken back.")
class PoolReversal:
    address: str | None = strawberry.field(description="The fingerprint of the address, if it is.")
    since: datetime = strawberry.field(description="What was done at this instant or later.")
    until: datetime = strawberry.field(description="… and until this one.")
    reason: str = strawberry.field(description="Why.")
    entries: int = strawberry.field(description="How many changes to entries it has made so far.")
    ended_at: datetime | None = strawberry.field(
        description="When all was done; null while it goes on."
    )
    person = reference("person", "users", type=User | None, description="The person, if it is one.")
    by = reference("by", "users", type=User | None, description="Who asked for it.")

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a document is a reversal: its identifier tells."""
        return type(source) is dict and str(source.get("_id")).startswith(BEGINNING)


ReversalResult = Annotated[
    PoolReversal | NotFound | NotAllowed | NotSignedIn | InvalidInput,
    strawberry.union("ReversalResult", description="What goes on from now, or why not."),
]


async def _move(info: Info, input: MoveEntryInput, deed: Deed) -> Any:
    ctx = info.context.ctx
    return await patrol.move_entry(ctx, id=input.entry, deed=deed, summary=input.summary)


@strawberry.type
class PatrolQuery:
    """What waits for moderators."""

    @strawberry.field(
        graphql_type=Connection[PoolEntry],
        description="The entries of a pool that newcomers wrote in, or somebody anonymously, and "
        "nobody has looked at since; changed last, first. For moderators.",
    )
    async def unpatrolled(
        self,
        info: Info,
        space: SpaceId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return entries to look at."""
        asked = window(info, first, after, last, before)
        return await patrol.list_unpatrolled(info.context.ctx, space_id=space, window=asked)

    @strawberry.field(
        graphql_type=Connection[PoolReversal],
        description="What was taken back in a pool, the latest first. For moderators.",
    )
    async def pool_reversals(
        self,
        info: Info,
        space: SpaceId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return reversals."""
        asked = window(info, first, after, last, before)
        return await reversals.list_reversals(info.context.ctx, space_id=space, window=asked)


@strawberry.type
class PatrolMutation:
    """What is done to look after a pool."""

    @mutation(
        result=EntryResult,
        description="Say that you looked at what newcomers wrote in an entry, as it was in a "
        "version; for moderators.",
    )
    async def patrol_entry(self, info: Info, input: PatrolEntryInput) -> Any:
        """Patrol an entry."""
        return await patrol.patrol_entry(
            info.context.ctx, id=input.entry, expected_version=input.expected_version
        )

    @mutation(
        result=EntryResult,
        description="Take an entry out of the sight of all but moderators; for moderators.",
    )
    async def hide_entry(self, info: Info, input: MoveEntryInput) -> Any:
        """Hide an entry."""
        return await _move(info, input, Deed.HIDE)

    @mutation(
        result=EntryResult,
        description="Show a hidden entry again, where it stood before; for moderators.",
    )
    async def restore_entry(self, info: Info, input: MoveEntryInput) -> Any:
        """Restore an entry."""
        return await _move(info, input, Deed.RESTORE)

    @mutation(
        result=EntryResult,
        description="Say that what an entry is about is gone; for moderators, and for whoever "
        "alone has made the entry. Others signal it.",
    )
    async def declare_gone(self, info: Info, input: MoveEntryInput) -> Any:
        """Declare an entry gone."""
        return await _move(info, input, Deed.DECLARE_GONE)

    @mutation(
        result=EntryResult,
        description="Say that what was gone is there again; for whoever is signed in and reads "
        "the pool.",
    )
    async def return_entry(self, info: Info, input: MoveEntryInput) -> Any:
        """Return an entry."""
        return await _move(info, input, Deed.RETURN)

    @mutation(
        result=ReversalResult,
        description="Take back all that one person did in a pool, or all signals from an address; "
        "for moderators. What others wrote since stays, and what they verified; entries that are "
        "that person's alone are hidden. It is done in pieces, from now on.",
    )
    async def revert_all_of(self, info: Info, input: RevertAllOfInput) -> Any:
        """Revert all of one person's edits."""
        return await reversals.revert_all(
            info.context.ctx,
            space_id=input.space,
            person=input.person,
            address=input.address,
            since=input.since,
            reason=input.reason,
        )
