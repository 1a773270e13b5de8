"""Who sees a thread, from the client's side: every kind of viewer at every way in.

`EXPECTED` is the promise, written out; what the server judges by is not looked at. The ways in are
listed in `tests/ways.py`.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import orjson
import pytest

from app.db.writing import Writing, write
from app.ports import Refused
from app.resolvers.broking import thread_event
from app.settings import Settings
from tests.api import one_process
from tests.conftest import TurnedClock
from tests.consulting import said as replied
from tests.databases import Databases
from tests.hiding import Hideout, Target, hide_all
from tests.telling import BEGINNING, Tap, opened, tapped
from tests.ways import COUNTS, DEEDS, STREAMS, WAYS, Way

# N: sees it with the asker's name, p: with the pseudonym, dot: it is not there. Of what was
# withdrawn nothing is there but for its asker; of what lies in a space for members, nothing for
# whoever is none, save for the operator.
EXPECTED = """
                 | PUBLIC | SPACE | EXPERTS_ONLY | PAIR
anonymous        | p      | .     | .            | .
stranger         | p      | .     | .            | .
expert elsewhere | p      | .     | .            | .
owner elsewhere  | p      | .     | .            | .
key              | p      | .     | .            | .
member           | p      | p     | .            | .
seeker           | p      | p     | .            | .
former expert    | p      | p     | .            | .
expert           | N      | N     | N            | .
invited expert   | N      | N     | N            | N
asker            | N      | N     | N            | N
moderator        | N      | N     | .            | .
owner            | N      | N     | .            | .
operator         | N      | N     | .            | .
called operator  | N      | N     | p            | p
"""
OUTSIDE = {"anonymous", "stranger", "expert elsewhere", "owner elsewhere", "key"}
HEAD, *ROWS = (
    [cell.strip() for cell in row.split("|")] for row in EXPECTED.strip("\n").splitlines()
)
TABLE = {
    (name, tier): cell for name, *cells in ROWS for tier, cell in zip(HEAD[1:], cells, strict=True)
}


@pytest.fixture(scope="module", params=["OPEN", "MEMBERS"])
async def hideout(
    databases: Databases, settings: Settings, request: pytest.FixtureRequest
) -> AsyncIterator[Hideout]:
    """A space of each openness with threads of each circle, for tests that only look."""
    clock = TurnedClock(datetime(2026, 3, 1, 12))
    async with databases.lend() as db, one_process(db, settings, clock) as world:
        yield await hide_all(world, request.param)


def look(hideout: Hideout, viewer: str, target: Target) -> str:
    """Return how a viewer is to see a target, by the table alone."""
    row = hideout.row(viewer, target)
    if target.course == "WITHDRAWN" and row != "asker":
        return "."
    if hideout.openness != "OPEN" and row in OUTSIDE:
        return "."
    return TABLE[row, target.tier]


def leaks(hideout: Hideout, viewer: str, told: str) -> list[str]:
    """Return what a text tells a viewer that is not for them."""
    found = []
    for target in hideout.targets:
        seen = look(hideout, viewer, target)
        hidden = target.traces() if seen == "." else []
        unnamed = target.names() if seen != "N" else []
        if any(trace in told for trace in hidden + unnamed):
            found.append(f"{target.tier} {target.course} is told to {viewer}")
    return found


def shows(told: str, target: Target) -> bool:
    """Say whether a text tells that there is such a thread."""
    return any(trace in told for trace in target.traces())


class Asked:
    """What viewers were answered, each question once."""

    def __init__(self, hideout: Hideout) -> None:
        self._hideout = hideout
        self._known: dict[tuple[str, str, bytes], str] = {}
        self.fresh = True

    async def answer(self, viewer: str, way: Way, target: Target | None) -> str:
        """Return an answer without what differs from request to request."""
        variables = way.variables(self._hideout, target)
        key = (viewer, way.query, orjson.dumps(variables))
        self.fresh = key not in self._known
        if self.fresh:
            body = await self._hideout.viewers[viewer].send(way.query, **variables)
            body.pop("extensions", None)
            for error in body.get("errors", ()):
                error["extensions"].pop("requestId", None)
            self._known[key] = orjson.dumps(body).decode()
        return self._known[key]


async def check(hideout: Hideout, way: Way) -> list[str]:
    """Return what is wrong with a way in: for whom it shows too much, or too little."""
    wrong, asked = [], Asked(hideout)
    for viewer, target in hideout.pairs():
        told = await asked.answer(viewer, way, target)
        if asked.fresh:
            wrong += leaks(hideout, viewer, told)
        row, seen = hideout.row(viewer, target), look(hideout, viewer, target)
        if shows(told, target) != way.sees(row, seen):
            wrong.append(f"{viewer}: {target.tier} {target.course}: {told}"[:500])
        absent = told if seen != "." else await asked.answer(viewer, way, None)
        if way.is_alike_for_none and told != absent:
            wrong.append(f"{viewer} can tell {target.tier} {target.course} from none: {told}")
    return wrong


async def test_who_sees_what_by_every_way_in(hideout: Hideout) -> None:
    """What is hidden shows nowhere, and looks like what does not exist; the rest is there."""
    found = {way.name: await check(hideout, way) for way in WAYS}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


async def test_the_name_is_shown_to_who_may_see_it(hideout: Hideout) -> None:
    """The table's capital letters, so that a pseudonym for everybody would not pass."""
    asked = Asked(hideout)
    for viewer, target in hideout.pairs():
        told = await asked.answer(viewer, WAYS[0], target)
        assert (target.names()[1] in told) == (look(hideout, viewer, target) == "N"), viewer


