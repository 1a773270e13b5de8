"""A payment provider that answers at once, and as a test tells it to."""

from app.payments.port import DONE, STEPS, Answer, Deed, Instructions, Outcome, Payment, Unreachable

NAME = "BANK"


class Bank:
    """Does what it is asked, unless `says` has another outcome for it, or `away` is set.

    Attributes:
        says: what it answers instead, by what it is asked.
        away: after how many seconds it wants to be asked again; None while it is there.
        asked: all that it was asked, with the reference under which it knows the payment.

    """

    name = NAME
    answers_at_once = False

    def __init__(self) -> None:
        self.says: dict[Deed, Outcome] = {}
        self.away: int | None = None
        self.asked: list[tuple[Deed, Payment]] = []

    def deeds(self) -> list[Deed]:
        """Return what it was asked since this was last wanted to know."""
        asked, self.asked = self.asked, []
        return [deed for deed, _ in asked]

    async def authorise(self, payment: Payment) -> Answer:
        """Secure money."""
        return self._answer(Deed.AUTHORISE, payment)

    async def capture(self, payment: Payment) -> Answer:
        """Take money."""
        return self._answer(Deed.CAPTURE, payment)

    async def release(self, payment: Payment) -> Answer:
        """Let money go."""
        return self._answer(Deed.RELEASE, payment)

    async def refund(self, payment: Payment) -> Answer:
        """Give money back."""
        return self._answer(Deed.REFUND, payment)

    def instructions(self, payment: Payment) -> Instructions | None:
        """Return None: nothing is done by hand."""
        del payment
        return None

    def _answer(self, deed: Deed, payment: Payment) -> Answer:
        self.asked.append((deed, payment))
        if self.away is not None:
            raise Unreachable("It is away.", retry_after_seconds=self.away)
        outcome = self.says.get(deed, DONE[deed])
        return Answer(outcome, f"bank:{payment.contribution}", STEPS[deed])
