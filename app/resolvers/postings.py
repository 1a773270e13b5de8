"""What is done with postings, which are needs and offers: make, change and withdraw them, look."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from app.auth.permissions import require
from app.db import postings as postings_db
from app.db import standings as standings_db
from app.db.documents import Place, Space
from app.db.driver import Document
from app.db.events import Draft
from app.db.match_documents import Posting, Traits
from app.db.paging import Page, Window
from app.db.postings import Kind
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, InvalidInput, NotFound, Problem, WrongState
from app.ids import kind_of, new_id
from app.matching.commitment import ModelMisfit, has_community, misfit
from app.matching.states import State
from app.matching.terms import Commitment, PostingStatus
from app.matching.traits import area_of
from app.resolvers.context import Context, refuse_closed
from app.resolvers.match_endings import end_open_of, move_up
from app.resolvers.matchmaking import insist_on_matchmaker, rules_in
from app.resolvers.posting_checks import check_posting
from app.resolvers.posting_filters import Found, PostingFilter, traits
from app.resolvers.sight import hidden_from, sees_posting

# Whoever has a match in one of these knows where; afterwards its owner can move without a trace.
KNOWS_THE_PLACE = (State.CONFIRMED, State.IN_PROGRESS, State.DISPUTED)


class Words(NamedTuple):
    """How a need or an offer is called, and what is told of it."""

    noun: str
    create: str
    created: str
    updated: str
    fulfilled: str
    withdrawn: str
    expired: str


WORDS: dict[str, Words] = {
    "needs": Words(
        "need",
        "createNeed",
        "need.created",
        "need.updated",
        "need.fulfilled",
        "need.withdrawn",
        "need.expired",
    ),
    "offers": Words(
        "offer",
        "createOffer",
        "offer.created",
        "offer.updated",
        "offer.fulfilled",
        "offer.withdrawn",
        "offer.expired",
    ),
}


async def create_posting(
    ctx: Context, kind: Kind, *, space_id: str, idempotency_key: str | None, given: Document
) -> Posting:
    """Post a need or an offer in a space; `given` has every field that its owner chooses.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer is no member, the space is closed or no matchmaker.
        InvalidInput: something is wrong with the input; lists all of it.
        Conflict: the idempotency key was used for another input.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("posting.create", space)
    refuse_closed(space)
    insist_on_matchmaker(space)
    checked = check_posting(ctx.now, space, given, idempotency_key=idempotency_key)
    posting = _new_posting(ctx, kind, space, checked)

    async def work(writing: Writing) -> Document:
        await writing.insert(kind, posting)
        await writing.append(_event(ctx, WORDS[kind].created, posting))
        return {"id": posting["_id"]}

    deed = (WORDS[kind].create, ctx.viewer.actor, {"space": space_id, **given})
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    if done["id"] == posting["_id"]:
        return posting
    return cast("Posting", await postings_db.find_posting(ctx.db, done["id"]))


async def update_posting(
    ctx: Context, kind: Kind, *, id: str, expected_version: int, given: Document
) -> Posting:
    """Change what a need or an offer says; `given` has the fields that change.

    With more room it seeks again if it was fulfilled, with less it may be fulfilled by that.

    Raises:
        NotFound: the viewer sees no such posting.
        NotSignedIn, NotAllowed: it is not the viewer's, or nothing in its space changes any more.
        InvalidInput: something is wrong with the input.
        WrongState: it has ended.
        Conflict: it has moved on since the caller saw it.

    """
    before, space = await _find(ctx, kind, id)
    require("posting.change", ctx.viewer, ctx.own(before["owner"]))
    ctx.require("posting.create", space)
    refuse_closed(space)
    change = check_posting(ctx.now, space, given)
    _insist_on_living(before)
    if before["version"] != expected_version:
        raise _moved_on(kind, before)
    after = cast("Posting", {**before, **change})
    if after["capacity"] < before["taken"]:
        message = f"{before['taken']} are taken; give at least as many."
        raise InvalidInput(Problem("capacity", message))
    full = before["taken"] >= after["capacity"]
    change["status"] = (PostingStatus.FULFILLED if full else PostingStatus.OPEN).value
    change["traits"] = _traits(space, after)
    if before["place"] == after["place"] and "traits" in before:
        change["traits"]["area"] = before["traits"]["area"]

    async def work(writing: Writing) -> Posting:
        updated = await postings_db.update_posting(writing, id, expected_version, change)
        if updated is None:
            current = await postings_db.find_posting(ctx.db, id)
            raise _moved_on(kind, current or before)
        drafts = [_event(ctx, WORDS[kind].updated, updated, fields=sorted(given))]
        if updated["status"] != before["status"]:
            drafts.append(_event(ctx, WORDS[kind].fulfilled, updated))
        await writing.append(*drafts)
        if updated["capacity"] > before["capacity"]:
            await move_up(writing, id)
            found = await postings_db.find_posting(ctx.db, id, writing.session)
            return found or updated
        return updated

    updated = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return updated


