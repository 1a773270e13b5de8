"""The facets of a pool: what can be said of its entries, and which values can be taken for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.db.pool_documents import FacetKind, Value
from app.failures import Problem
from app.pooling.values import read_number, read_text
from app.pooling.words import Kind, Suitability

LONGEST_TEXT = 500
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Checked:
    """What of the given values can be taken (None: the facet is taken away), and what cannot."""

    values: Mapping[str, Value | None]
    problems: tuple[Problem, ...]


def checked(kind: FacetKind, given: object, path: str) -> Value | Problem:
    """Return a value as it is kept, or what is wrong with it."""
    found = _fit(kind, given)
    return Problem(path, found.sentence) if isinstance(found, _Unfit) else found


def checked_all(
    kinds: Iterable[FacetKind], given: Mapping[str, object], path: str = "facets"
) -> Checked:
    """Return all values as they are kept, and all that is wrong, each by its facet's name."""
    known = {kind["name"]: kind for kind in kinds}
    values, problems = dict[str, Value | None](), list[Problem]()
    for name, value in given.items():
        if name not in known:
            there = ", ".join(known) or "none"
            problems.append(Problem(f"{path}.{name}", f"The pool's facets are: {there}."))
            continue
        found = None if value is None else checked(known[name], value, f"{path}.{name}")
        if isinstance(found, Problem):
            problems.append(found)
        else:
            values[name] = found
    return Checked(values, tuple(problems))


def from_text(kind: FacetKind, text: str, path: str) -> Value | Problem:
    """Return what a cell of a table says: numbers and flags are written out there."""
    text = text.strip()
    given: object = text
    number = read_number(text) if kind["kind"] == Kind.NUMBER else None
    if number is not None:
        given = number
    elif kind["kind"] == Kind.FLAG:
        given = _FLAGS.get(text.casefold(), text)
    return checked(kind, given, path)


def amended(values: Mapping[str, Value], changes: Mapping[str, Value | None]) -> dict[str, Value]:
    """Return the values after changes; those set to None are taken away."""
    after = {**values, **changes}
    return {name: value for name, value in after.items() if value is not None}


def is_known(value: Value | None) -> bool:
    """Say whether a value says anything: UNKNOWN is a value, but one that claims nothing."""
    return value is not None and value != Suitability.UNKNOWN


def suitability(values: Mapping[str, Value], name: str) -> Suitability:
    """Return whether something suits a need; what nobody has said is unknown, never unsuitable."""
    found = values.get(name)
    return Suitability(found) if found in set(Suitability) else Suitability.UNKNOWN


@dataclass(frozen=True, slots=True)
class _Unfit:
    """That a value cannot be taken, and how to mend it."""

    sentence: str


def _fit(kind: FacetKind, given: object) -> Value | _Unfit:
    match Kind(kind["kind"]):
        case Kind.SUITABILITY:
            return _chosen(list(Suitability), given)
        case Kind.CHOICE:
            return _chosen(kind["choices"], given)
        case Kind.NUMBER:
            return _number(kind, given)
        case Kind.FLAG:
            return given if isinstance(given, bool) else _Unfit("Give true or false.")
        case Kind.TEXT:
            return _text(given)


def _chosen(choices: Sequence[str], given: object) -> Value | _Unfit:
    spelled = {choice.strip().casefold(): str(choice) for choice in choices}
    found = spelled.get(given.strip().casefold()) if isinstance(given, str) else None
    return _Unfit(f"Give one of {', '.join(choices)}.") if found is None else found


def _number(kind: FacetKind, given: object) -> Value | _Unfit:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return _Unfit("Give a number.")
    number = read_number(given)
    if number is None:
        return _Unfit("Give a finite number.")
    least, most, unit = kind["least"], kind["most"], kind["unit"]
    said = f" {unit}" if unit else ""
    if least is not None and number < least:
        return _Unfit(f"Give at least {least:g}{said}.")
    if most is not None and number > most:
        return _Unfit(f"Give at most {most:g}{said}.")
    return number


def _text(given: object) -> Value | _Unfit:
    text = read_text(given) if isinstance(given, str) else ""
    if text is None:
        return _Unfit("Give letters and signs that can be shown.")
    if not text:
        return _Unfit("Give a text, or null to take the facet away.")
    if len(text) > LONGEST_TEXT:
        return _Unfit(f"Give at most {LONGEST_TEXT} characters; these are {len(text)}.")
    return text
