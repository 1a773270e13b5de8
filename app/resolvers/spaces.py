"""What is done with spaces: open, change, close, join, leave, give roles and API keys."""

from datetime import datetime
from typing import Any, TypedDict

from app.auth.permissions import allowed
from app.auth.roles import Openness, Role, Scope
from app.db import departures as departures_db
from app.db import spaces as spaces_db
from app.db.documents import ApiKey, Membership, Space
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, Failure, NotAllowed, NotFound
from app.ids import fingerprint, new_id, new_token
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.levels import find_for_each, refusal


class NewKey(TypedDict):
    """A fresh API key, with the token that is shown this once."""

    token: str
    key: ApiKey


async def create_space(ctx: Context, *, idempotency_key: str | None, **given: Any) -> Space:
    """Open a space; its creator becomes its owner.

    Raises:
        NotSignedIn, NotAllowed: the viewer is not the operator.
        InvalidInput: something is wrong with the input.
        Conflict: the idempotency key was used for another input.

    """
    ctx.require("space.create")
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    texts = _check_texts(checks, given)
    checks.done()
    enabled = [given["model"], *(given.get("enabled_models") or ())]
    space = Space(
        _id=new_id("spaces"),
        name=texts["name"],
        model=given["model"],
        enabled_models=list(dict.fromkeys(enabled)),
        problem=texts["problem"],
        domain=given["domain"],
        scope=texts["scope"],
        openness=given["openness"],
        categories=texts["categories"],
        direction=given.get("direction"),
        rules=texts["rules"],
        sustainability=texts["sustainability"],
        created_by=ctx.viewer.user or "",
        created_at=ctx.now,
        closed_at=None,
        version=1,
    )
    owner = _membership(ctx, space["_id"], ctx.viewer.user or "", Role.OWNER)

    async def work(writing: Writing) -> dict[str, Any]:
        await writing.insert("spaces", space)
        await writing.insert("memberships", owner)
        await writing.append(
            _event(ctx, "space.created", space["_id"], space["_id"]),
            _event(ctx, "member.joined", space["_id"], owner["_id"], to=[owner["user"]]),
        )
        return {"id": space["_id"]}

    deed = ("createSpace", ctx.viewer.actor, given)
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    return await _existing(ctx, done["id"])


async def update_space(ctx: Context, *, id: str, expected_version: int, **given: Any) -> Space:
    """Change the texts, rules or openness of a space; what is not given stays.

    Raises:
        NotFound: the viewer sees no such space.
        NotAllowed: the viewer does not own it.
        InvalidInput: something is wrong with the input.
        Conflict: the space has moved on since the caller saw it.

    """
    space = await ctx.visible_space(id)
    ctx.require("space.update", space)
    checks = Checks()
    change = _check_texts(checks, given)
    checks.done()
    if given.get("openness") is not None:
        change["openness"] = given["openness"]

    async def work(writing: Writing) -> Space:
        updated = await spaces_db.update_space(writing, id, expected_version, change)
        if updated is None:
            current = await _existing(ctx, id)
            raise Conflict("The space has changed meanwhile.", current_version=current["version"])
        draft = _event(ctx, "space.updated", id, id)
        draft["after"] = {"fields": sorted(change)}
        await writing.append(draft)
        return updated

    return _changed(ctx, await write(ctx.db, ctx.now, work))


async def close_space(ctx: Context, *, id: str, expected_version: int) -> Space:
    """Close a space: it can still be read by those who could, and nothing in it changes any more.

    Raises:
        NotFound: the viewer sees no such space.
        NotAllowed: the viewer is not the operator.
        Conflict: the space has moved on since the caller saw it.

    """
    space = await ctx.visible_space(id)
    ctx.require("space.close", space)

    async def work(writing: Writing) -> Space:
        change = {"closed_at": ctx.now}
        updated = await spaces_db.update_space(writing, id, expected_version, change)
        if updated is None:
            raise Conflict("The space has changed meanwhile.", current_version=space["version"])
        await writing.append(_event(ctx, "space.closed", id, id))
        return updated

    return _changed(ctx, await write(ctx.db, ctx.now, work))


