"""The provider DEVELOPMENT: says yes at once and moves no money, to try campaigns out.

It keeps nothing and asks nobody: each answer follows from the payment alone, so that it is the
same before and after any crash. It is not for production.
"""

from app.payments.port import DONE, STEPS, Answer, Deed, Instructions, Outcome, Payment

NAME = "DEVELOPMENT"
UNLUCKY, WHOLE = 13, 100


class Development:
    """Confirms, captures, releases and refunds everything; declines amounts that end in 13."""

    name = NAME
    answers_at_once = True

    async def authorise(self, payment: Payment) -> Answer:
        """Confirm, or decline an amount whose last two digits are 13."""
        if payment.amount % WHOLE == UNLUCKY:
            reason = "Declined for trying out: the amount ends in 13."
            return Answer(Outcome.DECLINED, None, STEPS[Deed.AUTHORISE], reason)
        return _done(Deed.AUTHORISE, payment)

    async def capture(self, payment: Payment) -> Answer:
        """Say that the money was taken."""
        return _done(Deed.CAPTURE, payment)

    async def release(self, payment: Payment) -> Answer:
        """Say that the money was let go."""
        return _done(Deed.RELEASE, payment)

    async def refund(self, payment: Payment) -> Answer:
        """Say that the money was given back."""
        return _done(Deed.REFUND, payment)

    def instructions(self, payment: Payment) -> Instructions | None:
        """Return None: there is nothing to be done by hand."""
        del payment
        return None


def _done(deed: Deed, payment: Payment) -> Answer:
    return Answer(DONE[deed], f"development:{payment.contribution}", STEPS[deed])
