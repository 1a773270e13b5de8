"""Requests: GraphQL parameters in a JSON body, a URL or a message, checked for shape."""

from types import NoneType
from typing import Any
from urllib.parse import parse_qsl

from app.ports import GraphQLRequest
from app.web.asgi import Receive, Scope
from app.web.bodies import excess_of, read_body, read_json
from app.web.refusals import Refusal

LONGEST_CURSOR = 512
MOST_URL_PARAMETERS = 32
# What may be left out may also be null; JSON gives exactly these types.
TEXT, OBJECT = frozenset({str, NoneType}), frozenset({dict, NoneType})
GRAPHQL_PARAMETERS = ("query", "variables", "operationName", "extensions")


def graphql_request(
    parameters: dict[str, Any], *, last_event_id: str | None = None, is_get: bool = False
) -> GraphQLRequest:
    """Return the request that these parameters make; unknown ones are left alone.

    `query` may be missing only where `extensions` may name a stored one.

    Raises:
        ValueError: A parameter has the wrong type; the message says which and how to mend it.
    """
    query, variables = parameters.get("query"), parameters.get("variables")
    operation_name, extensions = parameters.get("operationName"), parameters.get("extensions")
    if type(query) not in TEXT:
        raise ValueError("`query` must be a string.")
    if type(variables) not in OBJECT:
        raise ValueError("`variables` must be an object.")
    if type(operation_name) not in TEXT:
        raise ValueError("`operationName` must be a string.")
    if type(extensions) not in OBJECT:
        raise ValueError("`extensions` must be an object.")
    if query is None and not extensions:
        raise ValueError("`query` is missing: it is the GraphQL document, a string.")
    return GraphQLRequest(query, variables, operation_name, extensions, last_event_id, is_get)


async def request_of_post(
    receive: Receive, headers: dict[bytes, bytes], last_event_id: str | None
) -> GraphQLRequest:
    """Read a request from a JSON body.

    Raises:
        Refusal: It is no JSON, not JSON that we take, or no GraphQL request.
    """
    _check_content_type(headers.get(b"content-type", b"").decode("latin-1"))
    parameters = _json(await read_body(receive), "The body")
    if isinstance(parameters, list):
        raise Refusal(
            400, "BATCHING_NOT_SUPPORTED", "Send one operation a request, not an array of them."
        )
    if not isinstance(parameters, dict):
        raise Refusal(400, "BAD_REQUEST", "The body must be a JSON object with a `query`.")
    try:
        return graphql_request(parameters, last_event_id=last_event_id)
    except ValueError as fault:
        raise Refusal(400, "BAD_REQUEST", str(fault)) from None


def request_of_get(scope: Scope, max_bytes: int, last_event_id: str | None) -> GraphQLRequest:
    """Read a request from the URL, where `variables` and `extensions` are JSON.

    Raises:
        Refusal: The URL is too long, or what it says is no GraphQL request.
    """
    text: bytes = scope["query_string"]
    if len(text) > max_bytes:
        raise Refusal(414, "URI_TOO_LONG", f"A URL may have up to {max_bytes} bytes.")
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_URL_PARAMETERS,
        )
    except ValueError:
        raise Refusal(400, "BAD_REQUEST", "The URL's parameters are not UTF-8.") from None
    parameters: dict[str, Any] = {}
    for name, value in pairs:
        if name in GRAPHQL_PARAMETERS and name in parameters:
            raise Refusal(400, "BAD_REQUEST", f"`{name}` is there twice.")
        parameters[name] = value
    for name in ("variables", "extensions"):
        if name in parameters:
            parameters[name] = _json(parameters[name], f"`{name}`") if parameters[name] else None
    try:
        return graphql_request(parameters, last_event_id=last_event_id, is_get=True)
    except ValueError as fault:
        raise Refusal(400, "BAD_REQUEST", str(fault)) from None


def last_event_id_of(headers: dict[bytes, bytes]) -> str | None:
    """Return the cursor that a reconnecting event stream names.

    Raises:
        Refusal: It is longer than any cursor of ours.
    """
    sent = headers.get(b"last-event-id", b"")
    if len(sent) > LONGEST_CURSOR:
        raise Refusal(400, "BAD_REQUEST", "`Last-Event-ID` is none of our cursors.")
    return sent.decode("latin-1") or None


def _json(text: bytes | str, called: str) -> Any:
    try:
        value = read_json(text)
    except ValueError as fault:
        raise Refusal(400, "MALFORMED_JSON", f"{called} is not valid JSON: {fault}.") from None
    if excess := excess_of(value):
        raise Refusal(400, "JSON_TOO_LARGE", f"{called} is more than we take. {excess}")
    return value


def _check_content_type(content_type: str) -> None:
    if content_type == "application/json":
        return
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charset = next((p[8:].strip('"') for p in parameters if p.startswith("charset=")), "utf-8")
    if media_type != "application/json" or charset not in {"utf-8", "utf8"}:
        raise Refusal(
            415, "UNSUPPORTED_MEDIA_TYPE", "Send `Content-Type: application/json`, in UTF-8."
        )
