"""A plan: one operation, compiled, to be run any number of times."""

from collections.abc import Coroutine, Mapping
from typing import Any

from graphql import GraphQLError

from app.compiled.faults import RAISED
from app.compiled.info import Run
from app.compiled.levels import Level
from app.compiled.trails import Root
from app.compiled.variables import Variables

Outcome = tuple[dict[str, Any] | None, list[GraphQLError] | None]
ROOT = Root()


class Plan:
    """An operation that is ready to run."""

    def __init__(self, root: Level, variables: Variables, *, serially: bool) -> None:
        self._root = root
        self._variables = variables
        self._serially = serially

    def run(
        self, context: Any, variables: Mapping[str, Any] | None = None
    ) -> Coroutine[Any, Any, Outcome]:
        """Execute; return the data, and the errors if there are any."""
        return self.run_item(context, None, variables)

    async def run_item(
        self, context: Any, root_value: Any, variables: Mapping[str, Any] | None = None
    ) -> Outcome:
        """Execute on a root: for a subscription, on an item of its stream."""
        coerced = self._variables.coerce(variables or {})
        if isinstance(coerced, list):
            return None, coerced
        run = Run(context, coerced, root_value)
        if self._serially:
            data = await self._root.complete_serially(run, root_value, ROOT)
        else:
            [data] = await self._root.complete(run, [root_value], ROOT)
        return None if data is RAISED else data, run.faults.errors()
