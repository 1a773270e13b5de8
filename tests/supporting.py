"""What the tests of signatures, rooms and streams of campaigns share: the deeds, as clients do."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from app.db.standings import standing_id
from tests.api import Person
from tests.clinic import FAILURES
from tests.funding import Scene, goal

SIGNATURE = """
    __typename
    ... on Signature { id state anonymous comment area reason version signer { id } }
"""
# Of deeds that nothing can clash with.
WITHOUT_CLASH = FAILURES.replace("... on Conflict { currentVersion }", "")
SIGN = f"""
mutation M($input: SignPetitionInput!) {{ signPetition(input: $input) {{
  {SIGNATURE} {WITHOUT_CLASH} }} }}
"""
WITHDRAW = (
    f"mutation M($id: ID!) {{ withdrawSignature(id: $id) {{ {SIGNATURE} {WITHOUT_CLASH} }} }}"
)
JUDGED = f"""
    __typename
    ... on JudgedSignatures {{ signatures {{ {SIGNATURE} }} refused {{ id found message }} }}
    {WITHOUT_CLASH.replace("... on WrongState { found }", "")}
"""
VALIDATE = f"""
mutation M($ids: [ID!]!) {{ validateSignatures(input: {{ids: $ids}}) {{ {JUDGED} }} }}
"""
INVALIDATE = f"""
mutation M($ids: [ID!]!, $reason: String!) {{
  invalidateSignatures(input: {{ids: $ids, reason: $reason}}) {{ {JUDGED} }} }}
"""
SIGNATURES = f"""
query Q($id: ID!, $states: [SignatureState!], $first: Int, $after: String) {{
  signatures(campaign: $id, states: $states, first: $first, after: $after) {{
    totalCount nodes {{ {SIGNATURE} }} pageInfo {{ endCursor hasNextPage }} }} }}
"""
AREAS = """
query Q($id: ID!) { campaign(id: $id) { signaturesByArea { area people } mySignature { state } } }
"""
PETITION: dict[str, Any] = {
    "type": "CAUSE",
    "mode": "KEEP_IT_ALL",
    "goals": [goal("SIGNATURE", 10)],
}


async def sign(person: Person, campaign: str, **more: Any) -> dict[str, Any]:
    """Return what comes of signing."""
    done: dict[str, Any] = await person.do(SIGN, input={"campaign": campaign} | more)
    return done


async def signed(scene: Scene, *names: str, **more: Any) -> list[str]:
    """Return the identifiers of the fresh signatures of people."""
    made = [await sign(scene[name], scene.id, **more) for name in names]
    assert {one["__typename"] for one in made} == {"Signature"}, made
    return [one["id"] for one in made]


async def validate(person: Person, *ids: str) -> dict[str, Any]:
    """Return what comes of validating signatures."""
    done: dict[str, Any] = await person.do(VALIDATE, ids=ids)
    return done


async def invalidate(person: Person, *ids: str, reason: str = "Not a person.") -> dict[str, Any]:
    """Return what comes of finding signatures invalid."""
    done: dict[str, Any] = await person.do(INVALIDATE, ids=ids, reason=reason)
    return done


async def listed(person: Person, campaign: str, *states: str) -> list[dict[str, Any]]:
    """Return the signatures under a petition as somebody sees them."""
    found = await person.ask(SIGNATURES, id=campaign, states=states or None)
    nodes: list[dict[str, Any]] = found["signatures"]["nodes"]
    return nodes


async def verified(scene: Scene, *names: str) -> None:
    """Let people be verified in the space."""
    for name in names:
        standing = {
            "_id": standing_id(scene.space, scene[name].id or ""),
            "space": scene.space,
            "user": scene[name].id,
            "verified": True,
        }
        await scene.world.db["standings"].replace_one(
            {"_id": standing["_id"]}, standing, upsert=True
        )


async def counted(scene: Scene, kind: str = "SIGNATURE") -> tuple[int, int, int]:
    """Return what counts of a kind of support, what is pending, and how many supporters."""
    progress = (await scene.stored())["progress"].get(kind)
    if progress is None:
        return 0, 0, 0
    return progress["counted"], progress["pending"], progress["supporters"]


async def crowd(scene: Scene, count: int) -> list[Person]:
    """Return so many fresh people."""
    return await scene.world.people(*(f"one{n}" for n in range(count)))


class Stream:
    """Somebody's open stream, from which one item is asked for in advance."""

    def __init__(self, items: Any) -> None:
        self._items = items
        self._next = asyncio.ensure_future(anext(items))

    async def next(self) -> Any:
        """Return the next item."""
        item = await self._next
        self._next = asyncio.ensure_future(anext(self._items))
        return item

    async def some(self, count: int) -> list[Any]:
        """Return so many items."""
        return [await self.next() for _ in range(count)]

    async def until(self, type: str) -> list[Any]:
        """Return the items up to the next one of a type."""
        items = [await self.next()]
        while items[-1]["type"] != type:
            items.append(await self.next())
        return items

    async def close(self) -> None:
        """Ask for nothing more."""
        self._next.cancel()
        await asyncio.gather(self._next, return_exceptions=True)


async def follow(stack: AsyncExitStack, person: Person, query: str, **given: Any) -> Stream:
    """Return a person's stream, which is open until the stack is left."""
    stream = Stream(await stack.enter_async_context(person.watch(query, **given)))
    stack.push_async_callback(stream.close)
    await asyncio.sleep(0)
    return stream
