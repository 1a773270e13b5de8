"""Pairs that a space proposes by itself: each becomes a match if, when it is written, it may."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from app.db import blocks as blocks_db
from app.db import pairing as pairing_db
from app.db import presence as presence_db
from app.db import seats as seats_db
from app.db.match_documents import Match, Need, Offer, Posting
from app.db.postings import Kind
from app.db.writing import Writing, write
from app.ids import new_id
from app.matching.candidates import Candidate
from app.matching.constraints import permitted
from app.matching.explain import shown
from app.matching.opening import Proposal, first_common, open_match, shown_score
from app.matching.parties import Facts, party
from app.resolvers.context import Context
from app.resolvers.match_course import match_event
from app.resolvers.matchmaking import MOST_OPEN_BETWEEN, MOST_OPEN_OF_POSTING

PROPOSED_AT_ONCE = 50

Pair = tuple[Need, Offer]


async def propose_pairs(ctx: Context, pairs: Sequence[Candidate], facts: Facts) -> int:
    """Propose pairs to their owners, some in each transaction. Return how many became matches.

    A pair is passed over that may not be any more: one of the two has ended, is taken, or does not
    suit the other any longer, by the places as they are shown; its owner takes no part any more;
    one has blocked the other; they have met meanwhile; or too much is open for one of them.
    """
    proposed = 0
    for start in range(0, len(pairs), PROPOSED_AT_ONCE):
        some = {new_id("matches"): pair for pair in pairs[start : start + PROPOSED_AT_ONCE]}
        proposed += await write(ctx.db, ctx.now, partial(_propose, ctx.viewer.actor, some, facts))
        ctx.services.log.nudge()
    return proposed


async def _propose(
    actor: str | None, pairs: dict[str, Candidate], known: Facts, writing: Writing
) -> int:
    """Propose pairs by the identifiers that their matches get, in one transaction."""
    found = await _find_sound(writing, pairs, known)
    matches = [_open(id, need, offer, known) for id, (need, offer) in found.items()]
    if not matches:
        return 0
    postings = {posting["_id"]: posting for pair in found.values() for posting in pair}
    await pairing_db.claim_postings(writing, list(postings.values()))
    await seats_db.claim_people(writing, {posting["owner"] for posting in postings.values()})
    await writing.insert("matches", *matches)
    drafts = (match_event("match.proposed", one, writing.at, actor=actor) for one in matches)
    await writing.append(*drafts)
    return len(matches)


async def _find_sound(
    writing: Writing, pairs: dict[str, Candidate], known: Facts
) -> dict[str, Pair]:
    """Return needs and offers as they are by now, of those pairs that still may be."""
    wanted = {pair.need for pair in pairs.values()}, {pair.offer for pair in pairs.values()}
    needs: dict[str, Any] = await _list_present(writing, "needs", wanted[0])
    offers: dict[str, Any] = await _list_present(writing, "offers", wanted[1])
    met = await pairing_db.list_met(writing.db, "need", list(needs), writing.session)
    apart = {(one["need"], one["offer"]) for one in met}
    people = {posting["owner"] for posting in (*needs.values(), *offers.values())}
    blocks = await blocks_db.list_blocks_among(writing.db, people, writing.session)
    facts = Facts(known.at, known.rules, known.people, blocks)
    left = (
        (id, (needs[pair.need], offers[pair.offer]))
        for id, pair in pairs.items()
        if pair.need in needs and pair.offer in offers and (pair.need, pair.offer) not in apart
    )
    sound = {
        id: pair
        for id, pair in left
        if permitted(
            party(shown(pair[0], facts), facts), party(shown(pair[1], facts), facts), facts
        )
    }
    return await _leave_out_crowded(writing, sound)


async def _list_present(writing: Writing, kind: Kind, ids: set[str]) -> dict[str, Posting]:
    """Return needs or offers by identifier, of people who take part in the space by now."""
    found = await pairing_db.list_postings(writing, kind, ids)
    present = await presence_db.keep_present(writing.db, [*found.values()], writing.session)
    return {posting["_id"]: posting for posting in present}


async def _leave_out_crowded(writing: Writing, pairs: dict[str, Pair]) -> dict[str, Pair]:
    """Return pairs without those by which too much would be open: for a posting, or between two."""
    people = {_owners(pair) for pair in pairs.values()}
    between = Counter(await pairing_db.count_between(writing.db, people, writing.session))
    opened = Counter[str]()
    needs, offers = ({pair[n]["_id"] for pair in pairs.values()} for n in range(2))
    opened.update(await pairing_db.count_open(writing, "need", needs))
    opened.update(await pairing_db.count_open(writing, "offer", offers))
    left: dict[str, Pair] = {}
    for id, pair in pairs.items():
        both, owners = [posting["_id"] for posting in pair], frozenset(_owners(pair))
        if between[owners] >= MOST_OPEN_BETWEEN:
            continue
        if all(opened[one] < MOST_OPEN_OF_POSTING for one in both):
            opened.update(both)
            between[owners] += 1
            left[id] = pair
    return left


def _owners(pair: Pair) -> tuple[str, str]:
    return pair[0]["owner"], pair[1]["owner"]


def _open(id: str, need: Need, offer: Offer, facts: Facts) -> Match:
    window = first_common(need, offer, facts.at)
    proposal = Proposal(facts.at, facts.rules, window=window)
    return open_match(id, need, offer, shown_score(need, offer, facts), proposal)
