"""How one match of a story goes: proposed, answered, begun, ended, reviewed."""

from typing import Any

from app.demo import market_operations as ops
from app.demo.cast import SETTLED, Cast
from app.demo.client import Declined

ANSWERS = frozenset({"ACCEPT", "DECLINE"})
UNANSWERED = frozenset({"PROPOSED", "ACCEPTED_BY_ONE"})
# What stood in the way was done by somebody who tried the demo out.
IMPOSSIBLE = SETTLED | {"INVALID_INPUT"}


async def tell_match(cast: Cast, plan: dict[str, Any], need: str, offer: str) -> str | None:
    """Let a match go its way as far as it has not, and return its identifier.

    None: it cannot be any more, for the need or the offer has ended.

    Args:
        cast: who is there.
        plan: who proposes it, on which terms, and what everybody does with it, in this order.
        need: the identifier of the need.
        offer: the identifier of the offer.

    """
    known = await _list(cast, plan["by"], need, offer)
    id = _living(known) or await _propose(cast, plan, need, offer, len(known))
    if id is None:
        return None
    match = _Match(cast, id)
    if "terms" in plan:
        await match.write(plan["by"], plan["terms"])
    for deed in plan["deeds"]:
        given = {name: value for name, value in deed.items() if name not in {"person", "do"}}
        if "say" in deed:
            await match.say(deed["person"], deed["say"])
        elif deed["do"] == "AGREE":
            await match.agree(deed["person"])
        else:
            await match.do(deed["person"], deed["do"], given)
    return id


async def _list(cast: Cast, person: str, need: str, offer: str) -> dict[str, str]:
    """Return the states of the matches of a pair, the latest first."""
    return {
        match["id"]: match["state"]
        async for match in cast.nodes(person, ops.MY_MATCHES, space=cast.space)
        if (match["need"] or {}).get("id") == need and (match["offer"] or {}).get("id") == offer
    }


def _living(known: dict[str, str]) -> str | None:
    """Return the latest match that did not expire."""
    return next((id for id, state in known.items() if state != "EXPIRED"), None)


async def _propose(
    cast: Cast, plan: dict[str, Any], need: str, offer: str, earlier: int
) -> str | None:
    # Two demos at the same moment know of as many, agree on the key, and so on the match.
    given = {"need": need, "offer": offer, "idempotencyKey": f"fivefold-demo/{need}/{earlier}"}
    if "terms" in plan:
        given["jointObjective"] = plan["terms"]["jointObjective"]
    try:
        return str((await cast.do(plan["by"], ops.PROPOSE, input=given))["id"])
    except Declined as declined:
        if declined.code not in IMPOSSIBLE:
            raise
    return _living(await _list(cast, plan["by"], need, offer))


class _Match:
    """A match that was proposed; what has been done to it is not done again."""

    def __init__(self, cast: Cast, id: str) -> None:
        self._cast = cast
        self._id = id

    async def write(self, person: str, terms: dict[str, str]) -> None:
        """Write on which terms the two do it."""
        found = await self._look(person)
        if found["agreement"] is None and found["state"] in UNANSWERED:
            given = {"match": self._id, "expectedVersion": found["version"], **terms}
            await self._cast.settle(person, ops.WRITE_AGREEMENT, input=given)

    async def agree(self, person: str) -> None:
        """Accept the terms."""
        found = await self._look(person)
        if found["mySide"] not in found["agreedBy"] and found["state"] in UNANSWERED:
            given = {"match": self._id, "expectedVersion": found["version"]}
            await self._cast.settle(person, ops.AGREE, input=given)

    async def say(self, person: str, text: str) -> None:
        """Write to the other."""
        said = {
            message["text"]
            async for message in self._cast.nodes(person, ops.MESSAGES, match=self._id)
        }
        if text not in said:
            key = f"fivefold-demo/{self._id}/{text[:60]}"
            given = {"match": self._id, "text": text, "idempotencyKey": key}
            await self._cast.settle(person, ops.SEND, input=given)

    async def do(self, person: str, deed: str, given: dict[str, Any]) -> None:
        """Do what a side can do with it at this moment."""
        found = await self._look(person)
        if deed not in found["possible"] or (
            deed in ANSWERS and found["mySide"] in found["acceptedBy"]
        ):
            return
        if deed in ANSWERS:
            answered = {"match": self._id, "answer": deed}
            await self._cast.settle(person, ops.RESPOND, input=answered)
        elif deed in ops.SIMPLE:
            await self._cast.settle(person, ops.SIMPLE[deed], id=self._id)
        else:
            told = ops.DISPUTE if deed == "DISPUTE" else ops.REVIEW
            await self._cast.settle(person, told, input={"match": self._id, **given})

    async def _look(self, person: str) -> dict[str, Any]:
        """Return the match as one of its sides sees it."""
        found: dict[str, Any] = (await self._cast.ask(person, ops.MATCH, id=self._id))["node"]
        return found
