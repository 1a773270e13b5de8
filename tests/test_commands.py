"""No operation asks more of the database than its page says, however much it records."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from tests.alerts.watching import Watching, watching
from tests.api import record
from tests.commands import (
    PAGE,
    Commands,
    count_again,
    count_board,
    count_examples,
    counted_process,
    counting,
    page,
    warm_up,
)
from tests.conftest import TurnedClock
from tests.databases import Databases

RECORDING = Counter(
    ["aggregate series", "update series", "insert observations", "commitTransaction"]
)
TELLING = Counter(["findAndModify counters", "insert events", "insert notices", "update instances"])
OPENING = RECORDING + TELLING + Counter(["aggregate conditions", "insert alerts"])
CLOSING = RECORDING + TELLING + Counter(["aggregate alerts", "update alerts"])

EVERYTHING = """
query Q($space: ID!) {
  inbox(first: 10) {
    nodes { subscriptions { name } instance { timeline(last: 3) { edges { node { type } } } } }
  }
  spaces(first: 10) {
    nodes { members(first: 3) { nodes { user { name } } totalCount } apiKeys { nodes { name } } }
  }
  seriesIn(space: $space, first: 10) {
    nodes {
      observations(first: 2) { nodes { value } pageInfo { hasNextPage } }
      aggregates(since: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z", every: "PT1H") {
        count
      }
    }
  }
}
"""


@pytest.fixture
async def place(databases: Databases, clock: TurnedClock) -> AsyncIterator[Watching]:
    """A series in Ada's open space, on a process whose commands are counted."""
    async with counted_process(databases, clock) as world:
        yield await watching(world, clock)


async def recording(place: Watching, *values: float) -> Commands:
    """Return the commands that recording values takes, once the process knows who and where."""
    place.clock.turn(len(values))
    await warm_up(place.world, place.ada, [place.series])
    with counting() as commands:
        await place.read(*values, every=1)
    return commands


async def test_an_example_takes_the_commands_that_the_page_says(databases: Databases) -> None:
    """More is a step back; less is a step forward that the page should show.

    An example that is gone is not on it, and lists below lists are.
    """
    counts = await count_examples(databases)
    counted = page(counts, await count_board(databases, series=2))
    said = PAGE.read_text()
    wrong = [line for line in counted.splitlines() if line not in said.splitlines()]
    assert (wrong, counted) == ([], said), "Run `python tools/commands.py`."


async def test_a_list_below_a_list_takes_as_many_commands_for_many(databases: Databases) -> None:
    """Each level is one command for each of its lists and counts, whatever its size."""
    commands = await count_board(databases, series=7)
    assert commands == await count_board(databases, series=2)
    assert commands.total() == (await count_board(databases, series=1)).total()


async def test_all_lists_below_lists_are_read_by_level(place: Watching) -> None:
    """Timelines, subscriptions, members, aggregates and observations: each is one command."""
    await place.follow(place.ada)
    await place.follow(place.ada, value=70)
    await place.read(85)
    series = await place.world.series(place.ada, place.space, "other")
    await record(place.ada, series, ("2026-03-01T12:00:00Z", 1.0))
    await place.world.space(place.ada)
    commands = await count_again(place.world, place.ada, EVERYTHING, space=place.space)
    assert commands == Counter(
        {
            "find notices": 1,  # the inbox
            "find subscriptions": 1,
            "find instances": 1,
            "aggregate instances": 1,  # timelines
            "find spaces": 1,
            "aggregate spaces": 2,  # members, keys
            "find users": 1,
            "find series": 1,
            "aggregate series": 1,  # observations
            "aggregate observations": 1,  # aggregates
            "aggregate memberships": 1,  # counts
        }
    )


async def test_what_crosses_nothing_is_only_recorded(place: Watching) -> None:
    """One question and one transaction, however many people wait for other values."""
    await place.follow(place.ada)
    await place.read(4)
    assert await recording(place, 5) == RECORDING
    assert await recording(place, 6, 7, 8) == RECORDING


async def test_an_alert_opens_and_closes_with_as_many_commands(place: Watching) -> None:
    """Each collection is written once, and it is asked once whom to tell."""
    await place.follow(place.ada)
    assert await recording(place, 85) == OPENING
    assert await recording(place, 70) == CLOSING


async def test_a_crowd_takes_no_more_commands_than_one_person(place: Watching) -> None:
    """Twenty conditions that two people follow open as one alert does."""
    ben = await place.world.person("ben")
    for value in range(60, 80):
        await place.follow(place.ada, value=value)
        await place.follow(ben, value=value)
    assert await recording(place, 85) == OPENING
    assert await place.db["notices"].count_documents({"user": {"$gt": ""}}) == 40
    assert await recording(place, 50) == CLOSING


async def test_members_are_looked_up_where_not_all_may_see(
    databases: Databases, clock: TurnedClock
) -> None:
    """In a space for members it takes one command more to tell who still is one."""
    async with counted_process(databases, clock) as world:
        place = await watching(world, clock, openness="MEMBERS")
        await place.follow(place.ada)
        assert await recording(place, 85) == OPENING + Counter(["find memberships"])


async def test_a_batch_that_is_sent_again_is_only_read(place: Watching) -> None:
    """All of it is known: nothing is written, and no transaction is opened."""
    await place.follow(place.ada)
    await place.read(85)
    await warm_up(place.world, place.ada, [place.series])
    with counting() as commands:
        assert (await place.read(85))["duplicates"] == 1
    assert commands == Counter(["aggregate series"])


async def test_a_silence_that_nobody_waits_for_takes_no_question(place: Watching) -> None:
    """Who waits for data is asked for only when the series was silent for as long as somebody."""
    await place.follow(place.ada, value=90, noDataAfter="PT1M")
    await place.read(5)
    place.clock.turn(30)
    assert await recording(place, 6) == RECORDING
    place.clock.turn(90)
    assert (await recording(place, 7))["find instances"] == 1


async def test_what_runs_beside_is_not_counted(place: Watching) -> None:
    """Only what this task asks for counts, not what the reader of the log does for all."""
    with counting() as commands:
        pass
    await place.world.engine.services.log.caught_up()
    assert commands == Counter()
