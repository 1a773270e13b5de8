"""Each rule of execution, one at a time: what is selected and resolved, and how it fails."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from graphql import (
    Executor,
    OperationDefinitionNode,
    create_source_event_stream,
    parse,
    subscribe,
)

from app.compiled import Unsupported
from tests.compiled.animals import turns
from tests.compiled.differences import UNTIDY, assert_same, both, compare, plan_of
from tests.compiled.menagerie import ACCESS, CORE, Farm
from tests.compiled.operations import Written

pytestmark = UNTIDY

ALL_LEAVES = "id number name nickname weight mood size tame born tags marks grid home { name }"
QUERIES = {
    "leaves of every kind": f"{{ animal(number: 5) {{ {ALL_LEAVES} }} }}",
    "aliases": "{ a: version b: version animal { x: name y: name } }",
    "the name of a type, anywhere": (
        "{ __typename animal { t: __typename home { __typename } } pets(numbers: [5]) { "
        "__typename } }"
    ),
    "an interface in several types": (
        "{ animals(numbers: [0, 1, 2, 3]) { name ... on Cat { lives } ... on Dog { "
        "master: nickname } } }"
    ),
    "a union": (
        "{ pets(numbers: [0, 1, 3, 4, 5]) { ... on Animal { id } ... on Stone { weight shape } } }"
    ),
    "merged selections": (
        "{ animal { home { name } } ...F } fragment F on Query { animal { name home { "
        "longitude } } }"
    ),
    "a fragment twice": (
        "{ animal { ...F ...F friend { ...F } } } fragment F on Animal { name ...G } "
        "fragment G on Animal { id }"
    ),
    "a fragment that never fits": (
        "{ cats(numbers: [0]) { ... on Animal { name ... on Cat { lives } } } }"
    ),
    "lists of lists": "{ pens(numbers: [1, 2, 3]) { id name } }",
    "an empty list": "{ animals(numbers: []) { name } page(numbers: []) { nodes { id } count } }",
    "a page": (
        "{ page(numbers: [1, 2, 3]) { total count nodes { name } found { name friend { name } } } }"
    ),
    "an asynchronous iterator": "{ a: streamed b: streamed(count: 5) }",
    "arguments by default": "{ wished a: wished(wish: {}) b: wished(moods: [WILD]) }",
    "nested input": (
        '{ wished(wish: {least: 3, names: ["a"], inner: {mood: WILD, after: "2021-01-01"}}) }'
    ),
    "an extension of a field": "{ animals(numbers: [1, 2]) { shout } }",
    "promises that nothing foretold": (
        "{ animals(numbers: [1, 3, 4]) { promised promisedHomes { name } } }"
    ),
    "references within references": (
        "{ animals(numbers: [1, 2]) { friend { friend { friend { id } } } } }"
    ),
}
FAILURES = {
    "null where none may be": "{ herd(numbers: [9, 10]) { id name nickname } }",
    "null up to the root": "{ version one(number: 10) { name } }",
    "null within a list that may hold none": "{ animals(numbers: [9, 10]) { name } }",
    "an earlier sibling's error stays": "{ herd(numbers: [13]) { nickname mood weight } }",
    "a later sibling's error is not told": "{ herd(numbers: [10]) { name maybeLabel mood } }",
    "errors on both sides": "{ herd(numbers: [11]) { maybeLabel name label } }",
    "a value of the wrong type": (
        "{ herd(numbers: [12]) { mood } b: herd(numbers: [12]) { number } }"
    ),
    "not a number": "{ herd(numbers: [13]) { weight } }",
    "null in a list of text": "{ herd(numbers: [14]) { id tags } }",
    "text for a list": "{ herd(numbers: [15, 1]) { tags } }",
    "a wrong item": "{ herd(numbers: [16]) { marks } }",
    "a wrong item of a list of lists": "{ herd(numbers: [17]) { grid } }",
    "null for an object": "{ herd(numbers: [18]) { home { name } homes { name } } }",
    "null for an item": "{ herd(numbers: [19]) { homes { name } } }",
    "a scalar that cannot be printed": "{ herd(numbers: [20]) { born } }",
    "a document of no type": "{ herd(numbers: [21, 1]) { name } }",
    "a document of another type": "{ cats(numbers: [0, 1]) { name } }",
    "an exception as a value": (
        "{ herd(numbers: [23]) { nickname } b: herd(numbers: [23]) { name } }"
    ),
    "tuples for lists": "{ herd(numbers: [24]) { tags marks grid } }",
    "values of near types": "{ herd(numbers: [25]) { number weight name tame } }",
    "text for an object": "{ herd(numbers: [27]) { home { name } } }",
    "an exception as an item": "{ herd(numbers: [29]) { homes { name } } }",
    "a resolver that raises": "{ animal(number: -1) { name } herd(numbers: [8]) { label } }",
    "an error with extensions": "{ herd(numbers: [5, 11]) { maybeLabel } }",
    "an index that is not there": "{ herd(numbers: [1, 2]) { home { name latitude } } }",
    "an argument that does not fit": "{ herd(numbers: [1]) { maybeLabel(times: 1) } }",
}
WAITING_FAILURES = {
    "an error of its own making": "{ animals(numbers: [7, 15]) { greeting } }",
    "null from afar": "{ herd(numbers: [5, 6]) { id duty } }",
    "errors in a batch": "{ herd(numbers: [2, 3, 4, 5]) { friend { name } } }",
    "a broken promise": "{ herd(numbers: [2, 3]) { promised } }",
    "a broken item": "{ herd(numbers: [26]) { promisedHomes { name } } }",
}


@pytest.mark.parametrize("name", QUERIES)
async def test_it_gives_what_graphql_core_gives(name: str) -> None:
    """Data is equal to the byte, without an error."""
    _, errors = await assert_same(CORE, ACCESS, Written(QUERIES[name]), Farm)
    assert errors is None or name == "an asynchronous iterator"


@pytest.mark.parametrize("name", FAILURES)
async def test_it_fails_as_graphql_core_fails(name: str) -> None:
    """Messages, paths, locations, extensions, causes and their order are equal."""
    waits = "animal(" in FAILURES[name] or "one(" in FAILURES[name] or "animals(" in FAILURES[name]
    await assert_same(CORE, ACCESS, Written(FAILURES[name]), Farm, in_order=not waits)


@pytest.mark.parametrize("name", WAITING_FAILURES)
async def test_it_fails_as_graphql_core_fails_after_waiting(name: str) -> None:
    """The same holds for what fails later."""
    await assert_same(CORE, ACCESS, Written(WAITING_FAILURES[name]), Farm)


@pytest.mark.parametrize(
    "variables",
    [{}, {"n": 3}, {"n": None}, {"n": "three"}, {"n": 2**31}, {"n": 1.0}, {"n": True}],
)
@pytest.mark.parametrize("declared", ["Int!", "Int! = 2", "[Int!]! = [1, 10]", "ID"])
async def test_variables_are_coerced_as_graphql_core_coerces_them(
    declared: str, variables: dict[str, Any]
) -> None:
    """By the table or not, the same values and the same errors come of what was sent."""
    field = {"[": "herd(numbers: $n) { name }", "I": "herd(numbers: [$n]) { name }"}
    text = f"query Q($n: {declared}) {{ {field[declared[0]]} }}"
    if declared == "ID":
        text = "query Q($n: ID) { __typename @skip(if: false) }"
    await assert_same(CORE, ACCESS, Written(text, variables), Farm, in_order=True)


@pytest.mark.parametrize("shown", [True, False])
async def test_conditions_on_variables_are_part_of_the_plan(shown: bool) -> None:
    """`@include` and `@skip` decide by the variables, in fields and in fragments."""
    text = """query Q($shown: Boolean!, $other: Boolean = true) {
      version @include(if: $shown)
      animal { name @skip(if: $shown) ... @include(if: $shown) { id } ...F @skip(if: $other) }
    } fragment F on Animal { nickname @include(if: $other) }"""
    data, _ = await assert_same(CORE, ACCESS, Written(text, {"shown": shown}), Farm)
    assert data is not None
    assert ("version" in data) == shown


async def test_a_batch_function_is_called_once_for_a_level() -> None:
    """All parents of one type on a level share one call, wherever in the lists they are."""
    farm = Farm()
    plan = plan_of(CORE, ACCESS, Written("{ pens(numbers: [5, 17]) { friend { friend { id } } } }"))
    await plan.run(farm)
    assert farm.batches == [("friend", 4), ("friend", 4)]


async def test_what_is_asked_for_further_down_too_is_told_first_and_comes_last() -> None:
    """So that one question serves both; what has something below itself is not put off."""
    text = """{ cats(numbers: [0, 3]) { a: sister { name } b: sister { sister { id } }
                                        c: sister { id far: sister { id } } } }"""
    farm = Farm()
    await plan_of(CORE, ACCESS, Written(text)).run(farm)
    # Two that wait at once, what is below them, and then the one that was told when none had run.
    assert farm.expected == [(["ani_0", "ani_3"], 0)]
    assert [count for _, count in farm.batches] == [2, 2, 1, 1, 2]
    await assert_same(CORE, ACCESS, Written(text), Farm)
    flat = Farm()
    text = "{ cats(numbers: [0]) { sister { id } b: sister { id } } }"
    await plan_of(CORE, ACCESS, Written(text)).run(flat)
    assert (flat.expected, flat.batches) == ([], [("sister", 1)] * 2)


@pytest.mark.parametrize("numbers", ["[0, 6, 9, 12]", "[3, 15, 24]", "[9, 12, 18]", "[]", "[9]"])
async def test_what_comes_last_fails_as_it_would_have(numbers: str) -> None:
    """Also where telling beforehand fails, and where siblings take their object along."""
    text = f"""{{ cats(numbers: {numbers}) {{ label mood a: sister {{ name duty }}
                  b: sister {{ sister {{ name label }} }} }} }}"""
    await assert_same(CORE, ACCESS, Written(text), Farm)


async def test_all_that_waits_on_a_level_waits_together() -> None:
    """Fields of one level are under way at the same time, however different."""
    waiting: set[str] = set()
    together = asyncio.Event()

    class Meeting(Farm):
        async def wait(self, name: str) -> str:
            waiting.add(name)
            if len(waiting) == 4:
                together.set()
            await together.wait()
            return name

    text = (
        """{ animals(numbers: [1, 2]) { number meeting(name: "a") other: meeting(name: "b") } }"""
    )
    plan = plan_of(CORE, ACCESS, Written(text))
    async with asyncio.timeout(5):
        data, errors = await plan.run(Meeting())
    assert errors is None
    assert data is not None
    assert waiting == {"a1", "a2", "b1", "b2"}


async def test_root_fields_of_a_mutation_follow_one_another() -> None:
    """The second begins when the first has ended, also when that takes long."""
    text = """mutation { a: feed(name: "slow") b: feed(name: "quick") c: feed(name: "hungry")
                         d: feed(name: "last") }"""
    farm = Farm()
    await plan_of(CORE, ACCESS, Written(text)).run(farm)
    assert farm.done == ["slow", "quick", "hungry", "last"]
    await assert_same(CORE, ACCESS, Written(text), Farm, in_order=True)


async def test_nothing_is_done_after_a_root_field_took_the_answer_along() -> None:
    """When a mutation's field that may not be null is null, those after it are not executed."""
    text = """mutation { a: feed(name: "one") b: mustFeed(name: "gone") c: feed(name: "two") }"""
    farm = Farm()
    data, _ = await plan_of(CORE, ACCESS, Written(text)).run(farm)
    assert data is None
    assert farm.done == ["one", "gone"]
    await assert_same(CORE, ACCESS, Written(text), Farm, in_order=True)


