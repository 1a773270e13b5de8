"""The story of a quarter that builds together: who seeks support for what, and who gives it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from app import clock
from app.demo import campaign_operations as ops
from app.demo.cast import OPERATOR, SETTLED, Cast, assemble
from app.demo.client import Client, Declined
from app.demo.members import gather_members
from app.demo.people import PASSWORD, Person
from app.demo.platforms import DATA
from app.demo.stage import open_space
from app.demo.story import Advance
from app.demo.support import Support

MODERATOR = "Mia"
# A campaign whose time is over is begun anew, as the next one of its title.
OVER = frozenset({"SUCCEEDED", "FAILED", "FULFILLED"})
Campaign = dict[str, Any]


class Builders:
    """Neighbours support projects and a cause, in every way; the money is play money."""

    def __init__(self) -> None:
        self._plan: dict[str, Any] = orjson.loads((DATA / "strasbourg-builds.json").read_bytes())

    @property
    def name(self) -> str:
        """Return the name of the space."""
        return str(self._plan["space"]["name"])

    @property
    def length(self) -> int:
        """Return how many campaigns there are."""
        return len(self._plan["campaigns"])

    async def tell(
        self, client: Client, operator: str, people: Mapping[Person, str], advance: Advance
    ) -> Sequence[str]:
        """Let it happen, as far as it has not; return lines that say what to try."""
        space = await open_space(client, operator, self._plan["space"])
        cast = assemble(client, space, operator, people)
        await _set_rules(cast, self._plan["rules"])
        members = await gather_members(cast, self._plan["members"])
        offered = await cast.ask(OPERATOR, ops.PROVIDERS, space=space)
        begun = _Begun(
            cast,
            members,
            frozenset(one["name"] for one in offered["paymentProviders"]),
            await _list(cast),
        )
        plans = self._plan["campaigns"]
        ids = await asyncio.gather(*(_tell_campaign(begun, plan, advance) for plan in plans))
        titles = [plan["draft"]["title"] for plan in plans]
        return await _hints(cast, self.name, dict(zip(titles, ids, strict=True)))


@dataclass(frozen=True, slots=True)
class _Begun:
    """What is there: people, the identifiers of members, ways to pay, and campaigns."""

    cast: Cast
    members: Mapping[str, str]
    providers: frozenset[str]
    campaigns: Sequence[Campaign]


async def _set_rules(cast: Cast, rules: Mapping[str, Any]) -> None:
    found = (await cast.ask(OPERATOR, ops.RULES, id=cast.space))["space"]
    if any(found["crowdsourcingRules"][name] != value for name, value in rules.items()):
        given = {"space": cast.space, "expectedVersion": found["version"], **rules}
        await cast.settle(OPERATOR, ops.UPDATE_RULES, input=given)


async def _list(cast: Cast) -> list[Campaign]:
    """Return all campaigns, drafts too, the newest first."""
    found = cast.nodes(OPERATOR, ops.CAMPAIGNS, space=cast.space, states=ops.STATES)
    return [campaign async for campaign in found]


async def _tell_campaign(begun: _Begun, plan: dict[str, Any], advance: Advance) -> str:
    """Let a campaign go its way as far as it has not, and return its identifier."""
    cast, campaign = begun.cast, await _begin(begun, plan)
    for step in plan["opening"]:
        campaign = await _take_step(cast, plan, campaign, step)
    await Support(cast, campaign["id"], plan, begun.providers).tell()
    for step in plan.get("ending", ()):
        campaign = await _take_step(cast, plan, campaign, step)
    advance()
    return str(campaign["id"])


async def _begin(begun: _Begun, plan: dict[str, Any]) -> Campaign:
    """Return the campaign of a plan with its team, drafted unless it is there and not over."""
    cast, known = begun.cast, _known(begun.campaigns, plan)
    living = [one for one in known if "days" not in plan or one["state"] not in OVER]
    campaign = living[0] if living else await _draft(cast, plan, len(known))
    team = plan.get("team", [])
    if campaign["state"] == "DRAFT" and {one["name"] for one in campaign["team"]} != set(team):
        people = [begun.members[name] for name in team]
        seen = {"campaign": campaign["id"], "expectedVersion": campaign["version"]}
        await cast.settle(plan["person"], ops.SET_TEAM, input=seen | {"team": people})
    return campaign


async def _draft(cast: Cast, plan: dict[str, Any], earlier: int) -> Campaign:
    given = {"space": cast.space, **plan["draft"]}
    if "days" in plan:
        today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        given["deadline"] = f"{(today + timedelta(days=plan['days'] + 1)).isoformat()}Z"
    # Two demos at the same moment agree on the key, and so on the campaign.
    given["idempotencyKey"] = f"fivefold-demo/{given['title']}/{earlier}/{cast.space}"
    try:
        made: Campaign = await cast.do(plan["person"], ops.CREATE, input=given)
    except Declined as declined:
        if declined.code not in SETTLED:
            raise
        made = _known(await _list(cast), plan)[0]
    return made


def _known(campaigns: Sequence[Campaign], plan: dict[str, Any]) -> list[Campaign]:
    title, person = plan["draft"]["title"], plan["person"]
    return [
        one
        for one in campaigns
        if one["title"] == title and (one["owner"] or {}).get("name") == person
    ]


async def _take_step(cast: Cast, plan: dict[str, Any], campaign: Campaign, step: str) -> Campaign:
    """Do something with a campaign, if it is where that is done; return it as it is then."""
    state, deed = ops.STEPS[step]
    if campaign["state"] != state or (step == "APPROVE" and campaign["approvedAt"]):
        return campaign
    who, id = MODERATOR if step == "APPROVE" else plan["person"], campaign["id"]
    given = {"input": {"campaign": id, "reason": plan["reason"]}} if "reason" in plan else {}
    found: Campaign
    try:
        found = await cast.do(who, deed, **(given if step == "CANCEL" else {"id": id}))
    except Declined as declined:
        if declined.code not in SETTLED:
            raise
        found = (await cast.ask(plan["person"], ops.STATE, id=id))["campaign"]
    return found


async def _hints(cast: Cast, name: str, ids: Mapping[str, str]) -> list[str]:
    """Return what to try, with how much of the fund's news each reads at this moment."""
    roof, fund, garden, street, workshop, *_ = ids.values()
    reads = {
        who or "nobody": (await cast.ask(who, ops.MY_ROOM, id=fund))["campaign"]["updates"]
        for who in (None, "Elif", "Ben")
    }
    counts = ", ".join(f"{who} reads {found['totalCount']}" for who, found in reads.items())
    return [
        f"{name}: space {cast.space}",
        "  All its money is play money, and nothing moves.",
        "  In the explorer, open the examples of the group crowd and put these in:",
        f"    {cast.space}  the space: its campaigns, near, ending soon, or by what they seek",
        f"    {roof}  all or nothing: pledge, and see what your level lets you do",
        f"    {fund}  keeps it all: its news ({counts}), poll, expenses and ledger",
        f"    {garden}  in rounds: the first one is through, if nobody takes back",
        f"    {street}  a petition: sign it; as Mia, validate Farid's signature",
        f"    {workshop}  as Mia (moderator), approve it; to others it is not there yet",
        f"  Ada and Hugo have campaigns, Ben and Elif support some; password {PASSWORD}.",
    ]
