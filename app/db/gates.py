"""Queries on gates and places: what lets no support slip in beside a closing, or beyond a limit.

All supporters of a campaign at once would wait for one document. So a campaign has several gates;
each contribution passes one of them, and closing shuts all of them in its own transaction. Places
of a limited level of support are one document to a level: there everybody has to wait, since there
is a last place.
"""

from collections.abc import Iterable

from app.db.campaign_documents import Tier
from app.db.client import Database
from app.db.driver import Document, Session, find
from app.db.writing import Writing

GATES = 16


def hot_spots(campaign: str, supporter: str, tier: str | None = None) -> list[str]:
    """Return what a gift is going to write that others write too: for `Database.turns`."""
    places = [] if tier is None else [_places(campaign, tier)]
    return [_gate_of(campaign, supporter), *places]


async def insert_gates(writing: Writing, campaign: str) -> None:
    """Set up the gates of a campaign, shut."""
    gates = [
        {"_id": _gate(campaign, n), "campaign": campaign, "open": False, "passed": 0}
        for n in range(GATES)
    ]
    await writing.insert("gates", *gates)


async def open_gates(writing: Writing, campaign: str) -> None:
    """Let support in."""
    await _set(writing, campaign, is_open=True)


async def shut_gates(writing: Writing, campaign: str) -> None:
    """Let no more support in: what is on its way through a gate comes before, or not at all."""
    await _set(writing, campaign, is_open=False)


async def pass_gate(writing: Writing, campaign: str, supporter: str) -> bool:
    """Let a contribution in; say whether the gate was open."""
    gate = {"_id": _gate_of(campaign, supporter), "open": True}
    return await writing.update("gates", (gate, {"$inc": {"passed": 1}})) == 1


async def hold_gate(writing: Writing, campaign: str, supporter: str) -> None:
    """Change something that was given at a gate, open or not: not beside a closing."""
    gate = {"_id": _gate_of(campaign, supporter)}
    await writing.update("gates", (gate, {"$inc": {"passed": 1}}))


async def insert_places(writing: Writing, campaign: str, tiers: Iterable[Tier]) -> None:
    """Set up the places of the levels that are limited."""
    places: list[Document] = [
        {"_id": _places(campaign, tier["id"]), "campaign": campaign, "left": tier["limit"]}
        for tier in tiers
        if tier["limit"] is not None
    ]
    await writing.insert("tiers", *places)


async def replace_places(writing: Writing, campaign: str, tiers: Iterable[Tier]) -> None:
    """Set up the places anew, of a campaign of which none is taken yet."""
    await writing.db["tiers"].delete_many({"campaign": campaign}, session=writing.session)
    await insert_places(writing, campaign, tiers)


async def take_place(writing: Writing, campaign: str, tier: str) -> bool:
    """Take a place of a limited level; say whether there was one left."""
    places = {"_id": _places(campaign, tier), "left": {"$gt": 0}}
    return await writing.update("tiers", (places, {"$inc": {"left": -1}})) == 1


async def give_place_back(writing: Writing, campaign: str, tier: str) -> None:
    """Give a place of a limited level back."""
    await writing.update("tiers", ({"_id": _places(campaign, tier)}, {"$inc": {"left": 1}}))


async def list_left(
    db: Database, campaigns: Iterable[str], session: Session | None = None
) -> dict[tuple[str, str], int]:
    """Return how many places are left, by campaign and level."""
    theirs = {"campaign": {"$in": list(campaigns)}}
    return {
        (places["campaign"], places["_id"].rpartition(":")[2]): places["left"]
        for places in await find(db["tiers"], theirs, session=session)
    }


async def _set(writing: Writing, campaign: str, *, is_open: bool) -> None:
    await writing.db["gates"].update_many(
        {"campaign": campaign}, {"$set": {"open": is_open}}, session=writing.session
    )


def _gate_of(campaign: str, supporter: str) -> str:
    # A person goes through the same gate always, so that two deeds of one person see each other.
    return _gate(campaign, sum(supporter.encode()) % GATES)


def _gate(campaign: str, n: int) -> str:
    return f"{campaign}:{n}"


def _places(campaign: str, tier: str) -> str:
    return f"{campaign}:{tier}"
