"""Negotiation: in which media type a client wants its answer, by GraphQL over HTTP and over SSE."""

from dataclasses import dataclass
from functools import lru_cache

from app.web.asgi import JSON

GRAPHQL_RESPONSE = b"application/graphql-response+json; charset=utf-8"
LONGEST_ACCEPT = 1_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client can read: the JSON media type it likes best, if any, and event streams.

    `by_name` is False when only a wildcard or nothing at all asked for JSON.
    """

    json: bytes | None
    events: bool
    by_name: bool

    @property
    def strict(self) -> bool:
        """Return whether refusals have an HTTP status of their own (else 200, as ever)."""
        return self.json is GRAPHQL_RESPONSE


def accepted_by(accept: str | None) -> Accepted:
    """Return what an `Accept` header asks for; of equals, the newer media type.

    Without the header, or for a wildcard only, it is `application/json`, as the specification
    has it for clients that were there before it.
    """
    return _accepted_by((accept or "")[:LONGEST_ACCEPT])


@lru_cache(maxsize=256)
def _accepted_by(accept: str) -> Accepted:
    if not accept.strip():
        return Accepted(JSON, events=False, by_name=False)
    weights = _weights(accept)
    wildcard = weights.get("application/*", weights.get("*/*", 0.0))
    modern = weights.get("application/graphql-response+json", 0.0)
    plain = weights.get("application/json", wildcard)
    events = weights.get("text/event-stream", 0.0) > 0
    named = modern > 0 or events or weights.get("application/json", 0.0) > 0
    if modern > 0 and modern >= plain:
        return Accepted(GRAPHQL_RESPONSE, events, by_name=named)
    return Accepted(JSON if plain > 0 else None, events, by_name=named)


def _weights(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        found[media_type] = max(found.get(media_type, 0.0), _number(weight))
    return found


def _number(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
