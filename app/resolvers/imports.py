"""What is done with imports: tried out, brought in as a whole, taken back."""

import asyncio
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from app.db import imports as imports_db
from app.db.documents import Space
from app.db.driver import Session
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.pool_documents import Import, Source
from app.db.writing import Deed as Doing
from app.db.writing import Writing, find_done, write, write_once
from app.failures import InvalidInput, NotFound, Problem, Unavailable, WrongState
from app.ids import new_id
from app.pooling.contents import Expected
from app.pooling.formats import Format, read_import
from app.pooling.rows import Reading, Row
from app.pooling.states import Actor, Deed, Moment, Step, step
from app.pooling.words import Cause
from app.resolvers.context import Context, refuse_closed
from app.resolvers.duplicates import Alike, find_alike
from app.resolvers.inputs import Checks
from app.resolvers.pooling import insist_on_pool, readable_pool, rules_in
from app.resolvers.sight import reads_pool
from app.resolvers.versions import Making, Version, first_version, next_version, write_versions

# Of one file; what is longer comes in several, as one import.
MOST_ROWS = 1_000
LONGEST_TEXT = 2_000_000
LONGEST_NAME = 200
# So many entries are taken back in one transaction.
PAGE = 100
# So often a file is compared with what is there, if others of its source come in meanwhile.
MOST_COMPARED = 5


