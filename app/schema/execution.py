"""Execution: compiled where that can be, by graphql-core's interpreter where not; alike to all."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, cast

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLSchema,
    create_source_event_stream,
    execute,
    execute_subscription_event,
)

from app.compiled import Access, Plan, Plans
from app.resolvers.live import Follower
from app.schema.context import GraphContext
from app.schema.documents import Fit
from app.schema.sources import read_field, stored_as
from app.telemetry.metrics import Metrics


class Asked(NamedTuple):
    """An operation with its variables: what is to be executed."""

    fit: Fit
    variables: dict[str, Any]


class Stream(NamedTuple):
    """A subscription under way: its items, and how one of them is executed in a context."""

    items: Follower
    execute: Callable[[Any, GraphContext], Awaitable[ExecutionResult]]


class Execution:
    """Executes the operations of one schema."""

    def __init__(self, schema: GraphQLSchema, metrics: Metrics, *, compiled: bool) -> None:
        """Prepare for a schema.

        Args:
            schema: the schema that Strawberry made.
            metrics: where executions are counted.
            compiled: whether operations are compiled; if not, all are interpreted.

        """
        self._schema = schema
        self._plans = Plans(schema, Access(stored_as, read_field)) if compiled else None
        self._compiled = metrics.executed.labels("compiled")
        self._interpreted = metrics.executed.labels("interpreted")

    async def run(self, asked: Asked, context: GraphContext) -> ExecutionResult:
        """Execute a query or mutation to its end."""
        plan = self._plan(asked)
        if plan is not None:
            self._compiled.inc()
            return ExecutionResult(*await plan.run(context, asked.variables))
        self._interpreted.inc()
        result = execute(
            self._schema,
            asked.fit.document,
            context_value=context,
            variable_values=asked.variables,
            operation_name=asked.fit.name,
        )
        return await result if isinstance(result, Awaitable) else result

    async def begin(self, asked: Asked, context: GraphContext) -> "Stream | ExecutionResult":
        """Start a subscription: return its stream, or the result that says why there is none."""
        executor = Executor.build(
            self._schema, asked.fit.document, None, context, asked.variables, asked.fit.name
        )
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        begun = create_source_event_stream(executor)
        source = await begun if isinstance(begun, Awaitable) else begun
        if isinstance(source, ExecutionResult):
            return source
        return Stream(
            cast("Follower", source), lambda item, context: self._run_item(asked, context, item)
        )

    async def _run_item(self, asked: Asked, context: GraphContext, item: Any) -> ExecutionResult:
        plan = self._plan(asked)
        if plan is not None:
            self._compiled.inc()
            return ExecutionResult(*await plan.run_item(context, item, asked.variables))
        self._interpreted.inc()
        executor = Executor.build(
            self._schema, asked.fit.document, item, context, asked.variables, asked.fit.name
        )
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        result = execute_subscription_event(executor)
        return await result if isinstance(result, Awaitable) else result

    def _plan(self, asked: Asked) -> Plan | None:
        if self._plans is None:
            return None
        fit = asked.fit
        return self._plans.find(fit.text, fit.document, fit.operation, asked.variables)
