"""What GraphQL hands to every field: the deeds' context, and loaders that gather references."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from strawberry.types import Info as StrawberryInfo

from app.resolvers import (
    alert_subscriptions,
    alerts,
    blocks,
    campaigns,
    consents,
    contribution_lists,
    entries,
    expenses,
    expertise,
    follows,
    imports,
    invitations,
    matches,
    messages,
    polls,
    postings,
    replies,
    reports,
    reputation,
    research,
    reviews,
    room,
    series,
    signatures,
    spaces,
    threads,
    updates,
    users,
    watched_areas,
)
from app.resolvers.context import Context

Find = Callable[[Context, list[str]], Awaitable[dict[str, Any]]]


async def _find_users(ctx: Context, ids: list[str]) -> dict[str, Any]:
    return {user["_id"]: user for user in await users.find_users(ctx, ids)}


LOADERS: dict[str, Find] = {
    "users": _find_users,
    "sessions": users.find_my_sessions,
    "spaces": spaces.find_visible_spaces,
    "memberships": spaces.find_visible_memberships,
    "keys": spaces.find_visible_keys,
    "series": series.find_visible_series,
    "observations": series.find_visible_observations,
    "alerts": alerts.find_visible_alerts,
    "instances": alerts.find_visible_instances,
    "subscriptions": alert_subscriptions.find_my_subscriptions,
    "notices": alerts.find_my_notices,
    "needs": postings.find_visible_postings,
    "offers": postings.find_visible_postings,
    "shown_exactly": postings.find_shown_exactly,
    "matches": matches.find_visible_matches,
    "messages": messages.find_my_messages,
    "blocks": blocks.find_my_blocks,
    "reviews": reviews.find_visible_reviews,
    "reports": reports.find_visible_reports,
    "standings": reputation.find_visible_standings,
    "threads": threads.find_visible_threads,
    "invitations": invitations.find_my_invitations,
    "consents": consents.find_my_consents,
    "uses": research.find_uses_of_mine,
    "replies": replies.find_visible_replies,
    "expertise": expertise.find_visible_expertise,
    "follows": follows.find_my_follows,
    "campaigns": campaigns.find_visible_campaigns,
    "contributions": contribution_lists.find_visible_contributions,
    "signatures": signatures.find_visible_signatures,
    "updates": updates.find_visible_updates,
    "comments": room.find_visible_comments,
    "polls": polls.find_visible_polls,
    "expenses": expenses.find_visible_expenses,
    "entries": entries.find_visible_entries,
    "imports": imports.find_visible_imports,
    "entry_revisions": entries.find_visible_revisions,
    "areas": watched_areas.find_my_areas,
}


class Loader:
    """Documents of one kind, each read once, and those asked for at the same moment together.

    Whoever asks first reads for all, in its own task: for one reference alone, a task and a future
    would cost as much as the rest of its field. Fields that are resolved at the same moment have
    tasks of their own, so that in the operation's own task nobody else can be waited for.
    """

    def __init__(self, find: Find, ctx: Context) -> None:
        self._find = find
        self._ctx = ctx
        self._known: dict[str, Any] = {}
        self._expected: dict[str, None] = {}
        self._coming: dict[str, asyncio.Future[None]] = {}
        self._gathered: dict[str, asyncio.Future[None]] | None = None

    async def load(self, id: str) -> Any:
        """Return the document with this identifier; None if the viewer sees none."""
        [document] = await self.load_many([id])
        return document

    async def load_many(self, ids: Sequence[str]) -> list[Any]:
        """Return the documents with these identifiers, in their order; None for what is unseen."""
        if self._ctx.is_in_own_task:
            missing = [id for id in dict.fromkeys(ids) if id not in self._known]
            if missing:
                await self._find_more(missing)
            return [self._known[id] for id in ids]
        while missing := [id for id in ids if id not in self._known]:
            fresh = [id for id in missing if id not in self._coming]
            if not fresh:
                await asyncio.shield(self._coming[missing[0]])
            elif self._gathered is None:
                await self._read(fresh)
            else:
                more = dict.fromkeys(fresh, next(iter(self._gathered.values())))
                self._gathered |= more
                self._coming |= more
        return [self._known[id] for id in ids]

    async def load_each(self, ids: Sequence[str | None]) -> list[Any]:
        """Return the same for identifiers of which some come again, or are None."""
        wanted = list(dict.fromkeys(id for id in ids if id is not None))
        found = dict(zip(wanted, await self.load_many(wanted), strict=True))
        return [None if id is None else found[id] for id in ids]

    def expect(self, ids: Iterable[str | None]) -> None:
        """Bring these along with the next that are read: somebody will ask for them."""
        self._expected.update(dict.fromkeys(id for id in ids if id is not None))

    async def _read(self, ids: list[str]) -> None:
        """Read these, and what others who run at this moment say that they want."""
        read = asyncio.get_running_loop().create_future()
        gathered = self._gathered = dict.fromkeys(ids, read)
        self._coming |= gathered
        try:
            await asyncio.sleep(0)
            self._gathered = None
            await self._find_more(list(gathered))
        except Exception as error:
            read.set_exception(error)
            read.exception()  # perhaps nobody else waits for it
            raise
        finally:
            if self._gathered is gathered:
                self._gathered = None
            for id in gathered:
                del self._coming[id]
            if not read.done():  # whoever waits looks again; if this was cancelled, it reads
                read.set_result(None)

    async def _find_more(self, ids: list[str]) -> None:
        more, self._expected = self._expected, {}
        wanted = list(dict.fromkeys(ids) | {id: None for id in more if id not in self._known})
        found = await self._find(self._ctx, wanted)
        for id in wanted:
            self._known[id] = found.get(id)


class GraphContext:
    """One request, or one item of a stream."""

    __slots__ = ("_loaders", "ctx")

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._loaders: dict[str, Loader] = {}

    def renew(self) -> None:
        """Read everything anew: a deed of the same operation may have changed it."""
        self._loaders = {}
        self.ctx.has_acted = True

    def load(self, kind: str) -> Loader:
        """Return the loader of a kind: what many fields refer to is read in one query."""
        loader = self._loaders.get(kind)
        if loader is None:
            loader = self._loaders[kind] = Loader(LOADERS[kind], self.ctx)
        return loader


Info = StrawberryInfo[GraphContext, None]
