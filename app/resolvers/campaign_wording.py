"""What a campaign may say: as a draft all that its space allows, and once it is open much less.

People have given for what an open campaign said: so only its title, story and place can change,
and the words of tiers that nobody has.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from app.campaigning.content import Frame, problems, tidied
from app.campaigning.filters import found_by
from app.campaigning.ledger import fold
from app.campaigning.money import is_currency
from app.campaigning.words import CampaignState
from app.db import gates as gates_db
from app.db import ledger as ledger_db
from app.db.campaign_documents import Campaign, CampaignContent, Tier
from app.db.documents import Space
from app.db.writing import Writing
from app.failures import InvalidInput, Problem, WrongState
from app.resolvers.campaigning import rules_in
from app.resolvers.closing import MOST_ENTRIES

CONTENT = tuple(CampaignContent.__annotations__)
AMENDABLE = frozenset({"title", "story", "place", "tiers"})
WORDS = frozenset({"name", "reward"})


def sound_content(given: Mapping[str, Any], space: Space, at: datetime) -> CampaignContent:
    """Return what is written of a new campaign, as it is kept.

    Raises:
        InvalidInput: something is wrong with it; lists all of it.

    """
    return _sound(_named(given, {}), space, at)


def insist_on_soundness(campaign: Campaign, space: Space, at: datetime) -> None:
    """Let a campaign pass that could be drafted as it is at this moment.

    Raises:
        InvalidInput: it could not: its deadline is over, say, or its category is gone.

    """
    _sound(_content_of(campaign), space, at)


async def changes_of(
    writing: Writing, campaign: Campaign, space: Space, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what changes in a campaign when these fields do, and set up its places anew.

    Raises:
        InvalidInput: something is wrong with the campaign as it would be.
        WrongState: it is neither a draft nor open.

    """
    match campaign["state"]:
        case CampaignState.DRAFT:
            return await _redraft(writing, campaign, space, given)
        case CampaignState.OPEN:
            return await _amend(writing, campaign, space, given)
    sentence = f"Only a draft or an open campaign can be changed: it is {campaign['state']}."
    raise WrongState(sentence, state=campaign["state"])


async def _redraft(
    writing: Writing, campaign: Campaign, space: Space, given: Mapping[str, Any]
) -> dict[str, Any]:
    content = _named({**_content_of(campaign), **given}, _tiers_of(campaign))
    sound = _sound(content, space, writing.at)
    if "tiers" in given:
        await gates_db.replace_places(writing, campaign["_id"], sound["tiers"])
    return {**sound, **found_by(sound)}


async def _amend(
    writing: Writing, campaign: Campaign, space: Space, given: Mapping[str, Any]
) -> dict[str, Any]:
    fixed = sorted(given.keys() - AMENDABLE)
    if fixed:
        message = "It is open, and people gave for this: it stays as it is."
        raise InvalidInput(*(Problem(field, message) for field in fixed))
    content = _named({**_content_of(campaign), **given}, _tiers_of(campaign))
    frame = _frame(space, campaign["opened_at"] or writing.at)
    sound = tidied(content, frame)
    found = [one for one in problems(sound, frame) if one.path.partition(".")[0] in given]
    if "tiers" in given:
        found += await _tier_problems(writing, campaign, sound["tiers"])
    if found:
        raise InvalidInput(*found)
    return {**{field: sound[field] for field in given}, **found_by(sound)}  # type: ignore[literal-required]


async def _tier_problems(writing: Writing, campaign: Campaign, tiers: list[Tier]) -> list[Problem]:
    """Return why the tiers of an open campaign cannot become these."""
    known = _tiers_of(campaign)
    if [tier["id"] for tier in tiers] != list(known):
        return [Problem("tiers", "It is open: give all of its tiers, each with its `id`.")]
    found = list(_fixed(tiers, known))
    reworded = {tier["id"] for tier in tiers if tier != known[tier["id"]]}
    if found or not reworded:
        return found
    had = reworded - await _list_free(writing, campaign)
    return [
        Problem(f"tiers.{n}", "Somebody has it already, as it is.")
        for n, tier in enumerate(tiers)
        if tier["id"] in had
    ]


def _fixed(tiers: list[Tier], known: Mapping[str, Tier]) -> Iterator[Problem]:
    """Yield what nobody can change of a tier once it is offered."""
    for n, tier in enumerate(tiers):
        was: Any = known[tier["id"]]
        for field, value in tier.items():
            if field not in WORDS and value != was[field]:
                yield Problem(f"tiers.{n}.{field}", "It is open: this stays as it is.")


async def _list_free(writing: Writing, campaign: Campaign) -> set[str]:
    """Return the tiers that nobody has, and hold all gates so that it stays so.

    A limited one is free as long as no place of it is taken; any other as long as nothing of its
    kind was given, since whoever gives enough has it without choosing it.
    """
    id = campaign["_id"]
    await gates_db.shut_gates(writing, id)
    await gates_db.open_gates(writing, id)
    left = await gates_db.list_left(writing.db, [id], writing.session)
    rest = await ledger_db.list_rest(writing, id, campaign["folded"], MOST_ENTRIES)
    progress = fold(campaign["progress"], rest)
    given = {kind for kind, one in progress.items() if one["counted"] or one["pending"]}
    return {
        tier["id"]
        for tier in campaign["tiers"]
        if (
            tier["kind"] not in given
            if tier["limit"] is None
            else left.get((id, tier["id"])) == tier["limit"]
        )
    }


def _sound(content: CampaignContent, space: Space, at: datetime) -> CampaignContent:
    frame = _frame(space, at)
    tidy = tidied(content, frame)
    found = problems(tidy, frame)
    if found:
        raise InvalidInput(*found)
    return tidy


def _frame(space: Space, at: datetime) -> Frame:
    return Frame(rules_in(space), space["categories"], is_currency, at)


def _content_of(campaign: Campaign) -> CampaignContent:
    content: Any = {field: campaign[field] for field in CONTENT}  # type: ignore[literal-required]
    return content  # type: ignore[no-any-return]


def _tiers_of(campaign: Campaign) -> dict[str, Tier]:
    return {tier["id"]: tier for tier in campaign["tiers"]}


def _named(given: Mapping[str, Any], known: Mapping[str, Tier]) -> CampaignContent:
    """Return content whose tiers and thresholds have names of their own within the campaign.

    A tier keeps the one that it had; a threshold is called by its place.

    Raises:
        InvalidInput: a tier comes with a name that none has.

    """
    strange = [
        Problem(f"tiers.{n}.id", "There is no such tier; leave it out for a new one.")
        for n, tier in enumerate(given["tiers"])
        if tier.get("id") and tier["id"] not in known
    ]
    if strange:
        raise InvalidInput(*strange)
    free = (f"t{n}" for n in range(1, len(known) + len(given["tiers"]) + 1))
    fresh = (name for name in free if name not in known)
    tiers = [{**tier, "id": tier.get("id") or next(fresh)} for tier in given["tiers"]]
    thresholds = [
        {"response": None, **one, "id": f"h{n}"} for n, one in enumerate(given["thresholds"], 1)
    ]
    return cast("CampaignContent", {**given, "tiers": tiers, "thresholds": thresholds})
