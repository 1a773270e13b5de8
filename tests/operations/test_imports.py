"""Entries in and out of a pool as files: tried out, brought in, taken back, handed out."""

import csv
import io
import json
from typing import Any

from tests.api import Person, World
from tests.clinic import FAILURES
from tests.pool import EDIT, HERE, LICENCE, joined, pool

IMPORT = f"""
mutation M($input: ImportEntriesInput!) {{ importEntries(input: $input) {{
  __typename
  ... on ImportReport {{
    rows created untold errors {{ line path message }} warnings {{ line path message }}
    skipped {{ line entries {{ title }} }}
    import {{ id source licence rows created undoneAt by {{ name }} }} }}
  {FAILURES} }} }}
"""
UNDO = """
mutation M($id: ID!) { undoImport(id: $id) {
  __typename ... on Import { takenBack left undoneAt }
  ... on Error { message } ... on WrongState { found } } }
"""
EXPORT = """
query Q($space: ID!, $format: FileFormat!, $first: Int, $after: String) {
  exportEntries(space: $space, format: $format, first: $first, after: $after) {
    text mediaType licence attribution endCursor hasNext } }
"""
TITLES = """
query Q($space: ID!) { poolEntries(space: $space, first: 100) {
  nodes { id title version facets { name value } source { name licence id } } } }
"""
TABLE = """id,title,category,longitude,latitude,WHEELCHAIR,STEPS
n1,Café Anna,food/cafe,4.35,50.84,SUITABLE,0
n2,Café Bernard,food/cafe,4.36,50.85,UNSUITABLE,3
n3,Town hall,office,4.37,50.86,,
"""
BROKEN = """id,title,category,longitude,latitude,WHEELCHAIR,STEPS,COLOUR
n1,Café Anna,food/cafe,4.35,50.84,SUITABLE,0,red
n2,,food/cafe,4.36,50.85,PERHAPS,3,
n3,Town hall,office,4.37,95,,many,
"""


class Desk:
    """A pool, who may import into it, and who may not."""

    def __init__(self, world: World, space: str, moderator: Person, member: Person) -> None:
        self.world = world
        self.space = space
        self.moderator = moderator
        self.member = member

    async def bring(self, text: str, who: Person | None = None, **more: Any) -> dict[str, Any]:
        """Return what comes of a table."""
        plain = {
            "space": self.space, "format": "CSV", "text": text, "source": "Town survey",
            "licence": "CC0-1.0",
        }  # fmt: skip
        done: dict[str, Any] = await (who or self.moderator).do(IMPORT, input=plain | more)
        return done

    async def entries(self) -> list[dict[str, Any]]:
        """Return what is in the pool."""
        found = await self.world.anonymous.ask(TITLES, space=self.space)
        nodes: list[dict[str, Any]] = found["poolEntries"]["nodes"]
        return sorted(nodes, key=lambda entry: str(entry["title"]))

    async def file(self, format: str, who: Person | None = None) -> str:
        """Return the whole file, put together of parts of two entries."""
        text: str = ""
        after = None
        while True:
            found = await (who or self.world.anonymous).ask(
                EXPORT, space=self.space, format=format, first=2, after=after
            )
            part = found["exportEntries"]
            text += part["text"]
            after = part["endCursor"]
            assert part["licence"] == LICENCE
            if not part["hasNext"]:
                return text


async def desk(world: World) -> Desk:
    """Return a pool with a moderator and a member."""
    owner = await world.person("ada")
    space = await pool(world, owner)
    moderator = await joined(world, space, await world.person("mo"), "MODERATOR")
    return Desk(world, space, moderator, await joined(world, space, await world.person("bo")))


async def test_a_trial_tells_all_that_is_wrong_by_its_line_and_writes_nothing(
    world: World,
) -> None:
    """Errors name line and column; what is not taken over is said too, and nothing comes in."""
    table = await desk(world)
    told = await table.bring(BROKEN, dryRun=True)
    assert (told["__typename"], told["rows"], told["import"]) == ("ImportReport", 3, None)
    wrong = {(error["line"], error["path"]) for error in told["errors"]}
    assert {line for line, _ in wrong} == {3, 4}
    assert {"title", "WHEELCHAIR"} <= {path for line, path in wrong if line == 3}
    assert any("COLOUR" in one["path"] + one["message"] for one in told["warnings"])
    real = await table.bring(BROKEN)
    assert (real["created"], real["import"]) == (1, None)
    assert await table.entries() == []
    tried = await table.bring(TABLE, dryRun=True)
    assert (tried["created"], tried["errors"], tried["import"]) == (3, [], None)
    assert await table.entries() == []