async def _opened(stream: Any) -> Any:
    return await stream if isinstance(stream, Awaitable) else stream


async def test_an_item_of_a_subscription_is_executed_on_the_plan() -> None:
    """The stream is graphql-core's; what is selected of each item is the plan's."""
    text = """subscription S($n: [Int!]!) {
      arrivals(numbers: $n) { __typename ... on Animal { name } } }"""
    variables = {"n": [1, 5, 10, 21, 2]}
    document = parse(text)
    executor = Executor.build(CORE, document, None, Farm(), variables)
    assert isinstance(executor, Executor)
    ours = await _opened(create_source_event_stream(executor))
    begun = subscribe(CORE, document, context_value=Farm(), variable_values=variables)
    theirs = await _opened(begun)
    plan = plan_of(CORE, ACCESS, Written(text, variables))
    count = 0
    async for result in theirs:
        got = await plan.run_item(Farm(), await anext(ours), variables)
        compare((result.data, result.errors), got)
        count += 1
    assert count == len(variables["n"])


async def test_a_resolver_is_told_what_is_selected_below() -> None:
    """The names are those of the resolver's own fields; fields that need others say so."""
    farm = Farm()
    text = "{ cats(numbers: [1]) { id a: born friend { ... on Cat { name home { name } } } } }"
    await plan_of(CORE, ACCESS, Written(text)).run(farm)
    assert farm.selected["cats"] == frozenset({"id", "born", "_id"})


