"""How matches end otherwise than by a deed of one of the two: by time, with a posting, by a block.

Here too, waiting lists move up where nobody has to do anything for it.
"""

from app.db import matches as matches_db
from app.db import seats as seats_db
from app.db.match_documents import Match, Posting
from app.db.writing import Writing
from app.matching.states import Actor, Deed
from app.matching.terms import PostingStatus
from app.resolvers.match_course import Course

LAST_RESORT = (Deed.WITHDRAW, Actor.MODERATOR)


async def end_due(writing: Writing, id: str) -> None:
    """End a match that was not answered or taken up in time; its seat goes to the next in line."""
    match = await matches_db.find_match(writing.db, id, writing.session)
    if match is None or (due_at := match.get("due_at")) is None or due_at > writing.at:
        return
    course = Course(writing)
    await course.end(match, (Deed.EXPIRE, Actor.TIME))
    await course.finish()


async def move_up(writing: Writing, id: str) -> None:
    """Give free seats of a need or an offer to whoever waits for them.

    Call it where a posting has got more seats, after it was written; cancelling and the like do it
    by themselves.
    """
    course = Course(writing)
    await course.promote([id])
    await course.finish()


async def end_open_of(writing: Writing, posting: Posting, actor: str | None = None) -> list[Match]:
    """End the matches of a posting that are not confirmed; return them as they are then.

    Call it after the posting was written as WITHDRAWN or EXPIRED, with what was written: what was
    open expires with it, or is withdrawn with it, by its owner's side if that is who did it
    (`actor`). Seats that are held on other sides go to the next in line there.
    """
    course, ended, id = Course(writing, actor), list[Match](), posting["_id"]
    expired = posting["status"] == PostingStatus.EXPIRED
    for match in await matches_db.list_open_of(writing, id):
        side = Actor.NEED if match["need"] == id else Actor.OFFER
        mine = [(Deed.WITHDRAW, side)] if actor == posting["owner"] else []
        ways = [(Deed.EXPIRE, Actor.TIME)] if expired else [*mine, LAST_RESORT]
        ended.append(await course.end(match, *ways, overdue=expired))
    if ended:
        await course.finish()
    return ended


async def end_open_between(writing: Writing, one: str, other: str) -> list[Match]:
    """End the matches of two people that are not confirmed; return them as they are then.

    It is `one` who wants it, and it looks as if they had declined or withdrawn.
    """
    await seats_db.claim_people(writing, (one, other))
    course, ended = Course(writing, one), []
    for match in await matches_db.list_open_between(writing, one, other):
        side = Actor.NEED if match["need_owner"] == one else Actor.OFFER
        ways = ((Deed.DECLINE, side), (Deed.WITHDRAW, side))
        ended.append(await course.end(match, *ways))
    if ended:
        await course.finish()
    return ended
