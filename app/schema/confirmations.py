"""What people said of entries, as the client sees it: confirmations, and signals for moderators."""

from datetime import datetime
from typing import Any

import strawberry

from app.resolvers import confirmations, signals
from app.schema.context import Info
from app.schema.nodes import below, reference
from app.schema.paging import Connection, pages_below
from app.schema.pool_enums import Tap, Verdict
from app.schema.scalars import FacetScalar
from app.schema.users import User


async def _speakers(parents: list[Any], info: Info) -> Any:
    shown = await confirmations.list_speakers(info.context.ctx, parents)
    return await info.context.load("users").load_each(shown)


async def _current(parents: list[Any], info: Info) -> list[bool]:
    entries = await info.context.load("entries").load_each([parent["entry"] for parent in parents])
    return [_is_current(*pair) for pair in zip(parents, entries, strict=True)]


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
        gathers="users",
        description="Who says so; null if that is withheld.",
    )


@strawberry.type(description="One tap on an entry.")
class EntrySignal:
    kind: Tap = strawberry.field(description="What was tapped.")
    facet: str | None = strawberry.field(description="Of which facet, if of one.")
    at: datetime = strawberry.field(description="When, the last time.")
    address: str | None = strawberry.field(
        description="A fingerprint of where it came from, if nobody was signed in; another one in "
        "each pool. `revertAllOf` takes it."
    )
    by = reference("user", "users", type=User | None, description="Who it was, if signed in.")


def confirmations_below() -> Any:
    """Declare what people said of an entry, for the type of entries."""
    return pages_below(
        confirmations.list_said,
        needs=("_id",),
        type=Connection[EntryConfirmation],
        description="What people who looked say of its values, the latest first: the last word of "
        "each on each value.",
    )


def signals_below() -> Any:
    """Declare the signals on an entry, for the type of entries."""
    return pages_below(
        signals.list_signals,
        needs=("_id", "space"),
        type=Connection[EntrySignal] | None,
        description="What was tapped, the latest first; null but for moderators, since it tells "
        "where somebody was.",
    )
