"""Tiers: at which level somebody supports a campaign now, and which rights that gives them.

A level is never kept by right of history: it follows from the contributions that count at this
moment. An unlimited tier is reached by the sum of what counts of its kind, however many pledges
it came in; all of them count, also those for which a tier was chosen. A limited tier takes a place,
so it is reached only by a pledge that chose it and suffices for it by itself. The highest rank
that is reached is the level.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.campaigning import pledge_states, support_states
from app.campaigning.words import Right, Support
from app.db.campaign_documents import Campaign, Contribution, Tier
from app.failures import Problem

# Every supporter has these in a campaign none of whose tiers speaks of them.
COMMON = (Right.READ_UPDATES, Right.COMMENT, Right.SUGGEST)


@dataclass(frozen=True, slots=True)
class Level:
    """How somebody stands to a campaign at this moment.

    Attributes:
        rank: of the highest tier that they reach; 0 is below every tier.
        tier: the identifier of that tier.
        rights: what they may do.
        supports: whether anything that they gave counts.
        is_team: whether they are its owner or of its team, who may do everything.

    """

    rank: int = 0
    tier: str | None = None
    rights: frozenset[str] = frozenset()
    supports: bool = False
    is_team: bool = False


NONE = Level()
TEAM = Level(rights=frozenset(Right), is_team=True)


def counts_now(contribution: Contribution) -> bool:
    """Say whether a contribution counts at present."""
    if contribution["kind"] == Support.MONEY:
        return contribution["state"] in pledge_states.COUNTED
    return contribution["state"] in support_states.COUNTED


def level(
    campaign: Campaign, contributions: Iterable[Contribution], *, signed: bool = False
) -> Level:
    """Return the level of a person who is not of the team.

    Args:
        campaign: the campaign.
        contributions: all of theirs to it, of all kinds; those that count are picked out.
        signed: whether a signature of theirs is valid.

    """
    given = [one for one in contributions if counts_now(one)]
    if not given and not signed:
        return NONE
    sums = _sums(given, signed=signed)
    chosen = {one["tier"]: one["amount"] for one in sorted(given, key=lambda one: one["amount"])}
    reached = [tier for tier in campaign["tiers"] if _reaches(tier, sums, chosen)]
    highest = max(reached, key=lambda tier: tier["rank"], default=None)
    rights = frozenset(common_rights(campaign)) | frozenset(highest["rights"] if highest else ())
    if highest is None:
        return Level(rights=rights, supports=True)
    return Level(highest["rank"], highest["id"], rights, supports=True)


def level_of(rank: int, rights: Iterable[str]) -> Level:
    """Return the level of a supporter who is not of the team, as it was stored.

    Who has none stored supports nothing: that is `NONE`.
    """
    return Level(rank, None, frozenset(rights), supports=True)


def may(level: Level, right: str) -> bool:
    """Say whether somebody has a right; the team has all."""
    return level.is_team or right in level.rights


def common_rights(campaign: Campaign) -> list[Right]:
    """Return the rights that every supporter has, since no tier of the campaign speaks of them."""
    sold = {right for tier in campaign["tiers"] for right in tier["rights"]}
    return [right for right in COMMON if right not in sold]


def why(campaign: Campaign, level: Level, right: str) -> str:
    """Return in a sentence why somebody has a right, or what it would take."""
    if level.is_team:
        return "The team may do everything in its campaign."
    givers = sorted(
        (tier for tier in campaign["tiers"] if right in tier["rights"]),
        key=lambda tier: tier["rank"],
    )
    if right in level.rights:
        own = [tier["name"] for tier in givers if tier["rank"] == level.rank]
        return f"Your level gives it: “{own[0]}”." if own else "Everybody who supports it may."
    if givers:
        names = " or ".join(f"“{tier['name']}”" for tier in givers)
        return f"It takes the level {names}."
    if right in COMMON:
        return "It takes support that counts at present, of any kind."
    return "No level of this campaign gives it; it is for the team alone."


def missing(tier: Tier, contributions: Iterable[Contribution], *, signed: bool = False) -> int:
    """Return how much more of its kind somebody has to give until they reach a tier.

    Of a limited tier that they did not choose it is all of it, in one pledge.
    """
    given = [one for one in contributions if counts_now(one)]
    if tier["limit"] is None:
        return max(tier["least"] - _sums(given, signed=signed).get(tier["kind"], 0), 0)
    has = any(one["tier"] == tier["id"] and one["amount"] >= tier["least"] for one in given)
    return 0 if has else tier["least"]


def find_tier(campaign: Campaign, id: str | None) -> Tier | None:
    """Return a tier of a campaign by its identifier."""
    return next((tier for tier in campaign["tiers"] if tier["id"] == id), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """A tier that somebody chose for a new contribution.

    Attributes:
        tier: its identifier.
        kind: of the contribution.
        amount: of the contribution.
        given: what counts of theirs already, of the same kind.
        left: how many places of a limited tier are left, if that is known; whether one is taken is
            decided when it is taken.

    """

    tier: str
    kind: str
    amount: int
    given: int = 0
    left: int | None = None


def choice_problems(campaign: Campaign, choice: Choice) -> list[Problem]:
    """Return why a new contribution cannot have the tier that was chosen for it; none if it can."""
    tier = find_tier(campaign, choice.tier)
    if tier is None:
        return [Problem("tier", "There is no such tier in this campaign.")]
    found: list[Problem] = []
    enough = choice.amount if tier["limit"] is not None else choice.amount + choice.given
    if tier["kind"] != choice.kind:
        found.append(Problem("tier", f"This tier is for support of the kind {tier['kind']}."))
    elif enough < tier["least"]:
        how = " at once" if tier["limit"] is not None else " in all"
        found.append(Problem("amount", f"This tier takes at least {tier['least']}{how}."))
    if tier["limit"] is not None and choice.left is not None and choice.left <= 0:
        found.append(Problem("tier", "No place of this tier is left."))
    return found


def _sums(given: Sequence[Contribution], *, signed: bool) -> dict[str, int]:
    sums: dict[str, int] = {Support.SIGNATURE.value: int(signed)}
    for one in given:
        sums[one["kind"]] = sums.get(one["kind"], 0) + one["amount"]
    return sums


def _reaches(tier: Tier, sums: Mapping[str, int], chosen: Mapping[str | None, int]) -> bool:
    if tier["limit"] is None:
        return sums.get(tier["kind"], 0) >= tier["least"]
    return chosen.get(tier["id"], 0) >= tier["least"]
