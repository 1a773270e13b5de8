"""An order: an input object with everything that can be said in one."""

from datetime import datetime

import strawberry

from tests.compiled.animals import Mood, Size


@strawberry.input(one_of=True)
class Choice:
    cat: str | None = strawberry.UNSET
    number: int | None = strawberry.UNSET


@strawberry.input
class Order:
    id: strawberry.ID
    weight: float
    mood: Mood = Mood.CALM
    size: Size | None = None
    after: datetime | None = strawberry.UNSET
    names: list[str] = strawberry.field(default_factory=lambda: ["a name"])
    marks: list[int | None] | None = None
    grid: list[list[float]] | None = strawberry.UNSET
    choice: Choice | None = None
    choices: list[Choice | None] = strawberry.field(default_factory=list)
    how_many: int | None = strawberry.field(name="count", default=3)
