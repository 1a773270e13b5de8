"""What people do with an entry of the demo's pool, each thing once, however often it is told."""

from collections.abc import Mapping
from typing import Any

from app.demo import pool_operations as ops
from app.demo.cast import OPERATOR, SETTLED, Cast
from app.demo.client import Declined
from app.demo.pool_operations import STATES

Plan = Mapping[str, Any]
# By title, as they stand, with what was said and done of them.
Entries = Mapping[str, Any]
# Nothing can be said twice of a value that has changed since by what was said.
SAID_BEFORE = SETTLED | {"INVALID_INPUT"}


async def list_entries(cast: Cast) -> Entries:
    """Return all entries, what is out of sight too."""
    found = cast.nodes(OPERATOR, ops.ENTRIES, space=cast.space, states=STATES)
    return {entry["title"]: entry async for entry in found}


async def contribute(cast: Cast, plan: Plan) -> None:
    """Add an entry; the same once more comes to the same."""
    besides = {name: plan[name] for name in ("observedAt", "anonymous", "summary") if name in plan}
    given = {
        "space": cast.space,
        "title": plan["title"],
        "category": plan["category"],
        "place": {"type": "Point", "coordinates": plan["place"]},
        "facets": [{"name": name, "value": value} for name, value in plan["facets"].items()],
        "evenIfSimilar": True,
        "idempotencyKey": f"fivefold-demo/{cast.space}/{plan['title']}",
    }
    await cast.settle(plan["person"], ops.CONTRIBUTE, input=given | besides)


async def do_deed(cast: Cast, plan: Plan, entries: Entries) -> None:
    """Let somebody do with an entry what a plan says, unless it is done.

    Args:
        cast: who is there.
        plan: who does what `of` which entry.
        entries: all of them.

    Raises:
        DemoFailed: it cannot be done.

    """
    entry = entries[plan["of"]]
    if "says" in plan:
        await _say(cast, plan, entry)
    elif "tap" in plan:
        await _tap(cast, plan, entry)
    elif "edit" in plan:
        await _edit(cast, plan, entry)
    elif "instead" in plan:
        await _confirm_instead(cast, plan, entry)
    elif "merge" in plan:
        await _merge(cast, plan, entry, entries[plan["merge"]])
    elif entry["state"] not in {"GONE", "HIDDEN"}:
        given = {"entry": entry["id"], "summary": plan["summary"]}
        await cast.settle(plan["person"], ops.MOVES[plan["move"]], input=given)


async def _say(cast: Cast, plan: Plan, entry: Plan) -> None:
    if not {one["facet"] for one in plan["says"]} <= _said(entry, plan["person"]):
        given = {"entry": entry["id"], "facets": plan["says"]}
        given["anonymous"] = plan.get("anonymous", False)
        await _once(cast, plan, entry, ops.CONFIRM, given)


async def _confirm_instead(cast: Cast, plan: Plan, entry: Plan) -> None:
    if not _said(entry, plan["person"]):
        given = {**plan["instead"], "space": cast.space, "confirmInstead": entry["id"]}
        await _once(cast, plan, entry, ops.CONTRIBUTE, given)


async def _once(cast: Cast, plan: Plan, entry: Plan, deed: str, given: Plan) -> None:
    """Say something that another demo may have said for the same person meanwhile."""
    try:
        await cast.do(plan["person"], deed, input=given)
    except Declined as declined:
        fresh = (await list_entries(cast))[entry["title"]]
        if declined.code not in SAID_BEFORE or not _said(fresh, plan["person"]):
            raise


async def _tap(cast: Cast, plan: Plan, entry: Plan) -> None:
    person = plan["person"]
    known = {(one["kind"], one["by"] and one["by"]["name"]) for one in entry["signals"]["nodes"]}
    if (plan["tap"]["kind"], person) not in known:
        given = {"entry": entry["id"], **plan["tap"]}
        token = person and cast.tokens[person]
        await cast.client.do(ops.SIGNAL, token, input=given)


async def _edit(cast: Cast, plan: Plan, entry: Plan) -> None:
    edit = plan["edit"]
    if edit["summary"] not in {one["summary"] for one in entry["revisions"]["nodes"]}:
        given = {"entry": entry["id"], "expectedVersion": entry["version"], **edit}
        await cast.settle(plan["person"], ops.EDIT, input=given)


async def _merge(cast: Cast, plan: Plan, entry: Plan, into: Plan) -> None:
    if entry["state"] != "MERGED":
        given = {"from": entry["id"], "into": into["id"], "summary": plan["summary"]}
        await cast.settle(plan["person"], ops.MERGE, input=given)


def _said(entry: Plan, person: str) -> set[str]:
    """Return the facets of which somebody has said something."""
    return {
        one["facet"]
        for one in entry["confirmations"]["nodes"]
        if one["by"] is not None and one["by"]["name"] == person
    }
