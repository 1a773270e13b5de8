"""Alert subscriptions, alerts and the inbox, from the client's side."""

import asyncio
from typing import Any

import pytest

from tests.api import ALERTS, Person, World, record, subscribe

INBOX = """
query Inbox($unseen: Boolean! = false) {
  inbox(unseen: $unseen) {
    totalCount
    nodes {
      id cursor reason value seenAt receivedAt
      subscriptions { id }
      alert { id ordinal status }
    }
  }
}
"""
ACKNOWLEDGE = """
mutation M($alert: ID!, $note: String! = "") {
  acknowledge(input: {alert: $alert, note: $note}) {
    __typename
    ... on Alert { status acknowledgement acknowledgedBy { name } }
    ... on Error { code }
  }
}
"""
CHANGE = """
mutation M($id: ID!, $version: Int!, $trigger: ThresholdTriggerInput!) {
  updateAlertSubscription(input: {
    subscription: $id, expectedVersion: $version, trigger: {threshold: $trigger}
  }) {
    __typename ... on AlertSubscription { version trigger { value } } ... on Error { code }
  }
}
"""
PAUSE = """
mutation M($id: ID!, $version: Int!, $until: DateTime) {
  pauseAlertSubscription(input: {subscription: $id, expectedVersion: $version, until: $until}) {
    __typename ... on AlertSubscription { status version pausedUntil } ... on Error { message }
  }
}
"""
RESUME = """
mutation M($id: ID!, $version: Int!) {
  resumeAlertSubscription(input: {subscription: $id, expectedVersion: $version}) {
    __typename ... on AlertSubscription { status version }
  }
}
"""
DELETE = "mutation M($id: ID!) { deleteAlertSubscription(id: $id) { __typename } }"
SEEN = """
mutation M($ids: [ID!]!) {
  markSeen(notices: $ids) { ... on MarkedNotices { notices { seenAt } } }
}
"""
WHY = "query Q($id: ID!) { whyState(instance: $id) { reasons lastValue dueAt instance { phase } } }"


def at(minute: int) -> str:
    """Return an instant of the morning."""
    return f"2026-03-01T10:{minute:02}:00Z"


@pytest.fixture
async def ada(world: World) -> Person:
    """Ada, who owns a space and watches."""
    return await world.person("ada")


@pytest.fixture
async def ben(world: World) -> Person:
    """Ben, who watches too."""
    return await world.person("ben")


@pytest.fixture
async def series(world: World, ada: Person) -> str:
    """A series in Ada's space."""
    return await world.series(ada, await world.space(ada))


async def reasons(person: Person) -> list[str]:
    """Return why somebody was told, oldest first."""
    nodes = (await person.ask(INBOX))["inbox"]["nodes"]
    return [notice["reason"] for notice in reversed(nodes)]


async def test_the_inbox_has_the_items_of_the_stream(ada: Person, series: str) -> None:
    """What the stream brings is what the inbox holds, in the same order, with the same ids."""
    await subscribe(ada, series, operator="GTE", value=3)
    async with ada.watch(ALERTS) as stream:
        for minute, value in enumerate((4, 1, 5, 2)):
            await record(ada, series, (at(minute), value))
        told = [await anext(stream) for _ in range(4)]
    inbox = (await ada.ask(INBOX))["inbox"]
    assert [notice["id"] for notice in told] == [n["id"] for n in reversed(inbox["nodes"])]
    assert [notice["reason"] for notice in told] == ["FIRST", "RESOLVED", "FIRST", "RESOLVED"]
    assert [notice["alert"]["ordinal"] for notice in told] == [1, 1, 2, 2]
    assert inbox["totalCount"] == 4


