"""Pages of events: what somebody may not read is not counted, nor told by the size of a page."""

import re
from typing import Any

import pytest

from tests.api import World
from tests.clinic import Clinic, open_clinic

PAGE = """
query Q($filter: EventFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  events(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { subject type } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """A clinic with all its people."""
    return await open_clinic(world)


async def read(clinic: Clinic, who: str, **window: Any) -> dict[str, Any]:
    """Return a page of what was asked in the clinic, as somebody sees it."""
    given = {"filter": {"space": clinic.space, "types": ["thread.asked"]}, **window}
    page: dict[str, Any] = (await clinic[who].ask(PAGE, **given))["events"]
    return page


async def test_only_what_may_be_read_is_counted(clinic: Clinic) -> None:
    """Each viewer finds as many events as they can read: the others might as well not be there."""
    for tier in ("PUBLIC", "SPACE", "EXPERTS_ONLY", "EXPERTS_ONLY"):
        await clinic.asked(visibility=tier)
    counts = {"anonymous": 1, "stranger": 1, "sam": 2, "eva": 4, "ana": 4, "max": 2}
    for who, count in counts.items():
        page = await read(clinic, who, first=10)
        assert (page["totalCount"], len(page["nodes"])) == (count, count), who
        assert page["pageInfo"]["hasNextPage"] is False


async def test_pages_are_as_full_as_the_viewer_can_tell(clinic: Clinic) -> None:
    """Walking forwards or backwards, pages have their size until the last, whatever is hidden."""
    public = []
    for place in range(9):
        tier = "PUBLIC" if place % 4 == 0 else "EXPERTS_ONLY"
        thread = await clinic.asked(visibility=tier)
        public += [thread] if tier == "PUBLIC" else []
    first = await read(clinic, "stranger", first=2)
    assert [node["subject"] for node in first["nodes"]] == public[:2]
    assert first["pageInfo"]["hasNextPage"] is True
    rest = await read(clinic, "stranger", first=2, after=first["pageInfo"]["endCursor"])
    assert [node["subject"] for node in rest["nodes"]] == public[2:]
    assert rest["pageInfo"]["hasNextPage"] is False
    last = await read(clinic, "stranger", last=2)
    assert [node["subject"] for node in last["nodes"]] == public[1:]
    assert last["pageInfo"]["hasPreviousPage"] is True
    before = await read(clinic, "stranger", last=2, before=last["pageInfo"]["startCursor"])
    assert [node["subject"] for node in before["nodes"]] == public[:1]
    assert before["pageInfo"]["hasPreviousPage"] is False


async def test_a_hidden_space_has_no_events_for_a_stranger(world: World) -> None:
    """Neither a node nor a count, whether the space is named or a thing in it."""
    clinic = await open_clinic(world, "HIDDEN")
    thread = await clinic.asked()
    nothing = {"nodes": [], "totalCount": 0}
    for filter in ({"space": clinic.space}, {"subject": thread}, {"subject": clinic["ana"].id}):
        page = (await clinic["stranger"].ask(PAGE, filter=filter, first=5))["events"]
        assert page["nodes"] == nothing["nodes"]
        assert page["totalCount"] == nothing["totalCount"]
        assert page["pageInfo"]["hasNextPage"] is False


async def test_a_cursor_tells_nothing_of_what_lies_between(clinic: Clinic) -> None:
    """Pages and streams name the same place alike, whatever happened since; a number names none."""
    for tier in ("PUBLIC", "EXPERTS_ONLY", "EXPERTS_ONLY", "PUBLIC"):
        await clinic.asked(visibility=tier)
    watch = """subscription S($space: ID!, $after: String) {
      events(after: $after, filter: {space: $space, types: ["thread.asked"]}) {
        ... on Event { cursor subject } } }"""
    edges = """query Q($space: ID!, $after: String) {
      events(first: 1, after: $after, filter: {space: $space, types: ["thread.asked"]}) {
        edges { cursor node { cursor subject } } } }"""
    first = (await clinic["sam"].ask(edges, space=clinic.space))["events"]["edges"][0]
    assert first["cursor"] == first["node"]["cursor"]
    assert re.fullmatch("ev[0-9a-f]{1,15}", first["cursor"]) is None
    given = {"space": clinic.space, "after": first["cursor"]}
    second = (await clinic["sam"].ask(edges, **given))["events"]["edges"][0]
    async with clinic["sam"].watch(watch, **given) as stream:
        assert await anext(stream) == second["node"]
    for plain in ("ev1", "ev2", first["cursor"][:-2]):
        said = await clinic["sam"].send(edges, space=clinic.space, after=plain)
        assert said["errors"][0]["extensions"]["problems"][0]["path"] == "after"
