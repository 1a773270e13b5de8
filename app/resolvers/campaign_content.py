"""What is done with what campaigns say: they are drafted and changed, and have a team."""

from typing import Any, cast

from app.auth.permissions import Standing
from app.campaigning.filters import found_by
from app.campaigning.rules import may_create
from app.campaigning.words import CampaignState
from app.db import campaigns as campaigns_db
from app.db import gates as gates_db
from app.db import spaces as spaces_db
from app.db.campaign_documents import Campaign, CampaignContent
from app.db.documents import Space
from app.db.events import Draft
from app.db.writing import Writing, write, write_once
from app.failures import NotAllowed
from app.ids import new_id
from app.resolvers.campaign_wording import changes_of, sound_content
from app.resolvers.campaigning import (
    insist_on_crowdsourcing,
    require_of,
    reread,
    rules_in,
    visible_campaign,
)
from app.resolvers.closing import event
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks

MOST_TEAM = 20


async def create_campaign(
    ctx: Context, *, space_id: str, idempotency_key: str | None, given: dict[str, Any]
) -> Campaign:
    """Draft a campaign; `given` is all of its content, its tiers and thresholds without `id`.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not make campaigns there.
        InvalidInput: something is wrong with the input; lists all of it.
        Conflict: the idempotency key was used for another input.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("campaign.create", space)
    refuse_closed(space)
    insist_on_crowdsourcing(space)
    _insist_on_creator(ctx, space)
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    checks.done()
    content = sound_content(given, space, ctx.now)
    fresh = _new_campaign(ctx, space, content)

    async def work(writing: Writing) -> dict[str, Any]:
        await writing.insert("campaigns", fresh)
        await gates_db.insert_gates(writing, fresh["_id"])
        await gates_db.insert_places(writing, fresh["_id"], fresh["tiers"])
        await writing.append(event("campaign.created", fresh, writing, actor=ctx.viewer.actor))
        return {"id": fresh["_id"]}

    deed = ("createCampaign", ctx.viewer.actor, {"space": space_id, **given})
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    if done["id"] == fresh["_id"]:
        return fresh
    return cast("Campaign", await campaigns_db.find_campaign(ctx.db, done["id"]))


async def update_campaign(
    ctx: Context, *, id: str, expected_version: int, given: dict[str, Any]
) -> Campaign:
    """Change what a campaign says; `given` has the fields that change.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: the viewer is not of its team, or its space is closed.
        InvalidInput: something is wrong with the campaign as it would be.
        WrongState: it is neither a draft nor open.
        Conflict: it has moved on since the caller saw it.

    """
    campaign, space = await visible_campaign(ctx, id)
    require_of(ctx, "campaign.change", campaign, space)
    refuse_closed(space)

    async def work(writing: Writing) -> Campaign:
        now = await reread(writing, id, expected_version)
        changes = await changes_of(writing, now, space, given)
        after = await campaigns_db.update_campaign(writing, now, changes)
        await writing.append(_updated(ctx, writing, after, sorted(given)))
        return after

    after = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return after


async def set_team(ctx: Context, *, id: str, expected_version: int, team: list[str]) -> Campaign:
    """Say who runs a campaign together with its owner, from this moment on; for the owner.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: the viewer does not own it, or its space is closed.
        InvalidInput: somebody is no member of the space, or they are too many.
        Conflict: it has moved on since the caller saw it.

    """
    campaign, space = await visible_campaign(ctx, id)
    require_of(ctx, "campaign.change", campaign, space)
    refuse_closed(space)
    if campaign["owner"] != ctx.viewer.user:
        raise NotAllowed("Its owner chooses its team.", missing="the owner of the campaign")
    wanted = await _members(ctx, campaign, team)

    async def work(writing: Writing) -> Campaign:
        now = await reread(writing, id, expected_version)
        after = await campaigns_db.update_campaign(writing, now, {"team": wanted})
        await campaigns_db.update_team_of_news(writing, id, [now["owner"], *wanted])
        drafted = _updated(ctx, writing, after, ["team"])
        drafted["to"] = list(dict.fromkeys([now["owner"], *now["team"], *wanted]))
        await writing.append(drafted)
        return after

    after = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return after


def _insist_on_creator(ctx: Context, space: Space) -> None:
    found = ctx.standings(space)
    moderates = not found.isdisjoint({Standing.MODERATOR, Standing.OPERATOR})
    member = Standing.MEMBER in found
    if not may_create(rules_in(space), is_member=member, is_moderator=moderates):
        message = "In this space moderators alone make campaigns."
        raise NotAllowed(message, missing="the role of moderator in the space")


def _updated(ctx: Context, writing: Writing, campaign: Campaign, fields: list[str]) -> Draft:
    drafted = event("campaign.updated", campaign, writing, actor=ctx.viewer.actor)
    drafted["after"] = {**(drafted["after"] or {}), "fields": fields}
    return drafted


async def _members(ctx: Context, campaign: Campaign, team: list[str]) -> list[str]:
    """Return a team that is chosen, each person once.

    Raises:
        InvalidInput: somebody is no member of the space, or they are too many.

    """
    checks, wanted = Checks(), list(dict.fromkeys(team))
    if len(wanted) > MOST_TEAM:
        checks.add("team", f"Name at most {MOST_TEAM} people, not {len(wanted)}.")
    checks.done()
    known = await spaces_db.list_members_among(ctx.db, campaign["space"], wanted)
    for n, person in enumerate(wanted):
        if person == campaign["owner"]:
            checks.add(f"team.{n}", "Leave the owner out, who is of it in any case.")
        elif person not in known and person not in campaign["team"]:
            checks.add(f"team.{n}", "Name a member of the space.")
    checks.done()
    return wanted


def _new_campaign(ctx: Context, space: Space, content: CampaignContent) -> Campaign:
    fresh: Any = {
        "_id": new_id("campaigns"),
        "space": space["_id"],
        "owner": ctx.person(),
        "team": [],
        **content,
        **found_by(content),
        "round": 1,
        "extended": False,
        "progress": {},
        "share": 0.0,
        "folded": 0,
        "crossed": {},
        "state": CampaignState.DRAFT.value,
        "suspended_from": None,
        "outcome": None,
        "settling": False,
        "reason": None,
        "due_at": None,
        "created_at": ctx.now,
        "approved_at": None,
        "opened_at": None,
        "closed_at": None,
        "updated_at": ctx.now,
        "version": 1,
    }
    return fresh  # type: ignore[no-any-return]
