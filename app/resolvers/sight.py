"""Who sees a need, an offer, a match or a thread at this moment: asked by every way in."""

from collections.abc import Iterable
from typing import Any

from app.auth.permissions import Standing, allowed, standings
from app.auth.roles import Role
from app.broking.visibility import Look, Onlooker, look
from app.broking.words import Side
from app.db import within as within_db
from app.db.documents import Event, Space
from app.db.match_documents import Match, Posting, Report
from app.db.thread_documents import Thread
from app.ids import kind_of
from app.matching.states import State
from app.resolvers.context import Context

MODERATES = frozenset({Role.MODERATOR, Role.OWNER})
# Of these a moderator has to judge.
JUDGED = frozenset({State.DISPUTED, State.RESOLVED})


def onlooker(ctx: Context) -> Onlooker:
    """Return the viewer as the visibility of threads knows them; every member is one who seeks."""
    viewer = ctx.viewer
    experts = (space for space, sides in viewer.sides.items() if Side.EXPERTS in sides)
    moderated = (space for space, role in viewer.roles.items() if role in MODERATES)
    return Onlooker(
        person=viewer.user,
        is_operator=viewer.is_operator,
        seeks_in=frozenset(viewer.roles),
        expert_in=frozenset(experts),
        moderates=frozenset(moderated),
    )


def sees_posting(ctx: Context, posting: Posting, space: Space | None) -> bool:
    """Say whether the viewer sees a need or an offer: not that of whom a block stands between."""
    return ctx.sees("posting.read", space) and posting["owner"] not in ctx.viewer.blocks


def sees_match(ctx: Context, match: Match, space: Space | None) -> bool:
    """Say whether the viewer sees a match: its two sides, and who has to judge it."""
    found = set(ctx.standings(space))
    if match["state"] not in JUDGED:
        found -= {Standing.MODERATOR, Standing.OPERATOR}
    if ctx.viewer.user in {match["need_owner"], match["offer_owner"]}:
        found.add(Standing.SIDE)
    return allowed("match.read", found)


def sees_thread(ctx: Context, thread: Thread, space: Space | None) -> bool:
    """Say whether the viewer sees a thread, by name or by pseudonym."""
    if not ctx.sees("thread.read", space):
        return False
    return look(thread, onlooker(ctx)) is not Look.ABSENT


def sees_report(ctx: Context, report: Report, _space: Space | None = None) -> bool:
    """Say whether the viewer sees a report: moderators, but not those whom it is about."""
    if ctx.viewer.user in report["about"]:
        return False
    return allowed("report.list", standings(ctx.viewer, report["space"]))


SIGHTS: dict[str, Any] = {
    "needs": sees_posting,
    "offers": sees_posting,
    "matches": sees_match,
    "threads": sees_thread,
    "reports": sees_report,
}


async def find_within(ctx: Context, events: Iterable[Event]) -> dict[str, Any]:
    """Return the things within which events lie, by identifier."""
    ids: dict[str, set[str]] = {}
    for event in events:
        thing = event.get("within")
        kind = None if thing is None else kind_of(thing)
        if thing is not None and kind in SIGHTS:
            ids.setdefault(kind, set()).add(thing)
    return await within_db.find_things(ctx.db, ids) if ids else {}


def sees_within(ctx: Context, thing: Any, space: Space | None) -> bool:
    """Say whether the viewer sees the thing within which an event lies; not if it is gone."""
    return thing is not None and bool(SIGHTS[kind_of(thing["_id"]) or ""](ctx, thing, space))
