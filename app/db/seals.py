"""Sealed numbers: cursors of the event log, which tell nothing of what lies between two of them.

The log counts what happens anywhere. Whoever saw its numbers could tell from a gap that something
happened that is not for them. So each is enciphered with a secret of the database, always to the
same text, on every process: deterministic authenticated encryption with a synthetic initial value,
after P. Rogaway and T. Shrimpton, "A Provable-Security Treatment of the Key-Wrap Problem" (2006),
with HMAC-SHA256 as the pseudorandom function.
"""

import base64
import binascii
import hmac
from functools import lru_cache

PREFIX = "ev"
# Where every log begins is no secret; a client may ask for all there is.
BEGINNING = f"{PREFIX}0"
NUMBER, TAG, SECRET = 8, 8, 32  # bytes
REMEMBERED = 4_096


class Seal:
    """Turns numbers into texts that only this seal turns back."""

    def __init__(self, secret: bytes) -> None:
        self._tagging = hmac.digest(secret, b"tag", "sha256")
        self._masking = hmac.digest(secret, b"mask", "sha256")
        # Many streams tell the same at the same moment.
        self.close = lru_cache(REMEMBERED)(self._close)

    def open(self, text: str) -> int | None:
        """Return the number in a text; None if it is none that this seal has closed."""
        if text == BEGINNING:
            return 0
        try:
            sealed = base64.b32decode(text.removeprefix(PREFIX).upper() + "=" * 6)
        except (binascii.Error, ValueError):
            return None
        tag, number = sealed[:TAG], self._masked(sealed[:TAG], sealed[TAG:])
        plain = int.from_bytes(number, "big")
        is_ours = hmac.compare_digest(tag, self._tag(number)) and self.close(plain) == text
        return plain if is_ours else None

    def _close(self, number: int) -> str:
        """Return a number as text; of two texts nobody can tell how far they lie apart."""
        if number == 0:
            return BEGINNING
        plain = number.to_bytes(NUMBER, "big")
        tag = self._tag(plain)
        sealed = base64.b32encode(tag + self._masked(tag, plain))
        return PREFIX + sealed.decode().rstrip("=").lower()

    def _tag(self, number: bytes) -> bytes:
        return hmac.digest(self._tagging, number, "sha256")[:TAG]

    def _masked(self, tag: bytes, number: bytes) -> bytes:
        mask = hmac.digest(self._masking, tag, "sha256")
        return bytes(one ^ other for one, other in zip(number, mask, strict=False))
