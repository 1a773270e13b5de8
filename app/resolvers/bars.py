"""Bars: who hears of a new or changed posting, because it suits one of theirs well enough."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from app.db import match_events as match_events_db
from app.db import postings as postings_db
from app.db import presence as presence_db
from app.db import standings as standings_db
from app.db.client import Database
from app.db.documents import Event
from app.db.match_documents import Posting
from app.ids import kind_of
from app.matching.constraints import permitted
from app.matching.explain import shown
from app.matching.parties import Facts, Party, party
from app.matching.scoring import Worth, worth
from app.resolvers.context import Context
from app.resolvers.matchmaking import rules_in

ASKED_AT_ONCE = 500
JUDGED_AT_ONCE = 200

# The postings of a space on one side: those that want to hear of the other side's.
Waiting = dict[tuple[str, str], list[Party]]


class Suited(TypedDict):
    """One of somebody's own postings that another one suits, and how well."""

    mine: str
    score: float
    serves: float
    suits: float


class Suggestion(TypedDict):
    """A new or changed posting that suits somebody, as an item of a stream; the best suited first.

    `_id` is the item's own, `seq` the number of the event, `owner` whose the new posting is.
    """

    _id: str
    seq: int
    space: str
    at: datetime
    posting: str
    owner: str
    score: float
    suited: list[Suited]


async def suggest(
    ctx: Context, posted: Sequence[Event], people: Collection[str]
) -> dict[str, list[Suggestion]]:
    """Return whom of these people the postings of events suit, and which of theirs, by person.

    Judged are those alone who have set themselves a bar; what a posting suits less well than its
    owner's bar, or the space's least score, is left out. Both sides are judged with their places
    blurred, as in all suggestions. What belongs to people who do not take part any more suits
    nobody. Blocks are not looked at: whoever passes this on asks what the viewer may see.
    """
    bars = await _list_bars(ctx.db, posted, sorted(people))
    if not bars:
        return {}
    listed = await postings_db.list_postings(ctx.db, {event["subject"] for event in posted})
    listed = await presence_db.keep_present(ctx.db, listed)
    facts = await _find_facts(ctx, [*listed, *bars])
    waiting: Waiting = {}
    for bar in bars:
        if bar["space"] in facts:
            place = (bar["space"], kind_of(bar["_id"]) or "")
            waiting.setdefault(place, []).append(_blurred(bar, facts))
    new = {one["_id"]: _blurred(one, facts) for one in listed if one["space"] in facts}
    found: dict[str, list[Suggestion]] = {}
    for event in posted:
        fresh = new.get(event["subject"])
        if fresh is None:
            continue
        space = fresh.posting["space"]
        candidates = waiting.get((space, match_events_db.POSTED[event["type"]]), [])
        for owner, suited in (await _judge(fresh, candidates, facts[space])).items():
            found.setdefault(owner, []).append(_suggestion(event, owner, fresh, suited))
    return found


async def _list_bars(db: Database, posted: Sequence[Event], people: Sequence[str]) -> list[Posting]:
    """Return the postings of people that want to hear of what was posted."""
    spaces: dict[str, set[str]] = {}
    for event in posted:
        spaces.setdefault(match_events_db.POSTED[event["type"]], set()).add(event["space"] or "")
    bars: list[Posting] = []
    for start in range(0, len(people), ASKED_AT_ONCE):
        some = people[start : start + ASKED_AT_ONCE]
        for kind, wanted in spaces.items():
            bars += await match_events_db.list_bars(db, kind, some, wanted)
    return bars


async def _find_facts(ctx: Context, postings: Sequence[Posting]) -> Mapping[str, Facts]:
    """Return what holds in the spaces of postings, and what is known there of their owners."""
    at = ctx.services.clock()
    spaces = await ctx.services.spaces.find_many({posting["space"] for posting in postings})
    facts: dict[str, Facts] = {}
    for id, space in spaces.items():
        owners = {posting["owner"] for posting in postings if posting["space"] == id}
        people = await standings_db.list_standings(ctx.db, id, owners)
        facts[id] = Facts(at, rules_in(space), people)
    return facts


def _blurred(posting: Posting, facts: Mapping[str, Facts]) -> Party:
    here = facts[posting["space"]]
    return party(shown(posting, here), here)


async def _judge(fresh: Party, bars: Sequence[Party], facts: Facts) -> dict[str, list[Suited]]:
    """Return which postings a new one suits well enough, by their owners, the best first."""
    found: dict[str, list[Suited]] = {}
    for number, bar in enumerate(bars, 1):
        value = _suits(bar, fresh, facts)
        if value is not None:
            total, serves, suits = value
            suited = Suited(mine=bar.id, score=total, serves=serves, suits=suits)
            found.setdefault(bar.owner, []).append(suited)
        if number % JUDGED_AT_ONCE == 0:
            await asyncio.sleep(0)
    for theirs in found.values():
        theirs.sort(key=lambda one: (-one["score"], one["mine"]))
    return found


def _suits(bar: Party, fresh: Party, facts: Facts) -> Worth | None:
    """Return what a pair is worth if that is enough for the owner of the bar, and for the space."""
    need, offer = (bar, fresh) if kind_of(bar.id) == "needs" else (fresh, bar)
    if not permitted(need, offer, facts):
        return None
    value = worth(need, offer, facts)
    enough = max(facts.rules["least_score"], bar.posting.get("notify_above") or 0)
    return value if value.total >= enough else None


def _suggestion(event: Event, owner: str, fresh: Party, suited: list[Suited]) -> Suggestion:
    return Suggestion(
        _id=f"{event['_id']} {owner}",
        seq=event["_id"],
        space=fresh.posting["space"],
        at=event["at"],
        posting=fresh.id,
        owner=fresh.owner,
        score=suited[0]["score"],
        suited=suited,
    )
