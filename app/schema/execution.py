"""Execution: compiled where that can be, by graphql-core's interpreter where not; alike to all."""

from collections.abc import AsyncGenerator, Awaitable
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLSchema,
    OperationDefinitionNode,
    create_source_event_stream,
    execute,
    execute_subscription_event,
)

from app.compiled import Access, Plan, Plans
from app.schema.context import GraphContext
from app.schema.sources import read_field, stored_as
from app.telemetry.metrics import Metrics


class Asked(NamedTuple):
    """An operation with its variables: what is to be executed."""

    text: str
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: dict[str, Any]

    @property
    def name(self) -> str | None:
        """The operation's name, if it has one."""
        return self.operation.name.value if self.operation.name else None


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
            asked.document,
            context_value=context,
            variable_values=asked.variables,
            operation_name=asked.name,
        )
        return await result if isinstance(result, Awaitable) else result

    async def begin(
        self, asked: Asked, context: GraphContext
    ) -> AsyncGenerator[ExecutionResult] | ExecutionResult:
        """Start a subscription: return its results, or the one that says why there are none."""
        executor = Executor.build(
            self._schema, asked.document, None, context, asked.variables, asked.name
        )
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        begun = create_source_event_stream(executor)
        source = await begun if isinstance(begun, Awaitable) else begun
        if isinstance(source, ExecutionResult):
            return source
        return self._results(asked, context, executor, source)

    async def _results(
        self, asked: Asked, context: GraphContext, executor: Executor[Any], source: Any
    ) -> AsyncGenerator[ExecutionResult]:
        plan = None
        try:
            async for item in source:
                plan = plan or self._plan(asked)
                if plan is not None:
                    self._compiled.inc()
                    done = await plan.run_item(context, item, asked.variables)
                    yield ExecutionResult(*done)
                    continue
                self._interpreted.inc()
                result = execute_subscription_event(executor.build_per_event_executor(item))
                yield await result if isinstance(result, Awaitable) else result
        finally:
            await source.aclose()

    def _plan(self, asked: Asked) -> Plan | None:
        if self._plans is None:
            return None
        return self._plans.find(asked.text, asked.document, asked.operation, asked.variables)
