"""What the moves of one transaction write: alerts, events, notices; each collection once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.alerts import telling
from app.alerts.state import Phase, Reason, Transition
from app.alerts.telling import Audience, Recipient, Telling
from app.db import alerts as alerts_db
from app.db.documents import Alert, FanOut, Instance, Notice
from app.db.events import Draft
from app.db.writing import Writing
from app.ids import derived_id

# A transaction that writes more notices than this would hold up others, or outlive its request.
MOST_LETTERS = 2_000
# For so many conditions or alerts at a time it is asked who is to hear of them.
AUDIENCES = 100


@dataclass(frozen=True, slots=True)
class Move:
    """One transition of one instance, to be written and told."""

    instance: Instance
    series: str
    transition: Transition

    @property
    def alert(self) -> str | None:
        """Return the alert that the transition concerns, if any."""
        if not self.transition.ordinal:
            return None
        return derived_id("alerts", self.instance["_id"], self.transition.ordinal)


class _Address(NamedTuple):
    """What is to be told, to whom, and after whom a fan-out goes on."""

    telling: Telling
    recipients: list[Recipient]
    further: str | None


ENTERED = {
    Phase.PENDING: "instance.pending",
    Phase.RECOVERING: "alert.recovering",
    Phase.NO_DATA: "instance.no_data",
    Phase.ERROR: "instance.failed",
}
LEFT = {Phase.NO_DATA: "instance.data_resumed", Phase.ERROR: "instance.recovered"}
BLIND = frozenset({Phase.NO_DATA, Phase.ERROR})


def event_type(transition: Transition) -> str:
    """Return the type of the event that records a transition."""
    before, after = transition.before, transition.after
    if transition.opens or transition.closes:
        return "alert.opened" if transition.opens else "alert.resolved"
    if transition.reason is Reason.REPEAT:
        return "alert.repeated"
    if before in BLIND and after not in BLIND:
        return LEFT[before]
    if before is Phase.RECOVERING and after is Phase.FIRING:
        return "alert.relapsed"
    return ENTERED.get(after, "instance.cleared")


class Papers:
    """What the moves of one transaction write, gathered and then filed."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._moves: list[Move] = []
        self._whom: list[str | None] = []
        self._opened: dict[str, Alert] = {}
        self._changed: dict[str, dict[str, Any]] = {}

    def add(self, move: Move) -> None:
        """Add the next move, in the order of time."""
        alert = move.alert
        if alert is not None:
            self._note_alert(move, alert)
        self._moves.append(move)
        self._whom.append(self._concerned(move) if move.transition.reason else None)

    async def file(self, writing: Writing) -> None:
        """Write all; the events and what bears their numbers last, since readers wait for them."""
        addresses = await self._addresses(writing)
        await alerts_db.write_alerts(writing, list(self._opened.values()), self._changed)
        drafts = [
            _draft(move, address.recipients if address else [])
            for move, address in zip(self._moves, addresses, strict=True)
        ]
        events = await writing.append(*drafts)
        letters: list[Notice] = []
        fanouts: list[FanOut] = []
        for event, address in zip(events, addresses, strict=True):
            if address is None:
                continue
            what, recipients, further = address
            letters += telling.notices(what, recipients, event["_id"], self._at)
            if further is not None:
                fanouts.append(telling.rest(what, event["_id"], further, self._at))
        await writing.insert("notices", *letters)
        await writing.insert("fanouts", *fanouts)

    def _concerned(self, move: Move) -> str:
        # Whoever is told of the beginning within this transaction is also told of the end.
        if move.alert in self._opened:
            return move.instance["condition"]
        return telling.concerned(_telling(move))

    async def _addresses(self, writing: Writing) -> list[_Address | None]:
        """Return for each move whom to tell, if anybody; ask for as few people as possible."""
        audiences: dict[str, Audience] = {}
        unknown = list(dict.fromkeys(whom for whom in self._whom if whom is not None))
        addresses: list[_Address | None] = []
        letters = 0
        for move, whom in zip(self._moves, self._whom, strict=True):
            if unknown and whom == unknown[0] and letters <= MOST_LETTERS:
                asked, unknown = unknown[:AUDIENCES], unknown[AUDIENCES:]
                audiences |= await telling.find_audiences(writing, asked)
            address = _address(move, audiences.get(whom)) if whom else None
            letters += len(address.recipients) if address else 0
            if address and letters > MOST_LETTERS:
                # A transaction must stay small: all of them are told afterwards.
                address = address._replace(recipients=[], further="")
            addresses.append(address)
        return addresses

    def _note_alert(self, move: Move, id: str) -> None:
        transition = move.transition
        if transition.opens:
            self._opened[id] = _new_alert(move, id, self._at)
            return
        change: dict[str, Any] = {"last_value": transition.value}
        if transition.closes:
            change |= {
                "status": "RESOLVED",
                "resolved_at": transition.at,
                "resolution": (transition.reason or Reason.RESOLVED).value,
            }
        if id in self._opened:
            self._opened[id].update(change)  # type: ignore[typeddict-item]
        else:
            self._changed.setdefault(id, {}).update(change)


def _address(move: Move, audience: Audience | None) -> _Address:
    if audience is None:
        return _Address(_telling(move), [], None)
    return _Address(_telling(move), audience.recipients(), audience.further)


def _telling(move: Move) -> Telling:
    return Telling(
        space=move.instance["space"],
        series=move.series,
        condition=move.instance["condition"],
        instance=move.instance["_id"],
        alert=move.alert,
        reason=(move.transition.reason or Reason.FIRST).value,
        value=move.transition.value,
        at=move.transition.at,
    )


def _draft(move: Move, recipients: list[Recipient]) -> Draft:
    transition, instance = move.transition, move.instance
    return Draft(
        type=event_type(transition),
        space=instance["space"],
        subject=move.alert or instance["_id"],
        actor=None,
        at=transition.at,
        before={"phase": transition.before.value},
        after={"phase": transition.after.value, "value": transition.value},
        instance=instance["_id"],
        alert=move.alert,
        to=telling.told(recipients),
    )


def _new_alert(move: Move, id: str, recorded_at: datetime) -> Alert:
    transition, instance = move.transition, move.instance
    return Alert(
        _id=id,
        space=instance["space"],
        series=move.series,
        condition=instance["condition"],
        instance=instance["_id"],
        ordinal=transition.ordinal,
        status="OPEN",
        severity=instance["trigger"]["severity"],
        opened_at=transition.at,
        opened_value=transition.value,
        last_value=transition.value,
        resolved_at=None,
        resolution=None,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledgement=None,
        recorded_at=recorded_at,
        first_told_at=recorded_at if transition.reason else None,
        version=1,
    )