async def test_resuming_from_any_cursor_gives_the_rest(ada: Person, series: str) -> None:
    """From each item of a history on, exactly the later ones come, and then what is new."""
    await subscribe(ada, series, operator="GTE", value=3)
    for minute in range(10):
        await record(ada, series, (at(minute), 5 if minute % 2 else 1))
    history = list(reversed((await ada.ask(INBOX))["inbox"]["nodes"]))
    for seen in range(0, len(history), 3):
        async with ada.watch(ALERTS, after=history[seen]["cursor"]) as stream:
            rest = [await anext(stream) for _ in history[seen + 1 :]]
            assert [n["id"] for n in rest] == [n["id"] for n in history[seen + 1 :]]
            await record(ada, series, (at(20 + seen), 1), (at(21 + seen), 9))
            fresh = [await anext(stream) for _ in range(2)]
            assert [n["reason"] for n in fresh] == ["RESOLVED", "FIRST"]
            assert not {n["id"] for n in fresh} & {n["id"] for n in history}


async def test_one_condition_for_all_who_ask_the_same(
    world: World, ada: Person, ben: Person, series: str
) -> None:
    """Two people share the instance and the alert; each has a notice of their own."""
    mine = await subscribe(ada, series, operator="GTE", value=3)
    theirs = await subscribe(ben, series, operator="GTE", value=3)
    assert mine["instance"]["id"] == theirs["instance"]["id"]
    await record(ada, series, (at(0), 4))
    [hers], [his] = [(await p.ask(INBOX))["inbox"]["nodes"] for p in (ada, ben)]
    assert hers["alert"] == his["alert"]
    assert hers["id"] != his["id"]
    assert await world.db["alerts"].count_documents({"series": series}) == 1


async def test_two_subscriptions_of_one_person_make_one_notice(ada: Person, series: str) -> None:
    """The same trigger asked for twice tells once, and lists both."""
    for _ in range(2):
        await subscribe(ada, series, operator="GTE", value=3)
    await record(ada, series, (at(0), 4))
    [notice] = (await ada.ask(INBOX))["inbox"]["nodes"]
    assert len(notice["subscriptions"]) == 2


async def test_whoever_comes_late_is_told_of_the_open_alert(
    ada: Person, ben: Person, series: str
) -> None:
    """Subscribing to what fires already tells at once, of the same alert."""
    await subscribe(ada, series, operator="GTE", value=3)
    await record(ada, series, (at(0), 4))
    await subscribe(ben, series, operator="GTE", value=3)
    assert await reasons(ben) == ["FIRST"]
    await record(ada, series, (at(1), 1))
    assert await reasons(ben) == ["FIRST", "RESOLVED"]


async def test_acknowledging_is_seen_by_all(ada: Person, ben: Person, series: str) -> None:
    """One who was told takes the alert on; the other reads who did; a stranger may not."""
    await subscribe(ada, series, operator="GTE", value=3)
    await subscribe(ben, series, operator="GTE", value=3)
    await record(ada, series, (at(0), 4))
    alert = (await ben.ask(INBOX))["inbox"]["nodes"][0]["alert"]["id"]
    done = await ben.do(ACKNOWLEDGE, alert=alert, note="On my way.")
    assert done == {
        "__typename": "Alert",
        "status": "ACKNOWLEDGED",
        "acknowledgement": "On my way.",
        "acknowledgedBy": {"name": "ben"},
    }
    assert (await ada.ask(INBOX))["inbox"]["nodes"][0]["alert"]["status"] == "ACKNOWLEDGED"
    await record(ada, series, (at(1), 1))
    over = await ben.do(ACKNOWLEDGE, alert=alert)
    assert over["code"] == "CONFLICT"


async def test_acknowledging_stops_repeats(
    world: World, clock: Any, ada: Person, series: str
) -> None:
    """An alert is told again by the minute until somebody acknowledges it."""
    await subscribe(ada, series, operator="GTE", value=3, repeatEvery="PT1M")
    await record(ada, series, ("2026-03-01T12:00:00Z", 4))
    clock.turn(61)
    await world.tick()
    assert await reasons(ada) == ["FIRST", "REPEAT"]
    alert = (await ada.ask(INBOX))["inbox"]["nodes"][0]["alert"]["id"]
    await ada.do(ACKNOWLEDGE, alert=alert)
    clock.turn(600)
    await world.tick()
    assert await reasons(ada) == ["FIRST", "REPEAT"]


