"""What the tests of routing and invitations share: who knows something, and who was asked."""

from typing import Any

from tests.api import Person
from tests.clinic import FAILURES, Clinic
from tests.consulting import VERIFY, declared

INVITATION = """
    __typename
    ... on Invitation { id state message version createdAt answeredAt expert { id name }
      thread { id title pseudonym asker { id } } }
"""
INVITE = f"""
mutation M($input: InviteExpertInput!) {{ inviteExpert(input: $input) {{
  {INVITATION} {FAILURES} }} }}
"""
ANSWER = f"""
mutation M($input: AnswerInvitationInput!) {{ answerInvitation(input: $input) {{
  {INVITATION} {FAILURES} }} }}
"""
MINE = f"""
query Q($state: InvitationState, $first: Int, $after: String) {{
  invitations(state: $state, first: $first, after: $after) {{
    totalCount nodes {{ {INVITATION} }} pageInfo {{ endCursor hasNextPage }} }} }}
"""
HISTORY = """
query Q($id: ID!) { events(filter: {subject: $id}, first: 100) { nodes { type actor at } } }
"""
HOUR = 3_600


async def set_up(clinic: Clinic) -> None:
    """Let Eva be verified in the subject, Emil say that he knows it, and Bo know a tag."""
    eva = await declared(clinic["eva"], clinic)
    done = await clinic["mo"].do(VERIFY, id=eva, version=1)
    assert done["level"] == "VERIFIED", done
    await declared(clinic["emil"], clinic)
    await declared(clinic["bo"], clinic, "aura")


async def pass_hours(clinic: Clinic, hours: float) -> None:
    """Turn the clock, and do what that has made due."""
    clinic.world.clock.turn(hours * HOUR)  # type: ignore[attr-defined]
    await clinic.world.tick()


async def invite(
    person: Person, thread: str, expert: Person, message: str = "", key: str | None = None
) -> dict[str, Any]:
    """Return what comes of an invitation."""
    given = {"thread": thread, "person": expert.id, "message": message, "idempotencyKey": key}
    done: dict[str, Any] = await person.do(INVITE, input=given)
    return done


async def answer(person: Person, invitation: dict[str, Any], said: str) -> dict[str, Any]:
    """Return what comes of an answer to an invitation as it was read."""
    given = {
        "invitation": invitation["id"],
        "answer": said,
        "expectedVersion": invitation["version"],
    }
    done: dict[str, Any] = await person.do(ANSWER, input=given)
    return done


async def invitations(person: Person, state: str | None = None) -> list[dict[str, Any]]:
    """Return somebody's invitations, newest first."""
    found = await person.ask(MINE, state=state)
    nodes: list[dict[str, Any]] = found["invitations"]["nodes"]
    return nodes


async def history(person: Person, thread: str) -> list[str]:
    """Return what happened to a thread, as somebody may read it."""
    found = await person.ask(HISTORY, id=thread)
    return [event["type"] for event in found["events"]["nodes"]]


async def way(clinic: Clinic, thread: str) -> str:
    """Return how a thread stands: `ROUTED EXPERT emil`."""
    stored = await clinic.stored(thread)
    names = {person.id: name for name, person in clinic.people.items()}
    route = stored["route"]
    last = names[route["asked"][-1]] if route["rung"] == "EXPERT" else ""
    return f"{stored['state']} {route['rung'] or ''} {last}".strip()
