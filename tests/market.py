"""A market, as the tests of matches need it: a space, needs and offers, and what people do."""

from datetime import datetime
from typing import Any, Protocol

from app.ids import kind_of, new_id
from app.resolvers.posting_filters import traits
from tests.api import Person, World
from tests.matching.postings import match, posting

MATCH = """
  __typename
  ... on Match {
    id state version window { startsAt endsAt } proposedBy acceptedBy answerBy jointObjective
    agreement agreedBy endedBy absent chargedTo possible mySide commitment
    contact { name email } waiting { since ahead heldUntil }
  }
  ... on Error { message code }
  ... on WrongState { found }
  ... on NotAllowed { missing }
  ... on Conflict { currentVersion }
  ... on InvalidInput { problems { path message } }
"""
PROPOSE = f"mutation M($input: ProposeMatchInput!) {{ proposeMatch(input: $input) {{{MATCH}}} }}"
RESPOND = f"""
mutation M($match: ID!, $answer: MatchAnswer!) {{
  respondToMatch(input: {{match: $match, answer: $answer}}) {{{MATCH}}} }}
"""
DISPUTE = f"""
mutation M($match: ID!) {{
  disputeMatch(input: {{match: $match, reason: "It was otherwise."}}) {{{MATCH}}} }}
"""
RESOLVE = f"""
mutation M($match: ID!, $charged: MatchSide) {{
  resolveDispute(input: {{match: $match, chargedTo: $charged, note: "So be it."}}) {{{MATCH}}} }}
"""
WRITE = f"mutation M($input: WriteAgreementInput!) {{ writeAgreement(input: $input) {{{MATCH}}} }}"
AGREE = (
    f"mutation M($input: AcceptAgreementInput!) {{ acceptAgreement(input: $input) {{{MATCH}}} }}"
)
SEEN = """
query Q($id: ID!) {
  node(id: $id) {
    ... on Match {
      state score parts { part weight serves suits reason } contact { name email }
      need { title } offer { title } needOwner { name } offerOwner { name }
      dispute { by reason note } warning { reasons recommendedModel }
    }
  }
}
"""
SIMPLE = {
    "WITHDRAW": "withdrawMatch",
    "CANCEL": "cancelMatch",
    "START": "startMatch",
    "COMPLETE": "completeMatch",
    "REPORT_NO_SHOW": "reportNoShow",
}


class Asking(Protocol):
    """Whoever can ask for something."""

    async def do(self, query: str, **variables: Any) -> Any:
        """Return the one field of a mutation."""


async def act(person: Asking, deed: str, match: str) -> dict[str, Any]:
    """Do a deed with a match, and return it as it is then, or why not."""
    done: dict[str, Any]
    if deed in {"ACCEPT", "DECLINE"}:
        done = await person.do(RESPOND, match=match, answer=deed)
    elif deed in {"DISPUTE", "RESOLVE"}:
        done = await person.do(DISPUTE if deed == "DISPUTE" else RESOLVE, match=match)
    else:
        query = f"mutation M($id: ID!) {{ {SIMPLE[deed]}(id: $id) {{{MATCH}}} }}"
        done = await person.do(query, id=match)
    return done


async def propose(person: Person, need: str, offer: str, **more: Any) -> dict[str, Any]:
    """Propose a match; return it, or why not."""
    given = {"need": need, "offer": offer, **more}
    done: dict[str, Any] = await person.do(PROPOSE, input=given)
    return done


class Market:
    """A space that matches, with Mia who moderates it."""

    def __init__(self, world: World, space: str, owner: Person, moderator: Person) -> None:
        self.world = world
        self.space = space
        self.owner = owner
        self.mia = moderator

    async def member(self, name: str) -> Person:
        """Return a fresh member of the space."""
        person = await self.world.person(name)
        await self.world.join(self.space, {person: ("MEMBER", [])})
        return person

    async def need(self, owner: Person, **changes: Any) -> str:
        """Return a fresh need of a person."""
        return await self._post("needs", owner, changes)

    async def offer(self, owner: Person, **changes: Any) -> str:
        """Return a fresh offer of a person."""
        return await self._post("offers", owner, changes)

    async def match(self, seeker: Person, giver: Person, **changes: Any) -> str:
        """Return a match of two people, with a need and an offer, in whatever state is wanted."""
        need = changes.pop("need", None) or await self.need(seeker)
        offer = changes.pop("offer", None) or await self.offer(giver)
        made = match(
            new_id("matches"),
            space=self.space,
            need=need,
            offer=offer,
            need_owner=seeker.id,
            offer_owner=giver.id,
            created_at=self.world.clock(),
            **changes,
        )
        await self.world.db["matches"].insert_one(dict(made))
        return made["_id"]

    async def find(self, id: str) -> Any:
        """Return a need, an offer or a match as it is stored."""
        return await self.world.db[kind_of(id) or ""].find_one({"_id": id})

    async def events(self, about: str) -> list[Any]:
        """Return the events about a thing, in order."""
        found = self.world.db["events"].find({"subject": about}).sort("_id")
        return await found.to_list(None)

    async def _post(self, kind: str, owner: Person, changes: dict[str, Any]) -> str:
        plain = {"owner": owner.id, "space": self.space, "created_at": self.world.clock()}
        made = posting(new_id(kind), **(plain | changes))
        made["traits"] = traits(made["category"], made["skills"], made["place"], 1000)
        await self.world.db[kind].insert_one(made)
        id: str = made["_id"]
        return id


async def open_market(world: World, **rules: Any) -> Market:
    """Return a fresh space that matches needs and offers, with a moderator."""
    owner, mia = await world.people("olga", "mia")
    space = await world.space(owner)
    await world.join(space, {mia: ("MODERATOR", [])})
    change = {"enabled_models": ["MATCHMAKER"], "matching": rules}
    await world.db["spaces"].update_one({"_id": space}, {"$set": change})
    world.engine.services.spaces.forget(space)
    return Market(world, space, owner, mia)


def said(at: datetime) -> str:
    """Return an instant as the API says it."""
    return at.isoformat(timespec="milliseconds") + "Z"
