"""The provider TRANSFER: people transfer money from bank to bank, and people confirm by hand.

The purpose that a payer writes is a creditor reference of ISO 11649: `RF`, two check digits, and
twelve letters and digits of the contribution's identifier. Banks know the form, and a reference
that was mistyped in one place, or with two neighbours exchanged, is found out.
"""

from app.payments.port import DONE, STEPS, Answer, Deed, Instructions, Outcome, Payment

NAME = "TRANSFER"
LETTERS = 12
HEAD, CHECK_DIGITS = "RF", 2
MODULUS, REMAINDER, LARGEST_CHECK = 97, 1, 98
GROUP = 4


class Transfer:
    """Knows what is to be written on a transfer; that it came in or went out, people note."""

    name = NAME
    answers_at_once = True

    def __init__(self, account: str | None = None) -> None:
        self._account = account

    async def authorise(self, payment: Payment) -> Answer:
        """Wait for somebody to note that the money has come."""
        return _waiting(Deed.AUTHORISE, payment)

    async def capture(self, payment: Payment) -> Answer:
        """Say that it was taken: money that came lies on the account already."""
        return Answer(DONE[Deed.CAPTURE], reference_of(payment.contribution), STEPS[Deed.CAPTURE])

    async def release(self, payment: Payment) -> Answer:
        """Wait for somebody to note that the money was sent back."""
        return _waiting(Deed.RELEASE, payment)

    async def refund(self, payment: Payment) -> Answer:
        """Wait for somebody to note that the money was sent back."""
        return _waiting(Deed.REFUND, payment)

    def instructions(self, payment: Payment) -> Instructions | None:
        """Return what to write on the transfer, and where it goes if the settings say it."""
        return Instructions(shown(reference_of(payment.contribution)), self._account)


def reference_of(contribution: str) -> str:
    """Return the creditor reference of a contribution, without blanks."""
    body = contribution.rpartition("_")[2][:LETTERS].upper()
    check = LARGEST_CHECK - _remainder(f"{body}{HEAD}00")
    return f"{HEAD}{check:02}{body}"


def shown(reference: str) -> str:
    """Return a reference in groups of four, as people read and write it."""
    return " ".join(reference[i : i + GROUP] for i in range(0, len(reference), GROUP))


def read_reference(text: str) -> str | None:
    """Return the reference that somebody typed, or None if its check digits do not fit it.

    Blanks and the case of letters do not matter.
    """
    reference = "".join(text.split()).upper()
    start = len(HEAD) + CHECK_DIGITS
    head, check, body = reference[: len(HEAD)], reference[len(HEAD) : start], reference[start:]
    is_one = (
        head == HEAD
        and reference.isascii()
        and check.isdigit()
        and len(body) == LETTERS
        and body.isalnum()
        and _remainder(body + head + check) == REMAINDER
    )
    return reference if is_one else None


def _remainder(text: str) -> int:
    """Return what is left of a text as a number, A being 10 and Z 35, divided by 97."""
    return int("".join(str(int(letter, 36)) for letter in text)) % MODULUS


def _waiting(deed: Deed, payment: Payment) -> Answer:
    return Answer(Outcome.PENDING, reference_of(payment.contribution), STEPS[deed])
