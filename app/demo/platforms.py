"""The platforms of the demo: their spaces, series, who watches what, and what is replayed."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import orjson

from app.demo.people import ADA, BEN, Person

DATA = files("app.demo") / "data"
CATEGORY = "Fivefold demo"  # by this the demo knows its own spaces
EPOCH = datetime(1970, 1, 1)
SEATTLE = {"longitude": -122.33, "latitude": 47.61}


@dataclass(frozen=True, slots=True)
class Reading:
    """One observation of the past."""

    at: datetime
    series: str
    key: str
    value: float
    place: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What a person wants to be told of a series."""

    person: Person
    series: str
    name: str
    threshold: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Platform:
    """One space and what happens in it."""

    space: dict[str, Any]
    series: tuple[dict[str, Any], ...]
    watches: tuple[Watch, ...]
    readings: Callable[[], list[Reading]] = field(repr=False)

    @property
    def name(self) -> str:
        """Return the name of the space."""
        name: str = self.space["name"]
        return name


def earthquakes() -> list[Reading]:
    """Return one week of the world's earthquakes, in the order of time."""
    collection = orjson.loads((DATA / "earthquakes.json").read_bytes())
    return sorted(map(_earthquake, collection["features"]), key=lambda quake: (quake.at, quake.key))


def weather() -> list[Reading]:
    """Return four years of weather in Seattle, in the order of time."""
    with (DATA / "seattle-weather.csv").open(encoding="utf-8") as file:
        days = sorted(csv.DictReader(file), key=lambda day: day["date"])
    columns = {"precipitation": "precipitation", "temp_max": "temperature.max", "wind": "wind"}
    return [
        Reading(datetime.fromisoformat(day["date"]), key, day["date"], float(day[column]))
        for day in days
        for column, key in columns.items()
    ]


def _earthquake(feature: dict[str, Any]) -> Reading:
    longitude, latitude = feature["geometry"]["coordinates"][:2]
    at = EPOCH + timedelta(milliseconds=feature["properties"]["time"])
    place = {"longitude": longitude, "latitude": latitude}
    return Reading(at, "usgs.magnitude", feature["id"], float(feature["properties"]["mag"]), place)


def _weather_series(key: str, name: str, unit: str) -> dict[str, Any]:
    tags = ["weather", "NOAA"]
    return {
        "key": key, "name": name, "unit": unit, "subject": "Seattle", "place": SEATTLE, "tags": tags
    }  # fmt: skip


EARTHQUAKES = Platform(
    space={
        "name": "Earthquakes",
        "model": "ALERTER",
        "domain": "ENVIRONMENTAL",
        "openness": "OPEN",
        "problem": "Who may have to help, or to flee, learns of an earthquake too late.",
        "scope": "The whole Earth",
        "categories": [CATEGORY, "earthquakes"],
        "sustainability": "The U.S. Geological Survey measures; its data are free for all.",
    },
    series=(
        {
            "key": "usgs.magnitude",
            "name": "Magnitude of earthquakes",
            "unit": "M",
            "subject": "Every earthquake that the USGS located in one week",
            "tags": ["earthquakes", "USGS"],
        },
    ),
    watches=(
        Watch(
            ADA,
            "usgs.magnitude",
            "Magnitude 5 or more",
            {"operator": "GTE", "value": 5, "severity": "SEVERE"},
        ),
        Watch(
            BEN,
            "usgs.magnitude",
            "Magnitude 6 or more",
            {"operator": "GTE", "value": 6, "severity": "EXTREME"},
        ),
    ),
    readings=earthquakes,
)
WEATHER = Platform(
    space={
        "name": "Seattle weather",
        "model": "ALERTER",
        "domain": "ENVIRONMENTAL",
        "openness": "OPEN",
        "problem": "Cellars flood because nobody was told that heavy rain falls.",
        "scope": "Seattle",
        "categories": [CATEGORY, "weather"],
        "sustainability": "NOAA measures; its data are free for all.",
    },
    series=(
        _weather_series("precipitation", "Precipitation of a day", "mm"),
        _weather_series("temperature.max", "Greatest temperature of a day", "°C"),
        _weather_series("wind", "Wind", "m/s"),
    ),
    watches=(
        Watch(
            ADA,
            "precipitation",
            "More than 20 mm in a day",
            {"operator": "GT", "value": 20, "severity": "MODERATE"},
        ),
        Watch(
            BEN,
            "precipitation",
            "More than 20 mm in a day, until it is 5 mm or less",
            {"operator": "GT", "value": 20, "recovery": 5, "severity": "MODERATE"},
        ),
    ),
    readings=weather,
)
PLATFORMS = (EARTHQUAKES, WEATHER)
