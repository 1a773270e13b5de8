"""The floor: the same shapes by hand, without GraphQL: a Starlette route, best queries, orjson.

What a careful person would write who knew that no other question would ever be asked: as few
commands as possible, projections, documents turned into the answer in place. Who asks is looked up
and remembered as Fivefold does, and what they may see is checked as Fivefold checks it.
"""

import argparse
import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import orjson
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.auth.permissions import allowed, standings
from app.auth.viewer import Viewer
from app.clock import now
from app.db.client import Database
from app.db.driver import aggregate
from app.db.paging import decode_cursor
from app.ids import new_id
from app.resolvers.context import Spaces
from app.resolvers.identity import Identities
from app.settings import Settings
from app.web.listening import build_server, listening_socket
from app.web.live import LiveConnections

Document = dict[str, Any]
Variables = dict[str, Any]


class Forbidden(Exception):
    """The viewer may not see that."""


class Asked:
    """One request: the database, the viewer and the variables."""

    def __init__(self, db: Database, spaces: Spaces, viewer: Viewer, variables: Variables) -> None:
        self.db = db
        self.viewer = viewer
        self.variables = variables
        self._spaces = spaces

    async def require(self, deed: str, space_id: str) -> None:
        """Let the viewer do the deed in a space.

        Raises:
            Forbidden: they may not.

        """
        space = await self._spaces.find(space_id)
        if space is None or not allowed(deed, standings(self.viewer, space_id, space["openness"])):
            raise Forbidden


EIGHT = dict.fromkeys(("key", "name", "unit", "tags", "count", "last_at", "last_value", "space"), 1)
TEN = dict.fromkeys(
    ("key", "name", "unit", "subject", "tags", "count", "last_at", "last_value", "created_at"), 1
)
ALERT = dict.fromkeys(
    ("status", "severity", "opened_at", "opened_value", "acknowledged_by", "series"), 1
)
LATEST_THREE = {
    "$lookup": {
        "from": "observations",
        "localField": "_id",
        "foreignField": "series",
        "pipeline": [
            {"$sort": {"at": -1, "_id": -1}},
            {"$limit": 3},
            {"$project": {"_id": 0, "at": 1, "value": 1}},
        ],
        "as": "latest",
    }
}
NEWEST_THREE = {
    "$lookup": {
        "from": "memberships",
        "localField": "_id",
        "foreignField": "space",
        "pipeline": [
            {"$sort": {"created_at": -1, "_id": -1}},
            {"$limit": 3},
            {"$project": {"_id": 0, "role": 1, "user": 1}},
        ],
        "as": "newest",
    }
}


async def one_series(asked: Asked) -> Document:
    """Answer Q1."""
    found = await asked.db["series"].find_one({"_id": asked.variables["id"]}, EIGHT)
    if found is None:
        return {"node": None}
    await asked.require("series.read", found["space"])
    return {
        "node": {
            "id": found["_id"],
            "key": found["key"],
            "name": found["name"],
            "unit": found["unit"],
            "tags": found["tags"],
            "count": found["count"],
            "lastAt": instant(found["last_at"]),
            "lastValue": found["last_value"],
        }
    }


async def alert_board(asked: Asked) -> Document:
    """Answer Q2: alerts, then at once their people, and their series with their observations."""
    db, space = asked.db, asked.variables["space"]
    for deed in ("alert.read", "series.read", "observations.read"):
        await asked.require(deed, space)
    cursor = db["alerts"].find({"space": space}, ALERT).sort([("opened_at", -1), ("_id", -1)])
    alerts = await cursor.limit(20).batch_size(21).to_list(None)
    people, series = await asyncio.gather(
        names(db, {alert["acknowledged_by"] for alert in alerts}),
        aggregate(
            db["series"],
            [
                {"$match": {"_id": {"$in": [alert["series"] for alert in alerts]}}},
                {"$project": {"name": 1, "unit": 1}},
                LATEST_THREE,
            ],
        ),
    )
    by_id = {one["_id"]: one for one in series}
    return {"alerts": {"nodes": [_shown_alert(one, people, by_id) for one in alerts]}}


def _shown_alert(
    alert: Document, people: dict[str, Document], series: dict[str, Document]
) -> Document:
    watched = series[alert["series"]]
    for seen in watched["latest"]:
        seen["at"] = instant(seen["at"])
    return {
        "id": alert["_id"],
        "status": alert["status"],
        "severity": alert["severity"],
        "openedAt": instant(alert["opened_at"]),
        "openedValue": alert["opened_value"],
        "acknowledgedBy": people.get(alert["acknowledged_by"]),
        "series": {
            "name": watched["name"],
            "unit": watched["unit"],
            "observations": {"nodes": watched["latest"]},
        },
    }


async def spaces_with_members(asked: Asked) -> Document:
    """Answer Q2b: spaces with their newest members, then the people."""
    db, mine = asked.db, list(asked.viewer.roles)
    # Each of the two parts comes in the order of the same index, so that nothing is sorted.
    hidden = {"openness": "HIDDEN", "_id": {"$in": mine}}
    listed = {"$or": [{"openness": {"$in": ["OPEN", "MEMBERS"]}}, hidden]}
    found = await aggregate(
        db["spaces"],
        [
            {"$match": listed},
            {"$sort": {"created_at": -1, "_id": -1}},
            {"$limit": 20},
            {"$project": dict.fromkeys(("name", "model", "openness", "created_at"), 1)},
            NEWEST_THREE,
        ],
    )
    for space in found:
        if not allowed("members.list", standings(asked.viewer, space["_id"], space["openness"])):
            raise Forbidden
    people = await names(db, {one["user"] for space in found for one in space["newest"]})
    return {
        "spaces": {
            "nodes": [
                {
                    "id": space["_id"],
                    "name": space["name"],
                    "model": space["model"],
                    "openness": space["openness"],
                    "createdAt": instant(space["created_at"]),
                    "members": {
                        "nodes": [
                            {"role": one["role"], "user": people.get(one["user"])}
                            for one in space["newest"]
                        ]
                    },
                }
                for space in found
            ]
        }
    }