async def withdraw_posting(ctx: Context, kind: Kind, *, id: str) -> Posting:
    """Take a need or an offer back. Its open proposals end; what is confirmed stays so.

    Raises:
        NotFound: the viewer sees no such posting.
        NotSignedIn, NotAllowed: it is not the viewer's, and they do not moderate its space.
        WrongState: it has ended already.

    """
    before, space = await _find(ctx, kind, id)
    stands = ctx.standings(space) | ctx.own(before["owner"])
    require("posting.withdraw", ctx.viewer, stands)

    async def work(writing: Writing) -> Posting:
        withdrawn = await postings_db.end_posting(writing, id, PostingStatus.WITHDRAWN)
        if withdrawn is None:
            found = await postings_db.find_posting(ctx.db, id, writing.session)
            _insist_on_living(found or before)
            raise _moved_on(kind, before)
        await end_open_of(writing, withdrawn, ctx.viewer.actor)
        await writing.append(_event(ctx, WORDS[kind].withdrawn, withdrawn))
        return withdrawn

    withdrawn = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return withdrawn


async def expire_posting(writing: Writing, id: str) -> None:
    """End a need or an offer whose time is over, and its open proposals with it.

    One that is fulfilled ends likewise: what is confirmed stays so, and what waits for a seat ends.
    """
    expired = await postings_db.expire_posting(writing, id)
    if expired is None:
        return
    await end_open_of(writing, expired)
    type = WORDS[kind_of(id) or ""].expired
    await writing.append(_posting_event(type, expired, writing.at))


async def list_postings(
    ctx: Context, kind: Kind, filter: PostingFilter, window: Window, *, mine: bool
) -> Page:
    """Return a page of the needs or offers of a space that the viewer may see, newest first.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not read what is in it, or there is no `mine`.
        InvalidInput: the filter or the window is not valid.

    """
    space = await ctx.visible_space(filter.space)
    ctx.require("posting.read", space)
    filter.check()
    found = Found(ctx.person() if mine else None, ctx.viewer.blocks)
    page = await postings_db.find_postings(
        ctx.db, kind, filter.query(found), window, reads=("owner",)
    )
    hidden = await hidden_from(ctx, {posting["owner"] for posting in page.items})
    page.items = [posting for posting in page.items if posting["owner"] not in hidden]
    return page


async def find_visible_postings(ctx: Context, ids: list[str]) -> dict[str, Posting]:
    """Return those of the needs and offers that the viewer may see, by identifier."""
    found = await postings_db.list_postings(ctx.db, ids)
    spaces = await ctx.services.spaces.find_many({posting["space"] for posting in found})
    hidden = await hidden_from(ctx, {posting["owner"] for posting in found})
    return {
        posting["_id"]: posting
        for posting in found
        if posting["owner"] not in hidden
        and sees_posting(ctx, posting, spaces.get(posting["space"]))
    }


