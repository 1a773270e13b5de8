"""The story of patients and researchers: a space in which some ask and others know."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.demo import broker_operations as ops
from app.demo.cast import OPERATOR, Cast, assemble
from app.demo.client import Client
from app.demo.members import gather_members
from app.demo.people import BEN, PASSWORD, Person
from app.demo.platforms import DATA
from app.demo.stage import open_space
from app.demo.story import Advance
from app.demo.threads import tell_thread

# The first thread is for two, and nobody is invited: there it goes to the operator at once.
AT_ONCE, USUALLY = "PT0S", "PT12H"
WATCHERS = (BEN.name, "Dan", "Ada", "Rosa", "Mia")


class Patients:
    """Patients ask, researchers advise, and some cases go into research."""

    def __init__(self) -> None:
        self._plan: dict[str, Any] = orjson.loads((DATA / "long-covid.json").read_bytes())

    @property
    def name(self) -> str:
        """Return the name of the space."""
        return str(self._plan["space"]["name"])

    @property
    def length(self) -> int:
        """Return how many threads there are."""
        return len(self._plan["threads"])

    async def tell(
        self, client: Client, operator: str, people: Mapping[Person, str], advance: Advance
    ) -> Sequence[str]:
        """Let it happen, as far as it has not; return lines that say what to try."""
        space = await open_space(client, operator, self._plan["space"])
        cast = assemble(client, space, operator, people)
        await _decide(cast, 1, {**self._plan["rules"], "routing": {"firstAfter": AT_ONCE}})
        await gather_members(cast, self._plan["members"])
        for knowledge in self._plan["expertise"]:
            await _know(cast, knowledge)
        first, *others = self._plan["threads"]
        threads = {first["ask"]["title"]: await tell_thread(cast, first, {})}
        await _decide(cast, 2, {"routing": {"firstAfter": USUALLY}})
        advance()
        for plan in others:
            threads[plan["ask"]["title"]] = await tell_thread(cast, plan, threads)
            advance()
        return await _hints(cast, self.name, threads)


async def _decide(cast: Cast, version: int, changes: dict[str, Any]) -> None:
    """Change the rules of the space, if they still are what they were at a version."""
    found = (await cast.ask(OPERATOR, ops.RULES, id=cast.space))["space"]
    if found["brokingRules"]["version"] == version:
        given = {"space": cast.space, "expectedVersion": found["version"], **changes}
        await cast.settle(OPERATOR, ops.UPDATE_RULES, input=given)


async def _know(cast: Cast, knowledge: dict[str, Any]) -> None:
    """Let somebody declare what they know, and others vouch for it."""
    person, subject = knowledge["person"], knowledge["subject"]
    search = {"space": cast.space, "person": await cast.id(person), "subject": subject}
    if not await _found(cast, person, search):
        given = {"space": cast.space, "subject": subject, "statement": knowledge["statement"]}
        key = f"fivefold-demo/{cast.space}/{subject}"
        await cast.settle(person, ops.DECLARE, input={**given, "idempotencyKey": key})
    for name in knowledge.get("endorsers", ()):
        for found in await _found(cast, name, search):
            if not found["endorsedByMe"]:
                await cast.settle(name, ops.ENDORSE, id=found["id"])
    for found in await _found(cast, OPERATOR, search) if knowledge.get("verified") else ():
        if found["level"] != "VERIFIED":
            given = {"expertise": found["id"], "expectedVersion": found["version"]}
            await cast.settle(OPERATOR, ops.VERIFY, input=given)


async def _found(cast: Cast, name: str, search: dict[str, str]) -> list[dict[str, Any]]:
    found = await cast.ask(name, ops.EXPERTISE, **search)
    nodes: list[dict[str, Any]] = found["expertise"]["nodes"]
    return nodes


async def _hints(cast: Cast, name: str, threads: Mapping[str, str]) -> list[str]:
    """Return what to try, with how many threads each sees at this moment."""
    seen = {
        who or "nobody": (await cast.ask(who, ops.COUNT, space=cast.space))["threads"]["totalCount"]
        for who in (None, *WATCHERS)
    }
    letter = next(id for title, id in threads.items() if title.startswith("Between us"))
    case = next(id for title, id in threads.items() if title.startswith("Exhausted"))
    return [
        f"{name}: space {cast.space}",
        "  Of its threads, " + ", ".join(f"{who} sees {n}" for who, n in seen.items()) + ".",
        f"  Sign in as Rosa (researcher), Mia (moderator) or Ada (patient), password {PASSWORD};",
        "  in the explorer, open the examples of the group broker and put these in:",
        f"    {cast.space}  the space: list its threads, search for `walk` or `cœur`",
        f"    {case}  Ada's case: find threads like it, or whom to ask",
        f"    {letter}  between Ada and Rosa: as Mia, or as Ben, it is not there",
    ]
