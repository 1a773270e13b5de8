"""The plans of a process: made when a text comes again, and never too many."""

import asyncio
import gc
from typing import Any

from graphql import OperationDefinitionNode, parse

from app.compiled import Plan, Plans
from tests.compiled.menagerie import ACCESS, CORE, Farm


def find(plans: Plans, text: str, operation: int = 0, **variables: Any) -> Plan | None:
    """Return the plan of an operation of a text."""
    document = parse(text)
    definition = document.definitions[operation]
    assert isinstance(definition, OperationDefinitionNode)
    return plans.find(text, document, definition, variables)


def fresh(**limits: Any) -> Plans:
    """Return plans of which there are none yet."""
    return Plans(CORE, ACCESS, **limits)


def test_a_text_is_compiled_when_it_comes_again() -> None:
    """A text that comes once, as in an attack, costs no compiling."""
    plans = fresh()
    assert find(plans, "{ version }") is None
    plan = find(plans, "{ version }")
    assert plan is not None
    assert find(plans, "{ version }") is plan
    assert (plans.counts.firsts, plans.counts.compiled, plans.counts.hits) == (1, 1, 2)


def test_a_text_is_compiled_at_once_if_one_says_so() -> None:
    """For tests, and for servers that run only operations that they know."""
    plans = fresh(at_first=True)
    assert find(plans, "{ version }") is not None
    assert find(plans, "{ __schema { description } }") is None


def test_each_operation_of_a_document_has_its_plan() -> None:
    """The name of the operation tells them apart."""
    plans = fresh()
    text = "query A { version } query B { animal { id } }"
    for _ in range(2):
        found = [find(plans, text, 0), find(plans, text, 1)]
    assert None not in found
    assert found[0] is not found[1]


def test_what_conditions_depend_on_is_part_of_the_key() -> None:
    """Each way in which the switches can stand has a plan of its own, made when it comes again."""
    plans = fresh()
    text = "query Q($a: Boolean = true, $n: Int) { version @include(if: $a) animal { id } }"
    assert find(plans, text) is None
    on = find(plans, text, a=True, n=3)
    assert on is not None
    assert find(plans, text, n=4) is on
    assert find(plans, text, a=False) is None
    assert find(plans, text, a=False) not in {None, on}


def test_a_condition_that_is_no_boolean_is_left_to_graphql_core() -> None:
    """It knows what to say of it."""
    plans = fresh()
    text = "query Q($a: Boolean!) { version @include(if: $a) }"
    wrong: list[Any] = ["yes", None, 1, []]
    for value in wrong:
        assert find(plans, text, a=value) is None
    assert find(plans, text) is None
    assert plans.counts.unsupported == 5


def test_what_cannot_be_compiled_is_tried_once() -> None:
    """The reason is kept, and counted."""
    plans = fresh()
    text = "{ __schema { description } }"
    assert [find(plans, text) for _ in range(3)] == [None, None, None]
    [(reason, times)] = plans.counts.reasons.items()
    assert "__schema" in reason
    assert times == 2


def test_the_oldest_plans_go_when_there_are_too_many() -> None:
    """The number of plans is bounded; those in use stay."""
    plans = fresh(most_plans=3)
    for _ in range(2):
        kept = find(plans, "{ version }")
    for n in range(10):
        find(plans, f"{{ a{n}: version }}")
        assert find(plans, "{ version }") is kept
    assert len(plans) == 3


def test_the_texts_of_the_plans_are_bounded_in_size() -> None:
    """Long texts push others out, and those that are too long are not kept at all."""
    plans = fresh(most_characters=200)
    for n in range(20):
        find(plans, f"{{ a{n}: version {' ' * 50} }}")
    assert len(plans) <= 3
    huge = f"{{ version {' ' * 300} }}"
    assert [find(plans, huge) for _ in range(3)] == [None, None, None]
    assert len(plans) <= 3


async def test_a_plan_is_run_by_many_at_once() -> None:
    """From the first time on, when what reads the leaves is made; each has its own answer."""
    plans = fresh(at_first=True)
    text = """query Q($n: Int!) {
      animal(number: $n) {
        id promised pets { __typename ... on Animal { id greeting } } friend { id }
      }
    }"""
    plan = find(plans, text, n=1)
    assert plan is not None
    asked = [{"n": n % 7} for n in range(1, 22)]
    together = await asyncio.gather(*(plan.run(Farm(), variables) for variables in asked))
    for variables, (data, errors) in zip(asked, together, strict=True):
        alone, alone_errors = await plan.run(Farm(), variables)
        assert data == alone
        assert list(map(str, errors or ())) == list(map(str, alone_errors or ()))
    assert len({str(data) for data, _ in together}) > 3


async def test_a_plan_awaits_all_that_it_began() -> None:
    """Also where errors take objects along, no coroutine is left behind."""
    plans = fresh()
    text = """{
      animals(numbers: [6, 7, 1]) {
        duty greeting promised friend { duty } pets { __typename } promisedHomes { name }
      }
      herd(numbers: [26, 6]) { promisedHomes { name } duty }
    }"""
    for _ in range(2):
        plan = find(plans, text)
    assert plan is not None
    data, errors = await plan.run(Farm())
    assert data is None
    assert errors
    gc.collect()
