"""Compiled execution: operations of a Strawberry schema become functions over lists of objects.

It knows GraphQL and Strawberry and nothing of any domain. What it does not support it leaves to
graphql-core, whole; what it does support gives the same data and the same errors.
"""

from app.compiled.compiler import Access, Unsupported, compile_operation
from app.compiled.conditions import switches
from app.compiled.plan import Outcome, Plan
from app.compiled.plans import Counts, Plans

__all__ = [
    "Access",
    "Counts",
    "Outcome",
    "Plan",
    "Plans",
    "Unsupported",
    "compile_operation",
    "switches",
]
