"""The plans that were made lately, few enough; a text is compiled when it comes again."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode

from app.compiled.compiler import Access, Unsupported, compile_operation
from app.compiled.conditions import Switches, positions, switches
from app.compiled.plan import Plan

MOST_PLANS = 512
MOST_CHARACTERS = 2_000_000

Operation = tuple[str, str | None]
Key = tuple[str, str | None, tuple[bool, ...]]


@dataclass
class Counts:
    """How often requests met a plan."""

    hits: int = 0
    firsts: int = 0
    compiled: int = 0
    unsupported: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


class Plans:
    """The plans of one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        access: Access,
        *,
        most_plans: int = MOST_PLANS,
        most_characters: int = MOST_CHARACTERS,
        at_first: bool = False,
    ) -> None:
        self._schema = schema
        self._access = access
        self._most_plans = most_plans
        self._most_characters = most_characters
        self._at_first = at_first
        self._characters = 0
        # None stands for what was seen once, or cannot be compiled.
        self._plans: OrderedDict[Key, Plan | str | None] = OrderedDict()
        self._switches: OrderedDict[Operation, Switches] = OrderedDict()
        self.counts = Counts()

    def __len__(self) -> int:
        return len(self._plans)

    def find(
        self,
        text: str,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> Plan | None:
        """Return the plan of an operation; None if graphql-core is to execute it.

        Args:
            text: the text of the document.
            document: the document, which fits the schema.
            operation: which of its operations is meant.
            variables: the variables as they were sent.

        """
        name = operation.name.value if operation.name else None
        switched = self._switches.get((text, name))
        if switched is None:
            switched = self._find_switches(text, name, document, operation)
        stand = positions(switched, variables) if switched else ()
        if stand is None:
            self._left("a condition that is no boolean")
            return None
        key = (text, name, stand)
        if key not in self._plans:
            self.counts.firsts += 1
            self._keep(key)
            if not self._at_first or key not in self._plans:
                return None
        self._plans.move_to_end(key)
        plan = self._plans[key]
        if plan is None:
            booleans = dict(zip((name for name, _ in switched), stand, strict=True))
            plan = self._plans[key] = self._compile(document, operation, booleans)
        if isinstance(plan, str):
            self._left(plan)
            return None
        self.counts.hits += 1
        return plan

    def _compile(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        booleans: Mapping[str, bool],
    ) -> Plan | str:
        try:
            plan = compile_operation(self._schema, document, operation, booleans, self._access)
        except Unsupported as reason:
            return str(reason)
        except Exception as error:  # noqa: BLE001 - a bug here must not cost an answer
            return f"{type(error).__name__}: {error}"
        self.counts.compiled += 1
        return plan

    def _left(self, reason: str) -> None:
        self.counts.unsupported += 1
        if reason in self.counts.reasons or len(self.counts.reasons) < MOST_PLANS:
            self.counts.reasons[reason] = self.counts.reasons.get(reason, 0) + 1

    def _keep(self, key: Key) -> None:
        if len(key[0]) > self._most_characters:
            return
        self._plans[key] = None
        self._characters += len(key[0])
        while len(self._plans) > self._most_plans or self._characters > self._most_characters:
            gone, _ = self._plans.popitem(last=False)
            self._characters -= len(gone[0])

    def _find_switches(
        self,
        text: str,
        name: str | None,
        document: DocumentNode,
        operation: OperationDefinitionNode,
    ) -> Switches:
        found = self._switches[text, name] = switches(document, operation)
        if len(self._switches) > self._most_plans:
            self._switches.popitem(last=False)
        return found
