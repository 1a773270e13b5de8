"""The manual keeps its word: what its pages name is there, and what they show happens."""

import json
import re
import shlex
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pytest
from graphql import parse, validate

from app import __version__
from app.cli import main
from app.schema.engine import CORE
from tests.api import Person, World, record

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INBOX = "{ inbox(first: 100) { nodes { reason instance { phase } } } }"
PHASE = "query ($id: ID!) { node(id: $id) { ... on AlertInstance { phase } } }"


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of code of a language in a page."""
    return [body for spoken, body in BLOCK.findall(page.read_text()) if spoken == language]


def code(page: Path) -> list[str]:
    """Return all code in a page, in blocks and in lines."""
    text = page.read_text()
    return [body for _, body in BLOCK.findall(text)] + re.findall(
        r"`([^`\n]+)`", BLOCK.sub("", text)
    )


def commands(name: str) -> list[tuple[str, str]]:
    """Return the commands of this name that the manual gives, each with its page."""
    pattern = re.compile(rf"^(?:\S+=\S+ )*(?:\S+/)?{name} (.+)$", re.MULTILINE)
    return [
        (page.name, words)
        for page in PAGES
        for text in code(page)
        for words in pattern.findall(text)
    ]


def test_the_version_is_the_same_everywhere() -> None:
    """In the package, in the project's file, and in the newest entry of the changelog."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert {project["version"], newest[1]} == {__version__}


def test_scripts_exist() -> None:
    """What a page tells to run or to read is there, and the scripts can be run."""
    file = re.compile(r"(?<![\w/.])(?:app|tests|tools|docs|\.ci)/[\w./-]*\w")
    named = {name for page in PAGES for text in code(page) for name in file.findall(text)}
    assert {name for name in named if not (ROOT / name).exists()} == set()
    scripts = [ROOT / "tools/prepare", ROOT / "tools/serve", ROOT / "tools/test", ROOT / ".ci/run"]
    assert all(script.stat().st_mode & 0o111 for script in scripts)


def test_commands_exist() -> None:
    """Each `fivefold …` names a command with options that it has, each `make …` a target."""
    for page, words in commands("fivefold"):
        command: click.Command = main
        given = shlex.split(words, comments=True)
        while isinstance(command, click.Group) and given and given[0] in command.commands:
            command = command.commands[given.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        asked = {word.partition("=")[0] for word in given if word.startswith("--")}
        assert asked - {"--help", "--version"} <= known, f"{page}: fivefold {words}"
        assert asked or command is not main, f"{page}: fivefold {words}"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {words.split()[0] for _, words in commands("make")} - targets == set()


def test_links_lead_somewhere() -> None:
    """Every link within the project names a file."""
    link = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")
    found = [(page, target) for page in PAGES for target in link.findall(page.read_text())]
    assert [(page, to) for page, to in found if not (page.parent / to).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_operations_fit_the_schema(page: Path) -> None:
    """Whoever copies one gets an answer."""
    for operation in blocks(page, "graphql"):
        assert validate(CORE, parse(operation)) == [], operation


async def begin(world: World) -> tuple[Person, str]:
    """Return somebody with a space, and a series in it."""
    ada = await world.person("ada")
    return ada, await world.series(ada, await world.space(ada))


async def test_the_first_alert_of_the_readme(world: World) -> None:
    """The three operations give what the page says: the stream shows that item at once."""
    ask, watch, report = blocks(ROOT / "README.md", "graphql")
    [shown] = [json.loads(text) for text in blocks(ROOT / "README.md", "json")]
    ada, series = await begin(world)
    asked = await ada.do(ask, series=series)
    assert asked["instance"] == {"phase": "NORMAL"}
    async with ada.watch(watch) as stream:
        assert (await ada.do(report, series=series)) == {"recorded": 1, "alertsOpened": 1}
        item = await anext(stream)
    assert item | {"cursor": ""} == shown["alerts"] | {"cursor": ""}


def the_day() -> list[tuple[datetime, float | None, str, str]]:
    """Return the rows of the worked example: time, value, phase, what was told."""
    table = (ROOT / "docs/alerts.md").read_text().partition("## One day of it")[2]
    rows = re.findall(r"^\| (\d\d):(\d\d) \| (\S+) \| (\w+) \| (\w*) ?\|$", table, re.MULTILINE)
    return [
        (datetime(2026, 3, 1, int(h), int(m)), None if v == "–" else float(v), phase, told)
        for h, m, v, phase, told in rows
    ]


async def test_the_day_of_an_alert(world: World, clock: Any) -> None:
    """The worked example happens, row by row, on a real server."""
    ada, series = await begin(world)
    [ask] = blocks(ROOT / "docs/alerts.md", "graphql")[:1]
    id = (await ada.do(ask, series=series))["instance"]["id"]
    day, told = the_day(), 0
    assert len(day) == 17
    for at, value, phase, reason in day:
        clock.at = at
        if value is not None:
            await record(ada, series, (f"{at.isoformat()}Z", value))
        await world.tick()
        assert (await ada.do(PHASE, id=id)) == {"phase": phase}, at
        notices = (await ada.do(INBOX))["nodes"]
        assert [notice["reason"] for notice in notices[: len(notices) - told]] == [reason][
            : bool(reason)
        ], at
        told = len(notices)
