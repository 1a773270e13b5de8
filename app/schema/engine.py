"""The engine: takes a request from a transport to its answer. The transports see only this.

Everything that holds for all operations happens here, once: persisted queries, parsing, limits,
cost, rights of the visitor, time, masking of bugs, figures.
"""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError

from app.auth.viewer import ANONYMOUS, Viewer
from app.failures import Failure, Unavailable
from app.patience import Patience
from app.ports import (
    Answer,
    Credentials,
    GraphQLRequest,
    NotAdmitted,
    Refused,
)
from app.resolvers.context import Context, Services
from app.resolvers.identity import Identities, Visit
from app.schema import schema
from app.schema.context import GraphContext
from app.schema.documents import Documents, Unfit
from app.schema.execution import Asked, Execution
from app.schema.kinds import tell_by_identifiers
from app.schema.persisted import PersistedQueries
from app.schema.rates import Allowance, Rates
from app.schema.sharing import sharing
from app.schema.streams import Host, Items
from app.telemetry.metrics import Metrics

logger = structlog.get_logger()
# Graphql-core's schema, which Strawberry wraps.
CORE = tell_by_identifiers(schema._schema)  # noqa: SLF001 - it has no other name
HIDDEN = "Something went wrong on our side. Report the request id."
RETRY_SECONDS = 1
AWAY = "The database cannot be reached just now. Send the same request again in a moment."


class Engine:
    """Executes GraphQL for every transport of one process."""

    def __init__(
        self,
        services: Services,
        identities: Identities,
        metrics: Metrics,
        is_outage: Callable[[BaseException], bool],
    ) -> None:
        self.services = services
        self.identities = identities
        self.metrics = metrics
        self.is_outage = is_outage
        self.documents = Documents(CORE, services.settings)
        self.persisted = PersistedQueries(services.settings)
        self.rates = Rates(services.settings.rate_points)
        self.execution = Execution(CORE, metrics, compiled=services.settings.compiled)

    async def admit(self, credentials: Credentials) -> "Visitor":
        """Let somebody in.

        Raises:
            NotAdmitted: the token is not valid.
            Refused: the database is away.

        """
        if credentials.token is None:
            return Visitor(self, credentials, ANONYMOUS)
        try:
            viewer = await self.identities.find_viewer(credentials.token)
        except Exception as error:
            if not self.is_outage(error):
                raise
            away = self.refusal(
                [_away()], credentials.request_id, 503, retry_after_seconds=RETRY_SECONDS
            )
            raise Refused(away) from error
        if viewer is None:
            raise NotAdmitted("The token is not valid: it is wrong, has expired or was ended.")
        return Visitor(self, credentials, viewer)

    def refusal(
        self,
        errors: list[GraphQLError],
        request_id: str,
        status: int = 400,
        *,
        retry_after_seconds: int | None = None,
    ) -> Answer:
        """Return the answer to a request that is not executed."""
        for error in errors:
            self.metrics.refused.labels(str((error.extensions or {}).get("code"))).inc()
        shown = [_formatted(error, request_id) for error in errors]
        return Answer(
            orjson.dumps({"errors": shown}),
            started=False,
            status=status,
            retry_after_seconds=retry_after_seconds,
        )

    def tell(self, error: GraphQLError, request_id: str) -> dict[str, Any]:
        """Return an error as the client sees it: what nobody foresaw is logged and hidden."""
        cause = error.original_error
        if cause is None or isinstance(cause, Failure | GraphQLError):
            error.extensions = error.extensions or {"code": "BAD_USER_INPUT"}
            return _formatted(error, request_id)
        if self.is_outage(cause):
            away = _away()
            away.path, away.nodes = error.path, error.nodes
            return _formatted(away, request_id)
        self.metrics.bugs.inc()
        logger.error("a bug", request_id=request_id, path=error.path, exc_info=cause)
        hidden = {"message": HIDDEN, "path": error.path, "locations": _locations(error)}
        return hidden | {"extensions": {"code": "INTERNAL", "requestId": request_id}}