async def test_what_is_selected_is_not_told_of_what_may_be_of_many_types() -> None:
    """An interface's types are compiled when they come: nobody knows before what they need."""
    farm = Farm()
    text = "{ animals(numbers: [1]) { id friend { name } } }"
    await plan_of(CORE, ACCESS, Written(text)).run(farm)
    assert farm.selected == {"animals": None, "friend": None}


async def test_what_is_selected_is_not_told_when_a_resolver_may_read_anything() -> None:
    """A field whose resolver does not say what it needs hides what its document must hold."""
    farm = Farm()
    await plan_of(CORE, ACCESS, Written("{ cats(numbers: [1]) { id label } }")).run(farm)
    assert farm.selected["cats"] is None


async def test_an_operation_that_is_cancelled_stops() -> None:
    """Nothing of a plan goes on after the task that runs it was cancelled."""
    farm = Farm()
    text = '{ animals(numbers: [1, 2, 3]) { meeting(name: "never") } }'
    task = asyncio.create_task(plan_of(CORE, ACCESS, Written(text)).run(farm))
    await turns(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # Other tests' drivers may have tasks of their own on this loop.
    files = {frame.f_code.co_filename for left in asyncio.all_tasks() for frame in left.get_stack()}
    assert {file for file in files if "compiled" in file} == {__file__}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ __schema { queryType { name } } }", "__schema"),
        ('{ __type(name: "Cat") { name } }', "__type"),
        ("query @experimental_disableErrorPropagation { version }", "directives"),
    ],
)
def test_the_rare_is_left_to_graphql_core(text: str, reason: str) -> None:
    """It says why."""
    with pytest.raises(Unsupported, match=reason):
        plan_of(CORE, ACCESS, Written(text))


async def test_both_ways_refuse_a_variable_that_does_not_fit() -> None:
    """No data, and errors without a path."""
    written = Written("query Q($n: [Int!]!) { herd(numbers: $n) { id } }", {"n": ["x"]})
    (data, errors), got = await both(CORE, ACCESS, written, Farm)
    assert data is None
    assert errors
    assert got[1]
    assert [error.path for error in got[1]] == [None]
    assert [e.message for e in errors] == [e.message for e in got[1]]


def test_an_operation_has_its_document() -> None:
    """The texts of this page are operations."""
    for text in [*QUERIES.values(), *FAILURES.values(), *WAITING_FAILURES.values()]:
        assert isinstance(parse(text).definitions[0], OperationDefinitionNode)
