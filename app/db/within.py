"""What an event may lie within: only as much of each thing as says who sees it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from app.db.client import Database
from app.db.driver import Document

SAYS: dict[str, tuple[str, ...]] = {
    "needs": ("owner",),
    "offers": ("owner",),
    "matches": ("need_owner", "offer_owner", "state"),
    "threads": ("space", "asker", "visibility", "invited", "state", "escalated_at"),
    "reports": ("space", "about"),
}


async def find_things(db: Database, ids: Mapping[str, AbstractSet[str]]) -> dict[str, Document]:
    """Return things by identifier, given the identifiers of each kind."""
    found: dict[str, Document] = {}
    for kind, wanted in ids.items():
        cursor = db[kind].find({"_id": {"$in": list(wanted)}}, dict.fromkeys(SAYS[kind], 1))
        found |= {thing["_id"]: thing for thing in await cursor.to_list(None)}
    return found
