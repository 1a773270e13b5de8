"""What of a pool is handed out as a file, page by page, under its licence."""

from dataclasses import dataclass, replace

from app.db import entries as entries_db
from app.db.documents import Space
from app.db.paging import Window
from app.db.pool_documents import Entry
from app.pooling.exports import Shown, Terms
from app.pooling.filters import EntryFilter
from app.pooling.formats import Format
from app.pooling.formats import export as begin_export
from app.resolvers.context import Context
from app.resolvers.pool_filters import checked_pool, narrow_enough
from app.resolvers.pooling import is_blurred, rules_in, shown_place


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: its text; the first begins the file, and the last ends it."""

    text: str
    media_type: str
    licence: str
    attribution: str
    end_cursor: str | None
    has_next: bool


async def export_entries(ctx: Context, filter: EntryFilter, format: str, window: Window) -> Part:
    """Return a part of a pool as a file: the entries that a filter wants, as the viewer sees them.

    The parts, one after the other, are the file.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the pool is not for them.
        InvalidInput: the filter or the window is not valid.

    """
    space = await checked_pool(ctx, filter)
    rules = rules_in(space)
    names = [kind["name"] for kind in rules["facets"]]
    terms = Terms(rules["licence"], rules["attribution"], ctx.now, names)
    file = begin_export(Format(format), terms, continued=window.after is not None)
    with narrow_enough():
        page = await entries_db.find_entries(ctx.db, filter.query(), replace(window, fields=None))
    # What begins and ends the file goes with the first part and the last.
    head = file.head() if window.after is None else ""
    shown = (_shown(ctx, entry, space) for entry in page.items)  # type: ignore[arg-type]
    body = "".join(file.page(shown))
    tail = "" if page.has_next else file.tail()
    cursor = page.cursor(page.items[-1]) if page.items else None
    return Part(
        head + body + tail, file.media_type, terms.licence, terms.attribution, cursor, page.has_next
    )


def _shown(ctx: Context, entry: Entry, space: Space) -> Shown:
    return entry, shown_place(ctx, entry, space), is_blurred(ctx, entry, space)
