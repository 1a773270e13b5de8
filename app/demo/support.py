"""What people give to one campaign of a story, what its team does with it, and what they say."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from app.demo import campaign_operations as ops
from app.demo.cast import SETTLED, Cast
from app.demo.client import Declined
from app.demo.members import KNOWN_SOON_SECONDS, LOOK_EVERY_SECONDS

MODERATOR = "Mia"
SIGNED = ("PENDING", "VALIDATED", "INVALIDATED", "WITHDRAWN")
# What a deed with a gift is told besides the gift.
TOLD: Mapping[str, Mapping[str, str]] = {"RECEIVED": {"noted": "RECEIVED"}}
PLAIN = ("kind", "amount", "provider", "tier", "anonymous", "message")
Plan = Mapping[str, Any]


class Support:
    """The support of one campaign; what was given, said or done is not done again."""

    def __init__(self, cast: Cast, id: str, plan: Plan, providers: frozenset[str]) -> None:
        self._cast = cast
        self._id = id
        self._plan = plan
        self._owner: str = plan["person"]
        self._providers = providers

    async def tell(self) -> None:
        """Let everybody give, and the team and the supporters do the rest."""
        there = await self._look()
        gifts = {
            ((one["supporter"] or {}).get("name"), one["kind"], one["amount"], one["message"]): one
            for one in there["contributions"]["nodes"]
        }
        await asyncio.gather(*(self._give(gift, gifts) for gift in self._plans("gifts")))
        news = {one["title"]: one["id"] for one in there["updates"]["nodes"]}
        for update in self._plans("updates"):
            if update["title"] not in news:
                news[update["title"]] = await self._post(update)
        said = {one["text"] for one in there["comments"]["nodes"]}
        for comment in self._plans("comments"):
            if comment["text"] not in said:
                await self._comment(comment, news)
        polls = {one["question"]: one["id"] for one in there["polls"]["nodes"]}
        for poll in self._plans("polls"):
            await self._poll(poll, polls.get(poll["question"]))
        spent = {one["purpose"]: one for one in there["expenses"]["nodes"]}
        for expense in self._plans("expenses"):
            await self._spend(expense, spent.get(expense["purpose"]))
        if "signatures" in self._plan:
            await self._sign(self._plan["signatures"])
            await self._answer(self._plan["answer"])

    def _plans(self, what: str) -> Sequence[Plan]:
        found: Sequence[Plan] = self._plan.get(what, ())
        return found

    async def _look(self) -> dict[str, Any]:
        """Return the campaign as its owner sees it."""
        found: dict[str, Any] = (await self._cast.ask(self._owner, ops.WHOLE, id=self._id))[
            "campaign"
        ]
        return found

    async def _try(self, name: str, deed: str, **given: Any) -> dict[str, Any] | None:
        """Return what comes of a deed; None if the campaign, or the thing, has moved on."""
        try:
            done: dict[str, Any] = await self._cast.do(name, deed, **given)
        except Declined as declined:
            if declined.code not in SETTLED:
                raise
            return None
        return done

    def _new(self, *key: object, **given: Any) -> dict[str, Any]:
        """Return the input of something new in the campaign, which comes once for its key."""
        parts = "/".join(str(part)[:60] for part in key)
        return {
            "campaign": self._id, "idempotencyKey": f"fivefold-demo/{self._id}/{parts}", **given
        }  # fmt: skip

    async def _give(self, gift: Plan, there: Mapping[tuple[Any, ...], Any]) -> None:
        """Let somebody give, if they have not, and let become of it what is not yet."""
        person, message = gift["person"], gift.get("message", "")
        found = there.get((person, gift["kind"], gift["amount"], message))
        if found is None:
            if gift.get("provider", "") not in {"", *self._providers}:
                return
            words = {name: gift[name] for name in PLAIN if name in gift}
            given = self._new(person, gift["kind"], gift["amount"], **words)
            found = await self._try(person, ops.CONTRIBUTE, input=given)
        for deed in gift.get("then", ()):
            states, operation = ops.GIVEN[deed["do"]]
            if found is not None and found["state"] in states:
                told = {"contribution": found["id"], **TOLD.get(deed["do"], {})}
                if "reason" in deed:
                    told["reason"] = deed["reason"]
                given = {"input": told} if len(told) > 1 else {"id": found["id"]}
                found = await self._try(deed["person"], operation, **given)

    async def _post(self, update: Plan) -> str | None:
        words = {name: value for name, value in update.items() if name != "person"}
        given = self._new("news", update["title"], **words)
        posted = await self._try(update["person"], ops.POST, input=given)
        return None if posted is None else str(posted["id"])

    async def _comment(self, comment: Plan, news: Mapping[str, str | None]) -> None:
        right = {"COMMENT": "COMMENT", "SUGGESTION": "SUGGEST"}[comment["kind"]]
        if await self._room_of(comment["person"], right) is None:
            return
        given = self._new("says", comment["text"], kind=comment["kind"], text=comment["text"])
        given["update"] = news.get(comment.get("under", ""))
        await self._try(comment["person"], ops.COMMENT, input=given)

    async def _poll(self, poll: Plan, id: str | None) -> None:
        if id is None:
            words = {"question": poll["question"], "options": poll["options"]}
            given = self._new("asks", poll["question"], **words)
            asked = await self._try(poll["person"], ops.ASK, input=given)
            if asked is None:
                return
            id = asked["id"]
        for name, option in poll["votes"].items():
            room = await self._room_of(name, "VOTE")
            if room and {"id": id, "myVote": None} in room["polls"]["nodes"]:
                await self._try(name, ops.VOTE, input={"poll": id, "option": option})

    async def _room_of(self, name: str, right: str) -> dict[str, Any] | None:
        """Return what somebody sees who has a right, once every process knows; None if nobody."""
        known, until = 0, asyncio.get_running_loop().time() + KNOWN_SOON_SECONDS
        while asyncio.get_running_loop().time() < until:
            found: dict[str, Any] = (await self._cast.ask(name, ops.MY_ROOM, id=self._id))[
                "campaign"
            ]
            has = right in (found["myLevel"] or {"rights": ()})["rights"]
            known = known + 1 if has else 0
            if known == len(self._cast.client.urls):
                return found
            if not known:
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        return None

    async def _spend(self, expense: Plan, there: dict[str, Any] | None) -> None:
        """Record what was paid, as far as there is so much, and let somebody approve it."""
        found = there
        if found is None:
            campaign = (await self._cast.ask(self._owner, ops.AVAILABLE, id=self._id))["campaign"]
            if campaign["statement"]["available"]["amount"] < expense["amount"]:
                return
            besides = {"person", "approver"}
            words = {name: value for name, value in expense.items() if name not in besides}
            given = self._new("pays", expense["purpose"], **words)
            found = await self._try(expense["person"], ops.RECORD, input=given)
        if found is not None and found["state"] == "RECORDED" and "approver" in expense:
            await self._try(expense["approver"], ops.APPROVE_EXPENSE, id=found["id"])

    async def _sign(self, plans: Sequence[Plan]) -> None:
        """Let everybody sign who has not, and the moderator judge what waits."""
        there = await self._signatures()
        missing = [plan for plan in plans if plan["person"] not in there]
        if missing:
            await asyncio.gather(*(self._sign_as(plan) for plan in missing))
            there = await self._signatures()
        for judged, deed in ops.JUDGE.items():
            wanted = [plan for plan in plans if plan.get("judged") == judged]
            waits = [
                there[plan["person"]]["id"]
                for plan in wanted
                if there.get(plan["person"], {}).get("state") == "PENDING"
            ]
            if waits:
                told = {"reason": wanted[0]["reason"]} if "reason" in wanted[0] else {}
                await self._cast.do(MODERATOR, deed, input={"ids": waits, **told})

    async def _sign_as(self, plan: Plan) -> None:
        words = {name: value for name, value in plan.items() if name in {"area", "comment"}}
        words["anonymous"] = plan.get("anonymous", False)
        given = {"campaign": self._id, **words}
        await self._try(plan["person"], ops.SIGN, input=given)

    async def _signatures(self) -> dict[str, dict[str, Any]]:
        """Return all signatures by the names of who signed."""
        found = self._cast.nodes(MODERATOR, ops.SIGNATURES, campaign=self._id, states=SIGNED)
        return {one["signer"]["name"]: one async for one in found if one["signer"]}

    async def _answer(self, answer: Plan) -> None:
        """Let the moderator answer to a threshold that is crossed, unless somebody has."""
        for one in (await self._look())["thresholds"]:
            if one["id"] == answer["threshold"] and one["crossedTimes"] and not one["response"]:
                given = {"campaign": self._id, **answer}
                await self._try(MODERATOR, ops.RESPOND, input=given)
