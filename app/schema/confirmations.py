"""What people said of entries, as the client sees it: confirmations, and signals for moderators."""

from datetime import datetime
from typing import Any

import strawberry

from app.resolvers import confirmations, signals
from app.schema.context import Info
from app.schema.nodes import below, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.pool_enums import Tap, Verdict
from app.schema.scalars import FacetScalar
from app.schema.users import User


async def _speakers(parents: list[Any], info: Info) -> Any:
    shown = await confirmations.list_speakers(info.context.ctx, parents)
    ids = list(dict.fromkeys(id for id in shown if id is not None))
    found = dict(zip(ids, await info.context.load("users").load_many(ids), strict=True))
    return [None if id is None else found[id] for id in shown]


async def _current(parents: list[Any], info: Info) -> list[bool]:
    ids = list(dict.fromkeys(parent["entry"] for parent in parents))
    found = await info.context.load("entries").load_many(ids)
    entries = dict(zip(ids, found, strict=True))
    return [_is_current(parent, entries[parent["entry"]]) for parent in parents]


def _is_current(said: Any, entry: Any) -> bool:
    facet = None if entry is None else entry["facets"].get(said["facet"])
    return facet is not None and facet["round"] == said["round"]


@strawberry.type(description="What somebody who went and looked says of a value of an entry.")
class EntryConfirmation:
    facet: str = strawberry.field(description="Of which facet.")
    verdict: Verdict = strawberry.field(description="What they say.")
    value: FacetScalar | None = strawberry.field(
        description="The value that they speak for; null if they name none."
    )
    weight: float = strawberry.field(
        description="What their voice weighed then: 1 for a plain one. The pool's rules cap it."
    )
    anonymous: bool = strawberry.field(description="Whether they want not to be named.")
    at: datetime = strawberry.field(description="When they said so.")
    current: bool = below(
        _current,
        needs=("entry", "facet", "round"),
        type=bool,
        description="Whether it is about the present value, and not about one before it.",
    )
    by: User | None = below(
        _speakers,
        needs=("anonymous", "space", "user"),
        type=User | None,
        description="Who says so; null if that is withheld.",
    )


@strawberry.type(description="One tap on an entry.")
class EntrySignal:
    signal_kind: Tap = strawberry.field(
        name="kind",
        resolver=lambda self: self["kind"],
        graphql_type=Tap,
        description="What was tapped.",
        metadata={"needs": ("kind",)},
    )
    facet: str | None = strawberry.field(description="Of which facet, if of one.")
    at: datetime = strawberry.field(description="When, the last time.")
    address: str | None = strawberry.field(
        description="A fingerprint of where it came from, if nobody was signed in; another one in "
        "each pool. `revertAllOf` takes it."
    )
    by = reference("user", "users", type=User | None, description="Who it was, if signed in.")


async def _said(
    parents: list[Any],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    asked = window(info, first, after, last, before)
    return await confirmations.list_said(info.context.ctx, parents, asked)


async def _signals(
    parents: list[Any],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    asked = window(info, first, after, last, before)
    return await signals.list_signals(info.context.ctx, parents, asked)


def confirmations_below() -> Any:
    """Declare what people said of an entry, for the type of entries."""
    return below(
        _said,
        needs=("_id",),
        type=Connection[EntryConfirmation],
        description="What people who looked say of its values, the latest first: the last word of "
        "each on each value.",
    )


def signals_below() -> Any:
    """Declare the signals on an entry, for the type of entries."""
    return below(
        _signals,
        needs=("_id", "space"),
        type=Connection[EntrySignal] | None,
        description="What was tapped, the latest first; null but for moderators, since it tells "
        "where somebody was.",
    )
