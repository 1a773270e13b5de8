"""Negotiation and origins as tables."""

import pytest

from app.web.asgi import JSON
from app.web.negotiation import GRAPHQL_RESPONSE, Accepted, accepted_by
from app.web.origins import Origins

MODERN = "application/graphql-response+json"


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [
        (None, Accepted(JSON, False, False)),
        ("", Accepted(JSON, False, False)),
        ("*/*", Accepted(JSON, False, False)),
        ("text/html,*/*;q=0.1", Accepted(JSON, False, False)),
        ("APPLICATION/JSON", Accepted(JSON, False, True)),
        (f"{MODERN};charset=utf-8", Accepted(GRAPHQL_RESPONSE, False, True)),
        (f"application/json;q=0.5,{MODERN};q=0.5", Accepted(GRAPHQL_RESPONSE, False, True)),
        (f"{MODERN};q=0.4,*/*", Accepted(JSON, False, True)),
        (f"{MODERN};q=0,application/json", Accepted(JSON, False, True)),
        ("application/json;q=0,*/*", Accepted(None, False, False)),
        ("text/event-stream", Accepted(None, True, True)),
        ("text/event-stream;q=0", Accepted(None, False, False)),
        ("text/event-stream, application/json", Accepted(JSON, True, True)),
        ("image/png", Accepted(None, False, False)),
        ("application/json;q=x", Accepted(None, False, False)),
        (",;q=1,,", Accepted(None, False, False)),
        ("text/plain," * 100 + "application/json", Accepted(None, False, False)),
    ],
)
def test_accept(accept: str | None, accepted: Accepted) -> None:
    """Each `Accept` leads to one media type, and to events where they are named."""
    assert accepted_by(accept) == accepted


@pytest.mark.parametrize(
    ("origin", "host", "is_admitted"),
    [
        ("", "api.example", True),
        ("https://api.example", "api.example", True),
        ("http://API.example:8000", "api.example:8000", True),
        ("http://api.example:8001", "api.example:8000", False),
        ("http://api.example", "api.example.evil", False),
        ("https://app.example", "api.example", True),
        ("http://app.example", "api.example", False),
        ("https://app.example.evil", "api.example", False),
        ("https://public.example", "10.0.0.1:8000", True),
        ("null", "null", False),
        ("file://", "", False),
        ("chrome-extension://abc", "abc", False),
    ],
)
def test_origins(origin: str, host: str, *, is_admitted: bool) -> None:
    """A page is admitted by its host, by the server's public address or by the operator's list."""
    origins = Origins(["https://app.example:443"], "https://public.example/path")
    headers = {b"origin": origin.encode(), b"host": host.encode()}
    assert origins.admit(headers) == is_admitted
