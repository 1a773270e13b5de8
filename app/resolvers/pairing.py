"""What is done with a whole space at once: pair its needs and offers, and propose the pairs."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict, cast

from app.db import leases
from app.db.documents import Space
from app.db.events import Draft
from app.db.writing import Writing, find_done, write_once
from app.failures import InvalidInput, Problem
from app.matching.assignment import insist_on_solver
from app.matching.candidates import Candidate
from app.matching.parcels import Known, Outcome, pair_known, unpack_pairs
from app.matching.parties import Facts
from app.matching.terms import Mode
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.market import Market, gather
from app.resolvers.matchmaking import insist_on_matchmaker, rules_in
from app.resolvers.pair_proposals import propose_pairs

PAIRS_SHOWN = 100
LEASE_SECONDS = 10.0


class MatchedPair(TypedDict):
    """A need and an offer that were paired, and how well they suit each other."""

    need: str
    offer: str
    score: float
    serves: float
    suits: float


class MatchingRun(TypedDict):
    """What came of pairing a space.

    Attributes:
        pairs: the best of the pairs; `pair_count` says how many there are.
        proposed: how many of them were proposed.
        considered: how many pairs could have been.
        total: the sum of their scores, and `lowest` the least of them, if there are any.
        lone_needs: how many needs have no partner, and `lone_offers` how many offers.
        weights: how much each part of the score counted.

    """

    space: str
    mode: str
    dry_run: bool
    at: datetime
    pairs: list[MatchedPair]
    pair_count: int
    proposed: int
    considered: int
    total: float
    lowest: float | None
    lone_needs: int
    lone_offers: int
    weights: dict[str, float]


async def run_matching(
    ctx: Context, *, space_id: str, mode: Mode, dry_run: bool, idempotency_key: str | None
) -> MatchingRun:
    """Pair the open needs and offers of a space, and propose each pair; a dry run changes nothing.

    A pair that has met already is left out, unless all that came of it was silence; and what the
    space has proposed already keeps its seats until it is answered. So another run adds what is
    new, and one that broke off goes on where it stopped. Of several pairs between the same two
    people, only so many are proposed as may be open: another run pairs the rest with others.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer does not moderate it, it is closed or no matchmaker.
        InvalidInput: the server has no solver for this mode.
        Conflict: the idempotency key was used for another input.
        Unavailable: the process that computes was ended.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("matching.run", space)
    refuse_closed(space)
    insist_on_matchmaker(space)
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    checks.done()
    if mode is not Mode.STABLE:
        insist_on_solver("mode")
    ctx.take(ctx.services.settings.matching_seconds)
    if dry_run:
        outcome, _ = await _pair(ctx, space, mode)
        return _run(ctx, space, mode, outcome)
    deed = ("runMatching", ctx.viewer.actor, {"space": space_id, "mode": mode.value})
    async with leases.kept(ctx.db, f"matching {space_id}", secrets.token_hex(8), LEASE_SECONDS):
        done = await find_done(ctx.db, idempotency_key, deed)
        if done is not None:
            return cast("MatchingRun", done)
        outcome, market = await _pair(ctx, space, mode)
        run = _run(ctx, space, mode, outcome)
        run["dry_run"] = False
        facts = Facts(ctx.now, rules_in(space), market.people)
        for parcel in outcome.parcels:
            run["proposed"] += await propose_pairs(ctx, unpack_pairs(parcel), facts)

        async def work(writing: Writing) -> dict[str, Any]:
            await writing.append(_event(ctx, run))
            return cast("dict[str, Any]", run)

        await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    return run


def list_pairs(run: MatchingRun, first: int) -> list[MatchedPair]:
    """Return the best pairs of a run.

    Raises:
        InvalidInput: more are asked for than are kept.

    """
    if not 0 <= first <= PAIRS_SHOWN:
        raise InvalidInput(Problem("first", f"Ask for 0 to {PAIRS_SHOWN}, not {first}."))
    return run["pairs"][:first]


async def _pair(ctx: Context, space: Space, mode: Mode) -> tuple[Outcome, Market]:
    """Return who is paired, worked out by another process, and what that was worked out from."""
    market = await gather(ctx, space)
    # Whoever may not be asked for each other now would else be chosen again in every run.
    barred = market.blocks | market.crowded
    known = Known(ctx.now, rules_in(space), market.packed_people, barred, market.apart)
    return await ctx.services.workers.run(pair_known, market.parcels, known, mode), market


def _run(ctx: Context, space: Space, mode: Mode, outcome: Outcome) -> MatchingRun:
    best = unpack_pairs(outcome.parcels[0]) if outcome.parcels else []
    return MatchingRun(
        space=space["_id"],
        mode=mode.value,
        dry_run=True,
        at=ctx.now,
        pairs=_shown(best[:PAIRS_SHOWN]),
        pair_count=outcome.count,
        proposed=0,
        considered=outcome.considered,
        total=outcome.total,
        lowest=outcome.lowest,
        lone_needs=outcome.lone_needs,
        lone_offers=outcome.lone_offers,
        weights=dict(rules_in(space)["weights"]),
    )


def _shown(pairs: Sequence[Candidate]) -> list[MatchedPair]:
    return [
        MatchedPair(
            need=pair.need,
            offer=pair.offer,
            score=pair.worth.total,
            serves=pair.worth.serves,
            suits=pair.worth.suits,
        )
        for pair in pairs
    ]


def _event(ctx: Context, run: MatchingRun) -> Draft:
    told = ("mode", "pair_count", "proposed", "lone_needs", "lone_offers")
    figures = cast("dict[str, Any]", run)
    return Draft(
        type="matching.run",
        space=run["space"],
        subject=run["space"],
        actor=ctx.viewer.actor,
        at=ctx.now,
        after={name: figures[name] for name in told},
        to=[],
    )
