"""Recording observations: once each, all or nothing, with every problem named."""

import asyncio
from typing import Any

import pytest

from tests.api import Person, World, record

RECORD = """
mutation M($observations: [ObservationInput!]!, $key: String) {
  recordObservations(input: {observations: $observations, idempotencyKey: $key}) {
    __typename
    ... on RecordedObservations { recorded duplicates late alertsOpened }
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}
"""
READ = """
query Q($id: ID!, $first: Int, $after: String) {
  node(id: $id) { ... on Series {
    count lastValue lastAt
    observations(first: $first, after: $after) {
      nodes { value } totalCount pageInfo { hasNextPage endCursor } } } }
}
"""


@pytest.fixture
async def ada(world: World) -> Person:
    """Ada, who owns a space."""
    return await world.person("ada")


@pytest.fixture
async def series(world: World, ada: Person) -> str:
    """A series in Ada's space."""
    return await world.series(ada, await world.space(ada))


def at(minute: int) -> str:
    """Return an instant of the morning."""
    return f"2026-03-01T10:{minute:02}:00Z"


async def test_an_observation_sent_twice_counts_once(ada: Person, series: str) -> None:
    """The second time it is a duplicate; nothing is added."""
    first = await record(ada, series, (at(0), 1.5), (at(1), 2.5))
    again = await record(ada, series, (at(0), 1.5), (at(1), 2.5), (at(2), 3.5))
    assert (first["recorded"], first["duplicates"]) == (2, 0)
    assert (again["recorded"], again["duplicates"]) == (1, 2)
    assert (await ada.ask(READ, id=series))["node"]["count"] == 3


async def test_the_same_batch_at_once_counts_once(ada: Person, series: str) -> None:
    """Twenty senders of one batch record it once between them."""
    batch = [(at(n), float(n)) for n in range(30)]
    answers = await asyncio.gather(*(record(ada, series, *batch) for _ in range(20)))
    assert sum(answer["recorded"] for answer in answers) == 30
    assert sum(answer["duplicates"] for answer in answers) == 19 * 30


async def test_a_batch_under_a_key_gives_the_same_answer(ada: Person, series: str) -> None:
    """A retry gets the first answer again, and another batch under the key is refused."""
    rows = [{"series": series, "at": at(0), "value": 1}]
    first = await ada.do(RECORD, observations=rows, key="batch-1")
    again = await ada.do(RECORD, observations=rows, key="batch-1")
    assert first == again
    other = await ada.do(
        RECORD, observations=[{"series": series, "at": at(1), "value": 1}], key="batch-1"
    )
    assert other["code"] == "CONFLICT"


async def test_every_bad_row_is_named_and_nothing_is_written(
    world: World, ada: Person, series: str
) -> None:
    """Two bad rows of three are told by their place; the good one is not recorded either."""
    rows: list[dict[str, Any]] = [
        {"series": series, "at": at(0), "value": 1},
        {"series": series, "at": "2027-01-01T00:00:00Z", "value": 1},
        {"series": series, "at": at(2), "value": 1, "place": {"longitude": 200, "latitude": -91}},
    ]
    refused = await ada.do(RECORD, observations=rows)
    assert [problem["path"] for problem in refused["problems"]] == [
        "observations.1.at",
        "observations.2.place.longitude",
        "observations.2.place.latitude",
    ]
    assert await world.db["observations"].count_documents({"series": series}) == 0


async def test_a_value_cannot_change(ada: Person, series: str) -> None:
    """The same instant with another value is refused by its row."""
    await record(ada, series, (at(0), 1))
    refused = await record(ada, series, (at(1), 2), (at(0), 9))
    assert [problem["path"] for problem in refused["problems"]] == ["observations.1.value"]
    assert (await ada.ask(READ, id=series))["node"]["count"] == 1


async def test_late_ones_are_kept_and_too_late_ones_refused(ada: Person, series: str) -> None:
    """Within the tolerance of a day a late value is kept and the latest stays the latest."""
    await record(ada, series, (at(30), 5))
    late = await record(ada, series, (at(10), 4))
    assert (late["recorded"], late["late"]) == (1, 1)
    node = (await ada.ask(READ, id=series))["node"]
    assert (node["lastValue"], node["count"]) == (5, 2)
    refused = await record(ada, series, ("2026-02-27T10:00:00Z", 3))
    assert refused["problems"][0]["path"] == "observations.0.at"


async def test_pages_go_through_the_whole_list_once(ada: Person, series: str) -> None:
    """By cursor, page by page, each observation comes once although more are recorded meanwhile."""
    await record(ada, series, *((at(n), float(n)) for n in range(25)))
    seen: list[float] = []
    after = None
    while True:
        page = (await ada.ask(READ, id=series, first=10, after=after))["node"]["observations"]
        seen += [seen_now["value"] for seen_now in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        await record(ada, series, (f"2026-03-01T11:{len(seen):02}:00Z", 99.0))
    assert seen == [float(n) for n in reversed(range(25))]


async def test_aggregates_are_for_charts(ada: Person, series: str) -> None:
    """Values by spans of ten minutes: least, greatest, mean."""
    await record(ada, series, (at(0), 1), (at(5), 3), (at(12), 10))
    asked = await ada.ask(
        """query Q($id: ID!) { node(id: $id) { ... on Series {
             aggregates(since: "2026-03-01T10:00:00Z", until: "2026-03-01T11:00:00Z",
                        every: "PT10M") { at count min max avg } } } }""",
        id=series,
    )
    assert asked["node"]["aggregates"] == [
        {"at": "2026-03-01T10:00:00.000Z", "count": 2, "min": 1, "max": 3, "avg": 2},
        {"at": "2026-03-01T10:10:00.000Z", "count": 1, "min": 10, "max": 10, "avg": 10},
    ]


@pytest.mark.parametrize("literal", ["1e999", "-1e999", '"NaN"', "{value: 1}"])
async def test_what_is_no_number_is_refused(ada: Person, series: str, literal: str) -> None:
    """Infinite and other numbers that are none get an error, not a bug."""
    body = await ada.send(
        f"""mutation M {{ recordObservations(input: {{observations: [
             {{series: "{series}", at: "2026-03-01T10:00:00Z", value: {literal}}}]}}) {{
               __typename ... on InvalidInput {{ problems {{ path }} }} }} }}"""
    )
    if "errors" in body:
        codes = {error["extensions"]["code"] for error in body["errors"]}
        assert codes <= {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
    else:
        assert body["data"]["recordObservations"]["__typename"] == "InvalidInput"


@pytest.mark.parametrize(
    "instant", ["10000-01-01T00:00:00Z", "2026-03-01", "2026-03-01T10:00:00", "yesterday", ""]
)
async def test_what_is_no_instant_is_refused(ada: Person, series: str, instant: str) -> None:
    """An instant needs a date, a time and an offset; the message says so."""
    body = await ada.send(RECORD, observations=[{"series": series, "at": instant, "value": 1}])
    assert "RFC 3339" in body["errors"][0]["message"]