async def test_research_takes_no_names(hideout: Hideout) -> None:
    """Not even for those who see who asked: a case is nobody's, under a name of the export."""
    for viewer in ("expert", "invited expert", "operator"):
        told = await Asked(hideout).answer(viewer, WAYS[-1], None)
        for target in hideout.targets:
            traces = {*target.names(), target.id, target.pseudonym}
            assert not any(trace in told for trace in traces)


async def test_deeds_cannot_tell_what_is_hidden_from_what_is_not(hideout: Hideout) -> None:
    """Whoever does something to a hidden thread is answered as if there were none."""
    wrong, asked = [], Asked(hideout)
    for viewer, target in hideout.pairs():
        for deed in DEEDS if look(hideout, viewer, target) == "." else ():
            done = await asked.answer(viewer, deed, target)
            absent = await asked.answer(viewer, deed, None)
            if done != absent or shows(done, target):
                wrong.append((viewer, target.tier, target.course, done, absent))
    assert wrong == []


async def pages(hideout: Hideout, viewer: str, way: Way, target: Target) -> list[Any]:
    """Return all pages of a list as a viewer turns them; none if it is refused."""
    found: list[Any] = []
    variables = way.variables(hideout, target)
    while True:
        body = await hideout.viewers[viewer].send(way.query, **variables)
        if "errors" in body:
            return []
        [page] = body["data"].values()
        found.append(page)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        variables["after"] = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("way", COUNTS, ids=[way.name for way in COUNTS])
async def test_counts_and_pages_tell_of_nothing_hidden(hideout: Hideout, way: Way) -> None:
    """A list counts what it shows, and has no holes; what is hidden makes no page longer."""
    turned: dict[tuple[str, int], list[Any]] = {}
    for viewer, target in hideout.pairs():
        key = (viewer, hideout.targets.index(target) if way.asks_for_one else -1)
        if key in turned:
            continue
        turned[key] = await pages(hideout, viewer, way, target)
        shown = [len(page["nodes"]) for page in turned[key]]
        assert {page["totalCount"] for page in turned[key]} <= {sum(shown)}, (viewer, shown)
        assert len(set(shown[:-1])) <= 1, (viewer, shown)
        if way.asks_for_one and look(hideout, viewer, target) == ".":
            assert sum(shown) == 0, (viewer, target)
    assert any(len(found) > 1 for found in turned.values())


async def test_a_list_counts_just_what_the_table_says(hideout: Hideout) -> None:
    """Besides the targets that a viewer sees, there are those that point at them, and a beacon."""
    for viewer in hideout.viewers:
        found = await pages(hideout, viewer, COUNTS[0], hideout.targets[0])
        seen = sum(look(hideout, viewer, target) != "." for target in hideout.targets)
        assert sum(len(page["nodes"]) for page in found) in {0, seen + len(hideout.targets) + 1}
        assert bool(found) == (hideout.openness == "OPEN" or viewer not in OUTSIDE)


def feigned(hideout: Hideout) -> Any:
    """Return the work that writes one more event in every target, in one go."""
    clinic = hideout.clinic

    async def work(writing: Writing) -> None:
        threads = [await clinic.stored(target.id) for target in hideout.targets]
        at = clinic.world.clock()
        await writing.append(*[thread_event(one, "thread.revised", None, at) for one in threads])

    return work


async def tell_all(hideout: Hideout) -> None:
    """Let something happen in every target, and return when all who listen were handed it."""
    world, beacon = hideout.clinic.world, hideout.beacon
    query = """subscription S($id: ID!) {
      threadUpdated(thread: $id) { ... on ThreadEvent { type } } }"""
    async with hideout.clinic["bo"].watch(query, id=beacon) as stream:
        first = await opened(stream)
        await write(world.db, world.clock(), feigned(hideout))
        world.engine.services.log.nudge()
        # What comes after it is handed over after it.
        await replied(hideout.clinic["bo"], beacon, "CLARIFY")
        await first


async def taps_of(
    hideout: Hideout, way: Way, stack: AsyncExitStack
) -> dict[tuple[str, int], tuple[Tap | None, list[Target]]]:
    """Return the streams of a way, by viewer and its target if it has one; None if refused."""
    taps: dict[tuple[str, int], tuple[Tap | None, list[Target]]] = {}
    for viewer, target in hideout.pairs():
        key = (viewer, hideout.targets.index(target) if way.asks_for_one else -1)
        if key not in taps:
            variables = {**way.variables(hideout, target), "after": BEGINNING}
            try:
                opening = tapped(hideout.viewers[viewer], way.query, **variables)
                taps[key] = (await stack.enter_async_context(opening), [])
            except Refused:
                taps[key] = (None, [])
        taps[key][1].append(target)
    return taps


async def check_stream(hideout: Hideout, way: Way) -> list[str]:
    """Return what is wrong with a stream: what it tells too much, or too little."""
    wrong = []
    async with AsyncExitStack() as stack:
        taps = await taps_of(hideout, way, stack)
        for moment in ("replay", "live"):
            if moment == "live":
                await tell_all(hideout)
            for (viewer, _), (tap, targets) in taps.items():
                told = "".join(await tap.drain()) if tap else ""
                wrong += leaks(hideout, viewer, told)
                for target in targets:
                    row, seen = hideout.row(viewer, target), look(hideout, viewer, target)
                    if (target.id in told) != way.sees(row, seen):
                        wrong.append(f"{moment} {viewer}: {target.tier} {target.course}: {told}")
    return wrong


async def test_who_is_told_what_by_every_stream(hideout: Hideout) -> None:
    """What is hidden is told neither by replay nor as it happens; the rest is told both times."""
    found = {way.name: await check_stream(hideout, way) for way in STREAMS}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
