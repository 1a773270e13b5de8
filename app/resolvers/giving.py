"""Giving: whatever changes what counts for a campaign is written as one, in this order.

1. **The gate** of the person: open for what is new; held for what changes, so that no change slips
   in beside a closing.
2. **The place** of a limited level, taken or given back.
3. **The document** itself, if it is still as it was read.
4. **The level** of the person, by all that counts of theirs at this moment.
5. **The events**, and beside the first the movements of the ledger.

The campaign's own document is not touched: all its supporters would wait for it. Its progress is
folded from the ledger afterwards (`app/resolvers/folding.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from app.campaigning.ledger import COUNTED, PLACES, movements, standing
from app.campaigning.tiers import counts_now, find_tier, level
from app.campaigning.words import PledgeState, SignatureState, Support, SupportState
from app.db import contributions as contributions_db
from app.db import gates as gates_db
from app.db import ledger as ledger_db
from app.db import levels as levels_db
from app.db import signatures as signatures_db
from app.db.campaign_documents import Campaign, Contribution
from app.db.events import Draft
from app.db.writing import Writing
from app.failures import RateLimited, WrongState

# In which a contribution keeps its place of a limited level.
HOLDING = frozenset(
    {
        PledgeState.PLEDGED,
        PledgeState.CONFIRMED,
        PledgeState.CAPTURED,
        PledgeState.DISPUTED,
        SupportState.OFFERED,
        SupportState.ACCEPTED,
        SupportState.DELIVERED,
        SupportState.ACKNOWLEDGED,
    }
)
SOLD_OUT = "SOLD_OUT"


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody gave, by how it counted before (None if it is new) and how it does now."""

    id: str
    person: str
    kind: str
    amount: int
    currency: str | None
    before: str | None
    after: str
    anonymous: bool = False

    @property
    def counts(self) -> bool:
        """Whether it counts now."""
        return PLACES[Support(self.kind)][self.after] in COUNTED

    @property
    def matters(self) -> bool:
        """Whether it counts and did not, or the other way round."""
        return self.counts != (PLACES[Support(self.kind)][self.before] in COUNTED)


async def give(
    writing: Writing, campaign: Campaign, given: Contribution, theirs: list[Contribution]
) -> None:
    """Write a new contribution and all that follows from it.

    `theirs` is all that the person gave to the campaign before, as the transaction finds it.

    Raises:
        WrongState: the campaign takes none now, or no place of the level is left.
        RateLimited: the person gave to it as often as anybody may.

    """
    await enter(writing, campaign, given["supporter"])
    if len(theirs) >= contributions_db.MOST_EACH:
        message = "You have given to this campaign as often as anybody may."
        raise RateLimited(message, retry_at=campaign["deadline"] or writing.at)
    limited = _limited(campaign, given) if given["state"] in HOLDING else None
    if limited and not await gates_db.take_place(writing, campaign["_id"], limited):
        raise WrongState("No place of this tier is left.", state=SOLD_OUT)
    await writing.insert("contributions", given)
    made = _event(given, None, "contribution.made")
    await book(writing, campaign, _changed(given, None), made, [*theirs, given])


async def change(
    writing: Writing, campaign: Campaign, before: Contribution, changes: Mapping[str, Any]
) -> Contribution:
    """Change a contribution, write all that follows from how it stands then, and return it.

    A transfer can come for a pledge that its supporter has taken back, or be taken back after it
    came. The pledge is over then and stays so, but somebody holds the money, and the ledger says so
    until it was sent back.
    """
    planned = cast("Contribution", {**before, **changes})
    if (planned["state"], standing(planned)) == (before["state"], standing(before)):
        return await contributions_db.update_contribution(writing, before, changes)
    await gates_db.hold_gate(writing, campaign["_id"], before["supporter"])
    limited = _limited(campaign, before)
    if limited and before["state"] in HOLDING and planned["state"] not in HOLDING:
        await gates_db.give_place_back(writing, campaign["_id"], limited)
    after = await contributions_db.update_contribution(writing, before, changes)
    event = _event(after, before["state"], "contribution.changed")
    await book(writing, campaign, _changed(after, standing(before)), event)
    return after


