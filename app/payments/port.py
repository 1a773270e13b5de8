"""The port: what payment providers are asked, what they may answer, and when to ask again.

A provider learns of an amount and of our identifiers, never of a name, a card or an account: who
pays does so on pages of the provider's own.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

# No provider takes longer over one question: whoever holds a lease meanwhile can count on it.
LONGEST_SECONDS = 15.0


class Deed(StrEnum):
    """What a provider can be asked to do."""

    AUTHORISE = "AUTHORISE"
    CAPTURE = "CAPTURE"
    RELEASE = "RELEASE"
    REFUND = "REFUND"


class Outcome(StrEnum):
    """What became of a question.

    PENDING: the provider will tell by a message, or a person by hand. DECLINED: it is not done,
    and asking again would change nothing.
    """

    CONFIRMED = "CONFIRMED"
    PENDING = "PENDING"
    DECLINED = "DECLINED"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"


DONE = {
    Deed.AUTHORISE: Outcome.CONFIRMED,
    Deed.CAPTURE: Outcome.CAPTURED,
    Deed.RELEASE: Outcome.RELEASED,
    Deed.REFUND: Outcome.REFUNDED,
}
# Where a built-in provider stands after each deed; between them is room for what people note.
STEPS = {Deed.AUTHORISE: 1_000, Deed.CAPTURE: 2_000, Deed.RELEASE: 3_000, Deed.REFUND: 4_000}


@dataclass(frozen=True, slots=True)
class Payment:
    """The money of one contribution: minor units of an ISO 4217 currency, and for what.

    `reference` is what the provider calls it, once that is known. `declined` is how often it would
    not be given back: each new try is a question of its own.
    """

    contribution: str
    amount: int
    currency: str
    campaign: str
    reference: str | None = None
    declined: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered: the outcome, and where it stands in all that it tells of this.

    A greater `sequence` is later. `reference` is None only where nothing was authorised. `reason`
    is for a person to read; `action_url` is a page where the payer has something left to do.
    """

    outcome: Outcome
    reference: str | None
    sequence: int
    reason: str | None = None
    action_url: str | None = None


class Unreachable(Exception):
    """Nobody knows whether it was done: ask the same again later, which never does it twice."""

    def __init__(self, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Instructions:
    """What whoever pays by hand is to do: the purpose to write, and the account, if it is known."""

    purpose: str
    account: str | None


class Provider(Protocol):
    """Somebody who takes money for us.

    Each deed may be asked any number of times, by several processes at once, and is done once: its
    key follows from the contribution and the deed. All but the first need the payment's reference;
    who lost it asks to authorise once more and is told the same again.

    Each may raise `Unreachable`, which always means to ask the same again, later.
    """

    @property
    def name(self) -> str:
        """What it is called in contributions, settings and the paths of its webhooks."""
        ...

    @property
    def answers_at_once(self) -> bool:
        """Whether its answers follow from the payment alone: it can be asked before all is kept."""
        ...

    async def authorise(self, payment: Payment) -> Answer:
        """Secure the money, without taking it: CONFIRMED, PENDING or DECLINED."""
        ...

    async def capture(self, payment: Payment) -> Answer:
        """Take the secured money: CAPTURED, PENDING or DECLINED."""
        ...

    async def release(self, payment: Payment) -> Answer:
        """Let go of money that was not taken: RELEASED, PENDING or DECLINED."""
        ...

    async def refund(self, payment: Payment) -> Answer:
        """Give back money that was taken: REFUNDED, PENDING or DECLINED."""
        ...

    def instructions(self, payment: Payment) -> Instructions | None:
        """Return what the payer is to do by hand, or None where the provider sees to it."""
        ...


async def ask(provider: Provider, deed: Deed, payment: Payment) -> Answer:
    """Ask a provider for a deed by its name.

    Raises:
        Unreachable: nobody knows; ask the same again later.
    """
    deeds = {
        Deed.AUTHORISE: provider.authorise,
        Deed.CAPTURE: provider.capture,
        Deed.RELEASE: provider.release,
        Deed.REFUND: provider.refund,
    }
    return await deeds[deed](payment)


def key_of(deed: Deed, payment: Payment) -> str:
    """Return the idempotency key: the same for the same deed on the same contribution.

    A refund that was declined is asked for again under another one.
    """
    again = f":{payment.declined + 1}" if deed is Deed.REFUND and payment.declined else ""
    return f"{payment.contribution}:{deed.lower()}{again}"
