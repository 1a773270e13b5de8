"""What is done with series: create them, record observations, read them back."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict, cast

from app.alerts import judge
from app.alerts.state import Reading
from app.db import alerts as alerts_db
from app.db import series as series_db
from app.db.alerts import Span
from app.db.documents import Observation, Place, Series, Space
from app.db.driver import Document, DuplicateKeyError
from app.db.events import Draft
from app.db.paging import Page, Window
from app.db.series import Before
from app.db.writing import Writing, write_once
from app.failures import Conflict, Failure, InvalidInput, NotFound, Problem
from app.ids import new_id
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.levels import find_for_each, refusal

MOST_OBSERVATIONS = 1_000
MOST_POINTS = 1_000
AHEAD = timedelta(minutes=10)
EARLIEST, LATEST = datetime(1900, 1, 1), datetime(9999, 1, 1)


class GivenObservation(TypedDict):
    """One observation as it was sent."""

    series: str
    at: datetime
    value: float
    key: str | None
    place: Place | None


class Recorded(TypedDict):
    """What came of a batch."""

    recorded: int
    duplicates: int
    late: int
    alerts_opened: int
    alerts_resolved: int


async def create_series(
    ctx: Context, *, space_id: str, idempotency_key: str | None, **given: Any
) -> Series:
    """Begin a series of observations in a space.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not create series there.
        InvalidInput: something is wrong with the input.
        Conflict: the space has a series of this key, or the idempotency key was used otherwise.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("series.create", space)
    refuse_closed(space)
    series = _new_series(ctx, space_id, given, idempotency_key)

    async def work(writing: Writing) -> Document:
        await writing.insert("series", series)
        await writing.append(
            Draft(
                type="series.created",
                space=space_id,
                subject=series["_id"],
                actor=ctx.viewer.actor,
                at=ctx.now,
            )
        )
        return {"id": series["_id"]}

    deed = ("createSeries", ctx.viewer.actor, {"space": space_id, **given})
    try:
        done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    except DuplicateKeyError:
        raise Conflict(f"This space has a series `{series['key']}` already.") from None
    ctx.services.log.nudge()
    if done["id"] == series["_id"]:
        return series
    return cast("Series", await series_db.find_series(ctx.db, done["id"]))


async def record_observations(
    ctx: Context, *, observations: Sequence[GivenObservation], idempotency_key: str | None
) -> Recorded:
    """Record a batch, all or nothing, and judge it; an observation sent twice counts once.

    Within a series, values are judged in the order of time. One that is older than the latest but
    within the series' tolerance is kept for charts and history; it does not rewrite what was told.

    Raises:
        NotFound: the viewer sees none of such a series.
        NotSignedIn, NotAllowed: the viewer may not record in a series.
        InvalidInput: a value or time cannot be taken, or an observation of this key has another
            value; lists every row that is wrong.
        Conflict: the idempotency key was used for another input.

    """
    rows = _check_rows(ctx, observations, idempotency_key)
    ids = sorted({row["series"] for row in rows})
    await _require_recording(ctx, ids)
    given = [{**row, "at": row["at"].isoformat()} for row in rows]
    deed = ("recordObservations", ctx.viewer.actor, given)

    async def work(writing: Writing) -> Document:
        return cast("Document", await _record(writing, rows))

    async with ctx.db.turns.take(ids):
        done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    return cast("Recorded", done)


async def find_series(ctx: Context, id: str) -> Series | None:
    """Return a series that the viewer may see, else None."""
    series = await series_db.find_series(ctx.db, id)
    if series is None or not ctx.sees(
        "series.read", await ctx.services.spaces.find(series["space"])
    ):
        return None
    return series


async def find_series_by_key(ctx: Context, *, space_id: str, key: str) -> Series | None:
    """Return a series of a space by its key, if the viewer may see it."""
    space = await ctx.find_space(space_id)
    if space is None or not ctx.sees("series.read", space):
        return None
    found = await series_db.list_series_by_key(ctx.db, space_id, [key])
    return found[0] if found else None


async def find_visible_series(ctx: Context, ids: list[str]) -> dict[str, Series]:
    """Return those of the series that the viewer may see, by identifier."""
    return await ctx.visible("series.read", await series_db.list_series(ctx.db, list(set(ids))))


async def find_visible_observations(ctx: Context, ids: list[str]) -> dict[str, Observation]:
    """Return those of the observations that the viewer may see, by identifier."""
    found = await series_db.list_observations(ctx.db, ids)
    rows = await series_db.list_series(ctx.db, list({seen["series"] for seen in found}))
    visible = await ctx.visible("observations.read", rows)
    return {seen["_id"]: seen for seen in found if seen["series"] in visible}


