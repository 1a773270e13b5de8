"""Whom and what crowdsourcing's examples meet.

Ada makes campaigns, with Dan in one of her teams; Ben gives much and Cleo little, Mia moderates,
and Olga runs the server and owns the space. There is the school's roof (all or nothing), a fund for
tools (keeps it all), a petition with a threshold that is crossed, and a garden that is a draft. Of
all this an example finds what its variables name.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from tests.api import Person, World
from tests.clients.place import Stage
from tests.funding import CONTRIBUTE, CREATE, SET_TEAM, goal, join, said, tier
from tests.supporting import PETITION, SIGN, VALIDATE

NOBODY = {
    "crowd-providers",
    "crowd-campaigns",
    "crowd-ending-soon",
    "crowd-forecast",
    "crowd-ledger",
    "crowd-contributions",
    "crowd-petition",
    "crowd-signatures",
}
SENDERS = {
    "crowd-create-space": "olga",
    "crowd-update-rules": "olga",
    **dict.fromkeys(
        (
            "crowd-campaign",
            "crowd-mine",
            "crowd-room",
            "crowd-pledge",
            "crowd-pledge-by-transfer",
            "crowd-offer",
            "crowd-take-back",
            "crowd-deliver-support",
            "crowd-withdraw-signature",
            "crowd-comment",
            "crowd-vote",
            "crowd-watch",
            "crowd-progress-watch",
        ),
        "ben",
    ),
    "crowd-sold-out": "cleo",
    "crowd-sign": "dan",
    **dict.fromkeys(
        (
            "crowd-pending-signatures",
            "crowd-approve",
            "crowd-return",
            "crowd-suspend",
            "crowd-resume",
            "crowd-respond",
            "crowd-validate",
            "crowd-invalidate",
            "crowd-approve-expense",
            "crowd-reject-expense",
        ),
        "mia",
    ),
}
FIRST = {
    "crowd-campaigns": ["crowd-pledge"],
    "crowd-ending-soon": ["crowd-pledge"],
    "crowd-contributions": ["crowd-pledge-by-transfer", "crowd-offer"],
    "crowd-pending-signatures": ["crowd-sign"],
    "crowd-approve": ["crowd-submit"],
    "crowd-return": ["crowd-submit"],
    "crowd-open": ["crowd-submit", "crowd-approve"],
    "crowd-resume": ["crowd-suspend"],
    "crowd-begin-fulfilment": ["crowd-close"],
    "crowd-complete-fulfilment": ["crowd-close", "crowd-begin-fulfilment"],
    "crowd-mine": ["crowd-pledge"],
    "crowd-petition": ["crowd-respond"],
    "crowd-deliver-support": ["crowd-accept-support"],
    "crowd-deny-delivery": ["crowd-accept-support", "crowd-deliver-support"],
    "crowd-acknowledge-support": ["crowd-accept-support", "crowd-deliver-support"],
    "crowd-ledger": ["crowd-record-expense"],
    "crowd-room": ["crowd-comment", "crowd-vote"],
}
REFUSED = {"crowd-sold-out": "WrongState"}

SPACE = {
    "name": "Strasbourg builds together",
    "model": "CROWDSOURCING",
    "domain": "SOCIAL",
    "openness": "OPEN",
    "categories": ["energy", "repair", "traffic"],
}
OPEN_SPACE = """
mutation M($input: CreateSpaceInput!) { createSpace(input: $input) { ... on Node { id } } }
"""
RULES = """
mutation M($space: ID!, $areas: [String!]!) { updateCrowdsourcingRules(input: {
  space: $space, expectedVersion: 1, areas: $areas, areaFloor: 2
}) { ... on Node { id } } }
"""
DEEDS = ("submitCampaign", "approveCampaign", "openCampaign")
DEED = "mutation M($id: ID!) {{ {}(id: $id) {{ ... on Node {{ id }} ... on Error {{ code }} }} }}"
POST = "mutation M($input: PostUpdateInput!) { postUpdate(input: $input) { ... on Node { id } } }"
ASK = "mutation M($input: OpenPollInput!) { openPoll(input: $input) { ... on Node { id } } }"
SPEND = """
mutation M($input: RecordExpenseInput!) { recordExpense(input: $input) { ... on Node { id } } }
"""
READS = ("READ_UPDATES",)
TALKS = (*READS, "COMMENT", "SUGGEST", "VOTE")
MAKES = (*TALKS, "PREVIEW", "CO_CREATE")
AREAS = ("Krutenau", "Neudorf", "Robertsau")
ROOF: dict[str, Any] = {
    "category": "energy/solar",
    "title": "Sun on the school roof",
    "story": "Forty panels, and lessons under them.",
    "place": {"longitude": 7.7512, "latitude": 48.5783},
    "mode": "ALL_OR_NOTHING",
    "goals": [goal(minimum=1_200_000, optimum=1_500_000), goal("TIME", 2_400)],
    "tiers": [
        tier(1, 1_000, *READS, name="Neighbour"),
        tier(2, 5_000, *TALKS, name="Friend of the roof"),
        tier(3, 25_000, *MAKES, name="Godparent of a panel", limit=40),
    ],
    "thresholds": [
        {"kind": "MONEY", "name": "Half of it", "percent": 50},
        {"kind": "MONEY", "name": "Every 2,000 €", "amount": 200_000, "every": True},
    ],
}
FUND: dict[str, Any] = {
    "category": "repair",
    "title": "Tools for the repair café",
    "story": "A lathe, two vices, and somebody who knows how.",
    "mode": "KEEP_IT_ALL",
    "goals": [goal(minimum=150_000), goal("TIME", 1_200)],
    "tiers": [
        tier(1, 1_000, *READS, name="Screw"),
        tier(2, 3_000, *TALKS, name="Vice"),
        tier(3, 10_000, *MAKES, name="Lathe", limit=1),
    ],
}
STREET = PETITION | {
    "category": "traffic",
    "title": "Thirty in our street",
    "area": "Krutenau",
    "goals": [goal("SIGNATURE", 100)],
    "thresholds": [{"kind": "SIGNATURE", "name": "The council answers", "amount": 2}],
}
GARDEN: dict[str, Any] = {
    "category": "energy",
    "title": "A garden on the parking deck",
    "story": "Forty beds and a well.",
    "mode": "ROUNDS",
    "roundDays": 14,
    "goals": [goal(minimum=80_000, optimum=140_000)],
}
NEWS = {"title": "A lathe is found", "text": "It is old and good.", "audience": "SUPPORTERS"}
POLL = {"question": "Which evening?", "options": ["Tuesday", "Thursday"]}
EXPENSE = {"amount": 4_000, "payee": "Flea market", "purpose": "Part of the lathe"}
# What the fund was given: by Ben, who has the one place of its highest level, and by Cleo.
MUCH, LITTLE, MORE = 10_000, 1_500, 2_050


class Town:
    """A space of campaigns; whatever is asked for in it is made once."""

    def __init__(self, stage: Stage, today: Callable[[float], str]) -> None:
        self._stage = stage
        self._day = today
        self._makers: Mapping[str, Callable[[], Awaitable[str]]] = {
            "cmp": lambda: self._open(ROOF | {"deadline": self._day(30)}),
            "cmp_fund": self._open_fund,
            "cmp_petition": self._open_petition,
            "cmp_draft": lambda: self._draft(GARDEN | {"deadline": self._day(30)}),
            "ctb": lambda: self._give("ben", "cmp", amount=5_000, provider="DEVELOPMENT"),
            "ctb_taken": lambda: self._with("cmp_fund", "ctb_taken"),
            "ctb_transfer": lambda: self._give(
                "cleo", "cmp_fund", amount=2_000, provider="TRANSFER"
            ),
            "ctb_offer": lambda: self._give("ben", "cmp_fund", kind="TIME", amount=180),
            "sgn": lambda: self._sign("ben", area="Neudorf", comment="My street, too."),
            "sgn_valid": lambda: self._with("cmp_petition", "sgn_valid"),
            "upd": lambda: self._in_fund(POST, NEWS),
            "pol": lambda: self._in_fund(ASK, POLL),
            "xps": lambda: self._in_fund(SPEND, EXPENSE),
        }

    async def place(self, name: str) -> str:
        """Return the identifier of something by its placeholder."""
        ids = self._stage.ids
        if name not in ids:
            ids[name] = await self._makers[name]()
        return ids[name]

    async def furnish(self) -> None:
        """Place all that is wanted."""
        for name in sorted(self._stage.wanted & self._makers.keys()):
            await self.place(name)

    async def _open_fund(self) -> str:
        """Open the fund, to which Ben has given much, and Cleo little."""
        id = self._stage.ids["cmp_fund"] = await self._open(FUND, team=["dan"])
        self._stage.ids["ctb_taken"] = await self._give(
            "ben", "cmp_fund", amount=MUCH, provider="DEVELOPMENT", tier="t3"
        )
        await self._give("cleo", "cmp_fund", amount=LITTLE, provider="DEVELOPMENT", anonymous=True)
        return id

    async def _open_petition(self) -> str:
        """Open the petition, which two have signed; that is enough for an answer."""
        id = self._stage.ids["cmp_petition"] = await self._open(STREET)
        cleos = await self._sign("cleo", area="Krutenau", anonymous=True)
        self._stage.ids["sgn_valid"] = cleos
        adas = await self._sign("ada", area="Krutenau", comment="Slowly does it.")
        done = await self._stage["mia"].do(VALIDATE, ids=[cleos, adas])
        assert done["refused"] == [], done
        return id

    async def _draft(self, content: dict[str, Any]) -> str:
        given = {"space": self._stage.ids["spc"], **content}
        return await _made(self._stage.ada, CREATE, given)

    async def _open(self, content: dict[str, Any], team: list[str] | None = None) -> str:
        ada, mia = self._stage.ada, self._stage["mia"]
        id = await self._draft(content)
        if team:
            people = [self._stage[name].id for name in team]
            await _made(ada, SET_TEAM, {"campaign": id, "expectedVersion": 1, "team": people})
        for person, deed in zip((ada, mia, ada), DEEDS, strict=True):
            done = await person.do(DEED.format(deed), id=id)
            assert done == {"id": id}, done
        return id

    async def _give(self, who: str, to: str, **gift: Any) -> str:
        given = {"campaign": await self.place(to), **gift}
        return await _made(self._stage[who], CONTRIBUTE, given)

    async def _with(self, other: str, name: str) -> str:
        """Return something that is made with another thing."""
        await self.place(other)
        return self._stage.ids[name]

    async def _sign(self, who: str, **words: Any) -> str:
        given = {"campaign": await self.place("cmp_petition"), **words}
        return await _made(self._stage[who], SIGN, given)

    async def _in_fund(self, deed: str, given: dict[str, Any]) -> str:
        """Let Ada do something in the fund."""
        return await _made(
            self._stage.ada, deed, {"campaign": await self.place("cmp_fund"), **given}
        )


async def furnish(world: World, stage: Stage) -> None:
    """Add the space, its people, and what the variables of the examples name."""
    for name in ("cleo", "dan", "mia"):
        stage.others[name] = await world.person(name)
    space = stage.ids["spc"] = await _made(stage.olga, OPEN_SPACE, SPACE)
    await join(world, space, stage["dan"])
    await join(world, space, stage["mia"], "MODERATOR")
    await world.role(stage.olga, space, stage.ada, "MEMBER")
    await stage.olga.do(RULES, space=space, areas=AREAS)

    def day(count: float) -> str:
        return said(world.clock() + timedelta(days=count))

    stage.ids |= {f"in_{count}_days": day(count) for count in (7, 30, 45)}
    stage.ids["usr_dan"] = stage["dan"].id or ""
    await Town(stage, day).furnish()
    await world.engine.services.log.caught_up()


async def happen(stage: Stage, name: str) -> float | str:
    """Let Cleo give to the fund; return what it has then, or what she gave, as the stream tells."""
    given = {"campaign": stage.ids["cmp_fund"], "amount": MORE, "provider": "DEVELOPMENT"}
    contribution = await _made(stage["cleo"], CONTRIBUTE, given)
    return LITTLE + MUCH + MORE if name == "crowd-progress-watch" else contribution


async def _made(person: Person, deed: str, given: Mapping[str, Any]) -> str:
    done = await person.do(deed, input=given)
    assert "id" in done, done
    id: str = done["id"]
    return id
