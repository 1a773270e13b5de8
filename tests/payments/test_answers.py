"""Answers of another program: what is relied on, and what says nothing of a payment."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.payments.answers import LONGEST_PAUSE_SECONDS, LONGEST_REASON, Response, read_answer
from app.payments.port import Answer, Deed, Outcome, Payment, Unreachable

GOOD = {"outcome": "CONFIRMED", "reference": "pay_1", "sequence": 3}
NO = {"outcome": "DECLINED", "sequence": 3, "reason": "Not enough on the account."}


def response(body: Any, status: int = 200, retry_after: str | None = None) -> Response:
    """Return a response with this body as JSON."""
    return Response(status, json.dumps(body).encode(), retry_after)


def test_a_plain_answer(payment: Payment) -> None:
    """It is taken as it stands; what else is in it is left alone."""
    body = GOOD | {"colour": "green"}
    assert read_answer(Deed.AUTHORISE, payment, response(body)) == Answer(
        Outcome.CONFIRMED, "pay_1", 3
    )


@pytest.mark.parametrize("status", [200, 201, 400, 402, 404, 409, 422])
def test_a_no_is_a_no(payment: Payment, status: int) -> None:
    """DECLINED with its reason may come with a good status, or with one from 400 on."""
    answer = read_answer(Deed.AUTHORISE, payment, response(NO, status))
    assert answer == Answer(Outcome.DECLINED, None, 3, "Not enough on the account.")


def test_something_left_to_do(payment: Payment) -> None:
    """A page to go to comes with what is pending."""
    body = GOOD | {"outcome": "PENDING", "actionUrl": "https://pay.example/1?a=b"}
    answer = read_answer(Deed.AUTHORISE, payment, response(body))
    assert (answer.outcome, answer.action_url) == ("PENDING", "https://pay.example/1?a=b")


@pytest.mark.parametrize(
    "url",
    [
        "http://pay.example/1",
        "javascript:alert(1)",
        "//pay.example/1",
        "https://",
        "https://you@pay.example/",
        "https://pay.example/\nx",
        "https://pay.example\\@evil.example/",
        "https://pay.example:99999/",
        "https://pay.example/" + "x" * 2_048,
        7,
    ],
)
def test_pages_that_nobody_is_sent_to(payment: Payment, url: Any) -> None:
    """A page that is not HTTPS makes the answer none."""
    with pytest.raises(Unreachable, match="actionUrl"):
        read_answer(Deed.AUTHORISE, payment, response(GOOD | {"actionUrl": url}))


@pytest.mark.parametrize("status", [301, 307, 500, 502, 503, 504, 199])
def test_a_status_that_says_nothing(payment: Payment, status: int) -> None:
    """Whatever the body says, a server that fails or points elsewhere has not answered."""
    for body in (GOOD, NO):
        with pytest.raises(Unreachable, match=str(status)):
            read_answer(Deed.AUTHORISE, payment, response(body, status))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 429])
def test_a_refusal_of_the_request_is_no_refusal_of_the_payment(
    payment: Payment, status: int
) -> None:
    """A wrong address or secret must not decline everybody's pledge: it is asked again."""
    for body in ({"message": "no"}, GOOD, "no"):
        with pytest.raises(Unreachable, match=str(status)):
            read_answer(Deed.AUTHORISE, payment, response(body, status))


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "CONFIRMED",
        {},
        GOOD | {"outcome": "confirmed"},
        GOOD | {"outcome": "DISPUTED"},
        GOOD | {"sequence": "3"},
        GOOD | {"sequence": True},
        GOOD | {"sequence": -1},
        GOOD | {"sequence": 2**63},
        GOOD | {"sequence": 1.5},
        GOOD | {"reference": None},
        GOOD | {"reference": ""},
        GOOD | {"reference": "../../admin"},
        GOOD | {"reference": "a/b"},
        GOOD | {"reference": "a?b"},
        GOOD | {"reference": 5},
        GOOD | {"reason": 5},
        GOOD | {"outcome": "CAPTURED"},
    ],
)
def test_what_is_no_answer(payment: Payment, body: Any) -> None:
    """What does not keep to the form is not guessed at."""
    with pytest.raises(Unreachable):
        read_answer(Deed.AUTHORISE, payment, response(body))


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{", b"[" * 10_000, b"NaN"])
def test_what_is_no_json(payment: Payment, body: bytes) -> None:
    """Nor is anything but JSON."""
    with pytest.raises(Unreachable):
        read_answer(Deed.AUTHORISE, payment, Response(200, body))


@pytest.mark.parametrize(
    ("deed", "outcome"),
    [(Deed.CAPTURE, "CAPTURED"), (Deed.RELEASE, "RELEASED"), (Deed.REFUND, "REFUNDED")],
)
def test_each_deed_has_its_own_word(payment: Payment, deed: Deed, outcome: str) -> None:
    """Done, pending or declined; another deed's word is no answer."""
    known = replace(payment, reference="pay_1")
    for said in (outcome, "PENDING", "DECLINED"):
        answer = read_answer(deed, known, response(GOOD | {"outcome": said}))
        assert answer.outcome == said
    for said in {"CONFIRMED", "CAPTURED", "RELEASED", "REFUNDED"} - {outcome}:
        with pytest.raises(Unreachable, match=said):
            read_answer(deed, known, response(GOOD | {"outcome": said}))


def test_an_answer_about_another_payment(payment: Payment) -> None:
    """The reference is that of the payment which was asked about."""
    with pytest.raises(Unreachable, match="another payment"):
        read_answer(
            Deed.CAPTURE,
            replace(payment, reference="pay_2"),
            response(GOOD | {"outcome": "CAPTURED"}),
        )


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("9999999", LONGEST_PAUSE_SECONDS),
        (None, None),
        ("-1", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("²", None),
        ("9" * 5_000, None),
    ],
)
def test_when_to_come_back(payment: Payment, sent: str | None, seconds: int | None) -> None:
    """What the provider asks for is passed on, within a day."""
    with pytest.raises(Unreachable) as nothing:
        read_answer(Deed.AUTHORISE, payment, response({}, 503, sent))
    assert nothing.value.retry_after_seconds == seconds


def test_reasons_are_short(payment: Payment) -> None:
    """A reason is one line of what people can read; an empty one is none."""
    odd = read_answer(Deed.AUTHORISE, payment, response(NO | {"reason": " not\x00\n\u202enow "}))
    assert odd.reason == "not now"
    long = read_answer(Deed.AUTHORISE, payment, response(NO | {"reason": "x" * 9_000}))
    assert long.reason == "x" * LONGEST_REASON
    assert read_answer(Deed.AUTHORISE, payment, response(NO | {"reason": "  "})).reason is None
