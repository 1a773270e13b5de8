"""What somebody wants to say in a thread, and what is wrong with it."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.broking.words import Act, Basis
from app.resolvers.inputs import Checks

LONGEST_TEXT, LONGEST_SOURCE, MOST_SOURCES = 20_000, 1_000, 10
LONGEST_SUBJECT = 100
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# A page that shows a source as a link must not run it.
RUNS = frozenset({"javascript", "data", "vbscript"})


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wants to say in a thread."""

    act: Act
    basis: Basis
    subject: str | None
    sources: list[str]
    text: str


def checked_words(words: Words, idempotency_key: str | None) -> Words:
    """Return what somebody wants to say, as it is stored.

    Raises:
        InvalidInput: something is wrong with it; lists all of it.

    """
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    subject = words.subject
    checked = Words(
        words.act,
        words.basis,
        None if subject is None else checks.text("subject", subject, least=1, most=LONGEST_SUBJECT),
        _sources(checks, words.sources),
        checks.text("text", words.text, least=1, most=LONGEST_TEXT),
    )
    checks.done()
    return checked


def checked_change(text: str | None, sources: list[str] | None) -> dict[str, Any]:
    """Return what a revision changes; what is None stays.

    Raises:
        InvalidInput: something is wrong with it, or nothing would change.

    """
    checks = Checks()
    change: dict[str, Any] = {}
    if text is not None:
        change["text"] = checks.text("text", text, least=1, most=LONGEST_TEXT)
    if sources is not None:
        change["sources"] = _sources(checks, sources)
    if not change:
        checks.add("text", "Give a text, or sources, that differ from before.")
    checks.done()
    return change


def _sources(checks: Checks, sources: list[str]) -> list[str]:
    cleaned = checks.texts("sources", sources, most=MOST_SOURCES, longest=LONGEST_SOURCE)
    for n, source in enumerate(sources[:MOST_SOURCES]):
        if not _is_source(source.strip()):
            checks.add(f"sources.{n}", "Give an http or https address, or a citation in words.")
    return cleaned


def _is_source(source: str) -> bool:
    """Say whether a source is a web address or a citation, and nothing that a page would run."""
    scheme = SCHEME.match(source)
    if scheme is None:
        return True
    name, rest = scheme[1].lower(), source[scheme.end() :]
    if name not in {"http", "https"}:
        return name not in RUNS and not rest.startswith("//")
    try:
        return rest.startswith("//") and bool(urlsplit(source).hostname)
    except ValueError:
        return False
