"""Signatures: who sent a webhook, by the scheme of Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the
HMAC-SHA256 of `{id}.{timestamp}.{body}` in base64, marked `v1`. The header may carry several, so
that either side can change its secret without a pause.

Written here because the project's own library reads the clock by itself, and raises something
else than its own error for a signature that is no signature.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=5)
SECRET_PREFIX = "whsec_"  # noqa: S105 (every secret of the scheme begins so)
MOST_SIGNATURES = 20
# A full stop in either could move what is signed from one part to the next.
IDENTIFIER = re.compile(r"[A-Za-z0-9_:-]{1,200}")
TIMESTAMP = re.compile(r"[0-9]{1,11}")


class NotVerified(Exception):
    """Nobody who knows a secret has sent this just now; the message says what is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def read_secrets(text: str) -> tuple[bytes, ...]:
    """Return the secrets that a text names, each `whsec_…`, with blanks between.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(
        base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        for secret in text.split()
    )


def signature_of(secret: bytes, id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message as it stands in the header."""
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def verify(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the identifier of a message that was signed with one of the secrets.

    `now` is naive, in UTC; the names of headers are in lower case.

    Raises:
        NotVerified: a header is missing or odd, it is too old, or no signature fits.
    """
    id = _header(headers, "webhook-id", IDENTIFIER)
    timestamp = int(_header(headers, "webhook-timestamp", TIMESTAMP))
    age = now.replace(tzinfo=UTC).timestamp() - timestamp
    if abs(age) > TOLERANCE.total_seconds():
        minutes = TOLERANCE // timedelta(minutes=1)
        raise NotVerified(
            f"webhook-timestamp is more than {minutes} minutes away from the time here."
        )
    given = _header(headers, "webhook-signature").encode().split(b" ")[:MOST_SIGNATURES]
    expected = [signature_of(secret, id, timestamp, body).encode() for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in given for other in expected):
        raise NotVerified("No signature in webhook-signature fits this body and our secret.")
    return id


def _header(headers: Mapping[str, str], name: str, form: re.Pattern[str] | None = None) -> str:
    value = headers.get(name)
    if not value:
        raise NotVerified(f"The header {name} is missing.")
    if form and not form.fullmatch(value):
        raise NotVerified(f"The header {name} is not of the form {form.pattern}.")
    return value
