"""Everybody who takes part in a story, as those who ask the API in it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.demo.client import Client, Declined
from app.demo.operations import ME
from app.demo.people import Person

# Somebody else, or another demo at the same moment, has done it, or the thing has moved on.
SETTLED = frozenset({"WRONG_STATE", "CONFLICT"})


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a story by their names, and the operator, by their tokens; and the space."""

    client: Client
    space: str
    tokens: Mapping[str, str]

    async def ask(self, name: str | None, operation: str, **variables: Any) -> Any:
        """Return the data that somebody gets; somebody not signed in, for None."""
        return await self.client.ask(operation, name and self.tokens[name], **variables)

    async def do(self, name: str, operation: str, **variables: Any) -> Any:
        """Return what comes of somebody's deed.

        Raises:
            Declined: the API declined.

        """
        return await self.client.do(operation, self.tokens[name], **variables)

    async def settle(self, name: str, operation: str, **variables: Any) -> None:
        """Do what may have been done already."""
        try:
            await self.do(name, operation, **variables)
        except Declined as declined:
            if declined.code not in SETTLED:
                raise

    def nodes(self, name: str, operation: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """Return all items of a list as somebody sees them."""
        return self.client.nodes(operation, self.tokens[name], **variables)

    async def id(self, name: str) -> str:
        """Return somebody's identifier."""
        me = (await self.ask(name, ME))["me"]
        return str(me["id"])


OPERATOR = "the operator"


def assemble(client: Client, space: str, operator: str, people: Mapping[Person, str]) -> Cast:
    """Return the cast of a story in a space."""
    tokens = {person.name: token for person, token in people.items()}
    return Cast(client, space, {**tokens, OPERATOR: operator})
