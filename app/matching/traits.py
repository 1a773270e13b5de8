"""What postings and matches are found by: words as they are compared, and places as they are shown.

A place is shown as a cell of the space's grid. Cells of another grid are made from the cell and not
from the place: else whoever sets the grid could narrow it, or ask by one grid after the other and
cut their cells with each other, until they know the house.
"""

from app.db.documents import Place
from app.db.match_documents import Areas, MatchingRules, MatchTraits, Need, Offer, Posting
from app.places import blurred


def word_key(text: str) -> str:
    """Return a word as it is compared: without regard to case."""
    return text.strip().casefold()


def category_key(category: str) -> str:
    """Return a category as it is compared; it begins with the key of every category above it."""
    return "".join(f"{word_key(word)}/" for word in category.split("/"))


def area_of(posting: Posting, grid_metres: float) -> Place | None:
    """Return where a posting is for others: it never tells more than the first cell did."""
    known = posting.get("traits")
    origin = posting["place"] if known is None or known["area"] is None else known["area"]
    if posting["place"] is None or origin is None:
        return None
    return blurred(origin, grid_metres)


def traits_of_match(need: Need, offer: Offer, rules: MatchingRules) -> MatchTraits:
    """Return what a match is found by: its category, and its places as both may see them."""
    grid = rules["grid_metres"]
    areas = Areas(need=area_of(need, grid), offer=area_of(offer, grid))
    return MatchTraits(category=category_key(need["category"]), areas=areas)
