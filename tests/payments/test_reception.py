"""The reception of webhooks: what is answered, and what is handed on."""

from datetime import timedelta
from typing import Any

import pytest

from app.failures import Unavailable
from app.payments.messages import Message
from app.payments.reception import LARGEST_BODY, NotOurs, Reception
from app.payments.signatures import read_secrets
from app.ports import WebhookAnswer
from tests.payments.conftest import NOON
from tests.payments.provider import WEBHOOK_SECRET, Cashier, Kept, Letter


class Shelf:
    """Takes messages, or fails as it is told."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.failure: Exception | None = None
        self.now = NOON
        secrets = {"REMOTE": read_secrets(WEBHOOK_SECRET)}
        self.reception = Reception(secrets, lambda: self.now, self.take)

    async def take(self, message: Message) -> None:
        """Keep a message."""
        if self.failure:
            raise self.failure
        self.taken.append(message)

    async def receive(self, letter: Letter, teller: Cashier, **changed: Any) -> WebhookAnswer:
        """Receive a letter, with its body or provider changed."""
        headers, body = teller.signed(letter)
        provider = changed.get("provider", "REMOTE")
        return await self.reception.receive(provider, headers, changed.get("body", body))


@pytest.fixture
def shelf() -> Shelf:
    """A reception at noon."""
    return Shelf()


@pytest.fixture
def teller() -> Cashier:
    """A provider that has something to tell, without a network."""
    teller = Cashier(clock=lambda: NOON)
    teller.payments["pay_1"] = Kept("pay_1", "ctb_a", 2_500, "EUR", "PENDING", 0)
    return teller


async def test_a_message_is_handed_on(shelf: Shelf, teller: Cashier) -> None:
    """What was signed and can be read is taken, and answered only then."""
    letter = teller.change("pay_1", "confirmed")
    assert await shelf.receive(letter, teller) == WebhookAnswer(200, "taken")
    [message] = shelf.taken
    assert (message.id, message.provider, message.type) == (letter.id, "REMOTE", "CONFIRMED")


async def test_a_message_that_comes_twice(shelf: Shelf, teller: Cashier) -> None:
    """It is handed on twice, under one id: whoever keeps it knows it again."""
    letter = teller.change("pay_1", "confirmed")
    assert [(await shelf.receive(letter, teller)).status for _ in range(2)] == [200, 200]
    assert {message.id for message in shelf.taken} == {letter.id}


async def test_a_type_that_nobody_acts_on(shelf: Shelf, teller: Cashier) -> None:
    """It is answered well, so that it is not sent again, and not handed on."""
    letter = teller.change("pay_1", "renamed")
    assert await shelf.receive(letter, teller) == WebhookAnswer(200, "ignored")
    assert shelf.taken == []


@pytest.mark.parametrize("provider", ["DEVELOPMENT", "TRANSFER", "remote", "", "$where"])
async def test_providers_that_send_none(shelf: Shelf, teller: Cashier, provider: str) -> None:
    """Whoever has no secret here has no door here."""
    letter = teller.change("pay_1", "confirmed")
    assert (await shelf.receive(letter, teller, provider=provider)).status == 404
    assert shelf.taken == []


async def test_a_body_that_was_changed(shelf: Shelf, teller: Cashier) -> None:
    """It is refused, and nothing is handed on."""
    letter = teller.change("pay_1", "confirmed")
    answer = await shelf.receive(letter, teller, body=letter.body.replace(b"2500", b"9500"))
    assert (answer.status, shelf.taken) == (400, [])


async def test_a_body_that_is_signed_and_wrong(shelf: Shelf, teller: Cashier) -> None:
    """Whoever has the secret and errs is told all that is wrong."""
    letter = teller.change("pay_1", "confirmed")
    letter.content.update(amount="a lot", currency="euros", reference=None, sequence=-1)
    answer = await shelf.receive(letter, teller)
    assert answer.status == 400
    for name in ("amount", "currency", "reference", "sequence"):
        assert f"data.{name}" in answer.text


async def test_a_message_that_is_old(shelf: Shelf, teller: Cashier) -> None:
    """A request that was kept back is refused; the same message, sent now, is taken."""
    letter = teller.change("pay_1", "confirmed")
    shelf.now = NOON + timedelta(hours=1)
    assert (await shelf.receive(letter, teller)).status == 400
    teller.clock = lambda: shelf.now
    assert (await shelf.receive(letter, teller)).status == 200


async def test_a_body_that_is_too_large(shelf: Shelf, teller: Cashier) -> None:
    """It is refused before anything is computed over it."""
    letter = teller.change("pay_1", "confirmed")
    answer = await shelf.receive(letter, teller, body=b" " * (LARGEST_BODY + 1))
    assert answer.status == 413


async def test_the_database_is_away(shelf: Shelf, teller: Cashier) -> None:
    """The sender is asked to come again in a moment."""
    shelf.failure = Unavailable("The database cannot be reached.")
    answer = await shelf.receive(teller.change("pay_1", "confirmed"), teller)
    assert (answer.status, answer.retry_after_seconds) == (503, 1)


async def test_a_payment_that_is_not_known_yet(shelf: Shelf, teller: Cashier) -> None:
    """A message may overtake the answer with the reference; after an hour it is none of ours."""
    shelf.failure = NotOurs()
    letter = teller.change("pay_1", "confirmed")
    assert (await shelf.receive(letter, teller)).status == 503
    shelf.now = NOON + timedelta(hours=1)
    teller.clock = lambda: shelf.now
    assert await shelf.receive(letter, teller) == WebhookAnswer(200, "ignored")


async def test_a_bug_is_not_hidden_here(shelf: Shelf, teller: Cashier) -> None:
    """What nobody foresaw goes up to where it is logged, and the sender comes again."""
    shelf.failure = RuntimeError("a bug")
    with pytest.raises(RuntimeError, match="a bug"):
        await shelf.receive(teller.change("pay_1", "confirmed"), teller)
