"""Pledges under pressure: two servers, one of them killed, and every sum and state exact."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

import httpx2
import pytest

from app.campaigning.ledger import Held, differences, recount, statement
from app.clock import now
from app.db import gates as gates_db
from app.db.client import Database
from app.db.writing import Writing, write
from app.ids import new_id
from tests.campaigning.seeking import campaign as campaign_document
from tests.campaigning.seeking import goal, threshold, tier
from tests.funding import CONTRIBUTE
from tests.payments.provider import Cashier
from tests.reliability.crowd import Crowd, Member
from tests.reliability.scene import PATIENCE_SECONDS, Scene, opened

PLEDGES, SUPPORTERS, PLACES = 500, 50, 20
# So many requests are on their way: beyond that a server has no time left to answer any.
AT_ONCE = 100
PROMISED = 60
AMOUNT, GOAL = 1_250, 1_000_000


class Hall(NamedTuple):
    """Two servers, the provider that they ask, and a campaign's supporters."""

    scene: Scene
    cashier: Cashier
    crowd: Crowd
    db: Database
    people: list[Member]

    async def campaign(self, **changes: Any) -> str:
        """Return an open campaign with a limited level and a mark at each tenth of its goal."""
        at, id = now(), new_id("campaigns")
        ends = at + timedelta(days=30)
        plain = {
            "_id": id, "space": self.crowd.space, "owner": self.people[0].id, "state": "OPEN",
            "opened_at": at, "created_at": at, "deadline": ends, "due_at": ends, "progress": {},
            "share": 0.0, "folded": 0, "crossed": {}, "goals": [goal(minimum=GOAL)],
            "tiers": [tier(1, 500, "VOTE", id="limited", limit=PLACES)],
            "thresholds": [threshold("tenth", percent=10, every=True)],
        }  # fmt: skip
        campaign: Any = campaign_document(**(plain | changes))
        await self.db["campaigns"].insert_one(campaign)

        async def work(writing: Writing) -> None:
            await gates_db.insert_gates(writing, id)
            await gates_db.open_gates(writing, id)
            await gates_db.insert_places(writing, id, campaign["tiers"])

        await write(self.db, now(), work)
        return id

    async def found(self, id: str) -> Any:
        """Return a campaign as it is stored."""
        return await self.db["campaigns"].find_one({"_id": id})

    async def given(self, id: str) -> list[Any]:
        """Return all that was given to a campaign."""
        found = self.db["contributions"].find({"campaign": id, "supporter": {"$exists": True}})
        return await found.to_list(None)

    async def until(self, id: str, **wanted: Any) -> None:
        """Return once a campaign is as wanted."""

        async def is_so() -> bool:
            campaign = await self.found(id)
            return all(campaign[key] == value for key, value in wanted.items())

        await come_true(is_so)

    async def until_all_are(self, id: str, state: str) -> None:
        """Return once all that was given to a campaign is in this state."""

        async def are_so() -> bool:
            return {one["state"] for one in await self.given(id)} == {state}

        await come_true(are_so)