async def test_a_tick_fires_what_time_alone_moves(
    world: World, clock: Any, ada: Person, series: str
) -> None:
    """Above the threshold for a minute without another observation: the tick opens the alert."""
    made = await subscribe(ada, series, operator="GTE", value=3, **{"for": "PT60S"})
    await record(ada, series, ("2026-03-01T12:00:00Z", 4))
    clock.turn(59)
    await world.tick()
    assert await reasons(ada) == []
    clock.turn(2)
    await world.tick()
    assert await reasons(ada) == ["FIRST"]
    why = (await ada.ask(WHY, id=made["instance"]["id"]))["whyState"]
    assert why["instance"] == {"phase": "FIRING"}
    assert any("value ≥ 3" in reason for reason in why["reasons"])


async def test_silence_is_told_and_its_end_too(
    world: World, clock: Any, ada: Person, series: str
) -> None:
    """No data for longer than a minute, and data again."""
    await subscribe(ada, series, operator="GTE", value=3, noDataAfter="PT60S")
    await record(ada, series, ("2026-03-01T12:00:00Z", 1))
    clock.turn(62)
    await world.tick()
    await world.tick()
    await record(ada, series, ("2026-03-01T12:01:02Z", 1))
    assert await reasons(ada) == ["NO_DATA", "DATA_RESUMED"]


async def test_changing_the_trigger_begins_anew(ada: Person, series: str) -> None:
    """What was open closes because the rule changed; the new threshold is judged at once."""
    made = await subscribe(ada, series, operator="GTE", value=3)
    await record(ada, series, (at(0), 4))
    changed = await ada.do(
        CHANGE, id=made["id"], version=1, trigger={"operator": "GTE", "value": 2}
    )
    assert changed == {"__typename": "AlertSubscription", "version": 2, "trigger": {"value": 2}}
    assert await reasons(ada) == ["FIRST", "RULE_CHANGED", "FIRST"]
    stale = await ada.do(CHANGE, id=made["id"], version=1, trigger={"operator": "LT", "value": 0})
    assert stale["code"] == "CONFLICT"


async def test_a_pause_is_silent_and_ends_by_itself(
    world: World, clock: Any, ada: Person, series: str
) -> None:
    """While it is paused nothing is told; when its time is over, the state of then is judged."""
    made = await subscribe(ada, series, operator="GTE", value=3)
    paused = await ada.do(PAUSE, id=made["id"], version=1, until="2026-03-01T12:10:00Z")
    assert paused["status"] == "PAUSED"
    await record(ada, series, ("2026-03-01T12:01:00Z", 4))
    assert await reasons(ada) == []
    clock.turn(601)
    await world.tick()
    assert await reasons(ada) == ["FIRST"]


async def test_resuming_by_hand_and_deleting(ada: Person, series: str) -> None:
    """A resumed subscription tells; a deleted one is gone from the list and tells no more."""
    made = await subscribe(ada, series, operator="GTE", value=3)
    await ada.do(PAUSE, id=made["id"], version=1)
    resumed = await ada.do(RESUME, id=made["id"], version=2)
    assert resumed == {"__typename": "AlertSubscription", "status": "ACTIVE", "version": 3}
    await record(ada, series, (at(0), 4))
    assert await ada.do(DELETE, id=made["id"]) == {"__typename": "AlertSubscription"}
    await record(ada, series, (at(1), 1), (at(2), 4))
    assert await reasons(ada) == ["FIRST", "RULE_CHANGED"]
    listed = await ada.ask("{ alertSubscriptions { nodes { id } } }")
    assert listed["alertSubscriptions"]["nodes"] == []
    assert await ada.do(DELETE, id=made["id"]) == {"__typename": "NotFound"}


async def test_a_stranger_cannot_touch_a_subscription(
    ada: Person, ben: Person, series: str
) -> None:
    """Somebody else's subscription looks absent, by every way in."""
    made = await subscribe(ada, series, operator="GTE", value=3)
    assert await ben.do(DELETE, id=made["id"]) == {"__typename": "NotFound"}
    assert (await ben.do(PAUSE, id=made["id"], version=1))["__typename"] == "NotFound"
    assert await ben.ask("query Q($id: ID!) { node(id: $id) { id } }", id=made["id"]) == {
        "node": None
    }


