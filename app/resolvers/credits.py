"""Reputation in one subject of one space, as it is read, with the table that gives it."""

from dataclasses import dataclass

from app.broking.reputation import Standing
from app.db.thread_documents import ReputationTable
from app.resolvers.broking import insist_on_broker, rules_of, seen_in
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.resolvers.trust import standings_in


@dataclass(frozen=True, slots=True)
class SubjectReputation:
    """How somebody stands in a subject of a space, and by which table."""

    person: str
    space: str
    subject: str
    standing: Standing
    table: ReputationTable


async def subject_reputation(
    ctx: Context, *, person: str, space_id: str, subject: str
) -> SubjectReputation:
    """Return how somebody stands in a subject, as far as the viewer sees where they earned it.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer may not read what is in it, or it has no threads.
        InvalidInput: the subject is no subject.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("reputation.read", space)
    insist_on_broker(space)
    checks = Checks()
    subject = checks.text("subject", subject, least=1, most=100)
    checks.done()
    seen = None if person == ctx.viewer.user else seen_in(ctx, space)
    standings = await standings_in(ctx.db, space, subject, [person], seen=seen)
    table = rules_of(space)["reputation"]
    return SubjectReputation(person, space_id, subject, standings[person], table)