async def come_true(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return once something is so; other processes bring it about."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


@pytest.fixture
async def hall(mongodb_uri: str) -> AsyncIterator[Hall]:
    """Two servers of their own, since one of them is going to be killed."""
    limits = httpx2.Limits(max_connections=PLEDGES)
    async with (
        Cashier() as cashier,
        opened(mongodb_uri, **cashier.settings) as scene,
        httpx2.AsyncClient(timeout=60, limits=limits) as client,
    ):
        db = Database(mongodb_uri, scene.servers.database)
        crowd = Crowd(scene, client, db)
        await crowd.open("CROWDSOURCING")
        yield Hall(scene, cashier, crowd, db, await crowd.members(SUPPORTERS))
        await db.close()


async def test_five_hundred_pledges_at_once_sum_exactly(hall: Hall) -> None:
    """Each is sent twice under its key, and one server dies among them: none counts twice."""
    id, gate = await hall.campaign(), asyncio.Semaphore(AT_ONCE)

    async def pledge(number: int) -> Any:
        supporter = hall.people[number % SUPPORTERS]
        tier = "limited" if number % 5 == 0 else None
        # Even amounts: the provider declines those that end in 13.
        given = {
            "campaign": id, "kind": "MONEY", "amount": AMOUNT + 2 * number, "currency": "EUR",
            "provider": "DEVELOPMENT", "tier": tier, "idempotencyKey": f"pledge-{number}",
        }  # fmt: skip
        async with gate:
            return await supporter.do(CONTRIBUTE, input=given)

    async def are_some_given() -> bool:
        return len(await hall.given(id)) >= PLEDGES // 10

    async def kill_one() -> None:
        await come_true(are_some_given)
        hall.scene.servers.kill(0)

    *answers, _ = await asyncio.gather(
        *(pledge(number % PLEDGES) for number in range(2 * PLEDGES)), kill_one()
    )
    kinds = Counter(answer["__typename"] for answer in answers)
    assert kinds.keys() <= {"Contribution", "WrongState"}
    given = await hall.given(id)
    accepted = {one["_id"] for one in given}
    assert {answer["id"] for answer in answers if "id" in answer} == accepted
    assert sum(one["tier"] == "limited" for one in given) == PLACES
    assert len(given) == PLEDGES - PLEDGES // 5 + PLACES

    total = sum(one["amount"] for one in given)
    await hall.until(id, share=total / GOAL)
    campaign = await hall.found(id)
    assert campaign["progress"]["MONEY"]["counted"] == total
    supporters = {one["supporter"] for one in given}
    assert campaign["progress"]["MONEY"]["supporters"] == len(supporters)
    held = [Held(one["kind"], one["amount"], one["state"], one["supporter"]) for one in given]
    assert differences(campaign["progress"], recount(held)) == []
    entries: Any = await hall.db["ledger"].find({"campaign": id}).to_list(None)
    assert statement(entries).held == total
    told = hall.db["events"].find({"within": id, "type": "campaign.threshold_crossed"})
    steps = Counter(event["after"]["step"] for event in await told.to_list(None))
    assert steps == dict.fromkeys(range(1, total // (GOAL // 10) + 1), 1)


async def test_a_deadline_closes_once_though_its_server_dies_while_it_collects(hall: Hall) -> None:
    """Two servers see the deadline pass; one dies in the middle; all is taken, once each."""
    id = await hall.campaign(deadline=now() + timedelta(days=1))

    async def pledge(number: int) -> Any:
        given = {
            "campaign": id, "kind": "MONEY", "amount": 20_000, "currency": "EUR",
            "provider": "REMOTE", "idempotencyKey": f"promise-{number}",
        }  # fmt: skip
        return await hall.people[number % SUPPORTERS].do(CONTRIBUTE, input=given)

    await asyncio.gather(*(pledge(number) for number in range(PROMISED)))
    await hall.until_all_are(id, "CONFIRMED")
    await hall.until(id, share=1.2)

    async def is_one_taken() -> bool:
        return any(one.state == "CAPTURED" for one in hall.cashier.payments.values())

    past = now() - timedelta(seconds=1)
    await hall.db["campaigns"].update_one({"_id": id}, {"$set": {"deadline": past, "due_at": past}})
    await come_true(is_one_taken)
    hall.scene.servers.kill(0)
    await hall.until_all_are(id, "CAPTURED")
    await hall.until(id, settling=False)
    campaign = await hall.found(id)
    assert (campaign["state"], campaign["outcome"]) == ("SUCCEEDED", "SUCCEEDED")
    assert Counter(one.state for one in hall.cashier.payments.values()) == {"CAPTURED": PROMISED}
    ended = {"within": id, "type": {"$in": ["campaign.succeeded", "campaign.failed"]}}
    assert [event["type"] for event in await hall.db["events"].find(ended).to_list(None)] == [
        "campaign.succeeded"
    ]
    entries: Any = await hall.db["ledger"].find({"campaign": id}).to_list(None)
    found = statement(entries)
    assert (found.came_in, found.held, found.available) == (
        PROMISED * 20_000, 0, PROMISED * 20_000,
    )  # fmt: skip
