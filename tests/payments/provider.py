"""A payment provider to talk to: a real HTTP server on loopback, as good or as bad as it is told.

    async with Cashier() as cashier:
        settings = Settings(**cashier.settings, …)     # where it is, and its secrets
        cashier.be(Mood.CUT_AFTER, Mood.FAIL)          # the next two questions; then it is well
        cashier.says = "PENDING"                       # what it says to the next authorisations
        …                                              # let the server ask it
        cashier.change(reference, "disputed")          # something happens by itself
        await cashier.tell(url, cashier.history)       # its webhooks, in order
        await cashier.tell(url, reversed(cashier.history))
        await cashier.tell(url, cashier.untold)        # those that got no 200 yet
        assert [asked.key for asked in cashier.asked] == […]

It keeps its promises, whatever its mood: one key is one deed, and the same answer for ever; another
question under a used key is refused; a payment is captured or released, once. `payments` is how
each stands, `history` every message that it has to tell, in the order of its numbers.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Self

import httpx2

from app.clock import now

SECRET = "tests-only-bearer-token"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MOVES = {
    "capture": ("CONFIRMED", "CAPTURED"),
    "release": ("CONFIRMED", "RELEASED"),
    "refund": ("CAPTURED", "REFUNDED"),
}
LONG = 1_000_000


class Mood(Enum):
    """How a question is met; those that end in AFTER, and HALF to FLOOD, do the deed first."""

    WELL = auto()
    FAIL = auto()
    BUSY = auto()
    CUT = auto()
    SILENT = auto()
    ELSEWHERE = auto()
    FAIL_AFTER = auto()
    CUT_AFTER = auto()
    SILENT_AFTER = auto()
    HALF = auto()
    NONSENSE = auto()
    FLOOD = auto()


UNDONE = {Mood.FAIL, Mood.BUSY, Mood.CUT, Mood.SILENT, Mood.ELSEWHERE}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came."""

    path: str
    key: str
    body: dict[str, Any]


