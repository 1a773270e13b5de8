"""Voices: what those who speak of an entry weigh, who is tied to whom, and what became of it.

All of it is read and written within the transaction in which somebody speaks.
"""

from collections.abc import Collection, Sequence

from app.db import voices as voices_db
from app.db.documents import Space
from app.db.pool_documents import Confirmation, Entry, FacetValue, Finding, PoolRules, Value
from app.db.spaces import membership_id
from app.db.writing import Writing
from app.pooling.consensus import Ties
from app.pooling.records import agrees, record_of, ties_of, weight
from app.pooling.words import Verdict

MATCHMAKER = "MATCHMAKER"


async def weigh(
    writing: Writing, space: Space, people: Collection[str], rules: PoolRules
) -> dict[str, float]:
    """Return what the voices of people weigh in a pool at this moment."""
    memberships = [membership_id(space["_id"], person) for person in people]
    trusted = await voices_db.list_trusted(writing, memberships)
    weights = dict[str, float]()
    for person in people:  # a session does one thing at a time
        findings = await voices_db.list_findings(writing, space["_id"], person)
        weights[person] = weight(record_of(findings), rules, trusted=person in trusted)
    return weights


async def find_ties(writing: Writing, space: Space, people: Collection[str]) -> Ties:
    """Return who of some people are tied: by whom they mostly confirm, or by a match."""
    if len(people) < 2:  # noqa: PLR2004 -- it takes two
        return []
    ties = [*ties_of(await voices_db.list_accords(writing, space["_id"], people))]
    if MATCHMAKER in space["enabled_models"]:
        ties += await voices_db.list_matched(writing, space["_id"], people)
    return ties


async def count_accord(
    writing: Writing,
    facet: FacetValue,
    before: Confirmation | None,
    after: Confirmation | None,
) -> None:
    """Count in whether somebody who spoke confirms what another person gave."""
    giver, said = facet["claimed_by"], after or before
    if giver is None or said is None or said["user"] == giver:
        return
    by = _is_for(after, facet["claim"]) - _is_for(before, facet["claim"])
    if by:
        await voices_db.count_accord(writing, said["space"], said["user"], giver, by)


async def find_out(
    writing: Writing,
    entry: Entry,
    name: str,
    after: FacetValue,
    said: Sequence[Confirmation],
) -> None:
    """Write who was right, now that a value of a facet is verified, or is so no more.

    If the same was verified before, only those who spoke at this moment are looked at.
    """
    was, now = entry["facets"][name]["consensus"], after["consensus"]
    if not now["verified"]:
        if was["verified"]:
            await voices_db.delete_findings(writing, entry["_id"], name, after["round"])
        return
    words = {one["user"]: one for one in said if one["weight"] > 0}
    fresh = {user for user, one in words.items() if one["at"] == writing.at}
    is_news = not was["verified"] or was["value"] != now["value"]
    if is_news:
        await voices_db.delete_findings(writing, entry["_id"], name, after["round"])
    verdicts = {
        user: agrees(one["value"], after["value"])
        for user, one in words.items()
        if one["verdict"] != Verdict.CANNOT_TELL and (is_news or user in fresh)
    }
    if is_news and after["claimed_by"] is not None:
        verdicts[after["claimed_by"]] = agrees(after["claim"], after["value"])
    await voices_db.replace_findings(
        writing,
        [
            _finding(writing, entry, name, after["round"], person, agreed=agreed)
            for person, agreed in verdicts.items()
        ],
    )


def _is_for(said: Confirmation | None, claim: Value) -> bool:
    return said is not None and said["verdict"] != Verdict.CANNOT_TELL and said["value"] == claim


def _finding(
    writing: Writing, entry: Entry, name: str, round: int, person: str, *, agreed: bool
) -> Finding:
    return Finding(
        _id=voices_db.finding_id(entry["_id"], name, round, person),
        space=entry["space"],
        person=person,
        entry=entry["_id"],
        facet=name,
        round=round,
        agreed=agreed,
        at=writing.at,
    )
