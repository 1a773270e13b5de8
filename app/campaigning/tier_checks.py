"""What is wrong with the tiers of a campaign: their ranks, what they take, and what they give."""

from collections.abc import Iterator, Mapping, Sequence

from app.campaigning.goals import MOST
from app.campaigning.words import Right, Support
from app.db.campaign_documents import Goal, Tier
from app.failures import Problem

MOST_TIERS, MOST_RANK, MOST_PLACES = 20, 100, 1_000_000
LONGEST_NAME, LONGEST_REWARD = 100, 2_000
# Whoever writes in a room reads what is said there; whoever makes along talks along.
NEEDS: Mapping[str, frozenset[str]] = {
    Right.COMMENT: frozenset({Right.READ_UPDATES}),
    Right.SUGGEST: frozenset({Right.READ_UPDATES}),
    Right.PREVIEW: frozenset({Right.READ_UPDATES}),
    Right.VOTE: frozenset({Right.READ_UPDATES}),
    Right.CO_CREATE: frozenset({Right.READ_UPDATES, Right.COMMENT, Right.SUGGEST}),
}


def problems(tiers: Sequence[Tier], goals: Sequence[Goal]) -> Iterator[Problem]:
    """Yield all that is wrong with the tiers of a campaign, each with how to mend it."""
    if len(tiers) > MOST_TIERS:
        yield Problem("tiers", f"Give at most {MOST_TIERS} tiers, not {len(tiers)}.")
    kinds = list(dict.fromkeys(goal["kind"] for goal in goals))
    for n, tier in enumerate(tiers[:MOST_TIERS]):
        others = [*tiers[:n], *tiers[n + 1 :]]
        found = [*_words(tier, kinds), *_numbers(tier), *_order(tier, others), *_rights(tier)]
        found += [*_twice(tier, tiers[:n]), *_cumulation(tier, others)]
        yield from (Problem(f"tiers.{n}.{field}", message) for field, message in found)


Found = Iterator[tuple[str, str]]


def _words(tier: Tier, kinds: Sequence[str]) -> Found:
    if tier["kind"] not in kinds:
        yield "kind", f"Give a kind of which the campaign has a goal: {', '.join(kinds) or 'none'}."
    if not 1 <= len(tier["name"].strip()) <= LONGEST_NAME:
        yield "name", f"Give 1 to {LONGEST_NAME} characters."
    if len(tier["reward"].strip()) > LONGEST_REWARD:
        yield "reward", f"Give at most {LONGEST_REWARD} characters."


def _numbers(tier: Tier) -> Found:
    if not 1 <= tier["rank"] <= MOST_RANK:
        yield "rank", f"Give a whole number from 1 to {MOST_RANK}; 1 is the lowest."
    most = 1 if tier["kind"] == Support.SIGNATURE else MOST
    if not 1 <= tier["least"] <= most:
        yield "least", "Give 1: a person signs once." if most == 1 else f"Give 1 to {MOST}."
    if tier["limit"] is None:
        return
    if tier["kind"] == Support.SIGNATURE:
        yield "limit", "Leave it out: everybody may sign."
    elif not 1 <= tier["limit"] <= MOST_PLACES:
        yield "limit", f"Give 1 to {MOST_PLACES}, or leave it out."


def _order(tier: Tier, others: Sequence[Tier]) -> Found:
    """Yield that a tier asks no more than one of the same kind below it."""
    below = [one for one in others if one["kind"] == tier["kind"] and one["rank"] < tier["rank"]]
    most = max((one["least"] for one in below), default=None)
    if most is not None and tier["least"] <= most:
        yield "least", f"Give more than {most}, which a tier of a lower rank takes."


def _twice(tier: Tier, before: Sequence[Tier]) -> Found:
    if tier["rank"] in {one["rank"] for one in before}:
        yield "rank", "There is a tier of this rank already."
    if tier["id"] in {one["id"] for one in before}:
        yield "id", "There is a tier with this identifier already."


def _rights(tier: Tier) -> Found:
    given = set(tier["rights"])
    unknown = sorted(given - set(Right))
    if unknown:
        yield "rights", f"There is no right {unknown[0]}. There are {', '.join(Right)}."
    for right in Right:
        needed = sorted(NEEDS.get(right, frozenset()) - given)
        if right in given and needed:
            yield "rights", f"Give {' and '.join(needed)} too, which {right} needs."


def _cumulation(tier: Tier, others: Sequence[Tier]) -> Found:
    """Yield which rights of lower tiers a tier lacks."""
    for lower in sorted(others, key=lambda one: one["rank"]):
        lacking = sorted(set(lower["rights"]) - set(tier["rights"]))
        if lower["rank"] < tier["rank"] and lacking:
            yield "rights", f"Give {' and '.join(lacking)} too: “{lower['name']}” below gives it."
            return
