"""Signatures of webhooks: the examples of Standard Webhooks, and whatever is not quite one."""

from datetime import UTC, datetime, timedelta

import pytest

from app.payments.signatures import TOLERANCE, NotVerified, read_secrets, signature_of, verify

# The example that the libraries of the specification share.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
ANOTHER = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
NOW = datetime.fromtimestamp(AT, UTC).replace(tzinfo=None)
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def headers(**changed: str | None) -> dict[str, str]:
    """Return the headers of the example, with these changed or left out."""
    sent = {"id": ID, "timestamp": str(AT), "signature": SIGNATURE} | changed
    return {f"webhook-{name}": value for name, value in sent.items() if value is not None}


def check(
    sent: dict[str, str], body: bytes = BODY, now: datetime = NOW, secrets: str = SECRET
) -> str:
    """Verify a message at its own time."""
    return verify(read_secrets(secrets), sent, body, now)


def test_the_example_of_the_specification() -> None:
    """Its signature is made, and is verified, with or without the prefix of the secret."""
    assert signature_of(read_secrets(SECRET)[0], ID, AT, BODY) == SIGNATURE
    assert check(headers()) == ID
    assert read_secrets(SECRET) == read_secrets(SECRET.removeprefix("whsec_"))


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_every_header_is_needed(name: str, value: str | None) -> None:
    """The header that is missing is named."""
    with pytest.raises(NotVerified, match=f"webhook-{name} is missing"):
        check(headers(**{name: value}))


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "msg_another"},
        {"timestamp": str(AT + 1)},
        {"signature": ANOTHER},
        {"signature": SIGNATURE.replace("v1,", "v2,")},
        {"signature": SIGNATURE.replace("v1,", "v1a,")},
        {"signature": SIGNATURE.removeprefix("v1,")},
        {"signature": SIGNATURE[:-1]},
        {"signature": SIGNATURE.lower()},
        {"signature": "v1,"},
        {"signature": ","},
        {"signature": "ü" * 40},
    ],
)
def test_what_was_changed_does_not_fit(changed: dict[str, str]) -> None:
    """Id, time and signature belong together, and a signature that is none is only wrong."""
    with pytest.raises(NotVerified, match="No signature"):
        check(headers(**changed))


@pytest.mark.parametrize("body", [b"", b"{}", BODY + b" ", BODY.replace(b"2", b"3", 1)])
def test_a_body_that_was_touched(body: bytes) -> None:
    """Each byte counts."""
    with pytest.raises(NotVerified, match="No signature"):
        check(headers(), body)


def test_parts_cannot_be_moved() -> None:
    """What was signed as a part of the body cannot be read as a part of the time or the id."""
    with pytest.raises(NotVerified, match="webhook-id"):
        check(headers(id=f"{ID}.{AT}"))
    with pytest.raises(NotVerified, match="webhook-timestamp"):
        check(headers(timestamp=f"{AT}.5"))


@pytest.mark.parametrize("timestamp", ["hello", "-1", "1e9", "nan", " 1", "١٢٣", "9" * 30])
def test_times_that_are_none(timestamp: str) -> None:
    """A time is whole seconds and nothing else."""
    with pytest.raises(NotVerified, match="webhook-timestamp"):
        check(headers(timestamp=timestamp))


@pytest.mark.parametrize("direction", [1, -1])
def test_five_minutes_and_no_more(direction: int) -> None:
    """A message that is older, or younger, than five minutes may be a repeated one."""
    assert check(headers(), now=NOW + direction * TOLERANCE) == ID
    with pytest.raises(NotVerified, match="5 minutes"):
        check(headers(), now=NOW + direction * (TOLERANCE + timedelta(milliseconds=1)))


def test_several_signatures() -> None:
    """One that fits is enough, wherever it stands."""
    assert check(headers(signature=f"{ANOTHER} v2,x {SIGNATURE} {ANOTHER}")) == ID
    with pytest.raises(NotVerified):
        check(headers(signature=f"{ANOTHER} v2,x {ANOTHER}"))


def test_a_secret_that_changes() -> None:
    """While two secrets hold, either verifies; once the old one is gone, it does no more."""
    assert check(headers(), secrets=f"{OTHER_SECRET} {SECRET}") == ID
    with pytest.raises(NotVerified):
        check(headers(), secrets=OTHER_SECRET)
    with pytest.raises(NotVerified):
        verify((), headers(), BODY, NOW)


def test_no_secret_is_told() -> None:
    """What is wrong is said without what would be right."""
    with pytest.raises(NotVerified) as refused:
        check(headers(signature=ANOTHER))
    assert SIGNATURE[3:] not in refused.value.message
    assert SECRET[6:] not in refused.value.message
