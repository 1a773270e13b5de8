"""Who sees a thing that hides from some, at this moment: asked by every way in."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from app.auth.permissions import Standing, allowed, standings
from app.auth.roles import Role
from app.auth.viewer import Level as Stored
from app.broking.visibility import Look, Onlooker, look
from app.broking.words import Side
from app.campaigning.audience import SITUATIONS, Situation, may_read
from app.campaigning.tiers import NONE, TEAM, Level, level_of, may
from app.campaigning.words import Right
from app.db import blocks as blocks_db
from app.db import levels as levels_db
from app.db import within as within_db
from app.db.campaign_documents import Campaign, Comment, Poll, Update
from app.db.documents import Event, Space
from app.db.match_documents import Match, Posting, Report
from app.db.pool_documents import Entry
from app.db.thread_documents import Thread
from app.ids import kind_of
from app.matching.states import State as MatchState
from app.pooling.rules import rules_of as pool_rules_of
from app.pooling.words import Access
from app.pooling.words import State as EntryState
from app.resolvers.context import Context

MODERATES = frozenset({Role.MODERATOR, Role.OWNER})
# Of these a moderator has to judge.
JUDGED = frozenset({MatchState.DISPUTED, MatchState.RESOLVED})


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


async def hidden_from(ctx: Context, people: Iterable[str]) -> frozenset[str]:
    """Return those of these people between whom and the viewer a block stands.

    Who is blocked by very many does not carry all of them along: then the database is asked. It
    is not for what streams tell in passing (that somebody posted something, without what).
    """
    asked, me = frozenset(people), ctx.viewer.user
    known = asked & ctx.viewer.blocks
    if me is None or ctx.viewer.knows_blocks or known == asked:
        return known
    found = await blocks_db.list_between(ctx.db, [(me, other) for other in asked - known])
    return known | {other for _, other in found}


def sees_posting(ctx: Context, posting: Posting, space: Space | None) -> bool:
    """Say whether the viewer sees a need or an offer: not that of whom a block stands between.

    Ask `hidden_from` as well, where something of it is shown.
    """
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


def reads_pool(ctx: Context, space: Space) -> bool:
    """Say whether the viewer is among those for whom a pool is: its own openness narrows."""
    access = pool_rules_of(space.get("pool"))["openness"]
    if access == Access.OPEN or ctx.viewer.is_operator:
        return True
    if access == Access.REGISTERED:
        return ctx.viewer.user is not None
    return space["_id"] in ctx.viewer.roles


def sees_entry(ctx: Context, entry: Entry, space: Space | None) -> bool:
    """Say whether the viewer sees an entry of a pool: what is hidden, moderators alone."""
    if space is None or not ctx.sees("entry.read", space) or not reads_pool(ctx, space):
        return False
    return entry["state"] != EntryState.HIDDEN or ctx.sees("entry.read_hidden", space)


def sees_import(ctx: Context, _import: Any, space: Space | None) -> bool:
    """Say whether the viewer sees that entries were imported: whoever reads the pool."""
    return space is not None and ctx.sees("entry.read", space) and reads_pool(ctx, space)


def campaign_standings(
    ctx: Context, campaign: Campaign, space: Space | None
) -> frozenset[Standing]:
    """Return how the viewer stands to a campaign."""
    found, user = ctx.standings(space), ctx.viewer.user
    if user is not None and (user == campaign["owner"] or user in campaign["team"]):
        found |= {Standing.TEAM}
    if user is not None and user == campaign["owner"]:
        found |= {Standing.SELF}
    return found


def sees_campaign(ctx: Context, campaign: Campaign, space: Space | None) -> bool:
    """Say whether the viewer sees a campaign: before it opened, its team and moderators alone."""
    if not ctx.sees("campaign.read", space):
        return False
    if campaign["opened_at"] is not None:
        return True
    return allowed("campaign.read_draft", campaign_standings(ctx, campaign, space))


async def renew_levels(ctx: Context) -> None:
    """Bring the viewer's levels up to what a deed of the same operation has led to.

    Asked before what a deed answers is read by levels: else they are as the operation found them.
    """
    user = ctx.viewer.user
    if user is None or not ctx.has_acted:
        return
    if ctx.visit is not None:  # its rights follow the log
        await ctx.settle()
        await ctx.catch_up()
    else:
        stored = await levels_db.list_levels(ctx.db, user)
        levels = {one["campaign"]: Stored(one["rank"], frozenset(one["rights"])) for one in stored}
        ctx.came_as = replace(ctx.came_as, levels=levels)
    ctx.has_acted = False


def level_in(ctx: Context, campaign: Campaign) -> Level:
    """Return at which level the viewer supports a campaign at this moment."""
    user = ctx.viewer.user
    if user is not None and (user == campaign["owner"] or user in campaign["team"]):
        return TEAM
    stored = ctx.viewer.levels.get(campaign["_id"])
    return NONE if stored is None else level_of(stored.rank, stored.rights)


def room_standings(
    ctx: Context, campaign: Campaign, space: Space | None, *rights: Right
) -> frozenset[Standing]:
    """Return how the viewer stands to a campaign's room: ENTITLED by any one of the rights."""
    found, level = campaign_standings(ctx, campaign, space), level_in(ctx, campaign)
    entitled = any(may(level, right) for right in rights)
    return found | {Standing.ENTITLED} if entitled else found


