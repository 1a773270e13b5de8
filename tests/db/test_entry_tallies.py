"""Entries are counted by an index alone, as long as only maps are asked for."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from app.db.client import Database
from app.db.entry_tallies import count_cells, survey_cells
from app.pooling.filters import EntryFilter
from app.pooling.words import Suitability
from app.settings import Settings
from tests.anywhere import place
from tests.databases import Databases
from tests.db.explaining import Listener
from tests.pooling.filtering import SPACE, entry_seen

COUNT = 40
WORDS = [word.value for word in Suitability][:3]
EVERYWHERE = [("0", "4")]


class Explained(NamedTuple):
    """A database, and what listens to the commands that it is sent."""

    db: Database
    sent: Listener

    @property
    def last(self) -> dict[str, Any]:
        """Return the last command."""
        return self.sent.last


@pytest.fixture
async def explained(databases: Databases, settings: Settings) -> AsyncIterator[Explained]:
    """A database with entries on a line to the east, and what it says of commands."""
    sent = Listener()
    seen = [
        entry_seen(
            title="Lift",
            at=place(n / 10, 0),
            facets={"WHEELCHAIR": WORDS[n % 3]} if n % 4 else {},
            stale=n % 2 == 0,
        )
        for n in range(COUNT)
    ]
    async with databases.lend(settings.mongo_driver, sent) as db:
        await db["entries"].insert_many(
            [{"_id": f"ent_{n}", "space": SPACE, "matched": one} for n, one in enumerate(seen)]
        )
        yield Explained(db, sent)


async def chosen(explained: Explained) -> str:
    """Return how the last command found what it counted: the stages of its plan, the last first."""
    command = {key: explained.last[key] for key in ("aggregate", "pipeline")} | {"cursor": {}}
    said: Any = await explained.db.command("explain", command)
    plan = said["stages"][0]["$cursor"]["queryPlanner"]["winningPlan"]
    stages = [plan["stage"]]
    while "inputStage" in plan:
        plan = plan["inputStage"]
        stages.append(f"{plan['stage']} {plan.get('indexName', '')}".strip())
    return " < ".join(stages)


async def test_maps_are_counted_without_reading_an_entry(explained: Explained) -> None:
    """With a need, too, and what is known of an area."""
    query, values = EntryFilter(SPACE).query(), ["WHEELCHAIR", *WORDS]
    counted = await count_cells(explained.db, query, EVERYWHERE, 2, values)
    assert sum(one["count"] for one in counted) == COUNT
    assert await chosen(explained) == "PROJECTION_DEFAULT < IXSCAN entries by cell"
    needs = (["WHEELCHAIR", "BLIND"], WORDS)
    [surveyed] = await survey_cells(explained.db, query, EVERYWHERE, 1, needs)
    assert (surveyed["count"], surveyed["stale"]) == (COUNT, COUNT // 2)
    assert surveyed["known"] == {"WHEELCHAIR": COUNT * 3 // 4, "BLIND": 0}
    assert await chosen(explained) == "PROJECTION_DEFAULT < IXSCAN entries by cell"


async def test_only_what_lies_in_the_spans_is_counted(explained: Explained) -> None:
    """Each of them by itself."""
    spans = [("30000000", "30000001"), ("30000010", "30000011")]
    counted = await count_cells(explained.db, EntryFilter(SPACE).query(), spans, 8, [])
    assert {one["cell"] for one in counted} <= {"30000000", "30000010"}
    assert 0 < sum(one["count"] for one in counted) < COUNT
    assert all(one["one"].startswith(one["cell"]) for one in counted)
