"""Checks that inputs share: each adds to a list of problems, so that all are told at once."""

import re
import unicodedata
from collections.abc import Sequence
from zoneinfo import available_timezones

from app.auth.passwords import LEAST_CHARACTERS, MOST_CHARACTERS
from app.db.documents import Place
from app.failures import InvalidInput, Problem
from app.text import SHORT, TOWERS, composed, has_towers

EMAIL = re.compile(r"[^@\s\x00-\x1f\"(),:;<>\[\\\]]{1,64}@[a-z0-9.-]{1,253}\.[a-z0-9-]{2,63}")
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")


class Checks:
    """Gathers what is wrong with an input."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, path: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(path, message))

    def text(self, path: str, value: str, *, least: int = 0, most: int = 200) -> str:
        """Check the length of a text, without blanks around it, and that it can be shown."""
        cleaned = composed(value, most)
        if has_towers(cleaned):
            self.add(path, TOWERS)
        if not least <= len(cleaned) <= most:
            self.add(path, f"Give {least} to {most} characters, not {len(cleaned)}.")
        if any(
            unicodedata.category(letter) in {"Cc", "Cs"}
            for letter in cleaned
            if letter not in "\n\t"
        ):
            self.add(path, "Leave out control characters.")
        return cleaned

    def texts(self, path: str, values: Sequence[str], *, most: int, longest: int) -> list[str]:
        """Check a short list of short texts; equal ones count once."""
        if len(values) > most:
            self.add(path, f"Give at most {most}, not {len(values)}.")
        cleaned = [
            self.text(f"{path}.{n}", value, least=1, most=longest)
            for n, value in enumerate(values[:most])
        ]
        return list(dict.fromkeys(cleaned))

    def email(self, path: str, value: str) -> str:
        """Check an e-mail address; return it as it is compared."""
        cleaned = unicodedata.normalize("NFKC", value[:SHORT]).strip().lower()
        if len(value) > SHORT or not EMAIL.fullmatch(cleaned):
            self.add(path, "This is not an e-mail address such as `ada@example.org`.")
        return cleaned

    def password(self, path: str, value: str, *, unlike: Sequence[str] = ()) -> None:
        """Check that a password is long enough and not the person's own name."""
        if not LEAST_CHARACTERS <= len(value) <= MOST_CHARACTERS:
            self.add(path, f"Choose {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters.")
        elif len(set(value)) < 4 or value.lower() in {word.lower() for word in unlike}:  # noqa: PLR2004
            self.add(path, "Choose one that is harder to guess.")

    def locale(self, path: str, value: str) -> str:
        """Check a language tag."""
        if not LOCALE.fullmatch(value):
            self.add(path, "Give a language tag such as `en` or `fr-BE`.")
        return value

    def time_zone(self, path: str, value: str) -> str:
        """Check the name of a time zone."""
        if value not in available_timezones():
            self.add(path, "Give an IANA time zone such as `Europe/Paris`.")
        return value

    def key(self, path: str, value: str) -> str:
        """Check a short machine-readable name."""
        if not KEY.fullmatch(value):
            self.add(path, "Use 1 to 128 letters, digits and . _ : / - , beginning with no sign.")
        return value

    def place(self, path: str, place: Place | None) -> Place | None:
        """Check a point on Earth."""
        if place is not None:
            longitude, latitude = place["coordinates"]
            if not -180 <= longitude <= 180:  # noqa: PLR2004
                self.add(f"{path}.longitude", "Give degrees from -180 to 180.")
            if not -90 <= latitude <= 90:  # noqa: PLR2004
                self.add(f"{path}.latitude", "Give degrees from -90 to 90.")
        return place

    def idempotency_key(self, value: str | None) -> str | None:
        """Check the length of an idempotency key."""
        if value is not None and not 1 <= len(value) <= 255:  # noqa: PLR2004
            self.add("idempotencyKey", "Give 1 to 255 characters.")
        return value

    def done(self) -> None:
        """Refuse the input if anything is wrong with it.

        Raises:
            InvalidInput: with every problem.

        """
        if self.problems:
            raise InvalidInput(*self.problems)
