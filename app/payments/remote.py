"""The remote provider: another program that takes the money, asked over HTTP.

    POST {url}/payments                       authorise
    POST {url}/payments/{reference}/capture   … and so `release` and `refund`

Each request carries `Authorization: Bearer …`, an `Idempotency-Key` that stays the same however
often the deed is asked, and the payment in JSON: `contribution`, `campaign`, `amount` in minor
units and `currency`. The answer is described in `answers`. This module is the one home of the HTTP
client in the server.
"""

import asyncio
from dataclasses import dataclass

import httpx2
import orjson
import structlog

from app.payments.answers import Response, read_answer
from app.payments.port import (
    LONGEST_SECONDS,
    Answer,
    Deed,
    Instructions,
    Payment,
    Unreachable,
    key_of,
)
from app.settings import is_this_machine

LARGEST_ANSWER = 16_384
MOST_CONNECTIONS = 20

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connection, a silence and the whole of a question may take, in seconds."""

    connect: float = 3
    silence: float = 10
    whole: float = LONGEST_SECONDS


class Remote:
    """A payment provider at an address of the operator's choice."""

    answers_at_once = False

    def __init__(self, name: str, url: str, secret: str, patience: Patience | None = None) -> None:
        self._name = name
        self._url = url.rstrip("/")
        patience = patience or Patience()
        self._whole_seconds = patience.whole
        # Redirects are not followed, and bodies come as they are: a short one cannot become long.
        self._http = httpx2.AsyncClient(
            headers={
                "authorization": f"Bearer {secret}",
                "content-type": "application/json",
                "accept": "application/json",
                "accept-encoding": "identity",
                "user-agent": "fivefold",
            },
            timeout=httpx2.Timeout(patience.silence, connect=patience.connect),
            limits=httpx2.Limits(max_connections=MOST_CONNECTIONS),
            follow_redirects=False,
            # A proxy of the environment is for far addresses, and cannot reach this machine.
            trust_env=not is_this_machine(url),
        )

    @property
    def name(self) -> str:
        """Return what the operator calls it."""
        return self._name

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def authorise(self, payment: Payment) -> Answer:
        """Have the money secured."""
        return await self._ask(Deed.AUTHORISE, "/payments", payment)

    async def capture(self, payment: Payment) -> Answer:
        """Have the money taken."""
        return await self._ask(Deed.CAPTURE, _path(Deed.CAPTURE, payment), payment)

    async def release(self, payment: Payment) -> Answer:
        """Have the money let go."""
        return await self._ask(Deed.RELEASE, _path(Deed.RELEASE, payment), payment)

    async def refund(self, payment: Payment) -> Answer:
        """Have the money given back."""
        return await self._ask(Deed.REFUND, _path(Deed.REFUND, payment), payment)

    def instructions(self, payment: Payment) -> Instructions | None:
        """Return None: whoever pays is led by the provider."""
        del payment
        return None

    async def _ask(self, deed: Deed, path: str, payment: Payment) -> Answer:
        try:
            return read_answer(deed, payment, await self._post(deed, path, payment))
        except Unreachable as nothing:
            logger.warning(
                "a payment provider gave no answer",
                provider=self.name,
                deed=deed,
                contribution=payment.contribution,
                why=nothing.message,
            )
            raise

    async def _post(self, deed: Deed, path: str, payment: Payment) -> Response:
        """Send a question and return what came back.

        Raises:
            Unreachable: nothing came back, or too much, or too slowly.
        """
        headers = {"idempotency-key": key_of(deed, payment)}
        question = self._http.stream(
            "POST", self._url + path, content=_body(payment), headers=headers
        )
        try:
            async with asyncio.timeout(self._whole_seconds), question as response:
                body = await _bounded(response)
        except (httpx2.HTTPError, TimeoutError) as fault:
            raise Unreachable(f"It did not answer: {type(fault).__name__}.") from fault
        return Response(response.status_code, body, response.headers.get("retry-after"))


async def _bounded(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > LARGEST_ANSWER:
            raise Unreachable(f"Its answer has more than {LARGEST_ANSWER} bytes.")
    return bytes(body)


def _path(deed: Deed, payment: Payment) -> str:
    if payment.reference is None:
        raise ValueError(f"Without a reference nobody can be asked to {deed.lower()}.")
    return f"/payments/{payment.reference}/{deed.lower()}"


def _body(payment: Payment) -> bytes:
    return orjson.dumps(
        {
            "contribution": payment.contribution,
            "campaign": payment.campaign,
            "amount": payment.amount,
            "currency": payment.currency,
        }
    )
