"""What is read from the database is what was asked for, and what rights and cursors need."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import monitoring

from app.settings import Settings
from tests.api import Person, World, one_process, record
from tests.conftest import TurnedClock
from tests.databases import Databases


class Listener(monitoring.CommandListener):
    """Keeps the documents that came, by collection."""

    def __init__(self) -> None:
        self.came: dict[str, list[dict[str, Any]]] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Keep nothing yet."""

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Keep what came."""
        cursor = event.reply.get("cursor", {})
        if "firstBatch" in cursor:
            collection = cursor["ns"].rpartition(".")[2]
            self.came.setdefault(collection, []).extend(cursor["firstBatch"])

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Keep nothing."""


class Place:
    """A space of Ada's with two series, on a process whose documents are seen."""

    def __init__(self, world: World, listener: Listener) -> None:
        self.world = world
        self.ada: Person
        self.space = ""
        self.series: list[str] = []
        self._listener = listener

    async def fetched(self, query: str, *, known: bool = True) -> dict[str, list[dict[str, Any]]]:
        """Return the documents that a query takes, from a process that knows it already."""
        if known:
            await self.ada.ask(query, space=self.space, series=self.series[0])
        await self.world.engine.services.log.caught_up()
        self._listener.came.clear()
        await self.ada.ask(query, space=self.space, series=self.series[0])
        return self._listener.came


@pytest.fixture
async def place(
    databases: Databases, settings: Settings, clock: TurnedClock
) -> AsyncIterator[Place]:
    """Two series with two observations each."""
    listener = Listener()
    async with (
        databases.lend("pymongo", listener) as db,
        one_process(db, settings, clock) as world,
    ):
        place = Place(world, listener)
        place.ada = await world.person("ada")
        place.space = await world.space(place.ada)
        place.series = [await world.series(place.ada, place.space, key) for key in ("a", "b")]
        for series in place.series:
            at = [f"2026-03-01T11:0{n}:00Z" for n in range(2)]
            await record(place.ada, series, (at[0], 1.0), (at[1], 2.0))
        yield place


def keys(documents: list[dict[str, Any]]) -> set[str]:
    """Return the fields of the documents, which all have the same."""
    [fields] = {frozenset(document) for document in documents}
    return set(fields)


async def test_a_page_with_two_fields_takes_these(place: Place) -> None:
    """And the identifier and the order's field, of which cursors are made."""
    came = await place.fetched(
        "query Q($space: ID!) { seriesIn(space: $space) { nodes { name lateTolerance } } }"
    )
    assert keys(came["series"]) == {"_id", "created_at", "name", "late_tolerance_seconds"}


async def test_edges_and_counts_take_no_more(place: Place) -> None:
    """`edges { node }` is the same as `nodes`; cursors, `pageInfo` and counts need nothing."""
    came = await place.fetched(
        """query Q($space: ID!) { seriesIn(space: $space) {
             edges { cursor node { key } } pageInfo { endCursor } } }"""
    )
    assert keys(came["series"]) == {"_id", "created_at", "key"}


async def test_lists_below_lists_take_theirs(place: Place) -> None:
    """A parent gives what its rights are told by; an item gives its own fields."""
    came = await place.fetched(
        """query Q($space: ID!) { seriesIn(space: $space) {
             nodes { observations(first: 2) { nodes { value } } } } }"""
    )
    [found, joined] = came["series"][:2], came["series"][2:]
    assert keys(found) == {"_id", "created_at", "space"}
    assert keys([seen for one in joined for seen in one["items"]]) == {"_id", "at", "value"}


async def test_events_come_with_what_their_rights_are_told_by(place: Place) -> None:
    """Whoever may read an event is told by its type, its space and its people."""
    came = await place.fetched(
        """query Q($series: ID!) { events(filter: {subject: $series}) {
             nodes { recordedAt phaseAfter } } }"""
    )
    least = {"_id", "type", "space", "actor", "recorded_at"}
    assert least <= keys(came["events"]) <= least | {"after", "to"}


async def test_without_a_plan_documents_come_whole(place: Place) -> None:
    """The interpreter does not know what will be read."""
    came = await place.fetched(
        "query Q($space: ID!) { seriesIn(space: $space) { nodes { name } } }", known=False
    )
    assert {"key", "tags", "version"} <= keys(came["series"])


async def test_people_who_are_shown_come_without_their_password(place: Place) -> None:
    """The hash of a password is read only to compare it."""
    for known in (False, True):
        came = await place.fetched(
            """query Q($space: ID!) { node(id: $space) { ... on Space {
                 members { nodes { user { name email } } } } } }""",
            known=known,
        )
        assert "email" in keys(came["users"])
        assert "password_hash" not in keys(came["users"])
