"""Who may advise and who may clarify in a thread, and what somebody who may not is missing."""

from dataclasses import dataclass
from datetime import datetime

from app.broking.expertise import level_at
from app.broking.words import Act, Basis, Code, Direction, Lack, Level, Side
from app.db.thread_documents import BrokingRules, Expertise, Thread
from app.text import fold

LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who wants to write in a thread that they see.

    Attributes:
        person: who it is.
        groups: the groups of the thread's space that they belong to.
        score: their reputation in the thread's subject, in points.
        expertise: what their reply rests on, if they declared any: in the thread's subject, or in
            what one of its tags names.
        taken: the side with which they first wrote in the thread, None if they have not written.

    """

    person: str
    groups: frozenset[Side]
    score: float
    expertise: Expertise | None
    taken: Side | None = None


def side_in(thread: Thread, speaker: Speaker) -> Side | None:
    """Return the one side that a person has in a thread, None for somebody of neither group.

    The asker seeks. Whoever has written keeps the side of their first words while they belong to
    that group; somebody of both groups who has not written yet comes as an expert.
    """
    if speaker.person == thread["asker"]:
        return Side.SEEKERS
    if speaker.taken is not None:
        return speaker.taken if speaker.taken in speaker.groups else None
    for side in (Side.EXPERTS, Side.SEEKERS):
        if side in speaker.groups:
            return side
    return None


def lacks(
    thread: Thread, act: Act, basis: Basis, speaker: Speaker, rules: BrokingRules, at: datetime
) -> Lack | None:
    """Return why somebody may not write such a reply at an instant, None if they may.

    The direction comes before trust: no amount of reputation turns a seeker into an expert.
    """
    side = side_in(thread, speaker)
    if side is None:
        names = " or ".join(rules["groups"][one] for one in Side)
        return Lack(Code.NOT_ALLOWED, f"Join {names} to write here.", f"membership of {names}")
    level = _level(thread, speaker.expertise, rules, at)
    if act is Act.ADVICE:
        return (
            _against_direction(thread, side, speaker.person, rules)
            or _unfounded(basis, level)
            or _untrusted(speaker.score, level, rules)
        )
    return _unmasking(thread, basis, speaker.person) or _unfounded(basis, level)


def mark_of(basis: Basis, expertise: Expertise | None, at: datetime, needed: int) -> Level | None:
    """Return the mark that a reply bears at an instant: the level of what it rests on.

    Only a reply from EXPERTISE bears one, and only while its author's expertise in the reply's
    subject stands, so a revocation unmarks all replies without touching them.
    """
    return level_at(expertise, at, needed) if basis is Basis.EXPERTISE else None


def _level(
    thread: Thread, expertise: Expertise | None, rules: BrokingRules, at: datetime
) -> Level | None:
    """Return the level of an expertise, None if the thread is about something else."""
    about = {fold(name) for name in (thread["subject"], *thread["tags"])}
    if expertise is None or fold(expertise["subject"]) not in about:
        return None
    return level_at(expertise, at, rules["endorsements_needed"])


def _against_direction(thread: Thread, side: Side, person: str, rules: BrokingRules) -> Lack | None:
    experts = rules["groups"][Side.EXPERTS]
    if person == thread["asker"]:
        message = "You asked here: you can clarify, and accept the advice of others."
        return Lack(Code.WRONG_DIRECTION, message, f"somebody else of {experts}")
    if side is Side.EXPERTS or rules["direction"] == Direction.MUTUAL:
        return None
    seekers = rules["groups"][Side.SEEKERS]
    message = f"Advice goes from {experts} to {seekers} here, and you are one of {seekers}."
    return Lack(Code.WRONG_DIRECTION, message, f"the side of {experts} in this thread")


def _unmasking(thread: Thread, basis: Basis, person: str) -> Lack | None:
    """Keep whoever asks from naming what they are known for, which would tell who they are."""
    if basis is Basis.EXPERIENCE or person != thread["asker"]:
        return None
    message = "You ask under a pseudonym, and an expertise would tell who you are."
    return Lack(Code.NOT_ALLOWED, message, "to speak from experience")


def _unfounded(basis: Basis, level: Level | None) -> Lack | None:
    if basis is Basis.EXPERIENCE or level is not None:
        return None
    message = "You claim expertise: declare it in what this is about, or speak from experience."
    return Lack(Code.NOT_ALLOWED, message, "an expertise in what the thread is about")


def _untrusted(score: float, level: Level | None, rules: BrokingRules) -> Lack | None:
    least, instead = rules["least_trust"]["score"], rules["least_trust"]["or_level"]
    if score >= least:
        return None
    if instead and level is not None and LEVELS.index(level) >= LEVELS.index(Level(instead)):
        return None
    short = least - score
    missing = f"{short:g} more points of reputation in this subject"
    if instead:
        missing += f", or an expertise that is {instead}"
    message = f"Advice asks for {least:g} points here, and you have {score:g}."
    return Lack(Code.NOT_ALLOWED, message, missing, short)
