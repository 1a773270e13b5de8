"""The story of a map: people say which places of a city suit whom, and come to agree."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.demo import pool_operations as ops
from app.demo.cast import OPERATOR, Cast, assemble
from app.demo.client import Client, DemoFailed
from app.demo.entries import Entries, contribute, do_deed, list_entries
from app.demo.members import KNOWN_SOON_SECONDS, LOOK_EVERY_SECONDS, gather_members
from app.demo.people import PASSWORD, Person
from app.demo.platforms import DATA
from app.demo.stage import open_space
from app.demo.story import Advance

PLAIN = ("licence", "attribution", "sensitiveCategories")


class Mappers:
    """Many say what they know of places that are open to all; what they say is invented."""

    def __init__(self) -> None:
        self._plan: dict[str, Any] = orjson.loads(
            (DATA / "accessible-strasbourg.json").read_bytes()
        )

    @property
    def name(self) -> str:
        """Return the name of the space."""
        return str(self._plan["space"]["name"])

    @property
    def length(self) -> int:
        """Return how many entries and deeds there are, and the import."""
        return len(self._plan["entries"]) + len(self._plan["deeds"]) + 1

    async def tell(
        self, client: Client, operator: str, people: Mapping[Person, str], advance: Advance
    ) -> Sequence[str]:
        """Let it happen, as far as it has not; return lines that say what to try."""
        space = await open_space(client, operator, self._plan["space"])
        cast = assemble(client, space, operator, people)
        await _set_rules(cast, self._plan["rules"])
        await gather_members(cast, self._plan["members"])
        entries = await self._fill(cast, advance)
        for plan in self._plan["deeds"]:
            await do_deed(cast, plan, entries)
            advance()
        await _bring(cast, self._plan["import"])
        advance()
        return await _hints(cast, self.name, entries)

    async def _fill(self, cast: Cast, advance: Advance) -> Entries:
        """Let everybody add what is missing; return all entries."""
        there = await list_entries(cast)
        missing = [plan for plan in self._plan["entries"] if plan["title"] not in there]
        await asyncio.gather(*(contribute(cast, plan) for plan in missing))
        for _ in self._plan["entries"]:
            advance()
        return await list_entries(cast) if missing else there


async def _set_rules(cast: Cast, rules: dict[str, Any]) -> None:
    """Let the rules be those of the plan, and wait until every process knows them."""
    space = (await cast.ask(OPERATOR, ops.RULES, id=cast.space))["space"]
    found, facets = space["poolRules"], [facet["name"] for facet in rules["facets"]]
    same = all(found[name] == rules[name] for name in PLAIN)
    if not same or [facet["name"] for facet in found["facets"]] != facets:
        given = {"space": cast.space, "expectedVersion": space["version"], **rules}
        await cast.settle(OPERATOR, ops.UPDATE_RULES, input=given)
    known, until = 0, asyncio.get_running_loop().time() + KNOWN_SOON_SECONDS
    while known < len(cast.client.urls):
        space = (await cast.ask(OPERATOR, ops.RULES, id=cast.space))["space"]
        known = known + 1 if space["poolRules"]["ready"] else 0
        if asyncio.get_running_loop().time() > until:
            raise DemoFailed("The rules of the pool do not come to be known. Try again.")
        if not known:
            await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _bring(cast: Cast, plan: Mapping[str, Any]) -> None:
    """Bring in a file, unless its source was there before."""
    found = cast.nodes(OPERATOR, ops.IMPORTS, space=cast.space)
    if plan["source"] not in {one["source"] async for one in found}:
        given = {name: value for name, value in plan.items() if name != "person"}
        key = f"fivefold-demo/{cast.space}/{plan['source']}"
        given |= {"space": cast.space, "idempotencyKey": key}
        await cast.settle(plan["person"], ops.IMPORT, input=given)


async def _hints(cast: Cast, name: str, entries: Entries) -> list[str]:
    """Return what to try, with how the map stands at this moment."""
    stands = await cast.ask(None, ops.STANDING, space=cast.space)
    shown, verified, disputed, stale = (one["totalCount"] for one in stands.values())
    waiting = (await cast.ask("Mia", ops.WAITING, space=cast.space))["unpatrolled"]["totalCount"]
    station, cathedral, flat = (
        next(entry["id"] for title, entry in entries.items() if title.startswith(begins))
        for begins in ("Gare de", "Cathédrale", "A flat")
    )
    return [
        f"{name}: space {cast.space}",
        f"  Places: {shown}; verified: {verified}, disputed: {disputed}, to be checked: {stale}.",
        "  They are real; what is said of them is invented.",
        "  Without signing in, open the examples of the group pool in the explorer, and put in:",
        f"    {cast.space}  the space: what is near, the map, what you could check",
        f"    {station}  the station: why it can be relied on, and all that it ever was; tap on it",
        f"    {cathedral}  the cathedral, of which people say different things",
        f"    {flat}  a flat: only about where; as Mia, exactly",
        f"  Sign in as Rosa, password {PASSWORD}: confirm, edit, watch an area.",
        f"  As Mia (moderator), look after what is new ({waiting} places) and what is hidden.",
    ]
