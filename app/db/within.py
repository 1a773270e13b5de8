"""What an event may lie within: only as much of each thing as says who sees it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from app.db.client import Database
from app.db.driver import Document, find_by_ids

SAYS: dict[str, tuple[str, ...]] = {
    "needs": ("owner",),
    "offers": ("owner",),
    "matches": ("need_owner", "offer_owner", "state"),
    "threads": ("space", "asker", "visibility", "invited", "state", "escalated_at"),
    "reports": ("space", "about"),
    "entries": ("space", "state", "created_by"),
    "imports": ("space",),
    "campaigns": ("space", "owner", "team", "opened_at", "state"),
    "updates": ("space", "campaign", "audience", "rank", "public_at"),
    "comments": ("space", "campaign", "audience", "rank", "public_at"),
    "polls": ("space", "campaign", "closes_at"),
}
# Who sees these is said by the campaign, too, as it is at that moment: it stands under `of`.
OF_CAMPAIGNS = ("updates", "comments", "polls")


async def find_things(db: Database, ids: Mapping[str, AbstractSet[str]]) -> dict[str, Document]:
    """Return things by identifier, given the identifiers of each kind."""
    found: dict[str, Document] = {}
    for kind, wanted in ids.items():
        things = await find_by_ids(db[kind], wanted, dict.fromkeys(SAYS[kind], 1))
        found |= {thing["_id"]: thing for thing in things}
    theirs = (id for kind in OF_CAMPAIGNS for id in ids.get(kind, ()))
    await _add_campaigns(db, [found[id] for id in theirs if id in found])
    return found


async def _add_campaigns(db: Database, things: list[Document]) -> None:
    if not things:
        return
    wanted, fields = {thing["campaign"] for thing in things}, dict.fromkeys(SAYS["campaigns"], 1)
    found = await find_by_ids(db["campaigns"], wanted, fields)
    campaigns = {campaign["_id"]: campaign for campaign in found}
    for thing in things:
        thing["of"] = campaigns[thing["campaign"]]