async def list_series(ctx: Context, space: Space, window: Window) -> Page:
    """Return a page of a space's series.

    Raises:
        NotSignedIn, NotAllowed: the viewer may not read them.

    """
    ctx.require("series.read", space)
    return await series_db.find_series_page(ctx.db, space["_id"], window)


async def list_observations(
    ctx: Context,
    series: list[Series],
    since: datetime | None,
    until: datetime | None,
    window: Window,
) -> list[Page | Failure]:
    """Return for each series a page of its observations, latest first, or why there is none."""

    async def find(ids: list[str]) -> dict[str, Page]:
        return await series_db.find_observations(ctx.db, ids, since, until, window)

    return await find_for_each(series, await _refusals(ctx, series), find)


async def list_aggregates(
    ctx: Context, series: list[Series], since: datetime, until: datetime, every_seconds: float
) -> list[list[Document] | Failure]:
    """Return for each series aggregates over spans of time, for charts, or why there are none."""

    async def find(ids: list[str]) -> dict[str, list[Document]]:
        checks = Checks()
        if until <= since:
            checks.add("until", "Give an instant after `since`.")
        elif every_seconds < 1 or (until - since).total_seconds() / every_seconds > MOST_POINTS:
            checks.add("every", f"Choose spans of at least 1 s, and at most {MOST_POINTS} of them.")
        checks.done()
        return await series_db.list_aggregates(ctx.db, ids, since, until, every_seconds)

    return await find_for_each(series, await _refusals(ctx, series), find)


async def _refusals(ctx: Context, series: list[Series]) -> list[Failure | None]:
    ids = {one["space"] for one in series}
    spaces = await ctx.services.spaces.find_many(ids)
    refused = {id: refusal(ctx, "observations.read", spaces.get(id)) for id in ids}
    return [refused[one["space"]] for one in series]


def _new_series(
    ctx: Context, space_id: str, given: dict[str, Any], idempotency_key: str | None
) -> Series:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    expected, tolerance = given["expected_every_seconds"], given["late_tolerance_seconds"]
    if expected is not None and expected <= 0:
        checks.add("expectedEvery", "Give a duration above zero.")
    if tolerance < 0:
        checks.add("lateTolerance", "Give a duration of zero or more.")
    subject = given["subject"]
    series = Series(
        _id=new_id("series"),
        space=space_id,
        key=checks.key("key", given["key"]),
        name=checks.text("name", given["name"], least=1, most=200),
        unit=checks.text("unit", given["unit"], most=30),
        subject=None if subject is None else checks.text("subject", subject, most=200),
        place=checks.place("place", given["place"]),
        tags=checks.texts("tags", given["tags"], most=20, longest=60),
        expected_every_seconds=expected,
        late_tolerance_seconds=tolerance,
        last_at=None,
        last_value=None,
        count=0,
        no_data_after_seconds=None,
        no_data_due_at=None,
        created_by=ctx.viewer.actor or "",
        created_at=ctx.now,
        version=1,
    )
    checks.done()
    return series


def _check_rows(
    ctx: Context, observations: Sequence[GivenObservation], idempotency_key: str | None
) -> list[GivenObservation]:
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    if not 1 <= len(observations) <= MOST_OBSERVATIONS:
        checks.add("observations", f"Send 1 to {MOST_OBSERVATIONS}, not {len(observations)}.")
        checks.done()
    latest = min(ctx.now + AHEAD, LATEST)
    for n, row in enumerate(observations):
        if not math.isfinite(row["value"]):
            checks.add(f"observations.{n}.value", "Send a finite number.")
        if not EARLIEST <= row["at"] <= latest:
            message = "Send an instant from 1900 on, not more than 10 minutes ahead of now."
            checks.add(f"observations.{n}.at", message)
        if row["key"] is not None and not 1 <= len(row["key"]) <= 128:  # noqa: PLR2004
            checks.add(f"observations.{n}.key", "Give 1 to 128 characters.")
        checks.place(f"observations.{n}.place", row["place"])
    checks.done()
    return list(observations)


async def _require_recording(ctx: Context, ids: list[str]) -> None:
    spaces = await ctx.services.spaces.find_homes(ids)
    for id in ids:
        space = spaces.get(id)
        if space is None or not ctx.sees("series.read", space):
            raise NotFound(f"There is no such series: {id}.")
        ctx.require("observations.record", space)
        refuse_closed(space)


