"""Answers: what another program says about a payment, read strictly.

An answer is an object of JSON: `outcome`, `reference`, `sequence` (whole, greater is later), and
if there is something to say `reason` and `actionUrl`. It comes with a status from 200 on; a status
from 400 to 499 may come with the outcome DECLINED alone. Whatever else comes says nothing of the
payment, so that it is asked again.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.payments.port import DONE, Answer, Deed, Outcome, Payment, Unreachable
from app.settings import is_confidential

REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$"
GREATEST_SEQUENCE = 2**63 - 1
LONGEST_REASON, LONGEST_URL = 500, 2_048
LONGEST_PAUSE_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response: status, the header Retry-After, and the body as far as it was taken."""

    status: int
    body: bytes
    retry_after: str | None = None


class _Body(BaseModel):
    model_config = ConfigDict(strict=True)

    outcome: Outcome
    reference: Annotated[str, Field(pattern=REFERENCE)] | None = None
    sequence: Annotated[int, Field(ge=0, le=GREATEST_SEQUENCE)]
    reason: str | None = None
    action_url: Annotated[str | None, Field(alias="actionUrl", max_length=LONGEST_URL)] = None

    @field_validator("action_url")
    @classmethod
    def _is_a_page(cls, url: str | None) -> str | None:
        if url is not None and not is_confidential(url):
            raise ValueError("must be an address of HTTPS")
        return url


def read_answer(deed: Deed, payment: Payment, response: Response) -> Answer:
    """Return what a response says of a deed.

    Raises:
        Unreachable: it says nothing that can be relied on; the message says why.
    """
    status = response.status
    if not 200 <= status < 300 and not 400 <= status < 500:  # noqa: PLR2004
        raise _unreachable(response, f"It answered with the status {status}.")
    try:
        body = _Body.model_validate_json(response.body)
    except ValidationError as fault:
        problems = "; ".join(f"{_path(e['loc'])}: {e['msg']}" for e in fault.errors())
        raise _unreachable(response, f"Its answer ({status}) is none: {problems}") from None
    is_declined = body.outcome is Outcome.DECLINED
    if not is_declined and status >= 400:  # noqa: PLR2004
        raise _unreachable(response, f"It answered {body.outcome} with the status {status}.")
    if not is_declined and body.outcome not in {DONE[deed], Outcome.PENDING}:
        raise _unreachable(response, f"It answered {body.outcome} when asked to {deed.lower()}.")
    if body.reference is None and not (is_declined and deed is Deed.AUTHORISE):
        raise _unreachable(response, "Its answer has no reference.")
    if payment.reference is not None and body.reference not in {None, payment.reference}:
        raise _unreachable(response, "Its answer is about another payment.")
    reason = _readable(body.reason or "")
    return Answer(body.outcome, body.reference, body.sequence, reason or None, body.action_url)


def _readable(reason: str) -> str:
    """Return a reason on one line, without signs that cannot be printed, and not too long."""
    signs = (sign if sign.isprintable() else " " for sign in reason[: 2 * LONGEST_REASON])
    return " ".join("".join(signs).split())[:LONGEST_REASON]


def _unreachable(response: Response, message: str) -> Unreachable:
    pause = response.retry_after or ""
    is_number = pause.isascii() and pause.isdigit() and len(pause) <= len(str(GREATEST_SEQUENCE))
    seconds = min(int(pause), LONGEST_PAUSE_SECONDS) if is_number else None
    return Unreachable(message, retry_after_seconds=seconds)


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "the body"