async def find_shown_exactly(ctx: Context, ids: list[str]) -> dict[str, bool]:
    """Return, with True, those of others' postings whose place the viewer knows by a match."""
    if ctx.viewer.user is None:
        return {}
    shown = await postings_db.list_shown_exactly(ctx.db, ctx.viewer.user, ids, KNOWS_THE_PLACE)
    return dict.fromkeys(shown, True)


async def list_places(
    ctx: Context, postings: Sequence[Any], exactly: Sequence[bool]
) -> list[Place | None]:
    """Return for each posting its place, or the middle of the cell of its space's grid."""
    spaces = await ctx.services.spaces.find_many({posting["space"] for posting in postings})
    grids = {id: rules_in(space)["grid_metres"] for id, space in spaces.items()}
    return [
        posting["place"] if exact else area_of(posting, grids[posting["space"]])
        for posting, exact in zip(postings, exactly, strict=True)
    ]


async def list_warnings(ctx: Context, postings: Sequence[Any]) -> list[ModelMisfit | None]:
    """Return for each posting what speaks against a long relation; None if it is not to be one."""
    long = [one for one in postings if one["commitment"] == Commitment.LONG_TERM]
    spaces = await ctx.services.spaces.find_many({posting["space"] for posting in long})
    trusts: dict[tuple[str, str], float | None] = {}
    for id in spaces:
        owners = {posting["owner"] for posting in long if posting["space"] == id}
        known = await standings_db.list_standings(ctx.db, id, owners)
        trusts |= {(id, owner): standing.trust for owner, standing in known.items()}
    return [
        misfit(
            posting["commitment"],
            [trusts.get((posting["space"], posting["owner"]))],
            rules_in(spaces[posting["space"]]),
            community=has_community(spaces[posting["space"]]["enabled_models"]),
        )
        if posting["space"] in spaces
        else None
        for posting in postings
    ]


async def _find(ctx: Context, kind: Kind, id: str) -> tuple[Posting, Space]:
    """Return a posting that is the viewer's or that they may see, and its space."""
    posting = await postings_db.find_posting(ctx.db, id) if kind_of(id) == kind else None
    space = await ctx.services.spaces.find(posting["space"]) if posting else None
    if posting is not None and space is not None:
        is_own = posting["owner"] == ctx.viewer.user
        seen = sees_posting(ctx, posting, space)
        if is_own or (seen and not await hidden_from(ctx, [posting["owner"]])):
            return posting, space
    raise NotFound(f"There is no such {WORDS[kind].noun}.")


def _new_posting(ctx: Context, kind: Kind, space: Space, checked: Document) -> Posting:
    fresh = {
        "_id": new_id(kind),
        "space": space["_id"],
        "owner": ctx.person(),
        **checked,
        "traits": _traits(space, checked),
        "taken": 0,
        "status": PostingStatus.OPEN.value,
        "created_at": ctx.now,
        "version": 1,
    }
    return cast("Posting", fresh)


def _insist_on_living(posting: Posting) -> None:
    if posting["status"] not in postings_db.LIVING:
        noun = WORDS[kind_of(posting["_id"]) or ""].noun
        message = f"This {noun} has ended: it is {posting['status']}."
        raise WrongState(message, state=posting["status"])


def _moved_on(kind: Kind, current: Posting) -> Conflict:
    message = f"The {WORDS[kind].noun} has changed meanwhile."
    return Conflict(message, current_version=current["version"])


def _traits(space: Space, posting: Any) -> Traits:
    grid = rules_in(space)["grid_metres"]
    return traits(posting["category"], posting["skills"], posting["place"], grid)


def _event(ctx: Context, type: str, posting: Posting, **after: Any) -> Draft:
    draft = _posting_event(type, posting, ctx.now)
    draft["actor"] = ctx.viewer.actor
    draft["after"] = {"status": posting["status"], **after}
    return draft


def _posting_event(type: str, posting: Posting, at: datetime) -> Draft:
    return Draft(
        type=type,
        space=posting["space"],
        subject=posting["_id"],
        actor=None,
        at=at,
        after={"status": posting["status"]},
        to=[posting["owner"]],
        within=posting["_id"],
    )
