"""What research may take from threads, and what its givers see of that for good."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import cast

from app.auth.permissions import allowed
from app.broking.consent import (
    SHORTEST_SALT,
    Case,
    Export,
    cases,
    consent_for,
    not_recordable,
    pseudonym_of,
)
from app.broking.visibility import Look, look
from app.broking.words import Purpose, Side
from app.db import consents as consents_db
from app.db import research as research_db
from app.db import threads as threads_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.events import Draft
from app.db.paging import MOST, Order, Page, Window, decode_cursor
from app.db.thread_documents import Consent, ExportedCase, ResearchExport, ResearchUse
from app.db.writing import Writing, write, write_once
from app.failures import InvalidInput, NotAllowed, NotFound, Problem, RateLimited
from app.ids import derived_id, new_id
from app.resolvers.broking import insist_on_broker, raise_lack, rules_of, seen_in
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.sight import onlooker

EXPORTED, USED = "EXPORTED", "USED"
MOST_CASES = 20_000
# So long the cases of an export can be fetched; then another one is to be begun.
OPEN_FOR = DAY = timedelta(days=1)
MOST_EXPORTS_A_DAY = 20
LONGEST_DESCRIPTION = 2_000
BY_NAME = Order("_id", descending=False)


@dataclass(slots=True)
class Cases(Page):
    """Some cases of an export; its `found` are all that it had when it began."""

    found: int = 0

    async def count(self) -> int:
        """Return how many cases the export had when it began."""
        return self.found


async def export(
    ctx: Context, *, space_id: str, purpose: Purpose, export_id: str | None
) -> ResearchExport:
    """Begin an export of cases whose givers let them be used, or come back to one.

    It is a snapshot of the instant at which it begins.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer is no expert of the space.
        InvalidInput: there is no such export of the viewer's that is open still.

    """
    space = await ctx.visible_space(space_id)
    _require_researcher(ctx, space)
    refuse_closed(space)
    if export_id is None:
        return await _begin(ctx, space, purpose)
    found = await research_db.find_export(ctx.db, export_id)
    if (
        found is None
        or (found["by"], found["space"], found["purpose"]) != (ctx.person(), space_id, purpose)
        or found["at"] + OPEN_FOR < ctx.now
    ):
        raise InvalidInput(Problem("export", "There is no such export of yours that is open."))
    return found


async def list_cases(
    ctx: Context, exports: Sequence[ResearchExport], window: Window
) -> list[Cases]:
    """Return a page of the cases of each export, without whom they are from.

    What was taken back since it began is left out. Givers learn that their case was taken.
    """
    window.check()
    return [await _list_cases(ctx, one, window) for one in exports]


async def record_use(
    ctx: Context,
    *,
    handle: str,
    description: str,
    used_at: datetime | None,
    idempotency_key: str | None,
) -> ResearchUse:
    """Say what an exported case was used for; its giver is told.

    Raises:
        NotFound: the viewer has seen no such case in an export.
        NotSignedIn: nobody is signed in.
        InvalidInput: something is wrong with the input.
        Conflict: the idempotency key was used for another input.

    """
    ctx.person()
    exported, consent = await _find_exported(ctx, handle)
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    description = checks.text("description", description, least=1, most=LONGEST_DESCRIPTION)
    if used_at is not None and not exported["at"] <= used_at <= ctx.now:
        checks.add("usedAt", "Give an instant from when the case was exported to now.")
    checks.done()
    lack = not_recordable(consent, exported["at"])
    if lack is not None:
        raise_lack(lack)
    use = _use(ctx, exported, consent, USED)
    use["description"], use["used_at"] = description, used_at or ctx.now

    async def work(writing: Writing) -> Document:
        await writing.insert("uses", use)
        await writing.append(_told(ctx, "research.used", use["_id"], [consent["giver"]]))
        return {"id": use["_id"]}

    given = {"case": handle, "description": description, "used_at": used_at}
    deed = ("recordResearchUse", ctx.viewer.actor, given)
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    return cast("ResearchUse", await research_db.find_use(ctx.db, done["id"]))


async def list_uses_of_mine(ctx: Context, window: Window) -> Page:
    """Return a page of what the viewer's cases were used for, for good, the latest first.

    It looks at no consent and no thread: taking these back takes nothing of it away.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    return await research_db.find_uses(ctx.db, ctx.person(), window)


async def find_uses_of_mine(ctx: Context, ids: list[str]) -> dict[str, ResearchUse]:
    """Return those of the uses that are of the viewer's cases, by identifier."""
    found = await research_db.list_uses(ctx.db, ids)
    return {one["_id"]: one for one in found if allowed("consent.read", ctx.own(one["giver"]))}


def _require_researcher(ctx: Context, space: Space) -> None:
    ctx.require("research.export", space)
    insist_on_broker(space)
    if not _is_researcher(ctx, space["_id"]):
        experts = rules_of(space)["groups"][Side.EXPERTS]
        raise NotAllowed(f"Cases are for {experts}.", missing=f"membership of {experts}")


def _is_researcher(ctx: Context, space: str) -> bool:
    return ctx.viewer.is_operator or Side.EXPERTS in ctx.viewer.sides.get(space, ())