async def join_space(ctx: Context, *, id: str) -> Membership:
    """Become a member of an open space. Joining twice is joining once.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn: nobody is signed in.
        NotAllowed: the space takes members by its owners only.

    """
    space = await ctx.visible_space(id)
    ctx.require("space.join", space)
    refuse_closed(space)
    user = ctx.viewer.user or ""
    known = await spaces_db.find_membership(ctx.db, id, user)
    if known is not None:
        return known
    if space["openness"] != Openness.OPEN:
        raise NotAllowed("This space adds its members itself.", missing="an owner's invitation")
    return await _set_role(ctx, space, user, Role.MEMBER, "member.joined")


async def leave_space(ctx: Context, *, id: str) -> Space:
    """Stop being a member of a space; soon, what the viewer seeks or offers in it is withdrawn.

    Raises:
        NotFound: the viewer sees no such space.
        NotAllowed: the viewer is no member, or the last owner.

    """
    space = await ctx.visible_space(id)
    ctx.require("space.leave", space)
    user = ctx.viewer.user or ""

    async def work(writing: Writing) -> None:
        if ctx.viewer.roles.get(id) == Role.OWNER:
            await _refuse_last_owner(writing, id)
        await spaces_db.delete_membership(writing, id, user)
        await departures_db.upsert_departure(writing, id, user)
        await writing.append(_event(ctx, "member.left", id, user, to=[user]))

    await write(ctx.db, ctx.now, work)
    await ctx.settle()
    return space


async def set_role(ctx: Context, *, space_id: str, user: str, role: Role) -> Membership:
    """Give a person a role in a space, adding them if need be.

    Raises:
        NotFound: the viewer sees no such space, or there is no such person.
        NotAllowed: the viewer does not own the space, or would leave it without an owner.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("space.set_role", space)
    refuse_closed(space)
    if not await spaces_db.user_exists(ctx.db, user):
        raise NotFound("There is no such person.")
    return await _set_role(ctx, space, user, role, "member.role_changed")


async def create_key(
    ctx: Context,
    *,
    space_id: str,
    name: str,
    scopes: list[Scope],
    expires_at: datetime | None,
) -> NewKey:
    """Give out an API key for a space; its token is shown this once.

    Raises:
        NotFound: the viewer sees no such space.
        NotAllowed: the viewer does not own it.
        InvalidInput: something is wrong with the input.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("key.create", space)
    refuse_closed(space)
    checks = Checks()
    name = checks.text("name", name, least=1, most=100)
    if not scopes:
        checks.add("scopes", "Give the key at least one scope.")
    if expires_at is not None and expires_at <= ctx.now:
        checks.add("expiresAt", "Give an instant in the future.")
    checks.done()
    token = new_token()
    key = ApiKey(
        _id=new_id("keys"),
        space=space_id,
        name=name,
        token_hash=fingerprint(token),
        scopes=[scope.value for scope in dict.fromkeys(scopes)],
        created_by=ctx.viewer.user or "",
        created_at=ctx.now,
        expires_at=expires_at,
        used_at=None,
    )

    async def work(writing: Writing) -> None:
        await writing.insert("keys", key)
        await writing.append(_event(ctx, "key.created", space_id, key["_id"]))

    await write(ctx.db, ctx.now, work)
    return NewKey(token=token, key=key)


async def revoke_key(ctx: Context, *, id: str) -> ApiKey:
    """Take an API key back: it ends at once, everywhere.

    Raises:
        NotFound: the viewer sees no such key.
        NotAllowed: the viewer does not own the space.

    """
    key = await spaces_db.find_key_by_id(ctx.db, id)
    space = await ctx.services.spaces.find(key["space"]) if key else None
    if key is None or space is None or not ctx.sees("key.list", space):
        raise NotFound("There is no such key.")
    ctx.require("key.revoke", space)

    async def work(writing: Writing) -> None:
        await spaces_db.delete_key(writing, id)
        await writing.append(_event(ctx, "key.revoked", space["_id"], id))

    await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return key


async def list_spaces(ctx: Context, window: Window) -> Page:
    """Return a page of the spaces that the viewer finds."""
    mine = list(ctx.viewer.roles) + ([ctx.viewer.key_space] if ctx.viewer.key_space else [])
    return await spaces_db.find_spaces(
        ctx.db, everything=ctx.viewer.is_operator, mine=mine, window=window
    )