def reads_update(ctx: Context, update: Update, campaign: Campaign, space: Space | None) -> bool:
    """Say whether the viewer may read news of a campaign."""
    found = campaign_standings(ctx, campaign, space)
    if may_read(update, level_in(ctx, campaign), ctx.now):
        found |= {Standing.ENTITLED}
    return allowed("update.read", found) and sees_campaign(ctx, campaign, space)


def reads_room(ctx: Context, campaign: Campaign, space: Space | None) -> bool:
    """Say whether the viewer may read in a campaign's room: who may write there, and moderators."""
    found = room_standings(ctx, campaign, space, Right.COMMENT, Right.SUGGEST)
    return allowed("room.read", found) and sees_campaign(ctx, campaign, space)


def moderates_room(ctx: Context, space: Space | None) -> bool:
    """Say whether the viewer reads all of a room, whomever it is for."""
    return ctx.sees("room.read", space)


def reads_comment(ctx: Context, comment: Comment, campaign: Campaign, space: Space | None) -> bool:
    """Say whether the viewer may read a comment: one under news, only with the news."""
    if not reads_room(ctx, campaign, space):
        return False
    news: Any = comment
    return moderates_room(ctx, space) or may_read(news, level_in(ctx, campaign), ctx.now)


def is_closed(ctx: Context, poll: Poll, campaign: Campaign) -> bool:
    """Say whether a poll takes no more votes for good: its time, or the campaign's, is over."""
    closes_at = poll["closes_at"]
    is_past = closes_at is not None and closes_at <= ctx.now
    return is_past or SITUATIONS[campaign["state"]] is Situation.OVER


def sees_poll(ctx: Context, poll: Poll, campaign: Campaign, space: Space | None) -> bool:
    """Say whether the viewer sees a poll: who is in the room or may vote; all once it is closed."""
    found = room_standings(ctx, campaign, space, Right.VOTE, Right.COMMENT, Right.SUGGEST)
    seen = is_closed(ctx, poll, campaign) or allowed("room.read", found)
    return seen and sees_campaign(ctx, campaign, space)


def sees_report(ctx: Context, report: Report, _space: Space | None = None) -> bool:
    """Say whether the viewer sees a report: moderators, but not those whom it is about."""
    if ctx.viewer.user in report["about"]:
        return False
    return allowed("report.list", standings(ctx.viewer, report["space"]))


def _with_campaign(sees: Any) -> Any:
    """Return what says who sees a thing that lies with the campaign `of` which it is."""
    return lambda ctx, thing, space: sees(ctx, thing, thing["of"], space)


SIGHTS: dict[str, Any] = {
    "needs": sees_posting,
    "offers": sees_posting,
    "matches": sees_match,
    "threads": sees_thread,
    "reports": sees_report,
    "entries": sees_entry,
    "imports": sees_import,
    "campaigns": sees_campaign,
    "updates": _with_campaign(reads_update),
    "comments": _with_campaign(reads_comment),
    "polls": _with_campaign(sees_poll),
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
