"""How one thread of a story goes: asked, answered, voted on, given to research, ended."""

import asyncio
from collections.abc import Mapping
from typing import Any

from app.demo import broker_operations as ops
from app.demo.cast import Cast
from app.demo.client import DemoFailed

ENDS = {
    "close": ("thread.closed", ops.CLOSE),
    "reopen": ("thread.reopened", ops.REOPEN),
    "withdraw": ("thread.withdrawn", ops.WITHDRAW),
}
ESCALATED_IN_SECONDS, LOOK_EVERY_SECONDS = 15, 0.2


async def tell_thread(cast: Cast, plan: dict[str, Any], told: Mapping[str, str]) -> str:
    """Let a thread go its way as far as it has not, and return its identifier.

    Args:
        cast: who is there.
        plan: who asks what, and all that is done in the thread, in this order.
        told: the identifiers of earlier threads, by title.

    Raises:
        DemoFailed: it cannot go on.

    """
    asker, ask = plan["asker"], plan["ask"]
    mine = {
        thread["title"]: str(thread["id"])
        async for thread in cast.nodes(asker, ops.MY_THREADS, space=cast.space)
    }
    id = mine.get(ask["title"]) or await _ask(cast, asker, ask)
    # What happened to it is in the log, however it stands now.
    done = {event["type"] async for event in cast.nodes(asker, ops.HISTORY, id=id)}
    thread = _Thread(cast, id, plan, done)
    for deed in plan["deeds"]:
        if "reply" in deed:
            await thread.answer(deed)
        elif "invite" in deed:
            await thread.invite(deed)
        elif "consent" in deed:
            await thread.consent(deed)
        elif "duplicate_of" in deed:
            await thread.mark_duplicate(deed["person"], told[deed["duplicate_of"]])
        elif "escalates" in deed:
            await thread.await_operator()
        else:
            await thread.end(deed)
    return id


async def _ask(cast: Cast, asker: str, ask: dict[str, Any]) -> str:
    key = f"fivefold-demo/{cast.space}/{ask['title']}"
    given = {"space": cast.space, **ask, "idempotencyKey": key}
    asking = ops.OPEN_CASE if ask.get("facets") else ops.ASK
    return str((await cast.do(asker, asking, input=given))["id"])


class _Thread:
    """A thread that was asked, and what has been done to it so far."""

    def __init__(self, cast: Cast, id: str, plan: dict[str, Any], done: set[str]) -> None:
        self._cast = cast
        self._id = id
        self._asker: str = plan["asker"]
        self._title: str = plan["ask"]["title"]
        self._done = done

    async def answer(self, deed: dict[str, Any]) -> None:
        """Write a reply; let others vote on it, and the asker accept it."""
        said = {
            reply["text"]: reply["id"]
            async for reply in self._cast.nodes(self._asker, ops.REPLIES, id=self._id)
        }
        text = deed["reply"]["text"]
        id = said.get(text) or await self._say(deed["person"], deed["reply"])
        for voter, value in deed.get("votes", {}).items():
            await self._cast.settle(voter, ops.VOTE, input={"reply": id, "value": value})
        if deed.get("accepted") and "thread.accepted" not in self._done:
            await self._cast.settle(self._asker, ops.ACCEPT, id=id)

    async def _say(self, person: str, words: dict[str, Any]) -> str:
        key = f"fivefold-demo/{self._id}/{words['text'][:60]}"
        given = {"thread": self._id, **words, "idempotencyKey": key}
        return str((await self._cast.do(person, ops.REPLY, input=given))["id"])

    async def invite(self, deed: dict[str, Any]) -> None:
        """Ask an expert to look at it."""
        if "thread.routed" not in self._done:
            expert = await self._cast.id(deed["invite"])
            key = f"fivefold-demo/{self._id}/{deed['invite']}"
            given = {"thread": self._id, "person": expert, "message": deed["message"]}
            await self._cast.settle(
                deed["person"], ops.INVITE, input={**given, "idempotencyKey": key}
            )

    async def consent(self, deed: dict[str, Any]) -> None:
        """Let the case go into research, and be used there."""
        given, purpose = deed["consent"], deed["consent"]["purpose"]
        known = {
            (consent["purpose"], (consent["thread"] or {}).get("id"))
            async for consent in self._cast.nodes(self._asker, ops.CONSENTS)
        }
        if (purpose, self._id) not in known:
            asked = {"space": self._cast.space, "purpose": purpose}
            text = (await self._cast.ask(self._asker, ops.CONSENT_TEXT, **asked))["consentText"]
            key = f"fivefold-demo/{self._id}/{purpose}"
            said = {"thread": self._id, "textVersion": text["version"], "idempotencyKey": key}
            await self._cast.settle(self._asker, ops.GIVE_CONSENT, input={**given, **said})
        if "used" in deed:
            await self._use(deed["used"]["person"], deed["used"]["description"])

    async def _use(self, person: str, description: str) -> None:
        uses = self._cast.nodes(self._asker, ops.USES)
        if description in {use["description"] async for use in uses}:
            return
        found = await self._cast.ask(person, ops.EXPORT, space=self._cast.space)
        for case in found["researchExport"]["cases"]["nodes"]:
            if case["title"] == self._title:
                key = f"fivefold-demo/{self._id}/used"
                given = {"case": case["pseudonym"], "description": description}
                await self._cast.settle(
                    person, ops.RECORD_USE, input={**given, "idempotencyKey": key}
                )

    async def mark_duplicate(self, person: str, original: str) -> None:
        """Say that another thread asked the same before."""
        if "thread.marked_duplicate" not in self._done:
            given = {"thread": self._id, "of": original}
            await self._cast.settle(person, ops.MARK_DUPLICATE, input=given)

    async def end(self, deed: dict[str, Any]) -> None:
        """Close it, open it again, or take it back."""
        type, ending = next(ENDS[name] for name in ENDS if name in deed)
        if type not in self._done:
            await self._cast.settle(deed["person"], ending, input={"thread": self._id})

    async def await_operator(self) -> None:
        """Wait until it has gone to the operator, since there is nobody else for it to go to."""
        loop = asyncio.get_running_loop()
        until = loop.time() + ESCALATED_IN_SECONDS
        while "thread.escalated" not in self._done and await self._state() != "ESCALATED":
            if loop.time() > until:
                raise DemoFailed("Threads that wait do not go on: does the server's clock run?")
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _state(self) -> str:
        found = await self._cast.ask(self._asker, ops.STATE, id=self._id)
        return str(found["thread"]["state"])
