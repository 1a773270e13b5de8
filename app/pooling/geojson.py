"""GeoJSON read as an import: a FeatureCollection, feature by feature, each with its line."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.pooling.contents import Expected, Raw
from app.pooling.geometry import read_geometry
from app.pooling.rows import Intake, Reading

MOST_MEMBERS = 500  # of the collection
LONGEST_INTEGER = 40  # digits that are read as such; more of them take time
GAP = re.compile(r"[ \t\r\n]*")
WGS_84 = re.compile(r"CRS:?84|EPSG:+4326", re.IGNORECASE)
# What there may be besides the features that changes nothing of them.
BESIDES = {"type", "features", "name", "bbox", "crs", "licence", "attribution", "generated_at"}


def read_features(text: str, expected: Expected) -> Reading:
    """Return what the features of a collection say; nothing is raised, whatever the text.

    A property is taken by its name, in any case: title or name, category, accuracy_m, observed_at,
    evidence (links), or a facet. The feature's `id`, or else the property, is its source's.
    """
    intake = Intake(expected)
    if intake.refuses(text):
        return intake.reading()
    scan = _Scan(text.removeprefix("\ufeff"))
    try:
        _read_collection(scan, intake)
    except _BrokenError as broken:
        line, character = scan.position(broken.index)
        intake.error(line, f"character {character}", broken.message)
    return intake.reading()


class _BrokenError(Exception):
    """The text cannot be read from here on."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(why)
        self.index = index
        self.message = f"This cannot be read as JSON ({why}); nothing was read from here on."


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


class _Scan:
    """Walks through JSON text, one value at a time, and knows in which line it is."""

    decoder = json.JSONDecoder(parse_int=_whole)

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0
        self._counted, self._line = 0, 1

    def takes(self, sign: str) -> bool:
        """Step over a sign if it comes next."""
        self.gap()
        found = self.text.startswith(sign, self.index)
        self.index += len(sign) if found else 0
        return found

    def needs(self, sign: str) -> None:
        """Step over a sign that must come next."""
        if not self.takes(sign):
            raise _BrokenError(self.index, f"`{sign}` is missing")

    def gap(self) -> None:
        """Step over blanks."""
        found = GAP.match(self.text, self.index)
        self.index = found.end() if found else self.index

    def value(self) -> Any:
        """Step over the value that comes next and return it."""
        self.gap()
        try:
            value, self.index = self.decoder.raw_decode(self.text, self.index)
        except json.JSONDecodeError as error:
            raise _BrokenError(error.pos, error.msg) from None
        except RecursionError:
            raise _BrokenError(self.index, "it is nested too deeply") from None
        return value

    def members(self) -> Iterator[str]:
        """Yield the names of an object's members; whoever asks steps over their values."""
        self.needs("{")
        if self.takes("}"):
            return
        while True:
            name = self.value()
            if not isinstance(name, str):
                raise _BrokenError(self.index, "a name is missing")
            self.needs(":")
            yield name
            if not self.takes(","):
                break
        self.needs("}")

    def elements(self) -> Iterator[int]:
        """Yield the lines at which an array's elements begin; whoever asks steps over them."""
        self.needs("[")
        if self.takes("]"):
            return
        while True:
            self.gap()
            yield self.line(self.index)
            if not self.takes(","):
                break
        self.needs("]")

    def line(self, index: int) -> int:
        """Return the line of an index; what was counted once is not counted again."""
        if index > self._counted:
            count, span = self.text.count, (self._counted, index)
            self._line += count("\n", *span) + count("\r", *span) - count("\r\n", *span)
            self._counted = index
        return self._line

    def position(self, index: int) -> tuple[int, int]:
        """Return the line of an index and which character of it this is, from one."""
        before = max(self.text.rfind(sign, 0, index) for sign in "\r\n")
        return self.line(index), index - before


def _read_collection(scan: _Scan, intake: Intake) -> None:
    scan.gap()
    if not scan.text.startswith("{", scan.index):
        scan.value()
        intake.error(1, "", 'Give an object: {"type": "FeatureCollection", "features": […]}.')
        return
    said: dict[str, object] = {}
    listed = False
    for n, name in enumerate(scan.members()):
        scan.gap()
        if n == MOST_MEMBERS:
            raise _BrokenError(scan.index, "it has too many members")
        if name == "features" and scan.text.startswith("[", scan.index):
            listed = True
            if not _read_features(scan, intake):
                return
            continue
        line = scan.line(scan.index)
        said[name] = scan.value()
        _look_at(name, said[name], line, intake)
    if said.get("type") != "FeatureCollection":
        intake.error(1, "type", "Give a FeatureCollection.")
    if not listed:
        intake.error(1, "features", "Give a list of features.")
    scan.gap()
    if scan.index < len(scan.text):
        raise _BrokenError(scan.index, "something follows the collection")


def _look_at(name: str, value: object, line: int, intake: Intake) -> None:
    """Note what a member beside the features means for them."""
    if name == "crs" and not WGS_84.search(_system(value)):
        intake.error(line, name, "Give degrees of WGS 84 (RFC 7946), not of another system.")
    elif name not in BESIDES:
        intake.ignore(line, name, "Not taken over: only the features are.")


def _system(crs: object) -> str:
    """Return the name of a system of reference, as GeoJSON gave it before RFC 7946."""
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    return name if isinstance(name, str) else ""


def _read_features(scan: _Scan, intake: Intake) -> bool:
    """Read the features; say whether there were not too many of them."""
    for n, line in enumerate(scan.elements()):
        if intake.is_full(line):
            return False
        _read_feature(f"features.{n}", line, scan.value(), intake)
    return True


def _read_feature(path: str, line: int, feature: object, intake: Intake) -> None:
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        intake.refuse(line, path, 'Give a feature: {"type": "Feature", "geometry": …}.')
        return
    properties = feature.get("properties")
    properties = {} if properties is None else properties
    if not isinstance(properties, Mapping):
        intake.refuse(line, f"{path}.properties", "Give an object with a title and a category.")
        return
    names = [name for name, value in properties.items() if value is not None]
    taken, left = intake.fields.sort(names)
    given = {
        field: (f"{path}.properties.{names[n]}", properties[names[n]]) for field, n in taken.items()
    }
    if feature.get("id") is not None:
        if "id" in taken:
            left[taken["id"]] = "Not taken over: the feature has an id of its own."
        given["id"] = f"{path}.id", feature["id"]
    for n, why in sorted(left.items()):
        intake.ignore(line, f"properties.{names[n]}", why)
    place, problems = read_geometry(f"{path}.geometry", feature.get("geometry"))
    intake.take(Raw(line, f"{path}.properties.", place, given, problems))
