"""Telling: who hears of a transition, and the notices that say so.

The first page of people is told in the transaction of the transition itself. If more follow a
condition than one transaction should write, a fan-out document in the same transaction remembers
the rest, and `fan_out` writes page after page until everybody is told. Identifiers follow from the
cause, so that a repeated step has no second effect.
"""

from datetime import datetime
from typing import Any, NamedTuple, TypedDict, cast

from app.alerts import gate
from app.alerts.state import Reason
from app.auth.roles import Openness
from app.db import alerts as alerts_db
from app.db import notices as notices_db
from app.db import spaces as spaces_db
from app.db.documents import FanOut, Notice
from app.db.events import Draft
from app.db.writing import Writing
from app.ids import derived_id

PAGE = 500
AFTERWARDS = frozenset({Reason.RESOLVED, Reason.RULE_CHANGED})


class Telling(TypedDict):
    """What there is to tell: a transition of an instance, with a reason."""

    space: str
    series: str
    condition: str
    instance: str
    alert: str | None
    reason: str
    value: float | None
    at: datetime


class Recipient(NamedTuple):
    """A person who is told, because of which subscriptions; or withheld, and why."""

    user: str
    subscriptions: list[str]
    withheld: gate.Withheld | None


class _Page(NamedTuple):
    """People concerned, with their subscriptions; who of them has left; whether more may follow."""

    people: dict[str, list[str]]
    left: set[str]
    full: bool


async def find_recipients(
    writing: Writing, telling: Telling, *, after_user: str = "", overtaken: bool = False
) -> tuple[list[Recipient], str | None]:
    """Return a page of the people concerned, and after whom the next page begins, if there is one.

    What ends an alert goes to those who were told of its beginning; all else to the followers. An
    ERROR is for the owner of the rule alone: of a condition that is shared, each follower owns the
    subscription that cannot be evaluated, so each is told, and nobody else.
    """
    ends = telling["reason"] in AFTERWARDS and telling["alert"] is not None
    page = await (_told if ends else _following)(writing, telling, after_user)
    seeing = await _who_sees(writing, telling["space"], list(page.people))
    recipients = [
        Recipient(
            user,
            theirs,
            gate.withheld(visible=user in seeing, overtaken=overtaken, left=user in page.left),
        )
        for user, theirs in page.people.items()
    ]
    return recipients, (recipients[-1].user if page.full else None)


async def _following(writing: Writing, telling: Telling, after_user: str) -> _Page:
    followers = await alerts_db.list_followers(
        writing, telling["condition"], after_user=after_user, limit=PAGE
    )
    people: dict[str, list[str]] = {}
    for follower in followers:
        people.setdefault(follower["user"], []).append(follower["_id"])
    return _Page(people, set(), len(followers) == PAGE)


async def _told(writing: Writing, telling: Telling, after_user: str) -> _Page:
    alert = telling["alert"] or ""
    first = await notices_db.list_told(
        writing, alert, Reason.FIRST, after_user=after_user, limit=PAGE
    )
    people = {notice["user"]: notice["subscriptions"] for notice in first}
    began = {notice["user"]: notice["seq"] for notice in first}
    ended = await notices_db.list_last(writing, alert, Reason.RULE_CHANGED, list(people))
    left = {user for user, seq in ended.items() if seq > began[user]}
    return _Page(people, left, len(first) == PAGE)


def told(recipients: list[Recipient]) -> list[str]:
    """Return the people among the recipients who are really told."""
    return [recipient.user for recipient in recipients if recipient.withheld is None]


def notices(
    telling: Telling, recipients: list[Recipient], seq: int, recorded_at: datetime
) -> list[Notice]:
    """Return the notices of an event: one per person."""
    return [
        Notice(
            _id=derived_id("notices", seq, recipient.user),
            user=recipient.user,
            seq=seq,
            space=telling["space"],
            alert=telling["alert"],
            instance=telling["instance"],
            series=telling["series"],
            subscriptions=recipient.subscriptions,
            reason=telling["reason"],
            value=telling["value"],
            at=telling["at"],
            recorded_at=recorded_at,
            status=notices_db.SUPPRESSED if recipient.withheld else "SENT",
            withheld=recipient.withheld,
            seen_at=None,
            received_at=None,
        )
        for recipient in recipients
    ]


def rest(telling: Telling, seq: int, after_user: str, at: datetime) -> FanOut:
    """Return the document that remembers whom to tell next."""
    return FanOut(
        _id=f"fan_{seq}",
        due_at=at,
        after_user=after_user,
        transition=cast("dict[str, Any]", telling),
        instance=telling["instance"],
        version=1,
    )


async def fan_out(writing: Writing, fanout: FanOut) -> bool:
    """Tell the next page of people. Return whether there are more.

    A first notice whose alert is over by now is dropped, and recorded as such.
    """
    telling = cast("Telling", fanout["transition"])
    overtaken = False
    if telling["reason"] == Reason.FIRST and telling["alert"]:
        # Held, so that the alert cannot end beside this page, which would then never hear of it.
        alert = await alerts_db.claim_alert(writing, telling["alert"])
        overtaken = alert is not None and alert["resolved_at"] is not None
    recipients, further = await find_recipients(
        writing, telling, after_user=fanout["after_user"], overtaken=overtaken
    )
    if not await notices_db.claim_fanout(writing, fanout, further):
        return False
    if recipients:
        draft = Draft(
            type="notice.joined",
            space=telling["space"],
            subject=telling["alert"] or telling["instance"],
            actor=None,
            at=telling["at"],
            instance=telling["instance"],
            alert=telling["alert"],
            to=told(recipients),
        )
        [event] = await writing.append(draft)
        written = notices(telling, recipients, event["_id"], writing.at)
        await writing.insert("notices", *written)
    return further is not None


async def _who_sees(writing: Writing, space_id: str, users: list[str]) -> set[str]:
    space = await spaces_db.find_space(writing.db, space_id)
    if space is None:
        return set()
    if space["openness"] == Openness.OPEN:
        return set(users)
    return await spaces_db.list_members_among(writing.db, space_id, users)
