"""A space with a campaign, as the tests of crowdsourcing need it: its people, and what is given."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from app.campaigning import ledger as accounts
from app.campaigning.ledger import Held
from app.db.campaign_documents import Campaign, Contribution
from app.db.spaces import membership_id
from app.resolvers.campaigning import CROWDSOURCING
from tests.api import Person, World
from tests.clinic import FAILURES

CAMPAIGN = """
    __typename
    ... on Campaign { id type category title story mode state outcome opensAt deadline round
      extended settling reason version can share takesSupport
      owner { id name } team { id name }
      goals { kind minimum optimum currency what progress { counted pending supporters share } }
      tiers { id rank name kind least limit left reward rights }
      thresholds { id kind name percent amount every crossedTimes response { text } } }
"""
CONTRIBUTION = """
    __typename
    ... on Contribution { id kind amount currency tier anonymous message state reason
      version supporter { id name } createdAt campaign { id }
      payment { provider reference actionUrl instructions { purpose account } } }
"""
CREATE = f"""
mutation M($input: CreateCampaignInput!) {{ createCampaign(input: $input) {{
  {CAMPAIGN} {FAILURES} }} }}
"""
UPDATE = f"""
mutation M($input: UpdateCampaignInput!) {{ updateCampaign(input: $input) {{
  {CAMPAIGN} {FAILURES} }} }}
"""
SET_TEAM = f"""
mutation M($input: SetCampaignTeamInput!) {{ setCampaignTeam(input: $input) {{
  {CAMPAIGN} {FAILURES} }} }}
"""
READ = f"query Q($id: ID!) {{ campaign(id: $id) {{ {CAMPAIGN} }} }}"
CONTRIBUTE = f"""
mutation M($input: ContributeInput!) {{ contribute(input: $input) {{
  {CONTRIBUTION} {FAILURES} }} }}
"""
REFUND = f"""
mutation M($id: ID!, $reason: String!) {{
  refundContribution(input: {{contribution: $id, reason: $reason}}) {{
    {CONTRIBUTION} {FAILURES} }} }}
"""
CANCEL = f"""
mutation M($id: ID!) {{ cancelContribution(input: {{contribution: $id}}) {{
  {CONTRIBUTION} {FAILURES} }} }}
"""
NOTE = f"""
mutation M($id: ID!, $noted: TransferNote!) {{
  noteTransfer(input: {{contribution: $id, noted: $noted}}) {{ {CONTRIBUTION} {FAILURES} }} }}
