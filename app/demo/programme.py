"""What the demo says: how to watch it before it begins, and what came of it in the end."""

import json
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from app.demo.client import Client
from app.demo.operations import ALERTS, WATCH
from app.demo.people import PASSWORD, Person
from app.demo.stage import Scene

SIGNS = {"GT": ">", "GTE": "≥", "LT": "<", "LTE": "≤"}


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a condition of a series fired."""

    space: str
    series: str
    condition: str
    alerts: int
    open: int


def say_how_to_watch(console: Console, url: str, people: Mapping[Person, str]) -> None:
    """Print where to look, and how to sign in and follow the alerts."""
    person, token = next(iter(people.items()))
    others = ", ".join(other.email for other in people)
    lines = [
        f"Watch it at {url}/ or {url}/graphiql/ while it plays.",
        "",
        f"  sign in as   {others}",
        f"  password     {PASSWORD}",
        "",
        f"  In the explorer, run this with the header Authorization: Bearer {token}",
        *(f"    {line}" for line in WATCH.strip().splitlines()),
        "",
        f"  Or, in another terminal, as {person.name}:",
        f"    {_curl(url, token)}",
        "",
    ]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)


async def count_alerts(client: Client, scenes: Sequence[Scene], token: str) -> list[Tally]:
    """Return, as the API tells it, how often each condition of the scenes has fired."""
    tallies: list[Tally] = []
    for scene in scenes:
        fired: Counter[tuple[str, str]] = Counter()
        still: Counter[tuple[str, str]] = Counter()
        async for alert in client.nodes(ALERTS, token, space=scene.space):
            series = alert["series"] or {"name": "?", "unit": ""}
            trigger = (alert["instance"] or {}).get("trigger")
            condition = series["name"], _condition(trigger, series["unit"])
            fired[condition] += 1
            still[condition] += alert["status"] != "RESOLVED"
        tallies += [
            Tally(scene.platform.name, *condition, alerts, still[condition])
            for condition, alerts in sorted(fired.items())
        ]
    return tallies


def say_what_came(console: Console, tallies: Sequence[Tally], new: int) -> None:
    """Print how often each condition has fired, and if nothing could fire, how to see it again."""
    table = Table(
        "space", "series", "condition", title="Alerts on this server", title_justify="left"
    )
    table.add_column("alerts", justify="right")
    table.add_column("not over", justify="right")
    for tally in tallies:
        table.add_row(
            tally.space, tally.series, tally.condition, str(tally.alerts), str(tally.open)
        )
    console.print(table)
    if not new:
        console.print(
            "\nAll of this was recorded before, so that nothing fired anew. To see it again:\n"
            "  fivefold serve --ephemeral, and then the demo with the --data-dir that it names.",
            markup=False,
            highlight=False,
        )


def say_what_to_try(console: Console, lines: Sequence[str], people: Mapping[Person, str]) -> None:
    """Print where the stories of the demo can be looked at, and the headers of its people."""
    headers = [
        f"  {json.dumps({'Authorization': f'Bearer {token}'})}  {person.name}"
        for person, token in people.items()
    ]
    said = ["", *lines, "", "Who you are in the explorer is said by its headers:", *headers]
    console.print("\n".join(said), markup=False, highlight=False, soft_wrap=True)


def _condition(trigger: dict[str, Any] | None, unit: str) -> str:
    if trigger is None:
        return "?"
    operator = SIGNS.get(trigger["operator"], trigger["operator"])
    text = f"{operator} {trigger['value']:g} {unit}"
    recovery = trigger["recovery"]
    return text if recovery is None else f"{text}, over at {recovery:g} {unit}"


def _curl(url: str, token: str) -> str:
    query = " ".join(WATCH.split())
    headers = (f"Authorization: Bearer {token}", "Accept: text/event-stream")
    words = ["curl", "-N", f"{url}/graphql", "-H", "Content-Type: application/json"]
    for header in headers:
        words += ["-H", header]
    return shlex.join([*words, "-d", json.dumps({"query": query})])