async def test_a_file_comes_in_once_with_its_provenance(world: World) -> None:
    """The same key gives the same import; the same rows of the same source come once."""
    table = await desk(world)
    first = await table.bring(TABLE, idempotencyKey="monday")
    assert (first["created"], first["import"]["by"]) == (3, {"name": "mo"})
    again = await table.bring(TABLE, idempotencyKey="monday")
    assert again["import"]["id"] == first["import"]["id"]
    rows = await table.bring(TABLE)
    assert (rows["created"], [one["line"] for one in rows["skipped"]]) == (0, [2, 3, 4])
    found = await table.entries()
    assert [entry["title"] for entry in found] == ["Café Anna", "Café Bernard", "Town hall"]
    assert found[0]["source"] == {"name": "Town survey", "licence": "CC0-1.0", "id": "n1"}
    assert {"name": "WHEELCHAIR", "value": "SUITABLE"} in found[0]["facets"]
    assert found[2]["facets"] == []

    alike = TABLE.replace("n1,Café Anna", "x9,Cafe Anna").split("\n")
    told = await table.bring("\n".join(alike[:2]), source="Another")
    assert [one["entries"] for one in told["skipped"]] == [[{"title": "Café Anna"}]]
    more = TABLE.splitlines()[0] + "\nn4,Library,office,4.40,50.90,PARTLY,1\n"
    on = await table.bring(more, continues=first["import"]["id"])
    assert (on["import"]["rows"], on["import"]["created"]) == (4, 4)


async def test_an_import_is_taken_back_but_for_what_others_have_worked_on(world: World) -> None:
    """Entries that nobody else touched go; the others stay, and it can be done once."""
    table = await desk(world)
    made = (await table.bring(TABLE))["import"]["id"]
    anna, *_ = await table.entries()
    edit = {"entry": anna["id"], "expectedVersion": 1, "title": "Chez Anna"}
    assert (await table.member.do(EDIT, input=edit))["__typename"] == "PoolEntry"
    assert (await table.member.do(UNDO, id=made))["__typename"] == "NotAllowed"
    undone = await table.moderator.do(UNDO, id=made)
    assert (undone["takenBack"], undone["left"]) == (2, 1)
    assert [entry["title"] for entry in await table.entries()] == ["Chez Anna"]
    again = await table.moderator.do(UNDO, id=made)
    assert (again["__typename"], again["found"]) == ("WrongState", "UNDONE")
    late = await table.bring(TABLE, continues=made)
    assert late["__typename"] == "WrongState"
    fresh = await table.bring(TABLE)
    assert fresh["created"] == 2


async def test_only_moderators_import_and_everybody_exports(world: World) -> None:
    """Strangers and members are refused; what is hidden from somebody is in no import either."""
    table = await desk(world)
    refused = [await table.bring(TABLE, who) for who in (table.member, world.anonymous)]
    assert [one["__typename"] for one in refused] == ["NotAllowed", "NotSignedIn"]
    absent = await table.bring(TABLE, space="spc_aaaa")
    assert absent["__typename"] == "NotFound"
    nameless = await table.bring(TABLE, source=" ", idempotencyKey="")
    assert {one["path"] for one in nameless["problems"]} == {"source", "idempotencyKey"}


async def test_a_pool_is_handed_out_under_its_licence_as_the_viewer_sees_it(world: World) -> None:
    """Parts make one file, which can be read back; sensitive places are blurred to strangers."""
    table = await desk(world)
    nest = f"n9,Falcon,nest,{HERE[0]},{HERE[1]},,\n"
    await table.bring(TABLE + nest)
    features = json.loads(await table.file("GEOJSON"))
    assert (features["licence"], len(features["features"])) == (LICENCE, 4)
    places = {
        feature["properties"]["title"]: feature["geometry"]["coordinates"]
        for feature in features["features"]
    }
    assert places["Café Anna"] == [4.35, 50.84]
    assert places["Falcon"] != HERE
    exact = json.loads(await table.file("GEOJSON", table.moderator))
    [falcon] = [one for one in exact["features"] if one["properties"]["title"] == "Falcon"]
    assert falcon["geometry"]["coordinates"] == HERE
    rows = list(csv.DictReader(io.StringIO(await table.file("CSV"))))
    assert {row["title"] for row in rows} == set(places)
    assert {row["licence"] for row in rows} == {LICENCE}
    told = await table.bring(await table.file("CSV"), source="Ourselves", dryRun=True)
    assert (told["errors"], told["created"], len(told["skipped"])) == ([], 0, 4)
