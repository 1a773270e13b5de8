"""The built-in providers: play money, and transfers that people confirm."""

import re
from dataclasses import replace

import pytest

from app.payments.development import Development
from app.payments.port import DONE, Deed, Instructions, Outcome, Payment, ask, key_of
from app.payments.transfer import Transfer, read_reference, reference_of, shown
from tests.payments.conftest import CONTRIBUTION


async def test_play_money_does_everything_at_once(payment: Payment) -> None:
    """Each deed is done, under one reference, and each later one has a greater number."""
    answers = [await ask(Development(), deed, payment) for deed in Deed]
    assert [answer.outcome for answer in answers] == list(DONE.values())
    assert len({answer.reference for answer in answers}) == 1
    assert sorted({answer.sequence for answer in answers}) == [a.sequence for a in answers]


async def test_play_money_remembers_nothing(payment: Payment) -> None:
    """Another process gives the same answer, since it follows from the payment alone."""
    assert await Development().authorise(payment) == await Development().authorise(payment)


@pytest.mark.parametrize(
    ("amount", "outcome"),
    [(13, "DECLINED"), (2_513, "DECLINED"), (1_300, "CONFIRMED"), (131, "CONFIRMED")],
)
async def test_unlucky_amounts_are_declined(payment: Payment, amount: int, outcome: str) -> None:
    """An amount that ends in 13 is declined with a reason, so that this can be tried out too."""
    answer = await Development().authorise(replace(payment, amount=amount))
    assert answer.outcome == outcome
    assert bool(answer.reason) == (outcome == "DECLINED")
    assert (answer.reference is None) == (outcome == "DECLINED")


@pytest.mark.parametrize(
    ("deed", "outcome"),
    [
        (Deed.AUTHORISE, Outcome.PENDING),
        (Deed.CAPTURE, Outcome.CAPTURED),
        (Deed.RELEASE, Outcome.PENDING),
        (Deed.REFUND, Outcome.PENDING),
    ],
)
async def test_transfers_wait_for_people(payment: Payment, deed: Deed, outcome: Outcome) -> None:
    """Money that comes or goes is noted by hand; to take what has come, nobody need move it."""
    answer = await ask(Transfer(), deed, payment)
    assert (answer.outcome, answer.reference) == (outcome, reference_of(CONTRIBUTION))


def test_what_to_write_on_a_transfer(payment: Payment) -> None:
    """The purpose is short and in groups of four; the account is the operator's."""
    said = Transfer("River Watch, AT00 0000").instructions(payment)
    assert said == Instructions(shown(reference_of(CONTRIBUTION)), "River Watch, AT00 0000")
    assert re.fullmatch(r"RF\d\d( [A-Z2-7]{4}){3}", said.purpose)
    assert Development().instructions(payment) is None


@pytest.mark.parametrize("typed", ["RF18 5390 0754 7034", "rf18539007547034", " RF18 5390-0"])
def test_references_are_those_of_banks(typed: str) -> None:
    """The example of ISO 11649 is read, however it is typed; half of it is not."""
    expected = "RF18539007547034" if "-" not in typed else None
    assert read_reference(typed) == expected


def test_a_reference_is_read_back() -> None:
    """What is shown to the payer is what the bank statement says."""
    assert read_reference(shown(reference_of(CONTRIBUTION))) == reference_of(CONTRIBUTION)


def test_a_slip_of_the_pen_is_found_out() -> None:
    """One wrong sign, or two neighbours exchanged, never give another reference."""
    good = reference_of(CONTRIBUTION)
    wrong = {
        good[:place] + letter + good[place + 1 :]
        for place in range(len(good))
        for letter in "ABCXYZ234567"
    }
    wrong |= {good[:i] + good[i + 1] + good[i] + good[i + 2 :] for i in range(len(good) - 1)}
    assert [one for one in wrong - {good} if read_reference(one)] == []


@pytest.mark.parametrize(
    "text", ["", "RF", "RF18", "XX18539007547034", "RFÄÄ539007547034", "RF18" + "٣" * 12]
)
def test_what_is_no_reference_at_all(text: str) -> None:
    """Whatever is typed, it is read as a reference or as none."""
    assert read_reference(text) is None


def test_one_key_a_deed(payment: Payment) -> None:
    """The key says the contribution and the deed, and nothing that could change between tries."""
    keys = {key_of(deed, payment) for deed in Deed}
    assert len(keys) == len(Deed)
    assert key_of(Deed.CAPTURE, payment) == key_of(Deed.CAPTURE, replace(payment, reference="x"))
