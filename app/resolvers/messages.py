"""What the two of a match do to come to terms: write to each other, and read what was written."""

from datetime import timedelta
from typing import Any

from app.auth.permissions import Standing, allowed, require
from app.db import blocks as blocks_db
from app.db import matches as matches_db
from app.db import messages as messages_db
from app.db.documents import Space
from app.db.events import Draft
from app.db.match_documents import Match, Message
from app.db.paging import Page, Window
from app.db.writing import Writing, write_once
from app.failures import NotAllowed, NotFound
from app.ids import new_id
from app.matching.states import State
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.sight import sees_match

LONGEST = 4_000
TAKEN_AFTER_THE_END = timedelta(days=30)


async def send_message(
    ctx: Context, *, match_id: str, text: str, idempotency_key: str | None
) -> Message:
    """Write to the other of a match, from its proposal until a while after its end.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is not one of its two, the space is closed, or the match
            takes no messages (any more, or because of a block: that is not told).
        InvalidInput: the text is empty or too long.
        Conflict: the idempotency key was used for another input.

    """
    refuse_closed(await _require_side(ctx, match_id))
    author = ctx.person()
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    text = checks.text("text", text, least=1, most=LONGEST)
    checks.done()
    id = new_id("messages")

    async def work(writing: Writing) -> dict[str, Any]:
        match = await messages_db.claim_number(writing, match_id)
        if match is None:
            raise NotFound("There is no such match.")
        if not await _takes_messages(writing, match):
            missing = "a match that takes messages"
            raise NotAllowed("This match takes no messages.", missing=missing)
        message = Message(
            _id=id,
            match=match_id,
            number=match.get("messages", 1),
            author=author,
            text=text,
            created_at=ctx.now,
        )
        await writing.insert("messages", message)
        await writing.append(_event(match, message))
        return {"id": id}

    deed = ("sendMessage", author, {"match": match_id, "text": text})
    done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    [sent] = await messages_db.list_messages(ctx.db, [done["id"]])
    return sent


async def list_messages(ctx: Context, match_id: str, window: Window) -> Page:
    """Return a page of the messages of a match, oldest first, also when it takes no more.

    Raises:
        NotFound: the viewer sees no such match.
        NotSignedIn, NotAllowed: the viewer is not one of its two.

    """
    await _require_side(ctx, match_id)
    return await messages_db.find_messages(ctx.db, match_id, window)


async def find_my_messages(ctx: Context, ids: list[str]) -> dict[str, Message]:
    """Return those of the messages that are of matches of the viewer's, by identifier."""
    found = await messages_db.list_messages(ctx.db, list(set(ids)))
    matches = await matches_db.list_matches(ctx.db, list({message["match"] for message in found}))
    mine = {match["_id"] for match in matches if allowed("message.read", _standings(ctx, match))}
    return {message["_id"]: message for message in found if message["match"] in mine}


async def _require_side(ctx: Context, id: str) -> Space:
    """Let the two of a match pass; return its space."""
    match = await matches_db.find_match(ctx.db, id)
    space = await ctx.services.spaces.find(match["space"]) if match else None
    if match is None or space is None or not sees_match(ctx, match, space):
        raise NotFound("There is no such match.")
    require("message.read", ctx.viewer, _standings(ctx, match))
    return space


def _standings(ctx: Context, match: Match) -> set[Standing]:
    """Return how the viewer stands to a match: nobody but the two reads what they write."""
    sides = {match["need_owner"], match["offer_owner"]}
    return {Standing.SIDE} if ctx.viewer.user in sides else set()


async def _takes_messages(writing: Writing, match: Match) -> bool:
    ended_at = None if match["state"] == State.DISPUTED else match["ended_at"]
    if ended_at is not None and writing.at >= ended_at + TAKEN_AFTER_THE_END:
        return False
    both = {match["need_owner"], match["offer_owner"]}
    return not await blocks_db.list_blocks_among(writing.db, both, writing.session)


def _event(match: Match, message: Message) -> Draft:
    return Draft(
        type="match.message_sent",
        space=match["space"],
        subject=match["_id"],
        within=match["_id"],
        actor=message["author"],
        at=message["created_at"],
        after={"message": message["_id"]},
        to=sorted({match["need_owner"], match["offer_owner"]}),
    )
