"""What the tests of agreement on entries share: people who confirm, dispute, tap and look after."""

from typing import Any

from tests.api import Person, World
from tests.clinic import FAILURES
from tests.pool import contributed, joined, pool

ENTRY = """
  __typename
  ... on PoolEntry {
    id state version title
    facets { name value stale checkedAt staleAt anonymous contributor { name }
      consensus { value confidence supporters dissenters disputed verified } } }
"""
CONFIRM = f"""
mutation M($input: ConfirmEntryInput!) {{ confirmEntry(input: $input) {{ {ENTRY} {FAILURES} }} }}
"""
RENEW = f"""
mutation M($input: RenewEntryInput!) {{ renewEntry(input: $input) {{ {ENTRY} {FAILURES} }} }}
"""
SIGNAL = f"""
mutation M($input: SignalEntryInput!) {{ signalEntry(input: $input) {{
  {ENTRY} ... on Error {{ message code }} ... on NotAllowed {{ missing }}
  ... on WrongState {{ found }} ... on InvalidInput {{ problems {{ path message }} }}
  ... on RateLimited {{ retryAt }} }} }}
"""
PATROL = f"""
mutation M($input: PatrolEntryInput!) {{ patrolEntry(input: $input) {{ {ENTRY} {FAILURES} }} }}
"""
REVERT_ALL = """
mutation M($input: RevertAllOfInput!) { revertAllOf(input: $input) {
  __typename
  ... on PoolReversal { reason entries endedAt address person { name } }
  ... on Error { message code }
  ... on InvalidInput { problems { path message } } } }
"""
READ = f"query Q($id: ID!) {{ poolEntry(id: $id) {{ {ENTRY} }} }}"
SAID = """
query Q($id: ID!, $first: Int, $after: String) { poolEntry(id: $id) {
  confirmations(first: $first, after: $after) {
    totalCount pageInfo { endCursor }
    nodes { facet verdict value weight anonymous current by { name } } } } }
"""
TAPS = """
query Q($id: ID!) { poolEntry(id: $id) {
  signals { totalCount nodes { kind facet address by { name } } } } }
"""


def moving(deed: str) -> str:
    """Return the operation of a deed of moderators."""
    return f"""
mutation M($entry: ID!, $summary: String! = "") {{
  {deed}(input: {{entry: $entry, summary: $summary}}) {{ {ENTRY} {FAILURES} }} }}
"""


async def town(world: World, **rules: Any) -> tuple[str, Person]:
    """Return a space with a pool, and its owner."""
    owner = await world.person("olga")
    return await pool(world, owner, **rules), owner


async def known(world: World, space: str, *names: str) -> list[Person]:
    """Return people who were right often enough in a pool that their voices are full ones."""
    return [await proved(world, space, person) for person in await world.people(*names)]


async def proved(world: World, space: str, person: Person, right: int = 3) -> Person:
    """Let a person have been right on so many entries of a pool."""
    await world.db["findings"].insert_many(
        [
            {
                "_id": f"ent_{n} WHEELCHAIR 1 {person.id}",
                "space": space,
                "person": person.id,
                "entry": f"ent_{n}",
                "facet": "WHEELCHAIR",
                "round": 1,
                "agreed": True,
                "at": world.clock(),
            }
            for n in range(right)
        ]
    )
    return person


async def moderator(world: World, space: str) -> Person:
    """Return a fresh moderator of a space."""
    return await joined(world, space, await world.person("max"), "MODERATOR")


def stranger(world: World, address: str) -> Person:
    """Return somebody without an account, at an address."""
    person = Person(world.engine, "stranger", None)
    person.address = address
    return person


async def cafe(person: Person, space: str, **changes: Any) -> str:
    """Return a fresh entry of somebody's: a café that suits wheelchairs, unless it is changed."""
    made = await contributed(person, space, **{"evenIfSimilar": True, **changes})
    id: str = made["id"]
    return id


async def said(
    person: Person,
    id: str,
    verdict: str = "CONFIRM",
    value: Any = None,
    facet: str = "WHEELCHAIR",
    **more: Any,
) -> dict[str, Any]:
    """Return what comes of saying something of one facet."""
    words = {"facet": facet, "verdict": verdict, "value": value}
    done: dict[str, Any] = await person.do(CONFIRM, input={"entry": id, "facets": [words], **more})
    return done


async def renewed(person: Person, id: str, *facets: str) -> dict[str, Any]:
    """Return what comes of saying that facets are still correct; without any, all."""
    done: dict[str, Any] = await person.do(
        RENEW, input={"entry": id, "facets": list(facets) or None}
    )
    return done


async def tapped(person: Person, id: str, kind: str, facet: str | None = None) -> dict[str, Any]:
    """Return what comes of one tap."""
    done: dict[str, Any] = await person.do(
        SIGNAL, input={"entry": id, "kind": kind, "facet": facet}
    )
    return done


async def moved(person: Person, id: str, deed: str, summary: str = "") -> dict[str, Any]:
    """Return what comes of `hideEntry`, `restoreEntry`, `declareGone` or `returnEntry`."""
    done: dict[str, Any] = await person.do(moving(deed), entry=id, summary=summary)
    return done


async def shown(person: Person, id: str) -> Any:
    """Return an entry as somebody sees it, or None."""
    return (await person.ask(READ, id=id))["poolEntry"]


def facet(entry: dict[str, Any], name: str = "WHEELCHAIR") -> dict[str, Any]:
    """Return a facet of an entry."""
    found: dict[str, Any] = {one["name"]: one for one in entry["facets"]}[name]
    return found


def agreed(entry: dict[str, Any], name: str = "WHEELCHAIR") -> tuple[Any, ...]:
    """Return what is agreed on a facet: value, supporters, dissenters, and how it stands."""
    found = facet(entry, name)["consensus"]
    stands = [word for word in ("disputed", "verified") if found[word]]
    return (found["value"], found["supporters"], found["dissenters"], *stands)
