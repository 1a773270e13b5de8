"""Consensus: what those who went and looked agree on, one facet at a time.

Each of them speaks for a value: CONFIRM for the one that was there, DISPUTE for another (or merely
against all), CANNOT_TELL and UNKNOWN for none. A value holds while it has more than two thirds of
the weight of all that is said. Only what is independent counts:

1. People who are tied to each other, directly or by others who speak, are a circle. A circle has
   one voice for each value: the heaviest of those in it who say so.
2. Whoever gave the value is not heard, and their circle has no voice for it.
3. No voice weighs more than the cap.
4. Newcomers alone verify nothing.

Weights are compared as fractions, so exactly two thirds are not more than two thirds, and the order
in which they came does not matter.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from app.db.pool_documents import Confirmation, Consensus, FacetValue, PoolRules, Value
from app.pooling.facets import is_known
from app.pooling.words import Verdict

# Pairs of users who vouch for each other or came together.
Ties = Collection[tuple[str, str]]
# What a circle of people says: the heaviest voice for each value; None: against all of them.
Circle = Mapping[Value | None, float]

# What a value has to stand against though nobody speaks against it: one full voice.
DOUBT = 1


@dataclass(frozen=True, slots=True)
class Voice:
    """What one person says (None: that it is not so), and what it weighs."""

    says: Value | None
    weight: float


@dataclass(frozen=True, slots=True)
class Side:
    """Those who say the same: how many independent voices, what all and the heaviest weigh."""

    voices: int
    weight: Fraction
    heaviest: float = 0.0

    def outweighs(self, other: "Side") -> bool:
        """Say whether this side has more than two thirds of the weight of both."""
        return 3 * self.weight > 2 * (self.weight + other.weight)

    def suffices(self, rules: PoolRules) -> bool:
        """Say whether it is enough to call a thing verified: so many voices, with full weight.

        One of them has to weigh more than a newcomer's can: newcomers alone, however many, may be
        one person's, and would make each other known. A pool in which theirs are full voices
        trusts them.
        """
        least, newcomer = rules["least_confirmations"], rules["newcomer_weight"]
        is_known_by_some = newcomer >= 1 or self.heaviest > newcomer
        return self.voices >= least and self.weight >= least and is_known_by_some


def weight_of(score: float | None, confidence: float, is_newcomer: bool, rules: PoolRules) -> float:
    """Return what a person's voice weighs, from 0 to the cap.

    Somebody of whom nothing is known weighs 1; a good name raises that as surely as it is known,
    a bad one lowers it. A newcomer weighs little, whatever good is said of them.

    Args:
        score: their reputation in [0, 1]; None: nothing is known.
        confidence: how much of the score is evidence, in [0, 1].
        is_newcomer: whether they are new to the space.
        rules: those of the pool.

    """
    cap = rules["weight_cap"]
    name = 0.0 if score is None else (2 * _unit(score) - 1) * _unit(confidence)
    weight = 1 + name * (cap - 1) if name > 0 else 1 + name
    return min(weight, cap, rules["newcomer_weight"] if is_newcomer else cap)


def unheard(value: Value | None) -> Consensus:
    """Return what is agreed on a value of which nobody has said anything yet."""
    return Consensus(
        value=value, confidence=0.0, supporters=0, dissenters=0, disputed=False, verified=False
    )


def consensus(
    facet: FacetValue, confirmations: Iterable[Confirmation], ties: Ties, rules: PoolRules
) -> Consensus:
    """Return what is agreed on a facet.

    The value of the result differs from the facet's if another one outweighs all else and would be
    verified: then it is to be set (`app.pooling.freshness.turned`), in the same round, so that
    those who brought it about are still heard. A value that is UNKNOWN claims nothing: it is
    neither verified nor disputed.

    Args:
        facet: the facet as it is.
        confirmations: what people said of it; those of other rounds are passed over.
        ties: pairs of users who vouch for each other or came together.
        rules: those of the pool.

    """
    present, giver = facet["value"], facet["claimed_by"]
    found = circles(_voices(facet, confirmations), ties, rules, giver)
    if giver is not None:
        found[0].pop(facet["claim"], None)
    named = {says for circle in found for says in circle if says not in {None, present}}
    for other in sorted(named, key=repr):
        support, dissent = split(found, other)
        if support.suffices(rules) and support.outweighs(dissent):
            return _found(other, support, dissent, rules)
    return _found(present, *split(found, present), rules)


def explain(found: Consensus, rules: PoolRules) -> tuple[str, ...]:
    """Return in words how far a value can be relied on, and what it still takes."""
    supporters, dissenters = found["supporters"], found["dissenters"]
    if not supporters + dissenters:
        return ("Nobody besides who gave it has said anything of it.",)
    voices = "voice" if supporters == 1 else "voices"
    counts = f"{supporters} independent {voices} for it, {dissenters} against it."
    if found["disputed"]:
        return (counts, "Disputed: it does not have more than two thirds of the weight.")
    takes = f"it takes {rules['least_confirmations']} that weigh as much as full ones"
    if rules["newcomer_weight"] < 1:
        takes += ", not all of them newcomers'"
    if found["verified"]:
        return (counts, f"Verified: {takes}.")
    if not supporters:
        return (counts, f"Nothing is known yet: for another value {takes}.")
    return (counts, f"Not verified yet: {takes}.")


def circles(
    voices: Mapping[str, Voice], ties: Ties, rules: PoolRules, giver: str | None = None
) -> list[dict[Value | None, float]]:
    """Return what each circle of people says: the heaviest voice for each value.

    The circle of the giver, though they are not heard, comes first.
    """
    people = dict.fromkeys(voices) if giver is None else {giver: None, **dict.fromkeys(voices)}
    found = []
    for group in _groups(people, ties):
        circle = dict[Value | None, float]()
        for voice in (voices[who] for who in group if who in voices and who != giver):
            weight = min(voice.weight, rules["weight_cap"])
            if weight > 0:
                circle[voice.says] = max(circle.get(voice.says, 0.0), weight)
        found.append(circle)
    return found


def split(found: Iterable[Circle], value: Value | None) -> tuple[Side, Side]:
    """Return those who speak for a value, and those who speak otherwise.

    A circle has one voice against it though it names many other values: else people who are tied
    would weigh more by disagreeing with each other.
    """
    support, dissent = list[float](), list[float]()
    for circle in found:
        support += [weight for says, weight in circle.items() if says == value is not None]
        others = [weight for says, weight in circle.items() if says is None or says != value]
        dissent += [max(others)] if others else []
    return _side(support), _side(dissent)


def _side(weights: Collection[float]) -> Side:
    whole = sum(map(Fraction, weights), Fraction(0))
    return Side(len(weights), whole, max(weights, default=0.0))


def _unit(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _voices(facet: FacetValue, confirmations: Iterable[Confirmation]) -> dict[str, Voice]:
    """Return what each person says in the present round: the last word of each."""
    present = [one for one in confirmations if one["round"] == facet["round"]]
    voices = dict[str, Voice]()
    for one in sorted(present, key=lambda one: (one["at"], one["_id"])):
        says = one["value"]
        if says is None and one["verdict"] == Verdict.CONFIRM:
            says = facet["value"]
        # Who disputes without naming another value speaks against each that is set.
        voices.pop(one["user"], None)
        if one["verdict"] != Verdict.CANNOT_TELL and (says is None or is_known(says)):
            voices[one["user"]] = Voice(says, one["weight"])
    return voices


def _found(value: Value | None, support: Side, dissent: Side, rules: PoolRules) -> Consensus:
    holds = support.outweighs(dissent)
    return Consensus(
        value=value,
        confidence=float(support.weight / (support.weight + dissent.weight + DOUBT)),
        supporters=support.voices,
        dissenters=dissent.voices,
        disputed=is_known(value) and dissent.voices > 0 and not holds,
        verified=holds and support.suffices(rules),
    )


def _groups(people: Iterable[str], ties: Ties) -> list[list[str]]:
    """Return people in groups of those who are tied, directly or by others among them."""
    group_of = {who: [who] for who in people}
    for one, other in ties:
        if one not in group_of or other not in group_of:
            continue
        larger, smaller = sorted((group_of[one], group_of[other]), key=len, reverse=True)
        if larger is not smaller:
            larger += smaller
            group_of.update(dict.fromkeys(smaller, larger))
    return list({id(group): group for group in group_of.values()}.values())
