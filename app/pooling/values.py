"""Values as files hold them: texts, numbers, instants, links; read, and written so as to be safe.

A cell that a spreadsheet would take for a formula gets an apostrophe before it on the way out, as
OWASP advises ("CSV Injection"), and loses it on the way in, so that a round trip changes nothing.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime

NUMBER = re.compile(r"[-+]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][-+]?[0-9]{1,3})?")
INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d))?", re.ASCII
)
# Signs that begin a formula, also as wide letters; apostrophes of our own may stand before.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
# No text that is kept is longer; four signs at most become one in the normal form.
LONGEST, SHRINKS = 500, 4
BARRED = re.compile(r"\\[\\|]|\||[^\\|]+|\\")


def read_text(given: str) -> str | None:
    """Return a text in its normal form, without blanks around it; None if it cannot be shown.

    One that would be too long in any form stays as it is, and is refused for its length: many
    marks on one letter take a time that grows with their square.
    """
    cleaned = given.strip()
    if len(cleaned) <= SHRINKS * LONGEST:
        cleaned = unicodedata.normalize("NFC", cleaned).strip()
    if cleaned.isprintable():
        return cleaned
    kinds = {unicodedata.category(letter) for letter in cleaned if letter not in "\n\t"}
    return None if kinds & {"Cc", "Cs"} else cleaned


def read_number(given: object) -> float | None:
    """Return a finite number, given as such or as plain text with a decimal point; else None."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    if isinstance(given, str) and not NUMBER.fullmatch(given := given.strip()):
        return None
    try:
        number = float(given)
    except OverflowError:  # a huge integer
        return None
    return number if math.isfinite(number) else None


def read_instant(given: object) -> datetime | None:
    """Return the instant (naive, UTC, to the millisecond) that a text says; None if it says none.

    It is a date, which stands for its beginning in UTC, or an instant with its zone (RFC 3339).
    """
    text = given.strip().upper() if isinstance(given, str) else ""
    if not INSTANT.fullmatch(text):
        return None
    try:
        parsed = datetime.fromisoformat(text)
        instant = parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed
    except (ValueError, OverflowError):
        return None
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def instant_text(instant: datetime) -> str:
    """Return an instant as RFC 3339 has it, to the millisecond."""
    return instant.isoformat(timespec="milliseconds") + "Z"


def split_links(given: str) -> list[str]:
    r"""Return what stands between bars; `\|` is a bar of the text itself, `\\` a backslash."""
    parts = [""]
    for piece in BARRED.findall(given):
        if piece == "|":
            parts.append("")
        else:
            parts[-1] += piece[1] if piece in {r"\\", r"\|"} else piece
    return parts


def join_links(links: Iterable[str]) -> str:
    """Return links with bars between them, as `split_links` reads them."""
    return "|".join(re.sub(r"([\\|])", r"\\\1", link) for link in links)


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; plain numbers stay as they are."""
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell as it was before it was guarded."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
