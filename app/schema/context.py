"""What GraphQL hands to every field: the deeds' context, and loaders that gather references."""

from collections.abc import Awaitable, Callable
from typing import Any

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from app.resolvers import alert_subscriptions, alerts, series, spaces, users
from app.resolvers.context import Context
from app.resolvers.live import Discontinuity, Follower, Told

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
}


class GraphContext:
    """One request, or one item of a stream."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.follower: Follower | None = None
        self.told: Told | Discontinuity | None = None
        self._loaders: dict[str, DataLoader[str, Any]] = {}

    def load(self, kind: str) -> DataLoader[str, Any]:
        """Return the loader of a kind: what many fields refer to is read in one query."""
        loader = self._loaders.get(kind)
        if loader is None:
            loader = self._loaders[kind] = DataLoader(load_fn=self._batch(kind))
        return loader

    @property
    def cursor(self) -> str | None:
        """The cursor that resumes after the present item of a stream."""
        return None if self.told is None else self.told.cursor

    def _batch(self, kind: str) -> Callable[[list[str]], Awaitable[list[Any]]]:
        async def load(ids: list[str]) -> list[Any]:
            found = await LOADERS[kind](self.ctx, ids)
            return [found.get(id) for id in ids]

        return load


Info = StrawberryInfo[GraphContext, None]