"""
# The mutation of each deed of a campaign, and what it is told besides the campaign.
DEEDS = {
    "SUBMIT": ("submitCampaign", ()),
    "APPROVE": ("approveCampaign", ()),
    "RETURN": ("returnCampaign", ("reason",)),
    "OPEN": ("openCampaign", ()),
    "EXTEND": ("extendCampaign", ("deadline",)),
    "CLOSE": ("closeCampaign", ()),
    "CANCEL": ("cancelCampaign", ("reason",)),
    "SUSPEND": ("suspendCampaign", ("reason",)),
    "RESUME": ("resumeCampaign", ()),
    "FULFIL_BEGIN": ("beginFulfilment", ()),
    "FULFIL": ("completeFulfilment", ()),
}
TYPES = {"reason": "String!", "deadline": "DateTime!"}
# Members of the space; the others have nothing to do with it.
ROLES = {"host": "OWNER", "moderator": "MODERATOR"} | dict.fromkeys(
    ("owner", "mate", "member"), "MEMBER"
)
OTHERS = ("ana", "bo", "cleo", "stranger")
DAY = 86_400


class Scene:
    """A space and a campaign in it: `scene["ana"]` is a person, `scene.id` the campaign.

    The campaign is `owner`'s, and `mate` is its team. `host` owns the space, where there are
    `moderator` and `member` besides; `ana`, `bo` and `cleo` are who supports it, `stranger` and
    `anonymous` look at it, and `operator` runs the server.
    """

    def __init__(self, world: World, space: str, people: dict[str, Person]) -> None:
        self.world = world
        self.space = space
        self.people = people
        self.id = ""

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def day(self, count: float) -> str:
        """Return the instant so many days from now, as the API says it."""
        return said(self.world.clock() + timedelta(days=count))

    def content(self, **changes: Any) -> dict[str, Any]:
        """Return the input of a new campaign, of a month and for 100 EUR, with some of it changed.

        What is changed to None is left out.
        """
        plain = {
            "space": self.space,
            "type": "PROJECT",
            "category": "energy",
            "title": "Sun on the school roof",
            "story": "Forty panels, and lessons under them.",
            "mode": "ALL_OR_NOTHING",
            "deadline": self.day(30),
            "goals": [goal()],
        }
        return {key: value for key, value in (plain | changes).items() if value is not None}

    async def create(self, who: str = "owner", **changes: Any) -> dict[str, Any]:
        """Return what comes of a new campaign."""
        made: dict[str, Any] = await self[who].do(CREATE, input=self.content(**changes))
        return made

    async def act(
        self, deed: str, who: str = "owner", id: str | None = None, **told: Any
    ) -> dict[str, Any]:
        """Return what comes of a deed (a key of `DEEDS`) with the campaign, or with another one."""
        name, more = DEEDS[deed]
        usual = {"reason": "So be it.", "deadline": self.day(40)}
        variables = {key: told.get(key, usual[key]) for key in more}
        declared = "".join(f", ${key}: {TYPES[key]}" for key in more)
        given = "".join(f", {key}: ${key}" for key in more)
        argument = f"input: {{campaign: $id{given}}}" if more else "id: $id"
        query = (
            f"mutation M($id: ID!{declared}) {{ {name}({argument}) {{ {CAMPAIGN} {FAILURES} }} }}"
        )
        done: dict[str, Any] = await self[who].do(query, id=id or self.id, **variables)
        return done

    async def read(self, who: str = "anonymous", id: str | None = None) -> dict[str, Any] | None:
        """Return the campaign, or another one, as somebody sees it; None if they do not."""
        found: dict[str, Any] | None = (await self[who].ask(READ, id=id or self.id))["campaign"]
        return found

    async def give(self, who: str = "ana", amount: int = 1_000, **more: Any) -> dict[str, Any]:
        """Return what comes of giving; money goes through DEVELOPMENT unless something is said."""
        kind = more.get("kind", "MONEY")
        plain = {"campaign": self.id, "kind": kind, "amount": amount}
        if kind == "MONEY":
            plain["provider"] = "DEVELOPMENT"
        done: dict[str, Any] = await self[who].do(CONTRIBUTE, input=plain | more)
        return done

    async def given(self, who: str = "ana", amount: int = 1_000, **more: Any) -> str:
        """Return the identifier of a fresh contribution."""
        made = await self.give(who, amount, **more)
        assert made["__typename"] == "Contribution", made
        id: str = made["id"]
        return id

    async def refund(self, who: str, id: str, reason: str = "As you wish.") -> dict[str, Any]:
        """Return what comes of giving money back."""
        done: dict[str, Any] = await self[who].do(REFUND, id=id, reason=reason)
        return done

    async def cancel(self, who: str, id: str) -> dict[str, Any]:
        """Return what comes of taking a contribution back."""
        done: dict[str, Any] = await self[who].do(CANCEL, id=id)
        return done

    async def note(self, who: str, id: str, noted: str) -> dict[str, Any]:
        """Return what comes of noting that a transfer came or was sent back."""
        done: dict[str, Any] = await self[who].do(NOTE, id=id, noted=noted)
        return done

    async def pass_days(self, days: float) -> None:
        """Turn the clock, and do what that has made due, until all is settled and counted."""
        self.world.clock.turn(days * DAY)  # type: ignore[attr-defined]
        await self.world.tick()
        while await self.world.db["campaigns"].find_one({"settling": True}):
            await self.world.tick()
        await self.world.engine.services.folding.count(self.id)

    async def stored(self, id: str | None = None) -> Campaign:
        """Return the campaign, or another one, as it is stored."""
        found: Any = await self.world.db["campaigns"].find_one({"_id": id or self.id})
        return found  # type: ignore[no-any-return]

    async def contribution(self, id: str) -> Contribution:
        """Return a contribution as it is stored."""
        found: Any = await self.world.db["contributions"].find_one({"_id": id})
        return found  # type: ignore[no-any-return]

    async def events(self, about: str | None = None) -> list[str]:
        """Return the types of the events about the campaign, or about another thing, in order."""
        events = self.world.db["events"].find({"subject": about or self.id}).sort("_id")
        return [event["type"] for event in await events.to_list(None)]

    async def check_sums(self) -> None:
        """Insist that progress, the ledger and what was given say the same."""
        db, stored = self.world.db, await self.stored()
        entries: Any = await db["ledger"].find({"campaign": self.id}).to_list(None)
        everything: Iterable[Any] = [
            *await db["contributions"].find({"campaign": self.id}).to_list(None),
            *await db["signatures"].find({"campaign": self.id}).to_list(None),
        ]
        held = [
            Held(
                one.get("kind", "SIGNATURE"),
                one.get("amount", 1),
                one["state"],
                f"{one.get('supporter') or one['signer']} {one['anonymous']}",
            )
            for one in everything
        ]
        recounted = accounts.recount(held)
        assert accounts.differences(stored["progress"], accounts.fold({}, entries)) == []
        assert accounts.differences(stored["progress"], recounted) == []
        for balances in accounts.totals(entries).values():
            assert sum(balances.values()) == 0


async def campaign(
    world: World,
    *,
    state: str = "OPEN",
    openness: str = "OPEN",
    rules: dict[str, Any] | None = None,
    **content: Any,
) -> Scene:
    """Return a scene with a campaign that is DRAFT, IN_REVIEW or OPEN.

    Args:
        world: the process.
        state: how far the campaign has come.
        openness: of the space.
        rules: what the space says about campaigns; it asks for no review unless that is said.
        content: what is changed in the campaign's input.

    """
    scene = await open_scene(world, openness, {"review": False} | (rules or {}))
    made = await scene.create(**content)
    assert made["__typename"] == "Campaign", made
    scene.id = made["id"]
    team = {"campaign": scene.id, "expectedVersion": 1, "team": [scene["mate"].id]}
    done = await scene["owner"].do(SET_TEAM, input=team)
    steps = {"DRAFT": [], "IN_REVIEW": ["SUBMIT"], "OPEN": ["SUBMIT", "OPEN"]}[state]
    for deed in steps:
        done = await scene.act(deed)
        if deed == "SUBMIT" and rules is not None and rules.get("review"):
            await scene.act("APPROVE", "moderator")
    assert done.get("state") == state, done
    return scene


async def open_scene(world: World, openness: str, rules: dict[str, Any]) -> Scene:
    """Return a space with all its people, and no campaign yet."""
    people = {"anonymous": world.anonymous}
    people["host"] = await world.person("host")
    space = await world.space(people["host"], openness=openness)
    people["operator"] = await world.person("operator", operator=True)
    for name in (*ROLES, *OTHERS):
        people.setdefault(name, await world.person(name))
    for name, role in ROLES.items():
        if name != "host":
            await join(world, space, people[name], role)
    change = {"enabled_models": [CROWDSOURCING], "categories": ["energy"], "crowdsourcing": rules}
    await world.db["spaces"].update_one({"_id": space}, {"$set": change})
    world.engine.services.spaces.forget(space)
    return Scene(world, space, people)


async def join(world: World, space: str, person: Person, role: str = "MEMBER") -> None:
    """Let somebody who has not asked for anything yet be a member of a space."""
    await world.db["memberships"].insert_one(
        {
            "_id": membership_id(space, person.id or ""),
            "space": space,
            "user": person.id,
            "role": role,
            "created_at": world.clock(),
            "version": 1,
        }
    )


def goal(kind: str = "MONEY", minimum: int = 10_000, **changes: Any) -> dict[str, Any]:
    """Return the input of a goal."""
    plain: dict[str, Any] = {"kind": kind, "minimum": minimum}
    if kind == "MONEY":
        plain["currency"] = "EUR"
    elif kind not in {"TIME", "SIGNATURE"}:
        plain["what"] = kind.lower()
    return plain | changes


def tier(rank: int, least: int, *rights: str, **changes: Any) -> dict[str, Any]:
    """Return the input of a tier of money, named after its rank."""
    plain = {"rank": rank, "name": f"level {rank}", "kind": "MONEY", "least": least}
    return plain | {"rights": list(rights)} | changes


def said(at: datetime) -> str:
    """Return an instant as the API says it."""
    return at.isoformat(timespec="milliseconds") + "Z"
