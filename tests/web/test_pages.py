"""Plain pages: for machines, and for people with a browser."""

import pytest

from app.ports import Readiness
from tests.web.conftest import Site


async def test_health(site: Site) -> None:
    """The process says that it lives, and no cache says it in its place."""
    answer = await site.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


async def test_readiness(site: Site) -> None:
    """A server that can work says so; one that cannot says what it lacks, with 503."""
    answer = await site.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    site.readiness = Readiness(("the database cannot be reached",))
    answer = await site.http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "lacking": ["the database cannot be reached"],
    }


async def test_figures(site: Site) -> None:
    """Figures come in the form that Prometheus reads."""
    answer = await site.http.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text == "up 1\n"


async def test_the_schema(site: Site) -> None:
    """The schema is there as text."""
    answer = await site.http.get("/schema.graphql")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "type Query"


@pytest.mark.parametrize("path", ["/graphiql", "/operator"])
async def test_folders_end_in_a_slash(site: Site, path: str) -> None:
    """The explorer and the operator's page are reached without the slash too."""
    answer = await site.http.get(path)
    assert answer.status_code == 307
    target = answer.url.join(answer.headers["location"])
    assert target.path == f"{path}/"
    assert (await site.http.get(str(target))).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/", "/operator/"])
async def test_pages_run_no_inline_script(site: Site, path: str) -> None:
    """Our pages allow no inline script, and have none."""
    answer = await site.http.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "onclick" not in answer.text
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize(
    "path", ["/home/page.css", "/home/mark.svg", "/operator/operator.js", "/graphiql/"]
)
async def test_what_pages_are_made_of(site: Site, path: str) -> None:
    """The parts of the pages are there, and are asked for again when they change."""
    answer = await site.http.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    again = await site.http.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_the_explorers_policy(site: Site) -> None:
    """The explorer may run its workers and write styles, and load nothing from elsewhere."""
    policy = (await site.http.get("/graphiql/")).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "worker-src 'self' blob:" in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/nothing", "/graphql/x", "/home/../../settings.py", "/%00"])
async def test_nothing_there(site: Site, path: str) -> None:
    """What is not there is 404 in JSON."""
    answer = await site.http.get(path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/", "/graphiql/", "/schema.graphql"])
async def test_pages_are_only_read(site: Site, path: str) -> None:
    """A method that a page does not have is 405 in JSON."""
    answer = await site.http.post(path)
    assert answer.status_code == 405
    assert answer.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    assert "GET" in answer.headers["allow"]