async def two_pages(asked: Asked) -> Document:
    """Answer Q3."""
    space = asked.variables["space"]
    await asked.require("series.read", space)
    at, id = decode_cursor(asked.variables["after"], "after")
    beyond = {"$or": [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": id}}]}
    newest, following = await asyncio.gather(
        _rows(asked.db, {"space": space}),
        _rows(asked.db, {"$and": [{"space": space}, beyond]}),
    )
    return {"newest": {"nodes": newest}, "next": {"nodes": following}}


async def _rows(db: Database, filter: Document) -> list[Document]:
    cursor = db["series"].find(filter, TEN).sort([("created_at", -1), ("_id", -1)])
    return [
        {
            "id": row["_id"],
            "key": row["key"],
            "name": row["name"],
            "unit": row["unit"],
            "subject": row["subject"],
            "tags": row["tags"],
            "count": row["count"],
            "lastAt": instant(row["last_at"]),
            "lastValue": row["last_value"],
            "createdAt": instant(row["created_at"]),
        }
        for row in await cursor.limit(100).batch_size(101).to_list(None)
    ]


async def create_series(asked: Asked) -> Document:
    """Answer M1: a number for the event, then the series and the event in one transaction."""
    given, db, at = asked.variables["input"], asked.db, now()
    await asked.require("series.create", given["space"])
    series = {
        "_id": new_id("series"), "space": given["space"], "key": given["key"],
        "name": given["name"], "unit": given["unit"], "subject": None, "place": None, "tags": [],
        "expected_every_seconds": None, "late_tolerance_seconds": 86_400.0, "last_at": None,
        "last_value": None, "count": 0, "no_data_after_seconds": None, "no_data_due_at": None,
        "created_by": asked.viewer.user, "created_at": at, "version": 1,
    }  # fmt: skip
    counter = await db["counters"].find_one_and_update(
        {"_id": "events"}, {"$inc": {"value": 1}}, upsert=True, return_document=True
    )
    assert counter is not None
    event = {
        "_id": counter["value"], "type": "series.created", "space": given["space"],
        "subject": series["_id"], "actor": asked.viewer.user, "at": at, "recorded_at": at,
    }  # fmt: skip

    async def work(session: Any) -> None:
        await db["series"].insert_one(series, session=session)
        await db["events"].insert_one(event, session=session)

    await db.transaction(work)
    return {
        "createSeries": {
            "__typename": "Series",
            "id": series["_id"],
            "key": given["key"],
            "name": given["name"],
            "unit": given["unit"],
            "createdAt": instant(at),
        }
    }


async def names(db: Database, ids: set[str]) -> dict[str, Document]:
    """Return the names of people, by identifier."""
    found = db["users"].find({"_id": {"$in": list(ids)}}, {"name": 1}).batch_size(len(ids) + 1)
    return {person["_id"]: {"name": person["name"]} for person in await found.to_list(None)}


def instant(value: datetime) -> str:
    """Return an instant as it is shown."""
    return value.isoformat(timespec="milliseconds") + "Z"


BY_HAND: dict[str, Callable[[Asked], Awaitable[Document]]] = {
    "Q1": one_series,
    "Q2": alert_board,
    "Q2b": spaces_with_members,
    "Q3": two_pages,
    "M1": create_series,
}


class Floor:
    """The one route."""

    def __init__(self, settings: Settings) -> None:
        self._db = Database(settings.mongodb_uri or "", settings.database)
        self._spaces = Spaces(self._db)
        self._identities = Identities(self._db, settings, now)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        viewer = await self._identities.find_viewer(token)
        if viewer is None:
            return Response(status_code=401)
        asked = orjson.loads(await request.body())
        by_hand = BY_HAND[asked["operationName"]]
        try:
            found = await by_hand(Asked(self._db, self._spaces, viewer, asked["variables"]))
        except Forbidden:
            return Response(status_code=403)
        return Response(orjson.dumps({"data": found}), media_type="application/json")

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Close the database in the end."""
        yield
        await self._db.close()


async def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    floor = Floor(settings)
    app = Starlette(
        routes=[Route("/graphql", floor.answer, methods=["POST"])], lifespan=floor.lifespan
    )
    with listening_socket(settings) as listener:
        server = build_server(app, settings, LiveConnections())
        listener.listen()
        announce(listener)
        await server.serve(sockets=[listener])


def announce(listener: socket.socket) -> None:
    """Say the port to whoever started this."""
    print(listener.getsockname()[1], flush=True)


def main() -> None:
    """Read the arguments, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--uri", required=True)
    parser.add_argument("--database", required=True)
    given = parser.parse_args()
    uvloop.run(serve(Settings(mongodb_uri=given.uri, database=given.database, port=0)))


if __name__ == "__main__":
    main()
