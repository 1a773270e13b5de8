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
from app.db import audiences
from app.db import notices as notices_db
from app.db import spaces as spaces_db
from app.db.documents import FanOut, Notice
from app.db.driver import Document
from app.db.events import Draft
from app.db.writing import Writing
from app.ids import derived_id, kind_of

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


class Audience(NamedTuple):
    """A page of the people whom something concerns, and who of them has left or may not see it."""

    space: str
    openness: Openness | None
    people: dict[str, list[str]]
    left: set[str]
    full: bool
    members: set[str] = set()  # noqa: RUF012 - read only

    def sees(self, user: str) -> bool:
        """Say whether somebody may read the space."""
        return self.openness == Openness.OPEN or user in self.members

    def recipients(self, *, overtaken: bool = False) -> list[Recipient]:
        """Return who is told, and who is not, and why."""
        return [
            Recipient(
                user,
                theirs,
                gate.withheld(visible=self.sees(user), overtaken=overtaken, left=user in self.left),
            )
            for user, theirs in self.people.items()
        ]

    @property
    def further(self) -> str | None:
        """Return after whom the next page begins, if there is one."""
        return list(self.people)[-1] if self.full else None


def concerned(telling: Telling) -> str:
    """Return by whom a transition is to be heard: by those who have to do with this identifier.

    What ends an alert goes to those who were told of its beginning; all else to the followers of
    the condition. An ERROR is for the owner of the rule alone: of a condition that is shared, each
    follower owns the subscription that cannot be evaluated, so each is told, and nobody else.
    """
    ends = telling["reason"] in AFTERWARDS and telling["alert"] is not None
    return cast("str", telling["alert"]) if ends else telling["condition"]


async def find_audiences(
    writing: Writing, ids: list[str], *, after_user: str = ""
) -> dict[str, Audience]:
    """Return a page of the people concerned by each condition (follow it) and alert (told of it).

    It takes one command for all conditions, one for all alerts, and one for each space of theirs
    that is not open.
    """
    conditions = [id for id in ids if kind_of(id) == "conditions"]
    alerts = [id for id in ids if kind_of(id) == "alerts"]
    found: dict[str, Audience] = {}
    if conditions:
        found |= await _following(writing, conditions, after_user)
    if alerts:
        found |= await _told(writing, alerts, after_user)
    return await _with_members(writing, found)


async def _following(
    writing: Writing, conditions: list[str], after_user: str
) -> dict[str, Audience]:
    followed = await audiences.list_followed(writing, conditions, after_user=after_user, limit=PAGE)
    return {condition["_id"]: _followers(condition) for condition in followed}


def _followers(condition: Document) -> Audience:
    people: dict[str, list[str]] = {}
    for follower in condition["followers"]:
        people.setdefault(follower["user"], []).append(follower["_id"])
    full = len(condition["followers"]) == PAGE
    return Audience(condition["space"], condition.get("openness"), people, set(), full)


async def _told(writing: Writing, alerts: list[str], after_user: str) -> dict[str, Audience]:
    reasons = {"began": Reason.FIRST.value, "ended": Reason.RULE_CHANGED.value}
    found = await audiences.list_told(writing, alerts, reasons, after_user=after_user, limit=PAGE)
    return {alert["_id"]: await _told_of(writing, alert) for alert in found}


async def _told_of(writing: Writing, alert: Document) -> Audience:
    people = {notice["user"]: notice["subscriptions"] for notice in alert["began"]}
    began = {notice["user"]: notice["seq"] for notice in alert["began"]}
    ended = notices_db.last_by_person(alert["ended"])
    if len(alert["ended"]) == PAGE:  # so many have left that some of this page may be missing
        ended = await notices_db.list_last(writing, alert["_id"], Reason.RULE_CHANGED, list(people))
    left = {user for user, seq in ended.items() if user in began and seq > began[user]}
    full = len(alert["began"]) == PAGE
    return Audience(alert["space"], alert.get("openness"), people, left, full)


async def _with_members(writing: Writing, found: dict[str, Audience]) -> dict[str, Audience]:
    closed: dict[str, set[str]] = {}
    for audience in found.values():
        if audience.openness not in {None, Openness.OPEN}:
            closed.setdefault(audience.space, set()).update(audience.people)
    members = {
        space: await spaces_db.list_members_among(writing.db, space, sorted(users))
        for space, users in closed.items()
    }
    return {
        id: audience._replace(members=members.get(audience.space, set()))
        for id, audience in found.items()
    }


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
    whom = concerned(telling)
    found = await find_audiences(writing, [whom], after_user=fanout["after_user"])
    recipients = found[whom].recipients(overtaken=overtaken) if whom in found else []
    further = found[whom].further if whom in found else None
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
