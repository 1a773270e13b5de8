"""Which campaigns are wanted, and who sees one: the same to the database and in the program."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.campaigning.content import category_key
from app.campaigning.words import CampaignState
from app.db.campaign_documents import Campaign, CampaignContent
from app.failures import InvalidInput, Problem
from app.regions import Box, Circle
from app.text import LONGEST_QUERY, fold, grams_of_document, read_query

PUBLIC = (
    CampaignState.OPEN,
    CampaignState.SUCCEEDED,
    CampaignState.FAILED,
    CampaignState.FULFILLING,
    CampaignState.FULFILLED,
)


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Somebody who looks for campaigns of a space, with the standing of this moment.

    Attributes:
        person: who it is; None if nobody is signed in.
        moderates: whether they moderate the space, or operate the server.

    """

    person: str | None = None
    moderates: bool = False


def is_visible(campaign: Campaign, onlooker: Onlooker) -> bool:
    """Say whether somebody sees a campaign of a space that they may read; as `visible` means.

    What was open once is there for all, whatever became of it: it has supporters. Before, it is
    for its team and for moderators.
    """
    if campaign["opened_at"] is not None or onlooker.moderates:
        return True
    person = onlooker.person
    return person is not None and (person == campaign["owner"] or person in campaign["team"])


def visible(onlooker: Onlooker) -> dict[str, Any]:
    """Return the MongoDB filter of the campaigns that somebody sees."""
    if onlooker.moderates:
        return {}
    ways: list[dict[str, Any]] = [{"opened_at": {"$ne": None}}]
    if onlooker.person is not None:
        ways += [{"owner": onlooker.person}, {"team": onlooker.person}]
    return {"$or": ways}


def found_by(content: CampaignContent) -> dict[str, Any]:
    """Return the fields of a campaign that it is found by, which are not shown."""
    sought = [goal["what"] for goal in content["goals"]]
    return {
        "title_folded": fold(content["title"]),
        "category_folded": category_key(content["category"]),
        "words": grams_of_document(
            [content["title"], content["category"], *sought, content["story"]]
        ),
    }


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """Which campaigns of a space are wanted; every part that is given must hold.

    A campaign without a place is in no circle and no box; one without a deadline ends neither
    before nor after anything.

    Attributes:
        space: the space.
        near: within a circle.
        within: within a box.
        category: a category, and all below it, without regard to case.
        types: one of these.
        states: one of these; the public ones if it is not given.
        share_from: with at least this share of the minimums; 1.0 is all that is needed.
        share_below: with less than this share of them.
        ends_from: with a deadline at this instant or later.
        ends_before: with a deadline before this instant.
        kinds: that seek support of one of these kinds.
        text: with all of these words, or words that begin so.

    """

    space: str
    near: Circle | None = None
    within: Box | None = None
    category: str | None = None
    types: Sequence[str] | None = None
    states: Sequence[str] | None = None
    share_from: float | None = None
    share_below: float | None = None
    ends_from: datetime | None = None
    ends_before: datetime | None = None
    kinds: Sequence[str] | None = None
    text: str | None = None

    def matches(self, campaign: Campaign, onlooker: Onlooker) -> bool:
        """Say whether a campaign is wanted by somebody who sees it; means the same as `query`."""
        place, deadline, share = campaign["place"], campaign["deadline"], campaign["share"]
        return (
            campaign["space"] == self.space
            and campaign["state"] in self._states
            and is_visible(campaign, onlooker)
            and (self.types is None or campaign["type"] in self.types)
            and (self.category is None or _is_below(campaign, self.category))
            and (self.share_from is None or share >= self.share_from)
            and (self.share_below is None or share < self.share_below)
            and (self.ends_from is None or (deadline is not None and deadline >= self.ends_from))
            and (self.ends_before is None or (deadline is not None and deadline < self.ends_before))
            and (self.kinds is None or _seeks(campaign, self.kinds))
            and (self.near is None or (place is not None and self.near.holds(place)))
            and (self.within is None or (place is not None and self.within.holds(place)))
            and (self.text is None or _says(campaign, self.text))
        )

    def query(self, onlooker: Onlooker) -> dict[str, Any]:
        """Return the filter as MongoDB takes it."""
        parts: list[dict[str, Any]] = [{"space": self.space}, {"state": {"$in": self._states}}]
        parts.append(visible(onlooker))
        if self.types is not None:
            parts.append({"type": {"$in": list(self.types)}})
        if self.category is not None:
            parts.append({"category_folded": _beginning(category_key(self.category))})
        parts += _span("share", self.share_from, self.share_below)
        parts += _span("deadline", self.ends_from, self.ends_before)
        if self.kinds is not None:
            parts.append({"goals.kind": {"$in": list(self.kinds)}})
        if self.near is not None:
            parts += self.near.queries("place")
        if self.within is not None:
            parts += self.within.queries("place", led=self.near is not None)
        if self.text is not None:
            parts.append({"words": {"$all": list(read_query(self.text).grams)}})
        return {"$and": parts}

    def check(self) -> None:
        """Refuse what no campaign can match.

        Raises:
            InvalidInput: with every problem.

        """
        found = list(self._problems())
        if found:
            raise InvalidInput(*found)

    @property
    def _states(self) -> list[str]:
        return list(PUBLIC if self.states is None else self.states)

    def _problems(self) -> Iterator[Problem]:
        if self.near is not None:
            yield from self.near.problems("filter.near")
        if self.within is not None:
            yield from self.within.problems("filter.withinBox")
        if self.category is not None and not all(map(str.strip, self.category.split("/"))):
            yield Problem("filter.category", "Leave no word of the path empty: `energy/solar`.")
        for name, share in (("shareFrom", self.share_from), ("shareBelow", self.share_below)):
            if share is not None and not 0 <= share < float("inf"):
                yield Problem(f"filter.{name}", "Give a share of at least 0; 1 is all of it.")
        low, high = self.share_from, self.share_below
        if low is not None and high is not None and high <= low:
            yield Problem("filter.shareBelow", "Give a share above `shareFrom`.")
        since, until = self.ends_from, self.ends_before
        if since is not None and until is not None and until <= since:
            yield Problem("filter.endsBefore", "Give an instant after `endsFrom`.")
        if self.text is not None and not _is_searchable(self.text):
            message = f"Give words or their beginnings, at most {LONGEST_QUERY} characters."
            yield Problem("filter.text", message)


def _is_below(campaign: Campaign, category: str) -> bool:
    return campaign["category_folded"].startswith(category_key(category))


def _seeks(campaign: Campaign, kinds: Sequence[str]) -> bool:
    return any(goal["kind"] in kinds for goal in campaign["goals"])


def _says(campaign: Campaign, text: str) -> bool:
    grams = read_query(text).grams
    return bool(grams) and set(grams) <= set(campaign["words"])


def _is_searchable(text: str) -> bool:
    return len(text) <= LONGEST_QUERY and bool(read_query(text).grams)


def _beginning(key: str) -> dict[str, str]:
    """Return the span of texts that begin with a key, which ends with a slash."""
    return {"$gte": key, "$lt": key[:-1] + chr(ord("/") + 1)}


def _span(field: str, low: object, high: object) -> list[dict[str, Any]]:
    """Return that a field lies from one value up to, and without, another one."""
    bounds = {sign: end for sign, end in (("$gte", low), ("$lt", high)) if end is not None}
    return [{field: bounds}] if bounds else []
