"""The rules of the house, checked against the code, the schema and the files themselves."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    is_enum_type,
    is_input_object_type,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from app.auth.permissions import MATRIX
from app.db.events import TYPES
from app.schema import schema
from app.schema.errors import CODES
from app.settings import Settings
from tools.pages import PAGES

ROOT = Path(__file__).parents[1]
CORE = schema._schema

LONGEST_MODULE, LONGEST_FUNCTION, LONG_FUNCTION, LONG_SHARE = 400, 60, 40, 0.06
MOST_PARAMETERS, DEEPEST_NESTING = 6, 3
NAMES_THAT_SAY_NOTHING = {"utils", "common", "core", "services", "models", "helpers"}
READS_THE_CLOCK = {"app/server.py", "app/administration.py", "app/demo.py", "app/doctor.py"}
# A key's token is shown once, so that there is no same result to be given again.
NOT_REPEATABLE = {"createApiKey"}
# Brackets keep these patterns from finding themselves.
UNSPEAKABLE = (
    r"\bissues? ?#?\d|\bA[I]\b|\bL[L]Ms?\b|language mode[l]"
    r"|/wor[k]/|/roo[t]/|/far[m]/|bash_job[s]"
    r"|pythonhoste[d]|npmj[s]\.|yarnpk[g]\.|pypi\.or[g]|deb\.debia[n]|nodesourc[e]"
)
VENDORED = "app/web/static/graphiql/assets/"
WORD = re.compile(r"[a-z]+\.[a-z_]+")
CODE = re.compile(r"[A-Z]+(_[A-Z]+)*")
BLOCKS = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match,
)  # fmt: skip
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def parsed(path: Path) -> ast.Module:
    """Return a module."""
    return ast.parse(path.read_text())


def modules(*folders: str) -> dict[str, ast.Module]:
    """Return the modules below these folders, by path."""
    paths = (path for folder in folders for path in sorted((ROOT / folder).glob("**/*.py")))
    ours = (path for path in paths if "node_modules" not in path.parts)
    return {str(path.relative_to(ROOT)): parsed(path) for path in ours}


def product() -> dict[str, ast.Module]:
    """The modules of the product, by path."""
    return modules("app")


def functions(trees: dict[str, ast.Module]) -> Iterator[tuple[str, Any]]:
    """Yield every function with where it stands."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                yield f"{path}:{node.lineno} {node.name}", node


def constants(tree: ast.AST) -> set[str]:
    """Return every text that stands in the code."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def length(node: Any) -> int:
    """Return how many lines a function has."""
    return int(node.end_lineno) - int(node.lineno) + 1


def depth(node: ast.AST) -> int:
    """Return how deeply blocks are nested in a node; `elif` goes no deeper than its `if`."""
    deepest = 0
    for field, child in ((f, c) for f, value in ast.iter_fields(node) for c in _nodes(value)):
        if isinstance(child, FUNCTIONS):
            continue
        is_elif = isinstance(node, ast.If) and field == "orelse" and isinstance(child, ast.If)
        deepest = max(deepest, depth(child) + (isinstance(child, BLOCKS) and not is_elif))
    return deepest


def _nodes(value: Any) -> list[ast.AST]:
    return [
        node
        for node in (value if isinstance(value, list) else [value])
        if isinstance(node, ast.AST)
    ]


def tracked() -> list[str]:
    """Return every file that is or would be committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in said.splitlines() if (ROOT / path).is_file()]


def undescribed() -> Iterator[str]:
    """Yield everything in the schema that a client can see and that says nothing of itself."""
    for name, type in CORE.type_map.items():
        if is_introspection_type(type) or is_specified_scalar_type(type):
            continue
        if not type.description:
            yield name
        if is_enum_type(type):
            yield from (f"{name}.{v}" for v, value in type.values.items() if not value.description)
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType) or is_input_object_type(type):
            yield from (f"{name}.{f}" for f, field in type.fields.items() if not field.description)
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type.fields.items():
                lacking = (arg for arg, its in field.args.items() if not its.description)
                yield from (f"{name}.{field_name}({arg}:)" for arg in lacking)
    for directive in CORE.directives:
        if not is_specified_directive(directive) and not directive.description:
            yield f"@{directive.name}"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_the_code_writes_is_fresh(path: str) -> None:
    """`make pages` would change nothing: the schema and the tables are those of the code."""
    assert (ROOT / path).read_text() == PAGES[path](), f"{path} is stale: run `make pages`"


def test_everything_in_the_schema_says_what_it_is() -> None:
    """The explorer is the manual: types, fields, arguments, enum values, input fields."""
    assert list(undescribed()) == []


def mutations() -> dict[str, Any]:
    """Return the fields of the type Mutation."""
    mutation = CORE.mutation_type
    assert mutation is not None
    return dict(mutation.fields)


