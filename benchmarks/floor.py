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
from app.db.gates import GATES
from app.db.paging import decode_cursor
from app.ids import derived_id, new_id
from app.resolvers.context import Spaces
from app.resolvers.identity import Identities
from app.settings import Settings
from app.web.listening import build_server, listening_socket
from app.web.live import LiveConnections

Document = dict[str, Any]
COUNTED = ["ACKNOWLEDGED", "CAPTURED", "CONFIRMED", "DELIVERED"]
PUBLIC = ["OPEN", "SUCCEEDED", "FAILED", "FULFILLING", "FULFILLED"]
PLEDGED = dict.fromkeys(("space", "state", "goals", "deadline"), 1)
RIGHTS = ["COMMENT", "READ_UPDATES", "SUGGEST"]
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


EIGHT = dict.fromkeys(
    ("title", "category", "state", "mode", "share", "deadline", "created_at", "space"), 1
)
TEN = dict.fromkeys(
    (
        "title", "category", "type", "mode", "state", "round", "share", "deadline", "created_at",
    ),
    1,
)  # fmt: skip
CARD = dict.fromkeys(("title", "state", "share", "owner"), 1)
OPENED = {"opened_at": {"$type": "date"}}
LATEST_THREE = {
    "$lookup": {
        "from": "contributions",
        "localField": "_id",
        "foreignField": "campaign",
        "pipeline": [
            {"$match": {"state": {"$in": COUNTED}}},
            {"$sort": {"created_at": -1, "_id": -1}},
            {"$limit": 3},
            {"$project": {"amount": 1, "created_at": 1, "supporter": 1, "anonymous": 1}},
        ],
        "as": "latest",
    }
}


async def one_campaign(asked: Asked) -> Document:
    """Answer Q1."""
    found = await asked.db["campaigns"].find_one({"_id": asked.variables["id"], **OPENED}, EIGHT)
    if found is None:
        return {"campaign": None}
    await asked.require("campaign.read", found["space"])
    return {
        "campaign": {
            "id": found["_id"],
            "title": found["title"],
            "category": found["category"],
            "state": found["state"],
            "mode": found["mode"],
            "share": found["share"],
            "deadline": instant(found["deadline"]),
            "createdAt": instant(found["created_at"]),
        }
    }


async def campaign_cards(asked: Asked) -> Document:
    """Answer Q2: campaigns with their latest contributions, then all their people."""
    db, space = asked.db, asked.variables["space"]
    await asked.require("campaign.read", space)
    found = await aggregate(
        db["campaigns"],
        [
            {"$match": {"space": space, "state": {"$in": PUBLIC}}},
            {"$sort": {"created_at": -1, "_id": -1}},
            {"$limit": 20},
            {"$project": CARD},
            LATEST_THREE,
        ],
    )
    shown = {one["supporter"] for card in found for one in card["latest"] if not one["anonymous"]}
    people = await names(db, shown | {card["owner"] for card in found})
    return {"campaigns": {"nodes": [_shown_card(card, people) for card in found]}}


def _shown_card(card: Document, people: dict[str, Document]) -> Document:
    return {
        "id": card["_id"],
        "title": card["title"],
        "state": card["state"],
        "share": card["share"],
        "owner": people.get(card["owner"]),
        "contributions": {
            "nodes": [
                {
                    "amount": one["amount"],
                    "createdAt": instant(one["created_at"]),
                    "supporter": None if one["anonymous"] else people.get(one["supporter"]),
                }
                for one in card["latest"]
            ]
        },
    }


