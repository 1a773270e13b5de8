"""What filters look at of an entry, made from its content."""

from collections.abc import Sequence

from app.db.documents import Place
from app.db.pool_documents import Content, Matched, PoolRules
from app.places import blurred
from app.pooling.cells import cell_of
from app.pooling.words import Kind
from app.text import grams_of_document


def matched(
    content: Content, point: Place, rules: PoolRules, *, state: str, stale: bool
) -> Matched:
    """Return what filters look at; `point` is the middle of the exact place.

    The words of texts are those of the title first, then of facets of the kind TEXT as the pool
    lists them.
    """
    spot = point
    if is_sensitive(content["category"], rules["sensitive_categories"]):
        spot = blurred(point, rules["grid_metres"])
    return Matched(
        category=category_key(content["category"]),
        spot=spot,
        cell=cell_of(spot),
        words=grams_of_document([content["title"], *_texts(content, rules)]),
        facets=dict(content["facets"]),
        stale=stale,
        state=state,
        observed_at=content["observed_at"],
    )


def category_key(category: str) -> str:
    """Return a category as it is compared: without case, each of its words ended by a slash."""
    return "".join(f"{word.strip().casefold()}/" for word in category.split("/"))


def is_sensitive(category: str, sensitive: Sequence[str]) -> bool:
    """Say whether places of a category are blurred: it, or one above it, is sensitive."""
    return category_key(category).startswith(tuple(map(category_key, sensitive)))


def _texts(content: Content, rules: PoolRules) -> list[str]:
    named = [kind["name"] for kind in rules["facets"] if kind["kind"] == Kind.TEXT]
    return [str(content["facets"][name]) for name in named if name in content["facets"]]
