"""Watched areas: filters that somebody keeps, and what has changed in them since."""

from typing import Any

from tests.agreeing import moving
from tests.api import Person, World
from tests.pool import edited, entry, point, pool, set_rules

FAILURES = "... on Error { message code } ... on InvalidInput { problems { path message } }"
AREA = """
  __typename
  ... on WatchedArea { id name createdAt unseen { count hasMore } space { id }
    filter { near { point { longitude latitude } radiusM }
      withinBox { west south east north } withinPolygon { longitude latitude }
      categories facets { name eq in least most } suitability { need in } states fresh
      observedSince observedUntil text } }
"""
WATCH = f"""
mutation M($input: WatchAreaInput!) {{ watchArea(input: $input) {{ {AREA} {FAILURES} }} }}
"""
UNWATCH = """
mutation M($id: ID!) { unwatchArea(id: $id) {
  __typename ... on EndedWatch { area { name } } ... on Error { code } } }
"""
SEEN = f"""
mutation M($area: ID!, $cursor: String) {{
  markAreaSeen(input: {{area: $area, cursor: $cursor}}) {{ {AREA} {FAILURES} }} }}
"""
MINE = f"query Q {{ watchedAreas {{ totalCount nodes {{ {AREA} }} }} }}"
CHANGES = """
query Q($watch: ID!, $first: Int! = 20, $after: String) {
  areaChanges(watch: $watch, first: $first, after: $after) {
    cursor hasMore isTrimmed items { kind cursor entryId entry { title } } } }
"""
LIVE = """
subscription S($watch: ID, $after: String) { poolChanged(watch: $watch, after: $after) {
  ... on PoolChange { kind entry { title } } } }
"""
EVENTS = "query Q($id: ID!) { events(filter: {subject: $id}) { nodes { type } } }"
LONGITUDE, LATITUDE = point()["coordinates"]
MIDDLE = {"longitude": LONGITUDE, "latitude": LATITUDE}
NEARBY = {"near": {"point": MIDDLE, "radiusM": 100}}


async def watched(person: Person, space: str, **changes: Any) -> dict[str, Any]:
    """Return what comes of watching the surroundings."""
    given = {"space": space, "name": "Around here", "filter": NEARBY, **changes}
    done: dict[str, Any] = await person.do(WATCH, input=given)
    return done


