"""Broken memories: what an instance goes on from when what it remembers cannot be read."""

from dataclasses import replace
from datetime import datetime

import structlog

from app.alerts.phases import Phase, State
from app.db import alerts as alerts_db
from app.db.documents import Instance
from app.db.writing import Writing

logger = structlog.get_logger()


async def legible(
    writing: Writing, instances: list[Instance], at: dict[str, datetime]
) -> list[Instance]:
    """Return the instances that can be judged; a broken memory goes back to the last alert.

    Args:
        writing: the transaction.
        instances: as they are kept; those that lack fields are left out.
        at: from when on a memory begins anew, by series.

    """
    whole = []
    for instance in instances:
        lacking = Instance.__required_keys__ - instance.keys()
        if lacking:
            logger.error("an instance is broken", instance=instance["_id"], lacking=sorted(lacking))
            continue
        try:
            State.from_document(instance["state"])
        except Exception:
            logger.exception("an instance has lost its memory", instance=instance["_id"])
            state = await _salvaged(writing, instance["_id"], at[instance["series"]])
            instance["state"] = state.to_document()
        whole.append(instance)
    return whole


async def _salvaged(writing: Writing, instance: str, at: datetime) -> State:
    alert = await alerts_db.find_latest(writing, instance)
    fresh = State.fresh(at)
    if alert is None:
        return fresh
    fresh = replace(fresh, alerts_opened=alert["ordinal"])
    if alert["resolved_at"] is not None:
        return fresh
    acknowledged = alert["acknowledged_at"] is not None
    return replace(fresh, phase=Phase.FIRING, acknowledged=acknowledged)
