"""What research may hold of a case, for how long, and what it must not know of its giver.

Dates follow the Safe Harbor method of de-identification (45 CFR 164.514(b)(2)): of a date only the
year remains; how long before the question something began is told in months. Free text is never
searched for names: it is held only where its giver let it.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.broking.states import State
from app.broking.words import Code, Lack, Purpose, conflict
from app.db.thread_documents import BrokingRules, Consent, Facet, ResearchUse, Thread

SHORTEST_SALT = 16  # bytes
DAYS_OF_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class CaseFacet:
    """A trait of a case: name, presence, and how many months before the question it began."""

    name: str
    presence: str
    onset_months_before: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as research holds it: nobody's, and tied to no other case.

    Attributes:
        pseudonym: what it is called in this export, and in no other.
        subject: as asked.
        tags: as asked.
        facets: structured traits.
        on_behalf_of: SELF, RELATIVE or OTHER.
        language: BCP 47 tag.
        asked_in: the year.
        title: free text, None unless its giver let it be used.
        text: the same.
        text_version: the version of the consent's text that was agreed to.

    """

    pseudonym: str
    subject: str
    tags: tuple[str, ...]
    facets: tuple[CaseFacet, ...]
    on_behalf_of: str
    language: str
    asked_in: int
    title: str | None
    text: str | None
    text_version: int


def stands(consent: Consent, at: datetime) -> bool:
    """Say whether a consent stands at an instant: from the one it is given, to before revoking."""
    revoked = consent["revoked_at"]
    return consent["given_at"] <= at and (revoked is None or at < revoked)


def consent_for(
    thread: Thread,
    consents: Iterable[Consent],
    purpose: Purpose,
    rules: BrokingRules,
    at: datetime,
) -> Consent | None:
    """Return the consent by which a case may be used at an instant, None if it may not.

    It is its asker's, for this purpose, to a version of the text that still counts. Of several the
    latest decides, so that a later one without free text is not widened by an earlier one.
    """
    asked = rules["consents"].get(purpose)
    if asked is None or thread["state"] == State.WITHDRAWN:
        return None
    standing = [
        consent
        for consent in consents
        if consent["thread"] == thread["_id"]
        and consent["giver"] == thread["asker"]
        and consent["purpose"] == purpose
        and consent["text_version"] >= asked["least_version"]
        and stands(consent, at)
    ]
    return max(standing, key=lambda one: (one["given_at"], one["_id"]), default=None)


@dataclass(frozen=True, slots=True)
class Export:
    """What an export is for, of which instant, and the salt that no other export has.

    The salt is at least 16 random bytes; whoever wants no way back to the cases forgets it.
    """

    purpose: Purpose
    at: datetime
    salt: bytes


def cases(
    threads: Iterable[Thread], consents: Iterable[Consent], rules: BrokingRules, export: Export
) -> list[tuple[Case, Consent]]:
    """Return what an export holds, and by which consent, in an order that says nothing.

    `threads` are those that whoever exports may see: consent to research does not make a thread
    for experts or for two visible to others.
    """
    by_thread: dict[str, list[Consent]] = {}
    for consent in consents:
        by_thread.setdefault(consent["thread"], []).append(consent)
    held = []
    for thread in threads:
        given = by_thread.get(thread["_id"], [])
        by = consent_for(thread, given, export.purpose, rules, export.at)
        if by is not None:
            held.append((deidentify(thread, by, export.salt), by))
    return sorted(held, key=lambda one: one[0].pseudonym)


def deidentify(thread: Thread, consent: Consent, salt: bytes) -> Case:
    """Return a case without its author, exact dates, and free text that was not let go.

    Raises:
        ValueError: the salt is too short to keep pseudonyms from being found by trying.

    """
    if len(salt) < SHORTEST_SALT:
        raise ValueError(f"a salt has at least {SHORTEST_SALT} bytes")
    told = consent["with_free_text"]
    return Case(
        pseudonym=pseudonym_of(thread["_id"], salt),
        subject=thread["subject"],
        tags=tuple(sorted(thread["tags"])),
        facets=tuple(_facet(facet, thread["created_at"]) for facet in thread["facets"]),
        on_behalf_of=thread["on_behalf_of"],
        language=thread["language"],
        asked_in=thread["created_at"].year,
        title=thread["title"] if told else None,
        text=thread["text"] if told else None,
        text_version=consent["text_version"],
    )


def not_givable(
    thread: Thread, person: str, purpose: Purpose, version: int, rules: BrokingRules
) -> Lack | None:
    """Return why somebody cannot consent to this version of a purpose's text, None if they can."""
    if person != thread["asker"]:
        wanted = "the person who asked"
        return Lack(Code.NOT_ALLOWED, "Only whoever asked can give their case.", wanted)
    if thread["state"] == State.WITHDRAWN:
        return conflict("The thread is WITHDRAWN: there is nothing to be used.")
    asked = rules["consents"].get(purpose)
    if asked is None:
        return conflict(f"This space does not ask for consent to {purpose}.")
    if version != asked["version"]:
        return conflict(f"The text has changed: read version {asked['version']} first.")
    return None


def not_recordable(consent: Consent, exported_at: datetime) -> Lack | None:
    """Return why a use cannot be recorded by this consent, None if it can.

    What counts is when the case was exported: a use that comes to light after the revocation is
    recorded all the same, for its giver is to know of it.
    """
    if stands(consent, exported_at):
        return None
    return conflict("The consent did not stand when the case was exported.")


def uses_of(giver: str, uses: Iterable[ResearchUse]) -> list[ResearchUse]:
    """Return every use of somebody's cases, the latest first, whether or not consent still stands.

    It is asked for by the giver written in the use, and looks at no consent and no thread.
    """
    theirs = [use for use in uses if use["giver"] == giver]
    return sorted(theirs, key=lambda use: (use["used_at"], use["_id"]), reverse=True)


def _facet(facet: Facet, asked_at: datetime) -> CaseFacet:
    onset = facet["onset"]
    months = None
    if onset is not None:
        months = max(0, round((asked_at - onset).days / DAYS_OF_MONTH))
    return CaseFacet(facet["name"], facet["presence"], months)


def pseudonym_of(id: str, salt: bytes) -> str:
    """Return what a thread is called in an export: without its salt nobody can tell which it is."""
    digest = hmac.new(salt, id.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()
