"""The remote provider, against a real one on loopback that is as bad as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.payments.port import Deed, Outcome, Payment, Unreachable, ask
from app.payments.remote import Patience, Remote
from tests.payments.conftest import CAMPAIGN, CONTRIBUTION
from tests.payments.provider import SECRET, Asked, Cashier, Mood

HASTY = Patience(connect=0.2, silence=0.05, whole=0.1)


@pytest.fixture
async def remote(cashier: Cashier) -> AsyncIterator[Remote]:
    """The provider as the server sees it."""
    remote = Remote("REMOTE", cashier.url, SECRET)
    yield remote
    await remote.close()


@pytest.fixture
async def hasty(cashier: Cashier) -> AsyncIterator[Remote]:
    """The same, by somebody whose patience is over at once."""
    remote = Remote("REMOTE", cashier.url + "/", SECRET, HASTY)
    yield remote
    await remote.close()


async def test_a_payment_from_pledge_to_refund(
    cashier: Cashier, remote: Remote, payment: Payment
) -> None:
    """Each deed is done under one reference, and later ones have greater numbers."""
    first = await remote.authorise(payment)
    known = replace(payment, reference=first.reference)
    answers = [first, await remote.capture(known), await remote.refund(known)]
    assert [answer.outcome for answer in answers] == ["CONFIRMED", "CAPTURED", "REFUNDED"]
    assert {answer.reference for answer in answers} == {"pay_1"}
    assert [answer.sequence for answer in answers] == [1, 2, 3]
    assert [asked.path for asked in cashier.asked] == [
        "/payments", "/payments/pay_1/capture", "/payments/pay_1/refund",
    ]  # fmt: skip


async def test_what_a_provider_learns(cashier: Cashier, remote: Remote, payment: Payment) -> None:
    """It learns of the amount and of identifiers, and of nothing else."""
    await remote.authorise(payment)
    body = {
        "contribution": CONTRIBUTION, "campaign": CAMPAIGN, "amount": 2_500, "currency": "EUR",
    }  # fmt: skip
    assert cashier.asked == [Asked("/payments", f"{CONTRIBUTION}:authorise", body)]


async def test_a_release(cashier: Cashier, remote: Remote, payment: Payment) -> None:
    """Money that was secured is let go; to take it afterwards is declined, with the reason."""
    known = replace(payment, reference=(await remote.authorise(payment)).reference)
    assert (await remote.release(known)).outcome is Outcome.RELEASED
    late = await remote.capture(known)
    assert (late.outcome, late.reason) == ("DECLINED", "It is RELEASED.")


async def test_a_payer_who_has_something_to_do(
    cashier: Cashier, remote: Remote, payment: Payment
) -> None:
    """What is pending comes with the page where it goes on."""
    cashier.says = "PENDING"
    answer = await remote.authorise(payment)
    assert (answer.outcome, answer.action_url) == ("PENDING", f"{cashier.url}/pay/pay_1")


async def test_a_payer_without_money(cashier: Cashier, remote: Remote, payment: Payment) -> None:
    """A no is an answer, with a reason for a person to read."""
    cashier.says = "DECLINED"
    answer = await remote.authorise(payment)
    assert (answer.outcome, answer.reference) == ("DECLINED", None)
    assert answer.reason == "There is not enough on the account."


@pytest.mark.parametrize(
    "mood",
    [
        Mood.FAIL, Mood.BUSY, Mood.CUT, Mood.ELSEWHERE, Mood.FAIL_AFTER, Mood.CUT_AFTER, Mood.HALF,
        Mood.NONSENSE, Mood.FLOOD,
    ],
)  # fmt: skip
@pytest.mark.parametrize("deed", [Deed.AUTHORISE, Deed.CAPTURE])
async def test_whatever_goes_wrong_is_asked_again_and_done_once(
    cashier: Cashier, remote: Remote, payment: Payment, mood: Mood, deed: Deed
) -> None:
    """No bad answer is taken for one, and asking again gives the answer of the only deed."""
    if deed is Deed.CAPTURE:
        payment = replace(payment, reference=(await remote.authorise(payment)).reference)
    before = len(cashier.history)
    cashier.be(mood)
    with pytest.raises(Unreachable):
        await ask(remote, deed, payment)
    answer = await ask(remote, deed, payment)
    assert answer.outcome == {"AUTHORISE": "CONFIRMED", "CAPTURE": "CAPTURED"}[deed]
    assert len(cashier.history) == before + 1
    assert len(cashier.payments) == 1


@pytest.mark.parametrize("mood", [Mood.SILENT, Mood.SILENT_AFTER])
async def test_a_provider_that_never_answers(
    cashier: Cashier, remote: Remote, hasty: Remote, payment: Payment, mood: Mood
) -> None:
    """Patience has an end, and who has more of it later is told what became of it."""
    cashier.be(mood)
    with pytest.raises(Unreachable, match="ReadTimeout"):
        await hasty.authorise(payment)
    assert (await remote.authorise(payment)).outcome is Outcome.CONFIRMED
    assert len(cashier.payments) == 1


async def test_a_provider_that_is_busy(cashier: Cashier, remote: Remote, payment: Payment) -> None:
    """When to come back is passed on."""
    cashier.be(Mood.BUSY)
    with pytest.raises(Unreachable) as nothing:
        await remote.authorise(payment)
    assert nothing.value.retry_after_seconds == 7


async def test_nobody_there(payment: Payment) -> None:
    """An address where nobody listens is asked again too."""
    async with Cashier() as gone:
        url = gone.url
    remote = Remote("REMOTE", url, SECRET)
    with pytest.raises(Unreachable, match="ConnectError"):
        await remote.authorise(payment)
    await remote.close()


async def test_a_wrong_secret(cashier: Cashier, payment: Payment) -> None:
    """It declines nobody's pledge, and is told to nobody."""
    remote = Remote("REMOTE", cashier.url, "mistaken-secret")
    with pytest.raises(Unreachable, match="401") as nothing:
        await remote.authorise(payment)
    await remote.close()
    assert cashier.asked == []
    assert "mistaken" not in str(nothing.value)


async def test_many_ask_the_same_at_once(
    cashier: Cashier, remote: Remote, payment: Payment
) -> None:
    """However many processes ask, one payment comes of it, and all are told the same."""
    answers = await asyncio.gather(*(remote.authorise(payment) for _ in range(20)))
    assert len({*answers}) == 1
    assert len(cashier.payments) == len(cashier.history) == 1


async def test_another_question_under_the_same_key(
    cashier: Cashier, remote: Remote, payment: Payment
) -> None:
    """A provider refuses what it was not asked before under this key: nothing is taken twice."""
    await remote.authorise(payment)
    answer = await remote.authorise(replace(payment, amount=9_900))
    assert answer.outcome is Outcome.DECLINED
    assert len(cashier.payments) == 1


async def test_without_a_reference_nothing_can_be_taken(remote: Remote, payment: Payment) -> None:
    """To ask so is a mistake of the program, and said at once."""
    for deed in (Deed.CAPTURE, Deed.RELEASE, Deed.REFUND):
        with pytest.raises(ValueError, match=deed.lower()):
            await ask(remote, deed, payment)


async def test_amounts_stay_whole(cashier: Cashier, remote: Remote, payment: Payment) -> None:
    """The largest amount arrives to the last cent."""
    await remote.authorise(replace(payment, amount=2**53 - 1))
    assert json.loads(json.dumps(cashier.asked[0].body))["amount"] == 2**53 - 1