async def changes(person: Person, area: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Return what has changed in an area."""
    found: dict[str, Any] = await person.do(CHANGES, watch=area["id"], **given)
    return found


async def unseen(person: Person) -> dict[str, int]:
    """Return how much somebody has not seen, by the names of their areas."""
    areas = (await person.do(MINE))["nodes"]
    return {area["name"]: area["unseen"]["count"] for area in areas}


async def test_what_changes_is_unseen_until_it_is_marked(world: World) -> None:
    """It can be read in pieces and followed live, and counts until it is marked, up to there."""
    ada, ben = await world.person("ada"), await world.person("ben")
    space = await pool(world, ada)
    before = await entry(ada, space, title="Hall")
    area = await watched(ben, space)
    assert (area["__typename"], area["unseen"]) == ("WatchedArea", {"count": 0, "hasMore": False})
    await watched(ben, space, name="Cafés", filter={"text": "café"})
    await edited(ada, before, title="Café")
    await entry(ada, space, title="Far away", place=point(500))
    await entry(ada, space, title="Lift", place=point(50))
    assert await unseen(ben) == {"Around here": 2, "Cafés": 1}
    first = await changes(ben, area, first=1)
    assert [(one["kind"], one["entry"]["title"]) for one in first["items"]] == [("UPDATED", "Café")]
    assert first["hasMore"] is True
    second = await changes(ben, area, first=1, after=first["cursor"])
    assert [one["entry"]["title"] for one in second["items"]] == ["Lift"]
    rest = await changes(ben, area, after=second["cursor"])
    assert (rest["items"], rest["hasMore"], rest["isTrimmed"]) == ([], False, False)
    async with ben.watch(LIVE, watch=area["id"], after=first["items"][0]["cursor"]) as items:
        assert await anext(items) == {"kind": "ENTERED", "entry": {"title": "Lift"}}
    marked = await ben.do(SEEN, area=area["id"], cursor=first["cursor"])
    assert marked["unseen"]["count"] == 1
    await ben.do(SEEN, area=area["id"])
    back = await ben.do(SEEN, area=area["id"], cursor=first["cursor"])
    assert back["unseen"]["count"] == 0
    assert await unseen(ben) == {"Around here": 0, "Cafés": 1}


async def test_an_area_is_its_persons_alone(world: World) -> None:
    """Others find it not; it is told of to nobody else; unwatching ends it."""
    ada, ben = await world.person("ada"), await world.person("ben")
    space = await pool(world, ada)
    area = await watched(ben, space)
    assert (await watched(world.anonymous, space))["__typename"] == "NotSignedIn"
    for query in (CHANGES, LIVE):
        asked = {"watch": area["id"]}
        if query is CHANGES:
            body = await ada.send(query, **asked)
            assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (await ada.do(UNWATCH, id=area["id"]))["code"] == "NOT_FOUND"
    assert (await ada.do(SEEN, area=area["id"]))["__typename"] == "NotFound"
    assert await ada.ask(EVENTS, id=area["id"]) == {"events": {"nodes": []}}
    assert (await ben.do(UNWATCH, id=area["id"]))["area"] == {"name": "Around here"}
    assert (await ben.do(UNWATCH, id=area["id"]))["code"] == "NOT_FOUND"
    told = (await ben.ask(EVENTS, id=area["id"]))["events"]["nodes"]
    assert [event["type"] for event in told] == ["area.watched", "area.unwatched"]
    assert await unseen(ben) == {}


async def test_a_filter_is_kept_as_it_was_given(world: World) -> None:
    """Every part of it; the same key and input give the same area; what is wrong is refused."""
    ada = await world.person("ada")
    space = await pool(world, ada)
    ring = [MIDDLE, {**MIDDLE, "longitude": 4.4}, {**MIDDLE, "latitude": 50.9}, MIDDLE]
    filter = {
        **NEARBY,
        "withinBox": {"west": 4.3, "south": 50, "east": 4.4, "north": 51},
        "withinPolygon": ring,
        "categories": ["food"],
        "facets": [{"name": "STEPS", "in": [1, 2]}, {"name": "LIFT", "eq": True}],
        "suitability": [{"need": "WHEELCHAIR", "in": ["SUITABLE", "UNKNOWN"]}],
        "states": ["PUBLISHED", "GONE"],
        "fresh": False,
        "observedSince": "2026-01-01T00:00:00.000Z",
        "observedUntil": "2026-02-01T00:00:00.000Z",
        "text": "café",
    }
    kept = await watched(ada, space, filter=filter, idempotencyKey="k")
    shown = kept["filter"]
    test = {"eq": None, "in": None, "least": None, "most": None}
    filter["facets"] = [{**test, **one} for one in filter["facets"]]  # type: ignore[attr-defined]
    assert shown == filter
    again = await watched(ada, space, filter=filter, idempotencyKey="k")
    assert again["id"] == kept["id"]
    other = await watched(ada, space, idempotencyKey="k")
    assert other["__typename"] == "Conflict"
    empty = await watched(ada, space, name=" ")
    assert empty["problems"][0]["path"] == "name"
    hidden = await watched(ada, space, filter={"states": ["HIDDEN"]})
    assert hidden["__typename"] == "WatchedArea"
    nobody = await watched(await world.person("ben"), space, filter={"states": ["HIDDEN"]})
    assert nobody["__typename"] == "NotAllowed"


async def test_who_may_not_read_the_pool_any_more_sees_no_changes(world: World) -> None:
    """Nor how many there are; the area stays theirs. What is hidden counts only as having left."""
    ada, ben = await world.person("ada"), await world.person("ben")
    space = await pool(world, ada)
    area = await watched(ben, space)
    made = await entry(ada, space, title="Café")
    await ada.do(moving("hideEntry"), entry=made["id"])
    found = await changes(ben, area)
    assert [(one["kind"], one["entry"]) for one in found["items"]] == [("LEFT", None)]
    await set_rules(world, space, openness="MEMBERS")
    assert await unseen(ben) == {"Around here": 0}
    body = await ben.send(CHANGES, watch=area["id"])
    assert body["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