async def two_pages(asked: Asked) -> Document:
    """Answer Q3."""
    space = asked.variables["space"]
    await asked.require("campaign.read", space)
    listed = {"space": space, "state": {"$in": PUBLIC}}
    at, id = decode_cursor(asked.variables["after"], "after")
    beyond = {"$or": [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": id}}]}
    newest, following = await asyncio.gather(
        _rows(asked.db, listed), _rows(asked.db, {"$and": [listed, beyond]})
    )
    return {"newest": {"nodes": newest}, "next": {"nodes": following}}


async def _rows(db: Database, filter: Document) -> list[Document]:
    cursor = db["campaigns"].find(filter, TEN).sort([("created_at", -1), ("_id", -1)])
    return [
        {
            "id": row["_id"],
            "title": row["title"],
            "category": row["category"],
            "type": row["type"],
            "mode": row["mode"],
            "state": row["state"],
            "round": row["round"],
            "share": row["share"],
            "deadline": instant(row["deadline"]),
            "createdAt": instant(row["created_at"]),
        }
        for row in await cursor.limit(100).batch_size(101).to_list(None)
    ]


async def pledge(asked: Asked) -> Document:
    """Answer M1: all that a pledge writes, in one transaction, with the total added in place.

    The gate, the supporter's level, the ledger and the event are written as Fivefold writes them;
    only the total is added to the campaign, instead of being folded.
    """
    given, db, at, user = asked.variables["input"], asked.db, now(), asked.viewer.user or ""
    campaign = await db["campaigns"].find_one({"_id": given["campaign"], **OPENED}, PLEDGED)
    if campaign is None:
        raise Forbidden
    await asked.require("campaign.read", campaign["space"])
    await asked.require("contribution.make", campaign["space"])
    if campaign["state"] != "OPEN" or campaign["goals"][0]["currency"] != given["currency"]:
        raise Forbidden
    counter = await db["counters"].find_one_and_update(
        {"_id": "events"}, {"$inc": {"value": 1}}, upsert=True, return_document=True
    )
    assert counter is not None
    made, event, entry = _pledged(campaign, given, user, counter["value"], at)
    gate = {"_id": f"{campaign['_id']}:{sum(user.encode()) % GATES}", "open": True}
    level = {"campaign": campaign["_id"], "user": user, "rank": 0, "rights": RIGHTS}

    async def work(session: Any) -> None:
        passed = await db["gates"].update_one(gate, {"$inc": {"passed": 1}}, session=session)
        if passed.matched_count != 1:
            raise Forbidden
        await db["contributions"].insert_one(made, session=session)
        before = await db["levels"].find_one_and_update(
            {"_id": derived_id("levels", campaign["_id"], user)},
            {"$set": level},
            upsert=True,
            session=session,
        )
        fresh = int(before is None)
        await db["ledger"].insert_one({**entry, "supporters": fresh}, session=session)
        more = {"progress.MONEY.counted": made["amount"], "progress.MONEY.supporters": fresh}
        same = {"_id": campaign["_id"]}
        await db["campaigns"].update_one(same, {"$inc": more}, session=session)
        await db["events"].insert_one(event, session=session)

    await db.transaction(work)
    return {
        "contribute": {
            "__typename": "Contribution",
            "id": made["_id"],
            "amount": made["amount"],
            "currency": made["currency"],
            "state": made["state"],
            "createdAt": instant(at),
        }
    }


def _pledged(
    campaign: Document, given: Document, user: str, number: int, at: datetime
) -> tuple[Document, Document, Document]:
    """Return a contribution, its event and its entry in the ledger."""
    made = {
        "_id": new_id("contributions"), "campaign": campaign["_id"], "space": campaign["space"],
        "supporter": user, "kind": "MONEY", "amount": given["amount"],
        "currency": given["currency"], "tier": None, "rank": 0, "anonymous": False, "message": "",
        "state": "CONFIRMED", "provider": given["provider"], "reference": None,
        "sequence": 1_000, "round": 1, "reason": None, "asked": None, "due_at": None,
        "attempts": 0, "created_at": at, "updated_at": at, "version": 1,
    }  # fmt: skip
    event = {
        "_id": number, "type": "contribution.made", "space": campaign["space"],
        "subject": made["_id"], "actor": None, "at": at, "recorded_at": at,
        "within": campaign["_id"], "to": [user], "after": {"state": "CONFIRMED"},
    }  # fmt: skip
    entry = {
        "_id": number * 1_000, "campaign": campaign["_id"], "space": campaign["space"],
        "kind": "MONEY", "currency": given["currency"], "debit": "provider:HELD",
        "credit": "supporter:OWN", "amount": given["amount"], "cause": "CONFIRMED",
        "contribution": made["_id"], "expense": None, "at": at,
    }  # fmt: skip
    return made, event, entry


async def names(db: Database, ids: set[str]) -> dict[str, Document]:
    """Return the names of people, by identifier."""
    found = db["users"].find({"_id": {"$in": list(ids)}}, {"name": 1}).batch_size(len(ids) + 1)
    return {person["_id"]: {"name": person["name"]} for person in await found.to_list(None)}


def instant(value: datetime) -> str:
    """Return an instant as it is shown."""
    return value.isoformat(timespec="milliseconds") + "Z"


BY_HAND: dict[str, Callable[[Asked], Awaitable[Document]]] = {
    "Q1": one_campaign,
    "Q2": campaign_cards,
    "Q3": two_pages,
    "M1": pledge,
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
