"""What is done with the groups of a space in which people ask each other, and with its rules."""

from collections.abc import Callable, Iterable
from typing import Any

from app.broking.rules import amend, problems
from app.broking.words import Joining, Side
from app.db import groups as groups_db
from app.db import spaces as spaces_db
from app.db.documents import Membership, Space
from app.db.events import Draft
from app.db.thread_documents import BrokingRules
from app.db.writing import Writing, write
from app.failures import InvalidInput, NotAllowed, NotFound, Problem
from app.resolvers.broking import insist_on_broker, rules_of
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.space_rules import change_rules

LONGEST_GROUP_NAME, LONGEST_CONSENT = 60, 10_000
Groups = frozenset[str]


async def join_group(ctx: Context, *, space_id: str, side: Side) -> Membership:
    """Join a group of a space. Joining twice is joining once.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer is no member, or the group takes nobody by themselves.

    """
    space = await _broker(ctx, space_id, "group.join")
    refuse_closed(space)
    assigned = side is Side.EXPERTS and rules_of(space)["experts_join"] == Joining.BY_MODERATOR
    if assigned and side not in ctx.viewer.sides.get(space_id, ()):
        experts = rules_of(space)["groups"][Side.EXPERTS]
        message = f"Here a moderator says who belongs to {experts}."
        raise NotAllowed(message, missing="a moderator who assigns you")
    return await _change(ctx, space, ctx.person(), lambda groups: groups | {side})


async def leave_group(ctx: Context, *, space_id: str, side: Side) -> Membership:
    """Leave a group of a space, and stay a member.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer is no member.

    """
    space = await _broker(ctx, space_id, "group.join")
    return await _change(ctx, space, ctx.person(), lambda groups: groups - {side})


async def assign_group(
    ctx: Context, *, space_id: str, user: str, sides: Iterable[Side]
) -> Membership:
    """Say to which groups a member belongs, and to no other.

    Raises:
        NotFound: the viewer sees no such space, or it has no such member.
        NotSignedIn, NotAllowed: the viewer does not moderate the space, or would take themselves
            among those who advise.

    """
    space = await _broker(ctx, space_id, "group.assign")
    refuse_closed(space)
    wanted = frozenset(sides)
    gained = wanted - ctx.viewer.sides.get(space_id, frozenset())
    if user == ctx.viewer.user and Side.EXPERTS in gained:
        experts = rules_of(space)["groups"][Side.EXPERTS]
        message = f"Nobody takes themselves into {experts}, since they read what is for them alone."
        raise NotAllowed(message, missing="another moderator who assigns you")
    return await _change(ctx, space, user, lambda _: wanted)


async def update_rules(
    ctx: Context, *, space_id: str, expected_version: int, changes: dict[str, Any]
) -> Space:
    """Change what a space decides about its broking; what is not named stays.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer does not own it.
        InvalidInput: something is wrong with the rules as they would be.
        Conflict: the space has moved on since the caller saw it.

    """
    space = await _broker(ctx, space_id, "broking.rules")
    refuse_closed(space)
    _check_texts(changes)

    async def amended(_writing: Writing, current: Space) -> BrokingRules:
        return _amended(current, changes)

    return await change_rules(ctx, space, expected_version, "broking", changes, amended)


def _amended(space: Space, changes: dict[str, Any]) -> BrokingRules:
    rules = amend(rules_of(space), changes)
    wrong = problems(rules)
    if wrong:
        raise InvalidInput(*(Problem(p.path.removeprefix("rules."), p.message) for p in wrong))
    return rules


def _check_texts(changes: dict[str, Any]) -> None:
    checks = Checks()
    for side, name in changes.get("groups", {}).items():
        changes["groups"][side] = checks.text(f"groups.{side}", name, most=LONGEST_GROUP_NAME)
    for purpose, change in changes.get("consents", {}).items():
        if "text" in change:
            path = f"consents.{purpose}.text"
            change["text"] = checks.text(path, change["text"], most=LONGEST_CONSENT)
    checks.done()


async def _broker(ctx: Context, id: str, deed: str) -> Space:
    """Return a space in which people ask each other, and in which the viewer may do the deed."""
    space = await ctx.visible_space(id)
    ctx.require(deed, space)
    insist_on_broker(space)
    return space


async def _change(
    ctx: Context, space: Space, user: str, change: Callable[[Groups], Groups]
) -> Membership:
    async def work(writing: Writing) -> Membership:
        before = await spaces_db.find_membership(ctx.db, space["_id"], user)
        if before is None:
            raise NotFound("The space has no such member.")
        had = frozenset(before.get("sides", ()))
        has = change(had)
        if has == had:
            return before
        membership = await groups_db.update_sides(writing, before, _in_order(has))
        draft = _event(ctx, "member.groups_changed", space, membership["_id"])
        draft["to"] = [user]
        draft["before"], draft["after"] = {"sides": _in_order(had)}, {"sides": _in_order(has)}
        await writing.append(draft)
        return membership

    membership = await write(ctx.db, ctx.now, work)
    await ctx.settle()
    return membership


def _in_order(groups: Groups) -> list[str]:
    return [side.value for side in Side if side in groups]


def _event(ctx: Context, type: str, space: Space, subject: str) -> Draft:
    return Draft(
        type=type,
        space=space["_id"],
        subject=subject,
        actor=ctx.viewer.actor,
        at=ctx.now,
        to=[],
    )
