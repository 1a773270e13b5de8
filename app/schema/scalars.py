"""Scalars of our own, strict on the way in and uniform on the way out."""

import re
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,3})?)S)?)?"
)
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")

YEARS = tuple(f"{number:04}" for number in range(10_000))
THOUSANDS = tuple(f"{number:03}" for number in range(1_000))
TENS = tuple(f"{number:02}" for number in range(60))
LARGEST = 2**53 - 1


def parse_instant(value: object) -> datetime:
    """Return a naive UTC instant, to the millisecond, from RFC 3339 text with an offset."""
    if isinstance(value, str) and INSTANT.fullmatch(value):
        try:
            parsed = datetime.fromisoformat(value.upper()).astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            pass
        else:
            return parsed.replace(microsecond=parsed.microsecond // 1000 * 1000)
    message = "DateTime must be RFC 3339 text with an offset, such as 2026-03-01T12:00:00Z."
    raise GraphQLError(message)


def print_instant(value: datetime) -> str:
    """Return an instant as RFC 3339 text in UTC, to the millisecond."""
    # Every list has instants, and this takes half as long as `isoformat`.
    return (
        f"{YEARS[value.year]}-{TENS[value.month]}-{TENS[value.day]}"
        f"T{TENS[value.hour]}:{TENS[value.minute]}:{TENS[value.second]}"
        f".{THOUSANDS[value.microsecond // 1000]}Z"
    )


def parse_duration(value: object) -> float:
    """Return seconds from an ISO 8601 duration of weeks, days, hours, minutes and seconds."""
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    parts = {k: float(v) for k, v in found.groupdict().items() if v} if found else {}
    if not parts:
        message = "Duration must be ISO 8601 without months and years, such as PT90S or P1DT12H."
        raise GraphQLError(message)
    return timedelta(**parts).total_seconds()


def print_duration(value: float) -> str:
    """Return seconds as an ISO 8601 duration."""
    days, rest = divmod(value, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(f"{part:g}{unit}" for part, unit in ((hours, "H"), (minutes, "M")) if part) + (
        f"{round(seconds, 3):g}S" if seconds else ""
    )
    date = f"{days:g}D" if days else ""
    return f"P{date}T{clock}" if clock else f"P{date}" if date else "PT0S"


def parse_amount(value: object) -> int:
    """Return a whole number that a double holds exactly, as JSON takes it everywhere."""
    if type(value) is int and -LARGEST <= value <= LARGEST:
        return value
    raise GraphQLError("Amount must be a whole number, such as 1250.")


def print_amount(value: int) -> int:
    """Return an amount as it is."""
    return value


def parse_shape(value: object) -> object:
    """Return an object as it is: what is wrong with its shape is told with the other problems."""
    if isinstance(value, dict):
        return value
    message = 'GeoJSON must be an object such as {"type": "Point", "coordinates": [2.35, 48.86]}.'
    raise GraphQLError(message)


def parse_facet(value: object) -> object:
    """Return a text, a finite number, or yes or no, as it is."""
    if isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    raise GraphQLError("FacetValue must be a text, a number, true or false.")


def print_value(value: Any) -> Any:
    """Return what can be sent as JSON; instants in it become texts."""
    return print_instant(value) if isinstance(value, datetime) else value


DateTime = NewType("DateTime", datetime)
GeoJSON = NewType("GeoJSON", dict[str, Any])
FacetScalar = NewType("FacetScalar", object)
AnyValue = NewType("AnyValue", object)
Duration = NewType("Duration", float)
Amount = NewType("Amount", int)

SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339, with an offset on the way in and in UTC on the way out.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=print_instant,
        parse_value=parse_instant,
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description="A span of time, ISO 8601 without months and years: `PT90S`, `P1DT12H`.",
        specified_by_url="https://www.iso.org/iso-8601-date-and-time-format.html",
        serialize=print_duration,
        parse_value=parse_duration,
    ),
    GeoJSON: strawberry.scalar(
        name="GeoJSON",
        description="A geometry as RFC 7946 has it, as maps take it: a `Point`, `LineString` or "
        "`Polygon` and its `coordinates`, longitude first, in degrees of WGS 84.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc7946",
        serialize=print_value,
        parse_value=parse_shape,
    ),
    FacetScalar: strawberry.scalar(
        name="FacetValue",
        description="The value of a facet: a text, a number, true or false, as the facet's kind "
        "has it.",
        serialize=print_value,
        parse_value=parse_facet,
    ),
    AnyValue: strawberry.scalar(
        name="AnyValue",
        description="What a field or a facet held: a text, a number, true or false, an instant, a "
        "list of links, or a GeoJSON geometry.",
        serialize=print_value,
    ),
    Amount: strawberry.scalar(
        name="Amount",
        description="So much of a kind of support, a whole number up to 10^12: money in minor "
        "units of its currency (cents, say), time in minutes, all else in pieces. Sums can be "
        "greater, and what is left can be less than 0.",
        serialize=print_amount,
        parse_value=parse_amount,
    ),
}