@pytest.mark.parametrize("name", mutations())
def test_a_mutation_can_say_why_not(name: str) -> None:
    """Its result is never null, and a union with a member of Error."""
    result = mutations()[name].type
    assert isinstance(result, GraphQLNonNull)
    assert isinstance(result.of_type, GraphQLUnionType)
    error = CORE.type_map["Error"]
    assert any(error in member.interfaces for member in result.of_type.types)


@pytest.mark.parametrize("name", [name for name in mutations() if name.startswith("create")])
def test_what_is_created_is_created_once(name: str) -> None:
    """Whoever creates something can name a key, and repeat the request without harm."""
    given = mutations()[name].args["input"].type.of_type.fields
    assert ("idempotencyKey" in given) != (name in NOT_REPEATABLE)


def test_words_for_events_and_deeds_are_listed_and_used() -> None:
    """Each event is in TYPES, each deed in MATRIX; and neither list has a word too many."""
    listed = {*TYPES, *MATRIX}
    nouns = {word.partition(".")[0] for word in listed}
    homes = {"app/db/events.py", "app/auth/permissions.py"}
    texts = {path: constants(tree) for path, tree in product().items() if path not in homes}
    used = {word for said in texts.values() for word in said if WORD.fullmatch(word)}
    assert {word for word in used if word.partition(".")[0] in nouns} - listed == set()
    assert listed - used == set()


def spoken_codes() -> Iterator[str]:
    """Yield the codes that the program says: under the key `code`, or as an argument for it."""
    for tree in product().values():
        for node in ast.walk(tree):
            found: list[Any] = []
            if isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                found = [v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "code"]
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.Call):
                found = _codes_in(node)
            for value in found:
                if isinstance(value, ast.Constant) and CODE.fullmatch(str(value.value)):
                    yield str(value.value)


def _codes_in(node: ast.Assign | ast.AnnAssign | ast.Call) -> list[ast.AST]:
    if isinstance(node, ast.Call):
        callee = getattr(node.func, "id", getattr(node.func, "attr", ""))
        saying = {"Refusal", "TooMuch", "error_body", "_refuse", "_unfit"}
        return list(node.args) if callee in saying else []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {getattr(target, "id", "") for target in targets}
    if names & {"CODES"} and isinstance(node.value, ast.Dict):
        return list(node.value.values)
    return [node.value] if "code" in names and node.value else []


def test_codes_of_errors_are_listed() -> None:
    """A client finds every code that it can meet in one table, and no other."""
    spoken = {code for code in spoken_codes() if code != "FAILURE"}
    texts = set().union(
        *(constants(t) for p, t in product().items() if p != "app/schema/errors.py")
    )
    assert spoken - CODES.keys() == set(), "said but not listed"
    assert CODES.keys() - texts == set(), "listed but never said"


def test_modules_are_short() -> None:
    """A module has 400 lines at most, whatever it is for."""
    everything = modules("app", "tests", "tools", "benchmarks", "examples")
    lines = {path: (ROOT / path).read_text().count("\n") for path in everything}
    assert [path for path, count in lines.items() if count > LONGEST_MODULE] == []


def test_functions_are_short() -> None:
    """A function has 60 lines at most; few of the product have more than 40."""
    everything = functions(modules("app", "tests", "tools", "benchmarks", "examples"))
    assert [where for where, node in everything if length(node) > LONGEST_FUNCTION] == []
    lengths = [length(node) for _, node in functions(product())]
    assert sum(count > LONG_FUNCTION for count in lengths) <= LONG_SHARE * len(lengths)


def test_functions_are_plain() -> None:
    """Six parameters at most, save where the schema has more arguments; three nested blocks."""
    wide, deep = [], []
    for where, node in functions(product()):
        given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        count = len([one for one in given if one.arg not in {"self", "cls"}])
        if count > MOST_PARAMETERS and not where.startswith("app/schema/"):
            wide.append(where)
        if depth(node) > DEEPEST_NESTING:
            deep.append(where)
    assert (wide, deep) == ([], [])


def test_modules_have_names_that_say_something() -> None:
    """No drawer for odds and ends, and each module opens with what it holds."""
    assert [
        path for path in product() if {*Path(path).with_suffix("").parts} & NAMES_THAT_SAY_NOTHING
    ] == []
    assert [
        path
        for path, tree in modules("app", "tests", "tools").items()
        if not ast.get_docstring(tree)
    ] == []


def test_only_the_top_reads_the_clock() -> None:
    """Further down, time is a parameter, so that a test can turn it."""
    readers = {
        path
        for path, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "app.clock"
        if any(alias.name == "now" for alias in node.names)
    }
    assert readers - READS_THE_CLOCK == set()


def test_the_project_speaks_of_itself_alone() -> None:
    """No file names the machine, the people or the registries that it was written with."""
    pattern, found = re.compile(UNSPEAKABLE), []
    for path in tracked():
        try:
            text = "" if path.startswith(VENDORED) else (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []


def test_every_setting_says_what_it_does() -> None:
    """The page of settings is written from these sentences."""
    silent = [
        n for n, f in Settings.model_fields.items() if not (f.description or "").endswith(".")
    ]
    assert silent == []