async def test_seen_on_one_device_is_seen_on_all(ada: Person, series: str) -> None:
    """Marking a notice clears it from what is unseen, and other devices hear of it."""
    await subscribe(ada, series, operator="GTE", value=3)
    await record(ada, series, (at(0), 4))
    [notice] = (await ada.ask(INBOX, unseen=True))["inbox"]["nodes"]
    async with ada.watch("subscription S { events { ... on Event { type } } }") as other_device:
        await ada.do(SEEN, ids=[notice["id"]])
        assert (await anext(other_device))["type"] == "notice.marked"
    assert (await ada.ask(INBOX, unseen=True))["inbox"]["nodes"] == []


BAD_TRIGGERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"operator": "GTE", "value": 3, "recovery": 5}, ["trigger.threshold.recovery"]),
    ({"operator": "LT", "value": 3, "recovery": 1}, ["trigger.threshold.recovery"]),
    ({"operator": "BETWEEN", "value": 3}, ["trigger.threshold.upper"]),
    ({"operator": "EQ", "value": 3, "recovery": 2}, ["trigger.threshold.recovery"]),
    (
        {"operator": "OUTSIDE", "value": 3, "upper": 2, "repeatEvery": "PT1S"},
        ["trigger.threshold.upper", "trigger.threshold.repeatEvery"],
    ),
]


@pytest.mark.parametrize(("trigger", "paths"), BAD_TRIGGERS)
async def test_a_trigger_that_makes_no_sense_is_refused(
    ada: Person, series: str, trigger: dict[str, Any], paths: list[str]
) -> None:
    """Every problem is named by its path, and nothing is kept."""
    refused = await subscribe(ada, series, **trigger)
    assert [problem["path"] for problem in refused["problems"]] == paths


async def test_the_same_key_makes_one_subscription(world: World, ada: Person, series: str) -> None:
    """Ten requests at once under one key give one subscription with one holder."""
    create = """mutation M($series: ID!) { createAlertSubscription(input: {
      series: $series, idempotencyKey: "k", trigger: {threshold: {operator: GT, value: 1}}
    }) { ... on AlertSubscription { id } } }"""
    made = await asyncio.gather(*(ada.do(create, series=series) for _ in range(10)))
    assert len({one["id"] for one in made}) == 1
    condition = await world.db["conditions"].find_one({"series": series})
    assert condition is not None
    assert (condition["active"], condition["holders"]) == (1, 1)


async def test_the_timeline_tells_every_transition(ada: Person, series: str) -> None:
    """An instance's history, with phases and values, oldest first."""
    made = await subscribe(ada, series, operator="GT", value=3, keepFiringFor="PT5M")
    await record(ada, series, (at(0), 4), (at(1), 1), (at(2), 5), (at(3), 1), (at(9), 1))
    asked = await ada.ask(
        """query Q($id: ID!) { node(id: $id) { ... on AlertInstance {
             timeline { nodes { type phaseAfter value } } } } }""",
        id=made["instance"]["id"],
    )
    timeline = [event["type"] for event in asked["node"]["timeline"]["nodes"]]
    assert timeline == [
        "alert.opened",
        "alert.recovering",
        "alert.relapsed",
        "alert.recovering",
        "alert.resolved",
    ]


async def test_alerts_of_a_space_are_listed_latest_first(
    world: World, ada: Person, series: str
) -> None:
    """The public list of a space, page by page."""
    await subscribe(ada, series, operator="GT", value=3)
    await record(ada, series, *((at(n), 4.0 if n % 2 else 1.0) for n in range(8)))
    found = await world.db["series"].find_one({"_id": series})
    assert found is not None
    read = """query Q($space: ID!, $after: String) {
      alerts(space: $space, first: 3, after: $after) {
        nodes { ordinal status } pageInfo { hasNextPage endCursor } } }"""
    first = (await world.anonymous.ask(read, space=found["space"]))["alerts"]
    assert [alert["ordinal"] for alert in first["nodes"]] == [4, 3, 2]
    rest = (
        await world.anonymous.ask(read, space=found["space"], after=first["pageInfo"]["endCursor"])
    )["alerts"]
    assert [alert["ordinal"] for alert in rest["nodes"]] == [1]
