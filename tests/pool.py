"""A space with a pool, as the tests of entries need it: its people, and what they know."""

from typing import Any

from app.db.spaces import membership_id
from app.pooling.rules import facet_kind
from tests.api import Person, World
from tests.clinic import FAILURES

ENTRY = """
  __typename
  ... on PoolEntry {
    id title category place point { longitude latitude } blurred accuracyM evidence observedAt
    state anonymous version licence attribution createdAt updatedAt possible
    mergedInto { id } space { id } creator { name } contributors { name }
    facets { name kind unit value observedAt checkedAt staleAt stale anonymous
      contributor { name }
      consensus { value confidence supporters dissenters disputed verified why } } }
"""
CONTRIBUTE = f"""
mutation M($input: ContributeEntryInput!) {{ contributeEntry(input: $input) {{
  {ENTRY} {FAILURES}
  ... on PossibleDuplicates {{ entries {{ score distanceM why entry {{ id title }} }} }} }} }}
"""
EDIT = f"""
mutation M($input: EditEntryInput!) {{ editEntry(input: $input) {{
  {ENTRY} {FAILURES} ... on Conflict {{ paths }} }} }}
"""
REVERT = f"""
mutation M($input: RevertEntryInput!) {{ revertEntry(input: $input) {{ {ENTRY} {FAILURES} }} }}
"""
MERGE = f"""
mutation M($from: ID!, $into: ID!) {{
  mergeEntries(input: {{from: $from, into: $into, summary: "The same."}}) {{
    {ENTRY} {FAILURES} }} }}
"""
READ = f"query Q($id: ID!) {{ node(id: $id) {{ {ENTRY} }} }}"
HISTORY = """
query Q($id: ID!, $first: Int, $after: String) { poolEntry(id: $id) {
  revisions(first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    nodes { id version cause summary at anonymous changed by { name }
      diff { path before after } } } } }
"""
# In Brussels, near the Porte de Namur.
HERE = [4.3612, 50.8382]
GRID = 1_000
LICENCE = "ODbL-1.0"
STEPS = facet_kind(
    {"name": "STEPS", "kind": "NUMBER", "least": 0.0, "most": 100.0, "unit": "steps"}
)
FACETS = [
    facet_kind({"name": "WHEELCHAIR"}),
    facet_kind({"name": "BLIND"}),
    STEPS,
    facet_kind({"name": "LIFT", "kind": "FLAG"}),
    facet_kind({"name": "ENTRANCE", "kind": "CHOICE", "choices": ["Front", "Side"]}),
    facet_kind({"name": "NOTE", "kind": "TEXT"}),
]


async def pool(world: World, owner: Person, *, openness: str = "OPEN", **rules: Any) -> str:
    """Return a space of an owner with a pool under a licence; `openness` is the space's."""
    space = await world.space(owner, openness=openness)
    await world.db["spaces"].update_one({"_id": space}, {"$set": {"enabled_models": ["POOL"]}})
    held = {"licence": LICENCE, "facets": FACETS, "sensitive_categories": ["nest"], **rules}
    await set_rules(world, space, **held)
    return space


async def set_rules(world: World, space: str, **rules: Any) -> None:
    """Let rules hold in a pool, besides those that do."""
    change = {f"pool.{name}": value for name, value in rules.items()}
    await world.db["spaces"].update_one({"_id": space}, {"$set": change})
    world.engine.services.spaces.forget(space)


async def joined(world: World, space: str, person: Person, role: str = "MEMBER") -> Person:
    """Return somebody who belongs to a space from now on."""
    membership = {
        "_id": membership_id(space, person.id or ""),
        "space": space,
        "user": person.id,
        "role": role,
        "created_at": world.clock(),
        "version": 1,
    }
    await world.db["memberships"].insert_one(membership)
    return person


def facets(**values: Any) -> list[dict[str, Any]]:
    """Return facets as inputs have them."""
    return [{"name": name, "value": value} for name, value in values.items()]


def point(east_metres: float = 0, north_metres: float = 0) -> dict[str, Any]:
    """Return a point so far from here, about."""
    longitude, latitude = HERE
    return {
        "type": "Point",
        "coordinates": [
            round(longitude + east_metres / 70_230, 7),
            round(latitude + north_metres / 111_195, 7),
        ],
    }


async def contributed(person: Person, space: str, **changes: Any) -> dict[str, Any]:
    """Return what comes of contributing a café, changed as is said."""
    given = {
        "space": space,
        "title": "Café Central",
        "category": "food/cafe",
        "place": point(),
        "facets": facets(WHEELCHAIR="SUITABLE"),
        **changes,
    }
    done: dict[str, Any] = await person.do(CONTRIBUTE, input=given)
    return done


async def entry(person: Person, space: str, **changes: Any) -> dict[str, Any]:
    """Return a fresh entry of somebody's: a café, changed as is said."""
    done = await contributed(person, space, **{"evenIfSimilar": True, **changes})
    assert done["__typename"] == "PoolEntry", done
    return done


async def edited(
    person: Person, entry: dict[str, Any], version: int | None = None, **changes: Any
) -> dict[str, Any]:
    """Return what comes of editing an entry, as it was read or as it was in a version."""
    expected = entry["version"] if version is None else version
    given = {"entry": entry["id"], "expectedVersion": expected, **changes}
    done: dict[str, Any] = await person.do(EDIT, input=given)
    return done


async def reverted(person: Person, entry: dict[str, Any], version: int) -> dict[str, Any]:
    """Return what comes of setting an entry, as it was read, back to a version."""
    [revision] = [one for one in await history(person, entry["id"]) if one["version"] == version]
    given = {
        "toRevision": revision["id"],
        "expectedVersion": entry["version"],
        "summary": "It was right.",
    }
    done: dict[str, Any] = await person.do(REVERT, input=given)
    return done


async def merged(person: Person, one: dict[str, Any], into: dict[str, Any]) -> dict[str, Any]:
    """Return what comes of merging an entry into another."""
    done: dict[str, Any] = await person.do(MERGE, **{"from": one["id"], "into": into["id"]})
    return done


async def read(person: Person, id: str) -> Any:
    """Return an entry as somebody sees it, or None."""
    return (await person.ask(READ, id=id))["node"]


async def history(person: Person, id: str) -> list[dict[str, Any]]:
    """Return all that an entry ever was, the latest first, as somebody sees it."""
    found = await person.ask(HISTORY, id=id, first=100)
    nodes: list[dict[str, Any]] = found["poolEntry"]["revisions"]["nodes"]
    return nodes


def values(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the plain values of an entry's facets."""
    return {facet["name"]: facet["value"] for facet in entry["facets"]}
