"""The reception: answers for the webhooks of payment providers, and hands on what they tell.

Whoever sends one repeats it until it is answered with 200, for days. So 200 goes out only when the
message has been kept, a message that nobody will ever act on is answered with 200 too, and what
may go better later is 503.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from app.failures import InvalidInput, Unavailable
from app.payments.messages import Message, read_message
from app.payments.signatures import NotVerified, verify
from app.ports import WebhookAnswer

LARGEST_BODY = 65_536
# So long after it happened, a payment that is still unknown here is none of ours.
FAMILIARITY = timedelta(hours=1)
SOON_SECONDS, LATER_SECONDS = 1, 30

# Keeps a message and does what follows from it, once however often it comes. May raise
# `NotOurs` and `Unavailable`.
Take = Callable[[Message], Awaitable[None]]

logger = structlog.get_logger()


class NotOurs(Exception):
    """Nothing here goes by the reference of a message: not yet, or not at all."""


class Reception:
    """Takes in webhooks: a `Webhooks` port over the secrets of each provider, by its name."""

    def __init__(
        self,
        secrets: Mapping[str, tuple[bytes, ...]],
        clock: Callable[[], datetime],
        take: Take,
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._take = take

    async def receive(
        self, provider: str, headers: Mapping[str, str], body: bytes
    ) -> WebhookAnswer:
        """Verify, read and hand on one webhook; return what to answer."""
        secrets = self._secrets.get(provider)
        if secrets is None:
            return WebhookAnswer(404, "There is nothing here.")
        if len(body) > LARGEST_BODY:
            return WebhookAnswer(413, f"A webhook may have up to {LARGEST_BODY} bytes.")
        now = self._clock()
        try:
            id = verify(secrets, headers, body, now)
            message = read_message(provider, id, body)
        except NotVerified as fault:
            return _refused(provider, fault.message)
        except InvalidInput as fault:
            return _refused(provider, "; ".join(f"{p.path}: {p.message}" for p in fault.problems))
        if message is None:
            logger.info("a payment provider told what nobody acts on", provider=provider, id=id)
            return WebhookAnswer(200, "ignored")
        return await self._hand_on(message, now)

    async def _hand_on(self, message: Message, now: datetime) -> WebhookAnswer:
        known = {"provider": message.provider, "id": message.id, "type": message.type}
        try:
            await self._take(message)
        except Unavailable:
            return WebhookAnswer(503, "Send it again in a moment.", SOON_SECONDS)
        except NotOurs:
            # It may have overtaken the answer that tells us the reference.
            if abs(now - message.at) < FAMILIARITY:
                return WebhookAnswer(503, "That payment is not known here yet.", LATER_SECONDS)
            logger.warning("a payment provider told of a payment that is none of ours", **known)
            return WebhookAnswer(200, "ignored")
        logger.info("a payment provider told something", **known)
        return WebhookAnswer(200, "taken")


def _refused(provider: str, why: str) -> WebhookAnswer:
    logger.warning("a webhook was refused", provider=provider, why=why)
    return WebhookAnswer(400, why)
