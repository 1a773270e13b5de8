"""Validating: moderators judge signatures, many at a time."""

from typing import Any, NamedTuple

from app.campaigning.signature_states import Actor, Deed
from app.campaigning.steps import Refused
from app.db import gates as gates_db
from app.db.campaign_documents import Signature
from app.db.writing import Writing, write
from app.failures import InvalidInput, Problem
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.resolvers.signatures import find_visible_signatures
from app.resolvers.signing import judge

LONGEST_REASON = 500
MOST_JUDGED = 100
# So many are judged in one transaction, so that nobody waits long at a gate.
PIECE = 10


class Judged(NamedTuple):
    """What came of judging signatures: as they are now, and those that could not be judged so."""

    signatures: list[Signature]
    refused: list[dict[str, Any]]


async def validate_signatures(ctx: Context, *, ids: list[str]) -> Judged:
    """Say that signatures are valid, so that they count; for moderators.

    Raises:
        InvalidInput: too many, or the viewer sees no such signatures.
        NotSignedIn, NotAllowed: the viewer does not moderate the space.

    """
    return await _judge_all(ctx, ids, Deed.VALIDATE)


async def invalidate_signatures(ctx: Context, *, ids: list[str], reason: str) -> Judged:
    """Say that signatures are invalid, so that they count no more; for moderators.

    Raises:
        InvalidInput: too many, no reason, or the viewer sees no such signatures.
        NotSignedIn, NotAllowed: the viewer does not moderate the space.

    """
    checks = Checks()
    reason = checks.text("reason", reason, least=1, most=LONGEST_REASON)
    checks.done()
    return await _judge_all(ctx, ids, Deed.INVALIDATE, reason)


async def _judge_all(ctx: Context, ids: list[str], deed: Deed, reason: str = "") -> Judged:
    known = await _moderated(ctx, list(dict.fromkeys(ids)))
    done: list[Signature] = []
    refused: list[dict[str, Any]] = []
    for start in range(0, len(known), PIECE):
        piece = known[start : start + PIECE]

        async def work(
            writing: Writing, piece: list[Signature] = piece
        ) -> list[Signature | Refused]:
            return [
                await judge(writing, one["_id"], deed, Actor.MODERATOR, reason) for one in piece
            ]

        hot = [spot for one in piece for spot in gates_db.hot_spots(one["campaign"], one["signer"])]
        async with ctx.db.turns.take(hot):
            outcomes = await write(ctx.db, ctx.now, work)
        for one, outcome in zip(piece, outcomes, strict=True):
            if isinstance(outcome, Refused):
                refused.append(
                    {"_id": one["_id"], "message": outcome.sentence, "found": outcome.found}
                )
            else:
                done.append(outcome)
    ctx.services.log.nudge()
    for campaign in {one["campaign"] for one in known}:
        await ctx.services.folding.count(campaign)
    return Judged(done, refused)


async def _moderated(ctx: Context, ids: list[str]) -> list[Signature]:
    """Return signatures that the viewer judges, in the order asked for.

    Raises:
        InvalidInput: there are none of these identifiers that the viewer sees, or too many.
        NotSignedIn, NotAllowed: the viewer sees one and does not moderate its space.

    """
    if not 1 <= len(ids) <= MOST_JUDGED:
        raise InvalidInput(Problem("ids", f"Name 1 to {MOST_JUDGED} signatures, not {len(ids)}."))
    found = await find_visible_signatures(ctx, ids)
    for space in (
        await ctx.services.spaces.find_many({s["space"] for s in found.values()})
    ).values():
        ctx.require("signature.validate", space)
    missing = [n for n, id in enumerate(ids) if id not in found]
    if missing:
        raise InvalidInput(*(Problem(f"ids.{n}", "There is no such signature.") for n in missing))
    return [found[id] for id in ids]
