"""News of a campaign: what the database finds is what somebody may read."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.campaigning.audience import may_read, readable
from app.campaigning.tiers import Level
from app.db.campaign_documents import Update
from app.db.client import Database
from tests.campaigning.seeking import NOON, levels, news


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(news, min_size=1, max_size=8), st.lists(levels, min_size=5, max_size=5))
async def test_the_filter_means_the_same_to_the_database_and_to_the_judgement(
    db: Database, drawn: list[Update], readers: list[Level]
) -> None:
    """Whoever reads, whatever the audience, before, on and after the day on which it is public."""
    every: list[Any] = [{**one, "_id": f"upd_{n}"} for n, one in enumerate(drawn)]
    await db["updates"].delete_many({})
    await db["updates"].insert_many(every)
    for who in readers:
        asked = {"campaign": "cam_one", **readable(who, NOON)}
        came = {one["_id"] async for one in db["updates"].find(asked)}
        assert came == {one["_id"] for one in every if may_read(one, who, NOON)}, who
