"""What is known of a person in a space: reputation, reliability, and whether they are verified."""

from dataclasses import asdict
from typing import Any

from app.db import reliability as reliability_db
from app.db import spaces as spaces_db
from app.db import standings as standings_db
from app.db.documents import Space
from app.db.events import Draft
from app.db.match_documents import StoredStanding
from app.db.writing import Writing, write
from app.failures import NotAllowed, NotFound
from app.matching.reliability import reliability
from app.resolvers.context import Context, refuse_closed
from app.resolvers.matchmaking import rules_in
from app.resolvers.standings import find_evidence, renew_standing


async def find_reputation(
    ctx: Context, *, person: str, space_id: str, category: str | None
) -> dict[str, Any]:
    """Return what reviews vouch for at this moment: in one category or in all, and in each.

    Raises:
        NotFound: the viewer sees no such space, or there is no such person.
        NotSignedIn, NotAllowed: the viewer may not read what is in the space.

    """
    space = await _readable(ctx, space_id, person)
    evidence = await find_evidence(ctx.db, space_id, person)
    rules = rules_in(space)
    parts = evidence.by_category() if category is None else {category: evidence}
    return {
        **asdict(evidence.weigh(rules, ctx.now, category)),
        "user": person,
        "verified": await standings_db.is_verified(ctx.db, space_id, person),
        "categories": [
            {**asdict(part.weigh(rules, ctx.now, each)), "category": each}
            for each, part in parts.items()
        ],
        "rules": rules,
    }


async def find_reliability(ctx: Context, *, person: str, space_id: str) -> dict[str, Any]:
    """Return how reliably a person kept what was confirmed, from their latest matches.

    Raises:
        NotFound: the viewer sees no such space, or there is no such person.
        NotSignedIn, NotAllowed: the viewer may not read what is in the space.

    """
    space = await _readable(ctx, space_id, person)
    ended = await reliability_db.list_ended(ctx.db, space_id, person, ctx.now)
    rules = rules_in(space)
    return {**asdict(reliability(person, ended, rules, ctx.now)), "user": person}


async def verify_member(
    ctx: Context, *, space_id: str, user: str, verified: bool
) -> StoredStanding:
    """Say that a member is who they say they are, or take that back.

    Raises:
        NotFound: the viewer sees no such space, or it has no such member.
        NotSignedIn, NotAllowed: the viewer does not moderate the space, or is that member.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("member.verify", space)
    refuse_closed(space)
    if user == ctx.viewer.user:
        raise NotAllowed("Nobody verifies themselves.", missing="another moderator")
    if await spaces_db.find_membership(ctx.db, space_id, user) is None:
        raise NotFound("There is no such member.")

    async def work(writing: Writing) -> StoredStanding:
        id = standings_db.standing_id(space_id, user)
        before = await standings_db.find_standing(writing, id)
        if before is not None and before["verified"] == verified:
            return before
        change = {
            "verified": verified,
            "verified_by": ctx.viewer.user,
            "verified_at": writing.at if verified else None,
        }
        standing = await renew_standing(writing, space, user, **change)
        await writing.append(
            Draft(
                type="member.verified",
                space=space_id,
                subject=id,
                actor=ctx.viewer.actor,
                at=writing.at,
                after={"verified": verified},
                to=[user],
            )
        )
        return standing

    standing = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return standing


async def find_visible_standings(ctx: Context, ids: list[str]) -> dict[str, StoredStanding]:
    """Return those of the standings that the viewer may see, by identifier."""
    found = await standings_db.list_stored_standings(ctx.db, ids)
    return await ctx.visible("reputation.read", found)


async def _readable(ctx: Context, space_id: str, person: str) -> Space:
    space = await ctx.visible_space(space_id)
    ctx.require("reputation.read", space)
    if not await spaces_db.user_exists(ctx.db, person):
        raise NotFound("There is no such person.")
    return space
