"""What the viewer could do, as the client sees it."""

from typing import Annotated, Any

import strawberry

from app.resolvers import abilities
from app.schema.broking_enums import Action
from app.schema.context import Info


@strawberry.type(description="Whether you can do something, and what you would need.")
class Ability:
    allowed: bool = strawberry.field(description="Whether you can.")
    message: str | None = strawberry.field(description="Why not, for a person; null if you can.")
    missing: str | None = strawberry.field(
        description="What you would need to be or to have; null if nothing would help."
    )
    code: str | None = strawberry.field(
        description="Why not, for a program: the code that the deed would give."
    )
    points: float | None = strawberry.field(
        description="How many points of reputation you lack; null if it is not points."
    )


async def _can(
    self: Any,
    info: Info,
    action: Annotated[Action, strawberry.argument(description="What you want to do.")],
    thread: Annotated[
        strawberry.ID | None, strawberry.argument(description="In which thread.")
    ] = None,
    space: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="In which space, if in no thread: in an open one there."),
    ] = None,
    subject: Annotated[
        str | None, strawberry.argument(description="In what you would have expertise.")
    ] = None,
) -> Any:
    if self["_id"] != info.context.ctx.viewer.user:
        return None
    return await abilities.find_ability(
        info.context.ctx, action=action, space_id=space, thread_id=thread, subject=subject
    )


def can_field() -> Any:
    """Declare what a person can do, for the type of people."""
    return strawberry.field(
        resolver=_can,
        graphql_type=Ability | None,
        description="Whether you can do something where people ask each other, judged as the deed "
        "itself would be at this moment; null on anybody but yourself.",
        metadata={"needs": ("_id",)},
    )
