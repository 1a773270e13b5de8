"""Taps: what signals of many mean together, also of people who have no account.

Without an account nobody can be told from another: all of them together are one voice with the
weight of a newcomer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.db.pool_documents import Confirmation, PoolRules, Signal, Value
from app.pooling.consensus import Circle, Ties, Voice, circles, split
from app.pooling.words import Suitability, Tap, Verdict

MEANT = {Tap.SUITABLE: Suitability.SUITABLE, Tap.UNSUITABLE: Suitability.UNSUITABLE}
# From how many addresses a value has to be doubted before people without an account are heard.
LEAST_ADDRESSES = 2


@dataclass(frozen=True, slots=True)
class Gone:
    """How far people agree that a thing is gone: with what weight, how many, and if it suffices."""

    weight: float
    voices: int
    settled: bool


@dataclass(frozen=True, slots=True)
class _Word:
    """That somebody said at an instant that a thing is gone, or that they found it there."""

    at: datetime
    id: str
    user: str | None
    address: str | None
    gone: bool


def meaning(tap: Tap, value: Value | None) -> tuple[Verdict, Value] | None:
    """Return what a tap says of the value of a suitability facet; None: nothing.

    Nothing is said by CHANGED and GONE, nothing against what suits partly, and nothing of what is
    unknown, which can be contributed instead.
    """
    meant = MEANT.get(tap)
    if meant is None or value not in set(MEANT.values()):
        return None
    return Verdict.CONFIRM if meant == value else Verdict.DISPUTE, meant.value


def is_doubted(signals: Iterable[Signal], facet: str, value: Value) -> bool:
    """Say whether signals since a facet was last checked ask to check it again.

    One of somebody with an account suffices; else they have to come from two addresses.
    """
    doubting = [one for one in signals if one["facet"] in {None, facet} and _doubts(one, value)]
    addresses = {one["address"] for one in doubting}
    return any(one["user"] is not None for one in doubting) or len(addresses) >= LEAST_ADDRESSES


def gone(
    signals: Iterable[Signal],
    confirmations: Iterable[Confirmation],
    weights: Mapping[str, float],
    ties: Ties,
    rules: PoolRules,
) -> Gone:
    """Return how far people agree that a thing is gone.

    It is gone if those who last said so are enough to verify it and have more than two thirds of
    the weight. Against them stand those who have said anything else of it since the first of them.

    Args:
        signals: those since somebody last vouched that it is there (`there_at`).
        confirmations: what people say of its facets.
        weights: what the voices of people weigh; of others: what a newcomer's does.
        ties: pairs of users who vouch for each other or came together.
        rules: those of the pool.

    """
    last = _last_words(signals, confirmations)
    first = min((word.at for word in last if word.gone), default=None)
    if first is None:
        return Gone(0.0, 0, settled=False)
    heard = [word for word in last if word.gone or word.at > first]
    newcomer = rules["newcomer_weight"]
    voices = {
        word.user: Voice(word.gone, weights.get(word.user, newcomer))
        for word in heard
        if word.user is not None
    }
    nameless: Circle = {word.gone: newcomer for word in heard if word.user is None and newcomer > 0}
    found = [*circles(voices, ties, rules), nameless]
    support, dissent = split(found, value=True)
    return Gone(
        weight=float(support.weight),
        voices=support.voices,
        settled=support.suffices(rules) and support.outweighs(dissent),
    )


def _doubts(signal: Signal, value: Value) -> bool:
    """Say whether a signal is against a value; one that names no facet can only say CHANGED."""
    tap = Tap(signal["kind"])
    said = None if signal["facet"] is None else meaning(tap, value)
    return tap is Tap.CHANGED or (said is not None and said[0] is Verdict.DISPUTE)


def _last_words(
    signals: Iterable[Signal], confirmations: Iterable[Confirmation]
) -> Iterable[_Word]:
    """Return what each person, or address, said last."""
    words = [
        _Word(one["at"], one["_id"], one["user"], one["address"], one["kind"] == Tap.GONE)
        for one in signals
    ]
    words += [
        _Word(one["at"], one["_id"], one["user"], None, gone=False)
        for one in confirmations
        if one["verdict"] != Verdict.CANNOT_TELL
    ]
    in_order = sorted(words, key=lambda word: (word.at, word.id))
    return {(word.user, word.user is None and word.address): word for word in in_order}.values()