async def enter(writing: Writing, campaign: Campaign, person: str) -> None:
    """Let somebody give something new.

    Raises:
        WrongState: the campaign takes nothing now.

    """
    if not await gates_db.pass_gate(writing, campaign["_id"], person):
        found = campaign["state"]
        raise WrongState("The campaign takes no support now.", state=found)


async def book(
    writing: Writing,
    campaign: Campaign,
    given: Change,
    event: Draft,
    theirs: list[Contribution] | None = None,
) -> None:
    """Write the event, and what a change moves: the ledger, and the level of the person.

    `theirs` is all that the person gives to the campaign, if that is known.
    """
    drafts = [event]
    alone = True
    if given.matters:
        theirs = theirs or await _list_given(writing, campaign, given.person)
        alone = not any(
            one["kind"] == given.kind
            and one["anonymous"] == given.anonymous
            and one["_id"] != given.id
            and counts_now(one)
            for one in theirs
        )
        drafts += await _weigh(writing, campaign, given.person, theirs)
    [first, *_] = await writing.append(*drafts)
    moved = movements(given.kind, given.amount, given.before, given.after, alone=alone)
    entries = [
        {
            "campaign": campaign["_id"],
            "space": campaign["space"],
            "kind": given.kind,
            "currency": given.currency,
            "debit": movement.debit.value,
            "credit": movement.credit.value,
            "amount": movement.amount,
            "supporters": movement.supporters,
            "cause": given.after,
            "contribution": given.id,
            "expense": None,
            "at": writing.at,
        }
        for movement in moved
    ]
    await ledger_db.insert_entries(writing, first["_id"], entries)


async def _list_given(writing: Writing, campaign: Campaign, person: str) -> list[Contribution]:
    return await contributions_db.list_of_supporter(
        writing.db, campaign["_id"], person, writing.session
    )


async def _weigh(
    writing: Writing, campaign: Campaign, person: str, theirs: list[Contribution]
) -> list[Draft]:
    """Write at which level a person supports a campaign now; return what there is to tell."""
    signed = any(goal["kind"] == Support.SIGNATURE for goal in campaign["goals"])
    if signed:
        signature = await signatures_db.find_signature(
            writing.db, campaign["_id"], person, writing.session
        )
        signed = signature is not None and signature["state"] == SignatureState.VALIDATED
    now = level(campaign, theirs, signed=signed)
    if now.supports:
        changed = await levels_db.replace_level(
            writing, campaign["_id"], person, now.rank, list(now.rights)
        )
    else:
        changed = await levels_db.delete_level(writing, campaign["_id"], person)
    if not changed:
        return []
    told = Draft(
        type="level.changed",
        space=None,
        subject=campaign["_id"],
        actor=None,
        at=writing.at,
        after={"rank": now.rank, "rights": sorted(now.rights)} if now.supports else {"rank": None},
        to=[person],
    )
    return [told]


def _limited(campaign: Campaign, given: Contribution) -> str | None:
    """Return the limited level of which a contribution has, or takes, a place."""
    tier = find_tier(campaign, given["tier"])
    return None if tier is None or tier["limit"] is None else tier["id"]


def _changed(given: Contribution, before: str | None) -> Change:
    """Return what changed in the ledger; `before` is as what it was booked, None if it is new."""
    return Change(
        given["_id"],
        given["supporter"],
        given["kind"],
        given["amount"],
        given["currency"],
        before,
        standing(given),
        given["anonymous"],
    )


def _event(given: Contribution, before: str | None, type: str) -> Draft:
    """Return the event of a change; it does not say whose it is but to themselves."""
    return Draft(
        type=type,
        space=given["space"],
        subject=given["_id"],
        actor=None,
        at=given["updated_at"],
        before=None if before is None else {"state": before},
        after={"state": given["state"]},
        within=given["campaign"],
        to=[given["supporter"]],
    )