async def list_members(ctx: Context, spaces: list[Space], window: Window) -> list[Page | Failure]:
    """Return for each space a page of its members, or why there is none."""

    async def find(ids: list[str]) -> dict[str, Page]:
        return await spaces_db.find_members(ctx.db, ids, window)

    refused = [refusal(ctx, "members.list", space) for space in spaces]
    return await find_for_each(spaces, refused, find)


async def list_keys(ctx: Context, spaces: list[Space], window: Window) -> list[Page | Failure]:
    """Return for each space a page of its API keys, or why there is none."""

    async def find(ids: list[str]) -> dict[str, Page]:
        return await spaces_db.find_keys(ctx.db, ids, window)

    refused = [refusal(ctx, "key.list", space) for space in spaces]
    return await find_for_each(spaces, refused, find)


async def find_visible_spaces(ctx: Context, ids: list[str]) -> dict[str, Space]:
    """Return those of the spaces that the viewer may see, by identifier."""
    found = await ctx.services.spaces.find_many(set(ids))
    return {id: space for id, space in found.items() if allowed("space.read", ctx.standings(space))}


async def find_visible_memberships(ctx: Context, ids: list[str]) -> dict[str, Membership]:
    """Return those of the memberships that the viewer may see, by identifier."""
    return await ctx.visible("members.list", await spaces_db.list_memberships(ctx.db, ids))


async def find_visible_keys(ctx: Context, ids: list[str]) -> dict[str, ApiKey]:
    """Return those of the API keys that the viewer may see, by identifier."""
    return await ctx.visible("key.list", await spaces_db.list_keys(ctx.db, ids))


def _check_texts(checks: Checks, given: dict[str, Any]) -> dict[str, Any]:
    limits = {
        "name": (1, 100),
        "problem": (0, 2000),
        "scope": (0, 500),
        "rules": (0, 20_000),
        "sustainability": (0, 2000),
    }
    texts: dict[str, Any] = {
        field: checks.text(field, given[field], least=least, most=most)
        for field, (least, most) in limits.items()
        if given.get(field) is not None
    }
    if given.get("categories") is not None:
        texts["categories"] = checks.texts("categories", given["categories"], most=50, longest=60)
    return texts


async def _existing(ctx: Context, id: str) -> Space:
    ctx.services.spaces.forget(id)
    space = await ctx.services.spaces.find(id)
    if space is None:
        raise NotFound("There is no such space.")
    return space


def _changed(ctx: Context, space: Space) -> Space:
    ctx.services.spaces.forget(space["_id"])
    ctx.services.log.nudge()
    return space


async def _set_role(ctx: Context, space: Space, user: str, role: Role, type: str) -> Membership:
    fresh = _membership(ctx, space["_id"], user, role)

    async def work(writing: Writing) -> Membership:
        before = await spaces_db.find_membership(ctx.db, space["_id"], user)
        if before is not None and before["role"] == Role.OWNER and role != Role.OWNER:
            await _refuse_last_owner(writing, space["_id"])
        membership = await spaces_db.upsert_membership(writing, fresh)
        draft = _event(ctx, type, space["_id"], membership["_id"], to=[user])
        draft["before"] = {"role": before["role"]} if before else None
        draft["after"] = {"role": role.value}
        await writing.append(draft)
        return membership

    membership = await write(ctx.db, ctx.now, work)
    await ctx.settle()
    return membership


async def _refuse_last_owner(writing: Writing, space: str) -> None:
    if await spaces_db.claim_owners(writing, space) <= 1:
        raise NotAllowed("A space keeps at least one owner.", missing="another owner")


def _membership(ctx: Context, space: str, user: str, role: Role) -> Membership:
    return Membership(
        _id=spaces_db.membership_id(space, user),
        space=space,
        user=user,
        role=role,
        created_at=ctx.now,
        version=1,
    )


def _event(
    ctx: Context, type: str, space: str, subject: str, *, to: list[str] | None = None
) -> Draft:
    return Draft(
        type=type, space=space, subject=subject, actor=ctx.viewer.actor, at=ctx.now, to=to or []
    )
