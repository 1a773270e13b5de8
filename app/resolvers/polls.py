"""Polls: a campaign's team asks those whose support lets them vote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.auth.permissions import allowed
from app.campaigning.audience import SITUATIONS, Situation
from app.campaigning.tiers import may
from app.campaigning.words import Right
from app.db import campaigns as campaigns_db
from app.db import polls as polls_db
from app.db.campaign_documents import Campaign, Poll
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.writing import Writing, write, write_once
from app.failures import InvalidInput, NotFound, Problem, WrongState
from app.ids import new_id
from app.resolvers.campaigning import require_of, visible_campaign
from app.resolvers.context import Context, refuse_closed
from app.resolvers.entitling import insist_on_right
from app.resolvers.inputs import Checks
from app.resolvers.sight import is_closed, level_in, renew_levels, room_standings, sees_poll

LONGEST_QUESTION, LONGEST_OPTION = 500, 200
LEAST_OPTIONS, MOST_OPTIONS = 2, 20
LONGEST = timedelta(days=366)
OVER = [state for state, situation in SITUATIONS.items() if situation is Situation.OVER]
CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Question:
    """What a team asks, and until when; without that, until the campaign is over."""

    campaign: str
    question: str
    options: tuple[str, ...]
    closes_at: datetime | None = None


async def open_poll(ctx: Context, asked: Question, *, idempotency_key: str | None) -> Poll:
    """Ask those who may vote.

    Raises:
        NotFound: the viewer sees no such campaign.
        NotSignedIn, NotAllowed: the viewer is not of its team, or the space is closed.
        InvalidInput: something is wrong with the input.
        WrongState: nobody votes in the campaign as it stands.
        Conflict: the key was used for another input.

    """
    author = ctx.person()
    campaign, space = await visible_campaign(ctx, asked.campaign)
    require_of(ctx, "poll.open", campaign, space)
    refuse_closed(space)
    if SITUATIONS[campaign["state"]] is not Situation.ALIVE:
        message = f"Nobody votes in a campaign that is {campaign['state']}."
        raise WrongState(message, state=campaign["state"])
    poll = _checked(ctx, asked, campaign, author, idempotency_key)

    async def work(writing: Writing) -> dict[str, Any]:
        await writing.insert("polls", poll)
        await writing.append(_event("poll.opened", poll, author, writing))
        return {"id": poll["_id"]}

    given = {field: getattr(asked, field) for field in Question.__slots__}
    done = await write_once(ctx.db, ctx.now, idempotency_key, ("openPoll", author, given), work)
    ctx.services.log.nudge()
    [opened] = await polls_db.list_polls(ctx.db, [done["id"]])
    return opened


async def vote_poll(ctx: Context, *, id: str, option: int) -> Poll:
    """Vote for an option (counted from 0), or change one's vote; the same again changes nothing.

    Raises:
        NotFound: the viewer sees no such poll.
        NotSignedIn, NotAllowed: the viewer's level gives no vote, or the space is closed.
        InvalidInput: there is no such option.
        WrongState: the poll is closed, or nobody votes in the campaign as it stands.

    """
    poll = (await find_visible_polls(ctx, [id])).get(id)
    if poll is None:
        raise NotFound("There is no such poll.")
    voter = ctx.person()
    campaign, space = await visible_campaign(ctx, poll["campaign"])
    insist_on_right(ctx, "poll.vote", Right.VOTE, campaign, space)
    refuse_closed(space)
    if not 0 <= option < len(poll["options"]):
        raise InvalidInput(Problem("option", f"Give 0 to {len(poll['options']) - 1}."))

    async def work(writing: Writing) -> Poll:
        before = await polls_db.find_ballot(ctx.db, id, voter, writing.session)
        taken = None if before is None else before["option"]
        if taken == option:
            same = await polls_db.find_poll(ctx.db, id, writing.session)
            return same or poll
        counted = await polls_db.move_vote(writing, id, taken=taken, given=option, at=ctx.now)
        if counted is None:
            raise WrongState("The poll is closed.", state=CLOSED)
        await polls_db.replace_ballot(writing, counted, voter, option)
        await writing.append(_event("poll.voted", counted, None, writing, to=[voter]))
        return counted

    async with ctx.db.turns.take([id]):
        done = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return done


async def find_visible_polls(ctx: Context, ids: list[str]) -> dict[str, Poll]:
    """Return those of the polls that the viewer sees at this moment, by identifier."""
    found = await polls_db.list_polls(ctx.db, ids)
    campaigns = await _campaigns_of(ctx, found)
    spaces = await ctx.services.spaces.find_many({one["space"] for one in found})
    return {
        one["_id"]: one
        for one in found
        if sees_poll(ctx, one, campaigns[one["campaign"]], spaces.get(one["space"]))
    }


async def list_polls(ctx: Context, campaigns: Sequence[Campaign], window: Window) -> list[Page]:
    """Return for each campaign a page of the polls that the viewer sees, newest first.

    Who is neither in the room nor may vote sees those that are closed.
    """
    window.check()
    await renew_levels(ctx)
    spaces = await ctx.services.spaces.find_many({campaign["space"] for campaign in campaigns})
    rights = (Right.VOTE, Right.COMMENT, Right.SUGGEST)
    whole: dict[bool, list[str]] = {}
    for one in campaigns:
        found = room_standings(ctx, one, spaces[one["space"]], *rights)
        is_whole = one["state"] in OVER or allowed("room.read", found)
        whole.setdefault(is_whole, []).append(one["_id"])
    pages: dict[str, Page] = {}
    for is_whole, ids in whole.items():
        wanted = {} if is_whole else {"closes_at": {"$lte": ctx.now}}
        pages |= await polls_db.find_polls(ctx.db, ids, window, wanted)
    return [pages[campaign["_id"]] for campaign in campaigns]


async def list_results(ctx: Context, polls: Sequence[Poll]) -> list[list[int] | None]:
    """Return how many voted for each option of each poll; None where the viewer may not know yet.

    Who may vote knows, and the team; once a poll is closed, all.
    """
    campaigns = await _campaigns_of(ctx, polls)
    known = [
        is_closed(ctx, poll, campaigns[poll["campaign"]])
        or may(level_in(ctx, campaigns[poll["campaign"]]), Right.VOTE)
        for poll in polls
    ]
    return [
        poll["counts"] if is_known else None for poll, is_known in zip(polls, known, strict=True)
    ]


async def list_closed(ctx: Context, polls: Sequence[Poll]) -> list[bool]:
    """Say of each poll whether it takes no more votes for good."""
    campaigns = await _campaigns_of(ctx, polls)
    return [is_closed(ctx, poll, campaigns[poll["campaign"]]) for poll in polls]


async def list_my_votes(ctx: Context, polls: Sequence[Poll]) -> list[int | None]:
    """Return which option of each poll the viewer voted for, None where they did not vote."""
    if ctx.viewer.user is None:
        return [None] * len(polls)
    found = await polls_db.list_ballots(ctx.db, [poll["_id"] for poll in polls], ctx.viewer.user)
    return [found.get(poll["_id"]) for poll in polls]


async def _campaigns_of(ctx: Context, polls: Sequence[Poll]) -> dict[str, Campaign]:
    known = await campaigns_db.list_campaigns(ctx.db, {poll["campaign"] for poll in polls})
    return {campaign["_id"]: campaign for campaign in known}


def _checked(
    ctx: Context, asked: Question, campaign: Campaign, author: str, idempotency_key: str | None
) -> Poll:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    question = checks.text("question", asked.question, least=1, most=LONGEST_QUESTION)
    options = checks.texts("options", asked.options, most=MOST_OPTIONS, longest=LONGEST_OPTION)
    if len(options) < LEAST_OPTIONS:
        checks.add("options", f"Give at least {LEAST_OPTIONS} that differ.")
    if asked.closes_at is not None and not ctx.now < asked.closes_at <= ctx.now + LONGEST:
        checks.add("closes_at", f"Give an instant to come, within {LONGEST.days} days.")
    checks.done()
    return Poll(
        _id=new_id("polls"),
        campaign=campaign["_id"],
        space=campaign["space"],
        author=author,
        question=question,
        options=options,
        closes_at=asked.closes_at,
        counts=[0] * len(options),
        created_at=ctx.now,
        version=1,
    )


def _event(
    type: str, poll: Poll, actor: str | None, writing: Writing, to: Sequence[str] = ()
) -> Draft:
    """Return an event: of the campaign, for those who see the poll."""
    return Draft(
        type=type,
        space=poll["space"],
        subject=poll["campaign"],
        actor=actor,
        at=writing.at,
        after={"poll": poll["_id"]},
        to=list(to),
        within=poll["_id"],
    )
