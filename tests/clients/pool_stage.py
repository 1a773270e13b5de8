"""Whom and what the pool's examples meet.

Ada maps Strasbourg, Ben is new there, Mia moderates, and Olga runs the server and owns the space.
The station is Ada's and nobody else has touched it; Ben, who did not look, has added it once more.
The museum is Ben's, without his name; Ada has changed what he said of it, and it was seen long ago.
"""

from typing import Any

from tests.agreeing import said, tapped
from tests.api import Person, World
from tests.clients.place import Stage
from tests.pool import contributed, edited, facets, history

NOBODY = {
    "pool-rules",
    "pool-near",
    "pool-search",
    "pool-possible-duplicates",
    "pool-map",
    "pool-coverage",
    "pool-signal",
    "pool-export",
}
SENDERS = {
    "pool-create-space": "olga",
    "pool-update-rules": "olga",
    "pool-said": "mia",
    "pool-contribute-line": "ben",
    "pool-offered": "ben",
    "pool-confirm-instead": "ben",
    "pool-conflict": "ben",
    "pool-confirm": "ben",
    "pool-dispute": "ben",
    "pool-return": "ben",
    "pool-try-import": "mia",
    "pool-import": "mia",
    "pool-undo-import": "mia",
    "pool-unpatrolled": "mia",
    "pool-patrol": "mia",
    "pool-hide": "mia",
    "pool-restore": "mia",
    "pool-declare-gone": "mia",
    "pool-revert-all": "mia",
    "pool-reversals": "mia",
}
FIRST = {
    "pool-conflict": ["pool-edit"],
    "pool-return": ["pool-declare-gone"],
    "pool-restore": ["pool-hide"],
    "pool-reversals": ["pool-revert-all"],
}
REFUSED = {"pool-conflict": "Conflict"}

OPEN = """
mutation M { createSpace(input: {
  name: "Strasbourg for everybody", model: POOL, domain: SOCIAL, openness: OPEN
}) { ... on Space { id version } ... on Error { message } } }
"""
RULES = """
mutation M($input: UpdatePoolRulesInput!) { updatePoolRules(input: $input) {
  ... on Space { id version } ... on Error { message }
  ... on InvalidInput { problems { path message } } } }
"""
JOIN = "mutation M($space: ID!) { joinSpace(space: $space) { __typename } }"
WATCH = """
mutation M($input: WatchAreaInput!) { watchArea(input: $input) { ... on Node { id } } }
"""
IMPORT = """
mutation M($input: ImportEntriesInput!) { importEntries(input: $input) {
  ... on ImportReport { import { id } } ... on Error { message } } }
"""
NEEDS = [{"name": name, "kind": "SUITABILITY"} for name in ("WHEELCHAIR", "BLIND", "STROLLER")]
KINDS = [
    *NEEDS,
    {"name": "STEPS", "kind": "NUMBER", "least": 0, "most": 100, "unit": "steps"},
    {"name": "LIFT", "kind": "FLAG"},
]
LONG_AGO = "2024-05-14T10:00:00Z"
STATION: dict[str, Any] = {
    "title": "Strasbourg-Ville",
    "category": "transport/station",
    "place": {"type": "Point", "coordinates": [7.7345, 48.5850]},
    "facets": facets(WHEELCHAIR="SUITABLE", STEPS=0, LIFT=True),
}
TWIN: dict[str, Any] = {
    "title": "Gare de Strasbourg",
    "category": "transport/station",
    "place": {"type": "Point", "coordinates": [7.7343, 48.5852]},
    "facets": facets(STROLLER="SUITABLE"),
    "evenIfSimilar": True,
}
MUSEUM: dict[str, Any] = {
    "title": "Musée alsacien",
    "category": "culture/museum",
    "place": {"type": "Point", "coordinates": [7.7509, 48.5792]},
    "facets": facets(WHEELCHAIR="UNSUITABLE", STEPS=3),
    "observedAt": LONG_AGO,
    "anonymous": True,
}
PARKS = """id,title,category,longitude,latitude,WHEELCHAIR
p1,Parc de l'Orangerie,park,7.7740,48.5920,SUITABLE
p2,Jardin botanique,park,7.7668,48.5838,PARTLY
"""


async def furnish(world: World, stage: Stage) -> None:
    """Add a pool with a station, the same once more, a museum and two parks, and Ada's area."""
    ada, ben, olga = stage.ada, stage.ben, stage.olga
    mia = stage.others["mia"] = await world.person("mia")
    space = stage.ids["spc"] = await _open(olga)
    await ada.do(JOIN, space=space)
    await world.role(olga, space, mia, "MODERATOR")
    west, north = STATION["place"]["coordinates"]
    around = {"point": {"longitude": west, "latitude": north}, "radiusM": 3000}
    watched = {"space": space, "name": "Around the station", "filter": {"near": around}}
    stage.ids["are"] = await _made(ada, WATCH, watched)
    stage.ids["ent"] = (await contributed(ada, space, **STATION))["id"]
    stage.ids["ent_twin"] = (await contributed(ben, space, **TWIN))["id"]
    museum = await contributed(ben, space, **MUSEUM)
    stage.ids["ent_museum"] = museum["id"]
    change = facets(WHEELCHAIR="PARTLY", STEPS=1)
    told = "In by the yard."
    await edited(ada, museum, facets=change, summary=told, observedAt=LONG_AGO)
    stage.ids["erv_museum"] = (await history(ada, museum["id"]))[-1]["id"]
    await said(mia, stage.ids["ent"])
    await tapped(mia, stage.ids["ent"], "CHANGED", "BLIND")
    given = {"space": space, "format": "CSV", "text": PARKS, "source": "Survey of the parks"}
    report = await mia.do(IMPORT, input={**given, "licence": "CC0-1.0"})
    stage.ids["imp"] = report["import"]["id"]


async def happen(stage: Stage, _name: str) -> str:
    """Let Ben add a library near the station; return its identifier, which streams tell."""
    library = {
        "title": "Médiathèque Olympe de Gouges",
        "category": "culture/library",
        "place": {"type": "Point", "coordinates": [7.7424, 48.5871]},
        "facets": facets(WHEELCHAIR="SUITABLE"),
    }
    made = await contributed(stage.ben, stage.ids["spc"], **library)
    id: str = made["id"]
    return id


async def _open(owner: Person) -> str:
    space = await owner.do(OPEN)
    rules = {"licence": "ODbL-1.0", "facets": KINDS, "sensitiveCategories": ["home"]}
    asked = {"space": space["id"], "expectedVersion": space["version"], **rules}
    return await _made(owner, RULES, asked)


async def _made(person: Person, deed: str, given: dict[str, Any]) -> str:
    done = await person.do(deed, input=given)
    assert "id" in done, done
    id: str = done["id"]
    return id
