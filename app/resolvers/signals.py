"""Signals: one tap on an entry, by anyone who reads the pool, and what many of them mean together.

Who has an account and taps that something suits, or does not, has said so by name: that is heard as
a confirmation. The taps of all others together can ask that a value be checked, and help to find
that something is gone. Nobody is told whose a tap is: it says where somebody was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.db import signals as signals_db
from app.db.client import Database
from app.db.confirmations import confirmation_id, list_confirmations
from app.db.documents import Space
from app.db.driver import Session
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.pool_documents import Entry, FacetKind, Signal
from app.db.writing import Writing, write
from app.failures import NotFound, RateLimited
from app.pooling.freshness import Facets
from app.pooling.states import LIVE, Deed, Moment
from app.pooling.taps import meaning
from app.pooling.words import Cause, Kind, State, Tap
from app.resolvers.addresses import fingerprint_of
from app.resolvers.context import Context, refuse_closed
from app.resolvers.hearing import doubts, find_gone, list_heard
from app.resolvers.inputs import Checks
from app.resolvers.pooling import (
    insist_on_pool,
    reread_entry,
    rules_in,
    sees_names,
    step_of,
    visible_entry,
)
from app.resolvers.sight import sees_entry
from app.resolvers.speaking import Said, Speaker, speak
from app.resolvers.versions import Making, write_version

# The same tap by the same person, or from the same address, counts once in this time.
ONCE_IN = timedelta(days=1)
# In an hour: from an address, which many may share, and by a person who goes from door to door.
MOST_FROM_ADDRESS, MOST_BY_PERSON = 30, 120


@dataclass(frozen=True, slots=True)
class Teller:
    """Who taps: a person, or else an address, of which a fingerprint is known."""

    person: str | None
    address: str | None

    @property
    def name(self) -> str:
        """Return what tells them from others."""
        return self.person or f"address {self.address}"


async def signal_entry(ctx: Context, *, id: str, kind: Tap, facet: str | None) -> Entry:
    """Keep one tap on an entry; the same again within a day is answered alike and counts once.

    Raises:
        NotFound: the viewer sees no such entry.
        NotSignedIn, NotAllowed: they may not signal there, or nothing can be written there.
        InvalidInput: it does not say of which facet, or says so where there is nothing to say.
        RateLimited: too many came from them in the past hour.
        WrongState: the entry was merged or hidden.

    """
    entry, space = await visible_entry(ctx, id)
    ctx.require("entry.signal", space)
    insist_on_pool(space, writing=True)
    refuse_closed(space)
    facet = _read_facet(kind, facet, rules_in(space)["facets"])
    teller = await _teller(ctx, space)
    signal = _signal(ctx, entry, kind, facet, teller)
    if await _is_known(ctx.db, entry, signal):
        return entry
    await _claim(ctx, teller)

    async def work(writing: Writing) -> Entry:
        current = await reread_entry(writing, id)
        if not sees_entry(ctx, current, space):
            raise NotFound("There is no such entry.")
        if await _is_known(writing.db, current, signal, writing.session):
            return current
        await signals_db.upsert_signal(writing, signal)
        return await _hear(ctx, writing, space, current, signal)

    async with ctx.db.turns.take([id]):
        done = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return done


async def list_signals(ctx: Context, entries: Sequence[Entry], window: Window) -> list[Page | None]:
    """Return for each entry a page of its signals, the latest first; None but for moderators."""
    window.check()
    spaces = await ctx.services.spaces.find_many({entry["space"] for entry in entries})
    shown = [one["_id"] for one in entries if sees_names(ctx, spaces.get(one["space"]))]
    found = await signals_db.find_signals(ctx.db, shown, window) if shown else {}
    return [found.get(entry["_id"]) for entry in entries]


async def _hear(
    ctx: Context, writing: Writing, space: Space, current: Entry, signal: Signal
) -> Entry:
    """Write what a signal changes of an entry: a version, or only that it is counted."""
    facets: Facets = current["facets"]
    is_live = State(current["state"]) in LIVE
    if is_live:
        facets = await _spoken(writing, space, current, signal)
    heard = await list_heard(writing, current)
    if is_live:
        facets = doubts(facets, heard, rules_in(space), writing.at)
    found = await find_gone(writing, space, current, heard)
    moment = Moment(writing.at, facets, gone=found.settled, by=signal["user"])
    taken = step_of(ctx, current, space, Deed.SIGNAL, moment)
    change: dict[str, Any] = {**taken.changes, "facets": facets, "gone": found.weight}
    before: Any = current
    if all(before[name] == value for name, value in change.items() if name != "due_at"):
        await signals_db.count_tap(writing, current)
        await writing.append(_event(current, signal, writing))
        return current
    change["taps"] = current.get("taps", 0) + 1
    making = Making(
        Cause.SIGNALLED,
        signal["user"],
        anonymous=True,
        address=signal["address"],
        told=_told(signal),
    )
    return await write_version(writing, space, current, change, making)


async def _spoken(writing: Writing, space: Space, entry: Entry, signal: Signal) -> Facets:
    """Return the facets with what a person's tap says of one, if it is another's value."""
    name, person = signal["facet"], signal["user"]
    facet = None if name is None else entry["facets"].get(name)
    if name is None or person is None or facet is None:
        return entry["facets"]
    said = meaning(Tap(signal["kind"]), facet["value"])
    if said is None:
        return entry["facets"]
    verdict, value = said
    speaker = Speaker(person, anonymous=True)
    return await speak(writing, space, entry, speaker, [Said(name, verdict, value)])


def _read_facet(kind: Tap, facet: str | None, kinds: Sequence[FacetKind]) -> str | None:
    """Return of which facet a tap speaks; of the only one that it can, if it does not say.

    Raises:
        InvalidInput: it cannot be told.

    """
    checks = Checks()
    says_whom = kind in {Tap.SUITABLE, Tap.UNSUITABLE}
    named = [one["name"] for one in kinds if not says_whom or one["kind"] == Kind.SUITABILITY.value]
    if kind is Tap.GONE and facet is not None:
        checks.add("facet", "What is gone is gone as a whole: leave the facet out.")
    elif facet is not None and facet not in named:
        checks.add("facet", f"Name one of: {', '.join(named) or 'none'}.")
    elif facet is None and says_whom:
        facet = named[0] if len(named) == 1 else None
        if facet is None:
            checks.add("facet", f"Say whom it suits or not: {', '.join(named) or 'none'}.")
    checks.done()
    return facet


async def _teller(ctx: Context, space: Space) -> Teller:
    if ctx.viewer.user is not None:
        return Teller(ctx.viewer.user, None)
    key = await signals_db.find_address_key(ctx.db)
    return Teller(None, fingerprint_of(ctx.address, space["_id"], key))


def _signal(ctx: Context, entry: Entry, kind: Tap, facet: str | None, teller: Teller) -> Signal:
    return Signal(
        _id=signals_db.signal_id(entry["_id"], kind, facet, teller.name),
        entry=entry["_id"],
        space=entry["space"],
        kind=kind.value,
        facet=facet,
        user=teller.person,
        address=teller.address,
        at=ctx.now,
    )


async def _is_known(
    db: Database, entry: Entry, signal: Signal, session: Session | None = None
) -> bool:
    """Say whether a tap is one that was heard in the past day, and says nothing new.

    Of a person the last word counts: the same tap again is news once they said something else, or
    the value is another one, or the entry was gone and is back.
    """
    known = await signals_db.find_signal(db, signal["_id"], session)
    if known is None or known["at"] <= signal["at"] - ONCE_IN or known["at"] < entry["there_at"]:
        return False
    person, name = signal["user"], signal["facet"]
    if person is None:
        return True
    last = await signals_db.find_last(db, entry["_id"], name, person, session)
    facet = None if name is None else entry["facets"].get(name)
    said = None if facet is None else meaning(Tap(signal["kind"]), facet["value"])
    is_last = last is None or last["_id"] == known["_id"] or last["at"] == known["at"]
    if name is None or facet is None or said is None or State(entry["state"]) not in LIVE:
        return is_last
    id = confirmation_id(entry["_id"], name, facet["round"], person)
    kept = (await list_confirmations(db, [id], session)).get(id)
    return is_last and kept is not None and (kept["verdict"], kept["value"]) == said


async def _claim(ctx: Context, teller: Teller) -> None:
    """Count one tap; from an address over all pools, though its fingerprints differ.

    Raises:
        RateLimited: it is one too many.

    """
    if teller.person is not None:
        key, most = f"signal:person:{teller.person}", MOST_BY_PERSON
    else:
        secret = await signals_db.find_address_key(ctx.db)
        key = f"signal:address:{fingerprint_of(ctx.address, 'rate', secret)}"
        most = MOST_FROM_ADDRESS
    retry_at = await signals_db.claim_tap(ctx.db, key, ctx.now, most)
    if retry_at is not None:
        message = f"At most {most} signals an hour. Wait a little, or sign in."
        raise RateLimited(message, retry_at=retry_at)


def _event(entry: Entry, signal: Signal, writing: Writing) -> Draft:
    """Return that an entry was signalled, and nothing of it changed."""
    person = signal["user"]
    return Draft(
        type="entry.signalled",
        space=entry["space"],
        subject=entry["_id"],
        actor=None,
        at=writing.at,
        to=[] if person is None else [person],
        within=entry["_id"],
        after={"state": entry["state"], **_told(signal)},
    )


def _told(signal: Signal) -> dict[str, Any]:
    return {"signal": signal["kind"], "facet": signal["facet"]}