class Visitor:
    """Somebody who was let in."""

    __slots__ = ("_engine", "_viewer", "_visit", "credentials")

    def __init__(self, engine: Engine, credentials: Credentials, viewer: Viewer) -> None:
        self._engine = engine
        self._viewer = viewer
        self._visit: Visit | None = None
        self.credentials = credentials

    @property
    def ended(self) -> Awaitable[str] | None:
        """Done when the session ends; asked for by those who stay."""
        if self.credentials.token is None:
            return None
        if self._visit is None:
            self._visit = self._engine.identities.begin_visit(self.credentials.token, self._viewer)
        return self._visit.ended

    async def prepare(self, request: GraphQLRequest) -> "Operation":
        """Parse, validate, weigh and charge a request.

        Raises:
            Refused: it cannot be executed.

        """
        engine, request_id = self._engine, self.credentials.request_id
        variables = request.variables or {}
        try:
            text = engine.persisted.text(request.query, request.extensions)
            prepared = engine.documents.prepare(text, variables)
            fit = prepared.operation(request.operation_name)
        except Unfit as unfit:
            raise Refused(engine.refusal(unfit.errors, request_id)) from unfit
        if request.is_get and fit.kind == "mutation":
            message = "A mutation cannot be sent by GET; use POST."
            error = GraphQLError(message, extensions={"code": "BAD_REQUEST"})
            raise Refused(engine.refusal([error], request_id, 405))
        allowance = self._spend(fit.cost)
        ctx = Context(
            engine.services,
            self._viewer,
            address=self.credentials.address,
            last_event_id=request.last_event_id,
            request_id=request_id,
            visit=self._visit,
        )
        return Operation(engine, Asked(fit, variables), ctx, allowance)

    async def leave(self) -> None:
        """Give back what the visit held."""
        if self._visit is not None:
            self._engine.identities.end_visit(self._visit)

    def _spend(self, cost: int) -> Allowance:
        asker = self._viewer.meter or self.credentials.address
        allowance = self._engine.rates.spend(asker, cost, monotonic())
        if allowance.retry_seconds is not None:
            wait = int(allowance.retry_seconds) + 1
            error = GraphQLError(
                f"Too much was asked in too short a time. Come back in {wait} s.",
                extensions={"code": "RATE_LIMITED", **_cost(allowance)},
            )
            answer = self._engine.refusal(
                [error], self.credentials.request_id, 429, retry_after_seconds=wait
            )
            raise Refused(answer)
        return allowance


class Operation:
    """One operation that is ready to run, once."""

    __slots__ = ("_allowance", "_asked", "_context", "_engine", "kind")

    def __init__(
        self,
        engine: Engine,
        asked: Asked,
        ctx: Context,
        allowance: Allowance,
    ) -> None:
        self._engine = engine
        self._asked = asked
        self._context = GraphContext(ctx)
        self._allowance = allowance
        self.kind = asked.fit.kind

    async def run(self) -> Answer:
        """Execute a query or mutation to its end."""
        began = monotonic()
        try:
            seconds = self._engine.services.settings.operation_seconds
            with Patience(seconds) as self._context.ctx.patience:
                result = await self._engine.execution.run(self._asked, self._context)
        except TimeoutError:
            error = GraphQLError(
                "The operation took too long. Ask for less at once.",
                extensions={"code": "TIMEOUT"},
            )
            result = ExecutionResult(None, [error])
        outcome = "error" if result.errors else "ok"
        self._engine.metrics.operations.observe((self.kind, outcome), monotonic() - began)
        return self._answer(result)

    async def stream(self) -> Items:
        """Start a subscription.

        Raises:
            Refused: its arguments or its first resolver refuse.

        """
        begun = await self._engine.execution.begin(self._asked, self._context)
        if isinstance(begun, ExecutionResult):
            raise Refused(self._answer(begun))
        engine = self._engine
        host = Host(engine.metrics, engine.is_outage, self._item_body, self._failure_body)
        return Items(begun, self._context, sharing(CORE, self._asked), host)

    def _item_body(self, result: ExecutionResult) -> bytes:
        return orjson.dumps(self._body(result))

    def _failure_body(self, error: Exception) -> bytes:
        return orjson.dumps({"errors": [self._tell_of(error)]})

    def _tell_of(self, error: Exception) -> dict[str, Any]:
        located = (
            error
            if isinstance(error, GraphQLError)
            else GraphQLError(
                str(error), original_error=error, extensions=getattr(error, "extensions", None)
            )
        )
        return self._engine.tell(located, self._context.ctx.request_id)

    def _body(self, result: ExecutionResult) -> dict[str, Any]:
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [
                self._engine.tell(error, self._context.ctx.request_id) for error in result.errors
            ]
        return body

    def _answer(self, result: ExecutionResult) -> Answer:
        body = self._body(result)
        body["extensions"] = _cost(self._allowance)
        if result.data is not None:
            return Answer(orjson.dumps(body))
        # Without data and without a path, execution never began: a variable did not fit, say.
        started = any(error.path for error in result.errors or ())
        if not started:
            del body["data"]
        away = _names_outage(body)
        return Answer(
            orjson.dumps(body),
            started=started,
            status=503 if away else 200 if started else 400,
            retry_after_seconds=RETRY_SECONDS if away else None,
        )


def _names_outage(body: dict[str, Any]) -> bool:
    return any(error["extensions"]["code"] == "UNAVAILABLE" for error in body["errors"])


def _formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = dict(error.formatted)
    shown["extensions"] = {**(error.extensions or {}), "requestId": request_id}
    return shown


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [location.formatted for location in error.locations or ()]  # type: ignore[misc]


def _away() -> GraphQLError:
    cause = Unavailable(AWAY)
    return GraphQLError(AWAY, original_error=cause, extensions=cause.extensions)


def _cost(allowance: Allowance) -> dict[str, Any]:
    return {
        "cost": {
            "requested": allowance.cost,
            "remaining": allowance.remaining,
            "resetSeconds": int(allowance.reset_seconds * 1000) / 1000,
        }
    }
