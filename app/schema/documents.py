"""Documents: the text of a request, parsed, weighed and validated once, and kept while in use."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)

from app.schema.guard import Guard, TooMuch, check
from app.settings import Settings

MOST_KEPT = 512
LONGEST_KEPT = 20_000
MOST_COMMENTS = 200
# graphql-core's last words on a document that passes its limits, for which it has no type.
ABORTED = "Parsing aborted."


class Unfit(Exception):
    """A document that cannot be executed; `errors` says why."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(str(errors[0]))
        self.errors = list(errors)


Kind = Literal["query", "mutation", "subscription"]
KINDS: dict[OperationType, Kind] = {
    OperationType.QUERY: "query",
    OperationType.MUTATION: "mutation",
    OperationType.SUBSCRIPTION: "subscription",
}


class Fit(NamedTuple):
    """An operation that is fit to be executed, with all that is known of it beforehand."""

    text: str
    document: DocumentNode
    operation: OperationDefinitionNode
    name: str | None
    kind: Kind
    cost: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is fit to be executed: its operations, by their names."""

    document: DocumentNode
    operations: Mapping[str | None, Fit]
    size_variables: bool

    def operation(self, name: str | None) -> Fit:
        """Return the operation that is meant.

        Raises:
            Unfit: there is none of that name, or it is not said which of several.

        """
        if name is not None and name in self.operations:
            return self.operations[name]
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        known = ", ".join(n or "an anonymous one" for n in self.operations)
        message = (
            f"There is no operation `{name}`; the document has: {known}."
            if name is not None
            else f"Say by `operationName` which operation to execute: {known}."
            if self.operations
            else "The document has no operation."
        )
        raise Unfit(GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"}))


class Documents:
    """The documents that this process has seen lately."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self._schema = schema
        self._settings = settings
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        rules = list(specified_rules)
        if not settings.introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        self._rules = rules

    def prepare(self, text: str, variables: Mapping[str, Any]) -> Prepared:
        """Return a document that is fit to be executed, weighed with these variables.

        Raises:
            Unfit: it has a syntax error, asks for too much, or does not fit the schema.

        """
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return self._weigh(text, kept.document, variables) if kept.size_variables else kept
        document = self._parse(text)
        prepared = self._weigh(text, document, variables)
        errors = validate(
            self._schema,
            document,
            self._rules,
            max_errors=20,
            hide_suggestions=not self._settings.introspection,
        )
        if errors:
            raise Unfit(*(_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors))
        if len(text) <= LONGEST_KEPT:
            self._kept[text] = prepared
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return prepared

    def _parse(self, text: str) -> DocumentNode:
        try:
            return parse(
                text,
                max_lexical_tokens=self._settings.max_tokens,
                max_comments=MOST_COMMENTS,
                max_source_length=self._settings.max_body_bytes,
            )
        except GraphQLError as error:
            raise Unfit(_coded(error, _parse_code(error))) from error
        except RecursionError as error:
            raise Unfit(TooMuch("The document nests too deeply.", "QUERY_TOO_DEEP")) from error

    def _weigh(self, text: str, document: DocumentNode, variables: Mapping[str, Any]) -> Prepared:
        guard = Guard(self._schema, document, variables)
        try:
            weights = guard.weigh()
            check(guard, weights, self._settings)
        except TooMuch as error:
            raise Unfit(error) from error
        operations: dict[str | None, Fit] = {}
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else None
                kind, cost = KINDS[definition.operation], weights[name].cost
                operations[name] = Fit(text, document, definition, name, kind, cost)
        return Prepared(document, operations, guard.uses_size_variables)


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def _parse_code(error: GraphQLError) -> str:
    if not error.message.endswith(ABORTED):
        return "GRAPHQL_PARSE_FAILED"
    return "QUERY_TOO_DEEP" if "nested too deeply" in error.message else "QUERY_TOO_COMPLEX"
