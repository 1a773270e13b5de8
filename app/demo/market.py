"""The story of neighbours: who needs and who offers what in a city, and what comes of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app import clock
from app.demo import market_operations as ops
from app.demo.cast import OPERATOR, Cast, assemble
from app.demo.client import Client
from app.demo.members import gather_members
from app.demo.pairs import tell_match
from app.demo.people import PASSWORD, Person
from app.demo.platforms import DATA
from app.demo.stage import open_space
from app.demo.story import Advance

NOUNS = {"needs": "need", "offers": "offer"}
LIVING = frozenset({"OPEN", "FULFILLED"})
WATCHERS = ("Ada", "Ben", "Hugo", "Mia")
Ids = dict[str, str]


class Neighbours:
    """Neighbours need and offer things in a city; some have found each other."""

    def __init__(self) -> None:
        self._plan: dict[str, Any] = orjson.loads((DATA / "strasbourg.json").read_bytes())

    @property
    def name(self) -> str:
        """Return the name of the space."""
        return str(self._plan["space"]["name"])

    @property
    def length(self) -> int:
        """Return how many needs, offers and matches there are."""
        return sum(len(self._plan[what]) for what in ("needs", "offers", "matches"))

    async def tell(
        self, client: Client, operator: str, people: Mapping[Person, str], advance: Advance
    ) -> Sequence[str]:
        """Let it happen, as far as it has not; return lines that say what to try."""
        space = await open_space(client, operator, self._plan["space"])
        cast = assemble(client, space, operator, people)
        await _set_rules(cast, self._plan["rules"])
        members = await gather_members(cast, self._plan["members"])
        for member in self._plan["members"]:
            if member.get("verified"):
                await _verify(cast, members[member["person"]])
        posted = {kind: await self._post(cast, kind, members, advance) for kind in NOUNS}
        matches: Ids = {}
        for plan in self._plan["matches"]:
            need, offer = posted["needs"].get(plan["need"]), posted["offers"].get(plan["offer"])
            if need and offer and (id := await tell_match(cast, plan, need, offer)):
                matches[plan["need"]] = id
            advance()
        return await _hints(cast, self.name, posted, matches)

    async def _post(
        self, cast: Cast, kind: str, members: Mapping[str, str], advance: Advance
    ) -> Ids:
        """Let everybody post what is missing; return the identifiers of all by their titles."""
        there = await _list(cast, kind)
        for plan in self._plan[kind]:
            known = there.get((members[plan["person"]], plan["title"]))
            windows = _windows(plan.get("times", ()), self._plan["timeZone"])
            if known is None:
                await self._create(cast, kind, plan, windows)
            elif windows and _is_over(known):
                seen = {NOUNS[kind]: known["id"], "expectedVersion": known["version"]}
                await cast.settle(plan["person"], ops.UPDATE[kind], input=seen | windows)
            advance()
        return {title: found["id"] for (_, title), found in (await _list(cast, kind)).items()}

    async def _create(
        self, cast: Cast, kind: str, plan: Mapping[str, Any], windows: dict[str, Any]
    ) -> None:
        longitude, latitude = self._plan["places"][plan["place"]]
        given = {
            name: value for name, value in plan.items() if name not in {"person", "place", "times"}
        }
        given |= {
            "space": cast.space,
            "place": {"longitude": longitude, "latitude": latitude},
            "idempotencyKey": f"fivefold-demo/{cast.space}/{plan['title']}",
        }
        # A demo of another day may have been first: its windows are as good.
        await cast.settle(plan["person"], ops.CREATE[kind], input=given | windows)


async def _set_rules(cast: Cast, rules: Mapping[str, Any]) -> None:
    found = (await cast.ask(OPERATOR, ops.RULES, id=cast.space))["space"]
    if any(found["matchingRules"][name] != value for name, value in rules.items()):
        given = {"space": cast.space, "expectedVersion": found["version"], **rules}
        await cast.settle(OPERATOR, ops.UPDATE_RULES, input=given)


async def _verify(cast: Cast, user: str) -> None:
    asked = {"space": cast.space, "person": user}
    if not (await cast.ask(OPERATOR, ops.REPUTATION, **asked))["reputation"]["verified"]:
        await cast.do("Mia", ops.VERIFY, input={"space": cast.space, "user": user})


async def _list(cast: Cast, kind: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what is posted, by owner and title."""
    return {
        (found["owner"]["id"], found["title"]): found
        async for found in cast.nodes(OPERATOR, ops.LISTS[kind], space=cast.space)
    }


def _windows(times: Sequence[tuple[int, int, int]], zone: str) -> dict[str, Any]:
    """Return times of the days to come, given as days from today and hours of the clock there."""
    local = ZoneInfo(zone)
    today = clock.now().replace(tzinfo=UTC).astimezone(local)
    today = today.replace(hour=0, minute=0, second=0, microsecond=0)
    windows = [
        {
            "startsAt": _text((today + timedelta(days=day)).replace(hour=begins)),
            "endsAt": _text((today + timedelta(days=day)).replace(hour=ends)),
        }
        for day, begins, ends in times
    ]
    return {"windows": windows} if windows else {}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _is_over(posted: Mapping[str, Any]) -> bool:
    """Say whether all the times of something that is still sought have passed."""
    now = clock.now().replace(tzinfo=UTC)
    ends = [datetime.fromisoformat(window["endsAt"]) for window in posted["windows"]]
    return posted["status"] in LIVING and all(end <= now for end in ends)


async def _hints(
    cast: Cast, name: str, posted: Mapping[str, Ids], matches: Mapping[str, str]
) -> list[str]:
    """Return what to try, with how many matches each has at this moment."""
    has = {
        who: (await cast.ask(who, ops.COUNT, space=cast.space))["matches"]["totalCount"]
        for who in WATCHERS
    }
    judged = await cast.ask("Mia", ops.JUDGED, space=cast.space)
    disputes, reports = (judged[what]["totalCount"] for what in ("disputes", "reports"))
    tree = next((id for title, id in posted["needs"].items() if title.startswith("Prune")), "")
    letters = next((id for title, id in matches.items() if title.startswith("Read my")), "")
    return [
        f"{name}: space {cast.space}",
        f"  {len(posted['needs'])} needs and {len(posted['offers'])} offers. Of the matches, "
        + ", ".join(f"{who} sees {n}" for who, n in has.items())
        + f"; Mia, who moderates, has {disputes} more to judge, and {reports} review reported.",
        f"  Sign in as {', '.join(WATCHERS)}, password {PASSWORD};",
        "  in the explorer, open the examples of the group matchmaker and put these in:",
        f"    {cast.space}  the space: list what is needed; as Mia, try to pair everything",
        f"    {tree}  Ada's apple tree: ask what fits, and why",
        f"    {letters}  waits for Ada: accept it and reach Ben; as Mia, it is not there",
    ]
