"""What follows when somebody leaves a space: what they seek and offer in it is withdrawn."""

from app.db import departures as departures_db
from app.db import postings as postings_db
from app.db import spaces as spaces_db
from app.db.departures import Departure
from app.db.events import Draft
from app.db.match_documents import Posting
from app.db.writing import Writing
from app.ids import kind_of
from app.matching.terms import PostingStatus
from app.resolvers.match_endings import end_open_of

WITHDRAWN = {"needs": "need.withdrawn", "offers": "offer.withdrawn"}
# A piece ends after so many postings, or with the posting that makes the matches so many.
POSTINGS, MATCHES = 20, 100


async def withdraw_some(writing: Writing, piece: str) -> None:
    """Withdraw some of what a person who left has open; what is confirmed stays so.

    If they are a member again by now, nothing more is withdrawn.
    """
    departure = await departures_db.find_departure(writing, piece)
    if departure is None:
        return
    space, user = departure["space"], departure["user"]
    is_back = await spaces_db.find_membership(writing.db, space, user) is not None
    is_done = is_back or await _withdraw(writing, departure)
    await departures_db.move_departure(writing, departure, is_done=is_done)


async def _withdraw(writing: Writing, departure: Departure) -> bool:
    """Withdraw what one piece may; say whether that was all."""
    left = await departures_db.list_left_open(writing, departure, POSTINGS)
    ended, drafts = 0, list[Draft]()
    for posting in left:
        withdrawn = await postings_db.end_posting(writing, posting["_id"], PostingStatus.WITHDRAWN)
        if withdrawn is not None:
            ended += len(await end_open_of(writing, withdrawn))
            drafts.append(_event(withdrawn, writing))
        if ended >= MATCHES:
            break
    await writing.append(*drafts)
    return len(left) < POSTINGS and ended < MATCHES


def _event(posting: Posting, writing: Writing) -> Draft:
    """Return that time, and nobody, has withdrawn a need or an offer."""
    return Draft(
        type=WITHDRAWN[kind_of(posting["_id"]) or ""],
        space=posting["space"],
        subject=posting["_id"],
        actor=None,
        at=writing.at,
        after={"status": posting["status"]},
        to=[posting["owner"]],
        within=posting["_id"],
    )