class _Overtaken(Exception):
    """A file of the same source has come in since this one was compared with what is there."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of an import: its text, from where it is, and to which import it belongs."""

    space: str
    format: str
    text: str
    source: str
    licence: str
    continues: str | None = None
    even_if_similar: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that makes no entry: it came before, or something like it is there already."""

    line: int
    alike: list[Alike]


@dataclass(frozen=True, slots=True)
class Report:
    """What comes, or would come, of a file; without an import if nothing was written."""

    reading: Reading
    skipped: list[Skipped]
    created: int
    imported: Import | None


async def import_entries(
    ctx: Context, file: File, *, dry_run: bool, idempotency_key: str | None
) -> Report:
    """Bring the rows of a file into a pool, all in one transaction; or say what that would do.

    If anything is wrong with one row, nothing is written, and all that is wrong is reported.

    Raises:
        NotFound: the viewer sees no such space, or no such import.
        NotSignedIn, NotAllowed: they may not import there, or it has no licence yet.
        InvalidInput: something is wrong beside the rows.
        WrongState: the import that this continues was undone.
        Conflict: the idempotency key was used for another input.

    """
    space = await _importing(ctx, file.space)
    await _continued(ctx, file, space)
    _check(file, idempotency_key)
    rules = rules_in(space)
    expected = Expected(rules["facets"], ctx.now, LONGEST_TEXT, MOST_ROWS)
    # Reading can take a second: the loop goes on meanwhile.
    reading = await asyncio.to_thread(read_import, Format(file.format), file.text, expected)
    given = {name: getattr(file, name) for name in File.__slots__}
    given["text"] = sha256(file.text.encode(errors="surrogatepass")).hexdigest()
    deed = ("importEntries", ctx.viewer.actor, given)
    done = None if dry_run else await find_done(ctx.db, idempotency_key, deed)
    if done is not None:
        imported = await imports_db.find_import(ctx.db, done["id"])
        return Report(reading, [], done["created"], imported)
    if dry_run or reading.errors:
        fresh, skipped = await _sorted(ctx, space, file, reading.rows)
        return Report(reading, skipped, len(fresh), None)
    # Files of one source come in one after the other: so none brings what another just brought.
    async with ctx.db.turns.take([_turn(file.space, file.source)]):
        report = await _bring_in(ctx, space, file, reading, (idempotency_key, deed))
    ctx.services.log.nudge()
    return report


async def _bring_in(
    ctx: Context, space: Space, file: File, reading: Reading, once: tuple[str | None, Doing]
) -> Report:
    """Write the entries that a file makes; `once` is the idempotency key, and what belongs to it.

    If another server brings in a file of the same source meanwhile, it is compared with that too.

    Raises what `import_entries` raises, and:
        Unavailable: others bring in files of this source all the time.

    """
    for _ in range(MOST_COMPARED):
        seen = await imports_db.count_files(ctx.db, file.space, file.source.strip())
        fresh, skipped = await _sorted(ctx, space, file, reading.rows)
        work = partial(_write, ctx, space, file, (reading.found, fresh, seen))
        try:
            done = await write_once(ctx.db, ctx.now, *once, work)
        except _Overtaken:
            continue
        imported = await imports_db.find_import(ctx.db, done["id"])
        return Report(reading, skipped, done["created"], imported)
    message = "Other files of this source come in at this moment. Send the same request again."
    raise Unavailable(message)


async def _write(
    ctx: Context,
    space: Space,
    file: File,
    compared: tuple[int, list[Row], int],
    writing: Writing,
) -> dict[str, Any]:
    """Write the entries of rows that were compared with so many files of their source."""
    found, fresh, seen = compared
    if not await imports_db.count_file(writing, file.space, file.source.strip(), seen):
        raise _Overtaken
    before = await _continued(ctx, file, space, writing.session)
    imported = before or _fresh(ctx, file, writing)
    versions = [_version(space, row, imported, ctx, writing) for row in fresh]
    counts = {"rows": imported["rows"] + found, "created": imported["created"] + len(fresh)}
    if before is None:
        await writing.insert("imports", {**imported, **counts})
    else:
        await imports_db.update_import(writing, before, counts)
    if versions:
        await write_versions(writing, *versions)
    await writing.append(_event("import.done", imported, ctx))
    return {"id": imported["_id"], "created": len(fresh)}


async def undo_import(ctx: Context, id: str) -> Import:
    """Take back what an import brought, but for what others have worked on since.

    It goes page by page; interrupted, it goes on when it is asked for again.

    Raises:
        NotFound: the viewer sees no such import.
        NotSignedIn, NotAllowed: they may not import there.
        WrongState: it was undone before.

    """
    imported = await imports_db.find_import(ctx.db, id)
    if imported is None:
        raise NotFound("There is no such import.")
    space = await _importing(ctx, imported["space"])
    _refuse_undone(imported)
    # First of all it is undone, so that no more of its files come in; then what they brought goes.
    async with ctx.db.turns.take([_turn(imported["space"], imported["source"])]):
        await write(ctx.db, ctx.now, partial(_begin_undoing, id))
    after, gone, left = "", 0, 0
    while True:
        page = await _undo_page(ctx, space, id, after)
        gone, left = gone + page.gone, left + page.left
        if page.last is None:
            break
        after = page.last

    async def work(writing: Writing) -> Import:
        current = await _undoable(writing, id)
        change = {"is_undoing": False, "taken_back": gone, "left": left}
        undone = await imports_db.update_import(writing, current, change)
        await writing.append(_event("import.undone", undone, ctx))
        return undone

    undone = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return undone


async def _begin_undoing(id: str, writing: Writing) -> None:
    current = await _undoable(writing, id)
    if current["undone_at"] is None:
        change = {"undone_at": writing.at, "is_undoing": True}
        await imports_db.update_import(writing, current, change)


async def _undoable(writing: Writing, id: str) -> Import:
    """Return an import as it is within a transaction, unless it was undone to the end before."""
    current = await imports_db.find_import(writing.db, id, writing.session)
    if current is None:
        raise NotFound("There is no such import.")
    _refuse_undone(current)
    return current


def _refuse_undone(imported: Import) -> None:
    if imported["undone_at"] is not None and not imported.get("is_undoing", False):
        raise WrongState("This import was undone before.", state="UNDONE")


def _turn(space: str, source: str) -> str:
    return f"imports {space} {source.strip()}"


@dataclass(frozen=True, slots=True)
class _Undone:
    """What came of a page: how many went and stay, and the last one if there may be more."""

    gone: int
    left: int
    last: str | None


async def _undo_page(ctx: Context, space: Space, id: str, after: str) -> _Undone:
    making = Making(Cause.HIDDEN, ctx.viewer.user)

    async def work(writing: Writing) -> _Undone:
        brought = await imports_db.list_brought(writing, id, after, PAGE)
        versions, gone = list[Version](), 0
        for entry in brought:
            moment = Moment(writing.at, by=ctx.viewer.user)
            taken = step(entry, Deed.UNDO, Actor.MODERATOR, moment)
            if isinstance(taken, Step):
                versions.append(next_version(space, entry, taken.changes, making, writing.at))
            # What an interrupted undoing has taken back already counts too.
            gone += isinstance(taken, Step) or entry["state"] == "HIDDEN"
        if versions:
            await write_versions(writing, *versions)
        last = brought[-1]["_id"] if len(brought) == PAGE else None
        return _Undone(gone, len(brought) - gone, last)

    return await write(ctx.db, ctx.now, work)


async def _importing(ctx: Context, space_id: str) -> Space:
    space = await readable_pool(ctx, space_id)
    ctx.require("pool.import", space)
    insist_on_pool(space, writing=True)
    refuse_closed(space)
    return space


async def _continued(
    ctx: Context, file: File, space: Space, session: Session | None = None
) -> Import | None:
    """Return the import that a file belongs to, if there is one already."""
    if file.continues is None:
        return None
    before = await imports_db.find_import(ctx.db, file.continues, session)
    if before is None or before["space"] != space["_id"]:
        raise NotFound("There is no such import.")
    if before["undone_at"] is not None:
        raise WrongState("The import was undone: begin a new one.", state="UNDONE")
    if (before["source"], before["licence"]) != (file.source.strip(), file.licence.strip()):
        message = f"The import is from {before['source']} under {before['licence']}."
        raise InvalidInput(Problem("source", message))
    return before


def _check(file: File, idempotency_key: str | None) -> None:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    checks.text("source", file.source, least=1, most=LONGEST_NAME)
    checks.text("licence", file.licence, least=1, most=LONGEST_NAME)
    checks.done()


async def _sorted(
    ctx: Context, space: Space, file: File, rows: list[Row]
) -> tuple[list[Row], list[Skipped]]:
    """Return the rows that make entries, and those that are there already."""
    known = await _known(ctx, file, rows)
    fresh, skipped = list[Row](), list[Skipped]()
    for row in rows:
        if row.source_id in known:
            skipped.append(Skipped(row.line, []))
            continue
        alike = [] if file.even_if_similar else await find_alike(ctx, space, "", row.content)
        if alike:
            skipped.append(Skipped(row.line, alike))
        else:
            fresh.append(row)
    return fresh, skipped


async def _known(ctx: Context, file: File, rows: list[Row]) -> set[str]:
    ids = [row.source_id for row in rows if row.source_id is not None]
    return await imports_db.list_known(ctx.db, file.space, file.source.strip(), ids)


def _fresh(ctx: Context, file: File, writing: Writing) -> Import:
    return Import(
        _id=new_id("imports"),
        space=file.space,
        by=ctx.person(),
        source=file.source.strip(),
        licence=file.licence.strip(),
        rows=0,
        created=0,
        taken_back=0,
        left=0,
        created_at=writing.at,
        undone_at=None,
        version=1,
    )


def _version(space: Space, row: Row, imported: Import, ctx: Context, writing: Writing) -> Version:
    source = Source(
        imported=imported["_id"],
        name=imported["source"],
        licence=imported["licence"],
        id=row.source_id,
    )
    making = Making(Cause.IMPORTED, ctx.viewer.user)
    return first_version(space, row.content, making, writing.at, source=source)


def _event(type: str, imported: Import, ctx: Context) -> Draft:
    return Draft(
        type=type,
        space=imported["space"],
        subject=imported["_id"],
        actor=ctx.viewer.actor,
        at=ctx.now,
        within=imported["_id"],
    )


async def list_imports(ctx: Context, space_id: str, window: Window) -> Page:
    """Return a page of the imports into a pool, newest first.

    Raises:
        NotFound: the viewer sees no such space.
        NotAllowed: the pool is not for them.

    """
    await readable_pool(ctx, space_id)
    return await imports_db.find_imports(ctx.db, space_id, window)


async def find_visible_imports(ctx: Context, ids: list[str]) -> dict[str, Import]:
    """Return those of the imports that the viewer sees, by identifier."""
    found = await imports_db.list_imports(ctx.db, ids)
    spaces = await ctx.services.spaces.find_many({one["space"] for one in found})
    return {
        one["_id"]: one
        for one in found
        if (space := spaces.get(one["space"])) is not None
        and ctx.sees("entry.read", space)
        and reads_pool(ctx, space)
    }
