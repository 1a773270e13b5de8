"""A space that changes between looking up and telling: what was to be told is read, not lost."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.db import events as events_db
from app.db.watching import Batch
from app.resolvers.alerts import NoticeFeed
from app.resolvers.context import Context
from app.resolvers.events import EventFeed, EventFilter
from app.resolvers.live import Feed
from app.resolvers.match_events import MatchFeed
from tests.api import Person, World, record, subscribe

FEEDS: dict[str, Callable[[Context, str], Feed]] = {
    "notices": NoticeFeed,
    "events": lambda ctx, _: EventFeed(ctx, EventFilter()),
    "matches": MatchFeed,
}


async def context(world: World, person: Person) -> Context:
    """Return the context of a stream of this person."""
    viewer = await world.engine.identities.find_viewer(person.token or "")
    assert viewer is not None
    return Context(world.engine.services, viewer)


@pytest.mark.parametrize("name", FEEDS)
async def test_a_batch_whose_space_was_forgotten_is_left_to_reading(
    world: World, name: str
) -> None:
    """A feed refuses to judge by a space that it does not know any more; reading finds it again."""
    ada = await world.person("ada")
    space = await world.space(ada)
    series = await world.series(ada, space)
    await subscribe(ada, series, operator="GTE", value=3)
    await record(ada, series, ("2026-03-01T11:00:00Z", 4))
    upto = await world.engine.services.log.caught_up()
    events: list[Any] = await events_db.list_after(world.db, 0, upto=upto)
    batch = Batch(0, [event for event in events if event["space"] == space])
    batch.touched.add(ada.id or "")
    ctx = await context(world, ada)
    feed = FEEDS[name](ctx, ada.id or "")
    feed.look_up(batch)
    await batch.settled(10)
    told = [item for _, item in feed.pick(batch) if item is not None]
    ctx.services.spaces.forget(space)
    with pytest.raises(asyncio.InvalidStateError):
        feed.pick(batch)
    read = [item for _, item in await feed.read(0, upto) if item is not None]
    assert len(read) >= len(told)
    assert (len(told) > 0) == (name != "matches")
