"""Columns of a table and properties of a feature: which name stands for which field of an entry."""

from collections.abc import Iterable, Mapping, Sequence

# The earlier name counts if several of one field are given.
CONTENT_NAMES = {
    "title": "title",
    "name": "title",
    "category": "category",
    "accuracy_m": "accuracy_m",
    "observed_at": "observed_at",
    "evidence": "evidence",
    "id": "id",
}
PLACE_NAMES = {
    "longitude": "longitude",
    "lon": "longitude",
    "lng": "longitude",
    "latitude": "latitude",
    "lat": "latitude",
    "shape": "shape",
}
# What an export says besides: how the entry stood, and how it may be used.
TOLD_BESIDES = ("state", "version", "updated_at", "blurred", "licence", "attribution")
RESERVED = frozenset({*CONTENT_NAMES, *PLACE_NAMES, *TOLD_BESIDES})
"""Names, in small letters, that no facet of a pool may have: files could not tell them apart."""

FACET = "facets."
"""Stands before the name of a facet where fields are named, as in `Revision.changed`."""


class Fields:
    """The fields that a file can give, by the names they go by; the case does not matter."""

    def __init__(self, facets: Iterable[str], *names: Mapping[str, str]) -> None:
        self._known = {field: name for group in names for field, name in group.items()}
        for facet in facets:
            self._known.setdefault(facet.casefold(), FACET + facet)
        self._ranks = {name: rank for rank, name in enumerate(self._known)}

    def sort(self, names: Sequence[str]) -> tuple[dict[str, int], dict[int, str]]:
        """Return by field which of the names stands for it, and of the others why none does.

        Names are told by where they stand.
        """
        keys = [name.strip().casefold() for name in names]
        last = len(self._ranks)
        taken: dict[str, int] = {}
        left: dict[int, str] = {}
        for n in sorted(range(len(keys)), key=lambda n: self._ranks.get(keys[n], last)):
            field = self._known.get(keys[n])
            if field is None:
                left[n] = "Not taken over: it is no field, and no facet of this pool."
            elif field in taken:
                left[n] = "Not taken over: another one that is given says the same."
            else:
                taken[field] = n
        return taken, left
