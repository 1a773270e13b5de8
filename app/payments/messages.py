"""Messages: what a provider tells by itself about a payment, read with every fault named.

The body of a webhook is an object of JSON: `type` (`payment.captured`), `timestamp` (when it
happened, with its offset from UTC) and `data`: `reference`, `sequence` (whole, greater is later),
`amount` in minor units, `currency`, and `contribution` if the provider gives it back to us.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from app.failures import InvalidInput, Problem
from app.payments.answers import GREATEST_SEQUENCE, REFERENCE

GREATEST_AMOUNT = 2**53 - 1
CONTRIBUTION = r"^[a-z]{3}_[a-z2-7]{1,64}$"
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Told(StrEnum):
    """What a provider can tell of a payment."""

    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"
    DISPUTE_WON = "DISPUTE_WON"
    DISPUTE_LOST = "DISPUTE_LOST"
    EXPIRED = "EXPIRED"


TYPES = {f"payment.{told.lower()}": told for told in Told}


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that a provider told.

    `id` is the provider's own and stays the same however often it is sent; `sequence` orders what
    is told of one payment; `at` is when it happened, naive in UTC.
    """

    id: str
    provider: str
    reference: str
    contribution: str | None
    type: Told
    sequence: int
    amount: int
    currency: str
    at: datetime


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class _Kind(_Strict):
    type: str


class _Data(_Strict):
    reference: Annotated[str, Field(pattern=REFERENCE)]
    contribution: Annotated[str, Field(pattern=CONTRIBUTION)] | None = None
    sequence: Annotated[int, Field(ge=0, le=GREATEST_SEQUENCE)]
    amount: Annotated[int, Field(gt=0, le=GREATEST_AMOUNT)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class _Body(_Strict):
    timestamp: Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
    data: _Data


def read_message(provider: str, id: str, body: bytes) -> Message | None:
    """Return what the body of a webhook says; None if it is of a type that we do not act on.

    Raises:
        InvalidInput: it is of a type that we know, and not what that promises; or no type at all.
    """
    try:
        told = TYPES.get(_Kind.model_validate_json(body).type)
        if told is None:
            return None
        read = _Body.model_validate_json(body)
    except ValidationError as fault:
        raise InvalidInput(*_problems(fault)) from None
    at = read.timestamp.astimezone(UTC).replace(tzinfo=None)
    data = read.data
    return Message(
        id=id,
        provider=provider,
        reference=data.reference,
        contribution=data.contribution,
        type=told,
        sequence=data.sequence,
        amount=data.amount,
        currency=data.currency,
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
    )


def _problems(fault: ValidationError) -> list[Problem]:
    return [
        Problem(".".join(map(str, error["loc"])) or "body", error["msg"])
        for error in fault.errors()
    ]