async def _begin(ctx: Context, space: Space, purpose: Purpose) -> ResearchExport:
    """Write down which cases there are at this instant, under names that nobody else gives them."""
    begun = await research_db.list_begun(ctx.db, ctx.person(), ctx.now - DAY, MOST_EXPORTS_A_DAY)
    if len(begun) == MOST_EXPORTS_A_DAY:
        message = f"Begin at most {MOST_EXPORTS_A_DAY} exports a day; one stays open for a day."
        raise RateLimited(message, retry_at=begun[-1] + DAY)
    rules = rules_of(space)
    asked = rules["consents"].get(purpose)
    usable = (
        await research_db.list_usable(
            ctx.db, space["_id"], purpose, asked["least_version"], MOST_CASES + 1
        )
        if asked
        else []
    )
    consents = {one["thread"]: one for one in usable[:MOST_CASES]}
    threads = await research_db.list_judged(ctx.db, list(consents), seen_in(ctx, space))
    salt = secrets.token_bytes(SHORTEST_SALT)
    held = [
        ExportedCase(handle=pseudonym_of(id, salt), thread=id, consent=consents[id]["_id"])
        for thread in threads
        if consent_for(thread, [consents[id := thread["_id"]]], purpose, rules, ctx.now)
    ]
    snapshot = ResearchExport(
        _id=new_id("exports"),
        space=space["_id"],
        purpose=purpose,
        by=ctx.person(),
        at=ctx.now,
        salt=salt,
        cases=sorted(held, key=lambda one: one["handle"]),
        whole=len(usable) <= MOST_CASES,
    )

    async def work(writing: Writing) -> None:
        await writing.insert("exports", snapshot)
        # How many there were is not said: it would count what only experts see.
        draft = _told(ctx, "research.exported", snapshot["_id"], [])
        await writing.append({**draft, "space": space["_id"]})

    await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return snapshot


async def _list_cases(ctx: Context, snapshot: ResearchExport, window: Window) -> Cases:
    space = await ctx.visible_space(snapshot["space"])
    rest = _inside(snapshot["cases"], window)
    if window.backwards:
        rest.reverse()
    taken: list[tuple[Case, Consent]] = []
    while rest and (lacking := window.size - len(taken)) > 0:
        # In no smaller steps than these, however few are lacking and however many were taken back.
        some, rest = rest[:MOST], rest[MOST:]
        found = {case.pseudonym: (case, by) for case, by in await _take(ctx, space, snapshot, some)}
        there = [one for one in some if one["handle"] in found]
        taken += [found[one["handle"]] for one in there[:lacking]]
        if there[lacking:]:
            rest = some[some.index(there[lacking]) :] + rest
    await _leave_traces(ctx, snapshot, taken)
    items = [{"_id": case.pseudonym, **asdict(case)} for case, _ in taken]
    back, more = window.backwards, bool(rest)
    return Cases(
        items=sorted(items, key=lambda one: one["_id"]),
        order=BY_NAME,
        has_next=window.before is not None if back else more,
        has_previous=more if back else window.after is not None,
        database=ctx.db,
        found=len(snapshot["cases"]),
    )


def _inside(cases: Sequence[ExportedCase], window: Window) -> list[ExportedCase]:
    """Return the part of an export that lies between the cursors."""
    after = None if window.after is None else str(decode_cursor(window.after, "after")[1])
    before = None if window.before is None else str(decode_cursor(window.before, "before")[1])
    return [
        one
        for one in cases
        if (after is None or one["handle"] > after) and (before is None or one["handle"] < before)
    ]


async def _take(
    ctx: Context, space: Space, snapshot: ResearchExport, some: Sequence[ExportedCase]
) -> list[tuple[Case, Consent]]:
    """Return those of the cases that may still be taken at this moment."""
    consents = await consents_db.list_consents(ctx.db, [one["consent"] for one in some])
    standing = [one for one in consents if one["revoked_at"] is None]
    threads = await threads_db.list_threads(ctx.db, [one["thread"] for one in standing])
    seen = [one for one in threads if look(one, onlooker(ctx)) is not Look.ABSENT]
    taken = Export(Purpose(snapshot["purpose"]), snapshot["at"], snapshot["salt"])
    return cases(seen, standing, rules_of(space), taken)


async def _leave_traces(
    ctx: Context, snapshot: ResearchExport, taken: Sequence[tuple[Case, Consent]]
) -> None:
    """Let givers see that their case was taken, however often the page is fetched."""
    traces = [_use(ctx, snapshot, consent, EXPORTED) for _, consent in taken]
    for trace in traces:
        trace["_id"] = derived_id("uses", snapshot["_id"], trace["consent"])

    async def work(writing: Writing) -> None:
        fresh = await research_db.insert_traces(writing, traces)
        givers = sorted({trace["giver"] for trace in fresh})
        if givers:
            await writing.append(_told(ctx, "research.exported", snapshot["_id"], givers))

    if traces:
        await write(ctx.db, ctx.now, work)
        ctx.services.log.nudge()


async def _find_exported(ctx: Context, handle: str) -> tuple[ResearchExport, Consent]:
    found = await research_db.find_export_of(ctx.db, handle)
    if found is None or not (found["by"] == ctx.viewer.user or _is_researcher(ctx, found["space"])):
        raise NotFound("There is no such case.")
    consent = await consents_db.find_consent(ctx.db, found["cases"][0]["consent"])
    if consent is None:
        raise NotFound("There is no such case.")
    return found, consent


def _use(ctx: Context, exported: ResearchExport, consent: Consent, kind: str) -> ResearchUse:
    return ResearchUse(
        _id=new_id("uses"),
        space=consent["space"],
        thread=consent["thread"],
        consent=consent["_id"],
        giver=consent["giver"],
        used_by=ctx.person(),
        kind=kind,
        purpose=consent["purpose"],
        description="",
        exported_at=exported["at"],
        used_at=ctx.now,
        recorded_at=ctx.now,
    )


def _told(ctx: Context, type: str, subject: str, to: list[str]) -> Draft:
    """Return an event of research, for those alone whose cases it is about."""
    actor, at = ctx.viewer.actor, ctx.now
    return Draft(type=type, space=None, subject=subject, actor=actor, at=at, to=to)