async def _record(writing: Writing, rows: list[GivenObservation]) -> Recorded:
    before = await _before(writing, rows)
    series = before.series
    fresh, duplicates = _sort_out(before, rows, writing.at)
    batches: list[tuple[Series, list[Reading]]] = []
    changes: dict[str, Document] = {}
    late = 0
    for id, theirs in fresh.items():
        current = series[id]
        readings = [
            Reading(seen["at"], seen["value"])
            for seen in sorted(theirs, key=lambda seen: (seen["at"], seen["key"]))
            if current["last_at"] is None or seen["at"] >= current["last_at"]
        ]
        late += len(theirs) - len(readings)
        if readings:
            batches.append((current, readings))
        changes[id] = _latest(current, readings, len(theirs))
    if not changes:
        return Recorded(
            recorded=0, duplicates=duplicates, late=0, alerts_opened=0, alerts_resolved=0
        )
    await series_db.update_latest(writing, series, changes)
    await writing.insert("observations", *(seen for theirs in fresh.values() for seen in theirs))
    moves = await judge.judge_readings(writing, batches, before.woken) if batches else []
    return Recorded(
        recorded=sum(len(theirs) for theirs in fresh.values()),
        duplicates=duplicates,
        late=late,
        alerts_opened=sum(move.transition.opens for move in moves),
        alerts_resolved=sum(move.transition.closes for move in moves),
    )


async def _before(writing: Writing, rows: list[GivenObservation]) -> Before:
    """Return what the rows are judged on; writing the series proves that it still holds."""
    by_series: dict[str, list[GivenObservation]] = {}
    for row in rows:
        by_series.setdefault(row["series"], []).append(row)
    spans = [
        Span(
            id,
            least=min(row["value"] for row in theirs),
            greatest=max(row["value"] for row in theirs),
            to=max(row["at"] for row in theirs),
        )
        for id, theirs in by_series.items()
    ]
    return await series_db.find_before(
        writing.db, list(by_series), _places(rows), alerts_db.woken_by(spans)
    )


def _places(rows: list[GivenObservation]) -> list[str]:
    """Return the identifiers that the observations have."""
    return [series_db.observation_id(row["series"], _key(row)) for row in rows]


def _sort_out(
    before: Before, rows: list[GivenObservation], at: datetime
) -> tuple[dict[str, list[Observation]], int]:
    """Return the observations that are new, by series, and how many were known already."""
    seen: dict[str, Observation] = {}
    problems: list[Problem] = []
    places = _places(rows)
    for n, (row, id) in enumerate(zip(rows, places, strict=True)):
        value = seen[id]["value"] if id in seen else before.known.get(id)
        if value is not None:
            if value != row["value"]:
                message = f"This observation was recorded as {value}; a key names one value."
                problems.append(Problem(f"observations.{n}.value", message))
            continue
        problem = _too_late(before.series[row["series"]], row)
        if problem is not None:
            problems.append(Problem(f"observations.{n}.at", problem))
        seen[id] = Observation(
            _id=id,
            series=row["series"],
            key=_key(row),
            at=row["at"],
            value=row["value"],
            place=row["place"],
            recorded_at=at,
        )
    if problems:
        raise InvalidInput(*problems)
    fresh: dict[str, list[Observation]] = {}
    for observation in seen.values():
        fresh.setdefault(observation["series"], []).append(observation)
    return fresh, len(rows) - len(seen)


def _key(row: GivenObservation) -> str:
    """Return what makes an observation the same: its key, or else its instant."""
    return row["key"] if row["key"] is not None else row["at"].isoformat(timespec="milliseconds")


def _too_late(series: Series, row: GivenObservation) -> str | None:
    if series["last_at"] is None:
        return None
    earliest = series["last_at"] - timedelta(seconds=series["late_tolerance_seconds"])
    if row["at"] >= earliest:
        return None
    return f"This series takes nothing from before {earliest.isoformat()}Z any more."


def _latest(series: Series, readings: list[Reading], added: int) -> Document:
    last_at, last_value = series["last_at"], series["last_value"]
    if readings:
        last_at, last_value = readings[-1].at, readings[-1].value
    due, after = series["no_data_due_at"], series["no_data_after_seconds"]
    if readings and after is not None and last_at is not None:
        due = last_at + timedelta(seconds=after)
    return {"last_at": last_at, "last_value": last_value, "added": added, "due": due}
