"""A story: what people do with each other in a space of its own, told beside the replay."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from app.demo.client import Client
from app.demo.people import Person

Advance = Callable[[], None]


class Story(Protocol):
    """What a story is to the demo. Told again, also at the same moment, it adds nothing."""

    @property
    def name(self) -> str:
        """Return the name of its space."""

    @property
    def length(self) -> int:
        """Return how often `tell` calls `advance`."""

    async def tell(
        self, client: Client, operator: str, people: Mapping[Person, str], advance: Advance
    ) -> Sequence[str]:
        """Let it happen, as far as it has not; return lines that say what to try.

        Args:
            client: whom to ask.
            operator: an operator's token.
            people: a token of everybody.
            advance: told of each part.

        Raises:
            DemoFailed: it cannot go on.

        """
