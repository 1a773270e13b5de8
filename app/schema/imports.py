"""Entries in and out of a pool as files, as the client sees it."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from app.resolvers import exports, imports
from app.resolvers.imports import File, Report
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
from app.schema.nodes import Node, SpaceId, ThingId, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.pool import PoolEntry
from app.schema.pool_filters import SOUGHT, Filter, filter_of
from app.schema.spaces import Space, value
from app.schema.users import User


@strawberry.enum(description="How entries are written in a file.")
class FileFormat(Enum):
    GEOJSON = value("GEOJSON", "A GeoJSON FeatureCollection (RFC 7946).")
    CSV = value("CSV", "A table of comma-separated values (RFC 4180), with a header.")


Format = Annotated[FileFormat, strawberry.argument(description="How the file is written.")]


@strawberry.type(description="One import into a pool, of one file or several.")
class Import(Node):
    kind = "imports"

    source: str = strawberry.field(description="What the source is called.")
    licence: str = strawberry.field(description="Under what licence it gives its entries.")
    rows: int = strawberry.field(description="How many rows were read.")
    created: int = strawberry.field(description="How many entries were made of them.")
    taken_back: int = strawberry.field(description="How many of them went when it was undone.")
    left: int = strawberry.field(
        description="How many stayed when it was undone, since others have worked on them."
    )
    created_at: datetime = strawberry.field(description="When it began.")
    undone_at: datetime | None = strawberry.field(description="When it was undone.")
    space: Space | None = reference("space", "spaces", type=Space | None, description="The space.")
    by: User | None = reference("by", "users", type=User | None, description="Who did it.")


@strawberry.type(description="What is wrong with a row, or is not taken over from it.")
class RowProblem:
    line: int = strawberry.field(description="The line of the file at which the row begins.")
    path: str = strawberry.field(description="The column, or the member, that it is about.")
    message: str = strawberry.field(description="What is wrong and how to mend it.")


@strawberry.type(description="A row that makes no entry: it is there already, or may be.")
class SkippedRow:
    line: int = strawberry.field(description="The line of the file at which the row begins.")
    entries: list[PoolEntry] = strawberry.field(
        resolver=lambda self: [one.entry for one in self.alike],
        graphql_type=list[PoolEntry],
        description="What may be the same; none if the source gave this very row before.",
    )


@strawberry.type(description="What came of a file, or would come of it.")
class ImportReport:
    rows: int = strawberry.field(
        resolver=lambda self: self.reading.found,
        graphql_type=int,
        description="How many rows there are, good and bad.",
    )
    created: int = strawberry.field(
        description="How many entries it made; in a trial, or with errors, would have made."
    )
    errors: list[RowProblem] = strawberry.field(
        resolver=lambda self: self.reading.errors,
        graphql_type=list[RowProblem],
        description="All that is wrong. If anything is, nothing was written.",
    )
    warnings: list[RowProblem] = strawberry.field(
        resolver=lambda self: self.reading.warnings,
        graphql_type=list[RowProblem],
        description="What is not taken over, such as columns for which the pool has no facet.",
    )
    untold: int = strawberry.field(
        resolver=lambda self: self.reading.untold,
        graphql_type=int,
        description="How many errors and warnings there are besides those that are listed.",
    )
    skipped: list[SkippedRow] = strawberry.field(description="The rows that make no entry.")
    imported: Import | None = strawberry.field(
        name="import", description="The import; null if nothing was written."
    )

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a source is a report."""
        return isinstance(source, Report)


@strawberry.type(description="A part of a file; all parts, one after the other, are the file.")
class ExportPart:
    text: str = strawberry.field(description="The text of this part.")
    media_type: str = strawberry.field(description="What kind of file it is.")
    licence: str = strawberry.field(description="Under what licence you have it.")
    attribution: str = strawberry.field(description="Whom to name when you use it.")
    end_cursor: str | None = strawberry.field(description="Ask for the next part by `after`.")
    has_next: bool = strawberry.field(description="Whether there is a next part.")


@strawberry.input(description="A file of entries for a pool.")
class ImportEntriesInput:
    space: strawberry.ID = strawberry.field(description="The space whose pool it is for.")
    format: FileFormat = strawberry.field(description="How the file is written.")
    text: str = strawberry.field(
        description="The file, of at most 1,000 rows. With all that it lies in, it is no longer "
        "than a request may be (128 KiB, unless the server takes more); what is longer comes in "
        "several."
    )
    source: str = strawberry.field(description="What the source is called, 1 to 200 characters.")
    licence: str = strawberry.field(description="Under what licence the source gives it.")
    dry_run: bool = strawberry.field(
        default=False, description="Whether this is a trial, which writes nothing."
    )
    continues: strawberry.ID | None = strawberry.field(
        default=None,
        description="The import of which this is one file more; they are undone as one.",
    )
    even_if_similar: bool = strawberry.field(
        default=False, description="Add rows though something like them may be there already."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give the same import, however often."
    )


ImportResult = Annotated[
    ImportReport | NotFound | NotAllowed | NotSignedIn | InvalidInput | WrongState | Conflict,
    strawberry.union("ImportResult", description="What came of the file, or why nothing did."),
]
UndoImportResult = Annotated[
    Import | NotFound | NotAllowed | NotSignedIn | WrongState,
    strawberry.union("UndoImportResult", description="The import as it is now, or why not."),
]


@strawberry.type
class ImportMutation:
    """Bringing files of entries in, and taking that back."""

    @mutation(
        result=ImportResult,
        description="Bring a file of entries into a pool, as a whole or not at all; for "
        "moderators. Try it first with `dryRun`.",
    )
    async def import_entries(self, info: Info, input: ImportEntriesInput) -> Any:
        """Import entries."""
        file = File(
            input.space,
            input.format.value,
            input.text,
            input.source,
            input.licence,
            input.continues,
            input.even_if_similar,
        )
        return await imports.import_entries(
            info.context.ctx, file, dry_run=input.dry_run, idempotency_key=input.idempotency_key
        )

    @mutation(
        result=UndoImportResult,
        description="Take back what an import brought, but for what others have worked on since; "
        "for moderators.",
    )
    async def undo_import(self, info: Info, id: ThingId) -> Any:
        """Undo an import."""
        return await imports.undo_import(info.context.ctx, id)


@strawberry.type
class ImportQuery:
    """Reading imports, and a pool as a file."""

    @strawberry.field(
        graphql_type=Connection[Import], description="The imports into a pool, newest first."
    )
    async def imports(
        self,
        info: Info,
        space: SpaceId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return imports."""
        asked = window(info, first, after, last, before)
        return await imports.list_imports(info.context.ctx, space, asked)

    @strawberry.field(
        graphql_type=ExportPart,
        description="The entries of a pool that a filter wants as a file, part by part, newest "
        "first; what is blurred to you is blurred there.",
        metadata=SOUGHT,
    )
    async def export_entries(
        self,
        info: Info,
        space: SpaceId,
        format: Format,
        filter: Filter = None,
        first: First = None,
        after: After = None,
    ) -> Any:
        """Return a part of a file."""
        asked = window(info, first, after, None, None)
        wanted = filter_of(filter, space)
        return await exports.export_entries(info.context.ctx, wanted, format.value, asked)
