"""How the client sees a failure: as a member of the result's union, with all it needs to act."""

import functools
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import strawberry

from app import failures
from app.schema.sources import shown_path

CODES = {
    "NOT_FOUND": "There is no such thing, or you may not see it.",
    "NOT_SIGNED_IN": "Sign in, or sign in again.",
    "NOT_ALLOWED": "You lack what `missing` names.",
    "INVALID_INPUT": "Mend every problem in `problems`.",
    "WRONG_DIRECTION": "Advice flows the other way here; `missing` names the side that may.",
    "WRONG_STATE": "The thing is in the state `found`, in which this cannot be done.",
    "CONFLICT": "Fetch the thing again and decide anew.",
    "RATE_LIMITED": "Come back at `retryAt`.",
    "WRONG_CREDENTIALS": "Check the e-mail address and the password.",
    "UNAVAILABLE": "Send the same request again in a moment.",
    "TIMEOUT": "Ask for less at once.",
    "INTERNAL": "A bug of ours; report the request id.",
    "GRAPHQL_PARSE_FAILED": "Mend the syntax of the document.",
    "GRAPHQL_VALIDATION_FAILED": "The document does not fit the schema.",
    "BAD_USER_INPUT": "A variable or argument does not fit its type.",
    "OPERATION_RESOLUTION_FAILURE": "Name one of the operations of the document.",
    "QUERY_TOO_COMPLEX": "Ask for less at once; the message says which limit was passed.",
    "QUERY_TOO_DEEP": "Nest fields less deeply.",
    "BAD_REQUEST": "Mend what the message names.",
    "BATCHING_NOT_SUPPORTED": "Send one operation a request.",
    "BODY_TOO_LARGE": "Send less in one request.",
    "CSRF_PREVENTED": "Send the header that the message names; pages of other origins cannot.",
    "JSON_TOO_LARGE": "Send shorter lists and flatter JSON.",
    "MALFORMED_JSON": "Send JSON in UTF-8, without NaN and Infinity.",
    "METHOD_NOT_ALLOWED": "Use GET for queries, and POST for all.",
    "NOT_ACCEPTABLE": "Accept one of the media types that the message names.",
    "ORIGIN_NOT_ALLOWED": "Open sockets from the server's own origin, or have yours allowed.",
    "REQUEST_TIMEOUT": "Send the body faster.",
    "SUBSCRIPTION_NEEDS_STREAM": "Subscribe over a WebSocket or with `Accept: text/event-stream`.",
    "TOO_MANY_OPERATIONS": "End a subscription before you start another on this socket.",
    "UNSUPPORTED_MEDIA_TYPE": "Send `Content-Type: application/json`, uncompressed.",
    "URI_TOO_LONG": "Use POST.",
    "PERSISTED_QUERY_NOT_FOUND": "Send the query's text together with its hash.",
    "PERSISTED_QUERY_NOT_SUPPORTED": "Send the query's text without a hash.",
    "PERSISTED_QUERY_NOT_ALLOWED": "This server runs only operations that it knows.",
}


@strawberry.interface(description="Something that was asked for and could not be done.")
class Error:
    message: str = strawberry.field(description="For a person to read; do not parse it.")
    code: str = strawberry.field(description="For a program: one of the codes of docs/errors.md.")


@strawberry.type(description="There is no such thing, or you may not see it: the two look alike.")
class NotFound(Error):
    pass


@strawberry.type(description="Nobody is signed in, or the session has ended.")
class NotSignedIn(Error):
    pass


@strawberry.type(description="You may not do this.")
class NotAllowed(Error):
    missing: str = strawberry.field(description="What you would need to be or to have.")


@strawberry.type(description="One thing that is wrong with the input.")
class InputProblem:
    path: str = strawberry.field(description="Where, such as `observations.3.value`.")
    message: str = strawberry.field(description="What is wrong and how to mend it.")


@strawberry.type(description="The input cannot be taken; nothing was done.")
class InvalidInput(Error):
    problems: list[InputProblem] = strawberry.field(description="All that is wrong with it.")


@strawberry.type(description="The thing has moved on since you saw it, or a key was used before.")
class Conflict(Error):
    current_version: int | None = strawberry.field(
        description="The version that the thing has now, where there is one."
    )
    paths: list[str] = strawberry.field(
        description="What of the thing both of you have changed, where all else goes together."
    )


@strawberry.type(description="The thing is in a state in which this cannot be done.")
class WrongState(Error):
    found: str = strawberry.field(description="The state that was found.")


@strawberry.type(description="Too much was asked in too short a time.")
class RateLimited(Error):
    retry_at: datetime = strawberry.field(description="When to come back.")


@strawberry.type(description="The e-mail address or the password is wrong; which is not said.")
class WrongCredentials(Error):
    pass


SHOWN: dict[type[failures.Failure], type[Error]] = {
    failures.NotFound: NotFound,
    failures.NotSignedIn: NotSignedIn,
    failures.NotAllowed: NotAllowed,
    failures.InvalidInput: InvalidInput,
    failures.Conflict: Conflict,
    failures.WrongState: WrongState,
    failures.WrongDirection: NotAllowed,
    failures.RateLimited: RateLimited,
    failures.WrongCredentials: WrongCredentials,
}


def show(failure: failures.Failure) -> Error | None:
    """Return the union member that stands for a failure; None for one that belongs in `errors`."""
    shown = SHOWN.get(type(failure))
    if shown is None:
        return None
    said: dict[str, Any] = {"message": failure.message, "code": failure.code}
    match failure:
        case failures.NotAllowed():
            said["missing"] = failure.missing
        case failures.InvalidInput():
            said["problems"] = [
                InputProblem(path=shown_path(p.path), message=p.message) for p in failure.problems
            ]
        case failures.Conflict():
            said["current_version"] = failure.current_version
            said["paths"] = [shown_path(path) for path in failure.paths]
        case failures.WrongState():
            said["found"] = failure.state
        case failures.RateLimited():
            said["retry_at"] = failure.retry_at
    return shown(**said)


Deed = Callable[..., Awaitable[Any]]


def mutation(*, result: Any, description: str) -> Callable[[Deed], Any]:
    """Declare a mutation whose foreseeable failures become members of its result's union."""

    def declare(deed: Deed) -> Any:
        @functools.wraps(deed)
        async def run(*args: Any, info: Any, **kwargs: Any) -> Any:
            info.context.renew()
            try:
                return await deed(*args, info=info, **kwargs)
            except failures.Failure as failure:
                shown = show(failure)
                if shown is None:
                    raise
                return shown

        return strawberry.mutation(resolver=run, graphql_type=result, description=description)

    return declare
