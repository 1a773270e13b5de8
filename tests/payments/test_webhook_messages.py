"""Messages of providers: what is read from the body of a webhook, and every fault in it."""

import json
from datetime import datetime
from typing import Any

import pytest

from app.failures import InvalidInput
from app.payments.messages import TYPES, Message, Told, read_message
from tests.payments.conftest import CONTRIBUTION

DATA = {
    "reference": "pay_1",
    "contribution": CONTRIBUTION,
    "sequence": 4,
    "amount": 2_500,
    "currency": "EUR",
}
WHOLE = {"type": "payment.captured", "timestamp": "2026-03-01T13:00:00.123456+01:00", "data": DATA}


def read(**changed: Any) -> Message | None:
    """Read a message with these members of its data changed."""
    return read_body(WHOLE | {"data": DATA | changed})


def read_body(body: Any) -> Message | None:
    """Read a message from this body."""
    return read_message("REMOTE", "msg_1", json.dumps(body).encode())


def test_a_message() -> None:
    """It is read whole, its time in UTC and to the millisecond."""
    assert read() == Message(
        id="msg_1",
        provider="REMOTE",
        reference="pay_1",
        contribution=CONTRIBUTION,
        type=Told.CAPTURED,
        sequence=4,
        amount=2_500,
        currency="EUR",
        at=datetime(2026, 3, 1, 12, 0, 0, 123_000),
    )


@pytest.mark.parametrize(("type", "told"), TYPES.items())
def test_every_type(type: str, told: Told) -> None:
    """Each type is known by its name; what else a provider sends along is left alone."""
    message = read_body(WHOLE | {"type": type, "more": [1]})
    assert message is not None
    assert message.type is told


def test_a_provider_that_does_not_know_our_contribution() -> None:
    """The reference is enough."""
    body = WHOLE | {"data": {name: DATA[name] for name in DATA if name != "contribution"}}
    message = read_body(body)
    assert message is not None
    assert message.contribution is None
    assert read(contribution=None) == message


@pytest.mark.parametrize("type", ["payment.renamed", "customer.created", "", "PAYMENT.CAPTURED"])
def test_what_nobody_acts_on(type: str) -> None:
    """A type that we do not know is none of our business, whatever is in it."""
    assert read_body({"type": type, "data": "anything"}) is None


def test_every_fault_is_named() -> None:
    """All that is wrong is said at once, each by its path."""
    data = {"reference": "../x", "sequence": "4", "amount": 25.5, "currency": "eur"}
    with pytest.raises(InvalidInput) as refused:
        read_body(WHOLE | {"timestamp": "yesterday", "data": data})
    assert {problem.path for problem in refused.value.problems} == {
        "timestamp", "data.reference", "data.sequence", "data.amount", "data.currency",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 0),
        ("amount", -5),
        ("amount", 2**53),
        ("amount", True),
        ("amount", "2500"),
        ("amount", None),
        ("sequence", -1),
        ("sequence", 2**63),
        ("sequence", 1.0),
        ("currency", "EURO"),
        ("currency", "€"),
        ("reference", ""),
        ("reference", "pay_1\n"),
        ("reference", "a" * 201),
        ("contribution", "ctb_"),
        ("contribution", {"$ne": ""}),
    ],
)
def test_values_that_cannot_be(name: str, value: Any) -> None:
    """A value of another kind or size is refused, and the message says which."""
    with pytest.raises(InvalidInput) as refused:
        read(**{name: value})
    assert [problem.path for problem in refused.value.problems] == [f"data.{name}"]


@pytest.mark.parametrize(
    "timestamp",
    ["2026-03-01T12:00:00", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "", 5, None],
)
def test_times_that_cannot_be(timestamp: Any) -> None:
    """A time says its offset, and lies within two centuries."""
    with pytest.raises(InvalidInput) as refused:
        read_body(WHOLE | {"timestamp": timestamp})
    assert [problem.path for problem in refused.value.problems] == ["timestamp"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b'"x"', b"\xff", b"[" * 10_000, b'{"type": 5}', b"{}"]
)
def test_bodies_that_are_none(body: bytes) -> None:
    """What is no JSON, no object or without a type is refused."""
    with pytest.raises(InvalidInput):
        read_message("REMOTE", "msg_1", body)
