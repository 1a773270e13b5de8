"""What the tests of replies share: the deeds as clients send them, and points as they read them."""

import itertools
from typing import Any

from app.db.thread_documents import Credit
from tests.api import Person
from tests.clinic import FAILURES, Clinic

NUMBERS = itertools.count(1)
REPLY = """
    __typename
    ... on Reply { id act basis side subject text sources votesUp votesDown revisions version mark
      accepted myVote pseudonym author { id } thread { id state advised acceptedReply } }
"""
SAY = f"mutation M($input: ReplyInput!) {{ reply(input: $input) {{ {REPLY} {FAILURES} }} }}"
REVISE = f"""
mutation M($input: ReviseReplyInput!) {{ reviseReply(input: $input) {{ {REPLY} {FAILURES} }} }}
"""
VOTE = """
mutation M($reply: ID!, $value: VoteValue) {
  vote(input: {reply: $reply, value: $value}) {
    __typename
    ... on Reply { votesUp votesDown myVote version }
    ... on Error { message code }
    ... on NotAllowed { missing }
    ... on WrongState { found } } }
"""
_ACCEPTING = """
    __typename
    ... on Reply { accepted thread { state acceptedReply } }
    ... on Error { message code }
    ... on NotAllowed { missing }
    ... on WrongState { found }
"""
ACCEPT = f"mutation M($id: ID!) {{ acceptReply(id: $id) {{ {_ACCEPTING} }} }}"
UNDO = f"mutation M($id: ID!) {{ undoAcceptance(id: $id) {{ {_ACCEPTING} }} }}"
READ = f"query Q($id: ID!) {{ node(id: $id) {{ {REPLY} }} }}"
LIST = f"""
query Q($id: ID!, $first: Int, $after: String) {{ thread(id: $id) {{
  replies(first: $first, after: $after) {{
    totalCount nodes {{ {REPLY} }} pageInfo {{ endCursor hasNextPage }} }} }} }}
"""
_EXPERTISE = """
    __typename
    ... on Expertise { id subject statement level endorsements endorsedByMe verifiedUntil revokedAt
      revocationReason version person { id } }
"""
DECLARE = f"""
mutation M($input: DeclareExpertiseInput!) {{
  declareExpertise(input: $input) {{ {_EXPERTISE} {FAILURES} }} }}
"""
ENDORSE = f"mutation M($id: ID!) {{ endorseExpert(id: $id) {{ {_EXPERTISE} {FAILURES} }} }}"
VERIFY = f"""
mutation M($id: ID!, $version: Int!, $until: DateTime) {{
  verifyExpert(input: {{expertise: $id, expectedVersion: $version, until: $until}}) {{
    {_EXPERTISE} {FAILURES} }} }}
"""
REVOKE = f"""
mutation M($id: ID!, $reason: String! = "") {{
  revokeExpertise(input: {{expertise: $id, reason: $reason}}) {{ {_EXPERTISE} {FAILURES} }} }}
"""
KNOWN = f"""
query Q($space: ID!, $subject: String, $person: ID) {{
  expertise(space: $space, subject: $subject, person: $person) {{
    totalCount nodes {{ {_EXPERTISE} }} }} }}
"""
STANDING = """
query Q($person: ID!, $space: ID!, $subject: String!) {
  subjectReputation(person: $person, space: $space, subject: $subject) {
    score confidence count capped reasons evidence { merit count points } person { id }
    table { dailyCap gives { merit points } } } }
"""
CAN = """
query Q($action: ThreadAction!, $thread: ID, $space: ID, $subject: String) {
  me { can(action: $action, thread: $thread, space: $space, subject: $subject) {
    allowed message missing code points } } }
"""


async def say(person: Person, thread: str, act: str = "ADVICE", **changes: Any) -> dict[str, Any]:
    """Return what comes of a reply, with some of it changed."""
    said = {"thread": thread, "act": act, "text": "Keep a diary of them."}
    done: dict[str, Any] = await person.do(SAY, input=said | changes)
    return done


async def said(person: Person, thread: str, act: str = "ADVICE", **changes: Any) -> str:
    """Return the identifier of a fresh reply."""
    done = await say(person, thread, act, **changes)
    assert done["__typename"] == "Reply", done
    id: str = done["id"]
    return id


async def voted(person: Person, reply: str, value: str | None) -> dict[str, Any]:
    """Return what comes of a vote."""
    done: dict[str, Any] = await person.do(VOTE, reply=reply, value=value)
    return done


async def replies_of(person: Person, thread: str) -> list[dict[str, Any]] | None:
    """Return the replies of a thread as somebody sees them; None if they do not see the thread."""
    found = (await person.ask(LIST, id=thread))["thread"]
    return None if found is None else found["replies"]["nodes"]


async def declared(person: Person, clinic: Clinic, subject: str = "migraine") -> str:
    """Return the identifier of a fresh expertise."""
    given = {"space": clinic.space, "subject": subject, "statement": "Twelve years of practice."}
    done = await person.do(DECLARE, input=given)
    assert done["__typename"] == "Expertise", done
    id: str = done["id"]
    return id


async def standing(clinic: Clinic, who: str, of: str, subject: str = "migraine") -> dict[str, Any]:
    """Return how somebody stands in a subject, as somebody sees it."""
    person = clinic[of].id
    asked = await clinic[who].ask(STANDING, person=person, space=clinic.space, subject=subject)
    found: dict[str, Any] = asked["subjectReputation"]
    return found


async def score(clinic: Clinic, of: str, subject: str = "migraine") -> float:
    """Return somebody's points in a subject, as they see them themselves."""
    found: float = (await standing(clinic, of, of, subject))["score"]
    return found


async def decide(clinic: Clinic, **changes: Any) -> None:
    """Let the space's rules be others from now on."""
    done = await clinic["olga"].do(
        """mutation M($input: UpdateBrokingRulesInput!) {
             updateBrokingRules(input: $input) { __typename ... on Error { message } } }""",
        input={"space": clinic.space, "expectedVersion": await _version(clinic), **changes},
    )
    assert done == {"__typename": "Space"}, done


async def _version(clinic: Clinic) -> int:
    query = "query Q($id: ID!) { space(id: $id) { version } }"
    version: int = (await clinic["olga"].ask(query, id=clinic.space))["space"]["version"]
    return version


async def give(clinic: Clinic, who: str, subject: str = "migraine", *, ups: int) -> None:
    """Write points past the deeds, as of now: of so many votes for advice."""
    given = [
        Credit(
            _id=f"crd_{next(NUMBERS)}",
            space=clinic.space,
            person=str(clinic[who].id),
            subject=subject,
            act="ADVICE_UP",
            cause="",
            by=f"usr_{n}",
            thread=None,
            as_asker=False,
            at=clinic.world.clock(),
            undone_at=None,
        )
        for n in range(ups)
    ]
    await clinic.world.db["credits"].insert_many([dict(one) for one in given])
