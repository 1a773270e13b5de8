"""Live: many sockets watch the same alerts, of which there are ten a second.

What an item costs is what a server with many sockets takes beyond one with a single socket, for
the same alerts, divided by the items more: recording an observation and judging it is thus not in
it, and stands in a column of its own. Delays count from the instant at which an observation was
due to be sent, so that a server that cannot keep up does not slow down its own measurement.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal, NamedTuple

from app.db.events import TYPES
from benchmarks import dataset
from benchmarks.contestants import RAW, Contestant
from benchmarks.load import WrongAnswer
from benchmarks.machine import cpu_seconds, resident_kib
from benchmarks.shapes import Pools, filled
from benchmarks.sockets import Crowd, Watching
from benchmarks.stage import GAUGE, SIREN, SPACE, Alarm

ALERTS_PER_SECOND = 10
PRIMING_SECONDS = 60
STILL_SECONDS = 0.5
DRAIN_SECONDS = 30
# Who needs longer for one alert than there is time between two gets fewer of them.
SPAN_SECONDS = 12
FEWEST = 3
WARM_SOCKETS = 100
P99 = 0.99

NOTICES = """subscription Live {
  alerts { ... on Notice { id cursor reason value at alert { id ordinal status openedAt } } }
}"""
EVENTS = """subscription Live($filter: EventFilterInput!) {
  events(filter: $filter) {
    ... on Event { cursor type subject at recordedAt phaseBefore phaseAfter value }
  }
}"""
TOLD = ["alert.opened", "alert.resolved"]


@dataclass(frozen=True, slots=True)
class LiveCase:
    """Who watches what: one person on every socket, or a person to each.

    In the variables, `@types` stands for a list of event types that no other socket names.
    """

    name: str
    title: str
    operation: str
    variables: Mapping[str, Any]
    people: Literal["one", "each"]
    series: str
    sockets: tuple[int, ...]

    def watching(self, number: int) -> Watching:
        """Return who subscribes to what on the socket with this number."""
        token = dataset.reader_token(number if self.people == "each" else 0)
        pools: Pools = {"space": [SPACE], "types": [own_types(number)]}
        return Watching(token, self.operation, filled(self.variables, pools, 0))


CASES = [
    LiveCase(
        "L1",
        "one person on every socket, the same operation (`alerts`)",
        NOTICES, {}, "one", GAUGE, (1_000, 2_000),
    ),
    LiveCase(
        "L2",
        "a person to a socket, the same operation (`events`)",
        EVENTS, {"filter": {"space": "@space", "types": TOLD}}, "each", GAUGE, (1_000, 2_000),
    ),
    LiveCase(
        "L3",
        "a person to a socket, with variables of their own (`events`)",
        EVENTS, {"filter": {"space": "@space", "types": "@types"}}, "each", GAUGE, (1_000,),
    ),
    LiveCase(
        "L4",
        "a person to a socket, with notices of their own (`alerts`)",
        NOTICES, {}, "each", SIREN, (500,),
    ),
]  # fmt: skip
MEMORY = CASES[1]


def own_types(number: int) -> list[str]:
    """Return types of events that name the alerts, and others by which lists differ."""
    others = sorted(TYPES.keys() - set(TOLD))
    return TOLD + [type for place, type in enumerate(others) if number >> place & 1]


class LiveCell(NamedTuple):
    """What a case costs at one contestant; `lost` counts sockets that lacked items in the end."""

    case: str
    contestant: str
    sockets: int
    cpu: float
    cpu_per_alert: float
    median_ms: float
    p99_ms: float
    lost: int


class Span(NamedTuple):
    """What some alerts took: CPU, items, their delays, and sockets that lacked some."""

    alerts: int
    cpu: float
    items: int
    delays: list[float]
    lost: int


@dataclass(slots=True)
class _Rounds:
    """What the rounds of one contestant have shown so far."""

    cpu: list[float] = field(default_factory=list)
    cpu_per_alert: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    lost: int = 0


Hall = Sequence[tuple[Contestant, Mapping[str, Alarm]]]


async def measure(
    hall: Hall, case: LiveCase, sockets: int, *, alerts: int, rounds: int
) -> list[LiveCell]:
    """Return what a case costs at each contestant, in alternating rounds."""
    seen = {contestant.name: _Rounds() for contestant, _ in hall}
    for turn in range(rounds):
        for contestant, alarms in [*hall[turn % len(hall) :], *hall[: turn % len(hall)]]:
            alarm, found = alarms[case.series], seen[contestant.name]
            one = await _watched(contestant, alarm, [case.watching(0)], alerts)
            many = await _watched(
                contestant, alarm, [case.watching(n) for n in range(sockets)], alerts
            )
            per_alert = one.cpu / one.alerts
            further = max(1, many.items - many.alerts)
            found.cpu.append((many.cpu - per_alert * many.alerts) / further * 1e6)
            found.cpu_per_alert.append(per_alert * 1e6)
            found.delays += many.delays
            found.lost += many.lost
    return [_cell(case, name, sockets, found) for name, found in seen.items()]


async def memory(contestant: Contestant, alarm: Alarm, sockets: int) -> float:
    """Return how many KiB of the server a socket takes that watches and has been told once."""
    crowd = Crowd(contestant.port)
    try:
        await crowd.join([MEMORY.watching(n) for n in range(WARM_SOCKETS)])
        await prime(crowd, alarm)
        before = resident_kib(contestant.pid)
        await crowd.join([MEMORY.watching(n) for n in range(WARM_SOCKETS, sockets + WARM_SOCKETS)])
        await prime(crowd, alarm)
        return (resident_kib(contestant.pid) - before) / sockets
    finally:
        crowd.leave()


async def borrow_sample(hall: Hall, case: LiveCase) -> None:
    """Let the raw broadcast send what the first of the others sends."""
    contestant, alarms = hall[0]
    crowd = Crowd(contestant.port)
    await crowd.join([case.watching(0)])
    await prime(crowd, alarms[case.series])
    for other, theirs in hall:
        if other.name == RAW:
            theirs[case.series].sample = crowd.tally.sample
    crowd.leave()


async def prime(crowd: Crowd, alarm: Alarm) -> float:
    """Ring until every socket has been told once and nothing more is on its way.

    Return how long the last alert took to reach the last socket.

    Raises:
        WrongAnswer: some hear nothing.

    """
    until = time.monotonic() + PRIMING_SECONDS
    crowd.begin()
    while crowd.lacking(1):
        if time.monotonic() > until:
            raise WrongAnswer(f"{crowd.lacking(1)} sockets hear nothing; {crowd.tally.wrong[:3]}")
        crowd.begin()
        crowd.tally.due.append(time.monotonic())
        await alarm.ring()
        await _stillness(crowd)
    return max(crowd.tally.delays, default=0.0)


async def _watched(
    contestant: Contestant, alarm: Alarm, watchings: Sequence[Watching], alerts: int
) -> Span:
    crowd = Crowd(contestant.port)
    try:
        await crowd.join(watchings)
        slowest = await prime(crowd, alarm)
        alerts = min(alerts, max(FEWEST, int(SPAN_SECONDS / max(slowest, 1e-3))))
        crowd.begin()
        before = cpu_seconds(contestant.pid)
        await _ring_on_time(crowd, alarm, alerts)
        until = time.monotonic() + DRAIN_SECONDS
        # Looked at now and then, so that no socket has to tell.
        while crowd.lacking(alerts) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        tally = crowd.tally
        if tally.wrong:
            raise WrongAnswer(f"{contestant.name}: {tally.wrong[:3]}")
        cpu = cpu_seconds(contestant.pid) - before
        return Span(alerts, cpu, tally.items, tally.delays, crowd.lacking(alerts))
    finally:
        crowd.leave()
        await asyncio.sleep(STILL_SECONDS)


async def _ring_on_time(crowd: Crowd, alarm: Alarm, alerts: int) -> None:
    begun = time.monotonic() + 0.05
    for number in range(alerts):
        due = begun + number / ALERTS_PER_SECOND
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        crowd.tally.due.append(due)
        await alarm.ring()


async def _stillness(crowd: Crowd) -> None:
    """Return when nothing has come for a moment."""
    before = -1
    while before != crowd.tally.items:
        before = crowd.tally.items
        await asyncio.sleep(STILL_SECONDS)


def _cell(case: LiveCase, contestant: str, sockets: int, found: _Rounds) -> LiveCell:
    delays = sorted(found.delays) or [float("nan")]
    return LiveCell(
        case.name,
        contestant,
        sockets,
        median(found.cpu),
        median(found.cpu_per_alert),
        delays[len(delays) // 2] * 1e3,
        delays[int(len(delays) * P99)] * 1e3,
        found.lost,
    )