@dataclass(slots=True)
class Kept:
    """A payment as the provider keeps it."""

    reference: str
    contribution: str
    amount: int
    currency: str
    state: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that the provider has to tell, as often as it is told."""

    id: str
    type: str
    at: datetime
    content: dict[str, Any]

    @property
    def body(self) -> bytes:
        """Return the body of its webhook."""
        content = {"type": self.type, "timestamp": f"{self.at.isoformat()}Z", "data": self.content}
        return json.dumps(content).encode()


@dataclass(slots=True)
class Cashier:
    """The provider; `clock` is what its messages and signatures are dated by."""

    clock: Callable[[], datetime] = now
    says: str = "CONFIRMED"
    secrets: tuple[str, ...] = (WEBHOOK_SECRET,)
    asked: list[Asked] = field(default_factory=list)
    payments: dict[str, Kept] = field(default_factory=dict)
    history: list[Letter] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    _moods: deque[Mood] = field(default_factory=deque)
    _answers: dict[str, tuple[Asked, int, dict[str, Any]]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up on everybody and stop."""
        assert self._server
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Return where it is."""
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings of a server that uses it."""
        return {
            "payment_url": self.url,
            "payment_secret": SECRET,
            "payment_webhook_secret": " ".join(self.secrets),
        }

    def be(self, *moods: Mood) -> None:
        """Meet the next questions in these moods, one each."""
        self._moods.extend(moods)

    def change(self, reference: str, word: str) -> Letter:
        """Let something happen to a payment (`confirmed`, `disputed` …), and note it to be told."""
        kept = self.payments[reference]
        kept.state, kept.sequence = word.upper(), next(self._numbers)
        content = {
            "reference": kept.reference,
            "contribution": kept.contribution,
            "sequence": kept.sequence,
            "amount": kept.amount,
            "currency": kept.currency,
        }
        letter = Letter(f"msg_{kept.sequence}", f"payment.{word}", self.clock(), content)
        self.history.append(letter)
        return letter

    @property
    def untold(self) -> list[Letter]:
        """Return the messages that nobody has taken yet."""
        return [letter for letter in self.history if letter.id not in self.told]

    def signed(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of a webhook, signed at this instant."""
        seconds = int(self.clock().replace(tzinfo=UTC).timestamp())
        content = b"%b.%d.%b" % (letter.id.encode(), seconds, letter.body)
        keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in self.secrets]
        marks = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)) for key in keys]
        headers = {
            "content-type": "application/json",
            "webhook-id": letter.id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": " ".join(f"v1,{mark.decode()}" for mark in marks),
        }
        return headers, letter.body

    async def tell(self, url: str, letters: Iterable[Letter]) -> list[int]:
        """Send messages one after the other, in this order; return the statuses."""
        statuses = []
        async with httpx2.AsyncClient(trust_env=False) as client:
            for letter in list(letters):
                headers, body = self.signed(letter)
                answer = await client.post(url, headers=headers, content=body)
                statuses.append(answer.status_code)
                if answer.is_success:
                    self.told.add(letter.id)
        return statuses

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk
        self._talks.add(talk)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await self._talk(reader, writer)
        finally:
            self._talks.discard(talk)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of a connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        path = head[0].split(" ")[1].removeprefix("/v1")
        parts = (line.partition(": ") for line in head[1:] if line)
        headers = {name.lower(): value for name, _, value in parts}
        text = await reader.readexactly(int(headers["content-length"]))
        if headers.get("authorization") != f"Bearer {SECRET}":
            _answer(writer, 401, b'{"message": "Who are you?"}')
            return
        asked = Asked(path, headers["idempotency-key"], json.loads(text))
        self.asked.append(asked)
        mood = self._moods.popleft() if self._moods else Mood.WELL
        if mood in UNDONE:
            await _fail(writer, mood)
            return
        status, said = self._answer_once(asked)
        body = json.dumps(said).encode()
        if mood is Mood.WELL:
            _answer(writer, status, body)
        elif mood is Mood.NONSENSE:
            _answer(writer, 200, b"<html>All is well</html>")
        elif mood is Mood.FLOOD:
            _answer(writer, status, body.ljust(LONG))
        elif mood is Mood.HALF:
            _answer(writer, status, body, cut=len(body) // 2)
            await writer.drain()
            raise ConnectionAbortedError
        else:
            await _fail(writer, mood)

    def _answer_once(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        """Return what this question was answered under its key, or do it."""
        if asked.key in self._answers:
            first, status, said = self._answers[asked.key]
            if asked == first:
                return status, said
            return 422, self._no("This key was used for another question.")
        status, said = self._do(asked)
        self._answers[asked.key] = asked, status, said
        return status, said

    def _do(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        if asked.path == "/payments":
            return self._authorise(asked.body)
        _, _, reference, deed = asked.path.split("/")
        kept = self.payments.get(reference)
        if kept is None:
            return 404, self._no("There is no such payment.")
        needed, becomes = MOVES[deed]
        if kept.state != needed and (deed, kept.state) != ("release", "PENDING"):
            return 409, self._no(f"It is {kept.state}.", kept.reference)
        self.change(reference, becomes.lower())
        return 200, _yes(kept)

    def _authorise(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.says == "DECLINED":
            return 402, self._no("There is not enough on the account.")
        reference = f"pay_{len(self.payments) + 1}"
        kept = Kept(reference, body["contribution"], body["amount"], body["currency"], "", 0)
        self.payments[reference] = kept
        if self.says == "PENDING":
            kept.state, kept.sequence = "PENDING", next(self._numbers)
            return 201, _yes(kept) | {"actionUrl": f"{self.url}/pay/{reference}"}
        self.change(reference, self.says.lower())
        return 201, _yes(kept)

    def _no(self, reason: str, reference: str | None = None) -> dict[str, Any]:
        sequence = next(self._numbers)
        return {
            "outcome": "DECLINED", "reference": reference, "sequence": sequence, "reason": reason,
        }  # fmt: skip


def _yes(kept: Kept) -> dict[str, Any]:
    return {"outcome": kept.state, "reference": kept.reference, "sequence": kept.sequence}


def _answer(
    writer: asyncio.StreamWriter, status: int, body: bytes, *headers: str, cut: int | None = None
) -> None:
    head = f"HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\n"
    head += f"content-length: {len(body)}\r\n" + "".join(f"{line}\r\n" for line in headers)
    writer.write(head.encode() + b"\r\n" + body[:cut])


async def _fail(writer: asyncio.StreamWriter, mood: Mood) -> None:
    if mood in {Mood.FAIL, Mood.FAIL_AFTER}:
        _answer(writer, 500, b'{"message": "Something broke."}')
    elif mood is Mood.BUSY:
        _answer(writer, 429, b'{"message": "Not so fast."}', "retry-after: 7")
    elif mood is Mood.ELSEWHERE:
        _answer(writer, 307, b"", "location: http://127.0.0.1:9/v1/payments")
    elif mood in {Mood.SILENT, Mood.SILENT_AFTER}:
        await asyncio.Event().wait()
    else:
        writer.transport.abort()
        raise ConnectionAbortedError
