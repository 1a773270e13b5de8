"""Clients that others wrote run our examples, watch alerts live, and resume."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api import PASSWORD
from tests.clients.place import BEGINNING, Place, Stage
from tests.clients.scripts import run

CLIENTS = {
    "graphql-ws": ["javascript/graphql-ws.mjs"],
    "graphql-sse": ["javascript/graphql-sse.mjs"],
    "Apollo Client": ["javascript/apollo.mjs"],
    "urql with graphql-ws": ["javascript/urql.mjs"],
    "urql with its own fetch": ["javascript/urql.mjs", "--sse"],
    "gql": ["python/watch_alerts.py"],
}


def test_every_audit_of_graphql_over_http_passes(npm: Path, place: Place) -> None:
    """The reference audits find nothing to say, whether of MUST, SHOULD or MAY."""
    done = subprocess.run(
        ["node", "audits.mjs", place.url],
        cwd=npm, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_asks_is_refused_and_watches(
    programs: Path, place: Place, stage: Stage, client: str
) -> None:
    """It signs in, asks who it is, reads a refusal, and gets what was and what comes."""
    script, *options = CLIENTS[client]
    arguments = [place.server.url, stage.email, PASSWORD, BEGINNING, *options]
    async with run(programs / script, *arguments) as running:
        assert await running.hear() == {"me": "ada"}
        assert [problem["path"] for problem in (await running.hear())["refused"]] == ["newPassword"]
        replayed = await running.hear()
        assert (replayed["reason"], replayed["value"]) == ("FIRST", 5.02)
        value = await stage.raise_alert()
        heard = await running.hear_until(value)
        assert [item["reason"] for item in heard] == ["RESOLVED", "FIRST"]
    missed = await stage.raise_alert()
    arguments[3] = heard[-1]["cursor"]
    async with run(programs / script, *arguments) as again:
        await again.hear()
        await again.hear()
        resumed = await again.hear_until(missed)
        assert [item["reason"] for item in resumed] == ["RESOLVED", "FIRST"]


async def test_a_client_with_generated_types_does_all_that(
    typed_client: Path, place: Place, stage: Stage
) -> None:
    """The types are generated from the schema and the examples; the program that uses them runs."""
    async with run(typed_client, place.server.url, stage.email, PASSWORD, BEGINNING) as running:
        assert await running.hear() == {"me": "ada"}
        assert [problem["path"] for problem in (await running.hear())["refused"]] == ["newPassword"]
        assert (await running.hear())["reason"] == "FIRST"
        await running.hear_until(await stage.raise_alert())


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_hears_that_its_session_has_ended(
    programs: Path, place: Place, stage: Stage, client: str
) -> None:
    """When the person is suspended, it says so and does not come back with the same token."""
    script, *options = CLIENTS[client]
    arguments = [place.server.url, stage.email, PASSWORD, BEGINNING, *options]
    async with run(programs / script, *arguments) as running:
        await running.hear_until(5.02)
        await stage.olga.ask(
            "mutation M($user: ID!) { suspendUser(input: {user: $user}) { __typename } }",
            user=stage.ada.id,
        )
        assert "closed" in await running.hear()


async def test_curl_watches_and_resumes(place: Place, stage: Stage, programs: Path) -> None:
    """A shell script with curl gets what was and what comes, and goes on from a cursor."""
    if missing := [name for name in ("bash", "curl", "jq") if shutil.which(name) is None]:
        pytest.skip(f"The shell example needs {', '.join(missing)}.")
    arguments = [place.server.url, stage.email, PASSWORD]
    async with run(programs / "shell" / "sse.sh", *arguments, BEGINNING) as running:
        replayed = await running.hear()
        value = await stage.raise_alert()
        await running.hear_until(value)
    async with run(programs / "shell" / "sse.sh", *arguments, replayed["cursor"]) as again:
        resumed = await again.hear_until(value)
        assert [item["reason"] for item in resumed] == ["RESOLVED", "FIRST"]
