"""Whom to ask: experts for a thread, by what they know, have helped with and can still take on.

Acceptance is prior-weighted, so that a newcomer is unknown and not bad: Laplace's rule of
succession, (accepted + 1) / (advised + 2).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.broking.words import Level, Part, score_of, share
from app.db.thread_documents import BrokingRules, Thread
from app.text import fold, primary

LEVEL_WORTH = {Level.SELF_DECLARED: 0.3, Level.ENDORSED: 0.6, Level.VERIFIED: 1.0}
MOST_SUGGESTED = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert of the space, with what is known of them.

    Attributes:
        person: who it is.
        levels: the level of each expertise that stands, by subject.
        advised: how many replies with advice they gave in the thread's subject.
        accepted: how many of those were accepted.
        load: how many threads wait for them now.
        languages: BCP 47 tags of what they read; empty if they did not say.

    """

    person: str
    levels: dict[str, Level]
    advised: int
    accepted: int
    load: int
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An expert to ask: score in [0, 1], its parts with their weights, and sentences that say why.

    The parts are `subject`, `level`, `acceptance`, `load` and `language`.
    """

    person: str
    score: float
    parts: dict[str, Part]
    reasons: list[str]


def suggest(
    thread: Thread,
    candidates: Iterable[Candidate],
    rules: BrokingRules,
    limit: int = MOST_SUGGESTED,
) -> list[Suggestion]:
    """Return the experts to ask, the best first, then by id.

    Passed over are the asker, those whose turn it was already, those for whom as many threads wait
    as the space allows, and those who know neither its subject nor any of its tags.
    """
    passed = {thread["asker"], *thread["route"]["asked"]}
    found = [
        suggestion
        for candidate in candidates
        if candidate.person not in passed and candidate.load < rules["most_load"]
        if (suggestion := rate(thread, candidate, rules)) is not None
    ]
    return sorted(found, key=lambda one: (-one.score, one.person))[: max(limit, 0)]


def rate(thread: Thread, candidate: Candidate, rules: BrokingRules) -> Suggestion | None:
    """Return how well an expert suits a thread, None if they know nothing of what it is about."""
    levels = {fold(subject): level for subject, level in candidate.levels.items()}
    subject, tags = fold(thread["subject"]), {fold(tag) for tag in thread["tags"]}
    known = sorted(tags & levels.keys())
    if subject in levels:
        fit, level, about = 1.0, levels[subject], subject
    elif known:
        # Something next to the subject, however much of it, is worth less than the subject.
        fit = len(known) / (len(tags) + 1)
        level = max((levels[tag] for tag in known), key=LEVEL_WORTH.__getitem__)
        about = f"{', '.join(known)}, though not {subject} itself"
    else:
        return None
    weights, waiting = (
        rules["expert_weights"],
        _count(candidate.load, "thread waits", "threads wait"),
    )
    values = {
        "subject": fit,
        "level": LEVEL_WORTH[level],
        "acceptance": (candidate.accepted + 1) / (candidate.advised + 2),
        "load": 1 - candidate.load / rules["most_load"] if rules["most_load"] else 0.0,
        "language": _reads(thread, candidate),
    }
    parts = share({name: Part(value, weights[name]) for name, value in values.items()})
    reasons = [
        f"They know {about}: {level}.",
        _acceptance(candidate),
        f"{waiting} for them, of at most {rules['most_load']}.",
        _language(thread, values["language"]),
    ]
    return Suggestion(candidate.person, score_of(parts), parts, reasons)


def _reads(thread: Thread, candidate: Candidate) -> float | None:
    if not candidate.languages:
        return None
    return float(primary(thread["language"]) in map(primary, candidate.languages))


def _acceptance(candidate: Candidate) -> str:
    if not candidate.advised:
        return "They have not advised in this subject yet: neither good nor bad."
    advised = _count(candidate.advised, "reply", "replies")
    return f"Of their {advised} with advice in this subject, {candidate.accepted} were accepted."


def _language(thread: Thread, reads: float | None) -> str:
    if reads is None:
        return "They did not say which languages they read."
    return f"They {'read' if reads else 'do not read'} {primary(thread['language'])}."


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
