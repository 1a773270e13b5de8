"""What needs looking after is found by its own index, wherever it lies."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db import upkeep
from app.db.paging import Window
from tests.db.explaining import Explained

HERE = [4.36, 50.84]
NOON = datetime(2026, 3, 1, 12)
COUNT = 400
# Of so many entries the farthest ask to be checked, are disputed, are due, or are unpatrolled.
FAR = 4


def entry(n: int) -> dict[str, Any]:
    """Return an entry so many steps away from here."""
    far = n >= COUNT - FAR
    state = "DISPUTED" if far and n % 2 else "PUBLISHED"
    return {
        "_id": f"ent_{n:03}",
        "space": "spc_one",
        "matched": {
            "spot": {"type": "Point", "coordinates": [HERE[0] + n / 100_000, HERE[1]]},
            "stale": far and n % 2 == 0,
            "state": state,
        },
        "patrolled": not far,
        "due_at": NOON if far else None,
        "updated_at": NOON + timedelta(minutes=n),
    }


@pytest.fixture
async def explained(unfilled: Explained) -> Explained:
    """A pool in which what is urgent is far away."""
    await unfilled.db["entries"].insert_many([entry(n) for n in range(COUNT)])
    return unfilled


async def test_what_is_urgent_is_found_without_reading_what_is_nearer(
    explained: Explained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stale, and what is disputed, each by an index that holds nothing else."""
    found = await upkeep.list_to_check(explained.db, "spc_one", HERE, 5_000, FAR)
    ids = {one["_id"] for one in found}
    assert ids == {f"ent_{n:03}" for n in [*range(FAR), *range(COUNT - FAR, COUNT)]}
    for urgent in (upkeep.STALE, upkeep.DISPUTED):
        monkeypatch.setattr(upkeep, "CANDIDATES", (urgent,))
        await upkeep.list_to_check(explained.db, "spc_one", HERE, 5_000, FAR)
        stages = await explained.stages()
        assert sum(stage.get("docsExamined", 0) for stage in stages) <= 2 * FAR


async def test_what_is_due_and_what_waits_for_a_look_is_all_that_is_read(
    explained: Explained,
) -> None:
    """In the order of an index."""
    assert len(await upkeep.list_due(explained.db, NOON, 9)) == FAR
    stages = await explained.stages()
    page = await upkeep.find_unpatrolled(explained.db, "spc_one", Window(first=9))
    assert [one["_id"] for one in page.items] == [f"ent_{COUNT - 1 - n}" for n in range(FAR)]
    stages += await explained.stages()
    assert "SORT" not in [stage.get("stage") for stage in stages]
    assert sum(stage.get("docsExamined", 0) for stage in stages) <= 2 * FAR
