"""Every example operation does on a real server what its title says."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import FieldNode, parse, validate

from app.schema.engine import CORE
from tests.clients.place import BEGINNING, PATIENCE, Place, Stage
from tests.examples import (
    EXAMPLES,
    FIRST,
    FOLDER,
    REFUSED,
    STREAMS,
    Stages,
    given,
    happening,
    operation,
    query,
    variables,
    viewer,
)

LISTED = FOLDER.parent / "app" / "web" / "static" / "graphiql" / "examples.json"


@pytest.fixture(scope="module")
def stages(place: Place) -> Stages:
    """The stages of the examples."""
    return Stages(place.world)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in STREAMS])
async def test_an_example_does_what_it_shows(place: Place, stages: Stages, name: str) -> None:
    """It answers with no error, and with the object rather than with a refusal."""
    stage = await stages.of(name)
    for earlier in FIRST.get(name, ()):
        await _execute(place, stage, earlier)
    body = await _execute(place, stage, name)
    assert "errors" not in body, body
    [result] = body["data"].values()
    refused = isinstance(result, dict) and "code" in result
    assert not refused or result["__typename"] == REFUSED[name], result
    assert refused == (name in REFUSED)
    assert result is not None, "there is nothing to be seen"


@pytest.mark.parametrize("name", STREAMS)
async def test_an_example_of_a_stream_brings_what_was_and_what_comes(
    place: Place, stages: Stages, name: str
) -> None:
    """It replays what came after its cursor, and goes on with what happens next."""
    stage = await stages.of(name)
    person = viewer(stage, name)
    assert person is not None, "a stream is somebody's"
    chosen = {**variables(stage, name, place.server.operator_token), "after": BEGINNING}
    async with place.socket(person.token) as socket, asyncio.timeout(PATIENCE):
        await socket.hear()
        await socket.subscribe("1", query(name), variables=chosen)
        first = await socket.hear()
        assert first["type"] == "next", first
        told = await happening(stage, name)
        while told not in _values(first["payload"]["data"]):
            first = await socket.hear()
            assert "errors" not in first["payload"], first


def test_every_field_of_the_roots_has_an_example() -> None:
    """Every query, mutation and subscription of the schema is shown at least once."""
    shown: set[tuple[str, str]] = set()
    for name in EXAMPLES:
        one = operation(name)
        shown |= {
            (one.operation.value, field.name.value)
            for field in one.selection_set.selections
            if isinstance(field, FieldNode)
        }
    roots = {
        "query": CORE.query_type, "mutation": CORE.mutation_type,
        "subscription": CORE.subscription_type,
    }  # fmt: skip
    there = {(kind, field) for kind, root in roots.items() if root for field in root.fields}
    assert there - shown == set()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_titled_and_named(name: str) -> None:
    """It opens with its title; its one operation has a name and fits the schema."""
    text = query(name)
    one = operation(name)
    assert text.startswith("# ")
    assert one.name
    assert not validate(CORE, parse(text))
    declared = {v.variable.name.value for v in one.variable_definitions or ()}
    assert given(name).keys() <= declared


def test_the_names_of_examples_are_their_own() -> None:
    """A client that generates types from all of them has one type for each."""
    names = Counter(one.name.value for name in EXAMPLES if (one := operation(name)).name)
    assert {name for name, count in names.items() if count > 1} == set()


def test_the_explorer_offers_these_examples() -> None:
    """The list that the explorer fetches was written after the last change of an example."""
    listed = json.loads(LISTED.read_text(encoding="utf-8"))
    assert {each["name"]: (each["query"], each["variables"]) for each in listed} == {
        name: (query(name), given(name)) for name in EXAMPLES
    }, "Run `python tools/graphiql/examples.py`."


async def _execute(place: Place, stage: Stage, name: str) -> dict[str, Any]:
    sent = {"query": query(name), "variables": variables(stage, name, place.server.operator_token)}
    async with place.http(viewer(stage, name)) as client:
        response = await client.post(place.url, json=sent)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def _values(item: Any) -> Iterator[Any]:
    """Yield every value in an answer, however deep."""
    if isinstance(item, dict | list):
        for each in item.values() if isinstance(item, dict) else item:
            yield from _values(each)
    else:
        yield item
